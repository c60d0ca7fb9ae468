/* Users' SQL in processes of their own, which are this program: see main(). */
#include "support/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/process.h"
#include "app/sandbox.h"
#include "base/arena.h"
#include "support/temp_folder.h"

#define COPIES 25
#define VALUE_BYTES 40000

struct world {
    char *folder;
    struct ll_stop stop;
    struct ll_wire wire, share; /* the owner's, and one of those who share it */
    struct ll_owner owner;
    struct ll_warehouse *warehouse; /* of the share */
};

static int set_up(void **state)
{
    struct ll_error err;
    struct world *w = ll_xcalloc(1, sizeof(*w));
    w->folder = temp_folder_new();
    assert_status(LL_OK, ll_stop_init(&w->stop, &err), &err);
    struct ll_wire_options options = {.lake_dir = w->folder,
                                      .command = "test",
                                      .clock = ll_clock_system(),
                                      .memory_limit_bytes = INT64_C(256) << 20,
                                      .patience = {.stop = &w->stop}};
    ll_wire_init(&w->wire, &options);
    ll_owner_init(&w->owner, &w->wire);
    assert_status(LL_OK, ll_wire_open_lake(&w->wire, LL_LAKE_CREATE, &err), &err);
    options.owner = &w->owner;
    ll_wire_init(&w->share, &options);
    assert_status(LL_OK, ll_wire_warehouse(&w->share, &w->warehouse, &err), &err);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    ll_wire_close(&w->share);
    ll_owner_clear(&w->owner);
    ll_wire_close(&w->wire);
    ll_stop_clear(&w->stop);
    temp_folder_free(w->folder);
    free(w);
    return 0;
}

/* --- asking */

struct rows {
    int64_t count, sum; /* of the first column */
    int64_t most;       /* 0 = all; then LL_LIMIT */
    char text[64];      /* of the last row's second column, when it has one */
};

static enum ll_status add_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct rows *rows = context;
    for (size_t row = 0; row < batch->row_count; row++) {
        rows->count++;
        if (batch->columns[0].field.type == LL_TYPE_I64)
            rows->sum += ll_batch_get_i64(batch, 0, row);
        if (batch->column_count > 1) {
            struct ll_str text = ll_batch_get_text(batch, 1, row);
            assert_true(text.len < sizeof(rows->text));
            memcpy(rows->text, text.ptr, text.len);
            rows->text[text.len] = '\0';
        }
        if (rows->most > 0 && rows->count > rows->most)
            return ll_fail(err, LL_LIMIT, 0, "enough");
    }
    return LL_OK;
}

static enum ll_status ask(struct world *w, const char *sql, struct rows *rows, struct ll_error *err)
{
    struct ll_warehouse *sandbox = ll_sandbox_new(&w->share);
    enum ll_status status = ll_warehouse_query_text(sandbox, ll_str_of(sql), add_rows, rows, err);
    ll_warehouse_free(sandbox);
    return status;
}

static void answers(void **state)
{
    struct ll_error err;
    struct rows rows = {0};
    assert_status(LL_OK, ask(*state, "SELECT i, 'row ' || i FROM range(100000) t(i)", &rows, &err),
                  &err);
    assert_int_equal(rows.count, 100000);
    assert_int_equal(rows.sum, INT64_C(99999) * 100000 / 2);
    assert_string_equal(rows.text, "row 99999");

    rows = (struct rows){.most = 10}; /* who has enough ends it */
    assert_status(LL_LIMIT, ask(*state, "SELECT i FROM range(100000000) t(i)", &rows, &err), &err);
    assert_string_equal(err.message, "enough");
}

static void what_fails_says_why(void **state)
{
    static const struct {
        const char *sql;
        enum ll_status status;
        const char *words;
    } cases[] = {
        {"SELECT * FROM nothing", LL_INVALID, "nothing"},
        {"DROP TABLE meta", LL_INVALID, "only SELECT"},
        {"SELECT * FROM read_text('/etc/passwd')", LL_INVALID, "read_text"},
        {"SELECT json_structure(repeat('[', 300000) || repeat(']', 300000))", LL_INVALID,
         "brought its engine down"},
        {"SELECT repeat('x', 70000000)", LL_LIMIT, ""}, /* a row, or memory, whichever is first */
    };
    struct ll_error err;
    struct rows rows = {0};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        assert_status(cases[i].status, ask(*state, cases[i].sql, &rows, &err), &err);
        assert_non_null(strstr(err.message, cases[i].words));
    }
    assert_int_equal(rows.count, 0);
}

/* --- interrupting */

static void *interrupt_soon(void *sandbox)
{
    (void)poll(NULL, 0, 100); /* in the middle, or before it has begun: either is to work */
    ll_warehouse_interrupt(sandbox);
    return NULL;
}

static void is_interrupted(void **state)
{
    struct world *w = *state;
    struct ll_error err;
    struct rows rows = {0};
    pthread_t thread;
    struct ll_warehouse *sandbox = ll_sandbox_new(&w->share);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, sandbox), 0);
    assert_status(LL_CANCELLED,
                  ll_warehouse_query_text(
                      sandbox,
                      LL_STR("SELECT count(*) FROM range(100000000) a, range(100000000) b"),
                      add_rows, &rows, &err),
                  &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    ll_warehouse_free(sandbox);
}

