/* What is known of the reference data: read from the dumps of the raw layer, and from each answer
 * of this refresh as it comes. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/json.h"
#include "collect/raw_lines.h"
#include "collect/reference_internal.h"
#include "source/envelope.h"

struct ll_str ll_reference_name(enum ll_reference resource)
{
    static const char *const names[LL_REFERENCE_RESOURCES] = {
        "categories", "external_games",     "games", "genres", "game_modes",
        "themes",     "player_perspectives"};
    return ll_str_of(names[resource]);
}

struct ll_known *ll_known_at(struct ll_known_set *set, int64_t id)
{
    bool is_new;
    uint64_t *place = ll_map_at(&set->by_id, (uint64_t)id, &is_new);
    if (!is_new)
        return &set->list[*place];
    if (set->count == set->capacity) {
        set->capacity = set->capacity > 0 ? set->capacity * 2 : 256;
        set->list = ll_xrealloc(set->list, set->capacity, sizeof(*set->list));
    }
    *place = set->count;
    set->list[set->count] = (struct ll_known){.id = id};
    return &set->list[set->count++];
}

const struct ll_known *ll_known_find(const struct ll_known_set *set, int64_t id)
{
    const uint64_t *place = ll_map_find(&set->by_id, (uint64_t)id);
    return place != NULL ? &set->list[*place] : NULL;
}

static void known_clear(struct ll_known_set *set)
{
    free(set->list);
    ll_map_clear(&set->by_id);
    *set = (struct ll_known_set){0};
}

/* What follows the first `mark`; empty when there is none. */
static struct ll_str after(struct ll_str s, struct ll_str mark)
{
    const char *found = s.len > 0 ? memmem(s.ptr, s.len, mark.ptr, mark.len) : NULL;
    if (found == NULL)
        return LL_STR("");
    return ll_str_sub(s, (size_t)(found - s.ptr) + mark.len, s.len);
}

bool ll_igdb_asks_changes(struct ll_str body)
{
    return after(body, LL_STR("& updated_at > ")).len > 0;
}

static void note_asked(struct ll_known_set *set, int64_t id, const struct ll_reference_exchange *e)
{
    struct ll_known *known = ll_known_at(set, id);
    known->asked_s = e->at_s;
    if (!ll_igdb_asks_changes(e->body))
        known->full_s = e->at_s;
}

/* "/games?id=1&id=2" */
static void take_query(struct ll_known_set *set, const struct ll_reference_exchange *e)
{
    struct ll_str rest = after(e->target, LL_STR("?")), part;
    int64_t id;
    while (ll_str_split(&rest, '&', &part))
        if (ll_str_starts_with(part, LL_STR("id=")) &&
            ll_str_to_i64(ll_str_sub(part, 3, part.len), &id) && id > 0)
            note_asked(set, id, e);
}

/* "… id = (1,2) …", the ids quoted perhaps; `mark` is what stands before the first. */
static void take_list(struct ll_known_set *set, const struct ll_reference_exchange *e,
                      struct ll_str mark)
{
    struct ll_str list = after(e->body, mark), part;
    struct ll_str rest = ll_str_sub(list, 0, ll_str_find(list, ')', 0));
    int64_t id;
    while (ll_str_split(&rest, ',', &part)) {
        if (part.len > 2 && part.ptr[0] == '"')
            part = ll_str_sub(part, 1, part.len - 1);
        if (ll_str_to_i64(part, &id) && id > 0)
            note_asked(set, id, e);
    }
}

void ll_reference_memory_take(struct ll_reference_memory *memory,
                              const struct ll_reference_exchange *exchange)
{
    struct ll_known_set *set = NULL;
    if (exchange->resource == LL_REFERENCE_CATEGORIES) {
        set = &memory->categories;
        take_query(set, exchange);
    } else if (exchange->resource == LL_REFERENCE_EXTERNAL_GAMES) {
        set = &memory->links;
        take_list(set, exchange, LL_STR("uid = ("));
    } else if (exchange->resource == LL_REFERENCE_GAMES) {
        set = &memory->games;
        take_list(set, exchange, LL_STR("w id = ("));
    }
    for (size_t i = 0; set != NULL && i < exchange->rows->count; i++) {
        const struct ll_reference_row *row = &exchange->rows->rows[i];
        if (row->id == 0)
            continue;
        struct ll_known *known = ll_known_at(set, row->id);
        known->came_s = exchange->at_s;
        known->link = row->link;
    }
}

