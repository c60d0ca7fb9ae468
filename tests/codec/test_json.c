#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/json_oracle.h"

#define S(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* A copy that ends where the allocation ends, so that a sanitizer sees the first byte read beyond.
 */
static struct ll_str exact_copy(struct ll_str s)
{
    char *bytes = malloc(s.len > 0 ? s.len : 1);
    assert_non_null(bytes);
    if (s.len > 0)
        memcpy(bytes, s.ptr, s.len);
    return (struct ll_str){bytes, s.len};
}

static void free_copy(struct ll_str s)
{
    free((void *)(uintptr_t)s.ptr);
}

static void accepts_the_grammar(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text;
        const char *canon;
    } cases[] = {
        {S("null"), "null"},
        {S("true"), "true"},
        {S(" \t\r\n false \t\r\n "), "false"},
        {S("0"), "0"},
        {S("-0"), "0"},
        {S("-12"), "-12"},
        {S("9223372036854775807"), "9223372036854775807"},
        {S("1.5"), "1.5f"},
        {S("0.25e+2"), "25f"},
        {S("1E-2"), "0.01f"},
        {S("1e0007"), "10000000f"},
        {S("1e999"), "1e999"},
        {S("\"\""), "\"\""},
        {S("[]"), "[]"},
        {S("[ ]"), "[]"},
        {S("{}"), "{}"},
        {S("{ \n}"), "{}"},
        {S("[1,2 , 3]"), "[1,2,3]"},
        {S("[[],[[]],{}]"), "[[],[[]],{}]"},
        {S("{\"a\":1,\"b\":{\"c\":[null]}}"), "{\"a\":1,\"b\":{\"c\":[null]}}"},
        {S("{\"a\" : 1 , \"a\" : 2}"), "{\"a\":1,\"a\":2}"},
        {S("{\"\":\"\"}"), "{\"\":\"\"}"},
        {S("{\"\\u0061b\":1}"), "{\"ab\":1}"},
        {S("\"a/b\\/c\""), "\"a/b/c\""},
        {S("\"\\\"\\\\\\b\\f\\n\\r\\t\""), "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {S("\"\\u0041\\u00e9\\u3042\\uD83d\\uDE00\""), "\"Aéあ😀\""},
        {S("\"\x7F\""), "\"\\u007f\""},
        {S("\"\\u0000\""), "\"\\u0000\""},
        {S("\"\\uFFFF\\ufffe\""), "\"\uFFFF\uFFFE\""},
        {S("\"é日本😀\""), "\"é日本😀\""},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str text = exact_copy(cases[i].text);
        struct ll_buf out = {0};
        struct ll_json reader = json_canon(text, &out);
        assert_null(reader.error);
        assert_int_equal(reader.repaired, 0);
        assert_string_equal(out.ptr, cases[i].canon);
        assert_null(json_disagreement(text));
        ll_buf_clear(&out);
        free_copy(text);
    }
}

