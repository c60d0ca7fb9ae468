#include "collect/known.h"

#include "base/log.h"
#include "collect/ingest.h"

#define SOURCE "twitch"
#define WINDOW_DAYS 31

/* Whether the entry is a run of ours; *ret is only written then. */
static enum ll_status look_at(struct ll_store *store, const struct ll_manifest_entry *entry,
                              int32_t fallback_s, struct ll_known_run *ret, struct ll_error *err)
{
    struct ll_known_run run = {
        .known = true, .id = entry->id, .cadence_s = fallback_s, .status = LL_RUN_FAILED};
    struct ll_manifest m = {0};
    if (!ll_run_id_parse(ll_str_of(entry->id.c), &run.slot_s))
        return LL_OK;
    enum ll_status status = ll_manifest_get(store, LL_LAYER_RAW, entry, &m, NULL, err);
    if (ll_live_is_damage(status)) {
        ll_log_error(LL_LOG_WARN, "run.manifest_damaged", err);
        *ret = run;
        return LL_OK;
    }
    if (status != LL_OK)
        return status;
    if (ll_str_equal(m.source, LL_STR(SOURCE))) {
        *ret = run;
        ret->status = m.status;
        if (m.cadence_s > 0 && LL_DAY_S % m.cadence_s == 0)
            ret->cadence_s = m.cadence_s;
    }
    ll_manifest_clear(&m);
    return LL_OK;
}

static bool is_until(const struct ll_manifest_entry *entry, int64_t until_s)
{
    int64_t slot_s;
    return ll_run_id_parse(ll_str_of(entry->id.c), &slot_s) && slot_s <= until_s;
}

/* The newest run before a day, if it is ours. */
static enum ll_status look_before(struct ll_store *store, int32_t day, int32_t fallback_s,
                                  struct ll_known_run *ret, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_all(store, LL_LAYER_RAW, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    size_t i = list.count;
    while (i > 0 &&
           (list.entries[i - 1].day >= day || !ll_id_is_run(ll_str_of(list.entries[i - 1].id.c))))
        i--;
    if (i > 0)
        status = look_at(store, &list.entries[i - 1], fallback_s, ret, err);
    ll_manifest_list_clear(&list);
    return status;
}

/* Goes back from the end of the list to what is over by now; *ret is the newest that counts. */
static enum ll_status look_back(struct ll_store *store, const struct ll_manifest_list *list,
                                const struct ll_known_view *view, struct ll_known_run *ret,
                                struct ll_error *err)
{
    bool over = false;
    enum ll_status status = LL_OK;
    for (size_t i = list->count; i > 0 && status == LL_OK && !over; i--) {
        struct ll_known_run run = {0};
        if (!is_until(&list->entries[i - 1], view->until_s))
            continue;
        status = look_at(store, &list->entries[i - 1], view->fallback_s, &run, err);
        if (status != LL_OK || !run.known)
            continue;
        over = run.slot_s + run.cadence_s <= view->now_s;
        if (!over && run.status == LL_RUN_MISSED)
            *ret = (struct ll_known_run){0};
        else if (!ret->known)
            *ret = run;
    }
    return status;
}

enum ll_status ll_known_newest(struct ll_store *store, const struct ll_known_view *view,
                               struct ll_known_run *ret, struct ll_error *err)
{
    struct ll_manifest_list list;
    struct ll_known_run found = {0};
    int32_t last_day = ll_day_of(view->until_s), first_day = last_day - WINDOW_DAYS;
    if (first_day < 0)
        first_day = 0;
    if (ll_manifest_list_days(store, LL_LAYER_RAW, first_day, last_day, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = look_back(store, &list, view, &found, err);
    ll_manifest_list_clear(&list);
    if (status == LL_OK && !found.known)
        status = look_before(store, first_day, view->fallback_s, &found, err);
    if (status == LL_OK)
        *ret = found;
    return status;
}

enum ll_status ll_known_put_missed(struct ll_store *store, const struct ll_missed *missed,
                                   bool *ret_put, struct ll_error *err)
{
    struct ll_manifest_entry entry;
    struct ll_sha256_text sha256;
    const struct ll_manifest run = {
        .layer = LL_LAYER_RAW,
        .id = ll_id_run(missed->slot_s),
        .day = ll_day_of(missed->slot_s),
        .generation = 1,
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR(SOURCE),
        .resource = LL_STR("streams"),
        .slot_s = missed->slot_s,
        .cadence_s = missed->cadence_s,
        .status = LL_RUN_MISSED,
        .sweep_coverage = -1,
        .why = missed->why,
    };
    enum ll_status status = ll_manifest_latest(store, LL_LAYER_RAW, run.day, run.id.c, &entry, err);
    bool absent = status == LL_NOT_FOUND;
    if (absent)
        status = ll_manifest_put(store, &run, &sha256, err);
    if (status != LL_OK && status != LL_CONFLICT)
        return status;
    *ret_put = absent && status == LL_OK;
    return LL_OK;
}
