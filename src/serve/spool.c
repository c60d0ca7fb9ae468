#include "serve/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

static enum ll_status write_all(int fd, struct ll_str bytes, struct ll_error *err)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ll_fail_errno(err, errno, "write an answer to a temporary file");
        bytes = ll_str_sub(bytes, (size_t)n, bytes.len);
    }
    return LL_OK;
}

static enum ll_status to_file(struct ll_spool *spool, struct ll_error *err)
{
    if (spool->fd < 0)
        spool->fd = open(spool->tmp_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd < 0)
        return ll_fail_errno(err, errno, "make a temporary file in %s", spool->tmp_dir);
    if (write_all(spool->fd, ll_buf_str(&spool->text), err) != LL_OK)
        return err->status;
    spool->file_bytes += (int64_t)spool->text.len;
    ll_buf_reset(&spool->text);
    return LL_OK;
}

enum ll_status ll_spool_flow(struct ll_spool *spool, struct ll_error *err)
{
    return spool->text.len > LL_SPOOL_MEMORY ? to_file(spool, err) : LL_OK;
}

void ll_spool_file(struct ll_spool *spool, int fd, int64_t bytes)
{
    spool->fd = fd;
    spool->file_bytes = bytes;
}

bool ll_spool_in_memory(const struct ll_spool *spool)
{
    return spool->fd < 0;
}

/* What a stream reads: the head, then the file. */
struct reader {
    struct ll_buf head;
    size_t head_at;
    int fd;
};

static int64_t read_spool(void *context, char *bytes, size_t max)
{
    struct reader *reader = context;
    size_t left = reader->head.len - reader->head_at;
    if (left > 0) {
        size_t n = left < max ? left : max;
        memcpy(bytes, reader->head.ptr + reader->head_at, n);
        reader->head_at += n;
        return (int64_t)n;
    }
    ssize_t n;
    do
        n = read(reader->fd, bytes, max);
    while (n < 0 && errno == EINTR);
    return n;
}

static void free_reader(void *context)
{
    struct reader *reader = context;
    close(reader->fd);
    ll_buf_clear(&reader->head);
    free(reader);
}

enum ll_status ll_spool_finish(struct ll_spool *spool, struct ll_server_response *response,
                               struct ll_error *err)
{
    if (spool->fd < 0) {
        ll_buf_add(&spool->head, ll_buf_str(&spool->text));
        response->body = spool->head;
        spool->head = (struct ll_buf){0};
        ll_spool_clear(spool);
        return LL_OK;
    }
    if (to_file(spool, err) != LL_OK)
        return err->status;
    if (lseek(spool->fd, 0, SEEK_SET) != 0)
        return ll_fail_errno(err, errno, "read an answer back");
    struct reader *reader = ll_xcalloc(1, sizeof(*reader));
    *reader = (struct reader){.head = spool->head, .fd = spool->fd};
    response->size = (int64_t)spool->head.len + spool->file_bytes;
    spool->head = (struct ll_buf){0};
    spool->fd = -1;
    ll_spool_clear(spool);
    response->read = read_spool;
    response->free = free_reader;
    response->context = reader;
    return LL_OK;
}

void ll_spool_clear(struct ll_spool *spool)
{
    ll_buf_clear(&spool->head);
    ll_buf_clear(&spool->text);
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
}
