/* The local store when system calls fail: every one of them, by turns; and what sync gives to
 * fsync. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/store.h"
#include "store/syscalls.h"
#include "support/check.h"
#include "support/temp_folder.h"

struct fixture {
    char *root;
    char *folder; /* for files to put */
    struct ll_store *store;
};

static struct fixture *fixture_new(void)
{
    struct ll_error err;
    struct fixture *fixture = ll_xcalloc(1, sizeof(*fixture));
    syscalls_arm((struct syscall_plan){0});
    fixture->root = temp_folder_new();
    fixture->folder = temp_folder_new();
    assert_status(LL_OK, ll_store_local_open(fixture->root, &fixture->store, &err), &err);
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    syscalls_arm((struct syscall_plan){0});
    ll_store_free(fixture->store);
    temp_folder_free(fixture->root);
    temp_folder_free(fixture->folder);
    free(fixture);
}

static int setup(void **state)
{
    *state = fixture_new();
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void source_path(const struct fixture *fixture, char path[static 1024])
{
    assert_true(snprintf(path, 1024, "%s/source", fixture->folder) < 1024);
}

static void make_source(const struct fixture *fixture, const char *text)
{
    char path[1024];
    source_path(fixture, path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    size_t entries = 0;
    while (readdir(dir) != NULL)
        entries++;
    closedir(dir);
    return entries;
}

static enum ll_status count_key(void *context, const struct ll_object_info *info,
                                struct ll_error *err)
{
    (void)info;
    (void)err;
    ++*(size_t *)context;
    return LL_OK;
}

/* One of everything. A step's failure is noted; the others go on. */
enum step {
    OPEN,
    CREATE,
    CREATE_AGAIN,
    REPLACE,
    PUT_FILE,
    GET,
    HEAD,
    FETCH,
    LIST,
    REMOVE,
    SYNC,
    STEPS
};

struct outcome {
    enum ll_status status[STEPS];
    struct ll_error err[STEPS];
};

static void run_steps(const struct fixture *fixture, struct outcome *outcome)
{
    struct ll_store *store = NULL;
    struct ll_error *err = outcome->err;
    enum ll_status *status = outcome->status;
    char path[1024];
    source_path(fixture, path);
    for (int i = 0; i < STEPS; i++)
        status[i] = LL_CANCELLED;
    status[OPEN] = ll_store_local_open(fixture->root, &store, &err[OPEN]);
    if (status[OPEN] != LL_OK)
        return;
    status[CREATE] =
        ll_store_put(store, "a/b/created", LL_STR("created"), LL_PUT_IF_ABSENT, &err[CREATE]);
    status[CREATE_AGAIN] =
        ll_store_put(store, "old/one", LL_STR("no"), LL_PUT_IF_ABSENT, &err[CREATE_AGAIN]);
    status[REPLACE] =
        ll_store_put(store, "old/one", LL_STR("newer"), LL_PUT_REPLACE, &err[REPLACE]);
    status[PUT_FILE] = ll_store_put_file(store, "c/file", path, LL_PUT_IF_ABSENT, &err[PUT_FILE]);
    struct ll_buf got = {.max_bytes = 100};
    status[GET] = ll_store_get(store, "old/two", &got, &err[GET]);
    if (status[GET] == LL_OK)
        assert_string_equal(got.ptr, "two");
    else
        assert_int_equal(got.len, 0);
    ll_buf_clear(&got);
    struct ll_object_info info;
    status[HEAD] = ll_store_head(store, "old/two", &info, &err[HEAD]);
    struct ll_store_file file = {0};
    status[FETCH] = ll_store_fetch(store, "old/two", &file, &err[FETCH]);
    ll_store_file_clear(&file);
    size_t count = 0;
    status[LIST] = ll_store_list(store, "", count_key, &count, &err[LIST]);
    status[REMOVE] = ll_store_remove(store, "old/three", &err[REMOVE]);
    status[SYNC] = ll_store_sync(store, &err[SYNC]);
    ll_store_free(store);
}

/* A claim "done" must be true; a claim "failed" leaves the object as it was, or done whole. */
static void check_object(struct ll_store *store, const char *key, enum ll_status claim,
                         const char *before, const char *after)
{
    struct ll_error err;
    struct ll_buf got = {.max_bytes = 100};
    enum ll_status status = ll_store_get(store, key, &got, &err);
    const char *text = status == LL_OK ? got.ptr : NULL;
    assert_true(status == LL_OK || status == LL_NOT_FOUND);
    bool is_after = after == NULL ? text == NULL : text != NULL && strcmp(text, after) == 0;
    bool is_before = before == NULL ? text == NULL : text != NULL && strcmp(text, before) == 0;
    assert_true(is_after || (claim != LL_OK && is_before));
    ll_buf_clear(&got);
}

static void check_claims(const struct fixture *fixture, const struct outcome *outcome)
{
    const enum ll_status *status = outcome->status;
    check_object(fixture->store, "a/b/created", status[CREATE], NULL, "created");
    check_object(fixture->store, "old/one", status[REPLACE], "one", "newer");
    check_object(fixture->store, "c/file", status[PUT_FILE], NULL, "file");
    check_object(fixture->store, "old/two", LL_OK, NULL, "two");
    check_object(fixture->store, "old/three", status[REMOVE], "three", NULL);
    char path[1024];
    source_path(fixture, path);
    if (status[PUT_FILE] != LL_CANCELLED)
        assert_int_equal(access(path, F_OK), -1);
}

/* False when the scenario has no n-th call of that name any more. */
static bool try_fault(struct syscall_plan plan)
{
    struct fixture *fixture = fixture_new();
    struct ll_error err;
    static const char *const old[] = {"one", "two", "three"};
    for (size_t i = 0; i < LL_COUNT(old); i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "old/%s", old[i]);
        assert_status(LL_OK,
                      ll_store_put(fixture->store, key, ll_str_of(old[i]), LL_PUT_REPLACE, &err),
                      &err);
    }
    make_source(fixture, "file");
    size_t files_before = count_entries("/proc/self/fd");

    struct outcome outcome;
    syscalls_arm(plan);
    run_steps(fixture, &outcome);
    bool fired = syscalls_fired();
    syscalls_arm((struct syscall_plan){0});

    size_t failed = 0;
    for (int i = 0; i < STEPS; i++) {
        enum ll_status wanted = i == CREATE_AGAIN ? LL_CONFLICT : LL_OK;
        if (outcome.status[i] == wanted || outcome.status[i] == LL_CANCELLED)
            continue;
        failed++;
        assert_int_equal(outcome.status[i], LL_IO);
        assert_int_equal(outcome.err[i].code, plan.code);
    }
    assert_true(failed <= (fired ? 1 : 0));
    check_claims(fixture, &outcome);
    assert_int_equal(count_entries("/proc/self/fd"), files_before);
    char temp[1024];
    assert_true(snprintf(temp, sizeof(temp), "%s/.tmp", fixture->root) < 1024);
    assert_true(count_entries(temp) <= (plan.name == CALL_UNLINKAT ? 3 : 2));

    /* The same again without faults: whatever happened, the way is free. */
    make_source(fixture, "file");
    run_steps(fixture, &outcome);
    for (int i = 0; i < STEPS; i++)
        assert_true(outcome.status[i] == LL_OK || outcome.status[i] == LL_CONFLICT);
    outcome.status[CREATE] = outcome.status[PUT_FILE] = LL_OK;
    check_claims(fixture, &outcome);
    fixture_free(fixture);
    return fired;
}

static void test_fault_sweep(void **state)
{
    (void)state;
    for (int name = CALL_NONE + 1; name < CALL_COUNT; name++) {
        if (name == CALL_RENAMEAT2 || name == CALL_SYNCFS) /* not on this way; see below */
            continue;
        size_t nth = 1;
        while (try_fault((struct syscall_plan){(enum syscall_name)name, nth, ENOSPC}))
            nth++;
        assert_true(nth > 1);
    }
}

/* Interrupted and short reads and writes are nobody's business. */
static void test_short_and_interrupted(void **state)
{
    struct fixture *fixture = *state;
    static const struct syscall_plan plans[] = {
        {CALL_WRITE, 1, 0},    {CALL_WRITE, 1, EINTR}, {CALL_READ, 1, 0},
        {CALL_READ, 1, EINTR}, {CALL_READ, 2, EINTR},  {CALL_FSYNC, 1, EINTR},
    };
    for (size_t i = 0; i < LL_COUNT(plans); i++) {
        struct ll_error err;
        struct ll_buf got = {.max_bytes = 100};
        syscalls_arm(plans[i]);
        assert_status(LL_OK,
                      ll_store_put(fixture->store, "k", LL_STR("all bytes"), LL_PUT_REPLACE, &err),
                      &err);
        assert_status(LL_OK, ll_store_get(fixture->store, "k", &got, &err), &err);
        assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
        assert_true(syscalls_fired());
        assert_string_equal(got.ptr, "all bytes");
        ll_buf_clear(&got);
    }
}

/* Without hard links, or across file systems, a put goes another way to the same end. */
static void test_other_file_systems(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        struct syscall_plan plan;
        enum ll_put_mode mode;
        bool copied;
    } cases[] = {
        {{CALL_LINKAT, 1, EPERM}, LL_PUT_IF_ABSENT, false},
        {{CALL_LINKAT, 1, EOPNOTSUPP}, LL_PUT_IF_ABSENT, false},
        {{CALL_LINKAT, 1, EXDEV}, LL_PUT_IF_ABSENT, true},
        {{CALL_RENAMEAT, 1, EXDEV}, LL_PUT_REPLACE, true},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        char path[1024];
        source_path(fixture, path);
        make_source(fixture, "file");
        syscalls_arm(cases[i].plan);
        assert_status(LL_OK, ll_store_put_file(fixture->store, "d/k", path, cases[i].mode, &err),
                      &err);
        assert_true(syscalls_fired());
        assert_int_equal(syscalls_count(CALL_WRITE) > 0, cases[i].copied);
        assert_int_equal(access(path, F_OK), -1);
        check_object(fixture->store, "d/k", LL_OK, NULL, "file");

        make_source(fixture, "later");
        syscalls_arm((struct syscall_plan){CALL_LINKAT, 1, EPERM});
        assert_status(LL_CONFLICT,
                      ll_store_put_file(fixture->store, "d/k", path, LL_PUT_IF_ABSENT, &err), &err);
        assert_true(syscalls_fired());
        assert_int_equal(syscalls_count(CALL_RENAMEAT2), 1);
        check_object(fixture->store, "d/k", LL_OK, NULL, "file");
        assert_status(LL_OK, ll_store_remove(fixture->store, "d/k", &err), &err);
    }
}

