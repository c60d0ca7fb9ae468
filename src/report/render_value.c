#include "report/render.h"
#include "report/render_internal.h"

#include <inttypes.h>
#include <math.h>

#include "base/time.h"

#define JSON_EXACT_MAX (INT64_C(1) << 53)

bool ll_render_is_numeric(enum ll_type type)
{
    return type == LL_TYPE_I32 || type == LL_TYPE_I64 || type == LL_TYPE_F64;
}

void ll_render_f64(double value, struct ll_buf *out)
{
    if (value == floor(value) && fabs(value) < 1e15)
        ll_buf_printf(out, "%.0f", value == 0 ? 0.0 : value); /* no "-0" */
    else
        ll_buf_add_f64(out, value);
}

static void add_timestamp(int64_t us, struct ll_buf *out)
{
    int64_t second = us / 1000000, fraction = us % 1000000;
    if (fraction < 0) {
        fraction += 1000000;
        second--;
    }
    struct ll_stamp_text stamp = ll_stamp_format(second);
    struct ll_str text = ll_str_of(stamp.c);
    if (fraction == 0) {
        ll_buf_add(out, text);
        return;
    }
    ll_buf_add(out, ll_str_sub(text, 0, text.len - 1)); /* without its Z */
    ll_buf_printf(out, ".%06" PRId64 "Z", fraction);
}

static void add_list(const struct ll_list *list, enum ll_type type, struct ll_buf *out)
{
    ll_buf_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        if (list->nulls != NULL && list->nulls[i])
            ll_buf_add(out, LL_STR("null"));
        else if (type == LL_TYPE_TEXT_LIST)
            ll_buf_add_json_string(out, ((const struct ll_str *)list->elements)[i]);
        else if (type == LL_TYPE_I32_LIST)
            ll_buf_printf(out, "%" PRId32, ((const int32_t *)list->elements)[i]);
        else
            ll_buf_printf(out, "%" PRId64, ((const int64_t *)list->elements)[i]);
    }
    ll_buf_add_char(out, ']');
}

void ll_render_plain(const struct ll_batch *batch, size_t column, size_t row, struct ll_buf *out)
{
    enum ll_type type = batch->columns[column].field.type;
    struct ll_list list;
    switch (type) {
    case LL_TYPE_BOOL:
        ll_buf_add(out, ll_batch_get_bool(batch, column, row) ? LL_STR("true") : LL_STR("false"));
        break;
    case LL_TYPE_I32:
        ll_buf_printf(out, "%" PRId32, ll_batch_get_i32(batch, column, row));
        break;
    case LL_TYPE_I64:
        ll_buf_printf(out, "%" PRId64, ll_batch_get_i64(batch, column, row));
        break;
    case LL_TYPE_F64:
        ll_render_f64(ll_batch_get_f64(batch, column, row), out);
        break;
    case LL_TYPE_TEXT:
        ll_buf_add(out, ll_batch_get_text(batch, column, row));
        break;
    case LL_TYPE_DATE:
        ll_buf_add(out, ll_str_of(ll_date_format(ll_batch_get_i32(batch, column, row)).c));
        break;
    case LL_TYPE_TIMESTAMP:
        add_timestamp(ll_batch_get_i64(batch, column, row), out);
        break;
    case LL_TYPE_TEXT_LIST:
    case LL_TYPE_I32_LIST:
    case LL_TYPE_I64_LIST:
        list = ll_batch_get_list(batch, column, row);
        add_list(&list, type, out);
        break;
    }
}

void ll_render_json(const struct ll_batch *batch, size_t column, size_t row, struct ll_buf *out)
{
    enum ll_type type = batch->columns[column].field.type;
    bool quoted = type == LL_TYPE_DATE || type == LL_TYPE_TIMESTAMP;
    if (ll_batch_is_null(batch, column, row)) {
        ll_buf_add(out, LL_STR("null"));
        return;
    }
    if (type == LL_TYPE_TEXT) {
        ll_buf_add_json_string(out, ll_batch_get_text(batch, column, row));
        return;
    }
    if (type == LL_TYPE_F64 && !isfinite(ll_batch_get_f64(batch, column, row))) {
        ll_buf_add(out, LL_STR("null")); /* JSON has no NaN */
        return;
    }
    if (type == LL_TYPE_I64) {
        int64_t value = ll_batch_get_i64(batch, column, row);
        quoted = value > JSON_EXACT_MAX || value < -JSON_EXACT_MAX;
    }
    if (quoted)
        ll_buf_add_char(out, '"');
    ll_render_plain(batch, column, row, out);
    if (quoted)
        ll_buf_add_char(out, '"');
}

void ll_render_cell(const struct ll_batch *batch, size_t column, size_t row, size_t max_width,
                    struct ll_buf *out)
{
    enum ll_type type = batch->columns[column].field.type;
    if (ll_batch_is_null(batch, column, row)) {
        ll_buf_add_char(out, '-');
        return;
    }
    if (type == LL_TYPE_F64) {
        double value = ll_batch_get_f64(batch, column, row);
        if (value == floor(value) || !isfinite(value))
            ll_render_f64(value, out);
        else
            ll_buf_printf(out, "%.*f", fabs(value) < 1 ? 4 : 2, value);
        return;
    }
    if (type != LL_TYPE_TEXT && type != LL_TYPE_TEXT_LIST && type != LL_TYPE_I32_LIST &&
        type != LL_TYPE_I64_LIST) {
        ll_render_plain(batch, column, row, out);
        return;
    }
    struct ll_buf plain = {0};
    ll_render_plain(batch, column, row, &plain);
    ll_render_cell_text(ll_buf_str(&plain), max_width, out);
    ll_buf_clear(&plain);
}
