#include "collect/page.h"

#include <stdlib.h>

#include "base/time.h"
#include "codec/json.h"

#define NO_NUMBER (UINT64_C(1) << 63)
#define KEY_SEED 0x6c6976656c616b65U

/* An id is a decimal string; tolerated as a number (contract C). */
static bool read_id(struct ll_json *r, struct ll_str *ret)
{
    switch (ll_json_peek(r)) {
    case LL_JSON_STRING:
        return ll_json_string(r, ret);
    case LL_JSON_NUMBER:
        return ll_json_number(r, ret);
    default:
        return ll_json_skip(r);
    }
}

static int64_t number_of(struct ll_str id)
{
    int64_t value;
    return ll_str_to_i64(id, &value) && value > 0 ? value : 0;
}

static uint64_t key_of(struct ll_str id)
{
    int64_t number = number_of(id);
    return number > 0 ? (uint64_t)number : ll_str_hash(id, KEY_SEED) | NO_NUMBER;
}

static bool read_row(struct ll_json *r, struct ll_page_row *ret)
{
    struct ll_str key, id = {0}, user = {0}, category = {0}, language = {0}, started = {0};
    int64_t started_ms = 0;
    if (ll_json_peek(r) != LL_JSON_OBJECT)
        return ll_json_skip(r); /* the decoder will say what it is */
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("id")))
            ok = read_id(r, &id);
        else if (ll_str_equal(key, LL_STR("user_id")))
            ok = read_id(r, &user);
        else if (ll_str_equal(key, LL_STR("game_id")))
            ok = read_id(r, &category);
        else if (ll_str_equal(key, LL_STR("language")) && ll_json_peek(r) == LL_JSON_STRING)
            ok = ll_json_string(r, &language);
        else if (ll_str_equal(key, LL_STR("started_at")) && ll_json_peek(r) == LL_JSON_STRING)
            ok = ll_json_string(r, &started);
        else
            ok = ll_json_skip(r);
    }
    if (!ll_stamp_parse(started, &started_ms))
        started_ms = 0;
    *ret = (struct ll_page_row){.key = key_of(id),
                                .user_id = number_of(user),
                                .category_id = number_of(category),
                                .language = language,
                                .started_ms = started_ms};
    return r->error == NULL;
}

static bool read_rows(struct ll_page *page, struct ll_json *r)
{
    if (ll_json_peek(r) != LL_JSON_ARRAY)
        return ll_json_skip(r);
    page->has_data = true;
    bool ok = ll_json_enter_array(r);
    while (ok && ll_json_next_item(r)) {
        if (page->count == page->capacity) {
            page->capacity = page->capacity > 0 ? page->capacity * 2 : 128;
            page->rows = ll_xrealloc(page->rows, page->capacity, sizeof(*page->rows));
        }
        struct ll_page_row row = {0};
        bool is_object = ll_json_peek(r) == LL_JSON_OBJECT;
        ok = read_row(r, &row);
        if (ok && is_object)
            page->rows[page->count++] = row;
    }
    return r->error == NULL;
}

static bool read_cursor(struct ll_page *page, struct ll_json *r)
{
    struct ll_str key;
    if (ll_json_peek(r) != LL_JSON_OBJECT)
        return ll_json_skip(r);
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("cursor")) && ll_json_peek(r) == LL_JSON_STRING)
            ok = ll_json_string(r, &page->cursor);
        else
            ok = ll_json_skip(r);
    }
    return r->error == NULL;
}

enum ll_status ll_page_read(struct ll_page *page, struct ll_str body, struct ll_error *err)
{
    struct ll_str key;
    page->count = 0;
    page->has_data = false;
    page->cursor = LL_STR("");
    ll_arena_reset(&page->arena);
    struct ll_json r = ll_json_reader(body, &page->arena);
    bool ok = ll_json_enter_object(&r);
    while (ok && ll_json_next_key(&r, &key)) {
        if (ll_str_equal(key, LL_STR("data"))) {
            page->count = 0; /* of duplicate keys the last wins (case 39) */
            ok = read_rows(page, &r);
        } else if (ll_str_equal(key, LL_STR("pagination"))) {
            page->cursor = LL_STR("");
            ok = read_cursor(page, &r);
        } else {
            ok = ll_json_skip(&r);
        }
    }
    if (!ll_json_done(&r))
        return ll_fail(err, LL_CORRUPT, 0, "not a whole JSON object: %s at byte %zu",
                       r.error != NULL ? r.error : "more follows", r.error_offset);
    return LL_OK;
}

void ll_page_clear(struct ll_page *page)
{
    free(page->rows);
    ll_arena_clear(&page->arena);
    *page = (struct ll_page){0};
}
