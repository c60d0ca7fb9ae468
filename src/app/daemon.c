#include "app/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/command_server.h"
#include "app/daemon_internal.h"
#include "app/serving.h"
#include "app/signals.h"
#include "base/log.h"
#include "collect/known.h"

#define LOOK_S 60            /* the clock may jump while we wait */
#define SIMULATED_LOOK_S 900 /* it cannot, unless we wait */
#define TROUBLE_S 60         /* between two looks at a disk */
#define AUTH_PAUSE_S 900
#define RUNS_BETWEEN_SYNCS 500
#define ROOM_FACTOR 1.1
#define LOST_MAX_MS 30000
#define LOST_PAUSE_MS 500

/* --- state */

static void describe(void *context, bool json, struct ll_buf *out)
{
    struct ll_daemon *d = context;
    pthread_mutex_lock(&d->mutex);
    struct ll_daemon_state state = d->state;
    pthread_mutex_unlock(&d->mutex);
    if (!json) {
        ll_daemon_say(&state, out);
        return;
    }
    ll_buf_add_char(out, '{');
    ll_daemon_describe(&state, out);
    ll_buf_add_char(out, '}');
}

struct ll_daemon_state *ll_daemon_state_begin(struct ll_daemon *d)
{
    pthread_mutex_lock(&d->mutex);
    return &d->state;
}

void ll_daemon_state_end(struct ll_daemon *d)
{
    pthread_mutex_unlock(&d->mutex);
    if (d->options->on_state == NULL)
        return;
    pthread_mutex_lock(&d->telling);
    pthread_mutex_lock(&d->mutex);
    struct ll_daemon_state state = d->state;
    pthread_mutex_unlock(&d->mutex);
    d->options->on_state(d->options->state_context, &state);
    pthread_mutex_unlock(&d->telling);
}

int64_t ll_daemon_now_s(const struct ll_daemon *d)
{
    return ll_clock_now_s(d->clock);
}

void ll_daemon_wake(struct ll_daemon *d)
{
    uint64_t one = 1;
    (void)!write(d->wake_fd, &one, sizeof(one));
}

/* What systemctl shows. */
static void say_status(struct ll_daemon *d, const struct ll_daemon_state *s)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_daemon_say(s, &text);
    ll_notify_status(&d->notify, text.ptr);
}

/* The pause, and when collecting goes on; said when it is another one. why NULL: as before. */
static void set_pause(struct ll_daemon *d, enum ll_daemon_pause pause, const char *why,
                      int64_t next_s)
{
    struct ll_daemon_state *s = ll_daemon_state_begin(d);
    bool changed = s->pause != pause;
    s->pause = pause;
    s->next_slot_s = next_s;
    if (why != NULL)
        (void)snprintf(s->why, sizeof(s->why), "%s", why);
    struct ll_daemon_state now = *s;
    ll_daemon_state_end(d);
    if (changed && pause != LL_PAUSE_NONE)
        ll_log(LL_LOG_WARN, "collect.paused", ll_kv_cstr("by", ll_daemon_pause_name(pause)),
               ll_kv_cstr("why", now.why));
    else if (changed)
        ll_log(LL_LOG_INFO, "collect.resumed");
    say_status(d, &now);
}

/* --- waiting */

static void wait_real(struct ll_daemon *d, int64_t duration_ms)
{
    struct pollfd fds[] = {{.fd = d->app->stop->fd, .events = POLLIN},
                           {.fd = d->hangup_fd, .events = POLLIN}};
    (void)!poll(fds, LL_COUNT(fds), duration_ms > 0 ? (int)duration_ms : 0);
}

/* A simulator that is gone lets its time go on by itself, as fast as we wait: not for long. */
static void mind_simulator(struct ll_daemon *d)
{
    if (!ll_sim_clock_lost(d->collector->sim_clock)) {
        d->lost_ms = 0;
        return;
    }
    wait_real(d, LOST_PAUSE_MS);
    d->lost_ms += LOST_PAUSE_MS;
}

