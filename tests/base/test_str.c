#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

/* A view of a literal that may hold NUL bytes, under a shorter name for tables. */
#define S(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void compares_bytes(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str a, b;
        int order;
    } cases[] = {
        {S(""), S(""), 0},          {{NULL, 0}, S(""), 0}, {S("a"), S("b"), -1},
        {S("a"), S("ab"), -1},      {S("b"), S("ab"), 1},  {S("\xFF"), S("a"), 1},
        {S("a\0b"), S("a\0c"), -1}, {S("a\0"), S("a"), 1},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int order = ll_str_compare(cases[i].a, cases[i].b);
        int reverse = ll_str_compare(cases[i].b, cases[i].a);
        assert_int_equal((order > 0) - (order < 0), cases[i].order);
        assert_int_equal((reverse > 0) - (reverse < 0), -cases[i].order);
        assert_int_equal(ll_str_equal(cases[i].a, cases[i].b), cases[i].order == 0);
    }
}

static void finds_and_cuts(void **state LL_UNUSED)
{
    struct ll_str s = LL_STR("date=2026/run=7");
    assert_true(ll_str_starts_with(s, LL_STR("date=")));
    assert_true(ll_str_starts_with(s, LL_STR("")));
    assert_false(ll_str_starts_with(s, LL_STR("date=2026/run=78")));
    assert_true(ll_str_ends_with(s, LL_STR("run=7")));
    assert_false(ll_str_ends_with(LL_STR("7"), LL_STR("=7")));
    assert_int_equal(ll_str_find(s, '=', 0), 4);
    assert_int_equal(ll_str_find(s, '=', 5), 13);
    assert_int_equal(ll_str_find(s, '=', 14), s.len);
    assert_int_equal(ll_str_find(s, '=', 99), s.len);
    assert_int_equal(ll_str_find(ll_str_of(NULL), 'x', 0), 0);
    assert_true(ll_str_equal(ll_str_sub(s, 5, 9), LL_STR("2026")));
    assert_true(ll_str_equal(ll_str_sub(s, 10, 999), LL_STR("run=7")));
    assert_int_equal(ll_str_sub(s, 9, 5).len, 0);
    assert_int_equal(ll_str_sub(s, 999, 1000).len, 0);
    assert_true(ll_str_equal(ll_str_trim(LL_STR(" \t\r\n a b \v\f")), LL_STR("a b")));
    assert_int_equal(ll_str_trim(LL_STR(" \n ")).len, 0);
    assert_int_equal(ll_str_trim(ll_str_of(NULL)).len, 0);
}

static void splits(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        size_t count;
        const char *parts[4];
    } cases[] = {
        {"a,b,c", 3, {"a", "b", "c"}}, {"a", 1, {"a"}},    {"", 1, {""}},
        {"a,", 2, {"a", ""}},          {",", 2, {"", ""}}, {",,b", 3, {"", "", "b"}},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str rest = ll_str_of(cases[i].text), part;
        for (size_t k = 0; k < cases[i].count; k++) {
            assert_true(ll_str_split(&rest, ',', &part));
            assert_true(ll_str_equal(part, ll_str_of(cases[i].parts[k])));
        }
        part = LL_STR("kept");
        assert_false(ll_str_split(&rest, ',', &part));
        assert_true(ll_str_equal(part, LL_STR("kept")));
    }
}

