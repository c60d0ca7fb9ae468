#include "base/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN ((size_t)64)

static size_t width_of(enum ll_type type)
{
    switch (type) {
    case LL_TYPE_BOOL:
        return sizeof(uint8_t);
    case LL_TYPE_I32:
    case LL_TYPE_DATE:
        return sizeof(int32_t);
    case LL_TYPE_I64:
    case LL_TYPE_TIMESTAMP:
        return sizeof(int64_t);
    case LL_TYPE_F64:
        return sizeof(double);
    case LL_TYPE_TEXT:
        return sizeof(struct ll_str);
    case LL_TYPE_TEXT_LIST:
    case LL_TYPE_I32_LIST:
    case LL_TYPE_I64_LIST:
        return sizeof(struct ll_list);
    }
    abort();
}

void ll_batch_init(struct ll_batch *batch, const struct ll_schema *schema)
{
    *batch = (struct ll_batch){.table = schema->table, .column_count = schema->count};
    batch->columns = ll_xcalloc(schema->count, sizeof(*batch->columns));
    for (size_t i = 0; i < schema->count; i++)
        batch->columns[i].field = schema->fields[i];
}

void ll_batch_clear(struct ll_batch *batch)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        free(batch->columns[i].values);
        free(batch->columns[i].nulls);
    }
    free(batch->columns);
    ll_arena_clear(&batch->arena);
    ll_arena_clear(&batch->names);
    *batch = (struct ll_batch){0};
}

void ll_batch_reset(struct ll_batch *batch)
{
    for (size_t i = 0; i < batch->column_count; i++)
        batch->columns[i].count = 0;
    batch->row_count = 0;
    ll_arena_reset(&batch->arena);
}

void ll_batch_add_column(struct ll_batch *batch, struct ll_str name, enum ll_type type)
{
    assert(batch->row_count == 0);
    batch->columns = ll_xrealloc(batch->columns, batch->column_count + 1, sizeof(*batch->columns));
    batch->columns[batch->column_count++] =
        (struct ll_column){.field = {.name = ll_arena_cstr(&batch->names, name), .type = type}};
}

static struct ll_column *column_at(struct ll_batch *batch, size_t column)
{
    assert(column < batch->column_count);
    return &batch->columns[column];
}

/* The place of a new value, which must be the row's first in this column. */
static void *append(struct ll_batch *batch, struct ll_column *c, bool null)
{
    assert(c->count == batch->row_count);
    size_t width = width_of(c->field.type);
    if (c->count == c->capacity) {
        size_t capacity = c->capacity > 0 ? c->capacity * 2 : CAPACITY_MIN;
        c->values = ll_xrealloc(c->values, capacity, width);
        c->nulls = ll_xrealloc(c->nulls, capacity, 1);
        c->capacity = capacity;
    }
    c->nulls[c->count] = null;
    return (char *)c->values + width * c->count++;
}

void ll_batch_null(struct ll_batch *batch, size_t column)
{
    struct ll_column *c = column_at(batch, column);
    memset(append(batch, c, true), 0, width_of(c->field.type));
}

void ll_batch_bool(struct ll_batch *batch, size_t column, bool value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_BOOL);
    *(uint8_t *)append(batch, c, false) = value;
}

void ll_batch_i32(struct ll_batch *batch, size_t column, int32_t value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_I32 || c->field.type == LL_TYPE_DATE);
    *(int32_t *)append(batch, c, false) = value;
}

void ll_batch_i64(struct ll_batch *batch, size_t column, int64_t value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_I64 || c->field.type == LL_TYPE_TIMESTAMP);
    *(int64_t *)append(batch, c, false) = value;
}

void ll_batch_f64(struct ll_batch *batch, size_t column, double value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_F64);
    *(double *)append(batch, c, false) = value;
}

void ll_batch_text(struct ll_batch *batch, size_t column, struct ll_str value)
{
    ll_batch_text_borrowed(batch, column, ll_arena_copy(&batch->arena, value));
}

void ll_batch_text_borrowed(struct ll_batch *batch, size_t column, struct ll_str value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_TEXT);
    *(struct ll_str *)append(batch, c, false) = value;
}

static void append_list(struct ll_batch *batch, size_t column, enum ll_type type,
                        struct ll_list list)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == type);
    *(struct ll_list *)append(batch, c, false) = list;
}

static const void *copy_elements(struct ll_batch *batch, const void *values, size_t count,
                                 size_t width)
{
    void *copy = ll_arena_array(&batch->arena, count, width);
    if (count > 0)
        memcpy(copy, values, count * width);
    return copy;
}

