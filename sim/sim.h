/* livelake-sim: a simulator of the parts of Twitch Helix, its OAuth and IGDB that livelake uses, on
 * loopback, with the truth known. What it imitates and why: the sources named in the docs.
 *
 *   server.c   connections, latency, held answers              clock.c    virtual time
 *   api.c      routes, admission, faults of the server         limiter.c  rate limits
 *   request.c  parameters and headers                          reply.c    headers, gzip, damage
 *   control.c  /sim/..., stepping                              options.c  the options
 *   faults.c   the fault plan                                  oauth.c    tokens
 *   world.c    the streams and how they change                 helix.c    the Helix endpoints
 *   catalog.c  categories and games                            igdb.c     IGDB and its query
 * language replay.c   real captures instead of an invented world      main.c     the command line
 *
 * All state is touched by one thread: the server's. A handler sees a request and fills an answer.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"

struct sim_param {
    struct ll_str name, value; /* decoded */
};

struct sim_request {
    struct ll_str method, path; /* path without query, as routed: "/helix/streams" */
    const struct sim_param *params;
    size_t param_count;
    const struct sim_param *headers; /* names in lower case */
    size_t header_count;
    struct ll_str body;
    int64_t now_ms; /* virtual time of arrival */
    int64_t number; /* of the request, from 1 */
};

struct sim_answer {
    int status;
    const char *content_type; /* NULL: application/json; charset=utf-8 */
    struct ll_buf body;
};

struct sim; /* server.c */
struct sim_world;
struct sim_catalog;
struct sim_oauth;

/* The pieces handlers use. world is NULL in replay, replay is NULL otherwise. */
struct sim_parts {
    struct sim_world *world;
    struct sim_catalog *catalog;
    struct sim_replay *replay;
    struct sim_faults *faults;
    struct ll_rand *rand;
    struct sim_oauth *oauth;
};

typedef void sim_handler(struct sim_parts *parts, const struct sim_request *request,
                         struct sim_answer *answer);

/* First value of a parameter or header; a NULL ptr when absent. */
struct ll_str sim_param_get(const struct sim_request *request, const char *name);
struct ll_str sim_header_get(const struct sim_request *request, const char *name);
/* {"error":"Bad Request","status":400,"message":"…"} as Helix has it (contract B.4). */
void sim_helix_error(struct sim_answer *answer, int status, const char *message);

/* helix.c (world) and replay.c (captures) have one each of these; all GET. */
sim_handler sim_helix_streams, sim_helix_users, sim_helix_games, sim_helix_top_games;
sim_handler sim_replay_streams, sim_replay_users, sim_replay_games, sim_replay_top_games;
/* POST /v4/<endpoint>, /v4/<endpoint>/count, /v4/multiquery. */
sim_handler sim_igdb;
/* POST /oauth2/token, GET /oauth2/validate, POST /oauth2/revoke; and whether a request's
 * Authorization and Client-Id headers are good: else the answer is filled (Helix's or IGDB's form).
 */
sim_handler sim_oauth_token, sim_oauth_validate, sim_oauth_revoke;

#endif
