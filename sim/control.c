/* /sim/...: time, truth, numbers, faults. How stepped time moves: a client with nothing to do says
 * how many requests it has sent (S) and how many ended (R), and until when it would sleep. When all
 * S have come, S - R minus those held here are answers still on their way to it: with any, time
 * stands still. Else it moves on to the next answer due. */
#include "sim/server_internal.h"

#include <string.h>

#include "codec/json.h"

#define WAIT_MS 5000 /* by the wall, for requests said to be sent */
#define PATIENCE 50  /* times a client may say the same before its answers count as lost */
#define LATENCY_MAX_MS 600000
#define TRUTH_MS 3600000 /* what sim_world_truth remembers */

static bool say(struct sim_reply *reply, int status, const char *message)
{
    struct ll_buf *body = &reply->answer.body;
    reply->answer.status = status;
    ll_buf_reset(body);
    ll_buf_printf(body, "{\"status\":%d,\"message\":", status);
    ll_buf_add_json_string(body, ll_str_of(message));
    ll_buf_add(body, LL_STR("}\n"));
    return true;
}

static bool say_now(struct sim *sim, struct sim_reply *reply)
{
    struct ll_buf *body = &reply->answer.body;
    reply->answer.status = 200;
    ll_buf_printf(body, "{\"now_ms\":%lld,\"mode\":\"%s\"", (long long)sim_clock_now(sim->clock),
                  sim_clock_mode_name(sim->clock));
    if (sim->skew_ms != 0)
        ll_buf_printf(body, ",\"skew_ms\":%lld", (long long)sim->skew_ms);
    ll_buf_add(body, LL_STR("}\n"));
    return true;
}

/* What a control request may say; -1: did not. */
struct order {
    int64_t sent, received, until_ms, advance_ms, points, latency_ms;
    int64_t skew_ms; /* may be negative */
    double factor;   /* 0: did not */
    bool reset, skewed;
    struct ll_str client;
};

static bool parse_order(struct sim_exchange *exchange, struct order *ret)
{
    static const char *const names[] = {"sent",       "received", "until_ms",
                                        "advance_ms", "points",   "latency_ms"};
    struct order order = {.sent = -1,
                          .received = -1,
                          .until_ms = -1,
                          .advance_ms = -1,
                          .points = -1,
                          .latency_ms = -1};
    int64_t *const fields[] = {&order.sent,       &order.received, &order.until_ms,
                               &order.advance_ms, &order.points,   &order.latency_ms};
    struct ll_json json = ll_json_reader(exchange->request.body, &exchange->arena);
    struct ll_str key, number;
    bool good = true;
    if (ll_json_enter_object(&json)) {
        while (ll_json_next_key(&json, &key)) {
            size_t i = 0;
            while (i < LL_COUNT(names) && !ll_str_equal(key, ll_str_of(names[i])))
                i++;
            if (i < LL_COUNT(names))
                good = ll_json_number(&json, &number) && ll_str_to_i64(number, fields[i]) &&
                       *fields[i] >= 0 && good;
            else if (ll_str_equal(key, LL_STR("skew_ms")))
                good = order.skewed =
                    ll_json_number(&json, &number) && ll_str_to_i64(number, &order.skew_ms) && good;
            else if (ll_str_equal(key, LL_STR("run")))
                good = ll_json_number(&json, &number) && ll_str_to_f64(number, &order.factor) &&
                       order.factor > 0 && good;
            else if (ll_str_equal(key, LL_STR("reset")))
                good = ll_json_bool(&json, &order.reset) && good;
            else if (ll_str_equal(key, LL_STR("client")))
                good = ll_json_string(&json, &order.client) && good;
            else
                ll_json_skip(&json);
        }
    }
    if (!ll_json_done(&json) || !good)
        return false;
    *ret = order;
    return true;
}

/* A client begins: what came before is not its own. */
static void reset_counts(struct sim *sim, struct ll_str client)
{
    ll_buf_reset(&sim->client);
    ll_buf_add(&sim->client, client);
    sim->look_for_gone = true;
    sim->epoch++;
    sim->arrived = sim->last_sent = sim->last_received = sim->repeats = 0;
}