static void refuses_all_else(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text;
        size_t offset;
    } cases[] = {
        {S(""), 0},
        {S(" \n"), 2},
        {S("nul"), 0},
        {S("nulL"), 0},
        {S("nullx"), 4},
        {S("True"), 0},
        {S("tru"), 0},
        {S("01"), 1},
        {S("-01"), 2},
        {S("+1"), 0},
        {S("-"), 1},
        {S("-a"), 1},
        {S(".5"), 0},
        {S("5."), 2},
        {S("5.e1"), 2},
        {S("1e"), 2},
        {S("1e+"), 3},
        {S("1.5.2"), 3},
        {S("0x10"), 1},
        {S("1_000"), 1},
        {S("NaN"), 0},
        {S("Infinity"), 0},
        {S("-Infinity"), 1},
        {S("1 2"), 2},
        {S("[1 2]"), 3},
        {S("[1,]"), 3},
        {S("[,1]"), 1},
        {S("[1,,2]"), 3},
        {S("[1"), 2},
        {S("[1}"), 2},
        {S("]"), 0},
        {S("[]]"), 2},
        {S("{"), 1},
        {S("{\"a\"}"), 4},
        {S("{\"a\":}"), 5},
        {S("{\"a\":1,}"), 7},
        {S("{,\"a\":1}"), 1},
        {S("{\"a\":1 \"b\":2}"), 7},
        {S("{\"a\" 1}"), 5},
        {S("{a:1}"), 1},
        {S("{'a':1}"), 1},
        {S("{1:1}"), 1},
        {S("{\"a\":1]"), 6},
        {S("{\"a\":1}}"), 7},
        {S("'a'"), 0},
        {S("\"a"), 2},
        {S("\""), 1},
        {S("\"\\"), 1},
        {S("\"\\\""), 3},
        {S("\"\\x41\""), 1},
        {S("\"\\U0041\""), 1},
        {S("\"\\u\""), 1},
        {S("\"\\u12\""), 1},
        {S("\"\\u123g\""), 1},
        {S("\"\\u 123\""), 1},
        {S("\"\\ud83d\\u12\""), 7},
        {S("\"a\nb\""), 2},
        {S("\"a\tb\""), 2},
        {S("\"\0\""), 1},
        {S("\"\x1F\""), 1},
        {S("\0null"), 0},
        {S("null\0"), 4},
        {S("\xEF\xBB\xBFnull"), 0},
        {S("\xC2\xA0null"), 0},
        {S("\x0Cnull"), 0},
        {S("\x0Bnull"), 0},
        {S("[1]\xFF"), 3},
        {S("/**/1"), 0},
        {S("1//"), 1},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str text = exact_copy(cases[i].text);
        struct ll_buf out = {0};
        struct ll_json reader = json_canon(text, &out);
        assert_non_null(reader.error);
        assert_int_equal(reader.error_offset, cases[i].offset);
        assert_null(json_disagreement(text));
        ll_buf_clear(&out);
        free_copy(text);
    }
}

static void depth_is_capped(void **state LL_UNUSED)
{
    static const char *const opens[] = {"[", "{\"k\":"};
    static const char *const closes[] = {"]", "}"};
    for (size_t kind = 0; kind < 2; kind++) {
        for (int depth = LL_JSON_DEPTH - 1; depth <= LL_JSON_DEPTH + 1; depth++) {
            struct ll_buf text = {0}, out = {0};
            for (int i = 0; i < depth; i++)
                ll_buf_printf(&text, "%s", opens[kind]);
            ll_buf_add_char(&text, '1');
            for (int i = 0; i < depth; i++)
                ll_buf_printf(&text, "%s", closes[kind]);
            struct ll_json reader = json_canon(ll_buf_str(&text), &out);
            assert_int_equal(reader.error == NULL, depth <= LL_JSON_DEPTH);
            if (reader.error != NULL)
                assert_int_equal(reader.error_offset, LL_JSON_DEPTH * strlen(opens[kind]));
            assert_null(json_disagreement(ll_buf_str(&text)));
            ll_buf_clear(&text);
            ll_buf_clear(&out);
        }
    }
}

