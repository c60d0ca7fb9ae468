#include "app/demo.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/daemon.h"
#include "app/demo_fill.h"
#include "app/demo_report.h"
#include "app/demo_world.h"
#include "app/exit.h"
#include "collect/known.h"

#define EARLY_MS 3000    /* the first report is to be there within 10 s of the start */
#define PATIENCE_MS 1000 /* an answer of a simulator without latency comes by itself */

struct demo {
    struct ll_app *app;
    const struct ll_demo_options *options;
    struct ll_clock *wall;
    struct ll_demo_world world;
    struct ll_demo_sim sim;
    struct ll_collector collector;
    bool collecting;       /* the collector is open */
    struct ll_stop *asked; /* by whom the demo was started */
    struct ll_stop stop;   /* so asked, or the simulator is gone */
    struct ll_stop lost;   /* the simulator is gone: a sweep ends at once */
    pthread_t watcher;
    int quit_fd;       /* of the watcher; -1 while there is none */
    int64_t next_s;    /* the slot after the last that was collected */
    int64_t live_runs; /* the last number said */
};

/* --- the watcher: asks the demo to stop when it was asked, or when the simulator has ended */

static void *watch(void *context)
{
    struct demo *d = context;
    struct pollfd fds[] = {{.fd = d->asked->fd, .events = POLLIN},
                           {.fd = d->sim.fd, .events = POLLIN},
                           {.fd = d->quit_fd, .events = POLLIN}};
    while (poll(fds, LL_COUNT(fds), -1) < 0)
        continue;
    if (fds[0].revents != 0)
        ll_stop_ask(&d->stop, atomic_load(&d->asked->signal));
    /* Once asked, the simulator may still end too soon. */
    while (fds[1].revents == 0 && fds[2].revents == 0)
        (void)poll(fds + 1, 2, -1);
    if (fds[2].revents == 0) {
        ll_stop_ask(&d->lost, SIGCHLD);
        ll_stop_ask(&d->stop, SIGCHLD);
    }
    return NULL;
}

static enum ll_status start_watching(struct demo *d, struct ll_error *err)
{
    sigset_t all, before;
    d->quit_fd = eventfd(0, EFD_CLOEXEC);
    if (d->quit_fd < 0)
        return ll_fail_errno(err, errno, "make an event");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&d->watcher, NULL, watch, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        return LL_OK;
    close(d->quit_fd);
    d->quit_fd = -1;
    return ll_fail_errno(err, failed, "start a thread");
}

static void stop_watching(struct demo *d)
{
    uint64_t one = 1;
    if (d->quit_fd < 0)
        return;
    (void)!write(d->quit_fd, &one, sizeof(one));
    pthread_join(d->watcher, NULL);
    close(d->quit_fd);
    d->quit_fd = -1;
}

/* --- the world */

static enum ll_status differs(const char *what, int64_t wanted, int64_t has, struct ll_error *err)
{
    if (wanted < 0 || wanted == has)
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0,
                   "this demo was begun with --%s %" PRId64
                   ": leave the option out, or take another folder with --lake",
                   what, has);
}

/* A lake with data of something else is not ours to add to. */
static enum ll_status check_empty(struct demo *d, struct ll_error *err)
{
    struct ll_manifest_list raw;
    if (ll_manifest_list_all(d->app->wire.lake.store, LL_LAYER_RAW, &raw, err) != LL_OK)
        return err->status;
    size_t count = raw.count;
    ll_manifest_list_clear(&raw);
    if (count == 0)
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0,
                   "the lake at %s holds other data than a demo's: take another folder with --lake",
                   d->app->wire.options.lake_dir);
}

static enum ll_status begin_world(struct demo *d, struct ll_error *err)
{
    const struct ll_demo_options *o = d->options;
    struct ll_demo_world *world = &d->world;
    int32_t today = ll_day_of(ll_clock_now_s(d->wall));
    if (check_empty(d, err) != LL_OK)
        return err->status;
    world->seed = o->seed >= 0 ? o->seed : LL_DEMO_SEED;
    world->streams = o->streams >= 0 ? o->streams : LL_DEMO_STREAMS;
    world->days = o->days >= 0 ? o->days : LL_DEMO_DAYS;
    world->cadence_s = o->cadence_s >= 0 ? (int32_t)o->cadence_s : LL_DEMO_CADENCE_S;
    world->start_s = (today - world->days) * INT64_C(86400);
    return ll_demo_world_save(d->app->wire.lake.store, world, err);
}

