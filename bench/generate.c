/* Writes an invented capture in the layout of the original pipeline's raw layer, large and fast:
 *
 *   bench_generate OUT_DIR [--slots N] [--streams N] [--overlap PERCENT] [--seed S] [--pretty]
 *
 * The same options give the same bytes. Files are compact JSON, with --pretty indented like the
 * original's (which makes them half as large again). tests/origin/make-capture is the one for
 * oddities; this one is for size. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"
#include "shapes.h"

/* 2026-05-11 12:00 in Los Angeles, written as if it were UTC */
#define START_S INT64_C(1778500800)
#define OFFSET_S (7 * 3600)
#define SLOT_S 900
#define FILE_STREAMS 7000 /* as many as one file of the original has at most */
#define BROADCASTERS_PER_STREAM 6

struct options {
    const char *out;
    size_t slots, streams, overlap_percent;
    uint64_t seed;
    bool pretty;
};

/* A live stream: its JSON around the viewer count is made when something in it changes. */
struct stream {
    uint64_t broadcaster;
    int64_t id, started_s;
    size_t category;
    double viewers; /* typical */
    int64_t now;    /* in this slot */
    const char *language;
    uint64_t text_seed;
    struct ll_buf head, tail;
};

struct world {
    struct options options;
    struct bench_shapes *shapes;
    struct ll_rand rand;
    struct stream *streams;
    uint8_t *is_live; /* by broadcaster */
    uint64_t next_broadcaster, broadcasters;
    int64_t next_stream_id;
    const char *indent, *deep_indent, *colon; /* of a field, of a tag, after a key */
};

