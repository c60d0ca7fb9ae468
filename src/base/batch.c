#include "base/batch.h"

#include <assert.h>
#include <math.h>
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
    batch->row_count = batch->cell_count = 0;
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

static void resize_column(struct ll_column *c, size_t capacity)
{
    c->values = ll_xrealloc(c->values, capacity, width_of(c->field.type));
    c->nulls = ll_xrealloc(c->nulls, capacity, 1);
    c->capacity = capacity;
}

void ll_batch_reserve(struct ll_batch *batch, size_t row_count)
{
    for (size_t i = 0; i < batch->column_count; i++)
        if (batch->columns[i].capacity < row_count)
            resize_column(&batch->columns[i], row_count);
}

/* The index of a new value, which must be the row's first in this column. */
static inline size_t append(struct ll_batch *batch, struct ll_column *c, bool null)
{
    assert(c->count == batch->row_count);
    if (c->count == c->capacity)
        resize_column(c, c->capacity > 0 ? c->capacity * 2 : CAPACITY_MIN);
    batch->cell_count++;
    c->nulls[c->count] = null;
    return c->count++;
}

void ll_batch_null(struct ll_batch *batch, size_t column)
{
    struct ll_column *c = column_at(batch, column);
    size_t width = width_of(c->field.type), at = append(batch, c, true);
    memset((char *)c->values + at * width, 0, width);
}

void ll_batch_bool(struct ll_batch *batch, size_t column, bool value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_BOOL);
    size_t at = append(batch, c, false);
    ((uint8_t *)c->values)[at] = value;
}

void ll_batch_i32(struct ll_batch *batch, size_t column, int32_t value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_I32 || c->field.type == LL_TYPE_DATE);
    size_t at = append(batch, c, false);
    ((int32_t *)c->values)[at] = value;
}

void ll_batch_i64(struct ll_batch *batch, size_t column, int64_t value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_I64 || c->field.type == LL_TYPE_TIMESTAMP);
    size_t at = append(batch, c, false);
    ((int64_t *)c->values)[at] = value;
}

void ll_batch_f64(struct ll_batch *batch, size_t column, double value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_F64);
    size_t at = append(batch, c, false);
    ((double *)c->values)[at] = value;
}

void ll_batch_text(struct ll_batch *batch, size_t column, struct ll_str value)
{
    ll_batch_text_borrowed(batch, column, ll_arena_copy(&batch->arena, value));
}

void ll_batch_text_borrowed(struct ll_batch *batch, size_t column, struct ll_str value)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_TEXT);
    size_t at = append(batch, c, false);
    ((struct ll_str *)c->values)[at] = value;
}

static void append_list(struct ll_batch *batch, size_t column, enum ll_type type,
                        struct ll_list list)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == type);
    size_t at = append(batch, c, false);
    ((struct ll_list *)c->values)[at] = list;
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
    ll_batch_text_list_borrowed(batch, column, copy, count);
}

