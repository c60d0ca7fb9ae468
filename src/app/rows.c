#include "app/rows.h"

#include <assert.h>

static enum ll_status write_text(struct ll_rows *rows, struct ll_error *err)
{
    enum ll_status status = ll_output_write(rows->out, ll_buf_str(&rows->text), err);
    ll_buf_reset(&rows->text);
    return status;
}

enum ll_status ll_rows_add(struct ll_rows *rows, const struct ll_batch *batch, struct ll_error *err)
{
    assert(batch->column_count > 0);
    if (!rows->started)
        ll_render_begin(&rows->render, batch, &rows->text);
    rows->started = true;
    struct ll_batch part = *batch; /* a view of its first rows */
    bool more = rows->max_rows > 0 && (int64_t)batch->row_count > rows->max_rows - rows->count;
    if (more)
        part.row_count = (size_t)(rows->max_rows - rows->count);
    if (part.row_count > 0)
        ll_render_rows(&rows->render, &part, &rows->text);
    rows->count += (int64_t)part.row_count;
    if (write_text(rows, err) != LL_OK)
        return err->status;
    return more ? ll_fail(err, LL_LIMIT, 0,
                          "there are more than %lld rows: raise --max-rows, or ask for less",
                          (long long)rows->max_rows)
                : LL_OK;
}

enum ll_status ll_rows_end(struct ll_rows *rows, struct ll_error *err)
{
    if (rows->started)
        ll_render_end(&rows->render, &rows->text);
    rows->started = false;
    return write_text(rows, err);
}

void ll_rows_clear(struct ll_rows *rows)
{
    ll_render_clear(&rows->render);
    ll_buf_clear(&rows->text);
    *rows = (struct ll_rows){0};
}
