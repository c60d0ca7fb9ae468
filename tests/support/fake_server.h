/* An HTTP server on loopback that plays a script: the n-th request gets the n-th answer, whatever
 * connection it comes on, byte for byte; when the script is over, the last answer again. It keeps
 * what it was asked. One thread; it never sleeps. */
#ifndef LL_TESTS_SUPPORT_FAKE_SERVER_H
#define LL_TESTS_SUPPORT_FAKE_SERVER_H

#include <stdbool.h>

#include "base/str.h"

struct fake_server;

struct fake_answer {
    struct ll_str bytes; /* status line and all; copied */
    bool cut;            /* the connection is closed after them */
    bool silent;         /* nothing is sent at all */
    int wait_for;        /* held back until so many requests have come */
};

struct fake_server *fake_server_new(void);
void fake_server_free(struct fake_server *server); /* takes NULL */
int fake_server_port(const struct fake_server *server);
const char *fake_server_url(const struct fake_server *server); /* "http://127.0.0.1:PORT" */

void fake_server_add(struct fake_server *server, struct fake_answer answer);
/* A whole answer; headers: "Name: value\r\n…", may be "". */
void fake_server_reply(struct fake_server *server, int status, const char *headers,
                       const char *body);

int fake_server_count(struct fake_server *server); /* requests that came */
/* The n-th request from 0, head and body in one; valid until the server is freed. */
struct ll_str fake_server_request(struct fake_server *server, int n);
bool fake_server_saw(struct fake_server *server, int n, const char *text);

/* A port of loopback where nobody listens. */
int fake_closed_port(void);

#endif
