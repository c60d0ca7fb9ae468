/* The fault plan: what goes wrong, how often. Numbers are the rows of the list of edge cases
 * (docs/edge-cases.md); `--fault 13:0.01` gives a request that probability of meeting it,
 * `--fault 4@120` or `4@120-130` scripts it at those requests. Only faults a server can cause. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"

#define SIM_FAULT_MAX 56

struct sim_faults {
    double probability[SIM_FAULT_MAX + 1];
    int64_t from[SIM_FAULT_MAX + 1], to[SIM_FAULT_MAX + 1]; /* request numbers; 0 = no script */
    int64_t seen[SIM_FAULT_MAX + 1];                        /* how often it was caused */
    uint64_t seed;
};

/* "N:P" or "N@FROM[-TO]"; LL_INVALID says what is wrong, or that a server cannot cause N. Both may
 * be given for one N: then it has the probability P, at those requests only. Given again, the later
 * one counts; "N:0" takes N out of the plan, script and all. */
enum ll_status sim_faults_add(struct sim_faults *faults, struct ll_str text,
                              struct ll_error *err) LL_MUST_CHECK;
/* The lines of a text (blank ones and those that begin with '#' do nothing), in order; the line
 * "clear" empties the plan. All of them or, on failure, none. */
enum ll_status sim_faults_add_lines(struct sim_faults *faults, struct ll_str text,
                                    struct ll_error *err) LL_MUST_CHECK;
/* Whether request `number` (or row `salt` of it, for faults that hit rows) meets fault N; counts
 * it. A function of seed, number, salt and N alone. A script without a probability hits every row.
 */
bool sim_fault(struct sim_faults *faults, int n, int64_t number, int64_t salt);
/* Which of `bound` forms fault N takes at that request: 0 <= x < bound. */
uint64_t sim_fault_form(const struct sim_faults *faults, int n, int64_t number, uint64_t bound);
const char *sim_fault_name(int n); /* a few words; NULL for those a server cannot cause */

#endif
