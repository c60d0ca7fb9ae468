#include "serve/cache.h"

#include <stdio.h>
#include <string.h>

void ll_cache_init(struct ll_cache *cache)
{
    memset(cache, 0, sizeof(*cache));
    pthread_mutex_init(&cache->mutex, NULL);
}

static void drop(struct ll_cache *cache, struct ll_cache_entry *entry)
{
    cache->bytes -= entry->key.len + entry->body.len;
    ll_buf_clear(&entry->key);
    ll_buf_clear(&entry->body);
    entry->hash = 0;
}

void ll_cache_clear(struct ll_cache *cache)
{
    for (size_t i = 0; i < LL_CACHE_ENTRIES; i++)
        drop(cache, &cache->entries[i]);
    pthread_mutex_destroy(&cache->mutex);
}

static uint64_t hash_of(struct ll_str key)
{
    uint64_t hash = ll_str_hash(key, 0);
    return hash != 0 ? hash : 1;
}

static struct ll_cache_entry *find(struct ll_cache *cache, struct ll_str key)
{
    uint64_t hash = hash_of(key);
    for (size_t i = 0; i < LL_CACHE_ENTRIES; i++) {
        struct ll_cache_entry *entry = &cache->entries[i];
        if (entry->hash == hash && ll_str_equal(ll_buf_str(&entry->key), key))
            return entry;
    }
    return NULL;
}

bool ll_cache_get(struct ll_cache *cache, struct ll_str key, uint64_t version, struct ll_buf *body,
                  char *ret_type)
{
    pthread_mutex_lock(&cache->mutex);
    struct ll_cache_entry *entry = find(cache, key);
    bool found = entry != NULL && entry->version == version;
    if (found) {
        ll_buf_add(body, ll_buf_str(&entry->body));
        memcpy(ret_type, entry->type, sizeof(entry->type));
        entry->used = ++cache->uses;
        cache->hits++;
    } else {
        cache->misses++;
    }
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

/* A free place, or that of the least recently used. */
static struct ll_cache_entry *oldest(struct ll_cache *cache)
{
    struct ll_cache_entry *best = &cache->entries[0];
    for (size_t i = 0; i < LL_CACHE_ENTRIES; i++) {
        struct ll_cache_entry *entry = &cache->entries[i];
        if (entry->hash == 0)
            return entry;
        if (entry->used < best->used)
            best = entry;
    }
    return best;
}

/* So many bytes more than there may be. */
static void make_room(struct ll_cache *cache, size_t bytes)
{
    while (cache->bytes > 0 && cache->bytes + bytes > LL_CACHE_BYTES_MAX) {
        struct ll_cache_entry *best = NULL;
        for (size_t i = 0; i < LL_CACHE_ENTRIES; i++) {
            struct ll_cache_entry *entry = &cache->entries[i];
            if (entry->hash != 0 && (best == NULL || entry->used < best->used))
                best = entry;
        }
        drop(cache, best);
    }
}

void ll_cache_put(struct ll_cache *cache, const struct ll_cache_item *item)
{
    if (item->body.len > LL_CACHE_BODY_MAX)
        return;
    pthread_mutex_lock(&cache->mutex);
    struct ll_cache_entry *entry = find(cache, item->key);
    if (entry != NULL)
        drop(cache, entry);
    make_room(cache, item->key.len + item->body.len);
    entry = oldest(cache);
    if (entry->hash != 0)
        drop(cache, entry);
    ll_buf_add(&entry->key, item->key);
    ll_buf_add(&entry->body, item->body);
    (void)snprintf(entry->type, sizeof(entry->type), "%s", item->type);
    entry->hash = hash_of(item->key);
    entry->version = item->version;
    entry->used = ++cache->uses;
    cache->bytes += item->key.len + item->body.len;
    pthread_mutex_unlock(&cache->mutex);
}

void ll_cache_count(struct ll_cache *cache, uint64_t *ret_hits, uint64_t *ret_misses)
{
    pthread_mutex_lock(&cache->mutex);
    *ret_hits = cache->hits;
    *ret_misses = cache->misses;
    pthread_mutex_unlock(&cache->mutex);
}
