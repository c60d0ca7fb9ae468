/* The decoder beyond single stream records: damage, order, identity, and the other tables. */
#include "decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

#define WITH(fields) "{" STREAM "," fields "}"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct ll_decoded decode_text(enum ll_table table, const char *kind, const char *format,
                                     const char *text)
{
    struct ll_str part = ll_str_of(text);
    return decode_parts(table, kind, format, &part, 1);
}

/* --- damage */

static void test_damage(void **state)
{
    (void)state;
#define A "{" STREAM "}"
#define B "{" STREAM ",\"id\":\"5\",\"user_id\":\"6\"}"
    static const struct {
        const char *text;
        int64_t rows_out, quarantined, position;
        const char *reason;
    } cases[] = {
        {"{\"data\":[" A "," B "]}", 2, 0, 0, NULL},
        {"\xEF\xBB\xBF {\"data\": [ " A " ,\n" B " ] } ", 2, 0, 0, NULL},
        {"{\"data\":[" A "],\"data\":[" B "]}", 2, 0, 0, NULL},
        {"{\"data\":[]}", 0, 0, 0, NULL},
        {"{\"data\":null}", 0, 0, 0, NULL},        /* edge 22 */
        {"{\"pagination\":\"x\"}", 0, 0, 0, NULL}, /* edges 21 and 22 */
        {"{}", 0, 0, 0, NULL},
        {"{\"error\":\"Internal Server Error\",\"status\":500,\"message\":\"\"}", 0, 1, -1,
         "an error answer without data"},
        {"{\"data\":{\"id\":1}}", 0, 1, -1, "data is not a list"},
        {"{\"data\":\"none\"}", 0, 1, -1, "data is not a list"},
        {"", 0, 1, -1, "not a JSON object"},
        {"<html>502</html>", 0, 1, -1, "not a JSON object"}, /* edge 1 */
        {"[" A "]", 0, 1, -1, "not a JSON object"},
        {"{\"data\":[" A "]", 1, 1, -1,
         "damaged from byte 0"}, /* edge 2; the offset is set below */
        {"{\"data\":[" A "]} x", 1, 1, -1, "damaged from byte 0"},
        {"{\"data\":[" A ",{\"id\":\"5\",\"us", 1, 1, 1, "damaged from byte 0"},
        {"{\"data\":[" A " " B "]}", 1, 1, 1, "damaged from byte 0"},
        {"{\"data\":[" A ",]}", 1, 1, 1, "damaged from byte 0"},
        {"{\"data\":[nul]}", 0, 1, 0, "damaged from byte 0"},
        {"{\"data\" [" A "]}", 0, 1, -1, "damaged from byte 0"},
        {"{\"x\":tru,\"data\":[" A "]}", 0, 1, -1, "damaged from byte 0"},
        {"{\"data\":[{\"id\":01}," B "]}", 1, 1, 0, "the record is not JSON"},
        {"{\"data\":[{\"id\":\"1\" \"user_id\":2}," B "]}", 1, 1, 0, "the record is not JSON"},
        {"{\"data\":[{\"title\":\"a\"b\"\n},\n" B "]}", 1, 1, 0, "the record is not JSON"},
        {"{\"data\":[{\"title\":\"a\n\"}," B "]}", 0, 1, 0, "damaged from byte 9"},
        {"{\"data\":[{\"title\":\"a\\x}\"}]}", 0, 1, 0, "the record is not JSON"},
        {"{\"data\":[" A ",{\"id\":}," B "]}", 2, 1, 1, "the record is not JSON"},
        {"{\"data\":[" A ",7," B ",null]}", 2, 2, 1, "the record is not an object"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ll_decoded d = decode_text(LL_TABLE_STREAM, "", "origin-json", cases[i].text);
        assert_int_equal(d.counts.rows_out, cases[i].rows_out);
        assert_int_equal(d.counts.quarantined, cases[i].quarantined);
        if (cases[i].reason != NULL) {
            const char *reason = cell(&d.quarantine, LL_QUARANTINE_REASON, 0);
            bool any_offset = ll_str_ends_with(ll_str_of(cases[i].reason), LL_STR("byte 0"));
            if (any_offset)
                assert_memory_equal(reason, "damaged from byte ", 18);
            else
                assert_string_equal(reason, cases[i].reason);
            assert_int_equal(ll_batch_get_i64(&d.quarantine, LL_QUARANTINE_POSITION, 0),
                             cases[i].position);
        }
        ll_decoded_clear(&d);
    }
}

/* The damaged rest is kept from its first lost byte on. */
static void test_damage_names_its_byte(void **state)
{
    (void)state;
    const char *text =
        "{\"data\": [{\"id\":\"1\",\"user_id\":\"2\",\"viewer_count\":3}, {\"id\": \"tail";
    struct ll_decoded d = decode_text(LL_TABLE_STREAM, "", "origin-json", text);
    const char *tail = strstr(text, "{\"id\": \"tail");
    char reason[64];
    snprintf(reason, sizeof(reason), "damaged from byte %td", tail - text);
    assert_int_equal(d.counts.rows_out, 1);
    assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 0, reason);
    assert_cell(&d.quarantine, LL_QUARANTINE_RECORD, 0, tail);
    ll_decoded_clear(&d);
}

