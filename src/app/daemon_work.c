/* What follows from collecting: one piece after the other, each with the lake's work lock to
 * itself, so that commands get their turn between them. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "app/daemon_internal.h"
#include "app/forgetting.h"
#include "base/log.h"
#include "pipeline/retention.h"

#define RECONCILE_S 3600
#define RECONCILE_DAYS 2 /* before today: a day closes 26 h after its start */
#define WHOLE_DAYS 31    /* in one piece of the first look at the whole lake */
#define RETRY_FIRST_S 30
#define LOOK_MS 1000 /* between two looks at the clock, which may jump */

static const struct ll_reconcile_range no_days = {INT32_MAX, INT32_MIN};

static void add_days(struct ll_reconcile_range *range, const struct ll_reconcile_range *days)
{
    range->from_day = days->from_day < range->from_day ? days->from_day : range->from_day;
    range->to_day = days->to_day > range->to_day ? days->to_day : range->to_day;
}

static void add_days_of(struct ll_reconcile_range *range, const struct ll_task *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_days(range, &(struct ll_reconcile_range){tasks[i].day, tasks[i].day});
}

/* The day that may be closed since the last change of the answer. */
static int32_t closable_day(int64_t now_s)
{
    return ll_day_of(now_s - 26 * 3600 - 1);
}

static void show_life(void *context)
{
    struct ll_daemon *d = context;
    ll_daemon_alive(&d->work_alive_ms);
}

static void show_progress(void *context, enum ll_stage stage, int64_t done, int64_t total)
{
    (void)stage;
    (void)done;
    (void)total;
    show_life(context);
}

void ll_daemon_work_open(struct ll_daemon *d)
{
    d->worker = *d->app;
    struct ll_wire_options options = d->app->wire.options;
    options.owner = &d->owner;
    options.patience = (struct ll_patience){.stop = d->app->stop, .alive = show_life, .context = d};
    options.clock = d->clock;
    ll_wire_init(&d->worker.wire, &options);
    d->worker.clock = d->clock;
    d->worker.config = (struct ll_config){0}; /* the main thread replaces it */
    d->worker.lent = true;
    d->worker.terminal = false;
    d->reconciled_s = INT64_MIN;
    d->cleaned_day = INT32_MIN;
    d->retention = ll_work_retention(&d->app->config);
    d->whole_to = INT32_MIN;
    d->owed = no_days;
}

void ll_daemon_work_close(struct ll_daemon *d)
{
    ll_wire_close(&d->worker.wire);
}

void ll_daemon_add_tasks(struct ll_daemon *d, const struct ll_task *tasks, size_t count)
{
    pthread_mutex_lock(&d->mutex);
    for (size_t i = 0; i < count; i++) {
        if (d->task_count < LL_DAEMON_TASKS)
            d->tasks[d->task_count++] = tasks[i];
        else
            add_days_of(&d->owed, &tasks[i], 1);
    }
    pthread_mutex_unlock(&d->mutex);
    ll_daemon_wake(d);
}

void ll_daemon_set_retention(struct ll_daemon *d, const struct ll_config *config)
{
    pthread_mutex_lock(&d->mutex);
    d->retention = ll_work_retention(config);
    pthread_mutex_unlock(&d->mutex);
}

static bool has_tasks(struct ll_daemon *d)
{
    pthread_mutex_lock(&d->mutex);
    bool found = d->task_count > 0;
    pthread_mutex_unlock(&d->mutex);
    return found;
}

/* --- a piece of work */

typedef enum ll_status piece_fn(struct ll_daemon *d, struct ll_work *work, struct ll_error *err);

static enum ll_status close_warehouse(void *context, const char *path, struct ll_error *err)
{
    (void)context;
    (void)path;
    (void)err;
    return LL_OK;
}

/* After a failure of the whole: an engine that met a full disk answers nothing more until it is
 * opened anew, and what was taken from the queue is found again by reconcile. */
static void give_up(struct ll_daemon *d, bool upkeep, const struct ll_error *failure)
{
    struct ll_error err;
    int64_t now_s = ll_daemon_now_s(d);
    if (failure->status == LL_CANCELLED)
        return;
    ll_log_error(LL_LOG_ERROR, "daemon.work_failed", failure);
    if (d->worker.wire.works &&
        ll_wire_replace_warehouse(&d->worker.wire, close_warehouse, NULL, &err) != LL_OK)
        ll_log_error(LL_LOG_WARN, "daemon.warehouse_stays", &err);
    d->reconciled_s = INT64_MIN;
    if (upkeep) {
        d->upkeep_s = now_s + RECONCILE_S;
        return;
    }
    d->retry_pause_s = d->retry_pause_s == 0 ? RETRY_FIRST_S : d->retry_pause_s * 2;
    if (d->retry_pause_s > RECONCILE_S)
        d->retry_pause_s = RECONCILE_S;
    d->retry_s = now_s + d->retry_pause_s;
}