static void wait_until(struct ll_daemon *d, int64_t until_s)
{
    struct ll_clock *clock = d->clock;
    int64_t left_ms = until_s * 1000 - clock->now_ms(clock);
    int64_t most_ms = (d->simulated ? SIMULATED_LOOK_S : LOOK_S) * INT64_C(1000);
    double warp = d->options->warp;
    if (d->simulated && warp > 0 && (double)most_ms > warp * 1000)
        most_ms = (int64_t)(warp * 1000);
    if (left_ms > most_ms)
        left_ms = most_ms;
    if (left_ms < 1)
        left_ms = 1;
    if (!d->simulated) { /* a simulator's clock that runs by itself is warped, too */
        wait_real(d, warp > 0 ? (int64_t)((double)left_ms / warp) + 1 : left_ms);
        return;
    }
    if (warp > 0)
        wait_real(d, (int64_t)((double)left_ms / warp));
    clock->sleep_ms(clock, left_ms);
    mind_simulator(d);
}

/* --- what the lake knows */

static enum ll_status look_up_last(struct ll_daemon *d, const struct ll_slot_choice *choice,
                                   struct ll_error *err)
{
    struct ll_known_run run;
    int64_t now_s = ll_daemon_now_s(d);
    const struct ll_known_view view = {
        .now_s = now_s, .until_s = now_s + LL_SLOTS_BACK_MAX_S, .fallback_s = choice->cadence_s};
    if (ll_known_newest(d->app->wire.lake.store, &view, &run, err) != LL_OK)
        return err->status;
    d->last = (struct ll_slots_last){
        .known = run.known, .slot_s = run.slot_s, .cadence_s = run.cadence_s};
    if (run.known && (run.status == LL_RUN_PARTIAL || run.status == LL_RUN_FAILED))
        d->last.again_s = run.slot_s;
    return LL_OK;
}

static struct ll_slots_view view_of(const struct ll_daemon *d, const struct ll_slot_choice *choice)
{
    return (struct ll_slots_view){
        .now_s = ll_daemon_now_s(d),
        .cadence_s = choice->cadence_s,
        .offset_s = (int32_t)ll_config_number(&d->app->config, LL_CONFIG_RUN_OFFSET),
        .sweep_s = d->sweep_s,
        .last = d->last,
    };
}

static enum ll_status flush_missed(struct ll_daemon *d, const struct ll_task *tasks, size_t count,
                                   struct ll_error *err)
{
    if (ll_store_sync(d->app->wire.lake.store, err) != LL_OK)
        return err->status;
    ll_daemon_add_tasks(d, tasks, count);
    ll_daemon_state_begin(d)->missed += (int64_t)count;
    ll_daemon_state_end(d);
    return LL_OK;
}

/* Why a slot that is over was not collected, as far as this process knows. */
static struct ll_str why_missed(const struct ll_daemon *d, int64_t slot_s, int32_t cadence_s)
{
    if (slot_s + cadence_s <= d->state.started_s)
        return LL_STR("livelake was not running");
    if (d->state.pause != LL_PAUSE_NONE)
        return ll_str_of(d->state.why);
    if (d->trouble.status != LL_OK)
        return ll_str_of(d->trouble.message);
    return LL_STR("no time was left for it: the computer slept, its clock was set, or the sweep "
                  "before took too long");
}

