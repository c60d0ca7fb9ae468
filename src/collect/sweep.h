/* A sweep: one attempt to see every live stream (design: collecting completely).
 *
 *   chain        the unfiltered list to its end, one page after the other
 *   languages    a chain a language, in parallel: where one chain takes too long
 *   cross-check  both, to measure what each misses
 *   auto         chain; languages when the first pages show that a chain would take more than
 *                LL_SWEEP_SHARE of the cadence; cross-check one time in LL_SWEEP_CROSS_CHECK
 *
 * Then whoever was live at the last sweep and was not met is asked for by broadcaster, 100 at a
 * time: that separates "ended" from "missed". All rows met are recorded in the order received.
 *
 * A second look at a few pages by their cursors finds new streams that rose past the chain's place
 * (sweep_look.c).
 *
 * How complete the sweep is, is estimated in two ways, and the lower one holds. Of the streams of
 * the last sweep that are still live, the share m was met by the re-check alone; as many of those
 * whose broadcaster was not live then, and whom nobody can ask for, will have been missed as well.
 * And what the second look found tells how many are hidden on the pages it left out:
 *
 *   missed = max(fresh * m / (1 - m), hidden)        coverage = found / (found + missed)
 *
 * Where that is too little, or a chain broke off, and the slot leaves time for it, the list is gone
 * through once more (a second pass); m is then what neither pass met, and after two whole passes
 * nothing counts as hidden.
 *
 * The end of the slot ends the sweep, in whichever pass: what is still asked for then counts as
 * lost, and the next slot begins in time.
 *
 * Complete: every chain of a pass ended, everybody was asked for, and the estimate is at least
 * LL_SWEEP_COMPLETE. A cold sweep (there is no last one) is complete when its chains ended; its
 * coverage is unknown.
 *
 * New broadcasters are looked up (Get Users) as the sweep goes on, with at most a tenth of its
 * requests. */
#ifndef LL_COLLECT_SWEEP_H
#define LL_COLLECT_SWEEP_H

#include "collect/live.h"
#include "collect/recorder.h"
#include "lake/manifest.h"
#include "net/api.h"

#define LL_SWEEP_SHARE 0.2
#define LL_SWEEP_CROSS_CHECK 24
#define LL_SWEEP_COMPLETE 0.999
#define LL_SWEEP_BATCH 100 /* ids in one request */

enum ll_sweep_plan {
    LL_PLAN_AUTO,
    LL_PLAN_CHAIN,
    LL_PLAN_LANGUAGES,
    LL_PLAN_CROSS_CHECK,
};

struct ll_sweep_options {
    enum ll_sweep_plan plan;
    int64_t slot_s;
    int32_t cadence_s;
    struct ll_api *twitch;
    struct ll_clock *clock;
    const struct ll_forgotten *forgotten; /* nobody asks for them; NULL = nobody */
    const struct ll_live *before;         /* the last sweep; NULL or empty: this one is cold */
    struct ll_recorder *streams, *users;
    /* Called after every answer; expected = 0 when unknown. NULL = none. */
    void (*progress)(void *context, int64_t streams, int64_t expected);
    void *progress_context;
};

struct ll_sweep_result {
    enum ll_sweep_plan plan; /* the one that was carried out */
    int passes;
    enum ll_run_status status;
    int64_t started_ms, finished_ms;
    double coverage;             /* 0..1; negative = unknown */
    double chain_miss;           /* cross-check: share of all found that each alone missed; */
    double languages_miss;       /* negative = not measured */
    struct ll_run_counts counts; /* pages, requests, vanished, refound, errors */
    struct ll_live found;
    struct ll_error error; /* why it is not complete; LL_OK: it is, or by its coverage alone */
};

const char *ll_sweep_plan_name(enum ll_sweep_plan plan); /* "auto", "chain", … */
bool ll_sweep_plan_parse(struct ll_str name, enum ll_sweep_plan *ret) LL_MUST_CHECK;

/* LL_OK also for a partial or failed sweep: the result says so. Other statuses meet the whole:
 * LL_AUTH, LL_NOT_FOUND, LL_IO (recording). LL_CANCELLED: what was met by then is in *ret, partial.
 * *ret must be cleared in any case. */
enum ll_status ll_sweep(const struct ll_sweep_options *options, struct ll_sweep_result *ret,
                        struct ll_error *err) LL_MUST_CHECK;
void ll_sweep_result_clear(struct ll_sweep_result *result);

/* The estimate above; negative when there is nothing to go by (still_live = 0). */
double ll_sweep_coverage(int64_t found, int64_t fresh, int64_t still_live, int64_t unlisted);

#endif
