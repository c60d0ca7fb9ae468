/* Virtual time. Real: the wall's. Warped: from the start (or sim_clock_run) on, `factor` times as
 * fast as the wall. Stepped: it stands still until it is told to move, so that a test neither
 * sleeps nor races. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum sim_clock_mode { SIM_CLOCK_REAL, SIM_CLOCK_WARP, SIM_CLOCK_STEP };

#define SIM_CLOCK_MAX_FACTOR 100000.0

struct sim_clock {
    enum sim_clock_mode mode;
    double factor;         /* of SIM_CLOCK_WARP */
    struct ll_clock *wall; /* not owned */
    int64_t start_ms, wall_start_ms;
    int64_t now_ms; /* the latest given out: time never goes back */
};

/* "real", "step", "warp:60" into mode and factor; the rest is sim_clock_start's. */
enum ll_status sim_clock_parse(struct sim_clock *clock, struct ll_str text,
                               struct ll_error *err) LL_MUST_CHECK;
/* Time begins: at start_ms, or with SIM_CLOCK_REAL at the wall's time whatever start_ms is. */
void sim_clock_start(struct sim_clock *clock, int64_t start_ms, struct ll_clock *wall);
int64_t sim_clock_now(struct sim_clock *clock);
/* Moves stepped time to at_ms when that is later; a programmer error in the other modes. */
void sim_clock_step(struct sim_clock *clock, int64_t at_ms);
/* From now on virtual time runs `factor` times as fast as the wall, whatever it did before. */
enum ll_status sim_clock_run(struct sim_clock *clock, double factor,
                             struct ll_error *err) LL_MUST_CHECK;
/* Wall milliseconds until virtual time reaches at_ms, rounded up; -1: never by itself. */
int64_t sim_clock_wall_until(struct sim_clock *clock, int64_t at_ms);
const char *sim_clock_mode_name(const struct sim_clock *clock); /* "real", "warp", "step" */

#endif