/* Slots that went by without us. A kill leaves the older ones recorded, and we go on from there. */
static enum ll_status record_missed(struct ll_daemon *d, const struct ll_slots_view *view,
                                    struct ll_error *err)
{
    struct ll_slots_gap gap = ll_slots_missed(view);
    struct ll_task tasks[RUNS_BETWEEN_SYNCS];
    size_t count = 0;
    int64_t slot_s, recorded = 0, first_s = gap.next_s;
    int32_t cadence_s;
    enum ll_status status = LL_OK;
    while (status == LL_OK && !ll_stop_asked(d->app->stop) &&
           ll_slots_gap_next(&gap, view, &slot_s, &cadence_s)) {
        bool put = false;
        const struct ll_missed missed = {slot_s, cadence_s, why_missed(d, slot_s, cadence_s)};
        status = ll_known_put_missed(d->app->wire.lake.store, &missed, &put, err);
        if (status != LL_OK)
            break;
        d->last = (struct ll_slots_last){.known = true, .slot_s = slot_s, .cadence_s = cadence_s};
        if (put)
            tasks[count++] = (struct ll_task){
                .stage = LL_STAGE_PROCESS, .day = ll_day_of(slot_s), .id = ll_id_run(slot_s)};
        recorded += put;
        if (count == RUNS_BETWEEN_SYNCS) {
            status = flush_missed(d, tasks, count, err);
            count = 0;
        }
    }
    if (status == LL_OK && count > 0)
        status = flush_missed(d, tasks, count, err);
    if (recorded > 0)
        ll_log(LL_LOG_WARN, "slots.missed", ll_kv_cstr("from", ll_stamp_format(first_s).c),
               ll_kv_cstr("last", ll_stamp_format(d->last.slot_s).c), ll_kv_i64("count", recorded));
    return status == LL_OK ? LL_OK : ll_context(err, "record missed slots");
}

/* --- a slot */

static void renew_clients(struct ll_daemon *d)
{
    struct ll_error err;
    if (ll_collector_renew(d->collector, &err) != LL_OK)
        ll_log_error(LL_LOG_ERROR, "collect.clients", &err);
}

static void note_attempt(struct ll_daemon *d, int64_t slot_s)
{
    d->attempts = d->attempted_s == slot_s ? d->attempts + 1 : 1;
    d->attempted_s = slot_s;
}

/* A run was committed, or there was one already. */
static void take_run(struct ll_daemon *d, const struct ll_slot_choice *slot,
                     const struct ll_collected *collected)
{
    const struct ll_ingest_report *run = &collected->run;
    const struct ll_sweep_result *sweep = &run->sweep;
    bool whole = run->skipped || sweep->status == LL_RUN_COMPLETE;
    d->last =
        (struct ll_slots_last){.known = true, .slot_s = slot->slot_s, .cadence_s = slot->cadence_s};
    d->not_before_s = 0;
    if (!whole)
        d->last.again_s = ll_daemon_now_s(d) + ll_slots_pause_s(d->attempts, slot->cadence_s);
    d->trouble.status = LL_OK;
    if (run->skipped)
        return;
    if (sweep->status == LL_RUN_FAILED) {
        ll_log_error(LL_LOG_ERROR, "run.failed", &sweep->error);
        renew_clients(d);
    } else {
        set_pause(d, LL_PAUSE_NONE, "", slot->slot_s + slot->cadence_s);
        d->sweep_s = (sweep->finished_ms - sweep->started_ms) / 1000 + 1;
    }
    if (collected->reference.error.status != LL_OK)
        ll_log_error(LL_LOG_WARN, "reference.not_complete", &collected->reference.error);
    struct ll_task tasks[LL_COLLECTED_TASKS];
    size_t count = ll_collected_tasks(collected, tasks, LL_COUNT(tasks));
    ll_daemon_add_tasks(d, tasks, count < LL_COUNT(tasks) ? count : LL_COUNT(tasks));
    struct ll_daemon_state *s = ll_daemon_state_begin(d);
    s->runs++;
    s->last_run = run->run;
    s->last_status = sweep->status;
    s->last_streams = (int64_t)sweep->found.count;
    s->last_finished_ms = sweep->finished_ms;
    ll_daemon_state_end(d);
}

/* No run was committed. The slot is tried again, later and later; when it is over it was missed. */
static void take_failure(struct ll_daemon *d, const struct ll_slot_choice *slot,
                         const struct ll_error *err)
{
    int64_t now_s = d->failed_s = ll_daemon_now_s(d);
    if (err->status == LL_CANCELLED)
        return;
    ll_log_error(LL_LOG_ERROR, "run.not_made", err);
    d->trouble = *err;
    if (!d->last.known) /* the history of a new lake begins here, even if nothing comes of it */
        d->last = (struct ll_slots_last){
            .known = true, .slot_s = slot->slot_s - slot->cadence_s, .cadence_s = slot->cadence_s};
    d->not_before_s = now_s + ll_slots_pause_s(d->attempts, slot->cadence_s);
    if (err->status == LL_IO) {
        d->store_failed = true;
        d->not_before_s = now_s + TROUBLE_S;
        set_pause(d, LL_PAUSE_STORE, err->message, d->not_before_s);
    } else if (err->status == LL_AUTH) {
        d->not_before_s = now_s + AUTH_PAUSE_S;
        set_pause(d, LL_PAUSE_AUTH, err->message, d->not_before_s);
    } else if (err->status == LL_LIMIT) {
        d->not_before_s = slot->slot_s + slot->cadence_s; /* no attempt is left */
    }
    renew_clients(d);
}

