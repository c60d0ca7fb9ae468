/* Exit codes: one table, from what the caller of the program can do about it. docs/cli.md prints
 * it. */
#ifndef LL_APP_EXIT_H
#define LL_APP_EXIT_H

#include <stddef.h>

#include "base/err.h"

enum ll_exit {
    LL_EXIT_OK = 0,
    LL_EXIT_DIFFERENT = 1,
    LL_EXIT_USAGE = 2,
    LL_EXIT_INVALID = 3,
    LL_EXIT_NOT_FOUND = 4,
    LL_EXIT_BUSY = 5,
    LL_EXIT_CORRUPT = 6,
    LL_EXIT_DISK_FULL = 7,
    LL_EXIT_DENIED = 8,
    LL_EXIT_UNSUPPORTED = 9,
    LL_EXIT_NETWORK = 10,
    LL_EXIT_LIMIT = 11,
    LL_EXIT_CANCELLED = 12,
    LL_EXIT_IO = 13,
    LL_EXIT_OUTDATED = 14,
    LL_EXIT_INTERNAL = 70,
    LL_EXIT_SIGINT = 130,
    LL_EXIT_SIGPIPE = 141,
    LL_EXIT_SIGTERM = 143,
};

struct ll_exit_info {
    enum ll_exit code;
    const char *name;    /* "busy" */
    const char *meaning; /* one sentence, with what to do */
};

const struct ll_exit_info *ll_exit_table(size_t *ret_count);
const struct ll_exit_info *ll_exit_find(int code); /* NULL when it is none of ours */

/* The code of a failed call. signal_number: the signal that asked us to stop, 0 if none; it decides
 * the code of LL_CANCELLED. LL_IO is split by err->code, an errno. */
enum ll_exit ll_exit_of(const struct ll_error *err, int signal_number) LL_NONNULL(1);

#endif
