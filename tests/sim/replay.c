/* Captures served as Helix and IGDB: every row, byte for byte but for quotes around ids, in the
 * order of the files. With $SHARED set also the real ones, against a decoding of the files. */
#include "sim/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/json.h"
#include "sim/sim.h"
#include "source/decoder.h"
#include "source/origin/origin.h"
#include "support/check.h"
#include "support/temp_folder.h"

/* 2025-12-29 17:45 and 18:00 Pacific. */
#define SLOT_1_MS INT64_C(1767059100000)
#define SLOT_2_MS (SLOT_1_MS + 900000)

static struct sim_replay *replay;
static char *folder;

static void put(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, dir);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s/%s", folder, dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define ROW_1                                                                                      \
    "{\"id\": \"11\", \"user_id\": \"1\",\n  \"title\": \"a \\ud83c\\udfb5 1.50\", \"language\": " \
    "\"en\"}"
#define ROW_2 "{\"id\":12,\"user_id\":2,\"game_id\":509658,\"viewer_count\":7,\"language\":\"de\"}"
#define ROW_2_SERVED                                                                               \
    "{\"id\":\"12\",\"user_id\":\"2\",\"game_id\":\"509658\",\"viewer_count\":7,\"language\":"     \
    "\"de\"}"
#define FILE_OF(time, rows)                                                                        \
    "{\"day_date_id\":\"20251229\",\"time_of_day_id\":" time ",\"data\":[" rows "]}"

static int make(void **state)
{
    (void)state;
    folder = temp_folder_new();
    put("raw_streams_data", "raw_streams_data_A_20251229_1745.json",
        FILE_OF("1745", ROW_1 "," ROW_2 "," ROW_1));
    put("raw_streams_data", "raw_streams_data_B_20251229_1745.json", FILE_OF("1745", ROW_2));
    put("raw_streams_data", "raw_streams_data_A_20251229_1800.json", FILE_OF("1800", ROW_1));
    put("raw_users_data", "raw_users_data_20251229_1745.json",
        FILE_OF("1745", "{\"id\":1,\"login\":\"ann\"},{\"id\":\"2\",\"login\":\"bob\"}"));
    put("raw_categories_data", "raw_categories_data_20251229_1700.json",
        FILE_OF("1700", "{\"id\":\"7\",\"name\":\"X\",\"igdb_id\":\"70\"},"
                        "{\"id\":\"8\",\"name\":\"X\",\"igdb_id\":\"\"},"
                        "{\"id\":\"7\",\"name\":\"X\",\"igdb_id\":\"70\"}"));
    put("raw_genre_bridge_data", "raw_genre_bridge_data_20251229_945.json",
        FILE_OF("945", "{\"id\":70,\"genres\":[31,5],\"name\":\"X\"},{\"id\":60,\"name\":\"Y\"}"));
    put("raw_game_mode_bridge_data", "raw_game_mode_bridge_data_20251229_945.json",
        FILE_OF("945", "{\"id\":70,\"game_modes\":[1],\"name\":\"X\"}"));
    put("raw_genres_data", "raw_genres_data_20251228.json",
        FILE_OF("945", "{\"id\":31,\"name\":\"Adventure\",\"slug\":\"adventure\"},"
                       "{\"id\":5,\"name\":\"Shooter\",\"slug\":\"shooter\"}"));
    put("raw_time_of_day_data", "raw_time_of_day_data.csv", "a,b\n");
    struct ll_error err;
    const struct sim_replay_options options = {.dir = folder};
    assert_status(LL_OK, sim_replay_new(&options, &replay, &err), &err);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    sim_replay_free(replay);
    temp_folder_free(folder);
    return 0;
}

struct query {
    sim_handler *handler;
    int64_t now_ms;
    struct sim_param params[4];
};

static struct sim_answer ask_of(struct sim_replay *of, const struct query *query,
                                struct ll_str body)
{
    struct sim_parts parts = {.replay = of};
    struct sim_request request = {.method = LL_STR("POST"),
                                  .path = LL_STR("/v4/games"),
                                  .params = query->params,
                                  .body = body,
                                  .now_ms = query->now_ms,
                                  .number = 1};
    while (request.param_count < 4 && query->params[request.param_count].name.ptr)
        request.param_count++;
    struct sim_answer answer = {0};
    query->handler(&parts, &request, &answer);
    return answer;
}

#define PARAM(name, value)                                                                         \
    {                                                                                              \
        LL_STR(name), LL_STR(value)                                                                \
    }
#define PLAIN(handler_, now_) ((struct query){.handler = (handler_), .now_ms = (now_)})

static void check(struct query query, const char *wanted)
{
    struct sim_answer answer = ask_of(replay, &query, (struct ll_str){0});
    if (!ll_str_equal(ll_buf_str(&answer.body), ll_str_of(wanted)))
        fail_msg("%.*s instead of %s", LL_FMT(ll_buf_str(&answer.body)), wanted);
    assert_int_equal(answer.status, 200);
    ll_buf_clear(&answer.body);
}

static int status_of(struct query query)
{
    struct sim_answer answer = ask_of(replay, &query, (struct ll_str){0});
    ll_buf_clear(&answer.body);
    return answer.status;
}

static void test_slots(void **state)
{
    (void)state;
    assert_int_equal(sim_replay_slot_count(replay), 2);
    assert_int_equal(sim_replay_slot(replay, 0), SLOT_1_MS);
    assert_int_equal(sim_replay_slot(replay, 1), SLOT_2_MS);
    assert_int_equal(sim_replay_row_count(replay, 0), 4);
    assert_int_equal(sim_replay_left_out(replay), 1);
    struct ll_error err;
    struct sim_replay *one = NULL;
    struct sim_replay_options options = {.dir = folder, .slot_ms = SLOT_2_MS};
    assert_status(LL_OK, sim_replay_new(&options, &one, &err), &err);
    assert_int_equal(sim_replay_slot_count(one), 1);
    sim_replay_free(one);
    options.slot_ms++;
    assert_status(LL_NOT_FOUND, sim_replay_new(&options, &one, &err), &err);
    options = (struct sim_replay_options){.dir = folder, .timezone = "Mars/Olympus"};
    assert_status(LL_INVALID, sim_replay_new(&options, &one, &err), &err);
}

static void test_streams(void **state)
{
    (void)state;
    const char *all =
        "{\"data\":[" ROW_1 "," ROW_2_SERVED "," ROW_1 "," ROW_2_SERVED "],\"pagination\":{}}";
    check(PLAIN(sim_replay_streams, SLOT_1_MS), all);
    check(PLAIN(sim_replay_streams, SLOT_2_MS - 1), all);
    check(PLAIN(sim_replay_streams, SLOT_2_MS), "{\"data\":[" ROW_1 "],\"pagination\":{}}");
    check(PLAIN(sim_replay_streams, SLOT_1_MS - 1), "{\"data\":[],\"pagination\":{}}");
    const char *second = "{\"data\":[" ROW_2_SERVED "," ROW_2_SERVED "],\"pagination\":{}}";
    check((struct query){sim_replay_streams, SLOT_1_MS, {PARAM("language", "de")}}, second);
    check((struct query){sim_replay_streams, SLOT_1_MS, {PARAM("user_id", "2")}}, second);
    check((struct query){sim_replay_streams, SLOT_1_MS, {PARAM("game_id", "509658")}}, second);
    check((struct query){sim_replay_streams,
                         SLOT_1_MS,
                         {PARAM("user_id", "1"), PARAM("user_id", "2")}},
          all);
    check((struct query){sim_replay_streams,
                         SLOT_1_MS,
                         {PARAM("user_id", "1"), PARAM("language", "de")}},
          "{\"data\":[],\"pagination\":{}}");
    assert_int_equal(
        status_of((struct query){sim_replay_streams, SLOT_1_MS, {PARAM("first", "101")}}), 400);
    assert_int_equal(
        status_of((struct query){sim_replay_streams, SLOT_1_MS, {PARAM("after", "IA")}}), 400);
}

/* The cursor of an answer; "" on the last page. */
static struct ll_str cursor_of(struct ll_arena *arena, struct ll_str body)
{
    struct ll_json reader = ll_json_reader(body, arena);
    struct ll_str key, cursor = {0};
    assert_true(ll_json_enter_object(&reader));
    while (ll_json_next_key(&reader, &key)) {
        if (!ll_str_equal(key, LL_STR("pagination"))) {
            (void)ll_json_skip(&reader);
            continue;
        }
        assert_true(ll_json_enter_object(&reader));
        while (ll_json_next_key(&reader, &key))
            assert_true(ll_json_string(&reader, &cursor));
    }
    assert_true(ll_json_done(&reader));
    return ll_arena_copy(arena, cursor); /* outlives the body */
}

static void test_a_chain_stays_in_its_slot(void **state)
{
    (void)state;
    struct ll_arena arena = {0};
    struct query query = {sim_replay_streams, SLOT_1_MS, {PARAM("first", "3")}};
    struct sim_answer first = ask_of(replay, &query, (struct ll_str){0});
    query.params[1].name = LL_STR("after");
    query.params[1].value = cursor_of(&arena, ll_buf_str(&first.body));
    assert_true(query.params[1].value.len > 0);
    query.now_ms = SLOT_2_MS;
    check(query, "{\"data\":[" ROW_2_SERVED "],\"pagination\":{}}");
    ll_buf_clear(&first.body);
    ll_arena_clear(&arena);
}

static void test_look_ups(void **state)
{
    (void)state;
    check((struct query){sim_replay_users, SLOT_1_MS, {PARAM("id", "1"), PARAM("login", "ann")}},
          "{\"data\":[{\"id\":\"1\",\"login\":\"ann\"}]}");
    check((struct query){sim_replay_users, 0, {PARAM("login", "bob"), PARAM("id", "9")}},
          "{\"data\":[{\"id\":\"2\",\"login\":\"bob\"}]}");
    check((struct query){sim_replay_games, SLOT_1_MS, {PARAM("id", "7"), PARAM("id", "7")}},
          "{\"data\":[{\"id\":\"7\",\"name\":\"X\",\"igdb_id\":\"70\"}]}");
    check((struct query){sim_replay_games, SLOT_1_MS, {PARAM("igdb_id", "")}}, "{\"data\":[]}");
    check((struct query){sim_replay_games, SLOT_1_MS, {PARAM("name", "X")}},
          "{\"data\":[{\"id\":\"7\",\"name\":\"X\",\"igdb_id\":\"70\"},"
          "{\"id\":\"8\",\"name\":\"X\",\"igdb_id\":\"\"}]}");
    check(PLAIN(sim_replay_top_games, 0),
          "{\"data\":[{\"id\":\"7\",\"name\":\"X\",\"igdb_id\":\"70\"},"
          "{\"id\":\"8\",\"name\":\"X\",\"igdb_id\":\"\"},"
          "{\"id\":\"7\",\"name\":\"X\",\"igdb_id\":\"70\"}],\"pagination\":{}}");
    assert_int_equal(status_of(PLAIN(sim_replay_users, 0)), 400);
    assert_int_equal(status_of(PLAIN(sim_replay_games, 0)), 400);
}

static void test_igdb(void **state)
{
    (void)state;
    const struct query query = PLAIN(sim_igdb, SLOT_1_MS);
    struct sim_answer answer =
        ask_of(replay, &query, LL_STR("f name,genres,game_modes,genres.name; s id asc;"));
    assert_true(ll_str_equal(
        ll_buf_str(&answer.body),
        LL_STR("[{\"id\":60,\"name\":\"Y\"},{\"id\":70,\"game_modes\":[1],\"genres\":[{\"id\":31,"
               "\"name\":\"Adventure\"},{\"id\":5,\"name\":\"Shooter\"}],\"name\":\"X\"}]")));
    ll_buf_clear(&answer.body);
    answer = ask_of(replay, &query, LL_STR("f external_games.uid; w external_games.uid = \"7\";"));
    assert_non_null(memmem(answer.body.ptr, answer.body.len, "\"uid\":\"7\"", 9));
    ll_buf_clear(&answer.body);
}

static void test_damaged_files_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{\"data\":[{\"id\":1}", "{\"data\":{}}", "[]",
                                        "{\"data\":[5]}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        put("raw_streams_data", "raw_streams_data_C_20251229_1745.json", texts[i]);
        struct sim_replay *damaged = NULL;
        struct ll_error err;
        const struct sim_replay_options options = {.dir = folder};
        assert_status(LL_CORRUPT, sim_replay_new(&options, &damaged, &err), &err);
        assert_non_null(strstr(err.message, "raw_streams_data_C_20251229_1745.json"));
    }
    char path[512];
    snprintf(path, sizeof(path), "%s/raw_streams_data/raw_streams_data_C_20251229_1745.json",
             folder);
    assert_int_equal(remove(path), 0);
}

