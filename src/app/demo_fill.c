#include "app/demo_fill.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_server.h"
#include "app/lane.h"
#include "base/log.h"

#define FIRST_RUNS                                                                                 \
    24 /* that are handed over together before EARLY_RUNS: the first report waits                  \
        */
#define EARLY_RUNS 96
#define MARGIN_DAYS 3 /* before the last run, in which a kill may have left something undone */

/* The simulator's time for other threads: what it was after the last sweep. */
struct shown_clock {
    struct ll_clock port;
    atomic_int_least64_t now_ms;
    struct ll_clock *wall;
};

/* A thread that works on what comes by its lane. */
struct worker {
    struct fill *fill;
    struct ll_lane lane;
    struct ll_app app; /* shares the lake */
    struct ll_work work;
    pthread_t thread;
};

struct fill {
    const struct ll_fill_options *options;
    struct ll_fill_result *result;
    struct ll_owner owner;
    struct worker process, curate;
    struct shown_clock clock;
    struct ll_backlog backlog;
    struct ll_progress progress;
    int64_t started_ms;

    /* Of the sweeps, until they are committed. */
    struct ll_task pending[LL_BATCH_TASKS * LL_COLLECTED_TASKS];
    size_t pending_count;
    int pending_runs;

    /* By the mutex. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ready;  /* the curating thread holds the lake's turn to work, for both */
    bool failed; /* a thread has given up, see .error */
    struct ll_error error;
    struct ll_buf early; /* a first report, to be printed */

