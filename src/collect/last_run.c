/* Who was live at the last run: the sweep's only memory is the raw layer. */
#include "base/log.h"
#include "collect/ingest.h"
#include "collect/raw_lines.h"
#include "source/envelope.h"

#define PARTIAL_SLOTS_MAX 4 /* that are read in search of a complete one */

struct reading {
    struct ll_live *live;
    struct ll_page page;
    struct ll_arena arena;
};

static enum ll_status take_line(void *context, struct ll_str line, struct ll_error *err)
{
    struct reading *reading = context;
    struct ll_envelope_answer answer;
    ll_arena_reset(&reading->arena);
    if (ll_envelope_read(line, &reading->arena, &answer, err) != LL_OK || answer.status != 200 ||
        ll_page_read(&reading->page, answer.body, err) != LL_OK)
        return LL_OK; /* processing says what is wrong with it */
    for (size_t i = 0; i < reading->page.count; i++)
        ll_live_add(reading->live, &reading->page.rows[i], true);
    return LL_OK;
}

static enum ll_status read_run(struct ll_store *store, const struct ll_manifest *run,
                               struct ll_live *live, struct ll_error *err)
{
    struct reading reading = {.live = live};
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < run->object_count && status == LL_OK; i++) {
        status = ll_raw_lines(store, &run->objects[i], take_line, &reading, err);
        if (status == LL_CORRUPT || status == LL_LIMIT || status == LL_NOT_FOUND) {
            ll_log_error(LL_LOG_WARN, "sweep.last_run_damaged", err);
            status = LL_OK;
        }
    }
    ll_page_clear(&reading.page);
    ll_arena_clear(&reading.arena);
    return status;
}

bool ll_live_is_damage(enum ll_status status)
{
    return status == LL_CORRUPT || status == LL_NOT_FOUND || status == LL_UNSUPPORTED ||
           status == LL_LIMIT;
}

/* Reads the attempt of an entry into *live when it is one of Twitch with rows. */
static enum ll_status read_entry(struct ll_store *store, const struct ll_manifest_entry *entry,
                                 struct ll_live *live, bool *ret_complete, struct ll_error *err)
{
    struct ll_manifest m = {0};
    enum ll_status status = ll_manifest_get(store, LL_LAYER_RAW, entry, &m, NULL, err);
    if (ll_live_is_damage(status)) {
        ll_log_error(LL_LOG_WARN, "sweep.last_run_damaged", err);
        return LL_OK;
    }
    if (status == LL_OK && m.dropped.generation == 0 && ll_str_equal(m.source, LL_STR("twitch")))
        status = read_run(store, &m, live, err);
    *ret_complete = status == LL_OK && m.status == LL_RUN_COMPLETE && live->count > 0;
    ll_manifest_clear(&m);
    return status;
}

/* All attempts at a slot, until a complete one; of partial ones the largest stays in *best. */
static enum ll_status read_slot(struct ll_store *store, struct ll_manifest_entry entry,
                                struct ll_live *best, bool *ret_complete, struct ll_error *err)
{
    for (; entry.generation > 0 && !*ret_complete; entry.generation--) {
        struct ll_live live = {0};
        enum ll_status status = read_entry(store, &entry, &live, ret_complete, err);
        if (status == LL_OK && (*ret_complete || live.count > best->count)) {
            struct ll_live smaller = *best;
            *best = live;
            live = smaller;
        }
        ll_live_clear(&live);
        if (status != LL_OK)
            return status;
    }
    return LL_OK;
}

enum ll_status ll_live_at_last_run(struct ll_store *store, int64_t slot_s, struct ll_live *ret,
                                   struct ll_error *err)
{
    struct ll_manifest_list list = {0};
    int64_t from_s = slot_s - LL_LAST_SWEEP_MAX_S;
    enum ll_status status = ll_manifest_list_days(store, LL_LAYER_RAW, ll_day_of(from_s),
                                                  ll_day_of(slot_s), &list, err);
    bool complete = false;
    int partial_slots = 0;
    for (size_t i = list.count; status == LL_OK && i > 0 && !complete; i--) {
        const struct ll_manifest_entry *entry = &list.entries[i - 1];
        int64_t at_s = 0;
        if (!ll_run_id_parse(ll_str_of(entry->id.c), &at_s) || at_s < from_s || at_s >= slot_s)
            continue;
        status = read_slot(store, *entry, ret, &complete, err);
        if (!complete && ret->count > 0 && ++partial_slots == PARTIAL_SLOTS_MAX)
            break;
    }
    ll_manifest_list_clear(&list);
    return status;
}
