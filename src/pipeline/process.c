/* raw -> processed: decode, validate, de-duplicate one run; write its table and its quarantine. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/forget_filter.h"
#include "pipeline/pipeline.h"
#include "pipeline/resources.h"

/* What one task needs between its objects and its manifest. */
struct prepared {
    const struct ll_task *task;
    struct ll_manifest manifest; /* of the processed layer; generation 0 = nothing to commit */
    struct ll_key table_key, quarantine_key;
    struct ll_manifest_object objects[2];
    struct ll_manifest_input input;
};

static bool better(const struct ll_manifest *a, const struct ll_manifest *b)
{
    if (a->status != b->status)
        return a->status < b->status; /* complete, partial, failed, missed */
    return a->generation > b->generation;
}

/* The authoritative attempt of a run: complete beats partial, then the higher generation. */
static enum ll_status read_authoritative(struct ll_store *store, const struct ll_task *task,
                                         struct ll_manifest *ret, struct ll_sha256_text *ret_sha256,
                                         struct ll_error *err)
{
    struct ll_manifest_entry entry;
    if (ll_manifest_latest(store, LL_LAYER_RAW, task->day, task->id.c, &entry, err) != LL_OK)
        return err->status;
    struct ll_manifest best = {0};
    struct ll_sha256_text best_sha256 = {0};
    for (; entry.generation > 0; entry.generation--) {
        struct ll_manifest m;
        struct ll_sha256_text sha256;
        enum ll_status status = ll_manifest_get(store, LL_LAYER_RAW, &entry, &m, &sha256, err);
        if (status == LL_NOT_FOUND)
            continue; /* retention took an old attempt */
        if (status != LL_OK) {
            ll_manifest_clear(&best);
            return status;
        }
        if (best.generation == 0 || better(&m, &best)) {
            ll_manifest_clear(&best);
            best = m;
            best_sha256 = sha256;
        } else {
            ll_manifest_clear(&m);
        }
    }
    *ret = best;
    *ret_sha256 = best_sha256;
    return LL_OK;
}

static enum ll_status decode(struct ll_pipeline *p, const struct ll_manifest *raw,
                             struct ll_decoder *decoder, struct ll_buf *contents,
                             struct ll_error *err)
{
    for (size_t i = 0; i < raw->object_count; i++) {
        const struct ll_manifest_object *object = &raw->objects[i];
        if (ll_lake_get_raw(p->lake, object, &contents[i], err) != LL_OK)
            return err->status;
        const struct ll_raw_part part = {
            .key = object->key, .format = object->format, .bytes = ll_buf_str(&contents[i])};
        if (ll_decoder_add(decoder, &part, err) != LL_OK)
            return ll_context(err, "%.*s", LL_FMT(object->key));
    }
    return LL_OK;
}

static void count(struct prepared *prepared, const struct ll_manifest *raw,
                  const struct ll_decoded *decoded, const struct ll_resource *resource)
{
    struct ll_run_counts *counts = &prepared->manifest.counts;
    *counts = raw->counts;
    counts->rows_in = decoded->counts.rows_in;
    counts->rows_out = decoded->counts.rows_out;
    counts->duplicates = decoded->counts.duplicates;
    counts->restarted = decoded->counts.restarted;
    counts->quarantined = decoded->counts.quarantined;
    counts->repaired = decoded->counts.repaired;
    counts->clamped = decoded->counts.clamped;
    prepared->manifest.forgotten = decoded->counts.forgotten;
    if (resource->table == LL_TABLE_STREAM)
        for (size_t row = 0; row < decoded->rows.row_count; row++)
            counts->viewers += ll_batch_get_i64(&decoded->rows, LL_STREAM_VIEWER_COUNT, row);
}

