/* One answer of Get Streams, as far as a sweep needs it: who is on it, and how to go on. */
#ifndef LL_COLLECT_PAGE_H
#define LL_COLLECT_PAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct ll_page_row {
    uint64_t key;        /* the stream's id; of one that is no number a hash with the top bit set */
    int64_t user_id;     /* 0 when it is no number */
    int64_t category_id; /* 0 = none, or no number */
    struct ll_str language; /* into the body */
    int64_t started_ms;     /* epoch; 0 = not said */
};

struct ll_page {
    struct ll_page_row *rows;
    size_t count, capacity;
    bool has_data;        /* `data` was a list; null and absent are edge case 22 */
    struct ll_str cursor; /* "" = none: `pagination` may be {}, null, absent, a text (case 21) */
    struct ll_arena arena;
};

/* Reads a body, replacing what *page held ({0} at first). Views point into the body. LL_CORRUPT
 * when it is not one whole JSON object: then nothing of it is used. */
enum ll_status ll_page_read(struct ll_page *page, struct ll_str body,
                            struct ll_error *err) LL_MUST_CHECK;
void ll_page_clear(struct ll_page *page); /* takes {0} */

#endif
