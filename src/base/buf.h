/* A growable byte buffer with a required maximum: anything whose size comes from outside is
 * collected here and yields LL_LIMIT instead of taking all memory.
 *
 * The bytes are ptr[0..len); ptr[len] is always a NUL when ptr is set, for library edges. */
#ifndef LL_BASE_BUF_H
#define LL_BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

struct ll_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max_bytes; /* 0 = unbounded: for text we make ourselves, where failure aborts */
};

/* struct ll_buf b = {.max_bytes = N};  is a valid empty buffer. */
void ll_buf_clear(struct ll_buf *buf); /* frees; keeps max_bytes; takes {0} */
void ll_buf_reset(struct ll_buf *buf); /* len = 0, memory kept */
struct ll_str ll_buf_str(const struct ll_buf *buf);

/* Bounded growth. LL_LIMIT when len would pass max_bytes; the buffer is then unchanged. */
enum ll_status ll_buf_append(struct ll_buf *buf, struct ll_str s,
                             struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_buf_reserve(struct ll_buf *buf, size_t more_bytes,
                              struct ll_error *err) LL_MUST_CHECK;

/* For our own text, on a buffer without a maximum. */
void ll_buf_add(struct ll_buf *buf, struct ll_str s);
void ll_buf_add_char(struct ll_buf *buf, char c);
void ll_buf_printf(struct ll_buf *buf, const char *format, ...) LL_PRINTF(2, 3);

/* Appends the shortest decimal that reads back as `value`, whatever the locale; "null" when it is
 * not finite, as JSON has it. */
void ll_buf_add_f64(struct ll_buf *buf, double value);

/* Appends s as a JSON string with quotes; control characters (U+0000 to U+001F, U+007F to U+009F),
 * '"' and '\' escaped, ill-formed UTF-8 replaced by U+FFFD. */
void ll_buf_add_json_string(struct ll_buf *buf, struct ll_str s);

#endif
