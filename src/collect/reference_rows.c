/* The ids of an answer about reference data. */
#include <stdlib.h>

#include "codec/json.h"
#include "collect/reference_internal.h"

/* Which keys of a row are its id and its link. */
static const struct {
    struct ll_str id, link;
} row_keys[LL_REFERENCE_RESOURCES] = {
    [LL_REFERENCE_CATEGORIES] = {{"id", 2}, {"igdb_id", 7}},
    [LL_REFERENCE_EXTERNAL_GAMES] = {{"uid", 3}, {"game", 4}},
    [LL_REFERENCE_GAMES] = {{"id", 2}, {NULL, 0}},
    [LL_REFERENCE_GENRES] = {{"id", 2}, {NULL, 0}},
    [LL_REFERENCE_GAME_MODES] = {{"id", 2}, {NULL, 0}},
    [LL_REFERENCE_THEMES] = {{"id", 2}, {NULL, 0}},
    [LL_REFERENCE_PLAYER_PERSPECTIVES] = {{"id", 2}, {NULL, 0}},
};

/* Twitch sends ids as strings, IGDB as numbers; 0 for anything else. */
static bool read_number(struct ll_json *r, int64_t *ret)
{
    struct ll_str text;
    int64_t value = 0;
    *ret = 0;
    switch (ll_json_scalar(r, &text)) {
    case LL_JSON_STRING:
    case LL_JSON_NUMBER:
        if (ll_str_to_i64(text, &value) && value > 0)
            *ret = value;
        return true;
    case LL_JSON_ARRAY:
    case LL_JSON_OBJECT:
        return ll_json_skip(r);
    default:
        return r->error == NULL;
    }
}

/* False for what is no object with an id: an error in the guise of an answer. */
static bool read_row(struct ll_json *r, enum ll_reference resource, struct ll_reference_row *ret)
{
    struct ll_str key;
    bool has_id = false, ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        has_id = has_id || ll_str_equal(key, LL_STR("id"));
        if (ll_str_equal(key, row_keys[resource].id))
            ok = read_number(r, &ret->id);
        else if (ll_str_equal(key, row_keys[resource].link))
            ok = read_number(r, &ret->link);
        else
            ok = ll_json_skip(r);
    }
    return ok && r->error == NULL && has_id;
}

static bool read_array(struct ll_reference_rows *rows, enum ll_reference resource,
                       struct ll_json *r)
{
    rows->count = 0;
    bool ok = ll_json_enter_array(r);
    while (ok && ll_json_next_item(r)) {
        if (rows->count == rows->capacity) {
            rows->capacity = rows->capacity > 0 ? rows->capacity * 2 : 64;
            rows->rows = ll_xrealloc(rows->rows, rows->capacity, sizeof(*rows->rows));
        }
        struct ll_reference_row row = {0};
        ok = read_row(r, resource, &row);
        rows->rows[rows->count++] = row;
    }
    return ok && r->error == NULL;
}

/* {"data": [rows]}; of duplicate keys the last wins. */
static bool read_data(struct ll_reference_rows *rows, enum ll_reference resource, struct ll_json *r)
{
    struct ll_str key;
    bool has_data = false, ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("data"))) {
            has_data = true;
            ok = read_array(rows, resource, r);
        } else {
            ok = ll_json_skip(r);
        }
    }
    return ok && has_data;
}

enum ll_status ll_reference_rows_read(struct ll_reference_rows *rows, enum ll_reference resource,
                                      struct ll_str body, struct ll_error *err)
{
    rows->count = 0;
    ll_arena_reset(&rows->arena);
    struct ll_json r = ll_json_reader(body, &rows->arena);
    bool twitch = resource == LL_REFERENCE_CATEGORIES;
    bool ok = twitch ? read_data(rows, resource, &r) : read_array(rows, resource, &r);
    if (ok && ll_json_done(&r))
        return LL_OK;
    rows->count = 0;
    return ll_fail(err, LL_CORRUPT, 0, "not a whole %s: %s at byte %zu",
                   twitch ? "object with a list of categories" : "list of objects with ids",
                   r.error != NULL ? r.error : "something else",
                   r.error != NULL ? r.error_offset : (size_t)(r.at - r.start));
}

void ll_reference_rows_clear(struct ll_reference_rows *rows)
{
    free(rows->rows);
    ll_arena_clear(&rows->arena);
    *rows = (struct ll_reference_rows){0};
}
