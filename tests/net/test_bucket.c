#include "support/check.h"

#include <string.h>

#include "base/rand.h"
#include "net/bucket.h"

static const struct ll_bucket_options small = {
    .capacity = 10, .per_second = 2, .initial = 3, .max_in_flight = 4, .reserve = 1};

static void points_are_taken_and_refilled(void **state LL_UNUSED)
{
    struct ll_bucket bucket;
    int64_t wait_ms = -1;
    ll_bucket_init(&bucket, &small, 1000);
    assert_true(ll_bucket_take(&bucket, 1000, &wait_ms));
    assert_true(ll_bucket_take(&bucket, 1000, &wait_ms));
    assert_false(ll_bucket_take(&bucket, 1000, &wait_ms)); /* the reserve stays */
    assert_int_equal(wait_ms, 500);
    assert_false(ll_bucket_take(&bucket, 1499, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_true(ll_bucket_take(&bucket, 1500, &wait_ms));
}

static void no_more_are_open_than_allowed(void **state LL_UNUSED)
{
    struct ll_bucket bucket;
    struct ll_bucket_options options = small;
    options.initial = 10;
    int64_t wait_ms = -1;
    ll_bucket_init(&bucket, &options, 0);
    for (int i = 0; i < options.max_in_flight; i++)
        assert_true(ll_bucket_take(&bucket, 0, &wait_ms));
    assert_false(ll_bucket_take(&bucket, 0, &wait_ms));
    assert_int_equal(wait_ms, 0);
    ll_bucket_done(&bucket, NULL, 0);
    assert_true(ll_bucket_take(&bucket, 0, &wait_ms));
}

static void a_word_corrects_both_ways(void **state LL_UNUSED)
{
    static const struct {
        double remaining;
        int64_t answered_before;
        double wanted;
    } cases[] = {
        {8, 0, 7},  /* two were sent, one is open: all else is sure to be there */
        {1, 0, 0},  /* somebody else has drawn from it */
        {8, -1, 2}, /* nothing is known of its order: not believed upwards */
        {-1, 0, 2}, /* not said */
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_bucket bucket;
        struct ll_bucket_options options = small;
        options.initial = 4;
        int64_t wait_ms;
        ll_bucket_init(&bucket, &options, 0);
        assert_true(ll_bucket_take(&bucket, 0, &wait_ms));
        assert_true(ll_bucket_take(&bucket, 0, &wait_ms));
        struct ll_bucket_word word = {.limit = -1,
                                      .remaining = cases[i].remaining,
                                      .full_in_ms = -1,
                                      .answered_before = cases[i].answered_before};
        ll_bucket_done(&bucket, &word, 0);
        assert_true(bucket.points == cases[i].wanted);
    }
}

static void shut_means_shut_for_a_minute_at_most(void **state LL_UNUSED)
{
    struct ll_bucket bucket;
    int64_t wait_ms = 0;
    ll_bucket_init(&bucket, &small, 0);
    ll_bucket_shut(&bucket, 0, 3600 * 1000);
    assert_false(ll_bucket_take(&bucket, 0, &wait_ms));
    assert_int_equal(wait_ms, 60000);
    ll_bucket_shut(&bucket, 0, 10); /* a shorter one opens nothing */
    assert_false(ll_bucket_take(&bucket, 59999, &wait_ms));
    assert_true(ll_bucket_take(&bucket, 60000, &wait_ms));
}

/* A simulated service: 800 points, 800 a minute, continuous; latency in two random parts. */
#define FLIGHTS 64
struct flight {
    bool used, refused;
    int64_t arrives_ms, answered_ms;
    int64_t answered_before;
    double remaining; /* -1 until it has arrived */
};
struct service {
    double points;
    int64_t overdrawn, served;
    struct ll_rand rand;
    struct flight flights[FLIGHTS];
};

static void serve(struct service *service, struct ll_bucket *bucket, int64_t now_ms)
{
    for (int i = 0; i < FLIGHTS; i++) {
        struct flight *flight = &service->flights[i];
        if (flight->used && flight->remaining < 0 && flight->arrives_ms <= now_ms) {
            flight->refused = service->points < 1;
            if (flight->refused) {
                service->overdrawn++;
            } else {
                service->points -= 1;
                service->served++;
            }
            flight->remaining = (double)(int64_t)service->points;
        }
        if (flight->used && flight->answered_ms <= now_ms) {
            struct ll_bucket_word word = {.limit = 800,
                                          .remaining = flight->remaining,
                                          .full_in_ms = -1,
                                          .answered_before = flight->answered_before};
            ll_bucket_done(bucket, &word, now_ms);
            if (flight->refused) /* until it is full again */
                ll_bucket_shut(bucket, now_ms, (int64_t)((800 - flight->remaining) * 75));
            flight->used = false;
        }
    }
}

static void send_all(struct service *service, struct ll_bucket *bucket, int64_t now_ms,
                     int64_t latency_ms)
{
    for (int i = 0; i < FLIGHTS; i++) {
        struct flight *flight = &service->flights[i];
        int64_t wait_ms;
        if (flight->used)
            continue;
        int64_t before = bucket->answered;
        if (!ll_bucket_take(bucket, now_ms, &wait_ms))
            return;
        int64_t there = 1 + (int64_t)ll_rand_below(&service->rand, (uint64_t)latency_ms);
        int64_t back = 1 + (int64_t)ll_rand_below(&service->rand, (uint64_t)latency_ms);
        *flight = (struct flight){.used = true,
                                  .arrives_ms = now_ms + there,
                                  .answered_ms = now_ms + there + back,
                                  .answered_before = before,
                                  .remaining = -1};
    }
}

/* Sends as fast as the bucket lets it; `others` requests a second come from elsewhere. */
static void simulate(struct service *service, uint64_t seed, double others, int64_t seconds)
{
    *service = (struct service){0};
    ll_rand_seed(&service->rand, seed);
    service->points = 20 + (double)ll_rand_below(&service->rand, 781);
    int64_t latency_ms = 2 + (int64_t)ll_rand_below(&service->rand, 1000);
    struct ll_bucket_options options = {.capacity = 800,
                                        .per_second = 800.0 / 60,
                                        .initial = 20,
                                        .reserve = 1,
                                        .max_in_flight =
                                            1 + (int)ll_rand_below(&service->rand, FLIGHTS)};
    /* Enough of them that latency is not what limits the rate. */
    if (options.max_in_flight * 1000 < 20 * latency_ms)
        options.max_in_flight = (int)(20 * latency_ms / 1000) + 2;
    struct ll_bucket bucket;
    ll_bucket_init(&bucket, &options, 0);
    for (int64_t now_ms = 1; now_ms <= seconds * 1000; now_ms++) {
        service->points += 800.0 / 60 / 1000;
        if (service->points > 800)
            service->points = 800;
        if (ll_rand_unit(&service->rand) < others / 1000 && service->points >= 1)
            service->points -= 1;
        serve(service, &bucket, now_ms);
        send_all(service, &bucket, now_ms, latency_ms);
    }
}

static void alone_it_never_overdraws_and_uses_the_rate(void **state LL_UNUSED)
{
    const int64_t seconds = 600;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct service service;
        simulate(&service, seed, 0, seconds);
        assert_int_equal(service.overdrawn, 0);
        assert_true((double)service.served >= 0.98 * (double)seconds * 800 / 60);
    }
}

static void a_full_bucket_is_used_at_once(void **state LL_UNUSED)
{
    struct ll_bucket bucket;
    struct ll_bucket_options options = {
        .capacity = 800, .per_second = 800.0 / 60, .initial = 1, .max_in_flight = 8};
    struct ll_bucket_word word = {.limit = 800, .remaining = 799, .full_in_ms = -1};
    int64_t wait_ms;
    ll_bucket_init(&bucket, &options, 0);
    assert_true(ll_bucket_take(&bucket, 0, &wait_ms));
    ll_bucket_done(&bucket, &word, 50);
    assert_true(bucket.points == 799);
}

static void beside_another_client_it_is_rarely_refused(void **state LL_UNUSED)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct service service;
        simulate(&service, seed, 5, 600);
        /* Less than one in 200, and what the other leaves is used. */
        assert_true(service.overdrawn * 200 <= service.served);
        assert_true((double)service.served >= 0.9 * 600 * (800.0 / 60 - 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_taken_and_refilled),
        cmocka_unit_test(no_more_are_open_than_allowed),
        cmocka_unit_test(a_word_corrects_both_ways),
        cmocka_unit_test(shut_means_shut_for_a_minute_at_most),
        cmocka_unit_test(alone_it_never_overdraws_and_uses_the_rate),
        cmocka_unit_test(a_full_bucket_is_used_at_once),
        cmocka_unit_test(beside_another_client_it_is_rarely_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
