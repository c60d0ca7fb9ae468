#include "fixture.h"
#include "tls_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define BODY_MAX (64 * 1024)

static void send_to(struct ll_http *http, const char *url, void *context)
{
    struct ll_http_request request = {
        .url = ll_str_of(url), .max_body_bytes = BODY_MAX, .context = context};
    struct ll_error err;
    assert_status(LL_OK, ll_http_send(http, &request, &err), &err);
}

static struct ll_http_response *await(struct ll_http *http)
{
    struct ll_http_response *response = NULL;
    while (response == NULL)
        response = ll_http_next(http, INT64_MAX / 2);
    return response;
}

static struct ll_http_response *get(struct ll_http *http, const char *url)
{
    send_to(http, url, NULL);
    return await(http);
}

/* A client of system time with options. */
static struct ll_http *client(struct ll_http_options options)
{
    struct ll_http *http;
    struct ll_error err;
    options.clock = ll_clock_system();
    if (options.proxy == NULL)
        options.proxy = "";
    assert_status(LL_OK, ll_http_new(&options, &http, &err), &err);
    return http;
}

static void an_answer_comes_with_headers_and_times(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    fake_server_reply(world.server, 200, "X-A: 1\r\nX-a:  two \r\n", "hello");
    int mark;
    send_to(world.http, fake_server_url(world.server), &mark);
    assert_int_equal(ll_http_pending(world.http), 1);
    struct ll_http_response *response = await(world.http);
    assert_int_equal(ll_http_pending(world.http), 0);
    assert_status(LL_OK, response->error.status, &response->error);
    assert_ptr_equal(response->context, &mark);
    assert_int_equal(response->status_code, 200);
    assert_string_equal(response->body.ptr, "hello");
    assert_true(ll_str_equal(ll_http_response_header(response, "x-a"), LL_STR("two")));
    assert_int_equal(ll_http_response_header(response, "x-b").len, 0);
    assert_int_equal(response->sent_ms, NET_START_MS);
    assert_int_equal(world.pacer.base.sent, 1);
    assert_int_equal(world.pacer.base.received, 1);
    ll_http_response_free(response);
    net_world_close(&world);
}

static void a_request_is_sent_as_given(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    fake_server_reply(world.server, 200, "", "");
    struct ll_buf url = {0};
    ll_buf_printf(&url, "%s/v4/games?a=%%20b", fake_server_url(world.server));
    const struct ll_http_header headers[] = {{LL_STR("Authorization"), LL_STR("Bearer abc")},
                                             {LL_STR("Content-Type"), LL_STR("text/plain")}};
    struct ll_http_request request = {.method = LL_HTTP_POST,
                                      .url = ll_buf_str(&url),
                                      .headers = headers,
                                      .header_count = LL_COUNT(headers),
                                      .body = LL_STR("fields name;"),
                                      .max_body_bytes = 10};
    struct ll_error err;
    assert_status(LL_OK, ll_http_send(world.http, &request, &err), &err);
    ll_http_response_free(await(world.http));
    static const char *const wanted[] = {
        "POST /v4/games?a=%20b HTTP/1.1\r\n", "Authorization: Bearer abc\r\n",
        "Content-Type: text/plain\r\n",       "Accept-Encoding: gzip\r\n",
        "User-Agent: livelake-test\r\n",      "\r\n\r\nfields name;",
    };
    for (size_t i = 0; i < LL_COUNT(wanted); i++)
        assert_true(fake_server_saw(world.server, 0, wanted[i]));
    assert_false(fake_server_saw(world.server, 0, "Cookie"));
    ll_buf_clear(&url);
    net_world_close(&world);
}

static void headers_cannot_be_smuggled(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    const struct ll_http_header headers[] = {{LL_STR("A"), LL_STR("b\r\nC: d")}};
    struct ll_http_request request = {.url = ll_str_of(fake_server_url(world.server)),
                                      .headers = headers,
                                      .header_count = 1,
                                      .max_body_bytes = 10};
    struct ll_error err;
    assert_status(LL_INVALID, ll_http_send(world.http, &request, &err), &err);
    assert_int_equal(ll_http_pending(world.http), 0);
    net_world_close(&world);
}

static void many_requests_share_connections_and_time(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    struct fake_answer held = {.bytes = LL_STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                               .wait_for = 20};
    fake_server_add(world.server, held); /* nothing is answered before all are there */
    for (int i = 0; i < 20; i++)
        send_to(world.http, fake_server_url(world.server), NULL);
    for (int i = 0; i < 20; i++) {
        struct ll_http_response *response = await(world.http);
        assert_int_equal(response->status_code, 200);
        ll_http_response_free(response);
    }
    assert_int_equal(fake_server_count(world.server), 20);
    assert_int_equal(world.pacer.base.received, 20);
    assert_int_equal(world.clock.mono_ms, 0); /* time stands still while requests are open */
    net_world_close(&world);
}

static void nothing_pending_means_waiting(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    assert_null(ll_http_next(world.http, 1234));
    assert_int_equal(world.clock.mono_ms, 1234);
    net_world_close(&world);
}

