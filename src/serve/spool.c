#include "serve/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

#define SLOW_MS 120000  /* from then on */
#define SLOW_BYTES 4096 /* a second, on an average */

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

enum ll_status ll_spool_room(const struct ll_spool *spool, struct ll_error *err)
{
    struct statvfs fs;
    if (statvfs(spool->tmp_dir, &fs) != 0)
        return LL_OK; /* writing tells what is wrong */
    double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    if (free_bytes >= (double)spool->min_free_bytes)
        return LL_OK;
    return ll_fail(err, LL_LIMIT, ENOSPC,
                   "too little of the lake's disk is free for so long an answer: ask for less");
}

/* A file without a name, also where the file system has none. */
static int open_file(const char *folder)
{
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    ll_buf_printf(&path, "%s/answer-XXXXXX", folder);
    fd = mkostemp(path.ptr, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path.ptr); /* else the next owner of the lake removes it */
    return fd;
}

static enum ll_status to_file(struct ll_spool *spool, struct ll_error *err)
{
    if (ll_spool_room(spool, err) != LL_OK)
        return err->status;
    if (spool->fd < 0)
        spool->fd = open_file(spool->tmp_dir);
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

/* What a stream reads: the head, then the file. */
struct reader {
    struct ll_buf head;
    size_t head_at;
    int fd;
    int64_t began_ms, bytes; /* monotonic; handed out */
};

/* Who takes so little at a time holds a file for as long as they like. */
static bool is_too_slow(const struct reader *reader)
{
    struct ll_clock *clock = ll_clock_system();
    int64_t took_ms = clock->monotonic_ms(clock) - reader->began_ms;
    return took_ms > SLOW_MS && reader->bytes / (took_ms / 1000) < SLOW_BYTES;
}

static int64_t read_spool(void *context, char *bytes, size_t max)
{
    struct reader *reader = context;
    size_t left = reader->head.len - reader->head_at;
    if (is_too_slow(reader))
        return -1;
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
    reader->bytes += n > 0 ? n : 0;
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
    struct ll_clock *clock = ll_clock_system();
    *reader = (struct reader){
        .head = spool->head, .fd = spool->fd, .began_ms = clock->monotonic_ms(clock)};
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