static void set_working(struct ll_daemon *d, bool working)
{
    ll_daemon_state_begin(d)->working = working;
    ll_daemon_state_end(d);
}

static bool do_piece(struct ll_daemon *d, piece_fn *piece, bool upkeep)
{
    struct ll_error err;
    struct ll_work work = {.app = &d->worker, .shown = LL_STAGE_COUNT};
    set_working(d, true);
    ll_daemon_alive(&d->work_alive_ms);
    enum ll_status status = piece(d, &work, &err);
    if (status != LL_OK)
        give_up(d, upkeep, &err);
    else if (!upkeep)
        d->retry_pause_s = 0;
    ll_daemon_state_begin(d)->failures += (int64_t)work.outcome.failure_count;
    ll_daemon_state_end(d);
    ll_work_clear(&work);
    ll_wire_close(&d->worker.wire);
    ll_daemon_alive(&d->work_alive_ms);
    set_working(d, false);
    return status == LL_OK;
}

static enum ll_status open_work(struct ll_daemon *d, struct ll_work *work, struct ll_error *err)
{
    enum ll_status status = ll_work_open(work, &d->worker, LL_LAKE_EXISTING, err);
    work->pipeline.progress = show_progress;
    work->pipeline.progress_context = d;
    return status;
}

static enum ll_status do_tasks(struct ll_daemon *d, struct ll_work *work, struct ll_error *err)
{
    struct ll_task tasks[LL_DAEMON_TASKS];
    pthread_mutex_lock(&d->mutex);
    size_t count = d->task_count;
    memcpy(tasks, d->tasks, count * sizeof(*tasks));
    d->task_count = 0;
    pthread_mutex_unlock(&d->mutex);
    enum ll_status status = open_work(d, work, err);
    for (size_t i = 0; i < count && status == LL_OK; i++)
        status = ll_runner_enqueue(&work->pipeline, &tasks[i], err);
    if (status == LL_OK)
        status = ll_work_drain(work, err);
    if (status != LL_OK) {
        pthread_mutex_lock(&d->mutex);
        add_days_of(&d->owed, tasks, count);
        pthread_mutex_unlock(&d->mutex);
    }
    return status;
}

/* What cannot be read stays noted, and must not hold up all else for as long. */
static enum ll_status resume_forgetting(struct ll_daemon *d, struct ll_error *err)
{
    enum ll_status status = ll_forgetting_resume(&d->worker, err);
    if (!ll_task_is_to_blame(status))
        return status;
    ll_log_error(LL_LOG_ERROR, "forget.unfinished", err);
    ll_daemon_state_begin(d)->failures++;
    ll_daemon_state_end(d);
    return LL_OK;
}

static enum ll_status reconcile(struct ll_daemon *d, struct ll_work *work, struct ll_error *err)
{
    int64_t now_s = ll_daemon_now_s(d);
    struct ll_reconcile_range range = {ll_day_of(now_s) - RECONCILE_DAYS, ll_day_of(now_s) + 1};
    pthread_mutex_lock(&d->mutex);
    struct ll_reconcile_range owed = d->owed;
    d->owed = no_days;
    add_days_of(&owed, d->tasks, d->task_count); /* it finds them as well */
    d->task_count = 0;
    pthread_mutex_unlock(&d->mutex);
    add_days(&range, &owed);
    enum ll_status status = resume_forgetting(d, err);
    if (status == LL_OK)
        status = open_work(d, work, err);
    if (status == LL_OK)
        status = ll_retention_resume(&work->pipeline, err);
    if (status == LL_OK)
        status = ll_work_reconcile(work, range, err);
    if (status != LL_OK) {
        pthread_mutex_lock(&d->mutex);
        add_days(&d->owed, &owed);
        pthread_mutex_unlock(&d->mutex);
        return status;
    }
    d->reconciled_s = now_s;
    d->closable_day = closable_day(now_s);
    ll_daemon_state_begin(d)->reconciled_s = now_s;
    ll_daemon_state_end(d);
    return LL_OK;
}

