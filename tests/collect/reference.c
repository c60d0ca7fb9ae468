/* What a refresh of the reference data asks for, and when. */
#include "reference_world.h"

#include <string.h>

#include "base/arena.h"
#include "lake/manifest.h"

#define TWO_GAMES                                                                                  \
    "{\"data\":[{\"id\":\"100\",\"name\":\"A\",\"igdb_id\":\"7\"},"                                \
    "{\"id\":\"200\",\"name\":\"B\",\"igdb_id\":\"8\"}]}"

static const int64_t two[] = {100, 200, 0};

static int open_world(void **state)
{
    static struct reference_world world;
    reference_world_open(&world, NULL);
    *state = &world;
    return 0;
}

static int close_world(void **state)
{
    struct reference_world *w = *state;
    ll_store_free(w->store);
    reference_world_close(w);
    return 0;
}

static void expect_refreshed(struct reference_world *w, int64_t slot_s, const int64_t *ids)
{
    assert_int_equal(refresh(w, slot_s, ids), LL_OK);
    if (w->report.error.status != LL_OK)
        print_error("%s\n", w->report.error.message);
    assert_int_equal(w->report.error.status, LL_OK);
}

/* Two categories with games 7 and 8, and all terms, at SLOT. */
static void first_refresh(struct reference_world *w)
{
    twitch_says(w, TWO_GAMES);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\"},{\"id\":8,\"name\":\"B\"}]");
    expect_refreshed(w, SLOT, two);
    expect_asked(w, 1, 5);
    assert_int_equal(w->report.written_count, 6);
}

static enum ll_run_status raw_status(struct reference_world *w, const char *resource,
                                     int64_t slot_s)
{
    struct ll_error err;
    struct ll_manifest m;
    struct ll_manifest_entry entry;
    struct ll_id id = ll_id_reference(ll_str_of(resource), slot_s);
    assert_status(LL_OK,
                  ll_manifest_latest(w->store, LL_LAYER_RAW, ll_day_of(slot_s), id.c, &entry, &err),
                  &err);
    assert_status(LL_OK, ll_manifest_get(w->store, LL_LAYER_RAW, &entry, &m, NULL, &err), &err);
    enum ll_run_status status = m.status;
    assert_int_equal(m.object_count, 1);
    ll_manifest_clear(&m);
    return status;
}

static void first_run_asks_for_all_the_second_for_nothing(void **state)
{
    struct reference_world *w = *state;
    const int64_t ids[] = {509658, 100, 200, 0};
    twitch_says(w, "{\"data\":[{\"id\":\"100\",\"igdb_id\":\"7\"},{\"id\":\"200\",\"igdb_id\":"
                   "\"8\"},{\"id\":\"509658\",\"name\":\"Just Chatting\",\"igdb_id\":\"\"}]}");
    igdb_says(w, "[{\"id\":1,\"game\":9,\"uid\":\"509658\"}]");
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7},{\"id\":8},{\"id\":9}]");
    expect_refreshed(w, SLOT, ids);
    expect_asked(w, 1, 6);
    expect_twitch(w, 0, "GET /games?id=509658&id=100&id=200 ");
    expect_igdb(w, 0, "POST /external_games ");
    expect_igdb(w, 0,
                "\r\n\r\nf game,uid,name,external_game_source; w external_game_source = 14 & "
                "uid = (\"509658\"); l 500; s id asc;");
    expect_igdb(w, 1, "POST /genres ");
    expect_igdb(w, 1, "\r\n\r\nf name,slug; l 500; s id asc;");
    expect_igdb(w, 2, "POST /game_modes ");
    expect_igdb(w, 3, "POST /themes ");
    expect_igdb(w, 4, "POST /player_perspectives ");
    expect_igdb(w, 5,
                "\r\n\r\nf name,slug,genres,themes,game_modes,player_perspectives,"
                "first_release_date,updated_at,checksum; w id = (7,8,9); l 500; s id asc;");
    assert_int_equal(w->report.written_count, LL_REFERENCE_RESOURCES);
    assert_string_equal(w->report.written[0].c, "categories-20251123T120000Z");
    assert_int_equal(w->report.categories, 3);
    assert_int_equal(w->report.links, 1);
    assert_int_equal(w->report.games, 3);
    assert_int_equal(raw_status(w, "games", SLOT), LL_RUN_COMPLETE);

    static const int64_t later[] = {0, 900, HOUR, 12 * HOUR, DAY - 1};
    for (size_t i = 0; i < LL_COUNT(later); i++) {
        expect_refreshed(w, SLOT + later[i], ids);
        expect_asked(w, 0, 0);
        assert_int_equal(w->report.written_count, 0);
    }
}

