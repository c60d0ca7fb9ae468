/* The fault plan, and the rate limits. */
#include "sim/faults.h"

#include <string.h>

#include "sim/limiter.h"
#include "support/check.h"

#define REQUESTS 20000

static void accepts_and_refuses(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"1:0", true},       {"53:1", true},  {"47:0.5", true}, {"13:0.01", true}, {"4@120", true},
        {"4@120-130", true}, {"4@7-7", true}, {"0:1", false},   {"57:1", false},   {"-1:1", false},
        {"45:1", false},     {"54:1", false}, {"55:1", false},  {"56:1", false},   {"4", false},
        {"", false},         {"4:", false},   {"4:1.1", false}, {"4:-0.1", false}, {"4:x", false},
        {"4@", false},       {"4@0", false},  {"4@9-8", false}, {"4@9-", false},   {"4@-3", false},
        {"x:1", false},      {":1", false},   {"@1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim_faults faults = {0};
        struct ll_error err;
        assert_status(cases[i].good ? LL_OK : LL_INVALID,
                      sim_faults_add(&faults, ll_str_of(cases[i].text), &err), &err);
    }
}

static void names_what_it_can_cause(void **state)
{
    (void)state;
    int count = 0;
    for (int n = -1; n <= SIM_FAULT_MAX + 1; n++)
        count += sim_fault_name(n) != NULL;
    assert_int_equal(count, 52);
    assert_null(sim_fault_name(45));
    assert_null(sim_fault_name(56));
}

static void add(struct sim_faults *faults, const char *text)
{
    struct ll_error err;
    assert_status(LL_OK, sim_faults_add_lines(faults, ll_str_of(text), &err), &err);
}

static int64_t count(struct sim_faults *faults, int n)
{
    int64_t met = 0, before = faults->seen[n];
    for (int64_t number = 1; number <= REQUESTS; number++)
        met += sim_fault(faults, n, number, 0);
    assert_int_equal(faults->seen[n], before + met);
    return met;
}

static void probability(void **state)
{
    (void)state;
    struct sim_faults faults = {.seed = 7};
    assert_int_equal(count(&faults, 13), 0);
    add(&faults, "13:0.1\n14:1\n");
    assert_in_range(count(&faults, 13), REQUESTS / 11, REQUESTS / 9);
    assert_int_equal(count(&faults, 14), REQUESTS);
    add(&faults, "13:0\n");
    assert_int_equal(count(&faults, 13), 0);
}

static void scripts(void **state)
{
    (void)state;
    struct sim_faults faults = {.seed = 7};
    add(&faults, "# a comment\n\n  4@120 \n5@1-100\n6@1-1000\n6:0.5");
    assert_int_equal(count(&faults, 4), 1);
    assert_true(sim_fault(&faults, 4, 120, 33));
    assert_int_equal(count(&faults, 5), 100);
    assert_in_range(count(&faults, 6), 400, 600);
    add(&faults, "clear\n7:1");
    assert_int_equal(count(&faults, 5), 0);
    assert_int_equal(count(&faults, 7), REQUESTS);
}

static void all_lines_or_none(void **state)
{
    (void)state;
    struct sim_faults faults = {0};
    struct ll_error err;
    assert_status(LL_INVALID, sim_faults_add_lines(&faults, LL_STR("5:1\n55:1\n"), &err), &err);
    assert_int_equal(count(&faults, 5), 0);
}

static void follows_from_the_seed(void **state)
{
    (void)state;
    struct sim_faults one = {.seed = 1}, same = {.seed = 1}, other = {.seed = 2};
    int rows = 0, differ = 0, forms = 0;
    add(&one, "13:0.5");
    same = one;
    other.probability[13] = 0.5;
    sim_fault(&same, 13, 999, 999); /* what was asked before does not matter */
    for (int64_t i = 0; i < 1000; i++) {
        bool met = sim_fault(&one, 13, 5, i);
        assert_int_equal(met, sim_fault(&same, 13, 5, i));
        rows += met;
        differ += met != sim_fault(&other, 13, 5, i);
        forms |= 1 << sim_fault_form(&one, 13, i, 3);
    }
    assert_in_range(rows, 400, 600);
    assert_in_range(differ, 400, 600);
    assert_int_equal(forms, 7);
}

static void bucket_refills(void **state)
{
    (void)state;
    static struct sim_limiter limiter;
    struct ll_str a = LL_STR("a"), b = LL_STR("b");
    sim_limiter_init(&limiter, SIM_HELIX_POINTS);
    for (int i = 0; i < SIM_HELIX_POINTS; i++)
        assert_true(sim_limiter_helix(&limiter, a, 0));
    assert_false(sim_limiter_helix(&limiter, a, 74));
    assert_true(sim_limiter_helix(&limiter, b, 74)); /* of its own */
    struct sim_rate rate = sim_limiter_rate(&limiter, a, 74);
    assert_int_equal(rate.limit, 800);
    assert_int_equal(rate.remaining, 0);
    assert_int_equal(rate.reset_s, 60);
    /* 40 asks a second, one point each 75 ms: over a minute 800 pass, and not one more. */
    int passed = 0;
    for (int64_t at_ms = 75; at_ms <= 60000; at_ms += 25)
        passed += sim_limiter_helix(&limiter, a, at_ms);
    assert_int_equal(passed, 800);
    assert_int_equal(sim_limiter_rate(&limiter, a, 10 * 60000).remaining, 800);
}

static void bucket_forgets_the_oldest(void **state)
{
    (void)state;
    static struct sim_limiter limiter;
    char name[] = "client 00";
    sim_limiter_init(&limiter, 5);
    for (int i = 0; i < SIM_BUCKETS + 1; i++) {
        name[7] = (char)('0' + i / 10);
        name[8] = (char)('0' + i % 10);
        assert_true(sim_limiter_helix(&limiter, ll_str_of(name), 0));
    }
    assert_int_equal(sim_limiter_rate(&limiter, LL_STR("client 01"), 0).remaining, 4);
    assert_int_equal(sim_limiter_rate(&limiter, LL_STR("client 00"), 0).remaining, 5);
}

static void igdb_lets_four_in(void **state)
{
    (void)state;
    static struct sim_limiter limiter;
    sim_limiter_init(&limiter, 0);
    int64_t at_ms = 0, passed = 0;
    for (; at_ms < 10000; at_ms += 10)
        passed += sim_limiter_igdb(&limiter, at_ms);
    assert_int_equal(passed, 40);
    limiter.igdb_open = SIM_IGDB_OPEN;
    assert_false(sim_limiter_igdb(&limiter, at_ms + 5000));
    limiter.igdb_open--;
    assert_true(sim_limiter_igdb(&limiter, at_ms + 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_and_refuses), cmocka_unit_test(names_what_it_can_cause),
        cmocka_unit_test(probability),         cmocka_unit_test(scripts),
        cmocka_unit_test(all_lines_or_none),   cmocka_unit_test(follows_from_the_seed),
        cmocka_unit_test(bucket_refills),      cmocka_unit_test(bucket_forgets_the_oldest),
        cmocka_unit_test(igdb_lets_four_in),
    };
    return cmocka_run_group_tests_name("sim_faults", tests, NULL, NULL);
}
