/* The token beside the lake: {"client_id":"…","token":"…","expires_at":…}, for its owner alone. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "codec/json.h"
#include "net/net_internal.h"

#define FILE_MAX_BYTES (16 * 1024)

/* Reads at most size bytes from an offset; -1 with errno. */
static ssize_t read_at(int fd, char *bytes, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t n = pread(fd, bytes + have, size - have, (off_t)have);
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

static bool write_all(int fd, struct ll_str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = ll_str_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

static bool parse(struct ll_str text, struct ll_str client_id, struct ll_token_record *ret)
{
    struct ll_arena arena = {0};
    struct ll_json reader = ll_json_reader(text, &arena);
    struct ll_str key, client = {0}, token = {0}, expires = {0};
    if (ll_json_enter_object(&reader))
        while (ll_json_next_key(&reader, &key)) {
            if (ll_str_equal(key, LL_STR("client_id")))
                ll_json_string(&reader, &client);
            else if (ll_str_equal(key, LL_STR("token")))
                ll_json_string(&reader, &token);
            else if (ll_str_equal(key, LL_STR("expires_at")))
                ll_json_number(&reader, &expires);
            else
                ll_json_skip(&reader);
        }
    int64_t expires_at_s;
    bool good = ll_json_done(&reader) && token.len > 0 && ll_str_equal(client, client_id) &&
                ll_str_to_i64(expires, &expires_at_s);
    for (size_t i = 0; good && i < token.len; i++)
        good = token.ptr[i] > ' ' && token.ptr[i] <= '~';
    if (good) {
        ll_secret_set(&ret->token, token);
        ret->expires_at_s = expires_at_s;
    }
    ll_net_wipe(token); /* where it was escaped, it is not in the text */
    ll_arena_clear(&arena);
    return good;
}

bool ll_token_file_read(const char *path, struct ll_str client_id, struct ll_token_record *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    struct stat info;
    bool good = false;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        if (info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
            ll_log(LL_LOG_WARN, "token.file_open_to_others", ll_kv_cstr("path", path),
                   ll_kv_cstr("hint", "a new token is fetched and the file replaced"));
        } else {
            char text[FILE_MAX_BYTES];
            ssize_t n = read_at(fd, text, sizeof(text));
            good = n > 0 && parse((struct ll_str){text, (size_t)n}, client_id, ret);
            explicit_bzero(text, sizeof(text));
        }
    }
    close(fd);
    return good;
}

/* Makes the folder's entry durable; where that is not possible the token is fetched again. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct ll_buf folder = {0};
    if (slash == NULL)
        ll_buf_add(&folder, LL_STR("."));
    else
        ll_buf_add(&folder, (struct ll_str){path, (size_t)(slash - path) + 1});
    int fd = open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    ll_buf_clear(&folder);
}

/* Under the lock, so that a fixed name will do. */
static bool replace(const char *path, struct ll_str text)
{
    struct ll_buf temporary = {0};
    ll_buf_printf(&temporary, "%s.tmp", path);
    (void)unlink(temporary.ptr); /* left by a process that was killed */
    int fd = open(temporary.ptr, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, text) && fsync(fd) == 0;
    int saved_errno = errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        saved_errno = errno;
    }
    if (good && rename(temporary.ptr, path) != 0) {
        good = false;
        saved_errno = errno;
    }
    if (good)
        sync_folder(path);
    else if (fd >= 0)
        (void)unlink(temporary.ptr);
    ll_buf_clear(&temporary);
    errno = saved_errno;
    return good;
}

void ll_token_file_write(const char *path, struct ll_str client_id,
                         const struct ll_token_record *record)
{
    struct ll_str secret = ll_secret_reveal(&record->token);
    /* Escaping makes a byte six at most. */
    LL_AUTO(ll_secret_text_clear)
    struct ll_buf text = ll_secret_text(100 + 6 * (client_id.len + secret.len));
    ll_buf_add(&text, LL_STR("{\"client_id\":"));
    ll_buf_add_json_string(&text, client_id);
    ll_buf_add(&text, LL_STR(",\"token\":"));
    ll_buf_add_json_string(&text, secret);
    ll_buf_printf(&text, ",\"expires_at\":%lld}\n", (long long)record->expires_at_s);
    if (!replace(path, ll_buf_str(&text))) {
        struct ll_error err;
        ll_fail_errno(&err, errno, "the token could not be kept in %s", path);
        ll_log_error(LL_LOG_WARN, "token.not_kept", &err);
    }
}

int ll_token_lock(const char *path, struct ll_error *err)
{
    struct ll_buf name = {0};
    ll_buf_printf(&name, "%s.lock", path);
    int fd = open(name.ptr, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        ll_fail_errno(err, errno, "open %s", name.ptr);
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK || errno == EINTR)
            ll_fail(err, LL_CONFLICT, errno, "%s is held by another process", name.ptr);
        else
            ll_fail_errno(err, errno, "lock %s", name.ptr);
        close(fd);
        fd = -1;
    }
    ll_buf_clear(&name);
    return fd;
}

int64_t ll_token_lock_last_ms(int fd)
{
    char text[32];
    ssize_t n = read_at(fd, text, sizeof(text));
    int64_t last_ms;
    if (n <= 0 || !ll_str_to_i64(ll_str_trim((struct ll_str){text, (size_t)n}), &last_ms))
        return 0;
    return last_ms;
}

void ll_token_lock_set_last_ms(int fd, int64_t now_ms)
{
    struct ll_buf text = {0};
    ll_buf_printf(&text, "%lld\n", (long long)now_ms);
    /* Only manners are lost when this fails. */
    if (ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        (void)write_all(fd, ll_buf_str(&text));
    ll_buf_clear(&text);
}
