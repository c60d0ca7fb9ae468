#include "app/cli/command.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "app/exit.h"
#include "app/work.h"
#include "pipeline/import.h"

#define VERDICTS (LL_IMPORT_FAILED + 1)

static void count_verdicts(const struct ll_import_report *report, int64_t counts[VERDICTS])
{
    memset(counts, 0, VERDICTS * sizeof(*counts));
    for (size_t i = 0; i < report->file_count; i++)
        counts[report->files[i].verdict]++;
}

static bool any_usable(const struct ll_import_report *report)
{
    int64_t counts[VERDICTS];
    count_verdicts(report, counts);
    return counts[LL_IMPORT_NEW] + counts[LL_IMPORT_KNOWN] + counts[LL_IMPORT_DAMAGED] > 0;
}

static void report_json(const struct ll_import_report *report, const struct ll_outcome *outcome,
                        struct ll_buf *out)
{
    int64_t counts[VERDICTS];
    count_verdicts(report, counts);
    ll_buf_printf(out, "{\"runs\":%" PRId64 ",\"files\":{", report->runs);
    for (int i = 0; i < VERDICTS; i++)
        ll_buf_printf(out, "%s\"%s\":%" PRId64, i ? "," : "",
                      ll_import_verdict_name((enum ll_import_verdict)i), counts[i]);
    ll_buf_add(out, LL_STR("},\"notes\":["));
    bool any = false;
    for (size_t i = 0; i < report->file_count; i++) {
        const struct ll_import_file *file = &report->files[i];
        if (file->note.len == 0)
            continue;
        ll_buf_printf(out, "%s\n{\"file\":", any ? "," : "");
        ll_buf_add_json_string(out, file->path);
        ll_buf_printf(out, ",\"verdict\":\"%s\",\"note\":", ll_import_verdict_name(file->verdict));
        ll_buf_add_json_string(out, file->note);
        ll_buf_add_char(out, '}');
        any = true;
    }
    ll_buf_add(out, LL_STR("],"));
    ll_work_outcome_json(outcome, out);
    ll_buf_add(out, LL_STR("}\n"));
}

static void report_text(const struct ll_import_report *report, const struct ll_outcome *outcome,
                        struct ll_buf *out)
{
    int64_t counts[VERDICTS];
    count_verdicts(report, counts);
    for (size_t i = 0; i < report->file_count; i++) {
        const struct ll_import_file *file = &report->files[i];
        if (file->note.len != 0)
            ll_buf_printf(out, "%-8s %.*s: %.*s\n", ll_import_verdict_name(file->verdict),
                          LL_FMT(file->path), LL_FMT(file->note));
    }
    ll_buf_printf(out, "%" PRId64 " files imported as %" PRId64 " runs",
                  counts[LL_IMPORT_NEW] + counts[LL_IMPORT_DAMAGED], report->runs);
    for (int i = LL_IMPORT_KNOWN; i < VERDICTS; i++)
        if (counts[i] > 0)
            ll_buf_printf(out, ", %" PRId64 " %s", counts[i],
                          ll_import_verdict_name((enum ll_import_verdict)i));
    ll_buf_add_char(out, '\n');
    ll_work_outcome_text(outcome, out);
}

static enum ll_status check_zone(struct ll_work *work, struct ll_str zone, struct ll_error *err)
{
    const struct ll_param params[] = {ll_param_text("local", LL_STR("2026-01-01 00:00:00")),
                                      ll_param_text("zone", zone)};
    struct ll_batch rows = {0};
    enum ll_status status = ll_warehouse_query(work->pipeline.warehouse, "zone/to_utc", params,
                                               LL_COUNT(params), &rows, err);
    ll_batch_clear(&rows);
    if (status == LL_OK && zone.len < sizeof(work->pipeline.lake->settings.origin_timezone))
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0,
                   "unknown time zone \"%.*s\": use an IANA name such as America/Los_Angeles",
                   LL_FMT(ll_str_sub(zone, 0, 100)));
}

/* The zone and the overrides belong to the lake: they must outlive the warehouse. Saved before any
 * file is taken, so that a killed import goes on with them. */
