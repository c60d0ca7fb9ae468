/* Helix Get Streams: one live stream. Field facts: docs/internals/source.md. */
#include <assert.h>
#include <string.h>

#include "codec/sha256.h"
#include "source/decoder_internal.h"

enum {
    ID,
    USER_ID,
    USER_LOGIN,
    USER_NAME,
    GAME_ID,
    GAME_NAME,
    TYPE,
    TITLE,
    VIEWER_COUNT,
    STARTED_AT,
    LANGUAGE,
    TAGS,
    IS_MATURE,
    FIELD_COUNT
};

static const struct ll_str names[FIELD_COUNT] = {
    [ID] = {"id", 2},
    [USER_ID] = {"user_id", 7},
    [USER_LOGIN] = {"user_login", 10},
    [USER_NAME] = {"user_name", 9},
    [GAME_ID] = {"game_id", 7},
    [GAME_NAME] = {"game_name", 9},
    [TYPE] = {"type", 4},
    [TITLE] = {"title", 5},
    [VIEWER_COUNT] = {"viewer_count", 12},
    [STARTED_AT] = {"started_at", 10},
    [LANGUAGE] = {"language", 8},
    [TAGS] = {"tags", 4},
    [IS_MATURE] = {"is_mature", 9},
};

/* The text fields, in the order in which they enter the detail id; language is none of it. */
enum { LOGIN, DISPLAY_NAME, CATEGORY_NAME, KIND, TITLE_TEXT, LANGUAGE_TEXT, TEXT_COUNT };
static const int text_fields[TEXT_COUNT] = {USER_LOGIN, USER_NAME, GAME_NAME,
                                            TYPE,       TITLE,     LANGUAGE};

struct stream {
    int64_t stream_id, broadcaster_id, category_id, viewers, started_us;
    bool started_known;
    struct ll_str texts[TEXT_COUNT];
    struct ll_str *tags; /* the array in the rows' arena */
    size_t tag_count;
};

/* Whole numbers in any JSON spelling, and strings of digits; negative ones count as 0. */
static enum ll_reason read_viewers(struct ll_decoder *d, const struct ll_value *value,
                                   int64_t *ret_viewers)
{
    if (value->kind == LL_JSON_NONE || value->kind == LL_JSON_NULL)
        return LL_REASON_VIEWERS_MISSING;
    if (value->kind != LL_JSON_NUMBER && value->kind != LL_JSON_STRING)
        return LL_REASON_VIEWERS_NOT_NUMBER;
    int64_t viewers;
    if (!ll_str_to_i64(value->text, &viewers)) {
        double number;
        if (!ll_str_to_f64(value->text, &number))
            return LL_REASON_VIEWERS_NOT_NUMBER;
        if (number > INT32_MAX)
            return LL_REASON_VIEWERS_TOO_LARGE;
        if (number < INT32_MIN)
            number = INT32_MIN;
        viewers = (int64_t)number;
        if ((double)viewers < number || (double)viewers > number)
            return LL_REASON_VIEWERS_NOT_WHOLE;
    }
    if (viewers > INT32_MAX)
        return LL_REASON_VIEWERS_TOO_LARGE;
    if (viewers < 0) {
        viewers = 0;
        d->counts.clamped++;
    }
    *ret_viewers = viewers;
    return LL_REASON_NONE;
}

/* Null and absent tags are none; entries that are not text are left out and counted. */
static enum ll_reason read_tags(struct ll_decoder *d, const struct ll_value *value,
                                struct stream *ret_stream)
{
    if (value->kind != LL_JSON_NONE && value->kind != LL_JSON_NULL && value->kind != LL_JSON_ARRAY)
        return LL_REASON_TAGS_NOT_LIST;
    ret_stream->tag_count = 0;
    ret_stream->tags = ll_arena_array(&d->rows.arena, value->count, sizeof(struct ll_str));
    for (size_t i = 0; i < value->count; i++) {
        const struct ll_item *item = &d->items[value->first + i];
        if (item->kind == LL_JSON_STRING)
            ret_stream->tags[ret_stream->tag_count++] = ll_text_cut(d, item->text);
        else
            d->counts.clamped++;
    }
    return LL_REASON_NONE;
}

static enum ll_reason read_ids(const struct ll_value *values, struct stream *s)
{
    enum ll_reason reason = ll_value_id(&values[ID], LL_REASON_STREAM_ID, &s->stream_id);
    if (reason == LL_REASON_NONE)
        reason = ll_value_id(&values[USER_ID], LL_REASON_BROADCASTER_ID, &s->broadcaster_id);
    if (reason != LL_REASON_NONE)
        return reason;
    s->category_id = 0;
    reason = ll_value_id(&values[GAME_ID], LL_REASON_CATEGORY_ID, &s->category_id);
    return reason == LL_REASON_CATEGORY_ID ? LL_REASON_NONE : reason; /* no category set */
}

/* Fills *s in place; what it holds after a refusal means nothing. */
static enum ll_reason read_stream(struct ll_decoder *d, const struct ll_value *values,
                                  struct stream *s)
{
    enum ll_reason reason = read_ids(values, s);
    if (reason == LL_REASON_NONE)
        reason = ll_values_text(values, text_fields, TEXT_COUNT, s->texts);
    if (reason == LL_REASON_NONE)
        reason = read_viewers(d, &values[VIEWER_COUNT], &s->viewers);
    if (reason == LL_REASON_NONE)
        reason = read_tags(d, &values[TAGS], s);
    if (reason != LL_REASON_NONE)
        return reason;
    for (size_t i = 0; i < TEXT_COUNT; i++)
        s->texts[i] = ll_text_cut(d, s->texts[i]);
    s->texts[LOGIN] = ll_text_lower(d, s->texts[LOGIN]);
    s->texts[LANGUAGE_TEXT] = ll_text_lower(d, s->texts[LANGUAGE_TEXT]);
    if (s->texts[DISPLAY_NAME].len == 0)
        s->texts[DISPLAY_NAME] = s->texts[LOGIN];
    s->started_known = ll_value_instant(&values[STARTED_AT], &s->started_us);
    return LL_REASON_NONE;
}

