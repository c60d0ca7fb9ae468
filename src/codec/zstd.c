#include "codec/zstd.h"

#include <assert.h>
#include <zstd.h>
#include <zstd_errors.h>

#define PIECE_BYTES ((size_t)128 * 1024)

enum ll_status ll_zstd_compress(struct ll_str data, int level, struct ll_buf *out,
                                struct ll_error *err)
{
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
        return ll_fail(err, LL_INVALID, 0, "zstd level %d is not in %d to %d", level,
                       ZSTD_minCLevel(), ZSTD_maxCLevel());
    size_t room = ZSTD_compressBound(data.len);
    if (out->max_bytes > 0 && room > out->max_bytes - out->len)
        room = out->max_bytes - out->len;
    enum ll_status status = ll_buf_reserve(out, room, err);
    if (status != LL_OK)
        return status;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert(context != NULL);
    size_t set = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    assert(!ZSTD_isError(set));
    set = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    assert(!ZSTD_isError(set));
    size_t size = ZSTD_compress2(context, out->ptr + out->len, room, data.ptr, data.len);
    ZSTD_freeCCtx(context);
    if (!ZSTD_isError(size))
        out->len += size;
    out->ptr[out->len] = '\0';
    if (!ZSTD_isError(size))
        return LL_OK;
    if (ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall)
        return ll_fail(err, LL_LIMIT, 0, "more than %zu bytes", out->max_bytes);
    assert(ZSTD_getErrorCode(size) != ZSTD_error_memory_allocation);
    return ll_fail(err, LL_INVALID, 0, "zstd: %s", ZSTD_getErrorName(size));
}

static enum ll_status fail_decoding(struct ll_error *err, size_t code, size_t written)
{
    assert(ZSTD_getErrorCode(code) != ZSTD_error_memory_allocation);
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
        return ll_fail(err, LL_LIMIT, 0, "zstd window too large at output byte %zu", written);
    return ll_fail(err, LL_CORRUPT, 0, "damaged zstd frame at output byte %zu: %s", written,
                   ZSTD_getErrorName(code));
}

/* Decodes into the room there is. At the maximum that is none, and one byte that wants out is one
 * too many; a frame's end (its checksum) needs no room. */
static enum ll_status decode_step(ZSTD_DCtx *context, ZSTD_inBuffer *in, struct ll_buf *out,
                                  size_t *ret_hint, struct ll_error *err)
{
    char beyond[1];
    bool full = out->len == out->max_bytes;
    if (!full) {
        size_t left = out->max_bytes - out->len;
        enum ll_status status = ll_buf_reserve(out, left < PIECE_BYTES ? left : PIECE_BYTES, err);
        assert(status == LL_OK);
    }
    ZSTD_outBuffer room = {.dst = full ? beyond : out->ptr + out->len,
                           .size = full ? sizeof(beyond) : out->cap - 1 - out->len};
    size_t hint = ZSTD_decompressStream(context, &room, in);
    if (full && room.pos > 0)
        return ll_fail(err, LL_LIMIT, 0, "more than %zu bytes", out->max_bytes);
    if (!full)
        out->len += room.pos;
    *ret_hint = hint;
    return LL_OK;
}

static enum ll_status decode_all(ZSTD_DCtx *context, struct ll_str data, struct ll_buf *out,
                                 struct ll_error *err)
{
    ZSTD_inBuffer in = {.src = data.ptr, .size = data.len};
    size_t start = out->len, hint = 1;
    for (;;) {
        size_t in_before = in.pos, out_before = out->len;
        enum ll_status status = decode_step(context, &in, out, &hint, err);
        if (status != LL_OK)
            return status;
        if (ZSTD_isError(hint))
            return fail_decoding(err, hint, out->len - start);
        if (in.pos == in.size && hint == 0)
            return LL_OK;
        if (in.pos == in_before && out->len == out_before)
            return ll_fail(err, LL_CORRUPT, 0, "truncated zstd frame at output byte %zu",
                           out->len - start);
    }
}

enum ll_status ll_zstd_decompress(struct ll_str data, struct ll_buf *out, struct ll_error *err)
{
    assert(out->max_bytes > 0 && out->len <= out->max_bytes);
    size_t start = out->len;
    ZSTD_DCtx *context = ZSTD_createDCtx();
    assert(context != NULL);
    enum ll_status status = decode_all(context, data, out, err);
    ZSTD_freeDCtx(context);
    if (status != LL_OK)
        out->len = start;
    if (out->ptr != NULL)
        out->ptr[out->len] = '\0';
    return status;
}
