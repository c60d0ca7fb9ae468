#include "app/exit.h"

#include <errno.h>
#include <signal.h>

static const struct ll_exit_info table[] = {
    {LL_EXIT_OK, "ok", "All went well."},
    {LL_EXIT_DIFFERENT, "different",
     "It ran, and found something wrong: a check of `doctor` or `verify` failed."},
    {LL_EXIT_USAGE, "usage", "The command line is wrong: see `livelake help`."},
    {LL_EXIT_INVALID, "invalid", "Input, query or configuration is wrong: mend it, do not retry."},
    {LL_EXIT_NOT_FOUND, "not found", "A lake, file or object that was named does not exist."},
    {LL_EXIT_BUSY, "busy",
     "Another process holds the lake; its pid is in the message. Try again later."},
    {LL_EXIT_CORRUPT, "corrupt", "Stored bytes are not what was written: run `livelake verify`."},
    {LL_EXIT_DISK_FULL, "disk full",
     "No space, or the quota is used up: free some, then run it again."},
    {LL_EXIT_DENIED, "denied", "No permission, wrong credentials, or a read-only file system."},
    {LL_EXIT_UNSUPPORTED, "unsupported",
     "Written by a newer livelake, or not in this build: upgrade."},
    {LL_EXIT_NETWORK, "network", "A remote service did not answer or asked to wait: try again."},
    {LL_EXIT_LIMIT, "limit", "A limit on rows, time, memory or size was reached."},
    {LL_EXIT_CANCELLED, "cancelled", "It was asked to stop, but not by a signal."},
    {LL_EXIT_IO, "input/output",
     "The operating system refused for another reason, named in the message."},
    {LL_EXIT_OUTDATED, "outdated",
     "The lake was written by an older livelake, and this command only reads: run `livelake "
     "migrate`."},
    {LL_EXIT_INTERNAL, "internal", "A fault of the program itself: please report it."},
    {LL_EXIT_SIGINT, "interrupted", "Stopped by SIGINT (Ctrl-C)."},
    {LL_EXIT_SIGPIPE, "broken pipe",
     "The reader of standard output went away, as in `livelake … | head`."},
    {LL_EXIT_SIGTERM, "terminated", "Stopped by SIGTERM."},
};

const struct ll_exit_info *ll_exit_table(size_t *ret_count)
{
    *ret_count = LL_COUNT(table);
    return table;
}

const struct ll_exit_info *ll_exit_find(int code)
{
    for (size_t i = 0; i < LL_COUNT(table); i++)
        if ((int)table[i].code == code)
            return &table[i];
    return NULL;
}

static enum ll_exit exit_of_errno(int saved_errno)
{
    switch (saved_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return LL_EXIT_DISK_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return LL_EXIT_DENIED;
    case ENOENT:
    case ENOTDIR:
        return LL_EXIT_NOT_FOUND;
    case EPIPE:
        return LL_EXIT_SIGPIPE;
    case ECONNREFUSED:
    case ECONNRESET:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ETIMEDOUT:
        return LL_EXIT_NETWORK;
    default:
        return LL_EXIT_IO;
    }
}

static enum ll_exit exit_of_cancel(int signal_number)
{
    if (signal_number == SIGINT)
        return LL_EXIT_SIGINT;
    return signal_number == SIGTERM ? LL_EXIT_SIGTERM : LL_EXIT_CANCELLED;
}

enum ll_exit ll_exit_of(const struct ll_error *err, int signal_number)
{
    switch (err->status) {
    case LL_OK:
        return LL_EXIT_OK;
    case LL_INVALID:
        return LL_EXIT_INVALID;
    case LL_NOT_FOUND:
        return LL_EXIT_NOT_FOUND;
    case LL_CONFLICT:
        return LL_EXIT_BUSY;
    case LL_AUTH:
        return LL_EXIT_DENIED;
    case LL_RATE_LIMITED:
    case LL_TRANSIENT:
        return LL_EXIT_NETWORK;
    case LL_LIMIT:
        return LL_EXIT_LIMIT;
    case LL_CORRUPT:
        return LL_EXIT_CORRUPT;
    case LL_CANCELLED:
        return exit_of_cancel(signal_number);
    case LL_IO:
        return exit_of_errno(err->code);
    case LL_UNSUPPORTED:
        return err->code == LL_OUTDATED ? LL_EXIT_OUTDATED : LL_EXIT_UNSUPPORTED;
    }
    return LL_EXIT_INTERNAL;
}
