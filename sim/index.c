/* The index by which Get Streams pages: a snapshot, renewed by and by, that still holds streams
 * which ended lately (contract B.5). */
#include "sim/world_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare_entries(const void *a, const void *b)
{
    uint64_t x = ((const struct sim_entry *)a)->key, y = ((const struct sim_entry *)b)->key;
    return x > y ? -1 : x < y;
}

static void add_entry(struct sim_world *world, uint32_t at)
{
    struct sim_index *index = &world->index;
    const struct sim_stream *stream = &world->streams[at];
    uint64_t viewers = (uint64_t)sim_stream_viewers(world, stream, world->now_ms);
    index->entries[index->count++] =
        (struct sim_entry){.key = viewers << 32 | stream->fraction,
                           .stream = at,
                           .category = sim_stream_category(stream, world->now_ms)};
}

static void collect_entries(struct sim_world *world)
{
    struct sim_index *index = &world->index;
    size_t most = world->seat_count + world->ended_count;
    if (most > index->capacity) {
        index->capacity = most + most / 8;
        index->entries = ll_xrealloc(index->entries, index->capacity, sizeof(index->entries[0]));
        index->by_language = ll_xrealloc(index->by_language, index->capacity, sizeof(uint32_t));
        index->by_category = ll_xrealloc(index->by_category, index->capacity, sizeof(uint32_t));
    }
    index->count = 0;
    for (size_t i = 0; i < world->seat_count; i++) {
        if (world->seats[i].stream != SIM_NONE)
            add_entry(world, world->seats[i].stream);
    }
    for (size_t i = world->ended_count; i-- > 0;) {
        uint32_t at = world->ended[(world->ended_first + i) % world->ended_capacity];
        if (world->streams[at].ends_ms <= world->now_ms - world->options.tombstone_ms)
            break;
        add_entry(world, at);
    }
    qsort(index->entries, index->count, sizeof(index->entries[0]), compare_entries);
}

/* Turns counts into where each group begins: from[i] .. from[i + 1]. */
static void running_sum(uint32_t *from, size_t groups)
{
    uint32_t sum = 0;
    for (size_t i = 0; i <= groups; i++) {
        uint32_t count = i < groups ? from[i] : 0;
        from[i] = sum;
        sum += count;
    }
}

static uint8_t language_of(const struct sim_world *world, size_t place)
{
    return world->streams[world->index.entries[place].stream].language;
}