static bool clock_post(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    struct order order;
    if (!parse_order(exchange, &order))
        return say(reply, 400, "expected an object with numbers that are not negative");
    if (order.reset) {
        reset_counts(sim, order.client);
        return say_now(sim, reply);
    }
    if (order.skewed) {
        sim->skew_ms = order.skew_ms;
        return say_now(sim, reply);
    }
    if (order.factor > 0) {
        struct ll_error err;
        if (sim_clock_run(sim->clock, order.factor, &err) != LL_OK)
            return say(reply, 400, err.message);
        return say_now(sim, reply);
    }
    if (sim->clock->mode != SIM_CLOCK_STEP)
        return say(reply, 409, "the clock is not stepped");
    if (order.client.len && sim->client.len &&
        !ll_str_equal(order.client, ll_buf_str(&sim->client)))
        return say(reply, 409, "another client has reset the counts since");
    if (order.advance_ms < 0 && (order.sent < 0 || order.received < 0 || order.until_ms < 0))
        return say(reply, 400,
                   "expected advance_ms, skew_ms, run, or sent, received and until_ms, or reset");
    exchange->stage = SIM_WAITING;
    exchange->sent = exchange->received = -1;
    exchange->deadline_ms = 0;
    if (order.advance_ms >= 0) {
        exchange->until_ms = sim_clock_now(sim->clock) + order.advance_ms;
    } else {
        exchange->until_ms = order.until_ms;
        exchange->sent = order.sent;
        exchange->received = order.received;
        exchange->deadline_ms = sim->clock->wall->monotonic_ms(sim->clock->wall) + WAIT_MS;
    }
    return false;
}

/* Whether an answer is on its way to the client. One that says the same again and again has lost
 * it: a connection that ended without its noticing. */
static bool on_the_way(struct sim_exchange *exchange)
{
    struct sim *sim = exchange->sim;
    bool same = exchange->sent == sim->last_sent && exchange->received == sim->last_received;
    size_t held = sim_server_held(sim);
    sim->last_sent = exchange->sent;
    sim->last_received = exchange->received;
    if (exchange->sent - exchange->received <= (int64_t)held) {
        sim->repeats = 0;
        return false;
    }
    sim->repeats = same ? sim->repeats + 1 : 0;
    return sim->repeats < PATIENCE;
}

bool sim_control_wait(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    if (exchange->sent < 0) {
        sim_clock_step(sim->clock, exchange->until_ms);
        sim_server_release(sim);
        return say_now(sim, reply);
    }
    if (sim->arrived < exchange->sent &&
        sim->clock->wall->monotonic_ms(sim->clock->wall) < exchange->deadline_ms)
        return false;
    /* The client is waiting for us, so no more is coming: its count is right, whatever was lost or
     * tried twice below it. */
    sim->arrived = exchange->sent;
    if (!on_the_way(exchange)) {
        int64_t due_ms = sim_server_next_due(sim);
        sim_clock_step(sim->clock, due_ms < exchange->until_ms ? due_ms : exchange->until_ms);
        sim_server_release(sim);
    }
    return say_now(sim, reply);
}

static bool truth(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    struct sim_world *world = sim->parts->world;
    int64_t from_ms, to_ms, now_ms = sim_clock_now(sim->clock);
    if (!world)
        return say(reply, 404, "captures have no truth");
    if (!ll_str_to_i64(sim_param_get(&exchange->request, "from_ms"), &from_ms) ||
        !ll_str_to_i64(sim_param_get(&exchange->request, "to_ms"), &to_ms) || from_ms > to_ms ||
        to_ms > now_ms || from_ms < now_ms - TRUTH_MS)
        return say(reply, 400, "from_ms <= to_ms <= now, from_ms at most an hour ago");
    sim_world_advance(world, now_ms);
    reply->answer.status = 200;
    reply->answer.content_type = "text/plain; charset=utf-8";
    sim_world_truth(world, from_ms, to_ms, &reply->answer.body);
    return true;
}

