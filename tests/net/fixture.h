/* A client, a scripted server, and a clock that moves by itself when nobody is at work. */
#ifndef LL_TESTS_NET_FIXTURE_H
#define LL_TESTS_NET_FIXTURE_H

#include "support/check.h"
#include "support/fake_server.h"

#include "base/rand.h"
#include "net/http.h"

#define NET_START_MS 1763900000000 /* wall time of the manual clock: 2025-11-23T12:13:20Z */
#define NET_START_DATE "Date: Sun, 23 Nov 2025 12:13:20 GMT\r\n"

/* Moves the clock to until_ms, but not while a request is open. */
struct net_pacer {
    struct ll_http_pacer base;
    struct ll_clock_manual *clock;
};

struct net_world {
    struct ll_clock_manual clock;
    struct net_pacer pacer;
    struct ll_rand rand;
    struct fake_server *server;
    struct ll_http *http;
};

void net_world_open(struct net_world *world);
void net_world_close(struct net_world *world);
struct ll_http *net_world_client(struct net_world *world); /* another one; the caller's */

/* A gzip stream of the bytes. */
void net_gzip(struct ll_buf *out, struct ll_str bytes);
/* Status line and head of an answer with so many bytes of gzip. */
void net_gzip_head(struct ll_buf *out, size_t len);

/* The log, while a world is open: every line in one buffer. */
const char *net_log(void);

#endif