    bool reported; /* of the curating thread: options->early was called */
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

static void set_failed(struct fill *f, const struct ll_error *err)
{
    pthread_mutex_lock(&f->mutex);
    if (!f->failed)
        f->error = *err;
    f->failed = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

/* --- processing */

static enum ll_status open_processing(struct worker *w, struct ll_error *err)
{
    struct ll_pipeline *p = &w->work.pipeline;
    *p = (struct ll_pipeline){
        .clock = w->app.clock, .cancelled = ll_stop_asked, .cancel_context = w->app.stop};
    if (ll_wire_lake(&w->app.wire, &p->lake, err) != LL_OK)
        return err->status;
    return ll_wire_forgotten(&w->app.wire, err);
}

static void wait_until_ready(struct fill *f)
{
    pthread_mutex_lock(&f->mutex);
    while (!f->ready && !f->failed)
        pthread_cond_wait(&f->changed, &f->mutex);
    pthread_mutex_unlock(&f->mutex);
}

static bool has_failed_to_process(const struct worker *w, const struct ll_task *task)
{
    for (size_t i = 0; i < w->work.outcome.failure_count; i++)
        if (strcmp(w->work.outcome.failures[i].task.id.c, task->id.c) == 0)
            return true;
    return false;
}

/* A batch; *count becomes how many are to be curated. */
static enum ll_status process_batch(struct worker *w, struct ll_task *tasks, size_t *count,
                                    struct ll_error *err)
{
    size_t kept = 0;
    if (ll_stage_process(&w->work.pipeline, tasks, *count, &w->work.outcome, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < *count; i++)
        if (!has_failed_to_process(w, &tasks[i])) {
            tasks[kept] = tasks[i];
            tasks[kept++].stage = LL_STAGE_CURATE;
        }
    *count = kept;
    return LL_OK;
}

static enum ll_status process_all(struct worker *w, struct ll_error *err)
{
    struct fill *f = w->fill;
    struct ll_task *tasks = ll_xcalloc(LL_LANE_TASKS, sizeof(*tasks));
    size_t count;
    enum ll_status status = open_processing(w, err);
    wait_until_ready(f);
    while (status == LL_OK && !ll_stop_asked(w->app.stop) &&
           (count = ll_lane_take(&w->lane, tasks)) > 0) {
        int64_t began_ms = wall_ms(f);
        for (size_t i = 0; i < count && status == LL_OK; i += LL_BATCH_TASKS) {
            size_t batch = count - i < LL_BATCH_TASKS ? count - i : LL_BATCH_TASKS;
            status = process_batch(w, tasks + i, &batch, err);
            if (status == LL_OK)
                ll_lane_give(&f->curate.lane, tasks + i, batch);
        }
        f->result->processing_ms += wall_ms(f) - began_ms;
    }
    free(tasks);
    return status;
}

static void *process_thread(void *context)
{
    struct worker *w = context;
    struct ll_error err = {0};
    if (process_all(w, &err) != LL_OK)
        set_failed(w->fill, &err);
    ll_wire_close(&w->app.wire);
    ll_lane_break(&w->lane);
    ll_lane_end(&w->fill->curate.lane);
    return NULL;
}

/* --- curating */

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
    int64_t queued_s = 2 * (int64_t)LL_LANE_TASKS * options->cadence_s;
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

static enum ll_status curate_all(struct worker *w, struct ll_error *err)
{
    struct fill *f = w->fill;
    struct ll_work *work = &w->work;
    struct ll_task *tasks = ll_xcalloc(LL_LANE_TASKS, sizeof(*tasks));
    int32_t next_day = ll_day_of(f->options->from_s);
    int64_t done_s = f->options->from_s;
    size_t count;
    enum ll_status status = ll_work_open(work, &w->app, LL_LAKE_EXISTING, err);
    work->pipeline.progress = NULL;
    if (status == LL_OK)
        status = catch_up(f, work, err);
    if (status == LL_OK)
        set_ready(f);
    while (next_day > ll_day_of(f->options->begin_s) &&
           !ll_day_closable(next_day - 1, f->options->from_s))
        next_day--; /* that are not over yet */
    while (status == LL_OK && (count = ll_lane_take(&w->lane, tasks)) > 0) {
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

static void *curate_thread(void *context)
{
    struct worker *w = context;
    struct ll_error err = {0};
    if (curate_all(w, &err) != LL_OK)
        set_failed(w->fill, &err);
    ll_lane_break(&w->lane);
    ll_wire_close(&w->app.wire);
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

/* Makes the runs since the last time visible, and hands them to be processed. */
static enum ll_status commit(struct fill *f, struct ll_error *err)
{
    struct ll_store *store = f->options->app->wire.lake.store;
    enum ll_status status = ll_manifest_group_commit(&f->backlog.group, store, err);
    if (status == LL_OK)
        for (size_t i = 0; i < f->pending_count; i += LL_BATCH_TASKS)
            ll_lane_give(&f->process.lane, f->pending + i,
                         f->pending_count - i < LL_BATCH_TASKS ? f->pending_count - i
                                                               : LL_BATCH_TASKS);
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
        if (status == LL_OK &&
            f->pending_runs == (f->result->runs <= EARLY_RUNS ? FIRST_RUNS : LL_BATCH_TASKS))
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

static void begin_worker(struct fill *f, struct worker *w)
{
    const struct ll_app *app = f->options->app;
    struct ll_wire_options wire = app->wire.options;
    *w = (struct worker){.fill = f, .app = *app};
    ll_lane_init(&w->lane);
    w->work = (struct ll_work){.app = &w->app, .shown = LL_STAGE_COUNT};
    wire.owner = &f->owner;
    wire.patience.stop = f->options->stop;
    wire.threads = 1;              /* there are enough threads */
    wire.clock = f->options->wall; /* the queue's, which counts what was not done in time */
    ll_wire_init(&w->app.wire, &wire);
    w->app.clock = &f->clock.port;
    w->app.config = (struct ll_config){0};
    w->app.stop = f->options->stop;
    w->app.lent = true;
    w->app.terminal = false;
}

static void end_worker(struct worker *w)
{
    ll_outcome_add(&w->fill->result->outcome, &w->work.outcome);
    ll_work_clear(&w->work);
    ll_lane_clear(&w->lane);
}

static void begin(struct fill *f)
{
    struct ll_app *app = f->options->app;
    struct ll_clock *now = f->options->collector->clock;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    ll_owner_init(&f->owner, &app->wire);
    app->wire.loads = true;
    f->clock.port = (struct ll_clock){shown_now_ms, shown_monotonic_ms, shown_sleep_ms};
    f->clock.wall = f->options->wall;
    atomic_init(&f->clock.now_ms, now->now_ms(now));
    f->backlog.memory = ll_reference_memory_new();
    begin_worker(f, &f->process);
    begin_worker(f, &f->curate);
}

static void clear(struct fill *f)
{
    end_worker(&f->process);
    end_worker(&f->curate);
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

static enum ll_status start_threads(struct fill *f, struct ll_error *err)
{
    int failed = pthread_create(&f->process.thread, NULL, process_thread, &f->process);
    if (failed != 0)
        return ll_fail_errno(err, failed, "start a thread");
    failed = pthread_create(&f->curate.thread, NULL, curate_thread, &f->curate);
    if (failed == 0)
        return LL_OK;
    ll_lane_end(&f->process.lane);
    set_failed(f, err);
    pthread_join(f->process.thread, NULL);
    return ll_fail_errno(err, failed, "start a thread");
}

/* Lets the threads do what is left, and waits for them. */
static enum ll_status finish(struct fill *f, struct ll_error *err)
{
    ll_lane_end(&f->process.lane);
    pthread_join(f->process.thread, NULL);
    pthread_join(f->curate.thread, NULL);
    if (!f->failed)
        return LL_OK;
    *err = f->error;
    return err->status;
}

/* All threads; collecting is this one's alone meanwhile. */
static enum ll_status run(struct fill *f, struct ll_error *err)
{
    struct ll_error failure;
    const struct ll_patience patience = {.stop = f->options->stop};
    sigset_t all, before; /* signals go to this thread */
    if (ll_turn_take(&f->owner.collect, &patience, err) != LL_OK)
        return err->status;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum ll_status status = start_threads(f, err);
    struct ll_command_server *commands = status == LL_OK ? start_commands(f) : NULL;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status == LL_OK) {
        status = sweep_all(f, err);
        if (finish(f, &failure) != LL_OK && status == LL_OK) {
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