static void test_zones(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        struct ll_civil local;
        int64_t wanted_s; /* -1: clocks skipped it */
    } cases[] = {
        {"America/Los_Angeles", {2025, 12, 29, 17, 45, 0}, 1767059100},
        {"America/Los_Angeles", {2025, 7, 1, 0, 0, 0}, 1751353200},
        {"America/Los_Angeles", {2026, 3, 8, 1, 59, 0}, 1772963940},
        {"America/Los_Angeles", {2026, 3, 8, 2, 0, 0}, -1},
        {"America/Los_Angeles", {2026, 3, 8, 2, 59, 59}, -1},
        {"America/Los_Angeles", {2026, 3, 8, 3, 0, 0}, 1772964000},
        {"America/Los_Angeles", {2025, 11, 2, 1, 30, 0}, 1762072200}, /* the first of two */
        {"America/Los_Angeles", {2025, 11, 2, 2, 0, 0}, 1762077600},
        {"America/New_York", {2025, 12, 29, 20, 45, 0}, 1767059100},
        {"America/Denver", {2025, 7, 1, 1, 0, 0}, 1751353200},
        {"America/Chicago", {2025, 7, 1, 2, 0, 0}, 1751353200},
        {"UTC", {2025, 12, 30, 1, 45, 0}, 1767059100},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ll_error err;
        int64_t got_s = -1;
        enum ll_status status = sim_zone_to_utc(cases[i].zone, cases[i].local, &got_s, &err);
        assert_int_equal(status, cases[i].wanted_s == -1 ? LL_NOT_FOUND : LL_OK);
        if (got_s != cases[i].wanted_s)
            fail_msg("case %zu: %lld", i, (long long)got_s);
    }
}

