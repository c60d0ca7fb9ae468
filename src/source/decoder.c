#include "source/decoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "source/decoder_internal.h"

#define BYTES_A_ROW 512 /* of raw JSON, about; a guess for reserving */

static const struct ll_record_format *const formats[LL_TABLE_COUNT_] = {
    [LL_TABLE_STREAM] = &ll_stream_format,
    [LL_TABLE_USER] = &ll_user_format,
    [LL_TABLE_CATEGORY] = &ll_category_format,
    [LL_TABLE_GAME] = &ll_game_format,
    [LL_TABLE_TERM] = &ll_term_format,
    [LL_TABLE_LANGUAGE] = &ll_language_format,
    [LL_TABLE_CATEGORY_LINK] = &ll_external_game_format,
};

/* The column that names a row of the table. */
static const size_t key_columns[LL_TABLE_COUNT_] = {
    [LL_TABLE_STREAM] = LL_STREAM_STREAM_ID,
    [LL_TABLE_USER] = LL_USER_BROADCASTER_ID,
    [LL_TABLE_CATEGORY] = LL_CATEGORY_CATEGORY_ID,
    [LL_TABLE_GAME] = LL_GAME_IGDB_ID,
    [LL_TABLE_TERM] = LL_TERM_ID,
    [LL_TABLE_LANGUAGE] = LL_LANGUAGE_CODE,
    [LL_TABLE_CATEGORY_LINK] = LL_CATEGORY_LINK_CATEGORY_ID,
};

struct ll_decoder *ll_decoder_new(const struct ll_decoder_options *options)
{
    assert(options->table >= 0 && options->table < LL_TABLE_QUARANTINE);
    struct ll_decoder *d = ll_xcalloc(1, sizeof(*d));
    d->options = *options;
    d->options.kind = ll_arena_copy(&d->arena, options->kind);
    ll_batch_init(&d->rows, ll_table_schema(options->table));
    ll_batch_init(&d->quarantine, ll_table_schema(LL_TABLE_QUARANTINE));
    return d;
}

enum ll_status ll_decoder_add(struct ll_decoder *decoder, const struct ll_raw_part *part,
                              struct ll_error *err)
{
    const struct ll_record_format *format = formats[decoder->options.table];
    decoder->part = part;
    decoder->position = 0;
    ll_batch_reserve(&decoder->rows, decoder->rows.row_count + part->bytes.len / BYTES_A_ROW);
    memset(decoder->guesses, 0, sizeof(decoder->guesses));
    ll_arena_reset(&decoder->part_arena);
    decoder->by_line = ll_str_equal(part->format, LL_STR("envelope"));
    if (decoder->by_line)
        ll_envelope_decode(decoder, format);
    else if (ll_str_equal(part->format, LL_STR("origin-json")))
        ll_origin_json_decode(decoder, format);
    else if (ll_str_equal(part->format, LL_STR("origin-csv")))
        ll_csv_decode(decoder, format);
    else
        return ll_fail(err, LL_INVALID, 0, "no decoder for format \"%.*s\"", LL_FMT(part->format));
    decoder->part = NULL;
    return LL_OK;
}

static int compare_keys(const struct ll_batch *rows, size_t column, uint32_t a, uint32_t b)
{
    if (rows->columns[column].field.type == LL_TYPE_TEXT)
        return ll_str_compare(ll_batch_get_text(rows, column, a),
                              ll_batch_get_text(rows, column, b));
    int64_t x = ll_batch_get_i64(rows, column, a), y = ll_batch_get_i64(rows, column, b);
    return (x > y) - (x < y);
}

/* By a column of text, then in the order met. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const struct ll_decoder *d = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = compare_keys(&d->rows, key_columns[d->options.table], a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

struct row_key {
    uint64_t key;
    uint32_t row;
};

/* One pass of a radix sort, by the digit of 8 bits at `shift`; stable. False when all rows have the
 * same digit and nothing was moved. */
static bool sort_by_digit(const struct row_key *from, struct row_key *to, size_t count, int shift)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < count; i++)
        starts[from[i].key >> shift & 0xFF]++;
    if (starts[from[0].key >> shift & 0xFF] == count)
        return false;
    for (size_t digit = 0, start = 0; digit < LL_COUNT(starts); digit++) {
        size_t size = starts[digit];
        starts[digit] = start;
        start += size;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].key >> shift & 0xFF]++] = from[i];
    return true;
}

/* By a column of ids, which are not negative, then in the order met. A comparing sort takes three
 * times as long. */
