/* Runs commands for other processes, within the one that owns the lake (command_wire.h). */
#ifndef LL_APP_COMMAND_SERVER_H
#define LL_APP_COMMAND_SERVER_H

#include "app/owner.h"
#include "base/clock.h"

struct ll_command_server;

struct ll_command_server_options {
    struct ll_owner *owner;
    const char *lake_dir;
    struct ll_clock *clock; /* must be one that many threads may read */
};

/* Listens at once. LL_INVALID when the lake's path is too long for a socket. */
enum ll_status ll_command_server_start(const struct ll_command_server_options *options,
                                       struct ll_command_server **ret,
                                       struct ll_error *err) LL_MUST_CHECK;
/* Asks the commands that run to stop, and waits for them. Takes NULL. */
void ll_command_server_stop(struct ll_command_server *server);

#endif
