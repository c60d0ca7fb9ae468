/* Filling a lake from a simulator, as fast as it goes: backlog mode.
 *
 *   this thread   sweeps slot after slot; the manifests of LL_BATCH_TASKS runs become visible
 *                 together, after one sync
 *   another       processes them
 *   a third       curates them, and closes the days that are over
 *
 * Killed at any time, the next fill goes on from what the lake holds. */
#ifndef LL_APP_DEMO_FILL_H
#define LL_APP_DEMO_FILL_H

#include "app/collector.h"
#include "app/work.h"

struct ll_fill_options {
    struct ll_app *app;             /* its wire owns the lake */
    struct ll_collector *collector; /* open, on a stepped clock */
    struct ll_clock *wall;
    struct ll_stop *stop;
    int64_t from_s, end_s; /* slots [from_s, end_s) */
    int64_t begin_s;       /* of the lake's first slot: days are counted from it */
    int32_t cadence_s;
    /* A first report of the slots before to_s, once early_ms (real time) went by: made on a
     * thread, printed on this one. NULL = none. */
    enum ll_status (*early)(void *context, struct ll_warehouse *warehouse, int64_t to_s,
                            struct ll_buf *out, struct ll_error *err);
    void (*print)(void *context, struct ll_str text);
    void *early_context;
    int64_t early_ms;
};

struct ll_fill_result {
    int64_t runs, observations, partial;
    /* Real time: of all, and of its parts. */
    int64_t elapsed_ms, sweeping_ms, processing_ms, curating_ms, closing_ms;
    struct ll_outcome outcome;
};

/* LL_CANCELLED: stopped; what was swept by then stays. *ret must be cleared in any case. */
enum ll_status ll_fill(const struct ll_fill_options *options, struct ll_fill_result *ret,
                       struct ll_error *err) LL_MUST_CHECK;
void ll_fill_result_clear(struct ll_fill_result *result);

#endif
