/* Categories of Twitch and games of IGDB, and how they belong together (contract C.4, D.6, D.7).
 * Genres, game modes, themes and player perspectives are the real tables; category and game names
 * are invented, but for the large categories that are no games (Just Chatting, …), whose ids and
 * names are public facts. */
#ifndef SIM_CATALOG_H
#define SIM_CATALOG_H

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

struct sim_term {
    int64_t id;
    const char *slug, *name;
};

enum sim_term_kind { SIM_GENRE, SIM_GAME_MODE, SIM_THEME, SIM_PERSPECTIVE, SIM_TERM_KINDS };

struct sim_game {
    int64_t igdb_id;
    struct ll_str name;
    int64_t first_release_s, created_s, updated_s;
    int64_t terms[SIM_TERM_KINDS][12]; /* ids */
    size_t term_count[SIM_TERM_KINDS]; /* 0: IGDB leaves the field out */
    int64_t twitch_id;                 /* external_games row of source 14; 0 = none */
};

struct sim_category {
    int64_t id;
    struct ll_str name;
    int64_t igdb_id; /* as Helix says it; 0 = "" */
    double weight;   /* share of the streams; all sum to 1 */
};

struct sim_catalog {
    struct ll_arena arena;
    struct sim_category *categories; /* by weight, largest first */
    size_t category_count;
    struct sim_game *games; /* by igdb_id */
    size_t game_count;
    struct ll_map category_at; /* id -> index */
};

const struct sim_term *sim_terms(enum sim_term_kind kind, size_t *ret_count);
struct sim_catalog *sim_catalog_new(uint64_t seed); /* about 4,600 categories */
void sim_catalog_free(struct sim_catalog *catalog);
const struct sim_category *sim_catalog_category(const struct sim_catalog *catalog, int64_t id);
const struct sim_game *sim_catalog_game(const struct sim_catalog *catalog, int64_t igdb_id);

#endif
