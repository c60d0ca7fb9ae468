/* The guard against a statement that is only ended by an interrupt. */
#include "support/check.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "app/guard.h"
#include "app/signals.h"

struct statement {
    pthread_mutex_t mutex;
    pthread_cond_t interrupted;
    int interrupts;
};

static void interrupt(void *context)
{
    struct statement *statement = context;
    pthread_mutex_lock(&statement->mutex);
    statement->interrupts++;
    pthread_cond_signal(&statement->interrupted);
    pthread_mutex_unlock(&statement->mutex);
}

/* Ends only after `count` interrupts: the first may come too early to be seen. */
static enum ll_status run_until_interrupted(struct statement *statement, int count,
                                            struct ll_error *err)
{
    pthread_mutex_lock(&statement->mutex);
    while (statement->interrupts < count)
        pthread_cond_wait(&statement->interrupted, &statement->mutex);
    pthread_mutex_unlock(&statement->mutex);
    return ll_fail(err, LL_CANCELLED, 0, "interrupted");
}

#define STATEMENT                                                                                  \
    {                                                                                              \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .interrupted = PTHREAD_COND_INITIALIZER                \
    }

static struct ll_guard guard_of(struct statement *statement, int64_t timeout_ms)
{
    return (struct ll_guard){.timeout_ms = timeout_ms,
                             .stop = ll_signals_stop(),
                             .interrupt = interrupt,
                             .context = statement};
}

static void leaves_a_quick_statement_alone(void **state LL_UNUSED)
{
    struct ll_error err;
    struct statement statement = STATEMENT;
    struct ll_guard guard = guard_of(&statement, 0);
    assert_status(LL_OK, ll_guard_start(&guard, &err), &err);
    assert_int_equal(ll_guard_stop(&guard, LL_OK, &err), LL_OK);
    assert_int_equal(statement.interrupts, 0);

    /* Failures of other kinds pass through. */
    guard = guard_of(&statement, 3600000);
    assert_status(LL_OK, ll_guard_start(&guard, &err), &err);
    assert_int_equal(ll_guard_stop(&guard, ll_fail(&err, LL_INVALID, 0, "no"), &err), LL_INVALID);
    assert_string_equal(err.message, "no");
    assert_int_equal(statement.interrupts, 0);
}

static void ends_a_statement_at_its_limit(void **state LL_UNUSED)
{
    struct ll_error err;
    struct statement statement = STATEMENT;
    struct ll_guard guard = guard_of(&statement, 1);
    assert_status(LL_OK, ll_guard_start(&guard, &err), &err);
    enum ll_status status = run_until_interrupted(&statement, 2, &err);
    assert_int_equal(ll_guard_stop(&guard, status, &err), LL_LIMIT);
    assert_non_null(strstr(err.message, "time limit"));
}

/* Last: signals stay caught. */
static void ends_a_statement_on_a_signal(void **state LL_UNUSED)
{
    struct ll_error err;
    struct statement statement = STATEMENT;
    struct ll_guard guard = guard_of(&statement, 0);
    ll_signals_install();
    assert_int_equal(ll_signals_stop()->signal, 0);
    assert_false(ll_stop_asked(ll_signals_stop()));
    assert_status(LL_OK, ll_guard_start(&guard, &err), &err);
    raise(SIGTERM);
    enum ll_status status = run_until_interrupted(&statement, 1, &err);
    assert_int_equal(ll_guard_stop(&guard, status, &err), LL_CANCELLED);
    assert_int_equal(ll_signals_stop()->signal, SIGTERM);
    assert_true(ll_stop_asked(ll_signals_stop()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_a_quick_statement_alone),
        cmocka_unit_test(ends_a_statement_at_its_limit),
        cmocka_unit_test(ends_a_statement_on_a_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
