/* Retention: what is older than its layer's limit goes, once its successor holds it.
 *
 *   raw        run by run: its processed table is there and whole, or history was made of it
 *   processed  day by day (quarantine with it): the day is closed, and its history is whole
 *   history    day by day: the day is kept no more, in the lake and in the warehouse
 *
 * What was dropped leaves a manifest that says so (struct ll_manifest_dropped), with hashes and
 * counts: nothing of it is taken for damage or made again from what remains below. What has no
 * successor yet waits. Reference dumps go from raw alone: history does not hold them.
 *
 * The steps of one batch: manifests that say so, sync, older manifests, warehouse, objects, sync.
 * While it works there is <lake>/retention.json; whoever finds it calls ll_retention_resume. */
#ifndef LL_PIPELINE_RETENTION_H
#define LL_PIPELINE_RETENTION_H

#include "pipeline/pipeline.h"

struct ll_retention_options {
    int64_t keep_s[LL_LAYER_COUNT]; /* 0 = for ever; days count from their end */
    bool dry_run;                   /* only say what would be dropped */
};

struct ll_retention_layer {
    int64_t dropped; /* runs and dumps of raw and processed, days of history */
    int64_t objects, bytes;
};

/* What is older than its limit and stays. */
struct ll_retention_waiting {
    enum ll_layer layer;
    struct ll_id id; /* of a run, dump or day */
    struct ll_str why;
};

struct ll_retention_report {
    struct ll_arena arena;
    struct ll_retention_layer layers[LL_LAYER_COUNT];
    struct ll_retention_waiting *waiting;
    size_t waiting_count, waiting_capacity;
};

enum ll_status ll_retention_apply(struct ll_pipeline *p, const struct ll_retention_options *options,
                                  struct ll_retention_report *ret,
                                  struct ll_error *err) LL_MUST_CHECK;
/* Finishes what a killed ll_retention_apply began; nothing when there is nothing. */
enum ll_status ll_retention_resume(struct ll_pipeline *p, struct ll_error *err) LL_MUST_CHECK;
void ll_retention_report_clear(struct ll_retention_report *report); /* takes {0} */

#endif
