/* Between ids and names. */
#include "report/report_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static const char *const find_sql[LL_DIMENSION_COUNT_] = {
    [LL_DIMENSION_CATEGORY] = "report/find_category",
    [LL_DIMENSION_BROADCASTER] = "report/find_broadcaster",
    [LL_DIMENSION_LANGUAGE] = "report/find_language",
    [LL_DIMENSION_GENRE] = "report/find_genre",
    [LL_DIMENSION_GAME_MODE] = "report/find_game_mode",
};
static const char *const name_sql[LL_DIMENSION_COUNT_] = {
    [LL_DIMENSION_CATEGORY] = "report/name_category",
    [LL_DIMENSION_BROADCASTER] = "report/name_broadcaster",
    [LL_DIMENSION_LANGUAGE] = "report/name_language",
    [LL_DIMENSION_GENRE] = "report/name_genre",
    [LL_DIMENSION_GAME_MODE] = "report/name_game_mode",
};

size_t ll_report_column(const struct ll_batch *batch, const char *name, enum ll_type type)
{
    int column = ll_batch_column(batch, name);
    assert(column >= 0 && batch->columns[column].field.type == type);
    return (size_t)column;
}

/* The first row is the answer when it matches by id or is the only one. */
static enum ll_status take_found(enum ll_dimension dimension, struct ll_str value,
                                 const struct ll_batch *rows, struct ll_arena *arena,
                                 struct ll_str *ret_id, struct ll_error *err)
{
    const char *kind = ll_dimension_names[dimension];
    int64_t number = 0;
    if (rows->row_count == 0 && dimension != LL_DIMENSION_LANGUAGE &&
        ll_str_to_i64(value, &number)) {
        *ret_id = ll_arena_copy(arena, value); /* an id we have not met: no rows, but no error */
        return LL_OK;
    }
    if (rows->row_count == 0)
        return ll_fail(err, LL_INVALID, 0, "no %s is called '%.*s'", kind, LL_FMT(value));
    size_t column = ll_report_column(rows, "id", LL_TYPE_TEXT);
    struct ll_str id = ll_batch_get_text(rows, column, 0);
    if (rows->row_count > 1 && !ll_str_equal(id, value))
        return ll_fail(err, LL_INVALID, 0,
                       "more than one %s is called '%.*s': give its id (%.*s, %.*s, …)", kind,
                       LL_FMT(value), LL_FMT(id), LL_FMT(ll_batch_get_text(rows, column, 1)));
    *ret_id = ll_arena_copy(arena, id);
    if (ret_id->ptr == NULL)
        *ret_id = LL_STR(""); /* the code of an unknown language; a NULL pointer is no filter */
    return LL_OK;
}

enum ll_status ll_report_find(struct ll_warehouse *warehouse, enum ll_dimension dimension,
                              struct ll_str value, struct ll_arena *arena, struct ll_str *ret_id,
                              struct ll_error *err)
{
    int64_t number = 0;
    if (!ll_str_is_utf8(value))
        return ll_fail(err, LL_INVALID, 0, "filter %s is not UTF-8", ll_dimension_names[dimension]);
    if (dimension == LL_DIMENSION_SESSION) { /* has no name */
        *ret_id = ll_arena_copy(arena, value);
        return ll_str_to_i64(value, &number)
                   ? LL_OK
                   : ll_fail(err, LL_INVALID, 0, "filter session '%.*s' is no id",
                             LL_FMT(ll_str_sub(value, 0, 100)));
    }
    struct ll_param params[] = {ll_param_text("value", value)};
    struct ll_batch rows = {0};
    enum ll_status status =
        ll_warehouse_query(warehouse, find_sql[dimension], params, 1, &rows, err);
    if (status == LL_OK)
        status = take_found(dimension, value, &rows, arena, ret_id, err);
    ll_batch_clear(&rows);
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    return ll_str_compare(*(const struct ll_str *)a, *(const struct ll_str *)b);
}

static struct ll_str id_at(const struct ll_report_names *names, size_t row)
{
    return ll_batch_get_text(&names->rows, 0, row);
}

