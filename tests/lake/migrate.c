/* Migrations of a lake: two steps of a test's own, killed at every call of the store, and power
 * cuts behind them. */
#include <errno.h>
#include <string.h>

#include "lake/migrate.h"
#include "support/check.h"
#include "support/fault_store.h"
#include "support/unsynced_store.h"

#define OLD                                                                                        \
    "{\"schema\":1,\"created_at\":\"2026-11-23T10:00:00.123Z\",\"overrides\":false,"               \
    "\"origin_timezone\":\"Europe/Berlin\"}\n"
#define NOW_S INT64_C(1795500000) /* 2026-11-24T06:00:00Z */
#define SNAPSHOT "lake.v1-20261124T060000Z.json"

static bool step_fails; /* of the third schema */

static enum ll_status derive(struct ll_store *store, const char *from, const char *to,
                             struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1000};
    if (ll_store_get(store, from, &bytes, err) != LL_OK)
        return err->status;
    LL_AUTO(ll_buf_clear) struct ll_buf derived = {0};
    ll_buf_printf(&derived, "%.*s+", LL_FMT(ll_buf_str(&bytes)));
    return ll_store_put(store, to, ll_buf_str(&derived), LL_PUT_REPLACE, err);
}

static enum ll_status to_two(struct ll_store *store, struct ll_error *err)
{
    return derive(store, "one/a", "two/a", err);
}

static enum ll_status to_three(struct ll_store *store, struct ll_error *err)
{
    if (derive(store, "two/a", "three/a", err) != LL_OK)
        return err->status;
    return step_fails ? ll_fail(err, LL_IO, ENOSPC, "no room for b")
                      : derive(store, "two/a", "three/b", err);
}

static const struct ll_lake_step steps[] = {{2, "a has a plus", to_two},
                                            {3, "a has two", to_three}};

static void put(struct ll_store *store, const char *key, const char *text)
{
    struct ll_error err;
    assert_status(LL_OK, ll_store_put(store, key, ll_str_of(text), LL_PUT_REPLACE, &err), &err);
    assert_status(LL_OK, ll_store_sync(store, &err), &err);
}

static void fill(struct ll_store *store)
{
    put(store, "lake.json", OLD);
    put(store, "one/a", "a");
}

static bool has(struct ll_store *store, const char *key, const char *text)
{
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1000};
    enum ll_status status = ll_store_get(store, key, &bytes, &err);
    if (text == NULL)
        return status == LL_NOT_FOUND;
    return status == LL_OK && ll_str_equal(ll_buf_str(&bytes), ll_str_of(text));
}

static enum ll_status migrate(struct ll_store *store, int64_t now_s, struct ll_migrated *ret,
                              struct ll_error *err)
{
    const struct ll_lake_migrate_options options = {
        .store = store, .steps = steps, .step_count = LL_COUNT(steps), .now_s = now_s};
    return ll_lake_migrate(&options, ret, err);
}

static int schema_of(struct ll_store *store)
{
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1000};
    struct ll_error err;
    assert_status(LL_OK, ll_store_get(store, "lake.json", &bytes, &err), &err);
    struct ll_str head = ll_str_sub(ll_buf_str(&bytes), 0, strlen("{\"schema\":1"));
    return head.len > 0 ? head.ptr[head.len - 1] - '0' : 0;
}

static void is_done(struct ll_store *store)
{
    assert_int_equal(schema_of(store), 3);
    assert_true(has(store, "one/a", "a") && has(store, "two/a", "a+"));
    assert_true(has(store, "three/a", "a++") && has(store, "three/b", "a++"));
    assert_true(has(store, LL_LAKE_INTENT_KEY, NULL));
}

/* The settings that are not the schema are those of before. */
static void keeps_settings(struct ll_store *store)
{
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1000};
    struct ll_error err;
    assert_status(LL_OK, ll_store_get(store, "lake.json", &bytes, &err), &err);
    size_t behind = strlen("{\"schema\":1");
    assert_true(ll_str_equal(ll_str_sub(ll_buf_str(&bytes), behind, bytes.len),
                             ll_str_sub(LL_STR(OLD), behind, strlen(OLD))));
}

static void steps_are_taken_once(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_migrated done;
    struct ll_store *store = ll_store_mem_new();
    fill(store);
    put(store, "lake.v0-20250101T000000Z.json", "older still");
    assert_status(LL_OK, migrate(store, NOW_S, &done, &err), &err);
    assert_true(done.from == 1 && done.to == 3);
    assert_string_equal(done.snapshot, SNAPSHOT);
    is_done(store);
    keeps_settings(store);
    assert_true(has(store, SNAPSHOT, OLD));
    assert_true(has(store, "lake.v0-20250101T000000Z.json", NULL));
    assert_status(LL_OK, migrate(store, NOW_S + 60, &done, &err), &err);
    assert_true(done.from == 3 && done.to == 3 && done.snapshot[0] == '\0');
    assert_true(has(store, SNAPSHOT, OLD));
    ll_store_free(store);
}

