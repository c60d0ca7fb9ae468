#include "api_world.h"

#include <stdio.h>
#include <string.h>

#define NOT_FULL "Ratelimit-Limit: 800\r\nRatelimit-Remaining: 700\r\n"
#define GOOD "{\"data\":[]}"

/* From the second time on. */
static bool is_stopped_later(void *context)
{
    struct world *world = context;
    bool stopped = world->stop;
    world->stop = true;
    return stopped;
}

static void a_request_has_its_headers(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    ll_api_send(world.api, &(struct ll_api_request){.method = LL_HTTP_POST,
                                                    .target = LL_STR("/games?a=1"),
                                                    .body = LL_STR("fields *;")});
    assert_int_equal(ll_api_pending(world.api), 1);
    assert_int_equal(ll_api_queued(world.api), 1);
    struct ll_api_answer *answer = api_world_next(&world);
    assert_true(ll_str_equal(answer->request.target, LL_STR("/games?a=1")));
    assert_string_equal(answer->response->body.ptr, GOOD);
    ll_api_answer_free(answer);
    static const char *const wanted[] = {"POST /games?a=1 HTTP/1.1\r\n", "Client-Id: client\r\n",
                                         "Authorization: Bearer tok-1\r\n", "\r\n\r\nfields *;"};
    for (size_t i = 0; i < LL_COUNT(wanted); i++)
        assert_true(fake_server_saw(world.net.server, 0, wanted[i]));
    struct ll_error err;
    assert_status(LL_NOT_FOUND, ll_api_next(world.api, &answer, &err), &err);
    assert_int_equal(ll_api_counts(world.api).requests, 1);
    assert_int_equal(ll_api_counts(world.api).errors, 0);
    api_world_close(&world);
}

static void urgent_requests_go_first(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    ll_api_free(world.api);
    struct ll_bucket_options one = api_world_plenty;
    one.max_in_flight = 1;
    api_world_client(&world, fake_server_url(world.net.server), one);
    api_world_ask(&world, "/a", false);
    api_world_ask(&world, "/b", false);
    api_world_ask(&world, "/u1", true);
    api_world_ask(&world, "/u2", true);
    static const char *const order[] = {"GET /u1 ", "GET /u2 ", "GET /a ", "GET /b "};
    for (size_t i = 0; i < LL_COUNT(order); i++) {
        api_world_expect(&world, LL_OK, 1, 200);
        assert_true(fake_server_saw(world.net.server, (int)i, order[i]));
    }
    api_world_close(&world);
}

/* Scripts of one request each, and what comes of it. */
static void edge_04_05_06_retries_go_by_class(void **state LL_UNUSED)
{
    static const struct {
        const char *name;
        int answers[6]; /* status codes; the last goes on */
        const char *body;
        enum ll_status status;
        int tries;
        int64_t least_ms, most_ms; /* of waiting: a quarter less and more */
    } cases[] = {
        {"edge_04_500", {200, 500, 500, 200}, "", LL_OK, 3, 1125, 1875},
        {"edge_04_500_for_ever", {200, 500}, "", LL_TRANSIENT, 5, 5625, 9375},
        {"edge_01_502_html", {200, 502, 200}, "<html>", LL_OK, 2, 375, 625},
        {"edge_05_503", {200, 503, 200}, "down", LL_OK, 2, 0, 0},
        {"edge_05_503_twice", {200, 503, 503, 200}, "down", LL_OK, 3, 750, 1250},
        {"404", {200, 404}, "", LL_INVALID, 1, 0, 0},
        {"400", {200, 400}, "{\"message\":\"invalid cursor\"}", LL_INVALID, 1, 0, 0},
        {"redirect", {200, 301}, "", LL_INVALID, 1, 0, 0},
        {"edge_06_false_429", {200, 429, 200}, "", LL_OK, 2, 375, 625},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct world world;
        api_world_open(&world);
        for (int n = 0; cases[i].answers[n] != 0; n++)
            fake_server_reply(world.net.server, cases[i].answers[n], NOT_FULL,
                              cases[i].answers[n] == 200 ? GOOD : cases[i].body);
        api_world_ask(&world, "/first", false);
        api_world_expect(&world, LL_OK, 1, 200);
        api_world_ask(&world, "/x", false);
        struct ll_api_answer *answer = api_world_next(&world);
        int64_t waited_ms = world.net.clock.mono_ms;
        if (answer->error.status != cases[i].status || answer->tries != cases[i].tries ||
            waited_ms < cases[i].least_ms || waited_ms > cases[i].most_ms)
            fail_msg("%s: %s, %d tries, %d ms", cases[i].name, ll_status_name(answer->error.status),
                     answer->tries, (int)waited_ms);
        assert_int_equal(fake_server_count(world.net.server), 1 + cases[i].tries);
        if (cases[i].status == LL_INVALID)
            assert_int_equal(answer->error.code, cases[i].answers[1]);
        bool unused = cases[i].tries > 1 || cases[i].status != LL_OK;
        assert_int_equal(strstr(net_log(), "api.retry") != NULL, unused);
        ll_api_answer_free(answer);
        api_world_close(&world);
    }
}

