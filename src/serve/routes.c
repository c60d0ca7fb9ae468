#include "serve/routes.h"

#include <string.h>

#include "base/str.h"

#define RANGE (LL_WEB_BIT(LL_WEB_FROM) | LL_WEB_BIT(LL_WEB_TO) | LL_WEB_BIT(LL_WEB_TZ))
#define ROWS (LL_WEB_BIT(LL_WEB_LIMIT) | LL_WEB_BIT(LL_WEB_FORMAT))
#define PAGES (ROWS | LL_WEB_BIT(LL_WEB_CURSOR))
#define FILTERS (LL_WEB_BIT(LL_WEB_FILTER))
#define RANKING                                                                                    \
    (RANGE | PAGES | FILTERS | LL_WEB_BIT(LL_WEB_GRAIN) | LL_WEB_BIT(LL_WEB_BY) |                  \
     LL_WEB_BIT(LL_WEB_ATTRIBUTION) | LL_WEB_BIT(LL_WEB_METRICS) | LL_WEB_BIT(LL_WEB_SORT) |       \
     LL_WEB_BIT(LL_WEB_COMPARE))

#define TIME_PATTERN                                                                               \
    "\"pattern\":\"^(now([+-][0-9]+[smhdw])?|[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:"   \
    "[0-9]{2}(\\\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?)?$\""

const struct ll_web_param_info ll_web_params[LL_WEB_PARAM_COUNT] = {
    [LL_WEB_FROM] = {"from", "{\"type\":\"string\"," TIME_PATTERN ",\"default\":\"now-7d\"}", false,
                     false,
                     "First instant: a date (its midnight in tz), RFC 3339, now, or now-7d. In an "
                     "address, + is %2B."},
    [LL_WEB_TO] = {"to", "{\"type\":\"string\"," TIME_PATTERN ",\"default\":\"now\"}", false, false,
                   "The instant after the last."},
    [LL_WEB_TZ] = {"tz",
                   "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_+/-]*$\",\"default\":\"UTC\"}",
                   false, false, "Time zone of dates and buckets, an IANA name."},
    [LL_WEB_GRAIN] = {"grain", NULL, false, false, "One row for each bucket of time."},
    [LL_WEB_BY] = {"by", NULL, false, false, "Split each row by one more dimension."},
    [LL_WEB_FILTER] = {"filter",
                       "{\"type\":\"string\",\"pattern\":\"^-?(category|broadcaster|language|"
                       "genre|game_mode|session)[:=]\"}",
                       true, false,
                       "KIND:VALUE, a category, broadcaster, language, genre, game_mode or session "
                       "by id or exact name; -KIND:VALUE is all but that. Several of one kind: "
                       "any of them."},
    [LL_WEB_ATTRIBUTION] =
        {"attribution",
         "{\"type\":\"string\",\"enum\":[\"fractional\",\"full\"],\"default\":\"fractional\"}",
         false, false, "Whether a game of k genres counts 1/k for each, or in full."},
    [LL_WEB_METRICS] = {"metrics", NULL, false, false,
                        "Only these columns. A share of everything is none: that is for by."},
    [LL_WEB_SORT] = {"sort", NULL, false, false,
                     "The metric to rank by, highest first; change, with compare."},
    [LL_WEB_COMPARE] = {"compare",
                        "{\"type\":\"string\",\"enum\":[\"none\",\"previous\",\"week\",\"year\"],"
                        "\"default\":\"none\"}",
                        false, false,
                        "Adds METRIC_before, of the range before, or a week or year earlier; "
                        "without a grain."},
    [LL_WEB_LIMIT] = {"limit", NULL, false, false,
                      "Most rows (with a grain: keys in each bucket); 0: all."},
    [LL_WEB_CURSOR] = {"cursor",
                       "{\"type\":\"string\",\"maxLength\":511,\"pattern\":\"^[A-Za-z0-9_-]*$\"}",
                       false, false, "meta.next of the page before, with all else as it was."},
    [LL_WEB_FORMAT] = {"format",
                       "{\"type\":\"string\",\"enum\":[\"json\",\"csv\",\"ndjson\",\"parquet\"]}",
                       false, false,
                       "How rows are written; also by extension (categories.csv) or Accept."},
    [LL_WEB_ITEM] = {"item",
                     "{\"type\":\"string\",\"pattern\":\"^(category|broadcaster|language|genre|"
                     "game_mode)[:=]\"}",
                     true, true, "KIND:VALUE of a thing to compare, by id or exact name."},
    [LL_WEB_ALIGN] = {"align",
                      "{\"type\":\"string\",\"enum\":[\"time\",\"first\"],\"default\":\"time\"}",
                      false, false, "By the clock, or each from its first slot on."},
    [LL_WEB_METRIC] = {"metric", NULL, false, false,
                       "The metric that is compared; broadcasters have fewer."},
    [LL_WEB_TEXT] = {"q",
                     "{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,"
                     "\"pattern\":\"[^ \\\\t\\\\r\\\\n]\"}",
                     false, true, "A part of a name."},
    [LL_WEB_SQL] = {"sql", "{\"type\":\"string\",\"minLength\":1}", false, true,
                    "One SELECT on the views of the lake."},
};

