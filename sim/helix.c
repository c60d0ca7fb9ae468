/* Get Streams of the invented world, and what all Helix endpoints need (contract B.4, B.5, C.1). */
#include "sim/helix_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/json.h"

#define ADD(out, literal) ll_buf_add(out, LL_STR(literal))

size_t sim_param_count(const struct sim_request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->param_count; i++)
        count += ll_str_equal(request->params[i].name, ll_str_of(name));
    return count;
}

void sim_put_int(struct ll_buf *out, int64_t value)
{
    char text[24];
    size_t at = sizeof(text);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    ll_buf_add(out, (struct ll_str){text + at, sizeof(text) - at});
}

struct sim_hits sim_hits_of(const struct sim_parts *parts, const struct sim_request *request)
{
    struct sim_hits hits = {parts->faults, request->number, 0};
    static_assert(SIM_FAULT_MAX < 64, "planned is a bit set");
    for (int n = 1; hits.faults && n <= SIM_FAULT_MAX; n++) {
        if (hits.faults->probability[n] > 0 || hits.faults->to[n] > 0 || hits.faults->from[n] > 0)
            hits.planned |= UINT64_C(1) << n;
    }
    return hits;
}

bool sim_param_first(const struct sim_request *request, struct sim_answer *answer,
                     size_t *ret_first)
{
    struct ll_str text = sim_param_get(request, "first");
    int64_t first = 20;
    const char *message = NULL;
    if (text.ptr && !ll_str_to_i64(text, &first))
        message = "The parameter \"first\" was malformed: value must be a numeric";
    else if (first > SIM_PAGE_MAX)
        message =
            "The parameter \"first\" was malformed: the value must be less than or equal to 100";
    else if (first < 1)
        message =
            "The parameter \"first\" was malformed: the value must be greater than or equal to 1";
    if (message) {
        sim_helix_error(answer, 400, message);
        return false;
    }
    *ret_first = (size_t)first;
    return true;
}

/* Cursors. */

static bool read_side(struct ll_json *json, struct ll_str key, struct ll_str *ret_value)
{
    enum ll_json_kind kind = ll_json_peek(json);
    if (kind == LL_JSON_NULL)
        return ll_json_null(json);
    if (kind == LL_JSON_STRING)
        return ll_json_string(json, ret_value);
    struct ll_str name;
    if (!ll_json_enter_object(json))
        return false;
    while (ll_json_next_key(json, &name)) {
        if (!ll_str_equal(name, key))
            ll_json_skip(json);
        else if (ll_json_peek(json) == LL_JSON_NUMBER)
            ll_json_number(json, ret_value);
        else
            ll_json_string(json, ret_value);
    }
    return !json->error;
}

bool sim_cursor_read(struct ll_arena *arena, struct ll_str text, struct ll_str key,
                     struct sim_cursor *ret_cursor)
{
    struct ll_str outer, name;
    struct sim_cursor cursor = {LL_STR(""), LL_STR("")};
    if (text.len > 4096 || !ll_base64_decode(arena, text, &outer))
        return false;
    struct ll_json json = ll_json_reader(outer, arena);
    if (!ll_json_enter_object(&json))
        return false;
    while (ll_json_next_key(&json, &name)) {
        if (ll_str_equal(name, LL_STR("a")))
            read_side(&json, key, &cursor.after);
        else if (ll_str_equal(name, LL_STR("b")))
            read_side(&json, key, &cursor.before);
        else
            ll_json_skip(&json);
    }
    if (!ll_json_done(&json))
        return false;
    *ret_cursor = cursor;
    return true;
}

static bool read_score(struct ll_arena *arena, struct ll_str text, double *ret_score)
{
    struct ll_str inner, name, literal = {0};
    if (!ll_base64_decode(arena, text, &inner))
        return false;
    struct ll_json json = ll_json_reader(inner, arena);
    if (!ll_json_enter_object(&json))
        return false;
    while (ll_json_next_key(&json, &name)) {
        if (ll_str_equal(name, LL_STR("s")))
            ll_json_number(&json, &literal);
        else
            ll_json_skip(&json);
    }
    return ll_json_done(&json) && ll_str_to_f64(literal, ret_score);
}