/* Every truncation and every one-byte change: the counts add up (decode_parts), rows stay whole. */
static void test_damage_anywhere(void **state)
{
    (void)state;
    char text[] = "{\"day_date_id\":1,\"data\":[" A "," B ",{\"id\":\"x\"}]}";
    size_t len = sizeof(text) - 1;
    for (size_t cut = 0; cut < len; cut++) {
        struct ll_str part = {text, cut};
        struct ll_decoded d = decode_parts(LL_TABLE_STREAM, "", "origin-json", &part, 1);
        assert_true(d.counts.quarantined >= 1);
        ll_decoded_clear(&d);
    }
    for (size_t i = 0; i < len; i++) {
        static const char changes[] = {'"', '{', '}', ',', '\\', '\n', '\0', (char)0xFF};
        for (size_t k = 0; k < sizeof(changes); k++) {
            char old = text[i];
            text[i] = changes[k];
            struct ll_str part = {text, len};
            struct ll_decoded d = decode_parts(LL_TABLE_STREAM, "", "origin-json", &part, 1);
            assert_true(d.counts.rows_out <= 2);
            ll_decoded_clear(&d);
            text[i] = old;
        }
    }
}

static void test_quarantined_records_are_cut(void **state)
{
    (void)state;
    struct ll_buf record = {0};
    ll_buf_printf(&record, "{\"title\":\"");
    for (size_t i = 0; i < 40000; i++)
        ll_buf_add(&record, LL_STR("\u20ac"));
    ll_buf_printf(&record, "\"}");
    struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", record.ptr);
    struct ll_str kept = ll_batch_get_text(&d.quarantine, LL_QUARANTINE_RECORD, 0);
    assert_true(kept.len <= 65536 && kept.len > 65536 - 4);
    assert_true(ll_str_is_utf8(kept));
    ll_decoded_clear(&d);
    ll_buf_clear(&record);
    d = decode_records(LL_TABLE_STREAM, "", "{\"title\":\"\xFF\"}");
    assert_cell(&d.quarantine, LL_QUARANTINE_RECORD, 0, "{\"title\":\"\uFFFD\"}");
    ll_decoded_clear(&d);
}

static void test_unknown_format(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_decoder *decoder =
        ll_decoder_new(&(struct ll_decoder_options){.table = LL_TABLE_STREAM});
    struct ll_raw_part part = {LL_STR("k"), LL_STR("xml"), LL_STR("<a/>")};
    assert_status(LL_INVALID, ll_decoder_add(decoder, &part, &err), &err);
    ll_decoder_free(decoder);
    ll_decoder_free(NULL);
}

/* --- identity and order */

/* Values computed with Python's hashlib over the bytes that ll_decoder_finish documents. */
static void test_detail_id_golden(void **state)
{
    (void)state;
    struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", "{" STREAM "}");
    assert_cell(&d.rows, LL_STREAM_DETAIL_ID, 0, "-1742188996247556045");
    ll_decoded_clear(&d);
    d = decode_records(LL_TABLE_STREAM, "",
                       WITH("\"started_at\":\"\",\"user_name\":\"\u5b89\u5a1c\",\"game_name\":\"\","
                            "\"title\":\"\",\"tags\":null"));
    assert_cell(&d.rows, LL_STREAM_DETAIL_ID, 0, "5879795144644322717");
    ll_decoded_clear(&d);
}

