#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/batch.h"

enum { C_BOOL, C_I32, C_DATE, C_I64, C_STAMP, C_F64, C_TEXT, C_TEXTS, C_I32S, C_I64S, C_COUNT };

static const struct ll_field fields[C_COUNT] = {
    [C_BOOL] = {"live", LL_TYPE_BOOL},        [C_I32] = {"viewers", LL_TYPE_I32},
    [C_DATE] = {"day", LL_TYPE_DATE},         [C_I64] = {"stream_id", LL_TYPE_I64},
    [C_STAMP] = {"at", LL_TYPE_TIMESTAMP},    [C_F64] = {"share", LL_TYPE_F64},
    [C_TEXT] = {"title", LL_TYPE_TEXT},       [C_TEXTS] = {"tags", LL_TYPE_TEXT_LIST},
    [C_I32S] = {"samples", LL_TYPE_I32_LIST}, [C_I64S] = {"games", LL_TYPE_I64_LIST},
};
static const struct ll_schema schema = {"everything", fields, C_COUNT};

/* Row i, told by i alone; every seventh is NULL all over. */
static void add_row(struct ll_batch *batch, int i)
{
    char text[32];
    struct ll_str title = {text, (size_t)snprintf(text, sizeof(text), "title %d", i)};
    const struct ll_str tags[] = {title, LL_STR(""), LL_STR("x")};
    const int32_t samples[] = {i, i + 1};
    const uint8_t nulls[] = {0, 1};
    const int64_t games[] = {i};
    if (i % 7 == 0) {
        for (size_t c = 0; c < C_COUNT; c++)
            ll_batch_null(batch, c);
    } else {
        ll_batch_bool(batch, C_BOOL, i % 2 == 1);
        ll_batch_i32(batch, C_I32, -i);
        ll_batch_i32(batch, C_DATE, i * 10);
        ll_batch_i64(batch, C_I64, INT64_MAX - i);
        ll_batch_i64(batch, C_STAMP, INT64_MIN + i);
        ll_batch_f64(batch, C_F64, i / 4.);
        ll_batch_text(batch, C_TEXT, title);
        ll_batch_text_list(batch, C_TEXTS, tags, (size_t)i % 4);
        ll_batch_i32_list(batch, C_I32S, samples, i % 2 == 0 ? nulls : NULL, 2);
        ll_batch_i64_list(batch, C_I64S, games, (size_t)i % 2);
    }
    ll_batch_end_row(batch);
}

static void check_lists(const struct ll_batch *batch, size_t row, int i)
{
    struct ll_list tags = ll_batch_get_list(batch, C_TEXTS, row);
    assert_int_equal(tags.count, i % 4);
    if (tags.count > 0) {
        const struct ll_str *texts = tags.elements;
        assert_true(ll_str_equal(texts[0], ll_batch_get_text(batch, C_TEXT, row)));
        assert_true(tags.count < 3 || ll_str_equal(texts[2], LL_STR("x")));
    }
    struct ll_list samples = ll_batch_get_list(batch, C_I32S, row);
    assert_int_equal(samples.count, 2);
    assert_int_equal(((const int32_t *)samples.elements)[1], i + 1);
    assert_int_equal(samples.nulls != NULL, i % 2 == 0);
    if (samples.nulls != NULL)
        assert_memory_equal(samples.nulls, "\0\1", 2);
    struct ll_list games = ll_batch_get_list(batch, C_I64S, row);
    assert_int_equal(games.count, i % 2);
    if (games.count > 0)
        assert_true(((const int64_t *)games.elements)[0] == i);
}

static void check_row(const struct ll_batch *batch, size_t row, int i)
{
    for (size_t c = 0; c < C_COUNT; c++)
        assert_int_equal(ll_batch_is_null(batch, c, row), i % 7 == 0);
    if (i % 7 == 0) { /* a NULL holds the zero of its type */
        assert_true(ll_batch_get_i64(batch, C_I64, row) == 0);
        assert_int_equal(ll_batch_get_text(batch, C_TEXT, row).len, 0);
        assert_int_equal(ll_batch_get_list(batch, C_TEXTS, row).count, 0);
        return;
    }
    char text[32];
    snprintf(text, sizeof(text), "title %d", i);
    assert_int_equal(ll_batch_get_bool(batch, C_BOOL, row), i % 2 == 1);
    assert_int_equal(ll_batch_get_i32(batch, C_I32, row), -i);
    assert_int_equal(ll_batch_get_i32(batch, C_DATE, row), i * 10);
    assert_true(ll_batch_get_i64(batch, C_I64, row) == INT64_MAX - i);
    assert_true(ll_batch_get_i64(batch, C_STAMP, row) == INT64_MIN + i);
    assert_true(ll_batch_get_f64(batch, C_F64, row) == i / 4.);
    assert_true(ll_str_equal(ll_batch_get_text(batch, C_TEXT, row), ll_str_of(text)));
    check_lists(batch, row, i);
}

