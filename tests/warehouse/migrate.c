/* Warehouses of schema 1, made by the SQL of that time, become ones of this program's. */
#include "support/check.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "codec/sha256.h"
#include "duck/duck.h"
#include "support/temp_folder.h"
#include "warehouse/warehouse.h"

#define NOW_S INT64_C(1795500000) /* 2026-11-24T06:00:00Z */

static char path[512], snapshot[512];

static void exec(const char *file, struct ll_str sql)
{
    struct ll_error err;
    struct ll_duck *duck;
    const struct ll_duck_options options = {.path = file, .external_access = true, .threads = 1};
    assert_status(LL_OK, ll_duck_open(&options, &duck, &err), &err);
    assert_status(LL_OK, ll_duck_exec(duck, sql, NULL, 0, &err), &err);
    ll_duck_close(duck);
}

static void make_v1(void)
{
    exec(path, ll_sql_find("duckdb", "test/warehouse_v1"));
    exec(path, ll_sql_find("duckdb", "test/warehouse_v1_rows"));
}

static int begin(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s", temp_folder_path("w.duckdb"));
    snprintf(snapshot, sizeof(snapshot), "%s", temp_folder_path("w.v1-20261124T060000Z.duckdb"));
    return 0;
}

/* Each case finds the folder empty. */
static int end(void **state)
{
    (void)state;
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf log = {0};
    ll_buf_printf(&log, "%s.wal", path);
    unlink(path);
    unlink(log.ptr);
    return ll_warehouse_duckdb_remove_snapshots(path, &err) == LL_OK ? 0 : -1;
}

static bool exists(const char *file)
{
    return access(file, F_OK) == 0;
}

static struct ll_str read_text(struct ll_arena *arena, const char *file, const char *sql)
{
    struct ll_error err;
    struct ll_duck *duck;
    struct ll_batch rows = {0};
    const struct ll_duck_options options = {.path = file, .read_only = true, .threads = 1};
    assert_status(LL_OK, ll_duck_open(&options, &duck, &err), &err);
    assert_status(LL_OK, ll_duck_query(duck, ll_str_of(sql), NULL, 0, 0, &rows, &err), &err);
    assert_int_equal(rows.row_count, 1);
    struct ll_str text = ll_arena_copy(arena, ll_batch_get_text(&rows, 0, 0));
    ll_batch_clear(&rows);
    ll_duck_close(duck);
    return text;
}

static const char *version_of(struct ll_arena *arena, const char *file)
{
    return ll_arena_cstr(
        arena, read_text(arena, file, "SELECT value FROM meta WHERE key = 'schema_version'"));
}

static struct ll_sha256_text hash_of(const char *file)
{
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {0};
    char part[65536];
    FILE *stream = fopen(file, "rb");
    assert_non_null(stream);
    for (size_t n; (n = fread(part, 1, sizeof(part), stream)) > 0;)
        ll_buf_add(&bytes, (struct ll_str){part, n});
    fclose(stream);
    return ll_sha256_hex(ll_sha256_of(ll_buf_str(&bytes)));
}

