/* Private to the daemon. */
#ifndef LL_APP_DAEMON_INTERNAL_H
#define LL_APP_DAEMON_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/daemon.h"
#include "app/notify.h"
#include "app/work.h"
#include "sched/slots.h"

#define LL_DAEMON_TASKS 256 /* of new runs, waiting for the work thread; beyond: by reconcile */

struct ll_daemon {
    const struct ll_daemon_options *options;
    struct ll_app *app; /* its wire owns the lake, and is the main thread's */
    struct ll_collector *collector;
    struct ll_clock *clock;
    struct ll_owner owner;
    struct ll_notify notify;
    bool simulated;
    int hangup_fd;

    /* Of the main thread. */
    struct ll_slots_last last;
    int attempts; /* at the slot attempted_s */
    int64_t attempted_s;
    /* After an error that left no run, at failed_s: no attempt before. */
    int64_t not_before_s, failed_s;
    int64_t sweep_s;         /* what the last whole sweep took */
    int64_t lost_ms;         /* how long the simulator has not answered, in real time */
    bool store_failed;       /* to be opened anew */
    struct ll_error trouble; /* the last failure that left no run; LL_OK since one was made */

    pthread_mutex_t telling; /* the listener: before mutex */
    /* By the mutex. */
    pthread_mutex_t mutex;
    struct ll_daemon_state state;
    struct ll_task tasks[LL_DAEMON_TASKS];
    size_t task_count;
    struct ll_reconcile_range owed;        /* days that the next reconcile has to see to, besides */
    struct ll_retention_options retention; /* of the configuration, as it is now */

    int wake_fd;        /* of the work thread */
    atomic_bool ending; /* it is to end when nothing is left to do */

    /* Of the thread that works. */
    struct ll_app worker; /* shares the lake as a command does that is run for somebody */
    int64_t reconciled_s, retry_s, retry_pause_s;
    int64_t upkeep_s; /* after a failure of upkeep: not before; new runs do not wait for it */
    int32_t closable_day, cleaned_day; /* as of the last reconcile, the last cleaning */
    int32_t whole_from, whole_to;      /* days of the lake still to be gone through after a start */

    /* Signs of life, for the watchdog: real monotonic milliseconds. */
    atomic_int_least64_t main_alive_ms, work_alive_ms;
    int ticker_fd;
    pthread_t ticker;
    bool ticking;
};

int64_t ll_daemon_now_s(const struct ll_daemon *d);
void ll_daemon_wake(struct ll_daemon *d);
void ll_daemon_alive(atomic_int_least64_t *sign);

/* Brackets of a change of d->state; the second tells whoever wants to know. */
struct ll_daemon_state *ll_daemon_state_begin(struct ll_daemon *d);
void ll_daemon_state_end(struct ll_daemon *d);

/* --- daemon_work.c */
void ll_daemon_work_open(struct ll_daemon *d);
void ll_daemon_work_close(struct ll_daemon *d);
/* Hands tasks to the work thread. */
void ll_daemon_add_tasks(struct ll_daemon *d, const struct ll_task *tasks, size_t count);
/* Tells it of a configuration. */
void ll_daemon_set_retention(struct ll_daemon *d, const struct ll_config *config);
/* Does one piece of what is to be done; false when there was nothing, or nothing can be done now.
 */
bool ll_daemon_work(struct ll_daemon *d);
/* The same until told to end, as a thread's function. */
void *ll_daemon_work_thread(void *daemon);

/* --- daemon_watch.c: what is said to systemd, and the configuration */
enum ll_status ll_daemon_watch_start(struct ll_daemon *d, struct ll_error *err) LL_MUST_CHECK;
void ll_daemon_watch_stop(struct ll_daemon *d);
void ll_daemon_reload(struct ll_daemon *d);

#endif