static enum ll_status save_settings(struct ll_work *work, const struct ll_args *args,
                                    struct ll_str zone, struct ll_error *err)
{
    struct ll_lake_settings *s = &work->pipeline.lake->settings;
    struct ll_lake_settings wanted = *s;
    memset(wanted.origin_timezone, 0, sizeof(wanted.origin_timezone));
    memcpy(wanted.origin_timezone, zone.ptr, zone.len);
    if (ll_args_has(args, "no-overrides"))
        wanted.overrides = false;
    if (ll_args_has(args, "overrides"))
        wanted.overrides = true;
    if (wanted.overrides != s->overrides ||
        strcmp(wanted.origin_timezone, s->origin_timezone) != 0) {
        if (ll_lake_settings_save(work->pipeline.lake->store, &wanted, err) != LL_OK)
            return err->status;
        *s = wanted;
    }
    return ll_curate_settings(&work->pipeline, err);
}

static int import_origin(struct ll_app *app, const struct ll_args *args, const char *root)
{
    struct ll_error err;
    struct ll_work work;
    struct ll_import_report report = {0};
    struct ll_str zone = ll_args_text(args, "timezone", LL_STR("America/Los_Angeles"));
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const struct ll_import_options options = {
        .root = root,
        .timezone = ll_arena_cstr(&arena, zone),
        .cadence_s = (int32_t)ll_args_number(args, "cadence", 900),
        .dry_run = ll_args_has(args, "dry-run"),
    };
    if (options.cadence_s < 60 || LL_DAY_S % options.cadence_s != 0)
        return ll_app_usage(app, "--cadence: a length that divides a day, at least 60s");
    if (access(root, R_OK) != 0) { /* before a lake is made for it */
        ll_fail_errno(&err, errno, "import %s", root);
        return ll_app_fail(app, &err);
    }
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_CREATE, &err);
    if (status == LL_OK)
        status = check_zone(&work, zone, &err);
    if (status == LL_OK && !options.dry_run)
        status = save_settings(&work, args, zone, &err);
    if (status == LL_OK)
        status = ll_import_origin(&work.pipeline, &options, &work.outcome, &report, &err);
    if (status == LL_OK)
        status = ll_work_drain(&work, &err);
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (status == LL_OK && app->json)
        report_json(&report, &work.outcome, &text);
    else if (status == LL_OK)
        report_text(&report, &work.outcome, &text);
    int code = status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK)
        code = ll_work_exit_code(app, &work.outcome);
    if (code == LL_EXIT_OK && !any_usable(&report)) {
        ll_fail(&err, LL_INVALID, 0,
                "%s: nothing of it can be imported: name the folder of a raw layer, the one that "
                "holds raw_streams_data",
                root);
        code = ll_app_fail(app, &err);
    }
    ll_import_report_clear(&report);
    ll_work_clear(&work);
    return code;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    if (!ll_str_equal(ll_str_of(args->operands[0]), LL_STR("origin")))
        return ll_app_usage(app, "import %s: only `origin` can be imported", args->operands[0]);
    if (args->operand_count < 2)
        return ll_app_usage(app, "import origin: which folder?");
    return import_origin(app, args, args->operands[1]);
}

static const struct ll_option options[] = {
    {.name = "timezone",
     .kind = LL_OPTION_TEXT,
     .value = "ZONE",
     .initial = "America/Los_Angeles",
     .doc = "IANA zone of the local times in the files' names. The lake remembers it."},
    {.name = "cadence",
     .kind = LL_OPTION_DURATION,
     .value = "TIME",
     .initial = "15m",
     .doc = "Length of a slot."},
    {.name = "no-overrides",
     .kind = LL_OPTION_FLAG,
     .doc = "Do not use the table of IGDB ids that Twitch leaves out. The lake remembers it."},
    {.name = "overrides", .kind = LL_OPTION_FLAG, .doc = "Use that table again."},
    {.name = "dry-run",
     .kind = LL_OPTION_FLAG,
     .doc = "Say what would be imported; change nothing but an empty lake."},
};

static const struct ll_example examples[] = {
    {"import origin ./data/raw_layer", "A raw layer of the original pipeline"},
    {"import origin ./data/raw_layer --dry-run --json", "What is in it?"},
};

const struct ll_command ll_command_import = {
    .name = "import",
    .group = LL_GROUP_COLLECT,
    .shares = true,
    .writes = true,
    .operands = "origin PATH",
    .path_operands = 2,
    .min_operands = 1,
    .max_operands = 2,
    .summary = "Import the raw layer of the original pipeline",
    .doc = "Keeps every file whole in raw, then processes and loads it. Files of one slot are one "
           "run, "
           "marked partial; importing again adds nothing. Files that cannot be read are named one "
           "by one "
           "and skipped.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