static void new_category_waits_for_the_interval(void **state)
{
    struct reference_world *w = *state;
    const int64_t three[] = {100, 300, 200, 0};
    first_refresh(w);
    expect_refreshed(w, SLOT + HOUR - 900, three);
    expect_asked(w, 0, 0);
    twitch_says(w, "{\"data\":[{\"id\":\"300\",\"name\":\"C\",\"igdb_id\":\"9\"}]}");
    igdb_says(w, "[{\"id\":9,\"name\":\"C\"}]");
    expect_refreshed(w, SLOT + HOUR, three);
    expect_asked(w, 1, 1);
    expect_twitch(w, 0, "GET /games?id=300 ");
    expect_igdb(w, 0, "w id = (9); l");
    assert_int_equal(w->report.written_count, 2);
}

static void edge_26_unknown_category_is_asked_for_daily(void **state)
{
    struct reference_world *w = *state;
    const int64_t one[] = {999, 0};
    twitch_says(w, "{\"data\":[]}");
    igdb_says(w, "[]"); /* no link either */
    igdb_says_terms(w);
    expect_refreshed(w, SLOT, one);
    expect_asked(w, 1, 5);
    expect_refreshed(w, SLOT + 12 * HOUR, one);
    expect_asked(w, 0, 0);
    igdb_says(w, "[]");
    expect_refreshed(w, SLOT + DAY, one);
    assert_int_equal(fake_server_count(w->twitch), 2);
}

static void daily_refresh_asks_for_changes(void **state)
{
    struct reference_world *w = *state;
    first_refresh(w);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":8,\"name\":\"B2\"}]");
    expect_refreshed(w, SLOT + DAY, two);
    expect_asked(w, 1, 5);
    expect_twitch(w, 0, "GET /games?id=100&id=200 ");
    expect_igdb(w, 4, "w id = (7,8) & updated_at > 1763898600; l 500;"); /* SLOT less 10 min */
    assert_int_equal(w->report.changed, 1);
    assert_int_equal(w->report.games, 0);
    assert_int_equal(w->report.vanished, 0);

    igdb_says_terms(w);
    igdb_says(w, "[]");
    expect_refreshed(w, SLOT + 2 * DAY, two);
    expect_igdb(w, 4, "& updated_at > 1763985000;");
}

static void game_never_met_is_asked_for_in_full(void **state)
{
    struct reference_world *w = *state;
    twitch_says(w, TWO_GAMES);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\"}]");
    expect_refreshed(w, SLOT, two);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":8,\"name\":\"B\"}]");
    igdb_says(w, "[]");
    expect_refreshed(w, SLOT + DAY, two);
    expect_asked(w, 1, 6);
    expect_igdb(w, 4, "w id = (8); l");
    expect_igdb(w, 5, "w id = (7) & updated_at");
    assert_int_equal(w->report.vanished, 0);
}

static void edge_51_vanished_games_are_counted_weekly(void **state)
{
    struct reference_world *w = *state;
    first_refresh(w);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7,\"name\":\"A\"}]");
    expect_refreshed(w, SLOT + 7 * DAY, two);
    expect_asked(w, 1, 5);
    expect_igdb(w, 4, "w id = (7,8); l 500;");
    assert_int_equal(w->report.vanished, 1);
    assert_non_null(strstr(net_log(), "igdb.vanished"));
}

static void edge_42_game_of_two_categories_is_asked_for_once(void **state)
{
    struct reference_world *w = *state;
    twitch_says(w, "{\"data\":[{\"id\":\"100\",\"igdb_id\":\"7\"},{\"id\":\"200\",\"igdb_id\":"
                   "\"7\"}]}");
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7}]");
    expect_refreshed(w, SLOT, two);
    expect_igdb(w, 4, "w id = (7); l");
}

