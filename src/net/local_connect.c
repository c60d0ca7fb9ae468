/* Sockets that are files: their names, and how to reach who listens there. */
#include "net/local.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

#define CONNECT_TIMEOUT_MS 5000
#define CONNECT_STEP_US                                                                            \
    100000 /* of waiting for room in the listener's queue, between questions                       \
            */

enum ll_status ll_local_name_open(const char *path, struct ll_local_name *ret, struct ll_error *err)
{
    struct ll_local_name name = {.address.sun_family = AF_UNIX, .folder_fd = -1};
    size_t len = strlen(path);
    char *text = name.address.sun_path;
    if (len == 0)
        return ll_fail(err, LL_INVALID, 0, "a socket's path is empty");
    if (len < sizeof(name.address.sun_path)) {
        memcpy(text, path, len);
        *ret = name;
        return LL_OK;
    }
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    struct ll_arena arena = {0};
    const char *folder =
        slash != NULL ? ll_arena_cstr(&arena, (struct ll_str){path, (size_t)(file - path)}) : ".";
    name.folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int saved_errno = errno;
    ll_arena_clear(&arena);
    if (name.folder_fd < 0 && (saved_errno == ENOENT || saved_errno == ENOTDIR))
        return ll_fail(err, LL_NOT_FOUND, saved_errno, "the folder of %s is not there", path);
    if (name.folder_fd < 0)
        return ll_fail_errno(err, saved_errno, "open the folder of %s", path);
    int written =
        snprintf(text, sizeof(name.address.sun_path), "/proc/self/fd/%d/%s", name.folder_fd, file);
    if (written < 0 || (size_t)written >= sizeof(name.address.sun_path)) {
        ll_local_name_close(&name);
        return ll_fail(err, LL_INVALID, 0, "the name of the socket %s is too long", path);
    }
    *ret = name;
    return LL_OK;
}

void ll_local_name_close(struct ll_local_name *name)
{
    if (name->folder_fd >= 0)
        close(name->folder_fd);
    name->folder_fd = -1;
}

static enum ll_status explain(const char *path, int code, struct ll_error *err)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return ll_fail(err, LL_NOT_FOUND, code, "there is no socket %s", path);
    case ECONNREFUSED:
        return ll_fail(err, LL_TRANSIENT, code, "nobody listens on %s", path);
    case EACCES:
    case EPERM:
        return ll_fail(err, LL_AUTH, code, "the socket %s belongs to another user", path);
    default:
        return ll_fail_errno(err, code, "connect to %s", path);
    }
}

/* What we send may hold secrets: only we, root, and for root everybody may get it. */
static enum ll_status check_peer(const char *path, int fd, struct ll_error *err)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return ll_fail_errno(err, errno, "ask who listens on %s", path);
    if (peer.uid == geteuid() || peer.uid == 0 || geteuid() == 0)
        return LL_OK;
    return ll_fail(err, LL_AUTH, 0, "a process of another user (uid %u) listens on %s",
                   (unsigned)peer.uid, path);
}

static enum ll_status connect_to(const struct ll_local_options *options,
                                 const struct ll_local_name *name, int fd, struct ll_error *err)
{
    struct ll_clock *clock = ll_clock_system();
    int64_t timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    int64_t until_ms = clock->monotonic_ms(clock) + timeout_ms;
    struct timeval step = {.tv_usec = CONNECT_STEP_US}, none = {0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &step, sizeof(step));
    while (connect(fd, (const struct sockaddr *)&name->address, sizeof(name->address)) != 0) {
        if (errno != EAGAIN && errno != EINTR)
            return explain(options->socket_path, errno, err);
        if (options->cancelled != NULL && options->cancelled(options->context))
            return ll_fail(err, LL_CANCELLED, 0, "asked to stop");
        if (clock->monotonic_ms(clock) >= until_ms)
            return ll_fail(err, LL_LIMIT, ETIMEDOUT, "%s: no connection within %lld ms",
                           options->socket_path, (long long)timeout_ms);
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
    return check_peer(options->socket_path, fd, err);
}

enum ll_status ll_local_connect(const struct ll_local_options *options, int *ret_fd,
                                struct ll_error *err)
{
    assert(options->socket_path != NULL);
    struct ll_local_name name;
    if (ll_local_name_open(options->socket_path, &name, err) != LL_OK)
        return err->status;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        ll_local_name_close(&name);
        return ll_fail_errno(err, errno, "make a socket");
    }
    enum ll_status status = connect_to(options, &name, fd, err);
    ll_local_name_close(&name);
    if (status != LL_OK) {
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return LL_OK;
}