/* A copy from another file system that breaks off. */
static void test_broken_copy(void **state)
{
    struct fixture *fixture = *state;
    static const enum syscall_name names[] = {CALL_READ, CALL_WRITE, CALL_CLOSE};
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        struct ll_error err;
        struct ll_object_info info;
        char path[1024];
        source_path(fixture, path);
        make_source(fixture, "file");
        syscalls_arm((struct syscall_plan){CALL_RENAMEAT, 1, EXDEV});
        /* The folder, tried before the copy, is closed first. */
        syscalls_arm_second((struct syscall_plan){names[i], names[i] == CALL_CLOSE ? 2 : 1, EIO});
        assert_status(LL_IO, ll_store_put_file(fixture->store, "k", path, LL_PUT_REPLACE, &err),
                      &err);
        assert_int_equal(err.code, EIO);
        assert_true(syscalls_fired());
        assert_status(LL_NOT_FOUND, ll_store_head(fixture->store, "k", &info, &err), &err);
        assert_int_equal(access(path, F_OK), -1);
    }
}

/* Some file systems report a failed write only when the file is closed. */
static void test_failed_close(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    struct ll_object_info info;
    syscalls_arm((struct syscall_plan){CALL_CLOSE, 1, EDQUOT});
    assert_status(LL_IO, ll_store_put(fixture->store, "k", LL_STR("x"), LL_PUT_REPLACE, &err),
                  &err);
    assert_int_equal(err.code, EDQUOT);
    assert_status(LL_NOT_FOUND, ll_store_head(fixture->store, "k", &info, &err), &err);
}

