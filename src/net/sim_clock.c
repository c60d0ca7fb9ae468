#include "net/sim_clock.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "codec/json.h"

#define ANSWER_MAX_BYTES 4096
#define TIMEOUT_S 30L
#define IDLE_MS 50 /* of a wait while time runs: callers look whether to go on */

struct ll_sim_clock {
    struct ll_clock port;
    struct ll_http_pacer pacer;
    CURL *curl;
    struct ll_buf url, answer;
    /* Other threads may read the time while one moves it. */
    atomic_int_least64_t now_ms;  /* the simulator's: it never goes back */
    atomic_int_least64_t skew_ms; /* of our wall clock */
    bool lost;
    double factor; /* 0 = stepped; else time runs since: */
    int64_t run_ms, wall_ms;
};

static struct ll_sim_clock *of_port(struct ll_clock *port)
{
    return (struct ll_sim_clock *)port; /* its first member */
}

static struct ll_sim_clock *of_pacer(struct ll_http_pacer *pacer)
{
    return (struct ll_sim_clock *)((char *)pacer - offsetof(struct ll_sim_clock, pacer));
}

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    struct ll_buf *answer = context;
    struct ll_error err;
    struct ll_str s = {bytes, size * count};
    return ll_buf_append(answer, s, &err) == LL_OK ? s.len : 0;
}

static bool read_now(struct ll_str text, int64_t *ret_ms, int64_t *ret_skew_ms)
{
    *ret_skew_ms = 0;
    struct ll_json r = ll_json_reader(text, NULL);
    struct ll_str key, number;
    bool found = false;
    if (!ll_json_enter_object(&r))
        return false;
    while (ll_json_next_key(&r, &key)) {
        if (ll_str_equal(key, LL_STR("now_ms")) && ll_json_number(&r, &number))
            found = ll_str_to_i64(number, ret_ms);
        else if (ll_str_equal(key, LL_STR("skew_ms")) && ll_json_number(&r, &number))
            found &= ll_str_to_i64(number, ret_skew_ms);
        else
            ll_json_skip(&r);
    }
    return found && ll_json_done(&r);
}

/* The time it is after the request that is set up. */
static enum ll_status ask_time(struct ll_sim_clock *clock, struct ll_error *err)
{
    ll_buf_reset(&clock->answer);
    CURLcode code = curl_easy_perform(clock->curl);
    clock->lost = code != CURLE_OK;
    if (code != CURLE_OK)
        return ll_fail(err, LL_TRANSIENT, (int)code, "the simulator's clock at %s: %s",
                       clock->url.ptr, curl_easy_strerror(code));
    int64_t now_ms, skew_ms;
    if (!read_now(ll_buf_str(&clock->answer), &now_ms, &skew_ms))
        return ll_fail(err, LL_INVALID, 0, "%s is no clock of livelake-sim", clock->url.ptr);
    atomic_store(&clock->now_ms, now_ms);
    atomic_store(&clock->skew_ms, skew_ms);
    return LL_OK;
}

