/* What a person types: sizes, times, yes and no, and the nearest word to a mistyped one. */
#ifndef LL_APP_PARSE_H
#define LL_APP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/str.h"

/* "1048576", "512MB", "2GiB", "64k": a whole number and a unit; K M G T are powers of 1000 and
 * Ki Mi Gi Ti of 1024, each with or without B, in any case. */
bool ll_parse_size(struct ll_str s, int64_t *ret_bytes) LL_MUST_CHECK;

/* true, yes, on; false, no, off. */
bool ll_parse_bool(struct ll_str s, bool *ret_value) LL_MUST_CHECK;

/* An instant: RFC 3339, a date (its midnight UTC), "now", or "now-7d" (any unit of
 * ll_duration_parse). Whole seconds, rounded down. */
bool ll_parse_time(struct ll_str s, struct ll_clock *clock, int64_t *ret_epoch_s) LL_MUST_CHECK;

/* True when word is one of the choices, a list "a|b|c". */
bool ll_parse_choice(struct ll_str word, const char *choices) LL_MUST_CHECK;

/* Edit distance with adjacent swaps (optimal string alignment); words over 63 bytes count as far.
 */
size_t ll_parse_distance(struct ll_str a, struct ll_str b);

/* The nearest of the names offered one after the other, when it is near enough to be a slip. */
struct ll_nearest {
    struct ll_str typed;
    const char *best; /* NULL until something is near enough */
    size_t distance;
};
void ll_nearest_offer(struct ll_nearest *nearest, const char *name);

#endif
