#include "app/cli/command.h"

#include "app/exit.h"
#include "app/guard.h"
#include "app/rows.h"
#include "app/sandbox.h"

static enum ll_status add_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    return ll_rows_add(context, batch, err);
}

static void interrupt(void *warehouse)
{
    ll_warehouse_interrupt(warehouse);
}

static enum ll_status run_query(struct ll_app *app, struct ll_str sql, int64_t timeout_s,
                                struct ll_rows *rows, struct ll_error *err)
{
    struct ll_warehouse *warehouse, *sandbox = NULL;
    struct ll_guard guard = {
        .stop = app->stop, .interrupt = interrupt, .timeout_ms = timeout_s * 1000};
    if (ll_wire_warehouse(&app->wire, &warehouse, err) != LL_OK)
        return err->status;
    if (app->lent) /* the owner's process is not to suffer from it */
        warehouse = sandbox = ll_sandbox_new(&app->wire);
    guard.context = warehouse;
    enum ll_status status = ll_guard_start(&guard, err);
    if (status == LL_OK) {
        status = ll_warehouse_query_text(warehouse, sql, add_rows, rows, err);
        status = ll_guard_stop(&guard, status, err);
    }
    ll_warehouse_free(sandbox);
    /* A result cut by the row limit is still shown as far as it goes. */
    if (status == LL_OK || (status == LL_LIMIT && rows->count == rows->max_rows)) {
        struct ll_error end_err;
        if (ll_rows_end(rows, &end_err) != LL_OK && status == LL_OK) {
            *err = end_err;
            status = err->status;
        }
    }
    return status;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_str format =
        ll_args_text(args, "format", app->json ? LL_STR("json") : LL_STR("table"));
    int64_t timeout_s =
        ll_args_number(args, "timeout", ll_config_number(&app->config, LL_CONFIG_QUERY_TIMEOUT));
    LL_AUTO(ll_rows_clear) struct ll_rows rows = {.out = &app->out};
    rows.max_rows =
        ll_args_number(args, "max-rows", ll_config_number(&app->config, LL_CONFIG_QUERY_MAX_ROWS));
    if (!ll_format_parse(format, &rows.render.format))
        return ll_app_usage(app, "query: no format \"%.*s\"", LL_FMT(format));
    app->wire.options.memory_limit_bytes =
        ll_args_number(args, "memory", app->wire.options.memory_limit_bytes);
    if (run_query(app, ll_str_of(args->operands[0]), timeout_s, &rows, &err) != LL_OK)
        return ll_app_fail(app, &err);
    return LL_EXIT_OK;
}

static const struct ll_option options[] = {
    {.name = "format",
     .kind = LL_OPTION_CHOICE,
     .value = "table|json|csv|ndjson",
     .initial = "table; json with --json",
     .doc = "How the rows are printed."},
    {.name = "max-rows",
     .kind = LL_OPTION_INT,
     .value = "N",
     .initial = "query.max_rows",
     .min = 0,
     .max = INT64_C(1000000000),
     .doc = "Most rows that are printed; where there are more, it ends with `limit`. 0: no limit."},
    {.name = "timeout",
     .kind = LL_OPTION_DURATION,
     .value = "TIME",
     .initial = "query.timeout",
     .doc = "Longest that it may run (90s, 15m)."},
    {.name = "memory",
     .kind = LL_OPTION_SIZE,
     .value = "SIZE",
     .initial = "duckdb.memory",
     .doc = "Most memory that the engine may take (512MB, 2GiB)."},
};

static const struct ll_example examples[] = {
    {"query 'SELECT * FROM coverage ORDER BY day'", "How complete is each day?"},
    {"query 'SELECT login, sum(samples) FROM broadcaster_day_all GROUP BY login' --format csv",
     "As CSV"},
    {"query 'DESCRIBE session'", "The columns of a view"},
};

const struct ll_command ll_command_query = {
    .name = "query",
    .group = LL_GROUP_LOOK,
    .shares = true,
    .operands = "SQL",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Run one SQL query, read-only",
    .doc = "One SELECT (or WITH, VALUES, DESCRIBE, SHOW, EXPLAIN) of DuckDB's SQL on the views of "
           "the lake. It can change nothing and reaches no file and no network.\n"
           "JSON: whole numbers beyond 2^53 are strings, as many readers would round them.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
