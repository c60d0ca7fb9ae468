#include "base/batch_wire.h"

#include <string.h>

/* --- writing */

static void add_bytes(struct ll_buf *out, const void *bytes, size_t len)
{
    ll_buf_add(out, (struct ll_str){bytes, len});
}

static void add_size(struct ll_buf *out, size_t size)
{
    uint64_t number = size;
    add_bytes(out, &number, sizeof(number));
}

static void add_text(struct ll_buf *out, struct ll_str text)
{
    add_size(out, text.len);
    ll_buf_add(out, text);
}

void ll_batch_wire_columns(const struct ll_batch *batch, struct ll_buf *out)
{
    add_size(out, batch->column_count);
    for (size_t i = 0; i < batch->column_count; i++) {
        ll_buf_add_char(out, (char)batch->columns[i].field.type);
        add_text(out, ll_str_of(batch->columns[i].field.name));
    }
}

/* Bytes of a value, or of an element of a list; 0 = text. */
static size_t width_of(enum ll_type type)
{
    switch (type) {
    case LL_TYPE_BOOL:
        return 1;
    case LL_TYPE_I32:
    case LL_TYPE_DATE:
    case LL_TYPE_I32_LIST:
        return 4;
    case LL_TYPE_I64:
    case LL_TYPE_F64:
    case LL_TYPE_TIMESTAMP:
    case LL_TYPE_I64_LIST:
        return 8;
    case LL_TYPE_TEXT:
    case LL_TYPE_TEXT_LIST:
        return 0;
    }
    return 0;
}

static bool is_list(enum ll_type type)
{
    return type == LL_TYPE_TEXT_LIST || type == LL_TYPE_I32_LIST || type == LL_TYPE_I64_LIST;
}

static void add_list(const struct ll_list *list, enum ll_type type, struct ll_buf *out)
{
    const struct ll_str *texts = list->elements;
    add_size(out, list->count);
    ll_buf_add_char(out, list->nulls != NULL);
    if (list->nulls != NULL)
        add_bytes(out, list->nulls, list->count);
    if (type != LL_TYPE_TEXT_LIST)
        add_bytes(out, list->elements, list->count * width_of(type));
    for (size_t i = 0; type == LL_TYPE_TEXT_LIST && i < list->count; i++)
        add_text(out, texts[i]);
}

void ll_batch_wire_row(const struct ll_batch *batch, size_t row, struct ll_buf *out)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        const struct ll_column *c = &batch->columns[i];
        size_t width = width_of(c->field.type);
        ll_buf_add_char(out, (char)c->nulls[row]);
        if (c->nulls[row])
            continue;
        if (is_list(c->field.type))
            add_list((const struct ll_list *)c->values + row, c->field.type, out);
        else if (c->field.type == LL_TYPE_TEXT)
            add_text(out, ((const struct ll_str *)c->values)[row]);
        else
            add_bytes(out, (const char *)c->values + row * width, width);
    }
}

/* --- reading */

/* Whoever takes more than there is gets nothing, and `good` ends. */
struct reader {
    struct ll_str rest;
    bool good;
};

static struct ll_str take(struct reader *r, uint64_t len)
{
    r->good = r->good && len <= r->rest.len;
    if (!r->good)
        return (struct ll_str){0};
    struct ll_str part = ll_str_sub(r->rest, 0, (size_t)len);
    r->rest = ll_str_sub(r->rest, (size_t)len, r->rest.len);
    return part;
}

static void take_value(struct reader *r, void *value, size_t width)
{
    struct ll_str bytes = take(r, width);
    if (bytes.len > 0)
        memcpy(value, bytes.ptr, width);
    else if (width > 0)
        memset(value, 0, width);
}

static uint64_t take_size(struct reader *r)
{
    uint64_t size;
    take_value(r, &size, sizeof(size));
    return size;
}

static uint8_t take_byte(struct reader *r)
{
    uint8_t byte;
    take_value(r, &byte, 1);
    return byte;
}

static struct ll_str take_text(struct reader *r)
{
    return take(r, take_size(r));
}

static void read_columns(struct reader *r, struct ll_batch *batch)
{
    uint64_t count = take_size(r);
    for (uint64_t i = 0; i < count && r->good; i++) {
        uint8_t type = take_byte(r);
        struct ll_str name = take_text(r);
        r->good = r->good && type <= LL_TYPE_I64_LIST;
        if (r->good)
            ll_batch_add_column(batch, name, (enum ll_type)type);
    }
}

/* Of a list no more is believed than there are bytes for. */
static void read_list(struct reader *r, struct ll_batch *batch, size_t column)
{
    enum ll_type type = batch->columns[column].field.type;
    size_t width = type == LL_TYPE_TEXT_LIST ? sizeof(uint64_t) : width_of(type);
    uint64_t count = take_size(r);
    bool has_nulls = take_byte(r) != 0;
    r->good = r->good && count <= r->rest.len / width;
    size_t n = r->good ? (size_t)count : 0;
    struct ll_str nulls = has_nulls ? take(r, n) : (struct ll_str){0};
    if (type == LL_TYPE_TEXT_LIST) {
        struct ll_str *texts = ll_arena_array(&batch->arena, n, sizeof(*texts));
        for (size_t i = 0; i < n; i++)
            texts[i] = take_text(r);
        ll_batch_text_list(batch, column, texts, n);
    } else {
        void *values = ll_arena_array(&batch->arena, n, width); /* aligned, as the bytes are not */
        take_value(r, values, n * width);
        if (type == LL_TYPE_I32_LIST)
            ll_batch_i32_list(batch, column, values, NULL, n);
        else
            ll_batch_i64_list(batch, column, values, n);
    }
    if (has_nulls && r->good)
        ((struct ll_list *)batch->columns[column].values)[batch->row_count].nulls =
            (const uint8_t *)ll_arena_copy(&batch->arena, nulls).ptr;
}

static void read_cell(struct reader *r, struct ll_batch *batch, size_t column)
{
    enum ll_type type = batch->columns[column].field.type;
    int32_t i32;
    int64_t i64;
    double f64;
    if (take_byte(r) != 0) {
        ll_batch_null(batch, column);
    } else if (is_list(type)) {
        read_list(r, batch, column);
    } else if (type == LL_TYPE_TEXT) {
        ll_batch_text(batch, column, take_text(r));
    } else if (type == LL_TYPE_BOOL) {
        ll_batch_bool(batch, column, take_byte(r) != 0);
    } else if (type == LL_TYPE_F64) {
        take_value(r, &f64, sizeof(f64));
        ll_batch_f64(batch, column, f64);
    } else if (width_of(type) == 4) {
        take_value(r, &i32, sizeof(i32));
        ll_batch_i32(batch, column, i32);
    } else {
        take_value(r, &i64, sizeof(i64));
        ll_batch_i64(batch, column, i64);
    }
}

enum ll_status ll_batch_wire_read(struct ll_str bytes, struct ll_batch *ret, struct ll_error *err)
{
    struct reader r = {.rest = bytes, .good = true};
    read_columns(&r, ret);
    while (r.good && r.rest.len > 0 && ret->column_count > 0) {
        for (size_t i = 0; i < ret->column_count; i++)
            read_cell(&r, ret, i);
        ll_batch_end_row(ret);
    }
    if (r.good && r.rest.len == 0)
        return LL_OK;
    return ll_fail(err, LL_CORRUPT, 0, "rows came broken from another process");
}
