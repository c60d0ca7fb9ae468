/* IGDB games: the terms of one game. IGDB leaves empty and unset fields out of its answers, so an
 * absent list means "not stated", never "none". */
#include <stdlib.h>

#include "source/decoder_internal.h"

enum { ID, GENRES, GAME_MODES, THEMES, PLAYER_PERSPECTIVES, NAME, FIELD_COUNT };
#define LIST_COUNT (PLAYER_PERSPECTIVES - GENRES + 1)

static const struct ll_str names[FIELD_COUNT] = {
    [ID] = {"id", 2},
    [GENRES] = {"genres", 6},
    [GAME_MODES] = {"game_modes", 10},
    [THEMES] = {"themes", 6},
    [PLAYER_PERSPECTIVES] = {"player_perspectives", 19},
    [NAME] = {"name", 4},
};

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct id_list {
    int64_t *ids; /* ascending, distinct; in the record's arena */
    size_t count;
    bool stated;
};

static enum ll_reason read_ids(struct ll_decoder *d, const struct ll_value *value,
                               struct id_list *ret_list)
{
    if (value->kind == LL_JSON_NONE || value->kind == LL_JSON_NULL)
        return LL_REASON_NONE;
    if (value->kind != LL_JSON_ARRAY)
        return LL_REASON_IDS_NOT_LIST;
    int64_t *ids = ll_arena_array(&d->record_arena, value->count, sizeof(*ids));
    for (size_t i = 0; i < value->count; i++) {
        const struct ll_item *item = &d->items[value->first + i];
        struct ll_value id = {.kind = item->kind, .text = item->text};
        if (ll_value_id(&id, LL_REASON_TERM_ID, &ids[i]) != LL_REASON_NONE)
            return LL_REASON_IDS_NOT_LIST;
    }
    qsort(ids, value->count, sizeof(*ids), compare_ids);
    size_t count = 0;
    for (size_t i = 0; i < value->count; i++)
        if (count == 0 || ids[count - 1] != ids[i])
            ids[count++] = ids[i];
    *ret_list = (struct id_list){.ids = ids, .count = count, .stated = true};
    return LL_REASON_NONE;
}

/* A bridge dump was asked for one list only; "game" for all of them. */
static bool is_wanted(const struct ll_decoder *d, size_t field)
{
    if (ll_str_equal(d->options.kind, LL_STR("genre_bridge")))
        return field == GENRES;
    if (ll_str_equal(d->options.kind, LL_STR("game_mode_bridge")))
        return field == GAME_MODES;
    return true;
}

static enum ll_reason decode_game(struct ll_decoder *d, const struct ll_value *values)
{
    int64_t id;
    struct ll_str name;
    struct id_list lists[LIST_COUNT] = {0};
    enum ll_reason reason = ll_value_id(&values[ID], LL_REASON_IGDB_ID, &id);
    if (reason == LL_REASON_NONE && !ll_value_text(&values[NAME], &name))
        reason = LL_REASON_NOT_TEXT;
    for (size_t i = 0; i < LIST_COUNT && reason == LL_REASON_NONE; i++)
        if (is_wanted(d, GENRES + i))
            reason = read_ids(d, &values[GENRES + i], &lists[i]);
    if (reason != LL_REASON_NONE)
        return reason;
    ll_batch_i64(&d->rows, LL_GAME_AT, d->options.slot_s);
    ll_batch_i64(&d->rows, LL_GAME_IGDB_ID, id);
    ll_batch_text(&d->rows, LL_GAME_NAME, ll_text_cut(d, name));
    for (size_t i = 0; i < LIST_COUNT; i++)
        if (lists[i].stated)
            ll_batch_i64_list(&d->rows, LL_GAME_GENRES + i, lists[i].ids, lists[i].count);
        else
            ll_batch_null(&d->rows, LL_GAME_GENRES + i);
    ll_batch_end_row(&d->rows);
    return LL_REASON_NONE;
}

_Static_assert(LL_GAME_GENRES + LIST_COUNT - 1 == LL_GAME_PLAYER_PERSPECTIVES,
               "the lists are in column order");

const struct ll_record_format ll_game_format = {names, FIELD_COUNT, decode_game};
