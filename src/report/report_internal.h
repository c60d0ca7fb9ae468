#ifndef LL_REPORT_REPORT_INTERNAL_H
#define LL_REPORT_REPORT_INTERNAL_H

#include "base/arena.h"
#include "report/report.h"

enum ll_metric {
    LL_METRIC_HOURS_WATCHED,
    LL_METRIC_AIRTIME_HOURS,
    LL_METRIC_AVERAGE_VIEWERS,
    LL_METRIC_AVERAGE_VIEWERS_WHILE_LIVE,
    LL_METRIC_AVERAGE_CHANNELS,
    LL_METRIC_PEAK_VIEWERS,
    LL_METRIC_PEAK_CHANNELS,
    LL_METRIC_UNIQUE_CHANNELS,
    LL_METRIC_SAMPLES,
    LL_METRIC_SHARE,
    LL_METRIC_COUNT_,
};
#define LL_METRIC_BIT(metric) (1U << (metric))
extern const char *const ll_metric_names[LL_METRIC_COUNT_];

enum ll_dimension {
    LL_DIMENSION_NONE,
    LL_DIMENSION_CATEGORY,
    LL_DIMENSION_BROADCASTER,
    LL_DIMENSION_LANGUAGE,
    LL_DIMENSION_GENRE,
    LL_DIMENSION_GAME_MODE,
    LL_DIMENSION_SESSION, /* a filter only */
    LL_DIMENSION_COUNT_,
};
extern const char *const ll_dimension_names[LL_DIMENSION_COUNT_]; /* as in filters and `by` */

struct ll_report_what {
    const char *name;
    enum ll_dimension key;
    unsigned metrics; /* LL_METRIC_BIT */
    unsigned by;      /* 1 << dimension: what it may be split by */
    unsigned grains;  /* 1 << grain */
    const char *list; /* SQL whose rows are the answer as they are; NULL = a ranking or series */
};

enum ll_grain {
    LL_GRAIN_NONE,
    LL_GRAIN_SLOT,
    LL_GRAIN_HOUR,
    LL_GRAIN_DAY,
    LL_GRAIN_WEEK,
    LL_GRAIN_MONTH,
    LL_GRAIN_HOUR_OF_WEEK,
    LL_GRAIN_COUNT_,
};
extern const char *const ll_grain_names[LL_GRAIN_COUNT_];

/* What a filter wants, or does not want, of one dimension; ids as text and as numbers (languages:
 * text alone). */
struct ll_report_ids {
    struct ll_str texts[LL_REPORT_FILTERS_MAX];
    int64_t numbers[LL_REPORT_FILTERS_MAX];
    size_t count; /* 0 = no filter */
};

/* The last row of a page. */
struct ll_report_place {
    bool given;
    double value; /* what it is sorted by; NaN = NULL */
    struct ll_str id, by;
};

/* A request that has been checked: names resolved to ids, times to instants. */
struct ll_report_plan {
    const struct ll_report_what *what;
    enum ll_grain grain;
    const char *attribution;
    enum ll_dimension by;
    enum ll_metric sort;
    unsigned metrics; /* of the answer */
    bool by_change;   /* sorted by the change of hours watched */
    int64_t limit;    /* INT64_MAX = all */
    int64_t page_rows;
    int64_t from_s, to_s, now_s;
    int64_t before_from_s, before_to_s; /* equal: nothing is compared */
    struct ll_str tz;
    struct ll_report_ids wanted[LL_DIMENSION_COUNT_], unwanted[LL_DIMENSION_COUNT_];
    struct ll_report_place after;
    uint64_t fingerprint;   /* of the request, but for its cursor, metrics and limit */
    struct ll_arena *arena; /* holds the texts */
};

/* --- names.c */

/* The id that a filter's value names, in the arena. */
enum ll_status ll_report_find(struct ll_warehouse *warehouse, enum ll_dimension dimension,
                              struct ll_str value, struct ll_arena *arena, struct ll_str *ret_id,
                              struct ll_error *err) LL_MUST_CHECK;

/* The ranking of a dimension; NULL when there is none. */
const char *ll_report_what_of(enum ll_dimension dimension);

/* Names of ids. */
struct ll_report_names {
    struct ll_batch rows; /* id, name, login; sorted by id */
};
/* `ids` is a text column of `batch`, with repeats. */
enum ll_status ll_report_names(struct ll_warehouse *warehouse, enum ll_dimension dimension,
                               const struct ll_batch *batch, const char *column,
                               struct ll_report_names *ret, struct ll_error *err) LL_MUST_CHECK;
/* The name, or the id itself when nobody knows one; login "" unless a broadcaster's. */
struct ll_str ll_report_name_of(const struct ll_report_names *names, struct ll_str id,
                                struct ll_str *ret_login);
void ll_report_names_clear(struct ll_report_names *names);

/* --- plan.c, plan_filters.c, plan_time.c, cursor.c */

