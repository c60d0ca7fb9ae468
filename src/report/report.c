#include "report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/report_internal.h"

static struct ll_report_query whole_range(const struct ll_report_plan *plan)
{
    return (struct ll_report_query){
        .plan = plan, .grain = LL_GRAIN_NONE, .from_s = plan->from_s, .to_s = plan->to_s};
}

/* --- coverage ------------------------------------------------------------------------------- */

static enum ll_status count_slots(struct ll_warehouse *warehouse,
                                  const struct ll_report_query *query, struct ll_report_meta *meta,
                                  struct ll_error *err)
{
    struct ll_batch rows = {0};
    if (ll_report_query_coverage(warehouse, query, &rows, err) != LL_OK) {
        ll_batch_clear(&rows);
        return err->status;
    }
    assert(rows.row_count == 1);
    size_t sweep = ll_report_column(&rows, "sweep_coverage", LL_TYPE_F64);
    meta->runs = ll_batch_get_i64(&rows, ll_report_column(&rows, "runs", LL_TYPE_I64), 0);
    meta->expected = ll_batch_get_i64(&rows, ll_report_column(&rows, "expected", LL_TYPE_I64), 0);
    meta->slot_coverage =
        meta->expected > 0 ? (double)meta->runs / (double)meta->expected : (double)NAN;
    meta->sweep_coverage =
        ll_batch_is_null(&rows, sweep, 0) ? (double)NAN : ll_batch_get_f64(&rows, sweep, 0);
    meta->partial = ll_batch_get_bool(&rows, ll_report_column(&rows, "partial", LL_TYPE_BOOL), 0);
    ll_batch_clear(&rows);
    return LL_OK;
}

static enum ll_status query_coverage(struct ll_warehouse *warehouse,
                                     const struct ll_report_plan *plan, struct ll_report_meta *meta,
                                     struct ll_error *err)
{
    struct ll_report_query query = whole_range(plan);
    struct ll_report_meta before = {0};
    query.grain = plan->grain;
    if (count_slots(warehouse, &query, meta, err) != LL_OK)
        return err->status;
    if (plan->before_from_s == plan->before_to_s)
        return LL_OK;
    query.from_s = plan->before_from_s;
    query.to_s = plan->before_to_s;
    if (count_slots(warehouse, &query, &before, err) != LL_OK)
        return err->status;
    meta->before.runs = before.runs;
    meta->before.expected = before.expected;
    return LL_OK;
}

/* --- rankings and series -------------------------------------------------------------------- */

/* A series of ranked keys asks twice: which keys, and then for their buckets. */
static enum ll_status query_rows(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                                 struct ll_batch *ret, struct ll_error *err)
{
    struct ll_report_query query = whole_range(plan);
    bool series = plan->grain != LL_GRAIN_NONE, ranked = series && plan->limit != INT64_MAX;
    if (!ranked)
        query.grain = plan->grain;
    if (ll_report_query_rows(warehouse, &query, ret, err) != LL_OK)
        return err->status;
    if (!ranked || ret->row_count == 0)
        return LL_OK;
    struct ll_report_keys keys = ll_report_keys_of(plan, ret);
    if ((int64_t)keys.count > plan->limit)
        keys.count = (size_t)plan->limit;
    query.grain = plan->grain;
    query.keys = &keys;
    ll_batch_clear(ret);
    return ll_report_query_rows(warehouse, &query, ret, err);
}

/* Drops the row that only tells that there is another page. */
static void end_page(const struct ll_report_plan *plan, struct ll_batch *found, char *ret_next)
{
    if (plan->grain != LL_GRAIN_NONE || plan->by_change || (int64_t)found->row_count <= plan->limit)
        return;
    size_t last = (size_t)plan->limit - 1;
    size_t value = ll_report_column(found, "sort_value", LL_TYPE_F64);
    int by = ll_batch_column(found, "by_id");
    const struct ll_report_place place = {
        .value = ll_batch_is_null(found, value, last) ? (double)NAN
                                                      : ll_batch_get_f64(found, value, last),
        .id = ll_batch_get_text(found, ll_report_column(found, "id", LL_TYPE_TEXT), last),
        .by = by < 0 ? (struct ll_str){0} : ll_batch_get_text(found, (size_t)by, last),
    };
    ll_report_cursor_write(plan, &place, ret_next);
    uint32_t *order = ll_arena_array(plan->arena, last + 1, sizeof(*order));
    for (size_t i = 0; i <= last; i++)
        order[i] = (uint32_t)i;
    ll_batch_reorder(found, order, last + 1);
}

