/* What every warehouse does. Each test runs on each backend, on a fresh warehouse. */
#include "support/check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/temp_folder.h"
#include "warehouse/warehouse.h"

struct fixture;

struct backend {
    const char *name;
    bool persists;
    enum ll_status (*open)(struct fixture *fixture, struct ll_error *err);
};

struct fixture {
    const struct backend *backend;
    size_t test; /* its place in the contract */
    char *folder;
    struct ll_warehouse *w;
};

static enum ll_status open_duckdb_memory(struct fixture *fixture, struct ll_error *err)
{
    return ll_warehouse_duckdb_open(&(struct ll_warehouse_duckdb_options){0}, &fixture->w, err);
}

static enum ll_status open_duckdb_file(struct fixture *fixture, struct ll_error *err)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/warehouse.duckdb", fixture->folder);
    struct ll_warehouse_duckdb_options options = {.path = path};
    return ll_warehouse_duckdb_open(&options, &fixture->w, err);
}

static const struct backend backends[] = {
    {"duckdb in memory", false, open_duckdb_memory},
    {"duckdb file", true, open_duckdb_file},
};

/* --- helpers -------------------------------------------------------------------------------- */

static void begin(struct ll_warehouse *w)
{
    struct ll_error err;
    assert_status(LL_OK, ll_warehouse_begin(w, &err), &err);
}

static void commit(struct ll_warehouse *w)
{
    struct ll_error err;
    assert_status(LL_OK, ll_warehouse_commit(w, &err), &err);
}

static void make(struct ll_warehouse *w)
{
    struct ll_error err;
    assert_status(LL_OK, ll_warehouse_exec(w, "test/contract_make", NULL, 0, &err), &err);
}

static enum ll_status add(struct ll_warehouse *w, int64_t k, const char *t, struct ll_error *err)
{
    const struct ll_param params[] = {ll_param_i64("k", k), ll_param_text("t", ll_str_of(t))};
    return ll_warehouse_exec(w, "test/contract_add", params, 2, err);
}

static const struct ll_field fields[] = {{"t", LL_TYPE_TEXT}, {"k", LL_TYPE_I64}};
static const struct ll_schema schema = {"contract", fields, 2};

static enum ll_status put(struct ll_warehouse *w, int64_t from, int64_t count, struct ll_error *err)
{
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    for (int64_t k = from; k < from + count; k++) {
        ll_batch_text(&batch, 0, LL_STR("put"));
        ll_batch_i64(&batch, 1, k);
        ll_batch_end_row(&batch);
    }
    enum ll_status status = ll_warehouse_put(w, "contract", &batch, err);
    ll_batch_clear(&batch);
    return status;
}

static size_t count(struct ll_warehouse *w)
{
    struct ll_error err;
    struct ll_batch rows = {0};
    assert_status(LL_OK, ll_warehouse_query(w, "test/contract_all", NULL, 0, &rows, &err), &err);
    size_t n = rows.row_count;
    ll_batch_clear(&rows);
    return n;
}

struct seen {
    size_t rows;
    size_t columns;
    size_t stop_at;
    char text[100]; /* of the first row's first column, when it is text */
};

static enum ll_status see(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct seen *seen = context;
    seen->columns = batch->column_count;
    if (seen->rows == 0 && batch->row_count > 0 && batch->columns[0].field.type == LL_TYPE_TEXT) {
        struct ll_str text = ll_batch_get_text(batch, 0, 0);
        snprintf(seen->text, sizeof(seen->text), "%.*s", LL_FMT(text));
    }
    seen->rows += batch->row_count;
    if (seen->stop_at > 0 && seen->rows >= seen->stop_at)
        return ll_fail(err, LL_LIMIT, 0, "the reader has had enough");
    return LL_OK;
}

