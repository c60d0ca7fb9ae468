/* How well the lake is: for people (pipeline, status) and for machines (/metrics, /readyz). */
#include <inttypes.h>

#include "base/time.h"
#include "report/render.h"
#include "report/report.h"
#include "serve/health.h"

/* "name":{…} of a query's only row. */
static enum ll_status add_row(struct ll_web_call *call, struct ll_serve_lease *lease,
                              const char *name, const struct ll_report_meta *meta,
                              struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf sql = {0};
    struct ll_buf *out = &call->response->body;
    struct ll_batch rows = {0};
    int64_t from_ms = 0, to_ms = 0;
    bool known = ll_stamp_parse(ll_str_of(meta->from.c), &from_ms) &&
                 ll_stamp_parse(ll_str_of(meta->to.c), &to_ms);
    const struct ll_param params[] = {ll_param_i64("from_s", known ? from_ms / 1000 : 0),
                                      ll_param_i64("to_s", known ? to_ms / 1000 : 0)};
    ll_buf_printf(&sql, "serve/%s", name);
    enum ll_status status =
        ll_warehouse_query(lease->warehouse, sql.ptr, params, LL_COUNT(params), &rows, err);
    if (status == LL_OK) {
        ll_buf_printf(out, ",\"%s\":{", name);
        for (size_t c = 0; c < rows.column_count; c++) {
            ll_buf_printf(out, "%s\"%s\":", c > 0 ? "," : "", rows.columns[c].field.name);
            ll_render_json(&rows, c, 0, out);
        }
        ll_buf_add_char(out, '}');
    }
    ll_batch_clear(&rows);
    return status;
}

enum ll_status ll_web_pipeline(struct ll_web_call *call, struct ll_serve_lease *lease,
                               struct ll_error *err)
{
    struct ll_report_filter filters[LL_REPORT_FILTERS_MAX];
    struct ll_report_request request;
    struct ll_report_answer answer = {0};
    const struct ll_serve_lake *lake = &call->api->options->lake;
    struct ll_buf *out = &call->response->body;
    if (ll_web_read_request(call, filters, &request, err) != LL_OK)
        return err->status;
    request.limit = 1;
    request.what = LL_STR("runs");
    if (ll_report_run(lease->warehouse, &request, &answer, err) != LL_OK)
        return err->status;
    answer.meta.next[0] = '\0'; /* of the runs, which are not told here */
    ll_buf_add(out, LL_STR("{\"meta\":"));
    ll_report_meta_json(&answer.meta, out);
    ll_buf_add(out, LL_STR(",\"data\":[{"));
    enum ll_status status = lake->layers(lake->context, lease, out, err);
    if (status == LL_OK)
        status = add_row(call, lease, "quality", &answer.meta, err);
    if (status == LL_OK)
        status = add_row(call, lease, "igdb", &answer.meta, err);
    ll_buf_add(out, LL_STR("}]}\n"));
    ll_report_answer_clear(&answer);
    return status;
}

static enum ll_status find_as_of(struct ll_serve_lease *lease, int64_t *ret_slot_s,
                                 struct ll_error *err)
{
    struct ll_batch rows = {0};
    enum ll_status status =
        ll_warehouse_query(lease->warehouse, "serve/as_of", NULL, 0, &rows, err);
    if (status == LL_OK)
        *ret_slot_s = ll_batch_is_null(&rows, 0, 0) ? -1 : ll_batch_get_i64(&rows, 0, 0);
    ll_batch_clear(&rows);
    return status;
}

static void add_as_of(struct ll_buf *out, int64_t as_of_s)
{
    ll_buf_add(out, LL_STR("\"as_of\":"));
    if (as_of_s >= 0)
        ll_buf_printf(out, "\"%s\"", ll_stamp_format(as_of_s).c);
    else
        ll_buf_add(out, LL_STR("null"));
}

static void add_lake_meta(struct ll_buf *out, int64_t as_of_s)
{
    ll_buf_add_char(out, '{');
    add_as_of(out, as_of_s);
    ll_buf_add(out, LL_STR(",\"source\":\"" LL_REPORT_SOURCE "\"}"));
}

enum ll_status ll_web_lake_meta(struct ll_serve_lease *lease, struct ll_buf *out,
                                struct ll_error *err)
{
    int64_t as_of_s = -1;
    enum ll_status status = find_as_of(lease, &as_of_s, err);
    if (status == LL_OK)
        add_lake_meta(out, as_of_s);
    return status;
}

enum ll_status ll_web_status(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err)
{
    const struct ll_serve_options *options = call->api->options;
    struct ll_buf *out = &call->response->body;
    int64_t as_of_s = -1;
    if (find_as_of(lease, &as_of_s, err) != LL_OK)
        return err->status;
    ll_buf_add(out, LL_STR("{\"meta\":"));
    add_lake_meta(out, as_of_s);
    ll_buf_printf(out, ",\"data\":[{\"version\":\"" LL_VERSION "\",\"now\":\"%s\",",
                  ll_stamp_format(ll_clock_now_s(options->clock)).c);
    add_as_of(out, as_of_s);
    options->lake.collecting(options->lake.context, out);
    ll_buf_add(out, LL_STR("}]}\n"));
    return LL_OK;
}

/* Machines do not wait behind people's questions: one at a time, it has a lease beside the pool. */
static enum ll_status look(struct ll_health *health, struct ll_web *api, int64_t *ret_as_of_s)
{
    struct ll_error err;
    struct ll_serve_lease lease = {0};
    const struct ll_serve_lake *lake = &api->options->lake;
    pthread_mutex_lock(&health->mutex);
    enum ll_status status = lake->lease(lake->context, LL_SERVE_QUESTIONS, &lease, &err);
    if (status == LL_OK) {
        status = find_as_of(&lease, ret_as_of_s, &err);
        lake->release(lake->context, &lease);
    }
    pthread_mutex_unlock(&health->mutex);
    return status;
}

