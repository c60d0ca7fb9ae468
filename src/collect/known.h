/* What raw knows of slots: the newest run that was collected, and slots that nobody collected. */
#ifndef LL_COLLECT_KNOWN_H
#define LL_COLLECT_KNOWN_H

#include "lake/manifest.h"

struct ll_known_run {
    bool known;
    struct ll_id id;
    int64_t slot_s;
    int32_t cadence_s;
    enum ll_run_status status; /* of its last attempt */
};

struct ll_known_view {
    int64_t now_s, until_s; /* until_s >= now_s */
    int32_t fallback_s;
};

/* The newest run of Twitch whose slot is not after until_s, also one that was missed. Runs of
 * imports do not count: before the first sweep nothing was missed. A manifest that cannot be read
 * counts, with a cadence of fallback_s. Looks at the last 31 days, and at the newest run before.
 *
 * A slot that is said to be missed and is not over by now_s was recorded by a clock that went
 * wrong, as were the runs after it: neither counts. */
enum ll_status ll_known_newest(struct ll_store *store, const struct ll_known_view *view,
                               struct ll_known_run *ret, struct ll_error *err) LL_MUST_CHECK;

/* A slot that nobody collected. */
struct ll_missed {
    int64_t slot_s;
    int32_t cadence_s;
    struct ll_str why; /* in words: "livelake was not running" */
};

/* Puts a run of status missed, without objects, for a slot of which raw has nothing; where it has
 * something, that stays, and *ret_put is false. Not synced. */
enum ll_status ll_known_put_missed(struct ll_store *store, const struct ll_missed *missed,
                                   bool *ret_put, struct ll_error *err) LL_MUST_CHECK;

#endif
