/* Things beside each other over time: each is asked for as a filter, and its buckets put together.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "report/report.h"
#include "serve/rows_out.h"

#define ITEMS_MAX 8

struct compared {
    struct ll_web_call *call;
    struct ll_serve_lease *lease;
    struct ll_rows_out *out;
    struct ll_batch rows; /* item, name, time, offset_s, value, partial */
    struct ll_report_request request;
    struct ll_report_filter *filters; /* the item's is the last */
    const char *metric;
    bool from_first;
    struct ll_report_meta meta; /* of the last item */
};

/* A bucket of an item. */
struct bucket {
    struct ll_str name, stamp;
    int64_t offset_s;
    size_t row; /* of what was found; beyond its last: not live */
};

/* The resource that names things of a kind. */
static const char *what_of(struct ll_str kind)
{
    static const struct {
        const char *kind, *what;
    } kinds[] = {{"category", "categories"},
                 {"broadcaster", "broadcasters"},
                 {"genre", "genres"},
                 {"game_mode", "game-modes"},
                 {"language", "languages"}};
    for (size_t i = 0; i < LL_COUNT(kinds); i++)
        if (ll_str_equal(kind, ll_str_of(kinds[i].kind)))
            return kinds[i].what;
    return NULL;
}

/* The range of an item that is counted from its first slot on: as long as the one asked for. */
static enum ll_status find_first(struct compared *c, struct ll_stamp_text stamps[2],
                                 struct ll_error *err)
{
    struct ll_report_request request = c->request;
    struct ll_report_answer answer = {0};
    int64_t from_ms = 0, to_ms = 0, first_ms = 0;
    request.grain = LL_STR("slot");
    request.from = LL_STR("2011-01-01");
    request.to = LL_STR("now");
    if (ll_report_run(c->lease->warehouse, &request, &answer, err) != LL_OK)
        return err->status;
    struct ll_report_request range = c->request;
    int time = ll_batch_column(&answer.rows, "time");
    bool found = answer.rows.row_count > 0 &&
                 ll_stamp_parse(ll_batch_get_text(&answer.rows, (size_t)time, 0), &first_ms);
    ll_report_answer_clear(&answer);
    range.grain = LL_STR("none");
    if (ll_report_run(c->lease->warehouse, &range, &answer, err) != LL_OK)
        return err->status;
    bool known = ll_stamp_parse(ll_str_of(answer.meta.from.c), &from_ms) &&
                 ll_stamp_parse(ll_str_of(answer.meta.to.c), &to_ms);
    ll_report_answer_clear(&answer);
    if (!found || !known)
        first_ms = from_ms;
    stamps[0] = ll_stamp_format(first_ms / 1000);
    stamps[1] = ll_stamp_format((first_ms + to_ms - from_ms) / 1000);
    return LL_OK;
}

static double value_at(const struct ll_batch *rows, size_t column, size_t row)
{
    if (ll_batch_is_null(rows, column, row))
        return (double)NAN;
    return rows->columns[column].field.type == LL_TYPE_I64
               ? (double)ll_batch_get_i64(rows, column, row)
               : ll_batch_get_f64(rows, column, row);
}

/* The id among the rows that the filter's value names: of a game's genres, say, only the item. */
static struct ll_str find_id(const struct ll_batch *found, struct ll_str value)
{
    int id = ll_batch_column(found, "id"), name = ll_batch_column(found, "name");
    for (size_t row = 0; row < found->row_count; row++) {
        struct ll_str own = ll_batch_get_text(found, (size_t)id, row);
        struct ll_str called = ll_batch_get_text(found, (size_t)name, row);
        if (ll_str_equal(own, value) ||
            (called.len == value.len && strncasecmp(called.ptr, value.ptr, value.len) == 0))
            return own;
    }
    return (struct ll_str){0};
}

/* The item's row of a bucket, by its stamp; row_count when there is none. */
static size_t find_bucket(const struct ll_batch *found, struct ll_str own, struct ll_str stamp)
{
    size_t id = (size_t)ll_batch_column(found, "id"), time = (size_t)ll_batch_column(found, "time");
    for (size_t row = 0; row < found->row_count; row++)
        if (ll_str_equal(ll_batch_get_text(found, time, row), stamp) &&
            ll_str_equal(ll_batch_get_text(found, id, row), own))
            return row;
    return found->row_count;
}