static int64_t detail_of(const char *record)
{
    struct ll_decoded d = decode_records(LL_TABLE_STREAM, "", record);
    int64_t id = ll_batch_get_i64(&d.rows, LL_STREAM_DETAIL_ID, 0);
    ll_decoded_clear(&d);
    return id;
}

static void test_detail_id_tells_details_apart(void **state)
{
    (void)state;
    int64_t plain = detail_of("{" STREAM "}");
    static const char *const same[] = {
        WITH("\"viewer_count\":99"),
        WITH("\"game_id\":\"77\""),
        WITH("\"language\":\"de\""),
        WITH("\"started_at\":\"2026-01-12T01:56:02.000Z\""),
        WITH("\"id\":\"77\",\"is_mature\":true"),
        WITH("\"title\":\"\\u0074\""),
        WITH("\"user_login\":\"ANN\""),
    };
    static const char *const other[] = {
        WITH("\"title\":\"u\""),
        WITH("\"tags\":[\"a\",\"c\"]"),
        WITH("\"tags\":[\"b\",\"a\"]"),
        WITH("\"tags\":[\"ab\"]"),
        WITH("\"tags\":[]"),
        WITH("\"tags\":[\"a\",\"b\",\"\"]"),
        WITH("\"user_name\":\"ann\""),
        WITH("\"user_login\":\"bob\""),
        WITH("\"game_name\":\"Gam\""),
        WITH("\"type\":\"\""),
        WITH("\"started_at\":\"2026-01-12T01:56:03Z\""),
        WITH("\"started_at\":null"),
    };
    for (size_t i = 0; i < COUNT(same); i++)
        assert_int_equal(detail_of(same[i]), plain);
    for (size_t i = 0; i < COUNT(other); i++)
        assert_int_not_equal(detail_of(other[i]), plain);
}

static void assert_same_rows(const struct ll_batch *a, const struct ll_batch *b)
{
    assert_int_equal(a->row_count, b->row_count);
    for (size_t row = 0; row < a->row_count; row++)
        for (size_t column = 0; column < a->column_count; column++) {
            char text[256];
            snprintf(text, sizeof(text), "%s", cell(a, column, row));
            assert_cell(b, column, row, text);
        }
}

static void add_record(struct ll_buf *out, unsigned stream)
{
    /* Streams 0 and 1, 10 and 11, … are two of one broadcaster; every copy of a stream agrees. */
    unsigned broadcaster = stream % 10 == 1 ? stream - 1 : stream;
    ll_buf_printf(out,
                  "{\"id\":\"%u\",\"user_id\":%u,\"user_login\":\"u%u\",\"viewer_count\":%u,"
                  "\"title\":\"t\\u00e9%u\",\"tags\":[\"x%u\"],"
                  "\"started_at\":\"2026-01-12T01:%02u:00Z\"}",
                  stream + 1, broadcaster + 1, broadcaster, stream * 7, stream, stream, stream % 7);
}

/* Records in any order, in any number of parts, with any copies: the same rows. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    enum { STREAMS = 60, PARTS = 4, RECORDS = 150, ROUNDS = 25 };
    struct ll_decoded first = {0};
    struct ll_rand rand;
    ll_rand_seed(&rand, 42);
    for (int round = 0; round < ROUNDS; round++) {
        unsigned records[RECORDS];
        struct ll_buf texts[PARTS] = {0};
        struct ll_str parts[PARTS];
        for (unsigned i = 0; i < RECORDS; i++)
            records[i] = i % STREAMS;
        for (size_t i = RECORDS - 1; i > 0; i--) {
            size_t k = (size_t)ll_rand_below(&rand, i + 1);
            unsigned swap = records[i];
            records[i] = records[k];
            records[k] = swap;
        }
        for (size_t p = 0; p < PARTS; p++)
            ll_buf_add(&texts[p], LL_STR("{\"data\":["));
        for (size_t i = 0; i < RECORDS; i++) {
            struct ll_buf *text = &texts[ll_rand_below(&rand, PARTS)];
            if (text->ptr[text->len - 1] == '}')
                ll_buf_add_char(text, ',');
            add_record(text, records[i]);
        }
        for (size_t p = 0; p < PARTS; p++) {
            ll_buf_add(&texts[p], LL_STR("]}"));
            parts[p] = ll_buf_str(&texts[p]);
        }
        struct ll_decoded d = decode_parts(LL_TABLE_STREAM, "", "origin-json", parts, PARTS);
        assert_int_equal(d.counts.rows_in, RECORDS);
        assert_int_equal(d.counts.duplicates, RECORDS - STREAMS);
        assert_int_equal(d.counts.restarted, STREAMS / 10);
        if (round == 0)
            first = d;
        else
            assert_same_rows(&first.rows, &d.rows);
        if (round > 0)
            ll_decoded_clear(&d);
        for (size_t p = 0; p < PARTS; p++)
            ll_buf_clear(&texts[p]);
    }
    ll_decoded_clear(&first);
}

/* --- the other tables */