static void a_failing_step_puts_it_back(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_migrated done;
    struct ll_store *store = ll_store_mem_new();
    fill(store);
    step_fails = true;
    assert_status(LL_IO, migrate(store, NOW_S, &done, &err), &err);
    step_fails = false;
    assert_int_equal(err.code, ENOSPC);
    assert_non_null(strstr(err.message, "is of schema 1 as before"));
    assert_non_null(strstr(err.message, "lake schema 3 (a has two): no room for b"));
    assert_non_null(strstr(err.message, "livelake migrate"));
    assert_true(has(store, "lake.json", OLD) && has(store, LL_LAKE_INTENT_KEY, NULL));
    assert_status(LL_OK, migrate(store, NOW_S + 60, &done, &err), &err);
    assert_int_equal(done.from, 1);
    is_done(store);
    assert_true(has(store, SNAPSHOT, NULL) && has(store, "lake.v1-20261124T060100Z.json", OLD));
    ll_store_free(store);
}

/* As a killed process leaves it: no call gets through any more. True when it was not reached. */
static bool dies_at(struct ll_store *disk, size_t nth)
{
    struct ll_error err;
    struct ll_migrated done;
    struct ll_store *faulty = fault_store_new(disk);
    fault_store_arm(
        faulty,
        (struct fault_plan){
            .nth = nth, .forever = true, .after = nth % 2 == 1, .status = LL_IO, .code = EIO});
    bool whole = migrate(faulty, NOW_S, &done, &err) == LL_OK;
    ll_store_free(faulty);
    return whole;
}

static void killed_anywhere_it_is_old_or_new(void **state)
{
    (void)state;
    bool seen[4] = {false}, whole = false;
    size_t nth = 0;
    while (!whole) {
        struct ll_error err;
        struct ll_migrated done;
        struct ll_store *store = ll_store_mem_new();
        fill(store);
        whole = dies_at(store, ++nth);
        int schema = schema_of(store);
        assert_in_range(schema, 1, 3);
        seen[schema] = true;
        keeps_settings(store);
        assert_true(has(store, "one/a", "a"));
        if (schema >= 2)
            assert_true(has(store, "two/a", "a+"));
        if (schema >= 3)
            assert_true(has(store, "three/b", "a++"));
        assert_status(LL_OK, migrate(store, NOW_S + 60, &done, &err), &err);
        is_done(store);
        keeps_settings(store);
        if (done.snapshot[0] != '\0') /* what it goes on with is of the first time */
            assert_true(has(store, done.snapshot, OLD));
        ll_store_free(store);
    }
    assert_true(nth > 15 && seen[1] && seen[2] && seen[3]);
}

static void power_cuts_do_not_lose_it(void **state)
{
    (void)state;
    struct ll_rand rand;
    ll_rand_seed(&rand, 7);
    for (int round = 0; round < 20; round++) {
        bool whole = false;
        for (size_t nth = 1; !whole; nth++) {
            struct ll_error err;
            struct ll_migrated done;
            struct ll_store *store = unsynced_store_new();
            fill(store);
            whole = dies_at(store, nth);
            unsynced_store_crash_torn(store, &rand);
            assert_status(LL_OK, migrate(store, NOW_S + 60, &done, &err), &err);
            is_done(store);
            keeps_settings(store);
            ll_store_free(store);
        }
    }
}

static void a_newer_lake_is_refused(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_migrated done;
    struct ll_lake_settings settings;
    struct ll_store *store = ll_store_mem_new();
    put(store, "lake.json", "{\"schema\":99}");
    assert_status(LL_UNSUPPORTED, ll_lake_settings_load(store, &settings, &err), &err);
    assert_status(LL_UNSUPPORTED, migrate(store, NOW_S, &done, &err), &err);
    assert_int_not_equal(err.code, LL_OUTDATED);
    assert_non_null(strstr(err.message, "newer livelake"));
    assert_true(has(store, "lake.json", "{\"schema\":99}"));
    ll_store_free(store);
}

static void the_programs_own_steps(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_migrated done;
    struct ll_lake_settings settings;
    struct ll_store *store = ll_store_mem_new();
    struct ll_lake_migrate_options options = {.store = store, .now_s = NOW_S};
    options.steps = ll_lake_steps(&options.step_count);
    fill(store);
    assert_status(LL_OK, ll_lake_migrate(&options, &done, &err), &err);
    assert_true(done.from == 1 && done.to == LL_LAKE_SCHEMA);
    assert_status(LL_OK, ll_lake_settings_load(store, &settings, &err), &err);
    assert_int_equal(settings.schema, LL_LAKE_SCHEMA);
    assert_string_equal(settings.origin_timezone, "Europe/Berlin");
    assert_false(settings.overrides);
    ll_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_taken_once),
        cmocka_unit_test(a_failing_step_puts_it_back),
        cmocka_unit_test(killed_anywhere_it_is_old_or_new),
        cmocka_unit_test(power_cuts_do_not_lose_it),
        cmocka_unit_test(a_newer_lake_is_refused),
        cmocka_unit_test(the_programs_own_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
