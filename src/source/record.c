#include <assert.h>

#include "base/time.h"
#include "source/decoder_internal.h"

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
        struct ll_item *item = next_item(d);
        item->kind = ll_json_scalar(reader, &item->text);
        if ((item->kind == LL_JSON_ARRAY || item->kind == LL_JSON_OBJECT) && !ll_json_skip(reader))
            return false;
    }
    value->count = d->item_count - value->first;
    return reader->error == NULL;
}

static size_t find_name(const struct ll_record_format *format, struct ll_str key)
{
    size_t at = 0;
    while (at < format->count && !ll_str_equal(format->names[at], key))
        at++;
    return at;
}

static bool lies_in(const struct ll_json *reader, struct ll_str key)
{
    return (uintptr_t)key.ptr >= (uintptr_t)reader->start &&
           (uintptr_t)key.ptr < (uintptr_t)reader->end;
}

/* The index of the next key in the format's names, their number when it is none of them. Producers
 * keep an order: the key that stood at this place in the record before is tried first. False at the
 * end of the object or on error. */
static bool next_name(struct ll_decoder *d, struct ll_json *reader,
                      const struct ll_record_format *format, size_t place, size_t *ret_at)
{
    struct ll_key_guess *guess = place < LL_COUNT(d->guesses) ? &d->guesses[place] : NULL;
    struct ll_str key;
    if (guess != NULL && guess->key.len > 0 && ll_json_try_key(reader, guess->key)) {
        *ret_at = guess->at;
        return true;
    }
    if (!ll_json_next_key(reader, &key))
        return false;
    size_t at = find_name(format, key);
    if (guess != NULL && lies_in(reader, key))
        *guess = (struct ll_key_guess){.key = key, .at = at};
    *ret_at = at;
    return true;
}

bool ll_record_read(struct ll_decoder *d, struct ll_json *reader,
                    const struct ll_record_format *format, struct ll_value *values)
{
    assert(format->count <= LL_RECORD_FIELDS_MAX);
    for (size_t i = 0; i < format->count; i++) {
        values[i].kind = LL_JSON_NONE;
        values[i].count = 0;
    }
    d->item_count = 0;
    if (!ll_json_enter_object(reader))
        return false;
    size_t at;
    for (size_t place = 0; next_name(d, reader, format, place, &at); place++) {
        if (at == format->count) {
            ll_json_skip(reader);
            continue;
        }
        /* Read in place: a copy would wait for what was just stored. The last of duplicate keys
         * wins. */
        struct ll_value *value = &values[at];
        value->count = 0;
        value->kind = ll_json_scalar(reader, &value->text);
        if (value->kind == LL_JSON_ARRAY)
            read_list(d, reader, value);
        else if (value->kind == LL_JSON_OBJECT)
            ll_json_skip(reader);
    }
    return reader->error == NULL;
}

/* The start of a record: what the one before kept for itself may go. */
struct ll_json ll_record_reader(struct ll_decoder *d, struct ll_str bytes)
{
    ll_arena_reset(&d->record_arena);
    return ll_json_reader(bytes, &d->record_arena);
}

/* Digits only; false for others. *ret_id is -1 when they are more than 63 bits. */
static bool parse_id(struct ll_str s, int64_t *ret_id)
{
    enum { SAFE_DIGITS = 18 }; /* so many always fit */
    uint64_t id = 0;
    bool fits = true;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9)
            return false;
        fits = fits && (i < SAFE_DIGITS || id <= ((uint64_t)INT64_MAX - digit) / 10);
        id = id * 10 + digit;
    }
    *ret_id = fits ? (int64_t)id : -1;
    return s.len > 0;
}

enum ll_reason ll_value_id(const struct ll_value *value, enum ll_reason missing, int64_t *ret_id)
{
    int64_t id;
    if (value->kind == LL_JSON_NONE || value->kind == LL_JSON_NULL ||
        (value->kind == LL_JSON_STRING && value->text.len == 0))
        return missing;
    if ((value->kind != LL_JSON_STRING && value->kind != LL_JSON_NUMBER) ||
        !parse_id(value->text, &id))
        return (enum ll_reason)(missing + 1);
    if (id < 0)
        return (enum ll_reason)(missing + 2);
    *ret_id = id;
    return LL_REASON_NONE;
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
    char *copy = ll_arena_bytes(&d->record_arena, s.len);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        copy[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct ll_str){copy, s.len};
}

void ll_row_instant(struct ll_decoder *d, size_t column, bool known, int64_t us)
{
    if (known)
        ll_batch_i64(&d->rows, column, us);
    else
        ll_batch_null(&d->rows, column);
}
