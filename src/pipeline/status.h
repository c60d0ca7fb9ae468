/* Status: what a lake holds, and the way of one run through it. */
#ifndef LL_PIPELINE_STATUS_H
#define LL_PIPELINE_STATUS_H

#include "pipeline/pipeline.h"

struct ll_layer_size {
    const char *name; /* "manifests", "raw", "processed", "quarantine", "history" */
    int64_t objects, bytes;
};
#define LL_LAYER_SIZES 5
#define LL_STATUS_GAPS 3

/* A run that is not complete, and says why. */
struct ll_gap {
    int64_t slot_s;
    char status[16];
    char why[LL_RUN_WHY_MAX + 1];
};

struct ll_lake_status {
    struct ll_layer_size layers[LL_LAYER_SIZES];
    int64_t raw_runs, processed_runs; /* ids with a manifest */
    int64_t unprocessed, uncurated;   /* without a successor */
    int64_t runs, complete_runs;      /* in the warehouse */
    int64_t observations;
    int64_t first_slot_s, last_slot_s; /* with runs > 0 */
    int64_t closed_days, open_days, dirty_days;
    struct ll_gap gaps[LL_STATUS_GAPS]; /* the newest first */
    size_t gap_count;
    int64_t growth_bytes_per_day; /* mean over the newest days with data, at most 7; 0 = no data */
};
/* The warehouse's part stays 0 where p->warehouse is NULL. */
enum ll_status ll_status_lake(struct ll_pipeline *p, struct ll_lake_status *ret,
                              struct ll_error *err) LL_MUST_CHECK;

struct ll_reason_count {
    struct ll_str reason;
    int64_t records, first_position;
};

/* One run (or reference dump) from layer to layer. Text is in the arena. */
struct ll_run_trace {
    struct ll_arena arena;
    struct ll_id id;
    int32_t day;
    struct ll_manifest raw, processed; /* generation 0 = there is none */
    int raw_generations;
    int loaded_generation; /* of the ledger; 0 = not in the warehouse */
    bool day_closed, day_dirty, day_sealed;
    struct ll_reason_count *reasons; /* of quarantine */
    size_t reason_count;
    /* The first stage that is not done, LL_STAGE_COUNT when all are; and why: what the stage says
     * when it is tried now, or that it just has not run. */
    enum ll_stage waiting;
    struct ll_str why;
};
/* id: a run id, or that of a reference dump. LL_NOT_FOUND when raw has no such run. */
enum ll_status ll_status_run(struct ll_pipeline *p, struct ll_str id, struct ll_run_trace *ret,
                             struct ll_error *err) LL_MUST_CHECK;
void ll_run_trace_clear(struct ll_run_trace *trace);

#endif
