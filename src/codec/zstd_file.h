/* Zstandard bit by bit, for content that is never whole in memory: a frame written to a file, and
 * the lines of frames that lie compressed in memory. */
#ifndef LL_CODEC_ZSTD_FILE_H
#define LL_CODEC_ZSTD_FILE_H

#include "base/err.h"
#include "base/str.h"
#include "codec/sha256.h"

struct ll_zstd_file;

struct ll_zstd_file_result {
    int64_t content_bytes, stored_bytes;
    struct ll_sha256 content_sha256, stored_sha256;
};

/* Creates (truncates) `path`, mode 0600, for one frame with a checksum. */
enum ll_status ll_zstd_file_open(const char *path, int level, struct ll_zstd_file **ret,
                                 struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_zstd_file_add(struct ll_zstd_file *file, struct ll_str bytes,
                                struct ll_error *err) LL_MUST_CHECK;
/* Ends the frame and closes the file; not synced. Then free it. */
enum ll_status ll_zstd_file_finish(struct ll_zstd_file *file, struct ll_zstd_file_result *ret,
                                   struct ll_error *err) LL_MUST_CHECK;
/* Takes NULL. A file that was not finished is removed. */
void ll_zstd_file_free(struct ll_zstd_file *file);

/* One line of the content without its line break; valid during the call. */
typedef enum ll_status ll_line_fn(void *context, struct ll_str line, struct ll_error *err);

/* Calls `each` for every line (the last one needs no line break); what it returns other than LL_OK
 * ends it. LL_LIMIT for a line of more than max_line_bytes; LL_CORRUPT as ll_zstd_decompress. */
enum ll_status ll_zstd_lines(struct ll_str packed, size_t max_line_bytes, ll_line_fn *each,
                             void *context, struct ll_error *err) LL_MUST_CHECK;

#endif