void ll_batch_text_list(struct ll_batch *batch, size_t column, const struct ll_str *values,
                        size_t count)
{
    struct ll_str *copy = ll_arena_array(&batch->arena, count, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = ll_arena_copy(&batch->arena, values[i]);
    append_list(batch, column, LL_TYPE_TEXT_LIST,
                (struct ll_list){.elements = copy, .count = count});
}

void ll_batch_i32_list(struct ll_batch *batch, size_t column, const int32_t *values,
                       const uint8_t *nulls, size_t count)
{
    struct ll_list list = {.elements = copy_elements(batch, values, count, sizeof(*values)),
                           .nulls = nulls != NULL ? copy_elements(batch, nulls, count, 1) : NULL,
                           .count = count};
    append_list(batch, column, LL_TYPE_I32_LIST, list);
}

void ll_batch_i64_list(struct ll_batch *batch, size_t column, const int64_t *values, size_t count)
{
    struct ll_list list = {.elements = copy_elements(batch, values, count, sizeof(*values)),
                           .count = count};
    append_list(batch, column, LL_TYPE_I64_LIST, list);
}

void ll_batch_end_row(struct ll_batch *batch)
{
    batch->row_count++;
    for (size_t i = 0; i < batch->column_count; i++)
        assert(batch->columns[i].count == batch->row_count);
}

static const struct ll_column *cell_at(const struct ll_batch *batch, size_t column, size_t row)
{
    assert(column < batch->column_count && row < batch->row_count);
    return &batch->columns[column];
}

bool ll_batch_is_null(const struct ll_batch *batch, size_t column, size_t row)
{
    return cell_at(batch, column, row)->nulls[row] != 0;
}

bool ll_batch_get_bool(const struct ll_batch *batch, size_t column, size_t row)
{
    const struct ll_column *c = cell_at(batch, column, row);
    assert(c->field.type == LL_TYPE_BOOL);
    return ((const uint8_t *)c->values)[row] != 0;
}

int32_t ll_batch_get_i32(const struct ll_batch *batch, size_t column, size_t row)
{
    const struct ll_column *c = cell_at(batch, column, row);
    assert(c->field.type == LL_TYPE_I32 || c->field.type == LL_TYPE_DATE);
    return ((const int32_t *)c->values)[row];
}

int64_t ll_batch_get_i64(const struct ll_batch *batch, size_t column, size_t row)
{
    const struct ll_column *c = cell_at(batch, column, row);
    assert(c->field.type == LL_TYPE_I64 || c->field.type == LL_TYPE_TIMESTAMP);
    return ((const int64_t *)c->values)[row];
}

double ll_batch_get_f64(const struct ll_batch *batch, size_t column, size_t row)
{
    const struct ll_column *c = cell_at(batch, column, row);
    assert(c->field.type == LL_TYPE_F64);
    return ((const double *)c->values)[row];
}

struct ll_str ll_batch_get_text(const struct ll_batch *batch, size_t column, size_t row)
{
    const struct ll_column *c = cell_at(batch, column, row);
    assert(c->field.type == LL_TYPE_TEXT);
    return ((const struct ll_str *)c->values)[row];
}

struct ll_list ll_batch_get_list(const struct ll_batch *batch, size_t column, size_t row)
{
    const struct ll_column *c = cell_at(batch, column, row);
    assert(width_of(c->field.type) == sizeof(struct ll_list));
    return ((const struct ll_list *)c->values)[row];
}

int ll_batch_column(const struct ll_batch *batch, const char *name)
{
    for (size_t i = 0; i < batch->column_count; i++)
        if (strcmp(batch->columns[i].field.name, name) == 0)
            return (int)i;
    return -1;
}

static void reorder_column(struct ll_column *c, const uint32_t *order, size_t count)
{
    size_t width = width_of(c->field.type);
    char *values = ll_xcalloc(count, width);
    uint8_t *nulls = ll_xcalloc(count, 1);
    for (size_t i = 0; i < count; i++) {
        assert(order[i] < c->count);
        memcpy(values + i * width, (const char *)c->values + order[i] * width, width);
        nulls[i] = c->nulls[order[i]];
    }
    free(c->values);
    free(c->nulls);
    c->values = values;
    c->nulls = nulls;
    c->count = c->capacity = count;
}

void ll_batch_reorder(struct ll_batch *batch, const uint32_t *order, size_t count)
{
    assert(count <= batch->row_count);
    for (size_t i = 0; i < batch->column_count; i++)
        reorder_column(&batch->columns[i], order, count);
    batch->row_count = count;
}
