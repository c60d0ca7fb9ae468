#include "codec/zstd_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"

#define PIECE_BYTES ((size_t)128 * 1024)

struct ll_zstd_file {
    char *path;
    int fd;
    ZSTD_CCtx *zstd;
    EVP_MD_CTX *content, *stored;
    struct ll_zstd_file_result so_far;
    bool finished, failed; /* after a failure the file can no longer be right */
    char piece[PIECE_BYTES];
};

static EVP_MD_CTX *sha256_begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    assert(ok);
    (void)ok;
    return context;
}

static void sha256_add(EVP_MD_CTX *context, const void *bytes, size_t count)
{
    int ok = EVP_DigestUpdate(context, bytes, count);
    assert(ok);
    (void)ok;
}

static void sha256_end(EVP_MD_CTX *context, struct ll_sha256 *ret)
{
    int ok = EVP_DigestFinal_ex(context, ret->bytes, NULL);
    assert(ok);
    (void)ok;
}

enum ll_status ll_zstd_file_open(const char *path, int level, struct ll_zstd_file **ret,
                                 struct ll_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ll_fail_errno(err, errno, "create %s", path);
    struct ll_zstd_file *file = ll_xcalloc(1, sizeof(*file));
    file->path = ll_xstrdup(path);
    file->fd = fd;
    file->zstd = ZSTD_createCCtx();
    assert(file->zstd != NULL);
    size_t set = ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_compressionLevel, level);
    assert(!ZSTD_isError(set));
    set = ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_checksumFlag, 1);
    assert(!ZSTD_isError(set));
    file->content = sha256_begin();
    file->stored = sha256_begin();
    *ret = file;
    return LL_OK;
}

static enum ll_status write_piece(struct ll_zstd_file *file, size_t count, struct ll_error *err)
{
    sha256_add(file->stored, file->piece, count);
    file->so_far.stored_bytes += (int64_t)count;
    for (size_t done = 0; done < count;) {
        ssize_t wrote = write(file->fd, file->piece + done, count - done);
        if (wrote < 0 && errno != EINTR) {
            file->failed = true;
            return ll_fail_errno(err, errno, "write %s", file->path);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return LL_OK;
}

static enum ll_status pump(struct ll_zstd_file *file, struct ll_str bytes, ZSTD_EndDirective end,
                           struct ll_error *err)
{
    if (file->failed)
        return ll_fail(err, LL_IO, EIO, "write %s: it failed before", file->path);
    ZSTD_inBuffer in = {.src = bytes.ptr, .size = bytes.len};
    size_t left;
    do {
        ZSTD_outBuffer out = {.dst = file->piece, .size = PIECE_BYTES};
        left = ZSTD_compressStream2(file->zstd, &out, &in, end);
        assert(!ZSTD_isError(left));
        if (out.pos > 0 && write_piece(file, out.pos, err) != LL_OK)
            return err->status;
    } while (end == ZSTD_e_end ? left > 0 : in.pos < in.size);
    return LL_OK;
}

enum ll_status ll_zstd_file_add(struct ll_zstd_file *file, struct ll_str bytes,
                                struct ll_error *err)
{
    assert(!file->finished);
    if (bytes.len == 0)
        return LL_OK;
    sha256_add(file->content, bytes.ptr, bytes.len);
    file->so_far.content_bytes += (int64_t)bytes.len;
    return pump(file, bytes, ZSTD_e_continue, err);
}

enum ll_status ll_zstd_file_finish(struct ll_zstd_file *file, struct ll_zstd_file_result *ret,
                                   struct ll_error *err)
{
    assert(!file->finished);
    if (pump(file, LL_STR(""), ZSTD_e_end, err) != LL_OK)
        return err->status;
    int closed = close(file->fd);
    file->fd = -1;
    if (closed != 0)
        return ll_fail_errno(err, errno, "close %s", file->path);
    sha256_end(file->content, &file->so_far.content_sha256);
    sha256_end(file->stored, &file->so_far.stored_sha256);
    file->finished = true;
    *ret = file->so_far;
    return LL_OK;
}

void ll_zstd_file_free(struct ll_zstd_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (!file->finished)
        unlink(file->path);
    ZSTD_freeCCtx(file->zstd);
    EVP_MD_CTX_free(file->content);
    EVP_MD_CTX_free(file->stored);
    free(file->path);
    free(file);
}

/* --- lines */

struct lines {
    struct ll_buf line; /* the one that has no end yet */
    ll_line_fn *each;
    void *context;
};

static enum ll_status split(struct lines *lines, struct ll_str piece, struct ll_error *err)
{
    size_t from = 0;
    while (from < piece.len) {
        size_t end = ll_str_find(piece, '\n', from);
        struct ll_str part = ll_str_sub(piece, from, end);
        if (end == piece.len)
            return ll_buf_append(&lines->line, part, err);
        enum ll_status status;
        if (lines->line.len == 0) {
            status = lines->each(lines->context, part, err);
        } else {
            status = ll_buf_append(&lines->line, part, err);
            if (status == LL_OK)
                status = lines->each(lines->context, ll_buf_str(&lines->line), err);
            ll_buf_reset(&lines->line);
        }
        if (status != LL_OK)
            return status;
        from = end + 1;
    }
    return LL_OK;
}

static enum ll_status unpack(ZSTD_DCtx *zstd, struct ll_str packed, char *piece,
                             struct lines *lines, struct ll_error *err)
{
    ZSTD_inBuffer in = {.src = packed.ptr, .size = packed.len};
    size_t left = 1;
    bool full = false; /* more may wait inside the decoder */
    while (in.pos < in.size || full) {
        ZSTD_outBuffer out = {.dst = piece, .size = PIECE_BYTES};
        left = ZSTD_decompressStream(zstd, &out, &in);
        if (ZSTD_isError(left))
            return ll_fail(err, LL_CORRUPT, 0, "damaged zstd frame: %s", ZSTD_getErrorName(left));
        if (split(lines, (struct ll_str){piece, out.pos}, err) != LL_OK)
            return err->status;
        full = out.pos == PIECE_BYTES;
    }
    if (left != 0)
        return ll_fail(err, LL_CORRUPT, 0, "the zstd frame ends early");
    return lines->line.len == 0 ? LL_OK
                                : lines->each(lines->context, ll_buf_str(&lines->line), err);
}

enum ll_status ll_zstd_lines(struct ll_str packed, size_t max_line_bytes, ll_line_fn *each,
                             void *context, struct ll_error *err)
{
    assert(max_line_bytes > 0);
    struct lines lines = {.line = {.max_bytes = max_line_bytes}, .each = each, .context = context};
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    char *piece = ll_xcalloc(1, PIECE_BYTES);
    assert(zstd != NULL);
    enum ll_status status = unpack(zstd, packed, piece, &lines, err);
    ZSTD_freeDCtx(zstd);
    free(piece);
    ll_buf_clear(&lines.line);
    return status;
}
