/* From a request in words to a plan in numbers. */
#include "report/report_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/time.h"

const char *const ll_metric_names[LL_METRIC_COUNT_] = {
    [LL_METRIC_HOURS_WATCHED] = "hours_watched",
    [LL_METRIC_AIRTIME_HOURS] = "airtime_hours",
    [LL_METRIC_AVERAGE_VIEWERS] = "average_viewers",
    [LL_METRIC_AVERAGE_VIEWERS_WHILE_LIVE] = "average_viewers_while_live",
    [LL_METRIC_AVERAGE_CHANNELS] = "average_channels",
    [LL_METRIC_PEAK_VIEWERS] = "peak_viewers",
    [LL_METRIC_PEAK_CHANNELS] = "peak_channels",
    [LL_METRIC_UNIQUE_CHANNELS] = "unique_channels",
    [LL_METRIC_SAMPLES] = "samples",
    [LL_METRIC_SHARE] = "share",
};

const char *const ll_dimension_names[LL_DIMENSION_COUNT_] = {
    [LL_DIMENSION_NONE] = "none",
    [LL_DIMENSION_CATEGORY] = "category",
    [LL_DIMENSION_BROADCASTER] = "broadcaster",
    [LL_DIMENSION_LANGUAGE] = "language",
    [LL_DIMENSION_GENRE] = "genre",
    [LL_DIMENSION_GAME_MODE] = "game_mode",
    [LL_DIMENSION_SESSION] = "session",
};

const char *const ll_grain_names[LL_GRAIN_COUNT_] = {
    [LL_GRAIN_NONE] = "none",
    [LL_GRAIN_SLOT] = "slot",
    [LL_GRAIN_HOUR] = "hour",
    [LL_GRAIN_DAY] = "day",
    [LL_GRAIN_WEEK] = "week",
    [LL_GRAIN_MONTH] = "month",
    [LL_GRAIN_HOUR_OF_WEEK] = "hour_of_week",
};

#define PAGE_ROWS 200000
#define ALL_METRICS (LL_METRIC_BIT(LL_METRIC_COUNT_) - 1)
/* A channel has no average over the time it was not live, and is one channel. */
#define CHANNEL_METRICS                                                                            \
    (LL_METRIC_BIT(LL_METRIC_HOURS_WATCHED) | LL_METRIC_BIT(LL_METRIC_AIRTIME_HOURS) |             \
     LL_METRIC_BIT(LL_METRIC_AVERAGE_VIEWERS_WHILE_LIVE) | LL_METRIC_BIT(LL_METRIC_PEAK_VIEWERS) | \
     LL_METRIC_BIT(LL_METRIC_SAMPLES) | LL_METRIC_BIT(LL_METRIC_SHARE))
#define BY(dimension) (1U << (dimension))
#define BY_ALL                                                                                     \
    (BY(LL_DIMENSION_CATEGORY) | BY(LL_DIMENSION_LANGUAGE) | BY(LL_DIMENSION_GENRE) |              \
     BY(LL_DIMENSION_GAME_MODE))

#define ALL_GRAINS ((1U << LL_GRAIN_COUNT_) - 1)
#define NO_GRAIN (1U << LL_GRAIN_NONE)
#define LENGTHS (ALL_GRAINS & ~NO_GRAIN & ~(1U << LL_GRAIN_HOUR_OF_WEEK))

static const struct ll_report_what whats[] = {
    {"platform", LL_DIMENSION_NONE, ALL_METRICS, BY_ALL, ALL_GRAINS, NULL},
    {"categories", LL_DIMENSION_CATEGORY, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_CATEGORY),
     ALL_GRAINS, NULL},
    {"broadcasters", LL_DIMENSION_BROADCASTER, CHANNEL_METRICS, BY_ALL, ALL_GRAINS, NULL},
    {"genres", LL_DIMENSION_GENRE, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_GENRE), ALL_GRAINS, NULL},
    {"game-modes", LL_DIMENSION_GAME_MODE, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_GAME_MODE),
     ALL_GRAINS, NULL},
    {"languages", LL_DIMENSION_LANGUAGE, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_LANGUAGE),
     ALL_GRAINS, NULL},
    {"sessions", LL_DIMENSION_NONE, CHANNEL_METRICS, 0, NO_GRAIN, NULL},
    {"samples", LL_DIMENSION_NONE, 0, 0, NO_GRAIN, "report/sample"},
    {"runs", LL_DIMENSION_NONE, 0, 0, NO_GRAIN, "report/run"},
    {"coverage", LL_DIMENSION_NONE, 0, 0, LENGTHS, "report/coverage_series"},
    {"concentration", LL_DIMENSION_NONE, 0, 0, NO_GRAIN, "report/concentration"},
};
static const char *const attributions[] = {"fractional", "full"};

