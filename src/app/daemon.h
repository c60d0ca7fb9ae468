/* The daemon: every slot collected as it comes, and all that follows from it, until told to stop.
 *
 *   main thread   decides by sched/slots.h, sweeps (owner.collect), records missed slots, waits
 *   work thread   processes, curates, closes days, reconciles, applies retention (owner.work)
 *
 * What it knows is what the lake holds: killed at any time, it goes on from there. Where time is
 * simulated one thread does both, in turns, since a stepped clock has one client.
 *
 * A failed run or stage never ends it: stages are retried by the hourly reconcile, slots within
 * themselves and then as the next ones. It pauses collecting below run.min_free of free disk and
 * after errors of the store, and goes on by itself. SIGHUP reads the configuration again; a wrong
 * one is refused and the old one kept. SIGTERM and SIGINT commit the running sweep as partial. */
#ifndef LL_APP_DAEMON_H
#define LL_APP_DAEMON_H

#include "app/collector.h"
#include "app/owner.h"

enum ll_daemon_pause {
    LL_PAUSE_NONE,
    LL_PAUSE_DISK,  /* less free than run.min_free */
    LL_PAUSE_STORE, /* the lake cannot be written */
    LL_PAUSE_AUTH,  /* Twitch refuses the credentials; tried again slowly */
    LL_PAUSE_CLOCK, /* the clock went back: slots up to the newest run are waited for */
};

/* A snapshot. Times are those of the collector's clock; 0 = none yet. */
struct ll_daemon_state {
    int64_t started_s, next_slot_s; /* next_slot_s: when collecting goes on */
    int32_t cadence_s;
    bool sweeping, working; /* a sweep, a stage is at it now */
    enum ll_daemon_pause pause;
    char why[256]; /* of the pause */
    struct ll_id last_run;
    enum ll_run_status last_status;
    int64_t last_streams, last_finished_ms;
    int64_t reconciled_s;      /* the last time */
    int64_t runs, missed;      /* since started_s: runs collected, slots recorded as missed */
    int64_t failures, reloads; /* tasks that failed; configurations read again */
};

struct ll_daemon_options {
    struct ll_app *app;
    const struct ll_args *args;     /* --plan and --cadence; NULL: the configuration alone */
    struct ll_collector *collector; /* open; stays the caller's */
    int64_t stop_after_s; /* ends well when so much time of its clock went by; 0 = never */
    double
        warp; /* simulated time goes so many times as fast as the wall's; 0 = as fast as it can */
    /* The configuration, read again from where it came from; NULL: SIGHUP changes nothing. *ret is
     * initialised here, and cleared by the daemon. */
    enum ll_status (*reload)(void *context, struct ll_config *ret, struct ll_error *err);
    void *reload_context;
    /* Called when the state has changed, on the thread that changed it, one at a time and in order;
     * must be short. NULL = none. */
    void (*on_state)(void *context, const struct ll_daemon_state *state);
    /* Called once, with the dashboard's address, when it is served. NULL = none. */
    void (*on_serving)(void *context, const char *url);
    void *state_context;
    bool next_free_port; /* of the dashboard, when its own is taken */
};

/* Until a signal (LL_OK), or stop_after_s. Other statuses: it could not begin. */
enum ll_status ll_daemon_run(const struct ll_daemon_options *options,
                             struct ll_error *err) LL_MUST_CHECK;

const char *ll_daemon_pause_name(enum ll_daemon_pause pause); /* "none", "disk", … */
/* One line without its end. */
void ll_daemon_say(const struct ll_daemon_state *state, struct ll_buf *out);
/* Members of a JSON object without braces. */
void ll_daemon_describe(const struct ll_daemon_state *state, struct ll_buf *out);

#endif
