/* What a sweep is made of: pages, who is live, the estimate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "collect/live.h"
#include "collect/sweep.h"
#include "support/check.h"

static void a_page_is_read(void **state LL_UNUSED)
{
    struct ll_page page = {0};
    struct ll_error err;
    struct ll_str body =
        LL_STR("{\"data\":[{\"id\":\"317\",\"user_id\":\"12\",\"game_id\":\"509658\",\"title\":"
               "\"\\u0000\","
               "\"viewer_count\":3,\"started_at\":\"2026-11-05T00:00:01Z\",\"language\":\"en\"},"
               "{\"id\":9007199254740993,\"user_id\":13,\"game_id\":\"\",\"language\":null}],"
               "\"pagination\":{\"cursor\":\"eyJ\\u0062\"}}");
    assert_status(LL_OK, ll_page_read(&page, body, &err), &err);
    assert_true(page.has_data);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.rows[0].key, 317);
    assert_int_equal(page.rows[0].user_id, 12);
    assert_int_equal(page.rows[0].category_id, 509658);
    assert_int_equal(page.rows[0].started_ms, INT64_C(1793836801000));
    assert_true(ll_str_equal(page.rows[0].language, LL_STR("en")));
    assert_int_equal(page.rows[1].key, INT64_C(9007199254740993));
    assert_int_equal(page.rows[1].category_id, 0);
    assert_int_equal(page.rows[1].started_ms, 0);
    assert_true(ll_str_equal(page.cursor, LL_STR("eyJb")));
    ll_page_clear(&page);
}

static void edge_33_ids_that_are_no_numbers_are_told_apart(void **state LL_UNUSED)
{
    struct ll_page page = {0};
    struct ll_error err;
    assert_status(LL_OK,
                  ll_page_read(&page,
                               LL_STR("{\"data\":[{\"id\":\"7c9e-a\",\"user_id\":\"1\"},{\"id\":"
                                      "\"7c9e-b\",\"user_id\":\"x\"},{\"id\":\"7c9e-a\"},{}]}"),
                               &err),
                  &err);
    assert_int_equal(page.count, 4);
    assert_true(page.rows[0].key >> 63 && page.rows[1].key >> 63);
    assert_true(page.rows[0].key != page.rows[1].key);
    assert_true(page.rows[0].key == page.rows[2].key);
    assert_int_equal(page.rows[1].user_id, 0);
    ll_page_clear(&page);
}

static void edge_01_02_what_is_no_whole_object_is_refused(void **state LL_UNUSED)
{
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "[]",
                                         "null",
                                         "{",
                                         "{\"data\":[{}]",
                                         "{\"data\":[]}x",
                                         "{\"data\":[{\"id\":\"1\"",
                                         "{\"data\":[1,]}"};
    for (size_t i = 0; i < LL_COUNT(bodies); i++) {
        struct ll_page page = {0};
        struct ll_error err;
        assert_status(LL_CORRUPT, ll_page_read(&page, ll_str_of(bodies[i]), &err), &err);
        ll_page_clear(&page);
    }
}

static void edge_39_of_duplicate_keys_the_last_wins(void **state LL_UNUSED)
{
    struct ll_page page = {0};
    struct ll_error err;
    struct ll_str body = LL_STR("{\"data\":[{\"id\":\"1\"}],\"pagination\":{\"cursor\":\"a\"},"
                                "\"data\":[{\"id\":\"2\",\"id\":\"3\"}],\"pagination\":{}}");
    assert_status(LL_OK, ll_page_read(&page, body, &err), &err);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.rows[0].key, 3);
    assert_int_equal(page.cursor.len, 0);
    ll_page_clear(&page);
}

static void edge_13_a_stream_counts_once(void **state LL_UNUSED)
{
    struct ll_live live = {0};
    struct ll_page_row row = {.key = 5, .user_id = 50, .category_id = 7, .language = LL_STR("en")};
    assert_true(ll_live_add(&live, &row, false));
    assert_false(ll_live_find(&live, 5)->listed);
    assert_false(ll_live_add(&live, &row, true));
    assert_true(ll_live_find(&live, 5)->listed);
    assert_false(ll_live_add(&live, &row, false));
    assert_true(ll_live_find(&live, 5)->listed); /* a chain has met it, whatever came later */
    row = (struct ll_page_row){.key = 6, .user_id = 50, .category_id = 0, .language = LL_STR("de")};
    assert_true(ll_live_add(&live, &row, true));
    assert_int_equal(live.count, 2);
    assert_true(ll_live_has_user(&live, 50));
    assert_false(ll_live_has_user(&live, 51));
    assert_false(ll_live_has_user(&live, 0));
    assert_null(ll_live_find(&live, 7));
    assert_int_equal(live.category_count, 1);
    assert_int_equal(live.category_ids[0], 7);
    assert_int_equal(live.language_count, 2);
    assert_int_equal(live.languages[0].streams, 3);
    ll_live_clear(&live);
}

