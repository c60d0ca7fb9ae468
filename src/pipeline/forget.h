/* Forgetting a person: out of every layer, and never collected again.
 *
 *   1  the person goes on the list of the forgotten (lake/forgotten.h), and an intent
 *      (forget/<HMAC>.json: id and names, in the clear) says that there is work to do
 *   2  the rows go from the warehouse, in one transaction, and names are masked there
 *   3  raw objects with a trace are written anew without it (source/redact.h); each run gets new
 *      generations of its manifests, which name the generation they replace and how many rows are
 *      gone; then the old ones go
 *   4  process, curate and close make all else follow. What has no raw any more (dropped by
 *      retention) is rewritten where it is: processed tables, and history of sealed days
 *   5  garbage goes, the warehouse file is written anew, and the intent is removed
 *
 * Every step can be repeated, so after a kill all is done once more; steps that find nothing to do
 * only read. Names that appear only in a row that is cut are learned from it, and looked for from
 * then on. */
#ifndef LL_PIPELINE_FORGET_H
#define LL_PIPELINE_FORGET_H

#include "pipeline/pipeline.h"

/* A person being forgotten. */
struct ll_person {
    struct ll_arena arena;
    int64_t id;
    struct ll_str
        *names; /* logins and display names, distinct whatever the case of ASCII letters */
    size_t name_count, name_capacity;
    /* The manifest whose objects are being replaced in place; generation 0 = none. A kill may leave
     * an object that is not what the manifest says. */
    enum ll_layer rewriting_layer;
    struct ll_manifest_entry rewriting;
};
void ll_person_clear(struct ll_person *person); /* takes {0} */
/* True when the name is new. Empty ones are passed over. */
bool ll_person_add_name(struct ll_person *person, struct ll_str name);

struct ll_forget_counts {
    int64_t raw_read, raw_objects, raw_rows, raw_texts, raw_requests, raw_runs;
    int64_t warehouse_rows;     /* deleted or masked */
    int64_t tables, table_rows; /* rewritten where they are; rows cut */
    int64_t garbage_objects;
    int64_t warehouse_before, warehouse_after; /* bytes of the file */
};

/* --- who: by a decimal id, or by a login. LL_NOT_FOUND for a login that the warehouse has never
 * seen; LL_INVALID, naming the candidates, for one that several people have borne. An id need not
 * be known. *ret is {0} before, and cleared by the caller in any case. */
enum ll_status ll_forget_resolve(struct ll_pipeline *p, struct ll_str value, struct ll_person *ret,
                                 struct ll_error *err) LL_MUST_CHECK;

/* --- the intent */
enum ll_status ll_forget_intent_put(struct ll_store *store, const struct ll_forgotten *forgotten,
                                    const struct ll_person *person,
                                    struct ll_error *err) LL_MUST_CHECK;
/* The first intent there is, of a person that `value` names (empty: of anybody): LL_NOT_FOUND when
 * there is none. */
enum ll_status ll_forget_intent_find(struct ll_store *store, struct ll_str value,
                                     struct ll_person *ret, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_forget_intent_remove(struct ll_store *store, const struct ll_forgotten *forgotten,
                                       const struct ll_person *person,
                                       struct ll_error *err) LL_MUST_CHECK;

/* --- the work */
struct ll_forget_options {
    struct ll_pipeline *pipeline;
    const struct ll_forgotten *forgotten;
    struct ll_person *person; /* may learn names */
    bool preview;             /* change nothing, only count */
    /* Called while raw is read. NULL = none. */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *progress_context;
};
/* Step 1 but for the list, steps 2 to 4; of a preview steps 2 and 3. LL_OK with failures in
 * *outcome: something could not be read; the intent stays. Counts are added to *counts. */
enum ll_status ll_forget_work(const struct ll_forget_options *options, struct ll_outcome *outcome,
                              struct ll_forget_counts *counts, struct ll_error *err) LL_MUST_CHECK;

#endif
