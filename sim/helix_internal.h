/* What the Helix endpoints of the invented world share. */
#ifndef SIM_HELIX_INTERNAL_H
#define SIM_HELIX_INTERNAL_H

#include "sim/faults.h"
#include "sim/world_internal.h"

#define SIM_PAGE_MAX 100

/* Whether this request, or row `salt` of it, meets fault N. Asks the plan only for what it has. */
struct sim_hits {
    struct sim_faults *faults;
    int64_t number;
    uint64_t planned; /* bit set */
};
struct sim_hits sim_hits_of(const struct sim_parts *parts, const struct sim_request *request);
static inline bool sim_hit(const struct sim_hits *hits, int n, int64_t salt)
{
    return (hits->planned >> n & 1) && sim_fault(hits->faults, n, hits->number, salt);
}
/* Which of the forms that fault N has is met. */
static inline unsigned sim_hit_form(const struct sim_hits *hits, int n, int64_t salt,
                                    unsigned forms)
{
    uint64_t hash = sim_mix((uint64_t)hits->number * 64 + (uint64_t)n, (uint64_t)salt);
    return (unsigned)(hash % forms);
}

struct sim_row {
    const struct sim_stream *stream;
    int64_t viewers;
    bool restarted; /* fault 14: the same broadcaster with a later stream */
};
void sim_helix_row(struct ll_buf *out, const struct sim_world *world, const struct sim_hits *hits,
                   const struct sim_row *row);

void sim_put_int(struct ll_buf *out, int64_t value);

/* `first`, 1..100: or the answer is an error and false comes back. */
bool sim_param_first(const struct sim_request *request, struct sim_answer *answer,
                     size_t *ret_first);
size_t sim_param_count(const struct sim_request *request, const char *name);
/* The cursor's outer form: {"b":…,"a":…}, a's member `key` as text (a string or a number), and b's.
 * Empty where it is null or an empty string; false when it is no cursor. */
struct sim_cursor {
    struct ll_str before, after;
};
bool sim_cursor_read(struct ll_arena *arena, struct ll_str text, struct ll_str key,
                     struct sim_cursor *ret_cursor);

#endif
