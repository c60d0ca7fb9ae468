#include <assert.h>
#include <string.h>

#include "duck/duck_internal.h"

struct ll_duck_column {
    const char *name;
    bool known;          /* there is an ll_type for it */
    enum ll_type type;   /* in the batch at first; see widen() */
    duckdb_type engine;  /* as it lies in the vector; of a DECIMAL its integer */
    duckdb_type element; /* of a LIST */
    double divisor;      /* of a DECIMAL with a scale; else 0 */
    /* of the chunk at hand */
    const void *data;
    const uint64_t *validity; /* NULL = no row is NULL */
    const void *element_data;
    const uint64_t *element_validity;
};

static const struct {
    duckdb_type engine;
    enum ll_type type;
} scalars[] =
    {
        {DUCKDB_TYPE_BOOLEAN, LL_TYPE_BOOL},
        {DUCKDB_TYPE_TINYINT, LL_TYPE_I32},
        {DUCKDB_TYPE_SMALLINT, LL_TYPE_I32},
        {DUCKDB_TYPE_INTEGER, LL_TYPE_I32},
        {DUCKDB_TYPE_UTINYINT, LL_TYPE_I32},
        {DUCKDB_TYPE_USMALLINT, LL_TYPE_I32},
        {DUCKDB_TYPE_UINTEGER, LL_TYPE_I64},
        {DUCKDB_TYPE_BIGINT, LL_TYPE_I64},
        {DUCKDB_TYPE_UBIGINT, LL_TYPE_I64},
        {DUCKDB_TYPE_HUGEINT, LL_TYPE_I64},
        {DUCKDB_TYPE_UHUGEINT, LL_TYPE_I64},
        {DUCKDB_TYPE_FLOAT, LL_TYPE_F64},
        {DUCKDB_TYPE_DOUBLE, LL_TYPE_F64},
        {DUCKDB_TYPE_VARCHAR, LL_TYPE_TEXT},
        {DUCKDB_TYPE_DATE, LL_TYPE_DATE},
        {DUCKDB_TYPE_TIMESTAMP, LL_TYPE_TIMESTAMP},
        {DUCKDB_TYPE_TIMESTAMP_TZ, LL_TYPE_TIMESTAMP},
},
  lists[] = {
      {DUCKDB_TYPE_VARCHAR, LL_TYPE_TEXT_LIST},
      {DUCKDB_TYPE_INTEGER, LL_TYPE_I32_LIST},
      {DUCKDB_TYPE_BIGINT, LL_TYPE_I64_LIST},
};

static bool map_list(const struct ll_duck_api *api, duckdb_logical_type list,
                     struct ll_duck_column *column)
{
    duckdb_logical_type element = api->list_type_child_type(list);
    column->element = api->get_type_id(element);
    api->destroy_logical_type(&element);
    for (size_t i = 0; i < LL_COUNT(lists); i++)
        if (lists[i].engine == column->element) {
            column->type = lists[i].type;
            return true;
        }
    return false;
}

static void map_decimal(const struct ll_duck_api *api, duckdb_logical_type decimal,
                        struct ll_duck_column *column)
{
    uint8_t scale = api->decimal_scale(decimal);
    column->engine = api->decimal_internal_type(decimal);
    column->type = scale > 0 ? LL_TYPE_F64 : LL_TYPE_I64;
    if (scale > 0) {
        column->divisor = 1;
        for (uint8_t i = 0; i < scale; i++)
            column->divisor *= 10;
    }
}

static bool map_type(const struct ll_duck_api *api, duckdb_logical_type type,
                     struct ll_duck_column *column)
{
    column->engine = api->get_type_id(type);
    if (column->engine == DUCKDB_TYPE_LIST)
        return map_list(api, type, column);
    if (column->engine == DUCKDB_TYPE_DECIMAL) {
        map_decimal(api, type, column);
        return true;
    }
    for (size_t i = 0; i < LL_COUNT(scalars); i++)
        if (scalars[i].engine == column->engine) {
            column->type = scalars[i].type;
            return true;
        }
    return false;
}

size_t ll_duck_reader_init(struct ll_duck_reader *reader, const struct ll_duck_api *api,
                           duckdb_result *result)
{
    *reader = (struct ll_duck_reader){.api = api, .count = api->column_count(result)};
    reader->columns = ll_arena_array(&reader->arena, reader->count, sizeof(*reader->columns));
    size_t unknown = reader->count;
    for (size_t i = reader->count; i-- > 0;) {
        struct ll_duck_column *column = &reader->columns[i];
        column->name = ll_arena_cstr(&reader->arena, ll_str_of(api->column_name(result, i)));
        duckdb_logical_type type = api->column_logical_type(result, i);
        column->known = map_type(api, type, column);
        api->destroy_logical_type(&type);
        if (!column->known)
            unknown = i;
    }
    return unknown;
}

