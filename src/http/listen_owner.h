/* Who listens on a TCP port of this machine. */
#ifndef LL_HTTP_LISTEN_OWNER_H
#define LL_HTTP_LISTEN_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ll_listen_owner {
    pid_t pid;
    char name[32]; /* of its program */
};

/* By /proc; false when it cannot be seen, as of other users' processes. */
bool ll_listen_owner_find(uint16_t port, struct ll_listen_owner *ret);

#endif
