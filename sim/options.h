/* The command line of livelake-sim. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "sim/clock.h"
#include "sim/faults.h"

struct sim_options {
    bool help;
    const char *listen;            /* NULL: 127.0.0.1 */
    const char *replay, *timezone; /* NULL: no captures; the zone of their labels */
    int64_t slot_ms;               /* of the captures; 0: all */
    const char *client_id, *client_secret;
    int64_t port, latency_ms, latency_jitter_ms, bucket, seed, token_ttl_s;
    int64_t streams, start_ms, lag_ms, tombstone_ms;
    double volatility;
    bool launches;
    bool no_gzip, start_given;
    struct sim_clock clock;
    struct sim_faults faults;
};

/* "--name value" or "--name=value"; LL_INVALID says what is wrong. Strings point into arguments. */
enum ll_status sim_options_parse(struct sim_options *options, int count, char *const *arguments,
                                 struct ll_error *err) LL_MUST_CHECK;
const char *sim_options_help(void);

#endif
