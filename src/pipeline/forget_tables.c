/* Tables that can no longer be made anew, rewritten where they are: processed runs whose raw is
 * gone, and the history of sealed days. See forget.h, step 4.
 *
 * A table's key stays, so for a moment the object is not what its manifest says. The intent names
 * the manifest meanwhile; after a kill it is done once more, whatever the object's hash. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/forget_internal.h"

/* A table that may hold people. `look` gives one row, the number of rows with a trace; `take` makes
 * forget_row without them; `mask` masks a name in it; `put` gives the rows in their order. */
struct table {
    const char *prefix;
    const char *look, *take, *mask, *put;
};

static const struct table processed_tables[] = {
    {"processed/stream/", "forget/look_stream", "forget/take_stream", "forget/mask_texts",
     "forget/put_stream"},
    {"processed/user/", "forget/look_user", "forget/take_user", "forget/mask_description",
     "forget/put_user"},
    {"quarantine/", "forget/look_quarantine", "forget/take_quarantine", "forget/mask_record",
     "forget/put_quarantine"},
};
/* `take` of all of a day's tables is forget/take_day. */
static const struct table history_tables[] = {
    {"history/run/", NULL, NULL, NULL, "forget/put_run"},
    {"history/track/", "forget/look_track", NULL, NULL, "forget/put_track"},
    {"history/text_span/", "forget/look_text_span", NULL, "forget/mask_spans",
     "forget/put_text_span"},
    {"history/broadcaster_day/", "forget/look_broadcaster_day", NULL, NULL,
     "forget/put_broadcaster_day"},
    {"history/category_day/", NULL, NULL, NULL, "forget/put_category_day"},
};
#define TABLES_MAX 8

/* One manifest being rewritten. */
struct rewrite {
    struct ll_forgetting *f;
    struct ll_forget_terms terms;
    struct ll_manifest manifest;
    struct ll_store_file files[TABLES_MAX];
    struct ll_buf paths[TABLES_MAX];
    struct ll_key keys[TABLES_MAX];
    const struct table *tables[TABLES_MAX]; /* of the objects; NULL = holds nobody */
    size_t count;
};

static const struct table *find_table(enum ll_layer layer, struct ll_str key)
{
    bool history = layer == LL_LAYER_HISTORY;
    const struct table *tables = history ? history_tables : processed_tables;
    size_t count = history ? LL_COUNT(history_tables) : LL_COUNT(processed_tables);
    for (size_t i = 0; i < count; i++)
        if (ll_str_starts_with(key, ll_str_of(tables[i].prefix)))
            return &tables[i];
    return NULL;
}

static void rewrite_clear(struct rewrite *w)
{
    for (size_t i = 0; i < w->count; i++) {
        ll_store_file_clear(&w->files[i]);
        ll_buf_clear(&w->paths[i]);
    }
    ll_forget_terms_clear(&w->terms);
    ll_manifest_clear(&w->manifest);
}

/* Objects as files. Unchecked: the intent may say that they are not what the manifest says. */
static enum ll_status rewrite_open(struct rewrite *w, struct ll_forgetting *f, enum ll_layer layer,
                                   const struct ll_manifest_entry *entry, struct ll_error *err)
{
    *w = (struct rewrite){.f = f};
    ll_forget_terms_init(&w->terms, f->person);
    struct ll_store *store = f->p->lake->store;
    if (ll_manifest_get(store, layer, entry, &w->manifest, NULL, err) != LL_OK)
        return err->status;
    if (w->manifest.dropped.generation > 0)
        return LL_OK;
    if (w->manifest.object_count > TABLES_MAX)
        return ll_fail(err, LL_CORRUPT, 0, "%s names too many objects", entry->id.c);
    for (size_t i = 0; i < w->manifest.object_count; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        const char *key = ll_arena_cstr(&arena, w->manifest.objects[i].key);
        if (ll_store_fetch(store, key, &w->files[i], err) != LL_OK)
            return err->status;
        memcpy(w->keys[i].c, key, strlen(key) + 1);
        ll_parquet_add_path(&w->paths[i], w->files[i].path);
        w->tables[i] = find_table(layer, w->manifest.objects[i].key);
        w->count++;
    }
    return LL_OK;
}

