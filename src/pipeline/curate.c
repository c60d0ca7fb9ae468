/* processed -> warehouse: load runs and reference dumps, many in one transaction. */
#include <assert.h>
#include <string.h>

#include "pipeline/pipeline.h"
#include "pipeline/resources.h"
#include "pipeline/rows.h"
#include "source/overrides.h"

/* What one transaction takes, unless a single run has more: it bounds memory and what a failure
 * throws away. */
#define TRANSACTION_ROWS 500000

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

/* A day whose history was dropped is not kept: what is left of it below must not come up again. */
static enum ll_status is_dropped(struct ll_pipeline *p, int32_t day, bool *ret,
                                 struct ll_error *err)
{
    struct ll_manifest_entry entry;
    struct ll_manifest m;
    enum ll_status status =
        ll_manifest_latest(p->lake->store, LL_LAYER_HISTORY, day, ll_id_day(day).c, &entry, err);
    if (status == LL_NOT_FOUND)
        return LL_OK;
    if (status != LL_OK ||
        ll_manifest_get(p->lake->store, LL_LAYER_HISTORY, &entry, &m, NULL, err) != LL_OK)
        return err->status;
    *ret = m.dropped.generation > 0;
    ll_manifest_clear(&m);
    return LL_OK;
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
    if (status == LL_OK && rows.row_count == 0) {
        bool dropped = false;
        status = is_dropped(p, day, &dropped, err);
        *ret_closed = *ret_sealed = dropped;
    }
    ll_batch_clear(&rows);
    return status;
}

/* What one transaction loads. Runs are staged one after the other, where a bad one can be told, and
 * then loaded together; reference dumps are few and go in at once. */
struct loading {
    struct ll_pipeline *p;
    struct loading_run {
        struct ll_manifest manifest;
        struct ll_store_file file; /* its streams, checked */
        size_t task;
    } runs[LL_BATCH_TASKS];
    size_t run_count;
    int64_t rows;           /* of the runs, as their manifests have it */
    struct ll_batch ledger; /* of runs and dumps */
    bool reference;
};

static void loading_init(struct loading *l, struct ll_pipeline *p)
{
    *l = (struct loading){.p = p};
    ll_batch_init(&l->ledger, &ll_ledger_schema);
}

static void loading_clear(struct loading *l)
{
    for (size_t i = 0; i < l->run_count; i++) {
        ll_manifest_clear(&l->runs[i].manifest);
        ll_store_file_clear(&l->runs[i].file);
    }
    ll_batch_clear(&l->ledger);
}

static bool is_staged(const struct loading *l, const char *id)
{
    for (size_t i = 0; i < l->ledger.row_count; i++)
        if (ll_str_equal(ll_batch_get_text(&l->ledger, 0, i), ll_str_of(id)))
            return true;
    return false;
}

static void add_ledger(struct loading *l, const struct ll_manifest *m,
                       const struct ll_sha256_text *sha256)
{
    const struct ll_manifest_input loaded = {
        .id = ll_str_of(m->id.c), .generation = m->generation, .sha256 = *sha256};
    ll_rows_add_ledger(&l->ledger, &loaded, l->p->clock->now_ms(l->p->clock) * 1000);
}

static enum ll_status fetch_table(struct ll_pipeline *p, const struct ll_manifest *m,
                                  enum ll_table table, struct ll_store_file *ret,
                                  struct ll_error *err)
{
    const struct ll_schema *schema = ll_table_schema(table);
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_str prefix = ll_arena_printf(&arena, "processed/%s/", schema->table);
    const struct ll_manifest_object *object = ll_manifest_object_find(m, prefix.ptr);
    if (object == NULL)
        return ll_fail(err, LL_CORRUPT, 0, "the processed manifest names no %s table",
                       schema->table);
    return ll_lake_fetch(p->lake, object, ret, err);
}

/* Puts what the SELECT `sql` makes of a processed file into a stage. */
static enum ll_status stage_file(struct ll_pipeline *p, const struct ll_manifest *m,
                                 const struct ll_store_file *file, const char *sql,
                                 const char *stage, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
    struct ll_date_text date = ll_date_format(m->day);
    ll_parquet_add_path(&pattern, file->path);
    const struct ll_param params[] = {
        ll_param_text("file", ll_buf_str(&pattern)),
        ll_param_i64("slot", m->slot_s),
        ll_param_text("day", ll_str_of(date.c)),
    };
    enum ll_status status =
        ll_warehouse_put_select(p->warehouse, stage, p->lake->scratch, ll_sql_find("duckdb", sql),
                                params, LL_COUNT(params), err);
    if (status == LL_OK)
        return LL_OK;
    if (status == LL_INVALID) /* of SQL that is ours, it is the file that is wrong */
        err->status = LL_CORRUPT;
    return ll_context(err, "read %s", file->path);
}

