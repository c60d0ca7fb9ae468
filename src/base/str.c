#include "base/str.h"

#include <assert.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define F64_TEXT_MAX 1000 /* bytes of a number that ll_str_to_f64 reads */

struct ll_str ll_str_of(const char *c_string)
{
    return (struct ll_str){c_string, c_string != NULL ? strlen(c_string) : 0};
}

bool ll_str_equal(struct ll_str a, struct ll_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int ll_str_compare(struct ll_str a, struct ll_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool ll_str_starts_with(struct ll_str s, struct ll_str prefix)
{
    return s.len >= prefix.len && ll_str_equal(ll_str_sub(s, 0, prefix.len), prefix);
}

bool ll_str_ends_with(struct ll_str s, struct ll_str suffix)
{
    return s.len >= suffix.len && ll_str_equal(ll_str_sub(s, s.len - suffix.len, s.len), suffix);
}

size_t ll_str_find(struct ll_str s, char byte, size_t from)
{
    if (from >= s.len)
        return s.len;
    const char *hit = memchr(s.ptr + from, byte, s.len - from);
    return hit != NULL ? (size_t)(hit - s.ptr) : s.len;
}

struct ll_str ll_str_sub(struct ll_str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from >= to)
        return (struct ll_str){NULL, 0};
    return (struct ll_str){s.ptr + from, to - from};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct ll_str ll_str_trim(struct ll_str s)
{
    size_t from = 0, to = s.len;
    while (from < to && is_space(s.ptr[from]))
        from++;
    while (to > from && is_space(s.ptr[to - 1]))
        to--;
    return ll_str_sub(s, from, to);
}

bool ll_str_split(struct ll_str *rest, char separator, struct ll_str *ret_part)
{
    /* A NULL pointer marks "used up"; an empty view that points somewhere is one last empty part.
     */
    if (rest->ptr == NULL)
        return false;
    size_t at = ll_str_find(*rest, separator, 0);
    *ret_part = (struct ll_str){rest->ptr, at};
    if (at == rest->len)
        *rest = (struct ll_str){NULL, 0};
    else
        *rest = (struct ll_str){rest->ptr + at + 1, rest->len - at - 1};
    return true;
}

bool ll_str_to_u64(struct ll_str s, uint64_t *ret_value)
{
    if (s.len == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool ll_str_to_i64(struct ll_str s, int64_t *ret_value)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t magnitude;
    if (!ll_str_to_u64(negative ? ll_str_sub(s, 1, s.len) : s, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

static size_t skip_digits(struct ll_str s, size_t at)
{
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9')
        at++;
    return at;
}

/* -?digits[.digits][(e|E)[+|-]digits], the whole of s. */
static bool is_decimal(struct ll_str s)
{
    size_t at = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;
    size_t end = skip_digits(s, at);
    if (end == at)
        return false;
    if (end < s.len && s.ptr[end] == '.') {
        at = end + 1;
        end = skip_digits(s, at);
        if (end == at)
            return false;
    }
    if (end < s.len && (s.ptr[end] == 'e' || s.ptr[end] == 'E')) {
        at = end + 1;
        if (at < s.len && (s.ptr[at] == '+' || s.ptr[at] == '-'))
            at++;
        end = skip_digits(s, at);
        if (end == at)
            return false;
    }
    return end == s.len;
}

bool ll_str_to_f64(struct ll_str s, double *ret_value)
{
    if (s.len > F64_TEXT_MAX || !is_decimal(s))
        return false;
    char text[F64_TEXT_MAX + 1];
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* a constant in glibc */
    assert(c_locale != (locale_t)0);
    double value = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

/* Table 3-7 of the Unicode Standard: the second byte decides whether the first was legal. */
static bool second_byte_range(unsigned char first, unsigned char *ret_low, unsigned char *ret_high)
{
    *ret_low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *ret_high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return first >= 0xC2 && first <= 0xF4;
}

int ll_str_utf8_step(struct ll_str s, size_t at)
{
    assert(at < s.len);
    unsigned char first = (unsigned char)s.ptr[at];
    if (first < 0x80)
        return 1;
    unsigned char low, high;
    if (!second_byte_range(first, &low, &high))
        return -1;
    int wanted = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    for (int i = 1; i < wanted; i++) {
        if (at + (size_t)i >= s.len)
            return -i;
        unsigned char next = (unsigned char)s.ptr[at + (size_t)i];
        if (next < low || next > high)
            return -i;
        low = 0x80;
        high = 0xBF;
    }
    return wanted;
}

bool ll_str_is_utf8(struct ll_str s)
{
    for (size_t at = 0; at < s.len;) {
        uint64_t word;
        if (s.len - at >= sizeof(word)) {
            memcpy(&word, s.ptr + at, sizeof(word));
            if ((word & 0x8080808080808080u) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        int step = ll_str_utf8_step(s, at);
        if (step < 0)
            return false;
        at += (size_t)step;
    }
    return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* After wyhash (Wang Yi, 2019): multiply 64 x 64 bits and fold, eight bytes a step. */
uint64_t ll_str_hash(struct ll_str s, uint64_t seed)
{
    const uint64_t k0 = 0xa0761d6478bd642fu, k1 = 0xe7037ed1a0b428dbu;
    uint64_t hash = mix(seed ^ k0, s.len ^ k1);
    size_t at = 0;
    uint64_t word = 0;
    for (; s.len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, s.ptr + at, sizeof(word));
        hash = mix(hash ^ word ^ k0, k1);
    }
    word = 0;
    if (at < s.len)
        memcpy(&word, s.ptr + at, s.len - at);
    return mix(hash ^ word ^ k0, k1 ^ seed);
}
