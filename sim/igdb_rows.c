#include "sim/igdb_rows.h"

#include <stdlib.h>

#include "base/time.h"
#include "sim/faults.h"

#define FIELD(name, column)                                                                        \
    {                                                                                              \
        {name, sizeof(name) - 1}, column, -1, false                                                \
    }
#define REFERENCES(name, column, endpoint)                                                         \
    {                                                                                              \
        {name, sizeof(name) - 1}, column, (int)(endpoint), true                                    \
    }
#define UNSET(name)                                                                                \
    {                                                                                              \
        {name, sizeof(name) - 1}, IGDB_UNSET, -1, false                                            \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct igdb_field term_fields[] = {
    FIELD("id", IGDB_ID),
    FIELD("created_at", IGDB_CREATED_AT),
    FIELD("name", IGDB_NAME),
    FIELD("slug", IGDB_SLUG),
    FIELD("updated_at", IGDB_UPDATED_AT),
    FIELD("url", IGDB_URL),
    FIELD("checksum", IGDB_CHECKSUM),
};

static const struct igdb_field game_fields[] = {
    FIELD("id", IGDB_ID),
    FIELD("created_at", IGDB_CREATED_AT),
    REFERENCES("external_games", IGDB_GAMES_EXTERNAL_GAMES, IGDB_EXTERNAL_GAMES),
    FIELD("first_release_date", IGDB_FIRST_RELEASE_DATE),
    REFERENCES("game_modes", IGDB_TERMS + (int)SIM_GAME_MODE, SIM_GAME_MODE),
    FIELD("game_type", IGDB_GAME_TYPE),
    REFERENCES("genres", IGDB_TERMS + (int)SIM_GENRE, SIM_GENRE),
    FIELD("name", IGDB_NAME),
    REFERENCES("player_perspectives", IGDB_TERMS + (int)SIM_PERSPECTIVE, SIM_PERSPECTIVE),
    FIELD("slug", IGDB_SLUG),
    REFERENCES("themes", IGDB_TERMS + (int)SIM_THEME, SIM_THEME),
    FIELD("updated_at", IGDB_UPDATED_AT),
    FIELD("url", IGDB_URL),
    FIELD("checksum", IGDB_CHECKSUM),
    UNSET("age_ratings"),
    UNSET("aggregated_rating"),
    UNSET("aggregated_rating_count"),
    UNSET("alternative_names"),
    UNSET("artworks"),
    UNSET("bundles"),
    UNSET("collections"),
    UNSET("cover"),
    UNSET("dlcs"),
    UNSET("expanded_games"),
    UNSET("expansions"),
    UNSET("forks"),
    UNSET("franchise"),
    UNSET("franchises"),
    UNSET("game_engines"),
    UNSET("game_localizations"),
    UNSET("game_status"),
    UNSET("hypes"),
    UNSET("involved_companies"),
    UNSET("keywords"),
    UNSET("language_supports"),
    UNSET("multiplayer_modes"),
    UNSET("parent_game"),
    UNSET("platforms"),
    UNSET("ports"),
    UNSET("rating"),
    UNSET("rating_count"),
    UNSET("release_dates"),
    UNSET("remakes"),
    UNSET("remasters"),
    UNSET("screenshots"),
    UNSET("similar_games"),
    UNSET("standalone_expansions"),
    UNSET("storyline"),
    UNSET("summary"),
    UNSET("tags"),
    UNSET("total_rating"),
    UNSET("total_rating_count"),
    UNSET("version_parent"),
    UNSET("version_title"),
    UNSET("videos"),
    UNSET("websites"),
};

static const struct igdb_field external_fields[] = {
    FIELD("id", IGDB_ID),
    FIELD("created_at", IGDB_CREATED_AT),
    {{"game", 4}, IGDB_GAME, IGDB_GAMES, false},
    FIELD("name", IGDB_NAME),
    FIELD("uid", IGDB_UID),
    FIELD("updated_at", IGDB_UPDATED_AT),
    FIELD("url", IGDB_URL),
    FIELD("checksum", IGDB_CHECKSUM),
    FIELD("external_game_source", IGDB_SOURCE),
    UNSET("countries"),
    UNSET("game_release_format"),
    UNSET("platform"),
    UNSET("year"),
};

static const struct {
    struct ll_str name;
    const struct igdb_field *fields;
    size_t field_count;
} endpoints[IGDB_ENDPOINTS] = {
    [SIM_GENRE] = {{"genres", 6}, term_fields, COUNT(term_fields)},
    [SIM_GAME_MODE] = {{"game_modes", 10}, term_fields, COUNT(term_fields)},
    [SIM_THEME] = {{"themes", 6}, term_fields, COUNT(term_fields)},
    [SIM_PERSPECTIVE] = {{"player_perspectives", 19}, term_fields, COUNT(term_fields)},
    [IGDB_GAMES] = {{"games", 5}, game_fields, COUNT(game_fields)},
    [IGDB_EXTERNAL_GAMES] = {{"external_games", 14}, external_fields, COUNT(external_fields)},
};

bool igdb_endpoint_parse(struct ll_str name, enum igdb_endpoint *ret)
{
    for (int i = 0; i < IGDB_ENDPOINTS; i++)
        if (ll_str_equal(endpoints[i].name, name)) {
            *ret = (enum igdb_endpoint)i;
            return true;
        }
    return false;
}

const struct igdb_field *igdb_fields(enum igdb_endpoint endpoint, size_t *ret_count)
{
    *ret_count = endpoints[endpoint].field_count;
    return endpoints[endpoint].fields;
}

int igdb_field_find(enum igdb_endpoint endpoint, struct ll_str name)
{
    for (size_t i = 0; i < endpoints[endpoint].field_count; i++)
        if (ll_str_equal(endpoints[endpoint].fields[i].name, name))
            return (int)i;
    return -1;
}

bool igdb_fault(const struct igdb_tables *tables, int n, int64_t salt)
{
    return tables->faults && sim_fault(tables->faults, n, tables->request_number, salt);
}

/* --- how games change with time */

#define CHANGE_EVERY_S (200 * (int64_t)LL_DAY_S) /* on average: 0.5 % a day */
#define GONE_IN_THOUSAND 8                       /* within the ten years from GONE_FROM_S */
#define GONE_FROM_S 1735689600                   /* 2025-01-01 */
#define TWITCH 14
#define STEAM 1

/* Stable between versions, as the whole world follows from its seed. */
static uint64_t mix(int64_t a, int64_t b)
{
    uint64_t z = (uint64_t)a * 0x9e3779b97f4a7c15u + (uint64_t)b;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Time is cut into blocks, shifted for each game; in each block lies one change. */
static int64_t last_change(const struct igdb_tables *tables, int64_t igdb_id, int64_t *ret_block)
{
    int64_t shift = (int64_t)(mix(igdb_id, 1) % (uint64_t)CHANGE_EVERY_S);
    int64_t block = (tables->now_s + shift) / CHANGE_EVERY_S;
    for (;; block--) {
        uint64_t within = mix(igdb_id, 1000 + block) % (uint64_t)CHANGE_EVERY_S;
        int64_t at_s = block * CHANGE_EVERY_S + (int64_t)within - shift;
        if (at_s <= tables->now_s) {
            *ret_block = block;
            return at_s;
        }
    }
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Takes a genre away or, if the game did not have it, adds it. */
static void toggle_genre(struct sim_game *game, int64_t genre)
{
    int64_t *ids = game->terms[SIM_GENRE];
    size_t *count = &game->term_count[SIM_GENRE];
    for (size_t i = 0; i < *count; i++)
        if (ids[i] == genre) {
            ids[i] = ids[--*count];
            qsort(ids, *count, sizeof(*ids), compare_ids);
            return;
        }
    if (*count < COUNT(game->terms[SIM_GENRE]))
        ids[(*count)++] = genre;
    qsort(ids, *count, sizeof(*ids), compare_ids);
}

static bool is_gone(const struct igdb_tables *tables, int64_t igdb_id)
{
    uint64_t fate = mix(igdb_id, 2);
    int64_t at_s = GONE_FROM_S + (int64_t)(fate / 1000 % (3650 * (uint64_t)LL_DAY_S));
    return tables->is_invented && fate % 1000 < GONE_IN_THOUSAND && tables->now_s >= at_s;
}

static void read_game(const struct igdb_tables *tables, const struct sim_game *game,
                      struct igdb_row *row)
{
    row->game = *game;
    if (!tables->is_invented)
        return;
    int64_t block;
    int64_t changed_s = last_change(tables, game->igdb_id, &block);
    if (changed_s <= game->updated_s)
        return;
    row->game.updated_s = changed_s;
    uint64_t how = mix(game->igdb_id, 5000 + block);
    if (how % 4 == 0)
        toggle_genre(&row->game,
                     tables->terms[SIM_GENRE][how / 4 % tables->term_count[SIM_GENRE]].id);
}

/* --- rows */

#define EXTERNAL_ID_STEP                                                                           \
    1000000 /* above every igdb_id: ids of external rows come source by source */

size_t igdb_row_count(const struct igdb_tables *tables, enum igdb_endpoint endpoint)
{
    if (endpoint == IGDB_GAMES)
        return tables->catalog->game_count;
    if (endpoint == IGDB_EXTERNAL_GAMES)
        return tables->catalog->game_count * 2;
    return tables->term_count[endpoint];
}

static bool external_row(const struct igdb_tables *tables, size_t at, struct igdb_row *row)
{
    const struct sim_catalog *catalog = tables->catalog;
    const struct sim_game *game = &catalog->games[at % catalog->game_count];
    row->source = at < catalog->game_count ? STEAM : TWITCH;
    if (row->source == STEAM ? !tables->is_invented : game->twitch_id == 0)
        return false;
    row->id = EXTERNAL_ID_STEP * (row->source == STEAM ? 1 : 2) + game->igdb_id;
    const struct sim_game *owner = game;
    if (is_gone(tables, game->igdb_id)) { /* merged into its neighbour, or deleted */
        owner = game + 1 < catalog->games + catalog->game_count ? game + 1 : catalog->games;
        if (mix(game->igdb_id, 3) % 2 == 0 || is_gone(tables, owner->igdb_id))
            return false;
    }
    read_game(tables, owner, row);
    row->game.twitch_id = game->twitch_id;
    return true;
}

bool igdb_row_at(const struct igdb_tables *tables, enum igdb_endpoint endpoint, size_t at,
                 struct igdb_row *ret_row)
{
    struct igdb_row row = {.endpoint = endpoint};
    if (endpoint == IGDB_EXTERNAL_GAMES) {
        if (!external_row(tables, at, &row))
            return false;
    } else if (endpoint == IGDB_GAMES) {
        const struct sim_game *game = &tables->catalog->games[at];
        if (is_gone(tables, game->igdb_id))
            return false;
        row.id = game->igdb_id;
        read_game(tables, game, &row);
    } else {
        row.term = &tables->terms[endpoint][at];
        row.id = row.term->id;
    }
    *ret_row = row;
    return true;
}

bool igdb_row_find(const struct igdb_tables *tables, enum igdb_endpoint endpoint, int64_t id,
                   struct igdb_row *ret_row)
{
    const struct sim_catalog *catalog = tables->catalog;
    if (endpoint < IGDB_GAMES) {
        for (size_t i = 0; i < tables->term_count[endpoint]; i++)
            if (tables->terms[endpoint][i].id == id)
                return igdb_row_at(tables, endpoint, i, ret_row);
        return false;
    }
    bool is_external = endpoint == IGDB_EXTERNAL_GAMES;
    const struct sim_game *game =
        sim_catalog_game(catalog, is_external ? id % EXTERNAL_ID_STEP : id);
    if (!game)
        return false;
    size_t at = (size_t)(game - catalog->games);
    if (is_external && id / EXTERNAL_ID_STEP == 2)
        at += catalog->game_count;
    return igdb_row_at(tables, endpoint, at, ret_row);
}

/* --- values */

static struct ll_str slug_of(struct ll_arena *arena, const struct igdb_row *row)
{
    if (row->term)
        return ll_str_of(row->term->slug);
    struct ll_str name = row->game.name;
    char *slug = ll_arena_alloc(arena, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            slug[len++] = c;
        else if (len > 0 && slug[len - 1] != '-')
            slug[len++] = '-';
    }
    if (len == 0)
        return ll_arena_printf(arena, "game-%lld", (long long)row->id);
    return (struct ll_str){slug, len - (slug[len - 1] == '-')};
}

static struct ll_str url_of(struct ll_arena *arena, const struct igdb_row *row)
{
    if (row->endpoint == IGDB_EXTERNAL_GAMES)
        return ll_arena_printf(arena, "https://%s/%lld",
                               row->source == TWITCH ? "www.twitch.tv/directory/game"
                                                     : "store.steampowered.com/app",
                               (long long)row->id);
    return ll_arena_printf(arena, "https://www.igdb.com/%.*s/%.*s",
                           LL_FMT(endpoints[row->endpoint].name), LL_FMT(slug_of(arena, row)));
}

/* Changes with the content, as the real one does. */
static struct ll_str checksum_of(struct ll_arena *arena, const struct igdb_row *row)
{
    uint64_t a = mix(row->id, row->game.updated_s), b = mix(row->id + row->endpoint, 4);
    return ll_arena_printf(arena, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                           (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff),
                           (unsigned)(b >> 48), (unsigned long long)(b & 0xffffffffffff));
}

static size_t one_number(struct sim_scalar *ret, int64_t number)
{
    *ret = (struct sim_scalar){.kind = SIM_NUMBER, .number = number};
    return 1;
}

static size_t one_text(struct sim_scalar *ret, struct ll_str text)
{
    *ret = (struct sim_scalar){.kind = SIM_TEXT, .text = text};
    return 1;
}

/* Times of the small tables: they were made in 2011 and hardly changed since. */
static size_t time_value(const struct igdb_row *row, int64_t of_game_s, struct sim_scalar *ret)
{
    if (row->term)
        return one_number(ret, 1297639288 + row->id);
    return of_game_s == 0 ? 0 : one_number(ret, of_game_s);
}

static size_t release_date(const struct igdb_tables *tables, const struct igdb_row *row,
                           struct sim_scalar *ret)
{
    if (igdb_fault(tables, 53, row->id))
        return one_number(ret, row->id % 2 == 0 ? -62135596800 : 253402300799000);
    return time_value(row, row->game.first_release_s, ret);
}

static size_t uid_value(const struct igdb_tables *tables, const struct igdb_row *row,
                        struct sim_scalar *ret)
{
    int64_t uid =
        row->source == TWITCH ? row->game.twitch_id : (int64_t)(mix(row->id, 6) % 3000000) + 10;
    return one_text(ret, ll_arena_printf(tables->arena, "%lld", (long long)uid));
}

static size_t external_ids(const struct igdb_tables *tables, const struct igdb_row *row,
                           struct sim_scalar *ret)
{
    size_t count = 0;
    struct igdb_row external;
    for (int64_t step = 1; step <= 2; step++)
        if (igdb_row_find(tables, IGDB_EXTERNAL_GAMES, EXTERNAL_ID_STEP * step + row->id,
                          &external))
            count += one_number(&ret[count], external.id);
    return count;
}

static size_t term_ids(const struct igdb_tables *tables, const struct igdb_row *row,
                       enum sim_term_kind kind, struct sim_scalar *ret, size_t capacity)
{
    if (igdb_fault(tables, 48, row->id * SIM_TERM_KINDS + (int64_t)kind))
        return 0;
    size_t count = row->game.term_count[kind];
    for (size_t i = 0; i < count && i < capacity; i++)
        one_number(&ret[i], row->game.terms[kind][i]);
    return count;
}

size_t igdb_row_values(const struct igdb_tables *tables, const struct igdb_row *row,
                       enum igdb_column column, struct sim_scalar *ret, size_t capacity)
{
    switch (column) {
    case IGDB_ID:
        return one_number(ret, row->id);
    case IGDB_NAME:
        return one_text(ret, row->term ? ll_str_of(row->term->name) : row->game.name);
    case IGDB_SLUG:
        return one_text(ret, slug_of(tables->arena, row));
    case IGDB_URL:
        return one_text(ret, url_of(tables->arena, row));
    case IGDB_CREATED_AT:
        return time_value(row, row->game.created_s, ret);
    case IGDB_UPDATED_AT:
        return time_value(row, row->game.updated_s, ret);
    case IGDB_CHECKSUM:
        return one_text(ret, checksum_of(tables->arena, row));
    case IGDB_FIRST_RELEASE_DATE:
        return release_date(tables, row, ret);
    case IGDB_GAME_TYPE:
        return one_number(ret, 0);
    case IGDB_GAMES_EXTERNAL_GAMES:
        return external_ids(tables, row, ret);
    case IGDB_GAME:
        return one_number(ret, row->game.igdb_id);
    case IGDB_UID:
        return uid_value(tables, row, ret);
    case IGDB_SOURCE:
        return one_number(ret, row->source);
    case IGDB_UNSET:
        return 0;
    default:
        return term_ids(tables, row, (enum sim_term_kind)(column - IGDB_TERMS), ret, capacity);
    }
}
