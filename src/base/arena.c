#include "base/arena.h"

#include <assert.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)

struct ll_arena_block {
    struct ll_arena_block *next; /* older, or full */
    size_t capacity, used;
    _Alignas(ALIGNMENT) char bytes[];
};

static struct ll_arena_block *block_new(size_t capacity)
{
    size_t size;
    if (__builtin_add_overflow(capacity, sizeof(struct ll_arena_block), &size))
        abort();
    struct ll_arena_block *block = malloc(size);
    if (block == NULL)
        abort();
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    return block;
}

/* A block with room for size_bytes. A large piece gets a block of its own behind the head, so that
 * the head's free room is not lost. */
static struct ll_arena_block *block_for(struct ll_arena *arena, size_t size_bytes)
{
    struct ll_arena_block *head = arena->head;
    size_t capacity = head == NULL ? BLOCK_MIN : head->capacity * 2;
    if (capacity > BLOCK_MAX)
        capacity = BLOCK_MAX;
    if (head != NULL && size_bytes > capacity / 4) {
        struct ll_arena_block *own = block_new(size_bytes);
        own->next = head->next;
        head->next = own;
        return own;
    }
    struct ll_arena_block *block = block_new(size_bytes > capacity ? size_bytes : capacity);
    block->next = head;
    arena->head = block;
    return block;
}

/* `alignment` is a power of two, ALIGNMENT at most. */
static void *alloc_raw(struct ll_arena *arena, size_t size_bytes, size_t alignment)
{
    struct ll_arena_block *block = arena->head;
    size_t at = block != NULL ? (block->used + alignment - 1) & ~(alignment - 1) : 0;
    if (block == NULL || at > block->capacity || size_bytes > block->capacity - at) {
        block = block_for(arena, size_bytes);
        at = 0;
    }
    block->used = at + size_bytes;
    arena->used_bytes += size_bytes;
    return block->bytes + at;
}

void *ll_arena_alloc(struct ll_arena *arena, size_t size_bytes)
{
    return memset(alloc_raw(arena, size_bytes, ALIGNMENT), 0, size_bytes);
}

char *ll_arena_bytes(struct ll_arena *arena, size_t size_bytes)
{
    return alloc_raw(arena, size_bytes, 1);
}

void *ll_arena_array(struct ll_arena *arena, size_t count, size_t size_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total))
        abort();
    return ll_arena_alloc(arena, total);
}

struct ll_str ll_arena_copy(struct ll_arena *arena, struct ll_str s)
{
    return (struct ll_str){ll_arena_cstr(arena, s), s.len};
}

const char *ll_arena_cstr(struct ll_arena *arena, struct ll_str s)
{
    assert(s.len < SIZE_MAX);
    char *copy = ll_arena_bytes(arena, s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct ll_str ll_arena_printf(struct ll_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort();
    char *text = ll_arena_bytes(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct ll_str){text, (size_t)len};
}

static void free_blocks(struct ll_arena_block *block)
{
    while (block != NULL) {
        struct ll_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void ll_arena_reset(struct ll_arena *arena)
{
    if (arena->head != NULL) {
        free_blocks(arena->head->next);
        arena->head->next = NULL;
        arena->head->used = 0;
    }
    arena->used_bytes = 0;
}

void ll_arena_clear(struct ll_arena *arena)
{
    free_blocks(arena->head);
    *arena = (struct ll_arena){0};
}

void ll_memory_keep(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

void *ll_xcalloc(size_t count, size_t size_bytes)
{
    void *ptr = calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1);
    if (ptr == NULL)
        abort();
    return ptr;
}

void *ll_xrealloc(void *ptr, size_t count, size_t size_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total))
        abort();
    void *grown = realloc(ptr, total > 0 ? total : 1);
    if (grown == NULL)
        abort();
    return grown;
}

char *ll_xstrdup(const char *c_string)
{
    char *copy = strdup(c_string);
    if (copy == NULL)
        abort();
    return copy;
}
