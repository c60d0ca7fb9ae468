/* Appending batches to tables. */
#include "support/check.h"

#include <string.h>

#include "duck/memory.h"
#include "duck/rows.h"

static int64_t count(const char *table)
{
    struct ll_error err;
    char sql[100];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
    struct ll_batch rows = {0};
    assert_status(LL_OK, ll_duck_query(duck, ll_str_of(sql), NULL, 0, 0, &rows, &err), &err);
    int64_t n = ll_batch_get_i64(&rows, 0, 0);
    ll_batch_clear(&rows);
    return n;
}

/* Sizes about the bounds of a vector (2,048), and none. */
static void every_type_comes_back(void **state)
{
    (void)state;
    static const int32_t counts[] = {0, 1, 10, 2047, 2048, 2049, 6000};
    for (size_t i = 0; i < LL_COUNT(counts); i++) {
        struct ll_error err;
        struct ll_batch wanted, got = {0};
        make_rows(&wanted, counts[i]);
        exec(ALL_TYPES_SQL);
        assert_status(LL_OK, ll_duck_append(duck, "all_types", &wanted, &err), &err);
        assert_status(LL_OK, ll_duck_query(duck, LL_STR("FROM all_types"), NULL, 0, 0, &got, &err),
                      &err);
        assert_batches_equal(&got, &wanted);
        ll_batch_clear(&got);
        ll_batch_clear(&wanted);
        exec("DROP TABLE all_types");
    }
}

static void columns_go_by_name(void **state)
{
    (void)state;
    struct ll_error err;
    static const struct ll_field fields[] = {{"b", LL_TYPE_TEXT}, {"a", LL_TYPE_I64}};
    static const struct ll_schema schema = {"named", fields, 2};
    exec("CREATE TABLE named (a SMALLINT, n INTEGER, b TEXT, d TEXT DEFAULT 'dear')");
    struct ll_batch batch, rows = {0};
    ll_batch_init(&batch, &schema);
    ll_batch_text(&batch, 0, LL_STR("x"));
    ll_batch_i64(&batch, 1, 12);
    ll_batch_end_row(&batch);
    assert_status(LL_OK, ll_duck_append(duck, "named", &batch, &err), &err);
    assert_status(LL_OK, ll_duck_query(duck, LL_STR("FROM named"), NULL, 0, 0, &rows, &err), &err);
    assert_int_equal(ll_batch_get_i32(&rows, 0, 0), 12);
    assert_true(ll_batch_is_null(&rows, 1, 0));
    assert_texts_equal(ll_batch_get_text(&rows, 2, 0), LL_STR("x"));
    assert_texts_equal(ll_batch_get_text(&rows, 3, 0), LL_STR("dear"));
    ll_batch_clear(&rows);

    /* A value that the narrower column cannot hold. */
    ll_batch_reset(&batch);
    ll_batch_text(&batch, 0, LL_STR("x"));
    ll_batch_i64(&batch, 1, 40000);
    ll_batch_end_row(&batch);
    assert_status(LL_INVALID, ll_duck_append(duck, "named", &batch, &err), &err);
    assert_int_equal(count("named"), 1);
    ll_batch_clear(&batch);
    exec("DROP TABLE named");
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct ll_error err;
    static const struct ll_field fields[] = {{"k", LL_TYPE_I32}, {"s", LL_TYPE_TEXT}};
    static const struct ll_schema schema = {"keyed", fields, 2};
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    for (int32_t i = 0; i < 3000; i++) {
        ll_batch_i32(&batch, 0, i % 2999); /* the last is there already */
        ll_batch_text(&batch, 1, LL_STR("s"));
        ll_batch_end_row(&batch);
    }
    assert_status(LL_INVALID, ll_duck_append(duck, "keyed", &batch, &err), &err);
    assert_non_null(strstr(err.message, "keyed"));
    exec("CREATE TABLE keyed (k INTEGER)");
    assert_status(LL_INVALID, ll_duck_append(duck, "keyed", &batch, &err), &err);
    assert_non_null(strstr(err.message, "column s"));
    exec("DROP TABLE keyed; CREATE TABLE keyed (k INTEGER PRIMARY KEY, s TEXT)");
    assert_status(LL_CONFLICT, ll_duck_append(duck, "keyed", &batch, &err), &err);
    assert_int_equal(count("keyed"), 0);
    exec("DROP TABLE keyed");
    ll_batch_clear(&batch);
}

