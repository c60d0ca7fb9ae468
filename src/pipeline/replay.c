/* Replay: make processed, warehouse and history of some days anew from raw. */
#include "pipeline/pipeline.h"
#include "pipeline/replay.h"

static enum ll_status submit_history(struct ll_pipeline *p, struct ll_reconcile_range range,
                                     struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_manifest_list history;
    if (ll_manifest_list_all(p->lake->store, LL_LAYER_HISTORY, &history, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < history.count && status == LL_OK; i++) {
        const struct ll_task task = ll_task_close(history.entries[i].day);
        if (task.day >= range.from_day && task.day <= range.to_day)
            status = ll_runner_submit(p, &task, outcome, err);
    }
    ll_manifest_list_clear(&history);
    return status;
}

static enum ll_status replay(struct ll_pipeline *p, struct ll_reconcile_range range,
                             struct ll_outcome *outcome, struct ll_error *err)
{
    if (ll_reconcile_process(p, range, outcome, err) != LL_OK ||
        ll_runner_drain(p, outcome, err) != LL_OK ||
        submit_history(p, range, outcome, err) != LL_OK ||
        ll_runner_drain(p, outcome, err) != LL_OK)
        return err->status;
    return LL_OK;
}

enum ll_status ll_replay(struct ll_pipeline *p, struct ll_reconcile_range range,
                         struct ll_outcome *outcome, struct ll_error *err)
{
    p->force = true;
    enum ll_status status = replay(p, range, outcome, err);
    p->force = false;
    return status;
}
