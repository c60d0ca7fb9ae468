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
    LL_DIMENSION_COUNT_,
};
extern const char *const ll_dimension_names[LL_DIMENSION_COUNT_]; /* as in filters and `by` */

struct ll_report_what {
    const char *name;
    enum ll_dimension key;
    unsigned metrics; /* LL_METRIC_BIT */
    unsigned by;      /* 1 << dimension: what it may be split by */
    bool series;      /* takes a grain */
};

/* A request that has been checked: names resolved to ids, times to instants. */
struct ll_report_plan {
    const struct ll_report_what *what;
    const char *grain;
    const char *attribution;
    enum ll_dimension by;
    enum ll_metric sort;
    unsigned metrics; /* of the answer */
    int64_t limit;    /* INT64_MAX = all */
    int64_t from_s, to_s, now_s;
    struct ll_str tz;
    struct ll_str filters[LL_DIMENSION_COUNT_]; /* ids; ptr NULL = no filter */
    struct ll_arena *arena;                     /* holds the texts */
};

/* Checks the request and fills the plan and the meta's from, to, tz, attribution, as_of. */
enum ll_status ll_report_plan(struct ll_warehouse *warehouse,
                              const struct ll_report_request *request, struct ll_arena *arena,
                              struct ll_report_plan *ret_plan, struct ll_report_meta *ret_meta,
                              struct ll_error *err) LL_MUST_CHECK;
/* The id that a filter's value names, in the arena. */
enum ll_status ll_report_find(struct ll_warehouse *warehouse, enum ll_dimension dimension,
                              struct ll_str value, struct ll_arena *arena, struct ll_str *ret_id,
                              struct ll_error *err) LL_MUST_CHECK;

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

/* RFC 3339 in a zone offset_s ahead of UTC. */
struct ll_stamp_zone ll_report_stamp(int64_t epoch_s, int64_t offset_s);

/* Columns of a query's result, checked to be there with the type. */
size_t ll_report_column(const struct ll_batch *batch, const char *name, enum ll_type type);

#endif
