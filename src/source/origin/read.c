#define ZLIB_CONST

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "codec/zstd.h"
#include "source/origin/origin.h"

#define PIECE_BYTES ((size_t)256 * 1024)

static enum ll_status read_fd(int fd, struct ll_buf *out, struct ll_error *err)
{
    char *piece = ll_xcalloc(PIECE_BYTES, 1);
    enum ll_status status = LL_OK;
    while (status == LL_OK) {
        ssize_t got = read(fd, piece, PIECE_BYTES);
        if (got == 0)
            break;
        if (got > 0)
            status = ll_buf_append(out, (struct ll_str){piece, (size_t)got}, err);
        else if (errno != EINTR)
            status = ll_fail_errno(err, errno, "read");
    }
    free(piece);
    return status;
}

/* One or more gzip members (RFC 1952), inflated piece by piece. */
static enum ll_status inflate_members(z_stream *z, struct ll_str data, char *piece,
                                      struct ll_buf *out, struct ll_error *err)
{
    size_t at = 0;
    bool ended = false; /* the last member ended properly */
    while (at < data.len || !ended) {
        size_t offered = data.len - at < PIECE_BYTES ? data.len - at : PIECE_BYTES;
        z->next_in = (const Bytef *)data.ptr + at;
        z->avail_in = (uInt)offered;
        z->next_out = (Bytef *)piece;
        z->avail_out = (uInt)PIECE_BYTES;
        int code = inflate(z, Z_NO_FLUSH);
        size_t made = PIECE_BYTES - z->avail_out;
        at += offered - z->avail_in;
        enum ll_status status = ll_buf_append(out, (struct ll_str){piece, made}, err);
        if (status != LL_OK)
            return status;
        if (code != Z_OK && code != Z_STREAM_END)
            return ll_fail(err, LL_CORRUPT, code, "damaged gzip data at byte %zu", at);
        ended = code == Z_STREAM_END;
        if (ended && at < data.len && inflateReset(z) != Z_OK)
            return ll_fail(err, LL_CORRUPT, 0, "damaged gzip data at byte %zu", at);
    }
    return LL_OK;
}

static enum ll_status decompress_gzip(struct ll_str data, struct ll_buf *out, struct ll_error *err)
{
    z_stream z = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return ll_fail(err, LL_TRANSIENT, 0, "zlib cannot start");
    char *piece = ll_xcalloc(PIECE_BYTES, 1);
    enum ll_status status = inflate_members(&z, data, piece, out, err);
    free(piece);
    inflateEnd(&z);
    return status;
}

static enum ll_status open_file(const char *root, const struct ll_origin_file *file, int *ret_fd,
                                struct ll_error *err)
{
    struct stat info;
    if (stat(root, &info) != 0)
        return ll_fail_errno(err, errno, "%s", root);
    struct ll_arena arena = {0};
    const char *path = root;
    if (S_ISDIR(info.st_mode))
        path = ll_arena_printf(&arena, "%s/%.*s", root, LL_FMT(file->path)).ptr;
    int fd = open(path, O_RDONLY | O_CLOEXEC | (S_ISDIR(info.st_mode) ? O_NOFOLLOW : 0));
    int saved_errno = errno;
    ll_arena_clear(&arena);
    if (fd < 0)
        return ll_fail_errno(err, saved_errno, "open");
    *ret_fd = fd;
    return LL_OK;
}

static enum ll_status read_file(const char *root, const struct ll_origin_file *file,
                                struct ll_buf *out, struct ll_error *err)
{
    int fd = -1;
    enum ll_status status = open_file(root, file, &fd, err);
    if (status != LL_OK)
        return status;
    status = read_fd(fd, out, err);
    close(fd);
    return status;
}

enum ll_status ll_origin_read(const char *root, const struct ll_origin_file *file,
                              struct ll_buf *out, struct ll_error *err)
{
    bool gzip = ll_str_ends_with(file->path, LL_STR(".gz"));
    bool zstd = ll_str_ends_with(file->path, LL_STR(".zst"));
    struct ll_buf packed = {.max_bytes = out->max_bytes};
    enum ll_status status = read_file(root, file, gzip || zstd ? &packed : out, err);
    if (status == LL_OK && gzip)
        status = decompress_gzip(ll_buf_str(&packed), out, err);
    else if (status == LL_OK && zstd)
        status = ll_zstd_decompress(ll_buf_str(&packed), out, err);
    ll_buf_clear(&packed);
    if (status != LL_OK)
        return ll_context(err, "%.*s", LL_FMT(file->path));
    return LL_OK;
}