/* --- copies */

static enum ll_status put(struct ll_warehouse *w, const char *key, struct ll_str value,
                          struct ll_error *err)
{
    const struct ll_param params[] = {ll_param_text("key", ll_str_of(key)),
                                      ll_param_text("value", value)};
    return ll_warehouse_exec(w, "meta/put", params, LL_COUNT(params), err);
}

/* One transaction: a and b are the same in every state that was committed. */
static void write_pair(struct ll_warehouse *warehouse, int i)
{
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf value = {0};
    ll_buf_printf(&value, "%09d", i);
    while (value.len < VALUE_BYTES) /* not to be compressed away */
        ll_buf_printf(&value, "%d,",
                      (int)(((unsigned)i * 7919U + (unsigned)value.len) * 2654435761U));
    assert_status(LL_OK, ll_warehouse_begin(warehouse, &err), &err);
    assert_status(LL_OK, put(warehouse, "a", ll_buf_str(&value), &err), &err);
    assert_status(LL_OK, put(warehouse, "b", ll_buf_str(&value), &err), &err);
    assert_status(LL_OK, ll_warehouse_commit(warehouse, &err), &err);
    if (i % 7 == 0)
        assert_status(LL_OK, ll_warehouse_exec(warehouse, "duckdb/checkpoint", NULL, 0, &err),
                      &err);
}

struct writer {
    struct ll_warehouse *warehouse;
    atomic_bool ends;
    atomic_int written;
};

static void *write_on(void *context)
{
    struct writer *writer = context;
    for (int i = 1; !atomic_load(&writer->ends); i++) {
        write_pair(writer->warehouse, i);
        atomic_store(&writer->written, i);
    }
    return NULL;
}

static void change(struct world *w)
{
    struct ll_error err;
    assert_status(LL_OK, ll_turn_take(&w->owner.work, &w->wire.options.patience, &err), &err);
    ll_turn_give(&w->owner.work);
}

static void copies_of_what_is_being_written_are_whole(void **state)
{
    struct world *w = *state;
    struct ll_error err;
    struct writer writer = {.warehouse = w->warehouse};
    pthread_t thread;
    int64_t last = -1;
    write_pair(w->warehouse, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
    for (int i = 0; i < COPIES; i++) {
        struct rows rows = {0};
        int before = atomic_load(&writer.written);
        change(w);
        assert_status(LL_OK,
                      ask(w,
                          "SELECT CAST(value[:9] AS BIGINT) AS n, CAST(count(*) OVER (PARTITION BY "
                          "value) AS TEXT) FROM meta WHERE key IN ('a', 'b')",
                          &rows, &err),
                      &err);
        assert_int_equal(rows.count, 2);
        assert_string_equal(rows.text, "2"); /* both are the same, to the last byte */
        assert_true(rows.sum / 2 >= before); /* what was committed is there */
        assert_true(rows.sum / 2 >= last);
        last = rows.sum / 2;
    }
    atomic_store(&writer.ends, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(last > 0);
}

static int64_t newest(struct world *w)
{
    struct ll_error err;
    struct rows rows = {0};
    assert_status(LL_OK,
                  ask(w, "SELECT CAST(value[:9] AS BIGINT) FROM meta WHERE key = 'a'", &rows, &err),
                  &err);
    return rows.sum;
}

static void a_copy_is_kept_until_the_data_changes(void **state)
{
    struct world *w = *state;
    write_pair(w->warehouse, 1);
    assert_int_equal(newest(w), 1);
    char *first = ll_xstrdup(w->owner.copies.newest->path);
    write_pair(w->warehouse, 2);
    assert_int_equal(newest(w), 1);
    assert_string_equal(w->owner.copies.newest->path, first);
    change(w);
    assert_int_equal(newest(w), 2);
    assert_int_not_equal(access(first, F_OK), 0);
    free(first);
}

static void a_dropped_copy_is_gone(void **state)
{
    struct world *w = *state;
    struct ll_warehouse_copy *copy;
    struct ll_error err;
    write_pair(w->warehouse, 1);
    assert_int_equal(newest(w), 1);
    char *path = ll_xstrdup(w->owner.copies.newest->path);
    ll_warehouse_copies_drop(&w->owner);
    assert_int_not_equal(access(path, F_OK), 0);
    free(path);
    /* Or goes with its last user. */
    assert_status(LL_OK, ll_warehouse_copy_use(&w->owner, &copy, &err), &err);
    path = ll_xstrdup(copy->path);
    ll_warehouse_copies_drop(&w->owner);
    assert_int_equal(access(path, F_OK), 0);
    ll_warehouse_copy_leave(&w->owner, copy);
    assert_int_not_equal(access(path, F_OK), 0);
    free(path);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], LL_PROCESS_WORD) == 0)
        return ll_process_main(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_fails_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_interrupted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_of_what_is_being_written_are_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_copy_is_kept_until_the_data_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dropped_copy_is_gone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
