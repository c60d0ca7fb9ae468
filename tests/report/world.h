/* A warehouse in memory and the few runs that a test tells of, put through the stages. */
#ifndef LL_TESTS_REPORT_WORLD_H
#define LL_TESTS_REPORT_WORLD_H

#include "support/check.h"

#include "report/report.h"
#include "warehouse/warehouse.h"

#define MONDAY INT64_C(1767571200) /* 2026-01-05T00:00:00Z */
#define UNKNOWN (-1.0)

struct world {
    struct ll_warehouse *w;
};

struct sample {
    int64_t stream, broadcaster;
    const char *login;
    int64_t category;
    const char *category_name, *language;
    int64_t viewers;
    const char *title; /* NULL: "hello" */
    bool mature_tag;   /* a second tag */
};

struct run {
    int64_t slot;
    const char *status;    /* "complete" … */
    double sweep_coverage; /* or UNKNOWN */
    int32_t cadence_s;     /* 0: 900 */
    const struct sample *samples;
    size_t count;
};

struct game {
    int64_t id;
    const char *genres, *modes; /* "5,6"; NULL = not stated */
};
struct link {
    int64_t category;
    const char *name;
    int64_t igdb_id; /* 0: none */
};
struct dump {
    const char *ref;
    int64_t at;
    const struct link *links;
    size_t link_count;
    const struct game *games;
    size_t game_count;
};

struct world *world_new(void);
void world_free(struct world *world);
int world_setup(void **state);
int world_teardown(void **state);

void world_run(struct world *world, const struct run *run);
void world_dump(struct world *world, const struct dump *dump); /* and load/bridges */
void world_override(struct world *world, int64_t category, int64_t igdb_id, bool non_game);
void world_exec(struct world *world, const char *name, const struct ll_param *params, size_t count);
/* Closes the day from the runs given, through sql/history in a scratch database. */
void world_close_day(struct world *world, const char *day, const struct run *runs, size_t count);

/* All rows of a SELECT as CSV, for comparing; to be freed. */
char *world_text(struct world *world, const char *sql);
void assert_sql(struct world *world, const char *sql, const char *wanted_csv);

/* The small lake that most tests ask: see world.c. */
void world_small(struct world *world);
extern const struct run small_runs[];
extern const size_t small_run_count;

/* The rows of the report as CSV of the columns named "a,b,c". */
void assert_report(struct world *world, struct ll_report_request request, const char *columns,
                   const char *wanted);
struct ll_report_answer world_report(struct world *world, struct ll_report_request request);
#define TEXT(literal) LL_STR(literal)

#endif
