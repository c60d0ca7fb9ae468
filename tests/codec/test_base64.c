#include "support/check.h"

#include "base/rand.h"
#include "codec/base64.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 4648, section 10, and the two letters that are no letters. */
static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        struct ll_str bytes;
        const char *text;
    } cases[] = {
        {{"", 0}, ""},
        {{"f", 1}, "Zg=="},
        {{"fo", 2}, "Zm8="},
        {{"foo", 3}, "Zm9v"},
        {{"foob", 4}, "Zm9vYg=="},
        {{"fooba", 5}, "Zm9vYmE="},
        {{"foobar", 6}, "Zm9vYmFy"},
        {{"\xFB\xFF\xBF\0", 4}, "+/+/AA=="},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ll_buf out = {0};
        struct ll_arena arena = {0};
        struct ll_str bytes;
        ll_base64_add(&out, cases[i].bytes);
        assert_true(ll_str_equal(ll_buf_str(&out), ll_str_of(cases[i].text)));
        assert_true(ll_base64_decode(&arena, ll_buf_str(&out), &bytes));
        assert_true(ll_str_equal(bytes, cases[i].bytes));
        ll_buf_clear(&out);
        ll_arena_clear(&arena);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"Z",        "Zg",   "Zg=",      "Zg===",      "====",
                                        "Z===",     "Zh==", "Zm9=",     "Zm9v\n",     "Zm 9",
                                        "Zg==Zm9v", "Zm-_", "Zm9vZg=a", "Zm\xC3\xA9", "=Zg="};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct ll_arena arena = {0};
        struct ll_str bytes = LL_STR("untouched");
        assert_false(ll_base64_decode(&arena, ll_str_of(texts[i]), &bytes));
        assert_true(ll_str_equal(bytes, LL_STR("untouched")));
        ll_arena_clear(&arena);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    struct ll_rand rand;
    ll_rand_seed(&rand, 7);
    for (size_t len = 0; len < 200; len++) {
        char bytes[200];
        struct ll_buf out = {0};
        struct ll_arena arena = {0};
        struct ll_str back;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)ll_rand_below(&rand, 256);
        ll_base64_add(&out, (struct ll_str){bytes, len});
        assert_int_equal(out.len, (len + 2) / 3 * 4);
        assert_true(ll_base64_decode(&arena, ll_buf_str(&out), &back));
        assert_true(ll_str_equal(back, (struct ll_str){bytes, len}));
        ll_buf_clear(&out);
        ll_arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
