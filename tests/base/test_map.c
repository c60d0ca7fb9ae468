#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/rand.h"

static void empty_map_finds_nothing(void **state LL_UNUSED)
{
    struct ll_map map = {0};
    assert_null(ll_map_find(&map, 0));
    assert_null(ll_map_find(&map, 1));
    ll_map_reset(&map);
    ll_map_clear(&map);
}

static void zero_is_a_key_like_others(void **state LL_UNUSED)
{
    struct ll_map map = {0};
    bool is_new = false;
    *ll_map_at(&map, 1, &is_new) = 10;
    assert_null(ll_map_find(&map, 0));
    uint64_t *value = ll_map_at(&map, 0, &is_new);
    assert_true(is_new && *value == 0);
    *value = 20;
    for (uint64_t key = 2; key < 1000; key++) /* grows the table several times */
        *ll_map_at(&map, key, &is_new) = key;
    assert_true(*ll_map_find(&map, 0) == 20);
    assert_true(*ll_map_find(&map, 1) == 10);
    assert_true(*ll_map_at(&map, 0, &is_new) == 20);
    assert_false(is_new);
    assert_int_equal(map.count, 1000);
    ll_map_clear(&map);
}

/* Against an array: random keys of a small range, so that repeats are common. */
static void agrees_with_an_array(void **state LL_UNUSED)
{
    enum { RANGE = 5000, STEPS = 40000 };
    static uint64_t expected[RANGE];
    struct ll_map map = {0};
    struct ll_rand rand;
    ll_rand_seed(&rand, 11);
    for (int round = 0; round < 2; round++) {
        size_t distinct = 0;
        for (size_t i = 0; i < RANGE; i++)
            expected[i] = 0;
        for (int i = 0; i < STEPS; i++) {
            uint64_t k = ll_rand_below(&rand, RANGE), key = k << (k % 3 * 20);
            key = k % 3 == 0 ? k : key | (UINT64_C(1) << 63); /* patterns that poor hashes fold */
            bool is_new;
            uint64_t *value = ll_map_at(&map, key, &is_new);
            assert_int_equal(is_new, expected[k] == 0);
            assert_true(*value == expected[k]);
            distinct += is_new;
            expected[k] = *value = (uint64_t)i + 1;
        }
        assert_int_equal(map.count, distinct);
        ll_map_reset(&map);
        assert_int_equal(map.count, 0);
        assert_null(ll_map_find(&map, 0));
    }
    ll_map_clear(&map);
    assert_null(map.slots);
}

static void reserve_keeps_pointers(void **state LL_UNUSED)
{
    struct ll_map map = {0};
    bool is_new;
    ll_map_reserve(&map, 1000);
    size_t capacity = map.capacity;
    uint64_t *first = ll_map_at(&map, 5, &is_new);
    for (uint64_t key = 100; key < 1099; key++)
        ll_map_at(&map, key, &is_new);
    assert_int_equal(map.capacity, capacity);
    assert_ptr_equal(ll_map_at(&map, 5, &is_new), first);
    ll_map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map_finds_nothing),
        cmocka_unit_test(zero_is_a_key_like_others),
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(reserve_keeps_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
