#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server_internal.h"

#define PARAMS_MAX 100

const char *ll_server_query(const struct ll_server_request *request, const char *name)
{
    for (size_t i = 0; i < request->param_count; i++)
        if (strcmp(request->params[i].name, name) == 0)
            return request->params[i].value;
    return NULL;
}

static const struct ll_server_exchange *exchange_of(const struct ll_server_request *request)
{
    return (const struct ll_server_exchange *)request; /* its first member */
}

const char *ll_server_header(const struct ll_server_request *request, const char *name)
{
    return MHD_lookup_connection_value(exchange_of(request)->connection, MHD_HEADER_KIND, name);
}

int ll_server_peer_fd(const struct ll_server_request *request)
{
    return exchange_of(request)->fd;
}

bool ll_server_request_gone(const struct ll_server_request *request)
{
    const struct ll_server_exchange *exchange = exchange_of(request);
    struct pollfd peer = {.fd = exchange->fd, .events = POLLRDHUP};
    return atomic_load(&exchange->server->closing) || poll(&peer, 1, 0) > 0;
}

/* --- the first line */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL when s is not the encoding of UTF-8 without NUL. */
static const char *decode(struct ll_arena *arena, struct ll_str s, bool plus_is_blank)
{
    char *text = ll_arena_bytes(arena, s.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            bool whole = s.len - i > 2;
            int high = whole ? hex_digit(s.ptr[i + 1]) : -1;
            int low = whole ? hex_digit(s.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        text[len++] = c;
    }
    text[len] = '\0';
    return ll_str_is_utf8((struct ll_str){text, len}) ? text : NULL;
}

static bool parse_query(struct ll_server_exchange *exchange, struct ll_str query)
{
    struct ll_server_param *params = ll_arena_array(&exchange->arena, PARAMS_MAX, sizeof(*params));
    size_t count = 0;
    struct ll_str item;
    while (ll_str_split(&query, '&', &item)) {
        if (item.len == 0)
            continue;
        if (count == PARAMS_MAX)
            return false;
        size_t equals = ll_str_find(item, '=', 0);
        struct ll_server_param *param = &params[count++];
        param->name = decode(&exchange->arena, ll_str_sub(item, 0, equals), true);
        param->value = decode(&exchange->arena, ll_str_sub(item, equals + 1, item.len), true);
        if (param->name == NULL || param->value == NULL)
            return false;
    }
    exchange->request.params = params;
    exchange->request.param_count = count;
    return true;
}

static bool parse_uri(struct ll_server_exchange *exchange, struct ll_str uri)
{
    size_t mark = ll_str_find(uri, '?', 0);
    struct ll_str path = ll_str_sub(uri, 0, mark);
    exchange->request.path = ll_arena_cstr(&exchange->arena, path);
    if (!ll_str_starts_with(path, LL_STR("/")) && !ll_str_equal(path, LL_STR("*")))
        return false;
    if (!ll_str_is_utf8(uri) || decode(&exchange->arena, path, false) == NULL)
        return false;
    return mark == uri.len || parse_query(exchange, ll_str_sub(uri, mark + 1, uri.len));
}

/* --- from the first line to the end */

struct ll_server_exchange *
ll_server_exchange_new(struct ll_server *server, struct MHD_Connection *connection, const char *uri)
{
    struct ll_server_exchange *exchange = ll_xcalloc(1, sizeof(*exchange));
    exchange->server = server;
    exchange->connection = connection;
    exchange->fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    exchange->body.max_bytes = server->options.max_body_bytes;
    exchange->holders = 1;
    if (!parse_uri(exchange, ll_str_of(uri)))
        ll_server_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST,
                                  "the path or query is not percent-encoded UTF-8, or too much");
    return exchange;
}

void ll_server_exchange_release(struct ll_server_exchange *exchange)
{
    if (--exchange->holders > 0)
        return;
    struct ll_server *server = exchange->server;
    bool running = exchange->running;
    ll_buf_clear(&exchange->body);
    ll_arena_clear(&exchange->arena);
    free(exchange);
    if (!running)
        return;
    pthread_mutex_lock(&server->mutex);
    server->running--;
    pthread_cond_broadcast(&server->ended);
    pthread_mutex_unlock(&server->mutex);
}

void ll_server_exchange_refuse(struct ll_server_exchange *exchange, int status, const char *why)
{
    if (exchange->refused != 0) /* the first reason counts */
        return;
    exchange->refused = status;
    exchange->why = why;
}

struct framing {
    int lengths, encodings;
};

static enum MHD_Result count_framing(void *context, enum MHD_ValueKind kind LL_UNUSED,
                                     const char *name, const char *value LL_UNUSED)
{
    struct framing *framing = context;
    framing->lengths += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
    framing->encodings += strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
    return MHD_YES;
}

/* Where a body ends must have one answer, or a proxy before us could have another one. */
static bool is_framed_twice(struct MHD_Connection *connection)
{
    struct framing framing = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_framing, &framing);
    return framing.lengths + framing.encodings > 1;
}

static bool has_method(const char *methods, const char *method)
{
    struct ll_str rest = ll_str_of(methods), item;
    while (ll_str_split(&rest, ',', &item))
        if (ll_str_equal(ll_str_trim(item), ll_str_of(method)))
            return true;
    return false;
}

static void find_peer(struct ll_server_exchange *exchange)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    exchange->request.peer_uid = -1;
    if (exchange->server->is_unix &&
        getsockopt(exchange->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
        exchange->request.peer_uid = peer.uid;
}

static bool is_trusted(const struct ll_server_exchange *exchange)
{
    int64_t uid = exchange->request.peer_uid;
    return !exchange->server->options.same_user || uid == 0 || uid == (int64_t)geteuid();
}

void ll_server_exchange_begin(struct ll_server_exchange *exchange, const char *method)
{
    struct ll_server *server = exchange->server;
    struct MHD_Connection *connection = exchange->connection;
    assert(!exchange->begun);
    exchange->begun = true;
    exchange->request.method =
        strcmp(method, "HEAD") == 0 ? "GET" : ll_arena_cstr(&exchange->arena, ll_str_of(method));
    find_peer(exchange);
    size_t header_bytes =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (!is_trusted(exchange))
        ll_server_exchange_refuse(exchange, MHD_HTTP_FORBIDDEN, "for this server's user only");
    if (atomic_load(&server->stopping))
        ll_server_exchange_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the server is stopping");
    if (header_bytes > server->options.max_header_bytes)
        ll_server_exchange_refuse(exchange, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
                                  "the headers are too large");
    if (is_framed_twice(connection))
        ll_server_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST,
                                  "the length of the body is said twice");
    if (!has_method(server->methods, method))
        ll_server_exchange_refuse(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "no such method here");
    if (strcmp(exchange->request.path, "*") == 0 && strcmp(method, "OPTIONS") != 0)
        ll_server_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, "the path is missing");
}