enum ll_status ll_report_choose(const struct ll_report_choice *choice, struct ll_str text,
                                size_t *ret_index, struct ll_error *err)
{
    struct ll_buf list = {0};
    for (size_t i = 0; i < choice->count; i++) {
        if ((choice->allowed & 1U << i) == 0)
            continue;
        if (text.len == 0 || ll_str_equal(text, ll_str_of(choice->names[i]))) {
            *ret_index = i;
            ll_buf_clear(&list);
            return LL_OK;
        }
        ll_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", choice->names[i]);
    }
    ll_fail(err, LL_INVALID, 0, "%s '%.*s' is not one of %s", choice->field, LL_FMT(text),
            list.ptr == NULL ? "" : list.ptr);
    ll_buf_clear(&list);
    return LL_INVALID;
}

static enum ll_status plan_what(const struct ll_report_request *request,
                                struct ll_report_plan *plan, struct ll_error *err)
{
    const char *names[LL_COUNT(whats)];
    size_t index = 0;
    for (size_t i = 0; i < LL_COUNT(whats); i++)
        names[i] = whats[i].name;
    struct ll_report_choice choice = {"report", names, LL_COUNT(whats), ~0U};
    enum ll_status status = ll_report_choose(&choice, request->what, &index, err);
    if (status == LL_OK)
        plan->what = &whats[index];
    return status;
}

const char *ll_report_what_of(enum ll_dimension dimension)
{
    for (size_t i = 0; i < LL_COUNT(whats); i++)
        if (dimension != LL_DIMENSION_NONE && whats[i].key == dimension)
            return whats[i].name;
    return NULL;
}

size_t ll_report_choices(struct ll_str what, enum ll_report_field field,
                         const char *ret_names[LL_REPORT_CHOICES_MAX])
{
    const struct ll_report_what *found = NULL;
    for (size_t i = 0; i < LL_COUNT(whats); i++)
        if (ll_str_equal(what, ll_str_of(whats[i].name)))
            found = &whats[i];
    assert(found != NULL);
    const struct {
        const char *const *names;
        size_t count;
        unsigned allowed;
    } fields[] = {[LL_REPORT_GRAIN] = {ll_grain_names, LL_GRAIN_COUNT_, found->grains},
                  [LL_REPORT_BY] = {ll_dimension_names, LL_DIMENSION_COUNT_, found->by | 1U},
                  [LL_REPORT_METRICS] = {ll_metric_names, LL_METRIC_COUNT_, found->metrics}};
    size_t count = 0;
    for (size_t i = 0; i < fields[field].count; i++)
        if ((fields[field].allowed & 1U << i) != 0)
            ret_names[count++] = fields[field].names[i];
    return count;
}

int64_t ll_report_default_limit(struct ll_str what)
{
    bool list = ll_str_equal(what, LL_STR("samples")) || ll_str_equal(what, LL_STR("coverage"));
    return list ? 10000 : 20;
}

/* What a cursor must have in common with the request it comes back with. */
static uint64_t fingerprint(const struct ll_report_request *request)
{
    const struct ll_str texts[] = {request->what,    request->from,  request->to,
                                   request->tz,      request->grain, request->by,
                                   request->compare, request->sort,  request->attribution};
    uint64_t hash = 0;
    for (size_t i = 0; i < LL_COUNT(texts); i++)
        hash = ll_str_hash(texts[i], hash);
    for (size_t i = 0; i < request->filter_count; i++) {
        hash = ll_str_hash(request->filters[i].key, hash + request->filters[i].exclude);
        hash = ll_str_hash(request->filters[i].value, hash);
    }
    return hash;
}

/* The columns that are asked for. */
static enum ll_status plan_metrics(const struct ll_report_request *request,
                                   struct ll_report_plan *plan, struct ll_error *err)
{
    struct ll_str rest = request->metrics, name;
    unsigned all = plan->what->metrics, asked = 0;
    if (plan->what->key == LL_DIMENSION_NONE && !ll_report_is_sessions(plan) &&
        plan->by == LL_DIMENSION_NONE)
        all &= ~LL_METRIC_BIT(LL_METRIC_SHARE); /* of itself */
    plan->metrics = all;
    if (request->metrics.len == 0)
        return LL_OK;
    if (all == 0)
        return ll_fail(err, LL_INVALID, 0, "metrics: %s has none", plan->what->name);
    struct ll_report_choice choice = {"metrics", ll_metric_names, LL_METRIC_COUNT_, all};
    while (ll_str_split(&rest, ',', &name)) {
        size_t index = 0;
        if (name.len == 0)
            return ll_fail(err, LL_INVALID, 0, "metrics has an empty name: write a,b");
        if (ll_report_choose(&choice, name, &index, err) != LL_OK)
            return err->status;
        asked |= LL_METRIC_BIT(index);
    }
    plan->metrics = asked;
    return LL_OK;
}

