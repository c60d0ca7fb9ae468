/* Get Users, Get Games and Get Top Games of the invented world (contract C.2 to C.4). */
#include "sim/helix_internal.h"

#include <stdlib.h>

#include "base/time.h"
#include "codec/base64.h"

#define ADD(out, literal) ll_buf_add(out, LL_STR(literal))

enum use { USE_LOOK = 301, USE_TIE };

/* Get Users. */

/* Accounts were made in the order of their ids; the years are of ids of 8, 9 and 10 digits. */
static int64_t created_s(const struct sim_world *world, int64_t user_id)
{
    static const struct {
        int64_t id, at_s;
    } marks[] = {{10000000, 1243000000},
                 {100000000, 1439000000},
                 {500000000, 1586000000},
                 {1000000000, 1703000000},
                 {1420000000, 1767000000}};
    size_t i = 1;
    while (i + 1 < LL_COUNT(marks) && user_id > marks[i].id)
        i++;
    int64_t at_s = marks[i - 1].at_s + (user_id - marks[i - 1].id) *
                                           (marks[i].at_s - marks[i - 1].at_s) /
                                           (marks[i].id - marks[i - 1].id);
    int64_t latest_s = world->options.start_ms / 1000 - 30 * LL_DAY_S;
    return at_s < latest_s ? at_s : latest_s;
}

static void add_picture(struct ll_buf *out, uint64_t hash, const char *rest)
{
    ll_buf_printf(out,
                  "https://static-cdn.jtvnw.net/jtv_user_pictures/%08x-%04x-4%03x-a%03x-%012llx-%s",
                  (unsigned)(hash >> 32), (unsigned)(hash >> 16 & 0xffff), (unsigned)(hash & 0xfff),
                  (unsigned)(hash >> 12 & 0xfff),
                  (unsigned long long)(sim_mix(hash, 1) & 0xffffffffffff), rest);
}

static void add_user(struct ll_buf *out, const struct sim_world *world, uint32_t broadcaster)
{
    int64_t user_id = sim_people_user_id(world, broadcaster);
    uint64_t person = sim_people_hash(world, broadcaster), look = sim_mix(person, USE_LOOK);
    struct sim_login login = sim_people_login(world, broadcaster, world->now_ms);
    double rank = sim_people_rank(world, broadcaster);
    const char *kind = rank < 0.40 ? "" : rank < 0.94 ? "affiliate" : "partner";
    ADD(out, "{\"id\":\"");
    sim_put_int(out, user_id);
    ADD(out, "\",\"login\":\"");
    ll_buf_add(out, (struct ll_str){login.c, login.len});
    ADD(out, "\",\"display_name\":\"");
    sim_names_display(out, person, login);
    ll_buf_printf(out, "\",\"type\":\"\",\"broadcaster_type\":\"%s\",\"description\":\"", kind);
    sim_names_description(out, look);
    ADD(out, "\",\"profile_image_url\":\"");
    add_picture(out, look, "profile_image-300x300.png");
    ADD(out, "\",\"offline_image_url\":\"");
    if (look % 100 >= 56)
        add_picture(out, look ^ 1, "channel_offline_image-1920x1080.png");
    ll_buf_printf(out, "\",\"view_count\":0,\"created_at\":\"%s\"}",
                  ll_stamp_format(created_s(world, user_id)).c);
}

static bool seen_before(const uint32_t *list, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value)
            return true;
    }
    return false;
}

/* False with the answer an error. */
static bool find_users(const struct sim_world *world, const struct sim_request *request,
                       struct sim_answer *answer, uint32_t *users, size_t *ret_count)
{
    size_t asked = sim_param_count(request, "id") + sim_param_count(request, "login"), count = 0;
    if (asked == 0 || asked > SIM_PAGE_MAX) {
        sim_helix_error(
            answer, 400,
            asked == 0 ? "Must provide an ID, Login or OAuth Token"
                       : "The number of \"id\" and \"login\" must be less than or equal to 100");
        return false;
    }
    for (size_t i = 0; i < request->param_count; i++) {
        const struct sim_param *param = &request->params[i];
        uint32_t user;
        int64_t id;
        bool known = false;
        if (ll_str_equal(param->name, LL_STR("login"))) {
            known = sim_people_by_login(world, param->value, &user);
        } else if (ll_str_equal(param->name, LL_STR("id"))) {
            if (!ll_str_to_i64(param->value, &id)) {
                sim_helix_error(answer, 400,
                                "The parameter \"id\" was malformed: value must be a numeric");
                return false;
            }
            known = sim_people_by_id(world, id, &user);
        }
        if (known && !seen_before(users, count, user))
            users[count++] = user;
    }
    *ret_count = count;
    return true;
}

