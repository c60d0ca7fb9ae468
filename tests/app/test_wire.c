#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wire.h"
#include "base/buf.h"
#include "support/temp_folder.h"

static struct ll_clock_manual clock_2026;

static void init_wire(struct ll_wire *wire, const char *dir)
{
    ll_clock_manual_init(&clock_2026, INT64_C(1795448700000));
    const struct ll_wire_options options = {
        .lake_dir = dir, .command = "test", .clock = &clock_2026.base};
    ll_wire_init(wire, &options);
}

static char *path_in(const char *folder, const char *name)
{
    struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/%s", folder, name);
    return path.ptr;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = path_in(folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    free(path);
}

static bool exists(const char *folder, const char *name)
{
    char *path = path_in(folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static void makes_and_finds_a_lake(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_wire wire;
    struct ll_store *store;
    char *folder = temp_folder_new(), *dir = path_in(folder, "deep/er/lake");
    init_wire(&wire, dir);
    assert_status(LL_NOT_FOUND, ll_wire_store(&wire, &store, &err), &err);
    assert_non_null(strstr(err.message, "run `livelake init` or `livelake import`"));
    assert_false(exists(folder, "deep"));

    assert_status(LL_OK, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
    assert_true(wire.created);
    assert_int_equal(wire.lake.settings.created_ms, 1795448700000);
    ll_wire_close(&wire);

    assert_status(LL_OK, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
    assert_false(wire.created);
    assert_int_equal(wire.lake.settings.created_ms, 1795448700000);
    assert_status(LL_OK, ll_wire_store(&wire, &store, &err), &err);
    assert_ptr_equal(store, wire.lake.store);
    ll_wire_close(&wire);
    free(dir);
    temp_folder_free(folder);
}

static void leaves_strange_folders_alone(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_wire wire;
    char *folder = temp_folder_new();
    init_wire(&wire, folder);
    assert_status(LL_NOT_FOUND, ll_wire_open_lake(&wire, LL_LAKE_EXISTING, &err), &err);
    assert_false(exists(folder, "lake.lock"));
    write_file(folder, "thesis.txt", "mine");
    assert_status(LL_INVALID, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
    assert_non_null(strstr(err.message, "thesis.txt"));
    assert_false(exists(folder, "lake.json"));
    ll_wire_close(&wire);

    char *file = path_in(folder, "thesis.txt");
    init_wire(&wire, file);
    assert_status(LL_INVALID, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
    ll_wire_close(&wire);
    free(file);
    temp_folder_free(folder);
}

static void is_held_by_one(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_wire first, second;
    char *folder = temp_folder_new();
    init_wire(&first, folder);
    init_wire(&second, folder);
    assert_status(LL_OK, ll_wire_open_lake(&first, LL_LAKE_CREATE, &err), &err);
    assert_status(LL_CONFLICT, ll_wire_open_lake(&second, LL_LAKE_EXISTING, &err), &err);
    assert_int_equal(err.code, getpid());
    assert_non_null(strstr(err.message, "in use by `livelake test`, pid "));
    ll_wire_close(&first);
    assert_status(LL_OK, ll_wire_open_lake(&second, LL_LAKE_EXISTING, &err), &err);
    ll_wire_close(&second);
    temp_folder_free(folder);
}

static void refuses_bad_settings(void **state LL_UNUSED)
{
    static const struct {
        const char *json;
        enum ll_status status;
    } cases[] = {
        {"{\"schema\":999}", LL_UNSUPPORTED},
        {"{\"schema\":", LL_CORRUPT},
        {"", LL_CORRUPT},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        struct ll_wire wire;
        char *folder = temp_folder_new();
        write_file(folder, "lake.json", cases[i].json);
        init_wire(&wire, folder);
        assert_status(cases[i].status, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
        assert_int_equal(wire.lock_fd, -1); /* given back */
        ll_wire_close(&wire);
        temp_folder_free(folder);
    }
}

static void empties_its_work_folder(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_wire wire;
    char *folder = temp_folder_new();
    init_wire(&wire, folder);
    assert_status(LL_OK, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
    ll_wire_close(&wire);
    write_file(folder, ".spill/left", "by a killed process");
    assert_status(LL_OK, ll_wire_open_lake(&wire, LL_LAKE_EXISTING, &err), &err);
    assert_false(exists(folder, ".spill/left"));
    ll_wire_close(&wire);
    temp_folder_free(folder);
}

static void opens_parts_once(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_wire wire;
    struct ll_warehouse *warehouse, *again;
    struct ll_lake *lake;
    char *folder = temp_folder_new();
    init_wire(&wire, folder);
    assert_status(LL_OK, ll_wire_open_lake(&wire, LL_LAKE_CREATE, &err), &err);
    assert_false(exists(folder, "warehouse.duckdb"));
    assert_status(LL_OK, ll_wire_warehouse(&wire, &warehouse, &err), &err);
    assert_status(LL_OK, ll_wire_warehouse(&wire, &again, &err), &err);
    assert_ptr_equal(warehouse, again);
    assert_status(LL_OK, ll_wire_lake(&wire, &lake, &err), &err);
    assert_true(lake->store != NULL && lake->scratch != NULL && lake->tmp_dir != NULL);
    ll_wire_close(&wire);
    assert_true(exists(folder, "warehouse.duckdb"));
    temp_folder_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_and_finds_a_lake),  cmocka_unit_test(leaves_strange_folders_alone),
        cmocka_unit_test(is_held_by_one),          cmocka_unit_test(refuses_bad_settings),
        cmocka_unit_test(empties_its_work_folder), cmocka_unit_test(opens_parts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
