/* IGDB's small tables as they are: genres, game modes, themes, player perspectives. */
#include <assert.h>

#include "sim/catalog.h"

static const struct sim_term genres[] = {
    {2, "point-and-click", "Point-and-click"},
    {4, "fighting", "Fighting"},
    {5, "shooter", "Shooter"},
    {7, "music", "Music"},
    {8, "platform", "Platform"},
    {9, "puzzle", "Puzzle"},
    {10, "racing", "Racing"},
    {11, "real-time-strategy-rts", "Real Time Strategy (RTS)"},
    {12, "role-playing-rpg", "Role-playing (RPG)"},
    {13, "simulator", "Simulator"},
    {14, "sport", "Sport"},
    {15, "strategy", "Strategy"},
    {16, "turn-based-strategy-tbs", "Turn-based strategy (TBS)"},
    {24, "tactical", "Tactical"},
    {25, "hack-and-slash-beat-em-up", "Hack and slash/Beat 'em up"},
    {26, "quiz-trivia", "Quiz/Trivia"},
    {30, "pinball", "Pinball"},
    {31, "adventure", "Adventure"},
    {32, "indie", "Indie"},
    {33, "arcade", "Arcade"},
    {34, "visual-novel", "Visual Novel"},
    {35, "card-and-board-game", "Card & Board Game"},
    {36, "moba", "MOBA"},
};

static const struct sim_term game_modes[] = {
    {1, "single-player", "Single player"},
    {2, "multiplayer", "Multiplayer"},
    {3, "co-operative", "Co-operative"},
    {4, "split-screen", "Split screen"},
    {5, "massively-multiplayer-online-mmo", "Massively Multiplayer Online (MMO)"},
    {6, "battle-royale", "Battle Royale"},
};

static const struct sim_term themes[] = {
    {1, "action", "Action"},
    {17, "fantasy", "Fantasy"},
    {18, "science-fiction", "Science fiction"},
    {19, "horror", "Horror"},
    {20, "thriller", "Thriller"},
    {21, "survival", "Survival"},
    {22, "historical", "Historical"},
    {23, "stealth", "Stealth"},
    {27, "comedy", "Comedy"},
    {28, "business", "Business"},
    {31, "drama", "Drama"},
    {32, "non-fiction", "Non-fiction"},
    {33, "sandbox", "Sandbox"},
    {34, "educational", "Educational"},
    {35, "kids", "Kids"},
    {38, "open-world", "Open world"},
    {39, "warfare", "Warfare"},
    {40, "party", "Party"},
    {41, "4x-explore-expand-exploit-and-exterminate",
     "4X (explore, expand, exploit, and exterminate)"},
    {42, "erotic", "Erotic"},
    {43, "mystery", "Mystery"},
    {44, "romance", "Romance"},
};

static const struct sim_term perspectives[] = {
    {1, "first-person", "First person"},
    {2, "third-person", "Third person"},
    {3, "bird-view-slash-isometric", "Bird view / Isometric"},
    {4, "side-view", "Side view"},
    {5, "text", "Text"},
    {6, "auditory", "Auditory"},
    {7, "virtual-reality", "Virtual Reality"},
};

const struct sim_term *sim_terms(enum sim_term_kind kind, size_t *ret_count)
{
    static const struct {
        const struct sim_term *terms;
        size_t count;
    } tables[SIM_TERM_KINDS] = {
        [SIM_GENRE] = {genres, sizeof(genres) / sizeof(*genres)},
        [SIM_GAME_MODE] = {game_modes, sizeof(game_modes) / sizeof(*game_modes)},
        [SIM_THEME] = {themes, sizeof(themes) / sizeof(*themes)},
        [SIM_PERSPECTIVE] = {perspectives, sizeof(perspectives) / sizeof(*perspectives)},
    };
    assert(kind >= 0 && kind < SIM_TERM_KINDS);
    *ret_count = tables[kind].count;
    return tables[kind].terms;
}
