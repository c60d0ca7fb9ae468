/* Running SQL: statements, parameters, types of results, streams, errors, interrupts. */
#include "support/check.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "duck/memory.h"

static struct ll_batch query(const char *sql)
{
    struct ll_error err;
    struct ll_batch rows = {0};
    assert_status(LL_OK, ll_duck_query(duck, ll_str_of(sql), NULL, 0, 0, &rows, &err), &err);
    return rows;
}

static void assert_text(struct ll_str got, struct ll_str wanted)
{
    assert_int_equal(got.len, wanted.len);
    assert_memory_equal(got.ptr ? got.ptr : "", wanted.len ? wanted.ptr : "", wanted.len);
}

static void the_version_is_known(void **state)
{
    (void)state;
    assert_non_null(ll_duck_version());
    assert_int_equal(ll_duck_version()[0], 'v');
}

static void statements_run_in_order(void **state)
{
    (void)state;
    struct ll_error err;
    const struct ll_param params[] = {ll_param_i64("a", 7), ll_param_text("b", LL_STR("x;y"))};
    assert_status(LL_OK,
                  ll_duck_exec(duck,
                               LL_STR("CREATE TABLE ordered (a BIGINT, b TEXT); -- a comment;\n"
                                      "INSERT INTO ordered VALUES ($a, ';');\n"
                                      "INSERT INTO ordered VALUES ($a + 1, $b);"),
                               params, 2, &err),
                  &err);
    struct ll_batch rows = query("DELETE FROM ordered WHERE a = 7; SELECT a, b FROM ordered");
    assert_int_equal(rows.row_count, 1);
    assert_int_equal(ll_batch_get_i64(&rows, 0, 0), 8);
    assert_text(ll_batch_get_text(&rows, 1, 0), LL_STR("x;y"));
    ll_batch_clear(&rows);
    exec("DROP TABLE ordered; ; -- nothing\n");
    exec("");
}

static void statements_behind_a_failed_one_do_not_run(void **state)
{
    (void)state;
    struct ll_error err;
    exec("CREATE TABLE halted (a INTEGER)");
    assert_status(LL_INVALID,
                  ll_duck_exec(duck,
                               LL_STR("INSERT INTO halted VALUES (1); INSERT INTO halted VALUES "
                                      "('x'); INSERT INTO halted VALUES (3)"),
                               NULL, 0, &err),
                  &err);
    assert_non_null(strstr(err.message, "statement 2"));
    struct ll_batch rows = query("SELECT a FROM halted");
    assert_int_equal(rows.row_count, 1);
    ll_batch_clear(&rows);
    exec("DROP TABLE halted");
}

static void changes_give_no_rows(void **state)
{
    (void)state;
    exec("CREATE TABLE changed (a INTEGER)");
    struct ll_batch rows = query("INSERT INTO changed VALUES (1), (2)");
    assert_int_equal(rows.row_count, 0);
    assert_int_equal(rows.column_count, 0);
    ll_batch_clear(&rows);
    rows = query("INSERT INTO changed VALUES (3) RETURNING a");
    assert_int_equal(ll_batch_get_i32(&rows, 0, 0), 3);
    ll_batch_clear(&rows);
    rows = query("SELECT count(*) FROM changed");
    assert_int_equal(ll_batch_get_i64(&rows, 0, 0), 3);
    ll_batch_clear(&rows);
    exec("DROP TABLE changed");
}

