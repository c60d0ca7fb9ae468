/* A request from ll_api_send to ll_api_answer_free, and what api.c and api_retry.c share. */
#ifndef LL_NET_API_INTERNAL_H
#define LL_NET_API_INTERNAL_H

#include "net/api.h"
#include "net/net_internal.h"

struct ll_api_call {
    struct ll_api_answer answer; /* first: the answer is the call */
    struct ll_buf target, body;
    struct ll_api_call *next;
    int64_t due_ms;          /* when to try again */
    int64_t generation;      /* of the token it was sent with */
    int64_t answered_before; /* of the bucket, when it was sent */
    int refusals;            /* 401s */
    int refused_alone;       /* of these, with a token that others were answered with */
    int throttled;           /* true 429s: they do not count as tries */
};

/* First in, first out, by `next`. */
struct ll_api_list {
    struct ll_api_call *first, *last;
    size_t count;
};

struct ll_api {
    struct ll_api_options options; /* strings copied */
    struct ll_arena text;
    struct ll_bucket bucket;
    struct ll_api_list urgent, ordinary; /* to be sent */
    struct ll_api_list later;            /* to be tried again, by due_ms */
    struct ll_api_list open;             /* on the wire */
    struct ll_api_list done;
    struct ll_error fatal; /* meets every request */
    bool has_answered;
    int throttled;               /* true 429s since the last answer of another kind */
    int64_t accepted_generation; /* of the token of the last answer that was no 401 */
    struct ll_api_counts counts;
};

enum ll_api_verdict {
    LL_API_DONE,     /* give it back: good, or with call->answer.error */
    LL_API_AGAIN,    /* after *ret_wait_ms */
    LL_API_GIVE_UP,  /* as DONE, and so is every request that waits now */
    LL_API_HOPELESS, /* as GIVE_UP, and so is every later request */
};

/* Judges a response, whose bucket word has been heard; fills the answer's error and logs it when it
 * is not used. May shut the bucket and refuse the token. */
enum ll_api_verdict ll_api_judge(struct ll_api *api, struct ll_api_call *call,
                                 const struct ll_http_response *response, int64_t *ret_wait_ms);
/* What the rate headers say. */
struct ll_bucket_word ll_api_word(const struct ll_http_response *response);

#endif