void ll_health_ready(struct ll_health *health, struct ll_web *api,
                     struct ll_server_response *response)
{
    int64_t as_of_s = -1;
    enum ll_status status = look(health, api, &as_of_s);
    response->content_type = "text/plain; charset=utf-8";
    response->status = status == LL_OK ? 200 : 503;
    ll_buf_add(&response->body, status == LL_OK ? LL_STR("ready\n") : LL_STR("not ready\n"));
}

/* --- /metrics: Prometheus' text format */

static const char *const kind_names[LL_HEALTH_KINDS] = {"page",    "report", "detail",   "search",
                                                        "compare", "query",  "pipeline", "status",
                                                        "events",  "other"};
static const int64_t bounds_ms[LL_HEALTH_BUCKETS] = {5,   10,  25,   50,   100,
                                                     250, 500, 1000, 5000, 30000};

void ll_health_note(struct ll_health *health, enum ll_health_kind kind, int status, int64_t took_ms)
{
    struct ll_health_counts *counts = &health->kinds[kind];
    int class = status / 100;
    atomic_fetch_add(&counts->answers[class >= 2 && class <= 5 ? class - 2 : 3], 1);
    atomic_fetch_add(&counts->took_ms, took_ms);
    for (size_t i = 0; i < LL_HEALTH_BUCKETS; i++)
        if (took_ms <= bounds_ms[i])
            atomic_fetch_add(&counts->within[i], 1);
}

static void add_counts(const struct ll_health *health, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("# HELP livelake_http_answers_total Answers by kind and class.\n"
                           "# TYPE livelake_http_answers_total counter\n"));
    for (size_t k = 0; k < LL_HEALTH_KINDS; k++)
        for (int c = 0; c < 4; c++)
            ll_buf_printf(out,
                          "livelake_http_answers_total{kind=\"%s\",class=\"%dxx\"} %" PRIu64 "\n",
                          kind_names[k], c + 2, atomic_load(&health->kinds[k].answers[c]));
    ll_buf_add(out, LL_STR("# HELP livelake_http_answer_seconds Time until an answer was made.\n"
                           "# TYPE livelake_http_answer_seconds histogram\n"));
    for (size_t k = 0; k < LL_HEALTH_KINDS; k++) {
        const struct ll_health_counts *counts = &health->kinds[k];
        uint64_t all = 0;
        for (int c = 0; c < 4; c++)
            all += atomic_load(&counts->answers[c]);
        for (size_t i = 0; i < LL_HEALTH_BUCKETS; i++)
            ll_buf_printf(
                out, "livelake_http_answer_seconds_bucket{kind=\"%s\",le=\"%g\"} %" PRIu64 "\n",
                kind_names[k], (double)bounds_ms[i] / 1000, atomic_load(&counts->within[i]));
        ll_buf_printf(out,
                      "livelake_http_answer_seconds_bucket{kind=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
                      "livelake_http_answer_seconds_sum{kind=\"%s\"} %g\n"
                      "livelake_http_answer_seconds_count{kind=\"%s\"} %" PRIu64 "\n",
                      kind_names[k], all, kind_names[k],
                      (double)atomic_load(&counts->took_ms) / 1000, kind_names[k], all);
    }
}

static void add_metric(struct ll_buf *out, const char *type, const char *name, const char *help)
{
    ll_buf_printf(out, "# HELP livelake_%s %s\n# TYPE livelake_%s %s\nlivelake_%s ", name, help,
                  name, type, name);
}

static void add_gauge(struct ll_buf *out, const char *name, const char *help, double value)
{
    add_metric(out, "gauge", name, help);
    ll_buf_add_f64(out, value);
    ll_buf_add_char(out, '\n');
}

static void add_cache(struct ll_cache *cache, struct ll_buf *out)
{
    uint64_t hits = 0, misses = 0;
    ll_cache_count(cache, &hits, &misses);
    add_metric(out, "counter", "cache_hits_total", "Answers given from memory.");
    ll_buf_printf(out, "%" PRIu64 "\n", hits);
    add_metric(out, "counter", "cache_misses_total", "Answers made anew.");
    ll_buf_printf(out, "%" PRIu64 "\n", misses);
}

void ll_health_metrics(struct ll_health *health, struct ll_web *api,
                       struct ll_server_response *response)
{
    struct ll_buf *out = &response->body;
    int busy = 0, waiting = ll_pool_waiting(&api->pool, &busy);
    int64_t as_of_s = -1;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    add_counts(health, out);
    add_gauge(out, "questions_running", "Questions to the warehouse that run.", busy);
    add_gauge(out, "questions_waiting", "Questions that wait for their turn.", waiting);
    add_gauge(out, "event_listeners", "Open event streams.", ll_events_listeners(&api->events));
    add_cache(&api->cache, out);
    ll_buf_add(out, LL_STR("# HELP livelake_build_info 1; the version is its label.\n"
                           "# TYPE livelake_build_info gauge\n"
                           "livelake_build_info{version=\"" LL_VERSION "\"} 1\n"));
    enum ll_status status = look(health, api, &as_of_s);
    add_gauge(out, "warehouse_up", "1 when the warehouse answers.", status == LL_OK);
    if (status == LL_OK && as_of_s >= 0) {
        add_gauge(out, "newest_slot_timestamp_seconds", "Start of the newest good slot.",
                  (double)as_of_s);
        add_gauge(out, "now_timestamp_seconds", "The clock of the lake.",
                  (double)ll_clock_now_s(api->options->clock));
    }
}
