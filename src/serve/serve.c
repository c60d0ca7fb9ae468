#include "serve/serve.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/web.h"
#include "serve/assets.h"
#include "serve/gate.h"
#include "serve/health.h"
#include "serve/problem.h"

#define REQUESTS_MAX (LL_EVENTS_MAX + 256)   /* at a time, event streams included */
#define BODY_BYTES_MAX 4096                  /* of /login */
#define HEADER_BYTES_MAX ((size_t)32 * 1024) /* SQL comes in the first line */
#define STOP_MS 2000
#define IDLE_S 30

/* Only what is ours is loaded, nothing runs that is not a file, and no page may hold ours. */
#define CONTENT_POLICY                                                                             \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "                \
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

struct ll_serve {
    struct ll_serve_options options;
    struct ll_gate gate;
    struct ll_web api;
    struct ll_health health;
    struct ll_server *http;
};

static void add_security_headers(struct ll_server_response *response)
{
    ll_server_add_header(response, "Content-Security-Policy", CONTENT_POLICY);
    ll_server_add_header(response, "X-Content-Type-Options", "nosniff");
    ll_server_add_header(response, "X-Frame-Options", "DENY");
    ll_server_add_header(response, "Referrer-Policy", "no-referrer");
    ll_server_add_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    ll_server_add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

/* --- where a request goes */

static bool is(const struct ll_server_request *request, const char *path)
{
    return strcmp(request->path, path) == 0;
}

static bool refuse(struct ll_server_response *response, enum ll_gate_verdict verdict)
{
    switch (verdict) {
    case LL_GATE_OPEN:
        return false;
    case LL_GATE_MISDIRECTED:
        ll_problem(response, 421, NULL,
                   "the Host is not this server: use its address, or add the name to serve.hosts");
        break;
    case LL_GATE_FOREIGN:
        ll_problem(response, 403, NULL, "asked by a page of another site");
        break;
    case LL_GATE_NO_KEY:
        ll_problem(response, 401, NULL,
                   "send an API key as Authorization: Bearer …, or sign in at /login");
        break;
    case LL_GATE_SCOPE:
        ll_problem(response, 403, NULL, "this key is not for SQL");
        break;
    case LL_GATE_BROKEN:
        ll_problem(response, 500, NULL, "the lake's keys cannot be read; its log says why");
        break;
    }
    return true;
}

static enum ll_health_kind kind_of(const struct ll_route *route)
{
    static const enum ll_health_kind kinds[] = {
        [LL_WEB_REPORT] = LL_HEALTH_REPORT, [LL_WEB_DETAIL] = LL_HEALTH_DETAIL,
        [LL_WEB_SEARCH] = LL_HEALTH_SEARCH, [LL_WEB_COMPARISON] = LL_HEALTH_COMPARE,
        [LL_WEB_QUERY] = LL_HEALTH_QUERY,   [LL_WEB_PIPELINE] = LL_HEALTH_PIPELINE,
        [LL_WEB_STATUS] = LL_HEALTH_STATUS, [LL_WEB_EVENTS] = LL_HEALTH_EVENTS,
        [LL_WEB_OPENAPI] = LL_HEALTH_OTHER,
    };
    return kinds[route->kind];
}

static enum ll_health_kind answer_api(struct ll_serve *serve,
                                      const struct ll_server_request *request,
                                      struct ll_server_response *response)
{
    int64_t now_s = ll_clock_now_s(serve->options.clock);
    struct ll_web_call call = {
        .api = &serve->api, .request = request, .response = response, .now_s = now_s - now_s % 60};
    if (!ll_route_find(request->path, &call.target)) {
        ll_problem(response, 404, NULL, "there is no such path: see " LL_WEB_PREFIX "openapi.json");
        return LL_HEALTH_OTHER;
    }
    bool sql = call.target.route->kind == LL_WEB_QUERY;
    enum ll_gate_verdict verdict =
        ll_gate_check_key(&serve->gate, request, sql ? LL_ACCESS_SQL : LL_ACCESS_READ);
    if (!refuse(response, verdict))
        ll_web_handle(&call);
    return kind_of(call.target.route);
}

static enum ll_health_kind answer(struct ll_serve *serve, const struct ll_server_request *request,
                                  struct ll_server_response *response)
{
    bool posts = strcmp(request->method, "POST") == 0;
    if (is(request, "/healthz")) { /* alive: by any name, with or without a key */
        response->content_type = "text/plain; charset=utf-8";
        ll_buf_add(&response->body, LL_STR("ok\n"));
        return LL_HEALTH_OTHER;
    }
    if (refuse(response, ll_gate_check_site(&serve->gate, request)))
        return LL_HEALTH_OTHER;
    if (posts && !is(request, "/login")) {
        ll_problem(response, 405, NULL, "only GET and HEAD");
        ll_server_add_header(response, "Allow", "GET, HEAD");
        return LL_HEALTH_OTHER;
    }
    if (!posts && request->body.len > 0) {
        ll_problem(response, 400, NULL, "a GET has no body");
        return LL_HEALTH_OTHER;
    }
    if (is(request, "/login")) {
        ll_gate_login(&serve->gate, request, response);
        return LL_HEALTH_OTHER;
    }
    if (strncmp(request->path, "/api/", 5) == 0)
        return answer_api(serve, request, response);
    if (is(request, "/readyz") || is(request, "/metrics")) {
        if (refuse(response, ll_gate_check_key(&serve->gate, request, LL_ACCESS_READ)))
            return LL_HEALTH_OTHER;
        if (is(request, "/readyz"))
            ll_health_ready(&serve->health, &serve->api, response);
        else
            ll_health_metrics(&serve->health, &serve->api, response);
        return LL_HEALTH_OTHER;
    }
    if (!ll_assets_answer(request, response))
        ll_problem(response, 404, NULL, "there is no such page");
    return LL_HEALTH_PAGE;
}

static void handle(void *context, const struct ll_server_request *request,
                   struct ll_server_response *response)
{
    struct ll_serve *serve = context;
    struct ll_clock *clock = ll_clock_system();
    int64_t began_ms = clock->monotonic_ms(clock);
    enum ll_health_kind kind = answer(serve, request, response);
    add_security_headers(response);
    ll_health_note(&serve->health, kind, response->status, clock->monotonic_ms(clock) - began_ms);
}

/* --- the server */

enum ll_status ll_serve_start(const struct ll_serve_options *options, struct ll_serve **ret,
                              struct ll_error *err)
{
    struct ll_serve *serve = ll_xcalloc(1, sizeof(*serve));
    serve->options = *options;
    options = &serve->options;
    serve->gate = (struct ll_gate){options->lake.store, options->hosts, options->require_key};
    serve->api.options = options;
    serve->api.pool.lake = &options->lake;
    serve->api.pool.size = options->questions;
    serve->api.pool.timeout_ms = options->timeout_ms;
    ll_cache_init(&serve->api.cache);
    pthread_mutex_init(&serve->health.mutex, NULL);
    ll_events_init(&serve->api.events, &options->lake);
    const struct ll_server_options http = {.listen_fd = options->listen_fd,
                                           .max_requests = REQUESTS_MAX,
                                           .max_body_bytes = BODY_BYTES_MAX,
                                           .max_header_bytes = HEADER_BYTES_MAX,
                                           .idle_timeout_s = IDLE_S,
                                           .stop_ms = STOP_MS,
                                           .methods = "GET, HEAD, POST",
                                           .handler = handle,
                                           .context = serve};
    enum ll_status status = ll_pool_start(&serve->api.pool, err);
    if (status != LL_OK)
        close(options->listen_fd);
    else
        status = ll_server_start(&http, &serve->http, err);
    if (status != LL_OK) {
        ll_serve_stop(serve);
        return status;
    }
    *ret = serve;
    return LL_OK;
}

void ll_serve_stop(struct ll_serve *serve)
{
    if (serve == NULL)
        return;
    ll_events_close(&serve->api.events);
    ll_pool_close(&serve->api.pool);
    ll_server_stop(serve->http);
    ll_pool_stop(&serve->api.pool);
    ll_events_clear(&serve->api.events);
    ll_cache_clear(&serve->api.cache);
    pthread_mutex_destroy(&serve->health.mutex);
    free(serve);
}
