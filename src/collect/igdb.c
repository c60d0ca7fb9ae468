/* IGDB: what is due, its questions, and the fields they name. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/json.h"
#include "collect/reference_internal.h"

#define LIMIT 500             /* rows of an answer: the most that IGDB gives */
#define LINK_BATCH 100        /* categories in one question: each may have several rows */
#define QUERY_MAX_BYTES 32000 /* IGDB takes 32 KB (F 52) */
#define OVERLAP_S 600         /* of the daily questions: updated_at may run behind */

/* The one place where IGDB's fields are named. `id` always comes. */
static const struct {
    const char *path;
    const char *fields[LL_IGDB_FIELDS_MAX];
} endpoints[LL_REFERENCE_RESOURCES] = {
    [LL_REFERENCE_EXTERNAL_GAMES] = {"/external_games",
                                     {"game", "uid", "name", "external_game_source"}},
    [LL_REFERENCE_GAMES] = {"/games",
                            {"name", "slug", "genres", "themes", "game_modes",
                             "player_perspectives", "first_release_date", "updated_at",
                             "checksum"}},
    [LL_REFERENCE_GENRES] = {"/genres", {"name", "slug"}},
    [LL_REFERENCE_GAME_MODES] = {"/game_modes", {"name", "slug"}},
    [LL_REFERENCE_THEMES] = {"/themes", {"name", "slug"}},
    [LL_REFERENCE_PLAYER_PERSPECTIVES] = {"/player_perspectives", {"name", "slug"}},
};

/* --- questions */

static void write_fields(const struct ll_reference_job *job, const struct ll_igdb_dropped *dropped,
                         struct ll_buf *body)
{
    char before = ' ';
    ll_buf_add_char(body, 'f');
    for (size_t i = 0; i < LL_IGDB_FIELDS_MAX; i++) {
        const char *field = endpoints[job->resource].fields[i];
        if (field == NULL || dropped->fields[job->resource][i])
            continue;
        ll_buf_printf(body, "%c%s", before, field);
        before = ',';
    }
    if (before == ' ')
        ll_buf_add(body, LL_STR(" id")); /* none are left */
    ll_buf_add_char(body, ';');
}

static void write_ids(const struct ll_reference_job *job, bool quoted, struct ll_buf *body)
{
    for (size_t i = 0; i < job->id_count; i++)
        ll_buf_printf(body, quoted ? "%c\"%" PRId64 "\"" : "%c%" PRId64, i == 0 ? '(' : ',',
                      job->ids[i]);
    ll_buf_add_char(body, ')');
}

void ll_igdb_write(const struct ll_reference_job *job, const struct ll_igdb_dropped *dropped,
                   struct ll_buf *target, struct ll_buf *body)
{
    ll_buf_add(target, ll_str_of(endpoints[job->resource].path));
    write_fields(job, dropped, body);
    if (job->resource == LL_REFERENCE_EXTERNAL_GAMES) {
        ll_buf_add(body, LL_STR(" w external_game_source = 14 & uid = "));
        write_ids(job, true, body);
        ll_buf_add_char(body, ';');
    } else if (job->resource == LL_REFERENCE_GAMES) {
        ll_buf_add(body, LL_STR(" w id = "));
        write_ids(job, false, body);
        if (job->since_s > 0)
            ll_buf_printf(body, " & updated_at > %" PRId64, job->since_s);
        ll_buf_add_char(body, ';');
    }
    ll_buf_printf(body, " l %d; s id asc;", LIMIT);
    assert(body->len <= QUERY_MAX_BYTES); /* 500 ids of 19 digits are 10 KB */
}

bool ll_igdb_is_full(const struct ll_reference_job *job)
{
    return job->resource == LL_REFERENCE_EXTERNAL_GAMES && job->id_count > 1 &&
           job->rows.count >= LIMIT;
}

/* --- fields that are gone */

/* The text under "cause" of [{"title":"Invalid Field","cause":…}], or of that object by itself. */
static struct ll_str invalid_field_cause(struct ll_str answer, struct ll_arena *arena)
{
    struct ll_str key, text, title = {0}, cause = {0};
    struct ll_json r = ll_json_reader(answer, arena);
    bool ok = true;
    if (ll_json_peek(&r) == LL_JSON_ARRAY)
        ok = ll_json_enter_array(&r) && ll_json_next_item(&r);
    ok = ok && ll_json_enter_object(&r);
    while (ok && ll_json_next_key(&r, &key)) {
        if (ll_json_peek(&r) != LL_JSON_STRING)
            ok = ll_json_skip(&r);
        else if ((ok = ll_json_string(&r, &text)) && ll_str_equal(key, LL_STR("title")))
            title = text;
        else if (ok && ll_str_equal(key, LL_STR("cause")))
            cause = text;
    }
    return r.error == NULL && ll_str_equal(title, LL_STR("Invalid Field")) ? cause : LL_STR("");
}

static bool names(struct ll_str cause, const char *field)
{
    LL_AUTO(ll_buf_clear) struct ll_buf quoted = {0};
    ll_buf_printf(&quoted, "'%s'", field);
    return memmem(cause.ptr, cause.len, quoted.ptr, quoted.len) != NULL;
}