struct table_case {
    const char *name;
    enum ll_table table;
    const char *kind, *records;
    int64_t rows_out, duplicates;
    const char *reason;
    struct {
        size_t column;
        const char *text;
    } checks[5];
};

static struct table_case table_cases[] = {
    {"user",
     LL_TABLE_USER,
     "",
     "{\"id\":\"7\",\"login\":\"ANN\",\"display_name\":\"Ann\",\"type\":\"\",\"broadcaster_type\":"
     "\"partner\","
     "\"description\":\"hi\",\"view_count\":0,\"created_at\":\"2016-12-14T20:32:28.894263Z\"}",
     1,
     0,
     NULL,
     {{LL_USER_AT, "1767059100"},
      {LL_USER_LOGIN, "ann"},
      {LL_USER_BROADCASTER_TYPE, "partner"},
      {LL_USER_OFFLINE_IMAGE_URL, ""},
      {LL_USER_CREATED_AT, "1481747548894000"}}},
    {"edge_41_user_without_anything",
     LL_TABLE_USER,
     "",
     "{\"id\":7,\"login\":\"ann\"}",
     1,
     0,
     NULL,
     {{LL_USER_BROADCASTER_ID, "7"}, {LL_USER_DISPLAY_NAME, "ann"}, {LL_USER_CREATED_AT, "NULL"}}},
    {"user_without_id",
     LL_TABLE_USER,
     "",
     "{\"login\":\"ann\"}",
     0,
     0,
     "broadcaster_id is missing",
     {{0}}},
    {"category",
     LL_TABLE_CATEGORY,
     "",
     "{\"id\":\"21779\",\"name\":\"G\",\"box_art_url\":\"u-{width}x{height}.jpg\",\"igdb_id\":"
     "\"115\"}",
     1,
     0,
     NULL,
     {{LL_CATEGORY_CATEGORY_ID, "21779"},
      {LL_CATEGORY_NAME, "G"},
      {LL_CATEGORY_IGDB_ID, "115"},
      {LL_CATEGORY_BOX_ART_URL, "u-{width}x{height}.jpg"}}},
    {"edge_43_igdb_id_empty",
     LL_TABLE_CATEGORY,
     "",
     "{\"id\":\"1\",\"name\":\"G\",\"igdb_id\":\"\"}",
     1,
     0,
     NULL,
     {{LL_CATEGORY_IGDB_ID, "NULL"}}},
    {"edge_43_igdb_id_absent",
     LL_TABLE_CATEGORY,
     "",
     "{\"id\":\"1\",\"name\":\"G\"}",
     1,
     0,
     NULL,
     {{LL_CATEGORY_IGDB_ID, "NULL"}}},
    {"igdb_id_words",
     LL_TABLE_CATEGORY,
     "",
     "{\"id\":\"1\",\"name\":\"G\",\"igdb_id\":\"x\"}",
     0,
     0,
     "igdb_id is not a number",
     {{0}}},
    {"edge_44_top_games_repeat",
     LL_TABLE_CATEGORY,
     "",
     "{\"id\":\"2\",\"name\":\"B\"},{\"id\":\"1\",\"name\":\"A\"},{\"id\":\"1\",\"name\":\"A2\","
     "\"igdb_id\":3}",
     2,
     1,
     NULL,
     {{LL_CATEGORY_NAME, "A2"}, {LL_CATEGORY_IGDB_ID, "3"}}},
    {"edge_42_two_categories_of_a_name",
     LL_TABLE_CATEGORY,
     "",
     "{\"id\":\"1\",\"name\":\"Chess\",\"igdb_id\":\"5\"},{\"id\":\"2\",\"name\":\"Chess\",\"igdb_"
     "id\":\"5\"}",
     2,
     0,
     NULL,
     {{LL_CATEGORY_NAME, "Chess"}}},
    {"game_genres",
     LL_TABLE_GAME,
     "genre_bridge",
     "{\"id\":5,\"genres\":[31,\"12\",31],\"name\":\"N\"}",
     1,
     0,
     NULL,
     {{LL_GAME_IGDB_ID, "5"},
      {LL_GAME_NAME, "N"},
      {LL_GAME_GENRES, "[12,31]"},
      {LL_GAME_GAME_MODES, "NULL"}}},
    {"game_modes",
     LL_TABLE_GAME,
     "game_mode_bridge",
     "{\"id\":5,\"game_modes\":[1],\"genres\":[9]}",
     1,
     0,
     NULL,
     {{LL_GAME_GENRES, "NULL"}, {LL_GAME_GAME_MODES, "[1]"}}},
    {"game_all",
     LL_TABLE_GAME,
     "game",
     "{\"id\":5,\"game_modes\":[1],\"genres\":[9],\"themes\":[2],\"player_perspectives\":[3,1]}",
     1,
     0,
     NULL,
     {{LL_GAME_GENRES, "[9]"},
      {LL_GAME_GAME_MODES, "[1]"},
      {LL_GAME_THEMES, "[2]"},
      {LL_GAME_PLAYER_PERSPECTIVES, "[1,3]"}}},
    {"edge_48_absent_list_is_not_stated",
     LL_TABLE_GAME,
     "genre_bridge",
     "{\"id\":5,\"name\":\"N\"}",
     1,
     0,
     NULL,
     {{LL_GAME_GENRES, "NULL"}}},
    {"edge_48_null_list_is_not_stated",
     LL_TABLE_GAME,
     "genre_bridge",
     "{\"id\":5,\"genres\":null}",
     1,
     0,
     NULL,
     {{LL_GAME_GENRES, "NULL"}}},
    {"edge_48_empty_list_is_none",
     LL_TABLE_GAME,
     "genre_bridge",
     "{\"id\":5,\"genres\":[]}",
     1,
     0,
     NULL,
     {{LL_GAME_GENRES, "[]"}}},
    {"edge_53_odd_dates",
     LL_TABLE_GAME,
     "game",
     "{\"id\":5,\"first_release_date\":-99999999999999999999,\"created_at\":\"x\"}",
     1,
     0,
     NULL,
     {{LL_GAME_IGDB_ID, "5"}}},
    {"game_list_of_words",
     LL_TABLE_GAME,
     "genre_bridge",
     "{\"id\":5,\"genres\":[\"RPG\"]}",
     0,
     0,
     "a list of ids is not a list of numbers",
     {{0}}},
    {"game_list_of_objects",
     LL_TABLE_GAME,
     "genre_bridge",
     "{\"id\":5,\"genres\":[{\"id\":1}]}",
     0,
     0,
     "a list of ids is not a list of numbers",
     {{0}}},
    {"term",
     LL_TABLE_TERM,
     "genre",
     "{\"id\":2,\"name\":\"Point-and-click\",\"slug\":\"point-and-click\"}",
     1,
     0,
     NULL,
     {{LL_TERM_KIND, "genre"},
      {LL_TERM_ID, "2"},
      {LL_TERM_NAME, "Point-and-click"},
      {LL_TERM_SLUG, "point-and-click"}}},
    {"term_without_id", LL_TABLE_TERM, "genre", "{\"name\":\"x\"}", 0, 0, "id is missing", {{0}}},
    {"language_as_json",
     LL_TABLE_LANGUAGE,
     "",
     "{\"language_id\":\"EN\",\"language\":\"English\"}",
     1,
     0,
     NULL,
     {{LL_LANGUAGE_CODE, "en"}, {LL_LANGUAGE_NAME, "English"}}},
};

