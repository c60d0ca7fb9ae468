#include "app/command_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/command_wire.h"
#include "base/arena.h"
#include "codec/json.h"
#include "http/server.h"

#define COMMANDS_MAX 32 /* at a time */
#define BODY_BYTES_MAX ((size_t)1 << 20)
#define WORDS_MAX 4096

struct ll_command_server {
    struct ll_command_server_options options;
    struct ll_server *http;
    char *socket_path;
};

/* A command while it runs. */
struct session {
    struct ll_command_server *server;
    struct ll_arena arena;
    char *argv[WORDS_MAX + 2];
    int argc;
    struct {
        const char *name, *value;
    } env[WORDS_MAX];
    size_t env_count;
    bool terminal;
    struct ll_str version;
    struct ll_stop stop;
    int out[2], err[2]; /* pipes: what is read, what is written; -1 = closed */
    int peer_fd;
    int code;
    pthread_t thread;
    bool ended;
};

/* --- what is asked for */

static void add_word(struct session *s, struct ll_str word)
{
    char *copy = ll_arena_alloc(&s->arena, word.len + 1);
    memcpy(copy, word.ptr, word.len);
    copy[word.len] = '\0';
    s->argv[s->argc++] = copy;
}

static bool read_words(struct ll_json *json, struct session *s)
{
    struct ll_str word;
    if (!ll_json_enter_array(json))
        return false;
    while (ll_json_next_item(json)) {
        if (s->argc > WORDS_MAX || !ll_json_string(json, &word))
            return false;
        add_word(s, word);
    }
    return true;
}

static bool read_env(struct ll_json *json, struct session *s)
{
    struct ll_str name, value;
    if (!ll_json_enter_object(json))
        return false;
    while (ll_json_next_key(json, &name)) {
        if (s->env_count == WORDS_MAX || !ll_json_string(json, &value))
            return false;
        s->env[s->env_count].name = ll_arena_cstr(&s->arena, name);
        s->env[s->env_count++].value = ll_arena_cstr(&s->arena, value);
    }
    return true;
}

static bool read_order(struct ll_str body, struct session *s)
{
    struct ll_json json = ll_json_reader(body, &s->arena);
    struct ll_str key;
    bool good = ll_json_enter_object(&json);
    add_word(s, LL_STR("livelake"));
    while (good && ll_json_next_key(&json, &key)) {
        if (ll_str_equal(key, LL_STR("argv")))
            good = read_words(&json, s);
        else if (ll_str_equal(key, LL_STR("env")))
            good = read_env(&json, s);
        else if (ll_str_equal(key, LL_STR("version")))
            good = ll_json_string(&json, &s->version);
        else if (ll_str_equal(key, LL_STR("terminal")))
            good = ll_json_bool(&json, &s->terminal);
        else
            good = ll_json_skip(&json);
    }
    return good && ll_json_done(&json);
}

/* --- running it */

/* Lookups of the environment get no context; each command has a thread of its own. */
static _Thread_local const struct session *of_thread;

/* Settings are those of whoever asks; all else, such as credentials, is the owner's. */
static const char *environment(const char *name)
{
    for (size_t i = 0; i < of_thread->env_count; i++)
        if (strcmp(of_thread->env[i].name, name) == 0)
            return of_thread->env[i].value;
    return strncmp(name, "LIVELAKE_", 9) == 0 ? NULL : getenv(name);
}

static void *run(void *argument)
{
    struct session *s = argument;
    of_thread = s;
    const struct ll_cli cli = {.argc = s->argc,
                               .argv = s->argv,
                               .env = environment,
                               .clock = s->server->options.clock,
                               .out_fd = s->out[1],
                               .err_fd = s->err[1],
                               .terminal = s->terminal,
                               .stop = &s->stop,
                               .owner = s->server->options.owner};
    s->code = ll_cli_run(&cli);
    close(s->out[1]);
    close(s->err[1]);
    return NULL;
}

