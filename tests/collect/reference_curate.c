/* What a refresh wrote, down to the warehouse: which game a category is, and what genres it has. */
#include "reference_world.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

#define CHATTING 509658 /* the shipped table calls it no game */
#define SLOTS 498566    /* so too */

struct both {
    struct world lake;
    struct reference_world apis;
};

static int open_both(void **state)
{
    static struct both both;
    struct ll_error err;
    world_open(&both.lake, NULL);
    both.lake.lake.settings.overrides = true;
    assert_status(LL_OK, ll_curate_settings(&both.lake.pipeline, &err), &err);
    reference_world_open(&both.apis, both.lake.store);
    *state = &both;
    return 0;
}

static int close_both(void **state)
{
    struct both *both = *state;
    reference_world_close(&both->apis);
    world_close(&both->lake);
    return 0;
}

static void refresh_and_curate(struct both *both, int64_t slot_s, const int64_t *ids)
{
    struct ll_error err;
    assert_int_equal(refresh(&both->apis, slot_s, ids), LL_OK);
    assert_int_equal(both->apis.report.error.status, LL_OK);
    assert_status(LL_OK, world_settle(&both->lake, false, &err), &err);
    world_verify(&both->lake);
}

/* The sum of the category's genre ids now: 0 = it has none. */
static int64_t genre_of(struct both *both, int64_t category_id)
{
    char sql[256];
    snprintf(sql, sizeof(sql),
             "SELECT CAST(COALESCE(sum(genre_id), 0) AS BIGINT) FROM category_genre "
             "WHERE category_id = %lld AND valid_to = DATE '9999-12-31'",
             (long long)category_id);
    return world_number(&both->lake, sql);
}

static int64_t igdb_id_of(struct both *both, int64_t category_id)
{
    char sql[256];
    snprintf(sql, sizeof(sql),
             "SELECT COALESCE(igdb_id, -1) FROM category WHERE category_id = %lld",
             (long long)category_id);
    return world_number(&both->lake, sql);
}

static void edge_43_links_count_before_overrides_and_after_twitch(void **state)
{
    struct both *both = *state;
    struct reference_world *w = &both->apis;
    const int64_t ids[] = {100, CHATTING, SLOTS, 0};
    twitch_says(w, "{\"data\":[{\"id\":\"100\",\"name\":\"A\",\"igdb_id\":\"7\"},"
                   "{\"id\":\"509658\",\"name\":\"Just Chatting\",\"igdb_id\":\"\"},"
                   "{\"id\":\"498566\",\"name\":\"Slots\",\"igdb_id\":\"\"}]}");
    /* One row that nobody asked for: of a category whose game Twitch gives. */
    igdb_says(w, "[{\"id\":1,\"game\":8,\"uid\":\"100\",\"external_game_source\":14},"
                 "{\"id\":2,\"game\":9,\"uid\":\"509658\",\"external_game_source\":14}]");
    igdb_says_terms(w);
    igdb_says(w,
              "[{\"id\":7,\"genres\":[5]},{\"id\":8,\"genres\":[31]},{\"id\":9,\"genres\":[12]}]");
    refresh_and_curate(both, SLOT, ids);
    expect_igdb(w, 0, "uid = (\"509658\",\"498566\");");
    assert_int_equal(igdb_id_of(both, 100), 7);
    assert_int_equal(genre_of(both, 100), 5);
    assert_int_equal(igdb_id_of(both, CHATTING), 9);
    assert_int_equal(genre_of(both, CHATTING), 12);
    assert_int_equal(igdb_id_of(both, SLOTS), -1);
    assert_int_equal(genre_of(both, SLOTS), -1); /* Non-game, by the table */

    /* Twitch speaks at last: IGDB's link no longer counts, for any day. */
    twitch_says(w, "{\"data\":[{\"id\":\"509658\",\"name\":\"Just Chatting\",\"igdb_id\":\"7\"}]}");
    const int64_t one[] = {CHATTING, 0};
    igdb_says_terms(w);
    igdb_says(w, "[]");
    refresh_and_curate(both, SLOT + DAY, one);
    assert_int_equal(igdb_id_of(both, CHATTING), 7);
    assert_int_equal(genre_of(both, CHATTING), 5);
    assert_int_equal(world_number(&both->lake, "SELECT count(*) FROM category_term "
                                               "WHERE category_id = 509658 AND term_id = 12"),
                     0);
}

static void edge_48_absent_field_is_not_stated(void **state)
{
    struct both *both = *state;
    struct reference_world *w = &both->apis;
    const int64_t ids[] = {100, 0};
    const char *category = "{\"data\":[{\"id\":\"100\",\"name\":\"A\",\"igdb_id\":\"7\"}]}";
    twitch_says(w, category);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\",\"genres\":[5],\"updated_at\":1}]");
    refresh_and_curate(both, SLOT, ids);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\",\"updated_at\":2}]");
    refresh_and_curate(both, SLOT + DAY, ids);
    assert_int_equal(w->report.changed, 1);
    assert_int_equal(genre_of(both, 100), 5);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\",\"genres\":[31],\"updated_at\":3}]");
    refresh_and_curate(both, SLOT + 2 * DAY, ids);
    assert_int_equal(genre_of(both, 100), 31);
}

static void edge_53_absurd_dates_spoil_nothing(void **state)
{
    struct both *both = *state;
    struct reference_world *w = &both->apis;
    const int64_t ids[] = {100, 0};
    twitch_says(w, "{\"data\":[{\"id\":\"100\",\"name\":\"A\",\"igdb_id\":\"7\"}]}");
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\",\"genres\":[5],\"first_release_date\":-99999999999999},"
                 "{\"id\":8,\"genres\":[5],\"first_release_date\":1e300}]");
    refresh_and_curate(both, SLOT, ids);
    assert_int_equal(genre_of(both, 100), 5);
    assert_int_equal(world_number(&both->lake, "SELECT count(*) FROM ref_game"), 2);
}

/* A link with a uid or a game that is none is quarantined, and the others stand. */
static void links_that_are_none_are_refused(void **state)
{
    struct both *both = *state;
    struct reference_world *w = &both->apis;
    const int64_t ids[] = {300, 400, 0};
    twitch_says(w, "{\"data\":[]}");
    igdb_says(w, "[{\"id\":1,\"game\":9,\"uid\":\"chess\"},{\"id\":2,\"uid\":\"400\"},"
                 "{\"id\":3,\"game\":9,\"uid\":\"300\"}]");
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":9,\"genres\":[12]}]");
    refresh_and_curate(both, SLOT, ids);
    assert_int_equal(world_number(&both->lake, "SELECT count(*) FROM ref_category_link"), 1);
    assert_int_equal(genre_of(both, 300), 12);
    assert_int_equal(genre_of(both, 400), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
    const struct CMUnitTest tests[] = {
        TEST(edge_43_links_count_before_overrides_and_after_twitch),
        TEST(edge_48_absent_field_is_not_stated),
        TEST(edge_53_absurd_dates_spoil_nothing),
        TEST(links_that_are_none_are_refused),
    };
    return cmocka_run_group_tests_name("collect_reference_curate", tests, NULL, NULL);
}