static enum ll_status settle_world(struct demo *d, struct ll_error *err)
{
    const struct ll_demo_options *o = d->options;
    struct ll_demo_world *world = &d->world;
    struct ll_store *store = d->app->wire.lake.store;
    enum ll_status status = ll_demo_world_load(store, world, err);
    if (status == LL_NOT_FOUND)
        return begin_world(d, err);
    if (status != LL_OK || differs("seed", o->seed, world->seed, err) != LL_OK ||
        differs("streams", o->streams, world->streams, err) != LL_OK)
        return err->status;
    if (o->cadence_s >= 0 && o->cadence_s != world->cadence_s)
        return ll_fail(err, LL_INVALID, 0,
                       "this demo was begun with --cadence %ds: leave the option out, or take "
                       "another folder with --lake",
                       world->cadence_s);
    if (o->days <= world->days)
        return LL_OK;
    world->days = o->days; /* more of the same */
    return ll_demo_world_save(store, world, err);
}

/* --- opening */

static enum ll_status set(struct demo *d, const char *name, const char *value,
                          enum ll_config_source source, struct ll_error *err)
{
    const struct ll_assignment assignment = {
        .name = ll_str_of(name), .value = ll_str_of(value), .source = source, .where = "the demo"};
    return ll_config_set(&d->app->config, &assignment, err);
}

/* Nothing of anybody's own credentials goes to the simulator, and nothing to the real services. */
static enum ll_status configure(struct demo *d, struct ll_error *err)
{
    static const struct {
        const char *name, *path;
    } urls[] = {{"twitch.url", "/helix"}, {"twitch.auth_url", "/oauth2"}, {"igdb.url", "/v4"}};
    char cadence[32];
    for (size_t i = 0; i < LL_COUNT(urls); i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf url = {0};
        ll_buf_printf(&url, "%s%s", d->sim.url.ptr, urls[i].path);
        if (set(d, urls[i].name, url.ptr, LL_SOURCE_FLAG, err) != LL_OK)
            return err->status;
    }
    (void)snprintf(cadence, sizeof(cadence), "%ds", d->world.cadence_s);
    if (set(d, "collect.cadence", cadence, LL_SOURCE_FLAG, err) != LL_OK ||
        set(d, "twitch.client_id", "demo", LL_SOURCE_FLAG, err) != LL_OK)
        return err->status;
    return set(d, "twitch.client_secret", "secret", LL_SOURCE_ENVIRONMENT, err);
}

/* Where to go on: after the last whole run. */
static enum ll_status find_next(struct demo *d, struct ll_error *err)
{
    struct ll_known_run run;
    int32_t cadence_s = d->world.cadence_s;
    const struct ll_known_view view = {
        .now_s = INT32_MAX, .until_s = INT32_MAX, .fallback_s = cadence_s};
    if (ll_known_newest(d->app->wire.lake.store, &view, &run, err) != LL_OK)
        return err->status;
    bool whole = run.known && run.status != LL_RUN_PARTIAL && run.status != LL_RUN_FAILED;
    d->next_s = !run.known ? d->world.start_s : whole ? run.slot_s + cadence_s : run.slot_s;
    return LL_OK;
}

static enum ll_status open_collector(struct demo *d, struct ll_error *err)
{
    struct ll_app *app = d->app;
    const struct ll_option option = {.name = "sim-clock", .kind = LL_OPTION_TEXT};
    struct ll_arg url = {.option = &option, .value = ll_buf_str(&d->sim.url)};
    const struct ll_args args = {.options = &url, .option_count = 1};
    /* A sweep takes a moment: it is let end when the demo is stopped. */
    app->stop = &d->lost;
    d->collecting = true;
    enum ll_status status = ll_collector_open(&d->collector, app, &args, err);
    app->stop = &d->stop;
    if (status != LL_OK)
        return status;
    struct ll_clock *clock = d->collector.clock;
    ll_sim_clock_pacer(d->collector.sim_clock)->patience_ms = PATIENCE_MS;
    clock->sleep_ms(clock, d->next_s * 1000 - clock->now_ms(clock));
    return LL_OK;
}

