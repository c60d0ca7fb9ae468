/* Text out: what a terminal, a spreadsheet and a JSON reader get. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/render.h"
#include "report/render_internal.h"

static const struct ll_field fields[] = {{"text", LL_TYPE_TEXT},      {"number", LL_TYPE_I64},
                                         {"real", LL_TYPE_F64},       {"when", LL_TYPE_TIMESTAMP},
                                         {"list", LL_TYPE_TEXT_LIST}, {"yes", LL_TYPE_BOOL}};
static const struct ll_schema schema = {"t", fields, LL_COUNT(fields)};

static void add_row(struct ll_batch *batch, const char *text, int64_t number, double real)
{
    struct ll_str tags[] = {LL_STR("a"), LL_STR("b\"c")};
    ll_batch_text(batch, 0, ll_str_of(text));
    ll_batch_i64(batch, 1, number);
    ll_batch_f64(batch, 2, real);
    ll_batch_i64(batch, 3, INT64_C(1767571200000000) + (number % 2) * 500);
    ll_batch_text_list(batch, 4, tags, 2);
    ll_batch_bool(batch, 5, number > 0);
    ll_batch_end_row(batch);
}

static void add_null_row(struct ll_batch *batch)
{
    for (size_t i = 0; i < LL_COUNT(fields); i++)
        ll_batch_null(batch, i);
    ll_batch_end_row(batch);
}

static void assert_rendered(enum ll_format format, const struct ll_batch *batch, const char *wanted)
{
    struct ll_buf out = {0};
    struct ll_render render = {.format = format};
    ll_render_batch(&render, batch, &out);
    assert_string_equal(out.ptr == NULL ? "" : out.ptr, wanted);
    ll_buf_clear(&out);
}

static void all_types(void **state)
{
    (void)state;
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    add_row(&batch, "a,b", 1, 0.1);
    add_row(&batch, "x", -3, 2.0);
    add_null_row(&batch);
    assert_rendered(
        LL_FORMAT_CSV, &batch,
        "text,number,real,when,list,yes\r\n"
        "\"a,b\",1,0.1,2026-01-05T00:00:00.000500Z,\"[\"\"a\"\",\"\"b\\\"\"c\"\"]\",true\r\n"
        "x,-3,2,2026-01-04T23:59:59.999500Z,\"[\"\"a\"\",\"\"b\\\"\"c\"\"]\",false\r\n"
        ",,,,,\r\n");
    assert_rendered(
        LL_FORMAT_NDJSON, &batch,
        "{\"text\":\"a,b\",\"number\":1,\"real\":0.1,\"when\":\"2026-01-05T00:00:00.000500Z\","
        "\"list\":[\"a\",\"b\\\"c\"],\"yes\":true}\n"
        "{\"text\":\"x\",\"number\":-3,\"real\":2,\"when\":\"2026-01-04T23:59:59.999500Z\","
        "\"list\":[\"a\",\"b\\\"c\"],\"yes\":false}\n"
        "{\"text\":null,\"number\":null,\"real\":null,\"when\":null,\"list\":null,\"yes\":null}\n");
    ll_batch_clear(&batch);
}

static void no_rows(void **state)
{
    (void)state;
    struct ll_batch batch;
    ll_batch_init(&batch, &(struct ll_schema){"t", fields, 2});
    assert_rendered(LL_FORMAT_JSON, &batch, "{\"data\":[]}\n");
    assert_rendered(LL_FORMAT_CSV, &batch, "text,number\r\n");
    assert_rendered(LL_FORMAT_NDJSON, &batch, "");
    assert_rendered(LL_FORMAT_TABLE, &batch, "text  number\n----  ------\n(no rows)\n");
    ll_batch_clear(&batch);
}

static void no_formula_reaches_a_spreadsheet(void **state)
{
    (void)state;
    static const struct {
        const char *text, *csv;
    } cases[] = {
        {"=1+1", "'=1+1"}, {"+49", "'+49"}, {"@cmd", "'@cmd"},   {"-2+3", "'-2+3"},
        {"-1", "-1"},      {"\tx", "'\tx"}, {"\rx", "\"'\rx\""}, {"=a,\"b\"", "\"'=a,\"\"b\"\"\""},
        {"a=b", "a=b"},    {"", ""}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_batch batch;
        char wanted[64];
        ll_batch_init(&batch, &(struct ll_schema){"t", fields, 1});
        ll_batch_text(&batch, 0, ll_str_of(cases[i].text));
        ll_batch_end_row(&batch);
        snprintf(wanted, sizeof(wanted), "text\r\n%s\r\n", cases[i].csv);
        assert_rendered(LL_FORMAT_CSV, &batch, wanted);
        ll_batch_clear(&batch);
    }
}

static void cells_are_safe_and_short(void **state)
{
    (void)state;
    static const struct {
        struct ll_str text;
        size_t max;
        const char *cell;
    } cases[] = {
        {LL_STR("plain"), 10, "plain"},
        {LL_STR("\x1b[2Jx"), 20, "\\x1b[2Jx"},
        {LL_STR("a\nb\tc"), 20, "a\\nb\\tc"},
        {LL_STR("\xe2\x80\xae"
                "evil"),
         20, "\\u202eevil"}, /* right-to-left override */
        {LL_STR("\xc2\x9b"
                "31m"),
         20, "\\x9b31m"}, /* C1 control */
        {LL_STR("bad\xff"), 20, "bad\\xff"},
        {LL_STR("a\0b"), 20, "a\\x00b"},
        {LL_STR("123456"), 6, "123456"},
        {LL_STR("1234567"), 6, "12345\xe2\x80\xa6"},
        {LL_STR("\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97"), 5,
         "\xe4\xbd\xa0\xe5\xa5\xbd\xe2\x80\xa6"}, /* wide */
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_buf out = {0};
        ll_render_cell_text(cases[i].text, cases[i].max, &out);
        assert_string_equal(out.ptr, cases[i].cell);
        assert_true(ll_render_width(ll_buf_str(&out)) <= cases[i].max);
        ll_buf_clear(&out);
    }
}

