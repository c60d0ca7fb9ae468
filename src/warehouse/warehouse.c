#include "warehouse/warehouse.h"

#include <assert.h>

enum ll_status ll_warehouse_begin(struct ll_warehouse *w, struct ll_error *err)
{
    return w->ops->begin(w, err);
}

enum ll_status ll_warehouse_lock_day(struct ll_warehouse *w, int32_t day, struct ll_error *err)
{
    return w->ops->lock_day(w, day, err);
}

enum ll_status ll_warehouse_put(struct ll_warehouse *w, const char *table,
                                const struct ll_batch *batch, struct ll_error *err)
{
    assert(table);
    return w->ops->put(w, table, batch, err);
}

struct put {
    struct ll_warehouse *warehouse;
    const char *table;
};

static enum ll_status put_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct put *put = context;
    return ll_warehouse_put(put->warehouse, put->table, batch, err);
}

enum ll_status ll_warehouse_put_select(struct ll_warehouse *w, const char *table,
                                       struct ll_duck *from, struct ll_str sql,
                                       const struct ll_param *params, size_t count,
                                       struct ll_error *err)
{
    assert(table);
    if (w->ops->put_select)
        return w->ops->put_select(w, table, from, sql, params, count, err);
    struct put put = {w, table};
    return ll_duck_stream(from, sql, params, count, put_rows, &put, err);
}

enum ll_status ll_warehouse_exec(struct ll_warehouse *w, const char *name,
                                 const struct ll_param *params, size_t count, struct ll_error *err)
{
    return w->ops->exec(w, name, params, count, err);
}

enum ll_status ll_warehouse_query(struct ll_warehouse *w, const char *name,
                                  const struct ll_param *params, size_t count, struct ll_batch *ret,
                                  struct ll_error *err)
{
    assert(ret);
    return w->ops->query(w, name, params, count, ret, err);
}

enum ll_status ll_warehouse_stream(struct ll_warehouse *w, const char *name,
                                   const struct ll_param *params, size_t count, ll_batch_fn *each,
                                   void *context, struct ll_error *err)
{
    assert(each);
    return w->ops->stream(w, name, params, count, each, context, err);
}

enum ll_status ll_warehouse_query_text(struct ll_warehouse *w, struct ll_str sql, ll_batch_fn *each,
                                       void *context, struct ll_error *err)
{
    assert(each);
    return w->ops->query_text(w, sql, each, context, err);
}

enum ll_status ll_warehouse_commit(struct ll_warehouse *w, struct ll_error *err)
{
    return w->ops->commit(w, err);
}

void ll_warehouse_abort(struct ll_warehouse *w)
{
    w->ops->abort(w);
}

void ll_warehouse_interrupt(struct ll_warehouse *w)
{
    w->ops->interrupt(w);
}

void ll_warehouse_free(struct ll_warehouse *w)
{
    if (w)
        w->ops->free(w);
}
