#include "pipeline/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/rows.h"

#define GROWTH_DAYS 7

static const char *const layer_names[LL_LAYER_SIZES] = {"manifests", "raw", "processed",
                                                        "quarantine", "history"};

struct day_bytes {
    int32_t day;
    int64_t bytes;
};

struct sizing {
    struct ll_layer_size *layer;
    struct day_bytes *days; /* ascending within a folder; merged later */
    size_t count, capacity;
};

/* Keys of the layers carry their day as "/date=YYYY-MM-DD/". */
static bool day_of_key(struct ll_str key, int32_t *ret_day)
{
    const struct ll_str mark = LL_STR("/date=");
    for (size_t at = 0; at + mark.len + 10 <= key.len; at++)
        if (memcmp(key.ptr + at, mark.ptr, mark.len) == 0)
            return ll_date_parse(ll_str_sub(key, at + mark.len, at + mark.len + 10), ret_day);
    return false;
}

static enum ll_status size_object(void *context, const struct ll_object_info *info,
                                  struct ll_error *err)
{
    (void)err;
    struct sizing *s = context;
    int32_t day;
    s->layer->objects++;
    s->layer->bytes += info->size_bytes;
    if (!day_of_key(info->key, &day))
        return LL_OK;
    if (s->count == 0 || s->days[s->count - 1].day != day) {
        if (s->count == s->capacity) {
            s->capacity = s->capacity ? s->capacity * 2 : 64;
            s->days = ll_xrealloc(s->days, s->capacity, sizeof(*s->days));
        }
        s->days[s->count++] = (struct day_bytes){.day = day};
    }
    s->days[s->count - 1].bytes += info->size_bytes;
    return LL_OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct day_bytes *x = a, *y = b;
    return x->day > y->day ? -1 : x->day < y->day;
}

static int64_t growth(struct sizing *s)
{
    int64_t bytes = 0, days = 0;
    if (s->count == 0)
        return 0;
    qsort(s->days, s->count, sizeof(*s->days), newest_first);
    for (size_t i = 0; i < s->count; i++) {
        if (i == 0 || s->days[i].day != s->days[i - 1].day)
            days++;
        if (days > GROWTH_DAYS)
            return bytes / GROWTH_DAYS;
        bytes += s->days[i].bytes;
    }
    return bytes / days;
}

static enum ll_status measure(struct ll_store *store, struct ll_lake_status *ret,
                              struct ll_error *err)
{
    struct sizing s = {0};
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < LL_LAYER_SIZES && status == LL_OK; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        s.layer = &ret->layers[i];
        s.layer->name = layer_names[i];
        status = ll_store_list(store, ll_arena_printf(&arena, "%s/", layer_names[i]).ptr,
                               size_object, &s, err);
    }
    if (status == LL_OK)
        ret->growth_bytes_per_day = growth(&s);
    free(s.days);
    return status;
}

static int64_t count_missing(const struct ll_manifest_list *from, const struct ll_manifest_list *to)
{
    int64_t missing = 0;
    for (size_t i = 0; i < from->count; i++)
        missing += ll_manifest_list_find(to, from->entries[i].day, from->entries[i].id.c) == NULL;
    return missing;
}