static void every_kind_of_parameter_is_bound(void **state)
{
    (void)state;
    struct ll_error err;
    const struct ll_str texts[] = {LL_STR("a"), LL_STR(""), LL_STR("a longer text than twelve")};
    const int64_t numbers[] = {INT64_MIN, 0, INT64_MAX};
    const struct ll_param params[] = {
        ll_param_null("null"),
        ll_param_bool("bool", true),
        ll_param_i64("i64", INT64_MAX),
        ll_param_f64("f64", 0.1),
        ll_param_text("text", LL_STR("Ĝis\0la")),
        ll_param_text("none", (struct ll_str){0}),
        ll_param_text_list("texts", texts, 3),
        ll_param_i64_list("i64s", numbers, 3),
        ll_param_i64_list("no_i64s", NULL, 0),
        ll_param_i64("unused", 1),
    };
    struct ll_batch rows = {0};
    assert_status(
        LL_OK,
        ll_duck_query(duck,
                      LL_STR("SELECT $null IS NULL, $bool, $i64, $f64, $text, $none, $texts, "
                             "$i64s, $no_i64s, typeof($i64), typeof($texts)"),
                      params, LL_COUNT(params), 0, &rows, &err),
        &err);
    assert_true(ll_batch_get_bool(&rows, 0, 0));
    assert_true(ll_batch_get_bool(&rows, 1, 0));
    assert_true(ll_batch_get_i64(&rows, 2, 0) == INT64_MAX);
    assert_true(ll_batch_get_f64(&rows, 3, 0) == 0.1);
    assert_text(ll_batch_get_text(&rows, 4, 0), LL_STR("Ĝis\0la"));
    assert_text(ll_batch_get_text(&rows, 5, 0), LL_STR(""));
    assert_false(ll_batch_is_null(&rows, 5, 0));
    struct ll_list list = ll_batch_get_list(&rows, 6, 0);
    assert_int_equal(list.count, 3);
    assert_text(((const struct ll_str *)list.elements)[2], texts[2]);
    list = ll_batch_get_list(&rows, 7, 0);
    assert_memory_equal(list.elements, numbers, sizeof(numbers));
    assert_int_equal(ll_batch_get_list(&rows, 8, 0).count, 0);
    assert_text(ll_batch_get_text(&rows, 9, 0), LL_STR("BIGINT"));
    assert_text(ll_batch_get_text(&rows, 10, 0), LL_STR("VARCHAR[]"));
    ll_batch_clear(&rows);
}

static void bad_parameters_are_refused(void **state)
{
    (void)state;
    struct ll_error err;
    const struct ll_param unlike = ll_param_i64("b", 1);
    assert_status(LL_INVALID, ll_duck_exec(duck, LL_STR("SELECT $a"), &unlike, 1, &err), &err);
    assert_non_null(strstr(err.message, "$a"));
    const struct ll_param ill_formed = ll_param_text("a", LL_STR("\xff"));
    assert_status(LL_INVALID, ll_duck_exec(duck, LL_STR("SELECT $a"), &ill_formed, 1, &err), &err);
    assert_status(LL_INVALID, ll_duck_exec(duck, LL_STR("SELECT 1\0"), NULL, 0, &err), &err);
}

