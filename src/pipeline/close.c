/* A closed day: history objects from ALL processed runs of the day (never from the warehouse), then
 * published to the warehouse. A pure function of the day's processed runs. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline.h"
#include "pipeline/rows.h"

static const char *const history_tables[] = {"run", "track", "text_span", "broadcaster_day",
                                             "category_day"};
#define HISTORY_TABLES LL_COUNT(history_tables)

/* A day being closed: its processed runs in order of their ids. */
struct closing {
    int32_t day;
    struct ll_manifest *runs;
    size_t run_count;
    struct ll_manifest_input *inputs; /* [run_count]; ids point into runs */
    struct ll_manifest latest;        /* history manifest there is; generation 0 = none */
    struct ll_sha256_text latest_sha256;
    size_t dropped_count; /* runs whose processed objects are gone on purpose */
    bool lost; /* a run that history was made of can be had no more: it can't be made anew */
    struct ll_batch run_rows;
    struct ll_key keys[HISTORY_TABLES];
    struct ll_manifest_object objects[HISTORY_TABLES];
};

bool ll_day_closable(int32_t day, int64_t now_s)
{
    return now_s > (int64_t)day * LL_DAY_S + 26 * 3600;
}

static void clear_runs(struct closing *c)
{
    for (size_t i = 0; i < c->run_count; i++)
        ll_manifest_clear(&c->runs[i]);
    free(c->runs);
    free(c->inputs);
    c->runs = NULL;
    c->inputs = NULL;
    c->run_count = c->dropped_count = 0;
}

static void closing_clear(struct closing *c)
{
    clear_runs(c);
    ll_manifest_clear(&c->latest);
    ll_batch_clear(&c->run_rows);
}

static bool is_input(const struct closing *c, const char *id)
{
    for (size_t i = 0; i < c->latest.input_count; i++)
        if (ll_str_equal(c->latest.inputs[i].id, ll_str_of(id)))
            return true;
    return false;
}

/* The first failure, unless a run is gone that history was made of: then the day is lost. */
static enum ll_status judge_failures(struct closing *c, const struct ll_outcome *processed,
                                     struct ll_error *err)
{
    for (size_t i = 0; i < processed->failure_count; i++) {
        const struct ll_task_failure *failure = &processed->failures[i];
        c->lost |= failure->error.status == LL_NOT_FOUND && is_input(c, failure->task.id.c);
    }
    if (c->lost || processed->failure_count == 0)
        return LL_OK;
    *err = processed->failures[0].error;
    return err->status;
}

/* Every raw run of the day must be processed before the day can be true. */
static enum ll_status process_day(struct ll_pipeline *p, struct closing *c,
                                  struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_manifest_list raw;
    if (ll_manifest_list_days(p->lake->store, LL_LAYER_RAW, c->day, c->day, &raw, err) != LL_OK)
        return err->status;
    struct ll_task *tasks = ll_xcalloc(raw.count + 1, sizeof(*tasks));
    size_t count = 0;
    for (size_t i = 0; i < raw.count; i++)
        if (ll_id_is_run(ll_str_of(raw.entries[i].id.c)))
            tasks[count++] =
                (struct ll_task){.stage = LL_STAGE_PROCESS, .day = c->day, .id = raw.entries[i].id};
    ll_manifest_list_clear(&raw);
    struct ll_outcome processed = {0};
    bool force = p->force;
    p->force = false; /* it is the day that is to be rebuilt, from processed runs as they are */
    enum ll_status status = ll_stage_process(p, tasks, count, &processed, err);
    p->force = force;
    if (status == LL_OK)
        status = judge_failures(c, &processed, err);
    outcome->done[LL_STAGE_PROCESS] += processed.done[LL_STAGE_PROCESS];
    ll_outcome_clear(&processed);
    free(tasks);
    return status;
}

