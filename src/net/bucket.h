/* A token bucket that follows the server's word: refilled continuously, corrected by each answer's
 * rate headers, and by itself a bucket of the documented size where there are none (edge case 8).
 * Times are milliseconds of one monotonic clock. */
#ifndef LL_NET_BUCKET_H
#define LL_NET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct ll_bucket_options {
    double capacity;   /* points */
    double per_second; /* refill */
    double initial;    /* points at the start: few where other processes may have used it */
    int max_in_flight; /* requests open at once */
    double reserve;    /* points never spent, for clocks that differ a little */
};

struct ll_bucket {
    struct ll_bucket_options options;
    double points;
    int64_t updated_ms;
    int64_t shut_until_ms; /* nobody may send before (429) */
    int in_flight;
    int64_t answered; /* requests that have ended */
};

void ll_bucket_init(struct ll_bucket *bucket, const struct ll_bucket_options *options,
                    int64_t now_ms);
/* Takes a point and counts a request in flight. False when none may be sent now; then *ret_wait_ms
 * is how long to wait before asking again (0: until an answer has come). */
bool ll_bucket_take(struct ll_bucket *bucket, int64_t now_ms, int64_t *ret_wait_ms) LL_MUST_CHECK;

/* What an answer said; negative = not said, or not to be believed. */
struct ll_bucket_word {
    double limit, remaining;
    int64_t full_in_ms;      /* Ratelimit-Reset less the server's Date */
    int64_t answered_before; /* bucket->answered when its request was sent */
};
/* A request has ended; word may be NULL. Answers come in any order, so what the server has left now
 * is known only within bounds, and the points are brought between them: at most `remaining` less
 * what is in flight, and at least `remaining` less all that the server may have counted since. */
void ll_bucket_done(struct ll_bucket *bucket, const struct ll_bucket_word *word, int64_t now_ms);
/* 429: nobody sends for wait_ms. */
void ll_bucket_shut(struct ll_bucket *bucket, int64_t now_ms, int64_t wait_ms);

#endif
