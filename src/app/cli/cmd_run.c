#include <unistd.h>

#include "app/cli/cli.h"
#include "app/cli/command.h"
#include "app/daemon.h"
#include "app/exit.h"
#include "app/work.h"

#define LAST_DAYS                                                                                  \
    2 /* before today, in which `--once` looks for what an earlier run left undone                 \
       */

static int print(struct ll_app *app, const struct ll_collected *collected,
                 const struct ll_outcome *outcome)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (app->json) {
        ll_buf_add_char(&text, '{');
        ll_collected_json(collected, &text);
        ll_buf_add_char(&text, ',');
        ll_work_outcome_json(outcome, &text);
        ll_buf_add(&text, LL_STR("}\n"));
    } else {
        ll_collected_text(collected, &text);
        ll_work_outcome_text(outcome, &text);
    }
    return ll_app_print(app, ll_buf_str(&text));
}

/* Processes and curates what was collected, and what an earlier kill left. */
static enum ll_status follow_up(struct ll_work *work, const struct ll_collected *collected,
                                struct ll_error *err)
{
    struct ll_task tasks[LL_COLLECTED_TASKS];
    size_t count = ll_collected_tasks(collected, tasks, LL_COUNT(tasks));
    int32_t today = ll_day_of(collected->run.slot_s);
    const struct ll_reconcile_range range = {today - LAST_DAYS, today + 1};
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < count && i < LL_COUNT(tasks) && status == LL_OK; i++)
        status = ll_runner_enqueue(&work->pipeline, &tasks[i], err);
    if (status == LL_OK)
        status = ll_work_drain(work, err);
    return status == LL_OK ? ll_work_reconcile(work, range, err) : status;
}

static int run_once(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_collector collector;
    struct ll_collected collected = {0};
    struct ll_slot_choice choice;
    struct ll_work work = {.app = app, .shown = LL_STAGE_COUNT};
    enum ll_status status = ll_collector_open(&collector, app, args, &err);
    if (status == LL_OK)
        status = ll_collector_choose(&collector, args, &choice, &err);
    if (status == LL_OK)
        status = ll_collector_slot(&collector, &choice, &collected, &err);
    ll_wire_end_collect(&app->wire);
    if (status == LL_OK)
        status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = follow_up(&work, &collected, &err);
    int code = status == LL_OK ? print(app, &collected, &work.outcome) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK)
        code = ll_work_exit_code(app, &work.outcome);
    if (code == LL_EXIT_OK)
        code = ll_collected_exit_code(app, &collected);
    ll_work_clear(&work);
    ll_collected_clear(&collected);
    ll_collector_close(&collector);
    return code;
}

/* --- the daemon */

struct origin {
    const struct ll_app *app;
    const struct ll_args *args;
};

static enum ll_status reload(void *context, struct ll_config *ret, struct ll_error *err)
{
    const struct origin *origin = context;
    return ll_cli_load_config(origin->app->env, origin->args, ret, err);
}

static int run_daemon(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_collector collector;
    struct origin origin = {app, args};
    const struct ll_daemon_options options = {.app = app,
                                              .args = args,
                                              .collector = &collector,
                                              .reload = reload,
                                              .reload_context = &origin};
    if (app->lent) {
        ll_fail(&err, LL_CONFLICT, (int)getpid(),
                "the lake at %s is in use by `livelake run`, pid %lld", app->wire.options.lake_dir,
                (long long)getpid());
        return ll_app_fail(app, &err);
    }
    enum ll_status status = ll_collector_open(&collector, app, args, &err);
    if (status == LL_OK)
        status = ll_daemon_run(&options, &err);
    int code = status == LL_OK ? LL_EXIT_OK : ll_app_fail(app, &err);
    ll_collector_close(&collector);
    return code;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    if (ll_args_has(args, "once"))
        return run_once(app, args);
    if (ll_args_has(args, "slot"))
        return ll_app_usage(app, "run: --slot is for `run --once`");
    return run_daemon(app, args);
}

static const struct ll_option options[] = {
    LL_COLLECTOR_OPTIONS,
    {.name = "once", .doc = "One slot, then stop."},
};

static const struct ll_example examples[] = {
    {"run", "Collect every slot from now on, until Ctrl-C or SIGTERM"},
    {"run --once", "Collect, process and load the current slot"},
};

const struct ll_command ll_command_run = {
    .name = "run",
    .group = LL_GROUP_COLLECT,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Collect every slot, process it and load it into the warehouse",
    .doc = "Collects slot after slot, makes each visible in reports, closes days that are over, "
           "and finishes what an earlier run left undone. Slots that went by while nobody "
           "collected are recorded as missed. With too little free disk (run.min_free) collecting "
           "stops, and goes on when there is room.\n"
           "SIGTERM and Ctrl-C end it within seconds: what was collected by then stays. SIGHUP "
           "reads the configuration again. A changed collect.cadence holds from the next 00:00 UTC "
           "on. With systemd, see docs/running.md.\n"
           "With --once: the current slot, and what earlier runs of the last two days left undone.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
