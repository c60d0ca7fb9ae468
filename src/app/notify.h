/* What systemd wants to hear (sd_notify(3)): datagrams of "NAME=value" lines to $NOTIFY_SOCKET, a
 * path or, with '@', an abstract name. Elsewhere nothing is sent. */
#ifndef LL_APP_NOTIFY_H
#define LL_APP_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "app/config.h"

struct ll_notify {
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_len;
    int64_t watchdog_ms; /* within this WATCHDOG=1 is expected; 0 = not */
};

/* LL_INVALID for an address that cannot be one. Always to be closed. */
enum ll_status ll_notify_open(struct ll_notify *notify, ll_env_lookup *env,
                              struct ll_error *err) LL_MUST_CHECK;
void ll_notify_close(struct ll_notify *notify);

/* One datagram. Nothing waits for it, and losing it is no fault of ours: no status. */
void ll_notify_send(const struct ll_notify *notify, const char *text);
void ll_notify_ready(const struct ll_notify *notify);
void ll_notify_reloading(const struct ll_notify *notify); /* end it by ll_notify_ready */
void ll_notify_status(const struct ll_notify *notify, const char *words);

#endif
