#include "net/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "codec/json.h"
#include "net/net_internal.h"

#define TRIES_MAX 3
#define BACKOFF_MS 1000
#define BETWEEN_REQUESTS_MS 3000
#define LOCK_WAIT_MS 90000 /* longer than another process may need for all its tries */
#define LOCK_POLL_MS 100
#define CANCEL_POLL_MS 200 /* how long a stop may go unseen */
#define LIFE_MIN_S 60      /* a token is never asked for more often than that for its age */
#define LIFE_S 3600        /* where the answer does not say */
#define LIFE_MAX_S (400 * 86400)
#define TOKEN_MAX_BYTES 4096
#define ANSWER_MAX_BYTES (64 * 1024)

struct ll_token {
    struct ll_token_options options; /* strings copied */
    struct ll_arena text;
    struct ll_token_record current;
    struct ll_secret refused; /* what the server said no to last */
    int64_t generation;
    struct ll_error final; /* wrong credentials: nothing is asked any more */
    bool clock_warned;
    int64_t last_request_ms; /* wall clock; 0 = none yet */
};

struct ll_token *ll_token_new(const struct ll_token_options *options)
{
    assert(options->http != NULL && options->client_secret != NULL);
    struct ll_token *token = ll_xcalloc(1, sizeof(*token));
    token->options = *options;
    struct ll_token_options *own = &token->options;
    own->auth_url = ll_arena_copy(&token->text, options->auth_url);
    own->client_id = ll_arena_copy(&token->text, options->client_id);
    if (options->path != NULL)
        own->path = ll_arena_cstr(&token->text, ll_str_of(options->path));
    return token;
}

void ll_token_free(struct ll_token *token)
{
    if (token == NULL)
        return;
    ll_secret_clear(&token->current.token);
    ll_secret_clear(&token->refused);
    ll_arena_clear(&token->text);
    free(token);
}

int64_t ll_token_generation(const struct ll_token *token)
{
    return token->generation;
}

bool *ll_token_clock_warned(struct ll_token *token)
{
    return &token->clock_warned;
}

static bool is_usable(const struct ll_token *token, const struct ll_token_record *record)
{
    if (!ll_secret_is_set(&record->token) ||
        record->expires_at_s <= ll_clock_now_s(token->options.clock))
        return false;
    return !ll_secret_is_set(&token->refused) ||
           !ll_str_equal(ll_secret_reveal(&token->refused), ll_secret_reveal(&record->token));
}

bool ll_token_is_ready(const struct ll_token *token)
{
    return token->final.status != LL_OK || is_usable(token, &token->current);
}

