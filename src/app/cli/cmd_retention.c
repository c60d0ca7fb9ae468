#include <inttypes.h>

#include "app/cli/command.h"
#include "app/exit.h"
#include "app/work.h"

static void print_json(const struct ll_retention_report *report, bool dry_run, struct ll_buf *out)
{
    ll_buf_printf(out, "{\"dry_run\":%s,\"layers\":{", dry_run ? "true" : "false");
    for (int i = 0; i < LL_LAYER_COUNT; i++)
        ll_buf_printf(
            out, "%s\"%s\":{\"dropped\":%" PRId64 ",\"objects\":%" PRId64 ",\"bytes\":%" PRId64 "}",
            i ? "," : "", ll_layer_name((enum ll_layer)i), report->layers[i].dropped,
            report->layers[i].objects, report->layers[i].bytes);
    ll_buf_add(out, LL_STR("},\"waiting\":["));
    for (size_t i = 0; i < report->waiting_count; i++) {
        const struct ll_retention_waiting *w = &report->waiting[i];
        ll_buf_printf(out, "%s{\"layer\":\"%s\",\"id\":\"%s\",\"why\":", i ? "," : "",
                      ll_layer_name(w->layer), w->id.c);
        ll_buf_add_json_string(out, w->why);
        ll_buf_add_char(out, '}');
    }
    ll_buf_add(out, LL_STR("]}\n"));
}

static void print_text(const struct ll_retention_report *report, bool dry_run, struct ll_buf *out)
{
    for (int i = 0; i < LL_LAYER_COUNT; i++) {
        const struct ll_retention_layer *layer = &report->layers[i];
        ll_buf_printf(out, "%s: %s %" PRId64 " %s, %" PRId64 " bytes in %" PRId64 " objects\n",
                      ll_layer_name((enum ll_layer)i), dry_run ? "would drop" : "dropped",
                      layer->dropped, i == LL_LAYER_HISTORY ? "days" : "runs and dumps",
                      layer->bytes, layer->objects);
    }
    for (size_t i = 0; i < report->waiting_count; i++)
        ll_buf_printf(out, "waits: %s of %s: %.*s\n", report->waiting[i].id.c,
                      ll_layer_name(report->waiting[i].layer), LL_FMT(report->waiting[i].why));
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_work work;
    struct ll_retention_report report = {0};
    struct ll_retention_options limits = ll_work_retention(&app->config);
    bool dry_run = limits.dry_run = ll_args_has(args, "dry-run");
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = ll_retention_apply(&work.pipeline, &limits, &report, &err);
    if (status == LL_OK && app->json)
        print_json(&report, dry_run, &text);
    else if (status == LL_OK)
        print_text(&report, dry_run, &text);
    int code = status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
    ll_retention_report_clear(&report);
    ll_work_clear(&work);
    return code;
}

static const struct ll_option options[] = {
    {.name = "dry-run", .doc = "Say what would be dropped; change nothing."},
};

static const struct ll_example examples[] = {
    {"retention --dry-run", "What would go?"},
    {"retention --set retention.raw=24", "Drop raw answers that are older than a day"},
};

const struct ll_command ll_command_retention = {
    .name = "retention",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Drop what is older than its layer's limit",
    .doc = "The limits are retention.raw, retention.processed and retention.history of the "
           "configuration; in hours; 0 keeps for ever. Raw and processed go only when the layer "
           "above holds "
           "what they held; what does not yet, waits, and is named. A day whose history is dropped "
           "is gone from the warehouse, too. `livelake run` does this once a day.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