static enum ll_status open_demo(struct demo *d, struct ll_error *err)
{
    struct ll_app *app = d->app;
    if (ll_stop_init(&d->stop, err) != LL_OK || ll_stop_init(&d->lost, err) != LL_OK ||
        ll_wire_open_lake(&app->wire, LL_LAKE_CREATE, err) != LL_OK ||
        settle_world(d, err) != LL_OK || find_next(d, err) != LL_OK ||
        ll_demo_sim_start(&d->sim, d->options->sim_path, &d->world, err) != LL_OK ||
        start_watching(d, err) != LL_OK || configure(d, err) != LL_OK)
        return err->status;
    return open_collector(d, err);
}

static void close_demo(struct demo *d)
{
    if (d->collecting)
        ll_collector_close(&d->collector);
    stop_watching(d);
    ll_demo_sim_stop(&d->sim);
    d->app->stop = d->asked;
    if (d->stop.fd >= 0)
        ll_stop_clear(&d->stop);
    if (d->lost.fd >= 0)
        ll_stop_clear(&d->lost);
}

/* --- filling */

static enum ll_status report_early(void *context, struct ll_warehouse *warehouse, int64_t to_s,
                                   struct ll_buf *out, struct ll_error *err)
{
    const struct demo *d = context;
    return ll_demo_report_early(warehouse, &d->world, to_s, out, err);
}

static void print_early(void *context, struct ll_str text)
{
    struct demo *d = context;
    struct ll_error ignored; /* what cannot be written will be met again */
    (void)!ll_output_write(&d->app->out, text, &ignored);
    (void)!ll_output_flush(&d->app->out, &ignored);
}

static int64_t end_of_fill(const struct demo *d)
{
    int64_t end_s = d->world.start_s + d->world.days * LL_DAY_S;
    int64_t now_s = ll_slot_of(ll_clock_now_s(d->wall), d->world.cadence_s);
    return d->options->live && now_s > end_s ? now_s : end_s;
}

static enum ll_status fill(struct demo *d, struct ll_fill_result *ret, struct ll_error *err)
{
    const struct ll_fill_options options = {
        .app = d->app,
        .collector = &d->collector,
        .wall = d->wall,
        .stop = &d->stop,
        .from_s = d->next_s,
        .end_s = end_of_fill(d),
        .begin_s = d->world.start_s,
        .cadence_s = d->world.cadence_s,
        .early = d->app->json ? NULL : report_early,
        .print = print_early,
        .early_context = d,
        .early_ms = EARLY_MS,
    };
    enum ll_status status = ll_fill(&options, ret, err);
    if (options.end_s > d->next_s)
        d->next_s = options.end_s;
    return status;
}

static int print_report(struct demo *d, const struct ll_fill_result *result)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    struct ll_app *app = d->app;
    struct ll_warehouse *warehouse;
    struct ll_error err;
    int64_t to_s = d->next_s;
    if (app->json)
        ll_buf_printf(&text,
                      "{\"runs\":%" PRId64 ",\"observations\":%" PRId64 ",\"partial\":%" PRId64
                      ",\"elapsed_ms\":%" PRId64 ",\"reports\":{",
                      result->runs, result->observations, result->partial, result->elapsed_ms);
    else
        ll_demo_report_fill(result, &text);
    if (ll_wire_warehouse(&app->wire, &warehouse, &err) != LL_OK ||
        ll_demo_report(warehouse, &d->world, to_s, app->json, &text, &err) != LL_OK)
        return ll_app_fail(app, &err);
    if (app->json)
        ll_buf_add(&text, LL_STR("}}\n"));
    else
        ll_demo_report_hints(app, &d->world, to_s, &text);
    int code = ll_app_print(app, ll_buf_str(&text));
    if (code == LL_EXIT_OK && ll_output_flush(&app->out, &err) != LL_OK)
        code = ll_app_fail(app, &err);
    return code;
}