static enum ll_status write_objects(struct ll_pipeline *p, struct prepared *prepared,
                                    const struct ll_decoded *decoded,
                                    const struct ll_resource *resource, struct ll_error *err)
{
    struct ll_manifest *m = &prepared->manifest;
    const char *table = ll_table_schema(resource->table)->table;
    prepared->table_key = ll_key_processed(table, m->day, m->id.c);
    prepared->quarantine_key = ll_key_quarantine(table, m->day, m->id.c);
    m->objects = prepared->objects;
    m->object_count = 1;
    if (ll_lake_put_table(p->lake, prepared->table_key.c, &decoded->rows, &prepared->objects[0],
                          err) != LL_OK)
        return err->status;
    if (decoded->quarantine.row_count == 0)
        return LL_OK;
    m->object_count = 2;
    return ll_lake_put_table(p->lake, prepared->quarantine_key.c, &decoded->quarantine,
                             &prepared->objects[1], err);
}

/* Decodes the raw objects of a run. */
static enum ll_status decode_run(struct ll_pipeline *p, const struct ll_manifest *raw,
                                 const struct ll_resource **ret_resource, struct ll_decoded *ret,
                                 struct ll_error *err)
{
    const struct ll_resource *resource = ll_resource_find(raw->resource);
    if (resource == NULL)
        return ll_fail(err, LL_UNSUPPORTED, 0, "unknown resource \"%.*s\"", LL_FMT(raw->resource));
    const struct ll_decoder_options options = {
        .table = resource->table, .kind = resource->kind, .slot_s = raw->slot_s};
    struct ll_decoder *decoder = ll_decoder_new(&options);
    struct ll_buf *contents = ll_xcalloc(raw->object_count + 1, sizeof(*contents));
    enum ll_status status = decode(p, raw, decoder, contents, err);
    if (status == LL_OK)
        status = ll_decoder_finish(decoder, ret, err);
    if (status == LL_OK)
        ll_forget_filter(p->lake->forgotten, resource->table, ret);
    ll_decoder_free(decoder);
    for (size_t i = 0; i < raw->object_count; i++)
        ll_buf_clear(&contents[i]);
    free(contents);
    *ret_resource = resource;
    return status;
}

static enum ll_status transform(struct ll_pipeline *p, const struct ll_manifest *raw,
                                struct prepared *prepared, struct ll_error *err)
{
    const struct ll_resource *resource;
    struct ll_decoded decoded = {0};
    enum ll_status status = decode_run(p, raw, &resource, &decoded, err);
    if (status == LL_OK) {
        count(prepared, raw, &decoded, resource);
        status = write_objects(p, prepared, &decoded, resource, err);
    }
    ll_decoded_clear(&decoded);
    return status;
}

/* True when `m`, the latest processed manifest, was made of this input and its objects are there.
 */
static bool is_current(struct ll_store *store, const struct ll_manifest *m,
                       const struct ll_sha256_text *raw_sha256)
{
    if (m->schema != LL_MANIFEST_SCHEMA || m->input_count != 1 ||
        strcmp(m->inputs[0].sha256.c, raw_sha256->c) != 0)
        return false;
    if (m->dropped.generation > 0)
        return true; /* it has been made, and may be gone */
    for (size_t i = 0; i < m->object_count; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        struct ll_object_info info;
        struct ll_error err;
        if (ll_store_head(store, ll_arena_cstr(&arena, m->objects[i].key), &info, &err) != LL_OK ||
            info.size_bytes != m->objects[i].size_bytes)
            return false;
    }
    return true;
}

static void describe(const struct ll_task *task, const struct ll_manifest *raw,
                     const struct ll_sha256_text *raw_sha256, struct prepared *ret)
{
    struct ll_manifest *m = &ret->manifest;
    ret->task = task;
    *m = (struct ll_manifest){
        .layer = LL_LAYER_PROCESSED,
        .id = task->id,
        .day = task->day,
        .schema = LL_MANIFEST_SCHEMA,
        .slot_s = raw->slot_s,
        .cadence_s = raw->cadence_s,
        .status = raw->status,
        .attempt = raw->attempt,
        .started_ms = raw->started_ms,
        .finished_ms = raw->finished_ms,
        .sweep_coverage = raw->sweep_coverage,
        .inputs = &ret->input,
        .input_count = 1,
    };
    m->source = ll_arena_copy(&m->arena, raw->source);
    m->resource = ll_arena_copy(&m->arena, raw->resource);
    m->why = ll_arena_copy(&m->arena, raw->why);
    ret->input = (struct ll_manifest_input){
        .id = ll_str_of(ret->manifest.id.c), .generation = raw->generation, .sha256 = *raw_sha256};
}

