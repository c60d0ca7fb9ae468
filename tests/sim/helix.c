/* The Helix endpoints over the invented world: paging, filters, errors, and each fault by number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "pass.h"
#include "sim/world_internal.h"

static int open_small(void **state)
{
    static struct pass_world p;
    pass_open(&p, 4, 1500);
    *state = &p;
    return 0;
}

static int close_small(void **state)
{
    pass_close(*state);
    return 0;
}

static bool has(struct ll_str text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static size_t rows_of(struct ll_str body)
{
    size_t count = 0;
    struct ll_str row, data = pass_member(body, "data");
    for (size_t at = 0; pass_item(data, &at, &row);)
        count++;
    return count;
}

static void test_a_frozen_world_comes_once(void **state)
{
    struct pass_world *p = *state;
    struct ll_map ids = {0};
    size_t pages = pass_chain(p, "", 0, 1000, &ids);
    assert_int_equal(ids.count, sim_world_live(p->world));
    assert_int_equal(pages, (sim_world_live(p->world) + 99) / 100);
    for (size_t i = 0; i < p->world->stream_count; i++) {
        const uint64_t *times = ll_map_find(&ids, (uint64_t)p->world->streams[i].id);
        assert_true(times && *times == 1);
    }
    ll_map_clear(&ids);
    assert_true(has(ll_buf_str(&p->answer.body), "],\"pagination\":{}}"));
}

static void test_row_has_the_fields_in_order(void **state)
{
    static const char *const keys[] = {"\"id\":\"",           "\"user_id\":\"",
                                       "\"user_login\":\"",   "\"user_name\":\"",
                                       "\"game_id\":\"",      "\"game_name\":\"",
                                       "\"type\":\"live\"",   "\"title\":\"",
                                       "\"viewer_count\":",   "\"started_at\":\"",
                                       "\"language\":\"",     "\"thumbnail_url\":\"https://",
                                       "\"tag_ids\":[]",      "\"tags\":[\"",
                                       "\"is_mature\":false}"};
    struct ll_str row, data = pass_member(pass_get(*state, sim_helix_streams, "first=3"), "data");
    size_t at = 0, from = 0;
    assert_true(pass_item(data, &at, &row));
    for (size_t i = 0; i < LL_COUNT(keys); i++) {
        const char *found = memmem(row.ptr + from, row.len - from, keys[i], strlen(keys[i]));
        assert_non_null(found);
        from = (size_t)(found - row.ptr);
    }
}

/* A filtered chain finds what a look at every stream finds. */
static void check_filter(struct pass_world *p, const char *query, uint64_t languages,
                         const uint32_t *categories, size_t category_count)
{
    struct ll_map ids = {0};
    pass_chain(p, query, 0, 100, &ids);
    size_t expected = 0;
    for (size_t i = 0; i < p->world->stream_count; i++) {
        const struct sim_stream *stream = &p->world->streams[i];
        bool wanted = languages == 0 || (languages >> stream->language & 1);
        bool in = category_count == 0;
        for (size_t j = 0; j < category_count; j++)
            in = in || sim_stream_category(stream, p->now_ms) == categories[j];
        wanted = wanted && in;
        assert_true(wanted == (ll_map_find(&ids, (uint64_t)stream->id) != NULL));
        expected += wanted;
    }
    assert_int_equal(expected, ids.count);
    assert_true(expected > 0);
    ll_map_clear(&ids);
}

static void test_filters_equal_a_scan(void **state)
{
    struct pass_world *p = *state;
    const struct sim_category *c = p->catalog->categories;
    const uint32_t three[] = {0, 1, 2};
    char text[200];
    check_filter(p, "language=ru", 2, NULL, 0);
    check_filter(p, "language=en&language=ru&language=en&language=xx", 3, NULL, 0);
    snprintf(text, sizeof(text), "game_id=%lld&game_id=%lld&game_id=%lld", (long long)c[0].id,
             (long long)c[1].id, (long long)c[2].id);
    check_filter(p, text, 0, three, 3);
    strncat(text, "&language=en&language=de", sizeof(text) - strlen(text) - 1);
    check_filter(p, text, 1 | 1 << 4, three, 3);
    assert_int_equal(rows_of(pass_get(p, sim_helix_streams, "language=xx")), 0);
    assert_int_equal(rows_of(pass_get(p, sim_helix_streams, "game_id=1")), 0);
}

