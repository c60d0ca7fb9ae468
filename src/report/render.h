/* Batches as text: an aligned table for terminals, JSON, CSV and NDJSON.
 *
 * begin, then rows for each batch of the same columns, then end: text is appended to the buffer,
 * which the caller may write out and reset between calls. Only the table holds rows back (the first
 * 1,000, to learn the widths, which later rows keep), so memory does not grow with the result.
 *
 * Whole numbers print without a fraction, other numbers with as many digits as give the same double
 * back (the table: two decimals). NULL is null in JSON, an empty cell in CSV, "-" in the table.
 * Text in the table: control and direction characters are escaped, long cells cut. CSV: RFC 4180,
 * and text that a spreadsheet would run as a formula gets a ' in front. Timestamps are RFC 3339 in
 * UTC. JSON: 64-bit numbers stay numbers up to 2^53, beyond are strings. */
#ifndef LL_REPORT_RENDER_H
#define LL_REPORT_RENDER_H

#include "base/batch.h"
#include "base/buf.h"
#include "base/err.h"

enum ll_format { LL_FORMAT_TABLE, LL_FORMAT_JSON, LL_FORMAT_CSV, LL_FORMAT_NDJSON };

/* "table", "json", "csv", "ndjson". */
bool ll_format_parse(struct ll_str name, enum ll_format *ret_format) LL_MUST_CHECK;

struct ll_render {
    enum ll_format format;
    struct ll_str meta; /* JSON: {"meta":<meta>,"data":[…]}; empty = {"data":[…]}. A JSON value. */
    struct ll_str footer; /* table: lines below it, each without an end of line; may be empty */

    /* Internal, all zero at the start. */
    struct ll_buf cells; /* table: cells of the rows held back, each ended by a NUL */
    size_t held_rows;
    size_t *widths;             /* of each column */
    size_t *wholes, *fractions; /* of numbers: widest part before the point, and from it on */
    bool *numeric;
    size_t column_count;
    uint64_t row_count;
    bool flushed; /* table: header and widths are out */
};

/* `columns` has the columns of all batches to come; its rows are not read. */
void ll_render_begin(struct ll_render *render, const struct ll_batch *columns, struct ll_buf *out);
void ll_render_rows(struct ll_render *render, const struct ll_batch *batch, struct ll_buf *out);
void ll_render_end(struct ll_render *render, struct ll_buf *out); /* frees what render holds */
void ll_render_clear(struct ll_render *render); /* when it is given up before its end; takes {0} */

/* One value as JSON, null for NULL. */
void ll_render_json(const struct ll_batch *batch, size_t column, size_t row, struct ll_buf *out);

/* One batch from begin to end. */
void ll_render_batch(struct ll_render *render, const struct ll_batch *batch, struct ll_buf *out);

#endif
