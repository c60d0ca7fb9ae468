/* Finds what is committed in one layer and has no successor in the next. */
#include <string.h>

#include "pipeline/pipeline.h"
#include "pipeline/rows.h"

#define FEW_DAYS 64 /* are listed one by one: a lake of years has many manifests */

static enum ll_status list_range(struct ll_pipeline *p, enum ll_layer layer,
                                 struct ll_reconcile_range range, struct ll_manifest_list *ret,
                                 struct ll_error *err)
{
    if (range.to_day - range.from_day >= FEW_DAYS)
        return ll_manifest_list_all(p->lake->store, layer, ret, err);
    return ll_manifest_list_days(p->lake->store, layer, range.from_day, range.to_day, ret, err);
}

enum ll_status ll_reconcile_process(struct ll_pipeline *p, struct ll_reconcile_range range,
                                    struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_manifest_list raw;
    if (list_range(p, LL_LAYER_RAW, range, &raw, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < raw.count && status == LL_OK; i++) {
        const struct ll_task task = {
            .stage = LL_STAGE_PROCESS, .day = raw.entries[i].day, .id = raw.entries[i].id};
        if (task.day >= range.from_day && task.day <= range.to_day)
            status = ll_runner_submit(p, &task, outcome, err);
    }
    ll_manifest_list_clear(&raw);
    return status;
}

static bool published(const struct ll_batch *days, const struct ll_manifest_entry *entry)
{
    int64_t row = ll_rows_find(days, entry->id.c); /* a closed day's id is its date */
    if (row < 0)
        return false;
    size_t at = (size_t)row;
    return ll_batch_get_bool(days, 1, at) && !ll_batch_get_bool(days, 2, at) &&
           ll_batch_get_i32(days, 4, at) == entry->generation;
}

static enum ll_status submit_close(struct ll_pipeline *p, int32_t day, struct ll_outcome *outcome,
                                   struct ll_error *err)
{
    const struct ll_task task = ll_task_close(day);
    return ll_runner_submit(p, &task, outcome, err);
}

enum ll_status ll_reconcile_publish(struct ll_pipeline *p, struct ll_reconcile_range range,
                                    struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_manifest_list history = {0};
    struct ll_batch days = {0};
    enum ll_status status = list_range(p, LL_LAYER_HISTORY, range, &history, err);
    if (status == LL_OK)
        status = ll_warehouse_query(p->warehouse, "day/all", NULL, 0, &days, err);
    for (size_t i = 0; i < history.count && status == LL_OK; i++) {
        const struct ll_manifest_entry *entry = &history.entries[i];
        if (entry->day >= range.from_day && entry->day <= range.to_day && !published(&days, entry))
            status = submit_close(p, entry->day, outcome, err);
    }
    ll_manifest_list_clear(&history);
    ll_batch_clear(&days);
    return status;
}

static int ledger_generation(const struct ll_batch *ledger, const char *id)
{
    int64_t row = ll_rows_find(ledger, id);
    return row < 0 ? 0 : ll_batch_get_i32(ledger, 1, (size_t)row);
}

/* Whether the ledger has what an entry stands for, whose objects were dropped after it was loaded.
 */
static enum ll_status loaded_before_dropped(struct ll_pipeline *p,
                                            const struct ll_manifest_entry *entry, int loaded,
                                            bool *ret, struct ll_error *err)
{
    struct ll_manifest m;
    if (loaded == 0 || loaded >= entry->generation)
        return LL_OK;
    if (ll_manifest_get(p->lake->store, LL_LAYER_PROCESSED, entry, &m, NULL, err) != LL_OK)
        return ll_task_is_to_blame(err->status) ? LL_OK : err->status; /* the stage says it */
    *ret = m.dropped.generation > 0 && m.dropped.generation == loaded;
    ll_manifest_clear(&m);
    return LL_OK;
}

enum ll_status ll_reconcile_curate(struct ll_pipeline *p, struct ll_reconcile_range range,
                                   struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_manifest_list processed = {0};
    struct ll_batch ledger = {0};
    enum ll_status status = list_range(p, LL_LAYER_PROCESSED, range, &processed, err);
    if (status == LL_OK)
        status = ll_warehouse_query(p->warehouse, "ledger/all", NULL, 0, &ledger, err);
    for (size_t i = 0; i < processed.count && status == LL_OK; i++) {
        const struct ll_manifest_entry *entry = &processed.entries[i];
        const struct ll_task task = {.stage = LL_STAGE_CURATE, .day = entry->day, .id = entry->id};
        int loaded = ledger_generation(&ledger, entry->id.c);
        if (entry->day < range.from_day || entry->day > range.to_day || loaded == entry->generation)
            continue;
        bool dropped = false;
        status = loaded_before_dropped(p, entry, loaded, &dropped, err);
        if (status == LL_OK && !dropped)
            status = ll_runner_submit(p, &task, outcome, err);
    }
    ll_manifest_list_clear(&processed);
    ll_batch_clear(&ledger);
    return status;
}

enum ll_status ll_reconcile_close(struct ll_pipeline *p, struct ll_reconcile_range range,
                                  struct ll_outcome *outcome, struct ll_error *err)
{
    struct ll_manifest_list processed = {0}, history = {0};
    int64_t now_s = ll_clock_now_s(p->clock);
    int32_t last = INT32_MIN;
    enum ll_status status = list_range(p, LL_LAYER_PROCESSED, range, &processed, err);
    if (status == LL_OK)
        status = list_range(p, LL_LAYER_HISTORY, range, &history, err);
    for (size_t i = 0; i < processed.count && status == LL_OK; i++) {
        int32_t day = processed.entries[i].day;
        if (day == last || day < range.from_day || day > range.to_day ||
            !ll_id_is_run(ll_str_of(processed.entries[i].id.c)) || !ll_day_closable(day, now_s))
            continue;
        last = day;
        if (ll_manifest_list_find(&history, day, ll_id_day(day).c) == NULL)
            status = submit_close(p, day, outcome, err);
    }
    ll_manifest_list_clear(&processed);
    ll_manifest_list_clear(&history);
    return status;
}
