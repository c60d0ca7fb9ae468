/* The test doubles themselves: a fault store that counts and fails as planned, and a power cut that
 * loses what it may lose, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/fault_store.h"
#include "support/temp_folder.h"
#include "support/unsynced_store.h"

static enum ll_status count_key(void *context, const struct ll_object_info *info,
                                struct ll_error *err)
{
    (void)info;
    (void)err;
    ++*(size_t *)context;
    return LL_OK;
}

enum { CALLS = 8 };

/* Every kind of call once, against key "k" which holds "old"; the statuses in order. */
static void call_all(struct ll_store *store, const char *path, enum ll_status status[static CALLS])
{
    struct ll_error err;
    struct ll_buf got = {.max_bytes = 100};
    struct ll_object_info info;
    struct ll_store_file file = {0};
    size_t count = 0;
    status[0] = ll_store_put(store, "new", LL_STR("new"), LL_PUT_IF_ABSENT, &err);
    status[1] = ll_store_put_file(store, "file", path, LL_PUT_REPLACE, &err);
    status[2] = ll_store_get(store, "k", &got, &err);
    status[3] = ll_store_fetch(store, "k", &file, &err);
    status[4] = ll_store_head(store, "k", &info, &err);
    status[5] = ll_store_list(store, "", count_key, &count, &err);
    status[6] = ll_store_remove(store, "k", &err);
    status[7] = ll_store_sync(store, &err);
    ll_buf_clear(&got);
    ll_store_file_clear(&file);
}

static bool exists(struct ll_store *store, const char *key)
{
    struct ll_error err;
    struct ll_object_info info;
    return ll_store_head(store, key, &info, &err) == LL_OK;
}

static void try_plan(struct fault_plan plan)
{
    struct ll_error err;
    char *folder = temp_folder_new();
    char path[1024];
    assert_true(snprintf(path, sizeof(path), "%s/source", folder) < 1024);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    struct ll_store *inner = ll_store_mem_new();
    struct ll_store *store = fault_store_new(inner);
    assert_status(LL_OK, ll_store_put(store, "k", LL_STR("old"), LL_PUT_REPLACE, &err), &err);
    assert_int_equal(fault_store_calls(store), 1);

    enum ll_status status[CALLS];
    fault_store_arm(store, plan);
    call_all(store, path, status);
    assert_int_equal(fault_store_calls(store), CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        bool fails = plan.nth != 0 && (i + 1 == plan.nth || (plan.forever && i + 1 > plan.nth));
        assert_int_equal(status[i], fails ? plan.status : LL_OK);
    }
    assert_int_equal(exists(inner, "new"), status[0] == LL_OK || plan.after);
    assert_int_equal(exists(inner, "file"), status[1] == LL_OK || plan.after);
    assert_int_equal(!exists(inner, "k"), status[6] == LL_OK || plan.after);
    assert_int_not_equal(remove(path), 0); /* gone, also after a failure */
    ll_store_free(store);
    ll_store_free(inner);
    temp_folder_free(folder);
}

static void test_fault_store(void **state)
{
    (void)state;
    for (size_t nth = 0; nth <= CALLS; nth++)
        for (unsigned flags = 0; flags < 4; flags++)
            try_plan((struct fault_plan){.nth = nth,
                                         .forever = (flags & 1) != 0,
                                         .after = (flags & 2) != 0,
                                         .status = LL_TRANSIENT,
                                         .code = 503});
}

/* A failure keeps the inner store's own answer where that failed already. */
static void test_fault_store_passes_refusals(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_store *inner = ll_store_mem_new();
    struct ll_store *store = fault_store_new(inner);
    assert_status(LL_OK, ll_store_put(store, "k", LL_STR("x"), LL_PUT_IF_ABSENT, &err), &err);
    fault_store_arm(store,
                    (struct fault_plan){.nth = 1, .after = true, .status = LL_IO, .code = 5});
    assert_status(LL_CONFLICT, ll_store_put(store, "k", LL_STR("y"), LL_PUT_IF_ABSENT, &err), &err);
    fault_store_arm(store, (struct fault_plan){.nth = 1, .status = LL_IO, .code = 5});
    assert_status(LL_IO, ll_store_put(store, "k", LL_STR("y"), LL_PUT_IF_ABSENT, &err), &err);
    assert_int_equal(err.code, 5);
    ll_store_free(store);
    ll_store_free(inner);
}