static void test_users_are_asked_directly(void **state)
{
    struct pass_world *p = *state;
    char text[300];
    const struct sim_stream *stream = &p->world->streams[7];
    uint32_t absent = stream->broadcaster ^ 1;
    struct sim_login login = sim_people_login(p->world, stream->broadcaster, p->now_ms);
    snprintf(text, sizeof(text), "user_id=%lld&user_id=%lld&user_login=%s&user_login=nobody",
             (long long)sim_people_user_id(p->world, stream->broadcaster),
             (long long)sim_people_user_id(p->world, absent), login.c);
    struct ll_str body = pass_get(p, sim_helix_streams, text), row;
    size_t at = 0;
    assert_true(pass_item(pass_member(body, "data"), &at, &row));
    assert_int_equal(pass_int(row, "id"), stream->id);
    assert_int_equal(rows_of(body), 1);
    assert_true(has(body, "\"pagination\":{}"));
}

static void test_wrong_parameters(void **state)
{
    static const struct {
        sim_handler *handler;
        const char *query, *message;
    } cases[] = {
        {sim_helix_streams, "first=101",
         "The parameter \\\"first\\\" was malformed: the value must be less than or equal to 100"},
        {sim_helix_streams, "first=0", "greater than or equal to 1"},
        {sim_helix_streams, "first=x", "numeric"},
        {sim_helix_streams, "type=vodcast", "type"},
        {sim_helix_streams, "user_id=abc",
         "The parameter \\\"user_id\\\" was malformed: value must be a numeric"},
        {sim_helix_streams, "game_id=abc", "invalid game_id"},
        {sim_helix_streams, "after=abc", "Invalid cursor."},
        {sim_helix_streams, "after=e30x", "Invalid cursor."},
        {sim_helix_users, "", "Must provide an ID, Login or OAuth Token"},
        {sim_helix_users, "id=abc", "numeric"},
        {sim_helix_games, "", "Missing required parameter"},
        {sim_helix_games, "id=abc", "numeric"},
        {sim_helix_top_games, "first=101", "less than or equal to 100"},
        {sim_helix_top_games, "after=abc", "Invalid cursor."},
    };
    struct pass_world *p = *state;
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str body = pass_get(p, cases[i].handler, cases[i].query);
        assert_int_equal(p->answer.status, 400);
        assert_true(has(body, "{\"error\":\"Bad Request\",\"status\":400,\"message\":\""));
        assert_true(has(body, cases[i].message));
    }
    char many[101 * 12 + 1] = "";
    for (int i = 0; i < 101; i++)
        memcpy(many + i * 10, "user_id=1&", 11);
    pass_get(p, sim_helix_streams, many);
    assert_int_equal(p->answer.status, 400);
}

static void test_before_answers_the_same_page(void **state)
{
    struct pass_world *p = *state;
    char text[600];
    struct ll_str one = pass_get(p, sim_helix_streams, "first=50");
    struct ll_str cursor = pass_text(p, pass_member(one, "pagination"), "cursor");
    snprintf(text, sizeof(text), "first=50&after=%.*s", LL_FMT(cursor));
    struct ll_str two = pass_get(p, sim_helix_streams, text);
    struct ll_str kept = ll_arena_copy(&p->arena, two);
    cursor = pass_text(p, pass_member(two, "pagination"), "cursor");
    snprintf(text, sizeof(text), "first=50&before=%.*s", LL_FMT(cursor));
    assert_true(ll_str_equal(kept, pass_get(p, sim_helix_streams, text)));
}

