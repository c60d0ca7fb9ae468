/* The one principle: a day is a pure function of its runs. Whatever order files arrive in, whatever
 * is closed, replayed, imported twice or lost in between, the history objects are byte-identical
 * and the tables equal. LIVELAKE_TEST_SCHEDULES sets how many random schedules are tried. */
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "capture.h"
#include "support/check.h"
#include "world.h"

#define SCHEDULES 12

static void shuffle(size_t *order, size_t count, struct ll_rand *rand)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)ll_rand_below(rand, i);
        size_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

static void replay_a_day(struct world *w, struct ll_rand *rand)
{
    struct ll_error err;
    struct ll_outcome outcome = {0};
    int32_t day = ll_day_of(1772784000) + (int32_t)ll_rand_below(rand, 3);
    const struct ll_reconcile_range range = {day, day};
    assert_status(LL_OK, ll_replay(&w->pipeline, range, &outcome, &err), &err);
    assert_int_equal(outcome.failure_count, 0);
    ll_outcome_clear(&outcome);
}

/* Something that must not matter. */
static void disturb(struct world *w, const struct capture *capture, struct ll_rand *rand)
{
    struct ll_error err;
    struct ll_garbage garbage;
    switch (ll_rand_below(rand, 7)) {
    case 0:
        assert_status(LL_OK, world_settle(w, true, &err), &err);
        break;
    case 1:
        assert_status(LL_OK, world_settle(w, false, &err), &err);
        break;
    case 2:
        replay_a_day(w, rand);
        break;
    case 3:
        world_forget_warehouse(w);
        break;
    case 4:
        assert_status(LL_OK, ll_collect_garbage(w->store, &garbage, &err), &err);
        break;
    case 5: {
        size_t again = (size_t)ll_rand_below(rand, capture->count);
        assert_status(LL_OK, world_import(w, capture->files[again], &err), &err);
        break;
    }
    default:
        break;
    }
}

static char *run_schedule(const struct capture *capture, uint64_t seed)
{
    struct world w;
    struct ll_error err;
    struct ll_rand rand;
    size_t *order = ll_xcalloc(capture->count, sizeof(*order));
    ll_rand_seed(&rand, seed);
    world_open(&w, NULL);
    for (size_t i = 0; i < capture->count; i++)
        order[i] = i;
    if (seed != 0) /* seed 0: in order, undisturbed */
        shuffle(order, capture->count, &rand);
    for (size_t i = 0; i < capture->count; i++) {
        assert_status(LL_OK, world_import(&w, capture->files[order[i]], &err), &err);
        if (seed != 0 && ll_rand_below(&rand, 3) == 0)
            disturb(&w, capture, &rand);
    }
    assert_status(LL_OK, world_settle(&w, true, &err), &err);
    world_verify(&w);
    char *described = world_describe(&w);
    world_close(&w);
    free(order);
    return described;
}

static void every_schedule_gives_the_same_history(void **state)
{
    (void)state;
    const char *wanted = getenv("LIVELAKE_TEST_SCHEDULES");
    int64_t schedules = SCHEDULES;
    if (wanted != NULL)
        assert_true(ll_str_to_i64(ll_str_of(wanted), &schedules) && schedules > 0);
    struct capture capture;
    capture_make(&capture, 7);
    char *expected = run_schedule(&capture, 0);
    for (int64_t seed = 1; seed <= schedules; seed++) {
        char *got = run_schedule(&capture, (uint64_t)seed);
        if (strcmp(got, expected) != 0)
            print_error("schedule %lld\nexpected:\n%s\ngot:\n%s", (long long)seed, expected, got);
        assert_string_equal(got, expected);
        free(got);
    }
    free(expected);
    capture_clear(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_schedule_gives_the_same_history)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
