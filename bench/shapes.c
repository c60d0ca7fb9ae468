#include "shapes.h"

#include <math.h>
#include <stdio.h>

#include "base/arena.h"

static const char *const syllables[] = {
    "ka",  "ro",  "mi",  "ze",  "lun", "tor", "vex", "nia", "sol", "dra", "fen",
    "gil", "hex", "ivo", "jun", "kel", "mar", "nox", "ori", "pyx", "qua", "rin",
    "sta", "tul", "uma", "vor", "wil", "xan", "yel", "zor", "bel", "cor",
};
static const char *const foreign[] = {
    "\\u0438\\u0433\\u0440\\u0430",
    "\\u0441\\u0442\\u0440\\u0438\\u043c",
    "\\u96d1\\u8ac7",
    "\\u914d\\u4fe1\\u4e2d",
    "\\u00e1 noite",
    "ma\\u00f1ana",
    "\\u0627\\u0644\\u0639\\u0627",
    "f\\u00fcr euch",
};
static const char *const pictures[] = {
    "\\ud83c\\udfb5", "\\ud83d\\udd25", "\\ud83d\\udc94", "\\ud83e\\udd2f", "\\ud83c\\udfae",
};

struct language {
    const char *code;
    double weight;
};
static const struct language languages[] = {
    {"en", 47},  {"ru", 13},  {"pt", 8},     {"es", 7},  {"de", 7},  {"fr", 5},   {"ja", 3},
    {"pl", 2},   {"zh", 1.4}, {"it", 1},     {"uk", .8}, {"tr", .8}, {"ar", .7},  {"th", .6},
    {"cs", .6},  {"ko", .5},  {"sv", .3},    {"nl", .3}, {"fi", .2}, {"hu", .2},  {"no", .2},
    {"da", .2},  {"el", .2},  {"ro", .1},    {"vi", .1}, {"id", .1}, {"bg", .05}, {"zh-hk", .05},
    {"ca", .05}, {"sk", .05}, {"other", .1},
};

/* (share of the broadcasters, viewers): between two points the curve is log-linear. */
static const double viewer_curve[][2] = {
    {0, .2},   {.01, .45}, {.4, 1.4},  {.56, 2.4},   {.74, 5.4},   {.83, 10},  {.9, 23},
    {.95, 69}, {.98, 311}, {.99, 638}, {.995, 1379}, {.999, 6402}, {1, 60000},
};

static size_t below(struct ll_rand *rand, size_t bound)
{
    return (size_t)ll_rand_below(rand, bound);
}

/* One to `most` words of two to four syllables. */
static void add_words(struct ll_buf *out, struct ll_rand *rand, size_t most)
{
    size_t words = 1 + below(rand, most);
    for (size_t w = 0; w < words; w++) {
        if (w)
            ll_buf_add_char(out, ' ');
        size_t start = out->len;
        for (size_t s = 1 + below(rand, 3); s-- > 0;)
            ll_buf_add(out, ll_str_of(syllables[below(rand, LL_COUNT(syllables))]));
        ll_buf_add(out, ll_str_of(syllables[below(rand, LL_COUNT(syllables))]));
        if (below(rand, 3) == 0)
            out->ptr[start] = (char)(out->ptr[start] - 'a' + 'A');
    }
}

static void make_category(struct bench_category *category, size_t rank, struct ll_rand *rand)
{
    struct ll_buf name = {0};
    if (rank == 1) { /* the largest category that is no game */
        *category = (struct bench_category){.id = 509658, .name = "Just Chatting"};
        return;
    }
    add_words(&name, rand, 3);
    if (below(rand, 6) == 0)
        ll_buf_printf(&name, " %zu", 2 + below(rand, 30));
    category->id = 10000 + (int64_t)rank * 401 + (int64_t)below(rand, 400);
    category->igdb_id = below(rand, 1000) < 977 ? 100 + (int64_t)rank * 57 : 0;
    snprintf(category->name, sizeof category->name, "%s", name.ptr);
    ll_buf_clear(&name);
}

