/* Our own raw layer: lines written, read back, and decoded. */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "source/envelope.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RECEIVED_MS 1795448703123 /* 2026-11-23T15:45:03.123Z */
#define HEAD "{\"request\":{},\"status\":200,\"received_at\":\"2026-11-23T15:45:03.123Z\","
#define LINE(body) HEAD "\"headers\":{},\"body\":" body "}\n"
#define A "{" STREAM "}"
#define B "{" STREAM ",\"id\":\"5\",\"user_id\":\"6\"}"

static struct ll_decoded decode_lines(enum ll_table table, const char *kind, struct ll_str lines)
{
    return decode_parts(table, kind, "envelope", &lines, 1);
}

static void test_written_line(void **state)
{
    (void)state;
    static const struct ll_envelope_header headers[] = {{{"date", 4}, {"Mon", 3}},
                                                        {{"x-\"odd\"", 7}, {"a\tb", 3}}};
    struct ll_buf out = {0};
    struct ll_envelope envelope = {.method = LL_STR("GET"),
                                   .target = LL_STR("/helix/streams?first=100&after=eyJ%3D"),
                                   .status = 200,
                                   .received_ms = RECEIVED_MS,
                                   .body = LL_STR("{\"data\": []}")};
    ll_envelope_add(&out, &envelope);
    assert_string_equal(out.ptr, "{\"request\":{\"method\":\"GET\","
                                 "\"path\":\"/helix/streams?first=100&after=eyJ%3D\"},"
                                 "\"status\":200,\"received_at\":\"2026-11-23T15:45:03.123Z\","
                                 "\"headers\":{},\"body\":{\"data\": []}}\n");
    ll_buf_reset(&out);
    envelope = (struct ll_envelope){.method = LL_STR("POST"),
                                    .target = LL_STR("/v4/genres"),
                                    .request_body = LL_STR("f name; w name = \"a\";"),
                                    .status = 502,
                                    .received_ms = RECEIVED_MS - 123,
                                    .headers = headers,
                                    .header_count = 2,
                                    .body = LL_STR("Bad\nGateway")};
    ll_envelope_add(&out, &envelope);
    assert_string_equal(out.ptr,
                        "{\"request\":{\"method\":\"POST\",\"path\":\"/v4/genres\","
                        "\"body\":\"f name; w name = \\\"a\\\";\"},\"status\":502,"
                        "\"received_at\":\"2026-11-23T15:45:03Z\",\"headers\":{\"date\":\"Mon\","
                        "\"x-\\\"odd\\\"\":\"a\\tb\"},\"body_text\":\"Bad\\nGateway\"}\n");
    ll_buf_clear(&out);
}

