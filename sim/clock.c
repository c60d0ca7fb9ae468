#include "sim/clock.h"

#include <assert.h>
#include <math.h>

static bool is_factor(double factor)
{
    return factor > 0 && factor <= SIM_CLOCK_MAX_FACTOR;
}

static enum ll_status refuse_factor(struct ll_error *err)
{
    return ll_fail(err, LL_INVALID, 0, "clock: warp takes a factor above 0, at most %.0f",
                   SIM_CLOCK_MAX_FACTOR);
}

enum ll_status sim_clock_parse(struct sim_clock *clock, struct ll_str text, struct ll_error *err)
{
    double factor = 1;
    enum sim_clock_mode mode = SIM_CLOCK_REAL;
    if (ll_str_starts_with(text, LL_STR("warp:"))) {
        mode = SIM_CLOCK_WARP;
        if (!ll_str_to_f64(ll_str_sub(text, 5, text.len), &factor) || !is_factor(factor))
            return refuse_factor(err);
    } else if (ll_str_equal(text, LL_STR("step"))) {
        mode = SIM_CLOCK_STEP;
    } else if (!ll_str_equal(text, LL_STR("real"))) {
        return ll_fail(err, LL_INVALID, 0, "clock: real, step or warp:FACTOR, not \"%.*s\"",
                       LL_FMT(text));
    }
    clock->mode = mode;
    clock->factor = factor;
    return LL_OK;
}

void sim_clock_start(struct sim_clock *clock, int64_t start_ms, struct ll_clock *wall)
{
    clock->wall = wall;
    clock->wall_start_ms = wall->monotonic_ms(wall);
    clock->start_ms = clock->mode == SIM_CLOCK_REAL ? wall->now_ms(wall) : start_ms;
    clock->now_ms = clock->start_ms;
}

int64_t sim_clock_now(struct sim_clock *clock)
{
    int64_t now_ms = clock->now_ms;
    if (clock->mode == SIM_CLOCK_REAL) {
        now_ms = clock->wall->now_ms(clock->wall);
    } else if (clock->mode == SIM_CLOCK_WARP) {
        double passed_ms = (double)(clock->wall->monotonic_ms(clock->wall) - clock->wall_start_ms);
        now_ms = clock->start_ms + (int64_t)(passed_ms * clock->factor);
    }
    if (now_ms > clock->now_ms)
        clock->now_ms = now_ms;
    return clock->now_ms;
}

void sim_clock_step(struct sim_clock *clock, int64_t at_ms)
{
    assert(clock->mode == SIM_CLOCK_STEP);
    if (at_ms > clock->now_ms)
        clock->now_ms = at_ms;
}

enum ll_status sim_clock_run(struct sim_clock *clock, double factor, struct ll_error *err)
{
    if (!is_factor(factor))
        return refuse_factor(err);
    clock->start_ms = sim_clock_now(clock);
    clock->wall_start_ms = clock->wall->monotonic_ms(clock->wall);
    clock->mode = SIM_CLOCK_WARP;
    clock->factor = factor;
    return LL_OK;
}

int64_t sim_clock_wall_until(struct sim_clock *clock, int64_t at_ms)
{
    int64_t left_ms = at_ms - sim_clock_now(clock);
    if (left_ms <= 0)
        return 0;
    if (clock->mode == SIM_CLOCK_STEP)
        return -1;
    if (clock->mode == SIM_CLOCK_REAL)
        return left_ms;
    return (int64_t)ceil((double)left_ms / clock->factor);
}

const char *sim_clock_mode_name(const struct sim_clock *clock)
{
    static const char *const names[] = {"real", "warp", "step"};
    return names[clock->mode];
}
