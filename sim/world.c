/* The course of events: who goes live and stops, raids, and when the index is renewed. Events are
 * worked through in the order of their times, whatever the steps in which time passes. */
#include "sim/world_internal.h"

#include <assert.h>
#include <stdlib.h>

#define HOUR_MS INT64_C(3600000)

enum use { USE_BIRTH = 201, USE_AGE, USE_GAP, USE_NEXT, USE_RAID, USE_FIRST };

/* The heap of seats. */

static bool sooner(const struct sim_world *world, uint32_t a, uint32_t b)
{
    int64_t x = world->seats[a].next_ms, y = world->seats[b].next_ms;
    return x < y || (x == y && a < b);
}

static void sift_down(struct sim_world *world, size_t at)
{
    uint32_t seat = world->heap[at];
    for (size_t child; (child = 2 * at + 1) < world->seat_count; at = child) {
        if (child + 1 < world->seat_count &&
            sooner(world, world->heap[child + 1], world->heap[child]))
            child++;
        if (!sooner(world, world->heap[child], seat))
            break;
        world->heap[at] = world->heap[child];
    }
    world->heap[at] = seat;
}

/* The pool of streams. */

static uint32_t take_stream(struct sim_world *world)
{
    if (world->free_count > 0)
        return world->free_streams[--world->free_count];
    if (world->stream_count == world->stream_capacity) {
        world->stream_capacity = world->stream_capacity * 3 / 2 + 64;
        world->streams =
            ll_xrealloc(world->streams, world->stream_capacity, sizeof(world->streams[0]));
        world->free_streams = ll_xrealloc(world->free_streams, world->stream_capacity,
                                          sizeof(world->free_streams[0]));
    }
    return (uint32_t)world->stream_count++;
}

static struct sim_stream *ended_at(const struct sim_world *world, size_t i)
{
    return &world->streams[world->ended[(world->ended_first + i) % world->ended_capacity]];
}

/* An ended stream is kept for the truth of the last hour, and as long as an index may hold it. */
static void forget_ended(struct sim_world *world, int64_t now_ms)
{
    int64_t index_ms = world->options.tombstone_ms + world->options.lag_ms;
    int64_t keep_ms = (index_ms > HOUR_MS ? index_ms : HOUR_MS) + world->options.lag_ms;
    while (world->ended_count > 0 && ended_at(world, 0)->ends_ms < now_ms - keep_ms) {
        world->free_streams[world->free_count++] = world->ended[world->ended_first];
        world->ended_first = (world->ended_first + 1) % world->ended_capacity;
        world->ended_count--;
    }
}

static void keep_ended(struct sim_world *world, uint32_t stream)
{
    if (world->ended_count == world->ended_capacity) {
        size_t capacity = world->ended_capacity * 2 + 1024;
        uint32_t *ring = ll_xcalloc(capacity, sizeof(*ring));
        for (size_t i = 0; i < world->ended_count; i++)
            ring[i] = world->ended[(world->ended_first + i) % world->ended_capacity];
        free(world->ended);
        world->ended = ring;
        world->ended_first = 0;
        world->ended_capacity = capacity;
    }
    size_t at = (world->ended_first + world->ended_count++) % world->ended_capacity;
    world->ended[at] = stream;
}

/* Births and deaths. */

static uint64_t turn_hash(const struct sim_world *world, uint32_t seat, enum use use)
{
    uint64_t hash = sim_mix(sim_mix(world->options.seed, (uint64_t)use), seat);
    return sim_mix(hash, world->seats[seat].turn);
}

static void begin_stream(struct sim_world *world, uint32_t at, int64_t started_ms, int64_t ends_ms)
{
    struct sim_seat *seat = &world->seats[at];
    seat->stream = take_stream(world);
    uint64_t hash = turn_hash(world, at, USE_BIRTH);
    /* Ids grow with time, and are even: an odd one is a fault's. */
    world->next_id += 2 + 2 * (int64_t)(hash % 400);
    struct sim_stream *stream = &world->streams[seat->stream];
    *stream = (struct sim_stream){
        .id = world->next_id,
        .started_ms = started_ms,
        .ends_ms = ends_ms,
        .hash = hash,
        .broadcaster = seat->broadcaster,
        .fraction = world->births++ * UINT32_C(2654435769), /* odd: no two alike */
    };
    sim_stream_begin(world, stream);
    seat->next_ms = ends_ms;
    world->live++;
}

