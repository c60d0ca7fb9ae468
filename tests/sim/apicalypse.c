/* Queries against one invented row: which conditions it meets, and what is no query. */
#include "sim/apicalypse.h"

#include <string.h>

#include "base/buf.h"
#include "support/check.h"

/* n = 7, name = Quiet Orchard, list = 2 and 5, unset has nothing. */
static size_t values_of(void *context, int column, struct sim_scalar *ret, size_t capacity)
{
    (void)context;
    assert_true(capacity >= 2);
    switch (column) {
    case 'n':
        ret[0] = (struct sim_scalar){.kind = SIM_NUMBER, .number = 7};
        return 1;
    case 't':
        ret[0] = (struct sim_scalar){.kind = SIM_TEXT, .text = LL_STR("Quiet Orchard")};
        return 1;
    case 'l':
        ret[0] = (struct sim_scalar){.kind = SIM_NUMBER, .number = 2};
        ret[1] = (struct sim_scalar){.kind = SIM_NUMBER, .number = 5};
        return 2;
    case 'b':
        ret[0] = (struct sim_scalar){.kind = SIM_BOOL, .number = 1};
        return 1;
    default:
        return 0;
    }
}

static bool holds(const char *where)
{
    struct ll_arena arena = {0};
    struct sim_query query;
    struct sim_query_error error;
    struct ll_str text = ll_arena_printf(&arena, "fields *; where %s;", where);
    if (!sim_query_parse(&arena, text, &query, &error))
        fail_msg("%s: %.*s", where, LL_FMT(error.cause));
    for (struct sim_node *node = query.conditions; node; node = node->next)
        node->column = node->path.ptr[0];
    bool result = sim_query_matches(query.where, values_of, NULL);
    ll_arena_clear(&arena);
    return result;
}