/* Which days the lake has, once after a start: they are gone through piece by piece. */
static enum ll_status find_whole(struct ll_daemon *d, struct ll_work *work, struct ll_error *err)
{
    struct ll_manifest_list list;
    enum ll_status status = open_work(d, work, err);
    if (status == LL_OK)
        status = ll_manifest_list_all(work->pipeline.lake->store, LL_LAYER_RAW, &list, err);
    if (status != LL_OK)
        return status;
    d->whole_from = list.count > 0 ? list.entries[0].day : 0;
    d->whole_to = list.count > 0 ? list.entries[list.count - 1].day : -1;
    ll_manifest_list_clear(&list);
    return LL_OK;
}

static enum ll_status reconcile_whole(struct ll_daemon *d, struct ll_work *work,
                                      struct ll_error *err)
{
    int32_t from = d->whole_to - WHOLE_DAYS + 1;
    const struct ll_reconcile_range range = {from > d->whole_from ? from : d->whole_from,
                                             d->whole_to};
    enum ll_status status = open_work(d, work, err);
    if (status == LL_OK)
        status = ll_work_reconcile(work, range, err);
    if (status == LL_OK)
        d->whole_to = range.from_day - 1;
    return status;
}

static enum ll_status retain(struct ll_daemon *d, struct ll_work *work, struct ll_error *err)
{
    struct ll_retention_report report;
    pthread_mutex_lock(&d->mutex);
    const struct ll_retention_options limits = d->retention;
    pthread_mutex_unlock(&d->mutex);
    if (ll_retention_apply(&work->pipeline, &limits, &report, err) != LL_OK)
        return err->status;
    for (int i = 0; i < LL_LAYER_COUNT; i++)
        if (report.layers[i].dropped > 0)
            ll_log(LL_LOG_INFO, "retention.dropped",
                   ll_kv_cstr("layer", ll_layer_name((enum ll_layer)i)),
                   ll_kv_i64("count", report.layers[i].dropped),
                   ll_kv_i64("bytes", report.layers[i].bytes));
    ll_retention_report_clear(&report);
    return LL_OK;
}

/* Once a day, and after a start. */
static enum ll_status clean(struct ll_daemon *d, struct ll_work *work, struct ll_error *err)
{
    struct ll_garbage garbage;
    enum ll_status status = open_work(d, work, err);
    if (status == LL_OK)
        status = retain(d, work, err);
    if (status == LL_OK)
        status = ll_work_garbage(&d->worker, &garbage, err);
    if (status != LL_OK)
        return status;
    if (garbage.objects > 0)
        ll_log(LL_LOG_INFO, "garbage.collected", ll_kv_i64("objects", garbage.objects),
               ll_kv_i64("bytes", garbage.bytes));
    d->cleaned_day = closable_day(ll_daemon_now_s(d));
    return LL_OK;
}

bool ll_daemon_work(struct ll_daemon *d)
{
    int64_t now_s = ll_daemon_now_s(d);
    if (ll_stop_asked(d->app->stop))
        return false;
    if (now_s < d->retry_s && d->retry_s - now_s <= RECONCILE_S)
        return false;
    /* Also when the clock went back. */
    if (d->reconciled_s == INT64_MIN || now_s - d->reconciled_s >= RECONCILE_S ||
        now_s < d->reconciled_s - RECONCILE_S || closable_day(now_s) != d->closable_day)
        return do_piece(d, reconcile, false);
    if (has_tasks(d))
        return do_piece(d, do_tasks, false);
    if (now_s < d->upkeep_s && d->upkeep_s - now_s <= RECONCILE_S)
        return false;
    if (d->whole_to == INT32_MIN)
        return do_piece(d, find_whole, true);
    if (d->whole_to >= d->whole_from)
        return do_piece(d, reconcile_whole, true);
    if (d->cleaned_day != closable_day(now_s))
        return do_piece(d, clean, true);
    return false;
}

void *ll_daemon_work_thread(void *daemon)
{
    struct ll_daemon *d = daemon;
    for (;;) {
        bool more = ll_daemon_work(d);
        ll_daemon_alive(&d->work_alive_ms);
        if (more)
            continue;
        if (atomic_load(&d->ending))
            return NULL;
        struct pollfd wake = {.fd = d->wake_fd, .events = POLLIN};
        uint64_t count;
        if (poll(&wake, 1, LOOK_MS) == 1)
            (void)!read(d->wake_fd, &count, sizeof(count));
    }
}
