/* Verify: every hash and count, and every layer against the one below. */
#ifndef LL_PIPELINE_VERIFY_H
#define LL_PIPELINE_VERIFY_H

#include "pipeline/pipeline.h"

struct ll_difference {
    struct ll_str where; /* an object's key, a run id, a day, a table */
    struct ll_str what;  /* what is not as it should be, and how to mend it where that is known */
};

struct ll_verification {
    struct ll_arena arena;
    struct ll_difference *differences;
    size_t difference_count;
    size_t capacity;
    int64_t manifests, objects, bytes; /* looked at */
    int64_t runs;                      /* compared layer by layer */
    int64_t waiting;                   /* runs that are to be processed soon (fresh_ms) */
};

/* Reads everything: manifests, objects with their hashes; decodes raw anew and compares it with
 * processed; compares processed with the warehouse, and its roll-ups with its observations. Finds
 * are differences, not errors. */
enum ll_status ll_verify(struct ll_pipeline *p, struct ll_verification *ret,
                         struct ll_error *err) LL_MUST_CHECK;
void ll_verification_clear(struct ll_verification *verification);

#endif