/* Which key a body goes under; and each comes back byte for byte. */
static void test_round_trip(void **state)
{
    (void)state;
    const struct {
        struct ll_str body;
        const char *key;
    } cases[] = {
        {LL_STR("{\"data\":[{\"id\":\"1\"}],\"pagination\":{}}"), ",\"body\":{"},
        {LL_STR("[]"), ",\"body\":["},
        {LL_STR("null"), ",\"body\":null}"},
        {LL_STR("\"\\ud83e \U0001F3B5 \u2028\""), ",\"body\":\"\\ud83e"},
        {LL_STR("1e999"), ",\"body\":1e999}"},
        {LL_STR(""), ",\"body_text\":\"\"}"},
        {LL_STR(" []"), ",\"body_text\":\" []\"}"},
        {LL_STR("[]\n"), ",\"body_text\":\"[]\\n\"}"},
        {LL_STR("[\r1]"), ",\"body_text\":\"[\\r1]\"}"},
        {LL_STR("{\"data\":[]"), ",\"body_text\":\"{"},
        {LL_STR("[] []"), ",\"body_text\":\"[] []\"}"},
        {LL_STR("<html>\0\x7F\xC2\x85</html>"), ",\"body_text\":\"<html>\\u0000\\u007f\\u0085"},
        {LL_STR("{\"a\":\"\xFF\"}"), ",\"body_b64\":\"eyJhIjoi/yJ9\"}"},
        {LL_STR("\xED\xA0\x80"), ",\"body_b64\":\"7aCA\"}"},
        {LL_STR("\x1F\x8B\0"), ",\"body_b64\":\"H4sA\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ll_buf out = {0};
        struct ll_arena arena = {0};
        struct ll_error err;
        struct ll_envelope_answer answer;
        ll_envelope_add(&out, &(struct ll_envelope){.status = 203,
                                                    .received_ms = RECEIVED_MS,
                                                    .body = cases[i].body});
        assert_non_null(strstr(out.ptr, cases[i].key));
        assert_status(LL_OK, ll_envelope_read(ll_buf_str(&out), &arena, &answer, &err), &err);
        assert_int_equal(answer.status, 203);
        assert_true(answer.received_known);
        assert_int_equal(answer.received_ms, RECEIVED_MS);
        assert_true(ll_str_equal(answer.body, cases[i].body));
        ll_arena_clear(&arena);
        ll_buf_clear(&out);
    }
}

/* A body that is as deep as readers go would be too deep inside a line. */
static void test_deep_body(void **state)
{
    (void)state;
    for (size_t depth = LL_JSON_DEPTH - 1; depth <= LL_JSON_DEPTH; depth++) {
        char body[2 * LL_JSON_DEPTH];
        struct ll_buf out = {0};
        struct ll_arena arena = {0};
        struct ll_error err;
        struct ll_envelope_answer answer;
        memset(body, '[', depth);
        memset(body + depth, ']', depth);
        ll_envelope_add(&out, &(struct ll_envelope){.body = {body, 2 * depth}});
        assert_int_equal(strstr(out.ptr, "\"body\":[") != NULL, depth < LL_JSON_DEPTH);
        assert_status(LL_OK, ll_envelope_read(ll_buf_str(&out), &arena, &answer, &err), &err);
        assert_true(ll_str_equal(answer.body, (struct ll_str){body, 2 * depth}));
        ll_arena_clear(&arena);
        ll_buf_clear(&out);
    }
}

static void test_lines_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "[]",
        "{}",
        "{\"status\":200}",
        "{\"body\":1}",
        "{\"status\":\"200\",\"body\":1}",
        "{\"status\":2.5,\"body\":1}",
        "{\"status\":200,\"body\":}",
        "{\"status\":200,\"body_text\":[]}",
        "{\"status\":200,\"body_b64\":\"Zg=\"}",
        "{\"status\":200,\"body\":[1}",
        "{\"status\":200,\"body\":[]} x",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct ll_arena arena = {0};
        struct ll_error err;
        struct ll_envelope_answer answer = {.status = -7};
        assert_status(LL_CORRUPT, ll_envelope_read(ll_str_of(lines[i]), &arena, &answer, &err),
                      &err);
        assert_int_equal(answer.status, -7);
        ll_arena_clear(&arena);
    }
}

struct decode_case {
    const char *name, *lines;
    int64_t rows_out, quarantined, position;
    const char *reason, *record; /* of the first quarantine row; NULL = any */
};

