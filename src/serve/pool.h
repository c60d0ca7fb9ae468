/* Leases on the lake, so many at a time, first come, first served. A watcher interrupts a question
 * that takes too long, or that nobody waits for any more. */
#ifndef LL_SERVE_POOL_H
#define LL_SERVE_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/server.h"
#include "serve/serve.h"

#define LL_POOL_WAITING_MAX 256 /* more are refused at once */

struct ll_pool_seat {
    struct ll_serve_lease lease;
    const struct ll_server_request *request; /* NULL = free */
    int64_t until_ms;                        /* monotonic */
    bool expired, abandoned;
};

struct ll_pool {
    const struct ll_serve_lake *lake;
    int64_t timeout_ms;
    int size;
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    uint64_t next, serving; /* tickets: handed out, and the one whose turn it is */
    int busy;
    bool closing;
    struct ll_pool_seat seats[LL_SERVE_QUESTIONS_MAX];
    pthread_t watcher;
    bool watched;
    pthread_cond_t end;
};

enum ll_status ll_pool_start(struct ll_pool *pool, struct ll_error *err) LL_MUST_CHECK;
void ll_pool_close(struct ll_pool *pool); /* refuses and interrupts from now on */
void ll_pool_stop(struct ll_pool *pool);  /* after the last question */

/* Waits for a seat: LL_LIMIT when too many wait or the time is over, LL_CANCELLED when closing.
 * Give it back with the question's status: a time-out becomes LL_LIMIT, with ETIMEDOUT as code. */
enum ll_status ll_pool_take(struct ll_pool *pool, const struct ll_server_request *request,
                            enum ll_serve_use use, struct ll_pool_seat **ret,
                            struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_pool_give(struct ll_pool *pool, struct ll_pool_seat *seat, enum ll_status status,
                            struct ll_error *err);
int ll_pool_waiting(struct ll_pool *pool, int *ret_busy);

#endif