static void birth(struct sim_world *world, uint32_t at)
{
    uint64_t hash = turn_hash(world, at, USE_AGE);
    int64_t length_ms = (int64_t)(sim_chance_duration_h(sim_unit(hash), 0) * HOUR_MS);
    int64_t now_ms = world->seats[at].next_ms;
    begin_stream(world, at, now_ms, now_ms + (length_ms > 1000 ? length_ms : 1000));
}

static void raid(struct sim_world *world, const struct sim_stream *from, uint64_t hash)
{
    int64_t now_ms = from->ends_ms;
    uint32_t to = world->seats[sim_mix(hash, 1) % world->seat_count].stream;
    if (hash % 5 != 0 || from->level < 10 || to == SIM_NONE)
        return;
    struct sim_stream *target = &world->streams[to];
    /* Those still there of an earlier raid come on top. */
    double viewers = 0.6 * (double)sim_stream_viewers(world, from, now_ms);
    struct sim_stream calm = *target;
    calm.raiders = 0;
    viewers += (double)(sim_stream_viewers(world, target, now_ms) -
                        sim_stream_viewers(world, &calm, now_ms));
    target->raiders = (float)viewers;
    target->raided_ms = now_ms;
}

static void death(struct sim_world *world, uint32_t at)
{
    struct sim_seat *seat = &world->seats[at];
    keep_ended(world, seat->stream);
    uint32_t ended = seat->stream;
    seat->stream = SIM_NONE;
    world->live--;
    raid(world, &world->streams[ended], turn_hash(world, at, USE_RAID));
    seat->turn++;
    uint64_t hash = turn_hash(world, at, USE_NEXT);
    int64_t gap_ms = (int64_t)(turn_hash(world, at, USE_GAP) % 60000);
    if (hash % 25 == 0) {
        seat->next_ms += 20000 + gap_ms * 5 / 3; /* the same again: a restart */
        return;
    }
    /* Some come often, some seldom. */
    double unit = sim_unit(sim_mix(hash, 0));
    uint32_t first = seat->broadcaster - seat->broadcaster % SIM_SEAT_MEMBERS;
    uint32_t next = first + (uint32_t)(unit * unit * SIM_SEAT_MEMBERS);
    if (next == seat->broadcaster)
        next = first + (next - first + 1) % SIM_SEAT_MEMBERS;
    seat->broadcaster = next;
    seat->next_ms += gap_ms;
}

static void run_until(struct sim_world *world, int64_t until_ms)
{
    while (world->seats[world->heap[0]].next_ms <= until_ms) {
        uint32_t at = world->heap[0];
        if (world->seats[at].stream == SIM_NONE) {
            birth(world, at);
        } else {
            forget_ended(world, world->seats[at].next_ms);
            death(world, at);
        }
        sift_down(world, 0);
    }
    world->now_ms = until_ms;
}

void sim_world_advance(struct sim_world *world, int64_t now_ms)
{
    if (now_ms <= world->now_ms)
        return;
    if (now_ms >= world->next_index_ms) {
        int64_t lag_ms = world->options.lag_ms;
        int64_t made_ms = now_ms - (now_ms - world->next_index_ms) % lag_ms;
        run_until(world, made_ms);
        sim_index_make(world);
        world->next_index_ms = made_ms + lag_ms;
    }
    run_until(world, now_ms);
}

/* The world at its start: as if it had been running for ever. */

struct first {
    int64_t started_ms, ends_ms;
    uint32_t seat;
};

static int compare_first(const void *a, const void *b)
{
    const struct first *x = a, *y = b;
    if (x->started_ms != y->started_ms)
        return x->started_ms < y->started_ms ? -1 : 1;
    return x->seat < y->seat ? -1 : x->seat > y->seat;
}

static void populate(struct sim_world *world)
{
    int64_t now_ms = world->options.start_ms;
    struct first *firsts = ll_xcalloc(world->seat_count, sizeof(*firsts));
    for (uint32_t i = 0; i < world->seat_count; i++) {
        world->seats[i].broadcaster =
            i * SIM_SEAT_MEMBERS + (uint32_t)(turn_hash(world, i, USE_NEXT) % SIM_SEAT_MEMBERS);
        uint64_t hash = turn_hash(world, i, USE_FIRST);
        double age_h = sim_chance_age_h(sim_unit(hash));
        double length_h = sim_chance_duration_h(sim_unit(sim_mix(hash, 0)), age_h);
        firsts[i].seat = i;
        firsts[i].started_ms = now_ms - (int64_t)(age_h * HOUR_MS);
        firsts[i].ends_ms = now_ms + 1 + (int64_t)((length_h - age_h) * HOUR_MS);
    }
    qsort(firsts, world->seat_count, sizeof(*firsts), compare_first);
    for (size_t i = 0; i < world->seat_count; i++)
        begin_stream(world, firsts[i].seat, firsts[i].started_ms, firsts[i].ends_ms);
    free(firsts);
    for (uint32_t i = 0; i < world->seat_count; i++)
        world->heap[i] = i;
    for (size_t i = world->seat_count; i-- > 0;)
        sift_down(world, i);
}

