/* processed -> warehouse: load runs and reference dumps, many in one transaction. */
#include <assert.h>
#include <string.h>

#include "pipeline/pipeline.h"
#include "pipeline/resources.h"
#include "pipeline/rows.h"
#include "source/overrides.h"

static enum ll_status ledger_has(struct ll_pipeline *p, const char *id,
                                 const struct ll_sha256_text *sha256, bool *ret_has,
                                 struct ll_error *err)
{
    struct ll_batch rows = {0};
    const struct ll_param param = ll_param_text("run_id", ll_str_of(id));
    enum ll_status status = ll_warehouse_query(p->warehouse, "ledger/get", &param, 1, &rows, err);
    if (status == LL_OK)
        *ret_has = rows.row_count == 1 &&
                   ll_str_equal(ll_batch_get_text(&rows, 1, 0), ll_str_of(sha256->c));
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status day_flags(struct ll_pipeline *p, int32_t day, bool *ret_closed,
                                bool *ret_sealed, struct ll_error *err)
{
    struct ll_batch rows = {0};
    struct ll_date_text date = ll_date_format(day);
    const struct ll_param param = ll_param_text("day", ll_str_of(date.c));
    enum ll_status status = ll_warehouse_query(p->warehouse, "day/get", &param, 1, &rows, err);
    if (status == LL_OK) {
        *ret_closed = rows.row_count == 1 && ll_batch_get_bool(&rows, 1, 0);
        *ret_sealed = rows.row_count == 1 && ll_batch_get_bool(&rows, 3, 0);
    }
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status put_ledger(struct ll_pipeline *p, const struct ll_manifest *m,
                                 const struct ll_sha256_text *sha256, struct ll_error *err)
{
    const struct ll_param params[] = {
        ll_param_text("run_id", ll_str_of(m->id.c)),
        ll_param_i64("generation", m->generation),
        ll_param_text("manifest_sha256", ll_str_of(sha256->c)),
        ll_param_i64("schema_version", LL_LAKE_SCHEMA),
        ll_param_i64("loaded_at_us", p->clock->now_ms(p->clock) * 1000),
    };
    return ll_warehouse_exec(p->warehouse, "ledger/put", params, LL_COUNT(params), err);
}

/* Appends the manifest's table to its stage. */
static enum ll_status stage_table(struct ll_pipeline *p, const struct ll_manifest *m,
                                  enum ll_table table, struct ll_error *err)
{
    const struct ll_schema *schema = ll_table_schema(table);
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_str prefix = ll_arena_printf(&arena, "processed/%s/", schema->table);
    struct ll_str stage = ll_arena_printf(&arena, "stage_%s", schema->table);
    const struct ll_manifest_object *object = ll_manifest_object_find(m, prefix.ptr);
    if (object == NULL)
        return ll_fail(err, LL_CORRUPT, 0, "the processed manifest names no %s table",
                       schema->table);
    struct ll_batch rows;
    ll_batch_init(&rows, schema);
    enum ll_status status = ll_lake_get_table(p->lake, object, schema, &rows, err);
    if (status == LL_OK)
        status = ll_warehouse_put(p->warehouse, stage.ptr, &rows, err);
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status load_run(struct ll_pipeline *p, const struct ll_manifest *m,
                               struct ll_error *err)
{
    struct ll_batch run;
    ll_batch_init(&run, &ll_run_schema);
    ll_rows_add_run(&run, m);
    enum ll_status status = ll_warehouse_put(p->warehouse, "stage_run", &run, err);
    ll_batch_clear(&run);
    if (status == LL_OK)
        status = stage_table(p, m, LL_TABLE_STREAM, err);
    if (status != LL_OK)
        return status;
    struct ll_date_text date = ll_date_format(m->day);
    const struct ll_param params[] = {ll_param_i64("slot", m->slot_s),
                                      ll_param_text("day", ll_str_of(date.c))};
    return ll_warehouse_exec(p->warehouse, "load/run", params, LL_COUNT(params), err);
}

static enum ll_status load_reference(struct ll_pipeline *p, const struct ll_manifest *m,
                                     struct ll_error *err)
{
    const struct ll_resource *resource = ll_resource_find(m->resource);
    if (resource == NULL)
        return ll_fail(err, LL_UNSUPPORTED, 0, "unknown resource \"%.*s\"", LL_FMT(m->resource));
    if (stage_table(p, m, resource->table, err) != LL_OK)
        return err->status;
    const struct ll_param ref = ll_param_text("ref", ll_str_of(m->id.c));
    return ll_warehouse_exec(p->warehouse, "load/reference", &ref, 1, err);
}

static enum ll_status load_one(struct ll_pipeline *p, const struct ll_manifest *m,
                               const struct ll_sha256_text *sha256, struct ll_error *err)
{
    bool is_run = ll_id_is_run(ll_str_of(m->id.c));
    enum ll_status status = is_run ? load_run(p, m, err) : load_reference(p, m, err);
    return status == LL_OK ? put_ledger(p, m, sha256, err) : status;
}

/* A run of a closed day: the day is to be rebuilt, unless it can't be. */
static enum ll_status mark_late(struct ll_pipeline *p, int32_t day, bool sealed,
                                struct ll_error *err)
{
    struct ll_date_text date = ll_date_format(day);
    const struct ll_param param = ll_param_text("day", ll_str_of(date.c));
    return sealed ? LL_OK : ll_warehouse_exec(p->warehouse, "load/day_dirty", &param, 1, err);
}

/* What became of one task inside the transaction. */
enum loaded { LOADED_NOW, LOADED_BEFORE, LOADED_LATER, LOADED_NEVER };

static enum ll_status load(struct ll_pipeline *p, const struct ll_task *task,
                           enum loaded *ret_loaded, bool *ret_reference, struct ll_error *err)
{
    struct ll_manifest_entry entry;
    struct ll_manifest m = {0};
    struct ll_sha256_text sha256;
    bool done = false, closed = false, sealed = false;
    if (ll_manifest_latest(p->lake->store, LL_LAYER_PROCESSED, task->day, task->id.c, &entry,
                           err) != LL_OK ||
        ll_manifest_get(p->lake->store, LL_LAYER_PROCESSED, &entry, &m, &sha256, err) != LL_OK)
        return err->status;
    bool is_run = ll_id_is_run(ll_str_of(m.id.c));
    enum ll_status status = ll_warehouse_lock_day(p->warehouse, m.day, err);
    if (status == LL_OK)
        status = ledger_has(p, m.id.c, &sha256, &done, err);
    if (status == LL_OK && is_run && (!done || p->force))
        status = day_flags(p, m.day, &closed, &sealed, err);
    done &= !p->force || closed; /* a closed day is made anew as a whole */
    if (status == LL_OK && !done)
        status = closed ? mark_late(p, m.day, sealed, err) : load_one(p, &m, &sha256, err);
    *ret_reference |= status == LL_OK && !done && !is_run;
    *ret_loaded = done ? LOADED_BEFORE : sealed ? LOADED_NEVER : closed ? LOADED_LATER : LOADED_NOW;
    ll_manifest_clear(&m);
    return status;
}

static enum ll_status load_all(struct ll_pipeline *p, const struct ll_task *tasks, size_t count,
                               enum loaded *loaded, size_t *ret_failed, struct ll_error *err)
{
    bool reference = false;
    for (size_t i = 0; i < count; i++) {
        *ret_failed = i;
        if (load(p, &tasks[i], &loaded[i], &reference, err) != LL_OK)
            return ll_context(err, "curate %s", tasks[i].id.c);
    }
    *ret_failed = count;
    return reference ? ll_warehouse_exec(p->warehouse, "load/bridges", NULL, 0, err) : LL_OK;
}

/* After the commit: count, and let closed days that got late runs be rebuilt, once each. */
static enum ll_status settle(struct ll_pipeline *p, const struct ll_task *tasks, size_t count,
                             const enum loaded *loaded, struct ll_outcome *outcome,
                             struct ll_error *err)
{
    for (size_t i = 0; i < count; i++) {
        outcome->done[LL_STAGE_CURATE] += loaded[i] == LOADED_NOW;
        outcome->current[LL_STAGE_CURATE] += loaded[i] == LOADED_BEFORE;
        outcome->waiting += loaded[i] == LOADED_NEVER;
        bool first_late = loaded[i] == LOADED_LATER;
        for (size_t j = 0; j < i && first_late; j++)
            first_late = !(loaded[j] == LOADED_LATER && tasks[j].day == tasks[i].day);
        const struct ll_task close = ll_task_close(tasks[i].day);
        if (first_late && ll_runner_enqueue(p, &close, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

enum ll_status ll_stage_curate(struct ll_pipeline *p, const struct ll_task *tasks, size_t count,
                               struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_task work[LL_BATCH_TASKS];
    enum loaded loaded[LL_BATCH_TASKS];
    assert(count <= LL_BATCH_TASKS);
    memcpy(work, tasks, count * sizeof(*work));
    while (count > 0) {
        size_t failed = count;
        enum ll_status status = ll_warehouse_begin(p->warehouse, err);
        if (status == LL_OK)
            status = load_all(p, work, count, loaded, &failed, err);
        if (status == LL_OK)
            status = ll_warehouse_commit(p->warehouse, err);
        if (status == LL_OK)
            return settle(p, work, count, loaded, outcome, err);
        ll_warehouse_abort(p->warehouse);
        if (!ll_task_is_to_blame(status) || failed == count)
            return status;
        /* One task is bad: without it the others go again. */
        ll_outcome_fail(outcome, &work[failed], err);
        memmove(&work[failed], &work[failed + 1], (count - failed - 1) * sizeof(*work));
        count--;
    }
    return LL_OK;
}

static enum ll_status meta_equals(struct ll_pipeline *p, const char *key, struct ll_str value,
                                  bool *ret_equal, struct ll_error *err)
{
    struct ll_batch rows = {0};
    const struct ll_param param = ll_param_text("key", ll_str_of(key));
    enum ll_status status = ll_warehouse_query(p->warehouse, "meta/get", &param, 1, &rows, err);
    if (status == LL_OK)
        *ret_equal = rows.row_count == 1 && ll_str_equal(ll_batch_get_text(&rows, 0, 0), value);
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status meta_put(struct ll_pipeline *p, const char *key, struct ll_str value,
                               struct ll_error *err)
{
    const struct ll_param params[] = {ll_param_text("key", ll_str_of(key)),
                                      ll_param_text("value", value)};
    return ll_warehouse_exec(p->warehouse, "meta/put", params, LL_COUNT(params), err);
}

static enum ll_status load_overrides(struct ll_pipeline *p, struct ll_error *err)
{
    struct ll_batch rows = {0};
    enum ll_status status = ll_overrides_parse(ll_overrides_builtin(), &rows, err);
    if (status == LL_OK && !p->lake->settings.overrides)
        ll_batch_reset(&rows);
    if (status == LL_OK)
        status = ll_warehouse_put(p->warehouse, "stage_override", &rows, err);
    ll_batch_clear(&rows);
    if (status == LL_OK)
        status = ll_warehouse_exec(p->warehouse, "load/override", NULL, 0, err);
    return status == LL_OK ? ll_warehouse_exec(p->warehouse, "load/bridges", NULL, 0, err) : status;
}

enum ll_status ll_curate_settings(struct ll_pipeline *p, struct ll_error *err)
{
    const struct ll_lake_settings *settings = &p->lake->settings;
    struct ll_sha256_text table = ll_sha256_hex(ll_sha256_of(ll_overrides_builtin()));
    struct ll_str overrides = settings->overrides ? ll_str_of(table.c) : LL_STR("off");
    struct ll_str zone = ll_str_of(settings->origin_timezone);
    bool same_overrides = false, same_zone = false;
    if (meta_equals(p, "overrides", overrides, &same_overrides, err) != LL_OK ||
        meta_equals(p, "origin_timezone", zone, &same_zone, err) != LL_OK)
        return err->status;
    if (same_overrides && (same_zone || zone.len == 0))
        return LL_OK;
    enum ll_status status = ll_warehouse_begin(p->warehouse, err);
    if (status == LL_OK && !same_overrides)
        status = load_overrides(p, err);
    if (status == LL_OK && !same_overrides)
        status = meta_put(p, "overrides", overrides, err);
    if (status == LL_OK && zone.len != 0)
        status = meta_put(p, "origin_timezone", zone, err);
    if (status == LL_OK)
        status = ll_warehouse_commit(p->warehouse, err);
    if (status != LL_OK) {
        ll_warehouse_abort(p->warehouse);
        return ll_context(err, "apply the lake's settings");
    }
    return LL_OK;
}
