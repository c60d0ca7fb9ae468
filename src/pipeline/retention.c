#include "pipeline/retention.h"

#include <stdlib.h>
#include <string.h>

#define INTENT_KEY "retention.json"
#define REASON "retention"

/* One run, dump or day to be dropped, and the manifest that will say so. */
struct drop {
    struct ll_manifest *generations; /* all there are, ascending; the last is the latest */
    size_t generation_count;
    size_t best; /* the generation that others know */
    struct ll_sha256_text best_sha256;
    struct ll_manifest tombstone; /* borrows from them; its objects are ours */
    bool refused;                 /* somebody else took its generation */
};

/* Manifests of one id (all generations) or of one day. */
struct group {
    const struct ll_manifest_entry *entries;
    size_t count;
};

struct retaining {
    struct ll_pipeline *p;
    const struct ll_retention_options *options;
    struct ll_retention_report *report;
    int64_t now_s;
    bool intended; /* INTENT_KEY is there */
    struct drop drops[LL_BATCH_TASKS];
    size_t drop_count;
    /* The day whose history was looked at last. */
    int32_t day;
    bool day_known, day_closed, day_dropped, day_whole;
    struct ll_manifest history;
    struct ll_error history_error;
};

static void wait(struct retaining *r, enum ll_layer layer, const char *id, struct ll_str why)
{
    struct ll_retention_report *report = r->report;
    if (report->waiting_count == report->waiting_capacity) {
        report->waiting_capacity = report->waiting_capacity ? report->waiting_capacity * 2 : 64;
        report->waiting =
            ll_xrealloc(report->waiting, report->waiting_capacity, sizeof(*report->waiting));
    }
    struct ll_retention_waiting *item = &report->waiting[report->waiting_count++];
    *item =
        (struct ll_retention_waiting){.layer = layer, .why = ll_arena_copy(&report->arena, why)};
    memcpy(item->id.c, id, strlen(id));
}

static void drop_clear(struct drop *drop)
{
    for (size_t i = 0; i < drop->generation_count; i++)
        ll_manifest_clear(&drop->generations[i]);
    free(drop->generations);
    free(drop->tombstone.objects);
    *drop = (struct drop){0};
}

/* --- carrying it out */

static enum ll_status begin(struct retaining *r, struct ll_error *err)
{
    struct ll_store *store = r->p->lake->store;
    if (r->intended)
        return LL_OK;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text, "{\"begun_at\":\"%s\"}\n", ll_stamp_format(r->now_s).c);
    if (ll_store_put(store, INTENT_KEY, ll_buf_str(&text), LL_PUT_REPLACE, err) != LL_OK ||
        ll_store_sync(store, err) != LL_OK)
        return err->status;
    r->intended = true;
    return LL_OK;
}

static enum ll_status end(struct ll_store *store, struct ll_error *err)
{
    if (ll_store_remove(store, INTENT_KEY, err) != LL_OK)
        return err->status;
    return ll_store_sync(store, err);
}

static enum ll_status put_tombstones(struct retaining *r, struct ll_error *err)
{
    struct ll_store *store = r->p->lake->store;
    for (size_t i = 0; i < r->drop_count; i++) {
        struct drop *drop = &r->drops[i];
        struct ll_sha256_text sha256;
        enum ll_status status = ll_manifest_put(store, &drop->tombstone, &sha256, err);
        drop->refused = status == LL_CONFLICT || status == LL_LIMIT;
        if (drop->refused)
            wait(r, drop->tombstone.layer, drop->tombstone.id.c, ll_str_of(err->message));
        else if (status != LL_OK)
            return status;
    }
    return ll_store_sync(store, err);
}

