/* The HTTP server: one thread, loopback only. Answers of the API are due a latency after their
 * arrival and are held until virtual time has come there; /sim/... (docs/simulator.md) is answered
 * at once. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim/clock.h"
#include "sim/sim.h"

struct sim_routes {
    sim_handler *streams, *users, *games, *top_games, *igdb;
};

struct sim_server_options {
    const char *listen;      /* an address of loopback; NULL: 127.0.0.1 */
    uint16_t port;           /* 0: a free one */
    struct sim_clock *clock; /* started; this and parts are not owned */
    struct sim_parts *parts; /* with faults, rand and oauth */
    struct sim_routes routes;
    int64_t latency_ms, latency_jitter_ms;
    double bucket_points; /* of a client id not seen before */
    bool gzip;            /* when the client accepts it */
};

/* LL_INVALID when the address is not of loopback; LL_IO when the port cannot be had. */
enum ll_status sim_server_new(const struct sim_server_options *options, struct sim **ret_sim,
                              struct ll_error *err) LL_MUST_CHECK;
uint16_t sim_server_port(const struct sim *sim);
/* Serves until stop_fd (-1: none) is readable or somebody posts /sim/quit. */
enum ll_status sim_server_run(struct sim *sim, int stop_fd, struct ll_error *err) LL_MUST_CHECK;
void sim_server_free(struct sim *sim); /* takes NULL; open connections are closed */

#endif
