#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

static void civil_known_instants(void **state LL_UNUSED)
{
    static const struct {
        int64_t epoch_s;
        const char *stamp, *date;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z", "1970-01-01"},
        {-1, "1969-12-31T23:59:59Z", "1969-12-31"},
        {-86400, "1969-12-31T00:00:00Z", "1969-12-31"},
        {-86401, "1969-12-30T23:59:59Z", "1969-12-30"},
        {951782400, "2000-02-29T00:00:00Z", "2000-02-29"},
        {1709164800, "2024-02-29T00:00:00Z", "2024-02-29"},
        {4107542399, "2100-02-28T23:59:59Z", "2100-02-28"},
        {4107542400, "2100-03-01T00:00:00Z", "2100-03-01"},
        {2147483648, "2038-01-19T03:14:08Z", "2038-01-19"},
        {-62135596800, "0001-01-01T00:00:00Z", "0001-01-01"},
        {253402300799, "9999-12-31T23:59:59Z", "9999-12-31"},
        {253402300800, "10000-01-01T00:00:00Z", "10000-01-01"},
        {-62167219201, "-0001-12-31T23:59:59Z", "-0001-12-31"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t at = cases[i].epoch_s;
        assert_string_equal(ll_stamp_format(at).c, cases[i].stamp);
        assert_string_equal(ll_date_format(ll_day_of(at)).c, cases[i].date);
        assert_true(ll_civil_to_epoch_s(ll_civil_of(at)) == at);
    }
}

/* Every day of eight centuries follows the one before by the calendar's own rule. */
static void civil_counts_every_day(void **state LL_UNUSED)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct ll_civil expected = {
        .year = 1600, .month = 1, .day = 1, .hour = 23, .minute = 5, .second = 59};
    int64_t at = ll_civil_to_epoch_s(expected);
    for (; expected.year < 2401; at += LL_DAY_S) {
        struct ll_civil civil = ll_civil_of(at);
        assert_memory_equal(&civil, &expected, sizeof(civil));
        bool leap =
            expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0);
        int length = lengths[expected.month - 1] + (leap && expected.month == 2);
        if (++expected.day <= length)
            continue;
        expected.day = 1;
        if (++expected.month <= 12)
            continue;
        expected.month = 1;
        expected.year++;
    }
}

static void extremes_are_clamped(void **state LL_UNUSED)
{
    assert_string_equal(ll_stamp_format(INT64_MAX).c, "99999-12-31T23:59:59Z");
    assert_string_equal(ll_stamp_format(INT64_MIN).c, "-99999-01-01T00:00:00Z");
    assert_string_equal(ll_stamp_format_ms(INT64_MIN + 1).c, "-99999-01-01T00:00:00.193Z");
    assert_string_equal(ll_date_format(INT32_MAX).c, "99999-12-31");
    assert_string_equal(ll_date_format(INT32_MIN).c, "-99999-01-01");
}

static void formats_milliseconds(void **state LL_UNUSED)
{
    assert_string_equal(ll_stamp_format_ms(1000).c, "1970-01-01T00:00:01Z");
    assert_string_equal(ll_stamp_format_ms(1007).c, "1970-01-01T00:00:01.007Z");
    assert_string_equal(ll_stamp_format_ms(-1).c, "1969-12-31T23:59:59.999Z");
}

static void stamps_accepted(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        int64_t epoch_ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:01z", 1000},
        {"1970-01-01 00:01:00Z", 60000},
        {"1969-12-31T23:59:59.001Z", -999},
        {"1969-12-31T23:59:59.9999Z", -1},
        {"2026-11-23T15:45:00.1Z", 1795448700100},
        {"2026-11-23T15:45:00.12Z", 1795448700120},
        {"2026-11-23T15:45:00.123Z", 1795448700123},
        {"2026-11-23T15:45:00.1239Z", 1795448700123},
        {"2026-11-23T15:45:00.12345Z", 1795448700123},
        {"2026-11-23T15:45:00.123456Z", 1795448700123},
        {"2026-11-23T15:45:00.1234567Z", 1795448700123},
        {"2026-11-23T15:45:00.12345678Z", 1795448700123},
        {"2026-11-23T15:45:00.123456789Z", 1795448700123},
        {"2026-11-23T15:45:00.1234567899Z", 1795448700123},
        {"2026-11-23T15:45:00.12345678999Z", 1795448700123},
        {"2026-11-23T15:45:00.123999999999Z", 1795448700123},
        {"2026-11-23T21:15:00+05:30", 1795448700000},
        {"2026-11-23T07:45:00.5-08:00", 1795448700500},
        {"2026-11-23T15:45:00-00:00", 1795448700000},
        {"2016-12-31T23:59:60Z", 1483228799000},
        {"2016-12-31T15:59:60.25-08:00", 1483228799250},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t ms;
        assert_true(ll_stamp_parse(ll_str_of(cases[i].text), &ms));
        assert_true(ms == cases[i].epoch_ms);
    }
}

