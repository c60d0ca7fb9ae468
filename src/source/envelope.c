/* The original's envelope: {"day_date_id": …, "time_of_day_id": …, "data": [records]}.
 *
 * Each value is read by a reader of its own, so that a broken record costs one record: its end is
 * then found by its brackets, and the walk goes on behind it. Where that is impossible the rest of
 * the object becomes one quarantine row. */

#include "source/decoder_internal.h"

struct cursor {
    const char *start, *at, *end;
};

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}

/* Skips white space, then `wanted` if it is there. */
static bool take(struct cursor *c, char wanted)
{
    skip_space(c);
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static struct ll_str rest_of(const struct cursor *c)
{
    return (struct ll_str){c->at, (size_t)(c->end - c->at)};
}

static void damaged(struct ll_decoder *d, const struct cursor *c, int64_t position)
{
    ll_quarantine_damaged(d, position, (size_t)(c->at - c->start));
}

/* Where a record that is no JSON ends: its closing bracket, if another record or the list's end
 * follows; else NULL. Strings end at a line break, so that a lost quote does not swallow the next
 * record of a pretty-printed file. */
static const char *broken_record_end(const struct cursor *c)
{
    if (c->at == c->end || *c->at != '{')
        return NULL;
    size_t depth = 0;
    bool in_string = false;
    for (const char *at = c->at; at < c->end; at++) {
        if (in_string) {
            if (*at == '\\')
                at++;
            else if (*at == '"' || *at == '\n')
                in_string = false;
        } else if (*at == '"') {
            in_string = true;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if ((*at == '}' || *at == ']') && --depth == 0) {
            struct cursor next = {c->start, at + 1, c->end};
            bool plausible = take(&next, ']') || (take(&next, ',') && take(&next, '{'));
            return plausible ? at + 1 : NULL;
        }
    }
    return NULL;
}

/* The record at c->at, which moves past it. False when nothing after it can be read. */
static bool decode_record(struct ll_decoder *d, const struct ll_record_format *format,
                          struct cursor *c, int64_t position)
{
    struct ll_value values[LL_RECORD_FIELDS_MAX];
    const char *start = c->at;
    struct ll_json reader = ll_json_reader(rest_of(c), &d->rows.arena);
    bool is_object = ll_json_peek(&reader) == LL_JSON_OBJECT;
    bool readable = is_object ? ll_record_read(d, &reader, format, values) : ll_json_skip(&reader);
    const char *end = readable ? reader.at : broken_record_end(c);
    if (end == NULL)
        return false;
    c->at = end;
    enum ll_reason reason = !readable    ? LL_REASON_RECORD_NOT_JSON
                            : !is_object ? LL_REASON_RECORD_NOT_OBJECT
                                         : format->decode(d, values);
    if (reason != LL_REASON_NONE)
        ll_quarantine(d, position, reason, (struct ll_str){start, (size_t)(end - start)});
    else
        d->counts.rows_in++;
    d->counts.repaired += (int64_t)reader.repaired;
    return true;
}

/* The list at c->at. False when it is damaged, which is in quarantine then. */
static bool decode_list(struct ll_decoder *d, const struct ll_record_format *format,
                        struct cursor *c)
{
    c->at++;
    if (take(c, ']'))
        return true;
    int64_t position = 0;
    do {
        skip_space(c);
        if (!decode_record(d, format, c, position)) {
            damaged(d, c, position);
            return false;
        }
        position++;
    } while (take(c, ','));
    if (take(c, ']'))
        return true;
    damaged(d, c, position);
    return false;
}

/* The value of "data"; null is an empty list. False after damage. */
static bool decode_data(struct ll_decoder *d, const struct ll_record_format *format,
                        struct cursor *c)
{
    skip_space(c);
    if (c->at < c->end && *c->at == '[')
        return decode_list(d, format, c);
    struct ll_str bytes;
    struct ll_json reader = ll_json_reader(rest_of(c), &d->rows.arena);
    bool is_null = ll_json_peek(&reader) == LL_JSON_NULL;
    if (!ll_json_capture(&reader, &bytes)) {
        damaged(d, c, -1);
        return false;
    }
    c->at = reader.at;
    if (!is_null)
        ll_quarantine(d, -1, LL_REASON_DATA_NOT_LIST, bytes);
    return true;
}

static bool read_key(struct ll_decoder *d, struct cursor *c, struct ll_str *ret_key)
{
    skip_space(c);
    struct ll_json reader = ll_json_reader(rest_of(c), &d->rows.arena);
    if (!ll_json_string(&reader, ret_key))
        return false;
    c->at = reader.at;
    return take(c, ':');
}

static bool skip_value(struct ll_decoder *d, struct cursor *c)
{
    struct ll_json reader = ll_json_reader(rest_of(c), &d->rows.arena);
    if (!ll_json_skip(&reader))
        return false;
    c->at = reader.at;
    return true;
}

void ll_envelope_decode(struct ll_decoder *d, const struct ll_record_format *format)
{
    struct ll_str bytes = d->part->bytes;
    struct cursor c = {bytes.ptr, bytes.ptr, bytes.ptr + bytes.len};
    if (ll_str_starts_with(bytes, LL_STR("\xEF\xBB\xBF")))
        c.at += 3;
    if (!take(&c, '{')) {
        ll_quarantine(d, -1, LL_REASON_NOT_OBJECT, bytes);
        return;
    }
    bool has_data = false, has_error = false, more = !take(&c, '}');
    while (more) {
        struct ll_str key;
        if (!read_key(d, &c, &key)) {
            damaged(d, &c, -1);
            return;
        }
        if (ll_str_equal(key, LL_STR("data"))) {
            has_data = true;
            if (!decode_data(d, format, &c))
                return;
        } else if (!skip_value(d, &c)) {
            damaged(d, &c, -1);
            return;
        }
        has_error = has_error || ll_str_equal(key, LL_STR("error"));
        more = take(&c, ',');
        if (!more && !take(&c, '}')) {
            damaged(d, &c, -1);
            return;
        }
    }
    skip_space(&c);
    if (c.at != c.end)
        damaged(d, &c, -1);
    else if (has_error && !has_data)
        ll_quarantine(d, -1, LL_REASON_ERROR_ANSWER, bytes);
}