static enum ll_status plan_sort(const struct ll_report_request *request,
                                struct ll_report_plan *plan, struct ll_error *err)
{
    size_t sort = 0;
    struct ll_str change = LL_STR("change");
    if (plan->what->list != NULL)
        return request->sort.len == 0
                   ? LL_OK
                   : ll_fail(err, LL_INVALID, 0, "sort: %s has its own order", plan->what->name);
    bool compares = request->compare.len > 0 && !ll_str_equal(request->compare, LL_STR("none"));
    if (ll_str_equal(request->sort, change) && compares) {
        plan->by_change = true;
        return request->cursor.len == 0
                   ? LL_OK
                   : ll_fail(err, LL_INVALID, 0, "cursor: there is none with sort=change");
    }
    struct ll_report_choice choice = {"sort", ll_metric_names, LL_METRIC_COUNT_,
                                      plan->what->metrics};
    enum ll_status status = ll_report_choose(&choice, request->sort, &sort, err);
    plan->sort = (enum ll_metric)sort;
    return status;
}

static enum ll_status plan_shape(const struct ll_report_request *request,
                                 struct ll_report_plan *plan, struct ll_error *err)
{
    size_t grain = 0, by = 0, attribution = 0;
    struct ll_report_choice grain_choice = {"grain", ll_grain_names, LL_GRAIN_COUNT_,
                                            plan->what->grains};
    struct ll_report_choice by_choice = {"by", ll_dimension_names, LL_DIMENSION_COUNT_,
                                         plan->what->by | 1U};
    struct ll_report_choice attribution_choice = {"attribution", attributions,
                                                  LL_COUNT(attributions), ~0U};
    struct ll_str length = request->grain;
    if (length.len == 0 && plan->what->grains == LENGTHS)
        length = LL_STR("day");
    enum ll_status status = ll_report_choose(&grain_choice, length, &grain, err);
    if (status == LL_OK)
        status = ll_report_choose(&by_choice, request->by, &by, err);
    if (status == LL_OK)
        status = ll_report_choose(&attribution_choice, request->attribution, &attribution, err);
    if (status != LL_OK)
        return status;
    plan->grain = (enum ll_grain)grain;
    plan->by = (enum ll_dimension)by;
    plan->attribution = attributions[attribution];
    if (request->limit < 0)
        return ll_fail(err, LL_INVALID, 0, "limit %" PRId64 " is negative: 0 means all",
                       request->limit);
    plan->limit = request->limit == 0 ? INT64_MAX : request->limit;
    plan->page_rows = request->page_rows > 0 ? request->page_rows : PAGE_ROWS;
    if (request->cursor.len > 0 && plan->grain != LL_GRAIN_NONE && plan->what->list == NULL)
        return ll_fail(err, LL_INVALID, 0, "cursor: there is none with a grain");
    status = plan_metrics(request, plan, err);
    return status == LL_OK ? plan_sort(request, plan, err) : status;
}

enum ll_status ll_report_plan(struct ll_warehouse *warehouse,
                              const struct ll_report_request *request, struct ll_arena *arena,
                              struct ll_report_plan *ret_plan, struct ll_report_meta *ret_meta,
                              struct ll_error *err)
{
    struct ll_report_plan *plan = ret_plan;
    struct ll_report_meta meta = {0};
    *plan = (struct ll_report_plan){.arena = arena, .now_s = request->now_s};
    plan->fingerprint = fingerprint(request);
    enum ll_status status = plan_what(request, plan, err);
    if (status == LL_OK)
        status = plan_shape(request, plan, err);
    if (status == LL_OK && request->cursor.len > 0)
        status = ll_report_cursor_read(request->cursor, plan, err);
    if (status == LL_OK)
        status = ll_report_plan_time(warehouse, request, plan, &meta, err);
    if (status == LL_OK)
        status = ll_report_plan_filters(warehouse, request, plan, err);
    if (status != LL_OK)
        return status;
    meta.attribution = plan->attribution;
    size_t length = plan->tz.len < sizeof(meta.tz) ? plan->tz.len : sizeof(meta.tz) - 1;
    memcpy(meta.tz, plan->tz.ptr, length);
    *ret_meta = meta;
    return LL_OK;
}
