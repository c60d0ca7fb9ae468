/* What becomes of a response: used, tried again, or given up. The table is in api.h. */
#include <assert.h>

#include "base/log.h"
#include "net/api_internal.h"

#define TRIES_MAX 5
#define TRIES_UNKNOWN_HOST 3
#define THROTTLED_MAX 20     /* true 429s of one request */
#define REFUSALS_MAX 3       /* 401s of one request, where no answer was accepted ever */
#define REFUSALS_LATER_MAX 8 /* … where none was since: tokens can die one after the other */
#define REFUSED_ALONE_MAX 3  /* … with tokens that others were answered with */
#define THROTTLE_MS 1000     /* doubling to a minute */
#define BACKOFF_MS 500
#define BACKOFF_MAX_MS 8000
#define HEADER_NUMBER_MAX 1e6

/* A header's whole number; -1 when absent or not to be believed. */
static int64_t header_number(const struct ll_http_response *response, const char *name, double max)
{
    int64_t value;
    if (!ll_str_to_i64(ll_http_response_header(response, name), &value) || value < 0 ||
        (double)value > max)
        return -1;
    return value;
}

static int64_t at_most_a_minute(int64_t wait_ms)
{
    return wait_ms < LL_NET_MAX_WAIT_MS ? wait_ms : LL_NET_MAX_WAIT_MS;
}

struct ll_bucket_word ll_api_word(const struct ll_http_response *response)
{
    struct ll_bucket_word word = {
        .limit = (double)header_number(response, "ratelimit-limit", HEADER_NUMBER_MAX),
        .remaining = (double)header_number(response, "ratelimit-remaining", HEADER_NUMBER_MAX),
        .full_in_ms = -1,
        .answered_before = -1,
    };
    int64_t reset_s = header_number(response, "ratelimit-reset", 1e12);
    int64_t date_s = ll_http_response_date_s(response);
    /* Both of the server's clock; the local one may be wrong. */
    if (reset_s >= 0 && date_s >= 0)
        word.full_in_ms = reset_s > date_s ? at_most_a_minute((reset_s - date_s) * 1000) : 0;
    return word;
}

/* -1 when the server does not say; dates are not understood. */
static int64_t retry_after_ms(const struct ll_http_response *response)
{
    int64_t seconds = header_number(response, "retry-after", HEADER_NUMBER_MAX);
    return seconds < 0 ? -1 : at_most_a_minute(seconds * 1000);
}

/* 0.5 s doubling to 8 s, a quarter more or less. */
static int64_t backoff_ms(struct ll_api *api, int tries)
{
    int64_t wait_ms = BACKOFF_MS;
    for (int i = 1; i < tries && wait_ms < BACKOFF_MAX_MS; i++)
        wait_ms *= 2;
    return (int64_t)((double)wait_ms * (0.75 + 0.5 * ll_rand_unit(api->options.rand)));
}

/* Logs an answer that is not used; one that is given back is the caller's to report. */
static void log_unused(const struct ll_api *api, const struct ll_api_call *call,
                       const struct ll_http_response *response, int64_t wait_ms)
{
    const struct ll_api_answer *answer = &call->answer;
    bool again = wait_ms >= 0;
    bool warn = again && response->status_code != 401;
    ll_log(warn ? LL_LOG_WARN : LL_LOG_DEBUG, "api.retry", ll_kv_cstr("api", api->options.name),
           ll_kv_str("target", ll_str_sub(answer->request.target, 0, LL_NET_EXCERPT_BYTES)),
           ll_kv_i64("http_status", response->status_code), ll_kv_i64("tries", answer->tries),
           ll_kv_i64("wait_ms", wait_ms), ll_kv_cstr("reason", answer->error.message),
           ll_kv_str("body", ll_str_sub(ll_buf_str(&response->body), 0, LL_NET_EXCERPT_BYTES)));
}

