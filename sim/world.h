/* The invented streams: who is live when, with what, before how many viewers; and the index by
 * which Get Streams pages, which lags behind (contract B.5, H.3, H.4). Everything follows from the
 * seed and the time, so a world at a given time is the same in every run. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/catalog.h"
#include "sim/sim.h"

#define SIM_LAUNCHES_MAX 2

struct sim_world_options {
    uint64_t seed;
    size_t streams;       /* live at a time, about: 1 .. 250,000 */
    int64_t start_ms;     /* epoch; the world has been running long before */
    int64_t lag_ms;       /* the index is made anew this often: 45,000 */
    int64_t tombstone_ms; /* a stream that ended stays in the index so long: 300,000 */
    double volatility;    /* of viewers: 1 = as real ones seem to be */
    bool launches;        /* two games come out, 3 and 8 days after start_ms */
    const struct sim_catalog *catalog;
};

struct sim_world *sim_world_new(const struct sim_world_options *options);
void sim_world_free(struct sim_world *world);
/* Time passes; only forward. Births, deaths, changes of title and category, renames, raids; the
 * index is renewed when its time has come. */
void sim_world_advance(struct sim_world *world, int64_t now_ms);
size_t sim_world_live(const struct sim_world *world);
/* Appends the ids of all streams live without a break during [from_ms, to_ms], one decimal a line,
 * ascending; to_ms must not be in the future, from_ms at most an hour before the world's time. */
void sim_world_truth(const struct sim_world *world, int64_t from_ms, int64_t to_ms,
                     struct ll_buf *out);

#endif
