/* Takes tasks from the queue, a batch of one stage at a time, and enqueues their successors. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/json.h"
#include "pipeline/pipeline.h"

enum ll_status ll_runner_enqueue(struct ll_pipeline *p, const struct ll_task *task,
                                 struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf body = {0};
    ll_buf_printf(&body, "{\"stage\":\"%s\",\"day\":\"%s\",\"id\":\"%s\"}",
                  ll_stage_name(task->stage), ll_date_format(task->day).c, task->id.c);
    if (ll_queue_send(p->queue, ll_buf_str(&body), 0, err) != LL_OK)
        return err->status;
    p->queued++;
    return LL_OK;
}

enum ll_status ll_runner_submit(struct ll_pipeline *p, const struct ll_task *task,
                                struct ll_outcome *outcome, struct ll_error *err)
{
    if (p->queued >= LL_QUEUED_MAX && ll_runner_drain(p, outcome, err) != LL_OK)
        return err->status;
    return ll_runner_enqueue(p, task, err);
}

static bool parse_stage(struct ll_str name, enum ll_stage *ret)
{
    for (int i = 0; i < LL_STAGE_COUNT; i++)
        if (ll_str_equal(name, ll_str_of(ll_stage_name((enum ll_stage)i)))) {
            *ret = (enum ll_stage)i;
            return true;
        }
    return false;
}

static enum ll_status parse_task(struct ll_str body, struct ll_task *ret, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(body, &arena);
    struct ll_str key, value;
    struct ll_task task = {0};
    bool ok = ll_json_enter_object(&r), has_stage = false, has_day = false;
    while (ok && ll_json_next_key(&r, &key)) {
        ok = ll_json_string(&r, &value);
        if (ok && ll_str_equal(key, LL_STR("stage")))
            ok = has_stage = parse_stage(value, &task.stage);
        else if (ok && ll_str_equal(key, LL_STR("day")))
            ok = has_day = ll_date_parse(value, &task.day);
        else if (ok && ll_str_equal(key, LL_STR("id")) && value.len < sizeof(task.id.c))
            memcpy(task.id.c, value.ptr, value.len);
    }
    if (!ok || !ll_json_done(&r) || !has_stage || !has_day || task.id.c[0] == '\0')
        return ll_fail(err, LL_INVALID, 0, "not a task: %.*s", LL_FMT(body));
    *ret = task;
    return LL_OK;
}

struct batch {
    struct ll_task tasks[LL_BATCH_TASKS];
    char receipts[LL_BATCH_TASKS][64];
    size_t count;
};

/* Takes the next message, if there is one, into the batch of its stage. */
static enum ll_status receive(struct ll_pipeline *p, struct batch batches[LL_STAGE_COUNT],
                              bool *ret_received, struct ll_error *err)
{
    struct ll_queue_message message = {0};
    struct ll_task task;
    enum ll_status status = ll_queue_receive(p->queue, 0, &message, err);
    *ret_received = status == LL_OK;
    if (status == LL_NOT_FOUND)
        return LL_OK;
    if (status != LL_OK)
        return status;
    status = parse_task((struct ll_str){message.body, message.body_len}, &task, err);
    if (status == LL_OK) {
        struct batch *batch = &batches[task.stage];
        memcpy(batch->receipts[batch->count], message.receipt, sizeof(message.receipt));
        batch->tasks[batch->count++] = task;
    } else {
        ll_log_error(LL_LOG_ERROR, "task.unreadable", err);
        status = ll_queue_delete(p->queue, message.receipt, err);
    }
    ll_queue_message_clear(&message);
    return status;
}

static enum ll_status run_stage(struct ll_pipeline *p, enum ll_stage stage,
                                const struct batch *batch, struct ll_outcome *outcome,
                                struct ll_error *err)
{
    enum ll_status status = LL_OK;
    switch (stage) {
    case LL_STAGE_PROCESS:
        return ll_stage_process(p, batch->tasks, batch->count, outcome, err);
    case LL_STAGE_CURATE:
        return ll_stage_curate(p, batch->tasks, batch->count, outcome, err);
    case LL_STAGE_CLOSE:
        for (size_t i = 0; i < batch->count && status == LL_OK; i++)
            status = ll_stage_close(p, &batch->tasks[i], outcome, err);
        return status;
    }
    abort();
}

static bool failed(const struct ll_outcome *outcome, size_t since, const struct ll_task *task)
{
    for (size_t i = since; i < outcome->failure_count; i++)
        if (strcmp(outcome->failures[i].task.id.c, task->id.c) == 0)
            return true;
    return false;
}

static enum ll_status work(struct ll_pipeline *p, enum ll_stage stage, struct batch *batch,
                           struct ll_outcome *outcome, struct ll_error *err)
{
    size_t failures_before = outcome->failure_count;
    if (run_stage(p, stage, batch, outcome, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < batch->count; i++) {
        struct ll_task next = batch->tasks[i];
        if (stage == LL_STAGE_PROCESS && p->warehouse != NULL &&
            !failed(outcome, failures_before, &next)) {
            next.stage = LL_STAGE_CURATE;
            if (ll_runner_enqueue(p, &next, err) != LL_OK)
                return err->status;
        }
        /* Its time ran out and it was delivered again: the next to get it finds it done. */
        enum ll_status status = ll_queue_delete(p->queue, batch->receipts[i], err);
        if (status != LL_OK && status != LL_NOT_FOUND)
            return status;
    }
    batch->count = 0;
    return LL_OK;
}

enum ll_status ll_runner_drain(struct ll_pipeline *p, struct ll_outcome *outcome,
                               struct ll_error *err)
{
    struct batch *batches = ll_xcalloc(LL_STAGE_COUNT, sizeof(*batches));
    int64_t done[LL_STAGE_COUNT] = {0}, seen[LL_STAGE_COUNT] = {0};
    enum ll_status status = LL_OK;
    bool received = true;
    while (status == LL_OK) {
        status = ll_pipeline_go_on(p, err);
        if (status != LL_OK)
            break;
        /* A full batch is worked on at once; the others, earliest stage first, when nothing is left
         * to receive. */
        enum ll_stage stage = LL_STAGE_COUNT;
        for (int i = 0; i < LL_STAGE_COUNT && stage == LL_STAGE_COUNT; i++)
            if (batches[i].count == LL_BATCH_TASKS || (!received && batches[i].count > 0))
                stage = (enum ll_stage)i;
        if (stage == LL_STAGE_COUNT && !received) {
            p->queued = 0;
            break;
        }
        if (stage == LL_STAGE_COUNT) {
            size_t before[LL_STAGE_COUNT];
            for (int i = 0; i < LL_STAGE_COUNT; i++)
                before[i] = batches[i].count;
            status = receive(p, batches, &received, err);
            for (int i = 0; i < LL_STAGE_COUNT; i++)
                seen[i] += (int64_t)(batches[i].count - before[i]);
            continue;
        }
        size_t count = batches[stage].count;
        status = work(p, stage, &batches[stage], outcome, err);
        received = true;
        done[stage] += (int64_t)count;
        if (status == LL_OK && p->progress != NULL)
            p->progress(p->progress_context, stage, done[stage], seen[stage]);
    }
    free(batches);
    return status;
}
