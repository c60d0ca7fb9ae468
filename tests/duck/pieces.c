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

/* An I64 column of which a later value is too large comes as F64 from there on. */
static void a_column_that_widens(void **state LL_UNUSED)
{
    static const struct ll_field wide[] = {{"x", LL_TYPE_F64}};
    static const struct ll_schema wide_schema = {"rows", wide, 1};
    static const size_t piece_rows[] = {1, 2, 3, 1000};
    struct ll_error err;
    struct ll_duck *scratch;
    const struct ll_duck_options options = {.external_access = true, .threads = 1};
    assert_status(LL_OK, ll_duck_open(&options, &scratch, &err), &err);
    for (size_t i = 0; i < LL_COUNT(piece_rows); i++) {
        char *folder = temp_folder_new();
        struct ll_buf path = {0};
        struct ll_batch batch = {0}, back = {0};
        struct ll_pieces pieces = {
            .scratch = scratch, .folder = folder, .piece_rows = piece_rows[i]};
        ll_buf_printf(&path, "%s/out.parquet", folder);
        ll_batch_add_column(&batch, LL_STR("x"), LL_TYPE_I64);
        ll_batch_i64(&batch, 0, 7);
        ll_batch_end_row(&batch);
        ll_batch_null(&batch, 0);
        ll_batch_end_row(&batch);
        assert_status(LL_OK, ll_pieces_add(&pieces, &batch, &err), &err);
        ll_batch_widen(&batch, 0);
        ll_batch_f64(&batch, 0, 1e30);
        ll_batch_end_row(&batch);
        assert_status(LL_OK, ll_pieces_add(&pieces, &batch, &err), &err);
        assert_status(LL_OK, ll_pieces_finish(&pieces, path.ptr, &err), &err);
        ll_pieces_clear(&pieces);
        ll_batch_init(&back, &wide_schema);
        assert_status(LL_OK, ll_parquet_read(scratch, path.ptr, &wide_schema, &back, &err), &err);
        assert_int_equal(back.row_count, 5);
        assert_true(ll_batch_get_f64(&back, 0, 0) == 7 && ll_batch_get_f64(&back, 0, 4) == 1e30);
        assert_true(ll_batch_is_null(&back, 0, 1) && ll_batch_is_null(&back, 0, 3));
        ll_batch_clear(&batch);
        ll_batch_clear(&back);
        ll_buf_clear(&path);
        temp_folder_free(folder);
    }
    ll_duck_close(scratch);
}

/* Two at work in one folder do not take each other's pieces. */
static void two_in_one_folder(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_duck *scratch;
    const struct ll_duck_options options = {.external_access = true, .threads = 1};
    struct ll_batch batch = {0};
    struct ll_pieces pieces[2];
    struct ll_buf paths[2] = {0};
    char *folder = temp_folder_new();
    assert_status(LL_OK, ll_duck_open(&options, &scratch, &err), &err);
    ll_batch_init(&batch, &schema);
    for (int p = 0; p < 2; p++) {
        pieces[p] = (struct ll_pieces){.scratch = scratch, .folder = folder, .piece_rows = 2};
        ll_buf_printf(&paths[p], "%s/out%d.parquet", folder, p);
    }
    for (int64_t i = 0; i < 10; i++) {
        ll_batch_reset(&batch);
        fill_row(&batch, i);
        for (int p = 0; p < 2; p++)
            if (p == 0 || i < 5) /* of different lengths */
                assert_status(LL_OK, ll_pieces_add(&pieces[p], &batch, &err), &err);
    }
    for (int p = 0; p < 2; p++) {
        struct ll_batch back = {0};
        ll_batch_init(&back, &schema);
        assert_status(LL_OK, ll_pieces_finish(&pieces[p], paths[p].ptr, &err), &err);
        ll_pieces_clear(&pieces[p]);
        assert_status(LL_OK, ll_parquet_read(scratch, paths[p].ptr, &schema, &back, &err), &err);
        assert_int_equal(back.row_count, p == 0 ? 10 : 5);
        for (size_t row = 0; row < back.row_count; row++)
            check_row(&back, row);
        ll_batch_clear(&back);
        ll_buf_clear(&paths[p]);
    }
    ll_batch_clear(&batch);
    ll_duck_close(scratch);
    temp_folder_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_pieces_in_order),
        cmocka_unit_test(a_column_that_widens),
        cmocka_unit_test(two_in_one_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