static void know_catalog(struct sim_world *world)
{
    const struct sim_catalog *catalog = world->options.catalog;
    size_t count = catalog->category_count;
    assert(count > 0 && count < UINT16_MAX);
    world->category_upto = ll_xcalloc(count, sizeof(double));
    world->category_json = ll_xcalloc(count + 1, sizeof(struct ll_str));
    struct ll_buf text = {0};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += catalog->categories[i].weight;
        world->category_upto[i] = sum;
        ll_buf_reset(&text);
        ll_buf_add_json_string(&text, catalog->categories[i].name);
        world->category_json[i] = ll_arena_copy(&world->arena, ll_buf_str(&text));
    }
    world->category_json[count] = LL_STR("\"\"");
    ll_buf_clear(&text);
}

/* Two games of middling size, which nobody streams before. */
static void plan_launches(struct sim_world *world)
{
    static const struct {
        size_t from_rank;
        int days;
        double share;
    } plans[SIM_LAUNCHES_MAX] = {{150, 3, 0.05}, {250, 8, 0.03}};
    const struct sim_catalog *catalog = world->options.catalog;
    for (size_t i = 0; world->options.launches && i < LL_COUNT(plans); i++) {
        size_t rank = plans[i].from_rank;
        while (rank + 1 < catalog->category_count && catalog->categories[rank].igdb_id == 0)
            rank++;
        if (rank + 1 >= catalog->category_count)
            continue;
        world->launches[world->launch_count].category = (uint16_t)rank;
        world->launches[world->launch_count].at_ms =
            world->options.start_ms + plans[i].days * INT64_C(86400000);
        world->launches[world->launch_count++].share = plans[i].share;
    }
}

struct sim_world *sim_world_new(const struct sim_world_options *options)
{
    assert(options->streams >= 1 && options->streams <= 250000);
    assert(options->lag_ms > 0 && options->tombstone_ms >= 0);
    struct sim_world *world = ll_xcalloc(1, sizeof(*world));
    world->options = *options;
    world->now_ms = options->start_ms;
    world->next_id = INT64_C(315000000000);
    /* A seat is empty for some 31 s of 3.6 h. */
    world->seat_count = options->streams + options->streams / 400;
    world->seats = ll_xcalloc(world->seat_count, sizeof(world->seats[0]));
    world->heap = ll_xcalloc(world->seat_count, sizeof(world->heap[0]));
    while ((UINT64_C(1) << world->people_bits) < sim_people_count(world))
        world->people_bits++;
    know_catalog(world);
    plan_launches(world);
    populate(world);
    sim_index_make(world);
    world->next_index_ms = options->start_ms + options->lag_ms;
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (!world)
        return;
    sim_index_clear(&world->index);
    ll_arena_clear(&world->arena);
    free(world->category_json);
    free(world->category_upto);
    free(world->ended);
    free(world->free_streams);
    free(world->streams);
    free(world->heap);
    free(world->seats);
    free(world);
}

size_t sim_world_live(const struct sim_world *world)
{
    return world->live;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

void sim_world_truth(const struct sim_world *world, int64_t from_ms, int64_t to_ms,
                     struct ll_buf *out)
{
    assert(to_ms <= world->now_ms);
    int64_t *ids = ll_xcalloc(world->seat_count + world->ended_count, sizeof(*ids));
    size_t count = 0;
    for (size_t i = 0; i < world->seat_count; i++) {
        uint32_t at = world->seats[i].stream;
        if (at != SIM_NONE && world->streams[at].started_ms <= from_ms)
            ids[count++] = world->streams[at].id;
    }
    for (size_t i = 0; i < world->ended_count; i++) {
        const struct sim_stream *stream = ended_at(world, i);
        if (stream->started_ms <= from_ms && stream->ends_ms > to_ms)
            ids[count++] = stream->id;
    }
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 0; i < count; i++)
        ll_buf_printf(out, "%lld\n", (long long)ids[i]);
    free(ids);
}
