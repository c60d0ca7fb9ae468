#include "net/api.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/api_internal.h"

#define CANCEL_POLL_MS 200 /* how long a stop may go unseen */

static void push(struct ll_api_list *list, struct ll_api_call *call)
{
    call->next = NULL;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
    list->count++;
}

static void push_front(struct ll_api_list *list, struct ll_api_call *call)
{
    call->next = list->first;
    list->first = call;
    if (list->last == NULL)
        list->last = call;
    list->count++;
}

static struct ll_api_call *pop(struct ll_api_list *list)
{
    struct ll_api_call *call = list->first;
    if (call == NULL)
        return NULL;
    list->first = call->next;
    if (list->first == NULL)
        list->last = NULL;
    list->count--;
    call->next = NULL;
    return call;
}

/* Puts a call before the first that is due after it. */
static void push_due(struct ll_api_list *list, struct ll_api_call *call)
{
    struct ll_api_call *before = NULL;
    for (struct ll_api_call *at = list->first; at != NULL && at->due_ms <= call->due_ms;
         at = at->next)
        before = at;
    if (before == NULL) {
        push_front(list, call);
    } else if (before == list->last) {
        push(list, call);
    } else {
        call->next = before->next;
        before->next = call;
        list->count++;
    }
}

static void take_out(struct ll_api_list *list, struct ll_api_call *call)
{
    struct ll_api_call *before = NULL;
    struct ll_api_call *at = list->first;
    for (; at != NULL && at != call; at = at->next)
        before = at;
    assert(at == call);
    if (before != NULL)
        before->next = call->next;
    else
        list->first = call->next;
    if (list->last == call)
        list->last = before;
    list->count--;
    call->next = NULL;
}

static void free_call(struct ll_api_call *call)
{
    ll_http_response_free(call->answer.response);
    ll_buf_clear(&call->target);
    ll_buf_clear(&call->body);
    free(call);
}

static void free_list(struct ll_api_list *list)
{
    struct ll_api_call *call;
    while ((call = pop(list)) != NULL)
        free_call(call);
}

static int64_t monotonic_ms(const struct ll_api *api)
{
    return api->options.clock->monotonic_ms(api->options.clock);
}

struct ll_api *ll_api_new(const struct ll_api_options *options)
{
    assert(options->http != NULL && options->token != NULL && options->max_body_bytes > 0);
    struct ll_api *api = ll_xcalloc(1, sizeof(*api));
    api->options = *options;
    struct ll_api_options *own = &api->options;
    own->name = ll_arena_cstr(&api->text, ll_str_of(options->name));
    own->client_id = ll_arena_copy(&api->text, options->client_id);
    own->base_url = ll_arena_copy(&api->text, options->base_url);
    ll_bucket_init(&api->bucket, &own->bucket, monotonic_ms(api));
    return api;
}

void ll_api_free(struct ll_api *api)
{
    if (api == NULL)
        return;
    ll_http_drop(api->options.http);
    free_list(&api->urgent);
    free_list(&api->ordinary);
    free_list(&api->later);
    free_list(&api->open);
    free_list(&api->done);
    ll_arena_clear(&api->text);
    free(api);
}

void ll_api_answer_free(struct ll_api_answer *answer)
{
    if (answer != NULL)
        free_call((struct ll_api_call *)answer);
}

void ll_api_send(struct ll_api *api, const struct ll_api_request *request)
{
    assert(request->target.len > 0 && request->target.ptr[0] == '/');
    struct ll_api_call *call = ll_xcalloc(1, sizeof(*call));
    ll_buf_add(&call->target, request->target);
    ll_buf_add(&call->body, request->body);
    call->answer.request = *request;
    call->answer.request.target = ll_buf_str(&call->target);
    call->answer.request.body = ll_buf_str(&call->body);
    push(request->urgent ? &api->urgent : &api->ordinary, call);
}

size_t ll_api_queued(const struct ll_api *api)
{
    return api->urgent.count + api->ordinary.count + api->later.count;
}

size_t ll_api_pending(const struct ll_api *api)
{
    return ll_api_queued(api) + api->open.count + api->done.count;
}

struct ll_api_counts ll_api_counts(const struct ll_api *api)
{
    return api->counts;
}

