/* From a request in words to a plan in numbers. */
#include "report/report_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/time.h"

#define RANGE_MAX_S (INT64_C(100) * 366 * LL_DAY_S)

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
};

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

static const struct ll_report_what whats[] = {
    {"platform", LL_DIMENSION_NONE, ALL_METRICS, BY_ALL, true},
    {"categories", LL_DIMENSION_CATEGORY, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_CATEGORY), true},
    {"broadcasters", LL_DIMENSION_BROADCASTER, CHANNEL_METRICS, BY_ALL, true},
    {"genres", LL_DIMENSION_GENRE, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_GENRE), true},
    {"game-modes", LL_DIMENSION_GAME_MODE, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_GAME_MODE), true},
    {"languages", LL_DIMENSION_LANGUAGE, ALL_METRICS, BY_ALL & ~BY(LL_DIMENSION_LANGUAGE), true},
    {"sessions", LL_DIMENSION_NONE, CHANNEL_METRICS, 0, false},
};
static const char *const grains[] = {"none", "slot", "hour", "day", "week", "month"};
static const char *const attributions[] = {"fractional", "full"};

struct choice {
    const char *field; /* "grain" */
    const char *const *names;
    size_t count;
    unsigned allowed; /* 1 << index */
};

/* Index of the text among the names; empty text gives the first. */
static enum ll_status choose(const struct choice *choice, struct ll_str text, size_t *ret_index,
                             struct ll_error *err)
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
    struct choice choice = {"report", names, LL_COUNT(whats), ~0U};
    enum ll_status status = choose(&choice, request->what, &index, err);
    if (status == LL_OK)
        plan->what = &whats[index];
    return status;
}

static enum ll_status plan_shape(const struct ll_report_request *request,
                                 struct ll_report_plan *plan, struct ll_error *err)
{
    size_t grain = 0, by = 0, attribution = 0;
    struct choice grain_choice = {"grain", grains, LL_COUNT(grains), plan->what->series ? ~0U : 1U};
    struct choice by_choice = {"by", ll_dimension_names, LL_DIMENSION_COUNT_, plan->what->by | 1U};
    struct choice attribution_choice = {"attribution", attributions, LL_COUNT(attributions), ~0U};
    enum ll_status status = choose(&grain_choice, request->grain, &grain, err);
    if (status == LL_OK)
        status = choose(&by_choice, request->by, &by, err);
    if (status == LL_OK)
        status = choose(&attribution_choice, request->attribution, &attribution, err);
    if (status != LL_OK)
        return status;
    plan->grain = grains[grain];
    plan->by = (enum ll_dimension)by;
    plan->attribution = attributions[attribution];
    plan->metrics = plan->what->metrics;
    if (plan->what->key == LL_DIMENSION_NONE && plan->what->series && plan->by == LL_DIMENSION_NONE)
        plan->metrics &= ~LL_METRIC_BIT(LL_METRIC_SHARE); /* of itself */

    size_t sort = 0;
    struct choice sort_choice = {"sort", ll_metric_names, LL_METRIC_COUNT_, plan->metrics};
    status = choose(&sort_choice, request->sort, &sort, err);
    if (status != LL_OK)
        return status;
    plan->sort = (enum ll_metric)sort;
    if (request->limit < 0)
        return ll_fail(err, LL_INVALID, 0, "limit %" PRId64 " is negative: 0 means all",
                       request->limit);
    plan->limit = request->limit == 0 ? INT64_MAX : request->limit;
    return LL_OK;
}

static enum ll_status plan_filters(struct ll_warehouse *warehouse,
                                   const struct ll_report_request *request,
                                   struct ll_report_plan *plan, struct ll_error *err)
{
    struct choice keys = {"filter", ll_dimension_names, LL_DIMENSION_COUNT_, ~1U};
    for (size_t i = 0; i < request->filter_count; i++) {
        const struct ll_report_filter *filter = &request->filters[i];
        size_t index = 0;
        if (filter->key.len == 0)
            return ll_fail(err, LL_INVALID, 0, "a filter has no name: write category=…, say");
        enum ll_status status = choose(&keys, filter->key, &index, err);
        if (status != LL_OK)
            return status;
        if (plan->filters[index].ptr != NULL)
            return ll_fail(err, LL_INVALID, 0, "filter %s is given twice", keys.names[index]);
        status = ll_report_find(warehouse, (enum ll_dimension)index, filter->value, plan->arena,
                                &plan->filters[index], err);
        if (status != LL_OK)
            return status;
    }
    return LL_OK;
}

/* --- time ----------------------------------------------------------------------------------- */

static enum ll_status plan_zone(struct ll_warehouse *warehouse,
                                const struct ll_report_request *request,
                                struct ll_report_plan *plan, struct ll_error *err)
{
    struct ll_str tz = request->tz.len > 0 ? request->tz : LL_STR("UTC");
    struct ll_param params[] = {ll_param_text("tz", tz)};
    struct ll_batch rows = {0};
    enum ll_status status =
        ll_str_is_utf8(tz) ? ll_warehouse_query(warehouse, "report/zone", params, 1, &rows, err)
                           : LL_OK;
    if (status == LL_OK && rows.row_count == 0)
        status =
            ll_fail(err, LL_INVALID, 0,
                    "unknown time zone '%.*s': use an IANA name such as Europe/Berlin", LL_FMT(tz));
    if (status == LL_OK)
        plan->tz = ll_arena_copy(
            plan->arena,
            ll_batch_get_text(&rows, ll_report_column(&rows, "name", LL_TYPE_TEXT), 0));
    ll_batch_clear(&rows);
    return status;
}

