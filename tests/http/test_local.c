/* net/local.h against a server, against servers that die, and against what is no server. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/local.h"

#define STREAM_BYTES (50 * 1000 * 1000)
#define SERVE_FD 3 /* of the server that is a process of its own */

static struct fixture fixture;

/* What a request's callbacks are to do, and have seen. */
struct caller {
    struct ll_buf bytes;
    size_t count;
    int status_code;
    pid_t kill_at_first; /* when bytes come; 0: nobody */
    bool refuse;         /* bytes, with LL_LIMIT */
    int asked, stop_at;  /* cancelled by the stop_at-th question; 0: never */
};

static enum ll_status on_bytes(void *context, int status_code, struct ll_str bytes,
                               struct ll_error *err)
{
    struct caller *caller = context;
    caller->status_code = status_code;
    caller->count += bytes.len;
    if (caller->refuse)
        return ll_fail(err, LL_LIMIT, 7, "enough");
    if (caller->count < 1000)
        ll_buf_add(&caller->bytes, bytes);
    if (caller->kill_at_first != 0)
        assert_int_equal(kill(caller->kill_at_first, SIGKILL), 0);
    caller->kill_at_first = 0;
    return LL_OK;
}

static bool is_cancelled(void *context)
{
    struct caller *caller = context;
    return ++caller->asked == caller->stop_at;
}

static struct ll_local_options options_of(struct caller *caller, const char *path)
{
    return (struct ll_local_options){.socket_path = fixture.path.ptr,
                                     .method = "GET",
                                     .path = path,
                                     .on_bytes = on_bytes,
                                     .cancelled = is_cancelled,
                                     .context = caller};
}

static enum ll_status ask(struct caller *caller, const char *path, struct ll_error *err)
{
    const struct ll_local_options options = options_of(caller, path);
    int status_code;
    return ll_local_request(&options, &status_code, err);
}

static void assert_bytes(struct caller *caller, const char *bytes)
{
    ll_buf_add(&caller->bytes, LL_STR("")); /* its NUL */
    assert_string_equal(caller->bytes.ptr != NULL ? caller->bytes.ptr : "", bytes);
    ll_buf_clear(&caller->bytes);
}

static int open_fixture(void **state LL_UNUSED)
{
    fixture_open(&fixture);
    return 0;
}

static int start_fixture(void **state)
{
    open_fixture(state);
    fixture_start(&fixture);
    return 0;
}

static int close_fixture(void **state LL_UNUSED)
{
    fixture_close(&fixture);
    return 0;
}

/* --- answers */

static void an_answer_comes_whole(void **state LL_UNUSED)
{
    static const struct {
        const char *method, *path, *body, *bytes;
        int status_code;
    } cases[] = {
        {"GET", "/request?a=%20", "",
         "method GET\npath /request\nuid %\nx-a (none)\nparam [a]=[ ]\n", 200},
        {"POST", "/echo", "some body", "some body", 200},
        {"POST", "/echo", "", "", 200},
        {"GET", "/stream?bytes=3", "", "xxx", 200},
        {"HEAD", "/stream?bytes=3", "", "", 200},
        {"OPTIONS", "/", "", "", 204},
        {"GET", "/nothing", "", "", 404},
        {"DELETE", "/echo", "", "no such method here\n", 405},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct caller caller = {0};
        struct ll_error err;
        int status_code = 0;
        struct ll_local_options options = options_of(&caller, cases[i].path);
        options.method = cases[i].method;
        options.body = ll_str_of(cases[i].body);
        options.content_type = options.body.len > 0 ? "text/plain" : NULL;
        assert_status(LL_OK, ll_local_request(&options, &status_code, &err), &err);
        assert_int_equal(status_code, cases[i].status_code);
        if (caller.count > 0)
            assert_int_equal(caller.status_code, status_code);
        struct ll_buf wanted = {0};
        for (const char *c = cases[i].bytes; *c != '\0'; c++) {
            if (*c == '%')
                ll_buf_printf(&wanted, "%u", (unsigned)geteuid());
            else
                ll_buf_add_char(&wanted, *c);
        }
        assert_bytes(&caller, wanted.ptr != NULL ? wanted.ptr : "");
        ll_buf_clear(&wanted);
    }
}

