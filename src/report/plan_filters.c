/* The filters of a request: from names to ids. */
#include <assert.h>

#include "report/report_internal.h"

enum ll_status ll_report_filter_parse(struct ll_str text, struct ll_report_filter *ret,
                                      struct ll_error *err)
{
    bool exclude = ll_str_starts_with(text, LL_STR("-"));
    struct ll_str rest = ll_str_sub(text, exclude, text.len);
    size_t colon = ll_str_find(rest, ':', 0), equals = ll_str_find(rest, '=', 0);
    size_t at = colon < equals ? colon : equals;
    if (at == rest.len || at == 0)
        return ll_fail(err, LL_INVALID, 0, "filter '%.*s' is not KEY:VALUE, such as category:Chess",
                       LL_FMT(ll_str_sub(text, 0, 100)));
    *ret = (struct ll_report_filter){.key = ll_str_sub(rest, 0, at),
                                     .value = ll_str_sub(rest, at + 1, rest.len),
                                     .exclude = exclude};
    return LL_OK;
}

static enum ll_status add_filter(struct ll_warehouse *warehouse,
                                 const struct ll_report_filter *filter, struct ll_report_plan *plan,
                                 struct ll_error *err)
{
    struct ll_report_choice keys = {"filter", ll_dimension_names, LL_DIMENSION_COUNT_, ~1U};
    size_t index = 0;
    if (filter->key.len == 0)
        return ll_fail(err, LL_INVALID, 0, "a filter has no name: write category=…, say");
    if (ll_report_choose(&keys, filter->key, &index, err) != LL_OK)
        return err->status;
    struct ll_report_ids *ids = filter->exclude ? &plan->unwanted[index] : &plan->wanted[index];
    assert(ids->count < LL_REPORT_FILTERS_MAX); /* there are no more filters in all */
    struct ll_str *id = &ids->texts[ids->count];
    if (ll_report_find(warehouse, (enum ll_dimension)index, filter->value, plan->arena, id, err) !=
        LL_OK)
        return err->status;
    if (index != LL_DIMENSION_LANGUAGE && !ll_str_to_i64(*id, &ids->numbers[ids->count]))
        return ll_fail(err, LL_INVALID, 0, "filter %s: '%.*s' is no id", ll_dimension_names[index],
                       LL_FMT(*id));
    ids->count++;
    return LL_OK;
}

enum ll_status ll_report_plan_filters(struct ll_warehouse *warehouse,
                                      const struct ll_report_request *request,
                                      struct ll_report_plan *plan, struct ll_error *err)
{
    if (request->filter_count > LL_REPORT_FILTERS_MAX)
        return ll_fail(err, LL_INVALID, 0, "filter: more than %d are given", LL_REPORT_FILTERS_MAX);
    for (size_t i = 0; i < request->filter_count; i++)
        if (add_filter(warehouse, &request->filters[i], plan, err) != LL_OK)
            return err->status;
    return LL_OK;
}