static void test_users(void **state)
{
    struct pass_world *p = *state;
    char text[200];
    uint32_t good = 0, banned = 0;
    while (sim_people_banned(p->world, good, p->now_ms))
        good++;
    while (!sim_people_banned(p->world, banned, p->now_ms))
        banned++;
    long long id = sim_people_user_id(p->world, good);
    snprintf(text, sizeof(text), "id=%lld&id=%lld&id=%lld&id=17&login=%s", id, id,
             (long long)sim_people_user_id(p->world, banned),
             sim_people_login(p->world, good, p->now_ms).c);
    struct ll_str body = pass_get(p, sim_helix_users, text), row;
    size_t at = 0;
    assert_int_equal(rows_of(body), 1);
    assert_true(pass_item(pass_member(body, "data"), &at, &row));
    assert_int_equal(pass_int(row, "id"), id);
    assert_int_equal(pass_int(row, "view_count"), 0);
    assert_int_equal(pass_text(p, row, "created_at").len, 20);
    assert_string_equal(pass_get(p, sim_helix_users, "id=17").ptr, "{\"data\":[]}");
}

static void test_games(void **state)
{
    struct pass_world *p = *state;
    char text[200];
    const struct sim_category *c = p->catalog->categories;
    snprintf(text, sizeof(text), "id=%lld&id=%lld&id=9&id=%lld", (long long)c[3].id,
             (long long)c[3].id, (long long)c[5].id);
    struct ll_str body = pass_get(p, sim_helix_games, text), row;
    size_t at = 0;
    assert_int_equal(rows_of(body), 2);
    assert_true(pass_item(pass_member(body, "data"), &at, &row));
    assert_int_equal(pass_int(row, "id"), c[3].id);
    assert_true(ll_str_equal(pass_text(p, row, "name"), c[3].name));
    assert_false(has(body, "pagination"));
}

/* Edge case 44, with the clock running: 20,000 streams give enough categories. */
static void test_top_games_repeat_themselves(void **state)
{
    (void)state;
    struct pass_world p;
    pass_open(&p, 12, 20000);
    struct ll_map ids = {0};
    size_t rows = 0, offset = 0;
    char text[200] = "first=100", cursor[128];
    for (;; offset += 100, p.now_ms += 150) {
        struct ll_str body = pass_get(&p, sim_helix_top_games, text), row;
        assert_true(rows_of(body) == (offset == 0 ? 99 : 100) || !has(body, "cursor"));
        struct ll_str data = pass_member(body, "data");
        for (size_t at = 0; pass_item(data, &at, &row); rows++) {
            bool is_new;
            ll_map_at(&ids, (uint64_t)pass_int(row, "id"), &is_new);
        }
        struct ll_str next = pass_text(&p, pass_member(body, "pagination"), "cursor");
        if (next.len == 0)
            break;
        snprintf(cursor, sizeof(cursor), "%.*s", LL_FMT(next));
        snprintf(text, sizeof(text), "first=100&after=%s", cursor);
    }
    double again = 1 - (double)ids.count / (double)rows;
    assert_true(again > 0.10 && again < 0.30);
    ll_map_clear(&ids);
    pass_close(&p);
}

/* Faults. */

static struct ll_str with_fault(struct pass_world *p, int n, sim_handler *handler,
                                const char *query)
{
    p->faults = (struct sim_faults){.seed = 1};
    p->faults.probability[n] = 1;
    struct ll_str body = pass_get(p, handler, query);
    p->faults.probability[n] = 0;
    return body;
}