static void edge_01_html_with_200_is_not_taken(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "Content-Type: text/html\r\n", "<html>sorry</html>");
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_OK, 2, 200);
    assert_non_null(strstr(net_log(), "<html>sorry</html>"));
    assert_non_null(strstr(net_log(), "no JSON"));
    api_world_close(&world);
}

static void edge_02_a_truncated_page_is_asked_for_again(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_add(
        world.net.server,
        (struct fake_answer){
            .bytes = LL_STR("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"data"), .cut = true});
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/x?after=abc", false);
    api_world_expect(&world, LL_OK, 2, 200);
    assert_true(fake_server_saw(world.net.server, 1, "GET /x?after=abc "));
    api_world_close(&world);
}

static void edge_03_a_huge_body_ends_the_request(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    char body[5001];
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    fake_server_reply(world.net.server, 200, "", body);
    api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_LIMIT, 1, 0);
    api_world_close(&world);
}

static void edge_07_true_429_waits_for_the_refill(void **state LL_UNUSED)
{
    static const struct {
        const char *headers;
        int64_t wanted_ms;
    } cases[] = {
        /* Reset is when the bucket is full: a moment's refill will do. */
        {NET_START_DATE "Ratelimit-Limit: 800\r\nRatelimit-Remaining: 0\r\n"
                        "Ratelimit-Reset: 1763900030\r\n",
         1000},
        {"Ratelimit-Remaining: 0\r\nRetry-After: 7\r\n", 7000},
        {"Ratelimit-Remaining: 0\r\nRetry-After: 99999\r\n", 60000},
        {"", 1000}, /* nothing said */
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct world world;
        api_world_open(&world);
        fake_server_reply(world.net.server, 200, "", GOOD);
        fake_server_reply(world.net.server, 429, cases[i].headers, "");
        fake_server_reply(world.net.server, 200, "", GOOD);
        api_world_ask(&world, "/first", false);
        api_world_expect(&world, LL_OK, 1, 200);
        api_world_ask(&world, "/x", false);
        api_world_expect(&world, LL_OK, 2, 200);
        assert_int_equal(world.net.clock.mono_ms, cases[i].wanted_ms);
        assert_int_equal(ll_api_counts(world.api).rate_limited, 1);
        api_world_close(&world);
    }
}

static void edge_07_longer_each_time_and_no_tries_lost(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    for (int i = 0; i < 8; i++)
        fake_server_reply(world.net.server, 429, "Ratelimit-Remaining: 0\r\n", "");
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_OK, 9, 200);
    assert_int_equal(world.net.clock.mono_ms, 1000 * (1 + 2 + 4 + 8 + 16 + 32) + 2 * 60000);
    api_world_close(&world);
}

static void edge_07_everybody_waits(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    fake_server_reply(world.net.server, 429,
                      NET_START_DATE "Ratelimit-Remaining: 0\r\nRatelimit-Reset: 1763900030\r\n",
                      "");
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    ll_api_free(world.api);
    struct ll_bucket_options one = api_world_plenty;
    one.max_in_flight = 1;
    api_world_client(&world, fake_server_url(world.net.server), one);
    for (int i = 0; i < 3; i++)
        api_world_ask(&world, "/x", i > 0);
    for (int i = 0; i < 3; i++) {
        struct ll_api_answer *answer = api_world_next(&world);
        assert_int_equal(answer->error.status, LL_OK);
        assert_true(world.net.clock.mono_ms >= 1000);
        ll_api_answer_free(answer);
    }
    assert_int_equal(fake_server_count(world.net.server), 5);
    api_world_close(&world);
}

static void edge_08_without_headers_the_own_bucket_rules(void **state LL_UNUSED)
{
    static const char *const headers[] = {
        "", "Ratelimit-Limit: many\r\nRatelimit-Remaining: -3\r\nRatelimit-Reset: x\r\n",
        "Ratelimit-Remaining: 99999999999999999999\r\n", "Ratelimit-Remaining: 1e3\r\n"};
    for (size_t i = 0; i < LL_COUNT(headers); i++) {
        struct world world;
        api_world_open(&world);
        ll_api_free(world.api);
        struct ll_bucket_options slow = {
            .capacity = 4, .per_second = 4, .initial = 4, .max_in_flight = 8};
        api_world_client(&world, fake_server_url(world.net.server), slow);
        fake_server_reply(world.net.server, 200, headers[i], GOOD);
        for (int n = 0; n < 12; n++)
            api_world_ask(&world, "/x", false);
        for (int n = 0; n < 12; n++)
            api_world_expect(&world, LL_OK, 1, 200);
        assert_in_range(world.net.clock.mono_ms, 2000, 2010); /* four at once, then 4 a second */
        api_world_close(&world);
    }
}

static void edge_09_one_new_token_for_all(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    for (int i = 0; i < 6; i++) {
        struct fake_answer refusal = {
            .bytes = LL_STR("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
            .wait_for = 7}; /* all six are open before the first is refused */
        fake_server_add(world.net.server, refusal);
    }
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    for (int i = 0; i < 6; i++)
        api_world_ask(&world, "/x", false);
    for (int i = 0; i < 6; i++)
        api_world_expect(&world, LL_OK, 2, 200);
    assert_int_equal(fake_server_count(world.auth), 2);
    assert_int_equal(fake_server_count(world.net.server), 13);
    for (int i = 1; i < 13; i++)
        assert_true(
            fake_server_saw(world.net.server, i, i < 7 ? "Bearer tok-1\r\n" : "Bearer tok-2\r\n"));
    api_world_close(&world);
}

static void edge_09_new_tokens_refused_end_it(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 401, "", "{\"message\":\"Invalid OAuth token\"}");
    for (int i = 0; i < 3; i++)
        api_world_ask(&world, "/x", false);
    struct ll_api_answer *answer = api_world_next(&world);
    assert_status(LL_AUTH, answer->error.status, &answer->error);
    assert_int_equal(answer->tries, 3);
    ll_api_answer_free(answer);
    for (int i = 0; i < 2; i++) { /* told without asking, but for those already on the wire */
        answer = api_world_next(&world);
        assert_status(LL_AUTH, answer->error.status, &answer->error);
        ll_api_answer_free(answer);
    }
    int asked = fake_server_count(world.net.server);
    api_world_ask(&world, "/later", false);
    api_world_expect(&world, LL_AUTH, 0, 0);
    assert_int_equal(fake_server_count(world.net.server), asked);
    assert_int_equal(fake_server_count(world.auth), 3);
    api_world_close(&world);
}

/* One request is refused with every token that others are answered with. */
static void edge_09_a_request_refused_alone_ends_alone(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    ll_api_free(world.api);
    struct ll_bucket_options one = api_world_plenty;
    one.max_in_flight = 1;
    api_world_client(&world, fake_server_url(world.net.server), one);
    for (int i = 0; i < 3; i++) {
        fake_server_reply(world.net.server, 200, "", GOOD);
        fake_server_reply(world.net.server, 401, "", "{\"message\":\"Invalid OAuth token\"}");
    }
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/refused", false);
    for (int i = 0; i < 3; i++) { /* each with the next token, before the other's next try */
        api_world_ask(&world, "/x", true);
        api_world_expect(&world, LL_OK, 1, 200);
    }
    struct ll_api_answer *answer = api_world_next(&world);
    assert_true(ll_str_equal(answer->request.target, LL_STR("/refused")));
    assert_status(LL_TRANSIENT, answer->error.status, &answer->error);
    assert_int_equal(answer->error.code, 401);
    assert_int_equal(answer->tries, 3);
    assert_non_null(strstr(answer->error.message, "alone"));
    ll_api_answer_free(answer);
    api_world_ask(&world, "/later", false);
    api_world_expect(&world, LL_OK, 1, 200);
    assert_int_equal(fake_server_count(world.auth), 4);
    api_world_close(&world);
}

static void edge_10_wrong_credentials_end_everything(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    struct fake_server *auth = fake_server_new();
    fake_server_reply(auth, 403, "", "{\"status\":403,\"message\":\"invalid client secret\"}");
    struct ll_token_options options = {.http = world.token_http,
                                       .clock = &world.net.clock.base,
                                       .rand = &world.net.rand,
                                       .auth_url = ll_str_of(fake_server_url(auth)),
                                       .client_id = LL_STR("client"),
                                       .client_secret = &world.secret};
    ll_api_free(world.api);
    ll_token_free(world.token);
    world.token = ll_token_new(&options);
    api_world_client(&world, fake_server_url(world.net.server), api_world_plenty);
    for (int i = 0; i < 5; i++)
        api_world_ask(&world, "/x", false);
    for (int i = 0; i < 5; i++)
        api_world_expect(&world, LL_AUTH, 0, 0);
    assert_int_equal(fake_server_count(auth), 1);
    assert_int_equal(fake_server_count(world.net.server), 0);
    fake_server_free(auth);
    api_world_close(&world);
}

static void edge_11_a_dead_host_gets_three_tries_in_all(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    ll_api_free(world.api);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", fake_closed_port());
    api_world_client(&world, url, api_world_plenty);
    for (int i = 0; i < 20; i++)
        api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_TRANSIENT, 3, 0);
    for (int i = 1; i < 20; i++)
        api_world_expect(&world, LL_TRANSIENT, 0, 0);
    assert_int_equal(ll_api_counts(world.api).requests, 3);
    api_world_close(&world);
}

