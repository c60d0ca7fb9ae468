#include "app/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#define PENDING_BYTES (64 * 1024)

static enum ll_status write_all(const struct ll_output *out, struct ll_str bytes,
                                struct ll_error *err)
{
    while (bytes.len != 0) {
        ssize_t n = write(out->fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ll_fail_errno(err, errno, "write to %s", out->name);
        bytes = ll_str_sub(bytes, (size_t)n, bytes.len);
    }
    return LL_OK;
}

enum ll_status ll_output_flush(struct ll_output *out, struct ll_error *err)
{
    enum ll_status status = write_all(out, ll_buf_str(&out->pending), err);
    ll_buf_reset(&out->pending); /* also on failure: nobody may write it later */
    return status;
}

enum ll_status ll_output_write(struct ll_output *out, struct ll_str bytes, struct ll_error *err)
{
    if (out->pending.len + bytes.len > PENDING_BYTES && ll_output_flush(out, err) != LL_OK)
        return err->status;
    if (bytes.len > PENDING_BYTES)
        return write_all(out, bytes, err);
    ll_buf_add(&out->pending, bytes);
    return LL_OK;
}

void ll_output_clear(struct ll_output *out)
{
    ll_buf_clear(&out->pending);
}

static char *text_of(struct ll_buf *buf)
{
    char *text = ll_xstrdup(buf->ptr);
    ll_buf_clear(buf);
    return text;
}

enum ll_status ll_outfile_open(struct ll_outfile *file, const char *path, struct ll_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return ll_fail(err, LL_INVALID, EISDIR, "%s is a folder", path);
    struct ll_buf name = {0};
    ll_buf_printf(&name, "%s.tmp-%ld", path, (long)getpid());
    char *temporary = text_of(&name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        int saved_errno = errno;
        free(temporary);
        return ll_fail_errno(err, saved_errno, "create %s", path);
    }
    *file = (struct ll_outfile){.path = ll_xstrdup(path), .temporary = temporary};
    file->out = (struct ll_output){.fd = fd, .name = file->path};
    return LL_OK;
}

static enum ll_status sync_folder_of(const char *path, struct ll_error *err)
{
    const char *slash = strrchr(path, '/');
    struct ll_buf name = {0};
    ll_buf_add(&name, slash == NULL ? LL_STR(".")
                                    : ll_str_sub(ll_str_of(path), 0, (size_t)(slash - path) + 1));
    char *folder = text_of(&name);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum ll_status status = LL_OK;
    if (fd < 0 || fsync(fd) != 0)
        status = ll_fail_errno(err, errno, "sync folder %s", folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return status;
}

enum ll_status ll_outfile_commit(struct ll_outfile *file, struct ll_error *err)
{
    assert(file->temporary != NULL);
    if (ll_output_flush(&file->out, err) != LL_OK)
        return err->status;
    /* By name: an engine that wrote it by its path may have put another file there. */
    int fd = open(file->temporary, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    if (failed != 0)
        return ll_fail_errno(err, failed, "sync %s", file->path);
    if (rename(file->temporary, file->path) != 0)
        return ll_fail_errno(err, errno, "rename to %s", file->path);
    free(file->temporary);
    file->temporary = NULL;
    return sync_folder_of(file->path, err);
}

void ll_outfile_close(struct ll_outfile *file)
{
    if (file->path == NULL)
        return;
    if (file->temporary != NULL)
        unlink(file->temporary);
    close(file->out.fd);
    ll_output_clear(&file->out);
    free(file->temporary);
    free(file->path);
    *file = (struct ll_outfile){0};
}
