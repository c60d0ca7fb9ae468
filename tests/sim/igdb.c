/* The simulated IGDB over HTTP-like requests: fields, references, errors, and how time passes. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "codec/json.h"
#include "sim/catalog.h"
#include "sim/faults.h"
#include "sim/sim.h"
#include "support/check.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
#define DAY_MS (INT64_C(1000) * LL_DAY_S)

static struct sim_catalog *catalog;
static struct sim_faults faults;
static struct sim_answer answer;

static int make(void **state)
{
    (void)state;
    catalog = sim_catalog_new(7);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    sim_catalog_free(catalog);
    return 0;
}

static int calm(void **state)
{
    (void)state;
    faults = (struct sim_faults){.seed = 1};
    return 0;
}

static int forget(void **state)
{
    (void)state;
    ll_buf_clear(&answer.body);
    return 0;
}

static struct ll_str ask_at(int64_t now_ms, const char *path, struct ll_str body)
{
    struct sim_parts parts = {.catalog = catalog, .faults = &faults};
    struct sim_request request = {.method = LL_STR("POST"),
                                  .path = ll_str_of(path),
                                  .body = body,
                                  .now_ms = now_ms,
                                  .number = 1};
    ll_buf_clear(&answer.body);
    answer = (struct sim_answer){0};
    sim_igdb(&parts, &request, &answer);
    return ll_buf_str(&answer.body);
}

static struct ll_str ask(const char *path, const char *query)
{
    return ask_at(NOW_MS, path, ll_str_of(query));
}

static void assert_answer(struct ll_str got, int status, const char *wanted)
{
    if (!ll_str_equal(got, ll_str_of(wanted)))
        fail_msg("%.*s instead of %s", LL_FMT(got), wanted);
    assert_int_equal(answer.status, status);
}

static size_t row_count(struct ll_str body)
{
    struct ll_json reader = ll_json_reader(body, NULL);
    size_t count = 0;
    assert_true(ll_json_enter_array(&reader));
    while (ll_json_next_item(&reader)) {
        assert_int_equal(ll_json_peek(&reader), LL_JSON_OBJECT);
        count++;
        (void)ll_json_skip(&reader);
    }
    assert_true(ll_json_done(&reader));
    return count;
}

static int64_t count_of(const char *path, const char *query, int64_t now_ms)
{
    struct ll_str body = ask_at(now_ms, path, ll_str_of(query)), number;
    int64_t count = -1;
    assert_true(ll_str_starts_with(body, LL_STR("{\"count\":")));
    number = ll_str_sub(body, 9, body.len - 1);
    assert_true(ll_str_to_i64(number, &count));
    return count;
}

static bool body_has(struct ll_str body, const char *part)
{
    return memmem(body.ptr, body.len, part, strlen(part)) != NULL;
}

static void test_small_tables(void **state)
{
    (void)state;
    assert_answer(ask("/v4/genres", "f name,slug; w id = (5,36); s id desc;"), 200,
                  "[{\"id\":36,\"name\":\"MOBA\",\"slug\":\"moba\"},"
                  "{\"id\":5,\"name\":\"Shooter\",\"slug\":\"shooter\"}]");
    assert_answer(ask("/v4/game_modes", "where slug = \"multiplayer\";"), 200, "[{\"id\":2}]");
    assert_answer(ask("/v4/themes/count", ""), 200, "{\"count\":22}");
    assert_int_equal(row_count(ask("/v4/player_perspectives", "f *; limit 500;")), 7);
    assert_int_equal(row_count(ask("/v4/genres", "")), 10);
    assert_int_equal(row_count(ask("/v4/genres", "offset 20;")), 3);
    assert_answer(ask("/v4/genres", "offset 9223372036854775807;"), 200, "[]");
}

/* A game with terms of all kinds, or one without game modes; with a category and its id. */
static const struct sim_game *game_with_terms(bool with)
{
    for (size_t i = 0; i < catalog->game_count; i++) {
        const struct sim_game *game = &catalog->games[i];
        bool all = game->twitch_id != 0;
        for (int kind = 0; kind < SIM_TERM_KINDS; kind++)
            all &= game->term_count[kind] > 0;
        if (with ? all : game->term_count[SIM_GAME_MODE] == 0)
            return game;
    }
    fail_msg("no such game");
    return NULL;
}