static enum ll_status read_runs(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    struct ll_store *store = p->lake->store;
    struct ll_manifest_list list;
    if (ll_manifest_list_days(store, LL_LAYER_PROCESSED, c->day, c->day, &list, err) != LL_OK)
        return err->status;
    c->runs = ll_xcalloc(list.count + 1, sizeof(*c->runs));
    c->inputs = ll_xcalloc(list.count + 1, sizeof(*c->inputs));
    enum ll_status status = LL_OK;
    size_t kept = 0;
    for (size_t i = 0; i < list.count && status == LL_OK; i++) {
        if (!ll_id_is_run(ll_str_of(list.entries[i].id.c)))
            continue;
        struct ll_manifest *m = &c->runs[c->run_count];
        struct ll_manifest_input *input = &c->inputs[c->run_count];
        status =
            ll_manifest_get(store, LL_LAYER_PROCESSED, &list.entries[i], m, &input->sha256, err);
        if (status == LL_OK) {
            input->id = ll_str_of(m->id.c);
            input->generation = ll_manifest_known_generation(m);
            c->dropped_count += m->dropped.generation > 0;
            c->run_count++;
            kept += is_input(c, m->id.c);
        }
    }
    ll_manifest_list_clear(&list);
    c->lost = status == LL_OK && kept < c->latest.input_count;
    return status;
}

static enum ll_status read_latest(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    struct ll_manifest_entry entry;
    struct ll_store *store = p->lake->store;
    enum ll_status status =
        ll_manifest_latest(store, LL_LAYER_HISTORY, c->day, ll_id_day(c->day).c, &entry, err);
    if (status == LL_NOT_FOUND)
        return LL_OK;
    if (status == LL_OK)
        status =
            ll_manifest_get(store, LL_LAYER_HISTORY, &entry, &c->latest, &c->latest_sha256, err);
    return status;
}

static bool is_current(const struct closing *c)
{
    if (c->latest.generation == 0 || c->latest.schema != LL_MANIFEST_SCHEMA ||
        c->latest.input_count != c->run_count)
        return false;
    for (size_t i = 0; i < c->run_count; i++)
        if (strcmp(c->latest.inputs[i].sha256.c, c->inputs[i].sha256.c) != 0)
            return false;
    return true;
}

/* Whether raw still has every run that retention took from processed. */
static enum ll_status find_dropped(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    for (size_t i = 0; i < c->run_count && !c->lost; i++) {
        struct ll_manifest_entry entry;
        struct ll_manifest raw = {0};
        if (c->runs[i].dropped.generation == 0)
            continue;
        enum ll_status status =
            ll_manifest_latest(p->lake->store, LL_LAYER_RAW, c->day, c->runs[i].id.c, &entry, err);
        if (status == LL_OK)
            status = ll_manifest_get(p->lake->store, LL_LAYER_RAW, &entry, &raw, NULL, err);
        if (status != LL_OK && status != LL_NOT_FOUND)
            return status;
        c->lost = status == LL_NOT_FOUND || raw.dropped.generation > 0;
        ll_manifest_clear(&raw);
    }
    return LL_OK;
}

/* A day is to be built of runs some of which retention took from processed: they are processed
 * again. Where raw lacks one of them the day is lost, and all stays as it is. */
static enum ll_status process_dropped(struct ll_pipeline *p, struct closing *c,
                                      struct ll_outcome *outcome, struct ll_error *err)
{
    if (find_dropped(p, c, err) != LL_OK || c->lost)
        return c->lost ? LL_OK : err->status;
    struct ll_task *tasks = ll_xcalloc(c->dropped_count, sizeof(*tasks));
    size_t count = 0;
    for (size_t i = 0; i < c->run_count; i++)
        if (c->runs[i].dropped.generation > 0)
            tasks[count++] =
                (struct ll_task){.stage = LL_STAGE_PROCESS, .day = c->day, .id = c->runs[i].id};
    struct ll_outcome processed = {0};
    p->revive = true;
    enum ll_status status = ll_stage_process(p, tasks, count, &processed, err);
    p->revive = false;
    if (status == LL_OK)
        status = judge_failures(c, &processed, err);
    outcome->done[LL_STAGE_PROCESS] += processed.done[LL_STAGE_PROCESS];
    ll_outcome_clear(&processed);
    free(tasks);
    clear_runs(c);
    if (status == LL_OK)
        status = read_runs(p, c, err);
    c->lost |= c->dropped_count > 0;
    return status;
}

/* What a day before (or a failed attempt) left in the scratch database. */
static enum ll_status clear_scratch(struct ll_pipeline *p, struct ll_error *err)
{
    struct ll_duck *scratch = p->lake->scratch;
    if (ll_duck_exec(scratch, ll_sql_find("duckdb", "history/prepare"), NULL, 0, err) != LL_OK)
        return err->status;
    return ll_duck_exec(scratch, ll_sql_find("duckdb", "history/clear"), NULL, 0, err);
}

