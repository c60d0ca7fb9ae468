/* What the contract does not say: the local store's layout, its manners towards other processes,
 * and what it makes of a folder that cannot be written. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/store.h"
#include "support/check.h"
#include "support/temp_folder.h"

enum { SKIPPED = 77 };

struct fixture {
    char *root;
    struct ll_store *store;
};

static int setup(void **state)
{
    struct fixture *fixture = ll_xcalloc(1, sizeof(*fixture));
    struct ll_error err;
    fixture->root = temp_folder_new();
    *state = fixture;
    return ll_store_local_open(fixture->root, &fixture->store, &err) != LL_OK;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    ll_store_free(fixture->store);
    temp_folder_free(fixture->root);
    free(fixture);
    return 0;
}

/* <root>/<name>, valid until the fourth call after this one. */
static const char *path_of(const struct fixture *fixture, const char *name)
{
    static char paths[4][1024];
    static size_t next;
    char *path = paths[next++ % 4];
    assert_true(snprintf(path, sizeof(paths[0]), "%s/%s", fixture->root, name) < 1024);
    return path;
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
}

static void put(struct ll_store *store, const char *key, const char *text)
{
    struct ll_error err;
    assert_status(LL_OK, ll_store_put(store, key, ll_str_of(text), LL_PUT_REPLACE, &err), &err);
}

static enum ll_status count_key(void *context, const struct ll_object_info *info,
                                struct ll_error *err)
{
    (void)info;
    (void)err;
    ++*(size_t *)context;
    return LL_OK;
}

static size_t count_keys(struct ll_store *store)
{
    size_t count = 0;
    struct ll_error err;
    assert_status(LL_OK, ll_store_list(store, "", count_key, &count, &err), &err);
    return count;
}