static void set_sweeping(struct ll_daemon *d, bool sweeping, int64_t slot_s)
{
    struct ll_daemon_state *s = ll_daemon_state_begin(d);
    s->sweeping = sweeping;
    s->next_slot_s = slot_s;
    struct ll_daemon_state now = *s;
    ll_daemon_state_end(d);
    if (sweeping)
        say_status(d, &now);
}

static void show_life(void *context)
{
    struct ll_daemon *d = context;
    ll_daemon_alive(&d->main_alive_ms);
}

static enum ll_status begin_collect(struct ll_daemon *d, struct ll_error *err)
{
    const struct ll_patience patience = {.stop = d->app->stop, .alive = show_life, .context = d};
    return ll_turn_take(&d->owner.collect, &patience, err);
}

static void sweep(struct ll_daemon *d, const struct ll_slot_choice *slot)
{
    struct ll_error err;
    struct ll_collected collected = {0};
    if (begin_collect(d, &err) != LL_OK)
        return;
    note_attempt(d, slot->slot_s);
    set_sweeping(d, true, slot->slot_s);
    enum ll_status status = ll_collector_slot(d->collector, slot, &collected, &err);
    ll_turn_give(&d->owner.collect);
    set_sweeping(d, false, slot->slot_s);
    if (status == LL_OK)
        take_run(d, slot, &collected);
    else
        take_failure(d, slot, &err);
    ll_collected_clear(&collected);
}

/* --- the loop */

/* Whether there is room to collect: once there was not, a tenth more is needed. */
static bool has_room(struct ll_daemon *d)
{
    struct statvfs fs;
    int64_t wanted = ll_config_number(&d->app->config, LL_CONFIG_RUN_MIN_FREE);
    if (statvfs(d->app->wire.options.lake_dir, &fs) != 0)
        return true; /* the sweep will tell what is wrong */
    double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    if (free_bytes >= (double)wanted * (d->state.pause == LL_PAUSE_DISK ? ROOM_FACTOR : 1))
        return true;
    char why[160];
    (void)snprintf(why, sizeof(why), "%.0f MB of disk are free, fewer than run.min_free (%.0f MB)",
                   free_bytes / 1e6, (double)wanted / 1e6);
    set_pause(d, LL_PAUSE_DISK, why, ll_daemon_now_s(d) + TROUBLE_S);
    return false;
}

static enum ll_status reopen_store(struct ll_daemon *d, struct ll_error *err)
{
    if (begin_collect(d, err) != LL_OK)
        return err->status;
    enum ll_status status = ll_wire_reopen_store(&d->app->wire, err);
    ll_turn_give(&d->owner.collect);
    d->store_failed = status != LL_OK;
    return status;
}

