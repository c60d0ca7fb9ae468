/* The steps of forgetting, in order. */
#include <string.h>

#include "base/log.h"
#include "pipeline/forget_internal.h"

#define PASSES_MAX 100 /* over raw: each learned a name that was not known before */

/* What the warehouse holds of the person. */
static enum ll_status count_warehouse(struct ll_forgetting *f, const struct ll_forget_terms *terms,
                                      struct ll_error *err)
{
    LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
    const struct ll_param params[] = {ll_param_i64("id", f->person->id),
                                      ll_param_text("any", terms->any)};
    if (ll_warehouse_query(f->p->warehouse, "forget/count", params, LL_COUNT(params), &rows, err) !=
        LL_OK)
        return err->status;
    f->counts->warehouse_rows += ll_batch_get_i64(&rows, 0, 0);
    return LL_OK;
}

static enum ll_status suppress_in_transaction(struct ll_forgetting *f,
                                              const struct ll_forget_terms *terms,
                                              struct ll_error *err)
{
    const struct ll_param id = ll_param_i64("id", f->person->id);
    if (ll_warehouse_exec(f->p->warehouse, "forget/suppress", &id, 1, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < terms->count; i++) {
        const struct ll_param params[] = {ll_param_text("pattern", terms->terms[i].pattern),
                                          ll_param_text("stars", terms->terms[i].stars)};
        if (ll_warehouse_exec(f->p->warehouse, "forget/mask", params, LL_COUNT(params), err) !=
            LL_OK)
            return err->status;
    }
    return LL_OK;
}

static enum ll_status suppress(struct ll_forgetting *f, struct ll_error *err)
{
    struct ll_forget_terms terms;
    ll_forget_terms_init(&terms, f->person);
    enum ll_status status = count_warehouse(f, &terms, err);
    if (status == LL_OK && !f->options->preview) {
        status = ll_warehouse_begin(f->p->warehouse, err);
        if (status == LL_OK)
            status = suppress_in_transaction(f, &terms, err);
        if (status == LL_OK)
            status = ll_warehouse_commit(f->p->warehouse, err);
        if (status != LL_OK)
            ll_warehouse_abort(f->p->warehouse);
    }
    ll_forget_terms_clear(&terms);
    return status;
}

/* Passes over raw until none learns a name. */
static enum ll_status forget_raw(struct ll_forgetting *f, struct ll_error *err)
{
    struct ll_store *store = f->p->lake->store;
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        if (ll_forget_raw(f, err) != LL_OK)
            return err->status;
        if (!f->learned || f->options->preview)
            return LL_OK;
        if (ll_forget_intent_put(store, f->options->forgotten, f->person, err) != LL_OK ||
            suppress(f, err) != LL_OK)
            return err->status;
    }
    return ll_fail(err, LL_LIMIT, 0, "new names were found in raw %d times", PASSES_MAX);
}

typedef enum ll_status submit_fn(struct ll_pipeline *p, struct ll_reconcile_range range,
                                 struct ll_outcome *outcome, struct ll_error *err);

static enum ll_status submit_and_drain(struct ll_forgetting *f, submit_fn *submit,
                                       struct ll_error *err)
{
    enum ll_status status = submit(f->p, LL_RECONCILE_ALL, f->outcome, err);
    return status == LL_OK ? ll_runner_drain(f->p, f->outcome, err) : status;
}

/* All that follows from raw; then what has no raw any more. */
static enum ll_status follow(struct ll_forgetting *f, struct ll_error *err)
{
    if (submit_and_drain(f, ll_reconcile_process, err) != LL_OK ||
        ll_forget_processed(f, err) != LL_OK ||
        submit_and_drain(f, ll_reconcile_publish, err) != LL_OK ||
        submit_and_drain(f, ll_reconcile_curate, err) != LL_OK ||
        ll_forget_history(f, err) != LL_OK || ll_runner_drain(f->p, f->outcome, err) != LL_OK)
        return err->status;
    return ll_warehouse_exec(f->p->warehouse, "forget/tidy", NULL, 0, err);
}

enum ll_status ll_forget_work(const struct ll_forget_options *options, struct ll_outcome *outcome,
                              struct ll_forget_counts *counts, struct ll_error *err)
{
    struct ll_forgetting f = {.options = options,
                              .p = options->pipeline,
                              .person = options->person,
                              .outcome = outcome,
                              .counts = counts};
    if (!options->preview && ll_forget_unfinished(&f, err) != LL_OK)
        return ll_context(err, "forget");
    if (suppress(&f, err) != LL_OK || forget_raw(&f, err) != LL_OK)
        return ll_context(err, "forget");
    if (options->preview)
        return LL_OK;
    return follow(&f, err) == LL_OK ? LL_OK : ll_context(err, "forget");
}