static void add_row(struct compared *c, struct ll_str item, const struct ll_batch *found,
                    const struct bucket *bucket)
{
    bool seen = bucket->row < found->row_count;
    double number =
        seen ? value_at(found, (size_t)ll_batch_column(found, c->metric), bucket->row) : 0.0;
    bool average = strcmp(c->metric, "average_viewers_while_live") == 0; /* of no time: none */
    ll_batch_text(&c->rows, 0, item);
    ll_batch_text(&c->rows, 1, bucket->name);
    ll_batch_text(&c->rows, 2, bucket->stamp);
    if (c->from_first)
        ll_batch_i64(&c->rows, 3, bucket->offset_s);
    else
        ll_batch_null(&c->rows, 3);
    if (isfinite(number) && (seen || !average))
        ll_batch_f64(&c->rows, 4, number);
    else
        ll_batch_null(&c->rows, 4);
    ll_batch_bool(
        &c->rows, 5,
        seen && ll_batch_get_bool(found, (size_t)ll_batch_column(found, "partial"), bucket->row));
    ll_batch_end_row(&c->rows);
}

/* Every bucket that was observed, also where the item was not live: that is 0, and no gap. */
static void add_rows(struct compared *c, struct ll_str item, const struct ll_batch *found,
                     const struct ll_batch *covered)
{
    struct ll_str own = find_id(found, c->filters[c->request.filter_count - 1].value);
    size_t good = (size_t)ll_batch_column(covered, "good");
    size_t time = (size_t)ll_batch_column(covered, "time");
    struct bucket bucket = {.name = own};
    int64_t first_ms = 0, at_ms = 0;
    for (size_t row = 0; row < found->row_count; row++)
        if (ll_str_equal(ll_batch_get_text(found, (size_t)ll_batch_column(found, "id"), row), own))
            bucket.name = ll_batch_get_text(found, (size_t)ll_batch_column(found, "name"), row);
    for (size_t row = 0; own.len > 0 && row < covered->row_count; row++) {
        bucket.stamp = ll_batch_get_text(covered, time, row);
        if (ll_batch_get_i64(covered, good, row) == 0 || !ll_stamp_parse(bucket.stamp, &at_ms))
            continue;
        first_ms = first_ms == 0 ? at_ms : first_ms;
        bucket.offset_s = (at_ms - first_ms) / 1000;
        bucket.row = find_bucket(found, own, bucket.stamp);
        add_row(c, item, found, &bucket);
    }
}

/* The item's buckets, and what was observed of each. */
static enum ll_status ask_item(struct compared *c, struct ll_str item,
                               const struct ll_report_request *request, struct ll_error *err)
{
    struct ll_report_answer found = {0}, covered = {0};
    struct ll_report_request coverage = *request;
    coverage.what = LL_STR("coverage");
    coverage.metrics = (struct ll_str){0};
    enum ll_status status = ll_report_run(c->lease->warehouse, request, &found, err);
    if (status == LL_OK)
        status = ll_report_run(c->lease->warehouse, &coverage, &covered, err);
    if (status == LL_OK) {
        c->meta = found.meta;
        add_rows(c, item, &found.rows, &covered.rows);
    }
    ll_report_answer_clear(&found);
    ll_report_answer_clear(&covered);
    return status;
}

/* One metric, of those that things of the kind have. Their share of themselves is no news. */
static enum ll_status check_metric(const struct compared *c, const char *what, struct ll_error *err)
{
    const char *names[LL_REPORT_CHOICES_MAX];
    LL_AUTO(ll_buf_clear) struct ll_buf list = {0};
    size_t count = ll_report_choices(ll_str_of(what), LL_REPORT_METRICS, names);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "share") == 0)
            continue;
        if (strcmp(names[i], c->metric) == 0)
            return LL_OK;
        ll_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", names[i]);
    }
    return ll_fail(err, LL_INVALID, 0, "metric '%.100s' is not one of %s, which %s have", c->metric,
                   list.ptr, what);
}

