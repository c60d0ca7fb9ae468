/* The DuckDB warehouse and its file: damage, versions, other processes, kills, and SQL that aims at
 * the engine. Other processes are this program again, with a scenario to play. */
#include "support/check.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "duck/duck.h"
#include "support/temp_folder.h"
#include "warehouse/warehouse.h"

static enum ll_status try_open(const char *path, bool read_only, struct ll_warehouse **ret,
                               struct ll_error *err)
{
    struct ll_warehouse_duckdb_options options = {.path = path, .read_only = read_only};
    return ll_warehouse_duckdb_open(&options, ret, err);
}

static struct ll_warehouse *open_at(const char *path)
{
    struct ll_error err;
    struct ll_warehouse *w = NULL;
    assert_status(LL_OK, try_open(path, false, &w, &err), &err);
    return w;
}

static enum ll_status add(struct ll_warehouse *w, int64_t k, struct ll_error *err)
{
    const struct ll_param params[] = {ll_param_i64("k", k), ll_param_text("t", LL_STR("row"))};
    return ll_warehouse_exec(w, "test/contract_add", params, 2, err);
}

/* A warehouse of some megabytes. */
static void make_large(const char *path)
{
    struct ll_error err;
    static const struct ll_field fields[] = {{"k", LL_TYPE_I64}, {"t", LL_TYPE_TEXT}};
    static const struct ll_schema schema = {"contract", fields, 2};
    struct ll_warehouse *w = open_at(path);
    assert_status(LL_OK, ll_warehouse_exec(w, "test/contract_make", NULL, 0, &err), &err);
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    for (int64_t k = 0; k < 100000; k++) {
        char text[64];
        int length =
            snprintf(text, sizeof(text), "%016llx%016llx", (unsigned long long)(k * k * 7919),
                     (unsigned long long)(k * 104729 + 17));
        ll_batch_i64(&batch, 0, k);
        ll_batch_text(&batch, 1, (struct ll_str){text, (size_t)length});
        ll_batch_end_row(&batch);
    }
    assert_status(LL_OK, ll_warehouse_put(w, "contract", &batch, &err), &err);
    ll_batch_clear(&batch);
    ll_warehouse_free(w);
}

