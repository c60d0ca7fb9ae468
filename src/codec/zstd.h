/* Zstandard frames by libzstd, readable with the stock zstdcat. */
#ifndef LL_CODEC_ZSTD_H
#define LL_CODEC_ZSTD_H

#include "base/buf.h"

/* Appends one frame (level as in zstd(1), content size and checksum stored) to *out. The same input
 * and libzstd version give the same bytes. */
enum ll_status ll_zstd_compress(struct ll_str data, int level, struct ll_buf *out,
                                struct ll_error *err) LL_MUST_CHECK;

/* Appends the decompressed content of all frames in `data` to *out, whose max_bytes (not 0) bounds
 * it; besides, a frame may ask for a window of at most 128 MiB. LL_CORRUPT for a damaged or
 * truncated frame, bytes behind the last one, or no frame at all (the message says at which byte of
 * the output); LL_LIMIT beyond the maximum. *out is unchanged on failure. */
enum ll_status ll_zstd_decompress(struct ll_str data, struct ll_buf *out,
                                  struct ll_error *err) LL_MUST_CHECK;

#endif