static enum ll_status try_open(bool read_only, struct ll_error *err)
{
    struct ll_warehouse *w;
    const struct ll_warehouse_duckdb_options options = {.path = path, .read_only = read_only};
    enum ll_status status = ll_warehouse_duckdb_open(&options, &w, err);
    if (status == LL_OK)
        ll_warehouse_free(w);
    return status;
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static enum ll_status migrate(bool cancelled, struct ll_warehouse_migrated *ret,
                              struct ll_error *err)
{
    const struct ll_warehouse_migrate_options options = {
        .open = {.path = path}, .now_s = NOW_S, .cancelled = cancelled ? always : NULL};
    return ll_warehouse_duckdb_migrate(&options, ret, err);
}

/* What a table is, and what it holds: both warehouses must agree on it. */
#define COLUMNS                                                                                    \
    "SELECT string_agg(table_name || '.' || column_name || ' ' || data_type || ' ' || "            \
    "is_nullable || ' ' || coalesce(column_default, '-'), ', ' ORDER BY table_name, "              \
    "column_index) FROM duckdb_columns() WHERE NOT internal AND table_name NOT IN (SELECT "        \
    "view_name FROM duckdb_views())"
#define VIEWS                                                                                      \
    "SELECT string_agg(sql, ';' ORDER BY view_name) FROM duckdb_views() WHERE NOT internal"
#define RUNS                                                                                       \
    "SELECT string_agg(run_id || ' ' || status || ' ' || coalesce(why, 'NULL'), ', ' ORDER BY "    \
    "slot) FROM run"

static void an_older_file_is_refused_until_it_is_migrated(void **state)
{
    (void)state;
    struct ll_error err;
    make_v1();
    struct ll_sha256_text before = hash_of(path);
    for (int read_only = 0; read_only < 2; read_only++) {
        assert_status(LL_UNSUPPORTED, try_open(read_only == 1, &err), &err);
        assert_int_equal(err.code, LL_OUTDATED);
        assert_non_null(strstr(err.message, "schema 1"));
        assert_non_null(strstr(err.message, "livelake migrate"));
    }
    assert_string_equal(hash_of(path).c, before.c);
    int version = 0;
    const struct ll_warehouse_duckdb_options look = {.path = path, .read_only = true};
    assert_status(LL_OK, ll_warehouse_duckdb_version(&look, &version, &err), &err);
    assert_int_equal(version, 1);
}

static void it_becomes_what_a_new_one_is(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse_migrated done;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    make_v1();
    assert_status(LL_OK, migrate(false, &done, &err), &err);
    assert_true(done.from == 1 && done.to == LL_WAREHOUSE_SCHEMA);
    assert_string_equal(done.snapshot, snapshot);
    assert_string_equal(version_of(&arena, snapshot), "1");
    assert_true(ll_str_equal(read_text(&arena, path, RUNS),
                             LL_STR("20261123T100000Z complete , 20261123T101500Z missed ")));
    for (int read_only = 0; read_only < 2; read_only++)
        assert_status(LL_OK, try_open(read_only == 1, &err), &err);
    struct ll_str columns = read_text(&arena, path, COLUMNS);
    struct ll_str views = read_text(&arena, path, VIEWS);
    assert_status(LL_OK, migrate(false, &done, &err), &err);
    assert_true(done.from == done.to && done.snapshot[0] == '\0');
    assert_true(exists(snapshot));
    unlink(path);
    assert_status(LL_OK, try_open(false, &err), &err);
    assert_true(ll_str_equal(columns, read_text(&arena, path, COLUMNS)));
    assert_true(ll_str_equal(views, read_text(&arena, path, VIEWS)));
}

/* Rows that are only in the log beside the file are in the copy, too. */
static void what_is_in_the_log_counts(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse_migrated done;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf log = {0};
    ll_buf_printf(&log, "%s.wal", path);
    exec(path, ll_sql_find("duckdb", "test/warehouse_v1"));
    exec(path, ll_sql_find("duckdb", "test/warehouse_v1_log"));
    assert_true(exists(log.ptr));
    assert_status(LL_OK, migrate(false, &done, &err), &err);
    assert_string_equal(version_of(&arena, snapshot), "1");
    assert_true(ll_str_equal(read_text(&arena, snapshot, "SELECT run_id FROM run"),
                             LL_STR("20261123T100000Z")));
    assert_true(ll_str_equal(read_text(&arena, path, "SELECT run_id FROM run"),
                             LL_STR("20261123T100000Z")));
}

/* The step adds a column that is there already. */
static void a_failing_step_touches_nothing(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse_migrated done;
    make_v1();
    exec(path, LL_STR("ALTER TABLE run ADD COLUMN why INTEGER; CHECKPOINT;"));
    struct ll_sha256_text before = hash_of(path);
    assert_status(LL_INVALID, migrate(false, &done, &err), &err);
    assert_non_null(strstr(err.message, "is of schema 1 as before"));
    assert_non_null(strstr(err.message, "sql migrate/002"));
    assert_non_null(strstr(err.message, "livelake migrate"));
    assert_non_null(strstr(err.message, "livelake curate"));
    assert_string_equal(hash_of(path).c, before.c);
    assert_false(exists(snapshot));
}

static void a_wish_to_stop_leaves_it_as_it_was(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse_migrated done;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    make_v1();
    assert_status(LL_CANCELLED, migrate(true, &done, &err), &err);
    assert_non_null(strstr(err.message, "stays as it is"));
    assert_string_equal(version_of(&arena, path), "1");
    assert_false(exists(snapshot));
    assert_false(exists(temp_folder_path("w.v1-20261124T060000Z.duckdb.tmp")));
}

/* Of copies that are there: those of its own schema and torn ones are of no use, others are the way
 * back until there is a newer one. */
static void the_newest_copy_is_kept(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse_migrated done;
    char older[512], same[512], torn[512], foreign[512];
    snprintf(older, sizeof(older), "%s", temp_folder_path("w.v0-20250101T000000Z.duckdb"));
    snprintf(same, sizeof(same), "%s", temp_folder_path("w.v1-20250101T000000Z.duckdb"));
    snprintf(torn, sizeof(torn), "%s", temp_folder_path("w.v1-20250102T000000Z.duckdb.tmp"));
    snprintf(foreign, sizeof(foreign), "%s", temp_folder_path("w.very-own.txt"));
    make_v1();
    const char *const files[] = {older, same, torn, foreign};
    for (size_t i = 0; i < LL_COUNT(files); i++)
        fclose(fopen(files[i], "w"));
    assert_status(LL_CANCELLED, migrate(true, &done, &err), &err);
    assert_true(exists(older) && !exists(same) && !exists(torn) && exists(foreign));
    assert_status(LL_OK, migrate(false, &done, &err), &err);
    assert_true(!exists(older) && exists(snapshot) && exists(foreign));
    assert_status(LL_OK, ll_warehouse_duckdb_remove_snapshots(path, &err), &err);
    assert_true(!exists(snapshot) && exists(foreign) && exists(path));
    unlink(foreign);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(an_older_file_is_refused_until_it_is_migrated),
        CASE(it_becomes_what_a_new_one_is),
        CASE(what_is_in_the_log_counts),
        CASE(a_failing_step_touches_nothing),
        CASE(a_wish_to_stop_leaves_it_as_it_was),
        CASE(the_newest_copy_is_kept),
    };
    return cmocka_run_group_tests(tests, temp_folder_open, temp_folder_close);
}
