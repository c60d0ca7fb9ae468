#include "serve/web.h"

#include <string.h>

#include "codec/sha256.h"
#include "serve/problem.h"

/* Answers with this key are the same while the data is. */
static void add_cache_key(const struct ll_web_call *call, struct ll_buf *key)
{
    ll_buf_printf(key, "%s %lld", call->request->path, (long long)call->now_s);
    for (size_t i = 0; i < call->request->param_count; i++)
        ll_buf_printf(key, "%c%s%c%s", 0, call->request->params[i].name, 0,
                      call->request->params[i].value); /* no text has a NUL of its own */
    ll_buf_add_char(key, '\0');
    if ((call->target.route->params & LL_WEB_BIT(LL_WEB_FORMAT)) != 0)
        ll_buf_add(key, ll_str_of(ll_server_header(call->request, "Accept")));
}

static bool has_tag(const char *header, struct ll_str tag)
{
    struct ll_str rest = ll_str_of(header), item;
    while (ll_str_split(&rest, ',', &item)) {
        item = ll_str_trim(item);
        if (ll_str_starts_with(item, LL_STR("W/")))
            item = ll_str_sub(item, 2, item.len);
        if (ll_str_equal(item, tag) || ll_str_equal(item, LL_STR("*")))
            return true;
    }
    return false;
}

/* A body in memory gets an ETag, and is left out where the peer has it. */
static void tag(struct ll_web_call *call)
{
    struct ll_server_response *response = call->response;
    char text[40];
    if (response->read != NULL || response->status != 200)
        return;
    struct ll_sha256_text hash = ll_sha256_hex(ll_sha256_of(ll_buf_str(&response->body)));
    text[0] = '"';
    memcpy(text + 1, hash.c, 32);
    memcpy(text + 33, "\"", 2);
    ll_server_add_header(response, "ETag", text);
    if (has_tag(ll_server_header(call->request, "If-None-Match"), ll_str_of(text))) {
        response->status = 304;
        ll_buf_clear(&response->body);
    }
}

static enum ll_status answer(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err)
{
    call->response->content_type = "application/json";
    switch (call->target.route->kind) {
    case LL_WEB_REPORT:
        return ll_web_report(call, lease, err);
    case LL_WEB_DETAIL:
        return ll_web_detail(call, lease, err);
    case LL_WEB_SEARCH:
        return ll_web_search(call, lease, err);
    case LL_WEB_COMPARISON:
        return ll_web_compare(call, lease, err);
    case LL_WEB_QUERY:
        return ll_web_query(call, lease, err);
    case LL_WEB_PIPELINE:
        return ll_web_pipeline(call, lease, err);
    default:
        return ll_web_status(call, lease, err);
    }
}

static enum ll_status ask(struct ll_web_call *call, struct ll_error *err)
{
    struct ll_pool_seat *seat;
    struct ll_pool *pool = &call->api->pool;
    bool sql = call->target.route->kind == LL_WEB_QUERY;
    if (ll_pool_take(pool, call->request, sql ? LL_SERVE_SQL : LL_SERVE_QUESTIONS, &seat, err) !=
        LL_OK)
        return err->status;
    return ll_pool_give(pool, seat, answer(call, &seat->lease, err), err);
}

static bool is_kept(const struct ll_web_call *call)
{
    return call->target.route->kind != LL_WEB_STATUS && call->target.route->kind != LL_WEB_QUERY;
}

static void answer_from_data(struct ll_web_call *call)
{
    struct ll_error err;
    struct ll_server_response *response = call->response;
    struct ll_web *api = call->api;
    LL_AUTO(ll_buf_clear) struct ll_buf key = {0};
    static _Thread_local char type[64]; /* until the answer is queued, on this thread */
    uint64_t version = api->options->lake.version(api->options->lake.context);
    add_cache_key(call, &key);
    if (is_kept(call) &&
        ll_cache_get(&api->cache, ll_buf_str(&key), version, &response->body, type)) {
        response->content_type = type;
    } else if (ask(call, &err) != LL_OK) {
        ll_problem_of(response, &err);
        return;
    } else if (is_kept(call) && response->read == NULL && response->headers.len == 0) {
        const struct ll_cache_item item = {ll_buf_str(&key), ll_buf_str(&response->body),
                                           response->content_type, version};
        ll_cache_put(&api->cache, &item);
    }
    ll_server_add_header(response, "Cache-Control", "private, no-cache");
    ll_server_add_header(response, "Vary", "Accept");
    tag(call);
}

void ll_web_handle(struct ll_web_call *call)
{
    struct ll_error err;
    const struct ll_route *route = call->target.route;
    if (ll_route_check(route, call->request, &err) != LL_OK) {
        ll_problem_of(call->response, &err);
    } else if (route->kind == LL_WEB_EVENTS) {
        ll_events_answer(&call->api->events, call->request, call->response);
    } else if (route->kind == LL_WEB_OPENAPI) {
        call->response->content_type = "application/json";
        ll_serve_openapi(&call->response->body);
        tag(call);
    } else {
        answer_from_data(call);
    }
}
