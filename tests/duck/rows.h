/* A batch with every type, NULLs and odd values, for the tests of duck. */
#ifndef LL_TESTS_DUCK_ROWS_H
#define LL_TESTS_DUCK_ROWS_H

#include <stdio.h>

#include "base/batch.h"

static const struct ll_field all_fields[] = {
    {"flag", LL_TYPE_BOOL},        {"small", LL_TYPE_I32},       {"large", LL_TYPE_I64},
    {"real", LL_TYPE_F64},         {"text", LL_TYPE_TEXT},       {"day", LL_TYPE_DATE},
    {"moment", LL_TYPE_TIMESTAMP}, {"texts", LL_TYPE_TEXT_LIST}, {"smalls", LL_TYPE_I32_LIST},
    {"larges", LL_TYPE_I64_LIST},
};
static const struct ll_schema all_types = {"all_types", all_fields, LL_COUNT(all_fields)};

#define ALL_TYPES_SQL                                                                              \
    "CREATE TABLE all_types (flag BOOLEAN, small INTEGER, large BIGINT, \"real\" DOUBLE, text "    \
    "TEXT, "                                                                                       \
    "day DATE, moment TIMESTAMP, texts TEXT[], smalls INTEGER[], larges BIGINT[])"

static inline void add_row(struct ll_batch *batch, int32_t i)
{
    static const struct ll_str texts[] = {
        LL_STR(""),
        LL_STR("twelve bytes"),
        LL_STR("thirteen byte"),
        LL_STR("a\0b"),
        LL_STR("Ĝ"),
        LL_STR("\0"),
        LL_STR("日本語の配信 🎮"),
        LL_STR("long\0with a NUL inside"),
    };
    static const int32_t smalls[] = {1, 0, -2147483647 - 1, 2147483647};
    static const uint8_t nulls[] = {0, 1, 0, 1};
    static const int64_t larges[] = {INT64_MIN, INT64_MAX};
    size_t pick = (size_t)i % LL_COUNT(texts);
    ll_batch_bool(batch, 0, i % 2 == 1);
    ll_batch_i32(batch, 1, i % 3 == 0 ? INT32_MIN : i);
    ll_batch_i64(batch, 2, i % 3 == 1 ? INT64_MAX : INT64_MIN + i);
    ll_batch_f64(batch, 3, (double)i / 7.0);
    ll_batch_text(batch, 4, texts[pick]);
    ll_batch_i32(batch, 5, i - 1000);
    ll_batch_i64(batch, 6, (int64_t)i * 1000001 - 5);
    ll_batch_text_list(batch, 7, texts + pick, LL_COUNT(texts) - pick > 3 ? 3 : 0);
    ll_batch_i32_list(batch, 8, smalls, pick % 2 ? nulls : NULL, (size_t)i % 5);
    ll_batch_i64_list(batch, 9, larges, (size_t)i % 3);
    ll_batch_end_row(batch);
}

static inline void add_null_row(struct ll_batch *batch)
{
    for (size_t c = 0; c < batch->column_count; c++)
        ll_batch_null(batch, c);
    ll_batch_end_row(batch);
}

/* `count` rows, each tenth of them NULL throughout. */
static inline void make_rows(struct ll_batch *batch, int32_t count)
{
    ll_batch_init(batch, &all_types);
    for (int32_t i = 0; i < count; i++)
        if (i % 10 == 9)
            add_null_row(batch);
        else
            add_row(batch, i);
}

static inline void assert_texts_equal(struct ll_str got, struct ll_str wanted)
{
    assert_int_equal(got.len, wanted.len);
    if (wanted.len > 0)
        assert_memory_equal(got.ptr, wanted.ptr, wanted.len);
}

static inline void assert_lists_equal(enum ll_type type, struct ll_list got, struct ll_list wanted)
{
    assert_int_equal(got.count, wanted.count);
    for (size_t i = 0; i < wanted.count; i++) {
        bool null = wanted.nulls && wanted.nulls[i];
        assert_int_equal(got.nulls && got.nulls[i], null);
        if (null)
            continue;
        if (type == LL_TYPE_TEXT_LIST)
            assert_texts_equal(((const struct ll_str *)got.elements)[i],
                               ((const struct ll_str *)wanted.elements)[i]);
        else if (type == LL_TYPE_I32_LIST)
            assert_int_equal(((const int32_t *)got.elements)[i],
                             ((const int32_t *)wanted.elements)[i]);
        else
            assert_true(((const int64_t *)got.elements)[i] ==
                        ((const int64_t *)wanted.elements)[i]);
    }
}

static inline void assert_values_equal(const struct ll_batch *got, const struct ll_batch *wanted,
                                       size_t c, size_t row)
{
    assert_int_equal(ll_batch_is_null(got, c, row), ll_batch_is_null(wanted, c, row));
    if (ll_batch_is_null(wanted, c, row))
        return;
    enum ll_type type = wanted->columns[c].field.type;
    switch (type) {
    case LL_TYPE_BOOL:
        assert_int_equal(ll_batch_get_bool(got, c, row), ll_batch_get_bool(wanted, c, row));
        break;
    case LL_TYPE_I32:
    case LL_TYPE_DATE:
        assert_int_equal(ll_batch_get_i32(got, c, row), ll_batch_get_i32(wanted, c, row));
        break;
    case LL_TYPE_I64:
    case LL_TYPE_TIMESTAMP:
        assert_true(ll_batch_get_i64(got, c, row) == ll_batch_get_i64(wanted, c, row));
        break;
    case LL_TYPE_F64:
        assert_true(ll_batch_get_f64(got, c, row) == ll_batch_get_f64(wanted, c, row));
        break;
    case LL_TYPE_TEXT:
        assert_texts_equal(ll_batch_get_text(got, c, row), ll_batch_get_text(wanted, c, row));
        break;
    case LL_TYPE_TEXT_LIST:
    case LL_TYPE_I32_LIST:
    case LL_TYPE_I64_LIST:
        assert_lists_equal(type, ll_batch_get_list(got, c, row), ll_batch_get_list(wanted, c, row));
        break;
    }
}

static inline void assert_batches_equal(const struct ll_batch *got, const struct ll_batch *wanted)
{
    assert_int_equal(got->row_count, wanted->row_count);
    assert_int_equal(got->column_count, wanted->column_count);
    for (size_t c = 0; c < wanted->column_count; c++) {
        assert_string_equal(got->columns[c].field.name, wanted->columns[c].field.name);
        assert_int_equal(got->columns[c].field.type, wanted->columns[c].field.type);
        for (size_t row = 0; row < wanted->row_count; row++)
            assert_values_equal(got, wanted, c, row);
    }
}

#endif