/* --- the raw layer */

struct reading {
    struct ll_reference_memory *memory;
    struct ll_reference_exchange exchange;
    struct ll_reference_rows rows;
    struct ll_arena arena;
};

/* The request's path and body of a line. */
static bool read_request(struct ll_str line, struct reading *reading)
{
    struct ll_str key, text;
    struct ll_reference_exchange *e = &reading->exchange;
    struct ll_json r = ll_json_reader(line, &reading->arena);
    e->target = e->body = LL_STR("");
    if (!ll_json_enter_object(&r))
        return false;
    while (ll_json_next_key(&r, &key)) {
        if (!ll_str_equal(key, LL_STR("request"))) {
            ll_json_skip(&r);
            continue;
        }
        if (!ll_json_enter_object(&r))
            return false;
        while (ll_json_next_key(&r, &key)) {
            if (ll_json_peek(&r) != LL_JSON_STRING || !ll_json_string(&r, &text))
                ll_json_skip(&r);
            else if (ll_str_equal(key, LL_STR("path")))
                e->target = text;
            else if (ll_str_equal(key, LL_STR("body")))
                e->body = text;
        }
    }
    return r.error == NULL;
}

static enum ll_status take_line(void *context, struct ll_str line, struct ll_error *err)
{
    struct reading *reading = context;
    struct ll_reference_exchange *e = &reading->exchange;
    struct ll_envelope_answer answer;
    ll_arena_reset(&reading->arena);
    if (!read_request(line, reading) ||
        ll_envelope_read(line, &reading->arena, &answer, err) != LL_OK || answer.status != 200 ||
        ll_reference_rows_read(&reading->rows, e->resource, answer.body, err) != LL_OK)
        return LL_OK; /* as if it had not been asked; processing says what is wrong with it */
    ll_reference_memory_take(reading->memory, e);
    return LL_OK;
}

/* A dump that cannot be read is as good as none: what it held is asked for again. */
static enum ll_status pass_over_damage(const struct ll_error *err)
{
    if (err->status != LL_CORRUPT && err->status != LL_LIMIT && err->status != LL_NOT_FOUND)
        return err->status;
    ll_log_error(LL_LOG_WARN, "reference.dump_damaged", err);
    return LL_OK;
}

/* "<resource>-<run id>" */
static bool parse_id(const struct ll_id *id, enum ll_reference *ret_resource, int64_t *ret_at_s)
{
    struct ll_str text = ll_str_of(id->c);
    for (int i = 0; i < LL_REFERENCE_RESOURCES; i++) {
        struct ll_str name = ll_reference_name((enum ll_reference)i);
        if (!ll_str_starts_with(text, name) || text.len <= name.len || text.ptr[name.len] != '-')
            continue;
        *ret_resource = (enum ll_reference)i;
        return ll_run_id_parse(ll_str_sub(text, name.len + 1, text.len), ret_at_s);
    }
    return false;
}

static bool is_of_window(const struct ll_reference_memory *memory, enum ll_reference resource,
                         int64_t at_s)
{
    int64_t window_s = resource == LL_REFERENCE_GAMES ? LL_REFERENCE_WINDOW_S : LL_REFERENCE_DAY_S;
    return at_s <= memory->slot_s && at_s > memory->slot_s - window_s;
}