static void test_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *where;
        bool wanted;
    } cases[] = {
        {"n = 7", true},
        {"n = 8", false},
        {"n != 8", true},
        {"n != 7", false},
        {"n > 6", true},
        {"n > 7", false},
        {"n >= 7", true},
        {"n < 8", true},
        {"n < 7", false},
        {"n <= 7", true},
        {"n <= -7", false},
        {"n=7.5", true},
        {"n = \"7\"", true},
        {"n = (1,2,7)", true},
        {"n = (1,2)", false},
        {"n = !(1,2)", true},
        {"n = !(7)", false},
        {"n != (7,8)", false},
        {"t = \"Quiet Orchard\"", true},
        {"t = \"quiet orchard\"", false},
        {"t ~ \"quiet orchard\"", true},
        {"t !~ \"quiet orchard\"", false},
        {"t ~ \"quiet\"", false},
        {"t = \"Quiet\"*", true},
        {"t = \"Orchard\"*", false},
        {"t ~ *\"ORCHARD\"", true},
        {"t = *\"iet O\"*", true},
        {"t ~ *\"zebra\"*", false},
        {"t ~ *\"\"*", true},
        {"t = (\"x\",\"Quiet Orchard\")", true},
        {"t = \"Quiet \\Orchard\"", true},
        {"l = 5", true},
        {"l = 3", false},
        {"l != 3", true},
        {"l = (3,5)", true},
        {"l = (3,4)", false},
        {"l = [2,5]", true},
        {"l = [2,3]", false},
        {"l = ![2,3]", true},
        {"l = [2]", true},
        {"l = {2,5}", true},
        {"l = {5,2}", true},
        {"l = {2}", false},
        {"l = {2,5,6}", false},
        {"l = !{2}", true},
        {"u = null", true},
        {"u = n", true},
        {"u != null", false},
        {"n = null", false},
        {"n != null", true},
        {"u = 5", false},
        {"u != 5", true},
        {"u > 0", false},
        {"b = true", true},
        {"b = t", true},
        {"b = false", false},
        {"b != f", true},
        {"n = 7 & l = 5", true},
        {"n = 7 & l = 4", false},
        {"n = 8 | l = 5", true},
        {"n = 8 | n = 9 | n = 7", true},
        {"n = 7 & l = 2 & l = 5", true},
        {"n = 7 & l = 2 & l = 6", false},
        {"n = 7 | n = 8 & n = 9", true},
        {"(n = 7 | n = 8) & n = 9", false},
        {"n = 9 & n = 8 | n = 7", true},
        {"((n = 7))", true},
        {"!(n = 8)", true},
        {"!(n = 7 | n = 8)", false},
        {"n = 7 & !(l = 9)", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (holds(cases[i].where) != cases[i].wanted)
            fail_msg("%s is %s", cases[i].where, cases[i].wanted ? "false" : "true");
}

static void test_clauses(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "fields name,genres.name,*; exclude slug; where id = 5; limit 7; offset 9; sort name desc;",
        "f name,genres.name,*;x slug;w id=5;l 7;o 9;s name desc;",
        ("// a comment; with 'things'\nfields name , genres.name,\n*; exclude slug; // more\n"
         "where id = 5;\tlimit 7; offset 9;\r\nsort name desc;//"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct ll_arena arena = {0};
        struct sim_query query;
        struct sim_query_error error;
        assert_true(sim_query_parse(&arena, ll_str_of(texts[i]), &query, &error));
        assert_int_equal(query.field_count, 3);
        assert_true(ll_str_equal(query.fields[1], LL_STR("genres.name")));
        assert_true(ll_str_equal(query.fields[2], LL_STR("*")));
        assert_int_equal(query.excluded_count, 1);
        assert_non_null(query.where);
        assert_int_equal(query.limit, 7);
        assert_int_equal(query.offset, 9);
        assert_true(ll_str_equal(query.sort, LL_STR("name")) && query.sort_descending);
        assert_null(query.search.ptr);
        ll_arena_clear(&arena);
    }
}

static void test_nothing_asked(void **state)
{
    (void)state;
    struct ll_arena arena = {0};
    struct sim_query query;
    struct sim_query_error error;
    assert_true(sim_query_parse(&arena, LL_STR(" \n"), &query, &error));
    assert_int_equal(query.limit, 10);
    assert_int_equal(query.field_count, 0);
    assert_true(sim_query_matches(query.where, values_of, NULL));
    assert_true(sim_query_parse(&arena, LL_STR("search \"a \\\"b\\\" c\";"), &query, &error));
    assert_true(ll_str_equal(query.search, LL_STR("a \"b\" c")));
    ll_arena_clear(&arena);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
        const char *cause;
    } cases[] = {
        {"search Diablo;", 400,
         "Expecting a STRING as input, surround your input with quotes starting at 'Diablo;'"},
        {"limit 501;", 403, "You typed in 501 as limit but your maximum is 500"},
        {"limit 0;", 400, NULL},
        {"offset -1;", 400, NULL},
        {"fields name", 400, NULL},
        {"fields;", 400, NULL},
        {"find name;", 400, NULL},
        {"where id;", 400, NULL},
        {"where id = ;", 400, NULL},
        {"where id = (1;", 400, NULL},
        {"where id = (1];", 400, NULL},
        {"where id = *5;", 400, NULL},
        {"where (id = 5;", 400, NULL},
        {"where id = 5 &;", 400, NULL},
        {"where a = \"x;", 400, NULL},
        {"where id = !5;", 400, NULL},
        {"where !id = 5;", 400, NULL},
        {"where id = 99999999999999999999;", 400, NULL},
        {"where id = 1; where id = 2;", 400, NULL},
        {"sort name up;", 400, NULL},
        {"sort name; search \"x\";", 400, NULL},
        {"\"", 400, NULL},
        {";", 400, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ll_arena arena = {0};
        struct sim_query query;
        struct sim_query_error error = {0};
        if (sim_query_parse(&arena, ll_str_of(cases[i].text), &query, &error))
            fail_msg("taken for a query: %s", cases[i].text);
        assert_int_equal(error.status, cases[i].status);
        if (cases[i].cause)
            assert_true(ll_str_equal(error.cause, ll_str_of(cases[i].cause)));
        ll_arena_clear(&arena);
    }
}

static bool parses(const char *start, const char *part, size_t times, const char *end)
{
    struct ll_arena arena = {0};
    struct ll_buf text = {0};
    struct sim_query query;
    struct sim_query_error error;
    ll_buf_add(&text, ll_str_of(start));
    for (size_t i = 0; i < times; i++)
        ll_buf_add(&text, ll_str_of(part));
    ll_buf_add(&text, ll_str_of(end));
    bool good = sim_query_parse(&arena, ll_buf_str(&text), &query, &error);
    if (good)
        (void)sim_query_matches(query.where, values_of, NULL);
    assert_true(arena.used_bytes < 200 * text.len + 10000);
    ll_buf_clear(&text);
    ll_arena_clear(&arena);
    return good;
}

static void test_bounds(void **state)
{
    (void)state;
    assert_false(parses("where ", "(", 30000, ""));
    assert_false(parses("where ", "!(", 15000, ""));
    assert_false(parses("where ", "!", 30000, ""));
    assert_true(parses("where a = 1", " & a = 1", 4000, ";"));
    assert_true(parses("where a = 1", " | a = 1", 4000, ";"));
    assert_true(parses("where a = (1", ",12345", 5000, ");"));
    assert_true(parses("where a = (\"\"", ",\"x\"", 7000, ");"));
    assert_true(parses("fields a", ",b", 15000, ";"));
}

static void test_multiquery(void **state)
{
    (void)state;
    struct ll_arena arena = {0};
    struct sim_subquery parts[SIM_MULTIQUERY_MAX];
    struct sim_query_error error;
    size_t count;
    assert_true(sim_multiquery_parse(
        &arena,
        LL_STR("query games/count \"all of \\\"them\\\"\" {};\n"
               "query genres \"G\" { fields name; // }\n where id = {5,6} & name = \"}\"; };"),
        parts, &count, &error));
    assert_int_equal(count, 2);
    assert_true(parts[0].is_count && ll_str_equal(parts[0].endpoint, LL_STR("games")));
    assert_true(ll_str_equal(parts[0].name, LL_STR("all of \"them\"")));
    assert_true(ll_str_ends_with(parts[1].clauses, LL_STR("name = \"}\"; ")));
    struct ll_buf many = {0};
    for (int i = 0; i < 10; i++)
        ll_buf_add(&many, LL_STR("query games \"x\" {};"));
    assert_true(sim_multiquery_parse(&arena, ll_buf_str(&many), parts, &count, &error));
    ll_buf_add(&many, LL_STR("query games \"x\" {};"));
    assert_false(sim_multiquery_parse(&arena, ll_buf_str(&many), parts, &count, &error));
    assert_string_equal(error.title, "Too Many Concurrent queries");
    assert_false(
        sim_multiquery_parse(&arena, LL_STR("query games \"x\" {"), parts, &count, &error));
    assert_false(sim_multiquery_parse(&arena, LL_STR("games \"x\" {};"), parts, &count, &error));
    ll_buf_clear(&many);
    ll_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions),    cmocka_unit_test(test_clauses),
        cmocka_unit_test(test_nothing_asked), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bounds),        cmocka_unit_test(test_multiquery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
