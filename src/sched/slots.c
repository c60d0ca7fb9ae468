#include "sched/slots.h"

#include <assert.h>

#include "base/time.h"

#define PAUSE_FIRST_S 30
#define LATE_SHARE 10 /* a tenth of a slot must be left to begin it */

int32_t ll_slots_cadence(const struct ll_slots_view *view, int64_t at_s)
{
    const struct ll_slots_last *last = &view->last;
    if (last->known && ll_day_of(last->slot_s) == ll_day_of(at_s))
        return last->cadence_s;
    return view->cadence_s;
}

int64_t ll_slots_pause_s(int attempts, int32_t cadence_s)
{
    assert(attempts >= 1);
    int64_t pause_s = PAUSE_FIRST_S, most_s = cadence_s / 4;
    for (int i = 1; i < attempts && pause_s < most_s; i++)
        pause_s *= 2;
    return pause_s < most_s ? pause_s : most_s;
}

static int64_t begin_of(const struct ll_slots_view *view, int64_t slot_s)
{
    int32_t half_s = ll_slots_cadence(view, slot_s) / 2;
    return slot_s + (view->offset_s < half_s ? view->offset_s : half_s);
}

/* Whether so little of the slot is left that a sweep would run into the next one. */
static bool is_late(const struct ll_slots_view *view, const struct ll_slots_plan *plan)
{
    int64_t needed_s = plan->cadence_s / LATE_SHARE;
    if (view->sweep_s > needed_s)
        needed_s = view->sweep_s < plan->cadence_s / 2 ? view->sweep_s : plan->cadence_s / 2;
    return plan->slot_s + plan->cadence_s - view->now_s < needed_s;
}

struct ll_slots_plan ll_slots_decide(const struct ll_slots_view *view)
{
    const struct ll_slots_last *last = &view->last;
    int32_t cadence_s = ll_slots_cadence(view, view->now_s);
    assert(cadence_s > 0 && LL_DAY_S % cadence_s == 0);
    struct ll_slots_plan plan = {.verdict = LL_SLOTS_WAIT,
                                 .slot_s = ll_slot_of(view->now_s, cadence_s),
                                 .cadence_s = cadence_s};
    int64_t next_s = begin_of(view, plan.slot_s + cadence_s);
    if (last->known && last->slot_s > plan.slot_s) {
        plan.verdict = LL_SLOTS_BACK;
        plan.wake_s = begin_of(view, last->slot_s + last->cadence_s);
        return plan;
    }
    plan.wake_s = next_s;
    if (last->known && last->slot_s == plan.slot_s) {
        if (last->again_s == 0 || is_late(view, &plan))
            return plan;
        if (view->now_s >= last->again_s)
            plan.verdict = LL_SLOTS_COLLECT;
        else if (last->again_s < next_s)
            plan.wake_s = last->again_s;
        return plan;
    }
    if (view->now_s < begin_of(view, plan.slot_s))
        plan.wake_s = begin_of(view, plan.slot_s);
    else if (!is_late(view, &plan))
        plan.verdict = LL_SLOTS_COLLECT;
    return plan;
}

struct ll_slots_gap ll_slots_missed(const struct ll_slots_view *view)
{
    const struct ll_slots_last *last = &view->last;
    struct ll_slots_gap gap = {0};
    if (!last->known)
        return gap;
    int64_t earliest_s = view->now_s - LL_SLOTS_MISSED_MAX_S;
    gap.end_s = ll_slot_of(view->now_s, ll_slots_cadence(view, view->now_s));
    gap.next_s = last->slot_s + last->cadence_s;
    if (gap.next_s < earliest_s) {
        int32_t cadence_s = ll_slots_cadence(view, earliest_s);
        gap.next_s = ll_slot_of(earliest_s + cadence_s - 1, cadence_s);
    }
    return gap;
}

bool ll_slots_gap_next(struct ll_slots_gap *gap, const struct ll_slots_view *view,
                       int64_t *ret_slot_s, int32_t *ret_cadence_s)
{
    if (gap->next_s >= gap->end_s)
        return false;
    *ret_slot_s = gap->next_s;
    *ret_cadence_s = ll_slots_cadence(view, gap->next_s);
    gap->next_s += *ret_cadence_s;
    return true;
}
