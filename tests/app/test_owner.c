#include "support/check.h"

#include <poll.h>
#include <pthread.h>

#include "app/owner.h"

/* Somebody who waits in another thread, and how far they came. */
struct waiter {
    struct ll_owner owner;
    struct ll_stop stop;
    struct ll_patience patience;
    pthread_t thread;
    atomic_int signs; /* of life */
    atomic_bool done;
    enum ll_status status;
};

static void count_sign(void *context)
{
    struct waiter *w = context;
    atomic_fetch_add(&w->signs, 1);
}

static void begin(struct waiter *w)
{
    struct ll_error err;
    *w = (struct waiter){.status = LL_OK};
    ll_owner_init(&w->owner, NULL);
    assert_status(LL_OK, ll_stop_init(&w->stop, &err), &err);
    w->patience = (struct ll_patience){.stop = &w->stop, .alive = count_sign, .context = w};
}

static void end(struct waiter *w)
{
    assert_int_equal(pthread_join(w->thread, NULL), 0);
    ll_stop_clear(&w->stop);
    ll_owner_clear(&w->owner);
}

/* Until it has looked some times in vain. */
static void let_wait(struct waiter *w)
{
    while (atomic_load(&w->signs) < 5)
        (void)poll(NULL, 0, 1);
    assert_false(atomic_load(&w->done));
}

static void *take_both(void *context)
{
    struct waiter *w = context;
    struct ll_error err;
    w->status = ll_turn_take_both(&w->owner.collect, &w->owner.work, &w->patience, &err);
    atomic_store(&w->done, true);
    return NULL;
}

static void holds_no_turn_while_it_waits_for_another(void **state LL_UNUSED)
{
    struct ll_error err;
    struct waiter w;
    begin(&w);
    assert_status(LL_OK, ll_turn_take(&w.owner.work, &w.patience, &err), &err);
    assert_int_equal(pthread_create(&w.thread, NULL, take_both, &w), 0);
    let_wait(&w);
    /* Long work goes on, and slots are collected. */
    for (int i = 0; i < 3; i++) {
        assert_status(LL_OK, ll_turn_take(&w.owner.collect, &w.patience, &err), &err);
        ll_turn_give(&w.owner.collect);
    }
    assert_false(atomic_load(&w.done));
    ll_turn_give(&w.owner.work);
    end(&w);
    assert_int_equal(w.status, LL_OK);
}

static void loses_patience(void **state LL_UNUSED)
{
    struct ll_error err;
    struct waiter w;
    begin(&w);
    assert_status(LL_OK, ll_turn_take(&w.owner.collect, &w.patience, &err), &err);
    assert_int_equal(pthread_create(&w.thread, NULL, take_both, &w), 0);
    let_wait(&w);
    ll_stop_ask(&w.stop, 15);
    end(&w);
    assert_int_equal(w.status, LL_CANCELLED);
}

static void *replace(void *context)
{
    struct waiter *w = context;
    struct ll_error err;
    w->status = ll_owner_begin_replace(&w->owner, &w->patience, &err);
    atomic_store(&w->done, true);
    if (w->status == LL_OK)
        ll_owner_end_replace(&w->owner);
    return NULL;
}

static void replaces_when_all_have_left(void **state LL_UNUSED)
{
    struct ll_error err;
    struct waiter w;
    begin(&w);
    assert_status(LL_OK, ll_owner_use_warehouse(&w.owner, &w.patience, &err), &err);
    assert_status(LL_OK, ll_owner_use_warehouse(&w.owner, &w.patience, &err), &err);
    assert_int_equal(pthread_create(&w.thread, NULL, replace, &w), 0);
    let_wait(&w);
    ll_owner_leave_warehouse(&w.owner);
    atomic_store(&w.signs, 0);
    let_wait(&w);
    ll_owner_leave_warehouse(&w.owner);
    /* Lets us in when it is done. */
    assert_status(LL_OK, ll_owner_use_warehouse(&w.owner, &w.patience, &err), &err);
    ll_owner_leave_warehouse(&w.owner);
    end(&w);
    assert_int_equal(w.status, LL_OK);
}

static void gives_up_replacing(void **state LL_UNUSED)
{
    struct ll_error err;
    struct waiter w;
    begin(&w);
    assert_status(LL_OK, ll_owner_use_warehouse(&w.owner, &w.patience, &err), &err);
    assert_int_equal(pthread_create(&w.thread, NULL, replace, &w), 0);
    let_wait(&w);
    ll_stop_ask(&w.stop, 15);
    assert_int_equal(pthread_join(w.thread, NULL), 0);
    assert_int_equal(w.status, LL_CANCELLED);
    /* What is free is given, stop or not. */
    assert_status(LL_OK, ll_owner_use_warehouse(&w.owner, &w.patience, &err), &err);
    ll_owner_leave_warehouse(&w.owner);
    ll_owner_leave_warehouse(&w.owner);
    assert_int_equal(pthread_create(&w.thread, NULL, replace, &w), 0);
    end(&w);
    assert_int_equal(w.status, LL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_no_turn_while_it_waits_for_another),
        cmocka_unit_test(loses_patience),
        cmocka_unit_test(replaces_when_all_have_left),
        cmocka_unit_test(gives_up_replacing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