/* --- the real captures */

static void add_part(struct ll_decoder *decoder, const char *format, struct ll_str bytes)
{
    struct ll_error err;
    const struct ll_raw_part part = {
        .key = LL_STR("part"), .format = ll_str_of(format), .bytes = bytes};
    assert_status(LL_OK, ll_decoder_add(decoder, &part, &err), &err);
}

static struct ll_decoded finish(struct ll_decoder *decoder)
{
    struct ll_decoded decoded;
    struct ll_error err;
    assert_status(LL_OK, ll_decoder_finish(decoder, &decoded, &err), &err);
    ll_decoder_free(decoder);
    return decoded;
}

static struct ll_decoder *decoder_of(int64_t slot_ms)
{
    const struct ll_decoder_options options = {.table = LL_TABLE_STREAM, .slot_s = slot_ms / 1000};
    return ll_decoder_new(&options);
}

/* All pages of a slot, as a collector would fetch them; their number goes to *ret_pages. */
static struct ll_decoded decode_pages(struct sim_replay *real, int64_t slot_ms, size_t *ret_pages)
{
    struct ll_decoder *decoder = decoder_of(slot_ms);
    struct ll_arena arena = {0};
    struct query query = {sim_replay_streams, slot_ms, {PARAM("first", "100")}};
    *ret_pages = 0;
    do {
        struct sim_answer answer = ask_of(real, &query, (struct ll_str){0});
        struct ll_str body = ll_buf_str(&answer.body);
        query.params[1] = (struct sim_param){LL_STR("after"), cursor_of(&arena, body)};
        add_part(decoder, "origin-json", body); /* takes its list from "data" too */
        ll_buf_clear(&answer.body);
        ++*ret_pages;
    } while (query.params[1].value.len > 0);
    ll_arena_clear(&arena);
    return finish(decoder);
}

