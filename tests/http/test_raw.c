/* The server seen from its socket: what is a request, what is none, and how each is answered. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLOSE "Host: l\r\nConnection: close\r\n"

static struct fixture fixture;

static int open_fixture(void **state LL_UNUSED)
{
    fixture_open(&fixture);
    fixture_start(&fixture);
    return 0;
}

static int close_fixture(void **state LL_UNUSED)
{
    fixture_close(&fixture);
    return 0;
}

/* Whatever came before: the server serves on. */
static void assert_alive(void)
{
    fixture_expect(fixture.path.ptr,
                   "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\nalive", 200,
                   "\r\n\r\nalive");
}

static const struct {
    const char *request;
    int status;
    const char *holds;
} exchanges[] = {
    {"GET /request HTTP/1.1\r\n" CLOSE "\r\n", 200, "method GET\npath /request\n"},
    {"GET /request?a=1&b=%C3%A9+x%2by&a=2&&c HTTP/1.1\r\n" CLOSE "\r\n", 200,
     "param [a]=[1]\nparam [b]=[\xc3\xa9 x+y]\nparam [a]=[2]\nparam [c]=[]\n"},
    {"GET /request%2Fa%20b?x HTTP/1.1\r\n" CLOSE "x-A: some thing \r\n\r\n", 200,
     "path /request%2Fa%20b\n"},
    {"GET /request HTTP/1.1\r\n" CLOSE "x-A: some thing\r\n\r\n", 200, "x-a some thing\n"},
    {"GET /request HTTP/1.1\r\n" CLOSE "\r\n", 200, "\r\nDate: "},
    {"HEAD /request HTTP/1.1\r\n" CLOSE "\r\n", 200, "\r\nContent-Length: "},
    {"OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n", 204, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"},
    {"DELETE /echo HTTP/1.1\r\n" CLOSE "\r\n", 405, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"},
    {"GET /nothing HTTP/1.1\r\n" CLOSE "\r\n", 404, ""},
    {"GET /headers HTTP/1.1\r\n" CLOSE "\r\n", 200, "\r\nX-B: 1\r\n"},
    {"GET /headers?bad=1 HTTP/1.1\r\n" CLOSE "\r\n", 500, ""},
    {"GET /stream?bytes=3 HTTP/1.1\r\n" CLOSE "\r\n", 200, "\r\n\r\n3\r\nxxx\r\n0\r\n"},
    {"POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"
     "0\r\n\r\n",
     200, "\r\n\r\nabcde"},
    /* What is no request. */
    {"nonsense\r\n\r\n", 0, ""},
    {"GET /request?a=%zz HTTP/1.1\r\n" CLOSE "\r\n", 400, "UTF-8"},
    {"GET /request?a=%4 HTTP/1.1\r\n" CLOSE "\r\n", 400, "UTF-8"},
    {"GET /request?a=%00b HTTP/1.1\r\n" CLOSE "\r\n", 400, "UTF-8"},
    {"GET /request%ff HTTP/1.1\r\n" CLOSE "\r\n", 400, "UTF-8"},
    {"GET /request\xff HTTP/1.1\r\n" CLOSE "\r\n", 400, "UTF-8"},
    {"GET * HTTP/1.1\r\n" CLOSE "\r\n", 400, "path"},
    {"GET request HTTP/1.1\r\n" CLOSE "\r\n", 400, ""},
    {"GET /request HTTP/1.1\r\n\r\n", 400, ""}, /* no host */
    {"POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: x\r\n\r\n", 400, ""},
    {"POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: -1\r\n\r\n", 400, ""},
    {"POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400,
     "twice"},
    {"POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
     "0\r\n\r\n",
     400, "twice"},
    {"POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 99999999999\r\n\r\nab", 413, "too large"},
    {"POST /echo HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", 413,
     "too large"},
};

static void requests_are_answered(void **state LL_UNUSED)
{
    for (size_t i = 0; i < LL_COUNT(exchanges); i++)
        fixture_expect(fixture.path.ptr, exchanges[i].request, exchanges[i].status,
                       exchanges[i].holds);
    assert_alive();
}

static void no_version_is_told_and_a_head_has_no_body(void **state LL_UNUSED)
{
    static const char *const heads[] = {"HEAD /request HTTP/1.1\r\n" CLOSE "\r\n",
                                        "HEAD /stream?bytes=5000 HTTP/1.1\r\n" CLOSE "\r\n",
                                        "HEAD /nothing HTTP/1.1\r\n" CLOSE "\r\n"};
    for (size_t i = 0; i < LL_COUNT(heads); i++) {
        int fd = fixture_connect(fixture.path.ptr);
        fixture_send(fd, heads[i]);
        struct ll_buf answer = fixture_read_all(fd);
        close(fd);
        assert_true(ll_str_ends_with(ll_buf_str(&answer), LL_STR("\r\n\r\n")));
        assert_null(strcasestr(answer.ptr, "\r\nserver:"));
        assert_null(strcasestr(answer.ptr, "microhttpd"));
        ll_buf_clear(&answer);
    }
    fixture_await(&fixture, &fixture.freed, 1); /* the stream that nobody read */
}

/* A request with a body of `bytes` bytes. */
static struct ll_buf with_body(size_t bytes, bool chunked)
{
    struct ll_buf request = {0};
    ll_buf_add(&request, LL_STR("POST /echo HTTP/1.1\r\n" CLOSE));
    if (chunked)
        ll_buf_printf(&request, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", bytes);
    else
        ll_buf_printf(&request, "Content-Length: %zu\r\n\r\n", bytes);
    for (size_t i = 0; i < bytes; i++)
        ll_buf_add_char(&request, 'b');
    if (chunked)
        ll_buf_add(&request, LL_STR("\r\n0\r\n\r\n"));
    return request;
}

static void bodies_end_at_the_limit(void **state LL_UNUSED)
{
    static const struct {
        size_t bytes;
        bool chunked;
        int status;
    } bodies[] = {
        {FIXTURE_BODY_MAX, false, 200},     {FIXTURE_BODY_MAX, true, 200},
        {FIXTURE_BODY_MAX + 1, false, 413}, {FIXTURE_BODY_MAX + 1, true, 413},
        {500 * 1000, false, 413},           {500 * 1000, true, 413},
    };
    for (size_t i = 0; i < LL_COUNT(bodies); i++) {
        struct ll_buf request = with_body(bodies[i].bytes, bodies[i].chunked);
        fixture_expect(fixture.path.ptr, request.ptr, bodies[i].status, "");
        ll_buf_clear(&request);
    }
    /* Beyond all measure, its length unsaid: closed. */
    struct ll_buf request = with_body(3 * 1000 * 1000, true);
    int fd = fixture_connect(fixture.path.ptr);
    fixture_send(fd, request.ptr);
    struct ll_buf answer = fixture_read_all(fd);
    assert_int_equal(answer.len, 0);
    close(fd);
    ll_buf_clear(&answer);
    ll_buf_clear(&request);
    assert_alive();
}

static void headers_end_at_the_limit(void **state LL_UNUSED)
{
    static const struct {
        size_t bytes;
        int status;
    } headers[] = {{15000, 200}, {17000, 431}, {60000, 431}, {500000, 431}};
    for (size_t i = 0; i < LL_COUNT(headers); i++) {
        struct ll_buf request = {0};
        ll_buf_add(&request, LL_STR("GET /request HTTP/1.1\r\n" CLOSE "X-Long: "));
        for (size_t n = 0; n < headers[i].bytes; n++)
            ll_buf_add_char(&request, 'h');
        ll_buf_add(&request, LL_STR("\r\n\r\n"));
        fixture_expect(fixture.path.ptr, request.ptr, headers[i].status, "");
        ll_buf_clear(&request);
    }
    struct ll_buf params = {0};
    ll_buf_add(&params, LL_STR("GET /request?"));
    for (int i = 0; i < 101; i++)
        ll_buf_add(&params, LL_STR("a=1&"));
    ll_buf_add(&params, LL_STR(" HTTP/1.1\r\n" CLOSE "\r\n"));
    fixture_expect(fixture.path.ptr, params.ptr, 400, "too much");
    ll_buf_clear(&params);
    assert_alive();
}

/* Cut at every byte, and with every byte of its head made a wild one: never harm. */
static void damaged_requests_do_no_harm(void **state LL_UNUSED)
{
    static const char whole[] = "POST /request?a=%20 HTTP/1.1\r\nHost: l\r\nX-A: b\r\n"
                                "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n0\r\n\r\n";
    static const char wild[] = {0, '\n', '\r', ' ', ':', '%', '\x7f', '\xff'};
    for (size_t i = 0; i < sizeof(whole) - 1; i++) {
        for (size_t w = 0; w <= sizeof(wild); w++) {
            char damaged[sizeof(whole)];
            memcpy(damaged, whole, sizeof(whole));
            size_t len = w == sizeof(wild) ? i : sizeof(whole) - 1;
            if (w < sizeof(wild))
                damaged[i] = wild[w];
            int fd = fixture_connect(fixture.path.ptr);
            (void)!send(fd, damaged, len, MSG_NOSIGNAL);
            shutdown(fd, SHUT_WR);
            struct ll_buf answer = fixture_read_all(fd);
            assert_true(answer.len == 0 ||
                        ll_str_starts_with(ll_buf_str(&answer), LL_STR("HTTP/1.1 ")));
            ll_buf_clear(&answer);
            close(fd);
        }
    }
    assert_alive();
}

static void one_connection_serves_many_requests(void **state LL_UNUSED)
{
    int fd = fixture_connect(fixture.path.ptr);
    for (int i = 0; i < 3; i++)
        fixture_send(fd, "POST /echo HTTP/1.1\r\nHost: l\r\nContent-Length: 2\r\n\r\nab");
    fixture_send(fd, "GET /stream?bytes=5 HTTP/1.1\r\nHost: l\r\n\r\n");
    fixture_send(fd, "GET /request HTTP/1.1\r\n" CLOSE "\r\n");
    struct ll_buf answer = fixture_read_all(fd);
    close(fd);
    int found = 0;
    for (const char *at = answer.ptr; (at = strstr(at, "HTTP/1.1 200 ")) != NULL; at++)
        found++;
    assert_int_equal(found, 5);
    ll_buf_clear(&answer);
}

static void another_user_is_refused(void **state LL_UNUSED)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    assert_int_equal(chmod(fixture.folder, 0755), 0);
    assert_int_equal(chmod(fixture.path.ptr, 0666), 0); /* so that the file does not keep it out */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        int fd = fixture_connect(fixture.path.ptr);
        fixture_send(fd, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 2\r\n\r\nab");
        char answer[64] = {0};
        (void)!recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL);
        _exit(strncmp(answer, "HTTP/1.1 403 ", 13) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_alive();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_answered, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(no_version_is_told_and_a_head_has_no_body, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(bodies_end_at_the_limit, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(headers_end_at_the_limit, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(damaged_requests_do_no_harm, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(one_connection_serves_many_requests, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(another_user_is_refused, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