static void a_long_answer_comes_in_parts(void **state LL_UNUSED)
{
    char path[64];
    struct caller caller = {0};
    struct ll_error err;
    snprintf(path, sizeof(path), "/stream?bytes=%d", STREAM_BYTES);
    assert_status(LL_OK, ask(&caller, path, &err), &err);
    assert_int_equal(caller.count, STREAM_BYTES);
    ll_buf_clear(&caller.bytes);
}

static void what_is_no_request_is_not_sent(void **state LL_UNUSED)
{
    static const char *const paths[] = {"", "request", "/a b", "/a\r\nX-B: 1"};
    struct caller caller = {0};
    struct ll_error err;
    for (size_t i = 0; i < LL_COUNT(paths); i++)
        assert_status(LL_INVALID, ask(&caller, paths[i], &err), &err);
    assert_int_equal(caller.count, 0);
}

static void the_taker_can_end_it(void **state LL_UNUSED)
{
    struct caller caller = {.refuse = true};
    struct ll_error err;
    assert_status(LL_LIMIT, ask(&caller, "/stream?bytes=1000000000000", &err), &err);
    assert_int_equal(err.code, 7);
    fixture_await(&fixture, &fixture.freed, 1);
}

static void it_can_be_cancelled_while_nothing_comes(void **state LL_UNUSED)
{
    static const char *const paths[] = {"/wait", "/drip"};
    for (size_t i = 0; i < LL_COUNT(paths); i++) {
        struct caller caller = {.stop_at = 6};
        struct ll_error err;
        assert_status(LL_CANCELLED, ask(&caller, paths[i], &err), &err);
        fixture_await(&fixture, &fixture.gone, (int)i + 1); /* it has begun, and sees it */
        assert_int_equal(caller.asked, 6);
        ll_buf_clear(&caller.bytes);
    }
}

static void a_long_path_is_as_good(void **state LL_UNUSED)
{
    struct caller caller = {0};
    struct ll_error err;
    ll_buf_reset(&fixture.path);
    ll_buf_add(&fixture.path, ll_str_of(fixture.folder));
    for (int i = 0; i < 4; i++) {
        ll_buf_add(&fixture.path, LL_STR("/a-folder-whose-name-is-of-no-use-but-is-quite-long"));
        assert_int_equal(mkdir(fixture.path.ptr, 0700), 0);
    }
    ll_buf_add(&fixture.path, LL_STR("/s.sock"));
    assert_status(LL_NOT_FOUND, ask(&caller, "/request", &err), &err);
    fixture_start(&fixture);
    assert_int_equal(access(fixture.path.ptr, F_OK), 0);
    assert_status(LL_OK, ask(&caller, "/request", &err), &err);
    assert_true(caller.count > 0);
    ll_buf_clear(&caller.bytes);
    int fd;
    assert_status(LL_CONFLICT, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
}

/* --- nobody there */

static void who_is_not_there_is_told_apart(void **state LL_UNUSED)
{
    struct caller caller = {0};
    struct ll_error err;
    int fd;
    assert_status(LL_NOT_FOUND, ask(&caller, "/request", &err), &err);
    assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
    close(fd);
    assert_status(LL_TRANSIENT, ask(&caller, "/request", &err), &err);
    ll_buf_add(&fixture.path, LL_STR(".d/s.sock"));
    assert_status(LL_NOT_FOUND, ask(&caller, "/request", &err), &err);
}

static void a_queue_that_stays_full_ends_in_time(void **state LL_UNUSED)
{
    struct caller caller = {0};
    struct ll_error err;
    int peers[200], listening, count = 0;
    assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &listening, &err), &err);
    for (; count < 200; count++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, fixture.path.ptr, fixture.path.len + 1);
        peers[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(peers[count], (const struct sockaddr *)&address, sizeof(address)) != 0)
            break;
    }
    assert_true(count < 200);
    struct ll_local_options options = options_of(&caller, "/request");
    int status_code;
    options.connect_timeout_ms = 1;
    assert_status(LL_LIMIT, ll_local_request(&options, &status_code, &err), &err);
    options.connect_timeout_ms = INT64_MAX / 2;
    caller = (struct caller){.stop_at = 3};
    assert_status(LL_CANCELLED, ll_local_request(&options, &status_code, &err), &err);
    for (int i = 0; i <= count; i++)
        close(peers[i]);
    close(listening);
}

