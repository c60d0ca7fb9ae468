#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/rand.h"
#include "codec/zstd.h"

#define LIMIT ((size_t)8 << 20)

/* Text of mixed compressibility. */
static struct ll_buf sample(size_t size, uint64_t seed)
{
    struct ll_buf text = {0};
    struct ll_rand rand;
    ll_rand_seed(&rand, seed);
    while (text.len < size)
        ll_buf_printf(&text, "{\"id\":\"%llu\",\"n\":%d}\n",
                      (unsigned long long)ll_rand_next(&rand), (int)(text.len % 10));
    text.len = size;
    return text;
}

static struct ll_buf compressed(struct ll_str data, int level)
{
    struct ll_buf frame = {0};
    struct ll_error err;
    assert_int_equal(ll_zstd_compress(data, level, &frame, &err), LL_OK);
    return frame;
}

static void round_trips(void **state LL_UNUSED)
{
    static const size_t sizes[] = {0, 1, 100, 131071, 131072, 131073, 1000000, 5000000};
    static const int levels[] = {-5, 1, 3, 9};
    for (size_t i = 0; i < LL_COUNT(sizes); i++) {
        for (size_t k = 0; k < LL_COUNT(levels); k++) {
            struct ll_buf text = sample(sizes[i], i), out = {.max_bytes = LIMIT};
            struct ll_buf frame = compressed(ll_buf_str(&text), levels[k]);
            struct ll_error err;
            assert_int_equal(ll_buf_append(&out, LL_STR("before"), &err), LL_OK);
            assert_int_equal(ll_zstd_decompress(ll_buf_str(&frame), &out, &err), LL_OK);
            assert_int_equal(out.len, sizes[i] + 6);
            assert_memory_equal(out.ptr, "before", 6);
            if (text.len > 0)
                assert_memory_equal(out.ptr + 6, text.ptr, text.len);
            assert_int_equal(out.ptr[out.len], '\0');
            ll_buf_clear(&text);
            ll_buf_clear(&frame);
            ll_buf_clear(&out);
        }
    }
}

static void frames_are_stable_and_described(void **state LL_UNUSED)
{
    struct ll_buf text = sample(50000, 1);
    struct ll_buf a = compressed(ll_buf_str(&text), 3), b = compressed(ll_buf_str(&text), 3);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.ptr, b.ptr, a.len);
    assert_int_equal(ZSTD_getFrameContentSize(a.ptr, a.len), text.len);
    assert_true(((unsigned char)a.ptr[4] & 0x04) != 0); /* RFC 8878 3.1.1.1.1: checksum flag */
    ll_buf_clear(&text);
    ll_buf_clear(&a);
    ll_buf_clear(&b);
}

static void several_frames_are_one_text(void **state LL_UNUSED)
{
    struct ll_buf frames = {0}, out = {.max_bytes = LIMIT};
    struct ll_error err;
    assert_int_equal(ll_zstd_compress(LL_STR("one "), 3, &frames, &err), LL_OK);
    assert_int_equal(ll_zstd_compress(LL_STR(""), 3, &frames, &err), LL_OK);
    ll_buf_add(&frames, LL_STR("\x50\x2A\x4D\x18\x03\0\0\0xyz")); /* a skippable frame */
    assert_int_equal(ll_zstd_compress(LL_STR("two"), 19, &frames, &err), LL_OK);
    assert_int_equal(ll_zstd_decompress(ll_buf_str(&frames), &out, &err), LL_OK);
    assert_string_equal(out.ptr, "one two");
    ll_buf_clear(&frames);
    ll_buf_clear(&out);
}

/* The output is as it was, and the status is one that tells the caller what to do. */
static void assert_refused(struct ll_str data, size_t max_bytes, enum ll_status expected)
{
    struct ll_buf out = {.max_bytes = max_bytes};
    struct ll_error err;
    assert_int_equal(ll_buf_append(&out, LL_STR("before"), &err), LL_OK);
    assert_int_equal(ll_zstd_decompress(data, &out, &err), expected);
    assert_string_equal(out.ptr, "before");
    assert_int_equal(out.len, 6);
    assert_true(out.cap <= max_bytes + 1);
    ll_buf_clear(&out);
}

static void every_truncation_is_found(void **state LL_UNUSED)
{
    struct ll_buf text = sample(3000, 2);
    struct ll_buf frames = compressed(ll_buf_str(&text), 3);
    size_t first = frames.len;
    struct ll_error err;
    assert_int_equal(ll_zstd_compress(LL_STR("a second frame"), 3, &frames, &err), LL_OK);
    for (size_t len = 0; len < frames.len; len++)
        if (len != first)
            assert_refused(ll_str_sub(ll_buf_str(&frames), 0, len), LIMIT, LL_CORRUPT);
    ll_buf_clear(&text);
    ll_buf_clear(&frames);
}

