#include "sim/catalog.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "base/time.h"
#include "sim/game_names.h"

#define CATEGORY_COUNT 4600
#define SHARED_NAMES 72   /* names that occur with several ids */
#define UNMAPPED_COUNT 79 /* games that Helix gives no igdb_id, besides what is no game: 2.3 % */
#define IGDB_ID_MAX 384613
#define TWITCH_ID_MAX 2146039317
/* Shares by rank: (rank + HEAD)^-1.5. Of 100,000 streams the largest category then has 8 % and
 * those from rank 2,480 on, 46 % of all, about one each. */
#define HEAD 5

/* What is no game; the ids and names are public. */
static const struct {
    int rank; /* by size, about */
    int64_t id;
    const char *name;
} non_games[] = {
    {0, 509658, "Just Chatting"},
    {9, 509672, "IRL"},
    {12, 498566, "Slots"},
    {14, 29452, "Virtual Casino"},
    {18, 518203, "Sports"},
    {26, 509659, "ASMR"},
    {29, 1669431183, "DJs"},
    {31, 509660, "Art"},
    {16, 26936, "Music"},
    {38, 499973, "Always On"},
    {35, 27284, "Retro"},
    {62, 488190, "Poker"},
    {88, 499634, "Crypto"},
    {52, 272263131, "Animals, Aquariums, and Zoos"},
    {41, 417752, "Talk Shows & Podcasts"},
    {67, 498592, "I'm Only Sleeping"},
    {44, 66082, "Games + Demos"},
    {23, 509663, "Special Events"},
    {71, 509670, "Science & Technology"},
    {57, 1599346425, "Co-working & Studying"},
    {48, 1469308723, "Software and Game Development"},
    {60, 509673, "Makers & Crafting"},
    {65, 509667, "Food & Drink"},
    {79, 116747788, "Pools, Hot Tubs, and Beaches"},
    {74, 509671, "Fitness & Health"},
    {84, 515214, "Politics"},
    {97, 509669, "Beauty & Body Art"},
};
#define NON_GAME_COUNT (sizeof(non_games) / sizeof(*non_games))

/* How often a term is met, in the order of sim_terms(). */
static const uint16_t genre_weights[] = {105,  197,  778,  88,  452, 511, 217, 112,
                                         1316, 1044, 293,  797, 204, 197, 272, 33,
                                         2,    2224, 1523, 257, 95,  140, 27};
static const uint16_t mode_weights[] = {3816, 1937, 1243, 269, 308, 58};
static const uint16_t theme_weights[] = {2100, 1150, 800, 560, 220, 420, 330, 230, 480, 120, 190,
                                         30,   520,  70,  130, 640, 240, 160, 40,  60,  270, 90};
static const uint16_t perspective_weights[] = {1050, 1900, 850, 900, 130, 40, 110};

/* Games that have 0, 1, 2, … terms, in thousandths; what is missing to 1,000 has one more. */
static const uint16_t genre_counts[] = {30, 190, 330, 260, 130, 38, 14, 5, 2};
static const uint16_t mode_counts[] = {50, 510, 160, 220, 57, 2};
static const uint16_t theme_counts[] = {140, 380, 280, 130, 50};
static const uint16_t perspective_counts[] = {180, 640, 140, 30};

static const struct {
    const uint16_t *weights, *counts;
    size_t count_kinds;
} shares[SIM_TERM_KINDS] = {
    [SIM_GENRE] = {genre_weights, genre_counts, sizeof(genre_counts) / 2},
    [SIM_GAME_MODE] = {mode_weights, mode_counts, sizeof(mode_counts) / 2},
    [SIM_THEME] = {theme_weights, theme_counts, sizeof(theme_counts) / 2},
    [SIM_PERSPECTIVE] = {perspective_weights, perspective_counts, sizeof(perspective_counts) / 2},
};

struct making {
    struct sim_catalog *catalog;
    struct ll_rand rand;
    struct ll_map twitch_ids, igdb_ids, names;
};

static bool chance(struct making *m, uint64_t in_thousand)
{
    return ll_rand_below(&m->rand, 1000) < in_thousand;
}

/* True when the key was not there yet. */
static bool is_new(struct ll_map *map, uint64_t key)
{
    bool added;
    (void)ll_map_at(map, key, &added);
    return added;
}