static void types_of_results(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum ll_type type;
        int64_t integer; /* bool, integers, days, microseconds */
        double real;
        const char *text;
    } cases[] = {
        {"true", LL_TYPE_BOOL, 1, 0, NULL},
        {"(-128)::TINYINT", LL_TYPE_I32, -128, 0, NULL},
        {"(-32768)::SMALLINT", LL_TYPE_I32, -32768, 0, NULL},
        {"(-2147483648)::INTEGER", LL_TYPE_I32, INT32_MIN, 0, NULL},
        {"'-9223372036854775808'::BIGINT", LL_TYPE_I64, INT64_MIN, 0, NULL},
        {"255::UTINYINT", LL_TYPE_I32, 255, 0, NULL},
        {"65535::USMALLINT", LL_TYPE_I32, 65535, 0, NULL},
        {"4294967295::UINTEGER", LL_TYPE_I64, 4294967295, 0, NULL},
        {"9223372036854775807::UBIGINT", LL_TYPE_I64, INT64_MAX, 0, NULL},
        {"18446744073709551615::UBIGINT", LL_TYPE_F64, 0, 18446744073709551616.0, NULL},
        {"sum(1::BIGINT)", LL_TYPE_I64, 1, 0, NULL},
        {"(-9223372036854775808)::HUGEINT", LL_TYPE_I64, INT64_MIN, 0, NULL},
        {"(-9223372036854775809)::HUGEINT", LL_TYPE_F64, 0, -9223372036854775808.0, NULL},
        {"'170141183460469231731687303715884105728'::UHUGEINT", LL_TYPE_F64, 0, 0x1p127, NULL},
        {"1.5::FLOAT", LL_TYPE_F64, 0, 1.5, NULL},
        {"0.1::DOUBLE", LL_TYPE_F64, 0, 0.1, NULL},
        {"0.1::DECIMAL(4,1)", LL_TYPE_F64, 0, 0.1, NULL},
        {"(-12345.678)::DECIMAL(9,3)", LL_TYPE_F64, 0, -12345.678, NULL},
        {"1234567890.12::DECIMAL(18,2)", LL_TYPE_F64, 0, 1234567890.12, NULL},
        {"0.25::DECIMAL(38,20)", LL_TYPE_F64, 0, 0.25, NULL},
        {"42::DECIMAL(18,0)", LL_TYPE_I64, 42, 0, NULL},
        {"'twelve bytes'", LL_TYPE_TEXT, 0, 0, "twelve bytes"},
        {"'thirteen byte'", LL_TYPE_TEXT, 0, 0, "thirteen byte"},
        {"''", LL_TYPE_TEXT, 0, 0, ""},
        {"DATE '1969-12-31'", LL_TYPE_DATE, -1, 0, NULL},
        {"TIMESTAMP '1970-01-02 00:00:00.000001'", LL_TYPE_TIMESTAMP, 86400000001, 0, NULL},
        {"TIMESTAMPTZ '1970-01-01 02:00:00+01'", LL_TYPE_TIMESTAMP, 3600000000, 0, NULL},
        /* Cast to text: */
        {"{'a': 1, 'b': [NULL, 'x']}", LL_TYPE_TEXT, 0, 0, "{'a': 1, 'b': [NULL, x]}"},
        {"MAP {'k': 2}", LL_TYPE_TEXT, 0, 0, "{k=2}"},
        {"INTERVAL 90 MINUTE", LL_TYPE_TEXT, 0, 0, "01:30:00"},
        {"TIME '12:34:56'", LL_TYPE_TEXT, 0, 0, "12:34:56"},
        {"'\\x00\\xFF'::BLOB", LL_TYPE_TEXT, 0, 0, "\\x00\\xFF"},
        {"'a'::ENUM('a', 'b')", LL_TYPE_TEXT, 0, 0, "a"},
        {"'00000000-0000-0000-0000-000000000001'::UUID", LL_TYPE_TEXT, 0, 0,
         "00000000-0000-0000-0000-000000000001"},
        {"[1.5::DOUBLE]", LL_TYPE_TEXT, 0, 0, "[1.5]"},
        {"array_value(1, 2)", LL_TYPE_TEXT, 0, 0, "[1, 2]"},
        {"'{\"a\": 1}'::JSON", LL_TYPE_TEXT, 0, 0, "{\"a\": 1}"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        char sql[200];
        snprintf(sql, sizeof(sql), "SELECT %s AS \"a \"\"name\"", cases[i].sql);
        struct ll_batch rows = query(sql);
        if (rows.columns[0].field.type != cases[i].type)
            print_error("%s\n", cases[i].sql);
        assert_int_equal(rows.row_count, 1);
        assert_int_equal(rows.columns[0].field.type, cases[i].type);
        assert_string_equal(rows.columns[0].field.name, "a \"name");
        switch (cases[i].type) {
        case LL_TYPE_BOOL:
            assert_int_equal(ll_batch_get_bool(&rows, 0, 0), cases[i].integer);
            break;
        case LL_TYPE_I32:
        case LL_TYPE_DATE:
            assert_int_equal(ll_batch_get_i32(&rows, 0, 0), cases[i].integer);
            break;
        case LL_TYPE_F64:
            assert_true(ll_batch_get_f64(&rows, 0, 0) == cases[i].real);
            break;
        case LL_TYPE_TEXT:
            assert_text(ll_batch_get_text(&rows, 0, 0), ll_str_of(cases[i].text));
            break;
        default:
            assert_true(ll_batch_get_i64(&rows, 0, 0) == cases[i].integer);
            break;
        }
        ll_batch_clear(&rows);
        /* NULL of the same type. */
        snprintf(sql, sizeof(sql), "SELECT CASE WHEN count(*) > 9 THEN %s END", cases[i].sql);
        rows = query(sql);
        assert_true(ll_batch_is_null(&rows, 0, 0));
        ll_batch_clear(&rows);
    }
}

