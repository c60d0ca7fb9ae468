/* The stages and what runs them.
 *
 *   import -> raw --process--> processed --curate--> warehouse --close--> history (-> warehouse)
 *
 * A stage is a function from committed objects of one layer to committed objects of the next; what
 * is done is what has a manifest (or, in the warehouse, a ledger row). Run twice, it gives the same
 * bytes; killed, it leaves nothing visible. The runner takes tasks from the queue, at most
 * LL_BATCH_TASKS of one stage at a time, so that one sync and one transaction serve many runs. */
#ifndef LL_PIPELINE_PIPELINE_H
#define LL_PIPELINE_PIPELINE_H

#include "base/clock.h"
#include "lake/lake.h"
#include "queue/queue.h"
#include "warehouse/warehouse.h"

#define LL_BATCH_TASKS 96
#define LL_QUEUED_MAX 4096 /* see ll_runner_submit */

enum ll_stage { LL_STAGE_PROCESS, LL_STAGE_CURATE, LL_STAGE_CLOSE };
#define LL_STAGE_COUNT 3

struct ll_pipeline {
    struct ll_lake *lake;
    struct ll_warehouse *warehouse; /* NULL where only raw and processed are worked on */
    struct ll_clock *clock;
    struct ll_queue *queue;
    int64_t queued; /* tasks sent since the queue was last found empty */
    bool force;     /* do again what is up to date (replay) */
    /* For verify: what was collected since then may not be processed yet, since its owner is at
     * work; epoch ms, 0 = nobody is. */
    int64_t fresh_ms;
    bool revive; /* process also what retention dropped: a day is to be built of it */
    /* Called after every batch; total may grow. NULL = none. */
    void (*progress)(void *context, enum ll_stage stage, int64_t done, int64_t total);
    void *progress_context;
    bool (*cancelled)(void *context); /* asked between tasks; NULL = never */
    void *cancel_context;
};

/* One thing to do: a run or reference dump to process or curate, or a day to close or publish. */
struct ll_task {
    enum ll_stage stage;
    int32_t day;
    struct ll_id id;
};

struct ll_task_failure {
    struct ll_task task;
    struct ll_error error;
};

struct ll_outcome {
    int64_t done[LL_STAGE_COUNT];    /* tasks that changed something */
    int64_t current[LL_STAGE_COUNT]; /* tasks that were up to date already */
    int64_t waiting;                 /* late runs of sealed days: kept in raw, not merged */
    struct ll_task_failure *failures;
    size_t failure_count;
};
void ll_outcome_clear(struct ll_outcome *outcome);
/* Takes what came of more, which is cleared. */
void ll_outcome_add(struct ll_outcome *outcome, struct ll_outcome *more);
/* Notes a failed task; the error is copied. */
void ll_outcome_fail(struct ll_outcome *outcome, const struct ll_task *task,
                     const struct ll_error *error);

const char *ll_stage_name(enum ll_stage stage); /* "process", "curate", "close" */
struct ll_task ll_task_close(int32_t day);
/* Whether a failure is the task's own (damaged, gone, too large, …); the others, such as a full
 * disk, would meet every task. */
bool ll_task_is_to_blame(enum ll_status status);
/* LL_CANCELLED when the pipeline was asked to stop. */
enum ll_status ll_pipeline_go_on(const struct ll_pipeline *p, struct ll_error *err) LL_MUST_CHECK;

/* --- stages: each works on a batch, skips what is current, notes failures task by task. A status
 * other than LL_OK is a failure of the whole (disk full, cancelled): nothing of the batch counts.
 */
enum ll_status ll_stage_process(struct ll_pipeline *p, const struct ll_task *tasks, size_t count,
                                struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
/* For verify: whether processed holds what raw decodes to. ret_problem is static text, left alone
 * when there is none. *ret_waits: it is not processed yet, and need not be (fresh_ms). */
enum ll_status ll_process_check(struct ll_pipeline *p, const struct ll_task *task,
                                struct ll_str *ret_problem, bool *ret_waits,
                                struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_stage_curate(struct ll_pipeline *p, const struct ll_task *tasks, size_t count,
                               struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_stage_close(struct ll_pipeline *p, const struct ll_task *task,
                              struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;

/* Brings the warehouse's settings (overrides, zone of imports) up to the lake's; before curating.
 */
enum ll_status ll_curate_settings(struct ll_pipeline *p, struct ll_error *err) LL_MUST_CHECK;

/* --- runner */
enum ll_status ll_runner_enqueue(struct ll_pipeline *p, const struct ll_task *task,
                                 struct ll_error *err) LL_MUST_CHECK;
/* As enqueue, but first works the queue off when LL_QUEUED_MAX tasks were sent, so that a queue in
 * memory stays small however many there are to do. Not from within a stage. */
enum ll_status ll_runner_submit(struct ll_pipeline *p, const struct ll_task *task,
                                struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
/* Works until the queue is empty. Successors (process -> curate, late run -> close) are enqueued
 * when there is a warehouse. */
enum ll_status ll_runner_drain(struct ll_pipeline *p, struct ll_outcome *outcome,
                               struct ll_error *err) LL_MUST_CHECK;

/* --- reconcile: submits what may lack a successor, for days in [from_day, to_day]; drain
 * afterwards. Every raw run is submitted: only the stage itself sees whether it is up to date. */
struct ll_reconcile_range {
    int32_t from_day, to_day;
};
#define LL_RECONCILE_ALL ((struct ll_reconcile_range){0, 2932896})
enum ll_status ll_reconcile_process(struct ll_pipeline *p, struct ll_reconcile_range range,
                                    struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
/* Closed days whose history the warehouse does not have (it is new, or was lost), and days that
 * wait for a rebuild. Drain before ll_reconcile_curate: their runs then need no loading. */
enum ll_status ll_reconcile_publish(struct ll_pipeline *p, struct ll_reconcile_range range,
                                    struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_reconcile_curate(struct ll_pipeline *p, struct ll_reconcile_range range,
                                   struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
/* Days with runs in the range that may be closed and have no history yet. */
enum ll_status ll_reconcile_close(struct ll_pipeline *p, struct ll_reconcile_range range,
                                  struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;
/* A day may be closed 26 h after its start: its last slot had two hours to arrive. */
bool ll_day_closable(int32_t day, int64_t now_s);

/* --- garbage: objects no manifest names, and superseded manifests of processed and history. */
struct ll_garbage {
    int64_t objects, bytes;
};
enum ll_status ll_collect_garbage(struct ll_store *store, struct ll_garbage *ret,
                                  struct ll_error *err) LL_MUST_CHECK;

#endif
