/* IGDB external games of Twitch: which game a category is, by its uid. The collector asks for links
 * to Twitch alone (external_game_source 14); of several rows of one category the last wins. */
#include "source/decoder_internal.h"

enum { GAME, UID, FIELD_COUNT };

static const struct ll_str names[FIELD_COUNT] = {
    [GAME] = {"game", 4},
    [UID] = {"uid", 3},
};

static enum ll_reason decode_link(struct ll_decoder *d, const struct ll_value *values)
{
    int64_t category_id, igdb_id;
    enum ll_reason reason = ll_value_id(&values[UID], LL_REASON_CATEGORY_ID, &category_id);
    if (reason == LL_REASON_NONE)
        reason = ll_value_id(&values[GAME], LL_REASON_IGDB_ID, &igdb_id);
    if (reason != LL_REASON_NONE)
        return reason;
    ll_batch_i64(&d->rows, LL_CATEGORY_LINK_AT, d->options.slot_s);
    ll_batch_i64(&d->rows, LL_CATEGORY_LINK_CATEGORY_ID, category_id);
    ll_batch_i64(&d->rows, LL_CATEGORY_LINK_IGDB_ID, igdb_id);
    ll_batch_end_row(&d->rows);
    return LL_REASON_NONE;
}

const struct ll_record_format ll_external_game_format = {names, FIELD_COUNT, decode_link};
