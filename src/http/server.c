#include "http/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/server_internal.h"

#define HEADER_BYTES ((size_t)16 * 1024)
#define MHD_BYTES ((size_t)64 * 1024) /* of a connection, beside the headers */
#define IDLE_TIMEOUT_S 60
/* Of a peer whose request has its answer, but is not over yet, or that is idle or to be refused. */
#define SPARE_CONNECTIONS 16
#define SLOT_WAIT_MS 200 /* for another request to end, before one is refused */
/* What is read of a body beyond its limit, so that the peer gets to reading the answer. */
#define DRAIN_BYTES ((size_t)1 << 20)

/* --- requests */

static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    return ll_server_exchange_new(context, connection, uri);
}

static enum MHD_Result answer_refused(struct ll_server_exchange *exchange)
{
    struct ll_server_response response = {.status = exchange->refused,
                                          .content_type = "text/plain"};
    ll_buf_printf(&response.body, "%s\n", exchange->why);
    if (exchange->refused == MHD_HTTP_METHOD_NOT_ALLOWED)
        ll_server_add_header(&response, MHD_HTTP_HEADER_ALLOW, exchange->server->methods);
    if (exchange->refused == MHD_HTTP_SERVICE_UNAVAILABLE)
        ll_server_add_header(&response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    ll_server_add_header(&response, MHD_HTTP_HEADER_CONNECTION, "close");
    return ll_server_answer(exchange, &response);
}

static enum MHD_Result answer_options(struct ll_server_exchange *exchange)
{
    struct ll_server_response response = {.status = MHD_HTTP_NO_CONTENT};
    ll_server_add_header(&response, MHD_HTTP_HEADER_ALLOW, exchange->server->methods);
    return ll_server_answer(exchange, &response);
}

static const char *header_of(struct ll_server_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

/* The headers have come: who is to wait for our word, or would send far too much, gets it now, all
 * others after their body. */
static enum MHD_Result begin(struct ll_server_exchange *exchange, const char *method)
{
    size_t max_bytes = exchange->server->options.max_body_bytes;
    uint64_t length = 0;
    const char *said = header_of(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);
    ll_server_exchange_begin(exchange, method);
    if (said != NULL && !ll_str_to_u64(ll_str_of(said), &length))
        ll_server_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, "the body's length is no number");
    if (length > max_bytes)
        ll_server_exchange_refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    bool now =
        header_of(exchange, MHD_HTTP_HEADER_EXPECT) != NULL || length > max_bytes + DRAIN_BYTES;
    return exchange->refused != 0 && now ? answer_refused(exchange) : MHD_YES;
}

static enum MHD_Result take_body(struct ll_server_exchange *exchange, struct ll_str bytes)
{
    struct ll_error err;
    size_t max_bytes = exchange->server->options.max_body_bytes;
    exchange->body_bytes += bytes.len;
    if (exchange->body_bytes > max_bytes + DRAIN_BYTES)
        return MHD_NO; /* closes: no answer can be given while a body comes */
    if (exchange->body_bytes > max_bytes)
        ll_server_exchange_refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    if (exchange->refused == 0 && ll_buf_append(&exchange->body, bytes, &err) != LL_OK)
        return MHD_NO;
    return MHD_YES;
}

/* Waits until at most `most` requests run; false when they still do after wait_ms. Under the mutex.
 */
static bool wait_running(struct ll_server *server, int most, int64_t wait_ms)
{
    struct ll_clock *clock = ll_clock_system();
    int64_t until_ms = clock->monotonic_ms(clock) + wait_ms;
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    int waited = 0;
    while (server->running > most && waited == 0)
        waited = pthread_cond_clockwait(&server->ended, &server->mutex, CLOCK_MONOTONIC, &until);
    return server->running <= most;
}

static bool take_slot(struct ll_server *server)
{
    pthread_mutex_lock(&server->mutex);
    bool taken = wait_running(server, server->options.max_requests - 1, SLOT_WAIT_MS) &&
                 !atomic_load(&server->stopping);
    server->running += taken;
    pthread_mutex_unlock(&server->mutex);
    return taken;
}

static enum MHD_Result handle(struct ll_server_exchange *exchange)
{
    struct ll_server *server = exchange->server;
    if (!take_slot(server)) {
        ll_server_exchange_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests");
        return answer_refused(exchange);
    }
    exchange->running = true;
    exchange->request.body = ll_buf_str(&exchange->body);
    struct ll_server_response response = {.status = MHD_HTTP_OK};
    ll_server_stop_timeout(exchange);
    server->options.handler(server->options.context, &exchange->request, &response);
    ll_server_start_timeout(exchange);
    return ll_server_answer(exchange, &response);
}

static enum MHD_Result on_request(void *context LL_UNUSED, struct MHD_Connection *connection,
                                  const char *path LL_UNUSED, const char *method,
                                  const char *version LL_UNUSED, const char *data, size_t *size,
                                  void **state)
{
    struct ll_server_exchange *exchange = *state; /* of on_uri */
    assert(exchange->connection == connection);
    if (!exchange->begun)
        return begin(exchange, method);
    if (*size > 0) {
        struct ll_str bytes = {data, *size};
        *size = 0;
        return take_body(exchange, bytes);
    }
    if (exchange->refused != 0)
        return answer_refused(exchange);
    if (strcmp(method, "OPTIONS") == 0 && !exchange->server->options.pass_options)
        return answer_options(exchange);
    return handle(exchange);
}

static void on_completed(void *context LL_UNUSED, struct MHD_Connection *connection LL_UNUSED,
                         void **state, enum MHD_RequestTerminationCode why LL_UNUSED)
{
    if (*state != NULL)
        ll_server_exchange_release(*state);
    *state = NULL;
}

/* --- the server */

static struct MHD_Daemon *start_daemon(struct ll_server *server)
{
    const struct ll_server_options *options = &server->options;
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
            MHD_USE_ITC,
        0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, options->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->max_requests * 2 + SPARE_CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->max_header_bytes + MHD_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)options->idle_timeout_s,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

/* Threads have the mask of who starts them; signals are for the program's own. */
static struct MHD_Daemon *start_masked(struct ll_server *server)
{
    sigset_t mask, before;
    sigfillset(&mask);
    sigdelset(&mask, SIGSEGV);
    sigdelset(&mask, SIGBUS);
    sigdelset(&mask, SIGFPE);
    sigdelset(&mask, SIGILL);
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    struct MHD_Daemon *daemon = start_daemon(server);
    int saved_errno = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved_errno;
    return daemon;
}

static bool is_unix_socket(int fd)
{
    int domain = 0;
    socklen_t len = sizeof(domain);
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

static void free_server(struct ll_server *server)
{
    pthread_cond_destroy(&server->ended);
    pthread_mutex_destroy(&server->mutex);
    free(server->methods);
    free(server);
}

enum ll_status ll_server_start(const struct ll_server_options *options, struct ll_server **ret,
                               struct ll_error *err)
{
    assert(options->handler != NULL && options->max_requests > 0);
    struct ll_server *server = ll_xcalloc(1, sizeof(*server));
    struct ll_server_options *own = &server->options;
    *own = *options;
    if (own->max_header_bytes == 0)
        own->max_header_bytes = HEADER_BYTES;
    if (own->idle_timeout_s <= 0)
        own->idle_timeout_s = IDLE_TIMEOUT_S;
    server->methods = ll_xstrdup(own->methods != NULL ? own->methods : "GET, HEAD, POST, OPTIONS");
    server->is_unix = is_unix_socket(own->listen_fd);
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->ended, NULL);
    /* Whether libmicrohttpd closes its socket when it cannot start depends on why: it gets one of
     * its own. */
    own->listen_fd = fcntl(options->listen_fd, F_DUPFD_CLOEXEC, 0);
    server->daemon = own->listen_fd >= 0 ? start_masked(server) : NULL;
    int saved_errno = errno;
    close(options->listen_fd);
    if (server->daemon == NULL) {
        free_server(server);
        return ll_fail_errno(err, saved_errno, "start the server");
    }
    *ret = server;
    return LL_OK;
}

void ll_server_stop(struct ll_server *server)
{
    if (server == NULL)
        return;
    atomic_store(&server->stopping, true);
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    assert(listening == server->options.listen_fd);
    pthread_mutex_lock(&server->mutex);
    wait_running(server, 0, server->options.stop_ms);
    pthread_mutex_unlock(&server->mutex);
    atomic_store(&server->closing, true);
    MHD_stop_daemon(server->daemon); /* shuts the connections, waits for their threads */
    close(listening);
    free_server(server);
}
