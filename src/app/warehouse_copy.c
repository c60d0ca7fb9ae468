#include "app/warehouse_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/process.h"
#include "app/wire.h"
#include "base/arena.h"

static void remove_copy(struct ll_warehouse_copy *copy)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    if (copy->path != NULL) {
        (void)unlink(copy->path);
        (void)unlink(ll_arena_printf(&arena, "%s.wal", copy->path).ptr);
    }
    (void)rmdir(copy->folder); /* what cannot be removed goes with the next owner's work folder */
    free(copy->folder);
    free(copy->path);
    free(copy);
}

void ll_warehouse_copies_init(struct ll_warehouse_copies *copies)
{
    *copies = (struct ll_warehouse_copies){0};
    pthread_mutex_init(&copies->mutex, NULL);
}

void ll_warehouse_copies_clear(struct ll_warehouse_copies *copies)
{
    if (copies->newest != NULL)
        remove_copy(copies->newest);
    pthread_mutex_destroy(&copies->mutex);
}

/* Under the mutex. The newest one is no more. */
static void retire(struct ll_warehouse_copies *copies)
{
    struct ll_warehouse_copy *copy = copies->newest;
    copies->newest = NULL;
    if (copy != NULL && copy->users == 0)
        remove_copy(copy);
    else if (copy != NULL)
        copy->stale = true;
}

/* Another process copies: closing a file gives up the locks that this process has on it, the
 * engine's among them. */
static enum ll_status copy_files(const struct ll_wire *wire, struct ll_warehouse_copy *copy,
                                 struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    copy->folder = ll_xstrdup(ll_arena_printf(&arena, "%s/copy-XXXXXX", wire->work_dir).ptr);
    if (mkdtemp(copy->folder) == NULL)
        return ll_fail_errno(err, errno, "make a folder in %s", wire->work_dir);
    copy->path = ll_xstrdup(ll_arena_printf(&arena, "%s/warehouse.duckdb", copy->folder).ptr);
    if (ll_process_copy(wire->warehouse_path, copy->path, err) != LL_OK)
        return ll_context(err, "copy the warehouse");
    return LL_OK;
}

/* Under the mutex: others want the same one. */
static enum ll_status renew(struct ll_owner *owner, struct ll_error *err)
{
    struct ll_warehouse_copy *copy = ll_xcalloc(1, sizeof(*copy));
    copy->version = atomic_load(&owner->work.given); /* before: what comes later may be missing */
    if (copy_files(owner->wire, copy, err) != LL_OK) {
        remove_copy(copy);
        return err->status;
    }
    retire(&owner->copies);
    owner->copies.newest = copy;
    return LL_OK;
}

enum ll_status ll_warehouse_copy_use(struct ll_owner *owner, struct ll_warehouse_copy **ret,
                                     struct ll_error *err)
{
    struct ll_warehouse_copies *copies = &owner->copies;
    enum ll_status status = LL_OK;
    pthread_mutex_lock(&copies->mutex);
    if (copies->newest == NULL || copies->newest->version != atomic_load(&owner->work.given))
        status = renew(owner, err);
    if (status == LL_OK) {
        copies->newest->users++;
        *ret = copies->newest;
    }
    pthread_mutex_unlock(&copies->mutex);
    return status;
}

void ll_warehouse_copy_leave(struct ll_owner *owner, struct ll_warehouse_copy *copy)
{
    pthread_mutex_lock(&owner->copies.mutex);
    copy->users--;
    if (copy->stale && copy->users == 0)
        remove_copy(copy);
    pthread_mutex_unlock(&owner->copies.mutex);
}

void ll_warehouse_copies_drop(struct ll_owner *owner)
{
    pthread_mutex_lock(&owner->copies.mutex);
    retire(&owner->copies);
    pthread_mutex_unlock(&owner->copies.mutex);
}