static void die(const char *what)
{
    fprintf(stderr, "bench_generate: %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool chance(struct ll_rand *rand, double share)
{
    return ll_rand_unit(rand) < share;
}

/* Field names and values; `key` comes with its quotes. */
static void add_text(const struct world *world, struct ll_buf *out, const char *key,
                     const char *value)
{
    ll_buf_printf(out, "%s\"%s\"%s\"%s\",", world->indent, key, world->colon, value);
}

static void add_number_text(const struct world *world, struct ll_buf *out, const char *key,
                            int64_t value)
{
    ll_buf_printf(out, "%s\"%s\"%s\"%lld\",", world->indent, key, world->colon, (long long)value);
}

static void add_key(const struct world *world, struct ll_buf *out, const char *key)
{
    ll_buf_printf(out, "%s\"%s\"%s", world->indent, key, world->colon);
}

static void make_head(const struct world *world, struct stream *stream, const char *login)
{
    const struct bench_category *category = &world->shapes->categories[stream->category];
    struct ll_buf *out = &stream->head;
    ll_buf_reset(out);
    ll_buf_add_char(out, '{');
    add_number_text(world, out, "id", stream->id);
    add_number_text(world, out, "user_id", 40000000 + (int64_t)stream->broadcaster * 661);
    add_text(world, out, "user_login", login);
    ll_buf_printf(out, "%s\"user_name\"%s\"%c%s\",", world->indent, world->colon,
                  login[0] - 'a' + 'A', login + 1);
    add_number_text(world, out, "game_id", category->id);
    add_text(world, out, "game_name", category->name);
    add_text(world, out, "type", "live");
    add_key(world, out, "title");
    ll_buf_add_char(out, '"');
    struct ll_rand text;
    ll_rand_seed(&text, stream->text_seed);
    bench_add_title(out, &text);
    ll_buf_add(out, LL_STR("\","));
    add_key(world, out, "viewer_count");
}

static void make_tail(const struct world *world, struct stream *stream, const char *login)
{
    struct ll_buf *out = &stream->tail;
    ll_buf_reset(out);
    struct ll_civil at = ll_civil_of(stream->started_s);
    ll_buf_add_char(out, ',');
    add_key(world, out, "started_at");
    ll_buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02dZ\",", at.year, at.month, at.day, at.hour,
                  at.minute, at.second);
    add_text(world, out, "language", stream->language);
    add_key(world, out, "thumbnail_url");
    ll_buf_printf(out,
                  "\"https://static-cdn.jtvnw.net/previews-ttv/live_user_%s-{width}x{height}.jpg"
                  "\",",
                  login);
    add_key(world, out, "tag_ids");
    ll_buf_add(out, LL_STR("[],"));
    add_key(world, out, "tags");
    ll_buf_printf(out, "[%s", world->deep_indent);
    struct ll_rand text;
    ll_rand_seed(&text, stream->broadcaster + 1);
    bench_add_tags(out, &text, world->deep_indent);
    ll_buf_printf(out, "%s],", world->indent);
    add_key(world, out, "is_mature");
    ll_buf_printf(out, "%s%.*s}", stream->broadcaster % 5 ? "false" : "true",
                  world->options.pretty ? 9 : 0, "\n        ");
}

static void make_text(const struct world *world, struct stream *stream)
{
    struct ll_buf login = {0};
    bench_add_login(&login, stream->broadcaster);
    make_head(world, stream, login.ptr);
    make_tail(world, stream, login.ptr);
    ll_buf_clear(&login);
}

/* The next broadcaster that is not live goes live, `age_s` before `now_s`. */
static void start_stream(struct world *world, struct stream *stream, int64_t now_s, int64_t age_s)
{
    while (world->is_live[world->next_broadcaster % world->broadcasters])
        world->next_broadcaster++;
    stream->broadcaster = world->next_broadcaster++ % world->broadcasters;
    world->is_live[stream->broadcaster] = 1;
    stream->id = world->next_stream_id += 1 + (int64_t)ll_rand_below(&world->rand, 900);
    stream->started_s = now_s - age_s;
    stream->text_seed = ll_rand_next(&world->rand);
    struct ll_rand habit; /* what stays with the broadcaster */
    ll_rand_seed(&habit, world->options.seed * 1000003 + stream->broadcaster);
    stream->viewers = bench_pick_viewers(&habit);
    stream->language = bench_pick_language(world->shapes, &habit);
    stream->category = bench_pick_category(world->shapes, &habit);
    make_text(world, stream);
}

static void step(struct world *world, size_t slot, int64_t now_s)
{
    double ends = 1 - (double)world->options.overlap_percent / 100;
    for (size_t i = 0; i < world->options.streams; i++) {
        struct stream *stream = &world->streams[i];
        if (slot == 0) {
            start_stream(world, stream, now_s,
                         (int64_t)(-log(1 - ll_rand_unit(&world->rand)) * SLOT_S / ends));
        } else if (chance(&world->rand, ends)) {
            world->is_live[stream->broadcaster] = 0;
            start_stream(world, stream, now_s, (int64_t)ll_rand_below(&world->rand, SLOT_S));
        } else if (chance(&world->rand, .02)) {
            stream->text_seed = ll_rand_next(&world->rand);
            if (chance(&world->rand, .4))
                stream->category = bench_pick_category(world->shapes, &world->rand);
            make_text(world, stream);
        }
        double noise = .7 + .6 * ll_rand_unit(&world->rand);
        stream->now = (int64_t)(stream->viewers * noise + .3 * ll_rand_unit(&world->rand));
    }
}

static void write_file(const struct world *world, const char *path, const struct ll_buf *text)
{
    struct ll_buf full = {0};
    ll_buf_printf(&full, "%s/%s", world->options.out, path);
    for (char *at = full.ptr + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        if (mkdir(full.ptr, 0777) != 0 && errno != EEXIST)
            die(full.ptr);
        *at = '/';
    }
    int fd = open(full.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        die(full.ptr);
    for (size_t done = 0; done < text->len;) {
        ssize_t wrote = write(fd, text->ptr + done, text->len - done);
        if (wrote < 0)
            die(full.ptr);
        done += (size_t)wrote;
    }
    if (close(fd) != 0)
        die(full.ptr);
    ll_buf_clear(&full);
}

static void begin_file(struct ll_buf *out, const struct world *world, int64_t local_s)
{
    struct ll_civil at = ll_civil_of(local_s);
    const char *line = world->options.pretty ? "\n    " : "";
    ll_buf_reset(out);
    ll_buf_printf(out, "{%s\"day_date_id\"%s\"%04d%02d%02d\",%s\"time_of_day_id\"%s\"%02d%02d\",",
                  line, world->colon, at.year, at.month, at.day, line, world->colon, at.hour,
                  at.minute);
    ll_buf_printf(out, "%s\"data\"%s[", line, world->colon);
}

static void end_file(struct ll_buf *out, const struct world *world)
{
    ll_buf_add(out, world->options.pretty ? LL_STR("\n    ]\n}") : LL_STR("]}"));
}

static void begin_row(struct ll_buf *out, const struct world *world, bool first)
{
    if (!first)
        ll_buf_add_char(out, ',');
    if (world->options.pretty)
        ll_buf_add(out, LL_STR("\n        "));
}

static int by_viewers(const void *a, const void *b, void *context)
{
    const struct stream *streams = context;
    const struct stream *x = &streams[*(const uint32_t *)a], *y = &streams[*(const uint32_t *)b];
    if (x->now != y->now)
        return x->now < y->now ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

/* One slot: files of some categories each, rows by viewers; one row in thirty stands there twice.
 */
static int64_t write_slot(struct world *world, int64_t local_s, uint32_t *order)
{
    size_t count = world->options.streams, files = (count + FILE_STREAMS - 1) / FILE_STREAMS;
    struct ll_civil at = ll_civil_of(local_s);
    struct ll_buf text = {0}, path = {0};
    int64_t rows = 0;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, count, sizeof *order, by_viewers, world->streams);
    for (size_t file = 0; file < files; file++) {
        bool first = true;
        begin_file(&text, world, local_s);
        for (size_t i = 0; i < count; i++) {
            const struct stream *stream = &world->streams[order[i]];
            if (stream->category % files != file)
                continue;
            for (int copies = chance(&world->rand, 1. / 30) ? 2 : 1; copies-- > 0; rows++) {
                begin_row(&text, world, first);
                ll_buf_add(&text, ll_buf_str(&stream->head));
                ll_buf_printf(&text, "%lld", (long long)stream->now);
                ll_buf_add(&text, ll_buf_str(&stream->tail));
                first = false;
            }
        }
        end_file(&text, world);
        ll_buf_reset(&path);
        ll_buf_printf(&path,
                      "raw_streams_data/%04d%02d%02d_%02d%02d/raw_streams_data_X%06zuX_"
                      "%04d%02d%02d_%02d%02d.json",
                      at.year, at.month, at.day, at.hour, at.minute, 100000 + file * 7919, at.year,
                      at.month, at.day, at.hour, at.minute);
        write_file(world, path.ptr, &text);
    }
    ll_buf_clear(&text);
    ll_buf_clear(&path);
    return rows;
}

struct term {
    int id;
    const char *name;
};
static const struct term genres[] = {
    {2, "Point-and-click"},
    {4, "Fighting"},
    {5, "Shooter"},
    {7, "Music"},
    {8, "Platform"},
    {9, "Puzzle"},
    {10, "Racing"},
    {11, "Real Time Strategy (RTS)"},
    {12, "Role-playing (RPG)"},
    {13, "Simulator"},
    {14, "Sport"},
    {15, "Strategy"},
    {24, "Tactical"},
    {31, "Adventure"},
    {32, "Indie"},
    {33, "Arcade"},
    {35, "Card & Board Game"},
    {36, "MOBA"},
};
static const struct term game_modes[] = {
    {1, "Single player"},
    {2, "Multiplayer"},
    {3, "Co-operative"},
    {4, "Split screen"},
    {5, "Massively Multiplayer Online (MMO)"},
    {6, "Battle Royale"},
};

static void write_terms(struct world *world, const char *path, const struct term *terms,
                        size_t count)
{
    struct ll_buf text = {0};
    begin_file(&text, world, START_S);
    for (size_t i = 0; i < count; i++)
        ll_buf_printf(&text,
                      "%s{\"id\":%d,\"created_at\":1297639288,\"name\":\"%s\",\"slug\":\"t%d\"}",
                      i ? "," : "", terms[i].id, terms[i].name, terms[i].id);
    end_file(&text, world);
    write_file(world, path, &text);
    ll_buf_clear(&text);
}

/* Each game has up to `most` of the terms; some have none, which IGDB leaves out. */
static void write_bridge(struct world *world, const char *path, const char *key,
                         const struct term *terms, size_t count, size_t most)
{
    struct ll_buf text = {0};
    bool first = true;
    begin_file(&text, world, START_S);
    for (size_t c = 0; c < BENCH_CATEGORIES; c++) {
        const struct bench_category *category = &world->shapes->categories[c];
        if (category->igdb_id == 0)
            continue;
        ll_buf_printf(&text, "%s{\"id\":%lld", first ? "" : ",", (long long)category->igdb_id);
        size_t have = (size_t)ll_rand_below(&world->rand, most + 1);
        size_t at = (size_t)ll_rand_below(&world->rand, count - most);
        if (have)
            ll_buf_printf(&text, ",\"%s\":[%d", key, terms[at].id);
        for (size_t i = 1; i < have; i++)
            ll_buf_printf(&text, ",%d", terms[at + i].id);
        ll_buf_printf(&text, "%s,\"name\":\"%s\"}", have ? "]" : "", category->name);
        first = false;
    }
    end_file(&text, world);
    write_file(world, path, &text);
    ll_buf_clear(&text);
}

static void write_categories(struct world *world)
{
    struct ll_buf text = {0};
    begin_file(&text, world, START_S + SLOT_S);
    for (size_t c = 0; c < BENCH_CATEGORIES; c++) {
        const struct bench_category *category = &world->shapes->categories[c];
        ll_buf_printf(&text,
                      "%s{\"id\":\"%lld\",\"name\":\"%s\",\"box_art_url\":"
                      "\"https://static-cdn.jtvnw.net/ttv-boxart/%lld-{width}x{height}.jpg\","
                      "\"igdb_id\":\"",
                      c ? "," : "", (long long)category->id, category->name,
                      (long long)category->id);
        if (category->igdb_id)
            ll_buf_printf(&text, "%lld", (long long)category->igdb_id);
        ll_buf_add(&text, LL_STR("\"}"));
    }
    end_file(&text, world);
    write_file(world, "raw_categories_data/20260511/raw_categories_data_20260511_1215.json", &text);
    ll_buf_clear(&text);
}

static void write_reference(struct world *world)
{
    write_categories(world);
    write_bridge(world, "raw_genre_bridge_data/20260511/raw_genre_bridge_data_20260511_1215.json",
                 "genres", genres, LL_COUNT(genres), 3);
    write_bridge(world,
                 "raw_game_mode_bridge_data/20260511/raw_game_mode_bridge_data_20260511_1215.json",
                 "game_modes", game_modes, LL_COUNT(game_modes), 2);
    write_terms(world, "raw_genres_data/raw_genres_data_20260511.json", genres, LL_COUNT(genres));
    write_terms(world, "raw_game_modes_data/raw_game_modes_data_20260511.json", game_modes,
                LL_COUNT(game_modes));
    struct ll_buf text = {0};
    ll_buf_add(&text, LL_STR("language_id,language\r\nen,English\r\nru,Russian\r\npt,Portuguese\r\n"
                             "es,Spanish\r\nde,German\r\nfr,French\r\nja,Japanese\r\n"));
    write_file(world, "raw_languages_data/raw_languages_data.csv", &text);
    ll_buf_clear(&text);
}

static bool parse_options(int argc, char **argv, struct options *ret)
{
    struct options options = {.slots = 40, .streams = 100000, .overlap_percent = 87, .seed = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        uint64_t number = 0;
        if (strncmp(argv[i], "--", 2) != 0) {
            options.out = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--pretty") == 0) {
            options.pretty = true;
            continue;
        }
        if (!ll_str_to_u64(ll_str_of(value), &number) || number > 10000000)
            return false;
        if (strcmp(argv[i], "--slots") == 0)
            options.slots = (size_t)number;
        else if (strcmp(argv[i], "--streams") == 0)
            options.streams = (size_t)number;
        else if (strcmp(argv[i], "--overlap") == 0)
            options.overlap_percent = (size_t)number;
        else if (strcmp(argv[i], "--seed") == 0)
            options.seed = number;
        else
            return false;
        i++;
    }
    *ret = options;
    return options.out && options.slots && options.streams && options.overlap_percent < 100;
}

int main(int argc, char **argv)
{
    struct world world = {.indent = "", .deep_indent = "", .colon = ":"};
    if (!parse_options(argc, argv, &world.options)) {
        fprintf(stderr, "Usage: bench_generate OUT_DIR [--slots N] [--streams N] "
                        "[--overlap PERCENT] [--seed S] [--pretty]\n");
        return 2;
    }
    if (world.options.pretty) {
        world.indent = "\n            ";
        world.deep_indent = "\n                ";
        world.colon = ": ";
    }
    ll_rand_seed(&world.rand, world.options.seed);
    world.shapes = bench_shapes_new(world.options.seed);
    world.broadcasters = world.options.streams * BROADCASTERS_PER_STREAM;
    world.is_live = ll_xcalloc(world.broadcasters, 1);
    world.next_stream_id = INT64_C(318000000000);
    world.streams = ll_xcalloc(world.options.streams, sizeof *world.streams);
    uint32_t *order = ll_xcalloc(world.options.streams, sizeof *order);
    write_reference(&world);
    int64_t rows = 0;
    for (size_t slot = 0; slot < world.options.slots; slot++) {
        int64_t local_s = START_S + (int64_t)slot * SLOT_S;
        step(&world, slot, local_s + OFFSET_S);
        rows += write_slot(&world, local_s, order);
    }
    printf("%s: %zu slots of %zu streams, %lld rows\n", world.options.out, world.options.slots,
           world.options.streams, (long long)rows);
    for (size_t i = 0; i < world.options.streams; i++) {
        ll_buf_clear(&world.streams[i].head);
        ll_buf_clear(&world.streams[i].tail);
    }
    free(world.streams);
    free(world.is_live);
    free(world.shapes);
    free(order);
    return 0;
}
