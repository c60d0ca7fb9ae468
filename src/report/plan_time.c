/* The times of a request: zone, range, and the range before it. */
#include <assert.h>
#include <string.h>

#include "base/time.h"
#include "report/report_internal.h"

#define RANGE_MAX_S (INT64_C(100) * 366 * LL_DAY_S)

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
    const char *plus = ll_str_find(text, ' ', 0) < text.len ? " (in an address, + is %2B)" : "";
    return ll_fail(err, LL_INVALID, 0,
                   "%s '%.*s' is no time: write 2026-11-23, 2026-11-23T15:45:00Z, now or now-7d%s",
                   field, LL_FMT(text), plus);
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
    if (status == LL_OK && plan->after.given) { /* now has moved on since the page before */
        params[1] = ll_param_i64("from_s", plan->from_s);
        params[2] = ll_param_null("from_date");
        params[3] = ll_param_i64("to_s", plan->to_s);
        params[4] = ll_param_null("to_date");
    }
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

/* Local days of different lengths stay whole days: the range is moved on the wall clock. */
static enum ll_status plan_before(struct ll_warehouse *warehouse,
                                  const struct ll_report_request *request,
                                  struct ll_report_plan *plan, struct ll_report_meta *meta,
                                  struct ll_error *err)
{
    static const char *const names[] = {"none", "previous", "week", "year"};
    struct ll_report_choice choice = {"compare", names, LL_COUNT(names), ~0U};
    size_t index = 0;
    if (ll_report_choose(&choice, request->compare, &index, err) != LL_OK)
        return err->status;
    if (index == 0)
        return LL_OK;
    if (plan->grain != LL_GRAIN_NONE || plan->what->list != NULL || ll_report_is_sessions(plan))
        return ll_fail(err, LL_INVALID, 0,
                       "compare '%s' is for rankings and totals, without a grain", names[index]);
    struct ll_param params[] = {ll_param_text("tz", plan->tz), ll_param_i64("from_s", plan->from_s),
                                ll_param_i64("to_s", plan->to_s),
                                ll_param_text("step", ll_str_of(names[index]))};
    struct ll_batch rows = {0};
    enum ll_status status =
        ll_warehouse_query(warehouse, "report/before", params, LL_COUNT(params), &rows, err);
    if (status == LL_OK) {
        int64_t value[4];
        static const char *const columns[] = {"from_s", "to_s", "from_offset_s", "to_offset_s"};
        for (size_t i = 0; i < LL_COUNT(columns); i++)
            value[i] = ll_batch_get_i64(&rows, ll_report_column(&rows, columns[i], LL_TYPE_I64), 0);
        plan->before_from_s = value[0];
        plan->before_to_s = value[1];
        meta->before.from = ll_report_stamp(value[0], value[2]);
        meta->before.to = ll_report_stamp(value[1], value[3]);
    }
    ll_batch_clear(&rows);
    return status;
}

enum ll_status ll_report_plan_time(struct ll_warehouse *warehouse,
                                   const struct ll_report_request *request,
                                   struct ll_report_plan *plan, struct ll_report_meta *meta,
                                   struct ll_error *err)
{
    enum ll_status status = plan_zone(warehouse, request, plan, err);
    if (status == LL_OK)
        status = plan_range(warehouse, request, plan, meta, err);
    return status == LL_OK ? plan_before(warehouse, request, plan, meta, err) : status;
}