static void pending_requests_can_be_dropped(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    fake_server_add(world.server, (struct fake_answer){.silent = true});
    send_to(world.http, fake_server_url(world.server), NULL);
    ll_http_free(world.http);
    world.http = NULL;
    assert_int_equal(world.pacer.base.sent, world.pacer.base.received);
    net_world_close(&world);
}

static void redirects_are_answers(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    fake_server_reply(world.server, 302, "Location: /elsewhere\r\n", "");
    struct ll_http_response *response = get(world.http, fake_server_url(world.server));
    assert_int_equal(response->status_code, 302);
    assert_int_equal(fake_server_count(world.server), 1);
    ll_http_response_free(response);
    net_world_close(&world);
}

static void gzip_is_decompressed(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    struct ll_buf packed = {0}, bytes = {0};
    net_gzip(&packed, LL_STR("first "));
    net_gzip(&packed, LL_STR("second")); /* two members are one body */
    net_gzip_head(&bytes, packed.len);
    ll_buf_add(&bytes, ll_buf_str(&packed));
    fake_server_add(world.server, (struct fake_answer){.bytes = ll_buf_str(&bytes)});
    struct ll_http_response *response = get(world.http, fake_server_url(world.server));
    assert_status(LL_OK, response->error.status, &response->error);
    assert_string_equal(response->body.ptr, "first second");
    ll_http_response_free(response);
    ll_buf_clear(&packed);
    ll_buf_clear(&bytes);
    net_world_close(&world);
}

static void edge_02_truncated_bodies_are_transient(void **state LL_UNUSED)
{
    struct ll_buf packed = {0}, cut_gzip = {0}, bad_gzip = {0};
    net_gzip(&packed, LL_STR("a body that is long enough to be cut somewhere in its middle"));
    net_gzip_head(&cut_gzip, packed.len - 12);
    ll_buf_add(&cut_gzip, ll_str_sub(ll_buf_str(&packed), 0, packed.len - 12));
    net_gzip_head(&bad_gzip, packed.len);
    packed.ptr[packed.len / 2] ^= 0x55;
    ll_buf_add(&bad_gzip, ll_buf_str(&packed));
    const struct ll_str answers[] = {
        LL_STR("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhell"),
        LL_STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo"),
        LL_STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
        LL_STR("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nab"),
        LL_STR("HTTP/1.1 200 OK\r\nContent-Le"),
        LL_STR(""),
        ll_buf_str(&cut_gzip),
        ll_buf_str(&bad_gzip),
    };
    for (size_t i = 0; i < LL_COUNT(answers); i++) {
        struct net_world world;
        net_world_open(&world);
        fake_server_add(world.server, (struct fake_answer){.bytes = answers[i], .cut = true});
        struct ll_http_response *response = get(world.http, fake_server_url(world.server));
        if (i == 4) /* a cut header line is a header line: the check of the body finds it */
            assert_true(response->body.len == 0);
        else
            assert_status(LL_TRANSIENT, response->error.status, &response->error);
        ll_http_response_free(response);
        net_world_close(&world);
    }
    ll_buf_clear(&packed);
    ll_buf_clear(&cut_gzip);
    ll_buf_clear(&bad_gzip);
}

static void edge_03_huge_bodies_are_cut_off(void **state LL_UNUSED)
{
    struct ll_buf packed = {0}, bomb = {0}, plain = {0};
    char *zeros = ll_xcalloc(50, BODY_MAX);
    net_gzip(&packed, (struct ll_str){zeros, (size_t)50 * BODY_MAX});
    assert_true(packed.len < BODY_MAX); /* small on the wire */
    net_gzip_head(&bomb, packed.len);
    ll_buf_add(&bomb, ll_buf_str(&packed));
    ll_buf_printf(&plain, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY_MAX + 1);
    ll_buf_add(&plain, (struct ll_str){zeros, BODY_MAX + 1});
    const struct ll_str answers[] = {ll_buf_str(&bomb), ll_buf_str(&plain)};
    for (size_t i = 0; i < LL_COUNT(answers); i++) {
        struct net_world world;
        net_world_open(&world);
        fake_server_add(world.server, (struct fake_answer){.bytes = answers[i]});
        struct ll_http_response *response = get(world.http, fake_server_url(world.server));
        assert_status(LL_LIMIT, response->error.status, &response->error);
        assert_true(response->body.len <= BODY_MAX);
        ll_http_response_free(response);
        net_world_close(&world);
    }
    free(zeros);
    ll_buf_clear(&packed);
    ll_buf_clear(&bomb);
    ll_buf_clear(&plain);
}

static void headers_without_end_are_cut_off(void **state LL_UNUSED)
{
    struct net_world world;
    net_world_open(&world);
    struct ll_buf bytes = {0};
    ll_buf_add(&bytes, LL_STR("HTTP/1.1 200 OK\r\n"));
    for (int i = 0; i < 500; i++)
        ll_buf_printf(&bytes, "X-%d: y\r\n", i);
    ll_buf_add(&bytes, LL_STR("Content-Length: 0\r\n\r\n"));
    fake_server_add(world.server, (struct fake_answer){.bytes = ll_buf_str(&bytes)});
    struct ll_http_response *response = get(world.http, fake_server_url(world.server));
    assert_status(LL_LIMIT, response->error.status, &response->error);
    ll_http_response_free(response);
    ll_buf_clear(&bytes);
    net_world_close(&world);
}

