/* The API in two tables: its paths and their parameters. Requests are checked against them, and
 * OpenAPI is written from them. */
#ifndef LL_SERVE_ROUTES_H
#define LL_SERVE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/server.h"

#define LL_WEB_PREFIX "/api/v1/"
#define LL_WEB_LIMIT_MAX 1000000000
#define LL_WEB_SEARCH_MAX 100  /* things that are found */
#define LL_WEB_QUERY_ROWS 1000 /* of a query without a limit */

enum ll_web_param {
    LL_WEB_FROM,
    LL_WEB_TO,
    LL_WEB_TZ,
    LL_WEB_GRAIN,
    LL_WEB_BY,
    LL_WEB_FILTER,
    LL_WEB_ATTRIBUTION,
    LL_WEB_METRICS,
    LL_WEB_SORT,
    LL_WEB_COMPARE,
    LL_WEB_LIMIT,
    LL_WEB_CURSOR,
    LL_WEB_FORMAT,
    LL_WEB_ITEM,
    LL_WEB_ALIGN,
    LL_WEB_METRIC,
    LL_WEB_TEXT,
    LL_WEB_SQL,
    LL_WEB_PARAM_COUNT,
};
#define LL_WEB_BIT(param) (1U << (param))

struct ll_web_param_info {
    const char *name;
    const char *schema; /* JSON Schema of one value; NULL = it depends on the route */
    bool repeat;
    bool required;
    const char *doc;
};
extern const struct ll_web_param_info ll_web_params[LL_WEB_PARAM_COUNT];

enum ll_web_kind {
    LL_WEB_REPORT, /* what: of ll_report_request */
    LL_WEB_DETAIL, /* what: of a thing, by its id */
    LL_WEB_SEARCH,
    LL_WEB_COMPARISON,
    LL_WEB_QUERY,
    LL_WEB_PIPELINE,
    LL_WEB_STATUS,
    LL_WEB_EVENTS,
    LL_WEB_OPENAPI,
};

struct ll_route {
    const char *path; /* below the prefix, without "/{id}" */
    enum ll_web_kind kind;
    const char *what;
    unsigned params; /* LL_WEB_BIT */
    const char *summary;
    const char *meta, *row; /* schemas of openapi_schemas.json; row NULL = no rows */
};
extern const struct ll_route ll_routes[];
extern const size_t ll_route_count;

/* A request's path taken apart: "/api/v1/categories/42", "/api/v1/categories.csv". */
struct ll_web_target {
    const struct ll_route *route;
    char id[128];       /* decoded; "" = none */
    char extension[16]; /* "csv"; "" = none */
};
/* False when there is no such path. */
bool ll_route_find(const char *path, struct ll_web_target *ret) LL_MUST_CHECK;

/* Only parameters of the route, once each unless they repeat; those required. LL_INVALID names the
 * first that is wrong. */
enum ll_status ll_route_check(const struct ll_route *route, const struct ll_server_request *request,
                              struct ll_error *err) LL_MUST_CHECK;

#endif
