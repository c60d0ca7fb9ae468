/* A view of bytes: pointer and length, passed by value, owning nothing. Payload text is never
 * assumed to end in NUL; C strings exist only at the edges of other libraries. */
#ifndef LL_BASE_STR_H
#define LL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ll_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
};

/* LL_STR("literal"): compile-time length. For printf: "%.*s", LL_FMT(s). */
#define LL_STR(literal) ((struct ll_str){"" literal, sizeof(literal) - 1})
#define LL_FMT(s) (int)(s).len, (s).ptr

struct ll_str ll_str_of(const char *c_string); /* NULL gives the empty view */
bool ll_str_equal(struct ll_str a, struct ll_str b);
int ll_str_compare(struct ll_str a,
                   struct ll_str b); /* bytewise, as unsigned char; shorter first */
bool ll_str_starts_with(struct ll_str s, struct ll_str prefix);
bool ll_str_ends_with(struct ll_str s, struct ll_str suffix);
/* Offset of the first `byte` at or after `from`, or s.len when there is none. */
size_t ll_str_find(struct ll_str s, char byte, size_t from);
struct ll_str ll_str_sub(struct ll_str s, size_t from, size_t to); /* [from, to), clamped */
struct ll_str ll_str_trim(struct ll_str s); /* ASCII white space off both ends */

/* Splits *rest at the first `separator`: the part before it goes to *ret_part and *rest moves past
 * it. False when *rest is used up, which is a NULL pointer (a trailing separator yields one last
 * empty part, and so does "" by itself). */
bool ll_str_split(struct ll_str *rest, char separator, struct ll_str *ret_part);

/* Whole-string decimal parsers: optional '-', digits, nothing else, no overflow. False otherwise.
 */
bool ll_str_to_i64(struct ll_str s, int64_t *ret_value) LL_MUST_CHECK;
bool ll_str_to_u64(struct ll_str s, uint64_t *ret_value) LL_MUST_CHECK;
/* A JSON number or plain decimal of at most 1,000 bytes, independent of the locale; finite. */
bool ll_str_to_f64(struct ll_str s, double *ret_value) LL_MUST_CHECK;

/* True when every byte sequence is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
 */
bool ll_str_is_utf8(struct ll_str s);

/* At offset at < s.len: the length 1..4 of the well-formed UTF-8 sequence there, or minus the
 * length of the ill-formed one, which one U+FFFD replaces (Unicode 3.9, "maximal subparts"). */
int ll_str_utf8_step(struct ll_str s, size_t at);

/* 64-bit hash of bytes for in-memory tables (seeded; not stable between versions, never stored). */
uint64_t ll_str_hash(struct ll_str s, uint64_t seed);

#endif
