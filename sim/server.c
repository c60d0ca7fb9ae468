#include "sim/server_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECTION_BYTES 65536 /* request line and headers */
#define IDLE_S 300             /* of a kept connection, by the wall */
#define RUNS_PER_RELEASE 8     /* rounds of the event loop that a released answer gets at once */

static void count_answer(struct sim_exchange *exchange)
{
    assert(exchange->status < SIM_STATUS_MAX);
    exchange->sim->stats.by_status[exchange->status]++;
}

/* Hands the answer to MHD, or closes the connection. */
static enum MHD_Result finish(struct sim_exchange *exchange)
{
    if (exchange->reset) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct linger rude = {1, 0};
        if (info)
            (void)setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &rude, sizeof(rude));
    }
    if (!exchange->response)
        return MHD_NO;
    return MHD_queue_response(exchange->connection, exchange->status, exchange->response);
}

static void hold(struct sim_exchange *exchange)
{
    struct sim *sim = exchange->sim;
    assert(sim->held_count < SIM_CONNECTIONS);
    sim->held[sim->held_count++] = exchange;
    MHD_suspend_connection(exchange->connection);
}

static size_t in_flight(const struct sim *sim)
{
    size_t count = 0;
    for (size_t i = 0; i < sim->held_count; i++)
        count += sim->held[i]->stage == SIM_HELD;
    return count;
}

