/* Typed columns of one table: where C ends and the engines begin.
 *
 * A batch owns its memory through one arena. Columns grow row by row: append a value to every
 * column, then ll_batch_end_row() (which asserts that none was forgotten). Text is UTF-8. */
#ifndef LL_BASE_BATCH_H
#define LL_BASE_BATCH_H

#include "base/arena.h"
#include "base/str.h"

enum ll_type {
    LL_TYPE_BOOL,
    LL_TYPE_I32,
    LL_TYPE_I64,
    LL_TYPE_F64,
    LL_TYPE_TEXT,
    LL_TYPE_DATE,      /* int32 days since 1970-01-01 */
    LL_TYPE_TIMESTAMP, /* int64 microseconds since the epoch, UTC */
    LL_TYPE_TEXT_LIST,
    LL_TYPE_I32_LIST, /* elements may be NULL: see ll_list */
    LL_TYPE_I64_LIST,
};

struct ll_field {
    const char *name;
    enum ll_type type;
};

struct ll_schema {
    const char *table;
    const struct ll_field *fields;
    size_t count;
};

/* One list value. `elements` points at count int32_t, int64_t or struct ll_str, in the arena. */
struct ll_list {
    const void *elements;
    const uint8_t *nulls; /* one byte an element, 1 = NULL; NULL pointer = no element is NULL */
    size_t count;
};

struct ll_column {
    struct ll_field field;
    void *values;   /* int32_t, int64_t, double, uint8_t (bool), struct ll_str or struct ll_list */
    uint8_t *nulls; /* one byte a row, 1 = NULL */
    size_t count;
    size_t capacity;
};

struct ll_batch {
    const char *table;     /* static, or in names */
    struct ll_arena arena; /* the rows' text and lists; emptied by ll_batch_reset */
    struct ll_arena names; /* of columns added at run time; lives as long as the batch */
    struct ll_column *columns;
    size_t column_count;
    size_t row_count;
    size_t cell_count; /* of the row that is being appended */
};

void ll_batch_init(struct ll_batch *batch, const struct ll_schema *schema);
void ll_batch_clear(struct ll_batch *batch); /* takes {0} */
void ll_batch_reset(struct ll_batch *batch); /* no rows; columns and memory kept */

/* Room for so many rows in all, taken at once: columns that grow step by step are copied. */
void ll_batch_reserve(struct ll_batch *batch, size_t row_count);

/* For results whose columns are known only at run time; before the first row. */
void ll_batch_add_column(struct ll_batch *batch, struct ll_str name, enum ll_type type);

/* Appenders: `column` is an index into columns; the type must match (assert). Text and lists are
 * copied into the arena; the _borrowed form keeps the pointer, which must outlive the batch. */
void ll_batch_null(struct ll_batch *batch, size_t column);
void ll_batch_bool(struct ll_batch *batch, size_t column, bool value);
void ll_batch_i32(struct ll_batch *batch, size_t column, int32_t value); /* I32 and DATE */
void ll_batch_i64(struct ll_batch *batch, size_t column, int64_t value); /* I64 and TIMESTAMP */
void ll_batch_f64(struct ll_batch *batch, size_t column, double value);
void ll_batch_text(struct ll_batch *batch, size_t column, struct ll_str value);
void ll_batch_text_borrowed(struct ll_batch *batch, size_t column, struct ll_str value);
void ll_batch_text_list(struct ll_batch *batch, size_t column, const struct ll_str *values,
                        size_t count);
void ll_batch_text_list_borrowed(struct ll_batch *batch, size_t column, const struct ll_str *values,
                                 size_t count); /* array and texts */
void ll_batch_i32_list(struct ll_batch *batch, size_t column, const int32_t *values,
                       const uint8_t *nulls, size_t count);
void ll_batch_i64_list(struct ll_batch *batch, size_t column, const int64_t *values, size_t count);
/* The cell of another batch, of the same type or an I64 for an F64. */
void ll_batch_copy(struct ll_batch *batch, size_t column, const struct ll_batch *from,
                   size_t from_column, size_t from_row);
void ll_batch_end_row(struct ll_batch *batch);
/* An I64 column becomes F64, with what it holds. */
void ll_batch_widen(struct ll_batch *batch, size_t column);

/* Readers: the row must exist and the type match (assert). */
bool ll_batch_is_null(const struct ll_batch *batch, size_t column, size_t row);
bool ll_batch_get_bool(const struct ll_batch *batch, size_t column, size_t row);
int32_t ll_batch_get_i32(const struct ll_batch *batch, size_t column, size_t row);
int64_t ll_batch_get_i64(const struct ll_batch *batch, size_t column, size_t row);
double ll_batch_get_f64(const struct ll_batch *batch, size_t column, size_t row);
struct ll_str ll_batch_get_text(const struct ll_batch *batch, size_t column, size_t row);
struct ll_list ll_batch_get_list(const struct ll_batch *batch, size_t column, size_t row);
double ll_batch_get_number(const struct ll_batch *batch, size_t column,
                           size_t row); /* I64 or F64; NaN for NULL */
/* Index of the column of that name, or -1. */
int ll_batch_column(const struct ll_batch *batch, const char *name);

/* New order of rows: row i of the result is old row order[i]; count <= row_count keeps only those.
 */
void ll_batch_reorder(struct ll_batch *batch, const uint32_t *order, size_t count);

#endif
