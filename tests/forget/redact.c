/* People taken out of raw objects, form by form: what is cut, what is masked, what stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "source/redact.h"

static const struct ll_str names[] = {
    {"some_login", 10}, {"Nämé植", 9}, {"ab", 2}, {"123456", 6}, {"some", 4}};

static char met_names[256];

static bool is_gone(void *context, int64_t id)
{
    (void)context;
    return id == 123456;
}

static void met(void *context, struct ll_str name)
{
    (void)context;
    size_t len = strlen(met_names);
    snprintf(met_names + len, sizeof(met_names) - len, "%.*s;", LL_FMT(name));
}

static const struct ll_redaction redaction = {
    .is_gone = is_gone, .met = met, .names = names, .name_count = LL_COUNT(names)};

struct form {
    enum ll_table table;
    const char *format, *before, *after; /* after NULL: nothing changes */
    struct ll_redacted counts;
};

static const struct form forms[] = {
    /* --- which rows, and their commas */
    {LL_TABLE_STREAM, "origin-json", "{\"data\":[]}", NULL, {0}},
    {LL_TABLE_STREAM, "origin-json", "{\"data\":[{\"user_id\":\"1\"}]}", NULL, {0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":\"123456\"}]}",
     "{\"data\":[]}",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\": [ {\"user_id\":123456} , {\"user_id\":2} ] }",
     "{\"data\": [ {\"user_id\":2} ] }",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":2} ,\n {\"user_id\":123456} ]}",
     "{\"data\":[{\"user_id\":2} ]}",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":1},{\"user_id\":123456},{\"user_id\":3}],\"a\":1}",
     "{\"data\":[{\"user_id\":1},{\"user_id\":3}],\"a\":1}",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":123456},{\"user_id\":\"123456\"},{\"user_id\":3},{\"user_id\":123456},{\"user_"
     "id\":123456}]",
     "[{\"user_id\":3}]",
     {4, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":123456},{\"user_id\":123456}]",
     "[]",
     {2, 0, 0}},
    {LL_TABLE_STREAM, "origin-json", "[{\"id\":\"123456\",\"user_id\":1234567}]", NULL, {0}},
    {LL_TABLE_USER,
     "origin-json",
     "[{\"id\":\"123456\"},{\"id\":\"2\",\"user_id\":\"123456\"}]",
     "[{\"id\":\"2\",\"user_id\":\"123456\"}]",
     {1, 0, 0}},
    {LL_TABLE_STREAM, "origin-json", "[{\"user_id\":2,\"user_id\":123456}]", "[]", {1, 0, 0}},
    {LL_TABLE_STREAM, "origin-json", "[{\"\\u0075ser_id\":123456}]", "[]", {1, 0, 0}},
    /* Without a usable id, by its name. */
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_login\":\"Some_Login\"},{\"user_id\":2,\"user_login\":\"some_login\"}]",
     "[{\"user_id\":2,\"user_login\":\"some_login\"}]",
     {1, 0, 0}},
    {LL_TABLE_GAME, "origin-json", "[{\"id\":123456,\"name\":\"some_login\"}]", NULL, {0}},
    /* --- texts of others */
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":2,\"title\":\"with @SOME_login!\",\"x\":1}]",
     "[{\"user_id\":2,\"title\":\"with @**********!\",\"x\":1}]",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":2,\"title\":\"some_logins xsome_login awesome handsome_\"}]",
     NULL,
     {0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":2,\"title\":\"some some, (some)\"}]",
     "[{\"user_id\":2,\"title\":\"**** ****, (****)\"}]",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":2,\"title\":\"ab @ab @abc 123456 1234567\"}]",
     "[{\"user_id\":2,\"title\":\"ab @** @abc ****** 1234567\"}]",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":2,\"title\":\"N\\u00e4m\\u00E9\\u690dさん\"}]",
     "[{\"user_id\":2,\"title\":\"*****さん\"}]",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "[{\"user_id\":2,\"tags\":[\"a\",\"Some_Login\",null,7],\"game_name\":\"some\"}]",
     "[{\"user_id\":2,\"tags\":[\"a\",\"**********\",null,7],\"game_name\":\"some\"}]",
     {0, 1, 0}},
    {LL_TABLE_USER,
     "origin-json",
     "[{\"id\":2,\"description\":\"some_login's \\\"mod\\\"\"}]",
     "[{\"id\":2,\"description\":\"**********'s \\\"mod\\\"\"}]",
     {0, 1, 0}},
    /* --- damage: a broken record, a torn end, rubbish */
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":1},{\"user_id\":123456,x},{\"user_id\":3}]}",
     "{\"data\":[{\"user_id\":1},{\"user_id\":3}]}",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":1},{\"user_id\":2,\"title\":some_login},{\"user_id\":3}]}",
     "{\"data\":[{\"user_id\":1},{\"user_id\":2,\"title\":**********},{\"user_id\":3}]}",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":1},{\"user_id\": \"123456\",\"ti",
     "{\"data\":[{\"user_id\":1},",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":1},{\"user_id\": \"12345\",\"ti",
     NULL,
     {0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[{\"user_id\":123456},{\"user_id\":2,\"title\":\"some",
     "{\"data\":[{\"user_id\":2,\"title\":\"****",
     {1, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"message\":\"user 123456 is some_login\"}",
     "{\"message\":\"user ****** is **********\"}",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "no JSON at all, some_login",
     "no JSON at all, **********",
     {0, 1, 0}},
    {LL_TABLE_STREAM,
     "origin-json",
     "{\"data\":[]} some_login",
     "{\"data\":[]} **********",
     {0, 1, 0}},
    /* --- CSV */
    {LL_TABLE_USER,
     "origin-csv",
     "id,login,description\r\n1,a,x\r\n123456,some_login,y\r\n3,c,z\r\n",
     "id,login,description\r\n1,a,x\r\n3,c,z\r\n",
     {1, 0, 0}},
    {LL_TABLE_USER,
     "origin-csv",
     "id,login,description\n2,some_login,\"a \"\"some_login\"\", or\n@ab\"\n",
     "id,login,description\n2,some_login,\"a \"\"**********\"\", or\n@**\"\n",
     {0, 1, 0}},
    {LL_TABLE_USER,
     "origin-csv",
     "id,login,description\n123456,some_login\n3,c,z\n",
     "id,login,description\n\n3,c,z\n",
     {1, 0, 0}},
    /* --- envelopes */
    {LL_TABLE_STREAM,
     "envelope",
     "{\"request\":{\"method\":\"GET\",\"path\":\"/helix/"
     "streams?first=100&user_id=123456&user_id=2\"},"
     "\"status\":200,\"headers\":{},\"body\":{\"data\":[{\"user_id\":\"123456\"}],\"pagination\":{}"
     "}}\n",
     "{\"request\":{\"method\":\"GET\",\"path\":\"/helix/"
     "streams?first=100&user_id=******&user_id=2\"},"
     "\"status\":200,\"headers\":{},\"body\":{\"data\":[],\"pagination\":{}}}\n",
     {1, 0, 1}},
    {LL_TABLE_USER,
     "envelope",
     "{\"request\":{\"path\":\"/helix/"
     "users?id=123456&login=some_login\"},\"status\":200,\"body\":[]}\n"
     "{\"request\":{\"path\":\"/helix/users?id=1\"},\"status\":200,\"body\":[{\"id\":123456}]}",
     "{\"request\":{\"path\":\"/helix/"
     "users?id=******&login=**********\"},\"status\":200,\"body\":[]}\n"
     "{\"request\":{\"path\":\"/helix/users?id=1\"},\"status\":200,\"body\":[]}",
     {1, 0, 1}},
    {LL_TABLE_STREAM,
     "envelope",
     "{\"status\":200,\"body_text\":\"{\\n\\\"data\\\":[{\\\"user_id\\\":123456},{\\\"user_id\\\":"
     "2}]}\"}\n",
     "{\"status\":200,\"body_text\":\"{\\n\\\"data\\\":[{\\\"user_id\\\":2}]}\"}\n",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "envelope", /* [{"user_id":123456}] + 0xFF, which is unreadable behind the list */
     "{\"status\":200,\"body_b64\":\"W3sidXNlcl9pZCI6MTIzNDU2fV3/\"}\n",
     "{\"status\":200,\"body_b64\":\"W13/\"}\n",
     {1, 0, 0}},
    {LL_TABLE_STREAM,
     "envelope",
     "{\"status\":200,\"body\":{\"data\":[{\"user_id\":\"123456\",\"user_lo\n{\"status\":200,"
     "\"body\":[]}\n",
     "\n{\"status\":200,\"body\":[]}\n",
     {1, 0, 0}},
};

static void every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < LL_COUNT(forms); i++) {
        const struct form *form = &forms[i];
        LL_AUTO(ll_buf_clear) struct ll_buf out = {0}, twice = {0};
        struct ll_redacted counts;
        struct ll_error err;
        const char *expected = form->after != NULL ? form->after : "";
        assert_int_equal(ll_redact(&redaction, form->table, ll_str_of(form->format),
                                   ll_str_of(form->before), &out, &counts, &err),
                         LL_OK);
        if (!ll_str_equal(ll_buf_str(&out), ll_str_of(expected)) ||
            counts.rows != form->counts.rows || counts.texts != form->counts.texts ||
            counts.requests != form->counts.requests)
            fail_msg("form %zu: %s\nbecame %.*s\n  not  %s (%lld %lld %lld)", i, form->before,
                     LL_FMT(ll_buf_str(&out)), expected, (long long)counts.rows,
                     (long long)counts.texts, (long long)counts.requests);
        if (form->after == NULL)
            continue;
        assert_int_equal(ll_redact(&redaction, form->table, ll_str_of(form->format),
                                   ll_buf_str(&out), &twice, &counts, &err),
                         LL_OK);
        assert_int_equal(counts.rows + counts.texts + counts.requests, 0);
    }
}

/* Whatever a body is cut off at, nothing of the person's row comes through. */
static void every_length(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"data\": [{\"id\": \"1\", \"user_id\": \"2\", \"title\": \"@some_login live\"},\n"
        "{\"id\": \"3\", \"user_id\": \"123456\", \"user_login\": \"some_login\", \"title\": "
        "\"mine\"},\n"
        "{\"id\": \"4\", \"user_id\": \"5\"}], \"a\": [1, {\"b\": \"some_login\"}]}";
    for (size_t len = 0; len <= sizeof(whole) - 1; len++) {
        LL_AUTO(ll_buf_clear) struct ll_buf out = {0};
        struct ll_redacted counts;
        struct ll_error err;
        struct ll_str cut = {whole, len};
        assert_int_equal(
            ll_redact(&redaction, LL_TABLE_STREAM, LL_STR("origin-json"), cut, &out, &counts, &err),
            LL_OK);
        struct ll_str left = out.len > 0 ? ll_buf_str(&out) : cut;
        LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
        ll_buf_add(&text, left);
        ll_buf_add_char(&text, '\n');
        assert_null(strstr(text.ptr, "123456"));
        assert_null(strstr(text.ptr, "some_login"));
        assert_null(strstr(text.ptr, "mine"));
    }
}

static void names_are_told(void **state)
{
    (void)state;
    LL_AUTO(ll_buf_clear) struct ll_buf out = {0};
    struct ll_redacted counts;
    struct ll_error err;
    met_names[0] = '\0';
    assert_int_equal(
        ll_redact_body(
            &redaction, LL_TABLE_STREAM,
            LL_STR("[{\"user_id\":123456,\"user_login\":\"new\",\"user_name\":\"N\\u00e9w\"},"
                   "{\"user_id\":2,\"user_login\":\"other\"}]"),
            &out, &counts, &err),
        LL_OK);
    assert_string_equal(met_names, "new;Néw;");
}

static void needles_find_what_may_be_there(void **state)
{
    (void)state;
    struct ll_needles needles = {0};
    assert_false(ll_needles_any(&needles, LL_STR("anything")));
    ll_needles_add(&needles, LL_STR("Some_Login"));
    ll_needles_add(&needles, LL_STR("植\xF0\x9F\x8E\xB5"));
    static const struct {
        const char *bytes;
        bool found;
    } cases[] = {
        {"", false},
        {"some_logi", false},
        {"some_login", true},
        {"xxSOME_LOGINxx", true},
        {"some_some_login", true},
        {"some_logsome_loginsome", true},
        {"植\xF0\x9F\x8E\xB5", true},
        {"a \\u690d\\uD83C\\udfb5 b", true},
        {"\\u690d\\ud83c\\udfb6", false},
        {"s_o_m_e_l_o_g_i_n", false},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++)
        if (ll_needles_any(&needles, ll_str_of(cases[i].bytes)) != cases[i].found)
            fail_msg("needle in \"%s\"", cases[i].bytes);
    ll_needles_clear(&needles);
}

static void quarantined_records(void **state)
{
    (void)state;
    static const struct {
        enum ll_table table;
        const char *record;
        bool mentions;
    } cases[] = {
        {LL_TABLE_STREAM, "{\"user_id\": \"123456\", \"vi", true},
        {LL_TABLE_STREAM, "{\"user_id\":123456}", true},
        {LL_TABLE_STREAM, "{\"user_id\":1234567,\"viewer_count\":123456}", false},
        {LL_TABLE_STREAM, "{\"id\":\"123456\"}", false},
        {LL_TABLE_USER, "{\"id\":\"123456\"}", true},
        {LL_TABLE_USER, "123456,some_login,\"", true},
        {LL_TABLE_USER, "5,x,123456", true},
        {LL_TABLE_USER, "a123456,x", false},
        {LL_TABLE_GAME, "{\"id\":123456}", false},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++)
        if (ll_redact_mentions(&redaction, cases[i].table, ll_str_of(cases[i].record)) !=
            cases[i].mentions)
            fail_msg("%s", cases[i].record);
}

static void unknown_formats_are_refused(void **state)
{
    (void)state;
    LL_AUTO(ll_buf_clear) struct ll_buf out = {0};
    struct ll_redacted counts;
    struct ll_error err;
    assert_int_equal(
        ll_redact(&redaction, LL_TABLE_STREAM, LL_STR("xml"), LL_STR("<a/>"), &out, &counts, &err),
        LL_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),          cmocka_unit_test(every_length),
        cmocka_unit_test(names_are_told),      cmocka_unit_test(needles_find_what_may_be_there),
        cmocka_unit_test(quarantined_records), cmocka_unit_test(unknown_formats_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
