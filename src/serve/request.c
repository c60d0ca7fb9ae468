/* From a call's parameters to a request of report/report.h. */
#include "report/report.h"
#include "serve/web.h"

static struct ll_str text_of(const struct ll_web_call *call, enum ll_web_param param)
{
    return ll_str_of(ll_server_query(call->request, ll_web_params[param].name));
}

static enum ll_status read_filters(const struct ll_web_call *call, struct ll_report_filter *filters,
                                   size_t *ret_count, struct ll_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < call->request->param_count; i++) {
        const struct ll_server_param *param = &call->request->params[i];
        if (!ll_str_equal(ll_str_of(param->name), LL_STR("filter")))
            continue;
        if (count == LL_REPORT_FILTERS_MAX)
            return ll_fail(err, LL_INVALID, 0, "filter: more than %d are given",
                           LL_REPORT_FILTERS_MAX);
        if (ll_report_filter_parse(ll_str_of(param->value), &filters[count++], err) != LL_OK)
            return err->status;
    }
    *ret_count = count;
    return LL_OK;
}

enum ll_status ll_web_read_request(const struct ll_web_call *call, struct ll_report_filter *filters,
                                   struct ll_report_request *ret, struct ll_error *err)
{
    struct ll_str limit = text_of(call, LL_WEB_LIMIT);
    struct ll_report_request request = {
        .what = ll_str_of(call->target.route->what),
        .from = text_of(call, LL_WEB_FROM),
        .to = text_of(call, LL_WEB_TO),
        .tz = text_of(call, LL_WEB_TZ),
        .grain = text_of(call, LL_WEB_GRAIN),
        .by = text_of(call, LL_WEB_BY),
        .attribution = text_of(call, LL_WEB_ATTRIBUTION),
        .metrics = text_of(call, LL_WEB_METRICS),
        .sort = text_of(call, LL_WEB_SORT),
        .compare = text_of(call, LL_WEB_COMPARE),
        .cursor = text_of(call, LL_WEB_CURSOR),
        .filters = filters,
        .limit = ll_report_default_limit(ll_str_of(call->target.route->what)),
        .now_s = call->now_s,
    };
    if (ll_server_query(call->request, "limit") != NULL &&
        (!ll_str_to_i64(limit, &request.limit) || request.limit < 0 ||
         request.limit > LL_WEB_LIMIT_MAX))
        return ll_fail(err, LL_INVALID, 0,
                       "limit '%.*s' is no whole number from 0 (everything) to %d",
                       LL_FMT(ll_str_sub(limit, 0, 100)), LL_WEB_LIMIT_MAX);
    if (read_filters(call, filters, &request.filter_count, err) != LL_OK)
        return err->status;
    *ret = request;
    return LL_OK;
}
