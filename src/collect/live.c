#include "collect/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"

static void count_language(struct ll_live *live, struct ll_str code)
{
    if (code.len == 0 || code.len >= sizeof(live->languages[0].code))
        return;
    for (size_t i = 0; i < live->language_count; i++) {
        if (ll_str_equal(ll_str_of(live->languages[i].code), code)) {
            live->languages[i].streams++;
            return;
        }
    }
    if (live->language_count == LL_COUNT(live->languages))
        return;
    struct ll_live_language *language = &live->languages[live->language_count++];
    memcpy(language->code, code.ptr, code.len);
    language->code[code.len] = '\0';
    language->streams = 1;
}

static void note_category(struct ll_live *live, int64_t category_id)
{
    bool is_new;
    if (category_id == 0)
        return;
    ll_map_at(&live->categories, (uint64_t)category_id, &is_new);
    if (!is_new)
        return;
    if (live->category_count == live->category_capacity) {
        live->category_capacity = live->category_capacity > 0 ? live->category_capacity * 2 : 256;
        live->category_ids =
            ll_xrealloc(live->category_ids, live->category_capacity, sizeof(*live->category_ids));
    }
    live->category_ids[live->category_count++] = category_id;
}

bool ll_live_add(struct ll_live *live, const struct ll_page_row *row, bool listed)
{
    bool is_new, is_new_user;
    count_language(live, row->language);
    note_category(live, row->category_id);
    uint64_t *place = ll_map_at(&live->by_key, row->key, &is_new);
    if (row->user_id != 0)
        *ll_map_at(&live->by_user, (uint64_t)row->user_id, &is_new_user) = 1;
    if (!is_new) {
        live->streams[*place].listed |= listed;
        return false;
    }
    if (live->count == live->capacity) {
        live->capacity = live->capacity > 0 ? live->capacity * 2 : 4096;
        live->streams = ll_xrealloc(live->streams, live->capacity, sizeof(*live->streams));
    }
    *place = live->count;
    live->streams[live->count++] =
        (struct ll_live_stream){.key = row->key, .user_id = row->user_id, .listed = listed};
    return true;
}

const struct ll_live_stream *ll_live_find(const struct ll_live *live, uint64_t key)
{
    const uint64_t *place = ll_map_find(&live->by_key, key);
    return place != NULL ? &live->streams[*place] : NULL;
}

bool ll_live_has_user(const struct ll_live *live, int64_t user_id)
{
    return user_id != 0 && ll_map_find(&live->by_user, (uint64_t)user_id) != NULL;
}

void ll_live_clear(struct ll_live *live)
{
    free(live->streams);
    free(live->category_ids);
    ll_map_clear(&live->by_key);
    ll_map_clear(&live->by_user);
    ll_map_clear(&live->categories);
    *live = (struct ll_live){0};
}