void sim_helix_users(struct sim_parts *parts, const struct sim_request *request,
                     struct sim_answer *answer)
{
    struct sim_world *world = parts->world;
    struct sim_hits hits = sim_hits_of(parts, request);
    uint32_t users[SIM_PAGE_MAX];
    size_t count;
    sim_world_advance(world, request->now_ms);
    if (!find_users(world, request, answer, users, &count))
        return;
    struct ll_buf *out = &answer->body;
    bool first = true;
    answer->status = 200;
    ADD(out, "{\"data\":[");
    for (size_t i = 0; i < count; i++) {
        if (sim_people_banned(world, users[i], world->now_ms) ||
            sim_hit(&hits, 41, sim_people_user_id(world, users[i])))
            continue;
        if (!first)
            ADD(out, ",");
        first = false;
        add_user(out, world, users[i]);
    }
    ADD(out, "]}");
}

/* Get Games. */

static void add_game(struct ll_buf *out, const struct sim_world *world, const struct sim_hits *hits,
                     uint32_t at)
{
    const struct sim_category *category = &world->options.catalog->categories[at];
    ADD(out, "{\"id\":\"");
    sim_put_int(out, category->id);
    ADD(out, "\",\"name\":");
    ll_buf_add(out, world->category_json[at]);
    if (sim_hit(hits, 42, category->id)) {
        out->len--; /* the closing quote */
        ADD(out, " Renamed\"");
    }
    ADD(out, ",\"box_art_url\":\"https://static-cdn.jtvnw.net/ttv-boxart/");
    sim_put_int(out, category->id);
    if (category->igdb_id != 0)
        ADD(out, "_IGDB");
    ADD(out, "-{width}x{height}.jpg\",\"igdb_id\":\"");
    if (category->igdb_id != 0 && !sim_hit(hits, 43, category->id))
        sim_put_int(out, category->igdb_id);
    ADD(out, "\"}");
}

static bool matches(const struct sim_category *category, const struct sim_param *param)
{
    int64_t id;
    if (ll_str_equal(param->name, LL_STR("name")))
        return ll_str_equal(category->name, param->value);
    if (!ll_str_to_i64(param->value, &id))
        return false;
    if (ll_str_equal(param->name, LL_STR("id")))
        return category->id == id;
    return ll_str_equal(param->name, LL_STR("igdb_id")) && id != 0 && category->igdb_id == id;
}

/* NULL, or the message of a 400. */
static const char *check_games(const struct sim_request *request)
{
    size_t asked = sim_param_count(request, "id") + sim_param_count(request, "name") +
                   sim_param_count(request, "igdb_id");
    if (asked == 0)
        return "Missing required parameter \"id\", \"name\" or \"igdb_id\"";
    if (asked > SIM_PAGE_MAX)
        return "The number of \"id\", \"name\" and \"igdb_id\" must be less than or equal to 100";
    for (size_t i = 0; i < request->param_count; i++) {
        const struct sim_param *param = &request->params[i];
        int64_t id;
        if (ll_str_equal(param->name, LL_STR("id")) && !ll_str_to_i64(param->value, &id))
            return "The parameter \"id\" was malformed: value must be a numeric";
        if (ll_str_equal(param->name, LL_STR("igdb_id")) && !ll_str_to_i64(param->value, &id))
            return "The parameter \"igdb_id\" was malformed: value must be a numeric";
    }
    return NULL;
}

void sim_helix_games(struct sim_parts *parts, const struct sim_request *request,
                     struct sim_answer *answer)
{
    struct sim_world *world = parts->world;
    const struct sim_catalog *catalog = world->options.catalog;
    struct sim_hits hits = sim_hits_of(parts, request);
    const char *message = check_games(request);
    if (message) {
        sim_helix_error(answer, 400, message);
        return;
    }
    struct ll_buf *out = &answer->body;
    bool first = true;
    answer->status = 200;
    ADD(out, "{\"data\":[");
    for (uint32_t at = 0; at < catalog->category_count; at++) {
        const struct sim_category *category = &catalog->categories[at];
        bool wanted = false;
        for (size_t i = 0; i < request->param_count && !wanted; i++)
            wanted = matches(category, &request->params[i]);
        /* Fault 26: a category of streams that Get Games no longer knows. */
        if (!wanted || sim_hit(&hits, 26, category->id))
            continue;
        if (!first)
            ADD(out, ",");
        first = false;
        add_game(out, world, &hits, at);
    }
    ADD(out, "]}");
}