/* Checks the request and fills the plan and the meta's from, to, tz, attribution, as_of. */
enum ll_status ll_report_plan(struct ll_warehouse *warehouse,
                              const struct ll_report_request *request, struct ll_arena *arena,
                              struct ll_report_plan *ret_plan, struct ll_report_meta *ret_meta,
                              struct ll_error *err) LL_MUST_CHECK;

struct ll_report_choice {
    const char *field; /* "grain" */
    const char *const *names;
    size_t count;
    unsigned allowed; /* 1 << index */
};
/* Index of the text among the names; empty text gives the first that is allowed. */
enum ll_status ll_report_choose(const struct ll_report_choice *choice, struct ll_str text,
                                size_t *ret_index, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_report_plan_filters(struct ll_warehouse *warehouse,
                                      const struct ll_report_request *request,
                                      struct ll_report_plan *plan,
                                      struct ll_error *err) LL_MUST_CHECK;
/* tz, from, to and as_of; the range before, when one is compared with. */
enum ll_status ll_report_plan_time(struct ll_warehouse *warehouse,
                                   const struct ll_report_request *request,
                                   struct ll_report_plan *plan, struct ll_report_meta *meta,
                                   struct ll_error *err) LL_MUST_CHECK;

/* A cursor names the request that it goes on with, its range in seconds, and the last row. */
enum ll_status ll_report_cursor_read(struct ll_str cursor, struct ll_report_plan *plan,
                                     struct ll_error *err) LL_MUST_CHECK;
/* "" when the row's id is too long for a cursor. */
void ll_report_cursor_write(const struct ll_report_plan *plan, const struct ll_report_place *last,
                            char *ret_text);

/* --- query.c */

struct ll_report_keys {
    struct ll_str *texts; /* "id/by_id" */
    size_t count;
};
/* Runs sql/report/<…> for the plan, over [from_s, to_s) in buckets of `grain`; `keys` NULL = all.
 */
struct ll_report_query {
    const struct ll_report_plan *plan;
    enum ll_grain grain;
    int64_t from_s, to_s;
    const struct ll_report_keys *keys;
};
enum ll_status ll_report_query_rows(struct ll_warehouse *warehouse,
                                    const struct ll_report_query *query, struct ll_batch *ret,
                                    struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_report_query_list(struct ll_warehouse *warehouse,
                                    const struct ll_report_query *query, ll_batch_fn *each,
                                    void *context, struct ll_error *err) LL_MUST_CHECK;
/* One row: runs, expected, sweep_coverage, partial. */
enum ll_status ll_report_query_coverage(struct ll_warehouse *warehouse,
                                        const struct ll_report_query *query, struct ll_batch *ret,
                                        struct ll_error *err) LL_MUST_CHECK;
bool ll_report_is_sessions(const struct ll_report_plan *plan);
/* The keys of a ranking's rows, in the plan's arena. */
struct ll_report_keys ll_report_keys_of(const struct ll_report_plan *plan,
                                        const struct ll_batch *rows);

/* --- rows.c, before.c, list.c: from what SQL found to the rows of the answer */

struct ll_report_pair {
    struct ll_report_names *key, *by;
};
void ll_report_build_rows(const struct ll_report_plan *plan, const struct ll_batch *found,
                          const struct ll_report_pair *names, struct ll_batch *rows);
void ll_report_build_sessions(const struct ll_report_plan *plan, const struct ll_batch *found,
                              const struct ll_report_names *names, struct ll_batch *rows);
/* Rows as SQL gave them, of the range and of the one before. */
struct ll_report_found {
    const struct ll_batch *now, *before;
    bool observed; /* the range before has good slots */
};
/* Adds to `found` the keys that there were before only. */
void ll_report_add_vanished(struct ll_batch *found, const struct ll_batch *before);
/* Adds <metric>_before and change to the rows that were built from found->now. */
void ll_report_add_before(const struct ll_report_plan *plan, const struct ll_report_found *found,
                          struct ll_batch *rows);
/* Leaves of what was found the plan's limit of the greatest changes, gains and losses, largest
 * first. `observed`: whether the range before was. */
void ll_report_keep_movers(const struct ll_report_plan *plan, struct ll_batch *now,
                           const struct ll_batch *before, bool observed);

/* A list's rows, streamed. */
enum ll_status ll_report_stream_list(struct ll_warehouse *warehouse,
                                     const struct ll_report_plan *plan,
                                     const struct ll_report_sink *sink, char *ret_next,
                                     struct ll_error *err) LL_MUST_CHECK;

/* RFC 3339 in a zone offset_s ahead of UTC. */
struct ll_stamp_zone ll_report_stamp(int64_t epoch_s, int64_t offset_s);

/* Columns of a query's result, checked to be there with the type. */
size_t ll_report_column(const struct ll_batch *batch, const char *name, enum ll_type type);

#endif
