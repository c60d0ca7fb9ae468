#include "support/check.h"

#include <string.h>

#include "app/cli/args.h"

static const struct ll_option first_options[] = {
    {.name = "json", .doc = ""},
    {.name = "quiet", .letter = 'q', .doc = ""},
    {.name = "verbose", .letter = 'v', .doc = ""},
    {.name = "lake", .letter = 'l', .kind = LL_OPTION_TEXT, .value = "DIR", .doc = ""},
};
static const struct ll_option second_options[] = {
    {.name = "format", .kind = LL_OPTION_CHOICE, .value = "table|json", .doc = ""},
    {.name = "limit", .kind = LL_OPTION_INT, .value = "N", .min = 0, .max = 100, .doc = ""},
    {.name = "offset", .kind = LL_OPTION_INT, .value = "N", .doc = ""},
    {.name = "memory", .kind = LL_OPTION_SIZE, .value = "SIZE", .doc = ""},
    {.name = "timeout", .kind = LL_OPTION_DURATION, .value = "TIME", .doc = ""},
    {.name = "from", .kind = LL_OPTION_TIME, .value = "TIME", .doc = ""},
    {.name = "filter", .kind = LL_OPTION_TEXT, .value = "K=V", .repeat = true, .doc = ""},
};

#define ARGUMENTS_MAX 12

static enum ll_status parse(const char *const *words, bool structure_only, struct ll_args *ret,
                            struct ll_error *err)
{
    static struct ll_clock_manual clock;
    static const struct ll_option_set sets[] = {{first_options, LL_COUNT(first_options)},
                                                {second_options, LL_COUNT(second_options)}};
    static char copies[ARGUMENTS_MAX][64];
    static char *argv[ARGUMENTS_MAX + 1];
    int argc = 1;
    strcpy(copies[0], "livelake");
    argv[0] = copies[0];
    for (; words[argc - 1] != NULL; argc++) {
        strcpy(copies[argc], words[argc - 1]);
        argv[argc] = copies[argc];
    }
    ll_clock_manual_init(&clock, 1000000000);
    const struct ll_args_input input = {.argc = argc,
                                        .argv = argv,
                                        .sets = sets,
                                        .set_count = LL_COUNT(sets),
                                        .clock = &clock.base,
                                        .structure_only = structure_only};
    return ll_args_parse(&input, ret, err);
}

static void takes_options_anywhere(void **state LL_UNUSED)
{
    static const char *const lines[][ARGUMENTS_MAX] = {
        {"--lake", "dir", "report", "--limit", "7", "platform", "-q"},
        {"report", "platform", "--lake=dir", "--limit=7", "--quiet"},
        {"-q", "-l", "dir", "report", "platform", "--limit", "7"},
        {"report", "-qldir", "platform", "--limit", "7"},
        {"--limit", "7", "-q", "--lake", "dir", "--", "report", "platform"},
    };
    for (size_t i = 0; i < LL_COUNT(lines); i++) {
        struct ll_error err;
        struct ll_args args;
        assert_status(LL_OK, parse(lines[i], false, &args, &err), &err);
        assert_int_equal(args.operand_count, 2);
        assert_string_equal(args.operands[0], "report");
        assert_string_equal(args.operands[1], "platform");
        assert_true(ll_args_has(&args, "quiet"));
        assert_false(ll_args_has(&args, "json"));
        assert_int_equal(ll_args_number(&args, "limit", -1), 7);
        assert_int_equal(ll_args_number(&args, "offset", -1), -1);
        assert_true(ll_str_equal(ll_args_text(&args, "lake", LL_STR("")), LL_STR("dir")));
        assert_true(ll_str_equal(ll_args_text(&args, "format", LL_STR("x")), LL_STR("x")));
        ll_args_clear(&args);
    }
}

static void converts_values(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_args args;
    static const char *const line[] = {"--memory", "2GiB",   "--timeout", "15m",
                                       "--from",   "now-1m", "--offset",  "-9000000",
                                       "--format", "json",   NULL};
    assert_status(LL_OK, parse(line, false, &args, &err), &err);
    assert_int_equal(ll_args_number(&args, "memory", 0), INT64_C(2) << 30);
    assert_int_equal(ll_args_number(&args, "timeout", 0), 900);
    assert_int_equal(ll_args_number(&args, "from", 0), 1000000 - 60);
    assert_int_equal(ll_args_number(&args, "offset", 0), -9000000);
    ll_args_clear(&args);
}

static void keeps_what_repeats(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_args args;
    static const char *const line[] = {"--filter", "a=1", "-q", "--filter=b=2", "-q", NULL};
    assert_status(LL_OK, parse(line, false, &args, &err), &err);
    assert_int_equal(args.option_count, 4);
    assert_true(ll_str_equal(args.options[0].value, LL_STR("a=1")));
    assert_true(ll_str_equal(args.options[2].value, LL_STR("b=2")));
    assert_true(ll_str_equal(ll_args_text(&args, "filter", LL_STR("")), LL_STR("b=2")));
    ll_args_clear(&args);
}

static void says_what_is_wrong(void **state LL_UNUSED)
{
    static const struct {
        const char *words[ARGUMENTS_MAX];
        const char *says;
    } cases[] = {
        {{"--formt", "json"}, "unknown option --formt: did you mean --format?"},
        {{"--xyzzyplugh"}, "unknown option --xyzzyplugh"},
        {{"--form", "json"}, "unknown option --form"}, /* no abbreviations */
        {{"-x"}, "unknown option -x"},
        {{"-qx"}, "unknown option -x"},
        {{"--format"}, "--format needs a value: table|json"},
        {{"-l"}, "--lake needs a value: DIR"},
        {{"--lake="}, "--lake: the value is empty"},
        {{"--quiet=yes"}, "--quiet takes no value"},
        {{"--format", "xml"}, "--format: \"xml\" is not one of table|json"},
        {{"--format", ""}, "is not one of table|json"},
        {{"--format", "table|json"}, "is not one of table|json"},
        {{"--limit", "many"}, "--limit: \"many\" is not a whole number"},
        {{"--limit", "101"}, "--limit: 101 is out of range: 0 to 100"},
        {{"--limit", "-1"}, "out of range"},
        {{"--limit", "99999999999999999999"}, "is not a whole number"},
        {{"--memory", "0"}, "is not a size"},
        {{"--memory", "lots"}, "is not a size"},
        {{"--timeout", "soon"}, "is not a duration"},
        {{"--from", "2026-02-30"}, "--from: \"2026-02-30\" is not a time"},
        {{"--lake", "a", "--lake", "b"}, "--lake was given more than once"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        struct ll_args args;
        assert_status(LL_INVALID, parse(cases[i].words, false, &args, &err), &err);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
    }
}

/* The first look: only which words are operands. */
static void looks_at_structure_only(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_args args;
    static const char *const line[] = {"--unknown", "--limit", "many",   "-zq", "--format",
                                       "xml",       "report",  "--lake", NULL};
    assert_status(LL_OK, parse(line, true, &args, &err), &err);
    assert_int_equal(args.operand_count, 1);
    assert_string_equal(args.operands[0], "report");
    assert_true(ll_args_has(&args, "quiet"));
    ll_args_clear(&args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_anywhere),  cmocka_unit_test(converts_values),
        cmocka_unit_test(keeps_what_repeats),      cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(looks_at_structure_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