static enum ll_status fill_scratch(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    struct ll_duck *scratch = p->lake->scratch;
    struct ll_str load = ll_sql_find("duckdb", "history/load_streams");
    if (clear_scratch(p, err) != LL_OK ||
        ll_duck_append(scratch, "day_run", &c->run_rows, err) != LL_OK)
        return err->status;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_store_file *files = ll_xcalloc(c->run_count + 1, sizeof(*files));
    struct ll_str *paths = ll_xcalloc(c->run_count + 1, sizeof(*paths));
    size_t count = 0;
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < c->run_count && status == LL_OK; i++) {
        const struct ll_manifest_object *object =
            ll_manifest_object_find(&c->runs[i], "processed/stream/");
        status = object == NULL
                     ? ll_fail(err, LL_CORRUPT, 0, "%s names no stream table", c->runs[i].id.c)
                     : ll_lake_fetch(p->lake, object, &files[count], err);
        if (status == LL_NOT_FOUND)
            c->lost = is_input(c, c->runs[i].id.c);
        if (status == LL_OK) {
            LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
            ll_parquet_add_path(&pattern, files[count].path);
            paths[count++] = ll_arena_copy(&arena, ll_buf_str(&pattern));
        }
    }
    if (status == LL_OK && count > 0) {
        const struct ll_param param = ll_param_text_list("files", paths, count);
        status = ll_duck_exec(scratch, load, &param, 1, err);
    }
    for (size_t i = 0; i < count; i++)
        ll_store_file_clear(&files[i]);
    free(files);
    free(paths);
    return status;
}

static bool has_reasons(const struct closing *c)
{
    for (size_t i = 0; i < c->run_count; i++)
        if (c->runs[i].why.len > 0)
            return true;
    return false;
}

static enum ll_status write_objects(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    struct ll_date_text date = ll_date_format(c->day);
    const struct ll_param day = ll_param_text("day", ll_str_of(date.c));
    for (size_t i = 0; i < HISTORY_TABLES; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        struct ll_str name = ll_arena_printf(&arena, "history/%s%s", history_tables[i],
                                             i == 0 && has_reasons(c) ? "_why" : "");
        c->keys[i] = ll_key_history(history_tables[i], c->day);
        if (ll_duck_exec(p->lake->scratch, ll_sql_find("duckdb", name.ptr), &day, 1, err) !=
                LL_OK ||
            ll_lake_put_select(p->lake, c->keys[i].c, LL_STR("FROM history_row"), NULL, 0,
                               &c->objects[i], err) != LL_OK)
            return err->status;
    }
    return ll_store_sync(p->lake->store, err);
}

/* Nothing is committed when all is as the latest generation has it. */
static enum ll_status commit_history(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    struct ll_manifest m = {
        .layer = LL_LAYER_HISTORY,
        .id = ll_id_day(c->day),
        .day = c->day,
        .generation = c->latest.generation + 1,
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR(""),
        .resource = LL_STR("day"),
        .slot_s = (int64_t)c->day * LL_DAY_S,
        .sweep_coverage = -1,
        .objects = c->objects,
        .object_count = HISTORY_TABLES,
        .inputs = c->inputs,
        .input_count = c->run_count,
    };
    for (size_t i = 0; i < c->run_count; i++) {
        m.counts.rows_out += c->runs[i].counts.rows_out;
        m.counts.viewers += c->runs[i].counts.viewers;
    }
    if (is_current(c) && ll_manifest_same_objects(&m, &c->latest))
        return LL_OK;
    struct ll_sha256_text sha256;
    if (ll_manifest_put(p->lake->store, &m, &sha256, err) != LL_OK ||
        ll_store_sync(p->lake->store, err) != LL_OK)
        return err->status;
    ll_manifest_clear(&c->latest);
    return read_latest(p, c, err);
}

static enum ll_status build(struct ll_pipeline *p, struct closing *c, struct ll_error *err)
{
    ll_batch_init(&c->run_rows, &ll_run_schema);
    for (size_t i = 0; i < c->run_count; i++)
        ll_rows_add_run(&c->run_rows, &c->runs[i]);
    enum ll_status status = fill_scratch(p, c, err);
    if (status == LL_OK)
        status = write_objects(p, c, err);
    if (status == LL_OK)
        status = commit_history(p, c, err);
    struct ll_error clearing; /* a day's rows are a lot of memory, also after a failure */
    if (clear_scratch(p, &clearing) == LL_OK || status != LL_OK)
        return status;
    *err = clearing;
    return err->status;
}