bool ll_igdb_drop_field(struct ll_igdb_dropped *dropped, const struct ll_reference_job *job,
                        struct ll_str answer)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_str cause = invalid_field_cause(answer, &arena);
    if (cause.len == 0 || job->asks > LL_IGDB_FIELDS_MAX)
        return false;
    for (size_t i = 0; i < LL_IGDB_FIELDS_MAX; i++) {
        const char *field = endpoints[job->resource].fields[i];
        if (field == NULL || !names(cause, field))
            continue;
        if (!dropped->fields[job->resource][i])
            ll_log(LL_LOG_WARN, "igdb.field_dropped",
                   ll_kv_str("resource", ll_reference_name(job->resource)),
                   ll_kv_cstr("field", field), ll_kv_str("cause", cause));
        dropped->fields[job->resource][i] = true;
        return true; /* asked before it was dropped, perhaps */
    }
    return false;
}

/* --- what is due */

enum ll_status ll_igdb_ask_terms(struct ll_refresh *refresh, struct ll_error *err)
{
    for (int i = LL_REFERENCE_GENRES; i <= LL_REFERENCE_PLAYER_PERSPECTIVES; i++) {
        const struct ll_reference_job job = {.resource = (enum ll_reference)i};
        /* What is remembered of terms is less than a day old. */
        if (refresh->memory->complete_s[i] > 0 || refresh->memory->in_slot[i])
            continue;
        if (ll_reference_ask(refresh, &job, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

/* Live categories that Twitch was asked about and gave no igdb_id. */
enum ll_status ll_igdb_ask_links(struct ll_refresh *refresh, struct ll_error *err)
{
    const struct ll_reference_options *options = refresh->options;
    struct ll_reference_memory *memory = refresh->memory;
    int64_t ids[LINK_BATCH];
    struct ll_reference_job job = {.resource = LL_REFERENCE_EXTERNAL_GAMES, .ids = ids};
    if (memory->in_slot[LL_REFERENCE_EXTERNAL_GAMES])
        return LL_OK;
    for (size_t i = 0; i < options->category_count; i++) {
        int64_t id = options->category_ids[i];
        const struct ll_known *category = ll_known_find(&memory->categories, id);
        if (category == NULL || category->asked_s == 0 || category->link > 0)
            continue;
        struct ll_known *known = ll_known_at(&memory->links, id);
        if (known->asked_s > 0 || known->queued) /* less than a day ago */
            continue;
        known->queued = true;
        ids[job.id_count++] = id;
        if (job.id_count == LINK_BATCH) {
            if (ll_reference_ask(refresh, &job, err) != LL_OK)
                return err->status;
            job.id_count = 0;
        }
    }
    return job.id_count > 0 ? ll_reference_ask(refresh, &job, err) : LL_OK;
}

/* How a game is to be asked for now. */
enum need { NEED_NOTHING, NEED_CHANGES, NEED_ALL };

static enum need need_of(const struct ll_known *game, int64_t slot_s)
{
    if (game->full_s == 0 || slot_s - game->full_s >= LL_REFERENCE_WEEK_S)
        return NEED_ALL;
    if (slot_s - game->asked_s < LL_REFERENCE_DAY_S)
        return NEED_NOTHING;
    return game->came_s == 0 ? NEED_ALL : NEED_CHANGES; /* of one never met all is new */
}

/* The games that categories and links of the last day lead to, each once. */
static size_t wanted_games(struct ll_reference_memory *memory, int64_t *ids)
{
    const struct ll_known_set *sets[] = {&memory->categories, &memory->links};
    size_t count = 0;
    for (size_t s = 0; s < LL_COUNT(sets); s++) {
        for (size_t i = 0; i < sets[s]->count; i++) {
            if (sets[s]->list[i].link == 0)
                continue;
            struct ll_known *game = ll_known_at(&memory->games, sets[s]->list[i].link);
            if (game->queued)
                continue;
            game->queued = true;
            ids[count++] = game->id;
        }
    }
    return count;
}

static enum ll_status ask_games(struct ll_refresh *refresh, const int64_t *ids, size_t count,
                                enum need need, struct ll_error *err)
{
    int64_t batch[LIMIT];
    struct ll_reference_memory *memory = refresh->memory;
    struct ll_reference_job job = {.resource = LL_REFERENCE_GAMES, .ids = batch};
    int64_t oldest_s = memory->slot_s;
    for (size_t i = 0; i < count; i++) {
        const struct ll_known *game = ll_known_find(&memory->games, ids[i]);
        if (need_of(game, memory->slot_s) == need) {
            batch[job.id_count++] = ids[i];
            oldest_s = game->asked_s < oldest_s ? game->asked_s : oldest_s;
        }
        if (job.id_count == 0 || (job.id_count < LIMIT && i + 1 < count))
            continue;
        job.since_s = need == NEED_CHANGES ? oldest_s - OVERLAP_S : 0;
        if (ll_reference_ask(refresh, &job, err) != LL_OK)
            return err->status;
        job.id_count = 0;
        oldest_s = memory->slot_s;
    }
    return LL_OK;
}

enum ll_status ll_igdb_ask_games(struct ll_refresh *refresh, struct ll_error *err)
{
    struct ll_reference_memory *memory = refresh->memory;
    if (memory->in_slot[LL_REFERENCE_GAMES])
        return LL_OK;
    int64_t *ids = ll_xcalloc(memory->categories.count + memory->links.count + 1, sizeof(*ids));
    size_t count = wanted_games(memory, ids);
    enum ll_status status = ask_games(refresh, ids, count, NEED_ALL, err);
    if (status == LL_OK)
        status = ask_games(refresh, ids, count, NEED_CHANGES, err);
    free(ids);
    return status;
}