static void stamps_refused(void **state LL_UNUSED)
{
    static const char *const cases[] = {
        "",
        "2026-11-23",
        "2026-11-23T15:45:00",
        "2026-11-23T15:45Z",
        "2026-11-23T15:45:00.Z",
        "2026-11-23T15:45:00,5Z",
        "2026-11-23T15:45:00 Z",
        "2026-11-23T15:45:00ZZ",
        " 2026-11-23T15:45:00Z",
        "2026-11-23T15:45:00Z ",
        "2026-11-23X15:45:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T15:60:00Z",
        "2026-11-23T15:45:61Z",
        "2026-11-23T15:45:00+0530",
        "2026-11-23T15:45:00+05",
        "2026-11-23T15:45:00+24:00",
        "2026-11-23T15:45:00+05:60",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "-001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-1-23T15:45:00Z",
        "2026-11-23T1a:45:00Z",
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t ms = 42;
        assert_false(ll_stamp_parse(ll_str_of(cases[i]), &ms));
        assert_int_equal(ms, 42);
    }
}

/* No prefix of a stamp is one. */
static void stamps_cut_short(void **state LL_UNUSED)
{
    struct ll_str whole = LL_STR("2026-11-23T15:45:00.123+05:30");
    int64_t ms;
    for (size_t len = 0; len < whole.len; len++)
        assert_false(ll_stamp_parse(ll_str_sub(whole, 0, len), &ms));
    assert_true(ll_stamp_parse(whole, &ms));
}

static void run_ids(void **state LL_UNUSED)
{
    int64_t slot_s = 0;
    assert_string_equal(ll_run_id_of(1795448700).c, "20261123T154500Z");
    assert_true(ll_run_id_parse(LL_STR("20261123T154500Z"), &slot_s));
    assert_true(slot_s == 1795448700);
    static const char *const refused[] = {
        "",
        "20261123T154500",
        "20261123T154500z",
        "20261123t154500Z",
        "20261123T154500Z ",
        "20261123T154560Z",
        "20260229T000000Z",
        "20261123T244500Z",
        "00000101T000000Z",
        "2026-11-23T15:45Z",
        "20261123T1545000Z",
        "2026112 T154500Z",
    };
    for (size_t i = 0; i < LL_COUNT(refused); i++)
        assert_false(ll_run_id_parse(ll_str_of(refused[i]), &slot_s));
    assert_true(slot_s == 1795448700);
}

static void dates(void **state LL_UNUSED)
{
    int32_t day = 42;
    static const char *const refused[] = {"",           "2026-11-2",  "2026-11-233", "2026/11/23",
                                          "2026-02-30", "0000-01-01", "20261123",    "2026-11-23T"};
    for (size_t i = 0; i < LL_COUNT(refused); i++)
        assert_false(ll_date_parse(ll_str_of(refused[i]), &day));
    assert_int_equal(day, 42);
    assert_true(ll_date_parse(LL_STR("1969-12-31"), &day));
    assert_int_equal(day, -1);
    for (int32_t at = -719162; at <= 2932896; at += 97) { /* years 1 to 9999 */
        assert_true(ll_date_parse(ll_str_of(ll_date_format(at).c), &day));
        assert_int_equal(day, at);
    }
}

static void durations(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        int64_t seconds; /* 0 = refused */
    } cases[] = {
        {"90s", 90},
        {"15m", 900},
        {"36h", 129600},
        {"7d", 604800},
        {"2w", 1209600},
        {"015m", 900},
        {"9223372036854775807s", INT64_MAX},
        {"9223372036854775807m", 0},
        {"", 0},
        {"m", 0},
        {"15", 0},
        {"0m", 0},
        {"-5m", 0},
        {"+5m", 0},
        {"1.5h", 0},
        {"5 m", 0},
        {"5M", 0},
        {"5mm", 0},
        {" 5m", 0},
        {"5m ", 0},
        {"1h30m", 0},
        {"5y", 0},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int64_t seconds = 42;
        bool ok = cases[i].seconds != 0;
        assert_int_equal(ll_duration_parse(ll_str_of(cases[i].text), &seconds), ok);
        assert_true(seconds == (ok ? cases[i].seconds : 42));
    }
}

static void slots_and_days_round_down(void **state LL_UNUSED)
{
    assert_int_equal(ll_slot_of(0, 900), 0);
    assert_int_equal(ll_slot_of(899, 900), 0);
    assert_int_equal(ll_slot_of(900, 900), 900);
    assert_int_equal(ll_slot_of(-1, 900), -900);
    assert_int_equal(ll_slot_of(-900, 900), -900);
    assert_int_equal(ll_day_of(86399), 0);
    assert_int_equal(ll_day_of(86400), 1);
    assert_int_equal(ll_day_of(-1), -1);
    assert_int_equal(ll_day_of(-86400), -1);
    assert_int_equal(ll_day_of(-86401), -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_known_instants),
        cmocka_unit_test(civil_counts_every_day),
        cmocka_unit_test(extremes_are_clamped),
        cmocka_unit_test(formats_milliseconds),
        cmocka_unit_test(stamps_accepted),
        cmocka_unit_test(stamps_refused),
        cmocka_unit_test(stamps_cut_short),
        cmocka_unit_test(run_ids),
        cmocka_unit_test(dates),
        cmocka_unit_test(durations),
        cmocka_unit_test(slots_and_days_round_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