/* Parameters of all statements; those they do not name are not bound. */
#define PARAMS_MAX 8
static size_t add_params(const struct rewrite *w, size_t object, struct ll_param *params)
{
    size_t count = 0;
    params[count++] = ll_param_i64("id", w->f->person->id);
    params[count++] = ll_param_text("any", w->terms.any);
    params[count++] = ll_param_text("file", ll_buf_str(&w->paths[object]));
    return count;
}

static enum ll_status run(struct rewrite *w, const char *name, const struct ll_param *params,
                          size_t count, struct ll_error *err)
{
    return ll_duck_exec(w->f->p->lake->scratch, ll_sql_find("duckdb", name), params, count, err);
}

static enum ll_status look(struct rewrite *w, int64_t *ret_rows, struct ll_error *err)
{
    struct ll_param params[PARAMS_MAX];
    *ret_rows = 0;
    for (size_t i = 0; i < w->count; i++) {
        LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
        if (w->tables[i] == NULL || w->tables[i]->look == NULL)
            continue;
        size_t count = add_params(w, i, params);
        if (ll_duck_query(w->f->p->lake->scratch, ll_sql_find("duckdb", w->tables[i]->look), params,
                          count, 1, &rows, err) != LL_OK)
            return ll_context(err, "%s", w->keys[i].c);
        *ret_rows += ll_batch_get_i64(&rows, 0, 0);
    }
    return LL_OK;
}