static void sort_by_id(const int64_t *ids, uint32_t *order, size_t count)
{
    struct row_key *keys = ll_xcalloc(count, sizeof(*keys));
    struct row_key *other = ll_xcalloc(count, sizeof(*other));
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct row_key){(uint64_t)ids[i], (uint32_t)i};
    for (int shift = 0; shift < 64 && count > 0; shift += 8)
        if (sort_by_digit(keys, other, count, shift)) {
            struct row_key *swap = keys;
            keys = other;
            other = swap;
        }
    for (size_t i = 0; i < count; i++)
        order[i] = keys[i].row;
    free(keys);
    free(other);
}

static void sort_rows(struct ll_decoder *d, uint32_t *order, size_t count)
{
    const struct ll_column *column = &d->rows.columns[key_columns[d->options.table]];
    if (column->field.type == LL_TYPE_I64) {
        sort_by_id(column->values, order, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, count, sizeof(*order), compare_rows, d);
}

/* Keeps the last of equal keys; returns how many rows stay in `order`. */
static size_t drop_duplicates(struct ll_decoder *d, uint32_t *order, size_t count)
{
    size_t column = key_columns[d->options.table], kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && compare_keys(&d->rows, column, order[i], order[i + 1]) == 0)
            d->counts.duplicates++;
        else
            order[kept++] = order[i];
    }
    return kept;
}

/* Which of two streams of one broadcaster stays: the later started_at, then the larger id. */
static bool stays(const struct ll_batch *rows, uint32_t a, uint32_t b)
{
    bool known_a = !ll_batch_is_null(rows, LL_STREAM_STARTED_AT, a);
    bool known_b = !ll_batch_is_null(rows, LL_STREAM_STARTED_AT, b);
    if (known_a != known_b)
        return known_a;
    int order = known_a ? compare_keys(rows, LL_STREAM_STARTED_AT, a, b) : 0;
    return order != 0 ? order > 0 : compare_keys(rows, LL_STREAM_STREAM_ID, a, b) > 0;
}

/* Broadcasters' rows in `last`, each the one that stays; how many do not. */
static size_t find_restarted(const struct ll_batch *rows, const uint32_t *order, size_t count,
                             struct ll_map *last)
{
    const int64_t *broadcasters = rows->columns[LL_STREAM_BROADCASTER_ID].values;
    size_t restarted = 0;
    ll_map_reserve(last, count);
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        uint64_t *row = ll_map_at(last, (uint64_t)broadcasters[order[i]], &is_new);
        restarted += !is_new;
        if (is_new || stays(rows, order[i], (uint32_t)*row))
            *row = order[i];
    }
    return restarted;
}

static size_t drop_restarted(struct ll_decoder *d, uint32_t *order, size_t count)
{
    LL_AUTO(ll_map_clear) struct ll_map last = {0};
    size_t restarted = find_restarted(&d->rows, order, count, &last), kept = 0;
    if (restarted == 0) /* as a rule */
        return count;
    for (size_t i = 0; i < count; i++) {
        int64_t broadcaster = ll_batch_get_i64(&d->rows, LL_STREAM_BROADCASTER_ID, order[i]);
        if (*ll_map_find(&last, (uint64_t)broadcaster) == order[i])
            order[kept++] = order[i];
    }
    assert(kept == count - restarted);
    d->counts.restarted += (int64_t)restarted;
    return kept;
}

enum ll_status ll_decoder_finish(struct ll_decoder *decoder, struct ll_decoded *ret,
                                 struct ll_error *err)
{
    struct ll_decoder *d = decoder;
    size_t count = d->rows.row_count;
    if (count > UINT32_MAX)
        return ll_fail(err, LL_LIMIT, 0, "%zu records are too many for one run", count);
    uint32_t *order = ll_xcalloc(count, sizeof(*order));
    sort_rows(d, order, count);
    count = drop_duplicates(d, order, count);
    if (d->options.table == LL_TABLE_STREAM)
        count = drop_restarted(d, order, count);
    ll_batch_reorder(&d->rows, order, count);
    free(order);

    d->counts.rows_out = (int64_t)count;
    assert(d->counts.rows_in ==
           d->counts.rows_out + d->counts.duplicates + d->counts.restarted + d->counts.quarantined);
    *ret = (struct ll_decoded){d->rows, d->quarantine, d->counts};
    d->rows = (struct ll_batch){0};
    d->quarantine = (struct ll_batch){0};
    return LL_OK;
}

void ll_decoder_free(struct ll_decoder *decoder)
{
    if (decoder == NULL)
        return;
    ll_batch_clear(&decoder->rows);
    ll_batch_clear(&decoder->quarantine);
    ll_arena_clear(&decoder->arena);
    ll_arena_clear(&decoder->part_arena);
    ll_arena_clear(&decoder->record_arena);
    free(decoder->items);
    free(decoder);
}

void ll_decoded_clear(struct ll_decoded *decoded)
{
    ll_batch_clear(&decoded->rows);
    ll_batch_clear(&decoded->quarantine);
    *decoded = (struct ll_decoded){0};
}