/* Takes the manifest over. */
static enum ll_status stage_run(struct loading *l, struct ll_manifest *m, size_t task,
                                struct ll_error *err)
{
    struct ll_pipeline *p = l->p;
    struct ll_store_file file;
    enum ll_status status = fetch_table(p, m, LL_TABLE_STREAM, &file, err);
    if (status != LL_OK)
        return status;
    struct loading_run *run = &l->runs[l->run_count++];
    *run = (struct loading_run){.manifest = *m, .file = file, .task = task};
    *m = (struct ll_manifest){0};
    l->rows += run->manifest.counts.rows_out;
    return stage_file(p, &run->manifest, &run->file, "load/read_stream", "stage_stream", err);
}

static enum ll_status load_reference(struct loading *l, const struct ll_manifest *m,
                                     struct ll_error *err)
{
    struct ll_pipeline *p = l->p;
    struct ll_store_file file;
    const struct ll_resource *resource = ll_resource_find(m->resource);
    if (resource == NULL)
        return ll_fail(err, LL_UNSUPPORTED, 0, "unknown resource \"%.*s\"", LL_FMT(m->resource));
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *table = ll_table_schema(resource->table)->table;
    struct ll_str stage = ll_arena_printf(&arena, "stage_%s", table);
    struct ll_str sql = ll_arena_printf(&arena, "load/reference/%s", table);
    enum ll_status status = fetch_table(p, m, resource->table, &file, err);
    if (status != LL_OK)
        return status;
    status = stage_file(p, m, &file, "load/read", stage.ptr, err);
    ll_store_file_clear(&file);
    if (status != LL_OK)
        return status;
    const struct ll_param ref = ll_param_text("ref", ll_str_of(m->id.c));
    l->reference = true;
    return ll_warehouse_exec(p->warehouse, sql.ptr, &ref, 1, err);
}

/* A run of a closed day: the day is to be rebuilt, unless it can't be. */
static enum ll_status mark_late(struct ll_pipeline *p, int32_t day, bool sealed,
                                struct ll_error *err)
{
    struct ll_date_text date = ll_date_format(day);
    const struct ll_param param = ll_param_text("day", ll_str_of(date.c));
    return sealed ? LL_OK : ll_warehouse_exec(p->warehouse, "load/day_dirty", &param, 1, err);
}

/* What became of one task inside the transaction. LOADED_NOT_YET: the transaction is full. */
enum loaded { LOADED_NOW, LOADED_BEFORE, LOADED_LATER, LOADED_NEVER, LOADED_NOT_YET };

/* Decides what is to become of a task's manifest, and does it. */
static enum ll_status load_manifest(struct loading *l, struct ll_manifest *m,
                                    const struct ll_sha256_text *sha256, size_t task,
                                    enum loaded *ret, struct ll_error *err)
{
    struct ll_pipeline *p = l->p;
    bool done = false, closed = false, sealed = false;
    bool is_run = ll_id_is_run(ll_str_of(m->id.c)), again = is_staged(l, m->id.c);
    enum ll_status status = ll_warehouse_lock_day(p->warehouse, m->day, err);
    if (status == LL_OK)
        status = ledger_has(p, m->id.c, sha256, &done, err);
    if (status == LL_OK && is_run && (!done || p->force))
        status = day_flags(p, m->day, &closed, &sealed, err);
    done &= !p->force || closed; /* a closed day is made anew as a whole */
    done |= again;
    if (status != LL_OK || done || closed) {
        *ret = done ? LOADED_BEFORE : sealed ? LOADED_NEVER : LOADED_LATER;
        return status == LL_OK && !done ? mark_late(p, m->day, sealed, err) : status;
    }
    *ret = LOADED_NOW;
    if (is_run && l->run_count > 0 && l->rows + m->counts.rows_out > TRANSACTION_ROWS) {
        *ret = LOADED_NOT_YET;
        return LL_OK;
    }
    add_ledger(l, m, sha256);
    return is_run ? stage_run(l, m, task, err) : load_reference(l, m, err);
}

