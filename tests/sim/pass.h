/* What a client of the simulated Helix sees: requests without HTTP, and whole passes. */
#ifndef TESTS_SIM_PASS_H
#define TESTS_SIM_PASS_H

#include "base/arena.h"
#include "base/map.h"
#include "sim/faults.h"
#include "sim/world.h"

struct pass_world {
    struct sim_catalog *catalog;
    struct sim_world *world;
    struct sim_faults faults;
    struct sim_parts parts;
    struct sim_answer answer;
    struct ll_arena arena;
    int64_t now_ms, number;
};

#define PASS_START_MS INT64_C(1795000000000)

void pass_open(struct pass_world *p, uint64_t seed, size_t streams);
void pass_close(struct pass_world *p);
/* "first=100&language=de"; nothing in it is escaped. The answer stays until the next one. */
struct ll_str pass_get(struct pass_world *p, sim_handler *handler, const char *query);
/* A member of the last answer, as its JSON text; empty when it is not there. */
struct ll_str pass_member(struct ll_str object, const char *name);
/* The next object of an array's text; false at the end. `at` begins as 0. */
bool pass_item(struct ll_str array, size_t *at, struct ll_str *ret_object);
/* The text of a member that is a string; whatever is escaped becomes itself. */
struct ll_str pass_text(struct pass_world *p, struct ll_str object, const char *name);
int64_t pass_int(struct ll_str object, const char *name);
/* Pages of Get Streams until there is no cursor, step_ms apart, at most max_pages. Counts each id
 * in `ids` (a new map). Returns the number of pages. */
size_t pass_chain(struct pass_world *p, const char *query, int64_t step_ms, size_t max_pages,
                  struct ll_map *ids);

#endif
