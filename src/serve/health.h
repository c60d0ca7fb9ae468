/* /metrics and /readyz. */
#ifndef LL_SERVE_HEALTH_H
#define LL_SERVE_HEALTH_H

#include <pthread.h>
#include <stdatomic.h>

#include "serve/web.h"

enum ll_health_kind {
    LL_HEALTH_PAGE,
    LL_HEALTH_REPORT,
    LL_HEALTH_DETAIL,
    LL_HEALTH_SEARCH,
    LL_HEALTH_COMPARE,
    LL_HEALTH_QUERY,
    LL_HEALTH_PIPELINE,
    LL_HEALTH_STATUS,
    LL_HEALTH_EVENTS,
    LL_HEALTH_OTHER,
    LL_HEALTH_KINDS,
};
#define LL_HEALTH_BUCKETS 10

struct ll_health {
    struct ll_health_counts {
        atomic_uint_least64_t answers[4]; /* 2xx, 3xx, 4xx, 5xx */
        atomic_int_least64_t took_ms;
        atomic_uint_least64_t within[LL_HEALTH_BUCKETS];
    } kinds[LL_HEALTH_KINDS];
    pthread_mutex_t mutex; /* of the lease that /metrics and /readyz take beside the pool */
};

void ll_health_note(struct ll_health *health, enum ll_health_kind kind, int status,
                    int64_t took_ms);
void ll_health_metrics(struct ll_health *health, struct ll_web *api,
                       struct ll_server_response *response);
void ll_health_ready(struct ll_health *health, struct ll_web *api,
                     struct ll_server_response *response);

#endif