static void test_table(void **state)
{
    const struct table_case *c = *state;
    struct ll_decoded d = decode_records(c->table, c->kind, c->records);
    assert_int_equal(d.counts.rows_out, c->rows_out);
    assert_int_equal(d.counts.duplicates, c->duplicates);
    assert_int_equal(d.counts.quarantined, c->reason != NULL);
    if (c->reason != NULL)
        assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 0, c->reason);
    for (size_t i = 0; i < COUNT(c->checks) && c->checks[i].text != NULL; i++)
        assert_cell(&d.rows, c->checks[i].column, 0, c->checks[i].text);
    ll_decoded_clear(&d);
}

static void test_languages_csv(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t rows_out, quarantined;
        const char *reason, *code, *name;
    } cases[] = {
        {"language_id,language\nen,English\nde,German\n", 2, 0, NULL, "de", "German"},
        {"language_id,language\r\nen,English\r\n\r\n", 1, 0, NULL, "en", "English"},
        {"\xEF\xBB\xBFlanguage,language_id\n\"Chinese, \"\"Hong Kong\"\"\",zh-hk", 1, 0, NULL,
         "zh-hk", "Chinese, \"Hong Kong\""},
        {"language_id,language\nen,\"Eng\nlish\"\n", 1, 0, NULL, "en", "Eng\nlish"},
        {"language_id,language\nen,a\nen,b\n", 1, 0, NULL, "en", "b"},
        {"language_id,language\nen,Fran\xE7"
         "ais\n",
         1, 0, NULL, "en",
         "Fran\uFFFD"
         "ais"},
        {"language_id,language\nen\nde,German\n", 1, 1, "not as many fields as the header", "de",
         "German"},
        {"language_id,language\n,Nothing\nde,German\n", 1, 1, "language_id is missing", "de",
         "German"},
        {"language_id,language\nde,German\nen,\"Eng\"lish\n", 1, 1, "quotes do not match", "de",
         "German"},
        {"language_id,language\nde,German\nen,\"English\n", 1, 1, "quotes do not match", "de",
         "German"},
        {"code,name\nen,English\n", 0, 1, "the header lacks a column", NULL, NULL},
        {"", 0, 1, "the header lacks a column", NULL, NULL},
        {"language_id,language\n", 0, 0, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ll_decoded d = decode_text(LL_TABLE_LANGUAGE, "", "origin-csv", cases[i].text);
        assert_int_equal(d.counts.rows_out, cases[i].rows_out);
        assert_int_equal(d.counts.quarantined, cases[i].quarantined);
        if (cases[i].reason != NULL)
            assert_cell(&d.quarantine, LL_QUARANTINE_REASON, 0, cases[i].reason);
        if (cases[i].code != NULL) {
            assert_cell(&d.rows, LL_LANGUAGE_CODE, 0, cases[i].code);
            assert_cell(&d.rows, LL_LANGUAGE_NAME, 0, cases[i].name);
        }
        ll_decoded_clear(&d);
    }
}