static void edge_11_resets_are_retried(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    for (int i = 0; i < 4; i++)
        fake_server_add(world.net.server,
                        (struct fake_answer){.bytes = LL_STR("HTTP/1.1 200 OK\r\n"
                                                             "Content-Length: 9\r\n\r\n"),
                                             .cut = true});
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_OK, 5, 200);
    api_world_close(&world);
}

static void edge_11_an_unknown_host_is_not_asked_again(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    ll_api_free(world.api);
    api_world_client(&world, "http://no-such-host.invalid", api_world_plenty);
    for (int i = 0; i < 3; i++)
        api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_NOT_FOUND, 1, 0);
    api_world_expect(&world, LL_NOT_FOUND, 0, 0);
    api_world_expect(&world, LL_NOT_FOUND, 0, 0);
    assert_int_equal(ll_api_counts(world.api).requests, 1);
    api_world_close(&world);
}

static void edge_12_a_jump_of_the_clock_changes_nothing(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, NET_START_DATE, GOOD);
    fake_server_reply(world.net.server, 500, NET_START_DATE, "");
    fake_server_reply(world.net.server, 200, NET_START_DATE, GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    assert_null(strstr(net_log(), "clock.offset"));
    ll_clock_manual_set(&world.net.clock, NET_START_MS - 86400000);
    api_world_ask(&world, "/x", false);
    api_world_expect(&world, LL_OK, 2, 200);
    assert_in_range(world.net.clock.mono_ms, 375, 625);
    assert_non_null(strstr(net_log(), "clock.offset"));
    api_world_close(&world);
}

