#include "lake/lake.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/json.h"
#include "codec/zstd.h"

#define SETTINGS_KEY "lake.json"
#define RAW_ZSTD_LEVEL 3

static bool read_settings(struct ll_json *r, struct ll_lake_settings *s)
{
    struct ll_str key, text;
    int64_t schema = 0;
    if (!ll_json_enter_object(r))
        return false;
    while (ll_json_next_key(r, &key)) {
        bool ok;
        if (ll_str_equal(key, LL_STR("schema")))
            ok = ll_json_number(r, &text) && ll_str_to_i64(text, &schema);
        else if (ll_str_equal(key, LL_STR("created_at")))
            ok = ll_json_string(r, &text) && ll_stamp_parse(text, &s->created_ms);
        else if (ll_str_equal(key, LL_STR("overrides")))
            ok = ll_json_bool(r, &s->overrides);
        else if (ll_str_equal(key, LL_STR("origin_timezone"))) {
            ok = ll_json_string(r, &text) && text.len < sizeof(s->origin_timezone);
            if (ok)
                snprintf(s->origin_timezone, sizeof(s->origin_timezone), "%.*s", LL_FMT(text));
        } else
            ok = ll_json_skip(r);
        if (!ok)
            return false;
    }
    s->schema = (int)schema;
    return ll_json_done(r) && schema > 0 && schema < INT32_MAX;
}

enum ll_status ll_lake_settings_load(struct ll_store *store, struct ll_lake_settings *ret,
                                     struct ll_error *err)
{
    return ll_lake_settings_load_to(store, LL_LAKE_SCHEMA, ret, err);
}

enum ll_status ll_lake_settings_load_to(struct ll_store *store, int newest,
                                        struct ll_lake_settings *ret, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = 1024 * 1024};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_lake_settings s = {.overrides = true};
    if (ll_store_get(store, SETTINGS_KEY, &text, err) != LL_OK)
        return err->status;
    struct ll_json reader = ll_json_reader(ll_buf_str(&text), &arena);
    if (!read_settings(&reader, &s))
        return ll_fail(err, LL_CORRUPT, 0,
                       "lake.json cannot be read: restore it from a backup, or write "
                       "{\"schema\":%d} into it if this lake is of this version",
                       newest);
    if (s.schema > newest)
        return ll_fail(err, LL_UNSUPPORTED, s.schema,
                       "this lake was made by a newer livelake (schema %d, this program knows "
                       "%d): upgrade livelake",
                       s.schema, newest);
    *ret = s;
    return LL_OK;
}

enum ll_status ll_lake_settings_save(struct ll_store *store,
                                     const struct ll_lake_settings *settings, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text,
                  "{\"schema\":%d,\"created_at\":\"%s\",\"overrides\":%s,\"origin_timezone\":",
                  settings->schema, ll_stamp_format_ms(settings->created_ms).c,
                  settings->overrides ? "true" : "false");
    ll_buf_add_json_string(&text, ll_str_of(settings->origin_timezone));
    ll_buf_add(&text, LL_STR("}\n"));
    if (ll_store_put(store, SETTINGS_KEY, ll_buf_str(&text), LL_PUT_REPLACE, err) != LL_OK ||
        ll_store_sync(store, err) != LL_OK)
        return ll_context(err, "write " SETTINGS_KEY);
    return LL_OK;
}

enum ll_status ll_lake_put_raw(struct ll_lake *lake, const char *key, struct ll_str content,
                               struct ll_manifest_object *ret, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf packed = {0};
    if (ll_zstd_compress(content, RAW_ZSTD_LEVEL, &packed, err) != LL_OK)
        return ll_context(err, "compress %s", key);
    /* REPLACE: a key without a manifest can only be what a killed attempt left. */
    if (ll_store_put(lake->store, key, ll_buf_str(&packed), LL_PUT_REPLACE, err) != LL_OK)
        return ll_context(err, "write raw");
    *ret = (struct ll_manifest_object){
        .key = ll_str_of(key),
        .size_bytes = (int64_t)packed.len,
        .sha256 = ll_sha256_hex(ll_sha256_of(ll_buf_str(&packed))),
        .rows = -1,
        .content_sha256 = ll_sha256_hex(ll_sha256_of(content)),
        .content_bytes = (int64_t)content.len,
    };
    return LL_OK;
}

/* Adds what can be done about an object that is damaged or gone. */
static enum ll_status advise(const struct ll_manifest_object *object, struct ll_error *err)
{
    if (err->status != LL_CORRUPT && err->status != LL_NOT_FOUND)
        return err->status;
    size_t date = ll_str_find(object->key, '=', 0) + 1; /* …/date=YYYY-MM-DD/… */
    int32_t day = 0;
    bool dated = ll_date_parse(ll_str_sub(object->key, date, date + 10), &day);
    struct ll_error cause = *err;
    if (ll_str_starts_with(object->key, LL_STR("raw/")) || !dated)
        return ll_fail(err, cause.status, cause.code, "%s; restore it from a backup",
                       cause.message);
    if (ll_str_starts_with(object->key, LL_STR("history/")))
        return ll_fail(err, cause.status, cause.code,
                       "%s; make it anew with `livelake close-day %s --rebuild`", cause.message,
                       ll_date_format(day).c);
    return ll_fail(err, cause.status, cause.code,
                   "%s; make it anew with `livelake replay --from %s --to %s`", cause.message,
                   ll_date_format(day).c, ll_date_format(day + 1).c);
}