static struct ll_str ask_game(const struct sim_game *game, const char *fields)
{
    char query[256];
    snprintf(query, sizeof(query), "fields %s; where id = %lld;", fields, (long long)game->igdb_id);
    return ask("/v4/games", query);
}

static void test_absent_is_left_out(void **state)
{
    (void)state;
    struct ll_str body = ask_game(game_with_terms(true), "*,cover.image_id");
    for (const char *const *name =
             (const char *const[]){"genres", "game_modes", "themes", "player_perspectives", "name",
                                   "slug", "updated_at", "checksum", NULL};
         *name; name++)
        assert_true(body_has(body, *name));
    assert_false(body_has(body, "cover"));
    body = ask_game(game_with_terms(false), "name,game_modes");
    assert_true(body_has(body, "name"));
    assert_false(body_has(body, "game_modes"));
    body = ask("/v4/games", "fields *; exclude slug,checksum; limit 1;");
    assert_false(body_has(body, "slug") || body_has(body, "checksum"));
}

static void test_references(void **state)
{
    (void)state;
    struct ll_str body = ask_game(game_with_terms(true), "genres.name,external_games.uid");
    assert_true(body_has(body, "\"genres\":[{\"id\":"));
    assert_false(body_has(body, "\"slug\""));
    assert_true(body_has(body, "\"uid\":\""));
    body = ask_game(game_with_terms(true), "themes.*");
    assert_true(body_has(body, "\"slug\":\""));
    int64_t by_id = count_of("/v4/games/count", "w genres = 5;", NOW_MS);
    assert_true(by_id > 100);
    assert_int_equal(count_of("/v4/games/count", "w genres.slug = \"shooter\";", NOW_MS), by_id);
    int64_t without = count_of("/v4/games/count", "w genres.slug != \"shooter\";", NOW_MS);
    assert_int_equal(without + by_id, count_of("/v4/games/count", "", NOW_MS));
}

static void test_twitch_links(void **state)
{
    (void)state;
    const struct sim_category *category = NULL;
    const struct sim_game *game = NULL;
    for (size_t i = 0; i < catalog->game_count && !category; i++) {
        game = &catalog->games[i];
        if (game->twitch_id != 0 && sim_catalog_category(catalog, game->twitch_id)->igdb_id == 0)
            category = sim_catalog_category(catalog, game->twitch_id);
    }
    assert_non_null(category);
    char query[200], wanted[200];
    snprintf(query, sizeof(query),
             "f game,uid; w external_game_source = 14 & uid = (\"509658\",\"%lld\"); l 500;",
             (long long)category->id);
    snprintf(wanted, sizeof(wanted), "\"game\":%lld,\"uid\":\"%lld\"}]", (long long)game->igdb_id,
             (long long)category->id);
    struct ll_str body = ask("/v4/external_games", query);
    assert_int_equal(row_count(body), 1);
    assert_true(ll_str_ends_with(body, ll_str_of(wanted)));
    int64_t twitch = count_of("/v4/external_games/count", "w external_game_source = 14;", NOW_MS);
    assert_true(twitch > (int64_t)catalog->game_count * 9 / 10);
    assert_true(twitch < count_of("/v4/external_games/count", "", NOW_MS));
}