static void write_text(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* --- other processes ------------------------------------------------------------------------ */

struct child {
    pid_t pid;
    int output;
    int input;
};

static struct child child_start(const char *scenario, const char *path)
{
    int output[2], input[2];
    assert_int_equal(pipe(output), 0);
    assert_int_equal(pipe(input), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(output[1], STDOUT_FILENO);
        dup2(input[0], STDIN_FILENO);
        for (int i = 0; i < 2; i++) {
            close(output[i]);
            close(input[i]);
        }
        execl("/proc/self/exe", "child", scenario, path, (char *)NULL);
        _exit(127);
    }
    close(output[1]);
    close(input[0]);
    return (struct child){.pid = pid, .output = output[0], .input = input[1]};
}

/* The next line it writes. */
static void child_says(struct child *child, const char *wanted)
{
    char line[100];
    size_t length = 0;
    while (length < sizeof(line) - 1 && read(child->output, line + length, 1) == 1 &&
           line[length] != '\n')
        length++;
    line[length] = '\0';
    assert_string_equal(line, wanted);
}

static void child_end(struct child *child, int signal_number)
{
    if (signal_number != 0)
        assert_int_equal(kill(child->pid, signal_number), 0);
    close(child->input);
    close(child->output);
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void say(const char *line)
{
    printf("%s\n", line);
    fflush(stdout);
}

static void wait_for_the_end(void)
{
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
}

/* What a child does before it waits to be ended or killed. */
static int play(const char *scenario, const char *path)
{
    struct ll_error err = {0};
    struct ll_warehouse *w = NULL;
    if (strcmp(scenario, "open as nobody") == 0 && geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    enum ll_status status = try_open(path, false, &w, &err);
    if (strcmp(scenario, "open as nobody") == 0) {
        char line[100];
        snprintf(line, sizeof(line), "%s %d", ll_status_name(status), err.code);
        say(line);
    } else if (strcmp(scenario, "hold") == 0) {
        say(ll_status_name(status));
        wait_for_the_end();
    } else {
        bool done = status == LL_OK && ll_warehouse_begin(w, &err) == LL_OK &&
                    add(w, 2, &err) == LL_OK &&
                    (strcmp(scenario, "commit") != 0 || ll_warehouse_commit(w, &err) == LL_OK);
        say(done ? "ready" : err.message);
        wait_for_the_end();
    }
    ll_warehouse_free(w);
    return 0;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_kill_loses_what_is_not_committed(void **state)
{
    (void)state;
    static const struct {
        const char *scenario;
        size_t rows;
    } cases[] = {{"add", 1}, {"commit", 2}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        char name[20];
        snprintf(name, sizeof(name), "killed%zu.duckdb", i);
        const char *path = temp_folder_path(name);
        struct ll_warehouse *w = open_at(path);
        assert_status(LL_OK, ll_warehouse_exec(w, "test/contract_make", NULL, 0, &err), &err);
        assert_status(LL_OK, add(w, 1, &err), &err);
        ll_warehouse_free(w);

        struct child child = child_start(cases[i].scenario, path);
        child_says(&child, "ready");
        child_end(&child, SIGKILL);

        w = open_at(path);
        struct ll_batch rows = {0};
        assert_status(LL_OK, ll_warehouse_query(w, "test/contract_all", NULL, 0, &rows, &err),
                      &err);
        assert_int_equal(rows.row_count, cases[i].rows);
        ll_batch_clear(&rows);
        ll_warehouse_free(w);
    }
}

static void a_kill_at_birth_leaves_a_file_that_opens(void **state)
{
    (void)state;
    /* As after a kill between making the file and its schema. */
    struct ll_error err;
    const char *path = temp_folder_path("newborn.duckdb");
    struct ll_duck *duck = NULL;
    struct ll_duck_options options = {.path = path};
    assert_status(LL_OK, ll_duck_open(&options, &duck, &err), &err);
    ll_duck_close(duck);
    struct ll_warehouse *w = NULL;
    assert_status(LL_NOT_FOUND, try_open(path, true, &w, &err), &err);
    w = open_at(path);
    ll_warehouse_free(w);
    w = NULL;
    assert_status(LL_OK, try_open(path, true, &w, &err), &err);
    ll_warehouse_free(w);
}

static void another_process_is_a_conflict(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse *w = NULL;
    const char *path = temp_folder_path("held.duckdb");
    struct child child = child_start("hold", path);
    child_says(&child, ll_status_name(LL_OK));
    assert_status(LL_CONFLICT, try_open(path, false, &w, &err), &err);
    assert_non_null(strstr(err.message, "held.duckdb"));
    assert_status(LL_CONFLICT, try_open(path, true, &w, &err), &err);
    child_end(&child, 0);
    w = open_at(path);
    struct ll_warehouse *again = NULL;
    assert_status(LL_CONFLICT, try_open(path, false, &again, &err), &err);
    child = child_start("hold", path);
    child_says(&child, ll_status_name(LL_CONFLICT));
    child_end(&child, 0);
    ll_warehouse_free(w);
}

static void permissions_are_io(void **state)
{
    (void)state;
    char wanted[100];
    snprintf(wanted, sizeof(wanted), "%s %d", ll_status_name(LL_IO), EACCES);
    const char *path = temp_folder_path("read_only.duckdb");
    ll_warehouse_free(open_at(path));
    assert_int_equal(chmod(temp_folder_path("."), 0555), 0);
    assert_int_equal(chmod(path, 0444), 0);
    struct child child = child_start("open as nobody", path);
    child_says(&child, wanted);
    child_end(&child, 0);
    /* A folder that takes no new file. */
    child = child_start("open as nobody", temp_folder_path("new.duckdb"));
    child_says(&child, wanted);
    child_end(&child, 0);
    assert_int_equal(chmod(temp_folder_path("."), 0755), 0);
}

static void files_that_are_no_warehouse(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_warehouse *w = NULL;
    const char *path = temp_folder_path("garbage.duckdb");
    char *garbage = malloc(100000);
    for (size_t i = 0; i < 100000; i++)
        garbage[i] = (char)(i * 31 + i / 256);
    write_text(path, garbage, 100000);
    for (int read_only = 0; read_only < 2; read_only++) {
        assert_status(LL_CORRUPT, try_open(path, read_only, &w, &err), &err);
        assert_non_null(strstr(err.message, "garbage.duckdb"));
        assert_non_null(strstr(err.message, "livelake curate"));
    }
    free(garbage);
    write_text(path, "short", 5);
    assert_status(LL_CORRUPT, try_open(path, false, &w, &err), &err);

    path = temp_folder_path("foreign.duckdb");
    struct ll_duck *duck = NULL;
    struct ll_duck_options options = {.path = path};
    assert_status(LL_OK, ll_duck_open(&options, &duck, &err), &err);
    assert_status(
        LL_OK, ll_duck_exec(duck, LL_STR("CREATE TABLE theirs (a INTEGER)"), NULL, 0, &err), &err);
    ll_duck_close(duck);
    assert_status(LL_INVALID, try_open(path, false, &w, &err), &err);
    assert_non_null(strstr(err.message, "no livelake warehouse"));
    assert_status(LL_NOT_FOUND, try_open(temp_folder_path("missing.duckdb"), true, &w, &err), &err);
    assert_null(w);
}

/* Opening, or the first query that comes upon the hole. */
static void damaged_files_are_corrupt(void **state)
{
    (void)state;
    const char *path = temp_folder_path("damaged.duckdb");
    make_large(path);
    struct stat stat_buf;
    assert_int_equal(stat(path, &stat_buf), 0);
    assert_true(stat_buf.st_size > 2 << 20);
    const off_t lengths[] = {
        stat_buf.st_size * 3 / 4, stat_buf.st_size / 2, 300000, 12288, 4096, 100};
    for (size_t i = 0; i < LL_COUNT(lengths); i++) {
        struct ll_error err;
        struct ll_warehouse *w = NULL;
        struct ll_batch rows = {0};
        assert_int_equal(truncate(path, lengths[i]), 0);
        enum ll_status status = try_open(path, true, &w, &err);
        if (status == LL_OK)
            status = ll_warehouse_query(w, "test/contract_all", NULL, 0, &rows, &err);
        else
            assert_non_null(strstr(err.message, "livelake curate"));
        assert_status(LL_CORRUPT, status, &err);
        ll_batch_clear(&rows);
        ll_warehouse_free(w);
    }
}

/* A hole in the log of a killed process, with a commit behind it. */
static void a_damaged_log_is_corrupt(void **state)
{
    (void)state;
    struct ll_error err;
    const char *path = temp_folder_path("log.duckdb"), *log = temp_folder_path("log.duckdb.wal");
    struct ll_warehouse *w = open_at(path);
    assert_status(LL_OK, ll_warehouse_exec(w, "test/contract_make", NULL, 0, &err), &err);
    ll_warehouse_free(w);
    struct child child = child_start("commit", path);
    child_says(&child, "ready");
    child_end(&child, SIGKILL);
    struct stat stat_buf;
    assert_int_equal(stat(log, &stat_buf), 0);
    FILE *file = fopen(log, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)stat_buf.st_size / 2, SEEK_SET), 0);
    assert_int_equal(fwrite("\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a", 1, 8, file), 8);
    assert_int_equal(fclose(file), 0);
    w = NULL;
    assert_status(LL_CORRUPT, try_open(path, false, &w, &err), &err);
    assert_non_null(strstr(err.message, ".wal if there is one"));
    assert_null(w);
}

/* The log may grow by so much more; 0 = without end. Beyond it, writing fails as on a full disk. */
static void limit_files(rlim_t size)
{
    struct rlimit limit = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size == 0 ? limit.rlim_max : size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Rows first to first + count, again. */
static enum ll_status replace(struct ll_warehouse *w, int64_t first, int64_t count,
                              const char *text, struct ll_error *err)
{
    const struct ll_param params[] = {ll_param_i64("k", first), ll_param_i64("count", count),
                                      ll_param_text("t", ll_str_of(text))};
    if (ll_warehouse_begin(w, err) != LL_OK)
        return err->status;
    enum ll_status status = ll_warehouse_exec(w, "test/replaced_put", params, 3, err);
    if (status == LL_OK)
        status = ll_warehouse_commit(w, err);
    ll_warehouse_abort(w);
    return status;
}

static void check_half(struct ll_warehouse *w, int64_t first, int64_t count, const char *text)
{
    struct ll_error err;
    struct ll_batch found = {0};
    assert_status(LL_OK, ll_warehouse_query(w, "test/replaced_all", NULL, 0, &found, &err), &err);
    for (int64_t k = first; k < first + count; k++) {
        assert_true((size_t)k < found.row_count);
        assert_int_equal(ll_batch_get_i64(&found, 0, (size_t)k), k);
        assert_true(ll_str_equal(ll_batch_get_text(&found, 1, (size_t)k), ll_str_of(text)));
    }
    ll_batch_clear(&found);
}

/* On a full disk the engine takes a commit back, though not all of it: what is in memory then must
 * neither be built on nor be written down. */
static void a_commit_that_fails_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        int64_t half;
        rlim_t room;
    } cases[] = {{20, 0}, {20, 100}, {300, 0}, {300, 2000}, {3000, 1000}, {3000, 20000}};
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        int64_t half = cases[i].half;
        char name[30];
        snprintf(name, sizeof(name), "full%zu.duckdb", i);
        const char *path = temp_folder_path(name);
        struct ll_warehouse *w = open_at(path);
        assert_status(LL_OK, ll_warehouse_exec(w, "test/replaced_make", NULL, 0, &err), &err);
        assert_status(LL_OK, replace(w, 0, 2 * half, "old", &err), &err);
        ll_warehouse_free(w); /* from the log into the file */
        w = open_at(path);
        assert_status(LL_OK, replace(w, 0, half, "new", &err), &err);
        struct stat log;
        snprintf(name, sizeof(name), "full%zu.duckdb.wal", i);
        assert_int_equal(stat(temp_folder_path(name), &log), 0);
        limit_files((rlim_t)log.st_size + cases[i].room);
        assert_status(LL_IO, replace(w, half, half, "lost", &err), &err);
        assert_status(LL_IO, replace(w, half, half, "lost", &err), &err);
        limit_files(0);
        ll_warehouse_free(w);
        w = open_at(path);
        check_half(w, 0, half, "new");
        check_half(w, half, half, "old");
        assert_status(LL_OK, replace(w, half, half, "new", &err), &err);
        check_half(w, 0, 2 * half, "new");
        ll_warehouse_free(w);
        w = open_at(path);
        check_half(w, 0, 2 * half, "new");
        ll_warehouse_free(w);
    }
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum ll_status status;
        const char *message;
    } cases[] = {
        {"99", LL_UNSUPPORTED, "schema 99"},
        {"0", LL_INVALID, "no livelake warehouse"},
        {"one", LL_INVALID, "no livelake warehouse"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        const char *path = temp_folder_path("newer.duckdb");
        unlink(path);
        struct ll_warehouse *w = open_at(path);
        const struct ll_param params[] = {ll_param_text("key", LL_STR("schema_version")),
                                          ll_param_text("value", ll_str_of(cases[i].value))};
        assert_status(LL_OK, ll_warehouse_exec(w, "meta/put", params, 2, &err), &err);
        ll_warehouse_free(w);
        w = NULL;
        assert_status(cases[i].status, try_open(path, false, &w, &err), &err);
        assert_non_null(strstr(err.message, cases[i].message));
        assert_non_null(strstr(err.message, "newer.duckdb"));
        assert_null(w);
    }
}

