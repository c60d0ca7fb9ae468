/* Virtual time of the simulator. */
#include "sim/clock.h"

#include "support/check.h"

#define START 1795392000000

static struct sim_clock start(const char *mode, struct ll_clock_manual *wall)
{
    struct sim_clock clock = {0};
    struct ll_error err;
    assert_status(LL_OK, sim_clock_parse(&clock, ll_str_of(mode), &err), &err);
    sim_clock_start(&clock, START, &wall->base);
    return clock;
}

static void parses(void **state)
{
    static const struct {
        const char *text, *name; /* NULL: refused */
        double factor;
    } cases[] = {
        {"real", "real", 1},      {"step", "step", 1},
        {"warp:60", "warp", 60},  {"warp:0.5", "warp", 0.5},
        {"warp:0", NULL, 0},      {"warp:-1", NULL, 0},
        {"warp:", NULL, 0},       {"warp", NULL, 0},
        {"warp:100001", NULL, 0}, {"", NULL, 0},
        {"Real", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim_clock clock = {0};
        struct ll_error err;
        enum ll_status wanted = cases[i].name ? LL_OK : LL_INVALID;
        assert_status(wanted, sim_clock_parse(&clock, ll_str_of(cases[i].text), &err), &err);
        if (!cases[i].name)
            continue;
        assert_string_equal(sim_clock_mode_name(&clock), cases[i].name);
        assert_true(clock.factor == cases[i].factor);
    }
}

static void real_is_the_walls(void **state)
{
    struct ll_clock_manual wall;
    (void)state;
    ll_clock_manual_init(&wall, 1000);
    struct sim_clock clock = start("real", &wall);
    assert_int_equal(sim_clock_now(&clock), 1000);
    wall.base.sleep_ms(&wall.base, 250);
    assert_int_equal(sim_clock_now(&clock), 1250);
    assert_int_equal(sim_clock_wall_until(&clock, 1300), 50);
    assert_int_equal(sim_clock_wall_until(&clock, 1250), 0);
    /* The wall's clock is set back: time stands still, and goes on later. */
    ll_clock_manual_set(&wall, 900);
    assert_int_equal(sim_clock_now(&clock), 1250);
    ll_clock_manual_set(&wall, 2000);
    assert_int_equal(sim_clock_now(&clock), 2000);
}

static void warped_is_faster(void **state)
{
    struct ll_clock_manual wall;
    (void)state;
    ll_clock_manual_init(&wall, 5000);
    struct sim_clock clock = start("warp:60", &wall);
    assert_int_equal(sim_clock_now(&clock), START);
    wall.base.sleep_ms(&wall.base, 1000);
    assert_int_equal(sim_clock_now(&clock), START + 60000);
    ll_clock_manual_set(&wall, 1); /* a jump of the wall's clock is not seen */
    assert_int_equal(sim_clock_now(&clock), START + 60000);
    assert_int_equal(sim_clock_wall_until(&clock, START + 60075), 2); /* 1.25, rounded up */
    assert_int_equal(sim_clock_wall_until(&clock, START), 0);
}

static void stepped_stands_still(void **state)
{
    struct ll_clock_manual wall;
    (void)state;
    ll_clock_manual_init(&wall, 5000);
    struct sim_clock clock = start("step", &wall);
    wall.base.sleep_ms(&wall.base, 100000);
    assert_int_equal(sim_clock_now(&clock), START);
    assert_int_equal(sim_clock_wall_until(&clock, START + 1), -1);
    sim_clock_step(&clock, START + 75);
    assert_int_equal(sim_clock_now(&clock), START + 75);
    assert_int_equal(sim_clock_wall_until(&clock, START + 75), 0);
    sim_clock_step(&clock, START + 10); /* never back */
    assert_int_equal(sim_clock_now(&clock), START + 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(real_is_the_walls),
        cmocka_unit_test(warped_is_faster),
        cmocka_unit_test(stepped_stands_still),
    };
    return cmocka_run_group_tests_name("sim_clock", tests, NULL, NULL);
}
