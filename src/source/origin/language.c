/* The original's list of languages: code and English name. */
#include "source/decoder_internal.h"

enum { CODE, NAME, FIELD_COUNT };

static const struct ll_str names[FIELD_COUNT] = {
    [CODE] = {"language_id", 11},
    [NAME] = {"language", 8},
};

static const int text_fields[FIELD_COUNT] = {CODE, NAME};

static enum ll_reason decode_language(struct ll_decoder *d, const struct ll_value *values)
{
    struct ll_str texts[FIELD_COUNT];
    enum ll_reason reason = ll_values_text(values, text_fields, FIELD_COUNT, texts);
    if (reason != LL_REASON_NONE)
        return reason;
    if (texts[CODE].len == 0)
        return LL_REASON_LANGUAGE_MISSING;
    ll_batch_i64(&d->rows, LL_LANGUAGE_AT, d->options.slot_s);
    ll_batch_text(&d->rows, LL_LANGUAGE_CODE, ll_text_lower(d, ll_text_cut(d, texts[CODE])));
    ll_batch_text(&d->rows, LL_LANGUAGE_NAME, ll_text_cut(d, texts[NAME]));
    ll_batch_end_row(&d->rows);
    return LL_REASON_NONE;
}

const struct ll_record_format ll_language_format = {names, FIELD_COUNT, decode_language};
