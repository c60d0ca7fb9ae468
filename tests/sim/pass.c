#include "pass.h"

#include <stdio.h>
#include <string.h>

#include "codec/json.h"

void pass_open(struct pass_world *p, uint64_t seed, size_t streams)
{
    *p = (struct pass_world){.now_ms = PASS_START_MS};
    p->catalog = sim_catalog_new(seed);
    p->world = sim_world_new(&(struct sim_world_options){.seed = seed,
                                                         .streams = streams,
                                                         .start_ms = PASS_START_MS,
                                                         .lag_ms = 45000,
                                                         .tombstone_ms = 300000,
                                                         .volatility = 1,
                                                         .catalog = p->catalog});
    p->parts = (struct sim_parts){.world = p->world, .catalog = p->catalog, .faults = &p->faults};
}

void pass_close(struct pass_world *p)
{
    sim_world_free(p->world);
    sim_catalog_free(p->catalog);
    ll_buf_clear(&p->answer.body);
    ll_arena_clear(&p->arena);
}

struct ll_str pass_get(struct pass_world *p, sim_handler *handler, const char *query)
{
    static struct sim_param params[256];
    struct sim_request request = {
        .method = LL_STR("GET"), .params = params, .now_ms = p->now_ms, .number = ++p->number};
    struct ll_str rest = ll_str_of(query), part;
    while (rest.len > 0 && ll_str_split(&rest, '&', &part)) {
        size_t equals = ll_str_find(part, '=', 0);
        params[request.param_count++] =
            (struct sim_param){ll_str_sub(part, 0, equals), ll_str_sub(part, equals + 1, part.len)};
    }
    ll_buf_reset(&p->answer.body);
    p->answer.status = 0;
    handler(&p->parts, &request, &p->answer);
    return ll_buf_str(&p->answer.body);
}

struct ll_str pass_member(struct ll_str object, const char *name)
{
    struct ll_json json = ll_json_reader(object, NULL);
    struct ll_str key, value = {0};
    if (!ll_json_enter_object(&json))
        return value;
    while (ll_json_next_key(&json, &key)) {
        if (ll_str_equal(key, ll_str_of(name)))
            ll_json_capture(&json, &value);
        else
            ll_json_skip(&json);
    }
    return value;
}

bool pass_item(struct ll_str array, size_t *at, struct ll_str *ret_object)
{
    if (*at == 0)
        *at = 1; /* the bracket */
    if (*at < array.len && array.ptr[*at] == ',')
        (*at)++;
    if (*at + 1 >= array.len)
        return false;
    int depth = 0;
    bool in_text = false;
    for (size_t i = *at; i < array.len; i++) {
        char c = array.ptr[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '{' || c == '['))
            depth++;
        else if (!in_text && (c == '}' || c == ']') && --depth == 0) {
            *ret_object = ll_str_sub(array, *at, i + 1);
            *at = i + 1;
            return true;
        }
    }
    return false;
}

struct ll_str pass_text(struct pass_world *p, struct ll_str object, const char *name)
{
    struct ll_json json = ll_json_reader(pass_member(object, name), &p->arena);
    struct ll_str text = {0};
    (void)ll_json_string(&json, &text);
    return text;
}

int64_t pass_int(struct ll_str object, const char *name)
{
    int64_t value = INT64_MIN;
    struct ll_str text = pass_member(object, name);
    if (text.len > 1 && text.ptr[0] == '"')
        text = ll_str_sub(text, 1, text.len - 1);
    (void)!ll_str_to_i64(text, &value);
    return value;
}

size_t pass_chain(struct pass_world *p, const char *query, int64_t step_ms, size_t max_pages,
                  struct ll_map *ids)
{
    char text[8192], cursor[4096] = "";
    for (size_t pages = 1;; pages++) {
        snprintf(text, sizeof(text), "first=100&%s%s%s", query, cursor[0] ? "&after=" : "", cursor);
        struct ll_str body = pass_get(p, sim_helix_streams, text), row;
        struct ll_str data = pass_member(body, "data");
        for (size_t at = 0; pass_item(data, &at, &row);) {
            bool is_new;
            (*ll_map_at(ids, (uint64_t)pass_int(row, "id"), &is_new))++;
        }
        struct ll_str next = pass_text(p, pass_member(body, "pagination"), "cursor");
        if (next.len == 0 || next.len >= sizeof(cursor) || pages == max_pages)
            return pages;
        memcpy(cursor, next.ptr, next.len);
        cursor[next.len] = '\0';
        p->now_ms += step_ms;
        ll_arena_reset(&p->arena);
    }
}
