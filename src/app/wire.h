/* The wiring: which concrete store, warehouse and scratch database stand behind the ports. Parts
 * are opened when first asked for, and closed together. The lake is locked from ll_wire_open_lake
 * to ll_wire_close: one process at a time owns it.
 *
 *   <lake>/lake.lock         flock(2) of the owner; holds "<pid> <command>" while it is held
 *   <lake>/warehouse.duckdb  the warehouse
 *   <lake>/warehouse.v<N>-<stamp>.duckdb  as it was before its last migration
 *   <lake>/.spill            what DuckDB spills and files on their way into the store; emptied by
 *                            the next owner. Of a lake that may only be read it is elsewhere. A
 * wire that shares the lake has a folder of its own in it
 *
 * Within the process that owns the lake (the daemon), more wires can share it: see owner.h. */
#ifndef LL_APP_WIRE_H
#define LL_APP_WIRE_H

#include "app/owner.h"
#include "base/clock.h"
#include "base/err.h"
#include "duck/duck.h"
#include "lake/lake.h"
#include "lake/migrate.h"
#include "queue/queue.h"
#include "store/store.h"
#include "warehouse/warehouse.h"

enum ll_lake_use {
    LL_LAKE_EXISTING, /* LL_NOT_FOUND when there is none */
    LL_LAKE_CREATE,   /* make the folder and lake.json when they are missing */
};

/* What to do with a lake or warehouse of an older schema. */
enum ll_wire_older {
    LL_OLDER_REFUSE,  /* LL_UNSUPPORTED with LL_OUTDATED: for those who only read */
    LL_OLDER_MIGRATE, /* migrate it, with a line in the log; where it may not be written, refuse */
    LL_OLDER_OPEN,    /* open the lake as it is; its warehouse only tells its schema */
};

/* from == to: nothing was to be done. */
struct ll_wire_migrated {
    struct ll_migrated lake;
    struct ll_warehouse_migrated warehouse;
};

struct ll_wire_options {
    const char *lake_dir; /* must outlive the wire */
    const char *command;  /* written into the lock, so that others can say who holds it */
    struct ll_clock *clock;
    int64_t memory_limit_bytes;
    int threads;
    struct ll_owner *owner;      /* this process owns the lake: share it; NULL = take the lock */
    struct ll_patience patience; /* of waiting for the owner's other work */
    enum ll_wire_older older;
    struct ll_wire_migrated *migrated; /* told what was migrated; NULL: nobody wants to know */
};

struct ll_wire {
    struct ll_wire_options options;
    int lock_fd;                     /* -1 without the lock */
    bool read_only;                  /* of the lake's file system, or by its permissions */
    bool created;                    /* by this process */
    bool loads;                      /* the warehouse is for stages; before it is opened */
    char *work_dir, *warehouse_path; /* set while the lake is open */
    bool works, collects;            /* holds these locks of the owner */
    struct ll_lake lake;             /* .store is NULL while the lake is not open */
    struct ll_forgotten forgotten;   /* as last loaded */
    struct ll_warehouse *warehouse;
    struct ll_queue *queue;
};

void ll_wire_init(struct ll_wire *wire, const struct ll_wire_options *options);
void ll_wire_close(struct ll_wire *wire); /* takes what ll_wire_init made */

/* Locks the lake, reads its settings, opens its store. LL_CONFLICT names the process that holds it
 * (pid in err->code). Nothing when it is open already. */
enum ll_status ll_wire_open_lake(struct ll_wire *wire, enum ll_lake_use use,
                                 struct ll_error *err) LL_MUST_CHECK;

/* Locks a folder that is to become a lake by ll_backup_restore, or half has; makes it. LL_INVALID
 * when there is a lake or something else in it. Not of a lake that is shared. */
enum ll_status ll_wire_lock_vacant(struct ll_wire *wire, struct ll_error *err) LL_MUST_CHECK;

/* Only one at a time, among those that share a lake, changes what lies above raw, and one collects:
 * these wait, and hold until ll_wire_close. Where nobody shares, they only open the lake. One of
 * them on a wire, before ll_wire_warehouse; begin_still is both. LL_CANCELLED when stopped
 * meanwhile. */
enum ll_status ll_wire_begin_collect(struct ll_wire *wire, enum ll_lake_use use,
                                     struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_wire_begin_work(struct ll_wire *wire, enum ll_lake_use use,
                                  struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_wire_begin_still(struct ll_wire *wire, enum ll_lake_use use,
                                   struct ll_error *err) LL_MUST_CHECK;
/* Lets others collect, before this one waits for work. The lake stays open. */
void ll_wire_end_collect(struct ll_wire *wire);

/* These open the lake as LL_LAKE_EXISTING when it is not open yet. What they give belongs to the
 * wire. ll_wire_lake has store, scratch database, settings and folder for temporary files. */
enum ll_status ll_wire_store(struct ll_wire *wire, struct ll_store **ret,
                             struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_wire_lake(struct ll_wire *wire, struct ll_lake **ret,
                            struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_wire_warehouse(struct ll_wire *wire, struct ll_warehouse **ret,
                                 struct ll_error *err) LL_MUST_CHECK;
/* Opens a copy of a warehouse (warehouse_copy.h), which belongs to no wire: ll_warehouse_free it.
 */
enum ll_status ll_wire_copy(const struct ll_warehouse_duckdb_options *options,
                            struct ll_warehouse **ret, struct ll_error *err) LL_MUST_CHECK;
/* Lets go of the warehouse; ask for it again. Of a lake that is shared. */
void ll_wire_leave_warehouse(struct ll_wire *wire);
/* Brings the warehouse, which is there and not open, to this program's schema, without opening it
 * for use. Not of a lake that is shared. */
enum ll_status ll_wire_migrate_warehouse(struct ll_wire *wire, struct ll_error *err) LL_MUST_CHECK;
/* The schema of the warehouse, which is not opened; 0 = there is none. Not of a lake that is
 * shared.
 */
enum ll_status ll_wire_warehouse_schema(struct ll_wire *wire, int *ret,
                                        struct ll_error *err) LL_MUST_CHECK;
/* A store on any other folder, which must be there; ll_store_free it. */
enum ll_status ll_wire_folder(const char *path, struct ll_store **ret,
                              struct ll_error *err) LL_MUST_CHECK;
/* Opens the store anew, after it failed (see ll_store_sync); on failure the old one stays. Nobody
 * may be using it. */
enum ll_status ll_wire_reopen_store(struct ll_wire *wire, struct ll_error *err) LL_MUST_CHECK;
/* The process's own queue of tasks. */
enum ll_status ll_wire_queue(struct ll_wire *wire, struct ll_queue **ret,
                             struct ll_error *err) LL_MUST_CHECK;
/* Reads the list of the forgotten again, for what is processed and collected from now on. */
enum ll_status ll_wire_forgotten(struct ll_wire *wire, struct ll_error *err) LL_MUST_CHECK;
/* Waits until nobody uses the warehouse, closes it and calls `replace` with its path, which may
 * have no file yet. What ll_wire_warehouse gave before is gone: ask again. After
 * ll_wire_begin_work. */
typedef enum ll_status ll_wire_replace_fn(void *context, const char *path, struct ll_error *err);
enum ll_status ll_wire_replace_warehouse(struct ll_wire *wire, ll_wire_replace_fn *replace,
                                         void *context, struct ll_error *err) LL_MUST_CHECK;
/* Without a lake it is a small database in memory that spills nowhere. */
enum ll_status ll_wire_scratch(struct ll_wire *wire, struct ll_duck **ret,
                               struct ll_error *err) LL_MUST_CHECK;

#endif