/* now, now-7d, now+1h, an instant, or a date: then *ret_date and no instant. */
static enum ll_status parse_time(const char *field, struct ll_str text, int64_t now_s,
                                 struct ll_param *ret_s, struct ll_param *ret_date,
                                 struct ll_error *err)
{
    int32_t day = 0;
    int64_t ms = 0, seconds = 0;
    if (ll_date_parse(text, &day)) {
        ret_date->kind = LL_PARAM_TEXT;
        ret_date->text = text;
        return LL_OK;
    }
    ret_s->kind = LL_PARAM_I64;
    if (ll_stamp_parse(text, &ms)) {
        ret_s->i64 = ms / 1000 - (ms % 1000 < 0);
        return LL_OK;
    }
    ret_s->i64 = now_s;
    if (ll_str_equal(text, LL_STR("now")))
        return LL_OK;
    if (ll_str_starts_with(text, LL_STR("now")) && text.len > 4 &&
        (text.ptr[3] == '-' || text.ptr[3] == '+') &&
        ll_duration_parse(ll_str_sub(text, 4, text.len), &seconds) && seconds < RANGE_MAX_S) {
        ret_s->i64 += text.ptr[3] == '-' ? -seconds : seconds;
        return LL_OK;
    }
    return ll_fail(err, LL_INVALID, 0,
                   "%s '%.*s' is no time: write 2026-11-23, 2026-11-23T15:45:00Z, now or now-7d",
                   field, LL_FMT(text));
}

static void take_range(const struct ll_batch *rows, struct ll_report_plan *plan,
                       struct ll_report_meta *meta)
{
    int64_t value[6];
    static const char *const names[] = {"from_s",      "to_s",    "from_offset_s",
                                        "to_offset_s", "as_of_s", "as_of_offset_s"};
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        int column = ll_batch_column(rows, names[i]);
        assert(column >= 0 && rows->row_count == 1);
        bool null = ll_batch_is_null(rows, (size_t)column, 0);
        assert(!null || i >= 4); /* an empty lake has no newest slot */
        value[i] = null ? INT64_MIN : ll_batch_get_i64(rows, (size_t)column, 0);
    }
    plan->from_s = value[0];
    plan->to_s = value[1];
    meta->from = ll_report_stamp(value[0], value[2]);
    meta->to = ll_report_stamp(value[1], value[3]);
    if (value[4] != INT64_MIN)
        meta->as_of = ll_report_stamp(value[4], value[5]);
}

static enum ll_status plan_range(struct ll_warehouse *warehouse,
                                 const struct ll_report_request *request,
                                 struct ll_report_plan *plan, struct ll_report_meta *meta,
                                 struct ll_error *err)
{
    struct ll_str from = request->from.len > 0 ? request->from : LL_STR("now-7d");
    struct ll_str to = request->to.len > 0 ? request->to : LL_STR("now");
    struct ll_param params[] = {ll_param_text("tz", plan->tz), ll_param_null("from_s"),
                                ll_param_null("from_date"), ll_param_null("to_s"),
                                ll_param_null("to_date")};
    struct ll_batch rows = {0};
    enum ll_status status = parse_time("from", from, request->now_s, &params[1], &params[2], err);
    if (status == LL_OK)
        status = parse_time("to", to, request->now_s, &params[3], &params[4], err);
    if (status == LL_OK)
        status =
            ll_warehouse_query(warehouse, "report/range", params, LL_COUNT(params), &rows, err);
    if (status == LL_OK)
        take_range(&rows, plan, meta);
    ll_batch_clear(&rows);
    if (status != LL_OK)
        return status;
    if (plan->from_s >= plan->to_s)
        return ll_fail(err, LL_INVALID, 0, "the range is empty: from %s is not before to %s",
                       meta->from.c, meta->to.c);
    if (plan->to_s - plan->from_s > RANGE_MAX_S)
        return ll_fail(err, LL_INVALID, 0, "the range is longer than 100 years");
    return LL_OK;
}

enum ll_status ll_report_plan(struct ll_warehouse *warehouse,
                              const struct ll_report_request *request, struct ll_arena *arena,
                              struct ll_report_plan *ret_plan, struct ll_report_meta *ret_meta,
                              struct ll_error *err)
{
    struct ll_report_plan plan = {.arena = arena, .now_s = request->now_s};
    struct ll_report_meta meta = {0};
    enum ll_status status = plan_what(request, &plan, err);
    if (status == LL_OK)
        status = plan_shape(request, &plan, err);
    if (status == LL_OK)
        status = plan_zone(warehouse, request, &plan, err);
    if (status == LL_OK)
        status = plan_range(warehouse, request, &plan, &meta, err);
    if (status == LL_OK)
        status = plan_filters(warehouse, request, &plan, err);
    if (status != LL_OK)
        return status;
    meta.attribution = plan.attribution;
    size_t length = plan.tz.len < sizeof(meta.tz) ? plan.tz.len : sizeof(meta.tz) - 1;
    memcpy(meta.tz, plan.tz.ptr, length);
    *ret_plan = plan;
    *ret_meta = meta;
    return LL_OK;
}
