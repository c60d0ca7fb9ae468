/* process, curate, close-day, replay, reconcile: the stages by hand. */
#include "app/cli/command.h"
#include "app/exit.h"
#include "app/forgetting.h"
#include "app/work.h"
#include "pipeline/replay.h"

typedef enum ll_status find_work(struct ll_pipeline *p, struct ll_reconcile_range range,
                                 struct ll_outcome *outcome, struct ll_error *err);

static int conclude(struct ll_work *work, enum ll_status status, const struct ll_error *err)
{
    if (status == LL_OK)
        return ll_work_finish(work);
    ll_work_clear(work);
    return ll_app_fail(work->app, err);
}

static int do_work(struct ll_app *app, const struct ll_args *args, find_work *const *finds,
                   size_t count)
{
    struct ll_error err;
    struct ll_work work;
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    for (size_t i = 0; i < count && status == LL_OK; i++) {
        status = finds[i](&work.pipeline, ll_work_range(args), &work.outcome, &err);
        if (status == LL_OK)
            status = ll_work_drain(&work, &err);
    }
    return conclude(&work, status, &err);
}

static int run_process(struct ll_app *app, const struct ll_args *args)
{
    static find_work *const finds[] = {ll_reconcile_process};
    return do_work(app, args, finds, LL_COUNT(finds));
}

static int run_curate(struct ll_app *app, const struct ll_args *args)
{
    static find_work *const finds[] = {ll_reconcile_publish, ll_reconcile_curate};
    return do_work(app, args, finds, LL_COUNT(finds));
}

static int run_reconcile(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err, unfinished;
    struct ll_work work;
    struct ll_garbage garbage;
    enum ll_status forgetting = ll_forgetting_resume(app, &unfinished);
    if (forgetting != LL_OK && !ll_task_is_to_blame(forgetting))
        return ll_app_fail(app, &unfinished);
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = ll_retention_resume(&work.pipeline, &err);
    if (status == LL_OK)
        status = ll_work_reconcile(&work, ll_work_range(args), &err);
    if (status == LL_OK)
        status = ll_work_garbage(app, &garbage, &err);
    int code = conclude(&work, status, &err);
    return code == LL_EXIT_OK && forgetting != LL_OK ? ll_app_fail(app, &unfinished) : code;
}

static int run_replay(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_work work;
    if (!ll_args_has(args, "from") || !ll_args_has(args, "to"))
        return ll_app_usage(app, "replay needs --from and --to");
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = ll_replay(&work.pipeline, ll_work_range(args), &work.outcome, &err);
    return conclude(&work, status, &err);
}

static int run_close_day(struct ll_app *app, const struct ll_args *args)
{
    static find_work *const finds[] = {ll_reconcile_publish, ll_reconcile_close};
    struct ll_error err;
    struct ll_work work;
    int32_t day;
    if (args->operand_count == 0 && ll_args_has(args, "rebuild"))
        return ll_app_usage(app, "close-day --rebuild: which day?");
    if (args->operand_count == 0)
        return do_work(app, args, finds, LL_COUNT(finds));
    if (!ll_date_parse(ll_str_of(args->operands[0]), &day))
        return ll_app_usage(app, "close-day %s: not a date such as 2026-11-23", args->operands[0]);
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK) {
        const struct ll_task task = ll_task_close(day);
        work.pipeline.force = ll_args_has(args, "rebuild");
        status = ll_runner_enqueue(&work.pipeline, &task, &err);
    }
    if (status == LL_OK)
        status = ll_work_drain(&work, &err);
    return conclude(&work, status, &err);
}

static const struct ll_example process_examples[] = {
    {"process", "Whatever raw holds and processed does not"},
    {"process --from now-2d", "Only the days since then"},
};

const struct ll_command ll_command_process = {
    .name = "process",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Turn raw runs into processed tables, and load them",
    .doc =
        "Decodes, validates and de-duplicates every raw run that has no up-to-date processed table "
        "yet, then loads it into the warehouse. What is up to date is left alone. Rows that cannot "
        "be used go to quarantine with their reason: see `livelake status RUN`.",
    .options = ll_work_range_options,
    .option_count = LL_COUNT(ll_work_range_options),
    .examples = process_examples,
    .example_count = LL_COUNT(process_examples),
    .run = run_process,
};

static const struct ll_example curate_examples[] = {
    {"curate", "Load what is missing; rebuild a warehouse that was lost"},
};

const struct ll_command ll_command_curate = {
    .name = "curate",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Load processed runs and closed days into the warehouse",
    .doc = "Loads what the warehouse's ledger lacks. When the warehouse file is gone, this makes "
           "it anew: "
           "closed days from history, open ones from processed.",
    .options = ll_work_range_options,
    .option_count = LL_COUNT(ll_work_range_options),
    .examples = curate_examples,
    .example_count = LL_COUNT(curate_examples),
    .run = run_curate,
};

static const struct ll_option close_options[] = {
    {.name = "rebuild",
     .kind = LL_OPTION_FLAG,
     .doc = "Build the day's history anew even when it is up to date."},
};

static const struct ll_example close_examples[] = {
    {"close-day", "Close every day that is over"},
    {"close-day 2026-11-23 --rebuild", "Make the history of one day anew from its processed runs"},
};

const struct ll_command ll_command_close_day = {
    .name = "close-day",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .writes = true,
    .operands = "[DAY]",
    .max_operands = 1,
    .summary = "Close finished UTC days: write their history",
    .doc =
        "A day can be closed 26 hours after its start. Its history objects are a pure function of "
        "its "
        "processed runs; slots without a run count as missed. A run that comes later makes its day "
        "be rebuilt.",
    .options = close_options,
    .option_count = LL_COUNT(close_options),
    .examples = close_examples,
    .example_count = LL_COUNT(close_examples),
    .run = run_close_day,
};

static const struct ll_example replay_examples[] = {
    {"replay --from 2026-11-20 --to 2026-11-23", "Three days anew from raw"},
};

const struct ll_command ll_command_replay = {
    .name = "replay",
    .group = LL_GROUP_REPAIR,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Make processed, warehouse and history of some days anew from raw",
    .doc = "Decodes the raw runs of the days again and rebuilds the days that are closed. It mends "
           "damaged "
           "processed and history objects; where nothing was damaged, nothing changes.",
    .options = ll_work_range_options,
    .option_count = LL_COUNT(ll_work_range_options),
    .examples = replay_examples,
    .example_count = LL_COUNT(replay_examples),
    .run = run_replay,
};

static const struct ll_example reconcile_examples[] = {
    {"reconcile", "After a crash: finish what was begun"},
};

const struct ll_command ll_command_reconcile = {
    .name = "reconcile",
    .group = LL_GROUP_REPAIR,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Bring every layer up to date and collect garbage",
    .doc = "Finds what is committed in one layer and has no successor in the next: processes, "
           "loads, closes "
           "the days that are over, and removes what killed attempts left behind.",
    .options = ll_work_range_options,
    .option_count = LL_COUNT(ll_work_range_options),
    .examples = reconcile_examples,
    .example_count = LL_COUNT(reconcile_examples),
    .run = run_reconcile,
};
