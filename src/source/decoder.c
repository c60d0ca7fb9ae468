#include "source/decoder.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map.h"
#include "source/decoder_internal.h"

static const struct ll_record_format *const formats[LL_TABLE_COUNT_] = {
    [LL_TABLE_STREAM] = &ll_stream_format,     [LL_TABLE_USER] = &ll_user_format,
    [LL_TABLE_CATEGORY] = &ll_category_format, [LL_TABLE_GAME] = &ll_game_format,
    [LL_TABLE_TERM] = &ll_term_format,         [LL_TABLE_LANGUAGE] = &ll_language_format,
};

/* The column that names a row of the table. */
static const size_t key_columns[LL_TABLE_COUNT_] = {
    [LL_TABLE_STREAM] = LL_STREAM_STREAM_ID,
    [LL_TABLE_USER] = LL_USER_BROADCASTER_ID,
    [LL_TABLE_CATEGORY] = LL_CATEGORY_CATEGORY_ID,
    [LL_TABLE_GAME] = LL_GAME_IGDB_ID,
    [LL_TABLE_TERM] = LL_TERM_ID,
    [LL_TABLE_LANGUAGE] = LL_LANGUAGE_CODE,
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
    if (ll_str_equal(part->format, LL_STR("origin-json")))
        ll_envelope_decode(decoder, format);
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

struct sort_context {
    const struct ll_batch *rows;
    size_t column;
};

/* By key, then in the order met. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const struct sort_context *c = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = compare_keys(c->rows, c->column, a, b);
    return order != 0 ? order : (a > b) - (a < b);
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

static size_t drop_restarted(struct ll_decoder *d, uint32_t *order, size_t count)
{
    struct ll_map last = {0}; /* broadcaster -> row that stays */
    ll_map_reserve(&last, count);
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        uint64_t broadcaster =
            (uint64_t)ll_batch_get_i64(&d->rows, LL_STREAM_BROADCASTER_ID, order[i]);
        uint64_t *row = ll_map_at(&last, broadcaster, &is_new);
        if (is_new || stays(&d->rows, order[i], (uint32_t)*row))
            *row = order[i];
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t broadcaster =
            (uint64_t)ll_batch_get_i64(&d->rows, LL_STREAM_BROADCASTER_ID, order[i]);
        if (*ll_map_find(&last, broadcaster) == order[i])
            order[kept++] = order[i];
    }
    ll_map_clear(&last);
    d->counts.restarted += (int64_t)(count - kept);
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
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    struct sort_context context = {&d->rows, key_columns[d->options.table]};
    qsort_r(order, count, sizeof(*order), compare_rows, &context);
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
    ll_buf_clear(&decoder->scratch);
    ll_arena_clear(&decoder->arena);
    free(decoder->items);
    free(decoder);
}

void ll_decoded_clear(struct ll_decoded *decoded)
{
    ll_batch_clear(&decoded->rows);
    ll_batch_clear(&decoded->quarantine);
    *decoded = (struct ll_decoded){0};
}