static void lists_keep_their_nulls(void **state)
{
    (void)state;
    struct ll_batch rows = query(
        "SELECT * FROM (VALUES ([1, NULL, 3], [NULL, 4::BIGINT], ['a', NULL, 'long enough to be "
        "elsewhere']), ([], [], []), (NULL, NULL, NULL), ([9], [9], ['z']))");
    assert_int_equal(rows.row_count, 4);
    assert_int_equal(rows.columns[0].field.type, LL_TYPE_I32_LIST);
    assert_int_equal(rows.columns[1].field.type, LL_TYPE_I64_LIST);
    assert_int_equal(rows.columns[2].field.type, LL_TYPE_TEXT_LIST);
    struct ll_list list = ll_batch_get_list(&rows, 0, 0);
    assert_int_equal(list.count, 3);
    assert_int_equal(((const int32_t *)list.elements)[2], 3);
    assert_memory_equal(list.nulls, "\0\1\0", 3);
    list = ll_batch_get_list(&rows, 1, 0);
    assert_memory_equal(list.nulls, "\1\0", 2);
    assert_int_equal(((const int64_t *)list.elements)[1], 4);
    list = ll_batch_get_list(&rows, 2, 0);
    assert_memory_equal(list.nulls, "\0\1\0", 3);
    assert_text(((const struct ll_str *)list.elements)[2], LL_STR("long enough to be elsewhere"));
    for (size_t c = 0; c < 3; c++) {
        assert_int_equal(ll_batch_get_list(&rows, c, 1).count, 0);
        assert_false(ll_batch_is_null(&rows, c, 1));
        assert_true(ll_batch_is_null(&rows, c, 2));
        assert_int_equal(ll_batch_get_list(&rows, c, 3).count, 1);
        assert_null(ll_batch_get_list(&rows, c, 3).nulls);
    }
    ll_batch_clear(&rows);
}

static void a_wide_column_widens_when_it_must(void **state)
{
    (void)state;
    struct ll_batch rows =
        query("SELECT CASE WHEN i = 3999 THEN 1::HUGEINT << 70 WHEN i = 7 THEN NULL "
              "ELSE i END FROM range(4000) t(i) ORDER BY i");
    assert_int_equal(rows.columns[0].field.type, LL_TYPE_F64);
    assert_int_equal(rows.row_count, 4000);
    assert_true(ll_batch_get_f64(&rows, 0, 5) == 5.0);
    assert_true(ll_batch_is_null(&rows, 0, 7));
    assert_true(ll_batch_get_f64(&rows, 0, 3998) == 3998.0);
    assert_true(ll_batch_get_f64(&rows, 0, 3999) == 0x1p70);
    ll_batch_clear(&rows);
}

static void other_types_become_text(void **state)
{
    (void)state;
    struct ll_error err;
    /* Order, names (the same twice) and the columns between are kept; a semicolon and a comment may
     * follow. */
    struct ll_batch rows =
        query("SELECT i AS a, {'x': i} AS a, i * 2 AS b FROM range(5000) t(i) ORDER "
              "BY i DESC; -- done");
    assert_int_equal(rows.row_count, 5000);
    assert_int_equal(rows.columns[0].field.type, LL_TYPE_I64);
    assert_string_equal(rows.columns[1].field.name, "a");
    assert_text(ll_batch_get_text(&rows, 1, 0), LL_STR("{'x': 4999}"));
    assert_text(ll_batch_get_text(&rows, 1, 4999), LL_STR("{'x': 0}"));
    assert_int_equal(ll_batch_get_i64(&rows, 2, 4998), 2);
    ll_batch_clear(&rows);

    const struct ll_param param = ll_param_i64("n", 5);
    assert_status(
        LL_OK, ll_duck_query(duck, LL_STR("SELECT {'x': $n} AS s;\n"), &param, 1, 0, &rows, &err),
        &err);
    assert_text(ll_batch_get_text(&rows, 0, 0), LL_STR("{'x': 5}"));
    ll_batch_clear(&rows);

    /* The last of several has to cast by itself. */
    assert_status(LL_INVALID,
                  ll_duck_query(duck, LL_STR("SELECT 1; SELECT 2 AS n, {'x': 1} AS odd"), NULL, 0,
                                0, &rows, &err),
                  &err);
    assert_non_null(strstr(err.message, "odd"));
}