/* "Twitch: HTTP 404: "…"". */
static void set_status_error(const struct ll_api *api, struct ll_api_call *call,
                             const struct ll_http_response *response, enum ll_status status)
{
    struct ll_buf body = {0};
    if (response->body.len > 0) {
        ll_buf_add(&body, LL_STR(": "));
        ll_net_add_excerpt(&body, ll_buf_str(&response->body));
    }
    if (response->status_code == 404)
        ll_buf_printf(&body, ": is %.*s the right address?", LL_FMT(api->options.base_url));
    ll_fail(&call->answer.error, status, response->status_code, "%s: HTTP %d%.*s",
            api->options.name, response->status_code, LL_FMT(ll_buf_str(&body)));
    ll_buf_clear(&body);
}

static enum ll_api_verdict again_or_give_up(struct ll_api *api, const struct ll_api_call *call,
                                            int64_t wait_ms, int64_t *ret_wait_ms)
{
    int tries_max = api->has_answered ? TRIES_MAX : TRIES_UNKNOWN_HOST;
    if (call->answer.tries - call->throttled >= tries_max || call->throttled >= THROTTLED_MAX)
        return api->has_answered ? LL_API_DONE : LL_API_GIVE_UP;
    *ret_wait_ms = wait_ms;
    return LL_API_AGAIN;
}

static enum ll_api_verdict judge_transport(struct ll_api *api, struct ll_api_call *call,
                                           const struct ll_http_response *response,
                                           int64_t *ret_wait_ms)
{
    call->answer.error = response->error;
    ll_context(&call->answer.error, "%s", api->options.name);
    switch (response->error.status) {
    case LL_TRANSIENT:
        return again_or_give_up(api, call, backoff_ms(api, call->answer.tries), ret_wait_ms);
    case LL_LIMIT:
        return LL_API_DONE;
    default:
        return LL_API_HOPELESS;
    }
}

static enum ll_api_verdict judge_429(struct ll_api *api, struct ll_api_call *call,
                                     const struct ll_http_response *response, int64_t *ret_wait_ms)
{
    api->counts.rate_limited++;
    set_status_error(api, call, response, LL_RATE_LIMITED);
    struct ll_bucket_word word = ll_api_word(response);
    int64_t asked_ms = retry_after_ms(response);
    int64_t back_ms = backoff_ms(api, call->answer.tries);
    if (word.remaining > 0) /* false (F 6) */
        return again_or_give_up(api, call, asked_ms > back_ms ? asked_ms : back_ms, ret_wait_ms);
    /* Refill is continuous: a moment brings points. Ratelimit-Reset is when the bucket is full, and
     * to wait for that would cost most of a minute. */
    int64_t wait_ms = THROTTLE_MS;
    for (int i = 0; i < api->throttled && wait_ms < LL_NET_MAX_WAIT_MS; i++)
        wait_ms *= 2;
    wait_ms = at_most_a_minute(asked_ms > wait_ms ? asked_ms : wait_ms);
    struct ll_clock *clock = api->options.clock;
    int64_t now_ms = clock->monotonic_ms(clock);
    if (now_ms >= api->bucket.shut_until_ms) /* one of several that were on their way counts */
        api->throttled++;
    call->throttled++;
    ll_bucket_shut(&api->bucket, now_ms, wait_ms);
    return again_or_give_up(api, call, wait_ms, ret_wait_ms);
}

static enum ll_api_verdict judge_401(struct ll_api *api, struct ll_api_call *call,
                                     const struct ll_http_response *response, int64_t *ret_wait_ms)
{
    set_status_error(api, call, response, LL_AUTH);
    if (call->generation == ll_token_generation(api->options.token))
        ll_token_refused(api->options.token);
    bool none_accepted = api->accepted_generation != call->generation;
    int refusals_max = api->accepted_generation == 0 ? REFUSALS_MAX : REFUSALS_LATER_MAX;
    call->refusals++;
    call->refused_alone += !none_accepted;
    if (call->refused_alone >= REFUSED_ALONE_MAX) {
        set_status_error(api, call, response, LL_TRANSIENT);
        ll_context(&call->answer.error, "this request alone is refused");
        return LL_API_DONE;
    }
    if (call->refusals >= refusals_max && none_accepted) {
        ll_context(&call->answer.error, "new tokens are refused too: check the client id");
        return LL_API_HOPELESS;
    }
    *ret_wait_ms = 0;
    return LL_API_AGAIN;
}

