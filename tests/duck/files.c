/* Database files, limits, and what SQL may reach when external access is off. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "duck/duck.h"
#include "support/temp_folder.h"

static struct ll_duck *open_as(struct ll_duck_options options)
{
    struct ll_error err;
    struct ll_duck *duck = NULL;
    assert_status(LL_OK, ll_duck_open(&options, &duck, &err), &err);
    return duck;
}

static void assert_refused(enum ll_status status, struct ll_duck_options options,
                           struct ll_error *err)
{
    struct ll_duck *duck = NULL;
    assert_status(status, ll_duck_open(&options, &duck, err), err);
    assert_null(duck);
}

static void exec(struct ll_duck *duck, const char *sql)
{
    struct ll_error err;
    assert_status(LL_OK, ll_duck_exec(duck, ll_str_of(sql), NULL, 0, &err), &err);
}

static void a_file_keeps_its_rows(void **state)
{
    (void)state;
    struct ll_error err;
    const char *path = temp_folder_path("kept.db");
    struct ll_duck *duck = open_as((struct ll_duck_options){.path = path});
    exec(duck, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (5)");
    exec(duck, "BEGIN TRANSACTION; INSERT INTO t VALUES (6)");
    ll_duck_close(duck); /* rolls back */

    duck = open_as((struct ll_duck_options){.path = path, .read_only = true});
    struct ll_batch rows = {0};
    assert_status(
        LL_OK, ll_duck_query(duck, LL_STR("SELECT sum(a) FROM t"), NULL, 0, 0, &rows, &err), &err);
    assert_int_equal(ll_batch_get_i64(&rows, 0, 0), 5);
    ll_batch_clear(&rows);
    assert_status(LL_INVALID, ll_duck_exec(duck, LL_STR("INSERT INTO t VALUES (7)"), NULL, 0, &err),
                  &err);
    assert_non_null(strstr(err.message, "read-only"));
    ll_duck_close(duck);
}

static void one_file_has_one_handle(void **state)
{
    (void)state;
    struct ll_error err;
    const char *path = temp_folder_path("one.db"), *link = temp_folder_path("link.db");
    struct ll_duck *duck = open_as((struct ll_duck_options){.path = path});
    struct ll_duck *other = open_as((struct ll_duck_options){.path = temp_folder_path("two.db")});
    assert_int_equal(symlink(path, link), 0);
    assert_refused(LL_CONFLICT, (struct ll_duck_options){.path = path}, &err);
    assert_refused(LL_CONFLICT, (struct ll_duck_options){.path = link}, &err);
    assert_refused(LL_CONFLICT, (struct ll_duck_options){.path = path, .read_only = true}, &err);
    assert_non_null(strstr(err.message, "in this process"));
    ll_duck_close(duck);
    duck = open_as((struct ll_duck_options){.path = link});
    ll_duck_close(duck);
    ll_duck_close(other);
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    struct ll_error err;
    assert_refused(LL_NOT_FOUND, (struct ll_duck_options){.path = temp_folder_path("no/such.db")},
                   &err);
    assert_refused(
        LL_NOT_FOUND,
        (struct ll_duck_options){.path = temp_folder_path("missing.db"), .read_only = true}, &err);
    assert_non_null(strstr(err.message, "missing.db"));
    assert_int_equal(access(temp_folder_path("missing.db"), F_OK), -1);
    assert_int_equal(mkdir(temp_folder_path("folder.db"), 0700), 0);
    assert_refused(LL_IO, (struct ll_duck_options){.path = temp_folder_path("folder.db")}, &err);
    assert_int_equal(err.code, EISDIR);
}

/* Some 200 MB to sort. */
#define BIG_SORT                                                                                   \
    "SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY hash(i), s) AS r FROM (SELECT i, "     \
    "repeat('x', 60) || i AS s FROM range(2500000) t(i)))"

static void over_the_memory_limit_it_spills(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch rows = {0};
    struct ll_duck_options options = {
        .path = temp_folder_path("spill.db"), .threads = 1, .memory_limit_bytes = 100 << 20};
    struct ll_duck *duck = open_as(options);
    assert_status(LL_LIMIT, ll_duck_query(duck, LL_STR(BIG_SORT), NULL, 0, 0, &rows, &err), &err);
    exec(duck, "SELECT 1");
    ll_duck_close(duck);

    options.spill_dir = temp_folder_path("spill");
    duck = open_as(options);
    assert_status(LL_OK, ll_duck_query(duck, LL_STR(BIG_SORT), NULL, 0, 0, &rows, &err), &err);
    assert_int_equal(ll_batch_get_i64(&rows, 0, 0), 2500000);
    ll_batch_clear(&rows);
    ll_duck_close(duck);
}

static void without_external_access_sql_stays_inside(void **state)
{
    (void)state;
    static const char *const attempts[] = {
        "FROM read_csv('/etc/hostname')",
        "FROM read_text('/etc/hostname')",
        "FROM read_blob('/etc/hostname')",
        "FROM read_parquet('/etc/hostname')",
        "FROM read_json('/etc/hostname')",
        "FROM '/etc/hostname'",
        "FROM '/etc/hostname.csv'",
        "FROM glob('/etc/*')",
        "FROM sniff_csv('/etc/hostname')",
        "SELECT getenv('HOME')",
        "COPY (SELECT 1) TO 'out.csv'",
        "COPY made FROM '/etc/hostname'",
        "EXPORT DATABASE 'out'",
        "IMPORT DATABASE 'out'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SET temp_directory = '/tmp'",
        "SET TimeZone = 'Europe/Oslo'",
        "RESET lock_configuration",
        "PRAGMA threads = 4",
    };
    struct ll_duck *duck = open_as((struct ll_duck_options){.path = temp_folder_path("inside.db")});
    exec(duck, "CREATE TABLE made (line TEXT)");
    for (size_t i = 0; i < LL_COUNT(attempts); i++) {
        struct ll_error err = {0};
        enum ll_status status = ll_duck_exec(duck, ll_str_of(attempts[i]), NULL, 0, &err);
        if (status != LL_INVALID)
            print_error("%s\n", attempts[i]);
        assert_status(LL_INVALID, status, &err);
    }
    exec(duck, "SELECT 1");
    ll_duck_close(duck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_keeps_its_rows),
        cmocka_unit_test(one_file_has_one_handle),
        cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(over_the_memory_limit_it_spills),
        cmocka_unit_test(without_external_access_sql_stays_inside),
    };
    return cmocka_run_group_tests(tests, temp_folder_open, temp_folder_close);
}