static void a_file_of_another_user_is_refused(void **state LL_UNUSED)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    assert_int_equal(chmod(fixture.folder, 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct caller caller = {0};
        struct ll_error err;
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        _exit(ask(&caller, "/request", &err) == LL_AUTH ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- servers that die */

static void an_answer_that_is_broken_off_is_no_answer(void **state LL_UNUSED)
{
    struct caller caller = {0};
    struct ll_error err;
    assert_status(LL_IO, ask(&caller, "/broken", &err), &err);
    assert_bytes(&caller, "one"); /* what came was given out */
}

/* Serves on SERVE_FD until it is killed. */
static int serve(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fixture_open(&fixture);
    fixture_start_on(&fixture, SERVE_FD);
    while (pause() != 0)
        continue;
    return 0;
}

static pid_t start_server(void)
{
    char folder[256];
    char program[] = "test_http_local", word[] = "serve";
    char *const argv[] = {program, word, NULL}, *const environment[] = {folder, NULL};
    struct ll_error err;
    int fd;
    pid_t pid;
    snprintf(folder, sizeof(folder), "TMPDIR=%s", fixture.folder); /* goes with ours */
    assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
    int high = fcntl(fd, F_DUPFD_CLOEXEC, SERVE_FD + 1); /* dup2 to itself would change nothing */
    close(fd);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, high, SERVE_FD);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(high);
    return pid;
}

static void a_server_that_is_killed_is_noticed(void **state LL_UNUSED)
{
    static const char *const paths[] = {"/drip", "/stream?bytes=1000000000000"};
    for (size_t i = 0; i < LL_COUNT(paths); i++) {
        struct ll_error err;
        pid_t server = start_server();
        struct caller caller = {.kill_at_first = server};
        assert_status(LL_IO, ask(&caller, paths[i], &err), &err);
        assert_true(caller.count > 0);
        ll_buf_clear(&caller.bytes);
        int status;
        assert_int_equal(waitpid(server, &status, 0), server);
        assert_true(WIFSIGNALED(status));
        caller = (struct caller){0};
        assert_status(LL_TRANSIENT, ask(&caller, "/request", &err), &err);
    }
}

/* Answers each connection with a text and closes it. */
struct liar {
    int fd;
    const char *text;
};

static void *lie(void *context)
{
    struct liar *liar = context;
    for (int i = 0; i < 2; i++) { /* that of the question whether somebody listens comes first */
        int fd = accept4(liar->fd, NULL, NULL, SOCK_CLOEXEC);
        char bytes[4096];
        if (recv(fd, bytes, sizeof(bytes), 0) > 0)
            fixture_send(fd, liar->text);
        close(fd);
    }
    return NULL;
}

static void what_is_no_answer_is_an_error(void **state LL_UNUSED)
{
    static const char *const texts[] = {"", "HTTP/1.1 20", "no HTTP at all\r\n\r\n",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"};
    for (size_t i = 0; i < LL_COUNT(texts); i++) {
        struct caller caller = {0};
        struct ll_error err;
        struct liar liar = {.text = texts[i]};
        pthread_t thread;
        assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &liar.fd, &err), &err);
        fcntl(liar.fd, F_SETFL, 0); /* blocks */
        assert_int_equal(pthread_create(&thread, NULL, lie, &liar), 0);
        assert_status(LL_IO, ask(&caller, "/request", &err), &err);
        pthread_join(thread, NULL);
        close(liar.fd);
        ll_buf_clear(&caller.bytes);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
#define SERVED(name) cmocka_unit_test_setup_teardown(name, start_fixture, close_fixture)

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
        return serve();
    const struct CMUnitTest tests[] = {
        SERVED(an_answer_comes_whole),
        SERVED(a_long_answer_comes_in_parts),
        SERVED(what_is_no_request_is_not_sent),
        SERVED(the_taker_can_end_it),
        SERVED(it_can_be_cancelled_while_nothing_comes),
        TEST(a_long_path_is_as_good),
        TEST(who_is_not_there_is_told_apart),
        TEST(a_queue_that_stays_full_ends_in_time),
        SERVED(a_file_of_another_user_is_refused),
        SERVED(an_answer_that_is_broken_off_is_no_answer),
        TEST(a_server_that_is_killed_is_noticed),
        TEST(what_is_no_answer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
