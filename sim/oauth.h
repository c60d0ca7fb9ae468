/* The tokens of id.twitch.tv (contract A): app access tokens by client credentials, at most 25 a
 * client, the oldest making room. */
#ifndef SIM_OAUTH_H
#define SIM_OAUTH_H

#include "sim/sim.h"

#define SIM_TOKEN_TTL_S 5011271
#define SIM_TOKENS_PER_CLIENT 25

struct sim_oauth_options {
    struct ll_str client_id; /* empty: any id will do */
    struct ll_str client_secret;
    int64_t ttl_s;
};

struct sim_oauth *sim_oauth_new(const struct sim_oauth_options *options); /* strings are copied */
void sim_oauth_free(struct sim_oauth *oauth);                             /* takes NULL */
size_t sim_oauth_revoke_all(struct sim_oauth *oauth); /* how many lived, or were only expired */
/* Whether the request to Helix, or to IGDB, carries a living token and the id of its client; else
 * the answer is a 401 as the service words it. */
bool sim_oauth_check(struct sim_parts *parts, const struct sim_request *request, bool igdb,
                     struct sim_answer *answer);
/* The token of the request dies, if it has one. */
void sim_oauth_revoke_of(struct sim_parts *parts, const struct sim_request *request);
/* {"status":400,"message":"…"} as id.twitch.tv has it. */
void sim_oauth_error(struct sim_answer *answer, int status, const char *message);
/* IGDB's 401. */
void sim_oauth_igdb_refuse(struct sim_answer *answer);

#endif
