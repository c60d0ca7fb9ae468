/* Invented names of games. */
#ifndef SIM_GAME_NAMES_H
#define SIM_GAME_NAMES_H

#include "base/arena.h"
#include "base/rand.h"

#define SIM_GAME_NAME_MAX 108 /* characters; the longest one seen */

/* A name of one to nine words, now and then with a number, a subtitle, or letters beyond ASCII. */
struct ll_str sim_game_name(struct ll_arena *arena, struct ll_rand *rand);
/* One of exactly SIM_GAME_NAME_MAX characters. */
struct ll_str sim_game_name_longest(struct ll_arena *arena, struct ll_rand *rand);
/* The same game as the other service spells it: never equal to `name`. */
struct ll_str sim_game_name_variant(struct ll_arena *arena, struct ll_rand *rand,
                                    struct ll_str name);

#endif