static enum ll_status load(struct loading *l, const struct ll_task *task, size_t index,
                           enum loaded *ret, struct ll_error *err)
{
    struct ll_store *store = l->p->lake->store;
    struct ll_manifest_entry entry;
    struct ll_manifest m = {0};
    struct ll_sha256_text sha256;
    if (ll_manifest_latest(store, LL_LAYER_PROCESSED, task->day, task->id.c, &entry, err) !=
            LL_OK ||
        ll_manifest_get(store, LL_LAYER_PROCESSED, &entry, &m, &sha256, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    if (m.dropped.generation > 0) /* history has it, and publishes it */
        *ret = LOADED_BEFORE;
    else
        status = load_manifest(l, &m, &sha256, index, ret, err);
    ll_manifest_clear(&m);
    return status;
}

static enum ll_status want_details(void *context, const struct ll_batch *rows, struct ll_error *err)
{
    struct loading *l = context;
    return ll_duck_append(l->p->lake->scratch, "new_detail", rows, err);
}

/* Details are wide and most are known from earlier runs: only those that are not are read. */
static enum ll_status stage_details(struct loading *l, size_t *ret_failed, struct ll_error *err)
{
    struct ll_pipeline *p = l->p;
    if (ll_duck_exec(p->lake->scratch, ll_sql_find("duckdb", "load/scratch"), NULL, 0, err) !=
            LL_OK ||
        ll_warehouse_stream(p->warehouse, "load/new_details", NULL, 0, want_details, l, err) !=
            LL_OK)
        return err->status;
    for (size_t i = 0; i < l->run_count; i++) {
        struct loading_run *run = &l->runs[i];
        *ret_failed = run->task;
        if (stage_file(p, &run->manifest, &run->file, "load/read_detail", "stage_detail", err) !=
            LL_OK)
            return err->status;
    }
    return LL_OK;
}

static enum ll_status load_runs(struct loading *l, size_t *ret_failed, struct ll_error *err)
{
    struct ll_pipeline *p = l->p;
    struct ll_batch rows;
    ll_batch_init(&rows, &ll_run_schema);
    for (size_t i = 0; i < l->run_count; i++)
        ll_rows_add_run(&rows, &l->runs[i].manifest);
    enum ll_status status = ll_warehouse_put(p->warehouse, "stage_run", &rows, err);
    ll_batch_clear(&rows);
    size_t whole = *ret_failed;
    if (status == LL_OK)
        status = stage_details(l, ret_failed, err);
    if (status != LL_OK)
        return status;
    *ret_failed = whole;
    return ll_warehouse_exec(p->warehouse, "load/runs", NULL, 0, err);
}

/* Loads tasks until the transaction is full: *count becomes how many. *ret_failed is the task to
 * blame, or *count. */
static enum ll_status load_all(struct loading *l, const struct ll_task *tasks, size_t *count,
                               enum loaded *loaded, size_t *ret_failed, struct ll_error *err)
{
    struct ll_warehouse *warehouse = l->p->warehouse;
    for (size_t i = 0; i < *count; i++) {
        *ret_failed = i;
        if (load(l, &tasks[i], i, &loaded[i], err) != LL_OK)
            return ll_context(err, "curate %s", tasks[i].id.c);
        if (loaded[i] == LOADED_NOT_YET)
            *count = i;
    }
    *ret_failed = *count == 1 ? 0 : *count;
    if (l->run_count > 0 && load_runs(l, ret_failed, err) != LL_OK)
        return *ret_failed < *count ? ll_context(err, "curate %s", tasks[*ret_failed].id.c)
                                    : err->status;
    *ret_failed = *count;
    enum ll_status status = ll_warehouse_put(warehouse, "stage_ledger", &l->ledger, err);
    if (status == LL_OK)
        status = ll_warehouse_exec(warehouse, "ledger/put", NULL, 0, err);
    if (status == LL_OK && l->reference)
        status = ll_warehouse_exec(warehouse, "load/bridges", NULL, 0, err);
    return status;
}

/* One transaction. */
static enum ll_status load_and_commit(struct ll_pipeline *p, const struct ll_task *tasks,
                                      size_t *count, enum loaded *loaded, size_t *ret_failed,
                                      struct ll_error *err)
{
    struct loading l;
    loading_init(&l, p);
    *ret_failed = *count;
    enum ll_status status = ll_warehouse_begin(p->warehouse, err);
    if (status == LL_OK)
        status = load_all(&l, tasks, count, loaded, ret_failed, err);
    if (status == LL_OK)
        status = ll_warehouse_commit(p->warehouse, err);
    if (status != LL_OK)
        ll_warehouse_abort(p->warehouse);
    loading_clear(&l);
    return status;
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
    size_t most = LL_BATCH_TASKS; /* in one transaction */
    while (count > 0) {
        size_t taken = count < most ? count : most, first = 0, failed;
        enum ll_status status = load_and_commit(p, work, &taken, loaded, &failed, err);
        if (status == LL_OK) {
            if (settle(p, work, taken, loaded, outcome, err) != LL_OK)
                return err->status;
        } else if (ll_task_is_to_blame(status) && failed < taken) {
            /* One task is bad: without it the others go again. */
            ll_outcome_fail(outcome, &work[failed], err);
            first = failed;
            taken = 1;
        } else if (ll_task_is_to_blame(status) && taken > 1) {
            most = 1; /* too much at once, or one is bad: which? */
            taken = 0;
        } else {
            return status;
        }
        memmove(&work[first], &work[first + taken], (count - first - taken) * sizeof(*work));
        count -= taken;
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