/* Ends every request that is not on the wire. */
static void fail_queued(struct ll_api *api, const struct ll_error *err)
{
    struct ll_api_list *lists[] = {&api->urgent, &api->ordinary, &api->later};
    for (size_t i = 0; i < LL_COUNT(lists); i++) {
        struct ll_api_call *call;
        while ((call = pop(lists[i])) != NULL) {
            call->answer.error = *err;
            push(&api->done, call);
        }
    }
}

static enum ll_status send_call(struct ll_api *api, struct ll_api_call *call,
                                const struct ll_secret *token, struct ll_error *err)
{
    const struct ll_api_options *options = &api->options;
    const struct ll_api_request *request = &call->answer.request;
    struct ll_buf url = {0}, bearer = {0};
    ll_buf_add(&url, options->base_url);
    ll_buf_add(&url, request->target);
    ll_buf_add(&bearer, LL_STR("Bearer "));
    ll_buf_add(&bearer, ll_secret_reveal(token));
    const struct ll_http_header headers[] = {
        {LL_STR("Client-Id"), options->client_id},
        {LL_STR("Authorization"), ll_buf_str(&bearer)},
        {LL_STR("Accept"), LL_STR("application/json")},
        {LL_STR("Content-Type"), LL_STR("text/plain; charset=utf-8")}, /* of a POST: the last */
    };
    struct ll_http_request http_request = {
        .method = request->method,
        .url = ll_buf_str(&url),
        .headers = headers,
        .header_count = LL_COUNT(headers) - (request->method == LL_HTTP_POST ? 0 : 1),
        .body = request->body,
        .max_body_bytes = options->max_body_bytes,
        .context = call,
    };
    enum ll_status status = ll_http_send(options->http, &http_request, err);
    explicit_bzero(bearer.ptr, bearer.len);
    ll_buf_clear(&bearer);
    ll_buf_clear(&url);
    return status;
}

/* Sends the first call of a list; the bucket's point is taken. */
static void send_first(struct ll_api *api, struct ll_api_list *list, const struct ll_secret *token)
{
    struct ll_api_call *call = pop(list);
    call->generation = ll_token_generation(api->options.token);
    call->answered_before = api->bucket.answered;
    call->answer.tries++;
    ll_http_response_free(call->answer.response);
    call->answer.response = NULL;
    if (send_call(api, call, token, &call->answer.error) != LL_OK) {
        ll_bucket_done(&api->bucket, NULL, monotonic_ms(api));
        push(&api->done, call);
        return;
    }
    api->counts.requests++;
    push(&api->open, call);
}

/* The token for the next request. When a new one must be fetched, that takes a while, so the open
 * requests are let come in first: *ret is then NULL. */
static enum ll_status next_token(struct ll_api *api, const struct ll_secret **ret,
                                 struct ll_error *err)
{
    if (api->open.count > 0 && !ll_token_is_ready(api->options.token)) {
        *ret = NULL;
        return LL_OK;
    }
    enum ll_status status = ll_token_get(api->options.token, ret, err);
    if (status == LL_OK)
        return LL_OK;
    ll_context(err, "%s", api->options.name);
    if (status == LL_AUTH || status == LL_NOT_FOUND || status == LL_INVALID)
        api->fatal = *err;
    return status;
}

/* Sends what may be sent now. *ret_wait_ms is how long to wait for more, 0 = for an answer. Fails
 * only when asked to stop; the requests then stay as they are. */
static enum ll_status send_ready(struct ll_api *api, int64_t *ret_wait_ms, struct ll_error *err)
{
    for (;;) {
        *ret_wait_ms = 0;
        if (api->fatal.status != LL_OK)
            fail_queued(api, &api->fatal);
        struct ll_api_list *list = api->urgent.count > 0 ? &api->urgent : &api->ordinary;
        if (list->count == 0)
            return LL_OK;
        /* One request finds out whether anybody is there. */
        if (!api->has_answered && (api->open.count > 0 || api->later.count > 0))
            return LL_OK;
        const struct ll_secret *token;
        if (next_token(api, &token, err) != LL_OK) {
            if (err->status == LL_CANCELLED)
                return err->status;
            fail_queued(api, err);
            return LL_OK;
        }
        if (token == NULL || !ll_bucket_take(&api->bucket, monotonic_ms(api), ret_wait_ms))
            return LL_OK;
        send_first(api, list, token);
    }
}