/* 2 to 10 digits; most have five to ten. */
static int64_t new_twitch_id(struct making *m)
{
    static const uint16_t digits[] = {0, 0, 4, 25, 80, 250, 390, 15, 30, 130, 76};
    for (;;) {
        uint64_t at = ll_rand_below(&m->rand, 1000);
        size_t n = 2;
        while (at >= digits[n])
            at -= digits[n++];
        int64_t low = 1;
        for (size_t i = 1; i < n; i++)
            low *= 10;
        int64_t high = low * 10 < TWITCH_ID_MAX ? low * 10 : TWITCH_ID_MAX + 1;
        int64_t id = low + (int64_t)ll_rand_below(&m->rand, (uint64_t)(high - low));
        if (is_new(&m->twitch_ids, (uint64_t)id))
            return id;
    }
}

static int64_t new_igdb_id(struct making *m)
{
    for (;;) {
        int64_t id = 1 + (int64_t)ll_rand_below(&m->rand, IGDB_ID_MAX);
        if (is_new(&m->igdb_ids, (uint64_t)id))
            return id;
    }
}

static struct ll_str new_name(struct making *m)
{
    for (;;) {
        struct ll_str name = sim_game_name(&m->catalog->arena, &m->rand);
        if (is_new(&m->names, ll_str_hash(name, 0)))
            return name;
    }
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Distinct terms of one kind, drawn by weight, in ascending order. */
static void draw_terms(struct making *m, struct sim_game *game, enum sim_term_kind kind)
{
    size_t term_count;
    const struct sim_term *terms = sim_terms(kind, &term_count);
    uint64_t at = ll_rand_below(&m->rand, 1000);
    size_t count = 0;
    while (count < shares[kind].count_kinds && at >= shares[kind].counts[count])
        at -= shares[kind].counts[count++];
    bool taken[32] = {false};
    for (size_t i = 0; i < count; i++) {
        uint64_t left = 0;
        for (size_t t = 0; t < term_count; t++)
            left += taken[t] ? 0 : shares[kind].weights[t];
        uint64_t pick = ll_rand_below(&m->rand, left);
        size_t t = 0;
        while (taken[t] || pick >= shares[kind].weights[t]) {
            pick -= taken[t] ? 0 : shares[kind].weights[t];
            t++;
        }
        taken[t] = true;
        game->terms[kind][i] = terms[t].id;
    }
    game->term_count[kind] = count;
    qsort(game->terms[kind], count, sizeof(int64_t), compare_ids);
}

static void make_game(struct making *m, struct sim_category *category)
{
    struct sim_game *game = &m->catalog->games[m->catalog->game_count++];
    int64_t earliest = ll_civil_to_epoch_s((struct ll_civil){.year = 2011, .month = 2, .day = 10});
    int64_t latest = ll_civil_to_epoch_s((struct ll_civil){.year = 2025, .month = 6, .day = 1});
    *game = (struct sim_game){
        .igdb_id = new_igdb_id(m),
        .name = category->name,
        .twitch_id = chance(m, 950) ? category->id : 0,
    };
    if (chance(m, 89))
        game->name = sim_game_name_variant(&m->catalog->arena, &m->rand, category->name);
    game->created_s = earliest + (int64_t)ll_rand_below(&m->rand, (uint64_t)(latest - earliest));
    game->updated_s =
        game->created_s + (int64_t)ll_rand_below(&m->rand, (uint64_t)(latest - game->created_s));
    /* Most are games of the last twenty years; one in five hundred is older than 1970. */
    int64_t age_s =
        (int64_t)(ll_rand_unit(&m->rand) * ll_rand_unit(&m->rand) * 20 * 365 * LL_DAY_S);
    game->first_release_s = (chance(m, 2) ? -400 * (int64_t)LL_DAY_S : latest) - age_s;
    for (int kind = 0; kind < SIM_TERM_KINDS; kind++)
        draw_terms(m, game, (enum sim_term_kind)kind);
    category->igdb_id = game->igdb_id;
}

static void set_weights(struct sim_catalog *catalog)
{
    double sum = 0;
    for (size_t i = 0; i < catalog->category_count; i++)
        sum += catalog->categories[i].weight = pow((double)(i + 1 + HEAD), -1.5);
    for (size_t i = 0; i < catalog->category_count; i++)
        catalog->categories[i].weight /= sum;
}

static void make_non_games(struct making *m)
{
    for (size_t i = 0; i < NON_GAME_COUNT; i++) {
        struct sim_category *category = &m->catalog->categories[non_games[i].rank];
        category->id = non_games[i].id;
        category->name = ll_str_of(non_games[i].name);
        (void)is_new(&m->twitch_ids, (uint64_t)category->id);
        (void)is_new(&m->names, ll_str_hash(category->name, 0));
    }
}

/* A category that is a game and was not touched by an earlier step; `done` marks it. */
static struct sim_category *pick_game(struct making *m, bool *done, size_t from, size_t to)
{
    for (;;) {
        size_t i = from + ll_rand_below(&m->rand, to - from);
        if (!done[i]) {
            done[i] = true;
            return &m->catalog->categories[i];
        }
    }
}

/* Names with several ids, now and then with one game for two ids; games without igdb_id, a few of
 * them among the largest. */
static void make_oddities(struct making *m)
{
    size_t count = m->catalog->category_count;
    bool *done = ll_xcalloc(count, sizeof(*done));
    for (size_t i = 0; i < NON_GAME_COUNT; i++)
        done[non_games[i].rank] = true;
    for (size_t i = 0; i < SHARED_NAMES; i++) {
        struct sim_category *first = pick_game(m, done, 0, count);
        for (int twins = i % 12 == 0 ? 2 : 1; twins > 0; twins--) {
            struct sim_category *twin = pick_game(m, done, 0, count);
            twin->name = first->name;
            if (i % 6 == 5)
                twin->igdb_id = first->igdb_id;
        }
    }
    for (size_t i = 0; i < UNMAPPED_COUNT; i++)
        pick_game(m, done, 0, i < 9 ? 120 : count)->igdb_id = 0;
    pick_game(m, done, 120, count)->name = sim_game_name_longest(&m->catalog->arena, &m->rand);
    free(done);
}

static int compare_games(const void *a, const void *b)
{
    const struct sim_game *x = a, *y = b;
    return compare_ids(&x->igdb_id, &y->igdb_id);
}

struct sim_catalog *sim_catalog_new(uint64_t seed)
{
    struct sim_catalog *catalog = ll_xcalloc(1, sizeof(*catalog));
    struct making m = {.catalog = catalog};
    ll_rand_seed(&m.rand, seed ^ 0x636174616c6f67u);
    catalog->category_count = CATEGORY_COUNT;
    catalog->categories =
        ll_arena_array(&catalog->arena, CATEGORY_COUNT, sizeof(*catalog->categories));
    catalog->games = ll_arena_array(&catalog->arena, CATEGORY_COUNT, sizeof(*catalog->games));
    make_non_games(&m);
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        struct sim_category *category = &catalog->categories[i];
        if (category->id != 0)
            continue;
        category->id = new_twitch_id(&m);
        category->name = new_name(&m);
        make_game(&m, category);
    }
    make_oddities(&m);
    set_weights(catalog);
    qsort(catalog->games, catalog->game_count, sizeof(*catalog->games), compare_games);
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        bool added;
        *ll_map_at(&catalog->category_at, (uint64_t)catalog->categories[i].id, &added) = i;
    }
    ll_map_clear(&m.twitch_ids);
    ll_map_clear(&m.igdb_ids);
    ll_map_clear(&m.names);
    return catalog;
}

void sim_catalog_free(struct sim_catalog *catalog)
{
    if (!catalog)
        return;
    ll_map_clear(&catalog->category_at);
    ll_arena_clear(&catalog->arena);
    free(catalog);
}

const struct sim_category *sim_catalog_category(const struct sim_catalog *catalog, int64_t id)
{
    const uint64_t *at = ll_map_find(&catalog->category_at, (uint64_t)id);
    return at ? &catalog->categories[*at] : NULL;
}

const struct sim_game *sim_catalog_game(const struct sim_catalog *catalog, int64_t igdb_id)
{
    struct sim_game key = {.igdb_id = igdb_id};
    return catalog->game_count == 0
               ? NULL
               : bsearch(&key, catalog->games, catalog->game_count, sizeof(key), compare_games);
}