static void parses_integers(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text;
        bool ok;
        int64_t value;
    } cases[] = {
        {S("0"), true, 0},
        {S("-0"), true, 0},
        {S("007"), true, 7},
        {S("9223372036854775807"), true, INT64_MAX},
        {S("-9223372036854775808"), true, INT64_MIN},
        {S("9223372036854775808"), false, 0},
        {S("-9223372036854775809"), false, 0},
        {S("99999999999999999999999"), false, 0},
        {S(""), false, 0},
        {S("-"), false, 0},
        {S("--1"), false, 0},
        {S("+1"), false, 0},
        {S(" 1"), false, 0},
        {S("1 "), false, 0},
        {S("1\0"), false, 0},
        {S("1e3"), false, 0},
        {S("0x10"), false, 0},
        {S("1.0"), false, 0},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t value = 42;
        assert_int_equal(ll_str_to_i64(cases[i].text, &value), cases[i].ok);
        assert_true(value == (cases[i].ok ? cases[i].value : 42));
    }
    uint64_t u = 42;
    assert_true(ll_str_to_u64(LL_STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_false(ll_str_to_u64(LL_STR("18446744073709551616"), &u));
    assert_false(ll_str_to_u64(LL_STR("-1"), &u));
    assert_true(u == UINT64_MAX);
}

static void parses_doubles(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text;
        bool ok;
        double value;
    } cases[] = {
        {S("0"), true, 0},
        {S("-0.5"), true, -0.5},
        {S("15984.571130516902"), true, 15984.571130516902},
        {S("1e3"), true, 1000},
        {S("1E+3"), true, 1000},
        {S("25e-2"), true, 0.25},
        {S("007.5"), true, 7.5},
        {S("4.9e-324"), true, 0x1p-1074},
        {S("1e-999"), true, 0},
        {S("1e999"), false, 0},
        {S("nan"), false, 0},
        {S("inf"), false, 0},
        {S("0x1p3"), false, 0},
        {S(".5"), false, 0},
        {S("5."), false, 0},
        {S("1e"), false, 0},
        {S("1e+"), false, 0},
        {S(""), false, 0},
        {S("-"), false, 0},
        {S("1,5"), false, 0},
        {S(" 1"), false, 0},
        {S("1 "), false, 0},
        {S("1\0"), false, 0},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        double value = 42;
        assert_int_equal(ll_str_to_f64(cases[i].text, &value), cases[i].ok);
        assert_true(value == (cases[i].ok ? cases[i].value : 42));
    }
    char digits[1001];
    memset(digits, '1', sizeof(digits));
    double value = 42;
    assert_false(ll_str_to_f64((struct ll_str){digits, 1001}, &value)); /* longer than is read */
    assert_false(ll_str_to_f64((struct ll_str){digits, 1000}, &value)); /* infinite */
    digits[1] = '.';
    assert_true(ll_str_to_f64((struct ll_str){digits, 1000}, &value));
    assert_true(fabs(value - 10. / 9) < 1e-15);
}

static void knows_utf8(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text;
        int step; /* at its first byte */
        bool ok;
    } cases[] = {
        {S("a"), 1, true},
        {S("\0"), 1, true},
        {S("\x7F"), 1, true},
        {S("\xC2\x80"), 2, true},
        {S("\xDF\xBF"), 2, true},
        {S("\xE0\xA0\x80"), 3, true},
        {S("\xED\x9F\xBF"), 3, true},
        {S("\xEE\x80\x80"), 3, true},
        {S("\xEF\xBF\xBF"), 3, true},
        {S("\xF0\x90\x80\x80"), 4, true},
        {S("\xF4\x8F\xBF\xBF"), 4, true},
        {S("\x80"), -1, false},
        {S("\xC0\x80"), -1, false},
        {S("\xC1\xBF"), -1, false},
        {S("\xC2"), -1, false},
        {S("\xC2\x41"), -1, false},
        {S("\xE0\x9F\xBF"), -1, false},
        {S("\xE1\x80"), -2, false},
        {S("\xE1\x80\x41"), -2, false},
        {S("\xED\xA0\x80"), -1, false},
        {S("\xF0\x8F\xBF\xBF"), -1, false},
        {S("\xF1\x80\x80"), -3, false},
        {S("\xF1\x80\x80\x41"), -3, false},
        {S("\xF4\x90\x80\x80"), -1, false},
        {S("\xF5\x80\x80\x80"), -1, false},
        {S("\xFE"), -1, false},
        {S("\xFF"), -1, false},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        assert_int_equal(ll_str_utf8_step(cases[i].text, 0), cases[i].step);
        assert_int_equal(ll_str_is_utf8(cases[i].text), cases[i].ok);
        /* The same after runs of ASCII that the eight-byte steps take. */
        for (size_t pad = 1; pad < 20; pad++) {
            char text[32] = "abcdefghijklmnopqrst";
            memcpy(text + pad, cases[i].text.ptr, cases[i].text.len);
            assert_int_equal(ll_str_is_utf8((struct ll_str){text, pad + cases[i].text.len}),
                             cases[i].ok);
        }
    }
    assert_true(ll_str_is_utf8(ll_str_of(NULL)));
}

static void hashes_depend_on_all(void **state LL_UNUSED)
{
    char text[40] = {0};
    uint64_t seen[2 * sizeof(text) + 2];
    size_t count = 0;
    for (size_t len = 0; len <= sizeof(text); len++)
        seen[count++] = ll_str_hash((struct ll_str){text, len}, 1);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = 1;
        seen[count++] = ll_str_hash((struct ll_str){text, sizeof(text)}, 1);
        text[i] = 0;
    }
    seen[count++] = ll_str_hash((struct ll_str){text, sizeof(text)}, 2);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    assert_true(ll_str_hash(LL_STR("login"), 5) == ll_str_hash(ll_str_of("login"), 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes),
        cmocka_unit_test(finds_and_cuts),
        cmocka_unit_test(splits),
        cmocka_unit_test(parses_integers),
        cmocka_unit_test(parses_doubles),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(hashes_depend_on_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