static enum ll_status post(struct ll_sim_clock *clock, struct ll_str body, struct ll_error *err)
{
    curl_easy_setopt(clock->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(clock->curl, CURLOPT_POSTFIELDS, body.ptr);
    curl_easy_setopt(clock->curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
    return ask_time(clock, err);
}

static int64_t wall_ms(void)
{
    struct ll_clock *wall = ll_clock_system();
    return wall->monotonic_ms(wall);
}

static int64_t time_ms(const struct ll_sim_clock *clock)
{
    if (clock->factor == 0)
        return clock->now_ms;
    return clock->run_ms + (int64_t)((double)(wall_ms() - clock->wall_ms) * clock->factor);
}

static void sleep_running(const struct ll_sim_clock *clock, int64_t until_ms, int64_t most_ms)
{
    struct ll_clock *wall = ll_clock_system();
    int64_t left_ms = until_ms - time_ms(clock);
    int64_t real_ms = (int64_t)((double)left_ms / clock->factor) + 1;
    if (left_ms > 0)
        wall->sleep_ms(wall, real_ms < most_ms ? real_ms : most_ms);
}

static enum ll_status wait_until(struct ll_http_pacer *pacer, int64_t until_ms,
                                 struct ll_error *err)
{
    struct ll_sim_clock *clock = of_pacer(pacer);
    if (clock->factor > 0) {
        sleep_running(clock, until_ms, pacer->sent > pacer->received ? 1 : IDLE_MS);
        return LL_OK;
    }
    LL_AUTO(ll_buf_clear) struct ll_buf body = {0};
    ll_buf_printf(&body, "{\"sent\":%" PRId64 ",\"received\":%" PRId64 ",\"until_ms\":%" PRId64 "}",
                  pacer->sent, pacer->received, until_ms);
    return post(clock, ll_buf_str(&body), err);
}

static int64_t now_ms(struct ll_clock *port)
{
    return time_ms(of_port(port)) + of_port(port)->skew_ms;
}

static int64_t monotonic_ms(struct ll_clock *port)
{
    return time_ms(of_port(port));
}

/* A simulator that is gone must not make the program spin: its time then goes on by itself. */
static void sleep_ms(struct ll_clock *port, int64_t duration_ms)
{
    struct ll_sim_clock *clock = of_port(port);
    if (clock->factor > 0) {
        sleep_running(clock, time_ms(clock) + duration_ms, INT64_MAX);
        return;
    }
    int64_t until_ms = clock->now_ms + duration_ms;
    struct ll_error err;
    if (wait_until(&clock->pacer, until_ms, &err) != LL_OK) {
        ll_log_error(LL_LOG_WARN, "sim_clock.lost", &err);
        clock->now_ms = until_ms;
    }
}

enum ll_status ll_sim_clock_new(struct ll_str url, struct ll_sim_clock **ret, struct ll_error *err)
{
    struct ll_sim_clock *clock = ll_xcalloc(1, sizeof(*clock));
    clock->port = (struct ll_clock){now_ms, monotonic_ms, sleep_ms};
    clock->pacer.wait = wait_until;
    clock->answer.max_bytes = ANSWER_MAX_BYTES;
    clock->curl = curl_easy_init();
    enum ll_status status = ll_url_normalise(url, &clock->url, err);
    if (status == LL_OK && !ll_url_is_loopback(ll_buf_str(&clock->url)))
        status = ll_fail(err, LL_INVALID, 0,
                         "%.*s: a simulator's clock is only followed on "
                         "loopback",
                         LL_FMT(url));
    if (status == LL_OK) {
        ll_buf_add(&clock->url, LL_STR("/sim/clock"));
        curl_easy_setopt(clock->curl, CURLOPT_URL, clock->url.ptr);
        curl_easy_setopt(clock->curl, CURLOPT_WRITEFUNCTION, collect);
        curl_easy_setopt(clock->curl, CURLOPT_WRITEDATA, &clock->answer);
        curl_easy_setopt(clock->curl, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(clock->curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(clock->curl, CURLOPT_TIMEOUT, TIMEOUT_S);
        status = ask_time(clock, err);
    }
    if (status != LL_OK) {
        ll_sim_clock_free(clock);
        return status;
    }
    *ret = clock;
    return LL_OK;
}

enum ll_status ll_sim_clock_begin(struct ll_sim_clock *clock, struct ll_error *err)
{
    return post(clock, LL_STR("{\"reset\":true}"), err);
}

enum ll_status ll_sim_clock_run(struct ll_sim_clock *clock, double factor, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf body = {0};
    ll_buf_printf(&body, "{\"run\":%.17g}", factor);
    if (post(clock, ll_buf_str(&body), err) != LL_OK)
        return err->status;
    clock->run_ms = clock->now_ms;
    clock->wall_ms = wall_ms();
    clock->factor = factor;
    return LL_OK;
}

bool ll_sim_clock_runs(const struct ll_sim_clock *clock)
{
    return clock->factor > 0;
}

void ll_sim_clock_free(struct ll_sim_clock *clock)
{
    if (clock == NULL)
        return;
    curl_easy_cleanup(clock->curl);
    ll_buf_clear(&clock->url);
    ll_buf_clear(&clock->answer);
    free(clock);
}

struct ll_clock *ll_sim_clock_port(struct ll_sim_clock *clock)
{
    return &clock->port;
}

struct ll_http_pacer *ll_sim_clock_pacer(struct ll_sim_clock *clock)
{
    return &clock->pacer;
}

bool ll_sim_clock_lost(const struct ll_sim_clock *clock)
{
    return clock->lost;
}