static void columns_line_up(void **state)
{
    (void)state;
    struct ll_batch batch;
    ll_batch_init(&batch, &(struct ll_schema){"t", fields, 3});
    const char *const names[] = {"ab", "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97", "e\xcc\x81"};
    const double reals[] = {1234.5678, 3, 0.123456};
    for (size_t i = 0; i < 3; i++) {
        ll_batch_text(&batch, 0, ll_str_of(names[i]));
        ll_batch_i64(&batch, 1, (int64_t)(i * 5));
        ll_batch_f64(&batch, 2, reals[i]);
        ll_batch_end_row(&batch);
    }
    assert_rendered(LL_FORMAT_TABLE, &batch,
                    "text    number       real\n------  ------  ---------\n"
                    "ab           0  1234.57\n"
                    "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97       5     3\n"
                    "e\xcc\x81           10     0.1235\n");
    ll_batch_clear(&batch);
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},           {-0.0, "0"},
                 {5, "5"},           {-2.5, "-2.5"},
                 {0.1, "0.1"},       {1.0 / 3, "0.3333333333333333"},
                 {524.75, "524.75"}, {1e14, "100000000000000"}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_buf out = {0};
        ll_render_f64(cases[i].value, &out);
        assert_string_equal(out.ptr, cases[i].text);
        ll_buf_clear(&out);
    }
    struct ll_batch batch;
    ll_batch_init(&batch, &(struct ll_schema){"t", fields + 1, 2});
    ll_batch_i64(&batch, 0, INT64_MAX);
    ll_batch_f64(&batch, 1, (double)NAN);
    ll_batch_end_row(&batch);
    assert_rendered(LL_FORMAT_NDJSON, &batch,
                    "{\"number\":\"9223372036854775807\",\"real\":null}\n");
    ll_batch_clear(&batch);
}

/* Rows in pieces give what one batch gives; the table's widths are those of its first 1,000 rows.
 */
static void streaming(void **state)
{
    (void)state;
    struct ll_batch batch;
    struct ll_buf pieces = {0};
    ll_batch_init(&batch, &(struct ll_schema){"t", fields, 2});
    for (int64_t i = 0; i < 700; i++) {
        ll_batch_text(&batch, 0, LL_STR("row"));
        ll_batch_i64(&batch, 1, i);
        ll_batch_end_row(&batch);
    }
    for (enum ll_format format = LL_FORMAT_TABLE; format <= LL_FORMAT_NDJSON; format++) {
        struct ll_render render = {.format = format, .meta = LL_STR("{}"), .footer = LL_STR("end")};
        size_t bytes = 0, lines = 0;
        ll_render_begin(&render, &batch, &pieces);
        for (int i = 0; i < 4; i++) {
            ll_render_rows(&render, &batch, &pieces);
            for (size_t at = 0; at < pieces.len; at++)
                lines += pieces.ptr[at] == '\n';
            bytes += pieces.len;
            ll_buf_reset(&pieces); /* as if written out */
        }
        ll_render_end(&render, &pieces);
        for (size_t at = 0; at < pieces.len; at++)
            lines += pieces.ptr[at] == '\n';
        static const size_t wanted[] = {2802 + 2, 2800 + 2, 2801, 2800};
        assert_int_equal(lines, wanted[format]);
        assert_true(bytes > 0);
        ll_buf_reset(&pieces);
    }
    ll_buf_clear(&pieces);
    ll_batch_clear(&batch);
}

static void formats_by_name(void **state)
{
    (void)state;
    enum ll_format format = LL_FORMAT_TABLE;
    assert_true(ll_format_parse(LL_STR("ndjson"), &format));
    assert_int_equal(format, LL_FORMAT_NDJSON);
    assert_false(ll_format_parse(LL_STR("xml"), &format));
    assert_false(ll_format_parse(LL_STR(""), &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(no_formula_reaches_a_spreadsheet),
        cmocka_unit_test(cells_are_safe_and_short),
        cmocka_unit_test(columns_line_up),
        cmocka_unit_test(numbers),
        cmocka_unit_test(streaming),
        cmocka_unit_test(formats_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
