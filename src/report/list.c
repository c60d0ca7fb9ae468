/* Lists: what SQL finds, row by row. A column x_epoch with x_ahead beside it (seconds, and the
 * zone's offset) becomes the instant x; sort_value and sort_id make the cursor. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "report/report_internal.h"

#define COLUMNS_MAX 64

struct list {
    const struct ll_report_plan *plan;
    ll_batch_fn *each;
    void *context;
    struct ll_batch rows;
    struct list_column {
        size_t from, ahead; /* ahead: of an instant */
        bool instant;
    } columns[COLUMNS_MAX];
    size_t column_count;
    int value, id; /* columns of the cursor; -1 = the list has none */
    int64_t count;
    bool more;
    struct ll_report_place last;
};

static bool ends_with(const char *name, const char *suffix)
{
    return ll_str_ends_with(ll_str_of(name), ll_str_of(suffix));
}

static void learn_columns(struct list *list, const struct ll_batch *found)
{
    list->value = ll_batch_column(found, "sort_value");
    list->id = ll_batch_column(found, "sort_id");
    for (size_t i = 0; i < found->column_count; i++) {
        const char *name = found->columns[i].field.name;
        if (ends_with(name, "_ahead") || ends_with(name, "sort_value") ||
            ends_with(name, "sort_id"))
            continue;
        assert(list->column_count < COLUMNS_MAX);
        struct list_column *column = &list->columns[list->column_count++];
        *column = (struct list_column){.from = i, .instant = ends_with(name, "_epoch")};
        struct ll_str shown = ll_str_of(name);
        if (column->instant) {
            shown.len -= strlen("_epoch");
            const char *ahead = ll_arena_printf(list->plan->arena, "%.*s_ahead", LL_FMT(shown)).ptr;
            column->ahead = ll_report_column(found, ahead, LL_TYPE_I64);
        }
        ll_batch_add_column(&list->rows, shown,
                            column->instant ? LL_TYPE_TEXT : found->columns[i].field.type);
    }
}

static void add_cell(struct list *list, size_t to, const struct ll_batch *found, size_t row)
{
    const struct list_column *column = &list->columns[to];
    if (!column->instant || ll_batch_is_null(found, column->from, row)) {
        if (column->instant)
            ll_batch_null(&list->rows, to);
        else
            ll_batch_copy(&list->rows, to, found, column->from, row);
        return;
    }
    struct ll_stamp_zone stamp = ll_report_stamp(ll_batch_get_i64(found, column->from, row),
                                                 ll_batch_get_i64(found, column->ahead, row));
    ll_batch_text(&list->rows, to, ll_str_of(stamp.c));
}

static void note_last(struct list *list, const struct ll_batch *found, size_t row)
{
    if (list->value < 0)
        return;
    list->last.value = ll_batch_get_f64(found, (size_t)list->value, row);
    list->last.id =
        ll_arena_copy(list->plan->arena, ll_batch_get_text(found, (size_t)list->id, row));
}

static enum ll_status take(void *context, const struct ll_batch *found, struct ll_error *err)
{
    struct list *list = context;
    bool first = list->column_count == 0;
    if (first)
        learn_columns(list, found);
    ll_batch_reset(&list->rows);
    for (size_t row = 0; row < found->row_count; row++) {
        if (list->count == list->plan->limit) {
            list->more = true;
            break;
        }
        for (size_t to = 0; to < list->column_count; to++)
            add_cell(list, to, found, row);
        ll_batch_end_row(&list->rows);
        list->count++;
        if (list->count == list->plan->limit)
            note_last(list, found, row);
    }
    if (!first && list->rows.row_count == 0)
        return LL_OK;
    return list->each(list->context, &list->rows, err);
}

enum ll_status ll_report_stream_list(struct ll_warehouse *warehouse,
                                     const struct ll_report_plan *plan,
                                     const struct ll_report_sink *sink, char *ret_next,
                                     struct ll_error *err)
{
    struct list list = {
        .plan = plan, .each = sink->each, .context = sink->context, .value = -1, .id = -1};
    const struct ll_report_query query = {
        .plan = plan, .grain = plan->grain, .from_s = plan->from_s, .to_s = plan->to_s};
    enum ll_status status = ll_report_query_list(warehouse, &query, take, &list, err);
    if (status == LL_OK && list.more && list.value >= 0)
        ll_report_cursor_write(plan, &list.last, ret_next);
    ll_batch_clear(&list.rows);
    return status;
}