static struct decode_case decode_cases[] = {
    {"nothing", "", 0, 0, 0, NULL, NULL},
    {"blank_lines", "\n \r\n\n", 0, 0, 0, NULL, NULL},
    {"helix", LINE("{\"data\":[" A "," B "],\"pagination\":{\"cursor\":\"x\"}}"), 2, 0, 0, NULL,
     NULL},
    {"list", LINE("[" A "," B "]"), 2, 0, 0, NULL, NULL},
    {"no_line_break_at_the_end", HEAD "\"body\":[" A "]}", 1, 0, 0, NULL, NULL},
    {"two_lines", LINE("{\"data\":[" A "]}") LINE("{\"data\":[" B "]}"), 2, 0, 0, NULL, NULL},
    {"edge_22_data_null", LINE("{\"data\":null}"), 0, 0, 0, NULL, NULL},
    {"edge_22_data_missing", LINE("{\"pagination\":{}}"), 0, 0, 0, NULL, NULL},
    {"data_is_no_list", LINE("{\"data\":{}}"), 0, 1, 0, "data is not a list", "{}"},
    {"error_in_200", LINE("{\"error\":\"x\",\"status\":500}"), 0, 1, 0,
     "an error answer without data", NULL},
    {"other_status",
     "{\"status\":500,\"body\":{\"data\":[" A "]}}\n{\"status\":404,\"body_text\":"
     "\"no\"}\n{\"status\":302,\"body_b64\":\"/w==\"}\n{\"status\":304}\n",
     0, 0, 0, NULL, NULL},
    {"other_keys_first", "{\"body\":{\"data\":[" A "]},\"x\":[{\"body\":1}],\"status\":200}\n", 1,
     0, 0, NULL, NULL},
    {"body_inside_request", "{\"request\":{\"body\":\"f name;\"},\"status\":200,\"body\":[" A "]}",
     1, 0, 0, NULL, NULL},
    {"other_status_last", "{\"body\":[" A "],\"status\":500}\n", 0, 0, 0, NULL, NULL},
    {"text", HEAD "\"body_text\":\"[\\n{\\\"id\\\":1,\\\"user_id\\\":2,\\\"viewer_count\\\":3}]\"}",
     1, 0, 0, NULL, NULL},
    {"bytes", HEAD "\"body_b64\":\"W10=\"}", 0, 0, 0, NULL, NULL},
    {"edge_1_html_with_200", HEAD "\"body_text\":\"<html>\\n\"}\n" LINE("[" B "]"), 1, 1, 0,
     "the body is not JSON", "<html>\n"},
    {"edge_2_body_cut", HEAD "\"body_text\":\"{\\\"data\\\":[\"}\n" LINE("[" B "]"), 1, 1, 0,
     "the body is not JSON", "{\"data\":["},
    {"empty_body", HEAD "\"body_text\":\"\"}\n", 0, 1, 0, "the body is not JSON", ""},
    {"scalar", LINE("7"), 0, 1, 0, "the body is neither an object nor a list", "7"},
    {"no_body", HEAD "\"headers\":{}}\n", 0, 1, 0, "the line is not an answer", NULL},
    {"no_status", "{\"body\":[" A "]}\n", 0, 1, 0, "the line is not an answer", NULL},
    {"bad_base64", HEAD "\"body_b64\":\"*\"}\n", 0, 1, 0, "the line is not an answer", NULL},
    {"no_object", "7\n" LINE("[" B "]"), 1, 1, 0, "damaged from byte 0", "7"},
    {"no_json_in_between", LINE("[" A "]") "nonsense\n" LINE("[" B "]"), 2, 1, 1, NULL, "nonsense"},
    {"record_damaged", LINE("[" A ",{\"id\":}," B "]"), 2, 1, 1, "the record is not JSON",
     "{\"id\":}"},
    {"record_refused", LINE("[" A ",7]") LINE("[" B "]"), 2, 1, 1, "the record is not an object",
     "7"},
    {"line_cut", HEAD "\"body\":[" A ",{\"id\":\"9\n" LINE("[" B "]"), 2, 1, 1, NULL,
     "{\"id\":\"9"},
    {"line_cut_after_body", HEAD "\"body\":[" A "]\n" LINE("[" B "]"), 2, 1, 1, NULL, ""},
    {"line_damaged_after_body", HEAD "\"body\":[" A "],x}\n" LINE("[" B "]"), 2, 1, 1, NULL, "x}"},
    {"bad_received_at", "{\"status\":200,\"received_at\":7,\"body\":[" A "]}\n", 1, 0, 0, NULL,
     NULL},
};

static void test_decode(void **state)
{
    const struct decode_case *c = *state;
    struct ll_decoded d = decode_lines(LL_TABLE_STREAM, "", ll_str_of(c->lines));
    assert_int_equal(d.counts.rows_out, c->rows_out);
    assert_int_equal(d.counts.quarantined, c->quarantined);
    if (c->quarantined > 0)
        assert_int_equal(ll_batch_get_i64(&d.quarantine, LL_QUARANTINE_POSITION, 0), c->position);
    if (c->reason != NULL)
        assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 0, c->reason);
    if (c->record != NULL)
        assert_cell(&d.quarantine, LL_QUARANTINE_RECORD, 0, c->record);
    ll_decoded_clear(&d);
}

/* Positions and byte numbers count through the object. */
static void test_positions(void **state)
{
    (void)state;
    static const char lines[] = LINE("{\"data\":[" A ",1]}") "[\n" LINE("{\"data\":[2]}") "]\n";
    struct ll_decoded d = decode_lines(LL_TABLE_STREAM, "", ll_str_of(lines));
    assert_int_equal(d.counts.quarantined, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ll_batch_get_i64(&d.quarantine, LL_QUARANTINE_POSITION, i), i + 1);
    char reason[64];
    snprintf(reason, sizeof(reason), "damaged from byte %td", strstr(lines, "\n[\n") + 1 - lines);
    assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 1, reason);
    assert_cell(&d.quarantine, LL_QUARANTINE_OBJECT, 1, "part0");
    ll_decoded_clear(&d);
}

static void test_received_at(void **state)
{
    (void)state;
    static const char lines[] =
        LINE("[" A "]") "{\"status\":200,\"body\":[" B "]}\n"
                        "{\"body\":[{" STREAM ",\"id\":\"7\",\"user_id\":7}],\"status\":200,"
                        "\"received_at\":\"2026-11-23T15:45:04Z\"}\n";
    struct ll_decoded d = decode_lines(LL_TABLE_STREAM, "", ll_str_of(lines));
    assert_int_equal(d.counts.rows_out, 3);
    assert_cell(&d.rows, LL_STREAM_RECEIVED_AT, 0, "1795448703123000");
    assert_cell(&d.rows, LL_STREAM_RECEIVED_AT, 1, "NULL");
    assert_cell(&d.rows, LL_STREAM_RECEIVED_AT, 2, "1795448704000000");
    ll_decoded_clear(&d);
}

