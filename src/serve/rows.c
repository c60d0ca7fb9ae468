/* Answers that are rows: reports, searches, SQL. */
#include "report/report.h"
#include "serve/rows_out.h"

enum ll_status ll_web_report(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err)
{
    struct ll_report_filter filters[LL_REPORT_FILTERS_MAX];
    struct ll_report_request request;
    struct ll_report_meta meta;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    LL_AUTO(ll_rows_out_clear) struct ll_rows_out out = {.spool = {.fd = -1}};
    const struct ll_report_sink sink = {ll_rows_out_add, &out};
    if (ll_web_read_request(call, filters, &request, err) != LL_OK ||
        ll_rows_out_begin(&out, call, lease, err) != LL_OK ||
        ll_report_stream(lease->warehouse, &request, &sink, &meta, err) != LL_OK)
        return err->status;
    ll_report_meta_json(&meta, &text);
    return ll_rows_out_finish(&out, ll_buf_str(&text), err);
}

static size_t count_characters(struct ll_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

enum ll_status ll_web_search(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err)
{
    struct ll_report_filter filters[LL_REPORT_FILTERS_MAX];
    struct ll_report_request request;
    LL_AUTO(ll_buf_clear) struct ll_buf meta = {0};
    LL_AUTO(ll_rows_out_clear) struct ll_rows_out out = {.spool = {.fd = -1}};
    struct ll_str text = ll_str_trim(ll_str_of(ll_server_query(call->request, "q")));
    if (ll_web_read_request(call, filters, &request, err) != LL_OK)
        return err->status;
    if (text.len == 0 || count_characters(text) > 100)
        return ll_fail(err, LL_INVALID, 0, "q is to be a part of a name, of 1 to 100 characters");
    if (request.limit > LL_WEB_SEARCH_MAX)
        return ll_fail(err, LL_INVALID, 0, "limit is at most %d here", LL_WEB_SEARCH_MAX);
    bool asked = ll_server_query(call->request, "limit") != NULL && request.limit > 0;
    const struct ll_param params[] = {
        ll_param_text("text", text),
        ll_param_i64("limit", asked ? request.limit : LL_WEB_SEARCH_MAX)};
    if (ll_web_lake_meta(lease, &meta, err) != LL_OK ||
        ll_rows_out_begin(&out, call, lease, err) != LL_OK ||
        ll_warehouse_stream(lease->warehouse, "detail/search", params, LL_COUNT(params),
                            ll_rows_out_add, &out, err) != LL_OK)
        return err->status;
    return ll_rows_out_finish(&out, ll_buf_str(&meta), err);
}

enum ll_status ll_web_query(struct ll_web_call *call, struct ll_serve_lease *lease,
                            struct ll_error *err)
{
    struct ll_report_filter filters[LL_REPORT_FILTERS_MAX];
    struct ll_report_request request;
    LL_AUTO(ll_buf_clear) struct ll_buf meta = {0};
    LL_AUTO(ll_rows_out_clear) struct ll_rows_out out = {.spool = {.fd = -1}};
    int64_t most = call->api->options->max_rows;
    if (ll_web_read_request(call, filters, &request, err) != LL_OK ||
        ll_rows_out_begin(&out, call, lease, err) != LL_OK)
        return err->status;
    bool asked = ll_server_query(call->request, "limit") != NULL;
    int64_t wanted = asked ? request.limit : 1000;
    out.max_rows = most > 0 && (wanted == 0 || wanted > most) ? most : wanted;
    enum ll_status status =
        ll_warehouse_query_text(lease->warehouse, ll_str_of(ll_server_query(call->request, "sql")),
                                ll_rows_out_add, &out, err);
    if (status != LL_OK && !(status == LL_LIMIT && out.truncated))
        return status;
    ll_buf_printf(&meta, "{\"rows\":%lld,\"truncated\":%s}", (long long)out.count,
                  out.truncated ? "true" : "false");
    return ll_rows_out_finish(&out, ll_buf_str(&meta), err);
}
