/* The clock of livelake-sim as ours, so that nothing sleeps where time is simulated: waiting means
 * telling the simulator how long there is nothing to do, and being told what time it is then.
 * docs/simulator.md has the protocol of /sim/clock. */
#ifndef LL_NET_SIM_CLOCK_H
#define LL_NET_SIM_CLOCK_H

#include "net/http.h"

struct ll_sim_clock;

/* `url` is the simulator's, on loopback only (LL_INVALID): "http://127.0.0.1:8080". Only reads the
 * time. */
enum ll_status ll_sim_clock_new(struct ll_str url, struct ll_sim_clock **ret,
                                struct ll_error *err) LL_MUST_CHECK;
/* Before the first request, once nobody else can be at work: resets the simulator's counts of
 * requests, which disturbs any other client. */
enum ll_status ll_sim_clock_begin(struct ll_sim_clock *clock, struct ll_error *err) LL_MUST_CHECK;
/* From now on the simulator's time runs `factor` times as fast as the wall's, and ours beside it:
 * waiting is real then, and any thread may read the time. */
enum ll_status ll_sim_clock_run(struct ll_sim_clock *clock, double factor,
                                struct ll_error *err) LL_MUST_CHECK;
bool ll_sim_clock_runs(const struct ll_sim_clock *clock);
void ll_sim_clock_free(struct ll_sim_clock *clock); /* takes NULL */
/* Whether the simulator did not answer when it was last asked: time then goes on by itself. */
bool ll_sim_clock_lost(const struct ll_sim_clock *clock);
/* Both live as long as the sim clock. All clients of the simulator must share the pacer. */
struct ll_clock *ll_sim_clock_port(struct ll_sim_clock *clock);
struct ll_http_pacer *ll_sim_clock_pacer(struct ll_sim_clock *clock);

#endif
