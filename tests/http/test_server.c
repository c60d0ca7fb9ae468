/* The server's life: connections, streams, peers that leave, stopping, sockets. */
#include "fixture.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLOSE "Host: l\r\nConnection: close\r\n"
#define STREAM_BYTES (50 * 1000 * 1000)
#define GROWTH_MAX_KIB (8 * 1024)

static struct fixture fixture;

static int open_fixture(void **state LL_UNUSED)
{
    fixture_open(&fixture);
    return 0;
}

static int close_fixture(void **state LL_UNUSED)
{
    fixture_close(&fixture);
    return 0;
}

static int send_to(const char *request)
{
    int fd = fixture_connect(fixture.path.ptr);
    fixture_send(fd, request);
    return fd;
}

static struct ll_buf read_and_close(int fd)
{
    struct ll_buf answer = fixture_read_all(fd);
    close(fd);
    return answer;
}

static void assert_ends(struct ll_buf *answer, const char *end)
{
    if (!ll_str_ends_with(ll_buf_str(answer), ll_str_of(end)))
        fail_msg("does not end with \"%s\":\n%s", end, answer->ptr);
    ll_buf_clear(answer);
}

/* Reads to the end, dropping it. */
static size_t drain(int fd)
{
    char bytes[65536];
    size_t all = 0;
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
        all += (size_t)n;
    close(fd);
    return all;
}

/* --- connections */

static void handlers_run_side_by_side_up_to_the_limit(void **state LL_UNUSED)
{
    int fds[FIXTURE_REQUESTS_MAX];
    fixture_start(&fixture);
    for (int i = 0; i < FIXTURE_REQUESTS_MAX; i++)
        fds[i] = send_to("GET /wait HTTP/1.1\r\n" CLOSE "\r\n");
    fixture_await(&fixture, &fixture.running, FIXTURE_REQUESTS_MAX);
    int refused[20]; /* not more than there may be connections */
    for (size_t i = 0; i < LL_COUNT(refused); i++)
        refused[i] = send_to("GET /request HTTP/1.1\r\n" CLOSE "\r\n");
    for (size_t i = 0; i < LL_COUNT(refused); i++) {
        struct ll_buf answer = read_and_close(refused[i]);
        assert_true(ll_str_starts_with(ll_buf_str(&answer), LL_STR("HTTP/1.1 503 ")));
        assert_non_null(strstr(answer.ptr, "\r\nRetry-After: 1\r\n"));
        ll_buf_clear(&answer);
    }
    for (int i = 0; i < FIXTURE_REQUESTS_MAX; i++)
        fixture_release(&fixture);
    for (int i = 0; i < FIXTURE_REQUESTS_MAX; i++) {
        struct ll_buf answer = read_and_close(fds[i]);
        assert_ends(&answer, "\r\n\r\nreleased");
    }
}

static void too_many_connections_do_no_harm(void **state LL_UNUSED)
{
    int silent[100];
    fixture_start(&fixture);
    for (size_t i = 0; i < LL_COUNT(silent); i++)
        silent[i] = fixture_connect(fixture.path.ptr);
    assert_int_equal(drain(silent[LL_COUNT(silent) - 1]), 0); /* closed, not kept waiting */
    for (size_t i = 0; i < LL_COUNT(silent) - 1; i++)
        close(silent[i]);
    struct ll_buf answer = {0};
    while (answer.len == 0) { /* until it has noticed */
        ll_buf_clear(&answer);
        answer = read_and_close(send_to("GET /request HTTP/1.1\r\n" CLOSE "\r\n"));
    }
    assert_ends(&answer, "x-a (none)\n");
}

