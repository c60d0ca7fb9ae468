/* What the steps of forgetting share. */
#ifndef LL_PIPELINE_FORGET_INTERNAL_H
#define LL_PIPELINE_FORGET_INTERNAL_H

#include "pipeline/forget.h"
#include "source/redact.h"

struct ll_forgetting {
    const struct ll_forget_options *options;
    struct ll_pipeline *p;
    struct ll_person *person;
    struct ll_outcome *outcome;
    struct ll_forget_counts *counts;
    bool learned; /* names, since the pass over raw began */
};

/* forget_raw.c: step 3. */
enum ll_status ll_forget_raw(struct ll_forgetting *f, struct ll_error *err) LL_MUST_CHECK;
/* forget_tables.c: tables that cannot be made anew. Days whose history was rewritten are submitted
 * to be published. */
enum ll_status ll_forget_unfinished(struct ll_forgetting *f, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_forget_processed(struct ll_forgetting *f, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_forget_history(struct ll_forgetting *f, struct ll_error *err) LL_MUST_CHECK;

/* What SQL needs to find and mask a person: parameters, and how many. */
struct ll_forget_terms {
    struct ll_arena arena;
    struct ll_str any; /* a regular expression that finds any of the names */
    struct ll_forget_term {
        struct ll_str pattern, stars;
    } * terms;
    size_t count;
};
void ll_forget_terms_init(struct ll_forget_terms *terms, const struct ll_person *person);
void ll_forget_terms_clear(struct ll_forget_terms *terms);

/* The words to mask: the names, and the id where it is too long to be something else. Those of the
 * arrays live in `arena`. */
struct ll_str *ll_person_words(const struct ll_person *person, struct ll_arena *arena,
                               size_t *ret_count);

#endif
