/* The query language of IGDB (contract D.2, D.3): clauses to a tree, and whether a row matches.
 * Names of fields are not known here; the caller gives their values. Everything parsed points into
 * the text or lies in the arena. Nesting is bounded, the size of the text by the caller. */
#ifndef SIM_APICALYPSE_H
#define SIM_APICALYPSE_H

#include "base/arena.h"
#include "base/str.h"

#define SIM_QUERY_DEPTH 32
#define SIM_QUERY_LIMIT_DEFAULT 10
#define SIM_QUERY_LIMIT_MAX 500
#define SIM_MULTIQUERY_MAX 10

enum sim_scalar_kind { SIM_NULL, SIM_BOOL, SIM_NUMBER, SIM_TEXT };

struct sim_scalar {
    enum sim_scalar_kind kind;
    int64_t number;     /* of a SIM_BOOL too */
    struct ll_str text; /* without quotes and escapes */
};

enum sim_condition_op { SIM_EQ, SIM_NE, SIM_LT, SIM_LE, SIM_GT, SIM_GE, SIM_LIKE, SIM_UNLIKE };
/* What stands right of the operator: one value, (any of), [all of], {exactly}. */
enum sim_set_kind { SIM_ONE, SIM_ANY, SIM_ALL, SIM_EXACT };
enum sim_node_kind { SIM_CONDITION, SIM_AND, SIM_OR, SIM_NOT };

struct sim_node {
    enum sim_node_kind kind;
    struct sim_node *left, *right; /* SIM_NOT: left */
    struct sim_node *next;         /* SIM_CONDITION: list of all conditions of the query */
    struct ll_str path;            /* SIM_CONDITION, from here on */
    int column;                    /* for the caller, who knows the path */
    enum sim_condition_op op;
    enum sim_set_kind set;
    bool negated_set;          /* !( … ) */
    bool open_start, open_end; /* *"x", "x"* */
    const struct sim_scalar *values;
    size_t value_count;
};

struct sim_query {
    const struct ll_str *fields, *excluded; /* paths; none: ids only */
    size_t field_count, excluded_count;
    struct sim_node *where, *conditions; /* NULL: all rows */
    int64_t limit, offset;
    struct ll_str sort; /* path; "" = none */
    bool sort_descending;
    struct ll_str search; /* NULL pointer: none */
};

struct sim_query_error {
    int status; /* of HTTP */
    const char *title;
    struct ll_str cause;
    bool is_object; /* {"title","details"} instead of the usual list */
};

struct sim_subquery {
    struct ll_str endpoint, name, clauses;
    bool is_count; /* "games/count" */
};

/* False with *ret_error filled. */
bool sim_query_parse(struct ll_arena *arena, struct ll_str text, struct sim_query *ret,
                     struct sim_query_error *ret_error) LL_MUST_CHECK;
/* `query <endpoint>[/count] "<name>" { … };` …: at most SIM_MULTIQUERY_MAX. */
bool sim_multiquery_parse(struct ll_arena *arena, struct ll_str text,
                          struct sim_subquery ret[SIM_MULTIQUERY_MAX], size_t *ret_count,
                          struct sim_query_error *ret_error) LL_MUST_CHECK;

/* The values a row has for a condition's column: none when the field is not set. */
typedef size_t sim_values(void *context, int column, struct sim_scalar *ret, size_t capacity);
bool sim_query_matches(const struct sim_node *where, sim_values *values, void *context);

/* As ~ has it: without regard to the case of ASCII letters. */
bool sim_text_contains(struct ll_str text, struct ll_str part);

#endif