/* Decimal digits of `number`, at least 1. */
static size_t digits_of(uint64_t number)
{
    if (number < 100) /* nearly always */
        return number < 10 ? 1 : 2;
    size_t digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits;
}

/* Writes `number` in decimal and returns past it. (A printf for each of ten million small numbers a
 * day would show.) */
static char *put_number(char *at, uint64_t number)
{
    char *end = at + digits_of(number), *digit = end;
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

static size_t counted_size(struct ll_str s)
{
    return digits_of(s.len) + 1 + s.len;
}

/* Writes "<length>:<bytes>", returns past it and makes *s the bytes written. */
static char *put_counted(char *at, struct ll_str *s)
{
    at = put_number(at, s->len);
    *at++ = ':';
    if (s->len > 0)
        memcpy(at, s->ptr, s->len);
    s->ptr = at;
    return at + s->len;
}

/* started_at as the detail id has it; `text` holds 24 bytes. */
static struct ll_str started_text(const struct stream *s, char *text)
{
    char *end = text + 24, *at = end;
    if (!s->started_known)
        return LL_STR("");
    uint64_t rest = s->started_us < 0 ? 0 - (uint64_t)s->started_us : (uint64_t)s->started_us;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (s->started_us < 0)
        *--at = '-';
    return (struct ll_str){at, (size_t)(end - at)};
}

/* Moves the row's texts into the rows' arena, in the form that the detail id is made of, so that
 * one copy does for both. See ll_decoder_finish. */
static int64_t keep_details(struct ll_arena *arena, struct stream *s)
{
    char started_digits[24];
    struct ll_str started = started_text(s, started_digits);
    size_t size = counted_size(started) + digits_of(s->tag_count) + 1;
    for (size_t i = LOGIN; i <= TITLE_TEXT; i++)
        size += counted_size(s->texts[i]);
    for (size_t i = 0; i < s->tag_count; i++)
        size += counted_size(s->tags[i]);

    char *details = ll_arena_bytes(arena, size), *at = put_counted(details, &started);
    for (size_t i = LOGIN; i <= TITLE_TEXT; i++)
        at = put_counted(at, &s->texts[i]);
    at = put_number(at, s->tag_count);
    *at++ = ':';
    for (size_t i = 0; i < s->tag_count; i++)
        at = put_counted(at, &s->tags[i]);
    assert((size_t)(at - details) == size);

    struct ll_sha256 hash = ll_sha256_of((struct ll_str){details, size});
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof(id); i++)
        id = id << 8 | hash.bytes[i];
    int64_t signed_id;
    memcpy(&signed_id, &id, sizeof(signed_id));
    return signed_id;
}

static enum ll_reason decode_stream(struct ll_decoder *d, const struct ll_value *values)
{
    struct stream s;
    enum ll_reason reason = read_stream(d, values, &s);
    if (reason != LL_REASON_NONE)
        return reason;
    struct ll_batch *rows = &d->rows;
    int64_t detail_id = keep_details(&rows->arena, &s);
    ll_batch_i64(rows, LL_STREAM_SLOT, d->options.slot_s);
    ll_batch_i64(rows, LL_STREAM_STREAM_ID, s.stream_id);
    ll_batch_i64(rows, LL_STREAM_BROADCASTER_ID, s.broadcaster_id);
    ll_batch_text_borrowed(rows, LL_STREAM_LOGIN, s.texts[LOGIN]);
    ll_batch_text_borrowed(rows, LL_STREAM_DISPLAY_NAME, s.texts[DISPLAY_NAME]);
    ll_batch_i64(rows, LL_STREAM_CATEGORY_ID, s.category_id);
    ll_batch_text_borrowed(rows, LL_STREAM_CATEGORY_NAME, s.texts[CATEGORY_NAME]);
    ll_batch_text_borrowed(rows, LL_STREAM_TYPE, s.texts[KIND]);
    ll_batch_text_borrowed(rows, LL_STREAM_TITLE, s.texts[TITLE_TEXT]);
    ll_batch_text_list_borrowed(rows, LL_STREAM_TAGS, s.tags, s.tag_count);
    ll_batch_i64(rows, LL_STREAM_VIEWER_COUNT, s.viewers);
    ll_row_instant(d, LL_STREAM_STARTED_AT, s.started_known, s.started_us);
    ll_batch_text(rows, LL_STREAM_LANGUAGE, s.texts[LANGUAGE_TEXT]);
    enum ll_json_kind mature = values[IS_MATURE].kind;
    if (mature == LL_JSON_TRUE || mature == LL_JSON_FALSE)
        ll_batch_bool(rows, LL_STREAM_IS_MATURE, mature == LL_JSON_TRUE);
    else
        ll_batch_null(rows, LL_STREAM_IS_MATURE);
    ll_batch_i64(rows, LL_STREAM_DETAIL_ID, detail_id);
    ll_row_instant(d, LL_STREAM_RECEIVED_AT, d->received_known, d->received_us);
    ll_batch_end_row(rows);
    return LL_REASON_NONE;
}

const struct ll_record_format ll_stream_format = {names, FIELD_COUNT, decode_stream};
