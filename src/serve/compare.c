/* Things beside each other over time: each is asked for as a filter, and its buckets put together.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "report/report.h"
#include "serve/rows_out.h"

#define ITEMS_MAX 8

struct compared {
    struct ll_web_call *call;
    struct ll_serve_lease *lease;
    struct ll_batch rows; /* item, name, time, offset_s, value, partial */
    struct ll_report_request request;
    struct ll_report_filter *filters; /* the item's is the last */
    const char *metric;
    bool from_first;
    struct ll_report_meta meta; /* see keep_meta */
    bool met;
    struct ll_arena arena;
    struct ll_report_thing thing; /* the item */
};

/* Of a game's genres, say, only the item. */
static bool is_own(const struct compared *c, const struct ll_batch *found, size_t row)
{
    size_t id = (size_t)ll_batch_column(found, "id");
    return ll_str_equal(ll_batch_get_text(found, id, row), c->thing.id);
}

/* --- the range */

/* The start of the first bucket in which the item was live; 0 when there is none. */
static enum ll_status find_bucket(struct compared *c, const struct ll_report_request *request,
                                  int64_t *ret_ms, struct ll_error *err)
{
    struct ll_report_answer answer = {0};
    int64_t first_ms = 0, at_ms = 0;
    if (ll_report_run(c->lease->warehouse, request, &answer, err) != LL_OK)
        return err->status;
    size_t time = (size_t)ll_batch_column(&answer.rows, "time");
    for (size_t row = 0; row < answer.rows.row_count; row++)
        if (is_own(c, &answer.rows, row) &&
            ll_stamp_parse(ll_batch_get_text(&answer.rows, time, row), &at_ms) &&
            (first_ms == 0 || at_ms < first_ms))
            first_ms = at_ms;
    ll_report_answer_clear(&answer);
    *ret_ms = first_ms;
    return LL_OK;
}

/* The first slot: that of the first day. */
static enum ll_status find_first(struct compared *c, int64_t *ret_ms, struct ll_error *err)
{
    struct ll_report_request request = c->request;
    int64_t day_ms = 0;
    request.grain = LL_STR("day");
    request.from = LL_STR("2011-01-01");
    request.to = LL_STR("now");
    if (find_bucket(c, &request, &day_ms, err) != LL_OK)
        return err->status;
    *ret_ms = 0;
    if (day_ms == 0)
        return LL_OK;
    const struct ll_stamp_text from = ll_stamp_format(day_ms / 1000);
    const struct ll_stamp_text to = ll_stamp_format(day_ms / 1000 + LL_DAY_S + 3600);
    request.grain = LL_STR("slot");
    request.from = ll_str_of(from.c);
    request.to = ll_str_of(to.c);
    return find_bucket(c, &request, ret_ms, err);
}

/* The range of an item that is counted from its first slot on: as long as the one asked for. */
static enum ll_status find_range(struct compared *c, struct ll_stamp_text stamps[2],
                                 struct ll_error *err)
{
    struct ll_report_request range = c->request;
    struct ll_report_answer answer = {0};
    int64_t from_ms = 0, to_ms = 0, first_ms = 0;
    range.grain = LL_STR("none");
    if (find_first(c, &first_ms, err) != LL_OK ||
        ll_report_run(c->lease->warehouse, &range, &answer, err) != LL_OK)
        return err->status;
    bool known = ll_stamp_parse(ll_str_of(answer.meta.from.c), &from_ms) &&
                 ll_stamp_parse(ll_str_of(answer.meta.to.c), &to_ms);
    ll_report_answer_clear(&answer);
    if (first_ms == 0 || !known)
        first_ms = from_ms;
    stamps[0] = ll_stamp_format(first_ms / 1000);
    stamps[1] = ll_stamp_format((first_ms + to_ms - from_ms) / 1000);
    return LL_OK;
}

/* --- rows */

/* A bucket that was observed, and the item's row of it. */
struct bucket {
    struct ll_str stamp;
    int64_t at_ms, offset_s;
    size_t row; /* of what was found; beyond its last: not live */
};

struct place {
    int64_t at_ms;
    size_t row;
};

static int by_time(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

/* The item's own rows, in the order of time. */
static size_t find_places(const struct compared *c, const struct ll_batch *found,
                          struct place *places)
{
    size_t time = (size_t)ll_batch_column(found, "time"), count = 0;
    for (size_t row = 0; row < found->row_count; row++)
        if (is_own(c, found, row) &&
            ll_stamp_parse(ll_batch_get_text(found, time, row), &places[count].at_ms))
            places[count++].row = row;
    qsort(places, count, sizeof(*places), by_time);
    return count;
}

static void add_row(struct compared *c, struct ll_str item, const struct ll_batch *found,
                    const struct bucket *bucket)
{
    bool seen = bucket->row < found->row_count;
    double number =
        seen ? ll_batch_get_number(found, (size_t)ll_batch_column(found, c->metric), bucket->row)
             : 0.0;
    bool average = strcmp(c->metric, "average_viewers_while_live") == 0; /* of no time: none */
    ll_batch_text(&c->rows, 0, item);
    ll_batch_text(&c->rows, 1, c->thing.name);
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
    struct place *places = ll_xcalloc(found->row_count + 1, sizeof(*places));
    size_t count = find_places(c, found, places), next = 0;
    size_t good = (size_t)ll_batch_column(covered, "good");
    size_t time = (size_t)ll_batch_column(covered, "time");
    struct bucket bucket = {0};
    int64_t first_ms = 0;
    for (size_t row = 0; row < covered->row_count; row++) {
        bucket.stamp = ll_batch_get_text(covered, time, row);
        if (ll_batch_get_i64(covered, good, row) == 0 ||
            !ll_stamp_parse(bucket.stamp, &bucket.at_ms))
            continue;
        first_ms = first_ms == 0 ? bucket.at_ms : first_ms;
        bucket.offset_s = (bucket.at_ms - first_ms) / 1000;
        while (next < count && places[next].at_ms < bucket.at_ms)
            next++;
        bool live = next < count && places[next].at_ms == bucket.at_ms;
        bucket.row = live ? places[next].row : found->row_count;
        add_row(c, item, found, &bucket);
    }
    free(places);
}

/* Each item may have a range of its own: that of the one that was observed least is told. */
static void keep_meta(struct compared *c, const struct ll_report_meta *meta)
{
    if (c->met && meta->slot_coverage >= c->meta.slot_coverage)
        return;
    c->meta = *meta;
    c->met = true;
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
        keep_meta(c, &found.meta);
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
    if (own->exclude)
        return ll_fail(err, LL_INVALID, 0, "item '%.*s' excludes: name what is to be compared",
                       LL_FMT(ll_str_sub(item, 0, 100)));
    if (ll_report_find_thing(c->lease->warehouse, own, &c->arena, &c->thing, err) != LL_OK)
        return ll_context(err, "item");
    if (check_metric(c, c->thing.what, err) != LL_OK)
        return err->status;
    own->value = c->thing.id;
    c->request.what = ll_str_of(c->thing.what);
    struct ll_report_request request = c->request;
    if (c->from_first) {
        if (find_range(c, stamps, err) != LL_OK)
            return err->status;
        request.from = ll_str_of(stamps[0].c);
        request.to = ll_str_of(stamps[1].c);
    }
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
    struct compared c = {.call = call, .lease = lease, .filters = filters};
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
    c.request.limit = 0;
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
    ll_arena_clear(&c.arena);
    if (status != LL_OK)
        return status;
    ll_report_meta_json(&c.meta, &meta);
    return ll_rows_out_finish(&out, ll_buf_str(&meta), err);
}