static void results_have_a_limit(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch rows = {0};
    struct ll_str sql = LL_STR("SELECT i FROM range(3000) t(i)");
    assert_status(LL_LIMIT, ll_duck_query(duck, sql, NULL, 0, 2999, &rows, &err), &err);
    assert_int_equal(rows.row_count, 0);
    assert_status(LL_OK, ll_duck_query(duck, sql, NULL, 0, 3000, &rows, &err), &err);
    assert_int_equal(rows.row_count, 3000);
    /* What was held before is replaced. */
    assert_status(LL_OK,
                  ll_duck_query(duck, LL_STR("SELECT 'x' WHERE false"), NULL, 0, 1, &rows, &err),
                  &err);
    assert_int_equal(rows.row_count, 0);
    assert_int_equal(rows.columns[0].field.type, LL_TYPE_TEXT);
    ll_batch_clear(&rows);
    assert_status(LL_INVALID, ll_duck_query(duck, LL_STR("-- none"), NULL, 0, 1, &rows, &err),
                  &err);
}

struct seen {
    size_t calls;
    size_t rows;
    size_t max_rows;
    int64_t next;
    size_t stop_at; /* LL_CANCELLED once that many rows have come; 0 = never */
};

static enum ll_status count_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct seen *seen = context;
    seen->calls++;
    seen->rows += batch->row_count;
    if (batch->row_count > seen->max_rows)
        seen->max_rows = batch->row_count;
    for (size_t i = 0; i < batch->row_count; i++)
        if (ll_batch_get_i64(batch, 0, i) == seen->next)
            seen->next++;
    if (seen->stop_at && seen->rows >= seen->stop_at)
        return ll_fail(err, LL_CANCELLED, 0, "enough");
    return LL_OK;
}

static void streams_come_in_order_and_in_pieces(void **state)
{
    (void)state;
    struct ll_error err;
    struct seen seen = {0};
    assert_status(LL_OK,
                  ll_duck_stream(duck, LL_STR("SELECT i FROM range(1000000) t(i) ORDER BY i"), NULL,
                                 0, count_rows, &seen, &err),
                  &err);
    assert_int_equal(seen.rows, 1000000);
    assert_int_equal(seen.next, 1000000);
    assert_in_range(seen.max_rows, 1, 4096);

    seen = (struct seen){0};
    assert_status(LL_OK,
                  ll_duck_stream(duck, LL_STR("SELECT 1::BIGINT WHERE false"), NULL, 0, count_rows,
                                 &seen, &err),
                  &err);
    assert_int_equal(seen.calls, 1); /* the columns */
    assert_int_equal(seen.rows, 0);
}

static void a_stream_ends_when_told(void **state)
{
    (void)state;
    struct ll_error err;
    struct seen seen = {.stop_at = 1};
    /* It would never end. */
    assert_status(LL_CANCELLED,
                  ll_duck_stream(duck, LL_STR("SELECT i FROM range(1000000000000) t(i)"), NULL, 0,
                                 count_rows, &seen, &err),
                  &err);
    assert_string_equal(err.message, "enough");
    exec("SELECT 1");
}

static void an_error_in_mid_stream_is_reported(void **state)
{
    (void)state;
    struct ll_error err;
    struct seen seen = {0};
    assert_status(
        LL_INVALID,
        ll_duck_stream(duck,
                       LL_STR("SELECT CASE WHEN i = 900000 THEN error('stop here') ELSE i END "
                              "FROM range(1000000) t(i)"),
                       NULL, 0, count_rows, &seen, &err),
        &err);
    assert_non_null(strstr(err.message, "stop here"));
    exec("SELECT 1");
}

