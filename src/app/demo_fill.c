#include "app/demo_fill.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_server.h"
#include "base/log.h"

#define QUEUED_MAX 512 /* tasks of some batches: beyond, sweeping waits */
#define MARGIN_DAYS 3  /* before the last run, in which a kill may have left something undone */

/* The simulator's time for other threads: what it was after the last sweep. */
struct shown_clock {
    struct ll_clock port;
    atomic_int_least64_t now_ms;
    struct ll_clock *wall;
};

struct fill {
    const struct ll_fill_options *options;
    struct ll_fill_result *result;
    struct ll_owner owner;
    struct ll_app worker; /* shares the lake, for the work thread */
    struct shown_clock clock;
    struct ll_backlog backlog;
    struct ll_progress progress;
    int64_t started_ms;

    /* Of the sweeps, until they are committed. */
    struct ll_pipeline processing;
    struct ll_outcome processed;
    struct ll_task pending[LL_BATCH_TASKS * LL_COLLECTED_TASKS];
    size_t pending_count;
    int pending_runs;

    /* By the mutex. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct ll_task tasks[QUEUED_MAX]; /* to be curated */
    size_t task_count;
    bool ready;  /* the work thread holds the lake's turn to work, for both */
    bool ended;  /* no more tasks come */
    bool failed; /* the work thread has given up, see .error */
    struct ll_error error;
    struct ll_buf early; /* a first report, to be printed */

    bool reported; /* of the work thread: options->early was called */
};

/* --- the clock that other threads read */

static struct shown_clock *of_port(struct ll_clock *port)
{
    return (struct shown_clock *)port; /* its first member */
}

static int64_t shown_now_ms(struct ll_clock *port)
{
    return atomic_load(&of_port(port)->now_ms);
}

static int64_t shown_monotonic_ms(struct ll_clock *port)
{
    struct ll_clock *wall = of_port(port)->wall;
    return wall->monotonic_ms(wall);
}

static void shown_sleep_ms(struct ll_clock *port, int64_t duration_ms)
{
    struct ll_clock *wall = of_port(port)->wall;
    wall->sleep_ms(wall, duration_ms);
}

static int64_t wall_ms(const struct fill *f)
{
    return f->options->wall->monotonic_ms(f->options->wall);
}

/* --- the work thread */

/* Takes tasks, at most what one batch of runs leaves; 0: there are none any more. */
static size_t take_tasks(struct fill *f, struct ll_task *ret)
{
    pthread_mutex_lock(&f->mutex);
    while (f->task_count == 0 && !f->ended && !ll_stop_asked(f->options->stop))
        pthread_cond_wait(&f->changed, &f->mutex);
    size_t count = f->task_count;
    memcpy(ret, f->tasks, count * sizeof(*ret));
    f->task_count = 0;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
    return count;
}

/* A first look at what is there; the other thread prints it. */
static enum ll_status report_early(struct fill *f, struct ll_warehouse *warehouse, int64_t to_s,
                                   struct ll_error *err)
{
    const struct ll_fill_options *options = f->options;
    struct ll_buf text = {0};
    if (f->reported || options->early == NULL || wall_ms(f) - f->started_ms < options->early_ms)
        return LL_OK;
    f->reported = true;
    if (options->early(options->early_context, warehouse, to_s, &text, err) != LL_OK) {
        ll_buf_clear(&text);
        return err->status;
    }
    pthread_mutex_lock(&f->mutex);
    f->early = text;
    pthread_mutex_unlock(&f->mutex);
    return LL_OK;
}

static enum ll_status close_days(struct fill *f, struct ll_work *work, int32_t *next_day,
                                 int64_t now_s, struct ll_error *err)
{
    int64_t began_ms = wall_ms(f);
    enum ll_status status = LL_OK;
    for (; status == LL_OK && ll_day_closable(*next_day, now_s); ++*next_day) {
        const struct ll_task task = ll_task_close(*next_day);
        status = ll_runner_enqueue(&work->pipeline, &task, err);
        if (status == LL_OK)
            status = ll_work_drain(work, err);
    }
    f->result->closing_ms += wall_ms(f) - began_ms;
    return status;
}

static enum ll_status do_tasks(struct fill *f, struct ll_work *work, const struct ll_task *tasks,
                               size_t count, struct ll_error *err)
{
    int64_t began_ms = wall_ms(f);
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < count && status == LL_OK; i++)
        status = ll_runner_enqueue(&work->pipeline, &tasks[i], err);
    if (status == LL_OK)
        status = ll_work_drain(work, err);
    f->result->curating_ms += wall_ms(f) - began_ms;
    return status;
}

