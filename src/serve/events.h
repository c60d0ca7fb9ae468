/* Server-sent events: whoever listens is told when data has landed. */
#ifndef LL_SERVE_EVENTS_H
#define LL_SERVE_EVENTS_H

#include <pthread.h>

#include "http/server.h"
#include "serve/serve.h"

#define LL_EVENTS_MAX 256 /* listeners */

struct ll_events {
    const struct ll_serve_lake *lake;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int listeners;
    bool closing;
};

void ll_events_init(struct ll_events *events, const struct ll_serve_lake *lake);
void ll_events_close(struct ll_events *events); /* all streams end */
void ll_events_clear(struct ll_events *events);
int ll_events_listeners(struct ll_events *events);

/* Makes the answer a stream that lasts until the peer or the server goes. 503 when there are too
 * many. */
void ll_events_answer(struct ll_events *events, const struct ll_server_request *request,
                      struct ll_server_response *response);

#endif