/* Ill-formed UTF-8 and lone surrogates: replaced by one U+FFFD each and counted. */
static void strings_are_repaired(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text, value;
        size_t repaired;
    } cases[] = {
        {S("\"\\ud83e\""), S("\uFFFD"), 1},
        {S("\"\\udc00\""), S("\uFFFD"), 1},
        {S("\"\\ud83ex\""), S("\uFFFDx"), 1},
        {S("\"\\ud83e\\n\""), S("\uFFFD\n"), 1},
        {S("\"\\ud83e\\u0041\""),
         S("\uFFFD"
           "A"),
         1},
        {S("\"\\udc00\\ud83e\""), S("\uFFFD\uFFFD"), 2},
        {S("\"\\ud83e\\ud83d\\ude00\""), S("\uFFFD😀"), 1},
        {S("\"\\ufffd\""), S("\uFFFD"), 0},
        {S("\"a\\u0000b\""), S("a\0b"), 0},
        {S("\"\xFF\""), S("\uFFFD"), 1},
        {S("\"\x80\x80\""), S("\uFFFD\uFFFD"), 2},
        {S("\"\xC0\xAF\""), S("\uFFFD\uFFFD"), 2},
        {S("\"\xE0\x80\xAF\""), S("\uFFFD\uFFFD\uFFFD"), 3},
        {S("\"\xED\xA0\xBD\""), S("\uFFFD\uFFFD\uFFFD"), 3},
        {S("\"\xF4\x90\x80\x80\""), S("\uFFFD\uFFFD\uFFFD\uFFFD"), 4},
        {S("\"\xE3\x81\""), S("\uFFFD"), 1},
        {S("\"\xF0\x9F\x98\""), S("\uFFFD"), 1},
        {S("\"\xC3\\u0041\""),
         S("\uFFFD"
           "A"),
         1},
        {S("\"é\xC3 é\""), S("é\uFFFD é"), 1},
        {S("\"\xE3\x81\x82\xE3\x81\""), S("あ\uFFFD"), 1},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_str text = exact_copy(cases[i].text), value = {0};
        struct ll_arena arena = {0};
        struct ll_json reader = ll_json_reader(text, &arena);
        assert_true(ll_json_string(&reader, &value));
        assert_true(ll_json_done(&reader));
        assert_true(ll_str_equal(value, cases[i].value));
        assert_int_equal(reader.repaired, cases[i].repaired);
        assert_null(json_disagreement(text));
        ll_arena_clear(&arena);
        free_copy(text);
    }
}

/* Each kind of special piece at each offset, so that it meets every place in a step of the scan. */
static void pieces_at_every_offset(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str piece, value;
    } cases[] = {
        {S(""), S("")},
        {S("\\n"), S("\n")},
        {S("\\ud83d\\ude00"), S("😀")},
        {S("é"), S("é")},
        {S("あ"), S("あ")},
        {S("😀"), S("😀")},
        {S("\xFF"), S("\uFFFD")},
        {S("あ\\\"😀\xE3\x81 "), S("あ\"😀\uFFFD ")},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        for (size_t before = 0; before < 40; before++) {
            for (size_t after = 0; after < 40; after += 3) {
                struct ll_buf text = {0}, expected = {0};
                ll_buf_printf(&text, "\"%.*s%.*s%.*s\"", (int)before,
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN", LL_FMT(cases[i].piece),
                              (int)after, "0123456789012345678901234567890123456789");
                ll_buf_printf(&expected, "%.*s%.*s%.*s", (int)before,
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN", LL_FMT(cases[i].value),
                              (int)after, "0123456789012345678901234567890123456789");
                struct ll_arena arena = {0};
                struct ll_str copy = exact_copy(ll_buf_str(&text)), value = {0};
                struct ll_json reader = ll_json_reader(copy, &arena);
                assert_true(ll_json_string(&reader, &value));
                assert_true(ll_str_equal(value, ll_buf_str(&expected)));
                assert_true(ll_json_done(&reader));
                ll_arena_clear(&arena);
                free_copy(copy);
                ll_buf_clear(&text);
                ll_buf_clear(&expected);
            }
        }
    }
}

static void control_bytes_at_every_offset(void **state LL_UNUSED)
{
    for (size_t at = 1; at < 50; at++) {
        for (int c = 0; c < 0x20; c++) {
            char text[52];
            memset(text, 'x', sizeof(text));
            text[0] = text[51] = '"';
            text[at] = (char)c;
            struct ll_json reader = ll_json_reader((struct ll_str){text, sizeof(text)}, NULL);
            assert_false(ll_json_skip(&reader));
            assert_int_equal(reader.error_offset, at);
        }
    }
}

