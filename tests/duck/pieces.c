/* One Parquet file from pieces holds the rows in their order, whatever the size of a piece. */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "duck/pieces.h"
#include "base/buf.h"
#include "support/temp_folder.h"

static const struct ll_field fields[] = {
    {"id", LL_TYPE_I64},        {"small", LL_TYPE_I32},      {"name", LL_TYPE_TEXT},
    {"ratio", LL_TYPE_F64},     {"good", LL_TYPE_BOOL},      {"day", LL_TYPE_DATE},
    {"at", LL_TYPE_TIMESTAMP},  {"tags", LL_TYPE_TEXT_LIST}, {"few", LL_TYPE_I32_LIST},
    {"many", LL_TYPE_I64_LIST},
};
static const struct ll_schema schema = {"rows", fields, LL_COUNT(fields)};

static void fill_row(struct ll_batch *batch, int64_t i)
{
    const struct ll_str tags[] = {LL_STR("a"), LL_STR("ß")};
    const int32_t few[] = {(int32_t)i, 0, 3};
    const uint8_t nulls[] = {0, 1, 0};
    const int64_t many[] = {i, -i};
    ll_batch_i64(batch, 0, i);
    if (i % 3 == 0)
        ll_batch_null(batch, 1);
    else
        ll_batch_i32(batch, 1, (int32_t)-i);
    ll_batch_text(batch, 2, i % 2 == 0 ? LL_STR("even") : LL_STR("odd"));
    ll_batch_f64(batch, 3, (double)i / 4);
    ll_batch_bool(batch, 4, i % 2 == 0);
    ll_batch_i32(batch, 5, 20000 + (int32_t)i);
    ll_batch_i64(batch, 6, i * 1000001);
    ll_batch_text_list(batch, 7, tags, (size_t)i % 3);
    ll_batch_i32_list(batch, 8, few, nulls, 3);
    ll_batch_i64_list(batch, 9, many, 2);
    ll_batch_end_row(batch);
}

static void check_row(const struct ll_batch *batch, size_t row)
{
    int64_t i = (int64_t)row;
    assert_int_equal(ll_batch_get_i64(batch, 0, row), i);
    assert_int_equal(ll_batch_is_null(batch, 1, row), i % 3 == 0);
    assert_true(ll_str_equal(ll_batch_get_text(batch, 2, row),
                             i % 2 == 0 ? LL_STR("even") : LL_STR("odd")));
    assert_true(ll_batch_get_f64(batch, 3, row) == (double)i / 4);
    assert_int_equal(ll_batch_get_bool(batch, 4, row), i % 2 == 0);
    assert_int_equal(ll_batch_get_i32(batch, 5, row), 20000 + i);
    assert_int_equal(ll_batch_get_i64(batch, 6, row), i * 1000001);
    assert_int_equal(ll_batch_get_list(batch, 7, row).count, (size_t)i % 3);
    struct ll_list few = ll_batch_get_list(batch, 8, row);
    assert_int_equal(few.count, 3);
    assert_int_equal(((const int32_t *)few.elements)[0], i);
    assert_true(few.nulls != NULL && few.nulls[1] == 1 && few.nulls[2] == 0);
    struct ll_list many = ll_batch_get_list(batch, 9, row);
    assert_int_equal(((const int64_t *)many.elements)[1], -i);
}

static void check_export(struct ll_duck *scratch, const char *folder, size_t piece_rows,
                         size_t rows)
{
    struct ll_error err;
    struct ll_batch batch = {0}, back = {0};
    struct ll_buf path = {0};
    struct ll_pieces pieces = {.scratch = scratch, .folder = folder, .piece_rows = piece_rows};
    ll_buf_printf(&path, "%s/out.parquet", folder);
    ll_batch_init(&batch, &schema);
    assert_status(LL_OK, ll_pieces_add(&pieces, &batch, &err), &err); /* the columns */
    for (size_t i = 0; i < rows; i++) {
        fill_row(&batch, (int64_t)i);
        if (batch.row_count < 4 && i + 1 < rows)
            continue;
        assert_status(LL_OK, ll_pieces_add(&pieces, &batch, &err), &err);
        ll_batch_reset(&batch);
    }
    assert_int_equal(pieces.count, rows);
    assert_status(LL_OK, ll_pieces_finish(&pieces, path.ptr, &err), &err);
    ll_pieces_clear(&pieces);

    ll_batch_init(&back, &schema);
    assert_status(LL_OK, ll_parquet_read(scratch, path.ptr, &schema, &back, &err), &err);
    assert_int_equal(back.row_count, rows);
    for (size_t row = 0; row < rows; row++)
        check_row(&back, row);
    assert_int_equal(unlink(path.ptr), 0);
    assert_int_equal(rmdir(folder), 0); /* no piece is left */
    ll_batch_clear(&batch);
    ll_batch_clear(&back);
    ll_buf_clear(&path);
}

static void joins_pieces_in_order(void **state LL_UNUSED)
{
    static const struct {
        size_t piece_rows, rows;
    } cases[] = {{1000, 0}, {1000, 7}, {3, 3}, {3, 10}, {1, 5}, {4, 8}};
    struct ll_error err;
    struct ll_duck *scratch;
    const struct ll_duck_options options = {.external_access = true, .threads = 2};
    assert_status(LL_OK, ll_duck_open(&options, &scratch, &err), &err);
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        char *folder = temp_folder_new();
        check_export(scratch, folder, cases[i].piece_rows, cases[i].rows);
        temp_folder_free(folder);
    }
    ll_duck_close(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_pieces_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
