#include "pipeline/resources.h"

#define RESOURCE(name_, table_, kind_)                                                             \
    {                                                                                              \
        LL_STR_INIT(name_), table_, LL_STR_INIT(kind_)                                             \
    }
#define LL_STR_INIT(literal)                                                                       \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

static const struct ll_resource resources[] = {
    RESOURCE("streams", LL_TABLE_STREAM, ""),
    RESOURCE("users", LL_TABLE_USER, ""),
    RESOURCE("categories", LL_TABLE_CATEGORY, ""),
    RESOURCE("games", LL_TABLE_GAME, "game"),
    RESOURCE("genre_bridge", LL_TABLE_GAME, "genre_bridge"),
    RESOURCE("game_mode_bridge", LL_TABLE_GAME, "game_mode_bridge"),
    RESOURCE("genres", LL_TABLE_TERM, "genre"),
    RESOURCE("game_modes", LL_TABLE_TERM, "game_mode"),
    RESOURCE("themes", LL_TABLE_TERM, "theme"),
    RESOURCE("player_perspectives", LL_TABLE_TERM, "player_perspective"),
    RESOURCE("languages", LL_TABLE_LANGUAGE, ""),
    RESOURCE("external_games", LL_TABLE_CATEGORY_LINK, ""),
};

const struct ll_resource *ll_resource_find(struct ll_str name)
{
    for (size_t i = 0; i < LL_COUNT(resources); i++)
        if (ll_str_equal(resources[i].name, name))
            return &resources[i];
    return NULL;
}
