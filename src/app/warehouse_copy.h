/* Copies of the warehouse's file, for processes that may not have the file itself: it has one
 * owner, who writes it, also while it is copied. A copy is what a power cut would have left at that
 * moment, and of that the engine makes all that was committed. One is made when it is asked for and
 * the data has changed since the last one. It shares its blocks with the file where the file system
 * can do that. */
#ifndef LL_APP_WAREHOUSE_COPY_H
#define LL_APP_WAREHOUSE_COPY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ll_owner;

struct ll_warehouse_copy {
    char *folder, *path; /* of its own; the file in it, its log beside it */
    uint64_t version;    /* of the data: owner->work.given */
    int users;
    bool stale; /* goes with its last user */
};

struct ll_warehouse_copies {
    pthread_mutex_t mutex;
    struct ll_warehouse_copy *newest; /* NULL = none */
};

void ll_warehouse_copies_init(struct ll_warehouse_copies *copies);
void ll_warehouse_copies_clear(struct ll_warehouse_copies *copies); /* nobody uses one any more */

/* A copy that has all that whoever gave the `work` turn back has written; give it back. The caller
 * has a connection to the owner's warehouse, so that nobody replaces its file. */
enum ll_status ll_warehouse_copy_use(struct ll_owner *owner, struct ll_warehouse_copy **ret,
                                     struct ll_error *err) LL_MUST_CHECK;
void ll_warehouse_copy_leave(struct ll_owner *owner, struct ll_warehouse_copy *copy);
/* Removes what nobody uses: there are people in it who are to be forgotten. */
void ll_warehouse_copies_drop(struct ll_owner *owner);

#endif
