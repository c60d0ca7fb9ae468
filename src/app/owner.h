/* What the process that owns a lake shares with the commands that it runs for other processes:
 * each has a wire of its own (store, scratch database, connection to the warehouse) over the one
 * lake that is open, and these locks say who may do what at a time.
 *
 *   collect    a sweep runs; it only adds to raw, so it needs no `work`
 *   work       processed, warehouse and history are changed (or must stand still)
 *   warehouse  shared: the file is in use; alone: it is being replaced
 *
 * Whoever wants collect and work takes them together, holding neither while waiting for the other:
 * work may last for hours, and slots do not wait. The warehouse comes last. */
#ifndef LL_APP_OWNER_H
#define LL_APP_OWNER_H

#include <pthread.h>

#include "app/stop.h"
#include "app/warehouse_copy.h"
#include "base/buf.h"

struct ll_wire;

/* What a thread does while it waits, which may take hours. */
struct ll_patience {
    struct ll_stop *stop;         /* ends it: LL_CANCELLED */
    void (*alive)(void *context); /* called many times a second; NULL = none */
    void *context;
};

/* A lock that is held for seconds or minutes, and waited for by those who may lose patience. */
struct ll_turn {
    pthread_mutex_t mutex;
    atomic_int waiting;
    atomic_uint_least64_t given; /* so often it was given back */
};

/* Whoever comes back at once lets the waiting ones go first. */
enum ll_status ll_turn_take(struct ll_turn *turn, const struct ll_patience *patience,
                            struct ll_error *err) LL_MUST_CHECK;
/* Both or none. */
enum ll_status ll_turn_take_both(struct ll_turn *a, struct ll_turn *b,
                                 const struct ll_patience *patience,
                                 struct ll_error *err) LL_MUST_CHECK;
void ll_turn_give(struct ll_turn *turn);

struct ll_owner {
    struct ll_wire *wire; /* holds the lake's lock; what the others connect to */
    struct ll_turn collect, work;
    struct {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        int users, waiting; /* waiting: to have it alone */
        bool replaced;
    } warehouse;
    pthread_mutex_t opening; /* of the warehouse in `wire` */
    struct ll_warehouse_copies copies;
    /* What the owner says of itself, as a JSON object or in one line without its end; NULL =
     * nothing. On any thread. */
    void (*describe)(void *context, bool json, struct ll_buf *out);
    void *describe_context;
};

void ll_owner_init(struct ll_owner *owner, struct ll_wire *wire);
/* After the last command has ended. */
void ll_owner_clear(struct ll_owner *owner);

/* Users come all the time: once somebody waits to have it alone, no more are let in. */
enum ll_status ll_owner_use_warehouse(struct ll_owner *owner, const struct ll_patience *patience,
                                      struct ll_error *err) LL_MUST_CHECK;
void ll_owner_leave_warehouse(struct ll_owner *owner);
enum ll_status ll_owner_begin_replace(struct ll_owner *owner, const struct ll_patience *patience,
                                      struct ll_error *err) LL_MUST_CHECK;
void ll_owner_end_replace(struct ll_owner *owner);

#endif