static enum ll_status run_text(struct ll_warehouse *w, const char *sql, struct seen *seen,
                               struct ll_error *err)
{
    return ll_warehouse_query_text(w, ll_str_of(sql), see, seen, err);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_new_warehouse_has_the_schema(struct fixture *fixture)
{
    struct ll_error err;
    struct ll_batch rows = {0};
    const struct ll_param key = ll_param_text("key", LL_STR("schema_version"));
    assert_status(LL_OK, ll_warehouse_query(fixture->w, "meta/get", &key, 1, &rows, &err), &err);
    assert_int_equal(rows.row_count, 1);
    int64_t version = 0;
    assert_true(ll_str_to_i64(ll_batch_get_text(&rows, 0, 0), &version));
    assert_int_equal(version, LL_WAREHOUSE_SCHEMA);
    ll_batch_clear(&rows);
    static const char *const tables[] = {"load_ledger", "run", "hot", "rollup_slot", "observation"};
    for (size_t i = 0; i < LL_COUNT(tables); i++) {
        char sql[100];
        struct seen seen = {0};
        snprintf(sql, sizeof(sql), "SELECT * FROM %s", tables[i]);
        assert_status(LL_OK, run_text(fixture->w, sql, &seen, &err), &err);
        assert_int_equal(seen.rows, 0);
        assert_true(seen.columns > 0);
    }
}

static void sql_has_names(struct fixture *fixture)
{
    struct ll_error err;
    struct ll_batch rows = {0};
    struct seen seen = {0};
    assert_status(LL_NOT_FOUND, ll_warehouse_exec(fixture->w, "no/such", NULL, 0, &err), &err);
    assert_status(LL_NOT_FOUND, ll_warehouse_query(fixture->w, "no/such", NULL, 0, &rows, &err),
                  &err);
    assert_status(LL_NOT_FOUND,
                  ll_warehouse_stream(fixture->w, "schema.sql", NULL, 0, see, &seen, &err), &err);
    assert_non_null(strstr(err.message, "schema.sql"));
    assert_status(LL_INVALID, ll_warehouse_exec(fixture->w, "test/contract_all", NULL, 0, &err),
                  &err);
    assert_non_null(strstr(err.message, "test/contract_all")); /* there is no table yet */
}

static void a_commit_keeps_and_an_abort_drops(struct fixture *fixture)
{
    struct ll_error err;
    struct ll_warehouse *w = fixture->w;
    ll_warehouse_abort(w); /* outside a transaction: nothing */
    make(w);
    begin(w);
    assert_status(LL_OK, ll_warehouse_lock_day(w, 20000, &err), &err);
    assert_status(LL_OK, add(w, 1, "one", &err), &err);
    assert_status(LL_OK, put(w, 100, 5000, &err), &err);
    assert_int_equal(count(w), 5001); /* it sees its own rows */
    ll_warehouse_abort(w);
    ll_warehouse_abort(w);
    assert_int_equal(count(w), 0);

    begin(w);
    assert_status(LL_OK, ll_warehouse_lock_day(w, 20000, &err), &err);
    assert_status(LL_OK, add(w, 2, "it's; $k -- \"two\"", &err), &err);
    assert_status(LL_OK, put(w, 100, 5000, &err), &err);
    commit(w);
    ll_warehouse_abort(w);
    struct ll_batch rows = {0};
    assert_status(LL_OK, ll_warehouse_query(w, "test/contract_all", NULL, 0, &rows, &err), &err);
    assert_int_equal(rows.row_count, 5001);
    assert_int_equal(ll_batch_get_i64(&rows, 0, 0), 2);
    assert_true(ll_str_equal(ll_batch_get_text(&rows, 1, 0), LL_STR("it's; $k -- \"two\"")));
    assert_int_equal(ll_batch_get_i64(&rows, 0, 5000), 5099);
    ll_batch_clear(&rows);
}

static void an_error_undoes_the_whole_transaction(struct fixture *fixture)
{
    struct ll_error err;
    struct ll_warehouse *w = fixture->w;
    make(w);
    begin(w);
    assert_status(LL_OK, put(w, 100, 10, &err), &err);
    const struct ll_param k = ll_param_i64("k", 1);
    assert_status(LL_CONFLICT, ll_warehouse_exec(w, "test/contract_add_twice", &k, 1, &err), &err);
    assert_non_null(strstr(err.message, "test/contract_add_twice"));
    ll_warehouse_abort(w);
    assert_int_equal(count(w), 0);

    begin(w);
    assert_status(LL_OK, add(w, 105, "in the way", &err), &err);
    assert_status(LL_CONFLICT, put(w, 100, 10, &err), &err);
    ll_warehouse_abort(w);
    assert_int_equal(count(w), 0);

    /* A commit of what failed keeps nothing either. */
    begin(w);
    assert_status(LL_OK, add(w, 1, "x", &err), &err);
    assert_status(LL_CONFLICT, add(w, 1, "y", &err), &err);
    enum ll_status status = ll_warehouse_commit(w, &err);
    assert_int_not_equal(status, LL_OK);
    assert_int_equal(count(w), 0);
    begin(w);
    commit(w);
}

static void outside_a_transaction_each_call_commits(struct fixture *fixture)
{
    struct ll_error err;
    make(fixture->w);
    assert_status(LL_OK, add(fixture->w, 1, "one", &err), &err);
    assert_status(LL_OK, put(fixture->w, 2, 1, &err), &err);
    ll_warehouse_abort(fixture->w);
    assert_int_equal(count(fixture->w), 2);
}

static enum ll_status put_select(struct ll_warehouse *w, struct ll_duck *from, const char *sql,
                                 struct ll_error *err)
{
    const struct ll_param rows = ll_param_i64("rows", 5000);
    return ll_warehouse_put_select(w, "contract", from, ll_str_of(sql), &rows, 1, err);
}

/* `to` is w, or stands before it. */
static void fill_from_elsewhere(struct ll_warehouse *w, struct ll_warehouse *to)
{
    struct ll_error err;
    struct ll_duck *from = NULL;
    assert_status(
        LL_OK, ll_duck_open(&(struct ll_duck_options){.external_access = true}, &from, &err), &err);
    make(w);
    begin(w);
    assert_status(
        LL_OK,
        put_select(to, from, "SELECT 'row ' || i AS t, i AS k FROM range($rows) AS r(i)", &err),
        &err);
    assert_status(LL_OK, put_select(to, from, "SELECT 1 AS k, '' AS t WHERE $rows < 0", &err),
                  &err);
    commit(w);
    assert_int_equal(count(w), 5000);

    /* Unreadable there, or unfit here: nothing of it is kept, and both databases go on. */
    static const char *const bad[] = {"SELECT k FROM nowhere WHERE $rows > 0",
                                      "SELECT 9000 AS k, 'x' AS unlike WHERE $rows > 0",
                                      "SELECT i + 1 AS k, 'x' AS t FROM range($rows) AS r(i)",
                                      "SELECT 9000 AS k, NULL AS t WHERE $rows > 0"};
    for (size_t i = 0; i < LL_COUNT(bad); i++) {
        begin(w);
        assert_status(LL_OK, add(w, 10000, "goes with it", &err), &err);
        assert_int_not_equal(put_select(to, from, bad[i], &err), LL_OK);
        if (to == w)
            assert_int_not_equal(ll_warehouse_commit(w, &err), LL_OK);
        ll_warehouse_abort(w);
        assert_int_equal(count(w), 5000);
    }
    begin(w);
    assert_status(LL_OK, put_select(to, from, "SELECT 9000 AS k, 'x' AS t WHERE $rows > 0", &err),
                  &err);
    commit(w);
    assert_int_equal(count(w), 5001);
    ll_duck_close(from);
}

static void a_select_elsewhere_fills_a_table(struct fixture *fixture)
{
    fill_from_elsewhere(fixture->w, fixture->w);
}

/* A warehouse that can only put batches, into another. */
struct plain {
    struct ll_warehouse base;
    struct ll_warehouse *behind;
};

static enum ll_status plain_put(struct ll_warehouse *w, const char *table,
                                const struct ll_batch *batch, struct ll_error *err)
{
    return ll_warehouse_put(((struct plain *)w)->behind, table, batch, err);
}

static void without_an_op_of_its_own_a_select_comes_in_batches(struct fixture *fixture)
{
    static const struct ll_warehouse_ops ops = {.name = "plain", .put = plain_put};
    struct plain plain = {.base = {.ops = &ops}, .behind = fixture->w};
    fill_from_elsewhere(fixture->w, &plain.base);
}

static void batches_must_fit_the_table(struct fixture *fixture)
{
    struct ll_error err;
    static const struct ll_field odd_fields[] = {{"k", LL_TYPE_I64}, {"unlike", LL_TYPE_TEXT}};
    static const struct ll_schema odd = {"contract", odd_fields, 2};
    make(fixture->w);
    struct ll_batch batch;
    ll_batch_init(&batch, &odd);
    assert_status(LL_INVALID, ll_warehouse_put(fixture->w, "contract", &batch, &err), &err);
    assert_status(LL_INVALID, ll_warehouse_put(fixture->w, "nothing", &batch, &err), &err);
    ll_batch_clear(&batch);
    /* t may not be NULL. */
    static const struct ll_schema keys = {"contract", odd_fields, 1};
    ll_batch_init(&batch, &keys);
    ll_batch_i64(&batch, 0, 1);
    ll_batch_end_row(&batch);
    assert_status(LL_INVALID, ll_warehouse_put(fixture->w, "contract", &batch, &err), &err);
    ll_batch_clear(&batch);
    assert_int_equal(count(fixture->w), 0);
}

static void streams_come_in_order(struct fixture *fixture)
{
    struct ll_error err;
    struct seen seen = {0};
    make(fixture->w);
    assert_status(LL_OK, put(fixture->w, 0, 100000, &err), &err);
    assert_status(LL_OK,
                  ll_warehouse_stream(fixture->w, "test/contract_all", NULL, 0, see, &seen, &err),
                  &err);
    assert_int_equal(seen.rows, 100000);
    seen = (struct seen){.stop_at = 1};
    assert_status(LL_LIMIT,
                  ll_warehouse_stream(fixture->w, "test/contract_all", NULL, 0, see, &seen, &err),
                  &err);
    assert_true(seen.rows < 100000);
    assert_int_equal(count(fixture->w), 100000);
}

static void users_may_read(struct fixture *fixture)
{
    static const struct {
        const char *sql;
        size_t rows;
        const char *text; /* of the first value, or NULL */
    } cases[] = {
        {"SELECT t FROM contract WHERE k = 1", 1, "put"},
        {"  select t from contract;  ", 3, "put"},
        {"-- why\nSELECT k FROM contract /* all */ ORDER BY k; -- done", 3, NULL},
        {"WITH a AS (SELECT k FROM contract) SELECT count(*) FROM a", 1, NULL},
        {"VALUES (1), (2)", 2, NULL},
        {"(SELECT 1) UNION ALL (SELECT 2)", 2, NULL},
        {"EXPLAIN SELECT k FROM contract", 1, NULL},
        {"explain analyze SELECT k FROM contract", 1, NULL},
        {"SELECT 'DROP TABLE contract; COPY' AS harmless", 1, "DROP TABLE contract; COPY"},
        {"SELECT i FROM generate_series(1, 5) AS s(i)", 5, NULL},
        {"SELECT count(*) FROM observations(0, 86400)", 1, NULL},
        {"SELECT table_name FROM information_schema.tables WHERE table_name = 'contract'", 1,
         "contract"},
        {"SELECT k FROM contract WHERE false", 0, NULL},
    };
    struct ll_error err;
    make(fixture->w);
    assert_status(LL_OK, put(fixture->w, 0, 3, &err), &err);
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct seen seen = {0};
        enum ll_status status = run_text(fixture->w, cases[i].sql, &seen, &err);
        if (status != LL_OK || seen.rows != cases[i].rows)
            print_error("%s\n", cases[i].sql);
        assert_status(LL_OK, status, &err);
        assert_int_equal(seen.rows, cases[i].rows);
        assert_true(seen.columns > 0);
        if (cases[i].text)
            assert_string_equal(seen.text, cases[i].text);
    }
}

