/* An arena: memory for one unit of work (page, batch, request), given back all at once.
 * Internal out-of-memory aborts; sizes that come from outside must be bounded by the caller. */
#ifndef LL_BASE_ARENA_H
#define LL_BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct ll_arena_block;

struct ll_arena {
    struct ll_arena_block *head; /* newest block; {0} is a valid empty arena */
    size_t used_bytes;           /* handed out since the last reset */
};

void *ll_arena_alloc(struct ll_arena *arena, size_t size_bytes); /* zeroed, aligned to 16 */
void *ll_arena_array(struct ll_arena *arena, size_t count, size_t size_bytes); /* overflow aborts */
char *ll_arena_bytes(struct ll_arena *arena, size_t size_bytes); /* for text: neither */
struct ll_str ll_arena_copy(struct ll_arena *arena, struct ll_str s);
const char *ll_arena_cstr(struct ll_arena *arena, struct ll_str s); /* copy with a NUL behind it */
struct ll_str ll_arena_printf(struct ll_arena *arena, const char *format, ...) LL_PRINTF(2, 3);
void ll_arena_reset(struct ll_arena *arena); /* keeps one block for reuse */
void ll_arena_clear(struct ll_arena *arena); /* frees everything; takes {0} */

/* To be called once, first thing in a program that works through many batches: freed memory stays
 * with the process, up to 256 MiB, instead of being taken from the system and cleared anew for each
 * (a quarter of the time of decoding). */
void ll_memory_keep(void);

/* malloc family that aborts on failure, for long-lived handles. */
void *ll_xcalloc(size_t count, size_t size_bytes);
void *ll_xrealloc(void *ptr, size_t count, size_t size_bytes);
char *ll_xstrdup(const char *c_string);

#endif