static void edge_43_links_are_asked_for_daily(void **state)
{
    struct reference_world *w = *state;
    const int64_t ids[] = {743, 100, 0};
    const char *categories = "{\"data\":[{\"id\":\"743\",\"name\":\"Chess\",\"igdb_id\":\"\"},"
                             "{\"id\":\"100\",\"igdb_id\":\"7\"}]}";
    twitch_says(w, categories);
    igdb_says(w, "[{\"id\":1,\"game\":9,\"uid\":\"743\"}]");
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7},{\"id\":9}]");
    expect_refreshed(w, SLOT, ids);
    expect_igdb(w, 0, "uid = (\"743\");");
    expect_igdb(w, 5, "w id = (7,9);");
    igdb_says(w, "[{\"id\":1,\"game\":9,\"uid\":\"743\"}]");
    igdb_says_terms(w);
    igdb_says(w, "[]");
    expect_refreshed(w, SLOT + DAY, ids);
    expect_asked(w, 1, 6);
    expect_igdb(w, 0, "uid = (\"743\");");
}

/* An answer at its limit may lack rows. */
static void links_at_the_limit_are_asked_for_in_halves(void **state)
{
    struct reference_world *w = *state;
    struct ll_buf rows = {0};
    twitch_says(w, "{\"data\":[]}");
    for (int i = 0; i < 500; i++)
        ll_buf_printf(&rows, "%c{\"id\":%d,\"game\":9,\"uid\":\"100\"}", i == 0 ? '[' : ',', i + 1);
    ll_buf_add_char(&rows, ']');
    igdb_says(w, rows.ptr);
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":1,\"game\":9,\"uid\":\"100\"}]");
    igdb_says(w, "[{\"id\":2,\"game\":8,\"uid\":\"200\"}]");
    igdb_says(w, "[{\"id\":8},{\"id\":9}]");
    expect_refreshed(w, SLOT, two);
    expect_asked(w, 1, 8);
    expect_igdb(w, 5, "uid = (\"100\");");
    expect_igdb(w, 6, "uid = (\"200\");");
    assert_int_equal(w->report.links, 2);
    assert_int_equal(raw_status(w, "external_games", SLOT), LL_RUN_COMPLETE);
    ll_buf_clear(&rows);
}

static size_t count_of(struct ll_str text, const char *what)
{
    size_t count = 0;
    const char *at = text.ptr, *end = text.ptr + text.len;
    while ((at = memmem(at, (size_t)(end - at), what, strlen(what))) != NULL) {
        count++;
        at++;
    }
    return count;
}

static void edge_45_edge_52_requests_stay_within_their_limits(void **state)
{
    enum { COUNT = 1250 };
    struct reference_world *w = *state;
    static int64_t ids[COUNT + 1];
    struct ll_buf body = {0};
    for (int i = 0; i < COUNT; i++)
        ids[i] = INT64_MAX - i;
    for (int i = 0; i < COUNT; i += 100) {
        ll_buf_reset(&body);
        for (int k = i; k < i + 100 && k < COUNT; k++)
            ll_buf_printf(&body, "%s{\"id\":\"%lld\",\"igdb_id\":\"%lld\"}",
                          k == i ? "{\"data\":[" : ",", (long long)ids[k], (long long)ids[k]);
        ll_buf_add(&body, LL_STR("]}"));
        twitch_says(w, body.ptr);
    }
    ll_buf_clear(&body);
    igdb_says_terms(w);
    igdb_says(w, "[]");
    expect_refreshed(w, SLOT, ids);
    expect_asked(w, 13, 4 + 3);
    for (int i = 0; i < 13; i++)
        assert_int_equal(count_of(fake_server_request(w->twitch, i), "id="), i < 12 ? 100 : 50);
    for (int i = 4; i < 7; i++) {
        struct ll_str request = fake_server_request(w->igdb, i);
        assert_int_equal(count_of(request, "92233720"), i < 6 ? 500 : 250);
        assert_true(request.len < 32 * 1024);
    }
}