/* Waits until a response is there or the time has gone by (*ret = NULL), but looks for a stop. */
static enum ll_status await(struct ll_token *token, int64_t duration_ms,
                            struct ll_http_response **ret, struct ll_error *err)
{
    const struct ll_token_options *options = &token->options;
    struct ll_clock *clock = options->clock;
    int64_t now_ms = clock->monotonic_ms(clock), until_ms = now_ms + duration_ms;
    *ret = NULL;
    for (; now_ms < until_ms && *ret == NULL; now_ms = clock->monotonic_ms(clock)) {
        int64_t next_ms = until_ms;
        if (options->cancelled != NULL && options->cancelled(options->cancel_context))
            return ll_fail(err, LL_CANCELLED, 0, "stopped");
        if (!ll_http_is_paced(options->http) && next_ms > now_ms + CANCEL_POLL_MS)
            next_ms = now_ms + CANCEL_POLL_MS;
        *ret = ll_http_next(options->http, next_ms);
        if (*ret == NULL && ll_http_failed(options->http, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

/* Lets time go by. The client has nothing pending, so that this works with a pacer too. */
static enum ll_status pause_ms(struct ll_token *token, int64_t duration_ms, struct ll_error *err)
{
    struct ll_http_response *none;
    enum ll_status status = await(token, duration_ms, &none, err);
    assert(none == NULL);
    return status;
}

/* The form that asks for a token. Escaping makes a byte three at most. */
static struct ll_buf form(const struct ll_token_options *options)
{
    static const struct ll_str words[] = {LL_STR("client_id="), LL_STR("&client_secret="),
                                          LL_STR("&grant_type=client_credentials")};
    struct ll_str secret = ll_secret_reveal(options->client_secret);
    struct ll_buf body = ll_secret_text(words[0].len + words[1].len + words[2].len +
                                        3 * (options->client_id.len + secret.len));
    ll_buf_add(&body, words[0]);
    ll_url_add_escaped(&body, options->client_id);
    ll_buf_add(&body, words[1]);
    ll_url_add_escaped(&body, secret);
    ll_buf_add(&body, words[2]);
    return body;
}

/* One request and its response, whatever that is. *ret is NULL. */
static enum ll_status exchange(struct ll_token *token, struct ll_http_response **ret,
                               struct ll_error *err)
{
    const struct ll_token_options *options = &token->options;
    LL_AUTO(ll_buf_clear) struct ll_buf url = {0};
    LL_AUTO(ll_secret_text_clear) struct ll_buf body = form(options);
    ll_buf_add(&url, options->auth_url);
    ll_buf_add(&url, LL_STR("/token"));
    const struct ll_http_header headers[] = {
        {LL_STR("Content-Type"), LL_STR("application/x-www-form-urlencoded")},
        {LL_STR("Accept"), LL_STR("application/json")},
    };
    struct ll_http_request request = {.method = LL_HTTP_POST,
                                      .url = ll_buf_str(&url),
                                      .headers = headers,
                                      .header_count = LL_COUNT(headers),
                                      .body = ll_buf_str(&body),
                                      .max_body_bytes = ANSWER_MAX_BYTES};
    enum ll_status status = ll_http_send(options->http, &request, err);
    while (status == LL_OK && *ret == NULL)
        status = await(token, LL_NET_MAX_WAIT_MS, ret, err);
    if (status != LL_OK)
        ll_http_drop(options->http);
    return status;
}

static bool is_token_text(struct ll_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return text.len > 0 && text.len <= TOKEN_MAX_BYTES;
}

static enum ll_status accept_token(struct ll_token *token, const struct ll_http_response *response,
                                   struct ll_error *err)
{
    struct ll_arena arena = {0};
    struct ll_json reader = ll_json_reader(ll_buf_str(&response->body), &arena);
    struct ll_str key, text = {0}, life = {0};
    if (ll_json_enter_object(&reader))
        while (ll_json_next_key(&reader, &key)) {
            if (ll_str_equal(key, LL_STR("access_token")))
                ll_json_string(&reader, &text);
            else if (ll_str_equal(key, LL_STR("expires_in")) &&
                     ll_json_peek(&reader) == LL_JSON_NUMBER)
                ll_json_number(&reader, &life);
            else
                ll_json_skip(&reader);
        }
    enum ll_status status = LL_OK;
    if (!ll_json_done(&reader) || !is_token_text(text)) {
        status = ll_fail(err, LL_TRANSIENT, response->status_code,
                         "the answer of %.*s/token holds no token: is that address right?",
                         LL_FMT(token->options.auth_url));
    } else {
        double life_s;
        if (!ll_str_to_f64(life, &life_s) || life_s < 0)
            life_s = LIFE_S;
        if (life_s < LIFE_MIN_S)
            life_s = LIFE_MIN_S;
        int64_t whole_s = life_s < LIFE_MAX_S ? (int64_t)life_s : LIFE_MAX_S;
        ll_secret_set(&token->current.token, text);
        token->current.expires_at_s = ll_clock_now_s(token->options.clock) + whole_s;
    }
    ll_net_wipe(text); /* where it was escaped, it is not in the body */
    ll_arena_clear(&arena);
    return status;
}

/* What the server says about a refusal, unless it repeats the secret. */
static void add_reason(const struct ll_token *token, struct ll_str body, struct ll_buf *out)
{
    struct ll_str secret = ll_secret_reveal(token->options.client_secret);
    if (body.len > 0 &&
        (secret.len == 0 || memmem(body.ptr, body.len, secret.ptr, secret.len) == NULL)) {
        ll_buf_add(out, LL_STR(": "));
        ll_net_add_excerpt(out, body);
    }
}

static enum ll_status judge(struct ll_token *token, const struct ll_http_response *response,
                            struct ll_error *err)
{
    int code = response->status_code;
    if (response->error.status != LL_OK) {
        *err = response->error;
        return err->status;
    }
    ll_net_check_clock(response, &token->clock_warned);
    if (code == 200)
        return accept_token(token, response, err);
    struct ll_buf reason = {0};
    add_reason(token, ll_buf_str(&response->body), &reason);
    struct ll_str said = ll_buf_str(&reason);
    if (code == 400 || code == 401 || code == 403)
        ll_fail(err, LL_AUTH, code,
                "Twitch refuses the client id or its secret (HTTP %d%.*s): check TWITCH_CLIENT_ID "
                "and TWITCH_CLIENT_SECRET, or the keys twitch.client_id and "
                "twitch.client_secret_file",
                code, LL_FMT(said));
    else if (code >= 500 || code == 429 || code == 408)
        ll_fail(err, LL_TRANSIENT, code, "HTTP %d%.*s", code, LL_FMT(said));
    else
        ll_fail(err, LL_INVALID, code, "HTTP %d%.*s: is %.*s/token the right address?", code,
                LL_FMT(said), LL_FMT(token->options.auth_url));
    ll_buf_clear(&reason);
    return err->status;
}

/* Asks the server, with a few tries. */
static enum ll_status fetch(struct ll_token *token, struct ll_error *err)
{
    for (int tries = 1;; tries++) {
        struct ll_http_response *response = NULL;
        if (exchange(token, &response, err) != LL_OK)
            return err->status;
        enum ll_status status = judge(token, response, err);
        ll_net_wipe(ll_buf_str(&response->body));
        ll_http_response_free(response);
        if (status == LL_OK)
            return LL_OK;
        if (status == LL_AUTH && err->code >= 400)
            token->final = *err; /* the credentials, not the certificate */
        if (status != LL_TRANSIENT || tries == TRIES_MAX)
            return status;
        int64_t wait_ms = BACKOFF_MS << (tries - 1);
        wait_ms += (int64_t)ll_rand_below(token->options.rand, (uint64_t)wait_ms / 4);
        ll_log(LL_LOG_WARN, "token.retry", ll_kv_i64("tries", tries), ll_kv_i64("wait_ms", wait_ms),
               ll_kv_cstr("reason", err->message));
        if (pause_ms(token, wait_ms, err) != LL_OK)
            return err->status;
    }
}

/* Waits until 3 s have gone by since the last request of anybody who shares the lock. */
static enum ll_status keep_distance(struct ll_token *token, int lock, struct ll_error *err)
{
    struct ll_clock *clock = token->options.clock;
    int64_t last_ms = lock >= 0 ? ll_token_lock_last_ms(lock) : 0;
    int64_t now_ms = clock->now_ms(clock);
    if (token->last_request_ms > last_ms)
        last_ms = token->last_request_ms;
    int64_t wait_ms = last_ms + BETWEEN_REQUESTS_MS - now_ms;
    /* A time in the future was written before the clock was set. */
    if (last_ms == 0 || last_ms > now_ms || wait_ms <= 0)
        return LL_OK;
    return pause_ms(token, wait_ms, err);
}

static enum ll_status renew(struct ll_token *token, int lock, struct ll_error *err)
{
    const struct ll_token_options *options = &token->options;
    if (options->path != NULL &&
        ll_token_file_read(options->path, options->client_id, &token->current) &&
        is_usable(token, &token->current)) {
        token->generation++;
        return LL_OK;
    }
    ll_secret_clear(&token->current.token);
    if (keep_distance(token, lock, err) != LL_OK)
        return err->status;
    enum ll_status status = fetch(token, err);
    token->last_request_ms = options->clock->now_ms(options->clock);
    if (lock >= 0)
        ll_token_lock_set_last_ms(lock, token->last_request_ms);
    if (status != LL_OK)
        return ll_context(err, "get an access token");
    token->generation++;
    if (lock >= 0)
        ll_token_file_write(options->path, options->client_id, &token->current);
    ll_log(LL_LOG_INFO, "token.new", ll_kv_i64("expires_at_s", token->current.expires_at_s));
    return LL_OK;
}

/* Takes the lock, waiting for another process that is about to get a token. *ret is -1 where no
 * lock file can be had: then the token is not shared. */
static enum ll_status lock_file(struct ll_token *token, int *ret, struct ll_error *err)
{
    *ret = -1;
    if (token->options.path == NULL)
        return LL_OK;
    for (int64_t waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
        *ret = ll_token_lock(token->options.path, err);
        if (*ret >= 0)
            return LL_OK;
        if (err->status != LL_CONFLICT) {
            ll_log_error(LL_LOG_WARN, "token.not_shared", err);
            return LL_OK;
        }
        if (waited_ms >= LOCK_WAIT_MS) {
            err->status = LL_TRANSIENT;
            return ll_context(err, "get an access token");
        }
        if (pause_ms(token, LOCK_POLL_MS, err) != LL_OK)
            return err->status;
    }
}

enum ll_status ll_token_get(struct ll_token *token, const struct ll_secret **ret,
                            struct ll_error *err)
{
    if (token->final.status != LL_OK) {
        *err = token->final;
        return ll_context(err, "get an access token");
    }
    if (!is_usable(token, &token->current)) {
        int lock;
        if (lock_file(token, &lock, err) != LL_OK)
            return err->status;
        enum ll_status status = renew(token, lock, err);
        if (lock >= 0)
            close(lock);
        if (status != LL_OK)
            return status;
        assert(ll_secret_is_set(&token->current.token));
    }
    *ret = &token->current.token;
    return LL_OK;
}

void ll_token_refused(struct ll_token *token)
{
    if (!ll_secret_is_set(&token->current.token))
        return;
    ll_secret_clear(&token->refused);
    token->refused = token->current.token;
    token->current = (struct ll_token_record){0};
}