static void add_side(struct ll_buf *out, const char *name, double score)
{
    struct ll_buf inner = {0};
    ll_buf_printf(out, "\"%s\":{\"Cursor\":\"", name);
    if (!isnan(score)) {
        ADD(&inner, "{\"s\":");
        ll_buf_add_f64(&inner, score);
        ADD(&inner, ",\"d\":false,\"t\":true}");
        ll_base64_add(out, ll_buf_str(&inner));
    }
    ADD(out, "\"}");
    ll_buf_clear(&inner);
}

/* A score that is no number leaves its side empty: the broken form of contract B.5. */
static void add_cursor(struct ll_buf *out, double before, double after)
{
    struct ll_buf outer = {0};
    ADD(&outer, "{");
    add_side(&outer, "b", before);
    ADD(&outer, ",");
    add_side(&outer, "a", after);
    ADD(&outer, "}");
    ADD(out, "{\"cursor\":\"");
    ll_base64_add(out, ll_buf_str(&outer));
    ADD(out, "\"}");
    ll_buf_clear(&outer);
}

/* The query. */

struct query {
    struct sim_filter filter;
    bool by_user;
    uint32_t users[200];
    size_t user_count, first;
    bool has_cursor, at_end;
    size_t from; /* place in the index */
};

static void add_user(struct query *query, uint32_t broadcaster)
{
    for (size_t i = 0; i < query->user_count; i++) {
        if (query->users[i] == broadcaster)
            return;
    }
    query->users[query->user_count++] = broadcaster;
}

static void add_filter_category(const struct sim_world *world, struct sim_filter *filter,
                                int64_t id)
{
    const struct sim_catalog *catalog = world->options.catalog;
    const struct sim_category *category = sim_catalog_category(catalog, id);
    filter->by_category = true;
    if (!category)
        return;
    uint32_t at = (uint32_t)(category - catalog->categories);
    for (size_t i = 0; i < filter->category_count; i++) {
        if (filter->categories[i] == at)
            return;
    }
    filter->categories[filter->category_count++] = at;
}

static void add_filter_language(struct sim_filter *filter, struct ll_str code)
{
    size_t count;
    const struct sim_language *languages = sim_languages(&count);
    filter->by_language = true;
    for (size_t i = 0; i < count; i++) {
        if (ll_str_equal(code, ll_str_of(languages[i].code)))
            filter->languages |= UINT64_C(1) << i;
    }
}

/* One parameter; NULL or the message of a 400. */
static const char *read_param(const struct sim_world *world, const struct sim_hits *hits,
                              const struct sim_param *param, struct query *query)
{
    int64_t id;
    uint32_t broadcaster;
    if (ll_str_equal(param->name, LL_STR("user_id"))) {
        if (!ll_str_to_i64(param->value, &id))
            return "The parameter \"user_id\" was malformed: value must be a numeric";
        query->by_user = true;
        if (sim_people_by_id(world, id, &broadcaster))
            add_user(query, broadcaster);
    } else if (ll_str_equal(param->name, LL_STR("user_login"))) {
        query->by_user = true;
        if (sim_people_by_login(world, param->value, &broadcaster))
            add_user(query, broadcaster);
        else if (sim_hit(hits, 46, 0))
            return "Malformed query params.";
    } else if (ll_str_equal(param->name, LL_STR("game_id"))) {
        if (!ll_str_to_i64(param->value, &id))
            return "invalid game_id";
        add_filter_category(world, &query->filter, id);
    } else if (ll_str_equal(param->name, LL_STR("language"))) {
        add_filter_language(&query->filter, param->value);
    } else if (ll_str_equal(param->name, LL_STR("type"))) {
        if (!ll_str_equal(param->value, LL_STR("all")) &&
            !ll_str_equal(param->value, LL_STR("live")))
            return "The parameter \"type\" was malformed: value must be one of \"all\", \"live\"";
    }
    return NULL;
}

static bool read_cursor(const struct sim_world *world, const struct sim_request *request,
                        struct query *query)
{
    struct ll_str after = sim_param_get(request, "after"), before = {0};
    if (after.len == 0)
        before = sim_param_get(request, "before");
    struct ll_str text = after.len > 0 ? after : before;
    /* The last cursor of old, a space in base64, led back to the top. */
    if (text.len == 0 || ll_str_equal(text, LL_STR("IA")))
        return true;
    query->has_cursor = true;
    struct ll_arena arena = {0};
    struct sim_cursor cursor;
    double score = 0;
    bool good = sim_cursor_read(&arena, text, LL_STR("Cursor"), &cursor);
    if (good) {
        /* Backwards is broken: it answers the page that the cursor came with. */
        struct ll_str side = before.len > 0 ? cursor.before : cursor.after;
        query->at_end = side.len == 0;
        good = query->at_end || read_score(&arena, side, &score);
    }
    ll_arena_clear(&arena);
    if (good)
        query->from = before.len > 0 ? sim_index_at(&world->index, score)
                                     : sim_index_below(&world->index, score);
    return good;
}

