/* What the parts of a reference refresh share. */
#ifndef LL_COLLECT_REFERENCE_INTERNAL_H
#define LL_COLLECT_REFERENCE_INTERNAL_H

#include "base/map.h"
#include "base/time.h"
#include "collect/recorder.h"
#include "collect/reference.h"

/* In the order in which they are asked for. */
enum ll_reference {
    LL_REFERENCE_CATEGORIES,
    LL_REFERENCE_EXTERNAL_GAMES,
    LL_REFERENCE_GAMES,
    LL_REFERENCE_GENRES,
    LL_REFERENCE_GAME_MODES,
    LL_REFERENCE_THEMES,
    LL_REFERENCE_PLAYER_PERSPECTIVES,
};

#define LL_REFERENCE_DAY_S LL_DAY_S
#define LL_REFERENCE_WEEK_S (7 * LL_DAY_S)
#define LL_REFERENCE_WINDOW_S (8 * LL_DAY_S) /* how far back raw is read */

struct ll_str ll_reference_name(enum ll_reference resource); /* "categories", … */

/* One id of Twitch or IGDB, by what the raw layer says. Times are slots; 0 = not in the window. */
struct ll_known {
    int64_t id;
    int64_t asked_s; /* last asked for, in any way */
    int64_t full_s;  /* last asked for with all fields */
    int64_t came_s;  /* last met in an answer */
    int64_t link;    /* igdb_id of a category, game of a link; 0 = none */
    bool queued;     /* is being asked for */
};

struct ll_known_set {
    struct ll_known *list; /* in the order met */
    size_t count, capacity;
    struct ll_map by_id;
};

struct ll_known *ll_known_at(struct ll_known_set *set, int64_t id); /* until the next call */
const struct ll_known *ll_known_find(const struct ll_known_set *set, int64_t id); /* NULL */

/* reference_rows.c: the rows of one answer, as far as a refresh needs them. */
struct ll_reference_row {
    int64_t id;   /* by which it was asked for; 0 when it is no number */
    int64_t link; /* 0 = none */
};
struct ll_reference_rows {
    struct ll_reference_row *rows;
    size_t count, capacity;
    struct ll_arena arena;
};
/* Replaces what *rows held. LL_CORRUPT when the body is not wholly of the resource's form: of IGDB
 * an array of objects with ids (F 49), of Twitch an object with such an array as `data`. */
enum ll_status ll_reference_rows_read(struct ll_reference_rows *rows, enum ll_reference resource,
                                      struct ll_str body, struct ll_error *err) LL_MUST_CHECK;
void ll_reference_rows_clear(struct ll_reference_rows *rows);

/* reference_memory.c */
struct ll_reference_memory {
    int64_t slot_s;
    bool loaded;
    struct ll_known_set categories;             /* of the last day */
    struct ll_known_set links;                  /* external_games of the last day, by category */
    struct ll_known_set games;                  /* of the window */
    int64_t complete_s[LL_REFERENCE_RESOURCES]; /* the last complete dump; 0 = none */
    bool in_slot[LL_REFERENCE_RESOURCES];       /* this slot has a dump already */
};

/* A question and its answer. */
struct ll_reference_exchange {
    enum ll_reference resource;
    int64_t at_s;
    struct ll_str target, body; /* of the request */
    const struct ll_reference_rows *rows;
};

/* Makes *memory what raw says before a refresh at the slot. What was loaded for an earlier slot,
 * and taken since, is not read again. */
enum ll_status ll_reference_memory_at(struct ll_store *store, int64_t slot_s,
                                      struct ll_reference_memory *memory,
                                      struct ll_error *err) LL_MUST_CHECK;
void ll_reference_memory_take(struct ll_reference_memory *memory,
                              const struct ll_reference_exchange *exchange);
/* Whether a game was asked for what has changed since, not for all its fields. */
bool ll_igdb_asks_changes(struct ll_str body);
void ll_reference_memory_clear(struct ll_reference_memory *memory);

/* One resource's dump on its way. */
struct ll_dump {
    struct ll_recorder *recorder; /* NULL until something is asked */
    int64_t started_ms, finished_ms, requests, errors;
    bool failed; /* something that was asked has no answer */
};

/* A request on its way. */
struct ll_reference_job {
    struct ll_reference_job *next; /* of all of the refresh */
    enum ll_reference resource;
    int64_t *ids; /* NULL: all rows */
    size_t id_count;
    int64_t since_s; /* games: only what has changed since; 0 = all fields */
    int asks;
    struct ll_reference_rows rows;
};

struct ll_refresh {
    const struct ll_reference_options *options;
    struct ll_reference_report *report;
    struct ll_igdb_dropped *dropped;
    struct ll_reference_memory *memory;
    struct ll_dump dumps[LL_REFERENCE_RESOURCES];
    struct ll_reference_job *jobs; /* not freed before the end: few */
    bool igdb_down;                /* nothing more is asked of it this time */
};

/* reference.c: queues a request for these ids (copied), opening the dump. The job's text is made by
 * the resource's own file. */
enum ll_status ll_reference_ask(struct ll_refresh *refresh, const struct ll_reference_job *what,
                                struct ll_error *err) LL_MUST_CHECK;

/* categories.c, igdb.c: what is due, batch by batch, to ll_reference_ask. */
enum ll_status ll_categories_ask(struct ll_refresh *refresh, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_igdb_ask_links(struct ll_refresh *refresh, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_igdb_ask_terms(struct ll_refresh *refresh, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_igdb_ask_games(struct ll_refresh *refresh, struct ll_error *err) LL_MUST_CHECK;
/* A job's target, and the body of IGDB's. */
void ll_categories_write(const struct ll_reference_job *job, struct ll_buf *target);
void ll_igdb_write(const struct ll_reference_job *job, const struct ll_igdb_dropped *dropped,
                   struct ll_buf *target, struct ll_buf *body);
/* Whether a refused job may go again, without the field that IGDB does not know (F 50). */
bool ll_igdb_drop_field(struct ll_igdb_dropped *dropped, const struct ll_reference_job *job,
                        struct ll_str answer);
/* Whether the answer may lack rows that its limit cut off. */
bool ll_igdb_is_full(const struct ll_reference_job *job);

#endif
