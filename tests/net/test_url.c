#include "support/check.h"

#include <string.h>

#include "base/buf.h"
#include "net/http.h"

static void escaping_follows_rfc_3986(void **state LL_UNUSED)
{
    struct ll_buf out = {0};
    ll_url_add_escaped(&out, LL_STR("aZ09-._~ /?&=+%\xC3\xA9\n"));
    assert_string_equal(out.ptr, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9%0A");
    ll_buf_clear(&out);
}

static void edge_47_doubled_slashes_are_normalised(void **state LL_UNUSED)
{
    static const struct {
        const char *url, *wanted;
    } cases[] = {
        {"https://api.twitch.tv/helix", "https://api.twitch.tv/helix"},
        {"https://api.twitch.tv//helix/", "https://api.twitch.tv/helix"},
        {"https://api.twitch.tv/a///b//", "https://api.twitch.tv/a/b"},
        {" HTTPS://API.Twitch.TV:443/Helix ", "https://api.twitch.tv:443/Helix"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"http://[::1]:8080/", "http://[::1]:8080"},
        {"http://host/%41", "http://host/%41"},
        {"ftp://host/", NULL},
        {"api.twitch.tv/helix", NULL},
        {"https://", NULL},
        {"https:///helix", NULL},
        {"https://user:pass@host/", NULL},
        {"https://host/?a=1", NULL},
        {"https://host/#top", NULL},
        {"https://host?a=1", NULL},
        {"https://host:0/", NULL},
        {"https://host:65536/", NULL},
        {"https://host:x/", NULL},
        {"https://[::1/", NULL},
        {"https://ho st/", NULL},
        {"https://host/a b", NULL},
        {"https://host/../x", NULL},
        {"https://host/%4", NULL},
        {"https://host/\xC3\xA9", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_buf out = {0};
        struct ll_error err;
        enum ll_status wanted = cases[i].wanted != NULL ? LL_OK : LL_INVALID;
        assert_status(wanted, ll_url_normalise(ll_str_of(cases[i].url), &out, &err), &err);
        if (wanted == LL_OK)
            assert_string_equal(out.ptr, cases[i].wanted);
        else
            assert_int_equal(out.len, 0);
        ll_buf_clear(&out);
    }
}

static void passwords_are_not_repeated(void **state LL_UNUSED)
{
    struct ll_buf out = {0};
    struct ll_error err;
    assert_status(LL_INVALID, ll_url_normalise(LL_STR("https://user:hunter2@host/"), &out, &err),
                  &err);
    assert_null(strstr(err.message, "hunter2"));
}

static void loopback_is_loopback_only(void **state LL_UNUSED)
{
    static const struct {
        const char *url;
        bool wanted;
    } cases[] = {
        {"http://127.0.0.1:8080/x", true},
        {"http://127.255.3.4", true},
        {"http://localhost:1", true},
        {"http://[::1]:1/x", true},
        {"http://127.0.0.1.example.com", false},
        {"http://128.0.0.1", false},
        {"http://127.0.0", false},
        {"http://127.0.0.256", false},
        {"http://localhost.example.com", false},
        {"https://api.twitch.tv", false},
        {"http://[::2]", false},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++)
        assert_int_equal(ll_url_is_loopback(ll_str_of(cases[i].url)), cases[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escaping_follows_rfc_3986),
        cmocka_unit_test(edge_47_doubled_slashes_are_normalised),
        cmocka_unit_test(passwords_are_not_repeated),
        cmocka_unit_test(loopback_is_loopback_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
