#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define CAPACITY_MIN ((size_t)16)

/* Key 0 marks a free slot. The key 0 itself has a place of its own behind the table, at
 * slots[capacity], whose key is 1 when it is taken. */
struct ll_map_slot {
    uint64_t key, value;
};

static size_t home_of(uint64_t key, size_t capacity)
{
    unsigned __int128 product =
        (unsigned __int128)(key ^ 0xa0761d6478bd642fu) * 0xe7037ed1a0b428dbu;
    return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64)) & (capacity - 1);
}

/* The slot that holds key, or the free one where it belongs. */
static struct ll_map_slot *find_slot(struct ll_map_slot *slots, size_t capacity, uint64_t key)
{
    size_t at = home_of(key, capacity);
    while (slots[at].key != key && slots[at].key != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void resize(struct ll_map *map, size_t capacity)
{
    struct ll_map_slot *slots = ll_xcalloc(capacity + 1, sizeof(*slots));
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key != 0)
            *find_slot(slots, capacity, map->slots[i].key) = map->slots[i];
    if (map->slots != NULL)
        slots[capacity] = map->slots[map->capacity];
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
}

/* Three quarters full at most: linear probing stays short. */
void ll_map_reserve(struct ll_map *map, size_t count)
{
    assert(count < SIZE_MAX / 8);
    size_t capacity = map->capacity > CAPACITY_MIN ? map->capacity : CAPACITY_MIN;
    while (count > capacity / 4 * 3)
        capacity *= 2;
    if (capacity != map->capacity)
        resize(map, capacity);
}

uint64_t *ll_map_at(struct ll_map *map, uint64_t key, bool *ret_new)
{
    ll_map_reserve(map, map->count + 1);
    struct ll_map_slot *slot =
        key == 0 ? &map->slots[map->capacity] : find_slot(map->slots, map->capacity, key);
    *ret_new = slot->key == 0;
    if (*ret_new) {
        *slot = (struct ll_map_slot){.key = key == 0 ? 1 : key};
        map->count++;
    }
    return &slot->value;
}

const uint64_t *ll_map_find(const struct ll_map *map, uint64_t key)
{
    if (map->capacity == 0)
        return NULL;
    const struct ll_map_slot *slot =
        key == 0 ? &map->slots[map->capacity] : find_slot(map->slots, map->capacity, key);
    return slot->key != 0 ? &slot->value : NULL;
}

void ll_map_reset(struct ll_map *map)
{
    if (map->slots != NULL)
        memset(map->slots, 0, (map->capacity + 1) * sizeof(*map->slots));
    map->count = 0;
}

void ll_map_clear(struct ll_map *map)
{
    free(map->slots);
    *map = (struct ll_map){0};
}