static void test_deep_paging_meets_every_game(void **state)
{
    (void)state;
    int64_t last = 0, met = 0, total = count_of("/v4/games/count", "", NOW_MS);
    for (size_t rows = 500; rows == 500;) {
        char query[100];
        snprintf(query, sizeof(query), "w id > %lld; s id asc; l 500;", (long long)last);
        struct ll_str body = ask("/v4/games", query), key, number;
        rows = row_count(body);
        struct ll_json reader = ll_json_reader(body, NULL);
        assert_true(ll_json_enter_array(&reader));
        while (ll_json_next_item(&reader)) {
            int64_t id = 0;
            assert_true(ll_json_enter_object(&reader) && ll_json_next_key(&reader, &key));
            assert_true(ll_json_number(&reader, &number) && ll_str_to_i64(number, &id));
            assert_true(id > last);
            last = id;
            met++;
            assert_false(ll_json_next_key(&reader, &key));
        }
    }
    assert_int_equal(met, total);
    assert_int_equal(count_of("/v4/games/count", "w id = [1,2];", NOW_MS),
                     0); /* one id is never two */
}

static void test_search(void **state)
{
    (void)state;
    char query[200];
    const struct sim_game *game = game_with_terms(true);
    snprintf(query, sizeof(query), "search \"%.*s\"; f name;", LL_FMT(game->name));
    struct ll_buf wanted = {0};
    ll_buf_add_json_string(&wanted, game->name);
    ll_buf_add_char(&wanted, '}');
    struct ll_str body = ask("/v4/games", query);
    assert_true(row_count(body) >= 1);
    size_t end = ll_str_find(body, '}', 0);
    assert_true(ll_str_ends_with(ll_str_sub(body, 0, end + 1), ll_buf_str(&wanted)));
    ll_buf_clear(&wanted);
    assert_answer(ask("/v4/games", "search \"no game is called so\";"), 200, "[]");
}

static void test_multiquery(void **state)
{
    (void)state;
    assert_answer(ask("/v4/multiquery", "query genres/count \"all\" {};"
                                        "query themes \"one\" { f slug; w id = 42; };"),
                  200,
                  "[{\"name\":\"all\",\"count\":23},"
                  "{\"name\":\"one\",\"result\":[{\"id\":42,\"slug\":\"erotic\"}]}]");
    struct ll_buf many = {0};
    for (int i = 0; i < 11; i++)
        ll_buf_add(&many, LL_STR("query games \"x\" {};"));
    assert_answer(ask_at(NOW_MS, "/v4/multiquery", ll_buf_str(&many)), 400,
                  "{\"title\":\"Too Many Concurrent queries\",\"details\":\"The maximum amount of "
                  "concurrent request is at 10 queries\"}");
    ll_buf_clear(&many);
}

static void test_errors(void **state)
{
    (void)state;
    assert_answer(ask("/v4/games", "search Diablo;"), 400,
                  "[{\"title\":\"Syntax Error\",\"status\":400,\"cause\":\"Expecting a STRING as "
                  "input, surround your input with quotes starting at 'Diablo;'\"}]");
    assert_answer(ask("/v4/games", "fields nope;"), 400,
                  "[{\"title\":\"Invalid Field\",\"status\":400,\"cause\":\"Invalid field name: "
                  "'nope'\"}]");
    assert_answer(ask("/v4/games", "limit 501;"), 403,
                  "[{\"title\":\"Request limit to high\",\"status\":403,\"cause\":\"You typed in "
                  "501 as limit but your maximum is 500\"}]");
    assert_answer(ask("/v4/gamez", ""), 404, "Endpoint POST /gamez not found");
    assert_string_equal(answer.content_type, "text/plain");
    static const char *const invalid[] = {"f genres.nope;", "w nope = 1;", "s nope;",
                                          "f name.x;",      "x nope;",     "f status;",
                                          "w category = 0;"};
    for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
        assert_true(body_has(ask("/v4/games", invalid[i]), "Invalid Field"));
        assert_int_equal(answer.status, 400);
    }
    static char large[70000];
    memset(large, ' ', sizeof(large));
    assert_true(body_has(ask_at(NOW_MS, "/v4/games", (struct ll_str){large, 32769}), "Too Large"));
    assert_int_equal(answer.status, 413);
    assert_true(body_has(ask_at(NOW_MS, "/v4/games", (struct ll_str){large, 70000}), "32KB"));
    (void)ask_at(NOW_MS, "/v4/games", (struct ll_str){large, 32768});
    assert_int_equal(answer.status, 200);
}

