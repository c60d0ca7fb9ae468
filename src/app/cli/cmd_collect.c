#include "app/cli/command.h"
#include "app/collector.h"
#include "app/exit.h"

static int print(struct ll_app *app, const struct ll_collected *collected)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (app->json)
        ll_buf_add_char(&text, '{');
    (app->json ? ll_collected_json : ll_collected_text)(collected, &text);
    if (app->json)
        ll_buf_add(&text, LL_STR("}\n"));
    return ll_app_print(app, ll_buf_str(&text));
}

static int run_ingest(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_collector collector;
    struct ll_collected collected = {0};
    struct ll_slot_choice choice;
    enum ll_status status = ll_collector_open(&collector, app, args, &err);
    if (status == LL_OK)
        status = ll_collector_choose(&collector, args, &choice, &err);
    if (status == LL_OK)
        status = ll_collector_slot(&collector, &choice, &collected, &err);
    int code = status == LL_OK ? print(app, &collected) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK)
        code = ll_collected_exit_code(app, &collected);
    ll_collected_clear(&collected);
    ll_collector_close(&collector);
    return code;
}

static const struct ll_option ingest_options[] = {LL_COLLECTOR_OPTIONS};

static const struct ll_example ingest_examples[] = {
    {"ingest", "The current slot, into raw"},
    {"ingest --plan cross-check --json", "Measure what each way through the list misses"},
};

const struct ll_command ll_command_ingest = {
    .name = "ingest",
    .group = LL_GROUP_COLLECT,
    .shares = true,
    .writes = true,
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
