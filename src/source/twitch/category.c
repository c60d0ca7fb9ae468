/* Helix Get Games and Get Top Games: one category. */
#include "source/decoder_internal.h"

enum { ID, NAME, BOX_ART_URL, IGDB_ID, FIELD_COUNT };

static const struct ll_str names[FIELD_COUNT] = {
    [ID] = {"id", 2},
    [NAME] = {"name", 4},
    [BOX_ART_URL] = {"box_art_url", 11},
    [IGDB_ID] = {"igdb_id", 7},
};

static const int text_fields[] = {NAME, BOX_ART_URL};

static enum ll_reason decode_category(struct ll_decoder *d, const struct ll_value *values)
{
    int64_t id, igdb_id = 0;
    struct ll_str texts[LL_COUNT(text_fields)];
    enum ll_reason reason = ll_value_id(&values[ID], LL_REASON_CATEGORY_ID, &id);
    if (reason != LL_REASON_NONE)
        return reason;
    /* Missing = "" for 2 % of the categories: IGDB does not know them. */
    enum ll_reason igdb_reason = ll_value_id(&values[IGDB_ID], LL_REASON_IGDB_ID, &igdb_id);
    if (igdb_reason != LL_REASON_NONE && igdb_reason != LL_REASON_IGDB_ID)
        return igdb_reason;
    reason = ll_values_text(values, text_fields, LL_COUNT(text_fields), texts);
    if (reason != LL_REASON_NONE)
        return reason;
    ll_batch_i64(&d->rows, LL_CATEGORY_AT, d->options.slot_s);
    ll_batch_i64(&d->rows, LL_CATEGORY_CATEGORY_ID, id);
    ll_batch_text(&d->rows, LL_CATEGORY_NAME, ll_text_cut(d, texts[0]));
    if (igdb_reason == LL_REASON_NONE)
        ll_batch_i64(&d->rows, LL_CATEGORY_IGDB_ID, igdb_id);
    else
        ll_batch_null(&d->rows, LL_CATEGORY_IGDB_ID);
    ll_batch_text(&d->rows, LL_CATEGORY_BOX_ART_URL, ll_text_cut(d, texts[1]));
    ll_batch_end_row(&d->rows);
    return LL_REASON_NONE;
}

const struct ll_record_format ll_category_format = {names, FIELD_COUNT, decode_category};
