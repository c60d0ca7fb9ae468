/* Who is live: streams with their broadcasters. What a sweep found, and what the one before did. */
#ifndef LL_COLLECT_LIVE_H
#define LL_COLLECT_LIVE_H

#include "base/map.h"
#include "collect/page.h"

#define LL_LANGUAGES_MAX 256

struct ll_live_stream {
    uint64_t key;    /* as in ll_page_row */
    int64_t user_id; /* 0 = unknown */
    bool listed;     /* a chain met it; else only the re-check did */
};

struct ll_live {
    struct ll_live_stream *streams; /* in the order met */
    size_t count, capacity;
    struct ll_map by_key;  /* -> index */
    struct ll_map by_user; /* -> 1 */
    struct ll_map categories;
    int64_t *category_ids; /* distinct, in the order met */
    size_t category_count, category_capacity;
    struct ll_live_language {
        char code[16];
        size_t streams; /* rows met, some of them twice */
    } languages[LL_LANGUAGES_MAX];
    size_t language_count;
};

/* True when the stream is new. listed = the row is of a chain's page. {0} is empty. */
bool ll_live_add(struct ll_live *live, const struct ll_page_row *row, bool listed);
const struct ll_live_stream *ll_live_find(const struct ll_live *live, uint64_t key); /* or NULL */
bool ll_live_has_user(const struct ll_live *live, int64_t user_id);
void ll_live_clear(struct ll_live *live);

#endif
