#include "sim/server_internal.h"

#include <assert.h>
#include <string.h>

#define SILENCE_MS 60000
#define DATE_OFF_S 3600

#define HTML                                                                                       \
    LL_STR("<!DOCTYPE html><html><head><title>Error</title></head>"                                \
           "<body><h1>Something went wrong at the edge</h1></body></html>")

void sim_api_routes(struct sim *sim)
{
    const struct sim_routes *to = &sim->options.routes;
    const struct sim_route routes[SIM_ROUTES] = {
        {"/oauth2/token", "POST", SIM_OAUTH, sim_oauth_token},
        {"/oauth2/validate", "GET", SIM_OAUTH, sim_oauth_validate},
        {"/oauth2/revoke", "POST", SIM_OAUTH, sim_oauth_revoke},
        {"/helix/streams", "GET", SIM_HELIX, to->streams},
        {"/helix/users", "GET", SIM_HELIX, to->users},
        {"/helix/games", "GET", SIM_HELIX, to->games},
        {"/helix/games/top", "GET", SIM_HELIX, to->top_games},
        {"/v4/", "POST", SIM_IGDB, to->igdb},
        {"//", NULL, SIM_STRAY, NULL},
        {"unknown", NULL, SIM_STRAY, NULL},
    };
    memcpy(sim->routes, routes, sizeof(routes));
}

static const struct sim_route *route_of(const struct sim *sim, const struct sim_request *request)
{
    for (size_t i = 0; i + 1 < request->path.len; i++)
        if (request->path.ptr[i] == '/' && request->path.ptr[i + 1] == '/')
            return &sim->routes[SIM_ROUTES - 2];
    for (size_t i = 0; i < SIM_ROUTES - 2; i++) {
        const struct sim_route *route = &sim->routes[i];
        struct ll_str path = ll_str_of(route->path);
        bool below = ll_str_ends_with(path, LL_STR("/"));
        if (below ? !ll_str_starts_with(request->path, path) || request->path.len == path.len
                  : !ll_str_equal(request->path, path))
            continue;
        if (ll_str_equal(request->method, ll_str_of(route->method)) && route->handler)
            return route;
    }
    return &sim->routes[SIM_ROUTES - 1];
}

static void text_answer(struct sim_answer *answer, int status, bool as_html, struct ll_str text)
{
    ll_buf_reset(&answer->body);
    answer->status = status;
    answer->content_type = as_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
    ll_buf_add(&answer->body, text);
}

static void json_answer(struct sim_answer *answer, int status, struct ll_str text)
{
    text_answer(answer, status, false, text);
    answer->content_type = NULL;
}

static void not_found(const struct sim_request *request, struct sim_answer *answer)
{
    if (ll_str_starts_with(request->path, LL_STR("/helix/"))) {
        sim_helix_error(answer, 404, "");
    } else if (ll_str_starts_with(request->path, LL_STR("/oauth2/"))) {
        sim_oauth_error(answer, 404, "not found");
    } else {
        bool igdb = ll_str_starts_with(request->path, LL_STR("/v4/"));
        text_answer(answer, 404, false, LL_STR("Endpoint "));
        ll_buf_add(&answer->body, request->method);
        ll_buf_add_char(&answer->body, ' ');
        ll_buf_add(&answer->body, ll_str_sub(request->path, igdb ? 3 : 0, request->path.len));
        ll_buf_add(&answer->body, LL_STR(" not found"));
    }
}

static bool too_large(const struct sim_exchange *exchange, struct sim_answer *answer)
{
    if (exchange->too_long) {
        json_answer(answer, 413,
                    LL_STR("{\"title\":\"Request Too Large\",\"status\":413,"
                           "\"cause\":\"The request is larger than the maximum of 32KB\"}"));
        return true;
    }
    if (exchange->side != SIM_IGDB || exchange->request.body.len <= SIM_IGDB_BODY_MAX)
        return false;
    json_answer(answer, 413,
                LL_STR("{\"title\":\"Content Too Large\",\"status\":413,\"type\":"
                       "\"https://javalin.io/documentation#error-responses\",\"details\":{}}"));
    return true;
}

static bool fault(const struct sim_exchange *exchange, int n)
{
    return sim_fault(exchange->sim->parts->faults, n, exchange->request.number, 0);
}

static uint64_t form(const struct sim_exchange *exchange, int n, uint64_t bound)
{
    return sim_fault_form(exchange->sim->parts->faults, n, exchange->request.number, bound);
}

static void empty_500(enum sim_side side, struct sim_answer *answer)
{
    if (side == SIM_HELIX)
        sim_helix_error(answer, 500, "");
    else if (side == SIM_OAUTH)
        sim_oauth_error(answer, 500, "");
    else
        json_answer(answer, 500,
                    LL_STR("{\"title\":\"Internal server error\",\"status\":500,\"type\":"
                           "\"https://javalin.io/documentation#internalservererrorresponse\","
                           "\"details\":{}}"));
}