/* Get Top Games: by viewers, where thousands have as few as each other and lie anew each time; as
 * paging is by offset, some come twice and some never (contract C.4). */

struct rank {
    int64_t viewers;
    uint64_t tie;
    uint32_t category;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->viewers != y->viewers)
        return x->viewers > y->viewers ? -1 : 1;
    return x->tie < y->tie ? -1 : x->tie > y->tie;
}

static size_t rank_categories(const struct sim_world *world, uint64_t shuffle, struct rank *ranks)
{
    const struct sim_index *index = &world->index;
    size_t count = 0, none = world->options.catalog->category_count;
    uint64_t hash = sim_mix(sim_mix(world->options.seed, USE_TIE), shuffle);
    for (uint32_t i = 0; i <= none; i++) {
        if (index->category_streams[i] == 0)
            continue;
        uint64_t tie = sim_mix(hash, i);
        int64_t viewers = index->category_viewers[i];
        /* Counts of different caches: up to a fifth more. */
        viewers += (int64_t)((double)viewers * sim_unit(sim_mix(tie, 0)) / 5);
        ranks[count++] = (struct rank){viewers, tie, i};
        /* The streams without a category are on the first page, and then left out. */
        if (i == none)
            ranks[count - 1].viewers = INT64_MAX;
    }
    qsort(ranks, count, sizeof(*ranks), compare_ranks);
    return count;
}

static bool read_offset(const struct sim_request *request, size_t *ret_offset)
{
    struct ll_str after = sim_param_get(request, "after");
    int64_t offset = 0;
    if (after.len == 0) { /* `before` answers the first page, always */
        *ret_offset = 0;
        return true;
    }
    struct ll_arena arena = {0};
    struct sim_cursor cursor;
    bool good = sim_cursor_read(&arena, after, LL_STR("Offset"), &cursor) &&
                ll_str_to_i64(cursor.after, &offset) && offset >= 0;
    ll_arena_clear(&arena);
    *ret_offset = (size_t)offset;
    return good;
}

static void add_offset(struct ll_buf *out, size_t offset)
{
    struct ll_buf text = {0};
    ll_buf_printf(&text, "{\"b\":null,\"a\":{\"Offset\":%zu}}", offset);
    ADD(out, "{\"cursor\":\"");
    ll_base64_add(out, ll_buf_str(&text));
    ADD(out, "\"}");
    ll_buf_clear(&text);
}

void sim_helix_top_games(struct sim_parts *parts, const struct sim_request *request,
                         struct sim_answer *answer)
{
    struct sim_world *world = parts->world;
    struct sim_hits hits = sim_hits_of(parts, request);
    size_t offset = 0, first = 0, none = world->options.catalog->category_count;
    sim_world_advance(world, request->now_ms);
    if (!sim_param_first(request, answer, &first))
        return;
    if (!read_offset(request, &offset)) {
        sim_helix_error(answer, 400, "Invalid cursor.");
        return;
    }
    struct rank *ranks = ll_xcalloc(none + 1, sizeof(*ranks));
    /* Fault 44: even while time stands still. */
    uint64_t shuffle = (uint64_t)world->now_ms;
    if (sim_hit(&hits, 44, 0))
        shuffle ^= sim_mix((uint64_t)request->number, 44);
    size_t count = rank_categories(world, shuffle, ranks);
    struct ll_buf *out = &answer->body;
    bool any = false;
    answer->status = 200;
    ADD(out, "{\"data\":[");
    for (size_t i = offset; i < count && i - offset < first; i++) {
        if (ranks[i].category == none)
            continue;
        if (any)
            ADD(out, ",");
        any = true;
        add_game(out, world, &hits, ranks[i].category);
    }
    ADD(out, "],\"pagination\":");
    if (offset < count && count - offset > first)
        add_offset(out, offset + first);
    else
        ADD(out, "{}");
    ADD(out, "}");
    free(ranks);
}
