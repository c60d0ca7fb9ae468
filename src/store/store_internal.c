#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP_BYTES = 1024 * 1024 };

enum ll_status ll_store_fail_absent(struct ll_error *err, const char *key)
{
    return ll_fail(err, LL_NOT_FOUND, 0, "no object %s", key);
}

enum ll_status ll_store_fail_exists(struct ll_error *err, const char *key)
{
    return ll_fail(err, LL_CONFLICT, 0, "object %s exists already", key);
}

enum ll_status ll_store_fail_folder(struct ll_error *err, const char *key)
{
    return ll_fail(err, LL_INVALID, 0, "key %s is a folder of other keys, or lies below an object",
                   key);
}

enum ll_status ll_store_open_source(const char *path, int *ret_fd, int64_t *ret_size_bytes,
                                    struct ll_error *err)
{
    /* O_NONBLOCK: a FIFO must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return ll_fail_errno(err, errno, "open %s", path);
    struct stat st;
    enum ll_status status = LL_OK;
    if (fstat(fd, &st) != 0)
        status = ll_fail_errno(err, errno, "look at %s", path);
    else if (!S_ISREG(st.st_mode))
        status = ll_fail(err, LL_INVALID, 0, "%s is not a regular file", path);
    if (status != LL_OK) {
        close(fd);
        return status;
    }
    *ret_fd = fd;
    *ret_size_bytes = (int64_t)st.st_size;
    return LL_OK;
}

static ssize_t read_some(int fd, char *bytes, size_t len)
{
    ssize_t n;
    do {
        n = read(fd, bytes, len);
    } while (n < 0 && errno == EINTR);
    return n;
}

enum ll_status ll_store_read_all(int fd, int64_t expected_bytes, struct ll_buf *out,
                                 const char *name, struct ll_error *err)
{
    const size_t start = out->len;
    size_t expected = expected_bytes > 0 ? (size_t)expected_bytes : 0;
    enum ll_status status = LL_OK;
    while (status == LL_OK) {
        size_t done = out->len - start;
        char extra[4096];
        char *into = extra;
        size_t step = sizeof(extra);
        if (done < expected) {
            step = expected - done < READ_STEP_BYTES ? expected - done : READ_STEP_BYTES;
            status = ll_buf_reserve(out, step, err);
            if (status != LL_OK)
                break;
            into = out->ptr + out->len;
        }
        ssize_t n = read_some(fd, into, step);
        if (n == 0)
            break;
        if (n < 0)
            status = ll_fail_errno(err, errno, "read %s", name);
        else if (into == extra)
            status = ll_buf_append(out, (struct ll_str){extra, (size_t)n}, err);
        else
            out->len += (size_t)n;
    }
    if (status != LL_OK)
        out->len = start;
    if (out->ptr != NULL)
        out->ptr[out->len] = '\0';
    return status;
}

int ll_store_write_all(int fd, struct ll_str data)
{
    size_t done = 0;
    while (done < data.len) {
        ssize_t n = write(fd, data.ptr + done, data.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
    }
    return 0;
}
