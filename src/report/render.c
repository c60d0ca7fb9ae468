#include "report/render.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "report/render_internal.h"

#define TABLE_ROWS_HELD 1000
#define TABLE_CELL_WIDTH 60

bool ll_format_parse(struct ll_str name, enum ll_format *ret_format)
{
    static const struct {
        const char *name;
        enum ll_format format;
    } formats[] = {{"table", LL_FORMAT_TABLE},
                   {"json", LL_FORMAT_JSON},
                   {"csv", LL_FORMAT_CSV},
                   {"ndjson", LL_FORMAT_NDJSON}};
    for (size_t i = 0; i < LL_COUNT(formats); i++)
        if (ll_str_equal(name, ll_str_of(formats[i].name))) {
            *ret_format = formats[i].format;
            return true;
        }
    return false;
}

/* --- CSV ------------------------------------------------------------------------------------ */

static bool is_number(struct ll_str s)
{
    double ignored;
    return ll_str_to_f64(s, &ignored);
}

/* A spreadsheet takes these for the start of a formula. */
static bool is_formula(struct ll_str s)
{
    return s.len > 0 && memchr("=+-@\t\r", s.ptr[0], 6) != NULL && !is_number(s);
}

static void add_csv_text(struct ll_str s, struct ll_buf *out)
{
    bool formula = is_formula(s), quoted = false;
    for (size_t i = 0; i < s.len && !quoted; i++)
        quoted = memchr(",\"\r\n", s.ptr[i], 4) != NULL;
    if (quoted)
        ll_buf_add_char(out, '"');
    if (formula)
        ll_buf_add_char(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            ll_buf_add_char(out, '"');
        ll_buf_add_char(out, s.ptr[i]);
    }
    if (quoted)
        ll_buf_add_char(out, '"');
}

static void csv_header(const struct ll_batch *columns, struct ll_buf *out)
{
    for (size_t i = 0; i < columns->column_count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        add_csv_text(ll_str_of(columns->columns[i].field.name), out);
    }
    ll_buf_add(out, LL_STR("\r\n"));
}

static void csv_row(const struct ll_batch *batch, size_t row, struct ll_buf *out)
{
    struct ll_buf plain = {0};
    for (size_t i = 0; i < batch->column_count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        if (ll_batch_is_null(batch, i, row))
            continue;
        ll_buf_reset(&plain);
        ll_render_plain(batch, i, row, &plain);
        if (ll_render_is_numeric(batch->columns[i].field.type))
            ll_buf_add(out, ll_buf_str(&plain));
        else
            add_csv_text(ll_buf_str(&plain), out);
    }
    ll_buf_add(out, LL_STR("\r\n"));
    ll_buf_clear(&plain);
}

/* --- JSON ----------------------------------------------------------------------------------- */

static void json_row(const struct ll_batch *batch, size_t row, struct ll_buf *out)
{
    ll_buf_add_char(out, '{');
    for (size_t i = 0; i < batch->column_count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        ll_buf_add_json_string(out, ll_str_of(batch->columns[i].field.name));
        ll_buf_add_char(out, ':');
        ll_render_json(batch, i, row, out);
    }
    ll_buf_add_char(out, '}');
}

/* --- table ---------------------------------------------------------------------------------- */

static void add_spaces(size_t count, struct ll_buf *out)
{
    for (size_t i = 0; i < count; i++)
        ll_buf_add_char(out, ' ');
}

static bool ends_in_digit(struct ll_str cell)
{
    return cell.len > 0 && cell.ptr[cell.len - 1] >= '0' && cell.ptr[cell.len - 1] <= '9';
}

/* Bytes from the decimal point on; 0 without one. */
static size_t fraction_of(struct ll_str cell)
{
    return cell.len - ll_str_find(cell, '.', 0);
}

static void add_padded(const struct ll_render *render, size_t column, struct ll_str cell,
                       struct ll_buf *out)
{
    size_t width = ll_render_width(cell);
    size_t space = width < render->widths[column] ? render->widths[column] - width : 0;
    size_t fraction = 0, after = 0;
    if (column > 0)
        ll_buf_add(out, LL_STR("  "));
    if (render->numeric[column] && ends_in_digit(cell)) { /* decimal points stand in line */
        fraction = fraction_of(cell);
        after = render->fractions[column] > fraction ? render->fractions[column] - fraction : 0;
        after = after < space ? after : space;
    }
    if (render->numeric[column])
        add_spaces(space - after, out);
    ll_buf_add(out, cell);
    if (column + 1 < render->column_count)
        add_spaces(render->numeric[column] ? after : space, out);
}

/* One row of cells, each ended by a NUL; returns where the next row begins. */
static const char *table_line(const struct ll_render *render, const char *cells, struct ll_buf *out)
{
    for (size_t i = 0; i < render->column_count; i++) {
        struct ll_str cell = ll_str_of(cells);
        add_padded(render, i, cell, out);
        cells += cell.len + 1;
    }
    ll_buf_add_char(out, '\n');
    return cells;
}

