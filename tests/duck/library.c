#include "support/check.h"

#include <string.h>

#include "duck/duck.h"

static void a_missing_library_says_what_to_do(void **state)
{
    (void)state;
    struct ll_error err = {0};
    struct ll_duck *duck = NULL;
    ll_duck_set_library("/nonexistent/libduckdb.so");
    /* Twice: the answer stays. */
    for (int i = 0; i < 2; i++) {
        assert_status(LL_UNSUPPORTED, ll_duck_open(&(struct ll_duck_options){0}, &duck, &err),
                      &err);
        assert_null(duck);
        assert_non_null(strstr(err.message, "LIVELAKE_DUCKDB"));
        assert_non_null(strstr(err.message, "/nonexistent/libduckdb.so"));
    }
    assert_null(ll_duck_version());
    ll_duck_set_library(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_missing_library_says_what_to_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
