/* What the files of this module share. */
#ifndef LL_HTTP_SERVER_INTERNAL_H
#define LL_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "http/server.h"

struct ll_server {
    struct MHD_Daemon *daemon;
    struct ll_server_options options;
    char *methods;
    bool is_unix;
    atomic_bool stopping; /* new requests are refused */
    atomic_bool closing;  /* those that run are to end */
    pthread_mutex_t mutex;
    pthread_cond_t ended; /* running went down */
    int running;          /* handlers and their streams */
};

/* One request, from its first line to the end of its answer. */
struct ll_server_exchange {
    struct ll_server_request request; /* first: it is all the handler knows */
    struct ll_server *server;
    struct MHD_Connection *connection;
    int fd;
    struct ll_arena arena; /* of the request's texts */
    struct ll_buf body;
    size_t body_bytes; /* that came, kept or not */
    int refused;       /* a status, and why; 0: none */
    const char *why;
    bool begun, running;
    int holders; /* libmicrohttpd, and the stream of the answer */
};

/* request.c: what a request is, and whether it may be one. */
struct ll_server_exchange *ll_server_exchange_new(struct ll_server *server,
                                                  struct MHD_Connection *connection,
                                                  const char *uri);
void ll_server_exchange_release(struct ll_server_exchange *exchange);
/* When the headers have come: fills the request, may refuse it. */
void ll_server_exchange_begin(struct ll_server_exchange *exchange, const char *method);
void ll_server_exchange_refuse(struct ll_server_exchange *exchange, int status, const char *why);

/* answer.c: from our response to libmicrohttpd's. */
enum MHD_Result ll_server_answer(struct ll_server_exchange *exchange,
                                 struct ll_server_response *response);
/* The time of handlers and streams is not the peer's. */
void ll_server_stop_timeout(struct ll_server_exchange *exchange);
void ll_server_start_timeout(struct ll_server_exchange *exchange);

#endif
