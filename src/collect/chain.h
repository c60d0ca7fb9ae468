/* One chain of pages, from the top of a list to its end: what to ask next, judged by what came.
 * Nothing here sends or waits, so every odd answer can be tried on it.
 *
 * What would end a chain early is believed only when LL_CHAIN_ASKS answers (or chain->believe,
 * where that is set) in a row to the same cursor agree: no cursor (also an absent, null or textual
 * pagination, F 21), no rows (F 17, 22), the way back to where the chain has been (F 18, 19). An
 * end without rows, or a loop, besides makes it ask for the last good page, its anchor, once more:
 * that page's cursor may have been the broken one. A refused cursor (F 20) is asked again, then the
 * anchor, then the top.
 *
 * Only a page that brought mostly new streams is an anchor: a short page may be the top of the list
 * come again, and nothing leads on from there. */
#ifndef LL_COLLECT_CHAIN_H
#define LL_COLLECT_CHAIN_H

#include "base/buf.h"
#include "base/map.h"
#include "collect/page.h"

#define LL_CHAIN_ASKS 3
#define LL_CHAIN_PAGES_MAX 20000

enum ll_chain_move {
    LL_CHAIN_ASK,    /* ask for chain->cursor ("" = the top) */
    LL_CHAIN_ENDED,  /* the list's end was reached */
    LL_CHAIN_BROKEN, /* it could not be followed to its end */
};

enum ll_chain_doubt {
    LL_DOUBT_NONE,
    LL_DOUBT_END,   /* no cursor */
    LL_DOUBT_EMPTY, /* a cursor, but no rows */
    LL_DOUBT_LOOP,  /* where the chain has been */
    LL_DOUBT_SAME,  /* the anchor gives the cursor that led nowhere again */
};

struct ll_chain {
    int believe;          /* how many answers must agree; 0 = LL_CHAIN_ASKS */
    struct ll_buf cursor; /* to be asked */
    struct ll_buf anchor; /* of the last page that brought mostly new streams */
    int64_t anchors;      /* pages that were one */
    int stale;            /* pages accepted since */
    struct ll_map asked;  /* hash of a cursor that was followed -> the anchors up to its page */
    struct ll_map ids;    /* streams of the pages that were accepted */
    enum ll_chain_doubt doubt;
    int agreed;      /* answers in a row with this doubt */
    int asks;        /* of this cursor */
    int empties;     /* empty pages in a row that were believed */
    int refusals;    /* of this cursor */
    bool went_back;  /* the anchor is asked again: */
    uint64_t failed; /* for this cursor (its hash) led nowhere, */
    enum ll_chain_fault { LL_FAULT_END, LL_FAULT_LOOP, LL_FAULT_REFUSED } fault; /* in this way */
    int backs;      /* how often since it became the anchor */
    bool restarted; /* from the top */
    bool looped;    /* ended by a loop: the end is not certain */
    int64_t pages;  /* accepted */
};

/* {0} is a chain at its top. */
enum ll_chain_move ll_chain_page(struct ll_chain *chain, const struct ll_page *page);
/* The server said 400 to the cursor. */
enum ll_chain_move ll_chain_refused(struct ll_chain *chain);
void ll_chain_clear(struct ll_chain *chain);

#endif