static void languages_of_any_kind_are_counted_within_bounds(void **state LL_UNUSED)
{
    struct ll_live live = {0};
    char code[32];
    for (int i = 0; i < 2 * LL_LANGUAGES_MAX; i++) {
        int length = snprintf(code, sizeof(code), "x%d", i);
        struct ll_page_row row = {.key = (uint64_t)(i + 1), .language = {code, (size_t)length}};
        assert_true(ll_live_add(&live, &row, true));
    }
    struct ll_page_row odd = {.key = 1000000, .language = LL_STR("a-language-of-many-letters")};
    assert_true(ll_live_add(&live, &odd, true));
    assert_int_equal(live.language_count, LL_LANGUAGES_MAX);
    assert_int_equal(live.count, 2 * LL_LANGUAGES_MAX + 1);
    ll_live_clear(&live);
}

static void the_estimate(void **state LL_UNUSED)
{
    static const struct {
        int64_t found, fresh, still_live, unlisted;
        double coverage;
    } cases[] = {
        {1000, 100, 900, 0, 1},
        {1000, 100, 900, 9, 1000 / (1000 + 100 * 9.0 / 891)}, /* 1 % missed: of the fresh, too */
        {1000, 0, 1000, 100, 1},                              /* nobody is fresh */
        {1000, 500, 500, 250, 1000 / 1500.0},
        {1000, 100, 0, 0, -1}, /* nothing to go by */
        {0, 0, 0, 0, -1},
        {10, 5, 5, 5, 0}, /* the chains met nobody known */
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        double got = ll_sweep_coverage(cases[i].found, cases[i].fresh, cases[i].still_live,
                                       cases[i].unlisted);
        assert_float_equal(got, cases[i].coverage, 1e-12);
    }
}

static void plans_have_names(void **state LL_UNUSED)
{
    enum ll_sweep_plan plan;
    for (int i = LL_PLAN_AUTO; i <= LL_PLAN_CROSS_CHECK; i++) {
        const char *name = ll_sweep_plan_name((enum ll_sweep_plan)i);
        assert_true(ll_sweep_plan_parse(ll_str_of(name), &plan));
        assert_int_equal(plan, i);
    }
    assert_false(ll_sweep_plan_parse(LL_STR("Chain"), &plan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_read),
        cmocka_unit_test(edge_33_ids_that_are_no_numbers_are_told_apart),
        cmocka_unit_test(edge_01_02_what_is_no_whole_object_is_refused),
        cmocka_unit_test(edge_39_of_duplicate_keys_the_last_wins),
        cmocka_unit_test(edge_13_a_stream_counts_once),
        cmocka_unit_test(languages_of_any_kind_are_counted_within_bounds),
        cmocka_unit_test(the_estimate),
        cmocka_unit_test(plans_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
