/* Import of the original pipeline's raw layer: its files become runs of ours, kept whole. */
#ifndef LL_PIPELINE_IMPORT_H
#define LL_PIPELINE_IMPORT_H

#include "pipeline/pipeline.h"
#include "source/origin/origin.h"

struct ll_import_options {
    const char *root;
    const char *timezone; /* of the local times in its names */
    int32_t cadence_s;    /* of its slots: 900 */
    bool dry_run;         /* report only */
};

enum ll_import_verdict {
    LL_IMPORT_NEW,     /* now in raw */
    LL_IMPORT_KNOWN,   /* the same bytes are in raw already */
    LL_IMPORT_DAMAGED, /* now in raw, but not well-formed: what can be read of it is used */
    LL_IMPORT_SKIPPED, /* not ours to import: derived tables, other files */
    LL_IMPORT_FAILED,  /* could not be read; nothing of it was taken */
};

struct ll_import_file {
    struct ll_str path;
    enum ll_import_verdict verdict;
    struct ll_str note; /* why; "" for new and known */
};

struct ll_import_report {
    struct ll_arena arena;
    struct ll_import_file *files; /* in the order met */
    size_t file_count;
    int64_t runs; /* raw manifests written: sweeps and reference dumps */
};

/* Writes raw manifests and submits their processing (see ll_runner_submit); the caller drains the
 * queue. Importing again adds nothing, and goes on where a killed import was. Several files of one
 * slot are one run; files found later make its next generation. */
enum ll_status ll_import_origin(struct ll_pipeline *p, const struct ll_import_options *options,
                                struct ll_outcome *outcome, struct ll_import_report *ret,
                                struct ll_error *err) LL_MUST_CHECK;
void ll_import_report_clear(struct ll_import_report *report);
const char *ll_import_verdict_name(enum ll_import_verdict verdict); /* "new", "known", … */

#endif
