/* IGDB's small tables: genres, game modes, themes, player perspectives. */
#include "source/decoder_internal.h"

enum { ID, NAME, SLUG, FIELD_COUNT };

static const struct ll_str names[FIELD_COUNT] = {
    [ID] = {"id", 2},
    [NAME] = {"name", 4},
    [SLUG] = {"slug", 4},
};

static const int text_fields[] = {NAME, SLUG};

static enum ll_reason decode_term(struct ll_decoder *d, const struct ll_value *values)
{
    int64_t id;
    struct ll_str texts[LL_COUNT(text_fields)];
    enum ll_reason reason = ll_value_id(&values[ID], LL_REASON_TERM_ID, &id);
    if (reason == LL_REASON_NONE)
        reason = ll_values_text(values, text_fields, LL_COUNT(text_fields), texts);
    if (reason != LL_REASON_NONE)
        return reason;
    ll_batch_i64(&d->rows, LL_TERM_AT, d->options.slot_s);
    ll_batch_text(&d->rows, LL_TERM_KIND, d->options.kind);
    ll_batch_i64(&d->rows, LL_TERM_ID, id);
    ll_batch_text(&d->rows, LL_TERM_NAME, ll_text_cut(d, texts[0]));
    ll_batch_text(&d->rows, LL_TERM_SLUG, ll_text_cut(d, texts[1]));
    ll_batch_end_row(&d->rows);
    return LL_REASON_NONE;
}

const struct ll_record_format ll_term_format = {names, FIELD_COUNT, decode_term};
