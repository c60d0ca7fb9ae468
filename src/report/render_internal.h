#ifndef LL_REPORT_RENDER_INTERNAL_H
#define LL_REPORT_RENDER_INTERNAL_H

#include "base/batch.h"
#include "base/buf.h"

/* A value as plain text: numbers, dates, RFC 3339; lists as JSON arrays. Not for NULL. */
void ll_render_plain(const struct ll_batch *batch, size_t column, size_t row, struct ll_buf *out);
/* A value as a cell of a terminal table: escaped, at most max_width columns wide. */
void ll_render_cell(const struct ll_batch *batch, size_t column, size_t row, size_t max_width,
                    struct ll_buf *out);
void ll_render_cell_text(struct ll_str text, size_t max_width, struct ll_buf *out);
/* Columns that the text takes on a terminal. */
size_t ll_render_width(struct ll_str text);
bool ll_render_is_numeric(enum ll_type type);
/* A double in the fewest digits that give it back; whole numbers without a fraction. */
void ll_render_f64(double value, struct ll_buf *out);

#endif
