#include "support/fake_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

#define CONNECTIONS_MAX 64
#define SCRIPT_MAX 256
#define REQUESTS_MAX 4096

struct connection {
    int fd; /* -1 = free */
    struct ll_buf in;
    int request; /* that waits for its answer; -1 = none */
};

struct fake_server {
    pthread_t thread;
    pthread_mutex_t lock; /* for script and requests */
    int listener, port;
    int stop[2];
    char url[64];
    struct ll_arena text;
    struct fake_answer script[SCRIPT_MAX];
    int script_count;
    struct ll_str requests[REQUESTS_MAX];
    int request_count;
    struct connection connections[CONNECTIONS_MAX];
};

static int listen_somewhere(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        abort();
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int fake_closed_port(void)
{
    int port;
    close(listen_somewhere(&port));
    return port;
}

static void hang_up(struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    ll_buf_reset(&connection->in);
    connection->request = -1;
}

/* Length of the first request in the buffer; 0 while it is not whole. */
static size_t request_len(const struct ll_buf *in)
{
    const char *end = in->len > 0 ? memmem(in->ptr, in->len, "\r\n\r\n", 4) : NULL;
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - in->ptr) + 4;
    size_t body = 0;
    static const char name[] = "content-length:";
    for (size_t i = 0; i + sizeof(name) < head; i++)
        if (strncasecmp(in->ptr + i, name, sizeof(name) - 1) == 0)
            body = strtoul(in->ptr + i + sizeof(name) - 1, NULL, 10);
    return in->len >= head + body ? head + body : 0;
}

static void send_all(int fd, struct ll_str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the client has hung up */
        bytes = ll_str_sub(bytes, (size_t)n, bytes.len);
    }
}

static bool answer(struct fake_server *server, struct connection *connection)
{
    assert(server->script_count > 0);
    int n =
        connection->request < server->script_count ? connection->request : server->script_count - 1;
    const struct fake_answer *step = &server->script[n];
    if (step->silent || server->request_count < step->wait_for)
        return false;
    send_all(connection->fd, step->bytes);
    connection->request = -1;
    if (step->cut)
        hang_up(connection);
    return true;
}

/* Takes requests from the buffers and gives the answers that are due. */
static void serve(struct fake_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool moved = true;
    while (moved) {
        moved = false;
        for (int i = 0; i < CONNECTIONS_MAX; i++) {
            struct connection *connection = &server->connections[i];
            size_t len =
                connection->fd >= 0 && connection->request < 0 ? request_len(&connection->in) : 0;
            if (len > 0 && server->request_count < REQUESTS_MAX) {
                connection->request = server->request_count++;
                struct ll_str whole = ll_buf_str(&connection->in);
                server->requests[connection->request] =
                    ll_arena_copy(&server->text, ll_str_sub(whole, 0, len));
                memmove(connection->in.ptr, connection->in.ptr + len, whole.len - len);
                connection->in.len -= len;
                moved = true;
            }
            if (connection->fd >= 0 && connection->request >= 0 && answer(server, connection))
                moved = true;
        }
    }
    pthread_mutex_unlock(&server->lock);
}

static void welcome(struct fake_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    for (int i = 0; fd >= 0 && i < CONNECTIONS_MAX; i++)
        if (server->connections[i].fd < 0) {
            server->connections[i].fd = fd;
            return;
        }
    abort();
}

static void hear(struct connection *connection)
{
    char bytes[8192];
    ssize_t n = recv(connection->fd, bytes, sizeof(bytes), 0);
    if (n <= 0)
        hang_up(connection);
    else
        ll_buf_add(&connection->in, (struct ll_str){bytes, (size_t)n});
}

static void *run(void *context)
{
    struct fake_server *server = context;
    for (;;) {
        struct pollfd fds[CONNECTIONS_MAX + 2];
        fds[0] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
        fds[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        for (int i = 0; i < CONNECTIONS_MAX; i++)
            fds[i + 2] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
        if (poll(fds, CONNECTIONS_MAX + 2, -1) < 0)
            continue;
        if (fds[0].revents != 0)
            return NULL;
        for (int i = 0; i < CONNECTIONS_MAX; i++)
            if (fds[i + 2].revents != 0)
                hear(&server->connections[i]);
        if (fds[1].revents != 0)
            welcome(server);
        serve(server);
    }
}

struct fake_server *fake_server_new(void)
{
    struct fake_server *server = ll_xcalloc(1, sizeof(*server));
    pthread_mutex_init(&server->lock, NULL);
    server->listener = listen_somewhere(&server->port);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", server->port);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        server->connections[i] = (struct connection){.fd = -1, .request = -1};
    if (listen(server->listener, CONNECTIONS_MAX) != 0 || pipe(server->stop) != 0 ||
        pthread_create(&server->thread, NULL, run, server) != 0)
        abort();
    return server;
}

void fake_server_free(struct fake_server *server)
{
    if (server == NULL)
        return;
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->listener);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (server->connections[i].fd >= 0)
            close(server->connections[i].fd);
        ll_buf_clear(&server->connections[i].in);
    }
    pthread_mutex_destroy(&server->lock);
    ll_arena_clear(&server->text);
    free(server);
}

int fake_server_port(const struct fake_server *server)
{
    return server->port;
}

const char *fake_server_url(const struct fake_server *server)
{
    return server->url;
}

void fake_server_add(struct fake_server *server, struct fake_answer step)
{
    pthread_mutex_lock(&server->lock);
    assert(server->script_count < SCRIPT_MAX);
    step.bytes = ll_arena_copy(&server->text, step.bytes);
    server->script[server->script_count++] = step;
    pthread_mutex_unlock(&server->lock);
}

void fake_server_reply(struct fake_server *server, int status, const char *headers,
                       const char *body)
{
    struct ll_buf bytes = {0};
    ll_buf_printf(&bytes, "HTTP/1.1 %d Status\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                  strlen(body), body);
    fake_server_add(server, (struct fake_answer){.bytes = ll_buf_str(&bytes)});
    ll_buf_clear(&bytes);
}

int fake_server_count(struct fake_server *server)
{
    pthread_mutex_lock(&server->lock);
    int count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

struct ll_str fake_server_request(struct fake_server *server, int n)
{
    pthread_mutex_lock(&server->lock);
    assert(n < server->request_count);
    struct ll_str request = server->requests[n];
    pthread_mutex_unlock(&server->lock);
    return request;
}

bool fake_server_saw(struct fake_server *server, int n, const char *text)
{
    struct ll_str request = fake_server_request(server, n);
    return memmem(request.ptr, request.len, text, strlen(text)) != NULL;
}
