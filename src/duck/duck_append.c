#include <assert.h>
#include <string.h>

#include "duck/duck_internal.h"

static duckdb_logical_type engine_type(const struct ll_duck_api *api, enum ll_type type)
{
    static const duckdb_type types[] = {
        [LL_TYPE_BOOL] = DUCKDB_TYPE_BOOLEAN,        [LL_TYPE_I32] = DUCKDB_TYPE_INTEGER,
        [LL_TYPE_I64] = DUCKDB_TYPE_BIGINT,          [LL_TYPE_F64] = DUCKDB_TYPE_DOUBLE,
        [LL_TYPE_TEXT] = DUCKDB_TYPE_VARCHAR,        [LL_TYPE_DATE] = DUCKDB_TYPE_DATE,
        [LL_TYPE_TIMESTAMP] = DUCKDB_TYPE_TIMESTAMP, [LL_TYPE_TEXT_LIST] = DUCKDB_TYPE_VARCHAR,
        [LL_TYPE_I32_LIST] = DUCKDB_TYPE_INTEGER,    [LL_TYPE_I64_LIST] = DUCKDB_TYPE_BIGINT,
    };
    duckdb_logical_type element = api->create_logical_type(types[type]);
    if (type != LL_TYPE_TEXT_LIST && type != LL_TYPE_I32_LIST && type != LL_TYPE_I64_LIST)
        return element;
    duckdb_logical_type list = api->create_list_type(element);
    api->destroy_logical_type(&element);
    return list;
}

static void set_nulls(const struct ll_duck_api *api, duckdb_vector vector, const uint8_t *nulls,
                      size_t offset, size_t count)
{
    if (!nulls || !memchr(nulls, 1, count))
        return;
    api->vector_ensure_validity_writable(vector);
    uint64_t *validity = api->vector_get_validity(vector);
    for (size_t i = 0; i < count; i++)
        if (nulls[i])
            validity[(offset + i) / 64] &= ~(UINT64_C(1) << ((offset + i) % 64));
}

static void set_text(const struct ll_duck_api *api, duckdb_vector vector, duckdb_string_t *strings,
                     size_t i, struct ll_str text)
{
    if (text.len > sizeof(strings->value.inlined.inlined)) {
        api->vector_assign_string_element_len(vector, i, text.ptr, text.len);
        return;
    }
    duckdb_string_t s = {.value.inlined.length = (uint32_t)text.len};
    if (text.len > 0)
        memcpy(s.value.inlined.inlined, text.ptr, text.len);
    strings[i] = s;
}

static void fill_text(const struct ll_duck_api *api, duckdb_vector vector,
                      const struct ll_column *column, size_t from, size_t count)
{
    const struct ll_str *texts = (const struct ll_str *)column->values + from;
    duckdb_string_t *strings = api->vector_get_data(vector);
    for (size_t i = 0; i < count; i++)
        if (!column->nulls[from + i])
            set_text(api, vector, strings, i, texts[i]);
}

static void fill_elements(const struct ll_duck_api *api, duckdb_vector elements, enum ll_type type,
                          const struct ll_list *list, size_t offset)
{
    set_nulls(api, elements, list->nulls, offset, list->count);
    char *data = api->vector_get_data(elements);
    if (type != LL_TYPE_TEXT_LIST) {
        size_t width = type == LL_TYPE_I32_LIST ? sizeof(int32_t) : sizeof(int64_t);
        if (list->count > 0)
            memcpy(data + offset * width, list->elements, list->count * width);
        return;
    }
    const struct ll_str *texts = list->elements;
    for (size_t i = 0; i < list->count; i++)
        if (!(list->nulls && list->nulls[i]))
            set_text(api, elements, (duckdb_string_t *)(void *)data, offset + i, texts[i]);
}

static bool fill_lists(const struct ll_duck_api *api, duckdb_vector vector,
                       const struct ll_column *column, size_t from, size_t count)
{
    const struct ll_list *lists = (const struct ll_list *)column->values + from;
    const uint8_t *nulls = column->nulls + from;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += nulls[i] ? 0 : lists[i].count;
    if (api->list_vector_reserve(vector, total) != DuckDBSuccess ||
        api->list_vector_set_size(vector, total) != DuckDBSuccess)
        return false;
    duckdb_vector elements = api->list_vector_get_child(vector);
    duckdb_list_entry *entries = api->vector_get_data(vector);
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (duckdb_list_entry){.offset = offset};
        if (nulls[i])
            continue;
        entries[i].length = lists[i].count;
        fill_elements(api, elements, column->field.type, &lists[i], offset);
        offset += lists[i].count;
    }
    return true;
}

