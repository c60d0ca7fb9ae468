/* A guard stops a long statement from beside: after a time limit, or when somebody asks to stop. */
#ifndef LL_APP_GUARD_H
#define LL_APP_GUARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/stop.h"
#include "base/err.h"

struct ll_guard {
    pthread_t thread;
    int end_fd;
    const struct ll_stop *stop;
    int64_t timeout_ms;               /* 0 = no limit */
    void (*interrupt)(void *context); /* called on the guard's thread until it is stopped */
    void *context;
    atomic_bool expired;
    atomic_bool signalled;
};

/* guard: {.timeout_ms = …, .stop = …, .interrupt = …, .context = …}. */
enum ll_status ll_guard_start(struct ll_guard *guard, struct ll_error *err) LL_MUST_CHECK;

/* Ends the guard. Where `status` (of the statement) is LL_CANCELLED, *err and the result tell why:
 * LL_LIMIT with the time limit, or LL_CANCELLED by a signal. */
enum ll_status ll_guard_stop(struct ll_guard *guard, enum ll_status status, struct ll_error *err);

#endif
