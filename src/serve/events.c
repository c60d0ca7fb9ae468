#include "serve/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/problem.h"

#define LOOK_MS 500        /* for new data, and whether the listener is still there */
#define HEARTBEAT_LOOKS 30 /* so that proxies keep the connection */

struct listener {
    struct ll_events *events;
    const struct ll_server_request *request;
    uint64_t version;
    bool greeted;
    int silent; /* looks since the last byte */
};

void ll_events_init(struct ll_events *events, const struct ll_serve_lake *lake)
{
    *events = (struct ll_events){.lake = lake};
    pthread_mutex_init(&events->mutex, NULL);
    pthread_cond_init(&events->changed, NULL);
}

void ll_events_close(struct ll_events *events)
{
    pthread_mutex_lock(&events->mutex);
    events->closing = true;
    pthread_cond_broadcast(&events->changed);
    pthread_mutex_unlock(&events->mutex);
}

void ll_events_clear(struct ll_events *events)
{
    pthread_cond_destroy(&events->changed);
    pthread_mutex_destroy(&events->mutex);
}

int ll_events_listeners(struct ll_events *events)
{
    pthread_mutex_lock(&events->mutex);
    int count = events->listeners;
    pthread_mutex_unlock(&events->mutex);
    return count;
}

/* False when the server closes. */
static bool wait_a_look(struct ll_events *events)
{
    struct ll_clock *clock = ll_clock_system();
    int64_t until_ms = clock->monotonic_ms(clock) + LOOK_MS;
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    pthread_mutex_lock(&events->mutex);
    int waited = 0;
    while (!events->closing && waited == 0)
        waited = pthread_cond_clockwait(&events->changed, &events->mutex, CLOCK_MONOTONIC, &until);
    bool open = !events->closing;
    pthread_mutex_unlock(&events->mutex);
    return open;
}

static int64_t say(char *bytes, size_t max, const char *event, uint64_t version)
{
    int n = snprintf(bytes, max, "event: %s\nid: %" PRIu64 "\ndata: {\"version\":%" PRIu64 "}\n\n",
                     event, version, version);
    return n > 0 && (size_t)n < max ? n : -1;
}

static int64_t read_events(void *context, char *bytes, size_t max)
{
    struct listener *l = context;
    const struct ll_serve_lake *lake = l->events->lake;
    if (!l->greeted) {
        l->greeted = true;
        return say(bytes, max, "hello", l->version);
    }
    while (wait_a_look(l->events)) {
        uint64_t version = lake->version(lake->context);
        if (ll_server_request_gone(l->request))
            return -1;
        if (version != l->version) {
            l->version = version;
            l->silent = 0;
            return say(bytes, max, "run", version);
        }
        if (++l->silent >= HEARTBEAT_LOOKS && max > 3) {
            l->silent = 0;
            memcpy(bytes, ":\n\n", 3);
            return 3;
        }
    }
    return 0;
}

static void free_listener(void *context)
{
    struct listener *l = context;
    pthread_mutex_lock(&l->events->mutex);
    l->events->listeners--;
    pthread_mutex_unlock(&l->events->mutex);
    free(l);
}

void ll_events_answer(struct ll_events *events, const struct ll_server_request *request,
                      struct ll_server_response *response)
{
    pthread_mutex_lock(&events->mutex);
    bool room = events->listeners < LL_EVENTS_MAX && !events->closing;
    events->listeners += room;
    pthread_mutex_unlock(&events->mutex);
    if (!room) {
        ll_problem(response, 503, NULL, "too many listeners");
        return;
    }
    struct listener *l = ll_xcalloc(1, sizeof(*l));
    *l = (struct listener){.events = events,
                           .request = request,
                           .version = events->lake->version(events->lake->context)};
    response->content_type = "text/event-stream";
    ll_server_add_header(response, "Cache-Control", "no-store");
    ll_server_add_header(response, "X-Accel-Buffering", "no");
    response->read = read_events;
    response->free = free_listener;
    response->context = l;
}
