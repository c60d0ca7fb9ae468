#include "collect/chain.h"

#define CURSOR_SEED 0x637572736f72U
#define EMPTIES_MAX 3 /* in a row: more, and the list is not one that can be followed */
#define ASKS_MAX 12   /* of one cursor, whatever the answers */
#define BACKS_MAX 3   /* to one anchor */
#define STALE_MAX 8   /* pages since the anchor */
#define LOOP_ROWS_MIN 20

static uint64_t hash_of(struct ll_str cursor)
{
    return ll_str_hash(cursor, CURSOR_SEED);
}

static void set(struct ll_buf *buf, struct ll_str s)
{
    ll_buf_reset(buf);
    ll_buf_add(buf, s);
}

static void forget_doubts(struct ll_chain *chain)
{
    chain->doubt = LL_DOUBT_NONE;
    chain->agreed = 0;
    chain->asks = 0;
    chain->refusals = 0;
}

/* Whether most of its rows are streams of earlier pages. */
static bool is_known(const struct ll_chain *chain, const struct ll_page *page)
{
    size_t seen = 0;
    for (size_t i = 0; i < page->count; i++)
        seen += ll_map_find(&chain->ids, page->rows[i].key) != NULL;
    return seen * 5 > page->count * 4;
}

/* Cursors after the anchor may be met again, on the way back from it. */
static bool was_asked(const struct ll_chain *chain, uint64_t cursor)
{
    const uint64_t *anchors = ll_map_find(&chain->asked, cursor);
    return anchors != NULL && (int64_t)*anchors <= chain->anchors;
}

static enum ll_chain_move follow(struct ll_chain *chain, const struct ll_page *page)
{
    bool is_new;
    if (page->count > 0 && !is_known(chain, page)) {
        set(&chain->anchor, ll_buf_str(&chain->cursor));
        chain->anchors++;
        chain->stale = 0;
        chain->backs = 0;
        *ll_map_at(&chain->asked, hash_of(ll_buf_str(&chain->cursor)), &is_new) =
            (uint64_t)chain->anchors;
    } else if (!chain->went_back) {
        chain->stale++;
        *ll_map_at(&chain->asked, hash_of(ll_buf_str(&chain->cursor)), &is_new) =
            (uint64_t)chain->anchors + 1;
    }
    for (size_t i = 0; i < page->count; i++)
        *ll_map_at(&chain->ids, page->rows[i].key, &is_new) = 1;
    chain->went_back = false;
    set(&chain->cursor, page->cursor);
    chain->empties = page->count == 0 ? chain->empties + 1 : 0;
    forget_doubts(chain);
    chain->pages++;
    if (chain->empties > EMPTIES_MAX || chain->pages >= LL_CHAIN_PAGES_MAX)
        return LL_CHAIN_BROKEN;
    return LL_CHAIN_ASK;
}

static enum ll_chain_move end(struct ll_chain *chain, bool looped)
{
    chain->looped = looped;
    chain->pages++;
    return LL_CHAIN_ENDED;
}

/* The anchor once more, for another cursor; false when it is asked, or often was. */
static bool go_back(struct ll_chain *chain, enum ll_chain_fault fault)
{
    if (chain->anchors == 0 || chain->went_back || chain->backs == BACKS_MAX)
        return false;
    chain->failed = hash_of(ll_buf_str(&chain->cursor));
    chain->fault = fault;
    chain->went_back = true;
    chain->backs++;
    chain->stale = 0;
    set(&chain->cursor, ll_buf_str(&chain->anchor));
    forget_doubts(chain);
    return true;
}

/* From the top once more, with what was seen forgotten. */
static enum ll_chain_move restart(struct ll_chain *chain)
{
    if (chain->restarted)
        return LL_CHAIN_BROKEN;
    chain->restarted = true;
    ll_buf_reset(&chain->cursor);
    chain->anchors = 0;
    chain->stale = 0;
    chain->backs = 0;
    chain->went_back = false;
    chain->empties = 0;
    ll_map_reset(&chain->asked);
    ll_map_reset(&chain->ids);
    forget_doubts(chain);
    return LL_CHAIN_ASK;
}

/* Whether the page is one that the chain has been on, or leads back to one. The anchor, asked
 * again on purpose, is not. */
static bool loops(const struct ll_chain *chain, const struct ll_page *page)
{
    uint64_t here = hash_of(ll_buf_str(&chain->cursor)), next = hash_of(page->cursor);
    if (page->cursor.len == 0)
        return false;
    if (next == here || was_asked(chain, next))
        return !(chain->went_back && next == chain->failed);
    if (chain->stale >= STALE_MAX)
        return true;
    return page->count >= LOOP_ROWS_MIN && !was_asked(chain, here) && is_known(chain, page);
}

static enum ll_chain_move believe(struct ll_chain *chain, const struct ll_page *page)
{
    switch (chain->doubt) {
    case LL_DOUBT_EMPTY:
        return follow(chain, page);
    case LL_DOUBT_LOOP:
        return go_back(chain, LL_FAULT_LOOP) ? LL_CHAIN_ASK : end(chain, true);
    case LL_DOUBT_SAME: /* so what was seen there holds */
        return end(chain, chain->fault == LL_FAULT_LOOP);
    case LL_DOUBT_END:
    case LL_DOUBT_NONE:
        break;
    }
    bool again = page->count == 0 && go_back(chain, LL_FAULT_END);
    return again ? LL_CHAIN_ASK : end(chain, false);
}

enum ll_chain_move ll_chain_page(struct ll_chain *chain, const struct ll_page *page)
{
    enum ll_chain_doubt doubt = LL_DOUBT_NONE;
    if (loops(chain, page))
        doubt = LL_DOUBT_LOOP;
    else if (page->cursor.len == 0)
        doubt = LL_DOUBT_END;
    else if (page->count == 0)
        doubt = LL_DOUBT_EMPTY;
    else if (chain->went_back && hash_of(page->cursor) == chain->failed &&
             chain->fault != LL_FAULT_REFUSED)
        doubt = LL_DOUBT_SAME;
    chain->asks++;
    if (doubt == LL_DOUBT_NONE)
        return follow(chain, page);
    chain->agreed = doubt == chain->doubt ? chain->agreed + 1 : 1;
    chain->doubt = doubt;
    int needed = chain->believe > 0 ? chain->believe : LL_CHAIN_ASKS;
    if (chain->agreed < needed && chain->asks < ASKS_MAX)
        return LL_CHAIN_ASK;
    return believe(chain, page);
}

enum ll_chain_move ll_chain_refused(struct ll_chain *chain)
{
    if (++chain->refusals < 2)
        return LL_CHAIN_ASK;
    return go_back(chain, LL_FAULT_REFUSED) ? LL_CHAIN_ASK : restart(chain);
}

void ll_chain_clear(struct ll_chain *chain)
{
    ll_buf_clear(&chain->cursor);
    ll_buf_clear(&chain->anchor);
    ll_map_clear(&chain->asked);
    ll_map_clear(&chain->ids);
    *chain = (struct ll_chain){0};
}
