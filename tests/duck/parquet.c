/* Parquet files: round trips, equal bytes, encodings, damage. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duck/duck.h"
#include "duck/rows.h"
#include "support/temp_folder.h"

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = temp_folder_new();
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_folder_free(folder);
    return 0;
}

static struct ll_duck *open_scratch(int threads)
{
    struct ll_error err;
    struct ll_duck *duck = NULL;
    struct ll_duck_options options = {.external_access = true, .threads = threads};
    assert_status(LL_OK, ll_duck_open(&options, &duck, &err), &err);
    return duck;
}

static const char *path_of(const char *name)
{
    static char paths[4][4096];
    static size_t next;
    char *path = paths[next++ % LL_COUNT(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static char *read_bytes(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    fclose(file);
    *ret_size = (size_t)size;
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void every_type_makes_the_round_trip(void **state)
{
    (void)state;
    static const int32_t counts[] = {0, 1, 5000, 130000};
    struct ll_duck *duck = open_scratch(0);
    for (size_t i = 0; i < LL_COUNT(counts); i++) {
        struct ll_error err;
        struct ll_batch wanted, got;
        make_rows(&wanted, counts[i]);
        const char *path = path_of("all.parquet"); /* over the one before */
        assert_status(LL_OK, ll_parquet_write(duck, &wanted, path, &err), &err);
        ll_batch_init(&got, &all_types);
        assert_status(LL_OK, ll_parquet_read(duck, path, &all_types, &got, &err), &err);
        assert_batches_equal(&got, &wanted);
        ll_batch_clear(&got);
        ll_batch_clear(&wanted);
    }
    ll_duck_close(duck);
}

/* Paths that mean something to a pattern, to SQL, or to a partitioned layout. */
static void odd_paths_are_taken_as_they_are(void **state)
{
    (void)state;
    static const char *const names[] = {"it's.parquet",       "a*b?c[d]e.parquet", "{x}.parquet",
                                        "text=7.parquet",     "day=x y.parquet",   "no extension",
                                        "\"q\" $path.parquet"};
    struct ll_duck *duck = open_scratch(0);
    struct ll_batch wanted;
    make_rows(&wanted, 100);
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        struct ll_error err;
        struct ll_batch got;
        const char *path = path_of(names[i]);
        assert_status(LL_OK, ll_parquet_write(duck, &wanted, path, &err), &err);
        size_t size = 0;
        free(read_bytes(path, &size));
        assert_true(size > 0);
        ll_batch_init(&got, &all_types);
        assert_status(LL_OK, ll_parquet_read(duck, path, &all_types, &got, &err), &err);
        assert_batches_equal(&got, &wanted);
        ll_batch_clear(&got);
    }
    ll_batch_clear(&wanted);
    ll_duck_close(duck);
}

/* The same rows, by several threads or one, in a fresh or a used database: the same bytes. */
static void equal_rows_give_equal_bytes(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch batch;
    make_rows(&batch, 400000); /* four row groups */
    size_t first_size = 0, size = 0;
    char *first = NULL;
    for (int threads = 1; threads <= 4; threads++) {
        struct ll_duck *duck = open_scratch(threads);
        for (int round = 0; round < 2; round++) {
            const char *path = path_of("equal.parquet");
            assert_status(LL_OK, ll_parquet_write(duck, &batch, path, &err), &err);
            char *bytes = read_bytes(path, &size);
            if (!first) {
                first = bytes;
                first_size = size;
                continue;
            }
            assert_int_equal(size, first_size);
            assert_memory_equal(bytes, first, size);
            free(bytes);
        }
        /* The number of threads is as before. */
        struct ll_batch rows = {0};
        assert_status(LL_OK,
                      ll_duck_query(duck, LL_STR("SELECT current_setting('threads')"), NULL, 0, 0,
                                    &rows, &err),
                      &err);
        assert_int_equal(ll_batch_get_i64(&rows, 0, 0), threads);
        ll_batch_clear(&rows);
        ll_duck_close(duck);
    }
    free(first);
    ll_batch_clear(&batch);
}