static void edge_49_errors_of_igdb_are_told_from_answers(void **state)
{
    static const struct {
        int status;
        const char *body;
    } cases[] = {
        {200, "{\"message\":\"Too Many Requests\"}"},
        {200, "[{\"title\":\"Syntax Error\",\"status\":400,\"cause\":\"Expecting a STRING\"}]"},
        {200, "Endpoint POST /genre not found"},
        {200, "[{\"id\":5,\"name\":\"Shooter\"}"},
        {200, "[5]"},
        {200, ""},
        {400, "[{\"title\":\"Syntax Error\",\"status\":400,\"cause\":\"Expecting a STRING\"}]"},
        {403, "[{\"title\":\"Forbidden\",\"status\":403}]"},
        {404, "Endpoint POST /genre not found"},
        {413, "{\"title\":\"Content Too Large\",\"status\":413,\"details\":{}}"},
        {500, "{\"title\":\"Internal server error\",\"status\":500}"},
        {502, "<html>bad gateway</html>"},
    };
    (void)state;
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct reference_world w;
        reference_world_open(&w, NULL);
        twitch_says(&w, TWO_GAMES);
        fake_server_reply(w.igdb, cases[i].status, "", cases[i].body);
        assert_int_equal(refresh(&w, SLOT, two), LL_OK);
        assert_int_not_equal(w.report.error.status, LL_OK);
        assert_int_equal(w.report.written_count, 1); /* the categories */
        assert_int_equal(raw_status(&w, "categories", SLOT), LL_RUN_COMPLETE);
        ll_store_free(w.store);
        reference_world_close(&w);
    }
}

static void igdb_down_costs_nothing_else(void **state)
{
    struct reference_world *w = *state;
    twitch_says(w, TWO_GAMES);
    fake_server_reply(w->igdb, 503, "", "down");
    assert_int_equal(refresh(w, SLOT, two), LL_OK);
    assert_int_equal(w->report.error.status, LL_TRANSIENT);
    assert_int_equal(w->report.written_count, 1);
    assert_non_null(strstr(net_log(), "reference.failed"));

    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7},{\"id\":8}]");
    expect_refreshed(w, SLOT + 900, two);
    expect_asked(w, 0, 5);
    assert_int_equal(w->report.written_count, 5);
}

static void twitch_down_leaves_the_rest_to_be_refreshed(void **state)
{
    struct reference_world *w = *state;
    fake_server_reply(w->twitch, 500, "", "");
    igdb_says_terms(w);
    assert_int_equal(refresh(w, SLOT, two), LL_OK);
    assert_int_equal(w->report.error.status, LL_TRANSIENT);
    assert_int_equal(w->report.written_count, 4);
    twitch_says(w, TWO_GAMES);
    igdb_says(w, "[{\"id\":7},{\"id\":8}]");
    expect_refreshed(w, SLOT + 900, two);
    assert_int_equal(w->report.written_count, 2);
}

/* What a dump that broke off lacks is asked for after the next sweep, and only that. */
static void partial_dump_is_continued(void **state)
{
    struct reference_world *w = *state;
    static int64_t ids[151];
    for (int i = 0; i < 150; i++)
        ids[i] = i + 1;
    twitch_says(w, "{\"data\":[{\"id\":\"1\",\"igdb_id\":\"7\"}]}");
    fake_server_reply(w->twitch, 404, "", "");
    igdb_says(w, "[]"); /* links of the first hundred */
    igdb_says_terms(w);
    igdb_says(w, "[{\"id\":7}]");
    assert_int_equal(refresh(w, SLOT, ids), LL_OK);
    assert_int_equal(w->report.error.status, LL_INVALID);
    assert_int_equal(raw_status(w, "categories", SLOT), LL_RUN_PARTIAL);

    twitch_says(w, "{\"data\":[{\"id\":\"101\",\"igdb_id\":\"8\"}]}");
    igdb_says(w, "[]");
    igdb_says(w, "[{\"id\":8}]");
    expect_refreshed(w, SLOT + 900, ids);
    expect_asked(w, 1, 2);
    assert_int_equal(count_of(fake_server_request(w->twitch, 2), "id="), 50);
    assert_int_equal(count_of(fake_server_request(w->twitch, 2), "id=101&"), 1);
}

