/* Twitch's categories: Get Games, by id. */
#include <inttypes.h>
#include <stdlib.h>

#include "collect/reference_internal.h"

#define BATCH 100 /* ids in one request; more is 400 (F 45) */

void ll_categories_write(const struct ll_reference_job *job, struct ll_buf *target)
{
    ll_buf_add(target, LL_STR("/games"));
    for (size_t i = 0; i < job->id_count; i++)
        ll_buf_printf(target, "%cid=%" PRId64, i == 0 ? '?' : '&', job->ids[i]);
}

static bool is_time(const struct ll_refresh *refresh)
{
    const struct ll_reference_memory *memory = refresh->memory;
    int64_t last_s = memory->complete_s[LL_REFERENCE_CATEGORIES];
    int32_t interval_s =
        refresh->options->interval_s > 0 ? refresh->options->interval_s : LL_REFERENCE_INTERVAL_S;
    return !memory->in_slot[LL_REFERENCE_CATEGORIES] &&
           (last_s == 0 || memory->slot_s - last_s >= interval_s);
}

enum ll_status ll_categories_ask(struct ll_refresh *refresh, struct ll_error *err)
{
    const struct ll_reference_options *options = refresh->options;
    int64_t ids[BATCH];
    struct ll_reference_job job = {.resource = LL_REFERENCE_CATEGORIES, .ids = ids};
    if (!is_time(refresh))
        return LL_OK;
    for (size_t i = 0; i < options->category_count; i++) {
        int64_t id = options->category_ids[i];
        if (id <= 0)
            continue;
        struct ll_known *known = ll_known_at(&refresh->memory->categories, id);
        if (known->asked_s > 0 || known->queued) /* what is remembered is less than a day old */
            continue;
        known->queued = true;
        ids[job.id_count++] = id;
        if (job.id_count == BATCH) {
            if (ll_reference_ask(refresh, &job, err) != LL_OK)
                return err->status;
            job.id_count = 0;
        }
    }
    return job.id_count > 0 ? ll_reference_ask(refresh, &job, err) : LL_OK;
}
