/* Lets the owner of a lake run a command, where there is one (command_wire.h). */
#ifndef LL_APP_COMMAND_CLIENT_H
#define LL_APP_COMMAND_CLIENT_H

#include "app/app.h"
#include "app/cli/cli.h"
#include "app/cli/command.h"

/* False when nobody owns the lake in this way. True: the owner ran it, its output is written, and
 * *ret_code is the exit code; or it went wrong on the way, which has been said. */
bool ll_command_client_run(const struct ll_cli *cli, struct ll_app *app,
                           const struct ll_command *command, const struct ll_args *args,
                           int *ret_code);

#endif