static void table_flush(struct ll_render *render, struct ll_buf *out)
{
    const char *cells = render->cells.ptr;
    for (size_t row = 0; row < render->held_rows; row++) {
        cells = table_line(render, cells, out);
        if (row == 0 && !render->flushed) { /* below the header */
            for (size_t i = 0; i < render->column_count; i++) {
                if (i > 0)
                    ll_buf_add(out, LL_STR("  "));
                for (size_t dash = 0; dash < render->widths[i]; dash++)
                    ll_buf_add_char(out, '-');
            }
            ll_buf_add_char(out, '\n');
        }
    }
    render->flushed = true;
    render->held_rows = 0;
    ll_buf_reset(&render->cells);
}

static void hold_cell(struct ll_render *render, size_t column, size_t start)
{
    struct ll_str cell = {render->cells.ptr + start, render->cells.len - start};
    size_t width = ll_render_width(cell);
    if (render->numeric[column] && render->held_rows > 0 && ends_in_digit(cell)) {
        size_t fraction = fraction_of(cell);
        size_t whole = width - fraction;
        if (!render->flushed && fraction > render->fractions[column])
            render->fractions[column] = fraction;
        if (!render->flushed && whole > render->wholes[column])
            render->wholes[column] = whole;
        width = render->wholes[column] + render->fractions[column];
    }
    if (!render->flushed && width > render->widths[column])
        render->widths[column] = width;
    ll_buf_add_char(&render->cells, '\0');
}

static void table_header(struct ll_render *render, const struct ll_batch *columns)
{
    render->widths = ll_xcalloc(columns->column_count + 1, sizeof(*render->widths));
    render->wholes = ll_xcalloc(columns->column_count + 1, sizeof(*render->wholes));
    render->fractions = ll_xcalloc(columns->column_count + 1, sizeof(*render->fractions));
    render->numeric = ll_xcalloc(columns->column_count + 1, sizeof(*render->numeric));
    for (size_t i = 0; i < columns->column_count; i++) {
        size_t start = render->cells.len;
        render->numeric[i] = ll_render_is_numeric(columns->columns[i].field.type);
        ll_render_cell_text(ll_str_of(columns->columns[i].field.name), TABLE_CELL_WIDTH,
                            &render->cells);
        hold_cell(render, i, start);
    }
    render->held_rows = 1;
}

static void table_row(struct ll_render *render, const struct ll_batch *batch, size_t row,
                      struct ll_buf *out)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        size_t start = render->cells.len;
        ll_render_cell(batch, i, row, TABLE_CELL_WIDTH, &render->cells);
        hold_cell(render, i, start);
    }
    render->held_rows++;
    if (render->flushed || render->held_rows > TABLE_ROWS_HELD)
        table_flush(render, out);
}

static void table_footer(struct ll_render *render, struct ll_buf *out)
{
    if (!render->flushed)
        table_flush(render, out);
    if (render->row_count == 0)
        ll_buf_add(out, LL_STR("(no rows)\n"));
    if (render->footer.len > 0) {
        ll_buf_add_char(out, '\n');
        ll_buf_add(out, render->footer);
        ll_buf_add_char(out, '\n');
    }
}

/* --- all formats ---------------------------------------------------------------------------- */

void ll_render_begin(struct ll_render *render, const struct ll_batch *columns, struct ll_buf *out)
{
    assert(render->widths == NULL && render->row_count == 0);
    render->column_count = columns->column_count;
    switch (render->format) {
    case LL_FORMAT_TABLE:
        table_header(render, columns);
        break;
    case LL_FORMAT_JSON:
        ll_buf_add_char(out, '{');
        if (render->meta.len > 0) {
            ll_buf_add(out, LL_STR("\"meta\":"));
            ll_buf_add(out, render->meta);
            ll_buf_add_char(out, ',');
        }
        ll_buf_add(out, LL_STR("\"data\":["));
        break;
    case LL_FORMAT_CSV:
        csv_header(columns, out);
        break;
    case LL_FORMAT_NDJSON:
        break;
    }
}

void ll_render_rows(struct ll_render *render, const struct ll_batch *batch, struct ll_buf *out)
{
    assert(batch->column_count == render->column_count);
    for (size_t row = 0; row < batch->row_count; row++) {
        switch (render->format) {
        case LL_FORMAT_TABLE:
            table_row(render, batch, row, out);
            break;
        case LL_FORMAT_JSON:
            ll_buf_add(out, render->row_count == 0 ? LL_STR("\n") : LL_STR(",\n"));
            json_row(batch, row, out);
            break;
        case LL_FORMAT_CSV:
            csv_row(batch, row, out);
            break;
        case LL_FORMAT_NDJSON:
            json_row(batch, row, out);
            ll_buf_add_char(out, '\n');
            break;
        }
        render->row_count++;
    }
}

void ll_render_end(struct ll_render *render, struct ll_buf *out)
{
    if (render->format == LL_FORMAT_TABLE)
        table_footer(render, out);
    else if (render->format == LL_FORMAT_JSON)
        ll_buf_add(out, render->row_count == 0 ? LL_STR("]}\n") : LL_STR("\n]}\n"));
    ll_render_clear(render);
}

void ll_render_clear(struct ll_render *render)
{
    ll_buf_clear(&render->cells);
    free(render->widths);
    free(render->wholes);
    free(render->fractions);
    free(render->numeric);
    *render = (struct ll_render){.format = render->format};
}

void ll_render_batch(struct ll_render *render, const struct ll_batch *batch, struct ll_buf *out)
{
    ll_render_begin(render, batch, out);
    ll_render_rows(render, batch, out);
    ll_render_end(render, out);
}
