/* Beside each row of a ranking, what it was in the range before. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "report/report_internal.h"

static uint64_t key_of(const struct ll_batch *batch, size_t id, size_t by, size_t row)
{
    return ll_str_hash(ll_batch_get_text(batch, by, row),
                       ll_str_hash(ll_batch_get_text(batch, id, row), 0));
}

/* Rows of `batch` by their keys, as places from 1 on. */
static void index_rows(const struct ll_batch *batch, struct ll_map *map)
{
    size_t id = ll_report_column(batch, "id", LL_TYPE_TEXT);
    size_t by = ll_report_column(batch, "by_id", LL_TYPE_TEXT);
    bool fresh;
    ll_map_reserve(map, batch->row_count);
    for (size_t i = 0; i < batch->row_count; i++)
        *ll_map_at(map, key_of(batch, id, by, i), &fresh) = i + 1;
}

/* What nothing was seen of is 0, where somebody looked; its average over no time is unknown. */
static void add_nothing(struct ll_batch *rows, size_t column, const char *metric, bool observed)
{
    bool unknown = ll_str_equal(ll_str_of(metric), ll_str_of("average_viewers_while_live"));
    if (!observed || unknown)
        ll_batch_null(rows, column);
    else if (rows->columns[column].field.type == LL_TYPE_I64)
        ll_batch_i64(rows, column, 0);
    else
        ll_batch_f64(rows, column, 0);
}

void ll_report_add_vanished(struct ll_batch *found, const struct ll_batch *before)
{
    struct ll_map map = {0};
    size_t id = ll_report_column(before, "id", LL_TYPE_TEXT);
    size_t by = ll_report_column(before, "by_id", LL_TYPE_TEXT);
    index_rows(found, &map);
    for (size_t row = 0; row < before->row_count; row++) {
        if (ll_map_find(&map, key_of(before, id, by, row)) != NULL)
            continue;
        for (size_t c = 0; c < found->column_count; c++) {
            const struct ll_field *field = &found->columns[c].field;
            int same = ll_batch_column(before, field->name);
            assert(same >= 0);
            if (field->type == LL_TYPE_TEXT || field->type == LL_TYPE_BOOL)
                ll_batch_copy(found, c, before, (size_t)same, row);
            else
                add_nothing(found, c, field->name, true);
        }
        ll_batch_end_row(found);
    }
    ll_map_clear(&map);
}

struct pair_column {
    size_t now, before, to; /* in rows, in what was found of before, the new one in rows */
};

/* Makes <metric>_before of each metric in rows. */
static size_t add_columns(const struct ll_report_plan *plan, const struct ll_batch *before,
                          struct ll_batch *rows, struct pair_column *pairs)
{
    size_t count = 0;
    for (unsigned metric = 0; metric < LL_METRIC_COUNT_; metric++) {
        const char *name = ll_metric_names[metric];
        int now = ll_batch_column(rows, name);
        if ((plan->metrics & LL_METRIC_BIT(metric)) == 0)
            continue;
        assert(now >= 0);
        size_t from = (size_t)ll_batch_column(before, name);
        struct ll_str column = ll_arena_printf(plan->arena, "%s_before", name);
        pairs[count++] = (struct pair_column){(size_t)now, from, rows->column_count};
        ll_batch_add_column(rows, column, rows->columns[now].field.type);
    }
    return count;
}

/* The batch with more columns: a copy, since columns are added before the first row only. */
static void copy_columns(const struct ll_batch *from, struct ll_batch *to)
{
    for (size_t c = 0; c < from->column_count; c++)
        ll_batch_add_column(to, ll_str_of(from->columns[c].field.name),
                            from->columns[c].field.type);
}

void ll_report_add_before(const struct ll_report_plan *plan, const struct ll_report_found *found,
                          struct ll_batch *rows)
{
    struct pair_column pairs[LL_METRIC_COUNT_];
    struct ll_map map = {0};
    struct ll_batch wide = {0};
    const struct ll_batch *before = found->before;
    size_t id = ll_report_column(found->now, "id", LL_TYPE_TEXT);
    size_t by = ll_report_column(found->now, "by_id", LL_TYPE_TEXT);
    size_t value = (size_t)ll_batch_column(found->now, ll_metric_names[plan->sort]);
    copy_columns(rows, &wide);
    size_t count = add_columns(plan, before, &wide, pairs), change = wide.column_count;
    ll_batch_add_column(&wide, LL_STR("change"), LL_TYPE_F64);
    index_rows(before, &map);
    for (size_t row = 0; row < rows->row_count; row++) {
        const uint64_t *place = ll_map_find(&map, key_of(found->now, id, by, row));
        for (size_t c = 0; c < rows->column_count; c++)
            ll_batch_copy(&wide, c, rows, c, row);
        for (size_t i = 0; i < count; i++)
            if (place != NULL)
                ll_batch_copy(&wide, pairs[i].to, before, pairs[i].before, *place - 1);
            else
                add_nothing(&wide, pairs[i].to, wide.columns[pairs[i].now].field.name,
                            found->observed);
        double was = place != NULL ? ll_batch_get_number(before, value, *place - 1)
                                   : (found->observed ? 0.0 : (double)NAN);
        double moved = ll_batch_get_number(found->now, value, row) - was;
        if (isfinite(moved))
            ll_batch_f64(&wide, change, moved);
        else
            ll_batch_null(&wide, change);
        ll_batch_end_row(&wide);
    }
    ll_map_clear(&map);
    ll_batch_clear(rows);
    *rows = wide;
}

struct move {
    double size;
    uint32_t row;
};

static int compare_moves(const void *a, const void *b)
{
    const struct move *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->row < y->row ? -1 : 1;
}

void ll_report_keep_movers(const struct ll_report_plan *plan, struct ll_batch *now,
                           const struct ll_batch *before, bool observed)
{
    size_t id = ll_report_column(now, "id", LL_TYPE_TEXT);
    size_t by = ll_report_column(now, "by_id", LL_TYPE_TEXT);
    size_t value = (size_t)ll_batch_column(now, ll_metric_names[plan->sort]);
    size_t was = (size_t)ll_batch_column(before, ll_metric_names[plan->sort]);
    size_t count = now->row_count;
    struct move *moves = ll_xcalloc(count + 1, sizeof(*moves));
    uint32_t *order = ll_xcalloc(count + 1, sizeof(*order));
    struct ll_map map = {0};
    index_rows(before, &map);
    for (size_t i = 0; i < count; i++) {
        const uint64_t *place = ll_map_find(&map, key_of(now, id, by, i));
        double nothing = observed ? 0.0 : (double)NAN;
        double moved = ll_batch_get_number(now, value, i) -
                       (place != NULL ? ll_batch_get_number(before, was, *place - 1) : nothing);
        moves[i] = (struct move){isfinite(moved) ? fabs(moved) : -1, (uint32_t)i};
    }
    qsort(moves, count, sizeof(*moves), compare_moves);
    for (size_t i = 0; i < count; i++)
        order[i] = moves[i].row;
    if ((int64_t)count > plan->limit)
        count = (size_t)plan->limit;
    ll_batch_reorder(now, order, count);
    ll_map_clear(&map);
    free(moves);
    free(order);
}