/* The newest of the runs among the tasks; their slots come in order. */
static int64_t end_of(const struct fill *f, const struct ll_task *tasks, size_t count)
{
    int64_t slot_s = f->options->from_s;
    for (size_t i = count; i > 0; i--)
        if (ll_run_id_parse(ll_str_of(tasks[i - 1].id.c), &slot_s))
            break;
    return slot_s + f->options->cadence_s;
}

/* What a kill may have left undone: as much as could be queued, and a day's closing. */
static enum ll_status catch_up(struct fill *f, struct ll_work *work, struct ll_error *err)
{
    const struct ll_fill_options *options = f->options;
    int64_t queued_s = (int64_t)QUEUED_MAX * options->cadence_s;
    int32_t last = ll_day_of(options->from_s), first = ll_day_of(options->begin_s);
    struct ll_reconcile_range range = {ll_day_of(options->from_s - queued_s) - MARGIN_DAYS, last};
    if (options->from_s == options->begin_s)
        return LL_OK;
    if (range.from_day < first)
        range.from_day = first;
    return ll_work_reconcile(work, range, err);
}

static void set_ready(struct fill *f)
{
    pthread_mutex_lock(&f->mutex);
    f->ready = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static enum ll_status work_all(struct fill *f, struct ll_work *work, struct ll_error *err)
{
    struct ll_task *tasks = ll_xcalloc(QUEUED_MAX, sizeof(*tasks));
    int32_t next_day = ll_day_of(f->options->from_s);
    int64_t done_s = f->options->from_s;
    size_t count;
    enum ll_status status = ll_work_open(work, &f->worker, LL_LAKE_EXISTING, err);
    work->pipeline.progress = NULL;
    if (status == LL_OK)
        status = catch_up(f, work, err);
    if (status == LL_OK)
        set_ready(f);
    while (next_day > ll_day_of(f->options->begin_s) &&
           !ll_day_closable(next_day - 1, f->options->from_s))
        next_day--; /* that are not over yet */
    while (status == LL_OK && (count = take_tasks(f, tasks)) > 0) {
        status = do_tasks(f, work, tasks, count, err);
        if (status != LL_OK)
            break;
        done_s = end_of(f, tasks, count);
        status = report_early(f, work->pipeline.warehouse, done_s, err);
        if (status == LL_OK)
            status = close_days(f, work, &next_day, done_s, err);
    }
    free(tasks);
    return status;
}

static void *work_thread(void *context)
{
    struct fill *f = context;
    struct ll_error err = {0};
    struct ll_work work = {.app = &f->worker, .shown = LL_STAGE_COUNT};
    enum ll_status status = work_all(f, &work, &err);
    f->result->outcome = work.outcome;
    work.outcome = (struct ll_outcome){0};
    ll_work_clear(&work);
    ll_wire_close(&f->worker.wire);
    pthread_mutex_lock(&f->mutex);
    f->failed = status != LL_OK;
    f->error = err;
    f->ended = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
    return NULL;
}

/* --- sweeping */

/* Prints the other thread's report, once there is one. */
static void print_early(struct fill *f)
{
    pthread_mutex_lock(&f->mutex);
    struct ll_buf text = f->early;
    f->early = (struct ll_buf){0};
    pthread_mutex_unlock(&f->mutex);
    if (text.len > 0) {
        ll_progress_wipe(&f->progress);
        f->options->print(f->options->early_context, ll_buf_str(&text));
    }
    ll_buf_clear(&text);
}

static enum ll_status open_processing(struct fill *f, struct ll_error *err)
{
    struct ll_app *app = f->options->app;
    struct ll_pipeline *p = &f->processing;
    *p = (struct ll_pipeline){
        .clock = &f->clock.port, .cancelled = ll_stop_asked, .cancel_context = f->options->stop};
    if (ll_wire_lake(&app->wire, &p->lake, err) != LL_OK)
        return err->status;
    return ll_wire_forgotten(&app->wire, err);
}

static bool has_failed_to_process(const struct fill *f, const struct ll_task *task)
{
    for (size_t i = 0; i < f->processed.failure_count; i++)
        if (strcmp(f->processed.failures[i].task.id.c, task->id.c) == 0)
            return true;
    return false;
}

/* What is pending becomes what is to be curated. */
static enum ll_status process(struct fill *f, struct ll_error *err)
{
    int64_t began_ms = wall_ms(f);
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < f->pending_count && status == LL_OK; i += LL_BATCH_TASKS) {
        size_t left = f->pending_count - i;
        status =
            ll_stage_process(&f->processing, f->pending + i,
                             left < LL_BATCH_TASKS ? left : LL_BATCH_TASKS, &f->processed, err);
    }
    size_t kept = 0;
    for (size_t i = 0; i < f->pending_count && status == LL_OK; i++)
        if (!has_failed_to_process(f, &f->pending[i])) {
            f->pending[kept] = f->pending[i];
            f->pending[kept++].stage = LL_STAGE_CURATE;
        }
    f->pending_count = kept;
    f->result->processing_ms += wall_ms(f) - began_ms;
    return status;
}