static const char document[] =
    "{\"data\" : [ {\"id\":\"4123\",\"title\":\"a \\\"b\\\" \\u00e9 \\ud83d\\ude00 "
    "日本語 long enough for a step\",\"viewer_count\":-12.5e+3,\"tags\":[\"x\",\"\",\"é\"],"
    "\"is_mature\":false,\"game\":null} , {} ],\"pagination\":{\"cursor\":\"eyJ\"},\"ok\":true}";

static void no_prefix_is_a_document(void **state LL_UNUSED)
{
    struct ll_str whole = {document, sizeof(document) - 1};
    for (size_t len = 0; len <= whole.len; len++) {
        struct ll_str text = exact_copy(ll_str_sub(whole, 0, len));
        struct ll_buf out = {0};
        struct ll_json reader = json_canon(text, &out);
        assert_int_equal(reader.error == NULL, len == whole.len);
        assert_true(reader.error_offset <= len);
        assert_null(json_disagreement(text));
        ll_buf_clear(&out);
        free_copy(text);
    }
}

/* After an error: every call false, nothing written, the first error kept. */
static void errors_stick(void **state LL_UNUSED)
{
    struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(LL_STR("[1, x, {\"a\":\"b\"}, true]"), &arena);
    struct ll_str s = LL_STR("kept");
    bool b = true;
    assert_true(ll_json_enter_array(&r));
    assert_true(ll_json_next_item(&r));
    assert_true(ll_json_number(&r, &s));
    assert_true(ll_json_next_item(&r));
    s = LL_STR("kept");
    assert_int_equal(ll_json_peek(&r), LL_JSON_NONE);
    assert_string_equal(r.error, "expected a value");
    assert_int_equal(r.error_offset, 4);
    for (int i = 0; i < 2; i++) {
        assert_false(ll_json_next_item(&r));
        assert_false(ll_json_next_key(&r, &s));
        assert_false(ll_json_enter_object(&r));
        assert_false(ll_json_enter_array(&r));
        assert_false(ll_json_string(&r, &s));
        assert_false(ll_json_number(&r, &s));
        assert_false(ll_json_bool(&r, &b));
        assert_false(ll_json_null(&r));
        assert_false(ll_json_skip(&r));
        assert_false(ll_json_capture(&r, &s));
        assert_false(ll_json_done(&r));
        assert_int_equal(ll_json_peek(&r), LL_JSON_NONE);
    }
    assert_true(ll_str_equal(s, LL_STR("kept")));
    assert_true(b);
    assert_string_equal(r.error, "expected a value");
    assert_int_equal(r.error_offset, 4);
    ll_arena_clear(&arena);
}

static void wrong_kinds_are_errors(void **state LL_UNUSED)
{
    static const char *const values[] = {"null", "true", "1", "\"s\"", "[]", "{}"};
    for (size_t i = 0; i < LL_COUNT(values); i++) {
        struct ll_json readers[6];
        struct ll_str s;
        bool b;
        for (size_t k = 0; k < LL_COUNT(readers); k++)
            readers[k] = ll_json_reader(ll_str_of(values[i]), NULL);
        assert_int_equal(ll_json_null(&readers[0]), i == 0);
        assert_int_equal(ll_json_bool(&readers[1], &b), i == 1);
        assert_int_equal(ll_json_number(&readers[2], &s), i == 2);
        assert_int_equal(ll_json_string(&readers[3], &s), i == 3);
        assert_int_equal(ll_json_enter_array(&readers[4]), i == 4);
        assert_int_equal(ll_json_enter_object(&readers[5]), i == 5);
        for (size_t k = 0; k < LL_COUNT(readers); k++)
            assert_int_equal(readers[k].error == NULL, i == k);
    }
}

