/* The clock of livelake-sim as ours, so that nothing sleeps where time is simulated: waiting means
 * telling the simulator how long there is nothing to do, and being told what time it is then.
 * docs/simulator.md has the protocol of /sim/clock. */
#ifndef LL_NET_SIM_CLOCK_H
#define LL_NET_SIM_CLOCK_H

#include "net/http.h"

struct ll_sim_clock;

/* `url` is the simulator's, on loopback only (LL_INVALID): "http://127.0.0.1:8080". Resets the
 * simulator's counts of requests: one client at a time. */
enum ll_status ll_sim_clock_new(struct ll_str url, struct ll_sim_clock **ret,
                                struct ll_error *err) LL_MUST_CHECK;
void ll_sim_clock_free(struct ll_sim_clock *clock); /* takes NULL */
/* Both live as long as the sim clock. All clients of the simulator must share the pacer. */
struct ll_clock *ll_sim_clock_port(struct ll_sim_clock *clock);
struct ll_http_pacer *ll_sim_clock_pacer(struct ll_sim_clock *clock);

#endif