static bool waits(const struct fill *f)
{
    return !f->failed && !f->ended && (!f->ready || f->task_count + f->pending_count > QUEUED_MAX);
}

/* Makes the runs since the last time visible, processes them, and hands them to the other thread.
 */
static enum ll_status commit(struct fill *f, struct ll_error *err)
{
    struct ll_store *store = f->options->app->wire.lake.store;
    enum ll_status status = ll_manifest_group_commit(&f->backlog.group, store, err);
    pthread_mutex_lock(&f->mutex);
    while (status == LL_OK && waits(f))
        pthread_cond_wait(&f->changed, &f->mutex);
    bool go_on = status == LL_OK && !f->failed && !f->ended; /* else the next fill finds them */
    pthread_mutex_unlock(&f->mutex);
    if (go_on)
        status = process(f, err);
    pthread_mutex_lock(&f->mutex);
    if (go_on && status == LL_OK) {
        memcpy(f->tasks + f->task_count, f->pending, f->pending_count * sizeof(*f->pending));
        f->task_count += f->pending_count;
    }
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
    f->pending_count = 0;
    f->pending_runs = 0;
    return status;
}

static void show_progress(struct fill *f, int64_t slot_s)
{
    const struct ll_fill_options *options = f->options;
    char detail[80];
    int64_t days = (options->end_s - options->begin_s + LL_DAY_S - 1) / LL_DAY_S;
    (void)snprintf(detail, sizeof(detail), "day %" PRId64 "/%" PRId64 "  %" PRId64 " observations",
                   (slot_s - options->begin_s) / LL_DAY_S + 1, days, f->result->observations);
    ll_progress_detail(&f->progress, detail);
    ll_progress_update(&f->progress, f->result->runs,
                       (options->end_s - options->from_s) / options->cadence_s);
}

static enum ll_status sweep(struct fill *f, int64_t slot_s, struct ll_error *err)
{
    struct ll_collector *c = f->options->collector;
    const struct ll_slot_choice choice = {
        .slot_s = slot_s, .cadence_s = f->options->cadence_s, .plan = LL_PLAN_AUTO};
    struct ll_collected collected = {0};
    int64_t left_ms = slot_s * 1000 - c->clock->now_ms(c->clock);
    if (left_ms > 0)
        c->clock->sleep_ms(c->clock, left_ms);
    enum ll_status status = ll_collector_slot(c, &choice, &collected, err);
    if (status == LL_OK) {
        f->pending_count += ll_collected_tasks(&collected, f->pending + f->pending_count,
                                               LL_COUNT(f->pending) - f->pending_count);
        f->pending_runs++;
        f->result->runs++;
        f->result->observations += f->backlog.last_s > 0 ? (int64_t)f->backlog.last.count
                                                         : (int64_t)collected.run.sweep.found.count;
        f->result->partial +=
            !collected.run.skipped && collected.run.sweep.status != LL_RUN_COMPLETE;
        if (!collected.run.skipped && collected.run.sweep.status == LL_RUN_FAILED) {
            *err = collected.run.sweep.error;
            status = err->status;
        }
    }
    atomic_store(&f->clock.now_ms, c->clock->now_ms(c->clock));
    ll_collected_clear(&collected);
    return status;
}

static bool has_failed(struct fill *f)
{
    pthread_mutex_lock(&f->mutex);
    bool failed = f->failed;
    pthread_mutex_unlock(&f->mutex);
    return failed;
}

static enum ll_status sweep_all(struct fill *f, struct ll_error *err)
{
    const struct ll_fill_options *options = f->options;
    struct ll_error failure;
    enum ll_status status = LL_OK;
    for (int64_t slot_s = options->from_s; slot_s < options->end_s && status == LL_OK;
         slot_s += options->cadence_s) {
        int64_t began_ms = wall_ms(f);
        if (ll_stop_asked(options->stop))
            status = ll_fail(err, LL_CANCELLED, 0, "stopped");
        else if (has_failed(f))
            break;
        else
            status = sweep(f, slot_s, err);
        f->result->sweeping_ms += wall_ms(f) - began_ms;
        if (status == LL_OK && f->pending_runs == LL_BATCH_TASKS)
            status = commit(f, err);
        print_early(f);
        show_progress(f, slot_s);
    }
    /* What was swept stays, also when it was stopped. */
    if (!has_failed(f) && commit(f, &failure) != LL_OK && status == LL_OK) {
        *err = failure;
        status = failure.status;
    }
    return status;
}

