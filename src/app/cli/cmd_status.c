#include "app/cli/command.h"

#include <inttypes.h>

#include "app/exit.h"
#include "app/lake_json.h"
#include "app/work.h"
#include "pipeline/status.h"

static void gaps_text(const struct ll_lake_status *s, struct ll_buf *out)
{
    for (size_t i = 0; i < s->gap_count; i++)
        ll_buf_printf(out, "%-13s %s %s%s%s\n", i == 0 ? "gaps" : "",
                      ll_stamp_format(s->gaps[i].slot_s).c, s->gaps[i].status,
                      s->gaps[i].why[0] != '\0' ? ": " : "", s->gaps[i].why);
}

static const char *size_text(int64_t bytes, char text[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < LL_COUNT(units)) {
        value /= 1000;
        unit++;
    }
    snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

static void lake_text(const struct ll_lake_status *s, const struct ll_lake_disk *disk,
                      struct ll_buf *out)
{
    char text[32];
    ll_buf_printf(out, "observations  %" PRId64, s->observations);
    if (s->runs > 0)
        ll_buf_printf(out, "  since %s, latest %s", ll_stamp_format(s->first_slot_s).c,
                      ll_stamp_format(s->last_slot_s).c);
    ll_buf_printf(out,
                  "\nruns          %" PRId64 " (%" PRId64 " complete)\ndays          %" PRId64
                  " closed, %" PRId64 " open, %" PRId64 " waiting for a rebuild\n",
                  s->runs, s->complete_runs, s->closed_days, s->open_days, s->dirty_days);
    gaps_text(s, out);
    if (s->unprocessed > 0 || s->uncurated > 0)
        ll_buf_printf(out,
                      "waiting       %" PRId64 " to process, %" PRId64
                      " to load: run `livelake reconcile`\n",
                      s->unprocessed, s->uncurated);
    for (size_t i = 0; i < LL_LAYER_SIZES; i++)
        ll_buf_printf(out, "%-13s %s in %" PRId64 " objects\n", s->layers[i].name,
                      size_text(s->layers[i].bytes, text), s->layers[i].objects);
    ll_buf_printf(out, "%-13s %s\n", "warehouse", size_text(disk->warehouse_bytes, text));
    ll_buf_printf(out, "growth        %s a day", size_text(s->growth_bytes_per_day, text));
    ll_buf_printf(out, "; %s free", size_text(disk->free_bytes, text));
    if (disk->days_left >= 0)
        ll_buf_printf(out, ": full in %.0f days", disk->days_left);
    ll_buf_add_char(out, '\n');
}

/* Of the daemon that runs this, if one does. */
static void add_owner(const struct ll_app *app, struct ll_buf *out)
{
    const struct ll_owner *owner = app->wire.options.owner;
    bool says = owner != NULL && owner->describe != NULL;
    if (app->json)
        ll_buf_add(out, LL_STR(",\"daemon\":"));
    else if (says)
        ll_buf_add(out, LL_STR("daemon        "));
    if (says)
        owner->describe(owner->describe_context, app->json, out);
    else if (app->json)
        ll_buf_add(out, LL_STR("null"));
    ll_buf_add(out, app->json ? LL_STR("}\n") : says ? LL_STR("\n") : LL_STR(""));
}

/* --- one run */

static const char *stage_word(enum ll_stage stage)
{
    return stage == LL_STAGE_COUNT ? "done" : ll_stage_name(stage);
}

static void run_json(const struct ll_run_trace *t, struct ll_buf *out)
{
    const struct ll_run_counts *c = &t->processed.counts;
    ll_buf_printf(
        out,
        "{\"run\":\"%s\",\"day\":\"%s\",\"raw\":{\"generation\":%d,\"status\":\"%s\",\"source\":",
        t->id.c, ll_date_format(t->day).c, t->raw.generation, ll_run_status_name(t->raw.status));
    ll_buf_add_json_string(out, t->raw.source);
    ll_buf_add(out, LL_STR(",\"why\":"));
    ll_buf_add_json_string(out, t->raw.why);
    ll_buf_printf(out, ",\"objects\":%zu},\"processed\":", t->raw.object_count);
    if (t->processed.generation == 0)
        ll_buf_add(out, LL_STR("null"));
    else
        ll_buf_printf(out,
                      "{\"generation\":%d,\"rows_in\":%" PRId64 ",\"rows_out\":%" PRId64
                      ",\"duplicates\":%" PRId64 ",\"restarted\":%" PRId64
                      ",\"quarantined\":%" PRId64 "}",
                      t->processed.generation, c->rows_in, c->rows_out, c->duplicates, c->restarted,
                      c->quarantined);
    ll_buf_add(out, LL_STR(",\"quarantine\":["));
    for (size_t i = 0; i < t->reason_count; i++) {
        ll_buf_add(out, i ? LL_STR(",{\"reason\":") : LL_STR("{\"reason\":"));
        ll_buf_add_json_string(out, t->reasons[i].reason);
        ll_buf_printf(out, ",\"records\":%" PRId64 "}", t->reasons[i].records);
    }
    ll_buf_printf(out,
                  "],\"curated\":{\"loaded_generation\":%d,\"day_closed\":%s,\"day_dirty\":%s,"
                  "\"day_sealed\":%s},\"waiting_for\":\"%s\",\"why\":",
                  t->loaded_generation, t->day_closed ? "true" : "false",
                  t->day_dirty ? "true" : "false", t->day_sealed ? "true" : "false",
                  stage_word(t->waiting));
    ll_buf_add_json_string(out, t->why);
    ll_buf_add(out, LL_STR("}\n"));
}

static void run_text(const struct ll_run_trace *t, struct ll_buf *out)
{
    const struct ll_run_counts *c = &t->processed.counts;
    ll_buf_printf(out, "run        %s\nraw        %.*s, %s, generation %d, %zu objects\n", t->id.c,
                  LL_FMT(t->raw.source), ll_run_status_name(t->raw.status), t->raw.generation,
                  t->raw.object_count);
    if (t->raw.why.len > 0)
        ll_buf_printf(out, "           not complete: %.*s\n", LL_FMT(t->raw.why));
    if (t->processed.generation > 0)
        ll_buf_printf(out,
                      "processed  generation %d: %" PRId64 " rows in, %" PRId64 " out, %" PRId64
                      " duplicates, %" PRId64 " restarted, %" PRId64 " quarantined\n",
                      t->processed.generation, c->rows_in, c->rows_out, c->duplicates, c->restarted,
                      c->quarantined);
    for (size_t i = 0; i < t->reason_count; i++)
        ll_buf_printf(
            out, "           quarantined %" PRId64 ": %.*s (first at record %" PRId64 ")\n",
            t->reasons[i].records, LL_FMT(t->reasons[i].reason), t->reasons[i].first_position);
    if (t->loaded_generation > 0)
        ll_buf_printf(out, "curated    generation %d, its day is %s%s\n", t->loaded_generation,
                      t->day_closed ? "closed" : "open",
                      t->day_dirty ? " and waits for a rebuild" : "");
    if (t->waiting == LL_STAGE_COUNT)
        ll_buf_add(out, LL_STR("state      in every layer\n"));
    else
        ll_buf_printf(out, "state      stopped before %s: %.*s\n", stage_word(t->waiting),
                      LL_FMT(t->why));
}

static enum ll_status answer(struct ll_app *app, const struct ll_args *args, struct ll_work *work,
                             struct ll_buf *text, struct ll_error *err)
{
    if (args->operand_count == 1) {
        struct ll_run_trace trace;
        if (ll_status_run(&work->pipeline, ll_str_of(args->operands[0]), &trace, err) != LL_OK)
            return err->status;
        (app->json ? run_json : run_text)(&trace, text);
        ll_run_trace_clear(&trace);
        return LL_OK;
    }
    struct ll_lake_status s;
    if (ll_status_lake(&work->pipeline, &s, err) != LL_OK)
        return err->status;
    struct ll_lake_disk disk = ll_lake_disk_of(&app->wire, &s);
    if (app->json) {
        ll_buf_add_char(text, '{');
        ll_lake_json(&app->wire, &s, text);
    } else {
        lake_text(&s, &disk, text);
    }
    add_owner(app, text);
    return LL_OK;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_work work;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = answer(app, args, &work, &text, &err);
    ll_work_clear(&work);
    return status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
}

static const struct ll_example examples[] = {
    {"status", "How much there is, what waits, and when the disk is full"},
    {"status 20261123T154500Z", "The way of one run from raw to curated"},
};

const struct ll_command ll_command_status = {
    .name = "status",
    .group = LL_GROUP_LOOK,
    .shares = true,
    .operands = "[RUN]",
    .max_operands = 1,
    .summary = "What the lake holds, or the way of one run through it",
    .doc =
        "With a run: what each layer holds of it, why rows were quarantined, and, when a stage has "
        "not done it, what that stage says when it is tried now.",
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
