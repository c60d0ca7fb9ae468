/* What the files of the world share. Randomness is a hash of the seed and of what is asked, never a
 * sequence, so that it does not matter in which order or in which steps the world is looked at. */
#ifndef SIM_WORLD_INTERNAL_H
#define SIM_WORLD_INTERNAL_H

#include "sim/world.h"

#define SIM_NONE UINT32_MAX
/* Each live stream has a seat, and each seat a set of broadcasters that take turns on it: so nobody
 * is live twice, and who sits where needs no table. */
#define SIM_SEAT_MEMBERS 64
#define SIM_STINTS 3 /* categories a stream has at most, one after the other */
#define SIM_LANGUAGES_MAX 64

struct sim_stream {
    int64_t id, started_ms, ends_ms; /* live from started_ms to before ends_ms */
    int64_t raided_ms;
    uint64_t hash;
    uint32_t broadcaster;
    uint32_t fraction; /* of the index score, in units of 2^-32; no two streams share one */
    float level;       /* viewers, before they go up and down */
    float raiders;     /* of the raids so far, at raided_ms */
    uint16_t categories[SIM_STINTS]; /* places in the catalog; category_count for none */
    uint8_t language;                /* place in sim_languages() */
};

struct sim_seat {
    int64_t next_ms;      /* when its stream ends or the next one begins */
    uint32_t stream;      /* SIM_NONE between two streams */
    uint32_t turn;        /* how many there were */
    uint32_t broadcaster; /* of this stream or the next */
};

struct sim_entry {
    uint64_t key; /* viewers << 32 | fraction, both as of when the index was made */
    uint32_t stream;
    uint32_t category;
};

/* The index of Get Streams: entries by falling score; and for each language and category where in
 * it their entries are. */
struct sim_index {
    struct sim_entry *entries;
    size_t count, capacity;
    uint32_t *by_language, *by_category; /* places in entries, ascending within each group */
    uint32_t language_from[SIM_LANGUAGES_MAX + 1];
    uint32_t *category_from;   /* category_count + 2 */
    int64_t *category_viewers; /* category_count + 1: of the live streams */
    uint32_t *category_streams;
};

struct sim_world {
    struct sim_world_options options;
    int64_t now_ms;
    int64_t next_index_ms;
    struct sim_seat *seats;
    uint32_t *heap; /* seats by next_ms, earliest on top */
    size_t seat_count, live;
    struct sim_stream *streams; /* live ones and those that ended lately */
    size_t stream_count, stream_capacity;
    uint32_t *free_streams;
    size_t free_count;
    uint32_t *ended; /* ring of streams by end */
    size_t ended_first, ended_count, ended_capacity;
    int64_t next_id;
    uint32_t births;
    int people_bits;       /* user ids are spread over 2^people_bits places */
    double *category_upto; /* running sums of the weights */
    struct {
        uint16_t category; /* place in the catalog; never the last */
        int64_t at_ms;
        double share; /* of the streams that begin on its first day */
    } launches[SIM_LAUNCHES_MAX];
    size_t launch_count;
    struct ll_str *category_json; /* names as JSON strings; one more, "", for none */
    struct ll_arena arena;
    struct sim_index index;
};

/* chance.c */
static inline uint64_t sim_mix(uint64_t a, uint64_t b)
{
    /* The finalizer of splitmix64, Steele, Lea and Flood 2014. */
    uint64_t x = a + 0x9e3779b97f4a7c15ULL * (b + 1);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}
static inline double sim_unit(uint64_t hash)
{
    return (double)(hash >> 11) * 0x1p-53; /* 0 <= x < 1 */
}
double sim_chance_level(double unit);                       /* viewers of a stream */
double sim_chance_age_h(double unit);                       /* of a live stream */
double sim_chance_duration_h(double unit, double beyond_h); /* given that it is longer */
double sim_chance_walk(uint64_t hash, int64_t now_ms);      /* about -1 .. 1, slowly moving */

/* stream.c: what a stream shows at a time from its start on. After its end all stays as it was. */
int64_t sim_stream_viewers(const struct sim_world *world, const struct sim_stream *stream,
                           int64_t now_ms);
uint32_t sim_stream_category(const struct sim_stream *stream, int64_t now_ms);
uint64_t sim_stream_title_hash(const struct sim_stream *stream, int64_t now_ms);
void sim_stream_begin(const struct sim_world *world, struct sim_stream *stream);

/* index.c */
void sim_index_make(struct sim_world *world); /* as of world->now_ms */
void sim_index_clear(struct sim_index *index);
double sim_index_score(const struct sim_entry *entry);
size_t sim_index_below(const struct sim_index *index, double score); /* first place below it */
size_t sim_index_at(const struct sim_index *index, double score);    /* first place not above it */

struct sim_filter {
    bool by_language, by_category; /* set without any value known: nothing matches */
    uint64_t languages;            /* bit set of places in sim_languages() */
    uint32_t categories[100];      /* distinct */
    size_t category_count;
};
/* The places of up to `limit` entries at or after `from` that match; returns how many. */
size_t sim_index_page(const struct sim_world *world, const struct sim_filter *filter, size_t from,
                      size_t limit, uint32_t *ret_places);

/* people.c: broadcasters are numbers below sim_people_count(); all about them is a function. */
size_t sim_people_count(const struct sim_world *world);
int64_t sim_people_user_id(const struct sim_world *world, uint32_t broadcaster);
bool sim_people_by_id(const struct sim_world *world, int64_t user_id, uint32_t *ret_broadcaster);
struct sim_login {
    char c[32];
    size_t len;
};
struct sim_login sim_people_login(const struct sim_world *world, uint32_t broadcaster,
                                  int64_t now_ms);
/* Who has this login now. */
bool sim_people_by_login(const struct sim_world *world, struct ll_str login,
                         uint32_t *ret_broadcaster);
bool sim_people_banned(const struct sim_world *world, uint32_t broadcaster, int64_t now_ms);
uint64_t sim_people_hash(const struct sim_world *world, uint32_t broadcaster);
double sim_people_rank(const struct sim_world *world, uint32_t broadcaster); /* by viewers, 0..1 */
uint8_t sim_people_language(const struct sim_world *world, uint32_t broadcaster);
/* The live stream of a broadcaster, or NULL. */
const struct sim_stream *sim_people_stream(const struct sim_world *world, uint32_t broadcaster);

/* names.c: invented text, as the inside of a JSON string. */
struct sim_language {
    const char *code;
    double share;
    const char *tag; /* that Twitch adds by itself */
    int script;      /* which phrases its titles are made of */
};
const struct sim_language *sim_languages(size_t *ret_count);
void sim_names_title(struct ll_buf *out, uint64_t hash, const struct sim_language *language);
void sim_names_tags(struct ll_buf *out, uint64_t hash, const struct sim_language *language);
void sim_names_display(struct ll_buf *out, uint64_t hash, struct sim_login login);
void sim_names_description(struct ll_buf *out, uint64_t hash);

#endif
