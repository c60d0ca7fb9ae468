/* The API's description, from its tables. */
#include <string.h>

#include "report/report.h"
#include "serve/embedded.h"
#include "serve/routes.h"
#include "serve/serve.h"

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define ETAG                                                                                       \
    "\"ETag\":{\"description\":\"For If-None-Match. Long answers and Parquet have none.\","        \
    "\"schema\":{\"type\":\"string\"}}"
#define FILE_HEADERS                                                                               \
    ",\"Livelake-Meta\":{\"description\":\"The meta of what is no JSON.\",\"schema\":{\"type\":"   \
    "\"string\",\"contentMediaType\":\"application/json\"}},\"Content-Disposition\":{\"schema\":"  \
    "{\"type\":\"string\"}}"

/* The 200 of what has rows, and 304. */
static void add_rows(const struct ll_route *route, struct ll_buf *out)
{
    bool rows = (route->params & LL_WEB_BIT(LL_WEB_FORMAT)) != 0;
    ll_buf_printf(out,
                  "\"200\":{\"description\":\"The answer\",\"headers\":{" ETAG "%s},\"content\":{"
                  "\"application/json\":{\"schema\":{\"type\":\"object\",\"required\":[\"meta\","
                  "\"data\"],\"properties\":{\"meta\":" REF("%s") ",\"data\":{\"type\":\"array\","
                                                                  "\"items\":" REF("%s") "}}}}",
                  rows ? FILE_HEADERS : "", route->meta, route->row);
    if (rows)
        ll_buf_add(out, LL_STR(",\"text/csv\":{\"schema\":{\"type\":\"string\"}},"
                               "\"application/x-ndjson\":{\"schema\":{\"type\":\"string\"}},"
                               "\"application/vnd.apache.parquet\":{\"schema\":{\"type\":"
                               "\"string\",\"format\":\"binary\"}}"));
    ll_buf_add(out, LL_STR("}},\"304\":{\"description\":\"If-None-Match has its ETag\"}"));
}

static void add_ok(const struct ll_route *route, struct ll_buf *out)
{
    if (route->kind == LL_WEB_EVENTS)
        ll_buf_add(out, LL_STR("\"200\":{\"description\":\"A stream of events\",\"content\":{"
                               "\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}}}"));
    else if (route->kind == LL_WEB_OPENAPI)
        ll_buf_add(out, LL_STR("\"200\":{\"description\":\"OpenAPI 3.1\",\"headers\":{" ETAG
                               "},\"content\":{\"application/json\":{\"schema\":{\"type\":"
                               "\"object\",\"required\":[\"openapi\",\"paths\"]}}}},"
                               "\"304\":{\"description\":\"If-None-Match has its ETag\"}"));
    else
        add_rows(route, out);
}

static void add_problems(struct ll_buf *out)
{
    static const struct {
        const char *status, *what;
    } problems[] = {{"401", "An API key is needed"},
                    {"403", "Asked by a page of another site, or the key is for less"},
                    {"404", "There is no such thing"},
                    {"413", "More than memory holds"},
                    {"421", "The Host is not this server"},
                    {"422", "A parameter is wrong"},
                    {"500", "The lake could not answer"},
                    {"503", "Too many questions, or the lake is busy: ask again"},
                    {"504", "It took too long"}};
    for (size_t i = 0; i < LL_COUNT(problems); i++)
        ll_buf_printf(out,
                      ",\"%s\":{\"description\":\"%s\",\"content\":{\"application/problem+json\":{"
                      "\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}",
                      problems[i].status, problems[i].what);
}

/* What is refused before it is read. */
static void add_refusals(struct ll_buf *out)
{
    static const struct {
        const char *status, *what;
    } refusals[] = {{"400", "No HTTP request, or no UTF-8"},
                    {"405", "Only GET and HEAD"},
                    {"414", "The first line is too long"},
                    {"431", "The headers are too large"}};
    for (size_t i = 0; i < LL_COUNT(refusals); i++)
        ll_buf_printf(out,
                      ",\"%s\":{\"description\":\"%s\",\"content\":{\"text/plain\":{\"schema\":{"
                      "\"type\":\"string\"}},\"application/problem+json\":{\"schema\":{\"$ref\":"
                      "\"#/components/schemas/Problem\"}}}}",
                      refusals[i].status, refusals[i].what);
}

static void add_enum(const char *const *names, size_t count, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("{\"type\":\"string\",\"enum\":["));
    for (size_t i = 0; i < count; i++)
        ll_buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", names[i]);
    ll_buf_add(out, LL_STR("]}"));
}

/* Grains of what is compared are lengths, as those of coverage; of what it has a share is none. */
static size_t choices_of(const struct ll_route *route, enum ll_report_field field,
                         const char *names[LL_REPORT_CHOICES_MAX])
{
    bool compares = route->kind == LL_WEB_COMPARISON;
    const char *what = !compares                  ? route->what
                       : field == LL_REPORT_GRAIN ? "coverage"
                                                  : "categories";
    size_t count = ll_report_choices(ll_str_of(what), field, names);
    bool share = compares && field == LL_REPORT_METRICS; /* the last */
    return count - share;
}