static void errors_have_their_status(void **state)
{
    (void)state;
    exec("CREATE TABLE keyed (k INTEGER PRIMARY KEY)");
    exec("INSERT INTO keyed VALUES (1)");
    static const struct {
        const char *sql;
        enum ll_status status;
        const char *message;
    } cases[] = {
        {"SELEC 1", LL_INVALID, "Parser Error"},
        {"SELECT nowhere", LL_INVALID, "Binder Error"},
        {"FROM nothing", LL_INVALID, "Catalog Error"},
        {"SELECT 'x'::INTEGER", LL_INVALID, "Conversion Error"},
        {"SELECT 2147483647::INTEGER + 1::INTEGER", LL_INVALID, "Out of Range"},
        {"INSERT INTO keyed VALUES (1)", LL_CONFLICT, "uplicate key"},
        {"INSERT INTO keyed VALUES (NULL)", LL_INVALID, "NOT NULL"},
        {"COMMIT", LL_INVALID, "no transaction"},
        {"FROM read_csv('/nonexistent/x.csv')", LL_INVALID, "disabled"},
        {"SET threads = 3", LL_INVALID, "locked"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err = {0};
        struct ll_batch rows = {0};
        assert_status(cases[i].status,
                      ll_duck_query(duck, ll_str_of(cases[i].sql), NULL, 0, 0, &rows, &err), &err);
        assert_non_null(strstr(err.message, cases[i].message));
        assert_status(cases[i].status, ll_duck_exec(duck, ll_str_of(cases[i].sql), NULL, 0, &err),
                      &err);
        assert_null(strstr(err.message, "Stack Trace"));
    }
    exec("DROP TABLE keyed");
}

static atomic_bool finished;

static void *interrupt_until_finished(void *arg)
{
    (void)arg;
    while (!atomic_load(&finished)) {
        ll_duck_interrupt(duck);
        sched_yield();
    }
    return NULL;
}

static void an_interrupt_cancels(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch rows = {0};
    pthread_t thread;
    atomic_store(&finished, false);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_until_finished, NULL), 0);
    /* Hours of work. */
    enum ll_status status = ll_duck_query(
        duck, LL_STR("SELECT sum(a.i * b.i % 7) FROM range(100000000) a(i), range(100000000) b(i)"),
        NULL, 0, 0, &rows, &err);
    atomic_store(&finished, true);
    pthread_join(thread, NULL);
    assert_status(LL_CANCELLED, status, &err);
    /* The next statement does not feel it. */
    exec("SELECT 1");
}

static void casts_are_in_utc(void **state)
{
    (void)state;
    struct ll_batch rows = query("SELECT TIMESTAMPTZ '2026-06-01 00:00:00+00'::DATE::TEXT, "
                                 "current_setting('TimeZone')");
    assert_text(ll_batch_get_text(&rows, 0, 0), LL_STR("2026-06-01"));
    assert_text(ll_batch_get_text(&rows, 1, 0), LL_STR("UTC"));
    ll_batch_clear(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_known),
        cmocka_unit_test(statements_run_in_order),
        cmocka_unit_test(statements_behind_a_failed_one_do_not_run),
        cmocka_unit_test(changes_give_no_rows),
        cmocka_unit_test(every_kind_of_parameter_is_bound),
        cmocka_unit_test(bad_parameters_are_refused),
        cmocka_unit_test(types_of_results),
        cmocka_unit_test(lists_keep_their_nulls),
        cmocka_unit_test(a_wide_column_widens_when_it_must),
        cmocka_unit_test(other_types_become_text),
        cmocka_unit_test(results_have_a_limit),
        cmocka_unit_test(streams_come_in_order_and_in_pieces),
        cmocka_unit_test(a_stream_ends_when_told),
        cmocka_unit_test(an_error_in_mid_stream_is_reported),
        cmocka_unit_test(errors_have_their_status),
        cmocka_unit_test(an_interrupt_cancels),
        cmocka_unit_test(casts_are_in_utc),
    };
    return cmocka_run_group_tests(tests, open_memory, close_memory);
}
