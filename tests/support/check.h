/* assert_status(LL_OK, ll_store_sync(store, &err), &err): on failure shows the error's message. */
#ifndef LL_TESTS_SUPPORT_CHECK_H
#define LL_TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

static inline void check_status(enum ll_status wanted, enum ll_status got,
                                const struct ll_error *err, const char *file, int line)
{
    if (got != LL_OK && got != wanted)
        print_error("%s: %s\n", ll_status_name(got), err->message);
    if (got != wanted)
        print_error("status %s instead of %s\n", ll_status_name(got), ll_status_name(wanted));
    if (got != LL_OK && got == wanted)
        _assert_int_equal(err->status, got, file, line);
    _assert_int_equal(got, wanted, file, line);
}

#define assert_status(wanted, call, err) check_status((wanted), (call), (err), __FILE__, __LINE__)

#endif
