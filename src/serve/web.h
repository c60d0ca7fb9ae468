/* One request to the API, from its parameters to its answer. */
#ifndef LL_SERVE_WEB_H
#define LL_SERVE_WEB_H

#include "serve/cache.h"
#include "serve/events.h"
#include "serve/pool.h"
#include "serve/routes.h"

/* What all requests share. */
struct ll_web {
    const struct ll_serve_options *options;
    struct ll_pool pool;
    struct ll_cache cache;
    struct ll_events events;
};

struct ll_web_call {
    struct ll_web *api;
    const struct ll_server_request *request;
    struct ll_server_response *response;
    struct ll_web_target target;
    int64_t now_s; /* the minute's start: answers within it are the same */
};

/* Answers, also when it is refused. */
void ll_web_handle(struct ll_web_call *call);

/* --- within a seat of the pool; what fails is said by the caller */

/* rows.c */
enum ll_status ll_web_report(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_web_query(struct ll_web_call *call, struct ll_serve_lease *lease,
                            struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_web_search(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err) LL_MUST_CHECK;
/* compare.c */
enum ll_status ll_web_compare(struct ll_web_call *call, struct ll_serve_lease *lease,
                              struct ll_error *err) LL_MUST_CHECK;
/* detail.c */
enum ll_status ll_web_detail(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err) LL_MUST_CHECK;
/* health.c */
enum ll_status ll_web_pipeline(struct ll_web_call *call, struct ll_serve_lease *lease,
                               struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_web_status(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err) LL_MUST_CHECK;

/* {"as_of":…,"source":…}: the meta of what has no range. */
enum ll_status ll_web_lake_meta(struct ll_serve_lease *lease, struct ll_buf *out,
                                struct ll_error *err) LL_MUST_CHECK;

/* Reads from, to, tz, filters and the rest of the call into a request; views of the parameters.
 * `filters` has room for LL_REPORT_FILTERS_MAX. */
struct ll_report_request;
struct ll_report_filter;
enum ll_status ll_web_read_request(const struct ll_web_call *call, struct ll_report_filter *filters,
                                   struct ll_report_request *ret,
                                   struct ll_error *err) LL_MUST_CHECK;

#endif
