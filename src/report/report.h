/* Answers to questions about the lake: who watched what, when. The one code path for the CLI and
 * the HTTP API. The SQL is sql/report/ and sql/report.m4.
 *
 * Each row with a time bucket is what the same question would give with that bucket as its range.
 * Average viewers, average channels and peaks come from the complete slots of the range (or
 * bucket), or from all good ones if none is complete: then meta.partial is true. */
#ifndef LL_REPORT_REPORT_H
#define LL_REPORT_REPORT_H

#include "base/batch.h"
#include "base/buf.h"
#include "base/err.h"
#include "report/render.h"
#include "warehouse/warehouse.h"

#define LL_REPORT_SOURCE "Data from Twitch; game data from IGDB.com" /* to be said with numbers */
#define LL_REPORT_CURSOR_MAX 512
#define LL_REPORT_KEYS_MAX INT64_C(500000) /* rows that are held in memory: of a series */
#define LL_REPORT_FILTERS_MAX 64

/* Filters of one kind: any of them. Of several kinds: all of them. */
struct ll_report_filter {
    struct ll_str key;   /* category | broadcaster | language | genre | game_mode | session */
    struct ll_str value; /* id, or exact name (login, code, slug) in any case */
    bool exclude;        /* all but this */
};
/* "[-]key:value", also with '=': views of the text. LL_INVALID when it is neither. */
enum ll_status ll_report_filter_parse(struct ll_str text, struct ll_report_filter *ret,
                                      struct ll_error *err) LL_MUST_CHECK;

/* What a filter names, whether or not there is anything of it in a range. */
struct ll_report_thing {
    const char *what;       /* the ranking that it is in: "categories", … */
    struct ll_str id, name; /* in the arena; the id is the name of what has none */
};
/* LL_INVALID for an unknown key or name, and for a session, which is in no ranking. */
enum ll_status ll_report_find_thing(struct ll_warehouse *warehouse,
                                    const struct ll_report_filter *filter, struct ll_arena *arena,
                                    struct ll_report_thing *ret,
                                    struct ll_error *err) LL_MUST_CHECK;

/* Empty text takes the default. Views must outlive the call. */
struct ll_report_request {
    struct ll_str what;  /* platform | categories | broadcasters | genres | game-modes | languages |
                            sessions | samples | runs | coverage | concentration */
    struct ll_str from;  /* YYYY-MM-DD (midnight in tz), RFC 3339, now, now-7d; default now-7d */
    struct ll_str to;    /* not in the range itself; default now */
    struct ll_str tz;    /* IANA name; default UTC */
    struct ll_str grain; /* none | slot | hour | day | week | month | hour_of_week; default none,
                            and day for coverage. Weeks begin on Monday */
    struct ll_str
        by; /* one more dimension: category | language | genre | game_mode; default none */
    struct ll_str attribution; /* fractional | full; default fractional */
    struct ll_str sort;    /* a metric column of the answer, highest first; default hours_watched.
                              change, with compare: the greatest gains and losses of hours_watched */
    struct ll_str metrics; /* "hours_watched,share": only these; default all */
    struct ll_str compare; /* previous | week | year: adds <metric>_before, of the range before this
                              one, or a week or year earlier, and change (of `sort`) */
    struct ll_str cursor;  /* meta.next of the page before */
    const struct ll_report_filter *filters;
    size_t filter_count;
    int64_t limit;     /* keys (with grain: keys in each bucket); 0 = all */
    int64_t page_rows; /* of a ranking, held in memory at a time; 0 = 200,000 */
    int64_t now_s;
};

struct ll_stamp_zone {
    char c[40]; /* 2026-11-23T16:45:00+01:00 */
};

struct ll_report_meta {
    struct ll_stamp_zone from, to; /* in tz */
    char tz[64];                   /* as the engine spells it */
    const char *attribution;       /* "fractional" | "full" */
    int64_t runs;                  /* good slots used */
    int64_t expected;              /* slots of the range up to now */
    double slot_coverage;          /* good / expected; NaN when none is expected */
    double sweep_coverage;         /* NaN = unknown */
    struct ll_stamp_zone as_of;    /* the newest good slot of the lake; "" = none */
    bool partial;
    struct ll_report_before {          /* with compare */
        struct ll_stamp_zone from, to; /* "" = nothing is compared */
        int64_t runs, expected;
    } before;
    char next[LL_REPORT_CURSOR_MAX]; /* the cursor of the next page; "" = there is none */
};

struct ll_report_answer {
    struct ll_report_meta meta;
    struct ll_batch rows; /* [id, name, [login,]] [time,] [by_id, by_name,] metrics [, partial] */
};

/* Takes rows as they come: `each` is called once with the columns alone, then with batches that are
 * valid during the call, and must not use the warehouse. */
struct ll_report_sink {
    ll_batch_fn *each;
    void *context;
};

/* As ll_report_run, with the rows given to a sink: what is long takes no memory so, but for a
 * series and for sort=change, which are LL_LIMIT beyond LL_REPORT_KEYS_MAX rows. meta.next is known
 * at the end, the rest of *ret_meta before the first row. */
enum ll_status ll_report_stream(struct ll_warehouse *warehouse,
                                const struct ll_report_request *request,
                                const struct ll_report_sink *sink, struct ll_report_meta *ret_meta,
                                struct ll_error *err) LL_MUST_CHECK;

/* What a field of a request on `what` may be, for descriptions; returns how many. */
#define LL_REPORT_CHOICES_MAX 16
enum ll_report_field { LL_REPORT_GRAIN, LL_REPORT_BY, LL_REPORT_METRICS };
size_t ll_report_choices(struct ll_str what, enum ll_report_field field,
                         const char *ret_names[LL_REPORT_CHOICES_MAX]);

/* Where none is asked for: 20 of a ranking; lists of slots are long by nature. */
int64_t ll_report_default_limit(struct ll_str what);

/* LL_INVALID says which field of the request is wrong and what it may be. */
enum ll_status ll_report_run(struct ll_warehouse *warehouse,
                             const struct ll_report_request *request, struct ll_report_answer *ret,
                             struct ll_error *err) LL_MUST_CHECK;
void ll_report_answer_clear(struct ll_report_answer *answer); /* takes {0} */

/* The answer in a format, appended to a buffer without a maximum. */
void ll_report_render(const struct ll_report_answer *answer, enum ll_format format,
                      struct ll_buf *out);
void ll_report_meta_json(const struct ll_report_meta *meta, struct ll_buf *out);

#endif