/* Views where possible: a plain string points into the input and costs no memory. */
static void plain_strings_are_views(void **state LL_UNUSED)
{
    struct ll_str text = LL_STR("[\"plain é\",\"esc\\n\"]"), plain = {0}, escaped = {0};
    struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(text, &arena);
    assert_true(ll_json_enter_array(&r) && ll_json_next_item(&r) && ll_json_string(&r, &plain));
    assert_ptr_equal(plain.ptr, text.ptr + 2);
    assert_int_equal(arena.used_bytes, 0);
    assert_true(ll_json_next_item(&r) && ll_json_string(&r, &escaped));
    assert_true(escaped.ptr < text.ptr || escaped.ptr > text.ptr + text.len);
    assert_true(arena.used_bytes > 0);
    assert_false(ll_json_next_item(&r));
    assert_true(ll_json_done(&r));
    ll_arena_clear(&arena);
}

/* A guess that is right takes the key; any other leaves the reader as it was. */
static void keys_can_be_guessed(void **state LL_UNUSED)
{
    static const struct {
        const char *text, *key;
        bool right;
    } cases[] = {
        {"{\"id\":1}", "id", true},
        {" { \"type\" : 1 } ", "type", true},
        {"{\"user_login\":1}", "user_login", true},
        {"{\"twenty_bytes_of_a_key\":1}", "twenty_bytes_of_a_key", true},
        {"{\"\":1}", "", true},
        {"{\"id\":1}", "ie", false},
        {"{\"id2\":1}", "id", false},
        {"{\"user_logim\":1}", "user_login", false},
        {"{\"\\u0069d\":1}", "id", false},
        {"{\"id\" 1}", "id", false},
        {"{\"id", "id", false},
        {"{,\"id\":1}", "id", false},
        {"{}", "id", false},
        {"{", "id", false},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_arena arena = {0};
        struct ll_json r = ll_json_reader(ll_str_of(cases[i].text), &arena);
        struct ll_str literal;
        assert_true(ll_json_enter_object(&r));
        struct ll_json before = r;
        assert_int_equal(ll_json_try_key(&r, ll_str_of(cases[i].key)), cases[i].right);
        if (cases[i].right) {
            assert_int_equal(ll_json_scalar(&r, &literal), LL_JSON_NUMBER);
            assert_true(ll_str_equal(literal, LL_STR("1")));
            assert_false(ll_json_try_key(&r, LL_STR("id")));
            assert_false(ll_json_next_key(&r, &literal));
            assert_true(ll_json_done(&r));
        } else {
            assert_memory_equal(&r, &before, sizeof(r));
        }
        ll_arena_clear(&arena);
    }
}

static void scalars_are_read_by_kind(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        enum ll_json_kind kind;
        const char *value; /* NULL = untouched */
    } cases[] = {
        {"null", LL_JSON_NULL, NULL},
        {"true", LL_JSON_TRUE, NULL},
        {"false", LL_JSON_FALSE, NULL},
        {" -2e1", LL_JSON_NUMBER, "-2e1"},
        {"\"a\\n\"", LL_JSON_STRING, "a\n"},
        {"\"\"", LL_JSON_STRING, ""},
        {"", LL_JSON_NONE, NULL},
        {"nul", LL_JSON_NONE, NULL},
        {"\"a", LL_JSON_NONE, NULL},
        {"-", LL_JSON_NONE, NULL},
        {"]", LL_JSON_NONE, NULL},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_arena arena = {0};
        struct ll_str value = LL_STR("untouched");
        struct ll_json r = ll_json_reader(ll_str_of(cases[i].text), &arena);
        assert_int_equal(ll_json_scalar(&r, &value), cases[i].kind);
        assert_int_equal(ll_json_done(&r), cases[i].kind != LL_JSON_NONE);
        const char *wanted = cases[i].value != NULL ? cases[i].value : "untouched";
        assert_true(ll_str_equal(value, ll_str_of(wanted)));
        ll_arena_clear(&arena);
    }
    struct ll_str value = {0};
    struct ll_json r = ll_json_reader(LL_STR("[[{}]]"), NULL); /* stays to be read */
    assert_int_equal(ll_json_scalar(&r, &value), LL_JSON_ARRAY);
    assert_true(ll_json_skip(&r) && ll_json_done(&r));
}