static void add_limit(const struct ll_route *route, struct ll_buf *out)
{
    bool search = route->kind == LL_WEB_SEARCH;
    int64_t usual = route->kind == LL_WEB_QUERY ? LL_WEB_QUERY_ROWS
                    : search                    ? LL_WEB_SEARCH_MAX
                                                : ll_report_default_limit(ll_str_of(route->what));
    ll_buf_printf(out, "{\"type\":\"integer\",\"minimum\":0,\"maximum\":%d,\"default\":%d}",
                  search ? LL_WEB_SEARCH_MAX : LL_WEB_LIMIT_MAX, (int)usual);
}

static void add_schema(const struct ll_route *route, size_t param, struct ll_buf *out)
{
    static const enum ll_report_field fields[LL_WEB_PARAM_COUNT] = {
        [LL_WEB_GRAIN] = LL_REPORT_GRAIN,
        [LL_WEB_BY] = LL_REPORT_BY,
        [LL_WEB_METRICS] = LL_REPORT_METRICS,
        [LL_WEB_SORT] = LL_REPORT_METRICS,
        [LL_WEB_METRIC] = LL_REPORT_METRICS};
    const char *names[LL_REPORT_CHOICES_MAX + 1];
    if (ll_web_params[param].schema != NULL) {
        ll_buf_add(out, ll_str_of(ll_web_params[param].schema));
        return;
    }
    if (param == LL_WEB_LIMIT) {
        add_limit(route, out);
        return;
    }
    size_t count = choices_of(route, fields[param], names);
    if (param == LL_WEB_SORT && (route->params & LL_WEB_BIT(LL_WEB_COMPARE)) != 0)
        names[count++] = "change";
    add_enum(names, count, out);
}

static void add_param(const struct ll_route *route, size_t i, struct ll_buf *out)
{
    const struct ll_web_param_info *param = &ll_web_params[i];
    ll_buf_printf(out,
                  "{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,\"description\":", param->name,
                  param->required ? "true" : "false");
    ll_buf_add_json_string(out, ll_str_of(param->doc));
    if (param->repeat)
        ll_buf_printf(out,
                      ",\"explode\":true,\"schema\":{\"type\":\"array\",\"minItems\":%d,"
                      "\"maxItems\":%d,\"items\":",
                      param->required, i == LL_WEB_ITEM ? 8 : LL_REPORT_FILTERS_MAX);
    else if (i == LL_WEB_METRICS)
        ll_buf_add(out, LL_STR(",\"explode\":false,\"schema\":{\"type\":\"array\",\"items\":"));
    else
        ll_buf_add(out, LL_STR(",\"schema\":"));
    add_schema(route, i, out);
    ll_buf_add(out, param->repeat || i == LL_WEB_METRICS ? LL_STR("}}") : LL_STR("}"));
}

static void add_params(const struct ll_route *route, struct ll_buf *out)
{
    bool first = true, number = strcmp(route->what, "language") != 0;
    ll_buf_add(out, LL_STR("\"parameters\":["));
    if (route->kind == LL_WEB_DETAIL) {
        ll_buf_printf(out,
                      "{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"description\":\"Its "
                      "id.\",\"schema\":{\"type\":\"string\",\"minLength\":1%s}}",
                      number ? ",\"pattern\":\"^-?[0-9]+$\"" : "");
        first = false;
    }
    for (size_t i = 0; i < LL_WEB_PARAM_COUNT; i++) {
        if ((route->params & LL_WEB_BIT(i)) == 0)
            continue;
        ll_buf_add(out, first ? LL_STR("") : LL_STR(","));
        add_param(route, i, out);
        first = false;
    }
    ll_buf_add_char(out, ']');
}

static void add_path(const struct ll_route *route, struct ll_buf *out)
{
    bool detail = route->kind == LL_WEB_DETAIL;
    ll_buf_printf(out, "\"" LL_WEB_PREFIX "%s%s\":{\"get\":{\"operationId\":\"%s%s\",\"summary\":",
                  route->path, detail ? "/{id}" : "", detail ? "one_" : "", route->what);
    ll_buf_add_json_string(out, ll_str_of(route->summary));
    ll_buf_add_char(out, ',');
    add_params(route, out);
    ll_buf_add(out, LL_STR(",\"responses\":{"));
    add_ok(route, out);
    add_problems(out);
    add_refusals(out);
    ll_buf_add(out, LL_STR("}}}"));
}

void ll_serve_openapi(struct ll_buf *out)
{
    ll_buf_add(
        out,
        LL_STR("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"livelake\",\"version\":\"" LL_VERSION
               "\",\"description\":\"The history of live streams: who watched what, when, and "
               "how completely it was observed. Ids are strings; ranges are half-open. HEAD is "
               "answered as GET, without the body.\"},"
               "\"security\":[{},{\"key\":[]},{\"cookie\":[]}],\"paths\":{"));
    for (size_t i = 0; i < ll_route_count; i++) {
        ll_buf_add(out, i > 0 ? LL_STR(",") : LL_STR(""));
        add_path(&ll_routes[i], out);
    }
    ll_buf_add(out,
               LL_STR("},\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"http\","
                      "\"scheme\":\"bearer\",\"description\":\"Of `livelake key add`. On this "
                      "machine none is needed, unless serve.keys = always.\"},\"cookie\":{\"type\":"
                      "\"apiKey\",\"in\":\"cookie\",\"name\":\"livelake_key\",\"description\":"
                      "\"Set by /login.\"}},\"schemas\":"));
    ll_buf_add(
        out, (struct ll_str){(const char *)ll_openapi_schemas_json, ll_openapi_schemas_json_size});
    ll_buf_add(out, LL_STR("}}\n"));
}
