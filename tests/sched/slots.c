#include "sched/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

#define QUARTER 900
#define HOUR 3600

/* "2026-11-24T12:00:05Z"; "" is 0. */
static int64_t at(const char *stamp)
{
    int64_t ms = 0;
    if (stamp[0] != '\0')
        assert_true(ll_stamp_parse(ll_str_of(stamp), &ms));
    return ms / 1000;
}

static struct ll_slots_last last_of(const char *slot, int32_t cadence_s)
{
    return (struct ll_slots_last){
        .known = slot[0] != '\0', .slot_s = at(slot), .cadence_s = cadence_s};
}

static const char *const verdicts[] = {"wait", "collect", "back"};

/* --- decisions */

static const struct decision {
    const char *name, *now, *last;
    int32_t last_cadence_s;
    const char *again;
    int32_t cadence_s, offset_s;
    int64_t sweep_s;
    enum ll_slots_verdict verdict;
    const char *slot, *wake; /* wake: unless collect */
} decisions[] = {
    {"a new lake", "2026-11-24T12:00:00Z", "", 0, "", QUARTER, 0, 0, LL_SLOTS_COLLECT,
     "2026-11-24T12:00:00Z", ""},
    {"a new lake, within a slot", "2026-11-24T12:10:00Z", "", 0, "", QUARTER, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-24T12:00:00Z", ""},
    {"so late that the next is better", "2026-11-24T12:14:00Z", "", 0, "", QUARTER, 0, 0,
     LL_SLOTS_WAIT, "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z"},
    {"sweeps take long", "2026-11-24T12:10:00Z", "", 0, "", QUARTER, 0, 400, LL_SLOTS_WAIT,
     "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z"},
    {"sweeps that take longer than slots", "2026-11-24T12:05:00Z", "", 0, "", QUARTER, 0, 5000,
     LL_SLOTS_COLLECT, "2026-11-24T12:00:00Z", ""},
    {"done", "2026-11-24T12:02:00Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER, 0, 0,
     LL_SLOTS_WAIT, "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z"},
    {"the next one", "2026-11-24T12:15:00Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-24T12:15:00Z", ""},
    {"a second before it", "2026-11-24T12:14:59Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER, 0,
     0, LL_SLOTS_WAIT, "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z"},
    {"offset not reached", "2026-11-24T12:15:29Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER, 30,
     0, LL_SLOTS_WAIT, "2026-11-24T12:15:00Z", "2026-11-24T12:15:30Z"},
    {"offset reached", "2026-11-24T12:15:30Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER, 30, 0,
     LL_SLOTS_COLLECT, "2026-11-24T12:15:00Z", ""},
    {"of a large offset half a slot", "2026-11-24T12:01:00Z", "", 0, "", 60, 3600, 0, LL_SLOTS_WAIT,
     "2026-11-24T12:01:00Z", "2026-11-24T12:01:30Z"},
    {"another attempt, not yet", "2026-11-24T12:02:00Z", "2026-11-24T12:00:00Z", QUARTER,
     "2026-11-24T12:03:00Z", QUARTER, 0, 0, LL_SLOTS_WAIT, "2026-11-24T12:00:00Z",
     "2026-11-24T12:03:00Z"},
    {"another attempt", "2026-11-24T12:03:00Z", "2026-11-24T12:00:00Z", QUARTER,
     "2026-11-24T12:03:00Z", QUARTER, 0, 0, LL_SLOTS_COLLECT, "2026-11-24T12:00:00Z", ""},
    {"no time for another attempt", "2026-11-24T12:13:45Z", "2026-11-24T12:00:00Z", QUARTER,
     "2026-11-24T12:03:00Z", QUARTER, 0, 0, LL_SLOTS_WAIT, "2026-11-24T12:00:00Z",
     "2026-11-24T12:15:00Z"},
    {"another attempt would be in the next slot", "2026-11-24T12:10:00Z", "2026-11-24T12:00:00Z",
     QUARTER, "2026-11-24T12:16:00Z", QUARTER, 0, 0, LL_SLOTS_WAIT, "2026-11-24T12:00:00Z",
     "2026-11-24T12:15:00Z"},
    {"a partial run of long ago", "2026-11-24T18:00:00Z", "2026-11-24T12:00:00Z", QUARTER,
     "2026-11-24T12:03:00Z", QUARTER, 0, 0, LL_SLOTS_COLLECT, "2026-11-24T18:00:00Z", ""},
    {"a jump forward", "2026-11-24T15:31:00Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-24T15:30:00Z", ""},
    {"a jump back by a slot", "2026-11-24T11:59:00Z", "2026-11-24T12:00:00Z", QUARTER, "", QUARTER,
     0, 0, LL_SLOTS_BACK, "2026-11-24T11:45:00Z", "2026-11-24T12:15:00Z"},
    {"a jump back within the slot", "2026-11-24T12:00:01Z", "2026-11-24T12:00:00Z", QUARTER, "",
     QUARTER, 0, 0, LL_SLOTS_WAIT, "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z"},
    {"a jump back over midnight", "2026-11-23T23:59:59Z", "2026-11-24T00:00:00Z", QUARTER, "",
     QUARTER, 30, 0, LL_SLOTS_BACK, "2026-11-23T23:45:00Z", "2026-11-24T00:15:30Z"},
    {"another cadence waits for midnight", "2026-11-24T12:05:00Z", "2026-11-24T12:00:00Z", QUARTER,
     "", 300, 0, 0, LL_SLOTS_WAIT, "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z"},
    {"the last slot before", "2026-11-24T23:45:00Z", "2026-11-24T23:30:00Z", QUARTER, "", 300, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-24T23:45:00Z", ""},
    {"midnight", "2026-11-25T00:00:00Z", "2026-11-24T23:45:00Z", QUARTER, "", 300, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-25T00:00:00Z", ""},
    {"after it the new one holds", "2026-11-25T00:05:00Z", "2026-11-25T00:00:00Z", 300, "", 300, 0,
     0, LL_SLOTS_COLLECT, "2026-11-25T00:05:00Z", ""},
    {"to a longer one", "2026-11-24T12:15:00Z", "2026-11-24T12:00:00Z", QUARTER, "", HOUR, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-24T12:15:00Z", ""},
    {"the day of a longer one", "2026-11-25T00:16:00Z", "2026-11-25T00:00:00Z", HOUR, "", QUARTER,
     0, 0, LL_SLOTS_WAIT, "2026-11-25T00:00:00Z", "2026-11-25T01:00:00Z"},
    {"summer time ends somewhere", "2026-11-01T06:15:00Z", "2026-11-01T06:00:00Z", QUARTER, "",
     QUARTER, 0, 0, LL_SLOTS_COLLECT, "2026-11-01T06:15:00Z", ""},
    {"once a day", "2026-11-25T00:00:00Z", "2026-11-24T00:00:00Z", 86400, "", 86400, 0, 0,
     LL_SLOTS_COLLECT, "2026-11-25T00:00:00Z", ""},
};

static void decides(void **state LL_UNUSED)
{
    for (size_t i = 0; i < LL_COUNT(decisions); i++) {
        const struct decision *c = &decisions[i];
        struct ll_slots_view view = {.now_s = at(c->now),
                                     .cadence_s = c->cadence_s,
                                     .offset_s = c->offset_s,
                                     .sweep_s = c->sweep_s,
                                     .last = last_of(c->last, c->last_cadence_s)};
        view.last.again_s = at(c->again);
        struct ll_slots_plan plan = ll_slots_decide(&view);
        if (plan.verdict != c->verdict || plan.slot_s != at(c->slot) ||
            (c->wake[0] != '\0' && plan.wake_s != at(c->wake)))
            fail_msg("%s: %s, slot %s, wake %s", c->name, verdicts[plan.verdict],
                     ll_stamp_format(plan.slot_s).c, ll_stamp_format(plan.wake_s).c);
    }
}

/* --- missed slots */

static const struct gap {
    const char *name, *now, *last;
    int32_t last_cadence_s, cadence_s;
    int count;
    const char *first, *final;
} gaps[] = {
    {"no run is known", "2026-11-24T12:00:00Z", "", 0, QUARTER, 0, "", ""},
    {"none", "2026-11-24T12:15:00Z", "2026-11-24T12:00:00Z", QUARTER, QUARTER, 0, "", ""},
    {"still the same slot", "2026-11-24T12:14:59Z", "2026-11-24T12:00:00Z", QUARTER, QUARTER, 0, "",
     ""},
    {"one", "2026-11-24T12:30:00Z", "2026-11-24T12:00:00Z", QUARTER, QUARTER, 1,
     "2026-11-24T12:15:00Z", "2026-11-24T12:15:00Z"},
    {"the current one is not missed yet", "2026-11-24T12:44:59Z", "2026-11-24T12:00:00Z", QUARTER,
     QUARTER, 1, "2026-11-24T12:15:00Z", "2026-11-24T12:15:00Z"},
    {"the clock went back", "2026-11-24T11:00:00Z", "2026-11-24T12:00:00Z", QUARTER, QUARTER, 0, "",
     ""},
    {"a day and more", "2026-11-25T13:00:00Z", "2026-11-24T12:00:00Z", QUARTER, QUARTER, 99,
     "2026-11-24T12:15:00Z", "2026-11-25T12:45:00Z"},
    {"the cadence became longer at midnight", "2026-11-25T02:10:00Z", "2026-11-24T23:00:00Z",
     QUARTER, HOUR, 5, "2026-11-24T23:15:00Z", "2026-11-25T01:00:00Z"},
    {"or shorter", "2026-11-25T00:30:00Z", "2026-11-24T22:00:00Z", HOUR, QUARTER, 3,
     "2026-11-24T23:00:00Z", "2026-11-25T00:15:00Z"},
    {"away for a year: 31 days", "2026-11-24T12:07:00Z", "2025-11-24T12:00:00Z", QUARTER, QUARTER,
     31 * 96 - 1, "2026-10-24T12:15:00Z", "2026-11-24T11:45:00Z"},
};

static void finds_missed_slots(void **state LL_UNUSED)
{
    for (size_t i = 0; i < LL_COUNT(gaps); i++) {
        const struct gap *c = &gaps[i];
        const struct ll_slots_view view = {.now_s = at(c->now),
                                           .cadence_s = c->cadence_s,
                                           .last = last_of(c->last, c->last_cadence_s)};
        struct ll_slots_gap gap = ll_slots_missed(&view);
        int64_t slot_s = 0, first_s = 0;
        int32_t cadence_s = 0;
        int count = 0;
        while (ll_slots_gap_next(&gap, &view, &slot_s, &cadence_s)) {
            first_s = count++ == 0 ? slot_s : first_s;
            assert_int_equal(slot_s % cadence_s, 0);
            assert_int_equal(cadence_s, ll_slots_cadence(&view, slot_s));
        }
        if (count != c->count || first_s != at(c->first) || slot_s != at(c->final))
            fail_msg("%s: %d from %s to %s", c->name, count, ll_stamp_format(first_s).c,
                     ll_stamp_format(slot_s).c);
    }
}

static void waits_longer_and_longer(void **state LL_UNUSED)
{
    static const int64_t quarter[] = {30, 60, 120, 225, 225};
    for (int i = 0; i < 5; i++)
        assert_int_equal(ll_slots_pause_s(i + 1, QUARTER), quarter[i]);
    assert_int_equal(ll_slots_pause_s(1, 60), 15);
    assert_int_equal(ll_slots_pause_s(50, 86400), 21600);
}

/* --- a life: whatever the clock and the luck, no slot twice, none out of order, none forgotten */

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static int32_t pick_cadence(uint32_t *seed)
{
    static const int32_t cadences[] = {60, 300, QUARTER, HOUR, 86400};
    return cadences[dice(seed) % LL_COUNT(cadences)];
}

static void take(struct ll_slots_view *view, int64_t slot_s, int32_t cadence_s)
{
    if (view->last.known) {
        assert_true(slot_s >= view->last.slot_s + view->last.cadence_s);
        if (ll_day_of(slot_s) == ll_day_of(view->last.slot_s)) {
            assert_int_equal(cadence_s, view->last.cadence_s);
            assert_int_equal(slot_s, view->last.slot_s + cadence_s); /* else it was forgotten */
        } else {
            assert_int_equal(view->last.slot_s + view->last.cadence_s, slot_s);
        }
    }
    view->last = (struct ll_slots_last){.known = true, .slot_s = slot_s, .cadence_s = cadence_s};
}

static void live(uint32_t seed)
{
    struct ll_slots_view view = {.now_s = at("2026-11-24T12:00:00Z"),
                                 .cadence_s = pick_cadence(&seed)};
    for (int step = 0; step < 3000; step++) {
        int64_t slot_s;
        int32_t cadence_s;
        struct ll_slots_gap gap = ll_slots_missed(&view);
        while (ll_slots_gap_next(&gap, &view, &slot_s, &cadence_s))
            take(&view, slot_s, cadence_s);
        struct ll_slots_plan plan = ll_slots_decide(&view);
        if (plan.verdict == LL_SLOTS_COLLECT) {
            assert_true(plan.slot_s <= view.now_s && view.now_s < plan.slot_s + plan.cadence_s);
            view.now_s += dice(&seed) % (uint32_t)(plan.cadence_s * 2);
            take(&view, plan.slot_s, plan.cadence_s);
        } else {
            assert_true(plan.wake_s > view.now_s);
            view.now_s = plan.wake_s;
        }
        uint32_t luck = dice(&seed) % 100;
        if (luck < 3)
            view.now_s += dice(&seed) % (2 * LL_DAY_S);
        else if (luck < 6)
            view.now_s -= dice(&seed) % LL_DAY_S;
        else if (luck < 8)
            view.cadence_s = pick_cadence(&seed);
    }
}

static void lives_in_order(void **state LL_UNUSED)
{
    for (uint32_t seed = 1; seed <= 200; seed++)
        live(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides),
        cmocka_unit_test(finds_missed_slots),
        cmocka_unit_test(waits_longer_and_longer),
        cmocka_unit_test(lives_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
