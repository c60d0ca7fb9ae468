/* Helix Get Users: one broadcaster. */
#include "source/decoder_internal.h"

enum {
    ID,
    LOGIN,
    DISPLAY_NAME,
    TYPE,
    BROADCASTER_TYPE,
    DESCRIPTION,
    PROFILE_IMAGE_URL,
    OFFLINE_IMAGE_URL,
    CREATED_AT,
    FIELD_COUNT
};

static const struct ll_str names[FIELD_COUNT] = {
    [ID] = {"id", 2},
    [LOGIN] = {"login", 5},
    [DISPLAY_NAME] = {"display_name", 12},
    [TYPE] = {"type", 4},
    [BROADCASTER_TYPE] = {"broadcaster_type", 16},
    [DESCRIPTION] = {"description", 11},
    [PROFILE_IMAGE_URL] = {"profile_image_url", 17},
    [OFFLINE_IMAGE_URL] = {"offline_image_url", 17},
    [CREATED_AT] = {"created_at", 10},
};

static const int text_fields[] = {
    LOGIN, DISPLAY_NAME, TYPE, BROADCASTER_TYPE, DESCRIPTION, PROFILE_IMAGE_URL, OFFLINE_IMAGE_URL};

static enum ll_reason decode_user(struct ll_decoder *d, const struct ll_value *values)
{
    int64_t id, created_us = 0;
    struct ll_str texts[LL_COUNT(text_fields)];
    enum ll_reason reason = ll_value_id(&values[ID], LL_REASON_BROADCASTER_ID, &id);
    if (reason == LL_REASON_NONE)
        reason = ll_values_text(values, text_fields, LL_COUNT(text_fields), texts);
    if (reason != LL_REASON_NONE)
        return reason;
    for (size_t i = 0; i < LL_COUNT(text_fields); i++)
        texts[i] = ll_text_cut(d, texts[i]);
    texts[0] = ll_text_lower(d, texts[0]);
    if (texts[1].len == 0)
        texts[1] = texts[0];
    bool created_known = ll_value_instant(&values[CREATED_AT], &created_us);
    ll_batch_i64(&d->rows, LL_USER_AT, d->options.slot_s);
    ll_batch_i64(&d->rows, LL_USER_BROADCASTER_ID, id);
    for (size_t i = 0; i < LL_COUNT(text_fields); i++)
        ll_batch_text(&d->rows, LL_USER_LOGIN + i, texts[i]);
    ll_row_instant(d, LL_USER_CREATED_AT, created_known, created_us);
    ll_batch_end_row(&d->rows);
    return LL_REASON_NONE;
}

_Static_assert(LL_USER_LOGIN + 6 == LL_USER_OFFLINE_IMAGE_URL, "text fields are in column order");

const struct ll_record_format ll_user_format = {names, FIELD_COUNT, decode_user};
