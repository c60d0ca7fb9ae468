#include "base/clock.h"

#include <assert.h>
#include <time.h>

#include "base/attr.h"

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    int failed = clock_gettime(id, &now);
    assert(failed == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_now_ms(struct ll_clock *clock LL_UNUSED)
{
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(struct ll_clock *clock LL_UNUSED)
{
    return read_ms(CLOCK_MONOTONIC);
}

static void system_sleep_ms(struct ll_clock *clock LL_UNUSED, int64_t duration_ms)
{
    if (duration_ms <= 0)
        return;
    struct timespec duration = {.tv_sec = (time_t)(duration_ms / 1000),
                                .tv_nsec = (long)(duration_ms % 1000) * 1000000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, NULL);
}

struct ll_clock *ll_clock_system(void)
{
    static struct ll_clock clock = {system_now_ms, system_monotonic_ms, system_sleep_ms};
    return &clock;
}

static struct ll_clock_manual *manual_of(struct ll_clock *clock)
{
    return (struct ll_clock_manual *)clock; /* base is the first member */
}

static int64_t manual_now_ms(struct ll_clock *clock)
{
    return manual_of(clock)->wall_ms;
}

static int64_t manual_monotonic_ms(struct ll_clock *clock)
{
    return manual_of(clock)->mono_ms;
}

static void manual_sleep_ms(struct ll_clock *clock, int64_t duration_ms)
{
    if (duration_ms <= 0)
        return;
    manual_of(clock)->wall_ms += duration_ms;
    manual_of(clock)->mono_ms += duration_ms;
}

void ll_clock_manual_init(struct ll_clock_manual *clock, int64_t now_ms)
{
    clock->base = (struct ll_clock){manual_now_ms, manual_monotonic_ms, manual_sleep_ms};
    clock->wall_ms = now_ms;
    clock->mono_ms = 0;
}

void ll_clock_manual_set(struct ll_clock_manual *clock, int64_t now_ms)
{
    clock->wall_ms = now_ms;
}

int64_t ll_clock_now_s(struct ll_clock *clock)
{
    int64_t now_ms = clock->now_ms(clock);
    return now_ms / 1000 - (now_ms % 1000 < 0);
}
