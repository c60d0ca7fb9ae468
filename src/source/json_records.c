/* The records of JSON: those of the original's objects {"day_date_id": …, "data": [records]}, of
 * Helix's answers {"data": [records], "pagination": …} and of IGDB's, [records].
 *
 * Each value is read by a reader of its own, so that a broken record costs one record: its end is
 * then found by its brackets, and the walk goes on behind it. Where that is impossible the rest of
 * the object, or of the line, becomes one quarantine row. */

#include "source/decoder_internal.h"

static void skip_space(struct ll_cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}

/* Skips white space, then `wanted` if it is there. */
static bool take(struct ll_cursor *c, char wanted)
{
    skip_space(c);
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static struct ll_str rest_of(const struct ll_cursor *c)
{
    return (struct ll_str){c->at, (size_t)(c->end - c->at)};
}

static void damaged(struct ll_decoder *d, const struct ll_cursor *c, int64_t position)
{
    ll_quarantine_damaged(d, position, (size_t)(c->at - c->start), rest_of(c));
}

int64_t ll_position_outside(struct ll_decoder *d)
{
    return d->by_line ? d->position++ : -1;
}

const char *ll_json_broken_end(const char *from, const char *end)
{
    if (from == end || *from != '{')
        return NULL;
    size_t depth = 0;
    bool in_string = false;
    for (const char *at = from; at < end; at++) {
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
            struct ll_cursor next = {from, at + 1, end};
            bool plausible = take(&next, ']') || (take(&next, ',') && take(&next, '{'));
            return plausible ? at + 1 : NULL;
        }
    }
    return NULL;
}

/* The record at c->at, which moves past it. False when nothing after it can be read. */
static bool decode_record(struct ll_decoder *d, const struct ll_record_format *format,
                          struct ll_cursor *c)
{
    struct ll_value values[LL_RECORD_FIELDS_MAX];
    const char *start = c->at;
    struct ll_json reader = ll_record_reader(d, rest_of(c));
    bool is_object = ll_json_peek(&reader) == LL_JSON_OBJECT;
    bool readable = is_object ? ll_record_read(d, &reader, format, values) : ll_json_skip(&reader);
    const char *end = readable ? reader.at : ll_json_broken_end(start, c->end);
    if (end == NULL)
        return false;
    c->at = end;
    enum ll_reason reason = !readable    ? LL_REASON_RECORD_NOT_JSON
                            : !is_object ? LL_REASON_RECORD_NOT_OBJECT
                                         : format->decode(d, values);
    if (reason != LL_REASON_NONE)
        ll_quarantine(d, d->position, reason, (struct ll_str){start, (size_t)(end - start)});
    else
        d->counts.rows_in++;
    d->position++;
    d->counts.repaired += (int64_t)reader.repaired;
    return true;
}

/* The list at c->at. False when it is damaged, which is in quarantine then. */
static bool decode_list(struct ll_decoder *d, const struct ll_record_format *format,
                        struct ll_cursor *c)
{
    c->at++;
    if (take(c, ']'))
        return true;
    do {
        skip_space(c);
        if (!decode_record(d, format, c)) {
            damaged(d, c, d->position++);
            return false;
        }
    } while (take(c, ','));
    if (take(c, ']'))
        return true;
    damaged(d, c, d->position++);
    return false;
}

/* The value of "data"; null is an empty list. False after damage. */
static bool decode_data(struct ll_decoder *d, const struct ll_record_format *format,
                        struct ll_cursor *c)
{
    skip_space(c);
    if (c->at < c->end && *c->at == '[')
        return decode_list(d, format, c);
    struct ll_str bytes;
    struct ll_json reader = ll_json_reader(rest_of(c), &d->part_arena);
    bool is_null = ll_json_peek(&reader) == LL_JSON_NULL;
    if (!ll_json_capture(&reader, &bytes)) {
        damaged(d, c, ll_position_outside(d));
        return false;
    }
    c->at = reader.at;
    if (!is_null)
        ll_quarantine(d, ll_position_outside(d), LL_REASON_DATA_NOT_LIST, bytes);
    return true;
}