/* --- live */

static void say_run(void *context, const struct ll_daemon_state *state)
{
    struct demo *d = context;
    if (state->runs == d->live_runs || state->sweeping)
        return;
    d->live_runs = state->runs;
    ll_app_note(d->app, "run %s: %s, %" PRId64 " streams; the next slot is %s", state->last_run.c,
                ll_run_status_name(state->last_status), state->last_streams,
                ll_stamp_format(state->next_slot_s).c);
}

static void say_address(void *context, const char *url)
{
    struct demo *d = context;
    ll_app_note(d->app, "the dashboard is at %s", url);
}

static enum ll_status go_live(struct demo *d, struct ll_error *err)
{
    struct ll_clock *clock = d->collector.clock;
    double warp = d->options->warp > 0 ? d->options->warp : 1;
    int64_t behind_ms = d->wall->now_ms(d->wall) - clock->now_ms(clock);
    if (behind_ms > 0)
        clock->sleep_ms(clock, behind_ms);
    if (ll_sim_clock_run(d->collector.sim_clock, warp, err) != LL_OK)
        return err->status;
    ll_app_note(d->app, "live from %s on%s; Ctrl-C ends it, and keeps the lake",
                ll_stamp_format(ll_clock_now_s(clock)).c,
                warp > 1 ? ", in warped time" : " (--warp 60 for a slot in seconds)");
    const struct ll_daemon_options options = {.app = d->app,
                                              .collector = &d->collector,
                                              .warp = warp,
                                              .on_state = say_run,
                                              .on_serving = say_address,
                                              .next_free_port = true,
                                              .state_context = d};
    return ll_daemon_run(&options, err);
}

/* --- the whole */

/* What a failure means, when the simulator's end is behind it. */
static int fail(struct demo *d, struct ll_error *err)
{
    if (ll_stop_asked(&d->lost) && !ll_stop_asked(d->asked))
        ll_fail(err, LL_TRANSIENT, 0,
                "the simulator has ended; start the demo again to go on where it stopped");
    d->app->stop = d->asked;
    if (err->status == LL_CANCELLED)
        ll_fail(err, LL_CANCELLED, 0,
                "stopped; the lake at %s stays: start the demo again to go on",
                d->app->wire.options.lake_dir);
    return ll_app_fail(d->app, err);
}

static int run(struct demo *d)
{
    struct ll_error err;
    struct ll_fill_result result = {0};
    if (open_demo(d, &err) != LL_OK)
        return fail(d, &err);
    if (d->next_s > d->world.start_s)
        ll_app_note(d->app, "the demo goes on from %s", ll_stamp_format(d->next_s).c);
    enum ll_status status = fill(d, &result, &err);
    int code = status == LL_OK ? ll_work_exit_code(d->app, &result.outcome) : fail(d, &err);
    if (status == LL_OK && code != LL_EXIT_OK)
        ll_app_note(d->app, "%s", result.outcome.failures[0].error.message);
    if (code == LL_EXIT_OK)
        code = print_report(d, &result);
    ll_fill_result_clear(&result);
    if (code != LL_EXIT_OK || !d->options->live)
        return code;
    status = go_live(d, &err);
    if (status == LL_OK && !ll_stop_asked(&d->lost)) {
        ll_app_note(d->app, "the lake at %s stays: start the demo again to go on",
                    d->app->wire.options.lake_dir);
        return code;
    }
    return fail(d, &err);
}

int ll_demo(struct ll_app *app, const struct ll_demo_options *options)
{
    struct demo d = {.app = app,
                     .options = options,
                     .wall = app->clock,
                     .asked = app->stop,
                     .sim = {.fd = -1},
                     .stop = {.fd = -1},
                     .lost = {.fd = -1},
                     .quit_fd = -1};
    struct ll_error ignored;
    if (app->config.values[LL_CONFIG_LOG_LEVEL].source == LL_SOURCE_DEFAULT &&
        set(&d, "log.level", "warn", LL_SOURCE_FLAG, &ignored) == LL_OK)
        ll_cli_setup_log(app); /* a run every few milliseconds is no news */
    int code = run(&d);
    close_demo(&d);
    return code;
}