bool ll_duck_reader_knows(const struct ll_duck_reader *reader, size_t column)
{
    return reader->columns[column].known;
}

const char *ll_duck_reader_name(const struct ll_duck_reader *reader, size_t column)
{
    return reader->columns[column].name;
}

void ll_duck_reader_clear(struct ll_duck_reader *reader)
{
    ll_arena_clear(&reader->arena);
    *reader = (struct ll_duck_reader){0};
}

enum ll_status ll_duck_reader_columns(const struct ll_duck_reader *reader, struct ll_batch *batch,
                                      struct ll_error *err)
{
    if (batch->column_count == 0) {
        for (size_t i = 0; i < reader->count; i++)
            ll_batch_add_column(batch, ll_str_of(reader->columns[i].name), reader->columns[i].type);
        return LL_OK;
    }
    if (batch->column_count != reader->count)
        return ll_fail(err, LL_INVALID, 0, "the result has %zu columns, not %zu", reader->count,
                       batch->column_count);
    for (size_t i = 0; i < reader->count; i++)
        if (batch->columns[i].field.type != reader->columns[i].type)
            return ll_fail(err, LL_INVALID, 0, "the result's column %s is of another type",
                           reader->columns[i].name);
    return LL_OK;
}

static bool is_valid(const uint64_t *validity, size_t i)
{
    return !validity || (validity[i / 64] >> (i % 64)) & 1;
}

static struct ll_str text_at(const void *data, size_t i)
{
    const duckdb_string_t *s = (const duckdb_string_t *)data + i;
    bool inlined = s->value.inlined.length <= sizeof(s->value.inlined.inlined);
    return (struct ll_str){inlined ? s->value.inlined.inlined : s->value.pointer.ptr,
                           s->value.inlined.length};
}

/* Any integer type up to 127 bits and sign; a larger UHUGEINT is cut to the largest of these. */
static __int128 integer_at(const struct ll_duck_column *column, size_t i)
{
    switch (column->engine) {
    case DUCKDB_TYPE_TINYINT:
        return ((const int8_t *)column->data)[i];
    case DUCKDB_TYPE_SMALLINT:
        return ((const int16_t *)column->data)[i];
    case DUCKDB_TYPE_INTEGER:
        return ((const int32_t *)column->data)[i];
    case DUCKDB_TYPE_BIGINT:
        return ((const int64_t *)column->data)[i];
    case DUCKDB_TYPE_UTINYINT:
        return ((const uint8_t *)column->data)[i];
    case DUCKDB_TYPE_USMALLINT:
        return ((const uint16_t *)column->data)[i];
    case DUCKDB_TYPE_UINTEGER:
        return ((const uint32_t *)column->data)[i];
    case DUCKDB_TYPE_UBIGINT:
        return ((const uint64_t *)column->data)[i];
    case DUCKDB_TYPE_HUGEINT: {
        duckdb_hugeint v = ((const duckdb_hugeint *)column->data)[i];
        return (__int128)((unsigned __int128)v.upper << 64 | v.lower);
    }
    case DUCKDB_TYPE_UHUGEINT: {
        duckdb_uhugeint v = ((const duckdb_uhugeint *)column->data)[i];
        uint64_t upper = v.upper <= INT64_MAX ? v.upper : INT64_MAX;
        return (__int128)((unsigned __int128)upper << 64 | v.lower);
    }
    default:
        assert(!"an integer type");
        return 0;
    }
}

static double double_at(const struct ll_duck_column *column, size_t i)
{
    if (column->engine == DUCKDB_TYPE_DOUBLE)
        return ((const double *)column->data)[i];
    if (column->engine == DUCKDB_TYPE_FLOAT)
        return (double)((const float *)column->data)[i];
    double value = (double)integer_at(column, i);
    return column->divisor > 0 ? value / column->divisor : value;
}

static const uint8_t *element_nulls(const struct ll_duck_column *column, duckdb_list_entry list,
                                    struct ll_arena *arena)
{
    uint8_t *nulls = NULL;
    for (size_t i = 0; i < list.length; i++)
        if (!is_valid(column->element_validity, list.offset + i)) {
            if (!nulls)
                nulls = ll_arena_array(arena, list.length, 1);
            nulls[i] = 1;
        }
    return nulls;
}