static void ill_formed_text_is_refused_whole(void **state)
{
    (void)state;
    static const struct ll_field fields[] = {{"s", LL_TYPE_TEXT}, {"l", LL_TYPE_TEXT_LIST}};
    static const struct ll_schema schema = {"texts", fields, 2};
    const struct ll_str bad = LL_STR("\xed\xa0\x80"), good = LL_STR("good");
    exec("CREATE TABLE texts (s TEXT, l TEXT[])");
    for (int place = 0; place < 2; place++) {
        struct ll_error err;
        struct ll_batch batch;
        ll_batch_init(&batch, &schema);
        for (int i = 0; i < 3000; i++) {
            ll_batch_text(&batch, 0, i == 2999 && place == 0 ? bad : good);
            ll_batch_text_list(&batch, 1, i == 2999 && place == 1 ? &bad : &good, 1);
            ll_batch_end_row(&batch);
        }
        assert_status(LL_INVALID, ll_duck_append(duck, "texts", &batch, &err), &err);
        assert_non_null(strstr(err.message, place == 0 ? "column s" : "column l"));
        assert_int_equal(count("texts"), 0);
        ll_batch_clear(&batch);
    }
    exec("DROP TABLE texts");
}

static void appends_belong_to_the_transaction(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch batch;
    make_rows(&batch, 300000); /* more than one flush of the appender */
    exec(ALL_TYPES_SQL);
    exec("BEGIN TRANSACTION");
    assert_status(LL_OK, ll_duck_append(duck, "all_types", &batch, &err), &err);
    assert_int_equal(count("all_types"), 300000);
    exec("ROLLBACK");
    assert_int_equal(count("all_types"), 0);
    exec("DROP TABLE all_types");
    ll_batch_clear(&batch);
}

/* From a database with several threads, which it has again afterwards. */
static void rows_of_another_database_come_whole(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_duck *from = NULL;
    struct ll_batch wanted, got = {0};
    make_rows(&wanted, 6000);
    exec(ALL_TYPES_SQL);
    assert_status(
        LL_OK,
        ll_duck_open(&(struct ll_duck_options){.threads = 3, .external_access = true}, &from, &err),
        &err);
    assert_status(LL_OK, ll_duck_exec(from, LL_STR(ALL_TYPES_SQL), NULL, 0, &err), &err);
    assert_status(LL_OK, ll_duck_append(from, "all_types", &wanted, &err), &err);
    assert_status(
        LL_OK,
        ll_duck_append_select(duck, "all_types", from, LL_STR("FROM all_types"), NULL, 0, &err),
        &err);
    assert_status(LL_OK, ll_duck_query(duck, LL_STR("FROM all_types"), NULL, 0, 0, &got, &err),
                  &err);
    assert_batches_equal(&got, &wanted);
    assert_status(LL_OK,
                  ll_duck_query(from, LL_STR("SELECT current_setting('threads')::BIGINT"), NULL, 0,
                                0, &got, &err),
                  &err);
    assert_int_equal(ll_batch_get_i64(&got, 0, 0), 3);
    exec("DROP TABLE all_types");
    ll_batch_clear(&wanted);
    ll_batch_clear(&got);
    ll_duck_close(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(columns_go_by_name),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(ill_formed_text_is_refused_whole),
        cmocka_unit_test(appends_belong_to_the_transaction),
        cmocka_unit_test(rows_of_another_database_come_whole),
    };
    return cmocka_run_group_tests(tests, open_memory, close_memory);
}
