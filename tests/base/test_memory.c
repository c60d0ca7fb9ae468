/* Arenas and buffers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"

#define S(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* Pieces of many sizes are aligned, zeroed and apart from one another, also after a reset. */
static void arena_pieces_do_not_overlap(void **state LL_UNUSED)
{
    enum { PIECES = 400 };
    struct ll_arena arena = {0};
    struct ll_rand rand;
    ll_rand_seed(&rand, 1);
    for (int round = 0; round < 3; round++) {
        unsigned char *pieces[PIECES];
        size_t sizes[PIECES], total = 0;
        for (int i = 0; i < PIECES; i++) {
            sizes[i] = (size_t)ll_rand_below(&rand, i % 50 == 0 ? 300000 : 300);
            pieces[i] = ll_arena_alloc(&arena, sizes[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(pieces[i][k], 0);
            memset(pieces[i], i % 255 + 1, sizes[i]);
            total += sizes[i];
        }
        for (int i = 0; i < PIECES; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(pieces[i][k], i % 255 + 1);
        assert_true(arena.used_bytes >= total);
        ll_arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
    }
    ll_arena_clear(&arena);
    ll_arena_clear(&arena);
    assert_null(arena.head);
}

static void arena_copies_text(void **state LL_UNUSED)
{
    struct ll_arena arena = {0};
    char source[] = {'a', '\0', 'b'};
    struct ll_str copy = ll_arena_copy(&arena, (struct ll_str){source, sizeof(source)});
    source[0] = 'x';
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4); /* with a NUL behind it */
    assert_string_equal(ll_arena_cstr(&arena, ll_str_sub(LL_STR("abcdef"), 1, 3)), "bc");
    assert_string_equal(ll_arena_cstr(&arena, ll_str_of(NULL)), "");
    struct ll_str text = ll_arena_printf(&arena, "%s-%05d", "run", 42);
    assert_true(ll_str_equal(text, LL_STR("run-00042")));
    int32_t *array = ll_arena_array(&arena, 1000, sizeof(*array));
    assert_int_equal(array[999], 0);
    ll_arena_clear(&arena);
}

static void x_functions_allocate(void **state LL_UNUSED)
{
    int *numbers = ll_xcalloc(0, 0);
    assert_non_null(numbers);
    numbers = ll_xrealloc(numbers, 100, sizeof(*numbers));
    numbers[99] = 7;
    numbers = ll_xrealloc(numbers, 1000, sizeof(*numbers));
    assert_int_equal(numbers[99], 7);
    free(numbers);
    char *copy = ll_xstrdup("text");
    assert_string_equal(copy, "text");
    free(copy);
}

static void buf_keeps_its_maximum(void **state LL_UNUSED)
{
    for (size_t max = 1; max <= 300; max += 13) {
        struct ll_buf buf = {.max_bytes = max};
        struct ll_error err;
        for (size_t i = 0; i < max; i++) {
            assert_int_equal(ll_buf_append(&buf, LL_STR("x"), &err), LL_OK);
            assert_int_equal(buf.ptr[buf.len], '\0');
            assert_true(buf.cap <= max + 1);
        }
        assert_int_equal(ll_buf_append(&buf, LL_STR("y"), &err), LL_LIMIT);
        assert_int_equal(err.status, LL_LIMIT);
        assert_int_equal(buf.len, max);
        assert_int_equal(buf.ptr[max - 1], 'x');
        assert_int_equal(ll_buf_append(&buf, LL_STR(""), &err), LL_OK);
        assert_int_equal(ll_buf_reserve(&buf, SIZE_MAX, &err), LL_LIMIT);
        ll_buf_reset(&buf);
        assert_int_equal(ll_buf_str(&buf).len, 0);
        assert_int_equal(ll_buf_reserve(&buf, max, &err), LL_OK);
        assert_int_equal(ll_buf_reserve(&buf, max + 1, &err), LL_LIMIT);
        ll_buf_clear(&buf);
        assert_null(buf.ptr);
        assert_int_equal(buf.max_bytes, max);
    }
}

static void buf_builds_text(void **state LL_UNUSED)
{
    struct ll_buf buf = {0};
    ll_buf_add(&buf, ll_str_of(NULL));
    assert_string_equal(buf.ptr, "");
    for (int i = 0; i < 1000; i++) {
        ll_buf_add(&buf, LL_STR("ab"));
        ll_buf_add_char(&buf, '\0');
        ll_buf_printf(&buf, "%03d", i);
    }
    assert_int_equal(buf.len, 6000);
    assert_memory_equal(buf.ptr + 6 * 512,
                        "ab\0"
                        "512",
                        6);
    assert_int_equal(buf.ptr[buf.len], '\0');
    ll_buf_clear(&buf);
}

static void buf_escapes_json(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str text;
        const char *json;
    } cases[] = {
        {S(""), "\"\""},
        {S("plain é 日本 😀"), "\"plain é 日本 😀\""},
        {S("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
        {S("\0\1\b\t\n\v\f\r\x1F"), "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\""},
        {S("\x7F\xC2\x80\xC2\x9F\xC2\xA0"), "\"\\u007f\\u0080\\u009f\xC2\xA0\""},
        {S("\xFFz\xE3\x81z\xED\xA0\x80"), "\"\uFFFDz\uFFFDz\uFFFD\uFFFD\uFFFD\""},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_buf buf = {0};
        ll_buf_add_json_string(&buf, cases[i].text);
        assert_string_equal(buf.ptr, cases[i].json);
        ll_buf_clear(&buf);
    }
}

static void buf_writes_doubles_that_read_back(void **state LL_UNUSED)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.5, "-0.5"},
        {0.1, "0.1"},
        {1e21, "1e+21"},
        {100, "100"},
        {1. / 3, "0.3333333333333333"},
        {(double)INFINITY, "null"},
        {(double)NAN, "null"},
    };
    struct ll_buf buf = {0};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        ll_buf_reset(&buf);
        ll_buf_add_f64(&buf, cases[i].value);
        assert_string_equal(buf.ptr, cases[i].text);
    }
    struct ll_rand rand;
    ll_rand_seed(&rand, 3);
    for (int i = 0; i < 20000; i++) {
        double value, back;
        uint64_t bits = ll_rand_next(&rand);
        memcpy(&value, &bits, sizeof(value));
        if (!(value - value == 0)) /* not finite */
            continue;
        ll_buf_reset(&buf);
        ll_buf_add_f64(&buf, value);
        assert_true(ll_str_to_f64(ll_buf_str(&buf), &back));
        assert_true(back == value);
    }
    ll_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_pieces_do_not_overlap),
        cmocka_unit_test(arena_copies_text),
        cmocka_unit_test(x_functions_allocate),
        cmocka_unit_test(buf_keeps_its_maximum),
        cmocka_unit_test(buf_builds_text),
        cmocka_unit_test(buf_escapes_json),
        cmocka_unit_test(buf_writes_doubles_that_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
