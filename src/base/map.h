/* A hash table from a 64-bit key to a 64-bit value: open addressing, power-of-two size, no deletion
 * (a table lives for one unit of work). Strings are looked up by hash and compared by the caller.
 */
#ifndef LL_BASE_MAP_H
#define LL_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_map {
    struct ll_map_slot *slots; /* {0} is a valid empty map */
    size_t capacity;
    size_t count;
};

/* The value stored under key, made with *ret_new = true and value 0 if absent. The pointer is valid
 * until the next ll_map_at. */
uint64_t *ll_map_at(struct ll_map *map, uint64_t key, bool *ret_new);
const uint64_t *ll_map_find(const struct ll_map *map, uint64_t key); /* NULL if absent */
void ll_map_reserve(struct ll_map *map, size_t count);
void ll_map_reset(struct ll_map *map); /* empty, memory kept */
void ll_map_clear(struct ll_map *map); /* frees; takes {0} */

#endif
