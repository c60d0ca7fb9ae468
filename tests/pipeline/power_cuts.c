/* A store that drops unsynced writes under the whole pipeline: the power goes at a store call;
 * after the restart the work goes on, verify is clean and the result is that of an undisturbed run.
 * What was committed before the cut is still there. LIVELAKE_TEST_CUTS sets at how many calls it is
 * tried; "all" = at every one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "support/check.h"
#include "support/fault_store.h"
#include "support/unsynced_store.h"
#include "world.h"

#define CUTS 14

static enum ll_status do_everything(struct world *w, const struct capture *capture,
                                    struct ll_error *err)
{
    enum ll_status status = world_import(w, capture->folder, err);
    return status == LL_OK ? world_settle(w, true, err) : status;
}

/* Work on `disk` through a store that fails from the n-th call on; 0: never. True when it got done.
 */
static bool live_until(struct ll_store *disk, const struct capture *capture, size_t nth,
                       size_t *ret_calls, char **ret_described)
{
    struct world w;
    struct ll_error err;
    struct ll_store *faulty = fault_store_new(disk);
    fault_store_arm(
        faulty,
        (struct fault_plan){
            .nth = nth, .forever = true, .after = nth % 2 == 1, .status = LL_IO, .code = EIO});
    world_open(&w, faulty);
    bool done = do_everything(&w, capture, &err) == LL_OK;
    if (ret_calls != NULL)
        *ret_calls = fault_store_calls(faulty);
    if (done && ret_described != NULL) {
        world_verify(&w);
        *ret_described = world_describe(&w);
    }
    world_close(&w);
    return done;
}

/* Each cut is of a part of the calls of its own. */
static size_t count_of_cuts(size_t calls)
{
    const char *wanted = getenv("LIVELAKE_TEST_CUTS");
    int64_t cuts = CUTS;
    if (wanted != NULL && strcmp(wanted, "all") == 0)
        return calls - 1;
    if (wanted != NULL)
        assert_true(ll_str_to_i64(ll_str_of(wanted), &cuts) && cuts > 0);
    return (size_t)cuts < calls ? (size_t)cuts : calls - 1;
}

static void a_cut_at_any_call_loses_nothing(void **state)
{
    (void)state;
    struct capture capture;
    struct ll_rand rand;
    size_t calls;
    char *expected = NULL;
    capture_make(&capture, 3);
    ll_rand_seed(&rand, 11);
    struct ll_store *whole = unsynced_store_new();
    assert_true(live_until(whole, &capture, 0, &calls, &expected));
    ll_store_free(whole);
    assert_true(calls > 100);
    size_t cuts = count_of_cuts(calls);
    for (size_t i = 0; i < cuts; i++) {
        size_t from = 1 + i * (calls - 1) / cuts, end = 1 + (i + 1) * (calls - 1) / cuts;
        size_t nth = from + (size_t)ll_rand_below(&rand, end - from);
        struct ll_store *disk = unsynced_store_new();
        assert_false(live_until(disk, &capture, nth, NULL, NULL));
        if (nth % 3 == 0)
            unsynced_store_crash_torn(disk, &rand);
        else
            unsynced_store_crash(disk, &rand);
        char *got = NULL;
        assert_true(live_until(disk, &capture, 0, NULL, &got));
        assert_string_equal(got, expected);
        free(got);
        ll_store_free(disk);
    }
    free(expected);
    capture_clear(&capture);
}

/* The warehouse is durable on its own: what it says is loaded must have survived in the lake. */
static void nothing_is_loaded_that_could_be_lost(void **state)
{
    (void)state;
    struct capture capture;
    struct ll_rand rand;
    capture_make(&capture, 5);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct world w;
        struct ll_error err;
        struct ll_store *disk = unsynced_store_new();
        ll_rand_seed(&rand, seed);
        world_open(&w, disk);
        assert_status(LL_OK, do_everything(&w, &capture, &err), &err);
        unsynced_store_crash(disk, &rand);
        world_verify(&w);
        world_close(&w);
    }
    capture_clear(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_call_loses_nothing),
        cmocka_unit_test(nothing_is_loaded_that_could_be_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