void ll_batch_text_list_borrowed(struct ll_batch *batch, size_t column, const struct ll_str *values,
                                 size_t count)
{
    append_list(batch, column, LL_TYPE_TEXT_LIST,
                (struct ll_list){.elements = values, .count = count});
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

static void copy_list(struct ll_batch *batch, size_t column, struct ll_list list)
{
    enum ll_type type = batch->columns[column].field.type;
    if (type == LL_TYPE_TEXT_LIST)
        ll_batch_text_list(batch, column, list.elements, list.count);
    else if (type == LL_TYPE_I32_LIST)
        ll_batch_i32_list(batch, column, list.elements, NULL, list.count);
    else
        ll_batch_i64_list(batch, column, list.elements, list.count);
    if (list.nulls != NULL)
        ((struct ll_list *)batch->columns[column].values)[batch->row_count].nulls =
            copy_elements(batch, list.nulls, list.count, 1);
}

void ll_batch_copy(struct ll_batch *batch, size_t column, const struct ll_batch *from,
                   size_t from_column, size_t from_row)
{
    if (ll_batch_is_null(from, from_column, from_row)) {
        ll_batch_null(batch, column);
        return;
    }
    switch (column_at(batch, column)->field.type) {
    case LL_TYPE_BOOL:
        ll_batch_bool(batch, column, ll_batch_get_bool(from, from_column, from_row));
        return;
    case LL_TYPE_I32:
    case LL_TYPE_DATE:
        ll_batch_i32(batch, column, ll_batch_get_i32(from, from_column, from_row));
        return;
    case LL_TYPE_I64:
    case LL_TYPE_TIMESTAMP:
        ll_batch_i64(batch, column, ll_batch_get_i64(from, from_column, from_row));
        return;
    case LL_TYPE_F64:
        ll_batch_f64(batch, column, ll_batch_get_number(from, from_column, from_row));
        return;
    case LL_TYPE_TEXT:
        ll_batch_text(batch, column, ll_batch_get_text(from, from_column, from_row));
        return;
    case LL_TYPE_TEXT_LIST:
    case LL_TYPE_I32_LIST:
    case LL_TYPE_I64_LIST:
        copy_list(batch, column, ll_batch_get_list(from, from_column, from_row));
        return;
    }
}

void ll_batch_widen(struct ll_batch *batch, size_t column)
{
    struct ll_column *c = column_at(batch, column);
    assert(c->field.type == LL_TYPE_I64);
    static_assert(sizeof(double) == sizeof(int64_t), "in place");
    for (size_t row = 0; row < c->count; row++) {
        int64_t integer;
        char *place = (char *)c->values + row * sizeof(integer);
        memcpy(&integer, place, sizeof(integer));
        double value = (double)integer;
        memcpy(place, &value, sizeof(value));
    }
    c->field.type = LL_TYPE_F64;
}

void ll_batch_end_row(struct ll_batch *batch)
{
    /* No column takes two values a row, so none was forgotten. */
    assert(batch->cell_count == batch->column_count);
    batch->cell_count = 0;
    batch->row_count++;
}

_Static_assert(sizeof(struct ll_list) == 24 && sizeof(struct ll_str) == 16,
               "ll_batch_reorder knows these widths and 1, 4, 8");

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

double ll_batch_get_number(const struct ll_batch *batch, size_t column, size_t row)
{
    if (ll_batch_is_null(batch, column, row))
        return (double)NAN;
    return batch->columns[column].field.type == LL_TYPE_I64
               ? (double)ll_batch_get_i64(batch, column, row)
               : ll_batch_get_f64(batch, column, row);
}

int ll_batch_column(const struct ll_batch *batch, const char *name)
{
    for (size_t i = 0; i < batch->column_count; i++)
        if (strcmp(batch->columns[i].field.name, name) == 0)
            return (int)i;
    return -1;
}

/* to[i] = from[order[i]]; `width` is a constant wherever this is called. */
static inline void gather(char *to, const char *from, const uint32_t *order, size_t count,
                          size_t width)
{
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * width, from + order[i] * width, width);
}

static void reorder_values(void *values, size_t width, const uint32_t *order, size_t count,
                           char *scratch)
{
    if (width == 1)
        gather(scratch, values, order, count, 1);
    else if (width == 4)
        gather(scratch, values, order, count, 4);
    else if (width == 8)
        gather(scratch, values, order, count, 8);
    else if (width == sizeof(struct ll_str))
        gather(scratch, values, order, count, sizeof(struct ll_str));
    else
        gather(scratch, values, order, count, sizeof(struct ll_list));
    memcpy(values, scratch, count * width);
}

/* One scratch for all columns: fresh memory for each costs more than the second copy. */
void ll_batch_reorder(struct ll_batch *batch, const uint32_t *order, size_t count)
{
    assert(count <= batch->row_count);
    for (size_t i = 0; i < count; i++)
        assert(order[i] < batch->row_count);
    char *scratch = ll_xcalloc(count, sizeof(struct ll_list));
    for (size_t i = 0; i < batch->column_count && count > 0; i++) {
        struct ll_column *c = &batch->columns[i];
        reorder_values(c->values, width_of(c->field.type), order, count, scratch);
        reorder_values(c->nulls, 1, order, count, scratch);
    }
    for (size_t i = 0; i < batch->column_count; i++)
        batch->columns[i].count = count;
    batch->row_count = count;
    free(scratch);
}
