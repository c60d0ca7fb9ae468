#include "decode.h"

#include <stdio.h>
#include <string.h>

struct ll_decoded decode_parts(enum ll_table table, const char *kind, const char *format,
                               const struct ll_str *texts, size_t count)
{
    struct ll_error err;
    struct ll_decoder *decoder = ll_decoder_new(
        &(struct ll_decoder_options){.table = table, .kind = ll_str_of(kind), .slot_s = SLOT_S});
    for (size_t i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof(key), "part%zu", i);
        /* A copy of the exact size, gone after the call: sanitizers see any later use. */
        char *bytes = test_malloc(texts[i].len + 1);
        memcpy(bytes, texts[i].ptr, texts[i].len);
        struct ll_raw_part part = {ll_str_of(key), ll_str_of(format), {bytes, texts[i].len}};
        assert_status(LL_OK, ll_decoder_add(decoder, &part, &err), &err);
        memset(bytes, 0xFF, texts[i].len);
        test_free(bytes);
    }
    struct ll_decoded result;
    assert_status(LL_OK, ll_decoder_finish(decoder, &result, &err), &err);
    ll_decoder_free(decoder);
    const struct ll_decode_counts *n = &result.counts;
    assert_int_equal(n->rows_in, n->rows_out + n->duplicates + n->restarted + n->quarantined);
    assert_int_equal(n->rows_out, result.rows.row_count);
    assert_int_equal(n->quarantined, result.quarantine.row_count);
    return result;
}

struct ll_decoded decode_records(enum ll_table table, const char *kind, const char *records)
{
    struct ll_buf text = {0};
    ll_buf_printf(&text,
                  "{\"day_date_id\": \"20251229\", \"time_of_day_id\": 1745, \"data\": [%s]}",
                  records);
    struct ll_str part = ll_buf_str(&text);
    struct ll_decoded result = decode_parts(table, kind, "origin-json", &part, 1);
    ll_buf_clear(&text);
    return result;
}

static void add_list(struct ll_buf *out, const struct ll_column *column, const struct ll_list *list)
{
    ll_buf_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        if (column->field.type == LL_TYPE_TEXT_LIST)
            ll_buf_add(out, ((const struct ll_str *)list->elements)[i]);
        else
            ll_buf_printf(out, "%lld", (long long)((const int64_t *)list->elements)[i]);
    }
    ll_buf_add_char(out, ']');
}

const char *cell(const struct ll_batch *batch, size_t column, size_t row)
{
    static char text[200000];
    struct ll_buf out = {0};
    if (ll_batch_is_null(batch, column, row)) {
        ll_buf_printf(&out, "NULL");
    } else {
        const struct ll_column *c = &batch->columns[column];
        struct ll_list list;
        switch (c->field.type) {
        case LL_TYPE_BOOL:
            ll_buf_printf(&out, "%s", ll_batch_get_bool(batch, column, row) ? "true" : "false");
            break;
        case LL_TYPE_TEXT:
            ll_buf_add(&out, ll_batch_get_text(batch, column, row));
            break;
        case LL_TYPE_TEXT_LIST:
        case LL_TYPE_I64_LIST:
            list = ll_batch_get_list(batch, column, row);
            add_list(&out, c, &list);
            break;
        default:
            ll_buf_printf(&out, "%lld", (long long)ll_batch_get_i64(batch, column, row));
        }
    }
    assert_true(out.len < sizeof(text));
    memset(text, 0, sizeof(text));
    if (out.len > 0)
        memcpy(text, out.ptr, out.len);
    ll_buf_clear(&out);
    return text;
}