/* Signals are for the main thread. */
static int start_thread(struct session *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* --- its output */

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int64_t frame(char kind, char *bytes, size_t len)
{
    bytes[0] = kind;
    for (int i = 0; i < 4; i++)
        bytes[1 + i] = (char)(unsigned char)(len >> (24 - 8 * i));
    return (int64_t)(LL_FRAME_HEAD + len);
}

/* What is there to be read of a pipe; 0 when it has ended. */
static int64_t read_pipe(int *fd, char kind, char *bytes, size_t max)
{
    ssize_t n;
    do
        n = read(*fd, bytes + LL_FRAME_HEAD, max - LL_FRAME_HEAD);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return frame(kind, bytes, (size_t)n);
    close_end(fd);
    return 0;
}

static int64_t read_session(void *context, char *bytes, size_t max)
{
    struct session *s = context;
    while (s->out[0] >= 0 || s->err[0] >= 0) {
        /* Errors and notes first: they are few. */
        struct pollfd fds[] = {{.fd = s->err[0], .events = POLLIN},
                               {.fd = s->out[0], .events = POLLIN},
                               {.fd = s->peer_fd, .events = POLLRDHUP}};
        if (poll(fds, LL_COUNT(fds), -1) < 0 && errno != EINTR)
            return -1;
        if (fds[2].revents != 0) /* whoever asked has gone */
            return -1;
        int64_t n = 0;
        if (fds[0].revents != 0)
            n = read_pipe(&s->err[0], LL_FRAME_ERR, bytes, max);
        else if (fds[1].revents != 0)
            n = read_pipe(&s->out[0], LL_FRAME_OUT, bytes, max);
        if (n > 0)
            return n;
    }
    if (s->ended)
        return 0;
    pthread_join(s->thread, NULL);
    s->ended = true;
    bytes[LL_FRAME_HEAD] = (char)(unsigned char)s->code;
    return frame(LL_FRAME_EXIT, bytes, 1);
}

/* Also when nobody reads any more: then the command is to stop, and its writing fails. */
static void free_session(void *context)
{
    struct session *s = context;
    if (!s->ended) {
        ll_stop_ask(&s->stop, SIGTERM);
        close_end(&s->out[0]);
        close_end(&s->err[0]);
        pthread_join(s->thread, NULL);
    }
    ll_stop_clear(&s->stop);
    ll_arena_clear(&s->arena);
    free(s);
}

static void refuse(struct ll_server_response *response, int status, const char *why)
{
    response->status = status;
    response->content_type = "text/plain";
    ll_buf_printf(&response->body, "%s\n", why);
}

static bool open_pipes(struct session *s)
{
    if (pipe2(s->out, O_CLOEXEC) != 0)
        return false;
    if (pipe2(s->err, O_CLOEXEC) == 0)
        return true;
    close(s->out[0]);
    close(s->out[1]);
    return false;
}

static void begin(struct ll_command_server *server, const struct ll_server_request *request,
                  struct ll_server_response *response)
{
    struct ll_error err;
    struct session *s = ll_xcalloc(1, sizeof(*s));
    *s = (struct session){.server = server, .peer_fd = ll_server_peer_fd(request)};
    const char *why = NULL;
    if (!read_order(request->body, s))
        why = "not understood";
    else if (!ll_str_equal(s->version, LL_STR(LL_VERSION)))
        why = "the lake is owned by livelake " LL_VERSION
              ", another version than this one: restart it";
    else if (ll_stop_init(&s->stop, &err) != LL_OK)
        why = err.message;
    if (why == NULL && !open_pipes(s)) {
        why = "too many open files";
        ll_stop_clear(&s->stop);
    } else if (why == NULL && start_thread(s) != 0) {
        why = "no thread for the command";
        for (int i = 0; i < 2; i++)
            close(s->out[i]), close(s->err[i]);
        ll_stop_clear(&s->stop);
    }
    if (why != NULL) {
        refuse(response, 400, why);
        ll_arena_clear(&s->arena);
        free(s);
        return;
    }
    response->content_type = "application/octet-stream";
    response->read = read_session;
    response->free = free_session;
    response->context = s;
}

static void handle(void *context, const struct ll_server_request *request,
                   struct ll_server_response *response)
{
    if (strcmp(request->path, LL_COMMAND_PATH) != 0)
        refuse(response, 404, "there is only " LL_COMMAND_PATH);
    else if (strcmp(request->method, "POST") != 0)
        refuse(response, 405, "only POST");
    else
        begin(context, request, response);
}

enum ll_status ll_command_server_start(const struct ll_command_server_options *options,
                                       struct ll_command_server **ret, struct ll_error *err)
{
    struct ll_command_server *server = ll_xcalloc(1, sizeof(*server));
    struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/" LL_COMMAND_SOCKET, options->lake_dir);
    *server = (struct ll_command_server){.options = *options, .socket_path = path.ptr};
    struct ll_server_options http = {.max_requests = COMMANDS_MAX,
                                     .max_body_bytes = BODY_BYTES_MAX,
                                     .same_user = true,
                                     .handler = handle,
                                     .context = server};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum ll_status status = ll_server_listen_unix(server->socket_path, &http.listen_fd, err);
    if (status == LL_OK)
        status = ll_server_start(&http, &server->http, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != LL_OK) {
        free(server->socket_path);
        free(server);
        return status;
    }
    *ret = server;
    return LL_OK;
}

void ll_command_server_stop(struct ll_command_server *server)
{
    if (server == NULL)
        return;
    unlink(server->socket_path);
    ll_server_stop(server->http); /* shuts the connections, which their sessions see */
    free(server->socket_path);
    free(server);
}