/* Each form of a fault of rows is somewhere on a page where every row meets it. */
static void test_faults_of_rows(void **state)
{
    static const struct {
        int n;
        const char *parts[6];
    } cases[] = {
        {23, {"\"tag_ids\":null,\"tags\":null"}},
        {24, {"\"user_name\":\"\""}},
        {25, {"\"game_id\":\"\",\"game_name\":\"\""}},
        {26, {"\"game_id\":\"2147000", "\"game_name\":\"\""}},
        {27, {"\"title\":\"\"", "\"title\":\" \""}},
        {28, {"\\n\"", "𝓼", "‍", "ע", "\u202e"}},
        {29, {"\\u0000", "\\u0007", "\\ud83e\"", "\\udd16", "\xff\xc3(", "\xf0\x9f\x8e\""}},
        {30, {" and on and on …", "\"averyveryverylongtag"}},
        {31, {"\"Extra5\",\"eXTRA5\""}},
        {32, {"\"viewer_count\":0,", ":5000000,", ":-3,", ":12.5,", ":\"17\","}},
        {33, {"\"id\":\"90075", "\"id\":\"5f0c1d2e-", "\"user_id\":\"user-"}},
        {34, {"\"started_at\":\"\"", ".123456789Z\"", "+01:30\""}},
        {35, {"\"type\":\"\"", "\"vodcast\"", "\"premiere_watch\""}},
        {36,
         {"\"other\"", "\"zh-hk\"", "\"asl\"", "\"notavailable\"", "\"EN\"", "\"language\":\"\""}},
        {37, {"\"is_mature\":true"}},
        {38, {"\"extra\":{\"deep\":[[[[", "123456789012345678901234567890"}},
        {39, {"\"viewer_count\":7,\"title\":\"superseded\",\"type\":\""}},
        {42, {" Renamed\""}},
    };
    struct pass_world *p = *state;
    struct ll_str clean = ll_arena_copy(&p->arena, pass_get(p, sim_helix_streams, "first=100"));
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str body = with_fault(p, cases[i].n, sim_helix_streams, "first=100");
        assert_int_equal(p->answer.status, 200);
        bool differs = false;
        for (size_t j = 0; j < 6 && cases[i].parts[j]; j++) {
            if (!has(body, cases[i].parts[j]))
                fail_msg("fault %d: no %s", cases[i].n, cases[i].parts[j]);
            differs = differs || !has(clean, cases[i].parts[j]);
        }
        assert_true(differs);
    }
}

static void test_faults_of_chains(void **state)
{
    struct pass_world *p = *state;
    struct ll_map ids = {0};
    size_t live = sim_world_live(p->world), twice = 0;
    static const int kept[] = {13, 14, 16};
    for (size_t i = 0; i < LL_COUNT(kept); i++) {
        p->faults = (struct sim_faults){.seed = 1};
        p->faults.probability[kept[i]] = kept[i] == 13 ? 0.2 : 1;
        size_t pages = pass_chain(p, "", 0, 2000, &ids);
        assert_true(pages > (live + 99) / 100);
        for (size_t j = 0; j < p->world->stream_count; j++) {
            const uint64_t *times = ll_map_find(&ids, (uint64_t)p->world->streams[j].id);
            assert_true(times != NULL); /* nothing is lost */
            twice += *times > 1;
        }
        assert_int_equal(ids.count, kept[i] == 14 ? 2 * live : live);
        assert_true(kept[i] == 13 ? twice > live / 10 : twice == 0);
        twice = 0;
        ll_map_clear(&ids);
    }
    p->faults = (struct sim_faults){.seed = 1};
    p->faults.probability[15] = 0.1;
    pass_chain(p, "", 0, 1000, &ids);
    assert_in_range(ids.count, live * 80 / 100, live * 97 / 100);
    ll_map_clear(&ids);
    p->faults = (struct sim_faults){.seed = 1};
}