static enum ll_api_verdict judge_success(struct ll_api *api, struct ll_api_call *call,
                                         const struct ll_http_response *response,
                                         int64_t *ret_wait_ms)
{
    const struct ll_api_request *request = &call->answer.request;
    struct ll_error why;
    if (request->check == NULL ||
        request->check(request->context, ll_buf_str(&response->body), &why) == LL_OK) {
        call->answer.error = (struct ll_error){0};
        return LL_API_DONE;
    }
    if (ll_str_starts_with(ll_str_trim(ll_buf_str(&response->body)), LL_STR("<")))
        ll_fail(&call->answer.error, LL_TRANSIENT, response->status_code,
                "%s: a web page came instead of JSON (%s): is %.*s the right address, and is no "
                "proxy or login page in between?",
                api->options.name, why.message, LL_FMT(api->options.base_url));
    else
        ll_fail(&call->answer.error, LL_TRANSIENT, response->status_code,
                "%s: the answer is not as it should be: %s", api->options.name, why.message);
    return again_or_give_up(api, call, backoff_ms(api, call->answer.tries), ret_wait_ms);
}

static enum ll_api_verdict judge_status(struct ll_api *api, struct ll_api_call *call,
                                        const struct ll_http_response *response,
                                        int64_t *ret_wait_ms)
{
    int code = response->status_code;
    if (code != 401)
        api->accepted_generation = call->generation;
    if (code != 429)
        api->throttled = 0;
    if (code >= 200 && code < 300)
        return judge_success(api, call, response, ret_wait_ms);
    if (code == 401)
        return judge_401(api, call, response, ret_wait_ms);
    if (code == 429)
        return judge_429(api, call, response, ret_wait_ms);
    if (code >= 500 || code == 408) {
        set_status_error(api, call, response, LL_TRANSIENT);
        int64_t wait_ms =
            code == 503 && call->answer.tries == 1 ? 0 : backoff_ms(api, call->answer.tries);
        int64_t asked_ms = retry_after_ms(response);
        return again_or_give_up(api, call, asked_ms > wait_ms ? asked_ms : wait_ms, ret_wait_ms);
    }
    if (code >= 300 && code < 400) {
        struct ll_str to = ll_http_response_header(response, "location");
        ll_fail(&call->answer.error, LL_INVALID, code,
                "%s: HTTP %d: redirects (here to \"%.*s\") are not followed: is %.*s the right "
                "address?",
                api->options.name, code, LL_FMT(ll_str_sub(to, 0, LL_NET_EXCERPT_BYTES)),
                LL_FMT(api->options.base_url));
        return LL_API_DONE;
    }
    set_status_error(api, call, response, LL_INVALID);
    return LL_API_DONE;
}

enum ll_api_verdict ll_api_judge(struct ll_api *api, struct ll_api_call *call,
                                 const struct ll_http_response *response, int64_t *ret_wait_ms)
{
    assert(call->answer.tries > 0);
    enum ll_api_verdict verdict;
    if (response->error.status != LL_OK) {
        verdict = judge_transport(api, call, response, ret_wait_ms);
    } else {
        api->has_answered = true;
        ll_net_check_clock(response, ll_token_clock_warned(api->options.token));
        verdict = judge_status(api, call, response, ret_wait_ms);
    }
    if (call->answer.error.status != LL_OK) {
        api->counts.errors++;
        log_unused(api, call, response, verdict == LL_API_AGAIN ? *ret_wait_ms : -1);
    }
    return verdict;
}