static void test_later_line_wins(void **state)
{
    (void)state;
    struct ll_str lines =
        LL_STR(LINE("[{" STREAM ",\"title\":\"old\"}]") LINE("[{" STREAM ",\"title\":\"new\"}]"));
    struct ll_decoded d = decode_lines(LL_TABLE_STREAM, "", lines);
    assert_int_equal(d.counts.duplicates, 1);
    assert_cell(&d.rows, LL_STREAM_TITLE, 0, "new");
    ll_decoded_clear(&d);
}

/* The other tables' answers, as Twitch and IGDB give them. */
static void test_other_tables(void **state)
{
    (void)state;
    static const struct {
        enum ll_table table;
        const char *kind, *lines;
        struct {
            size_t column;
            const char *text;
        } checks[3];
    } cases[] = {
        {LL_TABLE_USER,
         "",
         LINE("{\"data\":[{\"id\":\"7\",\"login\":\"ann\",\"display_name\":\"Ann\",\"type\":\"\","
              "\"broadcaster_type\":\"partner\",\"description\":\"\",\"created_at\":"
              "\"2016-12-14T20:32:28Z\"}]}"),
         {{LL_USER_BROADCASTER_ID, "7"},
          {LL_USER_DISPLAY_NAME, "Ann"},
          {LL_USER_BROADCASTER_TYPE, "partner"}}},
        {LL_TABLE_CATEGORY,
         "",
         LINE("{\"data\":[{\"id\":\"9\",\"name\":\"G\",\"box_art_url\":\"u\",\"igdb_id\":\"\"}]}"),
         {{LL_CATEGORY_CATEGORY_ID, "9"}, {LL_CATEGORY_IGDB_ID, "NULL"}}},
        {LL_TABLE_GAME,
         "game",
         LINE("[{\"id\":5,\"genres\":[31,12],\"name\":\"N\",\"themes\":[1]}]"),
         {{LL_GAME_GENRES, "[12,31]"}, {LL_GAME_GAME_MODES, "NULL"}, {LL_GAME_THEMES, "[1]"}}},
        {LL_TABLE_TERM,
         "player_perspective",
         LINE("[{\"id\":5,\"name\":\"Text\",\"slug\":\"text\"}]"),
         {{LL_TERM_KIND, "player_perspective"}, {LL_TERM_ID, "5"}, {LL_TERM_SLUG, "text"}}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ll_decoded d =
            decode_lines(cases[i].table, cases[i].kind, ll_str_of(cases[i].lines));
        assert_int_equal(d.counts.rows_out, 1);
        for (size_t k = 0; k < 3 && cases[i].checks[k].text != NULL; k++)
            assert_cell(&d.rows, cases[i].checks[k].column, 0, cases[i].checks[k].text);
        ll_decoded_clear(&d);
    }
}

/* Every truncation and every one-byte change of two lines costs at most the records of one. */
static void test_damage_anywhere(void **state)
{
    (void)state;
    char text[] = LINE("{\"data\":[" A "]}") LINE("[" B "]");
    size_t len = sizeof(text) - 1, second = strlen(LINE("{\"data\":[" A "]}"));
    for (size_t cut = 0; cut <= len; cut++) {
        struct ll_decoded d = decode_lines(LL_TABLE_STREAM, "", (struct ll_str){text, cut});
        assert_true(cut < second - 1 || d.counts.rows_out >= 1);
        assert_true(cut == 0 || d.counts.rows_in >= 1);
        ll_decoded_clear(&d);
    }
    for (size_t i = 0; i < len; i++) {
        static const char changes[] = {'"', '{', '}', ',', '\\', '\n', '\0', (char)0xFF};
        for (size_t k = 0; k < sizeof(changes); k++) {
            char old = text[i];
            text[i] = changes[k];
            struct ll_decoded d = decode_lines(LL_TABLE_STREAM, "", (struct ll_str){text, len});
            assert_true(i == second - 1 || d.counts.rows_out >= 1);
            ll_decoded_clear(&d);
            text[i] = old;
        }
    }
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(decode_cases) + 9] = {
        cmocka_unit_test(test_written_line),    cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_deep_body),       cmocka_unit_test(test_lines_refused),
        cmocka_unit_test(test_positions),       cmocka_unit_test(test_received_at),
        cmocka_unit_test(test_later_line_wins), cmocka_unit_test(test_other_tables),
        cmocka_unit_test(test_damage_anywhere),
    };
    for (size_t i = 0; i < COUNT(decode_cases); i++)
        tests[9 + i] = (struct CMUnitTest){.name = decode_cases[i].name,
                                           .test_func = test_decode,
                                           .initial_state = &decode_cases[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