static void users_may_do_nothing_else(struct fixture *fixture)
{
    static const char *const attempts[] = {
        "",
        ";",
        "-- nothing",
        "SELEC 1",
        "SELECT nothing FROM contract",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE contract",
        "INSERT INTO contract VALUES (9, 'x')",
        "WITH a AS (SELECT 1) INSERT INTO contract SELECT 9, 'x'",
        "UPDATE contract SET t = 'x'",
        "DELETE FROM contract",
        "TRUNCATE contract",
        "DROP TABLE contract",
        "CREATE TABLE more (a INTEGER)",
        "CREATE TEMP TABLE more (a INTEGER)",
        "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE contract ADD COLUMN c TEXT",
        "EXPLAIN DELETE FROM contract",
        "EXPLAIN ANALYZE DELETE FROM contract",
        "EXPLAIN ANALYZE SELECT 1; DELETE FROM contract",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SET search_path = 'x'",
        "RESET ALL",
        "CHECKPOINT",
        "VACUUM",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "COPY contract TO '/tmp/out.csv'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "COPY contract FROM '/etc/hostname'",
        "SELECT 1 FROM contract WHERE k = $k",
        "SELECT pg_read_file('/etc/hostname')",
    };
    struct ll_error err;
    make(fixture->w);
    assert_status(LL_OK, put(fixture->w, 0, 3, &err), &err);
    for (size_t i = 0; i < LL_COUNT(attempts); i++) {
        struct seen seen = {0};
        enum ll_status status = run_text(fixture->w, attempts[i], &seen, &err);
        if (status != LL_INVALID)
            print_error("%s\n", attempts[i]);
        assert_status(LL_INVALID, status, &err);
        assert_int_equal(seen.rows, 0);
        assert_true(err.message[0] != '\0');
    }
    /* No transaction is left behind. */
    assert_int_equal(count(fixture->w), 3);
    begin(fixture->w);
    assert_status(LL_OK, add(fixture->w, 9, "still writable", &err), &err);
    commit(fixture->w);
    assert_int_equal(count(fixture->w), 4);
}

