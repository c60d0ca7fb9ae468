/* The clock port. Only a clock reads the time or sleeps; logic is given one. */
#ifndef LL_BASE_CLOCK_H
#define LL_BASE_CLOCK_H

#include <stdint.h>

struct ll_clock {
    int64_t (*now_ms)(struct ll_clock *clock);       /* UTC, epoch milliseconds; may jump */
    int64_t (*monotonic_ms)(struct ll_clock *clock); /* never goes back */
    /* Returns early when a signal was handled, so that a stop is not slept through. */
    void (*sleep_ms)(struct ll_clock *clock, int64_t duration_ms);
};

struct ll_clock *ll_clock_system(void); /* shared, stateless; never freed */

/* A clock for tests: starts at now_ms, moves only by sleep_ms and ll_clock_manual_set. */
struct ll_clock_manual {
    struct ll_clock base;
    int64_t wall_ms;
    int64_t mono_ms;
};
void ll_clock_manual_init(struct ll_clock_manual *clock, int64_t now_ms);
void ll_clock_manual_set(struct ll_clock_manual *clock,
                         int64_t now_ms); /* wall time only: a jump */

int64_t ll_clock_now_s(struct ll_clock *clock); /* now_ms in whole seconds, rounded down */

#endif