static void a_stop_is_heard(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_add(world.net.server, (struct fake_answer){.silent = true});
    api_world_ask(&world, "/x", false);
    world.stop = true;
    struct ll_api_answer *answer;
    struct ll_error err;
    assert_status(LL_CANCELLED, ll_api_next(world.api, &answer, &err), &err);
    assert_int_equal(ll_api_pending(world.api), 1);
    api_world_close(&world);
}

static void a_stop_is_heard_while_a_token_is_awaited(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    struct fake_server *auth = fake_server_new();
    fake_server_reply(auth, 503, "", "");
    struct ll_token_options options = {.http = world.token_http,
                                       .clock = &world.net.clock.base,
                                       .rand = &world.net.rand,
                                       .auth_url = ll_str_of(fake_server_url(auth)),
                                       .client_id = LL_STR("client"),
                                       .client_secret = &world.secret,
                                       .cancelled = is_stopped_later,
                                       .cancel_context = &world};
    ll_api_free(world.api);
    ll_token_free(world.token);
    world.token = ll_token_new(&options);
    api_world_client(&world, fake_server_url(world.net.server), api_world_plenty);
    api_world_ask(&world, "/x", false);
    struct ll_api_answer *answer;
    struct ll_error err;
    assert_status(LL_CANCELLED, ll_api_next(world.api, &answer, &err), &err);
    assert_int_equal(ll_api_pending(world.api), 1); /* it was not given up for want of a token */
    assert_true(world.net.clock.mono_ms < 500);
    fake_server_free(auth);
    api_world_close(&world);
}

