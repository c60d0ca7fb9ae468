#include "fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"

#define POLL_MS 10

/* --- routes */

static void count(struct fixture *fixture, int *counter)
{
    pthread_mutex_lock(&fixture->mutex);
    ++*counter;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->mutex);
}

static bool take_release(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->mutex);
    bool released = fixture->released > 0;
    fixture->released -= released;
    pthread_mutex_unlock(&fixture->mutex);
    return released;
}

/* False when nobody waits any more. */
static bool wait_for_release(struct fixture *fixture, const struct ll_server_request *request)
{
    count(fixture, &fixture->running);
    while (!take_release(fixture)) {
        struct pollfd peer = {.fd = ll_server_peer_fd(request), .events = POLLRDHUP};
        poll(&peer, 1, POLL_MS);
        if (ll_server_request_gone(request)) {
            count(fixture, &fixture->gone);
            return false;
        }
    }
    return true;
}

struct source {
    struct fixture *fixture;
    const struct ll_server_request *request;
    int64_t left;
    int step;
};

static int64_t read_bytes(void *context, char *bytes, size_t max)
{
    struct source *source = context;
    size_t n = (int64_t)max < source->left ? max : (size_t)source->left;
    memset(bytes, 'x', n);
    source->left -= (int64_t)n;
    source->fixture->streamed += (int64_t)n;
    return (int64_t)n;
}

static int64_t read_drip(void *context, char *bytes, size_t max LL_UNUSED)
{
    struct source *source = context;
    if (source->step == 1 && !wait_for_release(source->fixture, source->request))
        return -1;
    if (source->step == 2)
        return 0;
    memcpy(bytes, source->step == 0 ? "one" : "two", 3);
    source->step++;
    return 3;
}

static int64_t read_broken(void *context, char *bytes, size_t max LL_UNUSED)
{
    struct source *source = context;
    if (source->step++ > 0)
        return -1;
    memcpy(bytes, "one", 3);
    return 3;
}

static void free_source(void *context)
{
    struct source *source = context;
    assert_true(source->request->path[0] == '/'); /* valid until now */
    count(source->fixture, &source->fixture->freed);
    free(source);
}

static void stream(struct fixture *fixture, const struct ll_server_request *request,
                   struct ll_server_response *response,
                   int64_t (*read)(void *context, char *bytes, size_t max))
{
    struct source *source = ll_xcalloc(1, sizeof(*source));
    *source = (struct source){.fixture = fixture, .request = request};
    const char *bytes = ll_server_query(request, "bytes");
    if (bytes != NULL)
        assert_true(ll_str_to_i64(ll_str_of(bytes), &source->left));
    response->content_type = "application/octet-stream";
    response->read = read;
    response->free = free_source;
    response->context = source;
}

static void tell_request(const struct ll_server_request *request,
                         struct ll_server_response *response)
{
    struct ll_buf *out = &response->body;
    const char *x_a = ll_server_header(request, "X-A");
    ll_buf_printf(out, "method %s\npath %s\nuid %lld\nx-a %s\n", request->method, request->path,
                  (long long)request->peer_uid, x_a != NULL ? x_a : "(none)");
    for (size_t i = 0; i < request->param_count; i++)
        ll_buf_printf(out, "param [%s]=[%s]\n", request->params[i].name, request->params[i].value);
}

static void handle(void *context, const struct ll_server_request *request,
                   struct ll_server_response *response)
{
    struct fixture *fixture = context;
    const char *path = request->path;
    if (strcmp(path, "/echo") == 0) {
        ll_buf_add(&response->body, request->body);
    } else if (strcmp(path, "/stream") == 0) {
        stream(fixture, request, response, read_bytes);
    } else if (strcmp(path, "/drip") == 0) {
        stream(fixture, request, response, read_drip);
    } else if (strcmp(path, "/broken") == 0) {
        stream(fixture, request, response, read_broken);
    } else if (strcmp(path, "/wait") == 0) {
        if (wait_for_release(fixture, request))
            ll_buf_add(&response->body, LL_STR("released"));
    } else if (strcmp(path, "/headers") == 0) {
        ll_server_add_header(response, "X-B",
                             ll_server_query(request, "bad") != NULL ? "1\r\nX-C: 2" : "1");
    } else if (strncmp(path, "/request", 8) == 0 || strcmp(path, "*") == 0) {
        tell_request(request, response);
    } else {
        response->status = 404;
    }
}

/* --- the server */

void fixture_open(struct fixture *fixture)
{
    *fixture = (struct fixture){.folder = temp_folder_new()};
    ll_buf_printf(&fixture->path, "%s/s.sock", fixture->folder);
    pthread_mutex_init(&fixture->mutex, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    fixture->options = (struct ll_server_options){.max_requests = FIXTURE_REQUESTS_MAX,
                                                  .max_body_bytes = FIXTURE_BODY_MAX,
                                                  .same_user = true,
                                                  .handler = handle,
                                                  .context = fixture};
}

void fixture_start_on(struct fixture *fixture, int listen_fd)
{
    struct ll_error err;
    fixture->options.listen_fd = listen_fd;
    assert_status(LL_OK, ll_server_start(&fixture->options, &fixture->server, &err), &err);
}

void fixture_start(struct fixture *fixture)
{
    struct ll_error err;
    int fd;
    assert_status(LL_OK, ll_server_listen_unix(fixture->path.ptr, &fd, &err), &err);
    fixture_start_on(fixture, fd);
}

void fixture_close(struct fixture *fixture)
{
    ll_server_stop(fixture->server);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->mutex);
    ll_buf_clear(&fixture->path);
    temp_folder_free(fixture->folder);
}

void fixture_await(struct fixture *fixture, const int *counter, int wanted)
{
    pthread_mutex_lock(&fixture->mutex);
    while (*counter < wanted)
        pthread_cond_wait(&fixture->changed, &fixture->mutex);
    pthread_mutex_unlock(&fixture->mutex);
}

void fixture_release(struct fixture *fixture)
{
    count(fixture, &fixture->released);
}

/* --- raw clients */

int fixture_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void fixture_send(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        left -= (size_t)n;
    }
}

struct ll_buf fixture_read_all(int fd)
{
    struct ll_buf all = {0};
    char bytes[4096];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
        ll_buf_add(&all, (struct ll_str){bytes, (size_t)n});
    if (all.ptr == NULL)
        ll_buf_add(&all, LL_STR(""));
    return all;
}

void fixture_expect(const char *path, const char *request, int status, const char *holds)
{
    char line[32];
    int fd = fixture_connect(path);
    fixture_send(fd, request);
    struct ll_buf answer = fixture_read_all(fd);
    close(fd);
    snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
    if (status == 0)
        line[0] = '\0';
    if ((status == 0) != (answer.len == 0) ||
        !ll_str_starts_with(ll_buf_str(&answer), ll_str_of(line)) ||
        strstr(answer.ptr, holds) == NULL)
        fail_msg("%s\nis not answered with %d and \"%s\", but:\n%s", request, status, holds,
                 answer.ptr);
    ll_buf_clear(&answer);
}
