#include "support/check.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "app/exit.h"

static void maps_every_status(void **state LL_UNUSED)
{
    static const struct {
        enum ll_status status;
        int code, signal_number;
        enum ll_exit wanted;
    } cases[] = {
        {LL_OK, 0, 0, LL_EXIT_OK},
        {LL_INVALID, 0, 0, LL_EXIT_INVALID},
        {LL_NOT_FOUND, 0, 0, LL_EXIT_NOT_FOUND},
        {LL_CONFLICT, 4711, 0, LL_EXIT_BUSY},
        {LL_AUTH, 401, 0, LL_EXIT_DENIED},
        {LL_RATE_LIMITED, 429, 0, LL_EXIT_NETWORK},
        {LL_TRANSIENT, 503, 0, LL_EXIT_NETWORK},
        {LL_LIMIT, 0, 0, LL_EXIT_LIMIT},
        {LL_CORRUPT, 0, 0, LL_EXIT_CORRUPT},
        {LL_CANCELLED, 0, 0, LL_EXIT_CANCELLED},
        {LL_CANCELLED, 0, SIGINT, LL_EXIT_SIGINT},
        {LL_CANCELLED, 0, SIGTERM, LL_EXIT_SIGTERM},
        {LL_UNSUPPORTED, 2, 0, LL_EXIT_UNSUPPORTED},
        {LL_UNSUPPORTED, LL_OUTDATED, 0, LL_EXIT_OUTDATED},
        {LL_IO, ENOSPC, 0, LL_EXIT_DISK_FULL},
        {LL_IO, EDQUOT, 0, LL_EXIT_DISK_FULL},
        {LL_IO, EROFS, 0, LL_EXIT_DENIED},
        {LL_IO, EACCES, 0, LL_EXIT_DENIED},
        {LL_IO, ENOENT, 0, LL_EXIT_NOT_FOUND},
        {LL_IO, EPIPE, 0, LL_EXIT_SIGPIPE},
        {LL_IO, ECONNREFUSED, 0, LL_EXIT_NETWORK},
        {LL_IO, EIO, 0, LL_EXIT_IO},
        {LL_IO, 0, SIGINT, LL_EXIT_IO}, /* a signal explains a cancellation only */
        {(enum ll_status)999, 0, 0, LL_EXIT_INTERNAL},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        const struct ll_error err = {.status = cases[i].status, .code = cases[i].code};
        assert_int_equal(ll_exit_of(&err, cases[i].signal_number), cases[i].wanted);
    }
}

static void documents_every_code(void **state LL_UNUSED)
{
    for (int status = LL_OK; status <= LL_UNSUPPORTED; status++) {
        const struct ll_error err = {.status = (enum ll_status)status};
        assert_non_null(ll_exit_find((int)ll_exit_of(&err, 0)));
        assert_int_not_equal(ll_exit_of(&err, 0), LL_EXIT_INTERNAL);
    }
    size_t count;
    const struct ll_exit_info *table = ll_exit_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(table[i].code, 0, 255);
        assert_true(strlen(table[i].name) > 0 && strlen(table[i].meaning) > 0);
        assert_ptr_equal(ll_exit_find((int)table[i].code), &table[i]); /* no code twice */
    }
    assert_null(ll_exit_find(99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_every_status),
        cmocka_unit_test(documents_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