static enum ll_status add_item(struct compared *c, struct ll_str item, struct ll_error *err)
{
    struct ll_stamp_text stamps[2];
    struct ll_report_filter *own = &c->filters[c->request.filter_count - 1];
    if (ll_report_filter_parse(item, own, err) != LL_OK)
        return ll_context(err, "item");
    const char *what = what_of(own->key);
    if (what == NULL || own->exclude)
        return ll_fail(err, LL_INVALID, 0,
                       "item '%.*s' is not category:, broadcaster:, genre:, game_mode: or "
                       "language: with an id or name",
                       LL_FMT(ll_str_sub(item, 0, 100)));
    if (check_metric(c, what, err) != LL_OK)
        return err->status;
    c->request.what = ll_str_of(what);
    struct ll_report_request request = c->request;
    if (c->from_first) {
        if (find_first(c, stamps, err) != LL_OK)
            return err->status;
        request.from = ll_str_of(stamps[0].c);
        request.to = ll_str_of(stamps[1].c);
    }
    request.limit = 0;
    return ask_item(c, item, &request, err);
}

static void begin_rows(struct ll_batch *rows)
{
    ll_batch_add_column(rows, LL_STR("item"), LL_TYPE_TEXT);
    ll_batch_add_column(rows, LL_STR("name"), LL_TYPE_TEXT);
    ll_batch_add_column(rows, LL_STR("time"), LL_TYPE_TEXT);
    ll_batch_add_column(rows, LL_STR("offset_s"), LL_TYPE_I64);
    ll_batch_add_column(rows, LL_STR("value"), LL_TYPE_F64);
    ll_batch_add_column(rows, LL_STR("partial"), LL_TYPE_BOOL);
}

static enum ll_status add_items(struct compared *c, struct ll_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < c->call->request->param_count; i++) {
        const struct ll_server_param *param = &c->call->request->params[i];
        if (strcmp(param->name, "item") != 0)
            continue;
        if (++count > ITEMS_MAX)
            return ll_fail(err, LL_INVALID, 0, "item: more than %d are given", ITEMS_MAX);
        if (add_item(c, ll_str_of(param->value), err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

enum ll_status ll_web_compare(struct ll_web_call *call, struct ll_serve_lease *lease,
                              struct ll_error *err)
{
    struct ll_report_filter filters[LL_REPORT_FILTERS_MAX + 1];
    LL_AUTO(ll_buf_clear) struct ll_buf meta = {0};
    LL_AUTO(ll_rows_out_clear) struct ll_rows_out out = {.spool = {.fd = -1}};
    struct compared c = {.call = call, .lease = lease, .out = &out, .filters = filters};
    struct ll_str align = ll_str_of(ll_server_query(call->request, "align"));
    c.metric = ll_server_query(call->request, "metric");
    c.metric = c.metric != NULL && c.metric[0] != '\0' ? c.metric : "hours_watched";
    c.from_first = ll_str_equal(align, LL_STR("first"));
    if (!c.from_first && align.len > 0 && !ll_str_equal(align, LL_STR("time")))
        return ll_fail(err, LL_INVALID, 0, "align '%.*s' is not one of time, first",
                       LL_FMT(ll_str_sub(align, 0, 100)));
    if (ll_web_read_request(call, filters, &c.request, err) != LL_OK ||
        ll_rows_out_begin(&out, call, lease, err) != LL_OK)
        return err->status;
    c.request.filter_count++;
    c.request.metrics = ll_str_of(c.metric);
    if (c.request.grain.len == 0)
        c.request.grain = LL_STR("day");
    if (ll_str_equal(c.request.grain, LL_STR("none")) ||
        ll_str_equal(c.request.grain, LL_STR("hour_of_week")))
        return ll_fail(err, LL_INVALID, 0,
                       "grain '%.*s' is not one of slot, hour, day, week, month",
                       LL_FMT(c.request.grain));
    begin_rows(&c.rows);
    enum ll_status status = add_items(&c, err);
    if (status == LL_OK)
        status = ll_rows_out_add(&out, &c.rows, err);
    ll_batch_clear(&c.rows);
    if (status != LL_OK)
        return status;
    ll_report_meta_json(&c.meta, &meta);
    return ll_rows_out_finish(&out, ll_buf_str(&meta), err);
}