static void rows_come_back(void **state LL_UNUSED)
{
    enum { ROWS = 1000 };
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    assert_string_equal(batch.table, "everything");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ROWS; i++)
            add_row(&batch, i + round);
        assert_int_equal(batch.row_count, ROWS);
        for (int i = 0; i < ROWS; i++)
            check_row(&batch, (size_t)i, i + round);
        ll_batch_reset(&batch);
        assert_int_equal(batch.row_count, 0);
    }
    ll_batch_clear(&batch);
    ll_batch_clear(&batch);
}

static void reorder_permutes_and_drops(void **state LL_UNUSED)
{
    enum { ROWS = 100 };
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    for (int i = 0; i < ROWS; i++)
        add_row(&batch, i);
    uint32_t order[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        order[i] = ROWS - 1 - i;
    ll_batch_reorder(&batch, order, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        check_row(&batch, i, (int)(ROWS - 1 - i));
    for (uint32_t i = 0; i < 30; i++)
        order[i] = i * 3;
    ll_batch_reorder(&batch, order, 30);
    assert_int_equal(batch.row_count, 30);
    for (size_t i = 0; i < 30; i++)
        check_row(&batch, i, (int)(ROWS - 1 - 3 * i));
    add_row(&batch, 5); /* it can still grow */
    check_row(&batch, 30, 5);
    ll_batch_reorder(&batch, order, 0);
    assert_int_equal(batch.row_count, 0);
    add_row(&batch, 6);
    check_row(&batch, 0, 6);
    ll_batch_clear(&batch);
}

static void room_can_be_reserved(void **state LL_UNUSED)
{
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    ll_batch_reserve(&batch, 100);
    const void *values = batch.columns[C_TEXT].values;
    for (int i = 0; i < 100; i++)
        add_row(&batch, i);
    assert_ptr_equal(batch.columns[C_TEXT].values, values);
    ll_batch_reserve(&batch, 10); /* never less than there is */
    for (int i = 100; i < 200; i++)
        add_row(&batch, i);
    for (size_t i = 0; i < 200; i++)
        check_row(&batch, i, (int)i);
    ll_batch_clear(&batch);
}

static void columns_can_be_added(void **state LL_UNUSED)
{
    struct ll_batch batch = {0};
    char name[] = "hours_watched";
    ll_batch_add_column(&batch, LL_STR("channel"), LL_TYPE_TEXT);
    ll_batch_add_column(&batch, ll_str_of(name), LL_TYPE_I64);
    memset(name, 'x', sizeof(name) - 1);
    for (int round = 0; round < 3; round++) { /* names outlive a reset */
        assert_int_equal(ll_batch_column(&batch, "channel"), 0);
        assert_int_equal(ll_batch_column(&batch, "hours_watched"), 1);
        assert_int_equal(ll_batch_column(&batch, "hours"), -1);
        ll_batch_text_borrowed(&batch, 0, LL_STR("someone"));
        ll_batch_i64(&batch, 1, round);
        ll_batch_end_row(&batch);
        assert_true(ll_batch_get_i64(&batch, 1, 0) == round);
        ll_batch_reset(&batch);
    }
    ll_batch_clear(&batch);
}

static void forget_a_column(struct ll_batch *batch)
{
    ll_batch_bool(batch, C_BOOL, true);
    ll_batch_end_row(batch);
}

static void fill_a_column_twice(struct ll_batch *batch)
{
    ll_batch_i32(batch, C_I32, 1);
    ll_batch_i32(batch, C_I32, 2);
}

static void mistake_a_type(struct ll_batch *batch)
{
    ll_batch_i64(batch, C_I32, 1);
}

static void read_past_the_end(struct ll_batch *batch)
{
    add_row(batch, 1);
    ll_batch_get_i32(batch, C_I32, 1);
}

static void programmer_errors_abort(void **state LL_UNUSED)
{
    static void (*const errors[])(struct ll_batch *) = {forget_a_column, fill_a_column_twice,
                                                        mistake_a_type, read_past_the_end};
    for (size_t i = 0; i < LL_COUNT(errors); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            fclose(stderr); /* the assert's text is no news */
            struct ll_batch batch;
            ll_batch_init(&batch, &schema);
            errors[i](&batch);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),          cmocka_unit_test(reorder_permutes_and_drops),
        cmocka_unit_test(room_can_be_reserved),    cmocka_unit_test(columns_can_be_added),
        cmocka_unit_test(programmer_errors_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
