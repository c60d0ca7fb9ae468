/* The API's description, from its tables. */
#include "report/report.h"
#include "serve/routes.h"
#include "serve/serve.h"

/* What a 200 has, by the kind of route: the rows' members are what was asked for. */
static void add_ok(const struct ll_route *route, struct ll_buf *out)
{
    bool rows = (route->params & LL_WEB_BIT(LL_WEB_FORMAT)) != 0;
    if (route->kind == LL_WEB_EVENTS) {
        ll_buf_add(out, LL_STR("\"200\":{\"description\":\"A stream of events\",\"content\":{"
                               "\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}}}"));
        return;
    }
    ll_buf_add(out, LL_STR("\"200\":{\"description\":\"The answer\",\"content\":{"
                           "\"application/json\":{\"schema\":"));
    if (route->kind == LL_WEB_OPENAPI)
        ll_buf_add(out, LL_STR("{\"type\":\"object\",\"required\":[\"openapi\",\"paths\"]}"));
    else
        ll_buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}",
                      route->kind == LL_WEB_REPORT || route->kind == LL_WEB_COMPARISON
                          ? "ReportAnswer"
                          : "Answer");
    ll_buf_add_char(out, '}');
    if (rows)
        ll_buf_add(out, LL_STR(",\"text/csv\":{\"schema\":{\"type\":\"string\"}},"
                               "\"application/x-ndjson\":{\"schema\":{\"type\":\"string\"}},"
                               "\"application/vnd.apache.parquet\":{\"schema\":{\"type\":"
                               "\"string\",\"format\":\"binary\"}}"));
    ll_buf_add(out, LL_STR("}}"));
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

static void add_params(const struct ll_route *route, struct ll_buf *out)
{
    bool first = true;
    ll_buf_add(out, LL_STR("\"parameters\":["));
    if (route->kind == LL_WEB_DETAIL) {
        ll_buf_add(out, LL_STR("{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"description\":"
                               "\"Its id.\",\"schema\":{\"type\":\"string\",\"minLength\":1}}"));
        first = false;
    }
    for (size_t i = 0; i < LL_WEB_PARAM_COUNT; i++) {
        const struct ll_web_param_info *param = &ll_web_params[i];
        if ((route->params & LL_WEB_BIT(i)) == 0)
            continue;
        ll_buf_printf(out, "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,\"description\":",
                      first ? "" : ",", param->name, param->required ? "true" : "false");
        ll_buf_add_json_string(out, ll_str_of(param->doc));
        if (param->repeat)
            ll_buf_printf(out,
                          ",\"explode\":true,\"schema\":{\"type\":\"array\",\"maxItems\":%d,"
                          "\"items\":%s}}",
                          i == LL_WEB_ITEM ? 8 : LL_REPORT_FILTERS_MAX, param->schema);
        else
            ll_buf_printf(out, ",\"schema\":%s}", param->schema);
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

#define STAMP "{\"type\":\"string\",\"format\":\"date-time\"}"
#define SHARE "{\"type\":[\"number\",\"null\"],\"minimum\":0,\"maximum\":1}"
#define SCHEMAS                                                                                    \
    "{\"Meta\":{\"type\":\"object\",\"required\":[\"from\",\"to\",\"tz\",\"attribution\","         \
    "\"runs\","                                                                                    \
    "\"expected\",\"slot_coverage\",\"sweep_coverage\",\"as_of\",\"partial\",\"source\"],"         \
    "\"properties\":{\"from\":" STAMP ",\"to\":" STAMP ",\"tz\":{\"type\":\"string\"},"            \
    "\"attribution\":{\"enum\":[\"fractional\",\"full\"]},\"runs\":{\"type\":\"integer\","         \
    "\"description\":\"Good slots used\"},\"expected\":{\"type\":\"integer\"},"                    \
    "\"slot_coverage\":" SHARE ",\"sweep_coverage\":" SHARE ",\"as_of\":{\"type\":[\"string\","    \
    "\"null\"],\"format\":\"date-time\"},\"partial\":{\"type\":\"boolean\"},\"source\":{\"type\":" \
    "\"string\"},\"compare\":{\"type\":\"object\"},\"next\":{\"type\":\"string\",\"description\":" \
    "\"Cursor of the next page\"}}},"                                                              \
    "\"Rows\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"                               \
    "\"ReportAnswer\":{\"type\":\"object\",\"required\":[\"meta\",\"data\"],\"properties\":{"      \
    "\"meta\":{\"$ref\":\"#/components/schemas/Meta\"},\"data\":{\"$ref\":"                        \
    "\"#/components/schemas/Rows\"}}},"                                                            \
    "\"Answer\":{\"type\":\"object\",\"required\":[\"meta\",\"data\"],\"properties\":{\"meta\":{"  \
    "\"type\":\"object\"},\"data\":{\"$ref\":\"#/components/schemas/Rows\"}}},"                    \
    "\"Problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"detail\"],"    \
    "\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{"  \
    "\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},\"errors\":{\"type\":\"array\","       \
    "\"items\":{\"type\":\"object\",\"required\":[\"field\",\"message\"]}}}}}"

void ll_serve_openapi(struct ll_buf *out)
{
    ll_buf_add(
        out,
        LL_STR("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"livelake\",\"version\":\"" LL_VERSION
               "\",\"description\":\"The history of live streams: who watched what, when, and "
               "how completely it was observed. Ids are strings; ranges are half-open.\"},"
               "\"security\":[{},{\"key\":[]}],\"paths\":{"));
    for (size_t i = 0; i < ll_route_count; i++) {
        ll_buf_add(out, i > 0 ? LL_STR(",") : LL_STR(""));
        add_path(&ll_routes[i], out);
    }
    ll_buf_add(out, LL_STR("},\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"http\","
                           "\"scheme\":\"bearer\"}},\"schemas\":" SCHEMAS "}}\n"));
}