const struct ll_route ll_routes[] = {
    {"platform", LL_WEB_REPORT, "platform", RANKING, "Everything together", "Meta", "RankingRow"},
    {"categories", LL_WEB_REPORT, "categories", RANKING, "Categories, ranked or over time", "Meta",
     "RankingRow"},
    {"broadcasters", LL_WEB_REPORT, "broadcasters", RANKING, "Broadcasters, ranked or over time",
     "Meta", "RankingRow"},
    {"genres", LL_WEB_REPORT, "genres", RANKING, "Genres, ranked or over time", "Meta",
     "RankingRow"},
    {"game-modes", LL_WEB_REPORT, "game-modes", RANKING,
     "Game modes, ranked or over time: what a game can do, not how it was played", "Meta",
     "RankingRow"},
    {"languages", LL_WEB_REPORT, "languages", RANKING, "Languages, ranked or over time", "Meta",
     "RankingRow"},
    {"sessions", LL_WEB_REPORT, "sessions",
     RANGE | PAGES | FILTERS | LL_WEB_BIT(LL_WEB_METRICS) | LL_WEB_BIT(LL_WEB_SORT),
     "Streams, from first to last sample", "Meta", "SessionRow"},
    {"samples", LL_WEB_REPORT, "samples", RANGE | PAGES | FILTERS,
     "Observations: one stream in one slot", "Meta", "SampleRow"},
    {"runs", LL_WEB_REPORT, "runs", RANGE | PAGES, "Sweeps, the newest first", "Meta", "RunRow"},
    {"coverage", LL_WEB_REPORT, "coverage", RANGE | PAGES | LL_WEB_BIT(LL_WEB_GRAIN),
     "What was collected, bucket by bucket", "Meta", "CoverageRow"},
    {"concentration", LL_WEB_REPORT, "concentration", RANGE | FILTERS | LL_WEB_BIT(LL_WEB_FORMAT),
     "How hours watched are spread over channels", "Meta", "ConcentrationRow"},
    {"compare", LL_WEB_COMPARISON, "compare",
     RANGE | FILTERS | LL_WEB_BIT(LL_WEB_FORMAT) | LL_WEB_BIT(LL_WEB_GRAIN) |
         LL_WEB_BIT(LL_WEB_ITEM) | LL_WEB_BIT(LL_WEB_ALIGN) | LL_WEB_BIT(LL_WEB_METRIC) |
         LL_WEB_BIT(LL_WEB_ATTRIBUTION),
     "Up to eight things over time, by the clock or since their first slot", "Meta", "ComparedRow"},
    {"search", LL_WEB_SEARCH, "search", LL_WEB_BIT(LL_WEB_TEXT) | LL_WEB_BIT(LL_WEB_LIMIT),
     "Things by a part of their name", "LakeMeta", "FoundRow"},
    {"query", LL_WEB_QUERY, "query", LL_WEB_BIT(LL_WEB_SQL) | ROWS,
     "One SQL query, read-only; a key needs the scope sql", "QueryMeta", "Row"},
    {"pipeline", LL_WEB_PIPELINE, "pipeline", RANGE, "Layers, quarantine, and IGDB's part", "Meta",
     "PipelineRow"},
    {"status", LL_WEB_STATUS, "status", 0, "How new the data is, and when more comes", "LakeMeta",
     "StatusRow"},
    {"events", LL_WEB_EVENTS, "events", 0, "Server-sent events: run, when data has landed", NULL,
     NULL},
    {"openapi.json", LL_WEB_OPENAPI, "openapi", 0, "This description", NULL, NULL},
    {"categories", LL_WEB_DETAIL, "category", 0, "One category", "LakeMeta", "CategoryRow"},
    {"broadcasters", LL_WEB_DETAIL, "broadcaster", 0, "One broadcaster, with former names",
     "LakeMeta", "BroadcasterRow"},
    {"genres", LL_WEB_DETAIL, "genre", 0, "One genre", "LakeMeta", "TermRow"},
    {"game-modes", LL_WEB_DETAIL, "game_mode", 0, "One game mode", "LakeMeta", "TermRow"},
    {"languages", LL_WEB_DETAIL, "language", 0, "One language", "LakeMeta", "LanguageRow"},
    {"sessions", LL_WEB_DETAIL, "session", 0, "One stream, with its categories and titles",
     "LakeMeta", "StreamRow"},
};
const size_t ll_route_count = LL_COUNT(ll_routes);

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The server has seen that it is UTF-8 without NUL. */
static bool decode_id(struct ll_str text, char *ret, size_t room)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' && text.len - i > 2) {
            c = (char)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]));
            i += 2;
        }
        if (len + 1 >= room)
            return false;
        ret[len++] = c;
    }
    ret[len] = '\0';
    return len > 0 && strchr(ret, '/') == NULL;
}