static bool read_query(const struct sim_world *world, const struct sim_hits *hits,
                       const struct sim_request *request, struct sim_answer *answer,
                       struct query *query)
{
    static const char *const lists[] = {"user_id", "user_login", "game_id", "language"};
    if (!sim_param_first(request, answer, &query->first))
        return false;
    const char *message = NULL;
    for (size_t i = 0; i < LL_COUNT(lists) && !message; i++) {
        if (sim_param_count(request, lists[i]) > SIM_PAGE_MAX)
            message = "Malformed query params.";
    }
    for (size_t i = 0; i < request->param_count && !message; i++)
        message = read_param(world, hits, &request->params[i], query);
    if (!message && !read_cursor(world, request, query))
        message = "Invalid cursor.";
    if (!message && query->has_cursor && sim_hit(hits, 20, 0))
        message = "invalid cursor";
    if (message)
        sim_helix_error(answer, 400, message);
    return !message;
}

/* The page. */

struct page {
    struct sim_row rows[SIM_PAGE_MAX];
    size_t row_count;
    bool more;
    double before, after; /* scores of the cursor */
};

static int compare_rows(const void *a, const void *b)
{
    const struct sim_row *x = a, *y = b;
    if (x->viewers != y->viewers)
        return x->viewers > y->viewers ? -1 : 1;
    return x->stream->id < y->stream->id ? -1 : x->stream->id > y->stream->id;
}

static void add_row(const struct sim_world *world, const struct sim_hits *hits,
                    const struct sim_stream *stream, struct page *page)
{
    if (sim_hit(hits, 15, stream->id))
        return;
    page->rows[page->row_count++] =
        (struct sim_row){stream, sim_stream_viewers(world, stream, world->now_ms), false};
}

/* Rows of users asked by name: of the world as it is, without the index. */
static void take_users(const struct sim_world *world, const struct sim_hits *hits,
                       const struct query *query, struct page *page)
{
    const struct sim_filter *filter = &query->filter;
    for (size_t i = 0; i < query->user_count && page->row_count < query->first; i++) {
        const struct sim_stream *stream = sim_people_stream(world, query->users[i]);
        if (!stream || (filter->by_language && !(filter->languages >> stream->language & 1)))
            continue;
        uint32_t category = sim_stream_category(stream, world->now_ms);
        bool wanted = !filter->by_category;
        for (size_t j = 0; j < filter->category_count && !wanted; j++)
            wanted = filter->categories[j] == category;
        if (wanted)
            add_row(world, hits, stream, page);
    }
}

/* How many entries the page is made of; fewer than asked with fault 16. */
static size_t entries_to_take(const struct sim_hits *hits, size_t first)
{
    if (first < 2 || !sim_hit(hits, 16, 0))
        return first;
    return 1 + sim_hit_form(hits, 16, 0, (unsigned)first / 2);
}

static void take_index(const struct sim_world *world, const struct sim_hits *hits,
                       const struct query *query, struct page *page)
{
    const struct sim_index *index = &world->index;
    uint32_t places[SIM_PAGE_MAX + 1];
    size_t take = entries_to_take(hits, query->first), taken = 0, again = 0;
    size_t count = sim_index_page(world, &query->filter, query->from, take + 1, places);
    while (taken < take && taken < count && page->row_count < query->first) {
        const struct sim_stream *stream = &world->streams[index->entries[places[taken]].stream];
        bool twice = sim_hit(hits, 14, stream->id);
        if (twice && taken > 0 && page->row_count + 2 > query->first)
            break;
        taken++;
        again += sim_hit(hits, 13, stream->id);
        if (stream->ends_ms <= world->now_ms)
            continue;
        add_row(world, hits, stream, page);
        if (twice && page->row_count > 0 && page->row_count < query->first) {
            page->rows[page->row_count] = page->rows[page->row_count - 1];
            page->rows[page->row_count++].restarted = true;
        }
    }
    page->more = count > taken;
    if (taken == 0)
        return;
    /* Fault 13: the next page begins before this one ends, though not before its middle. */
    again = again < taken / 2 ? again : taken / 2;
    page->before = sim_index_score(&index->entries[places[0]]);
    page->after = sim_index_score(&index->entries[places[taken - 1 - again]]);
}