static bool read_key(struct ll_decoder *d, struct ll_cursor *c, struct ll_str *ret_key)
{
    skip_space(c);
    struct ll_json reader = ll_json_reader(rest_of(c), &d->part_arena);
    if (!ll_json_string(&reader, ret_key))
        return false;
    c->at = reader.at;
    return take(c, ':');
}

static bool skip_value(struct ll_decoder *d, struct ll_cursor *c)
{
    struct ll_json reader = ll_json_reader(rest_of(c), &d->part_arena);
    if (!ll_json_skip(&reader))
        return false;
    c->at = reader.at;
    return true;
}

/* What an object without records may be: an answer of an error. */
struct shape {
    bool has_data, has_error;
};

/* The next member of an object. False after damage, which is in quarantine then. */
static bool decode_member(struct ll_decoder *d, const struct ll_record_format *format,
                          struct ll_cursor *c, struct shape *shape)
{
    struct ll_str key;
    if (!read_key(d, c, &key)) {
        damaged(d, c, ll_position_outside(d));
        return false;
    }
    if (ll_str_equal(key, LL_STR("data"))) {
        shape->has_data = true;
        return decode_data(d, format, c);
    }
    if (!skip_value(d, c)) {
        damaged(d, c, ll_position_outside(d));
        return false;
    }
    shape->has_error = shape->has_error || ll_str_equal(key, LL_STR("error"));
    return true;
}

/* The object at c->at. False after damage, which is in quarantine then. */
static bool decode_object(struct ll_decoder *d, const struct ll_record_format *format,
                          struct ll_cursor *c, struct shape *ret_shape)
{
    struct shape shape = {0};
    c->at++;
    bool more = !take(c, '}');
    while (more) {
        if (!decode_member(d, format, c, &shape))
            return false;
        more = take(c, ',');
        if (!more && !take(c, '}')) {
            damaged(d, c, ll_position_outside(d));
            return false;
        }
    }
    *ret_shape = shape;
    return true;
}

/* The bytes from `start` to where the walk is. */
static struct ll_str walked(const struct ll_cursor *c, const char *start)
{
    return (struct ll_str){start, (size_t)(c->at - start)};
}

bool ll_json_records(struct ll_decoder *d, const struct ll_record_format *format,
                     struct ll_cursor *c)
{
    skip_space(c);
    const char *start = c->at;
    enum ll_reason reason = LL_REASON_NONE;
    if (start < c->end && *start == '[')
        return decode_list(d, format, c);
    if (start < c->end && *start == '{') {
        struct shape shape;
        if (!decode_object(d, format, c, &shape))
            return false;
        if (shape.has_error && !shape.has_data)
            reason = LL_REASON_ERROR_ANSWER;
    } else if (skip_value(d, c)) {
        reason = LL_REASON_BODY_SHAPE;
    } else {
        damaged(d, c, ll_position_outside(d));
        return false;
    }
    if (reason != LL_REASON_NONE)
        ll_quarantine(d, ll_position_outside(d), reason, walked(c, start));
    return true;
}

void ll_origin_json_decode(struct ll_decoder *d, const struct ll_record_format *format)
{
    struct ll_str bytes = d->part->bytes;
    struct ll_cursor c = {bytes.ptr, bytes.ptr, bytes.ptr + bytes.len};
    struct shape shape;
    if (ll_str_starts_with(bytes, LL_STR("\xEF\xBB\xBF")))
        c.at += 3;
    skip_space(&c);
    if (c.at == c.end || *c.at != '{') {
        ll_quarantine(d, -1, LL_REASON_NOT_OBJECT, bytes);
        return;
    }
    if (!decode_object(d, format, &c, &shape))
        return;
    skip_space(&c);
    if (c.at != c.end)
        damaged(d, &c, -1);
    else if (shape.has_error && !shape.has_data)
        ll_quarantine(d, -1, LL_REASON_ERROR_ANSWER, bytes);
}
