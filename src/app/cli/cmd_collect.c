#include "app/cli/command.h"
#include "app/collector.h"
#include "app/exit.h"
#include "app/work.h"

/* A failed run is data too (a gap that is known), but the caller must hear of it. */
static int exit_code(struct ll_app *app, const struct ll_collected *collected)
{
    const struct ll_sweep_result *sweep = &collected->run.sweep;
    if (!collected->run.skipped && sweep->status == LL_RUN_FAILED)
        return ll_app_fail(app, &sweep->error);
    return LL_EXIT_OK;
}

static int print(struct ll_app *app, const struct ll_collected *collected,
                 const struct ll_outcome *outcome)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (app->json) {
        ll_buf_add_char(&text, '{');
        ll_collected_json(collected, &text);
        if (outcome != NULL) {
            ll_buf_add_char(&text, ',');
            ll_work_outcome_json(outcome, &text);
        }
        ll_buf_add(&text, LL_STR("}\n"));
    } else {
        ll_collected_text(collected, &text);
        if (outcome != NULL)
            ll_work_outcome_text(outcome, &text);
    }
    return ll_app_print(app, ll_buf_str(&text));
}

static int run_ingest(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_collector collector;
    struct ll_collected collected = {0};
    enum ll_status status = ll_collector_open(&collector, app, args, &err);
    if (status == LL_OK)
        status = ll_collector_slot(&collector, args, &collected, &err);
    int code = status == LL_OK ? print(app, &collected, NULL) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK)
        code = exit_code(app, &collected);
    ll_collected_clear(&collected);
    ll_collector_close(&collector);
    return code;
}

static enum ll_status enqueue(struct ll_work *work, const struct ll_id *id, int32_t day,
                              struct ll_error *err)
{
    const struct ll_task task = {.stage = LL_STAGE_PROCESS, .day = day, .id = *id};
    return ll_runner_enqueue(&work->pipeline, &task, err);
}

/* Processes and curates what was collected. */
static enum ll_status follow_up(struct ll_work *work, const struct ll_collected *collected,
                                struct ll_error *err)
{
    const struct ll_ingest_report *run = &collected->run;
    int32_t day = ll_day_of(run->slot_s);
    enum ll_status status = enqueue(work, &run->run, day, err);
    if (status == LL_OK && run->users.c[0] != '\0')
        status = enqueue(work, &run->users, day, err);
    for (size_t i = 0; status == LL_OK && i < collected->reference.written_count; i++)
        status = enqueue(work, &collected->reference.written[i], day, err);
    return status == LL_OK ? ll_work_drain(work, err) : status;
}

static int run_once(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_collector collector;
    struct ll_collected collected = {0};
    struct ll_work work = {.app = app, .shown = LL_STAGE_COUNT};
    if (!ll_args_has(args, "once"))
        return ll_app_usage(
            app, "run: say `run --once` for one slot; going on by itself is not in this version");
    enum ll_status status = ll_collector_open(&collector, app, args, &err);
    if (status == LL_OK)
        status = ll_collector_slot(&collector, args, &collected, &err);
    if (status == LL_OK)
        status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = follow_up(&work, &collected, &err);
    int code = status == LL_OK ? print(app, &collected, &work.outcome) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK)
        code = ll_work_exit_code(&work.outcome);
    if (code == LL_EXIT_OK)
        code = exit_code(app, &collected);
    ll_work_clear(&work);
    ll_collected_clear(&collected);
    ll_collector_close(&collector);
    return code;
}

static const struct ll_option ingest_options[] = {LL_COLLECTOR_OPTIONS};

static const struct ll_option run_options[] = {
    LL_COLLECTOR_OPTIONS,
    {.name = "once", .doc = "One slot, then stop."},
};

static const struct ll_example ingest_examples[] = {
    {"ingest", "The current slot, into raw"},
    {"ingest --plan cross-check --json", "Measure what each way through the list misses"},
};

const struct ll_command ll_command_ingest = {
    .name = "ingest",
    .operands = "",
    .summary = "Sweep all live streams once and keep the answers in raw",
    .doc = "Asks Twitch for every live stream of the current slot, for the accounts of those that "
           "are new, and for new categories (IGDB too); what they answer is kept verbatim. A slot "
           "that is complete is left alone; a partial one gets another attempt while it lasts. "
           "`livelake process` turns the run into tables.\n"
           "Needs TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET: see `livelake help config`.",
    .options = ingest_options,
    .option_count = LL_COUNT(ingest_options),
    .examples = ingest_examples,
    .example_count = LL_COUNT(ingest_examples),
    .run = run_ingest,
};

static const struct ll_example run_examples[] = {
    {"run --once", "Collect, process and load the current slot"},
};

const struct ll_command ll_command_run = {
    .name = "run",
    .operands = "",
    .summary = "Collect a slot, process it and load it into the warehouse",
    .doc = "As `livelake ingest`, and then everything that makes it visible in reports.",
    .options = run_options,
    .option_count = LL_COUNT(run_options),
    .examples = run_examples,
    .example_count = LL_COUNT(run_examples),
    .run = run_once,
};