static void a_reader_may_stop(struct fixture *fixture)
{
    struct ll_error err;
    struct seen seen = {.stop_at = 10};
    assert_status(
        LL_LIMIT,
        run_text(fixture->w, "SELECT * FROM generate_series(1, 1000000000) AS s(i)", &seen, &err),
        &err);
    assert_string_equal(err.message, "the reader has had enough");
    make(fixture->w);
}

struct interrupter {
    struct ll_warehouse *w;
    atomic_bool finished;
};

static void *interrupt_until_finished(void *arg)
{
    struct interrupter *interrupter = arg;
    while (!atomic_load(&interrupter->finished)) {
        ll_warehouse_interrupt(interrupter->w);
        sched_yield();
    }
    return NULL;
}

static void an_interrupt_cancels(struct fixture *fixture)
{
    struct ll_error err;
    struct interrupter interrupter = {.w = fixture->w};
    struct seen seen = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_until_finished, &interrupter), 0);
    enum ll_status status =
        run_text(fixture->w,
                 "SELECT sum(a.i * b.i % 7) FROM generate_series(1, 100000000) AS "
                 "a(i), generate_series(1, 100000000) AS b(i)",
                 &seen, &err);
    atomic_store(&interrupter.finished, true);
    pthread_join(thread, NULL);
    assert_status(LL_CANCELLED, status, &err);
    make(fixture->w);
    assert_status(LL_OK, add(fixture->w, 1, "after", &err), &err);
}

