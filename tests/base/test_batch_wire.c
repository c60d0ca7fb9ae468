#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/batch_wire.h"

static const struct ll_field fields[] = {
    {"live", LL_TYPE_BOOL},      {"viewers", LL_TYPE_I32},    {"day", LL_TYPE_DATE},
    {"id", LL_TYPE_I64},         {"at", LL_TYPE_TIMESTAMP},   {"share", LL_TYPE_F64},
    {"title", LL_TYPE_TEXT},     {"tags", LL_TYPE_TEXT_LIST}, {"samples", LL_TYPE_I32_LIST},
    {"games", LL_TYPE_I64_LIST},
};
static const struct ll_schema schema = {"everything", fields, LL_COUNT(fields)};

static void fill(struct ll_batch *batch)
{
    const struct ll_str tags[] = {LL_STR("a"), LL_STR(""), LL_STR("caf\xc3\xa9")};
    const int32_t samples[] = {5, 0, -7};
    const uint8_t nulls[] = {0, 1, 0};
    const int64_t games[] = {INT64_MAX};
    ll_batch_init(batch, &schema);
    ll_batch_bool(batch, 0, true);
    ll_batch_i32(batch, 1, -3);
    ll_batch_i32(batch, 2, 20000);
    ll_batch_i64(batch, 3, INT64_MIN);
    ll_batch_i64(batch, 4, 1234567890123456);
    ll_batch_f64(batch, 5, 0.1);
    ll_batch_text(batch, 6, (struct ll_str){"with\0NUL", 8});
    ll_batch_text_list(batch, 7, tags, LL_COUNT(tags));
    ll_batch_i32_list(batch, 8, samples, nulls, LL_COUNT(samples));
    ll_batch_i64_list(batch, 9, games, LL_COUNT(games));
    ll_batch_end_row(batch);
    for (size_t i = 0; i < LL_COUNT(fields); i++)
        ll_batch_null(batch, i);
    ll_batch_end_row(batch);
}

static void write_all(const struct ll_batch *batch, struct ll_buf *out)
{
    ll_batch_wire_columns(batch, out);
    for (size_t row = 0; row < batch->row_count; row++)
        ll_batch_wire_row(batch, row, out);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct ll_batch batch, got = {0};
    struct ll_buf bytes = {0}, again = {0};
    struct ll_error err;
    fill(&batch);
    write_all(&batch, &bytes);
    assert_int_equal(ll_batch_wire_read(ll_buf_str(&bytes), &got, &err), LL_OK);
    assert_int_equal(got.row_count, 2);
    assert_int_equal(got.column_count, LL_COUNT(fields));
    for (size_t i = 0; i < LL_COUNT(fields); i++) {
        assert_string_equal(got.columns[i].field.name, fields[i].name);
        assert_int_equal(got.columns[i].field.type, fields[i].type);
        assert_false(ll_batch_is_null(&got, i, 0));
        assert_true(ll_batch_is_null(&got, i, 1));
    }
    assert_int_equal(ll_batch_get_i64(&got, 3, 0), INT64_MIN);
    assert_true(ll_batch_get_f64(&got, 5, 0) == 0.1);
    assert_memory_equal(ll_batch_get_text(&got, 6, 0).ptr, "with\0NUL", 8);
    struct ll_list samples = ll_batch_get_list(&got, 8, 0);
    assert_int_equal(samples.count, 3);
    assert_int_equal(samples.nulls[1], 1);
    assert_int_equal(((const int32_t *)samples.elements)[2], -7);
    write_all(&got, &again);
    assert_true(ll_str_equal(ll_buf_str(&bytes), ll_buf_str(&again)));
    ll_buf_clear(&bytes);
    ll_buf_clear(&again);
    ll_batch_clear(&batch);
    ll_batch_clear(&got);
}

/* Cut anywhere, and with any byte changed, the bytes are refused or give a batch; nothing is read
 * behind their end (the sanitizers look). */
static void broken_bytes_do_no_harm(void **state)
{
    (void)state;
    struct ll_batch batch;
    struct ll_buf bytes = {0};
    struct ll_error err;
    size_t refused = 0;
    fill(&batch);
    write_all(&batch, &bytes);
    for (size_t len = 1; len < bytes.len; len++) {
        struct ll_batch got = {0};
        char *cut = test_malloc(len);
        memcpy(cut, bytes.ptr, len);
        refused += ll_batch_wire_read((struct ll_str){cut, len}, &got, &err) == LL_CORRUPT;
        ll_batch_clear(&got);
        test_free(cut);
    }
    assert_true(refused >= bytes.len - 4); /* whole: the columns, and a row more */
    for (size_t at = 0; at < bytes.len; at++)
        for (int flip = 1; flip < 256; flip *= 2) {
            struct ll_batch got = {0};
            bytes.ptr[at] = (char)(bytes.ptr[at] ^ flip);
            if (ll_batch_wire_read(ll_buf_str(&bytes), &got, &err) == LL_OK)
                assert_true(got.column_count <= LL_COUNT(fields) + 1);
            ll_batch_clear(&got);
            bytes.ptr[at] = (char)(bytes.ptr[at] ^ flip);
        }
    ll_buf_clear(&bytes);
    ll_batch_clear(&batch);
}

static void no_rows(void **state)
{
    (void)state;
    struct ll_batch batch, got = {0};
    struct ll_buf bytes = {0};
    struct ll_error err;
    ll_batch_init(&batch, &schema);
    write_all(&batch, &bytes);
    assert_int_equal(ll_batch_wire_read(ll_buf_str(&bytes), &got, &err), LL_OK);
    assert_int_equal(got.row_count, 0);
    assert_int_equal(got.column_count, LL_COUNT(fields));
    ll_batch_clear(&got);
    assert_int_equal(ll_batch_wire_read(LL_STR(""), &got, &err), LL_CORRUPT);
    ll_buf_clear(&bytes);
    ll_batch_clear(&batch);
    ll_batch_clear(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(broken_bytes_do_no_harm),
        cmocka_unit_test(no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
