/* Sockets to listen on. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/server.h"
#include "net/local.h"

#define BACKLOG 64

/* Takes away a socket file that nobody listens on. */
static enum ll_status remove_stale(const char *path, struct ll_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? LL_OK : ll_fail_errno(err, errno, "look at %s", path);
    if (!S_ISSOCK(info.st_mode))
        return ll_fail(err, LL_CONFLICT, EEXIST, "%s is there and is no socket", path);
    /* Whose queue is full lives, too. */
    const struct ll_local_options options = {.socket_path = path, .connect_timeout_ms = 1};
    int fd;
    enum ll_status status = ll_local_connect(&options, &fd, err);
    if (status == LL_OK)
        close(fd);
    if (status == LL_OK || status == LL_LIMIT)
        return ll_fail(err, LL_CONFLICT, EADDRINUSE, "somebody listens on %s already", path);
    if (status != LL_TRANSIENT && status != LL_NOT_FOUND)
        return status;
    if (unlink(path) != 0 && errno != ENOENT)
        return ll_fail_errno(err, errno, "remove %s", path);
    return LL_OK;
}

static enum ll_status bind_unix(const char *path, int fd, struct ll_error *err)
{
    struct ll_local_name name;
    if (ll_local_name_open(path, &name, err) != LL_OK)
        return err->status;
    /* Linux gives a socket's file the mode of its descriptor: nobody else ever gets in. */
    bool bound = fchmod(fd, 0600) == 0 &&
                 bind(fd, (const struct sockaddr *)&name.address, sizeof(name.address)) == 0;
    int saved_errno = errno;
    ll_local_name_close(&name);
    if (!bound && saved_errno == EADDRINUSE)
        return ll_fail(err, LL_CONFLICT, saved_errno, "somebody listens on %s already", path);
    if (!bound && (saved_errno == ENOENT || saved_errno == ENOTDIR))
        return ll_fail(err, LL_NOT_FOUND, saved_errno, "the folder of %s is not there", path);
    if (!bound || listen(fd, BACKLOG) != 0)
        return ll_fail_errno(err, bound ? errno : saved_errno, "listen on %s", path);
    return LL_OK;
}

enum ll_status ll_server_listen_unix(const char *path, int *ret_fd, struct ll_error *err)
{
    if (remove_stale(path, err) != LL_OK)
        return err->status;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ll_fail_errno(err, errno, "make a socket");
    if (bind_unix(path, fd, err) != LL_OK) {
        close(fd);
        return err->status;
    }
    *ret_fd = fd;
    return LL_OK;
}

static enum ll_status bind_tcp(int fd, const struct addrinfo *info, uint16_t *ret_port,
                               struct ll_error *err)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
        switch (errno) {
        case EADDRINUSE:
            return ll_fail(err, LL_CONFLICT, errno, "another program listens there");
        case EACCES:
            return ll_fail(err, LL_AUTH, errno, "not allowed: ports below 1024 are root's");
        case EADDRNOTAVAIL:
            return ll_fail(err, LL_INVALID, errno, "not an address of this machine");
        default:
            return ll_fail_errno(err, errno, "bind");
        }
    }
    *ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)&bound)->sin_port);
    return LL_OK;
}

enum ll_status ll_server_listen_tcp(const char *address, uint16_t port, int *ret_fd,
                                    uint16_t *ret_port, struct ll_error *err)
{
    char service[8];
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *info;
    int failed = getaddrinfo(address, service, &hints, &info);
    if (failed != 0)
        return ll_fail(err, LL_INVALID, failed, "\"%s\" is no IP address", address);
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    enum ll_status status =
        fd >= 0 ? bind_tcp(fd, info, ret_port, err) : ll_fail_errno(err, errno, "make a socket");
    freeaddrinfo(info);
    if (status != LL_OK) {
        if (fd >= 0)
            close(fd);
        return ll_context(err, "listen on %s, port %u", address, (unsigned)port);
    }
    *ret_fd = fd;
    return LL_OK;
}
