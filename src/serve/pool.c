#include "serve/pool.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/clock.h"

#define LOOK_MS 100

static int64_t monotonic_ms(void)
{
    struct ll_clock *clock = ll_clock_system();
    return clock->monotonic_ms(clock);
}

static struct timespec at_ms(int64_t ms)
{
    return (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
}

/* Under the mutex. */
static void look_at(struct ll_pool *pool, struct ll_pool_seat *seat, int64_t now_ms)
{
    if (seat->request == NULL || seat->lease.warehouse == NULL)
        return;
    seat->expired = seat->expired || now_ms >= seat->until_ms;
    seat->abandoned = seat->abandoned || pool->closing || ll_server_request_gone(seat->request);
    if (seat->expired || seat->abandoned) /* again and again: it may not have begun */
        ll_warehouse_interrupt(seat->lease.warehouse);
}

static void *watch(void *context)
{
    struct ll_pool *pool = context;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        int64_t now_ms = monotonic_ms();
        const struct timespec until = at_ms(now_ms + LOOK_MS);
        for (int i = 0; i < pool->size; i++)
            look_at(pool, &pool->seats[i], now_ms);
        if (pool->closing && pool->busy == 0)
            break;
        if (pool->busy > 0)
            (void)pthread_cond_clockwait(&pool->end, &pool->mutex, CLOCK_MONOTONIC, &until);
        else
            (void)pthread_cond_wait(&pool->end, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

enum ll_status ll_pool_start(struct ll_pool *pool, struct ll_error *err)
{
    assert(pool->size > 0 && pool->size <= LL_SERVE_QUESTIONS_MAX);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->freed, NULL);
    pthread_cond_init(&pool->end, NULL);
    int failed = pthread_create(&pool->watcher, NULL, watch, pool);
    pool->watched = failed == 0;
    return failed == 0 ? LL_OK : ll_fail_errno(err, failed, "start a thread");
}

void ll_pool_close(struct ll_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->freed);
    pthread_cond_broadcast(&pool->end);
    pthread_mutex_unlock(&pool->mutex);
}

void ll_pool_stop(struct ll_pool *pool)
{
    ll_pool_close(pool);
    if (pool->watched)
        pthread_join(pool->watcher, NULL);
    pthread_cond_destroy(&pool->end);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
}

static enum ll_status too_busy(struct ll_error *err)
{
    err->status = ll_fail(err, LL_RATE_LIMITED, 0, "too many questions at a time: ask again");
    err->retry_after_ms = 1000;
    return err->status;
}

/* Waits for the turn of a ticket and for a free seat. Who gives up still has to pass the turn on,
 * so it is waited for to the end of the time of a question. Under the mutex. */
static enum ll_status wait_turn(struct ll_pool *pool, uint64_t ticket, struct ll_error *err)
{
    const struct timespec until = at_ms(monotonic_ms() + pool->timeout_ms);
    int waited = 0;
    while (!pool->closing && waited == 0 && (pool->serving != ticket || pool->busy == pool->size))
        waited = pthread_cond_clockwait(&pool->freed, &pool->mutex, CLOCK_MONOTONIC, &until);
    while (pool->serving != ticket) /* those before us are late, too, and as short */
        pthread_cond_wait(&pool->freed, &pool->mutex);
    pool->serving++;
    pthread_cond_broadcast(&pool->freed);
    if (pool->closing)
        return ll_fail(err, LL_CANCELLED, 0, "the server is stopping");
    return pool->busy < pool->size ? LL_OK : too_busy(err);
}

static struct ll_pool_seat *seat_down(struct ll_pool *pool, const struct ll_server_request *request)
{
    for (int i = 0; i < pool->size; i++) {
        struct ll_pool_seat *seat = &pool->seats[i];
        if (seat->request != NULL)
            continue;
        *seat = (struct ll_pool_seat){.request = request,
                                      .until_ms = monotonic_ms() + pool->timeout_ms};
        pool->busy++;
        pthread_cond_signal(&pool->end);
        return seat;
    }
    return NULL;
}

static void stand_up(struct ll_pool *pool, struct ll_pool_seat *seat)
{
    pthread_mutex_lock(&pool->mutex);
    *seat = (struct ll_pool_seat){0};
    pool->busy--;
    pthread_cond_broadcast(&pool->freed);
    pthread_cond_signal(&pool->end);
    pthread_mutex_unlock(&pool->mutex);
}

enum ll_status ll_pool_take(struct ll_pool *pool, const struct ll_server_request *request,
                            enum ll_serve_use use, struct ll_pool_seat **ret, struct ll_error *err)
{
    struct ll_pool_seat *seat = NULL;
    pthread_mutex_lock(&pool->mutex);
    enum ll_status status = LL_OK;
    if (pool->next - pool->serving >= LL_POOL_WAITING_MAX)
        status = too_busy(err);
    else
        status = wait_turn(pool, pool->next++, err);
    if (status == LL_OK)
        seat = seat_down(pool, request);
    pthread_mutex_unlock(&pool->mutex);
    if (status != LL_OK)
        return status;
    struct ll_serve_lease lease = {0};
    status = pool->lake->lease(pool->lake->context, use, &lease, err);
    if (status != LL_OK) {
        stand_up(pool, seat);
        return status;
    }
    pthread_mutex_lock(&pool->mutex);
    seat->lease = lease;
    pthread_mutex_unlock(&pool->mutex);
    *ret = seat;
    return LL_OK;
}

enum ll_status ll_pool_give(struct ll_pool *pool, struct ll_pool_seat *seat, enum ll_status status,
                            struct ll_error *err)
{
    pthread_mutex_lock(&pool->mutex);
    struct ll_serve_lease lease = seat->lease;
    bool expired = seat->expired;
    seat->lease = (struct ll_serve_lease){0}; /* the watcher lets it be */
    pthread_mutex_unlock(&pool->mutex);
    pool->lake->release(pool->lake->context, &lease);
    stand_up(pool, seat);
    if (status == LL_CANCELLED && expired)
        return ll_fail(err, LL_LIMIT, ETIMEDOUT,
                       "it took longer than %lld s: ask for less, such as a shorter range",
                       (long long)(pool->timeout_ms / 1000));
    return status;
}

int ll_pool_waiting(struct ll_pool *pool, int *ret_busy)
{
    pthread_mutex_lock(&pool->mutex);
    int waiting = (int)(pool->next - pool->serving);
    *ret_busy = pool->busy;
    pthread_mutex_unlock(&pool->mutex);
    return waiting;
}