/* One look: collects, or finds until when to wait. */
static enum ll_status look(struct ll_daemon *d, int64_t *ret_wake_s, struct ll_error *err)
{
    struct ll_slot_choice choice;
    int64_t now_s = ll_daemon_now_s(d);
    *ret_wake_s = now_s + TROUBLE_S;
    if (!has_room(d))
        return LL_OK;
    /* Also when the clock went back. */
    if (now_s < d->not_before_s && now_s >= d->failed_s) {
        *ret_wake_s = d->not_before_s;
        return LL_OK;
    }
    if ((d->store_failed && reopen_store(d, err) != LL_OK) ||
        ll_collector_choose(d->collector, d->options->args, &choice, err) != LL_OK)
        return err->status;
    if (d->last.known && d->last.slot_s > now_s + LL_SLOTS_BACK_MAX_S) {
        ll_log(LL_LOG_ERROR, "clock.far_back",
               ll_kv_cstr("newest_run", ll_stamp_format(d->last.slot_s).c));
        if (look_up_last(d, &choice, err) != LL_OK)
            return err->status;
    }
    struct ll_slots_view view = view_of(d, &choice);
    if (record_missed(d, &view, err) != LL_OK)
        return err->status;
    view = view_of(d, &choice);
    struct ll_slots_plan plan = ll_slots_decide(&view);
    ll_daemon_state_begin(d)->cadence_s = plan.cadence_s;
    ll_daemon_state_end(d);
    *ret_wake_s = plan.wake_s;
    if (plan.verdict == LL_SLOTS_BACK) {
        char why[160];
        (void)snprintf(why, sizeof(why), "the clock went back: there is a run of %s already",
                       ll_stamp_format(d->last.slot_s).c);
        set_pause(d, LL_PAUSE_CLOCK, why, plan.wake_s);
        return LL_OK;
    }
    bool collects = plan.verdict == LL_SLOTS_COLLECT;
    enum ll_daemon_pause pause = d->state.pause; /* which only a run that succeeds ends */
    if (pause != LL_PAUSE_AUTH && !(pause == LL_PAUSE_STORE && collects))
        pause = LL_PAUSE_NONE;
    set_pause(d, pause, pause == LL_PAUSE_NONE ? "" : NULL, collects ? plan.slot_s : plan.wake_s);
    if (!collects)
        return LL_OK;
    choice.slot_s = plan.slot_s;
    choice.cadence_s = plan.cadence_s;
    sweep(d, &choice);
    *ret_wake_s = 0;
    return LL_OK;
}

static bool is_over(const struct ll_daemon *d)
{
    int64_t after_s = d->options->stop_after_s;
    return ll_stop_asked(d->app->stop) ||
           (after_s > 0 && ll_daemon_now_s(d) - d->state.started_s >= after_s);
}

static enum ll_status loop(struct ll_daemon *d, struct ll_error *err)
{
    while (!is_over(d)) {
        int64_t wake_s = 0;
        ll_daemon_alive(&d->main_alive_ms);
        ll_daemon_reload(d);
        if (look(d, &wake_s, err) != LL_OK && err->status != LL_CANCELLED) {
            ll_log_error(LL_LOG_ERROR, "daemon.trouble", err);
            d->store_failed |= err->status == LL_IO;
            d->failed_s = ll_daemon_now_s(d);
            d->not_before_s = wake_s = d->failed_s + TROUBLE_S;
            set_pause(d, LL_PAUSE_STORE, err->message, wake_s);
        }
        ll_daemon_wake(d);
        while (d->simulated && ll_daemon_work(d))
            continue;
        if (!is_over(d) && wake_s > 0)
            wait_until(d, wake_s);
        if (d->lost_ms > LOST_MAX_MS)
            return ll_fail(err, LL_TRANSIENT, 0, "the simulator does not answer any more");
    }
    return LL_OK;
}

/* --- beginning and end */

static void clear(struct ll_daemon *d)
{
    d->collector->alive = NULL;
    ll_daemon_work_close(d);
    ll_owner_clear(&d->owner);
    ll_daemon_watch_stop(d);
    if (d->wake_fd >= 0)
        close(d->wake_fd);
    pthread_mutex_destroy(&d->mutex);
    pthread_mutex_destroy(&d->telling);
}

/* Now, while nobody uses it. Collecting goes on without a warehouse, and the work thread tries
 * again.
 */
static void migrate_warehouse(struct ll_daemon *d)
{
    struct ll_error err;
    struct ll_warehouse *warehouse;
    /* A large one takes its time to be copied. */
    ll_notify_send(&d->notify, "EXTEND_TIMEOUT_USEC=3600000000");
    if (access(d->app->wire.warehouse_path, F_OK) == 0 &&
        ll_wire_warehouse(&d->app->wire, &warehouse, &err) != LL_OK)
        ll_log_error(LL_LOG_ERROR, "warehouse.not_open", &err);
}