static void fill_fixed(const struct ll_duck_api *api, duckdb_vector vector,
                       const struct ll_column *column, size_t from, size_t count, size_t width)
{
    memcpy(api->vector_get_data(vector), (const char *)column->values + from * width,
           count * width);
}

/* False: no memory for the lists. */
static bool fill(const struct ll_duck_api *api, duckdb_vector vector,
                 const struct ll_column *column, size_t from, size_t count)
{
    set_nulls(api, vector, column->nulls + from, 0, count);
    switch (column->field.type) {
    case LL_TYPE_BOOL:
        fill_fixed(api, vector, column, from, count, sizeof(uint8_t));
        return true;
    case LL_TYPE_I32:
    case LL_TYPE_DATE:
        fill_fixed(api, vector, column, from, count, sizeof(int32_t));
        return true;
    case LL_TYPE_I64:
    case LL_TYPE_TIMESTAMP:
        fill_fixed(api, vector, column, from, count, sizeof(int64_t));
        return true;
    case LL_TYPE_F64:
        fill_fixed(api, vector, column, from, count, sizeof(double));
        return true;
    case LL_TYPE_TEXT:
        fill_text(api, vector, column, from, count);
        return true;
    case LL_TYPE_TEXT_LIST:
    case LL_TYPE_I32_LIST:
    case LL_TYPE_I64_LIST:
        return fill_lists(api, vector, column, from, count);
    }
    return false;
}

static enum ll_status appender_fail(const struct ll_duck_api *api, duckdb_appender appender,
                                    struct ll_error *err)
{
    duckdb_error_data data = api->appender_error_data(appender);
    enum ll_status status = ll_duck_fail_data(err, api, data);
    api->destroy_error_data(&data);
    return status;
}

static enum ll_status append_rows(const struct ll_duck_api *api, duckdb_appender appender,
                                  duckdb_data_chunk chunk, const struct ll_batch *batch,
                                  struct ll_error *err)
{
    size_t step = api->vector_size();
    for (size_t from = 0; from < batch->row_count; from += step) {
        size_t count = batch->row_count - from < step ? batch->row_count - from : step;
        api->data_chunk_reset(chunk);
        for (size_t c = 0; c < batch->column_count; c++)
            if (!fill(api, api->data_chunk_get_vector(chunk, c), &batch->columns[c], from, count))
                return ll_fail(err, LL_LIMIT, 0, "the lists of column %s are too large",
                               batch->columns[c].field.name);
        api->data_chunk_set_size(chunk, count);
        if (api->append_data_chunk(appender, chunk) != DuckDBSuccess)
            return appender_fail(api, appender, err);
    }
    if (api->appender_close(appender) != DuckDBSuccess)
        return appender_fail(api, appender, err);
    return LL_OK;
}

static enum ll_status append_all(const struct ll_duck_api *api, duckdb_appender appender,
                                 const struct ll_batch *batch, struct ll_error *err)
{
    for (size_t c = 0; c < batch->column_count; c++)
        if (api->appender_add_column(appender, batch->columns[c].field.name) != DuckDBSuccess) {
            appender_fail(api, appender, err);
            return ll_context(err, "column %s", batch->columns[c].field.name);
        }
    struct ll_arena arena = {0};
    duckdb_logical_type *types = ll_arena_array(&arena, batch->column_count, sizeof(*types));
    for (size_t c = 0; c < batch->column_count; c++)
        types[c] = engine_type(api, batch->columns[c].field.type);
    duckdb_data_chunk chunk = api->create_data_chunk(types, batch->column_count);
    enum ll_status status = append_rows(api, appender, chunk, batch, err);
    api->destroy_data_chunk(&chunk);
    for (size_t c = 0; c < batch->column_count; c++)
        api->destroy_logical_type(&types[c]);
    ll_arena_clear(&arena);
    return status;
}