static enum ll_status look_at_gaps(struct ll_pipeline *p, struct ll_lake_status *ret,
                                   struct ll_error *err)
{
    struct ll_batch rows = {0};
    enum ll_status status = ll_warehouse_query(p->warehouse, "status/gaps", NULL, 0, &rows, err);
    for (size_t i = 0; status == LL_OK && i < rows.row_count && i < LL_STATUS_GAPS; i++) {
        struct ll_gap *gap = &ret->gaps[ret->gap_count++];
        gap->slot_s = ll_batch_get_i64(&rows, 0, i);
        (void)snprintf(gap->status, sizeof(gap->status), "%.*s",
                       LL_FMT(ll_batch_get_text(&rows, 1, i)));
        (void)snprintf(gap->why, sizeof(gap->why), "%.*s", LL_FMT(ll_batch_get_text(&rows, 2, i)));
    }
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status summarize(struct ll_pipeline *p, const struct ll_manifest_list *processed,
                                struct ll_lake_status *ret, struct ll_error *err)
{
    struct ll_batch rows = {0}, ledger = {0};
    enum ll_status status = ll_warehouse_query(p->warehouse, "status/summary", NULL, 0, &rows, err);
    if (status == LL_OK)
        status = ll_warehouse_query(p->warehouse, "ledger/all", NULL, 0, &ledger, err);
    if (status == LL_OK) {
        int64_t *const fields[] = {&ret->runs,         &ret->complete_runs, &ret->observations,
                                   &ret->first_slot_s, &ret->last_slot_s,   &ret->closed_days,
                                   &ret->open_days,    &ret->dirty_days};
        for (size_t i = 0; i < LL_COUNT(fields); i++)
            if (!ll_batch_is_null(&rows, i, 0))
                *fields[i] = ll_batch_get_i64(&rows, i, 0);
        for (size_t i = 0; i < processed->count; i++)
            ret->uncurated += ll_rows_find(&ledger, processed->entries[i].id.c) < 0;
    }
    ll_batch_clear(&rows);
    ll_batch_clear(&ledger);
    return status == LL_OK ? look_at_gaps(p, ret, err) : status;
}

enum ll_status ll_status_lake(struct ll_pipeline *p, struct ll_lake_status *ret,
                              struct ll_error *err)
{
    struct ll_manifest_list raw = {0}, processed = {0};
    struct ll_lake_status s = {0};
    struct ll_store *store = p->lake->store;
    enum ll_status status = measure(store, &s, err);
    if (status == LL_OK)
        status = ll_manifest_list_all(store, LL_LAYER_RAW, &raw, err);
    if (status == LL_OK)
        status = ll_manifest_list_all(store, LL_LAYER_PROCESSED, &processed, err);
    if (status == LL_OK) {
        s.raw_runs = (int64_t)raw.count;
        s.processed_runs = (int64_t)processed.count;
        s.unprocessed = count_missing(&raw, &processed);
        if (p->warehouse != NULL)
            status = summarize(p, &processed, &s, err);
    }
    ll_manifest_list_clear(&raw);
    ll_manifest_list_clear(&processed);
    if (status == LL_OK)
        *ret = s;
    return status;
}

/* --- one run */

void ll_run_trace_clear(struct ll_run_trace *trace)
{
    ll_manifest_clear(&trace->raw);
    ll_manifest_clear(&trace->processed);
    ll_arena_clear(&trace->arena);
    *trace = (struct ll_run_trace){0};
}

/* The instant in an id: all of a run id, or what follows the last '-' of a reference dump's. */
static bool day_of_id(struct ll_str id, int32_t *ret_day)
{
    size_t from = id.len;
    int64_t at_s;
    while (from > 0 && id.ptr[from - 1] != '-')
        from--;
    if (id.len >= sizeof(((struct ll_id *)0)->c) ||
        !ll_run_id_parse(ll_str_sub(id, from, id.len), &at_s))
        return false;
    *ret_day = ll_day_of(at_s);
    return true;
}

static enum ll_status read_layer(struct ll_pipeline *p, enum ll_layer layer,
                                 const struct ll_run_trace *trace, struct ll_manifest *ret,
                                 struct ll_error *err)
{
    struct ll_manifest_entry entry;
    enum ll_status status =
        ll_manifest_latest(p->lake->store, layer, trace->day, trace->id.c, &entry, err);
    if (status == LL_OK)
        status = ll_manifest_get(p->lake->store, layer, &entry, ret, NULL, err);
    return status;
}

static enum ll_status read_quarantine(struct ll_pipeline *p, struct ll_run_trace *trace,
                                      struct ll_error *err)
{
    const struct ll_manifest_object *object =
        ll_manifest_object_find(&trace->processed, "quarantine/");
    struct ll_store_file file;
    struct ll_batch rows = {0};
    if (object == NULL || trace->processed.dropped.generation > 0)
        return LL_OK;
    if (ll_lake_fetch(p->lake, object, &file, err) != LL_OK)
        return err->status;
    LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
    ll_parquet_add_path(&pattern, file.path);
    const struct ll_param path = ll_param_text("file", ll_buf_str(&pattern));
    enum ll_status status = ll_duck_query(
        p->lake->scratch, ll_sql_find("duckdb", "status/quarantine"), &path, 1, 0, &rows, err);
    ll_store_file_clear(&file);
    if (status == LL_OK) {
        trace->reason_count = rows.row_count;
        trace->reasons = ll_arena_array(&trace->arena, rows.row_count + 1, sizeof(*trace->reasons));
        for (size_t row = 0; row < rows.row_count; row++)
            trace->reasons[row] = (struct ll_reason_count){
                ll_arena_copy(&trace->arena, ll_batch_get_text(&rows, 0, row)),
                ll_batch_get_i64(&rows, 1, row), ll_batch_get_i64(&rows, 2, row)};
    }
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status read_warehouse(struct ll_pipeline *p, struct ll_run_trace *trace,
                                     struct ll_error *err)
{
    struct ll_batch rows = {0};
    struct ll_date_text date = ll_date_format(trace->day);
    const struct ll_param id = ll_param_text("run_id", ll_str_of(trace->id.c));
    const struct ll_param day = ll_param_text("day", ll_str_of(date.c));
    enum ll_status status = ll_warehouse_query(p->warehouse, "ledger/get", &id, 1, &rows, err);
    if (status == LL_OK && rows.row_count == 1)
        trace->loaded_generation = ll_batch_get_i32(&rows, 0, 0);
    ll_batch_clear(&rows);
    if (status == LL_OK && ll_id_is_run(ll_str_of(trace->id.c)))
        status = ll_warehouse_query(p->warehouse, "day/get", &day, 1, &rows, err);
    if (status == LL_OK && rows.row_count == 1) {
        trace->day_closed = ll_batch_get_bool(&rows, 1, 0);
        trace->day_dirty = ll_batch_get_bool(&rows, 2, 0);
        trace->day_sealed = ll_batch_get_bool(&rows, 3, 0);
    }
    ll_batch_clear(&rows);
    return status;
}

static void wait_for(struct ll_run_trace *trace, enum ll_stage stage, struct ll_str why)
{
    trace->waiting = stage;
    trace->why = ll_arena_copy(&trace->arena, why);
}

/* Tries, without writing, what has not been done, to learn whether it would work. */
static void diagnose(struct ll_pipeline *p, struct ll_run_trace *trace)
{
    const struct ll_task task = {.stage = LL_STAGE_PROCESS, .day = trace->day, .id = trace->id};
    struct ll_error err = {0};
    struct ll_str problem = {0};
    bool waits;
    enum ll_status status = ll_process_check(p, &task, &problem, &waits, &err);
    trace->waiting = LL_STAGE_COUNT;
    if (status != LL_OK)
        wait_for(trace, LL_STAGE_PROCESS, ll_str_of(err.message));
    else if (problem.len != 0)
        wait_for(trace, LL_STAGE_PROCESS, problem);
    else if (p->warehouse != NULL &&
             trace->loaded_generation != ll_manifest_known_generation(&trace->processed))
        wait_for(trace, trace->day_closed ? LL_STAGE_CLOSE : LL_STAGE_CURATE,
                 trace->day_sealed ? LL_STR("its day is sealed: it stays in raw")
                                   : LL_STR("not loaded yet: run `livelake curate`"));
}

enum ll_status ll_status_run(struct ll_pipeline *p, struct ll_str id, struct ll_run_trace *ret,
                             struct ll_error *err)
{
    struct ll_run_trace trace = {0};
    if (!day_of_id(id, &trace.day))
        return ll_fail(err, LL_INVALID, 0,
                       "\"%.*s\" is no run id (such as 20261123T154500Z or "
                       "users-20261123T154500Z)",
                       LL_FMT(id));
    memcpy(trace.id.c, id.ptr, id.len);
    enum ll_status status = read_layer(p, LL_LAYER_RAW, &trace, &trace.raw, err);
    trace.raw_generations = trace.raw.generation;
    if (status == LL_OK) {
        status = read_layer(p, LL_LAYER_PROCESSED, &trace, &trace.processed, err);
        if (status == LL_NOT_FOUND)
            status = LL_OK;
    }
    if (status == LL_OK)
        status = read_quarantine(p, &trace, err);
    if (status == LL_OK && p->warehouse != NULL)
        status = read_warehouse(p, &trace, err);
    if (status != LL_OK) {
        ll_run_trace_clear(&trace);
        return ll_context(err, "run %.*s", LL_FMT(id));
    }
    diagnose(p, &trace);
    *ret = trace;
    return LL_OK;
}