static enum ll_status find_names(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                                 const struct ll_batch *found, const struct ll_report_pair *names,
                                 struct ll_error *err)
{
    enum ll_status status = LL_OK;
    if (ll_report_is_sessions(plan))
        status = ll_report_names(warehouse, LL_DIMENSION_BROADCASTER, found, "broadcaster_id",
                                 names->key, err);
    else if (plan->what->key != LL_DIMENSION_NONE)
        status = ll_report_names(warehouse, plan->what->key, found, "id", names->key, err);
    if (status == LL_OK && plan->by != LL_DIMENSION_NONE)
        status = ll_report_names(warehouse, plan->by, found, "by_id", names->by, err);
    return status;
}

static enum ll_status find_before(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                                  struct ll_batch *found, struct ll_batch *before,
                                  struct ll_error *err)
{
    struct ll_report_query query = whole_range(plan);
    struct ll_report_keys keys = ll_report_keys_of(plan, found);
    query.from_s = plan->before_from_s;
    query.to_s = plan->before_to_s;
    query.keys = plan->by_change ? NULL : &keys;
    enum ll_status status = ll_report_query_rows(warehouse, &query, before, err);
    if (status == LL_OK && plan->by_change)
        ll_report_add_vanished(found, before);
    return status;
}

static enum ll_status check_size(const struct ll_batch *found, struct ll_error *err)
{
    if ((int64_t)found->row_count <= LL_REPORT_KEYS_MAX)
        return LL_OK;
    return ll_fail(err, LL_LIMIT, 0,
                   "more than %" PRId64 " rows: give a limit and follow meta.next, or a shorter "
                   "range",
                   LL_REPORT_KEYS_MAX);
}

static enum ll_status run_ranking(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                                  struct ll_report_answer *answer, struct ll_error *err)
{
    bool compares = plan->before_from_s != plan->before_to_s;
    struct ll_batch now = {0}, before = {0};
    struct ll_report_names key = {0}, by = {0};
    const struct ll_report_pair names = {&key, &by};
    enum ll_status status = query_rows(warehouse, plan, &now, err);
    if (status == LL_OK)
        status = check_size(&now, err);
    if (status == LL_OK)
        end_page(plan, &now, answer->meta.next);
    if (status == LL_OK && compares)
        status = find_before(warehouse, plan, &now, &before, err);
    if (status == LL_OK && compares && plan->by_change) /* before names are looked up */
        ll_report_keep_movers(plan, &now, &before, answer->meta.before.runs > 0);
    if (status == LL_OK)
        status = find_names(warehouse, plan, &now, &names, err);
    if (status == LL_OK && ll_report_is_sessions(plan))
        ll_report_build_sessions(plan, &now, names.key, &answer->rows);
    else if (status == LL_OK)
        ll_report_build_rows(plan, &now, &names, &answer->rows);
    if (status == LL_OK && compares) {
        const struct ll_report_found found = {&now, &before, answer->meta.before.runs > 0};
        ll_report_add_before(plan, &found, &answer->rows);
    }
    ll_report_names_clear(&key);
    ll_report_names_clear(&by);
    ll_batch_clear(&before);
    ll_batch_clear(&now);
    return status;
}

/* --- the answer ----------------------------------------------------------------------------- */

/* Gives the columns, at first, and then the rows. */
static enum ll_status give(const struct ll_report_answer *answer, bool first,
                           const struct ll_report_sink *sink, struct ll_error *err)
{
    struct ll_batch columns = answer->rows;
    columns.row_count = 0;
    if (first && sink->each(sink->context, &columns, err) != LL_OK)
        return err->status;
    return answer->rows.row_count > 0 ? sink->each(sink->context, &answer->rows, err) : LL_OK;
}

