#include <assert.h>
#include <strings.h>

#include "warehouse/duckdb/duckdb_internal.h"
#include "warehouse/warehouse.h"

/* Takes `word` and the white space behind it off the front of *sql, whatever its case. */
static bool take_word(struct ll_str *sql, struct ll_str word)
{
    if (sql->len <= word.len || strncasecmp(sql->ptr, word.ptr, word.len) != 0)
        return false;
    struct ll_str rest = ll_str_sub(*sql, word.len, sql->len);
    struct ll_str trimmed = ll_str_trim(rest);
    if (trimmed.len == rest.len) /* the word goes on */
        return false;
    *sql = trimmed;
    return true;
}

static enum ll_status judge(const struct ll_batch *row, struct ll_error *err)
{
    assert(row->row_count == 1 && row->column_count == 4);
    struct ll_str error_type = ll_batch_get_text(row, 0, 0);
    struct ll_str error_message = ll_batch_get_text(row, 1, 0);
    if (ll_str_equal(error_type, LL_STR("not implemented")))
        return ll_fail(err, LL_INVALID, 0,
                       "only SELECT, WITH, VALUES, FROM, DESCRIBE, SHOW, SUMMARIZE and EXPLAIN of "
                       "these can be run here");
    if (!ll_batch_is_null(row, 0, 0))
        return ll_fail(err, LL_INVALID, 0, "Parser Error: %.*s", LL_FMT(error_message));
    if (ll_batch_is_null(row, 2, 0) || ll_batch_get_i64(row, 2, 0) != 1)
        return ll_fail(err, LL_INVALID, 0, "exactly one statement can be run here");
    if (!ll_batch_is_null(row, 3, 0)) {
        struct ll_str name = ll_batch_get_text(row, 3, 0);
        return ll_fail(err, LL_INVALID, 0, "%.*s cannot be used here", LL_FMT(name));
    }
    return LL_OK;
}

enum ll_status ll_duckdb_guard(struct ll_duck *duck, struct ll_str sql, struct ll_error *err)
{
    struct ll_str judged = ll_str_trim(sql);
    if (take_word(&judged, LL_STR("EXPLAIN")))
        take_word(&judged, LL_STR("ANALYZE"));
    struct ll_param param = ll_param_text("sql", judged);
    LL_AUTO(ll_batch_clear) struct ll_batch row = {0};
    enum ll_status status =
        ll_duck_query(duck, ll_sql_find("duckdb", "duckdb/guard"), &param, 1, 1, &row, err);
    return status == LL_OK ? judge(&row, err) : status;
}
