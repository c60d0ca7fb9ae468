/* IGDB's endpoints as tables: which fields they have, and the values of each row at a given time.
 *
 * Time passes in the invented catalog: 0.5 % of the games change each day (a new updated_at and
 * checksum, one time in four other genres), and a few are deleted or merged into another. */
#ifndef SIM_IGDB_ROWS_H
#define SIM_IGDB_ROWS_H

#include "sim/apicalypse.h"
#include "sim/catalog.h"
#include "sim/sim.h"

/* The first ones are those of enum sim_term_kind. */
enum igdb_endpoint { IGDB_GAMES = SIM_TERM_KINDS, IGDB_EXTERNAL_GAMES, IGDB_ENDPOINTS };

enum igdb_column {
    IGDB_UNSET, /* a field that exists, but that no row has */
    IGDB_ID,
    IGDB_NAME,
    IGDB_SLUG,
    IGDB_URL,
    IGDB_CREATED_AT,
    IGDB_UPDATED_AT,
    IGDB_CHECKSUM,
    IGDB_FIRST_RELEASE_DATE,
    IGDB_GAME_TYPE,
    IGDB_TERMS, /* the first of SIM_TERM_KINDS columns */
    IGDB_GAMES_EXTERNAL_GAMES = IGDB_TERMS + SIM_TERM_KINDS,
    IGDB_GAME,
    IGDB_UID,
    IGDB_SOURCE,
};

struct igdb_field {
    struct ll_str name;
    enum igdb_column column;
    int refers_to; /* an endpoint; -1 = no reference */
    bool is_list;
};

struct igdb_tables {
    const struct sim_catalog *catalog;
    const struct sim_term *terms[SIM_TERM_KINDS];
    size_t term_count[SIM_TERM_KINDS];
    bool is_invented; /* else from captures, where nothing moves */
    int64_t now_s, request_number;
    struct sim_faults *faults; /* NULL = none */
    struct ll_arena *arena;    /* of the request */
};

struct igdb_row {
    enum igdb_endpoint endpoint;
    int64_t id;
    struct sim_game game; /* as it is now; of an external_games row, what it belongs to */
    const struct sim_term *term;
    int64_t source; /* of external_games */
};

/* False when there is no such endpoint. */
bool igdb_endpoint_parse(struct ll_str name, enum igdb_endpoint *ret) LL_MUST_CHECK;
const struct igdb_field *igdb_fields(enum igdb_endpoint endpoint, size_t *ret_count);
/* Index of a field; -1 when there is none. */
int igdb_field_find(enum igdb_endpoint endpoint, struct ll_str name);
size_t igdb_row_count(const struct igdb_tables *tables, enum igdb_endpoint endpoint);
/* By position, in the order of ids. False when nothing is there (any more). */
bool igdb_row_at(const struct igdb_tables *tables, enum igdb_endpoint endpoint, size_t at,
                 struct igdb_row *ret_row) LL_MUST_CHECK;
bool igdb_row_find(const struct igdb_tables *tables, enum igdb_endpoint endpoint, int64_t id,
                   struct igdb_row *ret_row) LL_MUST_CHECK;
/* The values of a row's field, none when it is not set; those of references are ids. */
size_t igdb_row_values(const struct igdb_tables *tables, const struct igdb_row *row,
                       enum igdb_column column, struct sim_scalar *ret, size_t capacity);

/* Fault n of a row or a request; false when there are no faults. */
bool igdb_fault(const struct igdb_tables *tables, int n, int64_t salt);

#endif
