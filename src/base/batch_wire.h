/* Batches as bytes, between two processes of this program on one machine: in the machine's byte
 * order and without a version. First the columns, then rows to the end. */
#ifndef LL_BASE_BATCH_WIRE_H
#define LL_BASE_BATCH_WIRE_H

#include "base/batch.h"
#include "base/buf.h"

/* out: without a maximum; rows may follow as long as the caller likes the size. */
void ll_batch_wire_columns(const struct ll_batch *batch, struct ll_buf *out);
void ll_batch_wire_row(const struct ll_batch *batch, size_t row, struct ll_buf *out);

/* Reads what these have written into *ret, which is {0} or cleared. LL_CORRUPT for anything else,
 * and *ret is then to be cleared: the bytes are not trusted. */
enum ll_status ll_batch_wire_read(struct ll_str bytes, struct ll_batch *ret,
                                  struct ll_error *err) LL_MUST_CHECK;

#endif
