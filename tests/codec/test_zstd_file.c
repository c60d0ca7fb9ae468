#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rand.h"
#include "codec/zstd.h"
#include "codec/zstd_file.h"
#include "support/check.h"
#include "support/temp_folder.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static struct ll_buf lines_of(size_t count, uint64_t seed)
{
    struct ll_buf text = {0};
    struct ll_rand rand;
    ll_rand_seed(&rand, seed);
    for (size_t i = 0; i < count; i++) {
        for (uint64_t n = ll_rand_below(&rand, 3000); n > 0; n--)
            ll_buf_add_char(&text, (char)('a' + ll_rand_below(&rand, 20)));
        ll_buf_add_char(&text, '\n');
    }
    return text;
}

static struct ll_buf file_bytes(const char *path)
{
    struct ll_buf bytes = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        ll_buf_add(&bytes, (struct ll_str){chunk, n});
    fclose(file);
    return bytes;
}

/* What is written in pieces is one frame of all of them, with the hashes said. */
static void a_file_holds_what_was_added(void **state LL_UNUSED)
{
    struct ll_error err;
    const char *path = temp_folder_path("frame.zst");
    for (size_t count = 0; count < 400; count = count * 3 + 1) {
        struct ll_buf text = lines_of(count, count), out = {.max_bytes = (size_t)8 << 20};
        struct ll_zstd_file *file;
        struct ll_zstd_file_result result;
        assert_status(LL_OK, ll_zstd_file_open(path, 3, &file, &err), &err);
        for (size_t at = 0; at < text.len; at += 7777)
            assert_status(
                LL_OK, ll_zstd_file_add(file, ll_str_sub(ll_buf_str(&text), at, at + 7777), &err),
                &err);
        assert_status(LL_OK, ll_zstd_file_finish(file, &result, &err), &err);
        ll_zstd_file_free(file);
        struct ll_buf stored = file_bytes(path);
        assert_status(LL_OK, ll_zstd_decompress(ll_buf_str(&stored), &out, &err), &err);
        assert_true(ll_str_equal(ll_buf_str(&out), ll_buf_str(&text)));
        assert_int_equal(result.content_bytes, text.len);
        assert_int_equal(result.stored_bytes, stored.len);
        struct ll_sha256 content = ll_sha256_of(ll_buf_str(&text));
        struct ll_sha256 hash = ll_sha256_of(ll_buf_str(&stored));
        assert_memory_equal(&result.content_sha256, &content, sizeof(content));
        assert_memory_equal(&result.stored_sha256, &hash, sizeof(hash));
        ll_buf_clear(&text);
        ll_buf_clear(&out);
        ll_buf_clear(&stored);
    }
}

static void an_unfinished_file_goes(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_zstd_file *file;
    const char *path = temp_folder_path("gone.zst");
    assert_status(LL_OK, ll_zstd_file_open(path, 3, &file, &err), &err);
    assert_status(LL_OK, ll_zstd_file_add(file, LL_STR("something"), &err), &err);
    assert_int_equal(access(path, F_OK), 0);
    ll_zstd_file_free(file);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_status(LL_IO, ll_zstd_file_open("/nonexistent/x.zst", 3, &file, &err), &err);
}

struct joined {
    struct ll_buf text;
    size_t stop_after, lines;
};

static enum ll_status join(void *context, struct ll_str line, struct ll_error *err)
{
    struct joined *joined = context;
    ll_buf_add(&joined->text, line);
    ll_buf_add_char(&joined->text, '\n');
    return ++joined->lines == joined->stop_after ? ll_fail(err, LL_CANCELLED, 0, "enough") : LL_OK;
}

static struct ll_buf pack(struct ll_str text)
{
    struct ll_buf packed = {0};
    struct ll_error err;
    assert_status(LL_OK, ll_zstd_compress(text, 3, &packed, &err), &err);
    return packed;
}

static void lines_come_one_by_one(void **state LL_UNUSED)
{
    struct ll_error err;
    for (size_t count = 0; count < 700; count = count * 2 + 1) {
        struct ll_buf text = lines_of(count, count + 1);
        struct ll_buf packed = pack(ll_buf_str(&text));
        struct joined joined = {0};
        assert_status(
            LL_OK, ll_zstd_lines(ll_buf_str(&packed), LINE_MAX_BYTES, join, &joined, &err), &err);
        assert_int_equal(joined.lines, count);
        assert_true(ll_str_equal(ll_buf_str(&joined.text), ll_buf_str(&text)));
        ll_buf_clear(&text);
        ll_buf_clear(&packed);
        ll_buf_clear(&joined.text);
    }
}

static void the_last_line_needs_no_break(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_buf packed = pack(LL_STR("one\n\ntwo"));
    struct joined joined = {0};
    assert_status(LL_OK, ll_zstd_lines(ll_buf_str(&packed), 10, join, &joined, &err), &err);
    assert_int_equal(joined.lines, 3);
    assert_true(ll_str_equal(ll_buf_str(&joined.text), LL_STR("one\n\ntwo\n")));
    ll_buf_clear(&joined.text);
    joined = (struct joined){.stop_after = 2};
    assert_status(LL_CANCELLED, ll_zstd_lines(ll_buf_str(&packed), 10, join, &joined, &err), &err);
    assert_int_equal(joined.lines, 2);
    ll_buf_clear(&joined.text);
    ll_buf_clear(&packed);
}

static void what_is_damaged_or_too_long_is_an_error(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_buf text = lines_of(100, 5);
    struct ll_buf packed = pack(ll_buf_str(&text));
    struct joined joined = {0};
    for (size_t cut = 0; cut < packed.len; cut += packed.len / 50 + 1)
        assert_status(LL_CORRUPT,
                      ll_zstd_lines(ll_str_sub(ll_buf_str(&packed), 0, cut), LINE_MAX_BYTES, join,
                                    &joined, &err),
                      &err);
    packed.ptr[packed.len / 2] ^= 0x55;
    assert_status(LL_CORRUPT,
                  ll_zstd_lines(ll_buf_str(&packed), LINE_MAX_BYTES, join, &joined, &err), &err);
    ll_buf_clear(&packed);
    /* A line over the border of two pieces, so that it must be collected. */
    ll_buf_reset(&text);
    for (int i = 0; i < 300000; i++)
        ll_buf_add_char(&text, 'x');
    packed = pack(ll_buf_str(&text));
    assert_status(LL_LIMIT, ll_zstd_lines(ll_buf_str(&packed), 200000, join, &joined, &err), &err);
    ll_buf_clear(&packed);
    ll_buf_clear(&text);
    ll_buf_clear(&joined.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_holds_what_was_added),
        cmocka_unit_test(an_unfinished_file_goes),
        cmocka_unit_test(lines_come_one_by_one),
        cmocka_unit_test(the_last_line_needs_no_break),
        cmocka_unit_test(what_is_damaged_or_too_long_is_an_error),
    };
    return cmocka_run_group_tests(tests, temp_folder_open, temp_folder_close);
}
