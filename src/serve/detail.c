/* One thing, by its id: what is known of it, and lists that belong to it. */
#include <string.h>

#include "base/time.h"
#include "report/render.h"
#include "serve/web.h"

struct detail {
    struct ll_warehouse *warehouse;
    struct ll_buf *out;
    struct ll_param params[4];
    size_t param_count;
};

static bool is_instant(const char *name)
{
    return ll_str_ends_with(ll_str_of(name), LL_STR("_s"));
}

/* Members of a row's object, without braces. A column x_s is the instant x. */
static void add_members(const struct ll_batch *batch, size_t row, struct ll_buf *out)
{
    for (size_t c = 0; c < batch->column_count; c++) {
        struct ll_str name = ll_str_of(batch->columns[c].field.name);
        bool instant = is_instant(name.ptr);
        ll_buf_add(out, c > 0 ? LL_STR(",") : LL_STR(""));
        ll_buf_add_json_string(out, ll_str_sub(name, 0, name.len - (instant ? 2 : 0)));
        ll_buf_add_char(out, ':');
        if (instant && !ll_batch_is_null(batch, c, row))
            ll_buf_printf(out, "\"%s\"", ll_stamp_format(ll_batch_get_i64(batch, c, row)).c);
        else
            ll_render_json(batch, c, row, out);
    }
}

static enum ll_status query(const struct detail *d, const char *sql, struct ll_batch *ret,
                            struct ll_error *err)
{
    return ll_warehouse_query(d->warehouse, sql, d->params, d->param_count, ret, err);
}

/* ,"name":[{…},…] */
static enum ll_status add_list(const struct detail *d, const char *name, const char *sql,
                               struct ll_error *err)
{
    struct ll_batch rows = {0};
    enum ll_status status = query(d, sql, &rows, err);
    if (status == LL_OK) {
        ll_buf_printf(d->out, ",\"%s\":[", name);
        for (size_t row = 0; row < rows.row_count; row++) {
            ll_buf_add(d->out, row > 0 ? LL_STR(",{") : LL_STR("{"));
            add_members(&rows, row, d->out);
            ll_buf_add_char(d->out, '}');
        }
        ll_buf_add_char(d->out, ']');
    }
    ll_batch_clear(&rows);
    return status;
}

static void set_param(struct detail *d, struct ll_param param)
{
    for (size_t i = 0; i < d->param_count; i++)
        if (strcmp(d->params[i].name, param.name) == 0) {
            d->params[i] = param;
            return;
        }
    d->params[d->param_count++] = param;
}

static enum ll_status add_category_lists(struct detail *d, struct ll_error *err)
{
    set_param(d, ll_param_text("kind", LL_STR("genre")));
    if (add_list(d, "genres", "detail/category_terms", err) != LL_OK)
        return err->status;
    set_param(d, ll_param_text("kind", LL_STR("game_mode")));
    return add_list(d, "game_modes", "detail/category_terms", err);
}

static int64_t instant_of(const struct ll_batch *rows, const char *name)
{
    int column = ll_batch_column(rows, name);
    return ll_batch_is_null(rows, (size_t)column, 0) ? 0
                                                     : ll_batch_get_i64(rows, (size_t)column, 0);
}

static enum ll_status add_session_lists(struct detail *d, const struct ll_batch *rows,
                                        struct ll_error *err)
{
    set_param(d, ll_param_i64("from_s", instant_of(rows, "first_seen_at_s")));
    set_param(d, ll_param_i64("to_s", instant_of(rows, "last_seen_at_s") + 1));
    if (add_list(d, "spans", "detail/session_spans", err) != LL_OK)
        return err->status;
    return add_list(d, "titles", "detail/session_titles", err);
}

static enum ll_status add_lists(struct detail *d, const char *what, const struct ll_batch *rows,
                                struct ll_error *err)
{
    if (strcmp(what, "category") == 0)
        return add_category_lists(d, err);
    if (strcmp(what, "broadcaster") == 0)
        return add_list(d, "names", "detail/broadcaster_names", err);
    return strcmp(what, "session") == 0 ? add_session_lists(d, rows, err) : LL_OK;
}

/* "detail/category"; genres and modes share one. */
static const char *sql_of(const char *what)
{
    static const struct {
        const char *what, *sql;
    } texts[] = {{"category", "detail/category"}, {"broadcaster", "detail/broadcaster"},
                 {"genre", "detail/term"},        {"game_mode", "detail/term"},
                 {"language", "detail/language"}, {"session", "detail/session"}};
    for (size_t i = 0; i < LL_COUNT(texts); i++)
        if (strcmp(texts[i].what, what) == 0)
            return texts[i].sql;
    return NULL;
}

static enum ll_status none(const char *what, const char *id, struct ll_error *err)
{
    return ll_fail(err, LL_NOT_FOUND, 0, "there is no %s %s in this lake", what, id);
}

enum ll_status ll_web_detail(struct ll_web_call *call, struct ll_serve_lease *lease,
                             struct ll_error *err)
{
    const char *what = call->target.route->what, *id = call->target.id;
    struct detail d = {.warehouse = lease->warehouse, .out = &call->response->body};
    struct ll_batch rows = {0};
    int64_t number = 0;
    bool is_language = strcmp(what, "language") == 0;
    if (!is_language && !ll_str_to_i64(ll_str_of(id), &number))
        return none(what, id, err);
    set_param(&d, is_language ? ll_param_text("id", ll_str_of(id)) : ll_param_i64("id", number));
    set_param(&d, ll_param_text("kind", ll_str_of(what)));
    enum ll_status status = query(&d, sql_of(what), &rows, err);
    if (status == LL_OK && rows.row_count == 0)
        status = none(what, id, err);
    if (status == LL_OK) {
        ll_buf_add(d.out, LL_STR("{\"meta\":"));
        status = ll_web_lake_meta(lease, d.out, err);
    }
    if (status == LL_OK) {
        ll_buf_add(d.out, LL_STR(",\"data\":[{"));
        add_members(&rows, 0, d.out);
        status = add_lists(&d, what, &rows, err);
        ll_buf_add(d.out, LL_STR("}]}\n"));
    }
    ll_batch_clear(&rows);
    return status;
}
