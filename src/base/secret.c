#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

void ll_secret_clear(struct ll_secret *secret)
{
    if (secret->hidden != NULL)
        explicit_bzero(secret->hidden, secret->hidden_len);
    free(secret->hidden);
    *secret = (struct ll_secret){0};
}

void ll_secret_set(struct ll_secret *secret, struct ll_str bytes)
{
    assert(bytes.len <= LL_SECRET_MAX_BYTES);
    ll_secret_clear(secret);
    secret->hidden = ll_xcalloc(bytes.len + 1, 1);
    if (bytes.len != 0)
        memcpy(secret->hidden, bytes.ptr, bytes.len);
    secret->hidden_len = bytes.len;
}

bool ll_secret_is_set(const struct ll_secret *secret)
{
    return secret->hidden != NULL;
}

struct ll_str ll_secret_reveal(const struct ll_secret *secret)
{
    return (struct ll_str){(const char *)secret->hidden, secret->hidden_len};
}

struct ll_buf ll_secret_text(size_t room_bytes)
{
    return (struct ll_buf){.ptr = ll_xcalloc(room_bytes + 1, 1), .cap = room_bytes + 1};
}

void ll_secret_text_clear(struct ll_buf *text)
{
    if (text->ptr != NULL)
        explicit_bzero(text->ptr, text->cap);
    ll_buf_clear(text);
}

/* Reads up to size bytes; the number read, or -1 with errno. */
static ssize_t read_full(int fd, char *bytes, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

enum ll_status ll_secret_read(struct ll_secret *secret, const char *path, struct ll_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ll_fail_errno(err, errno, "open %s", path);
    char *bytes = ll_xcalloc(LL_SECRET_MAX_BYTES + 1, 1);
    ssize_t n = read_full(fd, bytes, LL_SECRET_MAX_BYTES + 1);
    int saved_errno = errno;
    close(fd);
    enum ll_status status = LL_OK;
    if (n < 0) {
        status = ll_fail_errno(err, saved_errno, "read %s", path);
    } else if (n > LL_SECRET_MAX_BYTES) {
        status = ll_fail(err, LL_INVALID, 0, "%s: longer than %d bytes", path, LL_SECRET_MAX_BYTES);
    } else {
        struct ll_str content = {bytes, (size_t)n};
        if (ll_str_ends_with(content, LL_STR("\n")))
            content.len--;
        if (ll_str_ends_with(content, LL_STR("\r")))
            content.len--;
        if (content.len == 0)
            status = ll_fail(err, LL_INVALID, 0, "%s: empty", path);
        else
            ll_secret_set(secret, content);
    }
    explicit_bzero(bytes, LL_SECRET_MAX_BYTES + 1);
    free(bytes);
    return status;
}