/* What cannot be reached, with what status and words. */
static void edge_11_failures_are_told_apart(void **state LL_UNUSED)
{
    struct tls_server *tls = tls_server_new();
    char closed[64], untrusted[64], bad_port[64];
    snprintf(closed, sizeof(closed), "http://127.0.0.1:%d/", fake_closed_port());
    snprintf(untrusted, sizeof(untrusted), "https://127.0.0.1:%d/", tls_server_port(tls));
    snprintf(bad_port, sizeof(bad_port), "http://127.0.0.1:99999/");
    const struct {
        const char *url, *proxy, *ca_file;
        enum ll_status wanted;
        const char *word;
    } cases[] = {
        {closed, NULL, NULL, LL_TRANSIENT, "could not connect to 127.0.0.1"},
        {"http://no-such-host.invalid/", NULL, NULL, LL_NOT_FOUND, "no-such-host.invalid"},
        {untrusted, NULL, NULL, LL_AUTH, "certificate of 127.0.0.1"},
        {bad_port, NULL, NULL, LL_INVALID, "127.0.0.1:99999"},
        {"http://host.invalid/", closed, NULL, LL_TRANSIENT, "proxy"},
        {"https://host.invalid/", closed, NULL, LL_TRANSIENT, "proxy"},
        {"http://host.invalid/", "http://no-proxy.invalid:1", NULL, LL_INVALID, "no-proxy.invalid"},
        {untrusted, NULL, "/nowhere/ca.pem", LL_INVALID, "/nowhere/ca.pem"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_http *http =
            client((struct ll_http_options){.proxy = cases[i].proxy, .ca_file = cases[i].ca_file});
        struct ll_http_response *response = get(http, cases[i].url);
        assert_status(cases[i].wanted, response->error.status, &response->error);
        if (strstr(response->error.message, cases[i].word) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", response->error.message, cases[i].word);
        assert_int_equal(response->status_code, 0);
        ll_http_response_free(response);
        ll_http_free(http);
    }
    tls_server_free(tls);
}

static void a_proxy_that_refuses_is_named(void **state LL_UNUSED)
{
    struct fake_server *server = fake_server_new();
    fake_server_reply(server, 407, "", "");
    struct ll_http *http = client((struct ll_http_options){.proxy = fake_server_url(server)});
    struct ll_http_response *response = get(http, "https://host.invalid/");
    assert_status(LL_INVALID, response->error.status, &response->error);
    assert_non_null(strstr(response->error.message, "proxy"));
    assert_true(fake_server_saw(server, 0, "CONNECT host.invalid:443"));
    ll_http_response_free(response);
    ll_http_free(http);
    fake_server_free(server);
}

static void edge_11_a_silent_server_times_out(void **state LL_UNUSED)
{
    struct fake_server *server = fake_server_new();
    fake_server_add(server, (struct fake_answer){.silent = true});
    struct ll_http *http = client((struct ll_http_options){.total_timeout_ms = 50});
    struct ll_http_response *response = get(http, fake_server_url(server));
    assert_status(LL_TRANSIENT, response->error.status, &response->error);
    assert_non_null(strstr(response->error.message, "no answer from 127.0.0.1"));
    ll_http_response_free(response);
    ll_http_free(http);
    fake_server_free(server);
}

static void waiting_ends_at_its_time(void **state LL_UNUSED)
{
    struct fake_server *server = fake_server_new();
    fake_server_add(server, (struct fake_answer){.silent = true});
    struct ll_http *http = client((struct ll_http_options){0});
    send_to(http, fake_server_url(server), NULL);
    int64_t until_ms = ll_clock_system()->monotonic_ms(ll_clock_system()) + 20;
    assert_null(ll_http_next(http, until_ms));
    assert_int_equal(ll_http_pending(http), 1);
    ll_http_free(http);
    fake_server_free(server);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_with_headers_and_times),
        cmocka_unit_test(a_request_is_sent_as_given),
        cmocka_unit_test(headers_cannot_be_smuggled),
        cmocka_unit_test(many_requests_share_connections_and_time),
        cmocka_unit_test(nothing_pending_means_waiting),
        cmocka_unit_test(pending_requests_can_be_dropped),
        cmocka_unit_test(redirects_are_answers),
        cmocka_unit_test(gzip_is_decompressed),
        cmocka_unit_test(edge_02_truncated_bodies_are_transient),
        cmocka_unit_test(edge_03_huge_bodies_are_cut_off),
        cmocka_unit_test(headers_without_end_are_cut_off),
        cmocka_unit_test(edge_11_failures_are_told_apart),
        cmocka_unit_test(a_proxy_that_refuses_is_named),
        cmocka_unit_test(edge_11_a_silent_server_times_out),
        cmocka_unit_test(waiting_ends_at_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