/* Puts what is to be tried again by now before all others of its kind. */
static void promote_due(struct ll_api *api, int64_t now_ms)
{
    struct ll_api_list due = {0};
    while (api->later.first != NULL && api->later.first->due_ms <= now_ms)
        push_front(&due, pop(&api->later));
    struct ll_api_call *call;
    while ((call = pop(&due)) != NULL)
        push_front(call->answer.request.urgent ? &api->urgent : &api->ordinary, call);
}

static void receive(struct ll_api *api, struct ll_http_response *response)
{
    struct ll_api_call *call = response->context;
    take_out(&api->open, call);
    int64_t now_ms = monotonic_ms(api);
    struct ll_bucket_word word = ll_api_word(response);
    word.answered_before = call->answered_before;
    ll_bucket_done(&api->bucket, &word, now_ms);
    int64_t wait_ms = 0;
    enum ll_api_verdict verdict = ll_api_judge(api, call, response, &wait_ms);
    if (verdict == LL_API_AGAIN && api->fatal.status == LL_OK) {
        ll_http_response_free(response);
        call->due_ms = now_ms + wait_ms;
        push_due(&api->later, call);
        return;
    }
    if (response->error.status == LL_OK)
        call->answer.response = response;
    else
        ll_http_response_free(response);
    push(&api->done, call);
    if (verdict == LL_API_HOPELESS)
        api->fatal = call->answer.error;
    if (verdict == LL_API_GIVE_UP || verdict == LL_API_HOPELESS)
        fail_queued(api, &call->answer.error);
}

/* The monotonic time until which only an answer can change anything. */
static int64_t wait_until(const struct ll_api *api, int64_t now_ms, int64_t wait_ms)
{
    int64_t until_ms = now_ms + (wait_ms > 0 ? wait_ms : LL_NET_MAX_WAIT_MS);
    if (api->later.first != NULL && api->later.first->due_ms < until_ms)
        until_ms = api->later.first->due_ms;
    if (!ll_http_is_paced(api->options.http) && until_ms > now_ms + CANCEL_POLL_MS)
        until_ms = now_ms + CANCEL_POLL_MS;
    return until_ms;
}

enum ll_status ll_api_next(struct ll_api *api, struct ll_api_answer **ret, struct ll_error *err)
{
    return ll_api_next_until(api, INT64_MAX, ret, err);
}

enum ll_status ll_api_next_until(struct ll_api *api, int64_t until_ms, struct ll_api_answer **ret,
                                 struct ll_error *err)
{
    const struct ll_api_options *options = &api->options;
    *ret = NULL;
    for (;;) {
        int64_t wait_ms = 0;
        if (options->cancelled != NULL && options->cancelled(options->cancel_context))
            return ll_fail(err, LL_CANCELLED, 0, "%s: stopped", options->name);
        bool in_time = monotonic_ms(api) < until_ms;
        promote_due(api, monotonic_ms(api));
        if (in_time && send_ready(api, &wait_ms, err) != LL_OK)
            return err->status;
        if (api->done.count > 0) {
            *ret = &pop(&api->done)->answer;
            return LL_OK;
        }
        if (ll_api_pending(api) == 0)
            return ll_fail(err, LL_NOT_FOUND, 0, "%s: no request is pending", options->name);
        if (!in_time)
            return LL_OK;
        int64_t next_ms = wait_until(api, monotonic_ms(api), wait_ms);
        struct ll_http_response *response =
            ll_http_next(options->http, next_ms < until_ms ? next_ms : until_ms);
        if (response != NULL)
            receive(api, response);
        else if (ll_http_failed(options->http, err) != LL_OK)
            return ll_context(err, "%s", options->name);
    }
}

/* Ends all of a list, each with what its last try came to. */
static void give_up(struct ll_api *api, struct ll_api_list *list)
{
    struct ll_api_call *call;
    while ((call = pop(list)) != NULL) {
        struct ll_error *error = &call->answer.error;
        if (error->status == LL_OK)
            ll_fail(error, LL_CANCELLED, 0, "%s: given up", api->options.name);
        error->status = LL_CANCELLED;
        push(&api->done, call);
    }
}

struct ll_api_answer *ll_api_drop(struct ll_api *api)
{
    ll_http_drop(api->options.http);
    for (size_t i = 0; i < api->open.count; i++)
        ll_bucket_done(&api->bucket, NULL, monotonic_ms(api));
    give_up(api, &api->open);
    give_up(api, &api->urgent);
    give_up(api, &api->ordinary);
    give_up(api, &api->later);
    struct ll_api_call *call = pop(&api->done);
    return call != NULL ? &call->answer : NULL;
}