/* Fault 17: nothing, and a cursor that leads on from where the last one stood. It lies between two
 * entries, nearer to the next each time. */
static bool take_nothing(const struct sim_world *world, const struct sim_request *request,
                         const struct query *query, struct page *page)
{
    const struct sim_index *index = &world->index;
    if (query->from >= index->count)
        return false;
    struct ll_arena arena = {0};
    struct sim_cursor cursor;
    double next = sim_index_score(&index->entries[query->from]), last = next + 1;
    if (sim_cursor_read(&arena, sim_param_get(request, "after"), LL_STR("Cursor"), &cursor) &&
        !read_score(&arena, cursor.after, &last))
        last = next + 1;
    ll_arena_clear(&arena);
    page->row_count = 0;
    page->more = true;
    page->before = last;
    page->after = next + (last - next) / 2;
    return page->after > next && page->after < last;
}

static void break_cursor(const struct sim_request *request, const struct sim_hits *hits,
                         struct page *page)
{
    if (page->more && sim_param_count(request, "game_id") > 0 && sim_hit(hits, 17, 1))
        page->after = NAN;
    else if (page->more && sim_hit(hits, 18, 0))
        page->after = 1e18; /* above all: the list begins anew */
}

static void add_pagination(struct ll_buf *out, const struct sim_request *request,
                           const struct sim_hits *hits, const struct page *page)
{
    static const char *const odd[] = {"}", ",\"pagination\":null}", ",\"pagination\":\"eyJiIjp9\"}",
                                      ",\"pagination\":\"\"}"};
    struct ll_str after = sim_param_get(request, "after");
    if (sim_hit(hits, 21, 0)) {
        ll_buf_add(out, ll_str_of(odd[sim_hit_form(hits, 21, 0, LL_COUNT(odd))]));
        return;
    }
    ADD(out, ",\"pagination\":");
    if (!page->more && sim_hit(hits, 19, 0)) {
        ADD(out, "{\"cursor\":\"IA\"}");
    } else if (!page->more) {
        ADD(out, "{}");
    } else if (page->after >= 1e18 && after.len > 0 && sim_hit_form(hits, 18, 0, 2)) {
        ADD(out, "{\"cursor\":"); /* the other form of fault 18: the same cursor again */
        ll_buf_add_json_string(out, after);
        ADD(out, "}");
    } else {
        add_cursor(out, page->before, page->after);
    }
    ADD(out, "}");
}

static void write_page(struct ll_buf *out, const struct sim_world *world,
                       const struct sim_hits *hits, const struct page *page)
{
    if (sim_hit(hits, 22, 0)) {
        if (sim_hit_form(hits, 22, 0, 2))
            ADD(out, "{\"data\":null");
        else
            ADD(out, "{\"total\":0");
        return;
    }
    ADD(out, "{\"data\":[");
    for (size_t i = 0; i < page->row_count; i++) {
        if (i > 0)
            ADD(out, ",");
        sim_helix_row(out, world, hits, &page->rows[i]);
    }
    ADD(out, "]");
}

void sim_helix_streams(struct sim_parts *parts, const struct sim_request *request,
                       struct sim_answer *answer)
{
    struct sim_world *world = parts->world;
    struct sim_hits hits = sim_hits_of(parts, request);
    struct query query = {0};
    struct page page = {.row_count = 0};
    sim_world_advance(world, request->now_ms);
    if (!read_query(world, &hits, request, answer, &query))
        return;
    if (query.by_user) {
        take_users(world, &hits, &query, &page);
    } else if (!query.at_end) {
        bool filtered = query.filter.by_category || query.filter.by_language;
        if (filtered || !sim_hit(&hits, 17, 0) || !take_nothing(world, request, &query, &page))
            take_index(world, &hits, &query, &page);
        break_cursor(request, &hits, &page);
    }
    qsort(page.rows, page.row_count, sizeof(page.rows[0]), compare_rows);
    answer->status = 200;
    write_page(&answer->body, world, &hits, &page);
    add_pagination(&answer->body, request, &hits, &page);
}