static struct ll_decoded decode_files(const char *root, int64_t slot_ms)
{
    struct ll_decoder *decoder = decoder_of(slot_ms);
    struct ll_origin_scan scan;
    struct ll_error err;
    assert_status(LL_OK, ll_origin_scan(root, &scan, &err), &err);
    for (size_t i = 0; i < scan.file_count; i++) {
        int64_t at_s = -1;
        if (scan.files[i].table != LL_TABLE_STREAM ||
            sim_zone_to_utc("America/Los_Angeles", scan.files[i].label, &at_s, &err) != LL_OK ||
            at_s != slot_ms / 1000)
            continue;
        struct ll_buf text = {0};
        assert_status(LL_OK, ll_origin_read(root, &scan.files[i], &text, &err), &err);
        add_part(decoder, "origin-json", ll_buf_str(&text));
        ll_buf_clear(&text);
    }
    ll_origin_scan_clear(&scan);
    return finish(decoder);
}

static void assert_same_rows(const struct ll_decoded *a, const struct ll_decoded *b)
{
    assert_int_equal(a->counts.rows_in, b->counts.rows_in);
    assert_int_equal(a->counts.rows_out, b->counts.rows_out);
    assert_int_equal(a->counts.duplicates, b->counts.duplicates);
    assert_int_equal(a->counts.quarantined, 0);
    static const enum ll_stream_column columns[] = {
        LL_STREAM_STREAM_ID, LL_STREAM_BROADCASTER_ID, LL_STREAM_CATEGORY_ID,
        LL_STREAM_VIEWER_COUNT, LL_STREAM_DETAIL_ID /* a digest of all the texts */};
    for (size_t row = 0; row < (size_t)a->counts.rows_out; row++)
        for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++)
            assert_int_equal(ll_batch_get_i64(&a->rows, columns[c], row),
                             ll_batch_get_i64(&b->rows, columns[c], row));
}

