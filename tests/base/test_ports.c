/* The clock and randomness ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/rand.h"

static void manual_clock_moves_by_hand(void **state LL_UNUSED)
{
    struct ll_clock_manual manual;
    ll_clock_manual_init(&manual, 1000500);
    struct ll_clock *clock = &manual.base;
    int64_t mono_ms = clock->monotonic_ms(clock);
    assert_true(clock->now_ms(clock) == 1000500);
    assert_true(ll_clock_now_s(clock) == 1000);
    clock->sleep_ms(clock, 250);
    clock->sleep_ms(clock, 0);
    clock->sleep_ms(clock, -5);
    assert_true(clock->now_ms(clock) == 1000750);
    assert_true(clock->monotonic_ms(clock) == mono_ms + 250);
    ll_clock_manual_set(&manual, -1);
    assert_true(clock->now_ms(clock) == -1);
    assert_true(ll_clock_now_s(clock) == -1);
    assert_true(clock->monotonic_ms(clock) == mono_ms + 250);
}

static void system_clock_runs(void **state LL_UNUSED)
{
    struct ll_clock *clock = ll_clock_system();
    assert_ptr_equal(clock, ll_clock_system());
    assert_true(clock->now_ms(clock) > INT64_C(1700000000000));
    int64_t before = clock->monotonic_ms(clock);
    clock->sleep_ms(clock, -1); /* returns at once */
    clock->sleep_ms(clock, 0);
    assert_true(clock->monotonic_ms(clock) >= before);
}

static void seeds_give_known_sequences(void **state LL_UNUSED)
{
    /* splitmix64 from 1234567 is the published test vector; xoshiro256** from 1, 2, 3, 4 that of
     * the reference crates. */
    static const uint64_t splitmix[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u};
    static const uint64_t xoshiro[] = {
        11520u, 0u, 1509978240u, 1215971899390074240u, 1216172134540287360u, 607988272756665600u};
    struct ll_rand rand;
    ll_rand_seed(&rand, 1234567);
    assert_memory_equal(rand.state, splitmix, sizeof(splitmix));
    rand = (struct ll_rand){{1, 2, 3, 4}};
    for (size_t i = 0; i < LL_COUNT(xoshiro); i++)
        assert_true(ll_rand_next(&rand) == xoshiro[i]);
}

static void bounds_are_kept_and_even(void **state LL_UNUSED)
{
    enum { BOUND = 10, DRAWS = 100000 };
    struct ll_rand rand;
    ll_rand_seed(&rand, 7);
    int counts[BOUND] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = ll_rand_below(&rand, BOUND);
        assert_true(x < BOUND);
        counts[x]++;
    }
    for (int i = 0; i < BOUND; i++) /* five standard deviations, of a fixed sequence */
        assert_in_range(counts[i], DRAWS / BOUND - 475, DRAWS / BOUND + 475);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(ll_rand_below(&rand, 1), 0);
        assert_true(ll_rand_below(&rand, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
}

static void units_are_below_one(void **state LL_UNUSED)
{
    struct ll_rand rand;
    ll_rand_seed(&rand, 8);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double x = ll_rand_unit(&rand);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(sum > 49500 && sum < 50500);
}

static void system_seeds_differ(void **state LL_UNUSED)
{
    struct ll_rand a, b;
    ll_rand_seed_system(&a);
    ll_rand_seed_system(&b);
    assert_memory_not_equal(a.state, b.state, sizeof(a.state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_clock_moves_by_hand), cmocka_unit_test(system_clock_runs),
        cmocka_unit_test(seeds_give_known_sequences), cmocka_unit_test(bounds_are_kept_and_even),
        cmocka_unit_test(units_are_below_one),        cmocka_unit_test(system_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
