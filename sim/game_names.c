#include "sim/game_names.h"

#include <string.h>

#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(rand, array) ((array)[ll_rand_below((rand), COUNT(array))])

static const char *const adjectives[] = {
    "Amber",   "Ashen",  "Broken", "Copper",   "Crooked", "Distant",   "Drowned",  "Electric",
    "Endless", "Fallen", "Feral",  "Frozen",   "Gilded",  "Hollow",    "Infinite", "Jagged",
    "Last",    "Lunar",  "Merry",  "Midnight", "Muddy",   "Neon",      "Outer",    "Paper",
    "Quiet",   "Rusty",  "Salted", "Scarlet",  "Secret",  "Silent",    "Sleepy",   "Solar",
    "Spare",   "Sunken", "Tiny",   "Twisted",  "Velvet",  "Wandering", "Wicked",   "Wooden",
};
static const char *const nouns[] = {
    "Abyss",     "Anvil",     "Archive",   "Bakery",     "Beacon",     "Bridge",    "Caravan",
    "Castle",    "Citadel",   "Comet",     "Courier",    "Cradle",     "Dominion",  "Dragoons",
    "Embers",    "Engine",    "Factory",   "Farm",       "Ferry",      "Frontier",  "Garden",
    "Glacier",   "Gravity",   "Harbor",    "Hunters",    "Island",     "Kingdom",   "Kitchen",
    "Labyrinth", "Lantern",   "Legion",    "Lighthouse", "Machine",    "Market",    "Meadow",
    "Mirage",    "Monolith",  "Mountain",  "Nomads",     "Orchard",    "Outpost",   "Parade",
    "Pilgrims",  "Planet",    "Quarry",    "Raiders",    "Reactor",    "Reckoning", "Republic",
    "Rivals",    "Sanctuary", "Satellite", "Serpent",    "Shogun",     "Signal",    "Squadron",
    "Station",   "Tavern",    "Tempest",   "Throne",     "Tournament", "Tundra",    "Valley",
    "Voyage",
};
static const char *const openings[] = {"Tales", "Legend", "Chronicles", "Return", "Fall", "Song",
                                       "Order", "Rise",   "Echoes",     "Dawn",   "Heirs"};
static const char *const single_starts[] = {
    "Aer", "Bro", "Cal", "Dra", "Eld", "Fen", "Gor", "Hex", "Ith", "Jor", "Kel", "Lum", "Mor",
    "Nym", "Oss", "Pyr", "Qua", "Rav", "Syl", "Tor", "Umb", "Val", "Wyr", "Xen", "Yor", "Zan"};
static const char *const single_middles[] = {"a", "e", "i", "o", "u", "ari", "eno", "ilo", "ora"};
static const char *const single_ends[] = {"craft",  "dia",  "fall", "gard", "heim",  "lith",
                                          "mancer", "nox",  "punk", "ria",  "scape", "ton",
                                          "vale",   "ward", "zone", ".io"};
static const char *const beyond_ascii[] = {"Élan",   "Ætherwald", "Übersee",   "Niño",
                                           "Ōdori",  "Świt",      "Čarodej",   "Ğeçit",
                                           "Пролив", "夜の灯台",  "별의 항구", "Sjömärke"};
static const char *const endings[] = {
    "Online",  "Remastered", "Simulator", "Tycoon",    "Evolved", "Deluxe", "Definitive Edition",
    "Tactics", "VR",         "Royale",    "Unlimited", "Manager", "Rumble", "& Friends",
    "64"};
static const char *const numerals[] = {"II", "III", "IV", "V", "VI", "2", "3", "4", "5", "7"};

static bool chance(struct ll_rand *rand, uint64_t in_thousand)
{
    return ll_rand_below(rand, 1000) < in_thousand;
}

static void add(struct ll_buf *text, const char *word)
{
    if (text->len > 0)
        ll_buf_add_char(text, ' ');
    ll_buf_add(text, ll_str_of(word));
}

static void add_single(struct ll_buf *text, struct ll_rand *rand)
{
    if (text->len > 0)
        ll_buf_add_char(text, ' ');
    ll_buf_printf(text, "%s%s%s", PICK(rand, single_starts), PICK(rand, single_middles),
                  PICK(rand, single_ends));
}

static void add_title(struct ll_buf *text, struct ll_rand *rand)
{
    switch (ll_rand_below(rand, 6)) {
    case 0:
        add_single(text, rand);
        break;
    case 1:
        add(text, "The");
        add(text, PICK(rand, adjectives));
        add(text, PICK(rand, nouns));
        break;
    case 2:
        add(text, PICK(rand, openings));
        add(text, "of the");
        add(text, PICK(rand, adjectives));
        add(text, PICK(rand, nouns));
        break;
    case 3:
        add(text, PICK(rand, nouns));
        add(text, "and");
        add(text, PICK(rand, nouns));
        break;
    default:
        add(text, PICK(rand, adjectives));
        add(text, PICK(rand, nouns));
    }
}

struct ll_str sim_game_name(struct ll_arena *arena, struct ll_rand *rand)
{
    struct ll_buf text = {0};
    if (chance(rand, 20))
        add(&text, PICK(rand, beyond_ascii));
    else
        add_title(&text, rand);
    if (chance(rand, 260))
        add(&text, PICK(rand, numerals));
    if (chance(rand, 220)) {
        ll_buf_add(&text, chance(rand, 700) ? LL_STR(": ") : LL_STR(" - "));
        struct ll_buf subtitle = {0};
        add_title(&subtitle, rand);
        ll_buf_add(&text, ll_buf_str(&subtitle));
        ll_buf_clear(&subtitle);
    } else if (chance(rand, 180)) {
        add(&text, PICK(rand, endings));
    }
    struct ll_str name = ll_arena_copy(arena, ll_buf_str(&text));
    ll_buf_clear(&text);
    return name;
}

struct ll_str sim_game_name_longest(struct ll_arena *arena, struct ll_rand *rand)
{
    struct ll_buf text = {0};
    while (text.len < SIM_GAME_NAME_MAX + 2)
        add_title(&text, rand);
    text.len = SIM_GAME_NAME_MAX - 1; /* titles are ASCII: bytes are characters */
    ll_buf_add_char(&text, '!');
    struct ll_str name = ll_arena_copy(arena, ll_buf_str(&text));
    ll_buf_clear(&text);
    return name;
}

struct ll_str sim_game_name_variant(struct ll_arena *arena, struct ll_rand *rand,
                                    struct ll_str name)
{
    struct ll_str rest = name, head;
    switch (ll_rand_below(rand, 4)) {
    case 0: /* without its subtitle */
        if (ll_str_split(&rest, ':', &head) && rest.ptr && head.len > 0)
            return ll_arena_copy(arena, head);
        return ll_arena_printf(arena, "%.*s™", LL_FMT(name));
    case 1: /* the article dropped, or set before it */
        if (ll_str_starts_with(name, LL_STR("The ")))
            return ll_arena_copy(arena, ll_str_sub(name, 4, name.len));
        return ll_arena_printf(arena, "The %.*s", LL_FMT(name));
    case 2:
        return ll_arena_printf(arena, "%.*s: %s", LL_FMT(name), PICK(rand, endings));
    default:
        return ll_arena_printf(arena, "%.*s (%d)", LL_FMT(name),
                               (int)(1990 + ll_rand_below(rand, 36)));
    }
}