static void the_next_answer_is_waited_for_until_a_time(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    fake_server_reply(world.net.server, 429, "Ratelimit-Remaining: 0\r\nRetry-After: 30\r\n", "");
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    api_world_ask(&world, "/x", false);
    struct ll_api_answer *answer;
    struct ll_error err;
    assert_status(LL_OK, ll_api_next_until(world.api, 10000, &answer, &err), &err);
    assert_null(answer);
    assert_int_equal(world.net.clock.mono_ms, 10000);
    answer = ll_api_drop(world.api);
    assert_status(LL_CANCELLED, answer->error.status, &answer->error);
    assert_non_null(strstr(answer->error.message, "429")); /* why it was not done */
    ll_api_answer_free(answer);
    assert_null(ll_api_drop(world.api));
    api_world_ask(&world, "/y", false);
    api_world_expect(&world, LL_OK, 1, 200); /* the client can go on */
    api_world_close(&world);
}

static void later_requests_do_not_wait_for_retries(void **state LL_UNUSED)
{
    struct world world;
    api_world_open(&world);
    fake_server_reply(world.net.server, 200, "", GOOD);
    fake_server_reply(world.net.server, 500, "", "");
    fake_server_reply(world.net.server, 200, "", GOOD);
    api_world_ask(&world, "/first", false);
    api_world_expect(&world, LL_OK, 1, 200);
    ll_api_free(world.api);
    struct ll_bucket_options one = api_world_plenty;
    one.max_in_flight = 1;
    api_world_client(&world, fake_server_url(world.net.server), one);
    api_world_ask(&world, "/slow", false);
    api_world_ask(&world, "/quick", false);
    struct ll_api_answer *answer = api_world_next(&world);
    assert_true(ll_str_equal(answer->request.target, LL_STR("/quick")));
    assert_int_equal(world.net.clock.mono_ms, 0);
    ll_api_answer_free(answer);
    api_world_expect(&world, LL_OK, 2, 200);
    api_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_its_headers),
        cmocka_unit_test(urgent_requests_go_first),
        cmocka_unit_test(edge_04_05_06_retries_go_by_class),
        cmocka_unit_test(edge_01_html_with_200_is_not_taken),
        cmocka_unit_test(edge_02_a_truncated_page_is_asked_for_again),
        cmocka_unit_test(edge_03_a_huge_body_ends_the_request),
        cmocka_unit_test(edge_07_true_429_waits_for_the_refill),
        cmocka_unit_test(edge_07_longer_each_time_and_no_tries_lost),
        cmocka_unit_test(edge_07_everybody_waits),
        cmocka_unit_test(edge_08_without_headers_the_own_bucket_rules),
        cmocka_unit_test(edge_09_one_new_token_for_all),
        cmocka_unit_test(edge_09_new_tokens_refused_end_it),
        cmocka_unit_test(edge_09_a_request_refused_alone_ends_alone),
        cmocka_unit_test(edge_10_wrong_credentials_end_everything),
        cmocka_unit_test(edge_11_a_dead_host_gets_three_tries_in_all),
        cmocka_unit_test(edge_11_resets_are_retried),
        cmocka_unit_test(edge_11_an_unknown_host_is_not_asked_again),
        cmocka_unit_test(edge_12_a_jump_of_the_clock_changes_nothing),
        cmocka_unit_test(a_stop_is_heard),
        cmocka_unit_test(a_stop_is_heard_while_a_token_is_awaited),
        cmocka_unit_test(the_next_answer_is_waited_for_until_a_time),
        cmocka_unit_test(later_requests_do_not_wait_for_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