static void edge_50_unknown_field_is_dropped(void **state)
{
    struct reference_world *w = *state;
    twitch_says(w, TWO_GAMES);
    igdb_says_terms(w);
    fake_server_reply(w->igdb, 400, "",
                      "[{\"title\":\"Invalid Field\",\"status\":400,"
                      "\"cause\":\"Invalid field name: 'first_release_date'\"}]");
    fake_server_reply(w->igdb, 400, "",
                      "[{\"title\":\"Invalid Field\",\"status\":400,"
                      "\"cause\":\"Invalid field name: 'name'\"}]");
    igdb_says(w, "[{\"id\":7},{\"id\":8}]");
    expect_refreshed(w, SLOT, two);
    expect_asked(w, 1, 7);
    expect_igdb(w, 6,
                "\r\n\r\nf slug,genres,themes,game_modes,player_perspectives,updated_at,"
                "checksum; w id");
    assert_int_equal(raw_status(w, "games", SLOT), LL_RUN_COMPLETE);
    assert_non_null(strstr(net_log(), "igdb.field_dropped"));

    igdb_says_terms(w);
    igdb_says(w, "[]");
    expect_refreshed(w, SLOT + DAY, two);
    expect_asked(w, 1, 5);
    assert_false(igdb_saw(w, 4, "first_release_date"));
    expect_igdb(w, 0, "f name,slug;"); /* of other endpoints it is known */
}

static void edge_50_unknown_field_of_somebody_else_is_an_error(void **state)
{
    struct reference_world *w = *state;
    twitch_says(w, TWO_GAMES);
    fake_server_reply(w->igdb, 400, "",
                      "[{\"title\":\"Invalid Field\",\"cause\":\"Invalid field name: 'nope'\"}]");
    assert_int_equal(refresh(w, SLOT, two), LL_OK);
    assert_int_equal(w->report.error.status, LL_INVALID);
    assert_int_equal(w->report.written_count, 1);
    expect_asked(w, 1, 5);
}

static void what_came_before_a_stop_is_committed(void **state)
{
    struct reference_world *w = *state;
    twitch_says(w, TWO_GAMES);
    igdb_says_terms(w);
    w->stop_after = 2;
    assert_int_equal(refresh(w, SLOT, two), LL_CANCELLED);
    assert_true(w->report.written_count >= 2);
    assert_string_equal(w->report.written[1].c, "genres-20251123T120000Z");
    assert_int_equal(ll_api_pending(w->apis[1]), 0);
}

static void damaged_dump_is_asked_for_again(void **state)
{
    struct reference_world *w = *state;
    struct ll_error err;
    first_refresh(w);
    struct ll_id id = ll_id_reference(LL_STR("categories"), SLOT);
    struct ll_key key = ll_key_raw("twitch", LL_STR("categories"), ll_day_of(SLOT), id.c, 1,
                                   LL_STR("categories.ndjson"));
    assert_status(LL_OK, ll_store_put(w->store, key.c, LL_STR("damage"), LL_PUT_REPLACE, &err),
                  &err);
    expect_refreshed(w, SLOT + HOUR, two);
    expect_asked(w, 1, 0);
    assert_non_null(strstr(net_log(), "reference.dump_damaged"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(first_run_asks_for_all_the_second_for_nothing),
        TEST(new_category_waits_for_the_interval),
        TEST(edge_26_unknown_category_is_asked_for_daily),
        TEST(daily_refresh_asks_for_changes),
        TEST(game_never_met_is_asked_for_in_full),
        TEST(edge_51_vanished_games_are_counted_weekly),
        TEST(edge_42_game_of_two_categories_is_asked_for_once),
        TEST(edge_43_links_are_asked_for_daily),
        TEST(links_at_the_limit_are_asked_for_in_halves),
        TEST(edge_45_edge_52_requests_stay_within_their_limits),
        cmocka_unit_test(edge_49_errors_of_igdb_are_told_from_answers),
        TEST(igdb_down_costs_nothing_else),
        TEST(twitch_down_leaves_the_rest_to_be_refreshed),
        TEST(partial_dump_is_continued),
        TEST(edge_50_unknown_field_is_dropped),
        TEST(edge_50_unknown_field_of_somebody_else_is_an_error),
        TEST(what_came_before_a_stop_is_committed),
        TEST(damaged_dump_is_asked_for_again),
    };
    return cmocka_run_group_tests_name("collect_reference", tests, NULL, NULL);
}
