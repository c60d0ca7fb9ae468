#include "app/work.h"

#include <inttypes.h>

#include "app/exit.h"

static void end_progress(struct ll_work *work)
{
    if (work->shown != LL_STAGE_COUNT)
        ll_progress_end(&work->progress);
    work->shown = LL_STAGE_COUNT;
}

static void show_progress(void *context, enum ll_stage stage, int64_t done, int64_t total)
{
    struct ll_work *work = context;
    if (work->shown != stage) {
        end_progress(work);
        ll_app_progress(work->app, &work->progress, ll_stage_name(stage),
                        stage == LL_STAGE_CLOSE ? "days" : "runs", total);
        work->shown = stage;
    }
    ll_progress_update(&work->progress, done, total);
}

enum ll_status ll_work_open(struct ll_work *work, struct ll_app *app, enum ll_lake_use use,
                            struct ll_error *err)
{
    *work = (struct ll_work){.app = app, .shown = LL_STAGE_COUNT};
    struct ll_pipeline *p = &work->pipeline;
    p->clock = app->clock;
    p->progress = show_progress;
    p->progress_context = work;
    p->cancelled = ll_stop_asked;
    p->cancel_context = app->stop;
    app->wire.loads = true;
    if (ll_wire_begin_work(&app->wire, use, err) != LL_OK ||
        ll_wire_lake(&app->wire, &p->lake, err) != LL_OK ||
        ll_wire_warehouse(&app->wire, &p->warehouse, err) != LL_OK ||
        ll_wire_queue(&app->wire, &p->queue, err) != LL_OK ||
        ll_wire_forgotten(&app->wire, err) != LL_OK)
        return err->status;
    if (app->wire.read_only)
        return LL_OK;
    if (ll_warehouse_exec(p->warehouse, "load/prepare", NULL, 0, err) != LL_OK)
        return err->status;
    return ll_curate_settings(p, err);
}

enum ll_status ll_work_drain(struct ll_work *work, struct ll_error *err)
{
    enum ll_status status = ll_runner_drain(&work->pipeline, &work->outcome, err);
    end_progress(work);
    return status;
}

enum ll_status ll_work_reconcile(struct ll_work *work, struct ll_reconcile_range range,
                                 struct ll_error *err)
{
    static enum ll_status (*const finds[])(struct ll_pipeline *, struct ll_reconcile_range,
                                           struct ll_outcome *, struct ll_error *) = {
        ll_reconcile_process, ll_reconcile_publish, ll_reconcile_curate, ll_reconcile_close};
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < LL_COUNT(finds) && status == LL_OK; i++) {
        status = finds[i](&work->pipeline, range, &work->outcome, err);
        if (status == LL_OK)
            status = ll_work_drain(work, err);
    }
    return status;
}

struct ll_retention_options ll_work_retention(const struct ll_config *config)
{
    return (struct ll_retention_options){
        .keep_s = {[LL_LAYER_RAW] = 3600 * ll_config_number(config, LL_CONFIG_RETENTION_RAW),
                   [LL_LAYER_PROCESSED] =
                       3600 * ll_config_number(config, LL_CONFIG_RETENTION_PROCESSED),
                   [LL_LAYER_HISTORY] =
                       3600 * ll_config_number(config, LL_CONFIG_RETENTION_HISTORY)},
    };
}

enum ll_status ll_work_garbage(struct ll_app *app, struct ll_garbage *ret, struct ll_error *err)
{
    struct ll_wire *wire = &app->wire;
    ll_wire_close(wire);
    if (ll_wire_begin_still(wire, LL_LAKE_EXISTING, err) != LL_OK)
        return err->status;
    return ll_collect_garbage(wire->lake.store, ret, err);
}

static const char *const done_words[LL_STAGE_COUNT] = {"processed", "curated", "closed"};

void ll_work_outcome_json(const struct ll_outcome *outcome, struct ll_buf *out)
{
    for (int i = 0; i < LL_STAGE_COUNT; i++)
        ll_buf_printf(out, "\"%s\":{\"done\":%" PRId64 ",\"current\":%" PRId64 "},", done_words[i],
                      outcome->done[i], outcome->current[i]);
    ll_buf_printf(out, "\"waiting\":%" PRId64 ",\"failures\":[", outcome->waiting);
    for (size_t i = 0; i < outcome->failure_count; i++) {
        const struct ll_task_failure *f = &outcome->failures[i];
        ll_buf_printf(
            out, "%s{\"stage\":\"%s\",\"id\":\"%s\",\"status\":\"%s\",\"message\":", i ? "," : "",
            ll_stage_name(f->task.stage), f->task.id.c, ll_status_name(f->error.status));
        ll_buf_add_json_string(out, ll_str_of(f->error.message));
        ll_buf_add_char(out, '}');
    }
    ll_buf_add_char(out, ']');
}

void ll_work_outcome_text(const struct ll_outcome *outcome, struct ll_buf *out)
{
    int64_t worked = 0;
    for (int i = 0; i < LL_STAGE_COUNT; i++) {
        worked += outcome->done[i];
        if (outcome->done[i] > 0)
            ll_buf_printf(out, "%s %" PRId64 " %s\n", done_words[i], outcome->done[i],
                          i == LL_STAGE_CLOSE ? "days" : "runs");
    }
    if (outcome->waiting > 0)
        ll_buf_printf(out, "%" PRId64 " late runs of sealed days stay in raw\n", outcome->waiting);
    for (size_t i = 0; i < outcome->failure_count; i++)
        ll_buf_printf(out, "failed: %s\n", outcome->failures[i].error.message);
    if (worked == 0 && outcome->failure_count == 0 && outcome->waiting == 0)
        ll_buf_add(out, LL_STR("nothing to do: everything is up to date\n"));
}

int ll_work_exit_code(const struct ll_app *app, const struct ll_outcome *outcome)
{
    if (outcome->failure_count == 0)
        return LL_EXIT_OK;
    return (int)ll_exit_of(&outcome->failures[0].error, atomic_load(&app->stop->signal));
}

int ll_work_finish(struct ll_work *work)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    end_progress(work);
    if (work->app->json) {
        ll_buf_add_char(&text, '{');
        ll_work_outcome_json(&work->outcome, &text);
        ll_buf_add(&text, LL_STR("}\n"));
    } else {
        ll_work_outcome_text(&work->outcome, &text);
    }
    int printed = ll_app_print(work->app, ll_buf_str(&text));
    int failed = ll_work_exit_code(work->app, &work->outcome);
    ll_work_clear(work);
    return printed != LL_EXIT_OK ? printed : failed;
}

void ll_work_clear(struct ll_work *work)
{
    end_progress(work);
    ll_outcome_clear(&work->outcome);
}

const struct ll_option ll_work_range_options[2] = {
    {.name = "from",
     .kind = LL_OPTION_TIME,
     .value = "TIME",
     .initial = "the first day",
     .doc = "First UTC day: a date, an instant, or now-7d."},
    {.name = "to",
     .kind = LL_OPTION_TIME,
     .value = "TIME",
     .initial = "the last day",
     .doc = "End, exclusive: a date leaves that day out."},
};

struct ll_reconcile_range ll_work_range(const struct ll_args *args)
{
    struct ll_reconcile_range range = LL_RECONCILE_ALL;
    if (ll_args_has(args, "from"))
        range.from_day = ll_day_of(ll_args_number(args, "from", 0));
    if (ll_args_has(args, "to"))
        range.to_day = ll_day_of(ll_args_number(args, "to", 0) - 1);
    return range;
}