static void test_layout(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    put(fixture->store, "raw/x/a.zst", "bytes");
    assert_status(LL_OK, ll_store_put(fixture->store, "raw/b", LL_STR("y"), LL_PUT_IF_ABSENT, &err),
                  &err);
    struct stat st;
    assert_int_equal(stat(path_of(fixture, "raw/x/a.zst"), &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(stat(path_of(fixture, "raw/b"), &st), 0);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(rmdir(path_of(fixture, ".tmp")), 0); /* so it was empty; and is made anew */
    put(fixture->store, "raw/c", "z");
    assert_int_equal(rmdir(path_of(fixture, ".tmp")), 0);
}

static void test_fetch_is_the_object(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    struct ll_store_file file = {0};
    put(fixture->store, "raw/a", "bytes");
    assert_status(LL_OK, ll_store_fetch(fixture->store, "raw/a", &file, &err), &err);
    assert_false(file.temporary);
    struct stat fetched, object;
    assert_int_equal(stat(file.path, &fetched), 0);
    assert_int_equal(stat(path_of(fixture, "raw/a"), &object), 0);
    assert_int_equal(fetched.st_ino, object.st_ino);
    ll_store_file_clear(&file);
}

static void test_foreign_names_are_no_objects(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->store, "a/good", "x");
    static const char *const names[] = {".hidden", ".tmp/left", "a/.partial", "a/my notes",
                                        "lake~"};
    for (size_t i = 0; i < LL_COUNT(names); i++)
        touch(path_of(fixture, names[i]));
    assert_int_equal(mkdir(path_of(fixture, ".git"), 0700), 0);
    touch(path_of(fixture, ".git/config"));
    assert_int_equal(mkfifo(path_of(fixture, "a/fifo"), 0600), 0);
    assert_int_equal(count_keys(fixture->store), 1);

    struct ll_error err;
    struct ll_buf out = {.max_bytes = 100};
    assert_status(LL_NOT_FOUND, ll_store_get(fixture->store, "a/fifo", &out, &err), &err);
    ll_buf_clear(&out);
}

static void test_links_lead_nowhere(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    char *outside = temp_folder_new();
    char target[1024];
    (void)snprintf(target, sizeof(target), "%s/secret", outside);
    touch(target);
    assert_int_equal(symlink(outside, path_of(fixture, "folder")), 0);
    assert_int_equal(symlink(target, path_of(fixture, "file")), 0);

    struct ll_buf out = {.max_bytes = 100};
    assert_int_equal(count_keys(fixture->store), 0);
    assert_status(LL_NOT_FOUND, ll_store_get(fixture->store, "folder/secret", &out, &err), &err);
    assert_status(LL_NOT_FOUND, ll_store_get(fixture->store, "file", &out, &err), &err);
    assert_status(LL_OK, ll_store_remove(fixture->store, "folder/secret", &err), &err);
    assert_status(LL_INVALID,
                  ll_store_put(fixture->store, "folder/new", LL_STR("x"), LL_PUT_REPLACE, &err),
                  &err);
    put(fixture->store, "file", "replaces the link, not its target");
    struct stat st;
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(count_keys(fixture->store), 1);
    temp_folder_free(outside);
}

static void test_leftovers(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    touch(path_of(fixture, ".tmp/1-1-old"));
    touch(path_of(fixture, ".tmp/1-1-new"));
    assert_int_equal(utimensat(AT_FDCWD, path_of(fixture, ".tmp/1-1-old"), old, 0), 0);
    put(fixture->store, "kept", "x");
    assert_int_equal(utimensat(AT_FDCWD, path_of(fixture, "kept"), old, 0), 0);

    struct ll_store *second = NULL;
    assert_status(LL_OK, ll_store_local_open(fixture->root, &second, &err), &err);
    assert_int_equal(access(path_of(fixture, ".tmp/1-1-old"), F_OK), -1);
    assert_int_equal(access(path_of(fixture, ".tmp/1-1-new"), F_OK), 0);
    struct ll_object_info info;
    assert_status(LL_OK, ll_store_head(second, "kept", &info, &err), &err);
    assert_int_equal(info.modified_ms, 1000000000000);
    ll_store_free(second);
}

static void test_open_refuses(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    struct ll_store *none = NULL;
    touch(path_of(fixture, "file"));
    assert_status(LL_NOT_FOUND, ll_store_local_open(path_of(fixture, "gone"), &none, &err), &err);
    assert_int_equal(err.code, ENOENT);
    assert_status(LL_NOT_FOUND, ll_store_local_open(path_of(fixture, "file"), &none, &err), &err);
    assert_int_equal(err.code, ENOTDIR);
    assert_null(none);
}

/* A relative root must go on meaning the same folder. */
static void test_relative_root(void **state)
{
    struct fixture *fixture = *state;
    struct ll_error err;
    struct ll_store *relative = NULL;
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(before >= 0);
    assert_int_equal(chdir(fixture->root), 0);
    enum ll_status opened = ll_store_local_open(".", &relative, &err);
    assert_int_equal(fchdir(before), 0);
    close(before);
    assert_status(LL_OK, opened, &err);
    put(relative, "a", "x");
    struct ll_store_file file = {0};
    assert_status(LL_OK, ll_store_fetch(relative, "a", &file, &err), &err);
    assert_int_equal(access(file.path, F_OK), 0);
    ll_store_file_clear(&file);
    ll_store_free(relative);
    assert_int_equal(count_keys(fixture->store), 1);
}

/* Runs `child` in a process of its own (asserts of cmocka belong to the parent): 0 is success,
 * SKIPPED means that this system does not let us try. */
static void in_child(int (*child)(struct fixture *), struct fixture *fixture)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child(fixture));
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) {
        print_message("skipped: not permitted here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

enum { PROCESSES = 3, KEYS = 60 };

/* Its own store object on the same root; results[i] is the status of put i. */
static int race(const char *root, int number, unsigned char *results)
{
    struct ll_error err;
    struct ll_store *store = NULL;
    if (ll_store_local_open(root, &store, &err) != LL_OK)
        return 1;
    for (int i = 0; i < KEYS; i++) {
        char key[32], text[32];
        (void)snprintf(key, sizeof(key), "race/%d/%d", i % 7, i);
        (void)snprintf(text, sizeof(text), "process %d", number);
        results[i] =
            (unsigned char)ll_store_put(store, key, ll_str_of(text), LL_PUT_IF_ABSENT, &err);
    }
    bool synced = ll_store_sync(store, &err) == LL_OK;
    ll_store_free(store);
    return synced ? 0 : 2;
}

static void test_two_processes_race(void **state)
{
    struct fixture *fixture = *state;
    unsigned char *results =
        mmap(NULL, PROCESSES * KEYS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(results != MAP_FAILED);
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        assert_true(pids[p] >= 0);
        if (pids[p] == 0)
            _exit(race(fixture->root, p, results + p * KEYS));
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 0;
        assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < KEYS; i++) {
        int winners = 0, winner = -1;
        for (int p = 0; p < PROCESSES; p++) {
            if (results[p * KEYS + i] == LL_OK) {
                winners++;
                winner = p;
            } else {
                assert_int_equal(results[p * KEYS + i], LL_CONFLICT);
            }
        }
        assert_int_equal(winners, 1);
        char key[32], text[32];
        struct ll_error err;
        struct ll_buf got = {.max_bytes = 100};
        (void)snprintf(key, sizeof(key), "race/%d/%d", i % 7, i);
        (void)snprintf(text, sizeof(text), "process %d", winner);
        assert_status(LL_OK, ll_store_get(fixture->store, key, &got, &err), &err);
        assert_string_equal(got.ptr, text);
        ll_buf_clear(&got);
    }
    assert_int_equal(rmdir(path_of(fixture, ".tmp")), 0);
    munmap(results, PROCESSES * KEYS);
}

/* Below: children, which say what went wrong and answer 1. */
#define CHILD_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("%s:%d: %s\n", __FILE__, __LINE__, #condition);                            \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

static int puts_are_refused(struct ll_store *store, int code)
{
    struct ll_error err;
    static const enum ll_put_mode modes[] = {LL_PUT_IF_ABSENT, LL_PUT_REPLACE};
    for (size_t i = 0; i < LL_COUNT(modes); i++) {
        CHILD_CHECK(ll_store_put(store, "new/k", LL_STR("x"), modes[i], &err) == LL_IO);
        CHILD_CHECK(err.code == code);
        CHILD_CHECK(strstr(err.message, "new/k") != NULL);
    }
    return 0;
}

static int read_works(struct ll_store *store, const char *key)
{
    struct ll_error err;
    struct ll_buf got = {.max_bytes = 100};
    size_t count = 0;
    CHILD_CHECK(ll_store_get(store, key, &got, &err) == LL_OK);
    CHILD_CHECK(ll_store_list(store, "", count_key, &count, &err) == LL_OK && count == 1);
    ll_buf_clear(&got);
    return 0;
}

static int child_without_permission(struct fixture *fixture)
{
    if (chmod(fixture->root, 0555) != 0 || rmdir(path_of(fixture, ".tmp")) != 0)
        return SKIPPED;
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0 || geteuid() == 0))
        return SKIPPED;
    struct ll_error err;
    struct ll_store *store = NULL;
    CHILD_CHECK(ll_store_local_open(fixture->root, &store, &err) == LL_OK);
    CHILD_CHECK(puts_are_refused(store, EACCES) == 0);
    CHILD_CHECK(read_works(store, "here") == 0);
    CHILD_CHECK(ll_store_remove(store, "here", &err) == LL_IO && err.code == EACCES);
    CHILD_CHECK(ll_store_sync(store, &err) == LL_OK);
    ll_store_free(store);
    return 0;
}