/* What may be longer than memory comes page by page, all of one state of the warehouse. */
static enum ll_status stream_pages(struct ll_warehouse *warehouse, struct ll_report_plan *plan,
                                   struct ll_report_answer *answer,
                                   const struct ll_report_sink *sink, struct ll_error *err)
{
    int64_t left = plan->limit;
    bool first = true;
    do {
        ll_batch_clear(&answer->rows);
        answer->meta.next[0] = '\0';
        plan->limit = left < plan->page_rows ? left : plan->page_rows;
        if (run_ranking(warehouse, plan, answer, err) != LL_OK ||
            give(answer, first, sink, err) != LL_OK)
            return err->status;
        first = false;
        left -= (int64_t)answer->rows.row_count;
        if (left > 0 && answer->meta.next[0] != '\0' &&
            ll_report_cursor_read(ll_str_of(answer->meta.next), plan, err) != LL_OK)
            return err->status;
    } while (left > 0 && answer->meta.next[0] != '\0');
    return LL_OK;
}

static enum ll_status stream_ranking(struct ll_warehouse *warehouse, struct ll_report_plan *plan,
                                     struct ll_report_answer *answer,
                                     const struct ll_report_sink *sink, struct ll_error *err)
{
    bool paged = plan->grain == LL_GRAIN_NONE && !plan->by_change && plan->limit > plan->page_rows;
    if (!paged) {
        enum ll_status status = run_ranking(warehouse, plan, answer, err);
        return status == LL_OK ? give(answer, true, sink, err) : status;
    }
    if (ll_warehouse_begin(warehouse, err) != LL_OK)
        return err->status;
    enum ll_status status = stream_pages(warehouse, plan, answer, sink, err);
    ll_warehouse_abort(warehouse);
    return status;
}

enum ll_status ll_report_stream(struct ll_warehouse *warehouse,
                                const struct ll_report_request *request,
                                const struct ll_report_sink *sink, struct ll_report_meta *ret_meta,
                                struct ll_error *err)
{
    struct ll_arena arena = {0};
    struct ll_report_answer answer = {0};
    struct ll_report_plan *plan = ll_arena_alloc(&arena, sizeof(*plan));
    enum ll_status status = ll_report_plan(warehouse, request, &arena, plan, &answer.meta, err);
    if (status == LL_OK)
        status = query_coverage(warehouse, plan, &answer.meta, err);
    *ret_meta = answer.meta;
    if (status == LL_OK && plan->what->list != NULL) {
        status = ll_report_stream_list(warehouse, plan, sink, ret_meta->next, err);
    } else if (status == LL_OK) {
        status = stream_ranking(warehouse, plan, &answer, sink, err);
        memcpy(ret_meta->next, answer.meta.next, sizeof(ret_meta->next));
    }
    ll_batch_clear(&answer.rows);
    ll_arena_clear(&arena);
    return status;
}

static enum ll_status collect(void *context, const struct ll_batch *batch,
                              struct ll_error *err LL_UNUSED)
{
    struct ll_batch *rows = context;
    if (rows->column_count == 0)
        for (size_t c = 0; c < batch->column_count; c++)
            ll_batch_add_column(rows, ll_str_of(batch->columns[c].field.name),
                                batch->columns[c].field.type);
    for (size_t row = 0; row < batch->row_count; row++) {
        for (size_t c = 0; c < batch->column_count; c++)
            ll_batch_copy(rows, c, batch, c, row);
        ll_batch_end_row(rows);
    }
    return LL_OK;
}

enum ll_status ll_report_run(struct ll_warehouse *warehouse,
                             const struct ll_report_request *request, struct ll_report_answer *ret,
                             struct ll_error *err)
{
    struct ll_report_answer answer = {0};
    const struct ll_report_sink sink = {collect, &answer.rows};
    enum ll_status status = ll_report_stream(warehouse, request, &sink, &answer.meta, err);
    if (status != LL_OK) {
        ll_report_answer_clear(&answer);
        return status;
    }
    *ret = answer;
    return LL_OK;
}

void ll_report_answer_clear(struct ll_report_answer *answer)
{
    ll_batch_clear(&answer->rows);
}
