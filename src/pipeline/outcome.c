/* Tasks and what came of them. */
#include <stdlib.h>

#include "base/log.h"
#include "pipeline/pipeline.h"

static const char *const stage_names[LL_STAGE_COUNT] = {"process", "curate", "close"};

const char *ll_stage_name(enum ll_stage stage)
{
    return stage_names[stage];
}

struct ll_task ll_task_close(int32_t day)
{
    return (struct ll_task){.stage = LL_STAGE_CLOSE, .day = day, .id = ll_id_day(day)};
}

bool ll_task_is_to_blame(enum ll_status status)
{
    return status == LL_CORRUPT || status == LL_NOT_FOUND || status == LL_UNSUPPORTED ||
           status == LL_INVALID || status == LL_LIMIT;
}

enum ll_status ll_pipeline_go_on(const struct ll_pipeline *p, struct ll_error *err)
{
    if (p->cancelled != NULL && p->cancelled(p->cancel_context))
        return ll_fail(err, LL_CANCELLED, 0, "stopped; run the command again to go on");
    return LL_OK;
}

void ll_outcome_fail(struct ll_outcome *outcome, const struct ll_task *task,
                     const struct ll_error *error)
{
    outcome->failures =
        ll_xrealloc(outcome->failures, outcome->failure_count + 1, sizeof(*outcome->failures));
    outcome->failures[outcome->failure_count++] =
        (struct ll_task_failure){.task = *task, .error = *error};
    ll_log_error(LL_LOG_ERROR, "task.failed", error);
}

void ll_outcome_add(struct ll_outcome *outcome, struct ll_outcome *more)
{
    for (int i = 0; i < LL_STAGE_COUNT; i++) {
        outcome->done[i] += more->done[i];
        outcome->current[i] += more->current[i];
    }
    outcome->waiting += more->waiting;
    outcome->failures =
        ll_xrealloc(outcome->failures, outcome->failure_count + more->failure_count + 1,
                    sizeof(*outcome->failures));
    for (size_t i = 0; i < more->failure_count; i++)
        outcome->failures[outcome->failure_count++] = more->failures[i];
    ll_outcome_clear(more);
}

void ll_outcome_clear(struct ll_outcome *outcome)
{
    free(outcome->failures);
    *outcome = (struct ll_outcome){0};
}
