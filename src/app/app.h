/* What a command is given: configuration, clock, output, and the parts of the lake on demand. */
#ifndef LL_APP_APP_H
#define LL_APP_APP_H

#include "app/config.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/wire.h"
#include "base/clock.h"
#include "base/err.h"

#define LL_ATTRIBUTION "Data from Twitch. Game data from IGDB.com."

struct ll_app {
    struct ll_config config;
    struct ll_clock *clock;
    struct ll_output out; /* standard output: data alone */
    int err_fd;           /* standard error: errors, notes, progress */
    ll_env_lookup *env;   /* the environment of whoever asked for the command */
    struct ll_stop *stop; /* whoever asked for the command wants it to stop */
    struct ll_wire wire;
    const char *command; /* its name; "" before one is known */
    bool json;           /* errors and answers as JSON */
    bool quiet;          /* no progress, and only errors in the log */
    bool terminal;       /* standard error is one */
    bool lent;           /* runs within the owner of the lake, for another process */
};

/* These say on standard error what went wrong and return the exit code to return:
 *   if (…(…, &err) != LL_OK) return ll_app_fail(app, &err);
 * With --json the error is one line {"error":{"status","message","exit_code"}}. */
int ll_app_fail(struct ll_app *app, const struct ll_error *err) LL_NONNULL(1, 2);
int ll_app_usage(struct ll_app *app, const char *format, ...) LL_PRINTF(2, 3); /* exit code 2 */
/* A line of standard error: "livelake: …"; not with --quiet. */
void ll_app_note(const struct ll_app *app, const char *format, ...) LL_PRINTF(2, 3);

/* Data: writes to standard output and returns the exit code, LL_EXIT_OK or that of the error. */
int ll_app_print(struct ll_app *app, struct ll_str text);

/* A progress bar on standard error where one is wanted. total 0: unknown. */
void ll_app_progress(const struct ll_app *app, struct ll_progress *progress, const char *label,
                     const char *unit, int64_t total);

#endif