/* Insertion into sorted order by the query would tie us to its collation: ours is bytewise. */
static void sort_rows(struct ll_report_names *names)
{
    struct id_row {
        struct ll_str id;
        uint32_t row;
    };
    size_t count = names->rows.row_count;
    struct id_row *ids = ll_xcalloc(count + 1, sizeof(*ids));
    uint32_t *order = ll_xcalloc(count + 1, sizeof(*order));
    for (size_t i = 0; i < count; i++)
        ids[i] = (struct id_row){id_at(names, i), (uint32_t)i};
    qsort(ids, count, sizeof(*ids), compare_ids); /* the id is the first member */
    for (size_t i = 0; i < count; i++)
        order[i] = ids[i].row;
    ll_batch_reorder(&names->rows, order, count);
    free(ids);
    free(order);
}

enum ll_status ll_report_names(struct ll_warehouse *warehouse, enum ll_dimension dimension,
                               const struct ll_batch *batch, const char *column,
                               struct ll_report_names *ret, struct ll_error *err)
{
    assert(name_sql[dimension] != NULL);
    size_t index = ll_report_column(batch, column, LL_TYPE_TEXT), count = 0;
    struct ll_str *ids = ll_xcalloc(batch->row_count + 1, sizeof(*ids));
    for (size_t i = 0; i < batch->row_count; i++)
        ids[i] = ll_batch_get_text(batch, index, i);
    qsort(ids, batch->row_count, sizeof(*ids), compare_ids);
    for (size_t i = 0; i < batch->row_count; i++)
        if (count == 0 || !ll_str_equal(ids[i], ids[count - 1]))
            ids[count++] = ids[i];

    struct ll_report_names names = {0};
    struct ll_param params[] = {ll_param_text_list("ids", ids, count)};
    enum ll_status status =
        ll_warehouse_query(warehouse, name_sql[dimension], params, 1, &names.rows, err);
    free(ids);
    if (status != LL_OK) {
        ll_batch_clear(&names.rows);
        return status;
    }
    sort_rows(&names);
    *ret = names;
    return LL_OK;
}

struct ll_str ll_report_name_of(const struct ll_report_names *names, struct ll_str id,
                                struct ll_str *ret_login)
{
    size_t low = 0, high = names->rows.row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ll_str_compare(id_at(names, middle), id);
        if (order == 0) {
            *ret_login = ll_batch_get_text(&names->rows, 2, middle);
            return ll_batch_get_text(&names->rows, 1, middle);
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_login = (struct ll_str){0};
    return id;
}

void ll_report_names_clear(struct ll_report_names *names)
{
    ll_batch_clear(&names->rows);
}

enum ll_status ll_report_find_thing(struct ll_warehouse *warehouse,
                                    const struct ll_report_filter *filter, struct ll_arena *arena,
                                    struct ll_report_thing *ret, struct ll_error *err)
{
    const struct ll_report_choice keys = {"filter", ll_dimension_names, LL_DIMENSION_COUNT_, ~1U};
    LL_AUTO(ll_batch_clear) struct ll_batch ids = {0};
    struct ll_report_names names;
    struct ll_report_thing thing;
    struct ll_str login;
    size_t index = 0;
    if (ll_report_choose(&keys, filter->key, &index, err) != LL_OK)
        return err->status;
    enum ll_dimension dimension = (enum ll_dimension)index;
    thing.what = ll_report_what_of(dimension);
    if (thing.what == NULL)
        return ll_fail(err, LL_INVALID, 0, "a %s is in no ranking", ll_dimension_names[index]);
    if (ll_report_find(warehouse, dimension, filter->value, arena, &thing.id, err) != LL_OK)
        return err->status;
    ll_batch_add_column(&ids, LL_STR("id"), LL_TYPE_TEXT);
    ll_batch_text(&ids, 0, thing.id);
    ll_batch_end_row(&ids);
    if (ll_report_names(warehouse, dimension, &ids, "id", &names, err) != LL_OK)
        return err->status;
    thing.name = ll_arena_copy(arena, ll_report_name_of(&names, thing.id, &login));
    ll_report_names_clear(&names);
    *ret = thing;
    return LL_OK;
}