static void damaged_bytes_do_no_harm(void **state LL_UNUSED)
{
    struct ll_buf text = sample(3000, 3);
    struct ll_buf frame = compressed(ll_buf_str(&text), 3);
    size_t found = 0;
    for (size_t i = 0; i < frame.len; i++) {
        struct ll_buf out = {.max_bytes = LIMIT};
        struct ll_error err;
        frame.ptr[i] = (char)(frame.ptr[i] ^ 0x20);
        enum ll_status status = ll_zstd_decompress(ll_buf_str(&frame), &out, &err);
        /* A header may now ask for more than the limit; some few bits mean nothing at all. */
        if (status == LL_OK)
            assert_true(ll_str_equal(ll_buf_str(&out), ll_buf_str(&text)));
        else
            assert_true(status == LL_CORRUPT || (status == LL_LIMIT && i < 16));
        found += status != LL_OK;
        frame.ptr[i] = (char)(frame.ptr[i] ^ 0x20);
        ll_buf_clear(&out);
    }
    assert_true(found > frame.len / 100 * 99);
    ll_buf_clear(&text);
    ll_buf_clear(&frame);
}

static void garbage_is_found(void **state LL_UNUSED)
{
    static const struct {
        const char *bytes;
        size_t len;
    } tails[] = {{"\0", 1}, {"x", 1}, {"xyz", 3}, {"garbage behind", 14}, {"\n", 1}};
    for (size_t i = 0; i < LL_COUNT(tails); i++) {
        struct ll_buf frame = compressed(LL_STR("some text"), 3);
        ll_buf_add(&frame, (struct ll_str){tails[i].bytes, tails[i].len});
        assert_refused(ll_buf_str(&frame), LIMIT, LL_CORRUPT);
        assert_refused((struct ll_str){tails[i].bytes, tails[i].len}, LIMIT, LL_CORRUPT);
        ll_buf_clear(&frame);
    }
    assert_refused(LL_STR(""), LIMIT, LL_CORRUPT);
}

static void messages_tell_where(void **state LL_UNUSED)
{
    struct ll_buf text = sample(400000, 4), out = {.max_bytes = LIMIT};
    struct ll_buf frame = compressed(ll_buf_str(&text), 3);
    struct ll_error err;
    struct ll_str half = ll_str_sub(ll_buf_str(&frame), 0, frame.len / 2);
    assert_int_equal(ll_zstd_decompress(half, &out, &err), LL_CORRUPT);
    struct ll_str message = ll_str_of(err.message);
    uint64_t at = 0;
    size_t digits = strlen("truncated zstd frame at output byte ");
    assert_true(ll_str_to_u64(ll_str_sub(message, digits, message.len), &at));
    assert_true(at > 0 && at < text.len);
    ll_buf_clear(&text);
    ll_buf_clear(&frame);
    ll_buf_clear(&out);
}

/* The maximum is exact: one byte less is refused, and memory never passes it. */
static void the_maximum_is_exact(void **state LL_UNUSED)
{
    static const size_t sizes[] = {0, 1, 1000, 131072, 300000};
    for (size_t i = 0; i < LL_COUNT(sizes); i++) {
        struct ll_buf text = sample(sizes[i], 5);
        struct ll_buf frame = compressed(ll_buf_str(&text), 3);
        struct ll_buf out = {.max_bytes = sizes[i] > 0 ? sizes[i] : 1};
        struct ll_error err;
        assert_int_equal(ll_zstd_decompress(ll_buf_str(&frame), &out, &err), LL_OK);
        assert_int_equal(out.len, sizes[i]);
        ll_buf_clear(&out);
        if (sizes[i] > 0)
            assert_refused(ll_buf_str(&frame), 6 + sizes[i] - 1, LL_LIMIT);
        ll_buf_clear(&text);
        ll_buf_clear(&frame);
    }
}

/* 256 MiB of zeros in a few kilobytes, written without a content size as a stream would be. */
static void bombs_are_bounded(void **state LL_UNUSED)
{
    static char zeros[1 << 20];
    struct ll_buf bomb = {0};
    struct ll_error err;
    assert_int_equal(ll_buf_reserve(&bomb, 1 << 20, &err), LL_OK);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_outBuffer out = {bomb.ptr, 1 << 20, 0};
    for (int i = 0; i < 256; i++) {
        ZSTD_inBuffer in = {zeros, sizeof(zeros), 0};
        while (in.pos < in.size)
            assert_false(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue)));
    }
    ZSTD_inBuffer none = {NULL, 0, 0};
    assert_int_equal(ZSTD_compressStream2(context, &out, &none, ZSTD_e_end), 0);
    ZSTD_freeCCtx(context);
    assert_refused((struct ll_str){bomb.ptr, out.pos}, 1 << 20, LL_LIMIT);
    ll_buf_clear(&bomb);
}

static void compressing_keeps_the_maximum(void **state LL_UNUSED)
{
    struct ll_buf text = sample(100000, 6), out = {.max_bytes = 1000};
    struct ll_error err;
    assert_int_equal(ll_zstd_compress(ll_buf_str(&text), 3, &out, &err), LL_LIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(ll_zstd_compress(LL_STR("short"), 3, &out, &err), LL_OK);
    assert_true(out.len > 0);
    assert_int_equal(ll_zstd_compress(LL_STR("short"), 1000, &out, &err), LL_INVALID);
    ll_buf_clear(&text);
    ll_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(frames_are_stable_and_described),
        cmocka_unit_test(several_frames_are_one_text),
        cmocka_unit_test(every_truncation_is_found),
        cmocka_unit_test(damaged_bytes_do_no_harm),
        cmocka_unit_test(garbage_is_found),
        cmocka_unit_test(messages_tell_where),
        cmocka_unit_test(the_maximum_is_exact),
        cmocka_unit_test(bombs_are_bounded),
        cmocka_unit_test(compressing_keeps_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
