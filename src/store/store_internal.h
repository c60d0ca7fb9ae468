/* What the store's backends share. */
#ifndef LL_STORE_STORE_INTERNAL_H
#define LL_STORE_STORE_INTERNAL_H

#include "store/store.h"

/* The contract's own refusals, worded alike by every backend. */
enum ll_status ll_store_fail_absent(struct ll_error *err, const char *key); /* LL_NOT_FOUND */
enum ll_status ll_store_fail_exists(struct ll_error *err, const char *key); /* LL_CONFLICT */
enum ll_status ll_store_fail_folder(struct ll_error *err, const char *key); /* LL_INVALID */

/* Opens the file of a put_file; anything but a regular file is LL_INVALID. */
enum ll_status ll_store_open_source(const char *path, int *ret_fd, int64_t *ret_size_bytes,
                                    struct ll_error *err) LL_MUST_CHECK;
/* Appends all of fd to *out. `expected_bytes` only sizes the reads; `name` is for messages. On
 * failure *out has its old length. */
enum ll_status ll_store_read_all(int fd, int64_t expected_bytes, struct ll_buf *out,
                                 const char *name, struct ll_error *err) LL_MUST_CHECK;
/* 0 or an errno. */
int ll_store_write_all(int fd, struct ll_str data) LL_MUST_CHECK;

#endif
