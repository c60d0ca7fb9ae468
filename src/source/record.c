#include <assert.h>

#include "base/time.h"
#include "source/decoder_internal.h"

/* Any value: text of strings and numbers; other kinds are only checked. */
static bool read_scalar(struct ll_json *reader, enum ll_json_kind kind, struct ll_str *ret_text)
{
    switch (kind) {
    case LL_JSON_STRING:
        return ll_json_string(reader, ret_text);
    case LL_JSON_NUMBER:
        return ll_json_number(reader, ret_text);
    default:
        return ll_json_skip(reader);
    }
}

static struct ll_item *next_item(struct ll_decoder *d)
{
    if (d->item_count == d->item_capacity) {
        d->item_capacity = d->item_capacity > 0 ? d->item_capacity * 2 : 64;
        d->items = ll_xrealloc(d->items, d->item_capacity, sizeof(*d->items));
    }
    return &d->items[d->item_count++];
}

static bool read_list(struct ll_decoder *d, struct ll_json *reader, struct ll_value *value)
{
    value->first = d->item_count;
    if (!ll_json_enter_array(reader))
        return false;
    while (ll_json_next_item(reader)) {
        struct ll_item item = {.kind = ll_json_peek(reader)};
        if (!read_scalar(reader, item.kind, &item.text))
            return false;
        *next_item(d) = item;
    }
    value->count = d->item_count - value->first;
    return reader->error == NULL;
}

/* Index of key in names, tried first where the last key was found plus one: producers keep an
 * order. names->count when it is none of them. */
static size_t find_name(const struct ll_record_format *format, struct ll_str key, size_t hint)
{
    for (size_t i = 0; i < format->count; i++) {
        size_t at = hint + i < format->count ? hint + i : hint + i - format->count;
        if (ll_str_equal(format->names[at], key))
            return at;
    }
    return format->count;
}

bool ll_record_read(struct ll_decoder *d, struct ll_json *reader,
                    const struct ll_record_format *format, struct ll_value *values)
{
    assert(format->count <= LL_RECORD_FIELDS_MAX);
    for (size_t i = 0; i < format->count; i++)
        values[i] = (struct ll_value){0};
    d->item_count = 0;
    if (!ll_json_enter_object(reader))
        return false;
    struct ll_str key;
    size_t hint = 0;
    while (ll_json_next_key(reader, &key)) {
        size_t at = find_name(format, key, hint);
        if (at == format->count) {
            ll_json_skip(reader);
            continue;
        }
        hint = at + 1 < format->count ? at + 1 : 0;
        struct ll_value value = {.kind = ll_json_peek(reader)};
        if (value.kind == LL_JSON_ARRAY)
            read_list(d, reader, &value);
        else
            read_scalar(reader, value.kind, &value.text);
        values[at] = value; /* the last of duplicate keys wins */
    }
    return reader->error == NULL;
}

static bool all_digits(struct ll_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

enum ll_reason ll_value_id(const struct ll_value *value, enum ll_reason missing, int64_t *ret_id)
{
    if (value->kind == LL_JSON_NONE || value->kind == LL_JSON_NULL ||
        (value->kind == LL_JSON_STRING && value->text.len == 0))
        return missing;
    if ((value->kind != LL_JSON_STRING && value->kind != LL_JSON_NUMBER) ||
        !all_digits(value->text))
        return (enum ll_reason)(missing + 1);
    return ll_str_to_i64(value->text, ret_id) ? LL_REASON_NONE : (enum ll_reason)(missing + 2);
}

bool ll_value_text(const struct ll_value *value, struct ll_str *ret_text)
{
    switch (value->kind) {
    case LL_JSON_NONE:
    case LL_JSON_NULL:
        *ret_text = LL_STR("");
        return true;
    case LL_JSON_STRING:
    case LL_JSON_NUMBER:
        *ret_text = value->text;
        return true;
    default:
        return false;
    }
}

enum ll_reason ll_values_text(const struct ll_value *values, const int *fields, size_t count,
                              struct ll_str *ret_texts)
{
    for (size_t i = 0; i < count; i++)
        if (!ll_value_text(&values[fields[i]], &ret_texts[i]))
            return LL_REASON_NOT_TEXT;
    return LL_REASON_NONE;
}

bool ll_value_instant(const struct ll_value *value, int64_t *ret_us)
{
    int64_t ms;
    if (value->kind != LL_JSON_STRING || !ll_stamp_parse(value->text, &ms))
        return false;
    *ret_us = ms * 1000;
    return true;
}

struct ll_str ll_text_cut(struct ll_decoder *d, struct ll_str s)
{
    if (s.len <= LL_TEXT_MAX)
        return s;
    d->counts.clamped++;
    return ll_utf8_cut(s, LL_TEXT_MAX);
}

struct ll_str ll_text_lower(struct ll_decoder *d, struct ll_str s)
{
    size_t upper = 0;
    while (upper < s.len && (s.ptr[upper] < 'A' || s.ptr[upper] > 'Z'))
        upper++;
    if (upper == s.len)
        return s;
    char *copy = ll_arena_alloc(&d->rows.arena, s.len);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        copy[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct ll_str){copy, s.len};
}

void ll_row_text(struct ll_decoder *d, size_t column, struct ll_str value)
{
    uintptr_t from = (uintptr_t)d->part->bytes.ptr, at = (uintptr_t)value.ptr;
    if (at >= from && at - from < d->part->bytes.len)
        ll_batch_text(&d->rows, column, value);
    else
        ll_batch_text_borrowed(&d->rows, column, value);
}

void ll_row_instant(struct ll_decoder *d, size_t column, bool known, int64_t us)
{
    if (known)
        ll_batch_i64(&d->rows, column, us);
    else
        ll_batch_null(&d->rows, column);
}
