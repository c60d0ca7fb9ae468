/* The command line: finds the command, reads the configuration, runs it. */
#ifndef LL_APP_CLI_CLI_H
#define LL_APP_CLI_CLI_H

#include "app/config.h"
#include "app/owner.h"
#include "app/stop.h"
#include "base/clock.h"

struct ll_cli {
    int argc;
    char *const *argv;
    ll_env_lookup *env;
    struct ll_clock *clock;
    int out_fd, err_fd; /* standard output and error */
    bool terminal;      /* standard error is one */
    struct ll_stop *stop;
    struct ll_owner *owner; /* the process owns the lake, and runs this for another; else NULL */
};

struct ll_app;
struct ll_args;

/* The configuration by flags, environment and file, into an initialised *config. */
enum ll_status ll_cli_load_config(ll_env_lookup *env, const struct ll_args *args,
                                  struct ll_config *config, struct ll_error *err) LL_MUST_CHECK;
/* Level and format of the log, as app->config has them. */
void ll_cli_setup_log(const struct ll_app *app);

/* Runs it and returns the exit code of the process. */
int ll_cli_run(const struct ll_cli *cli);

#endif
