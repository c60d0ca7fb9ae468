#include "support/check.h"

#include <string.h>

#include "app/parse.h"
#include "base/time.h"

static void parses_sizes(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        int64_t bytes; /* -1: refused */
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"17b", 17},
        {"2k", 2000},
        {"2KB", 2000},
        {"2KiB", 2048},
        {"512MB", 512000000},
        {"512 MB", 512000000},
        {"1mi", 1 << 20},
        {"3g", 3000000000},
        {"2GiB", INT64_C(2) << 30},
        {"1TiB", INT64_C(1) << 40},
        {"8388607TiB", INT64_C(8388607) << 40},
        {"8388608TiB", -1}, /* 2^63 */
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", -1},
        {"", -1},
        {"MB", -1},
        {"-1", -1},
        {"1.5G", -1},
        {"1XB", -1},
        {"1MBs", -1},
        {" 1", -1},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t bytes = -1;
        bool ok = ll_parse_size(ll_str_of(cases[i].text), &bytes);
        if (ok != (cases[i].bytes >= 0) || bytes != cases[i].bytes)
            fail_msg("\"%s\": %d, %lld", cases[i].text, ok, (long long)bytes);
    }
}

static void parses_booleans(void **state LL_UNUSED)
{
    bool value = false;
    assert_true(ll_parse_bool(LL_STR("Yes"), &value) && value);
    assert_true(ll_parse_bool(LL_STR("off"), &value) && !value);
    assert_true(ll_parse_bool(LL_STR("true"), &value) && value);
    assert_false(ll_parse_bool(LL_STR("1"), &value));
    assert_false(ll_parse_bool(LL_STR(""), &value));
}

static void parses_times(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t epoch_s;
    } cases[] = {
        {"2026-11-23", true, 1795392000},
        {"2026-11-23T15:45:00Z", true, 1795448700},
        {"2026-11-23T15:45:00.999Z", true, 1795448700},
        {"2026-11-23T16:45:00+01:00", true, 1795448700},
        {"1969-12-31T23:59:59.5Z", true, -1},
        {"now", true, 1000000},
        {"now-1d", true, 1000000 - LL_DAY_S},
        {"now+15m", true, 1000900},
        {"now-", false, 0},
        {"now-1", false, 0},
        {"nowish", false, 0},
        {"now--1d", false, 0},
        {"2026-02-29", false, 0},
        {"2026-13-01", false, 0},
        {"23.11.2026", false, 0},
        {"yesterday", false, 0},
        {"", false, 0},
    };
    struct ll_clock_manual clock;
    ll_clock_manual_init(&clock, INT64_C(1000000500));
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t epoch_s = 0;
        bool ok = ll_parse_time(ll_str_of(cases[i].text), &clock.base, &epoch_s);
        if (ok != cases[i].ok || epoch_s != cases[i].epoch_s)
            fail_msg("\"%s\": %d, %lld", cases[i].text, ok, (long long)epoch_s);
    }
}

static void measures_distance(void **state LL_UNUSED)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"report", "report", 0},
        {"reprot", "report", 1},
        {"repor", "report", 1},
        {"reportt", "report", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 1},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str a = ll_str_of(cases[i].a), b = ll_str_of(cases[i].b);
        assert_int_equal(ll_parse_distance(a, b), cases[i].distance);
        assert_int_equal(ll_parse_distance(b, a), cases[i].distance);
    }
    char far[200];
    memset(far, 'a', sizeof(far));
    assert_true(ll_parse_distance((struct ll_str){far, sizeof(far)}, LL_STR("a")) >= 60);
}

static void offers_the_nearest(void **state LL_UNUSED)
{
    static const struct {
        const char *typed, *best;
    } cases[] = {
        {"reprot", "report"}, {"confg", "config"}, {"qeury", "query"}, {"xyzzy", NULL}, {"z", NULL},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_nearest nearest = {.typed = ll_str_of(cases[i].typed)};
        ll_nearest_offer(&nearest, "report");
        ll_nearest_offer(&nearest, "config");
        ll_nearest_offer(&nearest, "query");
        if (cases[i].best == NULL)
            assert_null(nearest.best);
        else
            assert_string_equal(nearest.best, cases[i].best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_sizes),       cmocka_unit_test(parses_booleans),
        cmocka_unit_test(parses_times),       cmocka_unit_test(measures_distance),
        cmocka_unit_test(offers_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
