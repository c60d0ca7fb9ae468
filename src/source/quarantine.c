#include <assert.h>
#include <string.h>

#include "source/decoder_internal.h"

/* Stable words: people filter by them. */
static const char *const reasons[LL_REASON_COUNT_] = {
    [LL_REASON_NOT_OBJECT] = "not a JSON object",
    [LL_REASON_ERROR_ANSWER] = "an error answer without data",
    [LL_REASON_DATA_NOT_LIST] = "data is not a list",
    [LL_REASON_DAMAGED] = "damaged",
    [LL_REASON_RECORD_NOT_JSON] = "the record is not JSON",
    [LL_REASON_RECORD_NOT_OBJECT] = "the record is not an object",
    [LL_REASON_STREAM_ID] = "stream_id is missing",
    [LL_REASON_STREAM_ID + 1] = "stream_id is not a number",
    [LL_REASON_STREAM_ID + 2] = "stream_id is out of range",
    [LL_REASON_BROADCASTER_ID] = "broadcaster_id is missing",
    [LL_REASON_BROADCASTER_ID + 1] = "broadcaster_id is not a number",
    [LL_REASON_BROADCASTER_ID + 2] = "broadcaster_id is out of range",
    [LL_REASON_CATEGORY_ID] = "category_id is missing",
    [LL_REASON_CATEGORY_ID + 1] = "category_id is not a number",
    [LL_REASON_CATEGORY_ID + 2] = "category_id is out of range",
    [LL_REASON_IGDB_ID] = "igdb_id is missing",
    [LL_REASON_IGDB_ID + 1] = "igdb_id is not a number",
    [LL_REASON_IGDB_ID + 2] = "igdb_id is out of range",
    [LL_REASON_TERM_ID] = "id is missing",
    [LL_REASON_TERM_ID + 1] = "id is not a number",
    [LL_REASON_TERM_ID + 2] = "id is out of range",
    [LL_REASON_VIEWERS_MISSING] = "viewer_count is missing",
    [LL_REASON_VIEWERS_NOT_NUMBER] = "viewer_count is not a number",
    [LL_REASON_VIEWERS_NOT_WHOLE] = "viewer_count is not whole",
    [LL_REASON_VIEWERS_TOO_LARGE] = "viewer_count is too large",
    [LL_REASON_NOT_TEXT] = "a text field is not text",
    [LL_REASON_TAGS_NOT_LIST] = "tags is not a list",
    [LL_REASON_IDS_NOT_LIST] = "a list of ids is not a list of numbers",
    [LL_REASON_LANGUAGE_MISSING] = "language_id is missing",
    [LL_REASON_CSV_HEADER] = "the header lacks a column",
    [LL_REASON_CSV_FIELDS] = "not as many fields as the header",
    [LL_REASON_CSV_QUOTES] = "quotes do not match",
    [LL_REASON_NOT_ANSWER] = "the line is not an answer",
    [LL_REASON_BODY_NOT_JSON] = "the body is not JSON",
    [LL_REASON_BODY_SHAPE] = "the body is neither an object nor a list",
};

const char *ll_reason_text(enum ll_reason reason)
{
    assert(reason > LL_REASON_NONE && reason < LL_REASON_COUNT_);
    return reasons[reason];
}

struct ll_str ll_utf8_cut(struct ll_str s, size_t max_bytes)
{
    if (s.len <= max_bytes)
        return s;
    size_t at = max_bytes;
    while (at > 0 && max_bytes - at < 3 && ((unsigned char)s.ptr[at] & 0xC0) == 0x80)
        at--;
    return ll_str_sub(s, 0, at);
}

/* Length of the well-formed sequence at the start of s (RFC 3629), or 0; then *ret_bad is the
 * length of the ill-formed part to replace. */
static size_t sequence_length(struct ll_str s, size_t *ret_bad)
{
    unsigned char lead = (unsigned char)s.ptr[0];
    *ret_bad = 1;
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                    : lead >= 0xE0 && lead <= 0xEF ? 3
                    : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                   : 0;
    if (length == 0)
        return 0;
    for (size_t i = 1; i < length; i++) {
        unsigned char low = 0x80, high = 0xBF;
        if (i == 1) {
            low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        }
        if (i >= s.len || (unsigned char)s.ptr[i] < low || (unsigned char)s.ptr[i] > high) {
            *ret_bad = i;
            return 0;
        }
    }
    return length;
}

struct ll_str ll_utf8_repair(struct ll_arena *arena, struct ll_str s, int64_t *repaired)
{
    if (ll_str_is_utf8(s))
        return s;
    char *copy = ll_arena_array(arena, s.len, 3);
    size_t len = 0;
    while (s.len > 0) {
        size_t bad;
        size_t length = sequence_length(s, &bad);
        if (length > 0) {
            memcpy(copy + len, s.ptr, length);
            len += length;
        } else {
            memcpy(copy + len, "\xEF\xBF\xBD", 3);
            len += 3;
            length = bad;
            (*repaired)++;
        }
        s = ll_str_sub(s, length, s.len);
    }
    return (struct ll_str){copy, len};
}

static void add_row(struct ll_decoder *d, int64_t position, struct ll_str reason,
                    struct ll_str record)
{
    struct ll_batch *q = &d->quarantine;
    int64_t repaired = 0;
    struct ll_str kept =
        ll_utf8_repair(&q->arena, ll_str_sub(record, 0, LL_QUARANTINE_RECORD_MAX), &repaired);
    ll_batch_text_borrowed(q, LL_QUARANTINE_TABLE,
                           ll_str_of(ll_table_schema(d->options.table)->table));
    ll_batch_text(q, LL_QUARANTINE_OBJECT, d->part->key);
    ll_batch_i64(q, LL_QUARANTINE_POSITION, position);
    ll_batch_text(q, LL_QUARANTINE_REASON, reason);
    ll_batch_text(q, LL_QUARANTINE_RECORD, ll_utf8_cut(kept, LL_QUARANTINE_RECORD_MAX));
    ll_batch_end_row(q);
    d->counts.rows_in++;
    d->counts.quarantined++;
}

void ll_quarantine(struct ll_decoder *decoder, int64_t position, enum ll_reason reason,
                   struct ll_str record)
{
    add_row(decoder, position, ll_str_of(ll_reason_text(reason)), record);
}

void ll_quarantine_damaged(struct ll_decoder *decoder, int64_t position, size_t offset,
                           struct ll_str rest)
{
    struct ll_str reason = ll_arena_printf(&decoder->quarantine.arena, "%s from byte %zu",
                                           ll_reason_text(LL_REASON_DAMAGED), offset);
    add_row(decoder, position, reason, rest);
}