static enum ll_status refuse_dropped(const struct ll_manifest *raw, struct ll_error *err)
{
    return ll_fail(err, LL_NOT_FOUND, 0,
                   "its raw objects are gone (%.*s), and processed is not what was made of them",
                   LL_FMT(raw->dropped.reason));
}

/* Writes the objects of one task. ret->manifest.generation stays 0 when nothing is to be committed.
 */
static enum ll_status prepare(struct ll_pipeline *p, const struct ll_task *task,
                              struct prepared *ret, struct ll_error *err)
{
    struct ll_store *store = p->lake->store;
    struct ll_manifest raw = {0}, latest = {0};
    struct ll_sha256_text raw_sha256;
    struct ll_manifest_entry entry = {.generation = 0};
    enum ll_status status = read_authoritative(store, task, &raw, &raw_sha256, err);
    if (status != LL_OK)
        return status;
    status = ll_manifest_latest(store, LL_LAYER_PROCESSED, task->day, task->id.c, &entry, err);
    if (status == LL_OK)
        status = ll_manifest_get(store, LL_LAYER_PROCESSED, &entry, &latest, NULL, err);
    else if (status == LL_NOT_FOUND)
        status = LL_OK;
    bool current =
        status == LL_OK && entry.generation > 0 && is_current(store, &latest, &raw_sha256);
    if (status == LL_OK && raw.dropped.generation > 0) {
        if (!current)
            status = refuse_dropped(&raw, err);
    } else if (status == LL_OK &&
               (!current || (latest.dropped.generation > 0 ? p->revive : p->force))) {
        describe(task, &raw, &raw_sha256, ret);
        status = transform(p, &raw, ret, err);
        if (status == LL_OK && !(current && latest.dropped.generation == 0 &&
                                 ll_manifest_same_objects(&ret->manifest, &latest)))
            ret->manifest.generation = entry.generation + 1;
        if (status == LL_NOT_FOUND && current)
            status = LL_OK; /* raw was dropped since: what was made of it stands */
    }
    ll_manifest_clear(&raw);
    ll_manifest_clear(&latest);
    return status;
}