static bool synced(const struct fixture *fixture, const char *name)
{
    char path[1024];
    assert_true(snprintf(path, sizeof(path), "%s/%s", fixture->root, name) < 1024);
    return syscalls_synced(path);
}

static void put(const struct fixture *fixture, const char *key, enum ll_put_mode mode,
                enum ll_status wanted)
{
    struct ll_error err;
    assert_status(wanted, ll_store_put(fixture->store, key, LL_STR("x"), mode, &err), &err);
}

static void test_what_is_synced(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    put(fixture, "a/b/replaced", LL_PUT_REPLACE, LL_OK);
    assert_int_equal(syscalls_count(CALL_FSYNC), 0);
    put(fixture, "a/c/created", LL_PUT_IF_ABSENT, LL_OK);
    assert_int_equal(syscalls_count(CALL_FSYNC), 1);
    assert_true(synced(fixture, "a/c/created")); /* its bytes, before it had the name */

    syscalls_arm((struct syscall_plan){0});
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    static const char *const names[] = {"a/b/replaced", "a/c/created", "a/b", "a/c", "a", "."};
    for (size_t i = 0; i < LL_COUNT(names); i++)
        assert_true(synced(fixture, names[i]));
    assert_int_equal(syscalls_count(CALL_FSYNC), LL_COUNT(names));

    syscalls_arm((struct syscall_plan){0});
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    assert_int_equal(syscalls_count(CALL_FSYNC), 0);

    assert_status(LL_OK, ll_store_remove(fixture->store, "a/b/replaced", &err), &err);
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    assert_true(synced(fixture, "a/b"));
    assert_false(synced(fixture, "a/c"));

    char path[1024];
    source_path(fixture, path);
    make_source(fixture, "file");
    syscalls_arm((struct syscall_plan){0});
    assert_status(LL_OK, ll_store_put_file(fixture->store, "a/file", path, LL_PUT_IF_ABSENT, &err),
                  &err);
    assert_true(synced(fixture, "a/file"));

    /* Who lost a race builds on the winner's object. */
    syscalls_arm((struct syscall_plan){0});
    put(fixture, "a/c/created", LL_PUT_IF_ABSENT, LL_CONFLICT);
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    assert_true(synced(fixture, "a/c/created"));
    assert_true(synced(fixture, "a/c"));
}