/* "categories.csv": the extension goes to *ret. */
static struct ll_str cut_extension(struct ll_str name, char ret[16])
{
    static const char *const extensions[] = {"json", "csv", "ndjson", "parquet"};
    for (size_t i = 0; i < LL_COUNT(extensions); i++) {
        struct ll_str end = ll_str_of(extensions[i]);
        if (name.len > end.len + 1 && ll_str_ends_with(name, end) &&
            name.ptr[name.len - end.len - 1] == '.') {
            memcpy(ret, end.ptr, end.len + 1);
            return ll_str_sub(name, 0, name.len - end.len - 1);
        }
    }
    return name;
}

static const struct ll_route *find(struct ll_str name, bool detail)
{
    for (size_t i = 0; i < ll_route_count; i++)
        if (ll_str_equal(name, ll_str_of(ll_routes[i].path)) &&
            (ll_routes[i].kind == LL_WEB_DETAIL) == detail)
            return &ll_routes[i];
    return NULL;
}

bool ll_route_find(const char *path, struct ll_web_target *ret)
{
    struct ll_str rest = ll_str_of(path);
    *ret = (struct ll_web_target){0};
    if (!ll_str_starts_with(rest, LL_STR(LL_WEB_PREFIX)))
        return false;
    rest = ll_str_sub(rest, strlen(LL_WEB_PREFIX), rest.len);
    size_t slash = ll_str_find(rest, '/', 0);
    if (slash < rest.len) {
        ret->route = find(ll_str_sub(rest, 0, slash), true);
        return ret->route != NULL &&
               decode_id(ll_str_sub(rest, slash + 1, rest.len), ret->id, sizeof(ret->id));
    }
    ret->route = find(rest, false);
    if (ret->route == NULL)
        ret->route = find(cut_extension(rest, ret->extension), false);
    /* An extension is for those whose rows can be written so. */
    return ret->route != NULL &&
           (ret->extension[0] == '\0' || (ret->route->params & LL_WEB_BIT(LL_WEB_FORMAT)) != 0);
}

static int find_param(const char *name)
{
    for (int i = 0; i < LL_WEB_PARAM_COUNT; i++)
        if (strcmp(ll_web_params[i].name, name) == 0)
            return i;
    return -1;
}

enum ll_status ll_route_check(const struct ll_route *route, const struct ll_server_request *request,
                              struct ll_error *err)
{
    unsigned seen = 0;
    for (size_t i = 0; i < request->param_count; i++) {
        const char *name = request->params[i].name;
        int param = find_param(name);
        if (param < 0 || (route->params & LL_WEB_BIT(param)) == 0)
            return ll_fail(err, LL_INVALID, 0, "%.100s is no parameter of %s", name, route->path);
        if ((seen & LL_WEB_BIT(param)) != 0 && !ll_web_params[param].repeat)
            return ll_fail(err, LL_INVALID, 0, "%s is given twice", name);
        seen |= LL_WEB_BIT(param);
    }
    for (int i = 0; i < LL_WEB_PARAM_COUNT; i++)
        if ((route->params & LL_WEB_BIT(i)) != 0 && ll_web_params[i].required &&
            (seen & LL_WEB_BIT(i)) == 0)
            return ll_fail(err, LL_INVALID, 0, "%s is missing", ll_web_params[i].name);
    return LL_OK;
}