static enum ll_status damaged(const struct ll_manifest_object *object, const char *what,
                              struct ll_error *err)
{
    ll_fail(err, LL_CORRUPT, 0, "%.*s is damaged (%s)", LL_FMT(object->key), what);
    return advise(object, err);
}

enum ll_status ll_lake_get_raw(struct ll_lake *lake, const struct ll_manifest_object *object,
                               struct ll_buf *out, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf packed = {.max_bytes = (size_t)LL_RAW_OBJECT_MAX};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    enum ll_status status =
        ll_store_get(lake->store, ll_arena_cstr(&arena, object->key), &packed, err);
    if (status != LL_OK)
        return advise(object, err);
    struct ll_sha256_text hash = ll_sha256_hex(ll_sha256_of(ll_buf_str(&packed)));
    if (strcmp(hash.c, object->sha256.c) != 0)
        return damaged(object, "its SHA-256 is not the manifest's", err);
    if (out->max_bytes == 0)
        out->max_bytes = (size_t)LL_RAW_OBJECT_MAX;
    if (ll_zstd_decompress(ll_buf_str(&packed), out, err) != LL_OK)
        return ll_context(err, "%.*s", LL_FMT(object->key));
    return LL_OK;
}

static struct ll_str tmp_path(struct ll_lake *lake, struct ll_arena *arena)
{
    return ll_arena_printf(arena, "%s/table-%ld.parquet", lake->tmp_dir, (long)getpid());
}

/* Moves the finished file into the store and describes it. */
static enum ll_status put_finished(struct ll_lake *lake, const char *key, const char *path,
                                   int64_t rows, struct ll_manifest_object *ret,
                                   struct ll_error *err)
{
    struct ll_sha256 hash;
    int64_t size_bytes;
    if (ll_sha256_file(path, &hash, &size_bytes, err) != LL_OK ||
        ll_store_put_file(lake->store, key, path, LL_PUT_REPLACE, err) != LL_OK)
        return ll_context(err, "write %s", key);
    *ret = (struct ll_manifest_object){.key = ll_str_of(key),
                                       .size_bytes = size_bytes,
                                       .sha256 = ll_sha256_hex(hash),
                                       .rows = rows};
    return LL_OK;
}

enum ll_status ll_lake_put_table(struct ll_lake *lake, const char *key,
                                 const struct ll_batch *batch, struct ll_manifest_object *ret,
                                 struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *path = tmp_path(lake, &arena).ptr;
    if (ll_parquet_write(lake->scratch, batch, path, err) != LL_OK) {
        unlink(path);
        return ll_context(err, "write %s", key);
    }
    return put_finished(lake, key, path, (int64_t)batch->row_count, ret, err);
}

enum ll_status ll_lake_hash_table(struct ll_lake *lake, const struct ll_batch *batch,
                                  struct ll_sha256_text *ret, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *path = tmp_path(lake, &arena).ptr;
    struct ll_sha256 hash;
    int64_t size_bytes;
    enum ll_status status = ll_parquet_write(lake->scratch, batch, path, err);
    if (status == LL_OK)
        status = ll_sha256_file(path, &hash, &size_bytes, err);
    unlink(path);
    if (status == LL_OK)
        *ret = ll_sha256_hex(hash);
    return status;
}

enum ll_status ll_lake_put_select(struct ll_lake *lake, const char *key, struct ll_str select,
                                  const struct ll_param *params, size_t count,
                                  struct ll_manifest_object *ret, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *path = tmp_path(lake, &arena).ptr;
    int64_t rows = 0;
    if (ll_parquet_copy(lake->scratch, select, params, count, path, err) != LL_OK ||
        ll_parquet_count(lake->scratch, path, &rows, err) != LL_OK) {
        unlink(path);
        return ll_context(err, "write %s", key);
    }
    return put_finished(lake, key, path, rows, ret, err);
}

enum ll_status ll_lake_fetch(struct ll_lake *lake, const struct ll_manifest_object *object,
                             struct ll_store_file *ret, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_store_file file;
    if (ll_store_fetch(lake->store, ll_arena_cstr(&arena, object->key), &file, err) != LL_OK)
        return advise(object, err);
    struct ll_sha256 hash;
    int64_t size_bytes;
    enum ll_status status = ll_sha256_file(file.path, &hash, &size_bytes, err);
    if (status == LL_OK &&
        (size_bytes != object->size_bytes || strcmp(ll_sha256_hex(hash).c, object->sha256.c) != 0))
        status = damaged(object, "its size or SHA-256 is not the manifest's", err);
    if (status != LL_OK) {
        ll_store_file_clear(&file);
        return status;
    }
    *ret = file;
    return LL_OK;
}

enum ll_status ll_lake_get_table(struct ll_lake *lake, const struct ll_manifest_object *object,
                                 const struct ll_schema *schema, struct ll_batch *ret,
                                 struct ll_error *err)
{
    struct ll_store_file file;
    if (ll_lake_fetch(lake, object, &file, err) != LL_OK)
        return err->status;
    enum ll_status status = ll_parquet_read(lake->scratch, file.path, schema, ret, err);
    ll_store_file_clear(&file);
    return status == LL_OK ? LL_OK : ll_context(err, "%.*s", LL_FMT(object->key));
}

const struct ll_manifest_object *ll_manifest_object_find(const struct ll_manifest *manifest,
                                                         const char *prefix)
{
    for (size_t i = 0; i < manifest->object_count; i++)
        if (ll_str_starts_with(manifest->objects[i].key, ll_str_of(prefix)))
            return &manifest->objects[i];
    return NULL;
}