struct bench_shapes *bench_shapes_new(uint64_t seed)
{
    struct bench_shapes *shapes = ll_xcalloc(1, sizeof *shapes);
    struct ll_rand rand;
    ll_rand_seed(&rand, seed);
    double sum = 0;
    for (size_t i = 0; i < BENCH_CATEGORIES; i++) {
        make_category(&shapes->categories[i], i, &rand);
        sum += pow((double)i + 1.5, -1.15);
        shapes->category_weight[i] = sum;
    }
    for (size_t i = 0; i < BENCH_CATEGORIES; i++)
        shapes->category_weight[i] /= sum;
    sum = 0;
    for (size_t i = 0; i < LL_COUNT(languages); i++)
        shapes->language_weight[i] = sum += languages[i].weight;
    for (size_t i = 0; i < LL_COUNT(languages); i++)
        shapes->language_weight[i] /= sum;
    return shapes;
}

/* The first of `count` summed weights above a random number. */
static size_t pick(const double *weights, size_t count, struct ll_rand *rand)
{
    double x = ll_rand_unit(rand);
    size_t low = 0, high = count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (weights[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t bench_pick_category(const struct bench_shapes *shapes, struct ll_rand *rand)
{
    return pick(shapes->category_weight, BENCH_CATEGORIES, rand);
}

const char *bench_pick_language(const struct bench_shapes *shapes, struct ll_rand *rand)
{
    return languages[pick(shapes->language_weight, LL_COUNT(languages), rand)].code;
}

double bench_pick_viewers(struct ll_rand *rand)
{
    double x = ll_rand_unit(rand);
    size_t i = 1;
    while (viewer_curve[i][0] < x)
        i++;
    double from = log(viewer_curve[i - 1][1]), to = log(viewer_curve[i][1]);
    double part = (x - viewer_curve[i - 1][0]) / (viewer_curve[i][0] - viewer_curve[i - 1][0]);
    return exp(from + (to - from) * part);
}

void bench_add_login(struct ll_buf *out, uint64_t broadcaster)
{
    struct ll_rand rand;
    ll_rand_seed(&rand, broadcaster);
    for (size_t s = 2 + below(&rand, 3); s-- > 0;)
        ll_buf_add(out, ll_str_of(syllables[below(&rand, LL_COUNT(syllables))]));
    ll_buf_printf(out, "%u", (unsigned)(broadcaster % 10000000));
}

void bench_add_title(struct ll_buf *out, struct ll_rand *rand)
{
    size_t kind = below(rand, 100);
    add_words(out, rand, kind % 4 == 0 ? 10 : 5);
    if (kind < 20) {
        ll_buf_add_char(out, ' ');
        ll_buf_add(out, ll_str_of(foreign[below(rand, LL_COUNT(foreign))]));
    } else if (kind < 35) {
        ll_buf_add_char(out, ' ');
        for (size_t n = 1 + below(rand, 3); n-- > 0;)
            ll_buf_add(out, ll_str_of(pictures[below(rand, LL_COUNT(pictures))]));
    } else if (kind == 35) {
        ll_buf_add(out, LL_STR(" \\\"gg\\\""));
    } else if (kind < 60) {
        ll_buf_printf(out, " | !%s #%zu", syllables[below(rand, LL_COUNT(syllables))],
                      below(rand, 400));
    }
}

/* 1: 21 %, 2: 9 %, 3 to 9: 57 % in equal parts, 10: 13 %. */
static size_t pick_tag_count(struct ll_rand *rand)
{
    size_t x = below(rand, 100);
    return x < 21 ? 1 : x < 30 ? 2 : x < 87 ? 3 + below(rand, 7) : 10;
}

void bench_add_tags(struct ll_buf *out, struct ll_rand *rand, const char *separator)
{
    size_t count = pick_tag_count(rand);
    for (size_t i = 0; i < count; i++) {
        /* About 6,000 tags, the first ones common. */
        double u = ll_rand_unit(rand);
        struct ll_rand word;
        ll_rand_seed(&word, (uint64_t)(6000 * u * u * u) * 31 + 7);
        ll_buf_printf(out, "%s%s\"", i ? "," : "", i ? separator : "");
        size_t start = out->len;
        for (size_t s = 1 + below(&word, 3); s-- > 0;)
            ll_buf_add(out, ll_str_of(syllables[below(&word, LL_COUNT(syllables))]));
        ll_buf_add(out, ll_str_of(syllables[below(&word, LL_COUNT(syllables))]));
        out->ptr[start] = (char)(out->ptr[start] - 'a' + 'A');
        ll_buf_add_char(out, '"');
    }
}