static void test_games_change_with_time(void **state)
{
    (void)state;
    int64_t days = 60, changed = 0, total = count_of("/v4/games/count", "", NOW_MS);
    for (int64_t day = 1; day <= days; day++) {
        char query[100];
        int64_t now_ms = NOW_MS + day * DAY_MS;
        snprintf(query, sizeof(query), "w updated_at > %lld;",
                 (long long)((now_ms - DAY_MS) / 1000));
        changed += count_of("/v4/games/count", query, now_ms);
    }
    /* 0.5 % a day */
    assert_in_range(changed, days * total * 4 / 1000, days * total * 6 / 1000);
    char query[100];
    snprintf(query, sizeof(query), "w updated_at > %lld;", (long long)(NOW_MS / 1000));
    assert_int_equal(count_of("/v4/games/count", query, NOW_MS), 0);
    int64_t later = count_of("/v4/games/count", "", NOW_MS + 3650 * DAY_MS);
    assert_in_range(total - later, 5, total / 50); /* deleted or merged */
    int64_t shooters = count_of("/v4/games/count", "w genres = 5;", NOW_MS);
    assert_int_not_equal(count_of("/v4/games/count", "w genres = 5;", NOW_MS + 400 * DAY_MS),
                         shooters);
}

static void cause(const char *fault)
{
    struct ll_error err;
    faults = (struct sim_faults){.seed = 1};
    assert_status(LL_OK, sim_faults_add(&faults, ll_str_of(fault), &err), &err);
}

static void test_faults(void **state)
{
    (void)state;
    const char *query = "f name,genres,first_release_date,themes; s id asc; l 500;";
    cause("48:1");
    assert_false(body_has(ask("/v4/games", query), "genres"));
    cause("49:1");
    (void)ask("/v4/games", query);
    assert_true(answer.status >= 400);
    cause("50:1");
    assert_true(body_has(ask("/v4/games", query), "Invalid field name: 'themes'"));
    assert_int_equal(answer.status, 400);
    cause("51:0.5");
    assert_in_range(row_count(ask("/v4/games", "w id > 0; l 500;")), 500, 500);
    int64_t left = count_of("/v4/games/count", "", NOW_MS);
    assert_in_range(left, catalog->game_count * 4 / 10, catalog->game_count * 6 / 10);
    cause("52:1");
    assert_true(body_has(ask("/v4/games", query), "Payload Too Large"));
    assert_int_equal(answer.status, 413);
    assert_int_equal(row_count(ask("/v4/games", "f name; l 1;")), 1);
    cause("53:1");
    assert_true(body_has(ask("/v4/games", query), "253402300799000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small_tables, calm, forget),
        cmocka_unit_test_setup_teardown(test_absent_is_left_out, calm, forget),
        cmocka_unit_test_setup_teardown(test_references, calm, forget),
        cmocka_unit_test_setup_teardown(test_twitch_links, calm, forget),
        cmocka_unit_test_setup_teardown(test_deep_paging_meets_every_game, calm, forget),
        cmocka_unit_test_setup_teardown(test_search, calm, forget),
        cmocka_unit_test_setup_teardown(test_multiquery, calm, forget),
        cmocka_unit_test_setup_teardown(test_errors, calm, forget),
        cmocka_unit_test_setup_teardown(test_games_change_with_time, calm, forget),
        cmocka_unit_test_setup_teardown(test_faults, calm, forget),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
