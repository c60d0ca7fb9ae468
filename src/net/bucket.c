#include "net/bucket.h"

#include <assert.h>
#include <stddef.h>

#define MAX_WAIT_MS 60000
#define ROUNDING 1e-6 /* of points: what sums of doubles may be off */

static void refill(struct ll_bucket *bucket, int64_t now_ms)
{
    const struct ll_bucket_options *options = &bucket->options;
    if (now_ms > bucket->updated_ms) {
        bucket->points += (double)(now_ms - bucket->updated_ms) / 1000.0 * options->per_second;
        bucket->updated_ms = now_ms;
    }
    if (bucket->points > options->capacity)
        bucket->points = options->capacity;
}

void ll_bucket_init(struct ll_bucket *bucket, const struct ll_bucket_options *options,
                    int64_t now_ms)
{
    assert(options->capacity >= 1 && options->per_second > 0 && options->max_in_flight > 0);
    assert(options->reserve >= 0 && options->reserve + 1 <= options->capacity);
    *bucket = (struct ll_bucket){.options = *options,
                                 .points = options->initial,
                                 .updated_ms = now_ms,
                                 .shut_until_ms = now_ms};
    refill(bucket, now_ms);
}

bool ll_bucket_take(struct ll_bucket *bucket, int64_t now_ms, int64_t *ret_wait_ms)
{
    refill(bucket, now_ms);
    double missing = 1.0 + bucket->options.reserve - bucket->points;
    if (bucket->in_flight >= bucket->options.max_in_flight) {
        *ret_wait_ms = 0;
    } else if (bucket->shut_until_ms > now_ms) {
        *ret_wait_ms = bucket->shut_until_ms - now_ms;
    } else if (missing > ROUNDING) {
        double wait_ms = (missing - ROUNDING) / bucket->options.per_second * 1000.0;
        *ret_wait_ms = wait_ms < MAX_WAIT_MS - 1 ? (int64_t)wait_ms + 1 : MAX_WAIT_MS;
    } else {
        bucket->points -= 1.0;
        bucket->in_flight++;
        return true;
    }
    return false;
}

void ll_bucket_done(struct ll_bucket *bucket, const struct ll_bucket_word *word, int64_t now_ms)
{
    assert(bucket->in_flight > 0);
    refill(bucket, now_ms);
    int64_t taken = bucket->answered + bucket->in_flight;
    bucket->in_flight--;
    bucket->answered++;
    if (word == NULL || word->remaining < 0)
        return;
    if (word->limit >= 1 + bucket->options.reserve)
        bucket->options.capacity = word->limit;
    double most = word->remaining - bucket->in_flight;
    if (bucket->points > most)
        bucket->points = most;
    if (word->answered_before < 0)
        return;
    double least = word->remaining - (double)(taken - word->answered_before - 1);
    if (bucket->points < least)
        bucket->points = least;
}

void ll_bucket_shut(struct ll_bucket *bucket, int64_t now_ms, int64_t wait_ms)
{
    refill(bucket, now_ms);
    if (wait_ms > MAX_WAIT_MS)
        wait_ms = MAX_WAIT_MS;
    if (now_ms + wait_ms > bucket->shut_until_ms)
        bucket->shut_until_ms = now_ms + wait_ms;
    if (bucket->points > 0)
        bucket->points = 0;
}
