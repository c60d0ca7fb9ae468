/* The decoder on any bytes: never an error, no record lost without a count, rows in the order of
 * their key, and the same result a second time. The first byte picks table and format. */
#include "fuzz.h"

#include <assert.h>

#include "source/decoder.h"

static const struct {
    enum ll_table table;
    const char *kind;
} SHAPES[] = {
    {LL_TABLE_STREAM, ""},
    {LL_TABLE_USER, ""},
    {LL_TABLE_CATEGORY, ""},
    {LL_TABLE_GAME, "genre_bridge"},
    {LL_TABLE_GAME, "game_mode_bridge"},
    {LL_TABLE_TERM, "genre"},
    {LL_TABLE_LANGUAGE, ""},
    {LL_TABLE_CATEGORY_LINK, ""},
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

static void decode(uint8_t choice, struct ll_str bytes, struct ll_decoded *ret)
{
    struct ll_error err;
    struct ll_decoder_options options = {
        .table = SHAPES[choice % SHAPE_COUNT].table,
        .kind = ll_str_of(SHAPES[choice % SHAPE_COUNT].kind),
        .slot_s = 1700000100,
    };
    struct ll_decoder *decoder = ll_decoder_new(&options);
    struct ll_raw_part part = {
        .key = LL_STR("raw/fuzz"),
        .format = choice & 0x80   ? LL_STR("origin-csv")
                  : choice & 0x40 ? LL_STR("envelope")
                                  : LL_STR("origin-json"),
        .bytes = bytes,
    };
    assert(ll_decoder_add(decoder, &part, &err) == LL_OK);
    assert(ll_decoder_finish(decoder, ret, &err) == LL_OK);
    ll_decoder_free(decoder);
}

static void check_streams(const struct ll_batch *rows)
{
    for (size_t i = 0; i < rows->row_count; i++) {
        int64_t viewers = ll_batch_get_i64(rows, LL_STREAM_VIEWER_COUNT, i);
        assert(viewers >= 0 && viewers <= INT32_MAX);
        assert(ll_str_is_utf8(ll_batch_get_text(rows, LL_STREAM_TITLE, i)));
        assert(i == 0 || ll_batch_get_i64(rows, LL_STREAM_STREAM_ID, i - 1) <
                             ll_batch_get_i64(rows, LL_STREAM_STREAM_ID, i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ll_str bytes = {(const char *)data + 1, size - 1};
    struct ll_decoded first = {0}, second = {0};
    decode(data[0], bytes, &first);
    decode(data[0], bytes, &second);
    const struct ll_decode_counts *n = &first.counts;
    assert((int64_t)first.rows.row_count == n->rows_out);
    assert((int64_t)first.quarantine.row_count == n->quarantined);
    assert(n->rows_in == n->rows_out + n->duplicates + n->restarted + n->quarantined);
    assert(second.rows.row_count == first.rows.row_count);
    assert(second.counts.quarantined == n->quarantined && second.counts.repaired == n->repaired);
    if (SHAPES[data[0] % SHAPE_COUNT].table == LL_TABLE_STREAM)
        check_streams(&first.rows);
    ll_decoded_clear(&first);
    ll_decoded_clear(&second);
    return 0;
}