static void test_real_captures(void **state)
{
    (void)state;
    const char *shared = getenv("SHARED");
    if (!shared) {
        print_message("skipped: the real captures need $SHARED\n");
        skip();
    }
    char root[512];
    snprintf(root, sizeof(root), "%s/captures/origin-raw-layer", shared);
    struct ll_error err;
    struct sim_replay *real = NULL;
    const struct sim_replay_options options = {.dir = root};
    assert_status(LL_OK, sim_replay_new(&options, &real, &err), &err);
    static const size_t rows[] = {3428 + 1897 + 1249, 1792, 1856};
    assert_int_equal(sim_replay_slot_count(real), 3);
    for (size_t i = 0; i < 3; i++) {
        size_t pages;
        assert_int_equal(sim_replay_row_count(real, i), rows[i]);
        int64_t slot_ms = sim_replay_slot(real, i);
        struct ll_decoded served = decode_pages(real, slot_ms, &pages);
        struct ll_decoded files = decode_files(root, slot_ms);
        assert_int_equal(pages, (rows[i] + 99) / 100);
        assert_int_equal(served.counts.rows_in, rows[i]);
        assert_same_rows(&served, &files);
        ll_decoded_clear(&served);
        ll_decoded_clear(&files);
    }
    assert_true(sim_replay_catalog(real)->game_count >= 4401);
    for (int kind = SIM_GENRE; kind <= SIM_GAME_MODE; kind++) {
        size_t count, real_count;
        const struct sim_term *ours = sim_terms((enum sim_term_kind)kind, &count);
        const struct sim_term *theirs =
            sim_replay_terms(real, (enum sim_term_kind)kind, &real_count);
        assert_int_equal(real_count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(ours[i].id, theirs[i].id);
            assert_string_equal(ours[i].name, theirs[i].name);
            assert_string_equal(ours[i].slug, theirs[i].slug);
        }
    }
    sim_replay_free(real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_a_chain_stays_in_its_slot),
        cmocka_unit_test(test_look_ups),
        cmocka_unit_test(test_igdb),
        cmocka_unit_test(test_damaged_files_are_refused),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_real_captures),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