/* Faults that keep the request from the service behind: 11, 1, 5, 4, 10. */
static bool edge_fault(struct sim_exchange *exchange, struct sim_reply *reply)
{
    static const int statuses[] = {200, 502, 503, 522};
    struct sim *sim = exchange->sim;
    struct sim_answer *answer = &reply->answer;
    if (fault(exchange, 11)) {
        static const enum sim_damage damages[] = {SIM_RESET, SIM_RESET_MIDDLE, SIM_SILENCE};
        reply->damage = damages[form(exchange, 11, 3)];
        /* In the middle of an answer: the service must make one first. */
        return reply->damage != SIM_RESET_MIDDLE;
    }
    if (fault(exchange, 1)) {
        uint64_t which = form(exchange, 1, 8);
        text_answer(answer, statuses[which % 4], which < 4,
                    which < 4 ? HTML : LL_STR("upstream connect error"));
        return true;
    }
    if (fault(exchange, 5)) {
        if (form(exchange, 5, 2))
            text_answer(answer, 503, false, LL_STR("Service Unavailable"));
        else
            sim_helix_error(answer, 503, "");
        return true;
    }
    if (sim->burst_left > 0 || fault(exchange, 4)) {
        sim->burst_left = sim->burst_left > 0 ? sim->burst_left - 1 : (int)form(exchange, 4, 3);
        empty_500(exchange->side, answer);
        return true;
    }
    if (ll_str_equal(exchange->request.path, LL_STR("/oauth2/token")) && fault(exchange, 10)) {
        bool secret = form(exchange, 10, 2);
        sim_oauth_error(answer, secret ? 403 : 400,
                        secret ? "invalid client secret" : "invalid client");
        return true;
    }
    return false;
}

static void limit_answer(enum sim_side side, struct sim_answer *answer)
{
    if (side == SIM_IGDB)
        json_answer(answer, 429, LL_STR("{\"message\":\"Too Many Requests\"}"));
    else
        sim_helix_error(answer, 429, "Request limit exceeded");
}

/* Token and rate limit: true when the request may pass. */
static bool admit(struct sim_exchange *exchange, struct sim_answer *answer)
{
    struct sim *sim = exchange->sim;
    const struct sim_request *request = &exchange->request;
    bool igdb = exchange->side == SIM_IGDB;
    struct ll_str client_id = sim_header_get(request, "client-id");
    if (exchange->side == SIM_OAUTH)
        return true;
    if (fault(exchange, 9))
        sim_oauth_revoke_of(sim->parts, request);
    if (!sim_oauth_check(sim->parts, request, igdb, answer))
        return false;
    bool full = false;
    if (igdb) {
        full = !sim_limiter_igdb(&sim->limiter, request->now_ms) || fault(exchange, 7);
        exchange->igdb_open = !full;
        sim->limiter.igdb_open += !full;
    } else {
        if (fault(exchange, 7))
            sim_limiter_empty(&sim->limiter, client_id, request->now_ms);
        full = !sim_limiter_helix(&sim->limiter, client_id, request->now_ms);
    }
    if (full || fault(exchange, 6)) {
        limit_answer(exchange->side, answer);
        return false;
    }
    return true;
}

/* Faults of an answer that is made: 2, 3, 8, 12. */
static void spoil(struct sim_exchange *exchange, struct sim_reply *reply)
{
    if (reply->damage == SIM_WHOLE && fault(exchange, 2)) {
        static const enum sim_damage damages[] = {SIM_LONG_LENGTH, SIM_CUT_BODY, SIM_CUT_GZIP};
        reply->damage = damages[form(exchange, 2, 3)];
    }
    if (reply->damage == SIM_WHOLE && fault(exchange, 3))
        reply->damage = form(exchange, 3, 2) ? SIM_BOMB : SIM_HUGE;
    if (reply->rated && fault(exchange, 8))
        reply->rate_form = 1 + (int)form(exchange, 8, 5);
    if (fault(exchange, 12)) {
        /* The same for all requests, as when the client's clock is wrong; Reset is off with it. */
        int64_t off_s =
            (int64_t)sim_fault_form(exchange->sim->parts->faults, 12, 0, 2 * DATE_OFF_S) -
            DATE_OFF_S;
        off_s = off_s >= 0 ? off_s + 1 : off_s;
        reply->date_ms += off_s * 1000;
        reply->rate.reset_s += off_s;
    }
}

static void serve(struct sim_exchange *exchange, const struct sim_route *route,
                  struct sim_reply *reply)
{
    struct sim_parts *parts = exchange->sim->parts;
    if (edge_fault(exchange, reply) || !admit(exchange, &reply->answer))
        return;
    if (parts->world)
        sim_world_advance(parts->world, exchange->request.now_ms);
    route->handler(parts, &exchange->request, &reply->answer);
    assert(reply->answer.status >= 200 && reply->answer.status < SIM_STATUS_MAX);
}

static int64_t latency_of(const struct sim_exchange *exchange, const struct sim_reply *reply)
{
    const struct sim_server_options *options = &exchange->sim->options;
    if (reply->damage == SIM_SILENCE)
        return SILENCE_MS;
    if (!options->latency_jitter_ms)
        return options->latency_ms;
    return options->latency_ms +
           (int64_t)form(exchange, 0, (uint64_t)options->latency_jitter_ms + 1);
}

void sim_api_answer(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    struct sim_request *request = &exchange->request;
    request->now_ms = sim_clock_now(sim->clock);
    request->number = ++sim->numbers;
    sim->arrived++;
    const struct sim_route *route = route_of(sim, request);
    sim->stats.by_route[route - sim->routes]++;
    exchange->side = route->side;
    reply->api = true;
    reply->rated = ll_str_starts_with(request->path, LL_STR("/helix/"));
    bool stray = route == &sim->routes[SIM_ROUTES - 2];
    if (stray || fault(exchange, 47)) {
        sim->parts->faults->seen[47] += stray;
        text_answer(&reply->answer, 503, false, LL_STR("Loop detected"));
        reply->rated = false;
    } else if (!too_large(exchange, &reply->answer)) {
        if (route->handler)
            serve(exchange, route, reply);
        else
            not_found(request, &reply->answer);
    }
    reply->date_ms = request->now_ms;
    if (reply->rated)
        reply->rate =
            sim_limiter_rate(&sim->limiter, sim_header_get(request, "client-id"), request->now_ms);
    if (route->handler)
        spoil(exchange, reply);
    exchange->due_ms = request->now_ms + latency_of(exchange, reply);
}
