/* What is the mem queue's own: clock jumps, its bound, threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/queue.h"
#include "support/check.h"

static struct ll_queue *queue_new(struct ll_clock *clock)
{
    return ll_queue_mem_new(
        &(struct ll_queue_mem_options){.clock = clock, .visibility_ms = 30000, .max_receives = 2});
}

static void test_wall_clock_jumps(void **state)
{
    (void)state;
    struct ll_clock_manual clock;
    struct ll_error err;
    struct ll_queue_message message = {0}, none = {0};
    ll_clock_manual_init(&clock, 1795448700000);
    struct ll_queue *queue = queue_new(&clock.base);
    assert_status(LL_OK, ll_queue_send(queue, LL_STR("job"), 1000, &err), &err);
    ll_clock_manual_set(&clock, clock.wall_ms + 86400000);
    assert_status(LL_NOT_FOUND, ll_queue_receive(queue, 0, &none, &err), &err);
    ll_clock_manual_set(&clock, 0);
    clock.base.sleep_ms(&clock.base, 1000);
    assert_status(LL_OK, ll_queue_receive(queue, 0, &message, &err), &err);
    ll_clock_manual_set(&clock, 1895448700000);
    assert_status(LL_NOT_FOUND, ll_queue_receive(queue, 0, &none, &err), &err);
    assert_status(LL_OK, ll_queue_delete(queue, message.receipt, &err), &err);
    ll_queue_message_clear(&message);
    ll_queue_free(queue);
}

static void test_full(void **state)
{
    (void)state;
    struct ll_clock_manual clock;
    struct ll_error err;
    struct ll_queue_message message = {0};
    ll_clock_manual_init(&clock, 0);
    struct ll_queue *queue = queue_new(&clock.base);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(ll_queue_send(queue, LL_STR("x"), 0, &err), LL_OK);
    assert_status(LL_LIMIT, ll_queue_send(queue, LL_STR("x"), 0, &err), &err);
    assert_int_equal(ll_queue_mem_depth(queue), 100000);
    assert_status(LL_OK, ll_queue_receive(queue, 0, &message, &err), &err);
    assert_status(LL_OK, ll_queue_delete(queue, message.receipt, &err), &err);
    assert_status(LL_OK, ll_queue_send(queue, LL_STR("x"), 0, &err), &err);
    ll_queue_message_clear(&message);
    ll_queue_free(queue);
}

enum { THREADS = 4, MESSAGES = 500 };

struct work {
    struct ll_queue *queue;
    atomic_int *delivered; /* by message number */
    atomic_int *failures;
};

static void *produce(void *argument)
{
    const struct work *work = argument;
    for (int i = 0; i < MESSAGES; i++) {
        char body[16];
        struct ll_error err;
        (void)snprintf(body, sizeof(body), "%d", i);
        if (ll_queue_send(work->queue, ll_str_of(body), 0, &err) != LL_OK)
            atomic_fetch_add(work->failures, 1);
    }
    return NULL;
}

static void *consume(void *argument)
{
    const struct work *work = argument;
    for (;;) {
        struct ll_error err;
        struct ll_queue_message message = {0};
        if (ll_queue_receive(work->queue, 0, &message, &err) != LL_OK)
            return NULL;
        int64_t number = -1;
        if (!ll_str_to_i64((struct ll_str){message.body, message.body_len}, &number) ||
            number < 0 || number >= MESSAGES || message.receives != 1 ||
            ll_queue_delete(work->queue, message.receipt, &err) != LL_OK)
            atomic_fetch_add(work->failures, 1);
        else
            atomic_fetch_add(&work->delivered[number], 1);
        ll_queue_message_clear(&message);
    }
}

static void run_threads(void *(*run)(void *), struct work *work)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, work), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Each message goes to one of several consumers. */
static void test_threads(void **state)
{
    (void)state;
    static atomic_int delivered[MESSAGES];
    atomic_int failures = 0;
    struct ll_queue *queue = queue_new(ll_clock_system());
    struct work work = {queue, delivered, &failures};
    run_threads(produce, &work);
    assert_int_equal(ll_queue_mem_depth(queue), THREADS * MESSAGES);
    run_threads(consume, &work);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(ll_queue_mem_depth(queue), 0);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(atomic_load(&delivered[i]), THREADS);
    ll_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall_clock_jumps),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
