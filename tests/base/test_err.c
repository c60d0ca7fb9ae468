#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"

#define FULL (sizeof(((struct ll_error *)0)->message) - 1)

static void fail_fills_everything(void **state LL_UNUSED)
{
    struct ll_error err = {.retry_after_ms = 99};
    memset(err.message, 'x', FULL);
    assert_int_equal(ll_fail(&err, LL_AUTH, 401, "token of %s expired", "app"), LL_AUTH);
    assert_int_equal(err.status, LL_AUTH);
    assert_int_equal(err.code, 401);
    assert_int_equal(err.retry_after_ms, 0);
    assert_string_equal(err.message, "token of app expired");
}

static void fail_may_quote_its_own_message(void **state LL_UNUSED)
{
    struct ll_error err;
    ll_fail(&err, LL_IO, 5, "disk");
    ll_fail(&err, LL_CORRUPT, 0, "[%s]", err.message);
    assert_string_equal(err.message, "[disk]");
}

static void errno_adds_the_reason(void **state LL_UNUSED)
{
    struct ll_error err;
    assert_int_equal(ll_fail_errno(&err, ENOENT, "open %s", "a/b"), LL_IO);
    assert_int_equal(err.code, ENOENT);
    assert_string_equal(err.message, "open a/b: No such file or directory");
}

static void context_goes_in_front(void **state LL_UNUSED)
{
    struct ll_error err;
    ll_fail(&err, LL_LIMIT, 7, "too large");
    err.retry_after_ms = 1500;
    assert_int_equal(ll_context(&err, "page %d", 3), LL_LIMIT);
    assert_int_equal(ll_context(&err, "run %s", err.message), LL_LIMIT);
    assert_string_equal(err.message, "run page 3: too large: page 3: too large");
    assert_int_equal(err.code, 7);
    assert_int_equal(err.retry_after_ms, 1500);
}

/* Every length of text around the limit, of characters of 1 to 4 bytes: never cut within one. */
static void overflow_ends_in_an_ellipsis(void **state LL_UNUSED)
{
    static const char *const characters[] = {"a", "é", "あ", "😀"};
    char text[2 * FULL];
    for (size_t c = 0; c < LL_COUNT(characters); c++) {
        size_t width = strlen(characters[c]);
        for (size_t pad = 0; pad < 8; pad++) {
            size_t len = pad;
            memset(text, '.', pad);
            for (; len + width < FULL + 40; len += width)
                memcpy(text + len, characters[c], width);
            text[len] = '\0';
            struct ll_error err;
            ll_fail(&err, LL_INVALID, 0, "%s", text);
            struct ll_str message = ll_str_of(err.message);
            assert_true(ll_str_is_utf8(message));
            assert_true(ll_str_ends_with(message, LL_STR("…")));
            assert_true(message.len > FULL - 4);
            assert_memory_equal(message.ptr, text, message.len - 3);
        }
    }
}

static void exact_fit_is_not_cut(void **state LL_UNUSED)
{
    char text[FULL + 2];
    memset(text, 'a', sizeof(text));
    struct ll_error err;
    ll_fail(&err, LL_INVALID, 0, "%.*s", (int)FULL, text);
    assert_int_equal(strlen(err.message), FULL);
    assert_int_equal(err.message[FULL - 1], 'a');
    ll_fail(&err, LL_INVALID, 0, "%.*s", (int)FULL + 1, text);
    assert_true(ll_str_ends_with(ll_str_of(err.message), LL_STR("…")));
}

static void repeated_context_stays_bounded(void **state LL_UNUSED)
{
    char text[400];
    memset(text, 'b', sizeof(text));
    struct ll_error err;
    ll_fail(&err, LL_IO, 0, "cause");
    for (int i = 0; i < 10; i++)
        ll_context(&err, "%d %.*s", i, (int)sizeof(text), text);
    assert_true(ll_str_starts_with(ll_str_of(err.message), LL_STR("9 bbb")));
    assert_true(ll_str_ends_with(ll_str_of(err.message), LL_STR("…")));
    assert_true(strlen(err.message) <= FULL);
}

static void ill_formed_text_is_mended(void **state LL_UNUSED)
{
    struct ll_error err;
    ll_fail(&err, LL_INVALID, 0, "login %s", "a\xFF\xC3(\xE3\x81");
    assert_string_equal(err.message, "login a?"
                                     "?(?"
                                     "?");
    ll_context(&err, "%s", "\x80");
    assert_true(ll_str_is_utf8(ll_str_of(err.message)));
}

static void names_are_stable(void **state LL_UNUSED)
{
    static const char *const names[] = {"ok",      "invalid",      "not found", "conflict",
                                        "auth",    "rate limited", "transient", "limit",
                                        "corrupt", "cancelled",    "io",        "unsupported"};
    for (size_t i = 0; i < LL_COUNT(names); i++)
        assert_string_equal(ll_status_name((enum ll_status)i), names[i]);
    assert_string_equal(ll_status_name((enum ll_status)LL_COUNT(names)), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_everything),
        cmocka_unit_test(fail_may_quote_its_own_message),
        cmocka_unit_test(errno_adds_the_reason),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(overflow_ends_in_an_ellipsis),
        cmocka_unit_test(exact_fit_is_not_cut),
        cmocka_unit_test(repeated_context_stays_bounded),
        cmocka_unit_test(ill_formed_text_is_mended),
        cmocka_unit_test(names_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
