/* A client of an API against scripted servers. */
#ifndef LL_TESTS_NET_API_WORLD_H
#define LL_TESTS_NET_API_WORLD_H

#include "fixture.h"
#include "net/api.h"

struct world {
    struct net_world net;
    struct fake_server *auth; /* gives tokens: tok-1, tok-2, … */
    struct ll_http *token_http;
    struct ll_secret secret;
    struct ll_token *token;
    struct ll_api *api;
    bool stop;
};

extern const struct ll_bucket_options api_world_plenty;

void api_world_open(struct world *world);
void api_world_close(struct world *world); /* whatever happened, the log holds no secret */
/* Makes world->api anew, for another address or bucket; the one before has been freed. */
void api_world_client(struct world *world, const char *base_url, struct ll_bucket_options bucket);

/* Sends a request whose answer must be JSON. */
void api_world_ask(struct world *world, const char *target, bool urgent);
struct ll_api_answer *api_world_next(struct world *world);
/* The next answer's status, tries, and HTTP status. */
void api_world_expect(struct world *world, enum ll_status status, int tries, int code);

#endif
