/* The command line: finds the command, reads the configuration, runs it. */
#ifndef LL_APP_CLI_CLI_H
#define LL_APP_CLI_CLI_H

#include "app/config.h"
#include "base/clock.h"

struct ll_cli {
    int argc;
    char *const *argv;
    ll_env_lookup *env;
    struct ll_clock *clock;
    bool terminal; /* standard error is one */
};

/* Runs it and returns the exit code of the process. */
int ll_cli_run(const struct ll_cli *cli);

#endif