static enum MHD_Result answer(struct sim_exchange *exchange)
{
    struct sim *sim = exchange->sim;
    struct sim_reply reply = {0};
    if (ll_str_starts_with(exchange->request.path, LL_STR("/sim/"))) {
        if (sim_control_answer(exchange, &reply)) {
            sim_reply_send(exchange, &reply);
            exchange->stage = SIM_READY;
            return finish(exchange);
        }
        hold(exchange);
        return MHD_YES;
    }
    exchange->epoch = sim->epoch;
    sim_api_answer(exchange, &reply);
    sim_reply_send(exchange, &reply);
    if (exchange->due_ms <= sim_clock_now(sim->clock)) {
        exchange->stage = SIM_READY;
        count_answer(exchange);
        return finish(exchange);
    }
    exchange->stage = SIM_HELD;
    hold(exchange);
    size_t flying = in_flight(sim);
    if (flying > sim->stats.max_in_flight)
        sim->stats.max_in_flight = flying;
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    struct sim_exchange *exchange = *slot;
    struct ll_error err;
    (void)version;
    if (!exchange) {
        exchange = ll_xcalloc(1, sizeof(*exchange));
        exchange->sim = context;
        exchange->connection = connection;
        exchange->body.max_bytes = SIM_BODY_MAX;
        *slot = exchange;
        return MHD_YES;
    }
    if (*upload_size) {
        if (!exchange->too_long &&
            ll_buf_append(&exchange->body, (struct ll_str){upload, *upload_size}, &err) != LL_OK)
            exchange->too_long = true;
        *upload_size = 0;
        return MHD_YES;
    }
    if (exchange->stage == SIM_READY)
        return finish(exchange);
    sim_request_fill(exchange, method, url);
    return answer(exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct sim *sim = context;
    struct sim_exchange *exchange = *slot;
    (void)connection;
    (void)code;
    if (!exchange)
        return;
    sim->completed++;
    sim->limiter.igdb_open -= exchange->igdb_open;
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    ll_buf_clear(&exchange->body);
    ll_arena_clear(&exchange->arena);
    free(exchange);
    *slot = NULL;
}

/* Takes it off the list, and lets MHD write the answer before anything else is released. */
static void let_go(struct sim *sim, size_t at)
{
    struct sim_exchange *exchange = sim->held[at];
    int64_t before = sim->completed;
    memmove(&sim->held[at], &sim->held[at + 1], (sim->held_count - at - 1) * sizeof(sim->held[0]));
    sim->held_count--;
    exchange->stage = SIM_READY;
    if (exchange->igdb_open) {
        exchange->igdb_open = false;
        sim->limiter.igdb_open--;
    }
    MHD_resume_connection(exchange->connection);
    for (int i = 0; i < RUNS_PER_RELEASE && sim->completed == before; i++)
        MHD_run(sim->daemon);
}

static size_t first_due(const struct sim *sim)
{
    size_t first = sim->held_count;
    for (size_t i = 0; i < sim->held_count; i++)
        if (sim->held[i]->stage == SIM_HELD &&
            (first == sim->held_count || sim->held[i]->due_ms < sim->held[first]->due_ms))
            first = i;
    return first;
}

int64_t sim_server_next_due(const struct sim *sim)
{
    size_t first = first_due(sim);
    return first < sim->held_count ? sim->held[first]->due_ms : INT64_MAX;
}

bool sim_server_release(struct sim *sim)
{
    bool any = false;
    while (sim_server_next_due(sim) <= sim_clock_now(sim->clock)) {
        size_t at = first_due(sim);
        count_answer(sim->held[at]);
        let_go(sim, at);
        any = true;
    }
    return any;
}

/* Whether the client has closed its side: MHD does not look at a suspended connection. */
static bool peer_gone(const struct sim_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char c;
    ssize_t got = info ? recv(info->connect_fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) : 0;
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

size_t sim_server_held(struct sim *sim)
{
    size_t count = 0;
    for (size_t i = 0; i < sim->held_count;) {
        struct sim_exchange *exchange = sim->held[i];
        if (exchange->stage == SIM_HELD && peer_gone(exchange)) {
            exchange->status = 0;
            count_answer(exchange);
            let_go(sim, i);
            i = 0;
            count = 0;
            continue;
        }
        count += exchange->stage == SIM_HELD && exchange->epoch == sim->epoch;
        i++;
    }
    return count;
}

static bool end_waits(struct sim *sim)
{
    for (size_t i = 0; i < sim->held_count; i++) {
        struct sim_exchange *exchange = sim->held[i];
        struct sim_reply reply = {0};
        if (exchange->stage != SIM_WAITING || !sim_control_wait(exchange, &reply))
            continue;
        reply.date_ms = sim_clock_now(sim->clock);
        sim_reply_send(exchange, &reply);
        /* The list may have changed meanwhile, but for this one. */
        size_t at = 0;
        while (sim->held[at] != exchange)
            at++;
        let_go(sim, at);
        return true;
    }
    return false;
}

/* Wall milliseconds until something is to be done by time alone; -1: nothing is. */
static int timeout_of(struct sim *sim)
{
    int64_t timeout_ms = -1;
    MHD_UNSIGNED_LONG_LONG daemon_ms;
    int64_t due_ms = sim_server_next_due(sim);
    if (MHD_get_timeout(sim->daemon, &daemon_ms) == MHD_YES)
        timeout_ms = daemon_ms < 1000000 ? (int64_t)daemon_ms : 1000000;
    if (due_ms != INT64_MAX) {
        int64_t due_in_ms = sim_clock_wall_until(sim->clock, due_ms);
        if (due_in_ms >= 0 && (timeout_ms < 0 || due_in_ms < timeout_ms))
            timeout_ms = due_in_ms;
    }
    for (size_t i = 0; i < sim->held_count; i++) {
        if (sim->held[i]->stage != SIM_WAITING)
            continue;
        int64_t left_ms =
            sim->held[i]->deadline_ms - sim->clock->wall->monotonic_ms(sim->clock->wall);
        left_ms = left_ms > 0 ? left_ms : 0;
        if (timeout_ms < 0 || left_ms < timeout_ms)
            timeout_ms = left_ms;
    }
    return timeout_ms < 0 ? -1 : (int)(timeout_ms < 1000000 ? timeout_ms : 1000000);
}

enum ll_status sim_server_run(struct sim *sim, int stop_fd, struct ll_error *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(sim->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN},
                           {.fd = stop_fd, .events = POLLIN}};
    while (!sim->quit && !fds[1].revents) {
        if (poll(fds, 2, timeout_of(sim)) < 0 && errno != EINTR)
            return ll_fail_errno(err, errno, "waiting for connections");
        if (MHD_run(sim->daemon) != MHD_YES)
            return ll_fail(err, LL_IO, 0, "the HTTP server failed");
        if (sim->look_for_gone) {
            sim->look_for_gone = false;
            (void)sim_server_held(sim);
        }
        while (sim_server_release(sim) || end_waits(sim))
            ;
    }
    for (int i = 0; i < RUNS_PER_RELEASE; i++) /* the answer to /sim/quit */
        MHD_run(sim->daemon);
    return LL_OK;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum ll_status parse_listen(const char *text, uint16_t port, union address *ret,
                                   struct ll_error *err)
{
    union address address;
    memset(&address, 0, sizeof(address));
    if (!text || strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1 &&
        ntohl(address.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1 &&
               IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr)) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
    } else {
        return ll_fail(err, LL_INVALID, 0, "listen: %s is no address of loopback", text);
    }
    *ret = address;
    return LL_OK;
}

enum ll_status sim_server_new(const struct sim_server_options *options, struct sim **ret_sim,
                              struct ll_error *err)
{
    union address address;
    enum ll_status status = parse_listen(options->listen, options->port, &address, err);
    if (status != LL_OK)
        return status;
    struct sim *sim = ll_xcalloc(1, sizeof(*sim));
    sim->options = *options;
    sim->clock = options->clock;
    sim->parts = options->parts;
    sim_limiter_init(&sim->limiter, options->bucket_points);
    sim_api_routes(sim);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    if (address.any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    sim->daemon = MHD_start_daemon(
        flags, options->port, NULL, NULL, on_request, sim, MHD_OPTION_SOCK_ADDR, &address.any,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)SIM_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, sim, MHD_OPTION_END);
    if (!sim->daemon) {
        int saved_errno = errno;
        free(sim);
        return ll_fail_errno(err, saved_errno, "listening on port %u", (unsigned)options->port);
    }
    *ret_sim = sim;
    return LL_OK;
}

uint16_t sim_server_port(const struct sim *sim)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(sim->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info->port;
}

void sim_server_free(struct sim *sim)
{
    if (!sim)
        return;
    while (sim->held_count) {
        /* Nobody waits for it any more: closed, not answered. */
        struct sim_exchange *exchange = sim->held[0];
        if (exchange->response)
            MHD_destroy_response(exchange->response);
        exchange->response = NULL;
        let_go(sim, 0);
    }
    MHD_stop_daemon(sim->daemon);
    ll_buf_clear(&sim->bomb);
    ll_buf_clear(&sim->client);
    free(sim);
}
