#include "app/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static void read_watchdog(struct ll_notify *notify, ll_env_lookup *env)
{
    int64_t watchdog_us, pid;
    const char *meant = env("WATCHDOG_PID");
    if (meant != NULL && (!ll_str_to_i64(ll_str_of(meant), &pid) || pid != getpid()))
        return;
    const char *words = env("WATCHDOG_USEC");
    if (words != NULL && ll_str_to_i64(ll_str_of(words), &watchdog_us) && watchdog_us >= 2000)
        notify->watchdog_ms = watchdog_us / 1000;
}

enum ll_status ll_notify_open(struct ll_notify *notify, ll_env_lookup *env, struct ll_error *err)
{
    *notify = (struct ll_notify){.fd = -1, .address.sun_family = AF_UNIX};
    const char *name = env("NOTIFY_SOCKET");
    if (name == NULL || name[0] == '\0')
        return LL_OK;
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof(notify->address.sun_path))
        return ll_fail(err, LL_INVALID, 0, "NOTIFY_SOCKET: \"%.120s\" is no address of a socket",
                       name);
    memcpy(notify->address.sun_path, name, len);
    if (name[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0)
        return ll_fail_errno(err, errno, "make a socket");
    read_watchdog(notify, env);
    return LL_OK;
}

void ll_notify_close(struct ll_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

void ll_notify_send(const struct ll_notify *notify, const char *text)
{
    if (notify->fd >= 0)
        (void)!sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&notify->address, notify->address_len);
}

void ll_notify_ready(const struct ll_notify *notify)
{
    ll_notify_send(notify, "READY=1");
}

void ll_notify_reloading(const struct ll_notify *notify)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    struct ll_clock *clock = ll_clock_system(); /* CLOCK_MONOTONIC, as systemd compares it */
    ll_buf_printf(&text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock->monotonic_ms(clock) * 1000);
    ll_notify_send(notify, text.ptr);
}

void ll_notify_status(const struct ll_notify *notify, const char *words)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text, "STATUS=%s", words);
    ll_notify_send(notify, text.ptr);
}