static void group_entries(struct sim_world *world)
{
    struct sim_index *index = &world->index;
    size_t categories = world->options.catalog->category_count + 1;
    memset(index->language_from, 0, sizeof(index->language_from));
    memset(index->category_from, 0, (categories + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < index->count; i++) {
        index->language_from[language_of(world, i)]++;
        index->category_from[index->entries[i].category]++;
    }
    running_sum(index->language_from, SIM_LANGUAGES_MAX);
    running_sum(index->category_from, categories);
    uint32_t language_at[SIM_LANGUAGES_MAX];
    uint32_t *category_at = ll_xcalloc(categories, sizeof(uint32_t));
    memcpy(language_at, index->language_from, sizeof(language_at));
    memcpy(category_at, index->category_from, categories * sizeof(uint32_t));
    for (size_t i = 0; i < index->count; i++) {
        index->by_language[language_at[language_of(world, i)]++] = (uint32_t)i;
        index->by_category[category_at[index->entries[i].category]++] = (uint32_t)i;
    }
    free(category_at);
}

static void sum_categories(struct sim_world *world)
{
    struct sim_index *index = &world->index;
    size_t categories = world->options.catalog->category_count + 1;
    memset(index->category_viewers, 0, categories * sizeof(int64_t));
    memset(index->category_streams, 0, categories * sizeof(uint32_t));
    for (size_t i = 0; i < index->count; i++) {
        const struct sim_entry *entry = &index->entries[i];
        if (world->streams[entry->stream].ends_ms > world->now_ms) {
            index->category_viewers[entry->category] += (int64_t)(entry->key >> 32);
            index->category_streams[entry->category]++;
        }
    }
}

void sim_index_make(struct sim_world *world)
{
    struct sim_index *index = &world->index;
    if (!index->category_from) {
        size_t categories = world->options.catalog->category_count + 1;
        index->category_from = ll_xcalloc(categories + 1, sizeof(uint32_t));
        index->category_viewers = ll_xcalloc(categories, sizeof(int64_t));
        index->category_streams = ll_xcalloc(categories, sizeof(uint32_t));
    }
    collect_entries(world);
    group_entries(world);
    sum_categories(world);
}

void sim_index_clear(struct sim_index *index)
{
    free(index->entries);
    free(index->by_language);
    free(index->by_category);
    free(index->category_from);
    free(index->category_viewers);
    free(index->category_streams);
    *index = (struct sim_index){0};
}

double sim_index_score(const struct sim_entry *entry)
{
    return (double)entry->key * 0x1p-32; /* exact: the key has far fewer than 53 bits */
}

static size_t first_place(const struct sim_index *index, double score, bool or_equal)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        double at = sim_index_score(&index->entries[middle]);
        if (at < score || (or_equal && at <= score))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t sim_index_below(const struct sim_index *index, double score)
{
    return first_place(index, score, false);
}

size_t sim_index_at(const struct sim_index *index, double score)
{
    return first_place(index, score, true);
}

/* Lists of places, read as one in ascending order. */
struct reader {
    const uint32_t *at, *end;
};

static struct reader reader_from(const uint32_t *begin, const uint32_t *end, size_t from)
{
    struct reader reader = {begin, end};
    while (begin < end) {
        const uint32_t *middle = begin + (end - begin) / 2;
        if (*middle >= from)
            end = middle;
        else
            begin = middle + 1;
    }
    reader.at = begin;
    return reader;
}

static size_t open_readers(const struct sim_world *world, const struct sim_filter *filter,
                           size_t from, struct reader *readers)
{
    const struct sim_index *index = &world->index;
    size_t count = 0;
    if (filter->by_category) {
        for (size_t i = 0; i < filter->category_count; i++) {
            const uint32_t *group = &index->category_from[filter->categories[i]];
            readers[count++] =
                reader_from(index->by_category + group[0], index->by_category + group[1], from);
        }
        return count;
    }
    for (size_t i = 0; i < SIM_LANGUAGES_MAX; i++) {
        if (filter->languages >> i & 1)
            readers[count++] = reader_from(index->by_language + index->language_from[i],
                                           index->by_language + index->language_from[i + 1], from);
    }
    return count;
}

static bool read_next(struct reader *readers, size_t count, uint32_t *ret_place)
{
    struct reader *least = NULL;
    for (size_t i = 0; i < count; i++) {
        if (readers[i].at < readers[i].end && (!least || *readers[i].at < *least->at))
            least = &readers[i];
    }
    if (!least)
        return false;
    *ret_place = *least->at++;
    return true;
}

size_t sim_index_page(const struct sim_world *world, const struct sim_filter *filter, size_t from,
                      size_t limit, uint32_t *ret_places)
{
    size_t count = 0;
    if (!filter->by_language && !filter->by_category) {
        while (count < limit && from + count < world->index.count) {
            ret_places[count] = (uint32_t)(from + count);
            count++;
        }
        return count;
    }
    static_assert(LL_COUNT(filter->categories) >= SIM_LANGUAGES_MAX, "readers fit either");
    struct reader readers[LL_COUNT(filter->categories)];
    size_t reader_count = open_readers(world, filter, from, readers);
    uint32_t place;
    while (count < limit && read_next(readers, reader_count, &place)) {
        if (!filter->by_category || !filter->by_language ||
            (filter->languages >> language_of(world, place) & 1))
            ret_places[count++] = place;
    }
    return count;
}