static bool text_is_storable(struct ll_str text)
{
    return text.len <= UINT32_MAX && ll_str_is_utf8(text);
}

static bool column_is_storable(const struct ll_column *column)
{
    for (size_t i = 0; i < column->count; i++) {
        if (column->nulls[i])
            continue;
        if (column->field.type == LL_TYPE_TEXT) {
            if (!text_is_storable(((const struct ll_str *)column->values)[i]))
                return false;
            continue;
        }
        const struct ll_list *list = (const struct ll_list *)column->values + i;
        const struct ll_str *texts = list->elements;
        for (size_t k = 0; k < list->count; k++)
            if (!(list->nulls && list->nulls[k]) && !text_is_storable(texts[k]))
                return false;
    }
    return true;
}

/* DuckDB would store ill-formed UTF-8 as NULL without a word, so it is refused, before the first
 * row is in: an appender writes what it holds even when it is given up. */
static enum ll_status check_texts(const struct ll_batch *batch, struct ll_error *err)
{
    for (size_t c = 0; c < batch->column_count; c++) {
        const struct ll_column *column = &batch->columns[c];
        if ((column->field.type == LL_TYPE_TEXT || column->field.type == LL_TYPE_TEXT_LIST) &&
            !column_is_storable(column))
            return ll_fail(err, LL_INVALID, 0, "column %s holds text that is not UTF-8",
                           column->field.name);
    }
    return LL_OK;
}

enum ll_status ll_duck_append(struct ll_duck *duck, const char *table, const struct ll_batch *batch,
                              struct ll_error *err)
{
    enum ll_status status = check_texts(batch, err);
    if (status != LL_OK)
        return ll_context(err, "append to %s", table);
    const struct ll_duck_api *api = duck->api;
    duckdb_appender appender = NULL;
    status = api->appender_create(duck->connection, NULL, table, &appender) == DuckDBSuccess
                 ? append_all(api, appender, batch, err)
                 : appender_fail(api, appender, err);
    api->appender_destroy(&appender);
    return status == LL_OK ? LL_OK : ll_context(err, "append to %s", table);
}

/* --- from database to database ---------------------------------------------------------------- */

struct pour {
    const struct ll_duck_api *api;
    duckdb_appender appender;
};

static enum ll_status pour_begin(void *context, struct ll_duck_reader *reader, struct ll_error *err)
{
    struct pour *pour = context;
    for (size_t i = 0; i < reader->count; i++)
        if (pour->api->appender_add_column(pour->appender, ll_duck_reader_name(reader, i)) !=
            DuckDBSuccess) {
            appender_fail(pour->api, pour->appender, err);
            return ll_context(err, "column %s", ll_duck_reader_name(reader, i));
        }
    return LL_OK;
}

static enum ll_status pour_chunk(void *context, struct ll_duck_reader *reader,
                                 duckdb_data_chunk chunk, struct ll_error *err)
{
    struct pour *pour = context;
    (void)reader;
    return pour->api->append_data_chunk(pour->appender, chunk) == DuckDBSuccess
               ? LL_OK
               : appender_fail(pour->api, pour->appender, err);
}

enum ll_status ll_duck_append_select(struct ll_duck *duck, const char *table, struct ll_duck *from,
                                     struct ll_str sql, const struct ll_param *params, size_t count,
                                     struct ll_error *err)
{
    assert(from != duck);
    const struct ll_duck_api *api = duck->api;
    struct pour pour = {.api = api};
    const struct ll_duck_sink sink = {.begin = pour_begin, .chunk = pour_chunk, .context = &pour};
    enum ll_status status = LL_OK;
    if (api->appender_create(duck->connection, NULL, table, &pour.appender) != DuckDBSuccess)
        status = appender_fail(api, pour.appender, err);
    /* While one of several threads reads on, the engine would spin in the one that fetches. */
    if (status == LL_OK)
        status = ll_duck_one_thread(from, err);
    if (status == LL_OK)
        status =
            ll_duck_all_threads(from, ll_duck_drain(from, sql, params, count, &sink, err), err);
    if (status == LL_OK && api->appender_close(pour.appender) != DuckDBSuccess)
        status = appender_fail(api, pour.appender, err);
    api->appender_destroy(&pour.appender);
    return status == LL_OK ? LL_OK : ll_context(err, "append to %s", table);
}