/* --- publish */

struct publish {
    struct ll_warehouse *warehouse;
    const char *stage;
};

static enum ll_status put_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct publish *publish = context;
    return ll_warehouse_put(publish->warehouse, publish->stage, batch, err);
}

static enum ll_status stage_history(struct ll_pipeline *p, const struct ll_manifest *history,
                                    struct ll_error *err)
{
    for (size_t i = 0; i < HISTORY_TABLES; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        struct ll_str prefix = ll_arena_printf(&arena, "history/%s/", history_tables[i]);
        struct ll_str stage = ll_arena_printf(&arena, "stage_%s", history_tables[i]);
        const struct ll_manifest_object *object = ll_manifest_object_find(history, prefix.ptr);
        if (object == NULL)
            return ll_fail(err, LL_CORRUPT, 0, "the history manifest names no %s table",
                           history_tables[i]);
        struct ll_store_file file;
        if (ll_lake_fetch(p->lake, object, &file, err) != LL_OK)
            return err->status;
        struct publish publish = {p->warehouse, stage.ptr};
        LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
        ll_parquet_add_path(&pattern, file.path);
        const struct ll_param path = ll_param_text("file", ll_buf_str(&pattern));
        enum ll_status status =
            ll_duck_stream(p->lake->scratch, ll_sql_find("duckdb", "history/read"), &path, 1,
                           put_rows, &publish, err);
        ll_store_file_clear(&file);
        if (status != LL_OK)
            return ll_context(err, "%.*s", LL_FMT(object->key));
    }
    return LL_OK;
}

