/* Finished answers, until the data changes: bodies by request, the least recently used go first.
 * Thread-safe. */
#ifndef LL_SERVE_CACHE_H
#define LL_SERVE_CACHE_H

#include <pthread.h>

#include "base/buf.h"

#define LL_CACHE_ENTRIES 512
#define LL_CACHE_BYTES_MAX ((size_t)64 << 20)
#define LL_CACHE_BODY_MAX ((size_t)2 << 20)

struct ll_cache_entry {
    uint64_t hash; /* of the key; 0 = free */
    struct ll_buf key, body;
    char type[64];    /* content type */
    uint64_t version; /* of the data */
    uint64_t used;    /* when, in uses */
};

struct ll_cache {
    pthread_mutex_t mutex;
    struct ll_cache_entry entries[LL_CACHE_ENTRIES];
    size_t bytes;
    uint64_t uses, hits, misses;
};

void ll_cache_init(struct ll_cache *cache);
void ll_cache_clear(struct ll_cache *cache);
/* Appends a copy of the body; false when there is none of that version. ret_type has 64 bytes. */
bool ll_cache_get(struct ll_cache *cache, struct ll_str key, uint64_t version, struct ll_buf *body,
                  char *ret_type) LL_MUST_CHECK;
struct ll_cache_item {
    struct ll_str key, body;
    const char *type;
    uint64_t version;
};
void ll_cache_put(struct ll_cache *cache, const struct ll_cache_item *item);
void ll_cache_count(struct ll_cache *cache, uint64_t *ret_hits, uint64_t *ret_misses);

#endif