static void capture_gives_the_bytes(void **state LL_UNUSED)
{
    struct ll_str text = LL_STR("{\"a\" :  [1, {\"b\":\"]\"} ] ,\"c\": -2e1 }"), key, bytes = {0};
    struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(text, &arena);
    assert_true(ll_json_enter_object(&r));
    assert_true(ll_json_next_key(&r, &key) && ll_json_capture(&r, &bytes));
    assert_true(ll_str_equal(bytes, LL_STR("[1, {\"b\":\"]\"} ]")));
    assert_true(ll_json_next_key(&r, &key) && ll_json_capture(&r, &bytes));
    assert_true(ll_str_equal(bytes, LL_STR("-2e1")));
    assert_false(ll_json_next_key(&r, &key));
    assert_true(ll_json_done(&r));
    ll_arena_clear(&arena);
}

/* A copy of the reader from before a record leads past a record of the wrong shape. */
static void a_copy_recovers(void **state LL_UNUSED)
{
    struct ll_arena arena = {0};
    struct ll_json r =
        ll_json_reader(LL_STR("[{\"id\":\"1\"},{\"id\":[2]},{\"id\":\"3\"}]"), &arena);
    struct ll_str key, id = {0}, refused = {0};
    size_t good = 0, bad = 0;
    assert_true(ll_json_enter_array(&r));
    while (ll_json_next_item(&r)) {
        struct ll_json before = r;
        ll_json_enter_object(&r);
        while (ll_json_next_key(&r, &key))
            ll_json_string(&r, &id);
        good += r.error == NULL;
        if (r.error != NULL) {
            r = before;
            bad++;
            assert_true(ll_json_capture(&r, &refused));
        }
    }
    assert_true(ll_json_done(&r));
    assert_int_equal(good, 2);
    assert_int_equal(bad, 1);
    assert_true(ll_str_equal(refused, LL_STR("{\"id\":[2]}")));
    assert_true(ll_str_equal(id, LL_STR("3")));
    ll_arena_clear(&arena);
}

static void done_wants_one_whole_value(void **state LL_UNUSED)
{
    struct ll_json r = ll_json_reader(ll_str_of(NULL), NULL);
    assert_int_equal(ll_json_peek(&r), LL_JSON_NONE);
    assert_null(r.error);
    assert_false(ll_json_done(&r));
    r = ll_json_reader(LL_STR("[ "), NULL);
    assert_true(ll_json_enter_array(&r));
    assert_false(ll_json_done(&r));
    r = ll_json_reader(LL_STR("1 1"), NULL);
    assert_true(ll_json_skip(&r));
    assert_false(ll_json_skip(&r));
    assert_string_equal(r.error, "more than one value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_grammar),
        cmocka_unit_test(keys_can_be_guessed),
        cmocka_unit_test(scalars_are_read_by_kind),
        cmocka_unit_test(refuses_all_else),
        cmocka_unit_test(depth_is_capped),
        cmocka_unit_test(strings_are_repaired),
        cmocka_unit_test(pieces_at_every_offset),
        cmocka_unit_test(control_bytes_at_every_offset),
        cmocka_unit_test(no_prefix_is_a_document),
        cmocka_unit_test(errors_stick),
        cmocka_unit_test(wrong_kinds_are_errors),
        cmocka_unit_test(plain_strings_are_views),
        cmocka_unit_test(capture_gives_the_bytes),
        cmocka_unit_test(a_copy_recovers),
        cmocka_unit_test(done_wants_one_whole_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
