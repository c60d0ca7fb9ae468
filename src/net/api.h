/* A well-mannered client of one API: rate limit, token, and retries by class, above net/http.
 *
 * Requests are queued with ll_api_send and sent when the bucket allows, urgent ones first, else in
 * the order given. Each comes back exactly once from ll_api_next, with an answer that passed its
 * check or with the error that ended it. Retries (contract B.6, F 1-11):
 *
 *   transport, 5xx, body cut short or not passing its check: 5 tries, 0.5 s doubling to 8 s with
 *       jitter; 503: the first retry at once
 *   429: with points left (false, F 6) as 5xx; else everybody waits for Retry-After or a moment's
 *       refill: 1 s, doubling to a minute while it goes on; these do not count as tries
 *   401: a new token; the third of a request (the eighth, where tokens have been accepted
 *       before), when no answer was accepted meanwhile, ends all with
 *       LL_AUTH (F 9: a token can be revoked at any time); the third that a request gets with a
 *       token that others were answered with ends this request alone, with LL_TRANSIENT
 *   certificate, unknown host, 3xx, other 4xx: not retried
 *
 * A host that has never answered gets one request at a time and 3 tries in all: a wrong address is
 * told at once. Every answer that is not used is logged ("api.retry") with status, reason and at
 * most 200 bytes of its body. */
#ifndef LL_NET_API_H
#define LL_NET_API_H

#include "base/rand.h"
#include "net/bucket.h"
#include "net/http.h"
#include "net/token.h"

struct ll_api;

struct ll_api_options {
    const char *name;     /* "Twitch", "IGDB": for messages */
    struct ll_http *http; /* of its own: no other requests go through it */
    struct ll_clock *clock;
    struct ll_rand *rand;
    struct ll_token *token; /* not owned; may be shared by APIs */
    struct ll_str client_id;
    struct ll_str base_url; /* normalised: …/helix, …/v4 */
    struct ll_bucket_options bucket;
    size_t max_body_bytes;
    bool (*cancelled)(void *context); /* NULL = never */
    void *cancel_context;
};

struct ll_api_request {
    enum ll_http_method method;
    struct ll_str target; /* path and query below the base URL, encoded: "/streams?first=100" */
    struct ll_str body;   /* of a POST */
    bool urgent;
    /* Whether a 2xx answer is whole and of the right form (parse all, then accept: F 2); an error
     * it gives is retried like a 5xx. NULL: any. */
    enum ll_status (*check)(void *context, struct ll_str body, struct ll_error *err);
    void *context;
};

struct ll_api_answer {
    struct ll_api_request request; /* target and body are valid until the answer is freed */
    /* LL_OK: `response` is a 2xx that passed its check. LL_INVALID with code = HTTP status: another
     * 4xx (response is there too). Else: given up after `tries`. */
    struct ll_error error;
    struct ll_http_response *response; /* of the last try; NULL when none came */
    int tries;
};

struct ll_api_counts {
    int64_t requests;     /* sent, retries and all */
    int64_t errors;       /* answers and failures that were not used */
    int64_t rate_limited; /* 429s */
};

struct ll_api *ll_api_new(const struct ll_api_options *options); /* strings are copied */
void ll_api_free(struct ll_api *api); /* before its http, whose requests it drops; takes NULL */
/* All of the request is copied but check and context. */
void ll_api_send(struct ll_api *api, const struct ll_api_request *request);
size_t ll_api_pending(const struct ll_api *api); /* sent and not yet given back */
size_t ll_api_queued(const struct ll_api *api);  /* of these, not yet on the wire */
/* The next one that is done: waits for it. LL_CANCELLED when asked to stop; LL_NOT_FOUND when
 * nothing is pending. A failure that meets every request (LL_AUTH, host unknown, certificate) is
 * returned for each of them, without asking again. */
enum ll_status ll_api_next(struct ll_api *api, struct ll_api_answer **ret,
                           struct ll_error *err) LL_MUST_CHECK;
/* The same, but waits at most until the monotonic time until_ms: *ret is then NULL. A new token may
 * take longer. */
enum ll_status ll_api_next_until(struct ll_api *api, int64_t until_ms, struct ll_api_answer **ret,
                                 struct ll_error *err) LL_MUST_CHECK;
/* Gives up what is pending: one request at a time comes back, with LL_CANCELLED where it was not
 * done (and what its last try came to); NULL when there is none left. */
struct ll_api_answer *ll_api_drop(struct ll_api *api);
void ll_api_answer_free(struct ll_api_answer *answer); /* takes NULL */
struct ll_api_counts ll_api_counts(const struct ll_api *api);

#endif
