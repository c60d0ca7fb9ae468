#include "app/cli/command.h"

#include "app/exit.h"
#include "app/guard.h"
#include "report/report.h"

static void interrupt(void *warehouse)
{
    ll_warehouse_interrupt(warehouse);
}

/* "--filter key=value" each. LL_INVALID for what is none, or when too many are given. */
static enum ll_status read_filters(const struct ll_args *args, struct ll_report_filter *filters,
                                   size_t *ret_count, struct ll_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < args->option_count; i++) {
        struct ll_str text = args->options[i].value;
        if (!ll_str_equal(ll_str_of(args->options[i].option->name), LL_STR("filter")))
            continue;
        if (count == LL_REPORT_FILTERS_MAX)
            return ll_fail(err, LL_INVALID, 0, "more than %d filters", LL_REPORT_FILTERS_MAX);
        if (ll_report_filter_parse(text, &filters[count++], err) != LL_OK)
            return err->status;
    }
    *ret_count = count;
    return LL_OK;
}

static struct ll_report_request request_of(struct ll_app *app, const struct ll_args *args)
{
    struct ll_str none = {0};
    return (struct ll_report_request){
        .what = ll_str_of(args->operands[0]),
        .from = ll_args_text(args, "from", none),
        .to = ll_args_text(args, "to", none),
        .tz = ll_args_text(args, "tz", none),
        .grain = ll_args_text(args, "grain", none),
        .by = ll_args_text(args, "by", none),
        .attribution = ll_args_text(args, "attribution", none),
        .sort = ll_args_text(args, "sort", none),
        .metrics = ll_args_text(args, "metrics", none),
        .compare = ll_args_text(args, "compare", none),
        .cursor = ll_args_text(args, "cursor", none),
        .limit =
            ll_args_number(args, "limit", ll_report_default_limit(ll_str_of(args->operands[0]))),
        .now_s = ll_clock_now_s(app->clock),
    };
}

static enum ll_status run_report(struct ll_app *app, const struct ll_report_request *request,
                                 struct ll_report_answer *ret, struct ll_error *err)
{
    struct ll_warehouse *warehouse;
    struct ll_guard guard = {.stop = app->stop, .interrupt = interrupt};
    if (ll_wire_warehouse(&app->wire, &warehouse, err) != LL_OK)
        return err->status;
    guard.context = warehouse;
    if (ll_guard_start(&guard, err) != LL_OK)
        return err->status;
    enum ll_status status = ll_report_run(warehouse, request, ret, err);
    return ll_guard_stop(&guard, status, err);
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    enum ll_format format;
    struct ll_report_filter filters[LL_REPORT_FILTERS_MAX];
    struct ll_report_answer answer = {0};
    struct ll_str format_name =
        ll_args_text(args, "format", app->json ? LL_STR("json") : LL_STR("table"));
    struct ll_report_request request = request_of(app, args);
    if (!ll_format_parse(format_name, &format))
        return ll_app_usage(app, "report: no format \"%.*s\"", LL_FMT(format_name));
    if (read_filters(args, filters, &request.filter_count, &err) != LL_OK)
        return ll_app_usage(app, "report: %s", err.message);
    request.filters = filters;
    enum ll_status status = run_report(app, &request, &answer, &err);
    if (status == LL_INVALID) /* a field of the request, which is an option */
        return ll_app_usage(app, "report: %s", err.message);
    if (status != LL_OK)
        return ll_app_fail(app, &err);
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_report_render(&answer, format, &text);
    ll_report_answer_clear(&answer);
    return ll_app_print(app, ll_buf_str(&text));
}

