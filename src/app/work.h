/* What the commands that work on the layers share: the pipeline over the lake's parts, progress
 * while it works, and saying what came of it. */
#ifndef LL_APP_WORK_H
#define LL_APP_WORK_H

#include "app/app.h"
#include "app/cli/args.h"
#include "pipeline/pipeline.h"
#include "pipeline/retention.h"

struct ll_work {
    struct ll_app *app;
    struct ll_pipeline pipeline;
    struct ll_outcome outcome;
    struct ll_progress progress;
    enum ll_stage shown; /* stage the bar is of; LL_STAGE_COUNT while none is shown */
};

/* Opens the lake with its warehouse, waits for other work on it, and brings the warehouse's
 * settings up to the lake's. */
enum ll_status ll_work_open(struct ll_work *work, struct ll_app *app, enum ll_lake_use use,
                            struct ll_error *err) LL_MUST_CHECK;
/* Works until nothing is queued, with a progress bar. */
enum ll_status ll_work_drain(struct ll_work *work, struct ll_error *err) LL_MUST_CHECK;
/* Submits and does whatever lacks a successor on the days: process, publish, curate, close. */
enum ll_status ll_work_reconcile(struct ll_work *work, struct ll_reconcile_range range,
                                 struct ll_error *err) LL_MUST_CHECK;
/* Removes what nothing names, while nobody collects or works. Closes the lake first, to wait
 * for both without holding one. */
enum ll_status ll_work_garbage(struct ll_app *app, struct ll_garbage *ret,
                               struct ll_error *err) LL_MUST_CHECK;
/* The limits of a configuration. */
struct ll_retention_options ll_work_retention(const struct ll_config *config);
/* Prints what was done and what failed, and gives the exit code: that of the first failure, or OK.
 */
int ll_work_finish(struct ll_work *work);
void ll_work_clear(struct ll_work *work);

/* "processed":{"done":…,"current":…},…,"failures":[…] of an outcome, without braces. */
void ll_work_outcome_json(const struct ll_outcome *outcome, struct ll_buf *out);
void ll_work_outcome_text(const struct ll_outcome *outcome, struct ll_buf *out);
/* The exit code of an outcome: that of its first failure, or OK. */
int ll_work_exit_code(const struct ll_app *app, const struct ll_outcome *outcome);

/* --from and --to of the commands that take days: whole UTC days that hold any of [from, to). */
extern const struct ll_option ll_work_range_options[2];
struct ll_reconcile_range ll_work_range(const struct ll_args *args);

#endif