static enum ll_status stage_ledger(struct ll_pipeline *p, const struct ll_manifest *history,
                                   struct ll_error *err)
{
    struct ll_batch rows;
    int64_t now_us = p->clock->now_ms(p->clock) * 1000;
    ll_batch_init(&rows, &ll_ledger_schema);
    for (size_t i = 0; i < history->input_count; i++)
        ll_rows_add_ledger(&rows, &history->inputs[i], now_us);
    enum ll_status status = ll_warehouse_put(p->warehouse, "stage_ledger", &rows, err);
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status publish_in_transaction(struct ll_pipeline *p,
                                             const struct ll_manifest *history,
                                             const struct ll_sha256_text *sha256,
                                             struct ll_error *err)
{
    struct ll_date_text date = ll_date_format(history->day);
    const struct ll_param params[] = {
        ll_param_text("day", ll_str_of(date.c)),
        ll_param_i64("generation", history->generation),
        ll_param_text("manifest_sha256", ll_str_of(sha256->c)),
    };
    if (ll_warehouse_lock_day(p->warehouse, history->day, err) != LL_OK ||
        stage_history(p, history, err) != LL_OK || stage_ledger(p, history, err) != LL_OK)
        return err->status;
    return ll_warehouse_exec(p->warehouse, "load/day", params, LL_COUNT(params), err);
}

static enum ll_status is_published(struct ll_pipeline *p, const struct closing *c, bool *ret,
                                   struct ll_error *err)
{
    struct ll_batch rows = {0};
    struct ll_date_text date = ll_date_format(c->day);
    const struct ll_param param = ll_param_text("day", ll_str_of(date.c));
    enum ll_status status = ll_warehouse_query(p->warehouse, "day/get", &param, 1, &rows, err);
    if (status == LL_OK)
        *ret = rows.row_count == 1 && ll_batch_get_bool(&rows, 1, 0) &&
               !ll_batch_get_bool(&rows, 2, 0) && (c->lost || !ll_batch_get_bool(&rows, 3, 0)) &&
               ll_str_equal(ll_batch_get_text(&rows, 5, 0), ll_str_of(c->latest_sha256.c));
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status publish(struct ll_pipeline *p, struct closing *c, struct ll_outcome *outcome,
                              struct ll_error *err)
{
    bool published = false;
    if (p->warehouse == NULL)
        return LL_OK;
    if (!p->force && is_published(p, c, &published, err) != LL_OK)
        return err->status;
    if (published) {
        outcome->current[LL_STAGE_CLOSE]++;
        return LL_OK;
    }
    enum ll_status status = ll_warehouse_begin(p->warehouse, err);
    if (status == LL_OK)
        status = publish_in_transaction(p, &c->latest, &c->latest_sha256, err);
    if (status == LL_OK)
        status = ll_warehouse_commit(p->warehouse, err);
    if (status == LL_OK)
        outcome->done[LL_STAGE_CLOSE]++;
    else
        ll_warehouse_abort(p->warehouse);
    return status;
}

/* What is closed stays as it is; late runs are kept in raw. */
static enum ll_status seal(struct ll_pipeline *p, struct closing *c, struct ll_outcome *outcome,
                           struct ll_error *err)
{
    if (p->warehouse == NULL)
        return LL_OK;
    struct ll_date_text date = ll_date_format(c->day);
    const struct ll_param day = ll_param_text("day", ll_str_of(date.c));
    if (publish(p, c, outcome, err) != LL_OK)
        return err->status;
    outcome->waiting++;
    return ll_warehouse_exec(p->warehouse, "load/day_sealed", &day, 1, err);
}

/* The day is kept no more. */
static enum ll_status drop_day(struct ll_pipeline *p, struct closing *c, struct ll_outcome *outcome,
                               struct ll_error *err)
{
    struct ll_batch rows = {0};
    struct ll_date_text date = ll_date_format(c->day);
    const struct ll_param params[] = {
        ll_param_text("day", ll_str_of(date.c)),
        ll_param_i64("generation", c->latest.generation),
        ll_param_text("manifest_sha256", ll_str_of(c->latest_sha256.c)),
    };
    if (p->warehouse == NULL)
        return LL_OK;
    enum ll_status status = ll_warehouse_query(p->warehouse, "day/get", params, 1, &rows, err);
    bool done = status == LL_OK && rows.row_count == 1 && ll_batch_get_bool(&rows, 3, 0) &&
                !ll_batch_get_bool(&rows, 2, 0) &&
                ll_batch_get_i32(&rows, 4, 0) == c->latest.generation;
    ll_batch_clear(&rows);
    if (status != LL_OK)
        return status;
    if (done) {
        outcome->current[LL_STAGE_CLOSE]++;
        return LL_OK;
    }
    status = ll_warehouse_begin(p->warehouse, err);
    if (status == LL_OK)
        status = ll_warehouse_lock_day(p->warehouse, c->day, err);
    if (status == LL_OK)
        status = stage_ledger(p, &c->latest, err);
    if (status == LL_OK)
        status = ll_warehouse_exec(p->warehouse, "load/day_dropped", params, LL_COUNT(params), err);
    if (status == LL_OK)
        status = ll_warehouse_commit(p->warehouse, err);
    if (status == LL_OK)
        outcome->done[LL_STAGE_CLOSE]++;
    else
        ll_warehouse_abort(p->warehouse);
    return status;
}

static enum ll_status close_day(struct ll_pipeline *p, struct closing *c,
                                struct ll_outcome *outcome, struct ll_error *err)
{
    if (read_latest(p, c, err) != LL_OK)
        return err->status;
    if (c->latest.dropped.generation > 0)
        return drop_day(p, c, outcome, err);
    if (c->latest.generation == 0 && !ll_day_closable(c->day, ll_clock_now_s(p->clock)))
        return ll_fail(err, LL_INVALID, 0, "the day is not over: it can be closed from %s on",
                       ll_stamp_format((int64_t)c->day * LL_DAY_S + 26 * 3600).c);
    if (process_day(p, c, outcome, err) != LL_OK || (!c->lost && read_runs(p, c, err) != LL_OK))
        return err->status;
    if (!c->lost && c->run_count == 0)
        return ll_fail(err, LL_NOT_FOUND, 0, "there is no run of this day");
    bool outdated = !c->lost && (p->force || !is_current(c));
    if (outdated && c->dropped_count > 0 && process_dropped(p, c, outcome, err) != LL_OK)
        return err->status;
    if (!c->lost && outdated && build(p, c, err) != LL_OK && !c->lost)
        return err->status;
    return c->lost ? seal(p, c, outcome, err) : publish(p, c, outcome, err);
}

enum ll_status ll_stage_close(struct ll_pipeline *p, const struct ll_task *task,
                              struct ll_outcome *outcome, struct ll_error *err)
{
    struct closing c = {.day = task->day};
    enum ll_status status = close_day(p, &c, outcome, err);
    closing_clear(&c);
    if (status == LL_OK)
        return LL_OK;
    ll_context(err, "close %s", ll_date_format(task->day).c);
    if (!ll_task_is_to_blame(status))
        return status;
    ll_outcome_fail(outcome, task, err);
    return LL_OK;
}
