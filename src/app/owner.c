#include "app/owner.h"

#include <poll.h>

#define LOOK_MS 20 /* how often somebody who waits looks whether it is their turn */

static void init_turn(struct ll_turn *turn)
{
    pthread_mutex_init(&turn->mutex, NULL);
    atomic_init(&turn->waiting, 0);
}

void ll_owner_init(struct ll_owner *owner, struct ll_wire *wire)
{
    *owner = (struct ll_owner){.wire = wire};
    init_turn(&owner->collect);
    init_turn(&owner->work);
    pthread_mutex_init(&owner->opening, NULL);
    /* Readers come all the time: whoever replaces the file must not wait for a moment without. */
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&owner->warehouse, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

void ll_owner_clear(struct ll_owner *owner)
{
    pthread_mutex_destroy(&owner->collect.mutex);
    pthread_mutex_destroy(&owner->work.mutex);
    pthread_mutex_destroy(&owner->opening);
    pthread_rwlock_destroy(&owner->warehouse);
}

enum ll_status ll_turn_take(struct ll_turn *turn, struct ll_stop *stop, struct ll_error *err)
{
    struct pollfd asked = {.fd = stop->fd, .events = POLLIN};
    if (atomic_load(&turn->waiting) == 0 && pthread_mutex_trylock(&turn->mutex) == 0)
        return LL_OK;
    atomic_fetch_add(&turn->waiting, 1);
    bool taken = false;
    while (!taken && !ll_stop_asked(stop)) {
        (void)poll(&asked, 1, LOOK_MS);
        taken = pthread_mutex_trylock(&turn->mutex) == 0;
    }
    atomic_fetch_sub(&turn->waiting, 1);
    if (!taken)
        return ll_fail(err, LL_CANCELLED, 0, "stopped while waiting for other work");
    return LL_OK;
}

void ll_turn_give(struct ll_turn *turn)
{
    pthread_mutex_unlock(&turn->mutex);
}