static void test_table_names(void **state)
{
    (void)state;
    for (int i = 0; i < LL_TABLE_COUNT_; i++) {
        const struct ll_schema *schema = ll_table_schema((enum ll_table)i);
        enum ll_table table = LL_TABLE_COUNT_;
        assert_true(ll_table_parse(ll_str_of(schema->table), &table));
        assert_int_equal(table, i);
        for (size_t k = 0; k < schema->count; k++)
            assert_non_null(schema->fields[k].name);
    }
    enum ll_table table = LL_TABLE_USER;
    assert_false(ll_table_parse(LL_STR("streams"), &table));
    assert_int_equal(table, LL_TABLE_USER);
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(table_cases) + 10] = {
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_names_its_byte),
        cmocka_unit_test(test_damage_anywhere),
        cmocka_unit_test(test_quarantined_records_are_cut),
        cmocka_unit_test(test_unknown_format),
        cmocka_unit_test(test_detail_id_golden),
        cmocka_unit_test(test_detail_id_tells_details_apart),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_languages_csv),
        cmocka_unit_test(test_table_names),
    };
    for (size_t i = 0; i < COUNT(table_cases); i++)
        tests[10 + i] = (struct CMUnitTest){
            .name = table_cases[i].name, .test_func = test_table, .initial_state = &table_cases[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
