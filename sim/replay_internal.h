/* What a folder of captures holds, as replay_load.c reads it and replay.c serves it. */
#ifndef SIM_REPLAY_INTERNAL_H
#define SIM_REPLAY_INTERNAL_H

#include "sim/replay.h"
#include "source/origin/origin.h"

/* Columns by which rows are looked up; texts, "" where the row has none. */
enum replay_key {
    REPLAY_ID,
    REPLAY_USER_ID,
    REPLAY_USER_LOGIN,
    REPLAY_GAME_ID,
    REPLAY_LANGUAGE,
    REPLAY_LOGIN,
    REPLAY_NAME,
    REPLAY_IGDB_ID,
    REPLAY_KEYS
};

struct replay_row {
    struct ll_str bytes; /* the JSON object to serve */
    struct ll_str keys[REPLAY_KEYS];
};

/* The rows of one slot, or of one instant's dumps, in file order. */
struct replay_dump {
    int64_t at_ms;
    struct replay_row *rows;
    size_t count, capacity;
};

struct replay_dumps {
    struct replay_dump *items; /* ascending by at_ms */
    size_t count;
};

struct sim_replay {
    struct ll_arena arena; /* bytes and texts */
    struct replay_dumps streams, users, categories;
    struct sim_catalog catalog; /* its games alone */
    size_t game_capacity;
    struct ll_map game_at; /* while loading: igdb_id -> index */
    struct sim_term *terms[SIM_TERM_KINDS];
    size_t term_count[SIM_TERM_KINDS];
    size_t left_out;
};

extern const struct ll_str replay_key_names[REPLAY_KEYS];

/* Adds one file's records. LL_CORRUPT says where it is no JSON of the expected form. */
enum ll_status replay_load(struct sim_replay *replay, const struct ll_origin_file *file,
                           struct ll_str text, int64_t at_ms, struct ll_error *err) LL_MUST_CHECK;

#endif