static enum ll_status remove_manifests(struct ll_store *store, const struct ll_manifest *latest,
                                       struct ll_error *err)
{
    for (int generation = latest->generation - 1; generation > 0; generation--) {
        struct ll_key key = ll_key_manifest(latest->layer, latest->day, latest->id.c, generation);
        if (ll_store_remove(store, key.c, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

static enum ll_status remove_objects(struct ll_store *store, const struct ll_manifest *latest,
                                     struct ll_error *err)
{
    for (size_t i = 0; i < latest->object_count; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        if (ll_store_remove(store, ll_arena_cstr(&arena, latest->objects[i].key), err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

/* The warehouse follows the manifest of a day that is kept no more. */
static enum ll_status publish(struct ll_pipeline *p, int32_t day, struct ll_error *err)
{
    struct ll_outcome outcome = {0};
    const struct ll_task task = ll_task_close(day);
    enum ll_status status = ll_stage_close(p, &task, &outcome, err);
    if (status == LL_OK && outcome.failure_count > 0) {
        *err = outcome.failures[0].error;
        status = err->status;
    }
    ll_outcome_clear(&outcome);
    return status;
}

static enum ll_status remove_dropped(struct retaining *r, struct ll_error *err)
{
    struct ll_store *store = r->p->lake->store;
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < r->drop_count && status == LL_OK; i++)
        if (!r->drops[i].refused)
            status = remove_manifests(store, &r->drops[i].tombstone, err);
    if (status == LL_OK)
        status = ll_store_sync(store, err);
    for (size_t i = 0; i < r->drop_count && status == LL_OK; i++) {
        const struct drop *drop = &r->drops[i];
        if (drop->refused)
            continue;
        if (drop->tombstone.layer == LL_LAYER_HISTORY)
            status = publish(r->p, drop->tombstone.day, err);
        if (status == LL_OK)
            status = remove_objects(store, &drop->tombstone, err);
    }
    return status == LL_OK ? ll_store_sync(store, err) : status;
}

static void count(struct retaining *r)
{
    for (size_t i = 0; i < r->drop_count; i++) {
        const struct ll_manifest *m = &r->drops[i].tombstone;
        struct ll_retention_layer *layer = &r->report->layers[m->layer];
        if (r->drops[i].refused)
            continue;
        layer->dropped++;
        layer->objects += (int64_t)m->object_count;
        for (size_t o = 0; o < m->object_count; o++)
            layer->bytes += m->objects[o].size_bytes;
    }
}

static enum ll_status flush(struct retaining *r, struct ll_error *err)
{
    enum ll_status status = ll_pipeline_go_on(r->p, err);
    if (status == LL_OK && r->drop_count > 0 && !r->options->dry_run) {
        status = begin(r, err);
        if (status == LL_OK)
            status = put_tombstones(r, err);
        if (status == LL_OK)
            status = remove_dropped(r, err);
    }
    if (status == LL_OK)
        count(r);
    for (size_t i = 0; i < r->drop_count; i++)
        drop_clear(&r->drops[i]);
    r->drop_count = 0;
    return status;
}

static bool holds(const struct ll_manifest *m, const struct ll_manifest_object *object)
{
    for (size_t i = 0; i < m->object_count; i++)
        if (ll_str_equal(m->objects[i].key, object->key))
            return true;
    return false;
}

/* Takes over the generations. */
static enum ll_status add_drop(struct retaining *r, struct drop *drop, struct ll_error *err)
{
    const struct ll_manifest *stands_for = &drop->generations[drop->best];
    const struct ll_manifest *latest = &drop->generations[drop->generation_count - 1];
    struct ll_manifest *t = &drop->tombstone;
    size_t capacity = 0;
    for (size_t i = 0; i < drop->generation_count; i++)
        capacity += drop->generations[i].object_count;
    *t = *stands_for;
    t->arena = (struct ll_arena){0};
    t->generation = latest->generation + 1;
    t->dropped =
        (struct ll_manifest_dropped){.reason = LL_STR(REASON),
                                     .generation = ll_manifest_known_generation(stands_for),
                                     .sha256 = drop->best_sha256};
    t->objects = ll_xcalloc(capacity + 1, sizeof(*t->objects));
    t->object_count = 0;
    for (size_t i = 0; i < drop->generation_count; i++)
        for (size_t o = 0; o < drop->generations[i].object_count; o++)
            if (!holds(t, &drop->generations[i].objects[o]))
                t->objects[t->object_count++] = drop->generations[i].objects[o];
    r->drops[r->drop_count++] = *drop;
    *drop = (struct drop){0};
    return r->drop_count == LL_COUNT(r->drops) ? flush(r, err) : LL_OK;
}

/* --- what may go */

static enum ll_status check_objects(struct ll_pipeline *p, const struct ll_manifest *m,
                                    struct ll_error *err)
{
    for (size_t i = 0; i < m->object_count; i++) {
        struct ll_store_file file;
        if (ll_lake_fetch(p->lake, &m->objects[i], &file, err) != LL_OK)
            return err->status;
        ll_store_file_clear(&file);
    }
    return LL_OK;
}

/* Reads and checks the history of a day, once. */
static enum ll_status look_at_day(struct retaining *r, int32_t day, struct ll_error *err)
{
    struct ll_manifest_entry entry;
    struct ll_store *store = r->p->lake->store;
    if (r->day_known && r->day == day)
        return LL_OK;
    ll_manifest_clear(&r->history);
    r->day = day;
    r->day_known = r->day_closed = r->day_dropped = r->day_whole = false;
    enum ll_status status =
        ll_manifest_latest(store, LL_LAYER_HISTORY, day, ll_id_day(day).c, &entry, err);
    if (status == LL_OK) {
        r->day_closed = true;
        status = ll_manifest_get(store, LL_LAYER_HISTORY, &entry, &r->history, NULL, err);
    }
    if (status == LL_OK) {
        r->day_dropped = r->history.dropped.generation > 0;
        status = r->day_dropped ? LL_OK : check_objects(r->p, &r->history, err);
        r->day_whole = status == LL_OK;
    }
    if (status != LL_OK && !ll_task_is_to_blame(status))
        return status;
    if (status != LL_OK)
        r->history_error = *err;
    r->day_known = true;
    return LL_OK;
}

/* Why history does not stand in for a processed manifest; empty when it does. After look_at_day. */
static struct ll_str why_not_in_history(const struct retaining *r, const char *id,
                                        const struct ll_sha256_text *sha256)
{
    if (!r->day_closed)
        return LL_STR("its day is not closed yet");
    if (!r->day_whole)
        return ll_str_of(r->history_error.message);
    if (r->day_dropped)
        return LL_STR("");
    for (size_t i = 0; i < r->history.input_count; i++)
        if (ll_str_equal(r->history.inputs[i].id, ll_str_of(id)) &&
            strcmp(r->history.inputs[i].sha256.c, sha256->c) == 0)
            return LL_STR("");
    return LL_STR("history was not made of it: it came late, or its day waits for a rebuild");
}

/* Whether what was made of a raw manifest is there. *ret_why: what is amiss, in the arena. */
static enum ll_status check_raw(struct retaining *r, const struct ll_manifest *raw,
                                const struct ll_sha256_text *raw_sha256, struct ll_str *ret_why,
                                struct ll_error *err)
{
    struct ll_store *store = r->p->lake->store;
    struct ll_manifest_entry entry;
    struct ll_manifest m = {0};
    struct ll_sha256_text sha256;
    enum ll_status status =
        ll_manifest_latest(store, LL_LAYER_PROCESSED, raw->day, raw->id.c, &entry, err);
    if (status == LL_NOT_FOUND) {
        *ret_why = LL_STR("not processed yet");
        return LL_OK;
    }
    if (status == LL_OK)
        status = ll_manifest_get(store, LL_LAYER_PROCESSED, &entry, &m, &sha256, err);
    if (status == LL_OK &&
        (m.input_count != 1 || strcmp(m.inputs[0].sha256.c, raw_sha256->c) != 0)) {
        *ret_why = LL_STR("processed was made of another attempt");
    } else if (status == LL_OK && m.dropped.generation > 0) {
        status = look_at_day(r, raw->day, err);
        if (status == LL_OK)
            *ret_why = why_not_in_history(r, raw->id.c, &sha256);
    } else if (status == LL_OK) {
        status = check_objects(r->p, &m, err);
    }
    ll_manifest_clear(&m);
    if (status == LL_OK || !ll_task_is_to_blame(status))
        return status;
    *ret_why = ll_arena_copy(&r->report->arena, ll_str_of(err->message));
    return LL_OK;
}

static bool is_better(const struct ll_manifest *a, const struct ll_manifest *b)
{
    return a->status != b->status ? a->status < b->status : a->generation > b->generation;
}

static bool is_due(const struct retaining *r, enum ll_layer layer, int64_t from_s)
{
    return from_s + r->options->keep_s[layer] <= r->now_s;
}

/* Reads the generations of one id. Damage makes the id wait: *ret has no generation then. */
static enum ll_status read_generations(struct retaining *r, enum ll_layer layer,
                                       const struct group *group, struct drop *ret,
                                       struct ll_error *err)
{
    struct drop drop = {.generations = ll_xcalloc(group->count, sizeof(*drop.generations))};
    for (size_t i = 0; i < group->count; i++) {
        struct ll_manifest *m = &drop.generations[i];
        struct ll_sha256_text sha256;
        enum ll_status status =
            ll_manifest_get(r->p->lake->store, layer, &group->entries[i], m, &sha256, err);
        if (status != LL_OK) {
            drop_clear(&drop);
            if (ll_task_is_to_blame(status))
                wait(r, layer, group->entries[i].id.c, ll_str_of(err->message));
            return ll_task_is_to_blame(status) ? LL_OK : status;
        }
        drop.generation_count++;
        if (i == 0 || is_better(m, &drop.generations[drop.best])) {
            drop.best = i;
            drop.best_sha256 = sha256;
        }
    }
    *ret = drop;
    return LL_OK;
}

static bool is_dropped(const struct drop *drop)
{
    return drop->generation_count == 0 ||
           drop->generations[drop->generation_count - 1].dropped.generation > 0;
}

static enum ll_status retain_raw(struct retaining *r, const struct group *group,
                                 struct ll_error *err)
{
    struct drop drop = {0};
    struct ll_str why = {0};
    enum ll_status status = read_generations(r, LL_LAYER_RAW, group, &drop, err);
    if (status == LL_OK && !is_dropped(&drop) &&
        is_due(r, LL_LAYER_RAW, drop.generations[drop.best].slot_s)) {
        status = check_raw(r, &drop.generations[drop.best], &drop.best_sha256, &why, err);
        if (status == LL_OK && why.len > 0)
            wait(r, LL_LAYER_RAW, group->entries[0].id.c, why);
        else if (status == LL_OK)
            status = add_drop(r, &drop, err);
    }
    drop_clear(&drop);
    return status;
}

static enum ll_status retain_all_raw(struct retaining *r, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_generations(r->p->lake->store, LL_LAYER_RAW, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0, next; i < list.count && status == LL_OK; i = next) {
        const struct ll_manifest_entry *first = &list.entries[i];
        next = i + 1;
        while (next < list.count && list.entries[next].day == first->day &&
               strcmp(list.entries[next].id.c, first->id.c) == 0)
            next++;
        const struct group group = {first, next - i};
        if (is_due(r, LL_LAYER_RAW, (int64_t)first->day * LL_DAY_S))
            status = retain_raw(r, &group, err);
    }
    ll_manifest_list_clear(&list);
    return status == LL_OK ? flush(r, err) : status;
}

/* One run of a day. In the first round, *blocked tells that the day is not wholly in its history:
 * then all of it waits; in the second it is dropped. */
static enum ll_status retain_run(struct retaining *r, const struct ll_manifest_entry *entry,
                                 bool drop_it, bool *blocked, struct ll_error *err)
{
    const struct group group = {entry, 1};
    struct drop drop = {0};
    enum ll_status status = read_generations(r, LL_LAYER_PROCESSED, &group, &drop, err);
    *blocked |= status == LL_OK && drop.generation_count == 0;
    if (status == LL_OK && !is_dropped(&drop) && drop_it) {
        status = add_drop(r, &drop, err);
    } else if (status == LL_OK && !is_dropped(&drop)) {
        struct ll_str why = why_not_in_history(r, entry->id.c, &drop.best_sha256);
        *blocked |= why.len > 0;
        if (why.len > 0)
            wait(r, LL_LAYER_PROCESSED, entry->id.c, why);
    }
    drop_clear(&drop);
    return status;
}

static enum ll_status retain_processed_day(struct retaining *r, const struct group *day,
                                           struct ll_error *err)
{
    bool blocked = false;
    enum ll_status status = look_at_day(r, day->entries[0].day, err);
    for (int round = 0; round < 2 && status == LL_OK && !blocked; round++)
        for (size_t i = 0; i < day->count && status == LL_OK; i++)
            if (ll_id_is_run(ll_str_of(day->entries[i].id.c)))
                status = retain_run(r, &day->entries[i], round == 1, &blocked, err);
    return status;
}

static enum ll_status retain_all_processed(struct retaining *r, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_all(r->p->lake->store, LL_LAYER_PROCESSED, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0, next; i < list.count && status == LL_OK; i = next) {
        next = i + 1;
        while (next < list.count && list.entries[next].day == list.entries[i].day)
            next++;
        const struct group day = {&list.entries[i], next - i};
        if (is_due(r, LL_LAYER_PROCESSED, ((int64_t)list.entries[i].day + 1) * LL_DAY_S))
            status = retain_processed_day(r, &day, err);
    }
    ll_manifest_list_clear(&list);
    return status == LL_OK ? flush(r, err) : status;
}

static enum ll_status retain_history_day(struct retaining *r, const struct ll_manifest_entry *entry,
                                         struct ll_error *err)
{
    const struct group group = {entry, 1};
    struct drop drop = {0};
    enum ll_status status = read_generations(r, LL_LAYER_HISTORY, &group, &drop, err);
    if (status == LL_OK && !is_dropped(&drop))
        status = add_drop(r, &drop, err);
    drop_clear(&drop);
    return status;
}

/* Days that would go and are not closed: they are in the warehouse, and in processed. */
static enum ll_status find_open_days(struct retaining *r, const struct ll_manifest_list *history,
                                     struct ll_error *err)
{
    struct ll_manifest_list list;
    int32_t last = INT32_MIN;
    if (ll_manifest_list_all(r->p->lake->store, LL_LAYER_PROCESSED, &list, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < list.count; i++) {
        int32_t day = list.entries[i].day;
        struct ll_id id = ll_id_day(day);
        if (day == last || !ll_id_is_run(ll_str_of(list.entries[i].id.c)) ||
            !is_due(r, LL_LAYER_HISTORY, ((int64_t)day + 1) * LL_DAY_S))
            continue;
        last = day;
        if (ll_manifest_list_find(history, day, id.c) == NULL)
            wait(r, LL_LAYER_HISTORY, id.c, LL_STR("the day is not closed yet"));
    }
    ll_manifest_list_clear(&list);
    return LL_OK;
}

static enum ll_status retain_all_history(struct retaining *r, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_all(r->p->lake->store, LL_LAYER_HISTORY, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = find_open_days(r, &list, err);
    for (size_t i = 0; i < list.count && status == LL_OK; i++)
        if (is_due(r, LL_LAYER_HISTORY, ((int64_t)list.entries[i].day + 1) * LL_DAY_S))
            status = retain_history_day(r, &list.entries[i], err);
    ll_manifest_list_clear(&list);
    return status == LL_OK ? flush(r, err) : status;
}

/* --- resuming */

static enum ll_status finish_drop(struct ll_pipeline *p, enum ll_layer layer,
                                  const struct ll_manifest_entry *entry, struct ll_error *err)
{
    struct ll_store *store = p->lake->store;
    struct ll_manifest m;
    enum ll_status status = ll_manifest_get(store, layer, entry, &m, NULL, err);
    if (status != LL_OK)
        return ll_task_is_to_blame(status) ? LL_OK : status;
    if (m.dropped.generation > 0) {
        status = remove_manifests(store, &m, err);
        if (status == LL_OK)
            status = ll_store_sync(store, err); /* none may name what is gone */
        if (status == LL_OK && layer == LL_LAYER_HISTORY)
            status = publish(p, m.day, err);
        if (status == LL_OK)
            status = remove_objects(store, &m, err);
    }
    ll_manifest_clear(&m);
    return status;
}

static enum ll_status finish_layer(struct ll_pipeline *p, enum ll_layer layer, struct ll_error *err)
{
    struct ll_manifest_list list;
    if (ll_manifest_list_all(p->lake->store, layer, &list, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    for (size_t i = 0; status == LL_OK && i < list.count; i++)
        status = finish_drop(p, layer, &list.entries[i], err);
    ll_manifest_list_clear(&list);
    return status;
}

enum ll_status ll_retention_resume(struct ll_pipeline *p, struct ll_error *err)
{
    struct ll_object_info info;
    struct ll_store *store = p->lake->store;
    enum ll_status status = ll_store_head(store, INTENT_KEY, &info, err);
    if (status == LL_NOT_FOUND)
        return LL_OK;
    /* What a killed process did not sync may be seen now and lost later. */
    if (status == LL_OK)
        status = ll_store_sync(store, err);
    for (int layer = 0; layer < LL_LAYER_COUNT && status == LL_OK; layer++)
        status = finish_layer(p, (enum ll_layer)layer, err);
    if (status == LL_OK)
        status = ll_store_sync(store, err);
    if (status == LL_OK)
        status = end(store, err);
    return status == LL_OK ? LL_OK : ll_context(err, "finish what retention began");
}

enum ll_status ll_retention_apply(struct ll_pipeline *p, const struct ll_retention_options *options,
                                  struct ll_retention_report *ret, struct ll_error *err)
{
    static enum ll_status (*const retain[LL_LAYER_COUNT])(struct retaining *, struct ll_error *) = {
        retain_all_raw, retain_all_processed, retain_all_history};
    struct ll_retention_report report = {0};
    struct retaining *r = ll_xcalloc(1, sizeof(*r));
    *r = (struct retaining){
        .p = p, .options = options, .report = &report, .now_s = ll_clock_now_s(p->clock)};
    enum ll_status status = options->dry_run ? LL_OK : ll_retention_resume(p, err);
    for (int layer = 0; layer < LL_LAYER_COUNT && status == LL_OK; layer++)
        if (options->keep_s[layer] > 0)
            status = retain[layer](r, err);
    if (status == LL_OK && r->intended)
        status = end(p->lake->store, err);
    for (size_t i = 0; i < r->drop_count; i++)
        drop_clear(&r->drops[i]);
    ll_manifest_clear(&r->history);
    free(r);
    if (status != LL_OK) {
        ll_retention_report_clear(&report);
        return ll_context(err, "retention");
    }
    *ret = report;
    return LL_OK;
}

void ll_retention_report_clear(struct ll_retention_report *report)
{
    free(report->waiting);
    ll_arena_clear(&report->arena);
    *report = (struct ll_retention_report){0};
}