static void a_select_is_copied_in_its_order(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_duck *duck = open_scratch(0);
    static const struct ll_field fields[] = {{"i", LL_TYPE_I64}, {"list", LL_TYPE_I32_LIST}};
    static const struct ll_schema schema = {"copied", fields, 2};
    const struct ll_param param = ll_param_i64("n", 200000);
    const char *path = path_of("copied.parquet");
    size_t sizes[2];
    char *bytes[2];
    for (int i = 0; i < 2; i++) {
        assert_status(
            LL_OK,
            ll_parquet_copy(duck,
                            LL_STR("SELECT i, [i::INTEGER, NULL] AS list FROM range($n) t(i) "
                                   "ORDER BY i % 10 DESC, i -- so\n;"),
                            &param, 1, path, &err),
            &err);
        bytes[i] = read_bytes(path, &sizes[i]);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    struct ll_batch got;
    ll_batch_init(&got, &schema);
    assert_status(LL_OK, ll_parquet_read(duck, path, &schema, &got, &err), &err);
    assert_int_equal(got.row_count, 200000);
    for (size_t i = 0; i < got.row_count; i++)
        assert_int_equal(ll_batch_get_i64(&got, 0, i), (int64_t)(i % 20000 * 10 + 9 - i / 20000));
    ll_batch_clear(&got);

    assert_status(LL_INVALID, ll_parquet_copy(duck, LL_STR("SELECT nothing"), NULL, 0, path, &err),
                  &err);
    assert_status(
        LL_NOT_FOUND,
        ll_parquet_copy(duck, LL_STR("SELECT 1 AS i"), NULL, 0, path_of("no/where.parquet"), &err),
        &err);
    ll_duck_close(duck);
}

static void texts_of(struct ll_duck *duck, const char *sql, const char *path, char *ret,
                     size_t size)
{
    struct ll_error err;
    struct ll_batch rows = {0};
    const struct ll_param param = ll_param_text("path", ll_str_of(path));
    assert_status(LL_OK, ll_duck_query(duck, ll_str_of(sql), &param, 1, 0, &rows, &err), &err);
    struct ll_str text = ll_batch_get_text(&rows, 0, 0);
    snprintf(ret, size, "%.*s", LL_FMT(text));
    ll_batch_clear(&rows);
}

/* What readers of any age understand. */
static void files_have_only_old_encodings(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_duck *duck = open_scratch(0);
    struct ll_batch batch;
    make_rows(&batch, 200000);
    const char *path = path_of("encodings.parquet");
    assert_status(LL_OK, ll_parquet_write(duck, &batch, path, &err), &err);
    ll_batch_clear(&batch);
    static const struct {
        const char *sql;
        const char *wanted;
    } cases[] = {
        {"SELECT string_agg(DISTINCT trim(e), ',' ORDER BY trim(e)) FROM (SELECT "
         "unnest(string_split(encodings, ',')) AS e FROM parquet_metadata($path))",
         "PLAIN,PLAIN_DICTIONARY"},
        {"SELECT string_agg(DISTINCT compression, ',') FROM parquet_metadata($path)", "ZSTD"},
        {"SELECT string_agg(DISTINCT type, ',' ORDER BY type) FROM parquet_schema($path) WHERE "
         "type IS "
         "NOT NULL",
         "BOOLEAN,BYTE_ARRAY,DOUBLE,INT32,INT64"},
        {"SELECT coalesce(string_agg(DISTINCT converted_type, ',' ORDER BY converted_type), '') "
         "FROM "
         "parquet_schema($path)",
         "DATE,INT_32,INT_64,LIST,TIMESTAMP_MICROS,UTF8"},
        {"SELECT count(bloom_filter_offset)::TEXT FROM parquet_metadata($path)", "0"},
        {"SELECT string_agg(DISTINCT row_group_num_rows::TEXT, ',' ORDER BY "
         "row_group_num_rows::TEXT) FROM "
         "parquet_metadata($path)",
         "122880,77120"},
        {"SELECT count(*)::TEXT FROM parquet_kv_metadata($path)", "0"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        char text[200];
        texts_of(duck, cases[i].sql, path, text, sizeof(text));
        assert_string_equal(text, cases[i].wanted);
    }
    ll_duck_close(duck);
}

static enum ll_status read_all(struct ll_duck *duck, const char *path,
                               const struct ll_schema *schema, struct ll_error *err)
{
    struct ll_batch rows;
    ll_batch_init(&rows, schema);
    enum ll_status status = ll_parquet_read(duck, path, schema, &rows, err);
    ll_batch_clear(&rows);
    return status;
}

static void damaged_files_are_corrupt(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_duck *duck = open_scratch(0);
    struct ll_batch batch;
    make_rows(&batch, 3000);
    const char *whole = path_of("whole.parquet");
    assert_status(LL_OK, ll_parquet_write(duck, &batch, whole, &err), &err);
    ll_batch_clear(&batch);
    size_t size = 0;
    char *bytes = read_bytes(whole, &size);
    const char *path = path_of("damaged.parquet");

    const size_t lengths[] = {0,        1,        7,        11,       12,      100,
                              size / 2, size - 9, size - 8, size - 4, size - 1};
    for (size_t i = 0; i < LL_COUNT(lengths); i++) {
        write_bytes(path, bytes, lengths[i]);
        assert_status(LL_CORRUPT, read_all(duck, path, &all_types, &err), &err);
        assert_non_null(strstr(err.message, path));
    }
    write_bytes(path, "this is a text, not Parquet; it goes on for a while", 51);
    assert_status(LL_CORRUPT, read_all(duck, path, &all_types, &err), &err);

    /* A hole in the pages, and one in the footer. */
    char *copy = malloc(size);
    memcpy(copy, bytes, size);
    memset(copy + 4, 0x5a, size / 3);
    write_bytes(path, copy, size);
    assert_status(LL_CORRUPT, read_all(duck, path, &all_types, &err), &err);
    memcpy(copy, bytes, size);
    memset(copy + size - 300, 0xff, 200);
    write_bytes(path, copy, size);
    assert_status(LL_CORRUPT, read_all(duck, path, &all_types, &err), &err);

    /* The database is none the worse. */
    assert_status(LL_OK, read_all(duck, whole, &all_types, &err), &err);
    free(copy);
    free(bytes);
    ll_duck_close(duck);
}

static void files_of_another_shape_are_corrupt(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_duck *duck = open_scratch(0);
    static const struct ll_field fields[] = {{"n", LL_TYPE_I32}, {"t", LL_TYPE_TEXT}};
    static const struct ll_schema schema = {"shape", fields, 2};
    static const struct {
        const char *select;
        enum ll_status status;
    } cases[] = {
        {"SELECT 'more' AS more, 'x' AS t, 1 AS n", LL_OK}, /* by name, extra ones left */
        {"SELECT 1::BIGINT AS n, 'x' AS t", LL_OK},
        {"SELECT 1 AS n", LL_CORRUPT},
        {"SELECT 3000000000 AS n, 'x' AS t", LL_CORRUPT},
        {"SELECT 'x' AS n, 'x' AS t", LL_CORRUPT},
    };
    const char *path = path_of("shape.parquet");
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        assert_status(LL_OK, ll_parquet_copy(duck, ll_str_of(cases[i].select), NULL, 0, path, &err),
                      &err);
        assert_status(cases[i].status, read_all(duck, path, &schema, &err), &err);
    }
    assert_status(LL_NOT_FOUND, read_all(duck, path_of("missing.parquet"), &schema, &err), &err);
    assert_non_null(strstr(err.message, "missing.parquet"));
    ll_duck_close(duck);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_duck *duck = open_scratch(0);
    struct ll_batch batch;
    make_rows(&batch, 3000);
    assert_status(LL_IO, ll_parquet_write(duck, &batch, "/dev/full", &err), &err);
    assert_int_equal(err.code, ENOSPC);
    ll_batch_clear(&batch);
    ll_duck_close(duck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_makes_the_round_trip),
        cmocka_unit_test(odd_paths_are_taken_as_they_are),
        cmocka_unit_test(equal_rows_give_equal_bytes),
        cmocka_unit_test(a_select_is_copied_in_its_order),
        cmocka_unit_test(files_have_only_old_encodings),
        cmocka_unit_test(damaged_files_are_corrupt),
        cmocka_unit_test(files_of_another_shape_are_corrupt),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
