#include "app/parse.h"

#include <string.h>

#include "base/time.h"

#define WORD_MAX 63

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_ignoring_case(struct ll_str a, struct ll_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool ll_parse_size(struct ll_str s, int64_t *ret_bytes)
{
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {
        {"", 1},
        {"b", 1},
        {"k", 1000},
        {"kb", 1000},
        {"ki", 1024},
        {"kib", 1024},
        {"m", 1000000},
        {"mb", 1000000},
        {"mi", 1 << 20},
        {"mib", 1 << 20},
        {"g", 1000000000},
        {"gb", 1000000000},
        {"gi", 1 << 30},
        {"gib", 1 << 30},
        {"t", 1000000000000},
        {"tb", 1000000000000},
        {"ti", INT64_C(1) << 40},
        {"tib", INT64_C(1) << 40},
    };
    size_t digits = 0;
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
        digits++;
    int64_t number, bytes;
    if (!ll_str_to_i64(ll_str_sub(s, 0, digits), &number))
        return false;
    struct ll_str unit = ll_str_trim(ll_str_sub(s, digits, s.len));
    for (size_t i = 0; i < LL_COUNT(units); i++) {
        if (!equal_ignoring_case(unit, ll_str_of(units[i].unit)))
            continue;
        if (__builtin_mul_overflow(number, units[i].bytes, &bytes))
            return false;
        *ret_bytes = bytes;
        return true;
    }
    return false;
}

bool ll_parse_bool(struct ll_str s, bool *ret_value)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < LL_COUNT(yes); i++) {
        if (!equal_ignoring_case(s, ll_str_of(yes[i])) && !equal_ignoring_case(s, ll_str_of(no[i])))
            continue;
        *ret_value = equal_ignoring_case(s, ll_str_of(yes[i]));
        return true;
    }
    return false;
}

static bool parse_now(struct ll_str rest, struct ll_clock *clock, int64_t *ret_epoch_s)
{
    int64_t offset_s = 0, result;
    if (rest.len != 0) {
        if (rest.ptr[0] != '-' && rest.ptr[0] != '+')
            return false;
        if (!ll_duration_parse(ll_str_sub(rest, 1, rest.len), &offset_s))
            return false;
        if (rest.ptr[0] == '-')
            offset_s = -offset_s;
    }
    if (__builtin_add_overflow(ll_clock_now_s(clock), offset_s, &result))
        return false;
    *ret_epoch_s = result;
    return true;
}

bool ll_parse_time(struct ll_str s, struct ll_clock *clock, int64_t *ret_epoch_s)
{
    int32_t day;
    int64_t epoch_ms;
    if (ll_str_starts_with(s, LL_STR("now")))
        return parse_now(ll_str_sub(s, 3, s.len), clock, ret_epoch_s);
    if (ll_date_parse(s, &day)) {
        *ret_epoch_s = (int64_t)day * LL_DAY_S;
        return true;
    }
    if (!ll_stamp_parse(s, &epoch_ms))
        return false;
    *ret_epoch_s = epoch_ms / 1000 - (epoch_ms % 1000 < 0);
    return true;
}

bool ll_parse_choice(struct ll_str word, const char *choices)
{
    struct ll_str rest = ll_str_of(choices), choice;
    while (ll_str_split(&rest, '|', &choice))
        if (ll_str_equal(word, choice))
            return true;
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t ll_parse_distance(struct ll_str a, struct ll_str b)
{
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return WORD_MAX;
    size_t rows[3][WORD_MAX + 1]; /* of the matrix: row i is rows[i % 3] */
    for (size_t i = 0; i <= a.len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        for (size_t j = 0; j <= b.len; j++) {
            if (i == 0 || j == 0) {
                row[j] = i + j;
                continue;
            }
            bool same = a.ptr[i - 1] == b.ptr[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

void ll_nearest_offer(struct ll_nearest *nearest, const char *name)
{
    size_t distance = ll_parse_distance(nearest->typed, ll_str_of(name));
    /* A slip changes a third of a word at most; short words need one letter in common. */
    if (distance > 1 + nearest->typed.len / 3 || distance >= strlen(name))
        return;
    if (nearest->best == NULL || distance < nearest->distance) {
        nearest->best = name;
        nearest->distance = distance;
    }
}