static enum ll_status read_dump(struct ll_store *store, const struct ll_manifest_entry *entry,
                                struct reading *reading, struct ll_error *err)
{
    struct ll_reference_memory *memory = reading->memory;
    struct ll_reference_exchange *e = &reading->exchange;
    struct ll_manifest m = {0};
    if (!parse_id(&entry->id, &e->resource, &e->at_s) ||
        !is_of_window(memory, e->resource, e->at_s))
        return LL_OK;
    if (e->at_s == memory->slot_s)
        memory->in_slot[e->resource] = true;
    enum ll_status status = ll_manifest_get(store, LL_LAYER_RAW, entry, &m, NULL, err);
    if (status != LL_OK)
        return pass_over_damage(err);
    bool there = m.dropped.generation == 0; /* else what it told is asked for again */
    bool ours = ll_str_equal(m.source, LL_STR("twitch")) || ll_str_equal(m.source, LL_STR("igdb"));
    if (ours && m.status == LL_RUN_COMPLETE)
        memory->complete_s[e->resource] = e->at_s;
    bool of_ids = e->resource <= LL_REFERENCE_GAMES; /* terms are asked for as a whole */
    for (size_t i = 0; i < m.object_count && there && ours && of_ids && status == LL_OK; i++)
        if (ll_raw_lines(store, &m.objects[i], take_line, reading, err) != LL_OK)
            status = pass_over_damage(err);
    ll_manifest_clear(&m);
    return status;
}

static enum ll_status load(struct ll_store *store, int64_t slot_s, struct ll_reference_memory *ret,
                           struct ll_error *err)
{
    struct ll_manifest_list list = {0};
    struct reading reading = {.memory = ret};
    reading.exchange.rows = &reading.rows;
    ret->slot_s = slot_s;
    enum ll_status status =
        ll_manifest_list_days(store, LL_LAYER_RAW, ll_day_of(slot_s - LL_REFERENCE_WINDOW_S),
                              ll_day_of(slot_s), &list, err);
    /* Ordered by day and id, so the dumps of one resource come in their order. */
    for (size_t i = 0; i < list.count && status == LL_OK; i++)
        status = read_dump(store, &list.entries[i], &reading, err);
    ll_manifest_list_clear(&list);
    ll_reference_rows_clear(&reading.rows);
    ll_arena_clear(&reading.arena);
    return status;
}

/* Forgets what left the window. */
static void known_move(struct ll_known_set *set, int64_t from_s)
{
    for (size_t i = 0; i < set->count; i++) {
        struct ll_known *known = &set->list[i];
        known->queued = false;
        if (known->asked_s <= from_s)
            known->asked_s = 0;
        if (known->full_s <= from_s)
            known->full_s = 0;
        if (known->came_s <= from_s)
            known->came_s = known->link = 0;
    }
}

static void move(struct ll_reference_memory *memory, int64_t slot_s)
{
    memory->slot_s = slot_s;
    known_move(&memory->categories, slot_s - LL_REFERENCE_DAY_S);
    known_move(&memory->links, slot_s - LL_REFERENCE_DAY_S);
    known_move(&memory->games, slot_s - LL_REFERENCE_WINDOW_S);
    for (int i = 0; i < LL_REFERENCE_RESOURCES; i++) {
        memory->in_slot[i] = false;
        if (!is_of_window(memory, (enum ll_reference)i, memory->complete_s[i]))
            memory->complete_s[i] = 0;
    }
}

enum ll_status ll_reference_memory_at(struct ll_store *store, int64_t slot_s,
                                      struct ll_reference_memory *memory, struct ll_error *err)
{
    if (memory->loaded && memory->slot_s < slot_s) {
        move(memory, slot_s);
        return LL_OK;
    }
    ll_reference_memory_clear(memory);
    enum ll_status status = load(store, slot_s, memory, err);
    memory->loaded = status == LL_OK;
    return status;
}

struct ll_reference_memory *ll_reference_memory_new(void)
{
    return ll_xcalloc(1, sizeof(struct ll_reference_memory));
}

void ll_reference_memory_free(struct ll_reference_memory *memory)
{
    if (memory != NULL)
        ll_reference_memory_clear(memory);
    free(memory);
}

void ll_reference_memory_clear(struct ll_reference_memory *memory)
{
    known_clear(&memory->categories);
    known_clear(&memory->links);
    known_clear(&memory->games);
    *memory = (struct ll_reference_memory){0};
}