static void append_list(const struct ll_duck_column *column, size_t row, struct ll_batch *batch,
                        size_t c)
{
    duckdb_list_entry list = ((const duckdb_list_entry *)column->data)[row];
    const uint8_t *nulls = element_nulls(column, list, &batch->arena);
    if (column->type == LL_TYPE_I32_LIST) {
        const int32_t *values = column->element_data;
        ll_batch_i32_list(batch, c, values + list.offset, nulls, list.length);
        return;
    }
    if (column->type == LL_TYPE_I64_LIST) {
        const int64_t *values = column->element_data;
        ll_batch_i64_list(batch, c, values + list.offset, list.length);
    } else {
        struct ll_str *texts = ll_arena_array(&batch->arena, list.length, sizeof(*texts));
        for (size_t i = 0; i < list.length; i++)
            if (!nulls || !nulls[i])
                texts[i] = text_at(column->element_data, list.offset + i);
        ll_batch_text_list(batch, c, texts, list.length);
    }
    ((struct ll_list *)batch->columns[c].values)[batch->row_count].nulls = nulls;
}

static void append_value(const struct ll_duck_column *column, size_t row, struct ll_batch *batch,
                         size_t c)
{
    if (!is_valid(column->validity, row)) {
        ll_batch_null(batch, c);
        return;
    }
    switch (batch->columns[c].field.type) {
    case LL_TYPE_BOOL:
        ll_batch_bool(batch, c, ((const bool *)column->data)[row]);
        break;
    case LL_TYPE_I32:
        ll_batch_i32(batch, c, (int32_t)integer_at(column, row));
        break;
    case LL_TYPE_DATE:
        ll_batch_i32(batch, c, ((const int32_t *)column->data)[row]);
        break;
    case LL_TYPE_I64:
        ll_batch_i64(batch, c, (int64_t)integer_at(column, row));
        break;
    case LL_TYPE_TIMESTAMP:
        ll_batch_i64(batch, c, ((const int64_t *)column->data)[row]);
        break;
    case LL_TYPE_F64:
        ll_batch_f64(batch, c, double_at(column, row));
        break;
    case LL_TYPE_TEXT:
        ll_batch_text(batch, c, text_at(column->data, row));
        break;
    case LL_TYPE_TEXT_LIST:
    case LL_TYPE_I32_LIST:
    case LL_TYPE_I64_LIST:
        append_list(column, row, batch, c);
        break;
    }
}

static bool is_wide(duckdb_type engine)
{
    return engine == DUCKDB_TYPE_HUGEINT || engine == DUCKDB_TYPE_UHUGEINT ||
           engine == DUCKDB_TYPE_UBIGINT;
}

/* A sum of BIGINT is a HUGEINT: it stays an integer as long as its values fit. At the first that
 * does not, the column becomes F64, with what it holds so far. */
static void widen(const struct ll_duck_column *column, size_t rows, struct ll_batch *batch,
                  size_t c)
{
    if (!is_wide(column->engine) || batch->columns[c].field.type != LL_TYPE_I64)
        return;
    size_t i = 0;
    while (i < rows && (!is_valid(column->validity, i) ||
                        (integer_at(column, i) >= INT64_MIN && integer_at(column, i) <= INT64_MAX)))
        i++;
    if (i < rows)
        ll_batch_widen(batch, c);
}

void ll_duck_reader_append(struct ll_duck_reader *reader, duckdb_data_chunk chunk,
                           struct ll_batch *batch)
{
    assert(batch->column_count == reader->count);
    const struct ll_duck_api *api = reader->api;
    size_t rows = api->data_chunk_get_size(chunk);
    for (size_t c = 0; c < reader->count; c++) {
        struct ll_duck_column *column = &reader->columns[c];
        duckdb_vector vector = api->data_chunk_get_vector(chunk, c);
        column->data = api->vector_get_data(vector);
        column->validity = api->vector_get_validity(vector);
        if (column->engine == DUCKDB_TYPE_LIST) {
            duckdb_vector elements = api->list_vector_get_child(vector);
            column->element_data = api->vector_get_data(elements);
            column->element_validity = api->vector_get_validity(elements);
        }
        widen(column, rows, batch, c);
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t c = 0; c < reader->count; c++)
            append_value(&reader->columns[c], row, batch, c);
        ll_batch_end_row(batch);
    }
}