static enum ll_status commit(struct ll_pipeline *p, struct prepared *prepared, size_t count,
                             struct ll_outcome *outcome, struct ll_error *err)
{
    size_t changed = 0;
    for (size_t i = 0; i < count; i++)
        changed += prepared[i].manifest.generation > 0;
    outcome->current[LL_STAGE_PROCESS] += (int64_t)(count - changed);
    if (changed == 0)
        return LL_OK;
    if (ll_store_sync(p->lake->store, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < count; i++) {
        struct ll_sha256_text sha256;
        if (prepared[i].manifest.generation > 0 &&
            ll_manifest_put(p->lake->store, &prepared[i].manifest, &sha256, err) != LL_OK)
            return err->status;
    }
    if (ll_store_sync(p->lake->store, err) != LL_OK)
        return err->status;
    outcome->done[LL_STAGE_PROCESS] += (int64_t)changed;
    return LL_OK;
}

/* A queue may deliver a task twice; two attempts of it in one batch would race for a generation. */
static bool is_repeated(const struct ll_task *tasks, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (tasks[i].day == tasks[at].day && strcmp(tasks[i].id.c, tasks[at].id.c) == 0)
            return true;
    return false;
}

enum ll_status ll_stage_process(struct ll_pipeline *p, const struct ll_task *tasks, size_t count,
                                struct ll_outcome *outcome, struct ll_error *err)
{
    struct prepared *prepared = ll_xcalloc(count + 1, sizeof(*prepared));
    enum ll_status status = LL_OK;
    size_t ready = 0;
    for (size_t i = 0; i < count && status == LL_OK; i++) {
        if (is_repeated(tasks, i))
            continue;
        status = prepare(p, &tasks[i], &prepared[ready], err);
        if (status == LL_OK) {
            ready++;
            continue;
        }
        ll_context(err, "process %s", tasks[i].id.c);
        if (ll_task_is_to_blame(status)) {
            ll_outcome_fail(outcome, &tasks[i], err);
            ll_manifest_clear(&prepared[ready].manifest);
            status = LL_OK;
        }
    }
    if (status == LL_OK)
        status = commit(p, prepared, ready, outcome, err);
    for (size_t i = 0; i <= ready && i < count; i++)
        ll_manifest_clear(&prepared[i].manifest);
    free(prepared);
    return status;
}

/* --- for verify */

/* Whether processed holds exactly the rows that raw decodes to, both in one canonical form. */
static enum ll_status same_rows(struct ll_pipeline *p, const struct ll_manifest_object *object,
                                const struct ll_schema *schema, const struct ll_batch *decoded,
                                bool *ret_same, struct ll_error *err)
{
    struct ll_sha256_text fresh, stored;
    struct ll_batch rows;
    if (ll_lake_hash_table(p->lake, decoded, &fresh, err) != LL_OK)
        return err->status;
    *ret_same = strcmp(fresh.c, object->sha256.c) == 0;
    if (*ret_same)
        return LL_OK;
    /* Other bytes may still be the same rows, written by another version of the engine. */
    ll_batch_init(&rows, schema);
    enum ll_status status = ll_lake_get_table(p->lake, object, schema, &rows, err);
    if (status == LL_OK)
        status = ll_lake_hash_table(p->lake, &rows, &stored, err);
    ll_batch_clear(&rows);
    if (status == LL_OK)
        *ret_same = strcmp(fresh.c, stored.c) == 0;
    return status;
}

static bool is_fresh(const struct ll_pipeline *p, const struct ll_manifest *raw)
{
    int64_t at_ms = raw->finished_ms > 0 ? raw->finished_ms : raw->slot_s * 1000;
    return p->fresh_ms > 0 && (raw->status == LL_RUN_MISSED || at_ms >= p->fresh_ms);
}

enum ll_status ll_process_check(struct ll_pipeline *p, const struct ll_task *task,
                                struct ll_str *ret_problem, bool *ret_waits, struct ll_error *err)
{
    struct ll_manifest raw = {0}, latest = {0};
    struct ll_sha256_text raw_sha256;
    struct ll_manifest_entry entry;
    struct ll_decoded decoded = {0};
    const struct ll_resource *resource = NULL;
    bool same = true;
    *ret_waits = false;
    enum ll_status status = read_authoritative(p->lake->store, task, &raw, &raw_sha256, err);
    if (status == LL_OK)
        status = ll_manifest_latest(p->lake->store, LL_LAYER_PROCESSED, task->day, task->id.c,
                                    &entry, err);
    if (status == LL_OK)
        status = ll_manifest_get(p->lake->store, LL_LAYER_PROCESSED, &entry, &latest, NULL, err);
    if (status == LL_OK && latest.object_count == 0)
        status = ll_fail(err, LL_CORRUPT, 0, "its processed manifest names no table");
    if (status == LL_OK && latest.input_count == 1 &&
        strcmp(latest.inputs[0].sha256.c, raw_sha256.c) != 0) {
        *ret_waits = is_fresh(p, &raw);
        if (!*ret_waits)
            *ret_problem = LL_STR("processed was made of another attempt: run `livelake process`");
    } else if (status == LL_OK && raw.dropped.generation == 0 && latest.dropped.generation == 0) {
        status = decode_run(p, &raw, &resource, &decoded, err);
        if (status == LL_OK)
            status = same_rows(p, &latest.objects[0], ll_table_schema(resource->table),
                               &decoded.rows, &same, err);
        if (status == LL_OK && !same)
            *ret_problem = LL_STR("raw decodes to other rows than processed holds: run "
                                  "`livelake replay` for its day");
    } else if (status == LL_NOT_FOUND && raw.generation > 0 && is_fresh(p, &raw)) {
        *ret_waits = true;
        status = LL_OK;
    } else if (status == LL_NOT_FOUND && raw.generation > 0) {
        status = ll_fail(err, LL_NOT_FOUND, 0, "not processed: run `livelake process`");
    }
    ll_decoded_clear(&decoded);
    ll_manifest_clear(&raw);
    ll_manifest_clear(&latest);
    return status;
}