static void put(struct ll_store *store, const char *key, const char *text, enum ll_put_mode mode)
{
    struct ll_error err;
    assert_status(LL_OK, ll_store_put(store, key, ll_str_of(text), mode, &err), &err);
}

/* The object's text, or "-". */
static void text_of(struct ll_store *store, const char *key, char text[static 100])
{
    struct ll_error err;
    struct ll_buf got = {.max_bytes = 99};
    enum ll_status status = ll_store_get(store, key, &got, &err);
    (void)snprintf(text, 100, "%s", status == LL_OK ? got.ptr : "-");
    ll_buf_clear(&got);
}

/* After a power cut each key is in one of its possible states, and over many cuts in each of them.
 */
static void test_crash_states(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *states[4];
        bool torn_only_whole; /* the same states when torn */
    } wanted[] = {
        {"synced", {"kept"}, true},
        {"created", {"-", "created"}, true},
        {"replaced", {"old", "new"}, false},
        {"removed", {"there", "-"}, true},
        {"twice", {"-", "first", "second"}, false},
        {"again", {"before", "-", "after"}, true},
    };
    struct ll_rand rand;
    ll_rand_seed(&rand, 7);
    bool torn_seen = false;
    bool seen[LL_COUNT(wanted)][4] = {0};
    for (int round = 0; round < 400; round++) {
        struct ll_error err;
        bool torn = round % 2 == 1;
        struct ll_store *store = unsynced_store_new();
        put(store, "synced", "kept", LL_PUT_REPLACE);
        put(store, "replaced", "old", LL_PUT_REPLACE);
        put(store, "removed", "there", LL_PUT_REPLACE);
        put(store, "again", "before", LL_PUT_REPLACE);
        assert_int_equal(unsynced_store_pending(store), 4);
        assert_status(LL_OK, ll_store_sync(store, &err), &err);
        assert_int_equal(unsynced_store_pending(store), 0);
        put(store, "created", "created", LL_PUT_IF_ABSENT);
        put(store, "replaced", "new", LL_PUT_REPLACE);
        assert_status(LL_OK, ll_store_remove(store, "removed", &err), &err);
        put(store, "twice", "first", LL_PUT_REPLACE);
        put(store, "twice", "second", LL_PUT_REPLACE);
        assert_status(LL_OK, ll_store_remove(store, "again", &err), &err);
        put(store, "again", "after", LL_PUT_IF_ABSENT);
        assert_int_equal(unsynced_store_pending(store), 7);

        (torn ? unsynced_store_crash_torn : unsynced_store_crash)(store, &rand);
        assert_int_equal(unsynced_store_pending(store), 0);
        for (size_t i = 0; i < LL_COUNT(wanted); i++) {
            char text[100], again[100];
            bool known = false;
            text_of(store, wanted[i].key, text);
            for (size_t s = 0; s < 4 && wanted[i].states[s] != NULL; s++) {
                if (strcmp(text, wanted[i].states[s]) == 0)
                    known = seen[i][s] = true;
            }
            assert_true(known || (torn && !wanted[i].torn_only_whole));
            torn_seen = torn_seen || !known;
            /* What a cut left is durable. */
            unsynced_store_crash(store, &rand);
            text_of(store, wanted[i].key, again);
            assert_string_equal(text, again);
        }
        put(store, "after", "the store goes on", LL_PUT_IF_ABSENT);
        assert_status(LL_OK, ll_store_sync(store, &err), &err);
        unsynced_store_crash(store, &rand);
        assert_true(exists(store, "after"));
        ll_store_free(store);
    }
    assert_true(torn_seen);
    for (size_t i = 0; i < LL_COUNT(wanted); i++)
        for (size_t s = 0; s < 4 && wanted[i].states[s] != NULL; s++)
            assert_true(seen[i][s]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_store),
        cmocka_unit_test(test_fault_store_passes_refusals),
        cmocka_unit_test(test_crash_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