static void test_faults_of_pages(void **state)
{
    struct pass_world *p = *state;
    struct ll_map ids = {0};
    char text[4096], seen[1024];
    /* 17: nothing, with a cursor, and a new one each time. */
    struct ll_str body = with_fault(p, 17, sim_helix_streams, "first=100");
    assert_int_equal(rows_of(body), 0);
    struct ll_str cursor = pass_text(p, pass_member(body, "pagination"), "cursor");
    assert_true(cursor.len > 0);
    snprintf(seen, sizeof(seen), "%.*s", LL_FMT(cursor));
    snprintf(text, sizeof(text), "first=100&after=%s", seen);
    body = with_fault(p, 17, sim_helix_streams, text);
    assert_false(
        ll_str_equal(pass_text(p, pass_member(body, "pagination"), "cursor"), ll_str_of(seen)));
    /* Afterwards the list goes on where it would have. */
    p->faults = (struct sim_faults){.seed = 1};
    assert_int_equal(rows_of(pass_get(p, sim_helix_streams, text)), 100);
    /* 18: no chain ever ends. */
    p->faults.probability[18] = 1;
    assert_int_equal(pass_chain(p, "", 0, 60, &ids), 60);
    assert_true(ids.count < sim_world_live(p->world));
    ll_map_clear(&ids);
    /* 19, and that it leads back to the top. */
    assert_true(has(with_fault(p, 19, sim_helix_streams, "first=100&language=el"),
                    "\"pagination\":{\"cursor\":\"IA\"}"));
    struct ll_str top = ll_arena_copy(&p->arena, pass_get(p, sim_helix_streams, "first=9"));
    assert_true(ll_str_equal(top, pass_get(p, sim_helix_streams, "first=9&after=IA")));
    with_fault(p, 20, sim_helix_streams, text);
    assert_int_equal(p->answer.status, 400);
    with_fault(p, 20, sim_helix_streams, "first=100");
    assert_int_equal(p->answer.status, 200);
    assert_false(has(with_fault(p, 21, sim_helix_streams, "first=2"), "\"pagination\":{"));
    assert_int_equal(rows_of(with_fault(p, 22, sim_helix_streams, "first=2")), 0);
    with_fault(p, 46, sim_helix_streams, "user_login=nobody");
    assert_int_equal(p->answer.status, 400);
    p->faults = (struct sim_faults){.seed = 1};
}

/* Fault 17 with categories: the cursor's inside is empty, and the chain ends early. */
static void test_broken_cursor(void **state)
{
    struct pass_world *p = *state;
    char text[600];
    long long id = p->catalog->categories[0].id;
    snprintf(text, sizeof(text), "first=1&game_id=%lld", id);
    struct ll_str body = with_fault(p, 17, sim_helix_streams, text);
    assert_int_equal(rows_of(body), 1);
    struct ll_str cursor = pass_text(p, pass_member(body, "pagination"), "cursor");
    assert_true(cursor.len > 0);
    snprintf(text, sizeof(text), "first=1&game_id=%lld&after=%.*s", id, LL_FMT(cursor));
    assert_string_equal(pass_get(p, sim_helix_streams, text).ptr,
                        "{\"data\":[],\"pagination\":{}}");
}

static void test_faults_of_lists(void **state)
{
    struct pass_world *p = *state;
    char text[100];
    snprintf(text, sizeof(text), "id=%lld", (long long)sim_people_user_id(p->world, 1));
    assert_int_equal(rows_of(with_fault(p, 41, sim_helix_users, text)), 0);
    assert_true(has(pass_get(p, sim_helix_top_games, "first=100"), "\"igdb_id\":\"1"));
    assert_false(has(with_fault(p, 43, sim_helix_top_games, "first=100"), "\"igdb_id\":\"1"));
    assert_true(has(with_fault(p, 42, sim_helix_top_games, "first=5"), " Renamed\""));
    struct ll_str same = ll_arena_copy(&p->arena, pass_get(p, sim_helix_top_games, "first=100"));
    assert_true(ll_str_equal(same, pass_get(p, sim_helix_top_games, "first=100&before=eHg=")));
    assert_false(ll_str_equal(same, with_fault(p, 44, sim_helix_top_games, "first=100")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frozen_world_comes_once),
        cmocka_unit_test(test_row_has_the_fields_in_order),
        cmocka_unit_test(test_filters_equal_a_scan),
        cmocka_unit_test(test_users_are_asked_directly),
        cmocka_unit_test(test_wrong_parameters),
        cmocka_unit_test(test_before_answers_the_same_page),
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_games),
        cmocka_unit_test(test_top_games_repeat_themselves),
        cmocka_unit_test(test_faults_of_rows),
        cmocka_unit_test(test_faults_of_chains),
        cmocka_unit_test(test_faults_of_pages),
        cmocka_unit_test(test_broken_cursor),
        cmocka_unit_test(test_faults_of_lists),
    };
    return cmocka_run_group_tests(tests, open_small, close_small);
}
