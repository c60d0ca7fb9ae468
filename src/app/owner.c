#include "app/owner.h"

#include <assert.h>
#include <poll.h>
#include <time.h>

#include "base/clock.h"

#define LOOK_MS 20 /* how often somebody who waits looks whether it is their turn */

static void init_turn(struct ll_turn *turn)
{
    pthread_mutex_init(&turn->mutex, NULL);
    atomic_init(&turn->waiting, 0);
    atomic_init(&turn->given, 0);
}

void ll_owner_init(struct ll_owner *owner, struct ll_wire *wire)
{
    *owner = (struct ll_owner){.wire = wire};
    init_turn(&owner->collect);
    init_turn(&owner->work);
    pthread_mutex_init(&owner->opening, NULL);
    pthread_mutex_init(&owner->warehouse.mutex, NULL);
    pthread_cond_init(&owner->warehouse.changed, NULL);
    ll_warehouse_copies_init(&owner->copies);
}

void ll_owner_clear(struct ll_owner *owner)
{
    assert(owner->warehouse.users == 0 && !owner->warehouse.replaced);
    ll_warehouse_copies_clear(&owner->copies);
    pthread_mutex_destroy(&owner->collect.mutex);
    pthread_mutex_destroy(&owner->work.mutex);
    pthread_mutex_destroy(&owner->opening);
    pthread_mutex_destroy(&owner->warehouse.mutex);
    pthread_cond_destroy(&owner->warehouse.changed);
}

static void show_life(const struct ll_patience *patience)
{
    if (patience->alive != NULL)
        patience->alive(patience->context);
}

static enum ll_status give_up(struct ll_error *err)
{
    return ll_fail(err, LL_CANCELLED, 0, "stopped while waiting for other work");
}

/* --- turns */

/* b may be NULL. */
static bool try_turns(struct ll_turn *a, struct ll_turn *b)
{
    if (pthread_mutex_trylock(&a->mutex) != 0)
        return false;
    if (b == NULL || pthread_mutex_trylock(&b->mutex) == 0)
        return true;
    pthread_mutex_unlock(&a->mutex);
    return false;
}

static enum ll_status take(struct ll_turn *a, struct ll_turn *b, const struct ll_patience *patience,
                           struct ll_error *err)
{
    struct pollfd asked = {.fd = patience->stop->fd, .events = POLLIN};
    bool polite = atomic_load(&a->waiting) > 0 || (b != NULL && atomic_load(&b->waiting) > 0);
    if (!polite && try_turns(a, b))
        return LL_OK;
    atomic_fetch_add(&a->waiting, 1);
    if (b != NULL)
        atomic_fetch_add(&b->waiting, 1);
    bool taken = false;
    while (!taken && !ll_stop_asked(patience->stop)) {
        show_life(patience);
        (void)poll(&asked, 1, LOOK_MS);
        taken = try_turns(a, b);
    }
    atomic_fetch_sub(&a->waiting, 1);
    if (b != NULL)
        atomic_fetch_sub(&b->waiting, 1);
    return taken ? LL_OK : give_up(err);
}

enum ll_status ll_turn_take(struct ll_turn *turn, const struct ll_patience *patience,
                            struct ll_error *err)
{
    return take(turn, NULL, patience, err);
}

enum ll_status ll_turn_take_both(struct ll_turn *a, struct ll_turn *b,
                                 const struct ll_patience *patience, struct ll_error *err)
{
    return take(a, b, patience, err);
}

void ll_turn_give(struct ll_turn *turn)
{
    atomic_fetch_add(&turn->given, 1);
    pthread_mutex_unlock(&turn->mutex);
}

/* --- the warehouse */

/* Under its mutex. */
static void wait_for_change(struct ll_owner *owner, const struct ll_patience *patience)
{
    struct ll_clock *clock = ll_clock_system();
    int64_t until_ms = clock->monotonic_ms(clock) + LOOK_MS;
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    show_life(patience);
    pthread_cond_clockwait(&owner->warehouse.changed, &owner->warehouse.mutex, CLOCK_MONOTONIC,
                           &until);
}

enum ll_status ll_owner_use_warehouse(struct ll_owner *owner, const struct ll_patience *patience,
                                      struct ll_error *err)
{
    pthread_mutex_lock(&owner->warehouse.mutex);
    while ((owner->warehouse.replaced || owner->warehouse.waiting > 0) &&
           !ll_stop_asked(patience->stop))
        wait_for_change(owner, patience);
    bool free = !owner->warehouse.replaced && owner->warehouse.waiting == 0;
    owner->warehouse.users += free;
    pthread_mutex_unlock(&owner->warehouse.mutex);
    return free ? LL_OK : give_up(err);
}

void ll_owner_leave_warehouse(struct ll_owner *owner)
{
    pthread_mutex_lock(&owner->warehouse.mutex);
    assert(owner->warehouse.users > 0);
    owner->warehouse.users--;
    pthread_cond_broadcast(&owner->warehouse.changed);
    pthread_mutex_unlock(&owner->warehouse.mutex);
}

enum ll_status ll_owner_begin_replace(struct ll_owner *owner, const struct ll_patience *patience,
                                      struct ll_error *err)
{
    pthread_mutex_lock(&owner->warehouse.mutex);
    owner->warehouse.waiting++;
    while ((owner->warehouse.replaced || owner->warehouse.users > 0) &&
           !ll_stop_asked(patience->stop))
        wait_for_change(owner, patience);
    bool free = !owner->warehouse.replaced && owner->warehouse.users == 0;
    owner->warehouse.waiting--;
    owner->warehouse.replaced |= free;
    pthread_cond_broadcast(&owner->warehouse.changed);
    pthread_mutex_unlock(&owner->warehouse.mutex);
    return free ? LL_OK : give_up(err);
}

void ll_owner_end_replace(struct ll_owner *owner)
{
    pthread_mutex_lock(&owner->warehouse.mutex);
    owner->warehouse.replaced = false;
    pthread_cond_broadcast(&owner->warehouse.changed);
    pthread_mutex_unlock(&owner->warehouse.mutex);
}
