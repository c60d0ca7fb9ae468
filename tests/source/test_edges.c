/* The edge cases of decoding, each under its number in the Twitch and IGDB contract. */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#define CHECKS_MAX 4

struct check {
    size_t column;
    const char *text; /* of the first row */
};

struct edge {
    const char *name;
    const char *records;
    struct ll_decode_counts counts; /* rows_in is told by the others */
    const char *reason;             /* of the first quarantine row */
    struct check checks[CHECKS_MAX];
};

#define OK_ROW                                                                                     \
    {                                                                                              \
        .rows_out = 1                                                                              \
    }
#define CLAMPED_ROW                                                                                \
    {                                                                                              \
        .rows_out = 1, .clamped = 1                                                                \
    }
#define REFUSED                                                                                    \
    {                                                                                              \
        .quarantined = 1                                                                           \
    }
#define WITH(fields) "{" STREAM "," fields "}"

static struct edge stream_edges[] = {
    {"plain",
     "{" STREAM "}",
     OK_ROW,
     NULL,
     {{LL_STREAM_STREAM_ID, "1"},
      {LL_STREAM_LOGIN, "ann"},
      {LL_STREAM_TAGS, "[a,b]"},
      {LL_STREAM_STARTED_AT, "1768182962000000"}}},
    {"plain_2",
     "{" STREAM "}",
     OK_ROW,
     NULL,
     {{LL_STREAM_SLOT, "1767059100"},
      {LL_STREAM_CATEGORY_NAME, "Game"},
      {LL_STREAM_TYPE, "live"},
      {LL_STREAM_RECEIVED_AT, "NULL"}}},
    {"edge_13_duplicate_ids_last_wins",
     WITH("\"title\":\"old\"") "," WITH("\"title\":\"new\""),
     {.rows_out = 1, .duplicates = 1},
     NULL,
     {{LL_STREAM_TITLE, "new"}}},
    {"edge_14_restart_later_start_wins",
     WITH("\"id\":\"9\"") "," WITH("\"id\":\"8\",\"started_at\":\"2026-01-12T02:00:00Z\""),
     {.rows_out = 1, .restarted = 1},
     NULL,
     {{LL_STREAM_STREAM_ID, "8"}}},
    {"edge_14_restart_same_start_larger_id_wins",
     WITH("\"id\":\"9\"") "," WITH("\"id\":\"8\""),
     {.rows_out = 1, .restarted = 1},
     NULL,
     {{LL_STREAM_STREAM_ID, "9"}}},
    {"edge_14_restart_known_start_wins",
     WITH("\"id\":\"9\",\"started_at\":\"\"") "," WITH("\"id\":\"8\""),
     {.rows_out = 1, .restarted = 1},
     NULL,
     {{LL_STREAM_STREAM_ID, "8"}}},
    {"edge_14_three_streams_of_one",
     WITH("\"id\":\"9\"") "," WITH("\"id\":\"8\"") "," WITH("\"id\":\"7\""),
     {.rows_out = 1, .restarted = 2},
     NULL,
     {{LL_STREAM_STREAM_ID, "9"}}},
    {"edge_23_null_tags",
     WITH("\"tags\":null,\"tag_ids\":null"),
     OK_ROW,
     NULL,
     {{LL_STREAM_TAGS, "[]"}}},
    {"edge_23_tags_absent",
     "{\"id\":\"1\",\"user_id\":\"2\",\"viewer_count\":0}",
     OK_ROW,
     NULL,
     {{LL_STREAM_TAGS, "[]"},
      {LL_STREAM_TITLE, ""},
      {LL_STREAM_STARTED_AT, "NULL"},
      {LL_STREAM_IS_MATURE, "NULL"}}},
    {"edge_23_tags_no_list", WITH("\"tags\":\"a\""), REFUSED, "tags is not a list", {{0}}},
    {"edge_23_tag_is_no_text",
     WITH("\"tags\":[\"a\",null,7]"),
     {.rows_out = 1, .clamped = 2},
     NULL,
     {{LL_STREAM_TAGS, "[a]"}}},
    {"edge_24_name_empty",
     WITH("\"user_name\":\"\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_DISPLAY_NAME, "ann"}}},
    {"edge_24_name_null",
     WITH("\"user_name\":null"),
     OK_ROW,
     NULL,
     {{LL_STREAM_DISPLAY_NAME, "ann"}}},
    {"edge_25_no_category",
     WITH("\"game_id\":\"\",\"game_name\":\"\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_CATEGORY_ID, "0"}, {LL_STREAM_CATEGORY_NAME, ""}}},
    {"edge_25_category_null",
     WITH("\"game_id\":null,\"game_name\":null"),
     OK_ROW,
     NULL,
     {{LL_STREAM_CATEGORY_ID, "0"}, {LL_STREAM_CATEGORY_NAME, ""}}},
    {"edge_26_category_without_name",
     WITH("\"game_name\":\"\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_CATEGORY_ID, "3"}, {LL_STREAM_CATEGORY_NAME, ""}}},
    {"edge_27_title_empty", WITH("\"title\":\"\""), OK_ROW, NULL, {{LL_STREAM_TITLE, ""}}},
    {"edge_27_title_a_space", WITH("\"title\":\" \""), OK_ROW, NULL, {{LL_STREAM_TITLE, " "}}},
    {"edge_28_title_scripts",
     WITH("\"title\":\"\\ud835\\udd04 \u05e9\u200d\U0001F3B5\\u202e\\n\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_TITLE, "\U0001D504 \u05e9\u200d\U0001F3B5\u202e\n"}}},
    {"edge_29_lone_surrogate",
     WITH("\"title\":\"a\\ud83eb\""),
     {.rows_out = 1, .repaired = 1},
     NULL,
     {{LL_STREAM_TITLE, "a\uFFFDb"}}},
    {"edge_29_ill_formed_utf8",
     WITH("\"title\":\"a\xFF"
          "b\xC3\""),
     {.rows_out = 1, .repaired = 2},
     NULL,
     {{LL_STREAM_TITLE, "a\uFFFDb\uFFFD"}}},
    {"edge_29_c1_control",
     WITH("\"title\":\"\\u0001\\u009f\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_TITLE, "\x01\xC2\x9F"}}},
    {"edge_31_many_tags",
     WITH("\"tags\":[\"a\",\"A\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]"),
     OK_ROW,
     NULL,
     {{LL_STREAM_TAGS, "[a,A,a,b,c,d,e,f,g,h,i,j]"}}},
    {"edge_32_viewers_0",
     WITH("\"viewer_count\":0"),
     OK_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "0"}}},
    {"edge_32_viewers_huge",
     WITH("\"viewer_count\":2147483647"),
     OK_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "2147483647"}}},
    {"edge_32_viewers_too_large",
     WITH("\"viewer_count\":2147483648"),
     REFUSED,
     "viewer_count is too large",
     {{0}}},
    {"edge_32_viewers_beyond_64_bits",
     WITH("\"viewer_count\":99999999999999999999"),
     REFUSED,
     "viewer_count is too large",
     {{0}}},
    {"edge_32_viewers_beyond_doubles", WITH("\"viewer_count\":1e999"), REFUSED, NULL, {{0}}},
    {"edge_32_viewers_negative",
     WITH("\"viewer_count\":-3"),
     CLAMPED_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "0"}}},
    {"edge_32_viewers_very_negative",
     WITH("\"viewer_count\":-99999999999999999999"),
     CLAMPED_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "0"}}},
    {"edge_32_viewers_whole_float",
     WITH("\"viewer_count\":12.0"),
     OK_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "12"}}},
    {"edge_32_viewers_exponent",
     WITH("\"viewer_count\":12e2"),
     OK_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "1200"}}},
    {"edge_32_viewers_float",
     WITH("\"viewer_count\":12.5"),
     REFUSED,
     "viewer_count is not whole",
     {{0}}},
    {"edge_32_viewers_text",
     WITH("\"viewer_count\":\"12\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_VIEWER_COUNT, "12"}}},
    {"edge_32_viewers_words",
     WITH("\"viewer_count\":\"many\""),
     REFUSED,
     "viewer_count is not a number",
     {{0}}},
    {"edge_32_viewers_bool",
     WITH("\"viewer_count\":true"),
     REFUSED,
     "viewer_count is not a number",
     {{0}}},
    {"edge_32_viewers_null",
     WITH("\"viewer_count\":null"),
     REFUSED,
     "viewer_count is missing",
     {{0}}},
    {"edge_32_viewers_absent",
     "{\"id\":\"1\",\"user_id\":\"2\"}",
     REFUSED,
     "viewer_count is missing",
     {{0}}},
    {"edge_33_id_number",
     WITH("\"id\":315655044708,\"user_id\":7,\"game_id\":4"),
     OK_ROW,
     NULL,
     {{LL_STREAM_STREAM_ID, "315655044708"},
      {LL_STREAM_BROADCASTER_ID, "7"},
      {LL_STREAM_CATEGORY_ID, "4"}}},
    {"edge_33_id_beyond_2_53",
     WITH("\"id\":\"9223372036854775807\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_STREAM_ID, "9223372036854775807"}}},
    {"edge_33_id_number_beyond_2_53",
     WITH("\"id\":9007199254740993"),
     OK_ROW,
     NULL,
     {{LL_STREAM_STREAM_ID, "9007199254740993"}}},
    {"edge_33_id_beyond_2_63",
     WITH("\"id\":\"9223372036854775808\""),
     REFUSED,
     "stream_id is out of range",
     {{0}}},
    {"edge_33_id_guid",
     WITH("\"id\":\"f252882b-8f67-494b-a7c3\""),
     REFUSED,
     "stream_id is not a number",
     {{0}}},
    {"edge_33_id_float", WITH("\"id\":1.0"), REFUSED, "stream_id is not a number", {{0}}},
    {"edge_33_id_negative", WITH("\"id\":\"-1\""), REFUSED, "stream_id is not a number", {{0}}},
    {"edge_33_id_spaced", WITH("\"id\":\" 1\""), REFUSED, "stream_id is not a number", {{0}}},
    {"edge_33_id_list", WITH("\"id\":[1]"), REFUSED, "stream_id is not a number", {{0}}},
    {"edge_33_id_empty", WITH("\"id\":\"\""), REFUSED, "stream_id is missing", {{0}}},
    {"edge_33_id_null", WITH("\"id\":null"), REFUSED, "stream_id is missing", {{0}}},
    {"edge_33_user_id_guid",
     WITH("\"user_id\":\"x\""),
     REFUSED,
     "broadcaster_id is not a number",
     {{0}}},
    {"edge_33_user_id_absent",
     "{\"id\":\"1\",\"viewer_count\":2}",
     REFUSED,
     "broadcaster_id is missing",
     {{0}}},
    {"edge_33_user_id_too_large",
     WITH("\"user_id\":9223372036854775808"),
     REFUSED,
     "broadcaster_id is out of range",
     {{0}}},
    {"edge_33_game_id_words",
     WITH("\"game_id\":\"x\""),
     REFUSED,
     "category_id is not a number",
     {{0}}},
    {"edge_34_start_empty",
     WITH("\"started_at\":\"\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_STARTED_AT, "NULL"}}},
    {"edge_34_start_unreadable",
     WITH("\"started_at\":\"yesterday\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_STARTED_AT, "NULL"}}},
    {"edge_34_start_number",
     WITH("\"started_at\":1768182962"),
     OK_ROW,
     NULL,
     {{LL_STREAM_STARTED_AT, "NULL"}}},
    {"edge_34_start_fraction",
     WITH("\"started_at\":\"2026-01-12T01:56:02.123456Z\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_STARTED_AT, "1768182962123000"}}},
    {"edge_34_start_offset",
     WITH("\"started_at\":\"2026-01-12T03:56:02+02:00\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_STARTED_AT, "1768182962000000"}}},
    {"edge_34_start_in_the_future",
     WITH("\"started_at\":\"2099-01-01T00:00:00Z\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_STARTED_AT, "4070908800000000"}}},
    {"edge_35_type_empty", WITH("\"type\":\"\""), OK_ROW, NULL, {{LL_STREAM_TYPE, ""}}},
    {"edge_35_type_new", WITH("\"type\":\"vodcast\""), OK_ROW, NULL, {{LL_STREAM_TYPE, "vodcast"}}},
    {"edge_36_language_upper_case",
     WITH("\"language\":\"ZH-HK\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_LANGUAGE, "zh-hk"}}},
    {"edge_36_language_long",
     WITH("\"language\":\"notavailable\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_LANGUAGE, "notavailable"}}},
    {"edge_36_language_null", WITH("\"language\":null"), OK_ROW, NULL, {{LL_STREAM_LANGUAGE, ""}}},
    {"edge_37_mature", WITH("\"is_mature\":true"), OK_ROW, NULL, {{LL_STREAM_IS_MATURE, "true"}}},
    {"edge_37_mature_odd",
     WITH("\"is_mature\":\"no\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_IS_MATURE, "NULL"}}},
    {"edge_38_unknown_keys",
     "{\"new\":{\"a\":[1,{\"b\":null}]},\"big\":1e400,\"tag_ids\":[[]]," STREAM ",\"x\":[]}",
     OK_ROW,
     NULL,
     {{LL_STREAM_TITLE, "t"}}},
    {"edge_39_duplicate_keys",
     WITH("\"title\":\"x\",\"title\":\"last\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_TITLE, "last"}}},
    {"edge_39_escaped_key",
     WITH("\"\\u0074itle\":\"last\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_TITLE, "last"}}},
    {"edge_40_login_upper_case",
     WITH("\"user_login\":\"Ann\",\"user_name\":\"\""),
     OK_ROW,
     NULL,
     {{LL_STREAM_LOGIN, "ann"}, {LL_STREAM_DISPLAY_NAME, "ann"}}},
    {"edge_42_two_names_of_a_category",
     WITH("\"game_name\":\"New\"") "," WITH("\"id\":\"5\",\"user_id\":\"6\",\"game_name\":\"Old\""),
     {.rows_out = 2},
     NULL,
     {{LL_STREAM_CATEGORY_NAME, "New"}}},
    {"text_is_a_number", WITH("\"title\":12"), OK_ROW, NULL, {{LL_STREAM_TITLE, "12"}}},
    {"text_is_a_list", WITH("\"title\":[\"x\"]"), REFUSED, "a text field is not text", {{0}}},
    {"record_is_null", "null", REFUSED, "the record is not an object", {{0}}},
    {"record_is_a_list", "[{" STREAM "}]", REFUSED, "the record is not an object", {{0}}},
    {"record_is_empty", "{}", REFUSED, "stream_id is missing", {{0}}},
    {"rows_are_sorted",
     WITH("\"id\":\"30\"") "," WITH("\"id\":\"4\",\"user_id\":\"3\"") "," WITH(
         "\"id\":\"200\",\"user_id\":\"4\""),
     {.rows_out = 3},
     NULL,
     {{LL_STREAM_STREAM_ID, "4"}}},
};

static void test_edge(void **state)
{
    const struct edge *edge = *state;
    struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", edge->records);
    assert_int_equal(d.counts.rows_out, edge->counts.rows_out);
    assert_int_equal(d.counts.duplicates, edge->counts.duplicates);
    assert_int_equal(d.counts.restarted, edge->counts.restarted);
    assert_int_equal(d.counts.quarantined, edge->counts.quarantined);
    assert_int_equal(d.counts.repaired, edge->counts.repaired);
    assert_int_equal(d.counts.clamped, edge->counts.clamped);
    if (edge->reason != NULL) {
        assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 0, edge->reason);
        assert_cell(&d.quarantine, LL_QUARANTINE_TABLE, 0, "stream");
        assert_cell(&d.quarantine, LL_QUARANTINE_OBJECT, 0, "part0");
        assert_cell(&d.quarantine, LL_QUARANTINE_POSITION, 0, "0");
        assert_cell(&d.quarantine, LL_QUARANTINE_RECORD, 0, edge->records);
    }
    for (size_t i = 0; i < CHECKS_MAX && edge->checks[i].text != NULL; i++)
        assert_cell(&d.rows, edge->checks[i].column, 0, edge->checks[i].text);
    ll_decoded_clear(&d);
}

static void edge_29_nul_is_kept(void **state)
{
    (void)state;
    struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", WITH("\"title\":\"a\\u0000b\""));
    struct ll_str title = ll_batch_get_text(&d.rows, LL_STREAM_TITLE, 0);
    assert_int_equal(title.len, 3);
    assert_memory_equal(title.ptr, "a\0b", 3);
    ll_decoded_clear(&d);
}

/* Titles and tags beyond 4 KiB are cut between characters. */
static void edge_30_long_texts_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *fill; /* repeated */
        size_t times, wanted_bytes;
    } cases[] = {{"x", 4096, 4096},      {"x", 4097, 4096},          {"\u00e9", 3000, 4096},
                 {"\u20ac", 3000, 4095}, {"\U0001F3B5", 2000, 4096}, {"a\U0001F3B5", 1000, 4096},
                 {"\\u20ac", 3000, 4095}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ll_buf record = {0};
        ll_buf_printf(&record, "{" STREAM ",\"tags\":[\"");
        for (size_t k = 0; k < cases[i].times; k++)
            ll_buf_add(&record, ll_str_of(cases[i].fill));
        ll_buf_printf(&record, "\"],\"title\":\"");
        for (size_t k = 0; k < cases[i].times; k++)
            ll_buf_add(&record, ll_str_of(cases[i].fill));
        ll_buf_printf(&record, "\"}");
        struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", record.ptr);
        struct ll_str title = ll_batch_get_text(&d.rows, LL_STREAM_TITLE, 0);
        struct ll_list tags = ll_batch_get_list(&d.rows, LL_STREAM_TAGS, 0);
        assert_int_equal(title.len, cases[i].wanted_bytes);
        assert_true(ll_str_is_utf8(title));
        assert_true(ll_str_equal(title, *(const struct ll_str *)tags.elements));
        assert_int_equal(d.counts.clamped, i == 0 ? 0 : 2);
        ll_decoded_clear(&d);
        ll_buf_clear(&record);
    }
}

/* Nesting beyond the reader's limit costs the record, not its neighbours. */
static void edge_38_nesting_is_capped(void **state)
{
    (void)state;
    struct ll_buf records = {0};
    ll_buf_printf(&records, "{" STREAM ",\"deep\":");
    for (size_t i = 0; i < 100; i++)
        ll_buf_add_char(&records, '[');
    for (size_t i = 0; i < 100; i++)
        ll_buf_add_char(&records, ']');
    ll_buf_printf(&records, "},{" STREAM "}");
    struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", records.ptr);
    assert_int_equal(d.counts.rows_out, 1);
    assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 0, "the record is not JSON");
    ll_decoded_clear(&d);
    ll_buf_clear(&records);
}

int main(void)
{
    enum { EDGES = sizeof(stream_edges) / sizeof(stream_edges[0]) };
    static struct CMUnitTest tests[EDGES + 3] = {
        [EDGES] = cmocka_unit_test(edge_29_nul_is_kept),
        [EDGES + 1] = cmocka_unit_test(edge_30_long_texts_are_cut),
        [EDGES + 2] = cmocka_unit_test(edge_38_nesting_is_capped),
    };
    for (size_t i = 0; i < EDGES; i++)
        tests[i] = (struct CMUnitTest){.name = stream_edges[i].name,
                                       .test_func = test_edge,
                                       .initial_state = &stream_edges[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