static void test_without_permission(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->store, "here", "x");
    in_child(child_without_permission, fixture);
    assert_int_equal(chmod(fixture->root, 0700), 0);
}

static int child_with_size_limit(struct fixture *fixture)
{
    const struct rlimit limit = {4096, 4096};
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return SKIPPED;
    static char big[10000];
    struct ll_error err;
    struct ll_object_info info;
    static const enum ll_put_mode modes[] = {LL_PUT_IF_ABSENT, LL_PUT_REPLACE};
    for (size_t i = 0; i < LL_COUNT(modes); i++) {
        const struct ll_str data = {big, sizeof(big)};
        CHILD_CHECK(ll_store_put(fixture->store, "big", data, modes[i], &err) == LL_IO);
        CHILD_CHECK(err.code == EFBIG);
        CHILD_CHECK(ll_store_head(fixture->store, "big", &info, &err) == LL_NOT_FOUND);
    }
    CHILD_CHECK(rmdir(path_of(fixture, ".tmp")) == 0);
    CHILD_CHECK(ll_store_put(fixture->store, "small", LL_STR("x"), LL_PUT_REPLACE, &err) == LL_OK);
    return 0;
}

static void test_with_size_limit(void **state)
{
    in_child(child_with_size_limit, *state);
}

/* A small file system of our own, seen by this process only. */
static int child_on_small_disk(struct fixture *fixture)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", fixture->root, "tmpfs", 0, "size=64k") != 0)
        return SKIPPED;
    static char big[200000];
    const struct ll_str data = {big, sizeof(big)};
    struct ll_error err;
    struct ll_object_info info;
    struct ll_store *store = NULL;
    CHILD_CHECK(ll_store_local_open(fixture->root, &store, &err) == LL_OK);
    CHILD_CHECK(ll_store_put(store, "k", LL_STR("old"), LL_PUT_REPLACE, &err) == LL_OK);
    CHILD_CHECK(ll_store_put(store, "k", data, LL_PUT_REPLACE, &err) == LL_IO);
    CHILD_CHECK(err.code == ENOSPC && strstr(err.message, "free space") != NULL);
    CHILD_CHECK(ll_store_head(store, "k", &info, &err) == LL_OK && info.size_bytes == 3);

    /* A file from another file system is copied, and that can fail half-way too. */
    char *outside = temp_folder_new();
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/source", outside);
    static const struct {
        off_t size;
        enum ll_status wanted;
    } cases[] = {{150000, LL_IO}, {20000, LL_OK}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHILD_CHECK(fd >= 0 && ftruncate(fd, cases[i].size) == 0 && close(fd) == 0);
        CHILD_CHECK(ll_store_put_file(store, "file", path, LL_PUT_IF_ABSENT, &err) ==
                    cases[i].wanted);
        CHILD_CHECK(access(path, F_OK) != 0);
    }
    CHILD_CHECK(ll_store_head(store, "file", &info, &err) == LL_OK && info.size_bytes == 20000);
    temp_folder_free(outside);
    CHILD_CHECK(rmdir(path_of(fixture, ".tmp")) == 0); /* nothing was left behind */
    CHILD_CHECK(ll_store_remove(store, "file", &err) == LL_OK);
    CHILD_CHECK(ll_store_sync(store, &err) == LL_OK);
    ll_store_free(store);

    if (mount(NULL, fixture->root, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return SKIPPED;
    CHILD_CHECK(ll_store_local_open(fixture->root, &store, &err) == LL_OK);
    CHILD_CHECK(puts_are_refused(store, EROFS) == 0);
    CHILD_CHECK(read_works(store, "k") == 0);
    ll_store_free(store);
    return 0;
}

static void test_on_small_disk(void **state)
{
    in_child(child_on_small_disk, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fetch_is_the_object, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_names_are_no_objects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_lead_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leftovers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relative_root, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_processes_race, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_permission, setup, teardown),
        cmocka_unit_test_setup_teardown(test_with_size_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_on_small_disk, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