/* Lets the work thread do what is left, and waits for it. */
static enum ll_status finish(struct fill *f, pthread_t worker, struct ll_error *err)
{
    pthread_mutex_lock(&f->mutex);
    f->ended = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
    pthread_join(worker, NULL);
    ll_outcome_add(&f->result->outcome, &f->processed);
    if (!f->failed)
        return LL_OK;
    *err = f->error;
    return err->status;
}

static void begin(struct fill *f)
{
    const struct ll_fill_options *options = f->options;
    struct ll_app *app = options->app;
    struct ll_clock *now = options->collector->clock;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    ll_owner_init(&f->owner, &app->wire);
    app->wire.loads = true;
    app->wire.options.threads = 1; /* both threads and the simulator keep the cores busy */
    f->clock.port = (struct ll_clock){shown_now_ms, shown_monotonic_ms, shown_sleep_ms};
    f->clock.wall = options->wall;
    atomic_init(&f->clock.now_ms, now->now_ms(now));
    f->backlog.memory = ll_reference_memory_new();
    f->worker = *app;
    struct ll_wire_options wire = app->wire.options;
    wire.owner = &f->owner;
    wire.patience = (struct ll_patience){.stop = options->stop};
    wire.clock = options->wall; /* the queue's, which counts what was not done in time */
    ll_wire_init(&f->worker.wire, &wire);
    f->worker.clock = &f->clock.port;
    f->worker.config = (struct ll_config){0};
    f->worker.stop = options->stop;
    f->worker.lent = true;
    f->worker.terminal = false;
}

static void clear(struct fill *f)
{
    ll_backlog_clear(&f->backlog);
    ll_owner_clear(&f->owner);
    ll_buf_clear(&f->early);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
}

/* Without a socket other processes find the lake in use, no more. */
static struct ll_command_server *start_commands(struct fill *f)
{
    struct ll_error err;
    struct ll_command_server *server = NULL;
    const struct ll_command_server_options options = {.owner = &f->owner,
                                                      .lake_dir =
                                                          f->options->app->wire.options.lake_dir,
                                                      .clock = &f->clock.port};
    if (ll_command_server_start(&options, &server, &err) != LL_OK)
        ll_log_error(LL_LOG_WARN, "socket.none", &err);
    return server;
}

/* Both threads; collecting is this one's alone meanwhile. */
static enum ll_status run(struct fill *f, struct ll_error *err)
{
    pthread_t worker;
    sigset_t all, before; /* signals go to this thread */
    const struct ll_patience patience = {.stop = f->options->stop};
    if (ll_turn_take(&f->owner.collect, &patience, err) != LL_OK)
        return err->status;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&worker, NULL, work_thread, f);
    struct ll_command_server *commands = failed == 0 ? start_commands(f) : NULL;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    enum ll_status status = LL_OK;
    if (failed != 0) {
        status = ll_fail_errno(err, failed, "start a thread");
    } else {
        struct ll_error failure;
        status = open_processing(f, err);
        if (status == LL_OK)
            status = sweep_all(f, err);
        if (finish(f, worker, &failure) != LL_OK && status == LL_OK) {
            *err = failure;
            status = failure.status;
        }
    }
    ll_turn_give(&f->owner.collect);
    ll_command_server_stop(commands);
    return status;
}

enum ll_status ll_fill(const struct ll_fill_options *options, struct ll_fill_result *ret,
                       struct ll_error *err)
{
    struct fill *f = ll_xcalloc(1, sizeof(*f));
    *ret = (struct ll_fill_result){0};
    f->options = options;
    f->result = ret;
    begin(f);
    f->started_ms = wall_ms(f);
    options->collector->backlog = &f->backlog;
    const struct ll_progress_options progress = {
        .label = "demo",
        .unit = "runs",
        .total = (options->end_s - options->from_s) / options->cadence_s,
        .fd = options->app->err_fd,
        .enabled = options->app->terminal && !options->app->quiet && !options->app->json &&
                   options->from_s < options->end_s,
        .log_above = true,
        .clock = options->wall};
    ll_progress_begin(&f->progress, &progress);
    enum ll_status status = run(f, err);
    ll_progress_end(&f->progress);
    options->collector->backlog = NULL;
    ret->elapsed_ms = wall_ms(f) - f->started_ms;
    clear(f);
    free(f);
    return status;
}

void ll_fill_result_clear(struct ll_fill_result *result)
{
    ll_outcome_clear(&result->outcome);
}