static const struct ll_option options[] = {
    {.name = "from",
     .kind = LL_OPTION_TEXT,
     .value = "TIME",
     .initial = "now-7d",
     .doc = "First instant: a date (its midnight in --tz), 2026-11-23T15:45:00Z, now, now-7d."},
    {.name = "to",
     .kind = LL_OPTION_TEXT,
     .value = "TIME",
     .initial = "now",
     .doc = "The instant after the last."},
    {.name = "tz",
     .kind = LL_OPTION_TEXT,
     .value = "ZONE",
     .initial = "UTC",
     .doc = "Time zone of dates and buckets, an IANA name."},
    {.name = "grain",
     .kind = LL_OPTION_CHOICE,
     .value = "none|slot|hour|day|week|month|hour_of_week",
     .initial = "none; day for coverage",
     .doc = "One row for each bucket of time. Weeks begin on Monday; hour_of_week is each of their "
            "168 hours, over all weeks."},
    {.name = "by",
     .kind = LL_OPTION_CHOICE,
     .value = "category|language|genre|game_mode",
     .doc = "Split each row by one more dimension."},
    {.name = "filter",
     .kind = LL_OPTION_TEXT,
     .value = "KEY=VALUE",
     .repeat = true,
     .doc = "Only what has this category, broadcaster, language, genre, game_mode or session: its "
            "id, or its exact name. -KEY=VALUE: all but that. Several of one kind: any of them."},
    {.name = "metrics",
     .kind = LL_OPTION_TEXT,
     .value = "A,B",
     .doc = "Only these columns; without unique_channels an answer takes less time."},
    {.name = "compare",
     .kind = LL_OPTION_CHOICE,
     .value = "previous|week|year",
     .doc = "Beside each number, what it was in the range before this one, or a week or year "
            "earlier; --sort change ranks by gain or loss of hours watched."},
    {.name = "attribution",
     .kind = LL_OPTION_CHOICE,
     .value = "fractional|full",
     .initial = "fractional",
     .doc = "A game of several genres or modes counts for each by its share, or in full."},
    {.name = "sort",
     .kind = LL_OPTION_TEXT,
     .value = "METRIC",
     .initial = "hours_watched",
     .doc = "Column to rank by, highest first."},
    {.name = "limit",
     .kind = LL_OPTION_INT,
     .value = "N",
     .initial = "20; 10000 for samples and coverage",
     .min = 0,
     .max = INT64_C(1000000000),
     .doc = "Most rows (with --grain: in each bucket); 0: all."},
    {.name = "cursor",
     .kind = LL_OPTION_TEXT,
     .value = "CURSOR",
     .doc = "The next page: meta.next of the answer before, with all else as it was."},
    {.name = "format",
     .kind = LL_OPTION_CHOICE,
     .value = "table|json|csv|ndjson",
     .initial = "table; json with --json",
     .doc = "How the rows are printed."},
};

static const struct ll_example examples[] = {
    {"report platform --from now-1d --grain hour",
     "Viewers and channels of the last day, hour by hour"},
    {"report categories --from 2026-11-16 --to 2026-11-23 --tz Europe/Berlin --limit 10",
     "The ten most watched categories of a week in Berlin"},
    {"report broadcasters --filter category=Chess --filter language=en --sort peak_viewers",
     "Who drew most viewers at once with chess in English"},
    {"report genres --by language --format csv", "Genres by language, for a spreadsheet"},
    {"report categories --compare previous --sort change",
     "What gained and lost, against the week before"},
};

const struct ll_command ll_command_report = {
    .name = "report",
    .group = LL_GROUP_LOOK,
    .shares = true,
    .operands = "WHAT",
    .words = "platform|categories|broadcasters|genres|game-modes|languages|sessions|samples|runs|"
             "coverage|concentration",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Who watched what, when: hours watched, viewers, channels, peaks",
    .doc = "WHAT is platform, categories, broadcasters, genres, game-modes, languages or sessions; "
           "samples (observations), runs (sweeps), coverage, or concentration (how hours watched "
           "are spread over channels).\n"
           "Ranks are by --sort. Each answer says how much of its time was observed. The metrics "
           "are defined in "
           "metrics.md.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
