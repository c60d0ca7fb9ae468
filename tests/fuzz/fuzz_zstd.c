/* Decompression of any bytes stays within its bound and leaves the output alone when it fails;
 * compression of any bytes gives a frame that reads back as them. */
#include "fuzz.h"

#include <assert.h>

#include "codec/zstd.h"

enum { MAX_OUTPUT_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ll_str input = {(const char *)data, size};
    struct ll_error err;
    struct ll_buf out = {.max_bytes = MAX_OUTPUT_BYTES};
    enum ll_status status = ll_zstd_decompress(input, &out, &err);
    assert(status == LL_OK || status == LL_CORRUPT || status == LL_LIMIT);
    assert(out.len <= MAX_OUTPUT_BYTES);
    assert(status == LL_OK || out.len == 0);
    ll_buf_clear(&out);

    if (size > MAX_OUTPUT_BYTES)
        return 0;
    struct ll_buf frame = {0};
    assert(ll_zstd_compress(input, 3, &frame, &err) == LL_OK);
    assert(ll_zstd_decompress(ll_buf_str(&frame), &out, &err) == LL_OK);
    assert(ll_str_equal(ll_buf_str(&out), input));
    ll_buf_clear(&out);
    ll_buf_clear(&frame);
    return 0;
}