static enum ll_status begin(struct ll_daemon *d, struct ll_error *err)
{
    struct ll_slot_choice choice;
    pthread_mutex_init(&d->mutex, NULL);
    pthread_mutex_init(&d->telling, NULL);
    ll_owner_init(&d->owner, &d->app->wire);
    d->owner.describe = describe;
    d->owner.describe_context = d;
    d->app->wire.loads = true;
    d->collector->alive = show_life;
    d->collector->alive_context = d;
    d->hangup_fd = ll_signals_hangup_fd();
    d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ll_daemon_work_open(d);
    d->state.started_s = ll_daemon_now_s(d);
    if (ll_daemon_watch_start(d, err) != LL_OK)
        return err->status;
    if (d->wake_fd < 0)
        return ll_fail_errno(err, errno, "make an event");
    migrate_warehouse(d);
    if (ll_collector_choose(d->collector, d->options->args, &choice, err) != LL_OK)
        return err->status;
    return look_up_last(d, &choice, err);
}

/* Without a socket other processes find the lake in use, but collecting goes on. */
static struct ll_command_server *start_commands(struct ll_daemon *d)
{
    struct ll_error err;
    struct ll_command_server *server = NULL;
    const struct ll_command_server_options options = {
        .owner = &d->owner, .lake_dir = d->app->wire.options.lake_dir, .clock = d->clock};
    if (ll_command_server_start(&options, &server, &err) != LL_OK)
        ll_log_error(LL_LOG_WARN, "socket.none", &err);
    return server;
}

/* Without its dashboard, too. */
static struct ll_serving *start_serving(struct ll_daemon *d)
{
    struct ll_error err;
    struct ll_serving *serving = NULL;
    const struct ll_serving_options options = {.app = d->app,
                                               .owner = &d->owner,
                                               .clock = d->clock,
                                               .next_free = d->options->next_free_port};
    if (strcmp(ll_config_text(&d->app->config, LL_CONFIG_SERVE_WITH_RUN), "yes") != 0)
        return NULL;
    if (ll_serving_start(&options, &serving, &err) != LL_OK)
        ll_log_error(LL_LOG_WARN, "serve.none", &err);
    else if (d->options->on_serving != NULL)
        d->options->on_serving(d->options->state_context, ll_serving_url(serving));
    return serving;
}

static enum ll_status run(struct ll_daemon *d, struct ll_error *err)
{
    pthread_t worker;
    sigset_t all, before; /* signals go to the main thread, whose waiting they shall end */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = d->simulated ? 0 : pthread_create(&worker, NULL, ll_daemon_work_thread, d);
    struct ll_command_server *commands = start_commands(d);
    struct ll_serving *serving = failed == 0 ? start_serving(d) : NULL;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        ll_command_server_stop(commands);
        return ll_fail_errno(err, failed, "start a thread");
    }
    ll_notify_ready(&d->notify);
    ll_log(LL_LOG_INFO, "daemon.started", ll_kv_cstr("lake", d->app->wire.options.lake_dir));
    enum ll_status status = loop(d, err);
    ll_notify_send(&d->notify, "STOPPING=1");
    ll_serving_stop(serving);
    ll_command_server_stop(commands);
    atomic_store(&d->ending, true);
    ll_daemon_wake(d);
    if (!d->simulated)
        pthread_join(worker, NULL);
    ll_log(LL_LOG_INFO, "daemon.stopped", ll_kv_i64("runs", d->state.runs),
           ll_kv_i64("missed", d->state.missed));
    return status;
}

enum ll_status ll_daemon_run(const struct ll_daemon_options *options, struct ll_error *err)
{
    struct ll_daemon *d = ll_xcalloc(1, sizeof(*d));
    d->options = options;
    d->app = options->app;
    d->collector = options->collector;
    d->clock = options->collector->clock;
    d->simulated =
        options->collector->sim_clock != NULL && !ll_sim_clock_runs(options->collector->sim_clock);
    enum ll_status status = begin(d, err);
    if (status == LL_OK)
        status = run(d, err);
    clear(d);
    free(d);
    return status;
}