static void what_is_committed_outlives_the_handle(struct fixture *fixture)
{
    struct ll_error err;
    make(fixture->w);
    for (int64_t k = 0; k < 3; k++) {
        begin(fixture->w);
        assert_status(LL_OK, add(fixture->w, k, "kept", &err), &err);
        commit(fixture->w);
        begin(fixture->w);
        assert_status(LL_OK, add(fixture->w, 100 + k, "lost", &err), &err);
        ll_warehouse_free(fixture->w); /* rolls back */
        fixture->w = NULL;
        assert_status(LL_OK, fixture->backend->open(fixture, &err), &err);
        assert_int_equal(count(fixture->w), k + 1);
    }
}

/* --- every test on every backend ----------------------------------------------------------------
 */

static const struct {
    const char *name;
    void (*run)(struct fixture *fixture);
    bool reopens; /* only for a backend that persists */
} contract[] = {
#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name, false                                                                         \
    }
    CASE(a_new_warehouse_has_the_schema),
    CASE(sql_has_names),
    CASE(a_commit_keeps_and_an_abort_drops),
    CASE(an_error_undoes_the_whole_transaction),
    CASE(outside_a_transaction_each_call_commits),
    CASE(batches_must_fit_the_table),
    CASE(a_select_elsewhere_fills_a_table),
    CASE(without_an_op_of_its_own_a_select_comes_in_batches),
    CASE(streams_come_in_order),
    CASE(users_may_read),
    CASE(users_may_do_nothing_else),
    CASE(a_reader_may_stop),
    CASE(an_interrupt_cancels),
    {"what_is_committed_outlives_the_handle", what_is_committed_outlives_the_handle, true},
#undef CASE
};

struct pairing {
    size_t backend;
    size_t test;
};

static int set_up(void **state)
{
    const struct pairing *pairing = *state;
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct ll_error err;
    fixture->backend = &backends[pairing->backend];
    fixture->test = pairing->test;
    fixture->folder = temp_folder_new();
    if (fixture->backend->open(fixture, &err) != LL_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    ll_warehouse_free(fixture->w);
    temp_folder_free(fixture->folder);
    free(fixture);
    return 0;
}

#define TEST_COUNT (LL_COUNT(backends) * LL_COUNT(contract))

static void run(void **state)
{
    struct fixture *fixture = *state;
    contract[fixture->test].run(fixture);
}

int main(void)
{
    static struct pairing pairings[TEST_COUNT];
    static char names[TEST_COUNT][200];
    struct CMUnitTest tests[TEST_COUNT];
    size_t count_of_tests = 0;
    for (size_t b = 0; b < LL_COUNT(backends); b++)
        for (size_t t = 0; t < LL_COUNT(contract); t++) {
            if (contract[t].reopens && !backends[b].persists)
                continue;
            size_t i = count_of_tests++;
            pairings[i] = (struct pairing){b, t};
            snprintf(names[i], sizeof(names[i]), "%s: %s", backends[b].name, contract[t].name);
            tests[i] = (struct CMUnitTest){names[i], run, set_up, tear_down, &pairings[i]};
        }
    return _cmocka_run_group_tests("warehouse contract", tests, count_of_tests, NULL, NULL);
}
