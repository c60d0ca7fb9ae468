/* Errors: a closed set of statuses, chosen by what the caller can do about it.
 *
 * A function that can fail returns enum ll_status and takes a struct ll_error * as its last
 * argument (never NULL). The place where the fault is found calls ll_fail(); each layer above may
 * add its context once with ll_context(). Library code neither prints nor exits.
 */
#ifndef LL_BASE_ERR_H
#define LL_BASE_ERR_H

#include <stdint.h>

#include "base/attr.h"

enum ll_status {
    LL_OK = 0,
    LL_INVALID,      /* the caller's input or configuration is wrong: mend it, do not retry */
    LL_NOT_FOUND,    /* the thing named does not exist */
    LL_CONFLICT,     /* somebody else was first: put-if-absent lost, lock held */
    LL_AUTH,         /* credentials or permissions */
    LL_RATE_LIMITED, /* retry after retry_after_ms */
    LL_TRANSIENT,    /* may succeed when tried again */
    LL_LIMIT,        /* a bound on size, time or memory was reached */
    LL_CORRUPT,      /* stored bytes are not what was written */
    LL_CANCELLED,    /* asked to stop */
    LL_IO,           /* the operating system refused; code is errno */
    LL_UNSUPPORTED,  /* known, but not by this build or version */
};

/* The code of an LL_UNSUPPORTED whose cause is not a newer program but an older one: what it wrote
 * is to be migrated. */
#define LL_OUTDATED (-2)

struct ll_error {
    enum ll_status status;
    int code;               /* the source's own code: errno, HTTP status, … ; 0 if none */
    int64_t retry_after_ms; /* with LL_RATE_LIMITED and LL_TRANSIENT; 0 if unknown */
    char message[1024];     /* "context: context: what is wrong"; truncated with "…" */
};

/* Fills *err (status, code, formatted message) and returns status. */
enum ll_status ll_fail(struct ll_error *err, enum ll_status status, int code, const char *format,
                       ...) LL_PRINTF(4, 5) LL_NONNULL(1);

/* As ll_fail with LL_IO and an errno, adding ": <strerror>" to the message. */
enum ll_status ll_fail_errno(struct ll_error *err, int saved_errno, const char *format, ...)
    LL_PRINTF(3, 4) LL_NONNULL(1);

/* Puts "<format>: " before the message of a failed call; returns err->status, so that a caller can
 * write `return ll_context(err, "load run %s", id);`. */
enum ll_status ll_context(struct ll_error *err, const char *format, ...) LL_PRINTF(2, 3)
    LL_NONNULL(1);

/* "invalid", "not found", … ; stable names, used in logs and --json. */
const char *ll_status_name(enum ll_status status);

#endif