static enum ll_status mask(struct rewrite *w, const char *name, struct ll_error *err)
{
    for (size_t i = 0; name != NULL && i < w->terms.count; i++) {
        const struct ll_param params[] = {ll_param_text("pattern", w->terms.terms[i].pattern),
                                          ll_param_text("stars", w->terms.terms[i].stars)};
        if (run(w, name, params, LL_COUNT(params), err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

static enum ll_status put(struct rewrite *w, size_t i, struct ll_error *err)
{
    struct ll_manifest_object fresh;
    struct ll_manifest_object *object = &w->manifest.objects[i];
    if (ll_lake_put_select(w->f->p->lake, w->keys[i].c, ll_sql_find("duckdb", w->tables[i]->put),
                           NULL, 0, &fresh, err) != LL_OK)
        return err->status;
    if (object->rows > fresh.rows)
        w->f->counts->table_rows += object->rows - fresh.rows;
    w->f->counts->tables++;
    fresh.key = object->key;
    *object = fresh;
    return LL_OK;
}

static enum ll_status sums(struct rewrite *w, const char *name, int64_t *ret_rows,
                           int64_t *ret_viewers, struct ll_error *err)
{
    LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
    if (ll_duck_query(w->f->p->lake->scratch, ll_sql_find("duckdb", name), NULL, 0, 1, &rows,
                      err) != LL_OK)
        return err->status;
    *ret_rows = ll_batch_get_i64(&rows, 0, 0);
    *ret_viewers = ll_batch_get_i64(&rows, 1, 0);
    return LL_OK;
}

/* One table of processed: it, and what the manifest counts of it. */
static enum ll_status rewrite_processed(struct rewrite *w, size_t i, struct ll_error *err)
{
    struct ll_param params[PARAMS_MAX];
    const struct table *table = w->tables[i];
    struct ll_run_counts *counts = &w->manifest.counts;
    int64_t rows = w->manifest.objects[i].rows, viewers, ignored;
    if (run(w, table->take, params, add_params(w, i, params), err) != LL_OK ||
        mask(w, table->mask, err) != LL_OK || put(w, i, err) != LL_OK)
        return err->status;
    int64_t cut = rows - w->manifest.objects[i].rows;
    counts->rows_in -= cut;
    if (strcmp(table->prefix, "quarantine/") == 0)
        counts->quarantined -= cut;
    else
        counts->rows_out -= cut;
    w->manifest.forgotten += cut;
    if (strcmp(table->prefix, "processed/stream/") != 0)
        return LL_OK;
    if (sums(w, "forget/sum_stream", &ignored, &viewers, err) != LL_OK)
        return err->status;
    counts->viewers = viewers;
    return LL_OK;
}

static size_t find_path(const struct rewrite *w, const char *prefix)
{
    size_t i = 0;
    while (i < w->count && !ll_str_starts_with(w->manifest.objects[i].key, ll_str_of(prefix)))
        i++;
    return i;
}

/* All tables of a day hang together. */
static enum ll_status rewrite_day(struct rewrite *w, struct ll_error *err)
{
    static const char *const names[] = {"run", "track", "text_span", "broadcaster_day",
                                        "category_day"};
    struct ll_param params[PARAMS_MAX] = {ll_param_i64("id", w->f->person->id)};
    size_t count = 1;
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        size_t at = find_path(w, history_tables[i].prefix);
        if (at == w->count)
            return ll_fail(err, LL_CORRUPT, 0, "the history manifest names no %s table", names[i]);
        params[count++] = ll_param_text(names[i], ll_buf_str(&w->paths[at]));
    }
    if (run(w, "forget/take_day", params, count, err) != LL_OK ||
        mask(w, "forget/mask_spans", err) != LL_OK)
        return err->status;
    int64_t before = w->manifest.counts.rows_out;
    for (size_t i = 0; i < w->count; i++)
        if (w->tables[i] != NULL && put(w, i, err) != LL_OK)
            return err->status;
    if (sums(w, "forget/sum_day", &w->manifest.counts.rows_out, &w->manifest.counts.viewers, err) !=
        LL_OK)
        return err->status;
    w->manifest.forgotten += before - w->manifest.counts.rows_out;
    return LL_OK;
}

static enum ll_status note_rewriting(struct ll_forgetting *f, enum ll_layer layer,
                                     const struct ll_manifest_entry *entry, struct ll_error *err)
{
    f->person->rewriting_layer = layer;
    f->person->rewriting = *entry;
    return ll_forget_intent_put(f->p->lake->store, f->options->forgotten, f->person, err);
}

/* Objects, then the manifest that names them. */
static enum ll_status rewrite_all(struct rewrite *w, const struct ll_manifest_entry *entry,
                                  struct ll_error *err)
{
    struct ll_forgetting *f = w->f;
    struct ll_store *store = f->p->lake->store;
    struct ll_sha256_text sha256;
    enum ll_layer layer = w->manifest.layer;
    enum ll_status status = note_rewriting(f, layer, entry, err);
    if (status == LL_OK && layer == LL_LAYER_HISTORY)
        status = rewrite_day(w, err);
    for (size_t i = 0; i < w->count && status == LL_OK && layer == LL_LAYER_PROCESSED; i++)
        if (w->tables[i] != NULL)
            status = rewrite_processed(w, i, err);
    struct ll_error clearing;
    if (run(w, "forget/clear", NULL, 0, &clearing) != LL_OK && status == LL_OK) {
        *err = clearing;
        status = clearing.status;
    }
    w->manifest.generation = entry->generation + 1;
    if (status == LL_OK)
        status = ll_store_sync(store, err);
    if (status == LL_OK)
        status = ll_manifest_put(store, &w->manifest, &sha256, err);
    if (status == LL_OK)
        status = ll_store_sync(store, err);
    const struct ll_manifest_entry none = {0};
    return status == LL_OK ? note_rewriting(f, layer, &none, err) : status;
}

/* Looks at the tables of a manifest, and rewrites them where there is a trace. */
static enum ll_status forget_tables(struct ll_forgetting *f, enum ll_layer layer,
                                    const struct ll_manifest_entry *entry, bool even_without,
                                    struct ll_error *err)
{
    struct rewrite w;
    int64_t rows = 0;
    enum ll_status status = rewrite_open(&w, f, layer, entry, err);
    if (status == LL_OK)
        status = look(&w, &rows, err);
    bool needed = status == LL_OK && w.count > 0 && (rows > 0 || even_without);
    if (needed)
        status = rewrite_all(&w, entry, err);
    rewrite_clear(&w);
    if (needed && status == LL_OK && layer == LL_LAYER_HISTORY) {
        const struct ll_task task = ll_task_close(entry->day);
        return ll_runner_submit(f->p, &task, f->outcome, err);
    }
    return status;
}

/* What cannot be read is noted: nobody can tell what it holds. */
static enum ll_status note_failure(struct ll_forgetting *f, enum ll_stage stage,
                                   const struct ll_manifest_entry *entry, enum ll_status status,
                                   struct ll_error *err)
{
    if (status == LL_OK || !ll_task_is_to_blame(status))
        return status;
    const struct ll_task task = {stage, entry->day, entry->id};
    ll_context(err, "forget in %s", entry->id.c);
    ll_outcome_fail(f->outcome, &task, err);
    return LL_OK;
}

enum ll_status ll_forget_unfinished(struct ll_forgetting *f, struct ll_error *err)
{
    const struct ll_manifest_entry entry = f->person->rewriting;
    struct ll_manifest_entry latest;
    if (entry.generation == 0)
        return LL_OK;
    enum ll_layer layer = f->person->rewriting_layer;
    enum ll_status status =
        ll_manifest_latest(f->p->lake->store, layer, entry.day, entry.id.c, &latest, err);
    if (status == LL_OK && latest.generation == entry.generation)
        status = forget_tables(f, layer, &entry, true, err);
    return note_failure(f, layer == LL_LAYER_HISTORY ? LL_STAGE_CLOSE : LL_STAGE_PROCESS, &entry,
                        status, err);
}

/* Whether the tables of a run follow from raw, which has been seen to. */
static enum ll_status has_raw(struct ll_forgetting *f, const struct ll_manifest_entry *entry,
                              bool *ret, struct ll_error *err)
{
    struct ll_store *store = f->p->lake->store;
    struct ll_manifest_entry latest;
    struct ll_manifest raw = {0};
    enum ll_status status =
        ll_manifest_latest(store, LL_LAYER_RAW, entry->day, entry->id.c, &latest, err);
    if (status == LL_OK)
        status = ll_manifest_get(store, LL_LAYER_RAW, &latest, &raw, NULL, err);
    *ret = status == LL_OK && raw.dropped.generation == 0;
    for (size_t i = 0; i < raw.object_count && *ret; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        struct ll_object_info info;
        *ret = ll_store_head(store, ll_arena_cstr(&arena, raw.objects[i].key), &info, err) == LL_OK;
    }
    ll_manifest_clear(&raw);
    return status == LL_OK || ll_task_is_to_blame(status) ? LL_OK : status;
}

static bool holds_people(const struct ll_manifest_entry *entry)
{
    struct ll_str id = ll_str_of(entry->id.c);
    return ll_id_is_run(id) || ll_str_starts_with(id, LL_STR("users-"));
}

enum ll_status ll_forget_processed(struct ll_forgetting *f, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_all(f->p->lake->store, LL_LAYER_PROCESSED, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < list.count && status == LL_OK; i++) {
        const struct ll_manifest_entry *entry = &list.entries[i];
        bool from_raw = true;
        status = ll_pipeline_go_on(f->p, err);
        if (status == LL_OK && holds_people(entry))
            status = has_raw(f, entry, &from_raw, err);
        if (status == LL_OK && !from_raw)
            status = note_failure(f, LL_STAGE_PROCESS, entry,
                                  forget_tables(f, LL_LAYER_PROCESSED, entry, false, err), err);
    }
    ll_manifest_list_clear(&list);
    return status;
}

enum ll_status ll_forget_history(struct ll_forgetting *f, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_all(f->p->lake->store, LL_LAYER_HISTORY, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < list.count && status == LL_OK; i++) {
        status = ll_pipeline_go_on(f->p, err);
        if (status == LL_OK)
            status =
                note_failure(f, LL_STAGE_CLOSE, &list.entries[i],
                             forget_tables(f, LL_LAYER_HISTORY, &list.entries[i], false, err), err);
    }
    ll_manifest_list_clear(&list);
    return status;
}
