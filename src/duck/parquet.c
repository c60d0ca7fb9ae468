#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "duck/duck_internal.h"

/* Encodings of version 1, which every reader knows. No Bloom filters: each engine ignores
 * another's, and they cost about a byte a value in files that are read whole. */
#define COPY_OPTIONS                                                                               \
    " (FORMAT parquet, PARQUET_VERSION v1, COMPRESSION zstd, ROW_GROUP_SIZE 122880,"               \
    " WRITE_BLOOM_FILTER false, USE_TMP_FILE false)"

static const char *sql_type(enum ll_type type)
{
    static const char *const names[] = {
        [LL_TYPE_BOOL] = "BOOLEAN",        [LL_TYPE_I32] = "INTEGER",
        [LL_TYPE_I64] = "BIGINT",          [LL_TYPE_F64] = "DOUBLE",
        [LL_TYPE_TEXT] = "VARCHAR",        [LL_TYPE_DATE] = "DATE",
        [LL_TYPE_TIMESTAMP] = "TIMESTAMP", [LL_TYPE_TEXT_LIST] = "VARCHAR[]",
        [LL_TYPE_I32_LIST] = "INTEGER[]",  [LL_TYPE_I64_LIST] = "BIGINT[]",
    };
    assert((size_t)type < LL_COUNT(names));
    return names[type];
}

enum ll_status ll_parquet_copy(struct ll_duck *scratch, struct ll_str select,
                               const struct ll_param *params, size_t count, const char *path,
                               struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf sql = {0};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    select = ll_str_trim(select);
    while (ll_str_ends_with(select, LL_STR(";")))
        select = ll_str_trim(ll_str_sub(select, 0, select.len - 1));
    ll_buf_printf(&sql, "COPY (\n%.*s\n) TO $ll_path" COPY_OPTIONS, LL_FMT(select));
    struct ll_param *all = ll_arena_array(&arena, count + 1, sizeof(*all));
    for (size_t i = 0; i < count; i++)
        all[i] = params[i];
    all[count] = ll_param_text("ll_path", ll_str_of(path));

    /* With several threads the bounds of row groups depend on which is faster. */
    enum ll_status status = ll_duck_one_thread(scratch, err);
    if (status == LL_OK)
        status = ll_duck_exec(scratch, ll_buf_str(&sql), all, count + 1, err);
    status = ll_duck_all_threads(scratch, status, err);
    return status == LL_OK ? LL_OK : ll_context(err, "write %s", path);
}

static void add_create(struct ll_buf *sql, const struct ll_batch *batch)
{
    ll_buf_add(sql, LL_STR("CREATE OR REPLACE TEMP TABLE ll_parquet_rows ("));
    for (size_t c = 0; c < batch->column_count; c++) {
        ll_buf_add(sql, c > 0 ? LL_STR(", ") : LL_STR(""));
        ll_duck_add_identifier(sql, batch->columns[c].field.name);
        ll_buf_printf(sql, " %s", sql_type(batch->columns[c].field.type));
    }
    ll_buf_add_char(sql, ')');
}

enum ll_status ll_parquet_write(struct ll_duck *scratch, const struct ll_batch *batch,
                                const char *path, struct ll_error *err)
{
    assert(batch->column_count > 0);
    LL_AUTO(ll_buf_clear) struct ll_buf sql = {0};
    add_create(&sql, batch);
    enum ll_status status = ll_duck_exec(scratch, ll_buf_str(&sql), NULL, 0, err);
    if (status != LL_OK)
        return ll_context(err, "write %s", path);
    status = ll_duck_append(scratch, "ll_parquet_rows", batch, err);
    if (status != LL_OK)
        ll_context(err, "write %s", path);
    else
        status = ll_parquet_copy(scratch, LL_STR("FROM ll_parquet_rows"), NULL, 0, path, err);
    struct ll_error ignored;
    enum ll_status drop = ll_duck_clean_up(scratch, LL_STR("DROP TABLE ll_parquet_rows"), &ignored);
    if (status == LL_OK && drop != LL_OK) {
        *err = ignored;
        status = drop;
    }
    return status;
}

/* A path is a pattern to read_parquet, where the special characters stand for themselves in
 * brackets. */
void ll_parquet_add_path(struct ll_buf *out, const char *path)
{
    for (const char *c = path; *c; c++)
        if (*c == '*' || *c == '?' || *c == '[')
            ll_buf_printf(out, "[%c]", *c);
        else
            ll_buf_add_char(out, *c);
}

enum ll_status ll_parquet_count(struct ll_duck *scratch, const char *path, int64_t *ret_rows,
                                struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
    LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
    ll_parquet_add_path(&pattern, path);
    struct ll_param param = ll_param_text("path", ll_buf_str(&pattern));
    enum ll_status status =
        ll_duck_query(scratch, LL_STR("SELECT num_rows::BIGINT FROM parquet_file_metadata($path)"),
                      &param, 1, 1, &rows, err);
    if (status != LL_OK)
        return ll_context(err, "read %s", path);
    *ret_rows = ll_batch_get_i64(&rows, 0, 0);
    return LL_OK;
}

enum ll_status ll_parquet_read(struct ll_duck *scratch, const char *path,
                               const struct ll_schema *schema, struct ll_batch *ret,
                               struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf sql = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
    ll_parquet_add_path(&pattern, path);
    for (size_t i = 0; i < schema->count; i++) {
        ll_buf_add(&sql, i > 0 ? LL_STR(", CAST(f.") : LL_STR("SELECT CAST(f."));
        ll_duck_add_identifier(&sql, schema->fields[i].name);
        ll_buf_printf(&sql, " AS %s)", sql_type(schema->fields[i].type));
    }
    ll_buf_add(&sql, LL_STR(" FROM read_parquet($path, hive_partitioning = false) AS f"));
    struct ll_param param = ll_param_text("path", ll_buf_str(&pattern));
    enum ll_status status = ll_duck_query_into(scratch, ll_buf_str(&sql), &param, 1, 0, ret, err);
    if (status == LL_OK)
        return LL_OK;
    if (status == LL_INVALID) /* of SQL that is ours, it is the file that is wrong */
        err->status = LL_CORRUPT;
    return ll_context(err, "read %s", path);
}
