#include "sim/limiter.h"

#include <assert.h>
#include <math.h>

#define POINTS_PER_MS (SIM_HELIX_POINTS / 60000.0)

void sim_limiter_init(struct sim_limiter *limiter, double first_points)
{
    assert(first_points >= 0 && first_points <= SIM_HELIX_POINTS);
    *limiter = (struct sim_limiter){.first_points = first_points};
}

static void refill(struct sim_bucket *bucket, int64_t now_ms)
{
    if (now_ms <= bucket->at_ms)
        return;
    bucket->points =
        fmin(SIM_HELIX_POINTS, bucket->points + (double)(now_ms - bucket->at_ms) * POINTS_PER_MS);
    bucket->at_ms = now_ms;
}

static struct sim_bucket *bucket_of(struct sim_limiter *limiter, struct ll_str client_id,
                                    int64_t now_ms)
{
    struct sim_bucket *found = NULL;
    client_id = ll_str_sub(client_id, 0, SIM_CLIENT_ID_MAX);
    for (size_t i = 0; i < limiter->count && !found; i++)
        if (ll_str_equal(ll_str_of(limiter->buckets[i].client_id), client_id))
            found = &limiter->buckets[i];
    if (!found) {
        if (limiter->count < SIM_BUCKETS) {
            found = &limiter->buckets[limiter->count++];
        } else {
            found = &limiter->buckets[0];
            for (size_t i = 1; i < limiter->count; i++)
                if (limiter->buckets[i].used_no < found->used_no)
                    found = &limiter->buckets[i];
        }
        *found = (struct sim_bucket){.points = limiter->first_points, .at_ms = now_ms};
        for (size_t i = 0; i < client_id.len; i++)
            found->client_id[i] = client_id.ptr[i];
    }
    found->used_no = ++limiter->uses;
    refill(found, now_ms);
    return found;
}

bool sim_limiter_helix(struct sim_limiter *limiter, struct ll_str client_id, int64_t now_ms)
{
    struct sim_bucket *bucket = bucket_of(limiter, client_id, now_ms);
    /* Sums of many small refills may fall short of a whole point by rounding alone. */
    if (bucket->points + 1e-9 < 1)
        return false;
    bucket->points = fmax(0, bucket->points - 1);
    return true;
}

void sim_limiter_empty(struct sim_limiter *limiter, struct ll_str client_id, int64_t now_ms)
{
    bucket_of(limiter, client_id, now_ms)->points = 0;
}

void sim_limiter_set(struct sim_limiter *limiter, double points, int64_t now_ms)
{
    assert(points >= 0 && points <= SIM_HELIX_POINTS);
    limiter->first_points = points;
    for (size_t i = 0; i < limiter->count; i++) {
        limiter->buckets[i].points = points;
        limiter->buckets[i].at_ms = now_ms;
    }
}

struct sim_rate sim_limiter_rate(struct sim_limiter *limiter, struct ll_str client_id,
                                 int64_t now_ms)
{
    const struct sim_bucket *bucket = bucket_of(limiter, client_id, now_ms);
    double full_ms = (double)now_ms + (SIM_HELIX_POINTS - bucket->points) / POINTS_PER_MS;
    return (struct sim_rate){.limit = SIM_HELIX_POINTS,
                             .remaining = (int64_t)(bucket->points + 1e-9),
                             .reset_s = (int64_t)ceil((full_ms - 1e-3) / 1000)};
}

bool sim_limiter_igdb(struct sim_limiter *limiter, int64_t now_ms)
{
    int64_t *oldest_ms = &limiter->igdb_ms[limiter->igdb_count % SIM_IGDB_PER_SECOND];
    bool full = limiter->igdb_count >= SIM_IGDB_PER_SECOND && now_ms - *oldest_ms < 1000;
    if (full || limiter->igdb_open >= SIM_IGDB_OPEN)
        return false;
    *oldest_ms = now_ms;
    limiter->igdb_count++;
    return true;
}