static void put_many(const struct fixture *fixture)
{
    for (int i = 0; i < 300; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "many/%d", i);
        put(fixture, key, LL_PUT_REPLACE, LL_OK);
    }
}

static void test_many_changes(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    put_many(fixture);
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    assert_int_equal(syscalls_count(CALL_SYNCFS), 1);
    assert_int_equal(syscalls_count(CALL_FSYNC), 0);
    put(fixture, "one", LL_PUT_REPLACE, LL_OK);
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    assert_int_equal(syscalls_count(CALL_SYNCFS), 1);
    assert_int_equal(syscalls_count(CALL_FSYNC), 2);
}

/* What the disk refused once must not count as durable when it is asked again. */
static void test_sync_failure_stays(void **state)
{
    (void)state;
    static const struct {
        enum syscall_name name;
        size_t nth;
    } cases[] = {{CALL_FSYNC, 1}, {CALL_FSYNC, 3}, {CALL_SYNCFS, 1}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct fixture *fixture = fixture_new();
        struct ll_error err;
        if (cases[i].name == CALL_SYNCFS)
            put_many(fixture);
        put(fixture, "a/b/c", LL_PUT_REPLACE, LL_OK);
        syscalls_arm((struct syscall_plan){cases[i].name, cases[i].nth, EIO});
        assert_status(LL_IO, ll_store_sync(fixture->store, &err), &err);
        assert_int_equal(err.code, EIO);
        assert_status(LL_IO, ll_store_sync(fixture->store, &err), &err);
        assert_int_equal(err.code, EIO);
        assert_non_null(strstr(err.message, "open the store anew"));
        struct ll_store *anew = NULL;
        assert_status(LL_OK, ll_store_local_open(fixture->root, &anew, &err), &err);
        assert_status(LL_OK, ll_store_put(anew, "a/b/c", LL_STR("x"), LL_PUT_REPLACE, &err), &err);
        assert_status(LL_OK, ll_store_sync(anew, &err), &err);
        ll_store_free(anew);
        fixture_free(fixture);
    }
}

/* But when nothing reached the disk, it can be tried again, and nothing is forgotten. */
static void test_sync_can_be_repeated(void **state)
{
    (void)state;
    for (size_t nth = 1; nth < 30; nth++) {
        struct fixture *fixture = fixture_new();
        struct ll_error err;
        put(fixture, "a/b/c", LL_PUT_REPLACE, LL_OK);
        syscalls_arm((struct syscall_plan){CALL_OPENAT, nth, EMFILE});
        enum ll_status status = ll_store_sync(fixture->store, &err);
        bool fired = syscalls_fired();
        assert_int_equal(status, fired ? LL_IO : LL_OK);
        if (fired) {
            assert_int_equal(err.code, EMFILE);
            syscalls_arm((struct syscall_plan){0});
            assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
        }
        static const char *const names[] = {"a/b/c", "a/b", "a", "."};
        for (size_t i = 0; i < LL_COUNT(names); i++)
            assert_true(synced(fixture, names[i]));
        fixture_free(fixture);
        if (!fired)
            return;
    }
    fail_msg("the sweep had no end");
}

/* A file system that cannot sync a folder by itself. */
static void test_folder_sync_unsupported(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    put(fixture, "k", LL_PUT_REPLACE, LL_OK);
    syscalls_arm((struct syscall_plan){CALL_FSYNC, 2, EINVAL});
    assert_status(LL_OK, ll_store_sync(fixture->store, &err), &err);
    assert_int_equal(syscalls_count(CALL_SYNCFS), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_sweep),
        cmocka_unit_test_setup_teardown(test_short_and_interrupted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_file_systems, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_synced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_changes, setup, teardown),
        cmocka_unit_test(test_sync_failure_stays),
        cmocka_unit_test(test_sync_can_be_repeated),
        cmocka_unit_test_setup_teardown(test_folder_sync_unsupported, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
