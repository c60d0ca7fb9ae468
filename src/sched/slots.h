/* Which slot to collect now, when to look again, and which slots were missed: pure decisions from
 * the time and what the lake holds. All is UTC, so summer time does not exist here.
 *
 *   - A slot is collected from its start (plus an offset) on, once; when that came to nothing whole
 *     it is tried again within the slot, later and later, while there is time.
 *   - The cadence changes at 00:00 UTC only: a day goes on with the cadence of its newest run.
 *   - The clock went forward, or nobody collected: the slots between were missed.
 *   - The clock went back: nothing is collected until it is past the newest run's slot again. Where
 *     that is more than LL_SLOTS_BACK_MAX_S away, it is that run whose clock was wrong: it is
 * passed over, and the newest run before now counts (the caller looks it up). */
#ifndef LL_SCHED_SLOTS_H
#define LL_SCHED_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define LL_SLOTS_BACK_MAX_S 86400
#define LL_SLOTS_MISSED_MAX_S (31 * 86400) /* so far back missed slots are recorded */

/* The newest run that is known, of any status. */
struct ll_slots_last {
    bool known;
    int64_t slot_s;
    int32_t cadence_s;
    int64_t again_s; /* not before this time another attempt at its slot; 0 = it is done */
};

struct ll_slots_view {
    int64_t now_s;
    int32_t cadence_s; /* as configured; divides a day */
    int32_t offset_s;  /* of a slot's begin; less than its half is used */
    int64_t
        sweep_s; /* what a sweep took lately: with less left, a slot is not begun; 0 = unknown */
    struct ll_slots_last last;
};

enum ll_slots_verdict {
    LL_SLOTS_WAIT,    /* until wake_s */
    LL_SLOTS_COLLECT, /* slot_s, now */
    LL_SLOTS_BACK,    /* the clock went back: wait until wake_s */
};

struct ll_slots_plan {
    enum ll_slots_verdict verdict;
    int64_t slot_s; /* the current one */
    int32_t cadence_s;
    int64_t wake_s;
};

struct ll_slots_plan ll_slots_decide(const struct ll_slots_view *view);

/* The cadence at a time: that of the newest run on its day, else the configured one. */
int32_t ll_slots_cadence(const struct ll_slots_view *view, int64_t at_s);

/* How long to wait before attempt number `attempts` + 1 at a slot (attempts >= 1): half a minute,
 * doubling, to a quarter of the slot. */
int64_t ll_slots_pause_s(int attempts, int32_t cadence_s);

/* The slots after the newest run and before the current one, oldest first. None where no run is
 * known: what was before the first run was not missed. */
struct ll_slots_gap {
    int64_t next_s, end_s;
};
struct ll_slots_gap ll_slots_missed(const struct ll_slots_view *view);
bool ll_slots_gap_next(struct ll_slots_gap *gap, const struct ll_slots_view *view,
                       int64_t *ret_slot_s, int32_t *ret_cadence_s);

#endif
