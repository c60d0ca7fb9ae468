/* One stream: its course follows from its hash, its broadcaster and the time. */
#include "sim/world_internal.h"

#include <math.h>

#define MINUTE_MS INT64_C(60000)

/* What of a stream's hash is used for what: different words, so that they are independent. */
enum use { USE_LEVEL = 1, USE_CATEGORY, USE_STINTS, USE_TITLES, USE_TITLE, USE_WALK };

static int64_t shown_at(const struct sim_stream *stream, int64_t now_ms)
{
    return now_ms < stream->ends_ms ? now_ms : stream->ends_ms - 1;
}

int64_t sim_stream_viewers(const struct sim_world *world, const struct sim_stream *stream,
                           int64_t now_ms)
{
    int64_t t = shown_at(stream, now_ms);
    double viewers = (double)stream->level;
    if (viewers > 1) {
        double walk = sim_chance_walk(sim_mix(stream->hash, USE_WALK), t);
        viewers = 1 + (viewers - 1) * exp(0.5 * world->options.volatility * walk);
    }
    int64_t age_ms = t - stream->started_ms;
    if (age_ms < 5 * MINUTE_MS)
        viewers *= 0.15 + 0.85 * (double)age_ms / (5.0 * MINUTE_MS);
    if (stream->raiders > 0 && t >= stream->raided_ms)
        viewers +=
            (double)stream->raiders * exp(-(double)(t - stream->raided_ms) / (20.0 * MINUTE_MS));
    return (int64_t)viewers;
}

/* How many of the changes that a stream will see have come by now: `changes` of them, at times
 * spread over its length. */
static unsigned changes_by(const struct sim_stream *stream, uint64_t hash, unsigned changes,
                           int64_t now_ms)
{
    double passed = (double)(shown_at(stream, now_ms) - stream->started_ms) /
                    (double)(stream->ends_ms - stream->started_ms);
    unsigned count = 0;
    for (unsigned i = 0; i < changes; i++)
        count += passed >= (i + 0.1 + 0.8 * sim_unit(sim_mix(hash, i))) / changes;
    return count;
}

static unsigned changes_of(uint64_t hash)
{
    unsigned dice = (unsigned)(hash % 100);
    return dice < 82 ? 0 : dice < 94 ? 1 : 2;
}

uint32_t sim_stream_category(const struct sim_stream *stream, int64_t now_ms)
{
    uint64_t hash = sim_mix(stream->hash, USE_STINTS);
    return stream->categories[changes_by(stream, hash, changes_of(hash), now_ms)];
}

uint64_t sim_stream_title_hash(const struct sim_stream *stream, int64_t now_ms)
{
    uint64_t hash = sim_mix(stream->hash, USE_TITLES);
    unsigned version = changes_by(stream, hash, changes_of(hash), now_ms);
    return sim_mix(sim_mix(stream->hash, USE_TITLE), version);
}

/* A launched game draws most on its first days, and keeps a part of that. */
static double launch_share(const struct sim_world *world, size_t launch, int64_t now_ms)
{
    double days = (double)(now_ms - world->launches[launch].at_ms) / 86400e3;
    return days < 0 ? 0 : world->launches[launch].share * (0.15 + 0.85 * exp(-days / 2.5));
}

static uint16_t pick_by_weight(const struct sim_world *world, double unit)
{
    size_t low = 0, high = world->options.catalog->category_count - 1;
    unit *= world->category_upto[high];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (world->category_upto[middle] > unit)
            high = middle;
        else
            low = middle + 1;
    }
    return (uint16_t)low;
}

static uint16_t pick_category(const struct sim_world *world, uint64_t hash, int64_t now_ms)
{
    if (hash % 250 == 0)
        return (uint16_t)world->options.catalog->category_count;
    double unit = sim_unit(sim_mix(hash, 0)), dice = sim_unit(sim_mix(hash, 1));
    uint16_t picked = pick_by_weight(world, unit);
    for (size_t i = 0; i < world->launch_count; i++) {
        double share = launch_share(world, i, now_ms);
        if (dice < share)
            return world->launches[i].category;
        dice -= share;
        if (picked == world->launches[i].category && share == 0)
            picked++; /* not out yet; no two launches are neighbours */
    }
    return picked;
}

void sim_stream_begin(const struct sim_world *world, struct sim_stream *stream)
{
    uint64_t person = sim_people_hash(world, stream->broadcaster);
    double level = sim_chance_level(sim_people_rank(world, stream->broadcaster));
    if (level >= 3)
        level *= exp(0.3 * (sim_unit(sim_mix(stream->hash, USE_LEVEL)) - 0.5));
    stream->level = (float)level;
    stream->language = sim_people_language(world, stream->broadcaster);
    for (unsigned i = 0; i < SIM_STINTS; i++) {
        /* Most often the broadcaster's usual one. */
        uint64_t hash = sim_mix(sim_mix(stream->hash, USE_CATEGORY), i);
        stream->categories[i] =
            pick_category(world, i == 0 && hash % 10 < 7 ? sim_mix(person, USE_CATEGORY) : hash,
                          stream->started_ms);
    }
}