static void who_is_silent_is_hung_up_on(void **state LL_UNUSED)
{
    fixture.options.idle_timeout_s = 1;
    fixture_start(&fixture);
    struct ll_buf answer = read_and_close(fixture_connect(fixture.path.ptr));
    assert_int_equal(answer.len, 0);
    ll_buf_clear(&answer);
    answer = read_and_close(send_to("GET /request HT"));
    assert_int_equal(answer.len, 0);
    ll_buf_clear(&answer);
    /* A stream's own silence is not the peer's: here it is as long as it takes another connection
     * to time out twice over. */
    int fd = send_to("GET /drip HTTP/1.1\r\n" CLOSE "\r\n");
    int waiting = send_to("GET /wait HTTP/1.1\r\n" CLOSE "\r\n");
    fixture_await(&fixture, &fixture.running, 2);
    for (int i = 0; i < 2; i++) {
        answer = read_and_close(fixture_connect(fixture.path.ptr));
        ll_buf_clear(&answer);
    }
    fixture_release(&fixture);
    fixture_release(&fixture);
    answer = read_and_close(fd);
    assert_ends(&answer, "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    answer = read_and_close(waiting);
    assert_ends(&answer, "\r\n\r\nreleased");
}

/* --- streams */

static long memory_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static void a_long_stream_takes_no_memory(void **state LL_UNUSED)
{
    char request[128];
    fixture_start(&fixture);
    assert_true(drain(send_to("GET /stream?bytes=1000000 HTTP/1.1\r\n" CLOSE "\r\n")) > 1000000);
    long before_kib = memory_kib();
    snprintf(request, sizeof(request), "GET /stream?bytes=%d HTTP/1.1\r\n" CLOSE "\r\n",
             STREAM_BYTES);
    assert_true(drain(send_to(request)) > STREAM_BYTES);
    assert_true(memory_kib() - before_kib < GROWTH_MAX_KIB);
    fixture_await(&fixture, &fixture.freed, 2);
    assert_int_equal(fixture.streamed, 1000000 + STREAM_BYTES);
}

static void parts_of_a_stream_are_sent_as_they_come(void **state LL_UNUSED)
{
    fixture_start(&fixture);
    int fd = send_to("GET /drip HTTP/1.1\r\n" CLOSE "\r\n");
    struct ll_buf answer = {0};
    while (answer.ptr == NULL || strstr(answer.ptr, "\r\n\r\n3\r\none\r\n") == NULL) {
        char bytes[512];
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        assert_true(n > 0);
        ll_buf_add(&answer, (struct ll_str){bytes, (size_t)n});
    }
    ll_buf_clear(&answer);
    fixture_release(&fixture); /* only now may the second part come */
    answer = read_and_close(fd);
    assert_ends(&answer, "3\r\ntwo\r\n0\r\n\r\n");
}

static void a_broken_stream_has_no_end(void **state LL_UNUSED)
{
    fixture_start(&fixture);
    struct ll_buf answer = read_and_close(send_to("GET /broken HTTP/1.1\r\n" CLOSE "\r\n"));
    assert_ends(&answer, "\r\n\r\n3\r\none\r\n");
    fixture_await(&fixture, &fixture.freed, 1);
}

static void an_old_client_gets_a_stream_without_chunks(void **state LL_UNUSED)
{
    fixture_start(&fixture);
    struct ll_buf answer = read_and_close(send_to("GET /stream?bytes=4 HTTP/1.0\r\n\r\n"));
    assert_ends(&answer, "\r\n\r\nxxxx");
}

/* --- peers that leave */

static void a_handler_sees_that_its_peer_has_gone(void **state LL_UNUSED)
{
    fixture_start(&fixture);
    int fd = send_to("GET /wait HTTP/1.1\r\n" CLOSE "\r\n");
    fixture_await(&fixture, &fixture.running, 1);
    assert_int_equal(fixture.gone, 0);
    close(fd);
    fixture_await(&fixture, &fixture.gone, 1);
}

static void a_stream_is_freed_when_its_peer_has_gone(void **state LL_UNUSED)
{
    fixture_start(&fixture);
    int fd = send_to("GET /drip HTTP/1.1\r\n" CLOSE "\r\n");
    fixture_await(&fixture, &fixture.running, 1);
    close(fd);
    fixture_await(&fixture, &fixture.gone, 1);
    fixture_await(&fixture, &fixture.freed, 1);
    /* In the middle of sending: the write fails. */
    fd = send_to("GET /stream?bytes=1000000000000 HTTP/1.1\r\n" CLOSE "\r\n");
    char bytes[4096];
    assert_true(recv(fd, bytes, sizeof(bytes), MSG_WAITALL) > 0);
    close(fd);
    fixture_await(&fixture, &fixture.freed, 2);
}

/* --- stopping */

static void stop_waits_for_who_runs(void **state LL_UNUSED)
{
    fixture.options.stop_ms = 60 * 1000;
    fixture_start(&fixture);
    int fd = send_to("GET /drip HTTP/1.1\r\n" CLOSE "\r\n");
    int idle = fixture_connect(fixture.path.ptr); /* is not waited for */
    fixture_await(&fixture, &fixture.running, 1);
    fixture_release(&fixture);
    ll_server_stop(fixture.server);
    fixture.server = NULL;
    struct ll_buf answer = read_and_close(fd);
    assert_ends(&answer, "3\r\ntwo\r\n0\r\n\r\n");
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(fixture.freed, 1);
    assert_int_equal(drain(idle), 0);
}

static void stop_hangs_up_on_who_goes_on(void **state LL_UNUSED)
{
    static const int64_t stops_ms[] = {0, 50};
    for (size_t i = 0; i < LL_COUNT(stops_ms); i++) {
        fixture.gone = fixture.running = fixture.freed = 0;
        fixture.options.stop_ms = stops_ms[i];
        fixture_start(&fixture);
        int waiting = send_to("GET /wait HTTP/1.1\r\n" CLOSE "\r\n");
        int dripping = send_to("GET /drip HTTP/1.1\r\n" CLOSE "\r\n");
        /* Does not read: its stream stands still. */
        int stuck = send_to("GET /stream?bytes=1000000000000 HTTP/1.1\r\n" CLOSE "\r\n");
        fixture_await(&fixture, &fixture.running, 2);
        char byte;
        assert_int_equal(recv(stuck, &byte, 1, 0), 1);
        ll_server_stop(fixture.server);
        fixture.server = NULL;
        assert_int_equal(fixture.gone, 2);
        assert_int_equal(fixture.freed, 2);
        drain(waiting);
        drain(dripping);
        drain(stuck);
    }
}

static void stop_leaves_the_port_free(void **state LL_UNUSED)
{
    struct ll_error err;
    int fd;
    fixture_start(&fixture);
    fixture_expect(fixture.path.ptr, "GET /request HTTP/1.1\r\n" CLOSE "\r\n", 200, "");
    ll_server_stop(fixture.server);
    fixture.server = NULL;
    assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
    close(fd);
}

/* --- sockets */

static void a_socket_file_is_ours_alone(void **state LL_UNUSED)
{
    struct ll_error err;
    struct stat info;
    int fd;
    mode_t before = umask(0);
    enum ll_status status = ll_server_listen_unix(fixture.path.ptr, &fd, &err);
    umask(before);
    assert_status(LL_OK, status, &err);
    assert_int_equal(stat(fixture.path.ptr, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    close(fd);
}

static void a_stale_file_is_replaced_and_a_live_one_is_not(void **state LL_UNUSED)
{
    struct ll_error err;
    int first, second, fd;
    assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &first, &err), &err);
    assert_status(LL_CONFLICT, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
    /* Also when its queue is full. */
    int peers[200], count = 0;
    for (; count < 200; count++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, fixture.path.ptr, fixture.path.len + 1);
        peers[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(peers[count], (const struct sockaddr *)&address, sizeof(address)) != 0)
            break;
    }
    assert_true(count < 200);
    assert_status(LL_CONFLICT, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
    for (int i = 0; i <= count; i++)
        close(peers[i]);
    close(first); /* the file stays, as after a kill */
    assert_int_equal(access(fixture.path.ptr, F_OK), 0);
    assert_status(LL_OK, ll_server_listen_unix(fixture.path.ptr, &second, &err), &err);
    fixture_start_on(&fixture, second);
    fixture_expect(fixture.path.ptr, "GET /request HTTP/1.1\r\n" CLOSE "\r\n", 200, "");
}

static void what_is_no_socket_is_left_alone(void **state LL_UNUSED)
{
    struct ll_error err;
    struct stat info;
    int fd;
    FILE *file = fopen(fixture.path.ptr, "w");
    assert_non_null(file);
    fclose(file);
    assert_status(LL_CONFLICT, ll_server_listen_unix(fixture.path.ptr, &fd, &err), &err);
    assert_int_equal(stat(fixture.path.ptr, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    ll_buf_add(&fixture.path, LL_STR("/nowhere/s.sock"));
    assert_int_not_equal(ll_server_listen_unix(fixture.path.ptr, &fd, &err), LL_OK);
}

static void it_serves_over_tcp_too(void **state LL_UNUSED)
{
    struct ll_error err;
    int fd, other;
    uint16_t port, same;
    assert_status(LL_OK, ll_server_listen_tcp("127.0.0.1", 0, &fd, &port, &err), &err);
    assert_true(port > 0);
    assert_status(LL_CONFLICT, ll_server_listen_tcp("127.0.0.1", port, &other, &same, &err), &err);
    assert_status(LL_INVALID, ll_server_listen_tcp("localhorst", 0, &other, &same, &err), &err);
    assert_status(LL_INVALID, ll_server_listen_tcp("192.0.2.1", 0, &other, &same, &err), &err);
    fixture.options.same_user = false;
    fixture_start_on(&fixture, fd);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof(address)), 0);
    fixture_send(client, "GET /request HTTP/1.1\r\n" CLOSE "\r\n");
    struct ll_buf answer = read_and_close(client);
    assert_ends(&answer, "method GET\npath /request\nuid -1\nx-a (none)\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    signal(SIGPIPE, SIG_DFL); /* the server must not need it ignored */
    const struct CMUnitTest tests[] = {
        TEST(handlers_run_side_by_side_up_to_the_limit),
        TEST(too_many_connections_do_no_harm),
        TEST(who_is_silent_is_hung_up_on),
        TEST(a_long_stream_takes_no_memory),
        TEST(parts_of_a_stream_are_sent_as_they_come),
        TEST(a_broken_stream_has_no_end),
        TEST(an_old_client_gets_a_stream_without_chunks),
        TEST(a_handler_sees_that_its_peer_has_gone),
        TEST(a_stream_is_freed_when_its_peer_has_gone),
        TEST(stop_waits_for_who_runs),
        TEST(stop_hangs_up_on_who_goes_on),
        TEST(stop_leaves_the_port_free),
        TEST(a_socket_file_is_ours_alone),
        TEST(a_stale_file_is_replaced_and_a_live_one_is_not),
        TEST(what_is_no_socket_is_left_alone),
        TEST(it_serves_over_tcp_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