static bool stats(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    struct ll_buf *body = &reply->answer.body;
    int64_t now_ms = sim_clock_now(sim->clock);
    const char *comma = "";
    if (sim->parts->world)
        sim_world_advance(sim->parts->world, now_ms);
    ll_buf_printf(body, "{\"now_ms\":%lld,\"live\":%zu,\"requests\":{", (long long)now_ms,
                  sim->parts->world ? sim_world_live(sim->parts->world) : 0);
    for (size_t i = 0; i < SIM_ROUTES; i++)
        ll_buf_printf(body, "%s\"%s\":%lld", i ? "," : "", sim->routes[i].path,
                      (long long)sim->stats.by_route[i]);
    ll_buf_add(body, LL_STR("},\"answers\":{"));
    for (int i = 0; i < SIM_STATUS_MAX; i++) {
        if (sim->stats.by_status[i]) {
            ll_buf_printf(body, "%s\"%d\":%lld", comma, i, (long long)sim->stats.by_status[i]);
            comma = ",";
        }
    }
    ll_buf_add(body, LL_STR("},\"faults\":{"));
    comma = "";
    for (int n = 1; n <= SIM_FAULT_MAX; n++) {
        if (sim->parts->faults->seen[n]) {
            ll_buf_printf(body, "%s\"%d\":%lld", comma, n, (long long)sim->parts->faults->seen[n]);
            comma = ",";
        }
    }
    ll_buf_printf(body, "},\"max_in_flight\":%zu}\n", sim->stats.max_in_flight);
    reply->answer.status = 200;
    return true;
}

static bool clock_get(struct sim_exchange *exchange, struct sim_reply *reply)
{
    return say_now(exchange->sim, reply);
}

static bool faults(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct ll_error err;
    if (sim_faults_add_lines(exchange->sim->parts->faults, exchange->request.body, &err) != LL_OK)
        return say(reply, 400, err.message);
    return say(reply, 200, "ok");
}

static bool token_revoke(struct sim_exchange *exchange, struct sim_reply *reply)
{
    reply->answer.status = 200;
    ll_buf_printf(&reply->answer.body, "{\"revoked\":%zu}\n",
                  sim_oauth_revoke_all(exchange->sim->parts->oauth));
    return true;
}

static bool bucket(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    struct order order;
    if (!parse_order(exchange, &order) || order.points < 0 || order.points > SIM_HELIX_POINTS)
        return say(reply, 400, "points: 0 to 800");
    sim_limiter_set(&sim->limiter, (double)order.points, sim_clock_now(sim->clock));
    return say(reply, 200, "ok");
}

static bool latency(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct order order;
    if (!parse_order(exchange, &order) || order.latency_ms < 0 || order.latency_ms > LATENCY_MAX_MS)
        return say(reply, 400, "latency_ms: 0 to 600000");
    exchange->sim->options.latency_ms = order.latency_ms;
    return say(reply, 200, "ok");
}

static bool quit(struct sim_exchange *exchange, struct sim_reply *reply)
{
    exchange->sim->quit = true;
    return say(reply, 200, "bye");
}

bool sim_control_answer(struct sim_exchange *exchange, struct sim_reply *reply)
{
    static const struct {
        const char *method, *path;
        bool (*answer)(struct sim_exchange *exchange, struct sim_reply *reply);
    } controls[] = {
        {"GET", "/sim/clock", clock_get}, {"POST", "/sim/clock", clock_post},
        {"GET", "/sim/truth", truth},     {"GET", "/sim/stats", stats},
        {"POST", "/sim/faults", faults},  {"POST", "/sim/token/revoke", token_revoke},
        {"POST", "/sim/bucket", bucket},  {"POST", "/sim/latency", latency},
        {"POST", "/sim/quit", quit},
    };
    reply->date_ms = sim_clock_now(exchange->sim->clock);
    if (exchange->too_long)
        return say(reply, 413, "the body is too large");
    for (size_t i = 0; i < LL_COUNT(controls); i++)
        if (ll_str_equal(exchange->request.path, ll_str_of(controls[i].path)) &&
            ll_str_equal(exchange->request.method, ll_str_of(controls[i].method)))
            return controls[i].answer(exchange, reply);
    return say(reply, 404, "there is no such control");
}
