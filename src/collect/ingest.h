/* Ingest: a sweep of one slot becomes a run of the raw layer.
 *
 * A slot that has a complete run of Twitch is left alone; a partial one gets another attempt while
 * its slot lasts. Both stay in raw; the better one is curated (pipeline/process.c). What is only
 * partly there is committed as partial, so that nothing that was received is lost. */
#ifndef LL_COLLECT_INGEST_H
#define LL_COLLECT_INGEST_H

#include "collect/sweep.h"
#include "lake/group.h"
#include "lake/keys.h"

#define LL_INGEST_ATTEMPTS_MAX 50 /* of one slot */

struct ll_ingest_options {
    struct ll_store *store;
    const char *tmp_dir; /* on the store's file system, best */
    struct ll_api *twitch;
    struct ll_clock *clock;
    const struct ll_forgotten *forgotten; /* they are not collected; NULL = nobody */
    enum ll_sweep_plan plan;
    int64_t slot_s; /* must be the current one: LL_INVALID */
    int32_t cadence_s;
    void (*progress)(void *context, int64_t streams, int64_t expected);
    void *progress_context;
    /* Of a caller who collects many slots in a row. */
    const struct ll_live *last;      /* who was live at the last run; NULL: as raw says */
    struct ll_manifest_group *group; /* takes the manifests, to be committed later; NULL: now */
};

struct ll_ingest_report {
    int64_t slot_s;
    struct ll_id run;   /* its manifest's id */
    struct ll_id users; /* "" when nobody was looked up */
    bool skipped;       /* there is a complete run already */
    int attempt, generation;
    struct ll_sweep_result sweep; /* status, counts, …; nothing when skipped */
};

/* LL_OK also for a partial run (see report.sweep.status and .error). LL_CANCELLED: what had come
 * was committed as partial. *ret must be cleared in any case. */
enum ll_status ll_ingest(const struct ll_ingest_options *options, struct ll_ingest_report *ret,
                         struct ll_error *err) LL_MUST_CHECK;
void ll_ingest_report_clear(struct ll_ingest_report *report);

/* Who was live at the latest complete run of Twitch in the LL_LAST_SWEEP_MAX_S before slot_s, by
 * its raw objects; where there is none, at the largest of the last partial ones. Empty when there
 * is none of these either; damaged manifests, objects and lines are passed over and logged. */
#define LL_LAST_SWEEP_MAX_S (4 * 3600)
enum ll_status ll_live_at_last_run(struct ll_store *store, int64_t slot_s, struct ll_live *ret,
                                   struct ll_error *err) LL_MUST_CHECK;
/* Whether a status tells of one thing that is damaged or gone, and not of the store. */
bool ll_live_is_damage(enum ll_status status);

#endif