static enum ll_status ignore(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    (void)context;
    (void)batch;
    (void)err;
    return LL_OK;
}

/* Each of these gets through a read-only transaction without external access, or did in some
 * version. */
static void the_engine_is_out_of_reach(void **state)
{
    (void)state;
    static const char *const attempts[] = {
        "FROM enable_logging(storage = 'file', storage_path = '/tmp/log')",
        "FROM Enable_Logging()",
        "FROM system.main.enable_logging()",
        "SELECT (SELECT count(*) FROM enable_logging())",
        "WITH a AS (FROM disable_logging()) FROM a",
        "DESCRIBE FROM enable_logging()",
        "SUMMARIZE SELECT * FROM enable_profiling()",
        "EXPLAIN SELECT * FROM truncate_duckdb_logs()",
        "FROM checkpoint()",
        "FROM force_checkpoint()",
        "FROM query('FROM enable_logging()')",
        "FROM query_table('contract')",
        "FROM json_execute_serialized_sql('{}')",
        "SELECT json_serialize_plan('FROM enable_logging()')",
        "FROM arrow_scan(0::POINTER, 0::POINTER, 0::POINTER)",
        "FROM duckdb_logs()",
        "FROM which_secret('x', 'y')",
        "SELECT sleep_ms(1000000)",
        "SELECT setseed(0.5)",
        "SELECT write_log('x')",
        "FROM read_csv('/etc/hostname')",
        "FROM '/etc/hostname'",
        "FROM glob('*')",
        "CALL enable_logging()",
        "PRAGMA enable_profiling",
        "PRAGMA version",
        "ATTACH ':memory:' AS more",
        "DETACH memory",
        "USE memory.main",
        "SET VARIABLE x = 1",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE '/tmp/out'",
        "CREATE SECRET (TYPE s3)",
    };
    struct ll_error err;
    struct ll_warehouse *w = open_at(temp_folder_path("reach.duckdb"));
    for (size_t i = 0; i < LL_COUNT(attempts); i++) {
        enum ll_status status =
            ll_warehouse_query_text(w, ll_str_of(attempts[i]), ignore, NULL, &err);
        if (status != LL_INVALID)
            print_error("%s\n", attempts[i]);
        assert_status(LL_INVALID, status, &err);
    }
    static const char *const allowed[] = {
        "DESCRIBE run",
        "SHOW TABLES",
        "SUMMARIZE meta",
        "FROM duckdb_tables()",
        "FROM range(3)",
        "SELECT unnest([1, 2])",
        "PIVOT (SELECT 1 AS a, 2 AS b) ON a IN (1) USING sum(b)",
        "SELECT {'a': 1}, INTERVAL 1 DAY",
        "FROM meta SELECT key LIMIT 1",
        "FROM pragma_table_info('run')",
    };
    for (size_t i = 0; i < LL_COUNT(allowed); i++)
        assert_status(LL_OK, ll_warehouse_query_text(w, ll_str_of(allowed[i]), ignore, NULL, &err),
                      &err);
    ll_warehouse_free(w);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return play(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_loses_what_is_not_committed),
        cmocka_unit_test(a_kill_at_birth_leaves_a_file_that_opens),
        cmocka_unit_test(another_process_is_a_conflict),
        cmocka_unit_test(permissions_are_io),
        cmocka_unit_test(files_that_are_no_warehouse),
        cmocka_unit_test(damaged_files_are_corrupt),
        cmocka_unit_test(a_damaged_log_is_corrupt),
        cmocka_unit_test(a_commit_that_fails_changes_nothing),
        cmocka_unit_test(a_newer_schema_is_refused),
        cmocka_unit_test(the_engine_is_out_of_reach),
    };
    return cmocka_run_group_tests(tests, temp_folder_open, temp_folder_close);
}
