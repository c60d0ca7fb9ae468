/* The demo's world: a livelake-sim of its own, and what must be the same when it is started again.
 *
 * The world is a function of these settings and the time, so they are kept in the lake, in
 * demo.json, from before the first run on. */
#ifndef LL_APP_DEMO_WORLD_H
#define LL_APP_DEMO_WORLD_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

#define LL_DEMO_KEY "demo.json"

struct ll_demo_world {
    int64_t seed, streams, days;
    int64_t start_s; /* midnight UTC */
    int32_t cadence_s;
};

/* LL_NOT_FOUND when the lake has none. */
enum ll_status ll_demo_world_load(struct ll_store *store, struct ll_demo_world *ret,
                                  struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_demo_world_save(struct ll_store *store, const struct ll_demo_world *world,
                                  struct ll_error *err) LL_MUST_CHECK;

/* A process of livelake-sim. It ends with the thread that started it, whatever becomes of that. */
struct ll_demo_sim {
    pid_t pid; /* 0 while there is none */
    int fd;    /* its standard output: hung up when it has ended */
    struct ll_buf url;
};

/* path NULL: beside this program, or in sim/ there. Its clock is stepped and begins at start_s. */
enum ll_status ll_demo_sim_start(struct ll_demo_sim *sim, const char *path,
                                 const struct ll_demo_world *world,
                                 struct ll_error *err) LL_MUST_CHECK;
void ll_demo_sim_stop(struct ll_demo_sim *sim); /* takes {0} */

#endif
