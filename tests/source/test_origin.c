/* Scanning and reading a folder in the original's layout. */
#include "decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "codec/zstd.h"
#include "source/origin/origin.h"
#include "support/temp_folder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int make_folder(void **state)
{
    *state = temp_folder_new();
    return 0;
}

static int remove_folder(void **state)
{
    temp_folder_free(*state);
    return 0;
}

static void put(const char *root, const char *path, struct ll_str bytes)
{
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(full, "wb");
    assert_non_null(file);
    assert_true(bytes.len == 0 || fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len);
    assert_int_equal(fclose(file), 0);
}

static void assert_str(struct ll_str s, const char *wanted)
{
    char text[1024];
    snprintf(text, sizeof(text), "%.*s", LL_FMT(s));
    assert_string_equal(text, wanted);
}

/* "20251229 1745", "20251228" for a date alone, "" for none. */
static void assert_label(const struct ll_origin_file *file, const char *wanted)
{
    const struct ll_civil *c = &file->label;
    char text[64] = "";
    if (file->has_time)
        snprintf(text, sizeof(text), "%04d%02d%02d %02d%02d", c->year, c->month, c->day, c->hour,
                 c->minute);
    else if (c->year != 0)
        snprintf(text, sizeof(text), "%04d%02d%02d", c->year, c->month, c->day);
    assert_string_equal(text, wanted);
    assert_int_equal(c->second, 0);
}

/* One file alone: how it is understood, or why not. */
static void test_one_file(void **state)
{
    static const struct {
        const char *path, *content;
        enum ll_table table;
        const char *kind, *label; /* label NULL: skipped */
        const char *reason;
        bool is_error;
    } cases[] = {
        {"raw_streams_data/20251229_1745/raw_streams_data_X157149X_20251229_1745.json", "",
         LL_TABLE_STREAM, "", "20251229 1745", NULL, false},
        {"raw_streams_data/20251229/raw_streams_data_20251229_945.json", "", LL_TABLE_STREAM, "",
         "20251229 0945", NULL, false},
        {"raw_streams_data_20251229_5.json", "", LL_TABLE_STREAM, "", "20251229 0005", NULL, false},
        {"a/b/c/d/e/f/g/raw_streams_data_20251229_0.json", "", LL_TABLE_STREAM, "", "20251229 0000",
         NULL, false},
        {"a/b/c/d/e/f/g/h/raw_streams_data_20251229_0.json", "", LL_TABLE_STREAM, "", NULL,
         "nested too deeply", true},
        {"raw_streams_data/20251229_1745/raw_streams_data.json", "", LL_TABLE_STREAM, "",
         "20251229 1745", NULL, false},
        {"20251229_1745/x/raw_streams_data_20260101.json", "", LL_TABLE_STREAM, "", "20251229 1745",
         NULL, false},
        {"raw_streams_data_202512291745.json", "", LL_TABLE_STREAM, "", "20251229 1745", NULL,
         false},
        {"raw_streams_data/x/raw_streams_data.json",
         "{\"data\":[{}],\"day_date_id\":20251231,\"time_of_day_id\":945}", LL_TABLE_STREAM, "",
         "20251231 0945", NULL, false},
        {"raw_streams_data.json",
         "{\"day_date_id\":\"20251231\",\"time_of_day_id\":\"0015\",\"data\":[", LL_TABLE_STREAM,
         "", "20251231 0015", NULL, false},
        {"raw_streams_data_20251231.json", "{\"data\":[]}", LL_TABLE_STREAM, "", NULL,
         "no time of day in its name or content", true},
        {"raw_streams_data_20251331_1745.json", "{\"data\":[]}", LL_TABLE_STREAM, "", NULL,
         "no date in its name or content", true},
        {"raw_streams_data_20251231_2460.json", "{}", LL_TABLE_STREAM, "", NULL,
         "no time of day in its name or content", true},
        {"raw_users_data/20251229/raw_users_data_20251229_1745.json", "", LL_TABLE_USER, "",
         "20251229 1745", NULL, false},
        {"raw_users_data/20251229/raw_users_data.json", "{}", LL_TABLE_USER, "", "20251229", NULL,
         false},
        {"raw_categories_data_20251229_1645.json", "", LL_TABLE_CATEGORY, "", "20251229 1645", NULL,
         false},
        {"raw_categories_data.json", "{}", LL_TABLE_CATEGORY, "", NULL,
         "no date in its name or content", true},
        {"raw_genre_bridge_data/20251231/raw_genre_bridge_data_20251231_945.json", "",
         LL_TABLE_GAME, "genre_bridge", "20251231 0945", NULL, false},
        {"raw_game_mode_bridge_data_20251231_1145.json", "", LL_TABLE_GAME, "game_mode_bridge",
         "20251231 1145", NULL, false},
        {"raw_games_data_20251231_1145.json", "", LL_TABLE_GAME, "game", "20251231 1145", NULL,
         false},
        {"raw_genres_data_20251228.json", "{\"day_date_id\":\"20251228\"}", LL_TABLE_TERM, "genre",
         "20251228", NULL, false},
        {"raw_game_modes_data.json", "{}", LL_TABLE_TERM, "game_mode", "", NULL, false},
        {"raw_themes_data_20251228.json", "{}", LL_TABLE_TERM, "theme", "20251228", NULL, false},
        {"raw_player_perspectives_data.json", "", LL_TABLE_TERM, "player_perspective", "", NULL,
         false},
        {"raw_languages_data/raw_languages_data.csv", "", LL_TABLE_LANGUAGE, "", "", NULL, false},
        {"raw_day_dates_data.csv", "", LL_TABLE_STREAM, "", NULL, "derived: made anew by our views",
         false},
        {"raw_time_of_day_data.csv", "", LL_TABLE_STREAM, "", NULL,
         "derived: made anew by our views", false},
        {"curated_stream_data_20251229_1745.csv", "", LL_TABLE_STREAM, "", NULL,
         "derived: made anew by our views", false},
        {"raw_clips_data_20251229_1745.json", "", LL_TABLE_STREAM, "", NULL, "an unknown resource",
         true},
        {"raw_streams_data_20251229_1745.parquet", "", LL_TABLE_STREAM, "", NULL,
         "neither JSON nor CSV", true},
        {"raw_streams_data_20251229_1745.json.gz", "", LL_TABLE_STREAM, "", "20251229 1745", NULL,
         false},
        {"raw_streams_data.json.gz", "no gzip", LL_TABLE_STREAM, "", NULL, "cannot be read", true},
        {"README.md", "", LL_TABLE_STREAM, "", NULL, "not a capture of the original pipeline",
         false},
        {"raw_.json", "", LL_TABLE_STREAM, "", NULL, "not a capture of the original pipeline",
         false},
        {".hidden.json", "", LL_TABLE_STREAM, "", NULL, "hidden", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char root[512];
        snprintf(root, sizeof(root), "%s/case%zu", (const char *)*state, i);
        assert_int_equal(mkdir(root, 0700), 0);
        put(root, cases[i].path, ll_str_of(cases[i].content));
        struct ll_origin_scan scan;
        struct ll_error err;
        assert_status(LL_OK, ll_origin_scan(root, &scan, &err), &err);
        if (cases[i].label != NULL) {
            assert_int_equal(scan.file_count, 1);
            assert_int_equal(scan.skipped_count, 0);
            assert_str(scan.files[0].path, cases[i].path);
            assert_int_equal(scan.files[0].table, cases[i].table);
            assert_str(scan.files[0].kind, cases[i].kind);
            assert_label(&scan.files[0], cases[i].label);
        } else {
            assert_int_equal(scan.file_count, 0);
            assert_int_equal(scan.skipped_count, 1);
            assert_str(scan.skipped[0].reason, cases[i].reason);
            assert_int_equal(scan.skipped[0].is_error, cases[i].is_error);
        }
        ll_origin_scan_clear(&scan);
    }
}

static void test_order_and_links(void **state)
{
    const char *root = *state;
    put(root, "b/raw_streams_data_Z_20251229_0945.json", LL_STR("x"));
    put(root, "a/raw_streams_data_A_20251229_1745.json", LL_STR("x"));
    put(root, "c/raw_streams_data_A_20251229_945.json", LL_STR("x"));
    put(root, "c/raw_users_data_20240101_1000.json", LL_STR("x"));
    put(root, "c/raw_genre_bridge_data_20260101_1000.json", LL_STR("x"));
    char link[512];
    snprintf(link, sizeof(link), "%s/raw_users_data_20250101_1000.json", root);
    assert_int_equal(symlink("/etc/hostname", link), 0);
    snprintf(link, sizeof(link), "%s/loop", root);
    assert_int_equal(symlink(".", link), 0);
    struct ll_origin_scan scan;
    struct ll_error err;
    assert_status(LL_OK, ll_origin_scan(root, &scan, &err), &err);
    static const char *const wanted[] = {
        "c/raw_genre_bridge_data_20260101_1000.json", "b/raw_streams_data_Z_20251229_0945.json",
        "c/raw_streams_data_A_20251229_945.json",     "a/raw_streams_data_A_20251229_1745.json",
        "c/raw_users_data_20240101_1000.json",
    };
    assert_int_equal(scan.file_count, COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_str(scan.files[i].path, wanted[i]);
    assert_str(scan.files[1].resource, "streams");
    assert_str(scan.files[1].format, "origin-json");
    assert_int_equal(scan.skipped_count, 2);
    assert_str(scan.skipped[0].path, "loop");
    assert_str(scan.skipped[1].reason, "a symbolic link");
    assert_true(scan.skipped[1].is_error);
    ll_origin_scan_clear(&scan);
}

static void test_root(void **state)
{
    char path[512];
    struct ll_origin_scan scan;
    struct ll_error err;
    snprintf(path, sizeof(path), "%s/none", (const char *)*state);
    assert_status(LL_NOT_FOUND, ll_origin_scan(path, &scan, &err), &err);
    assert_status(LL_IO, ll_origin_scan("/dev/null", &scan, &err), &err);

    put(*state, "20251229_1745/raw_streams_data.json", LL_STR("{\"data\":[]}"));
    snprintf(path, sizeof(path), "%s/20251229_1745/raw_streams_data.json", (const char *)*state);
    assert_status(LL_OK, ll_origin_scan(path, &scan, &err), &err);
    assert_int_equal(scan.file_count, 1);
    assert_str(scan.files[0].path, "raw_streams_data.json");
    assert_label(&scan.files[0], "20251229 1745");
    struct ll_buf content = {.max_bytes = 100};
    assert_status(LL_OK, ll_origin_read(path, &scan.files[0], &content, &err), &err);
    assert_str(ll_buf_str(&content), "{\"data\":[]}");
    ll_buf_clear(&content);
    ll_origin_scan_clear(&scan);
}

/* --- reading */

static struct ll_str gzip(struct ll_arena *arena, struct ll_str data)
{
    z_stream z = {0};
    size_t room = data.len + 1000;
    unsigned char *out = ll_arena_alloc(arena, room);
    unsigned char *in = ll_arena_alloc(arena, data.len + 1);
    memcpy(in, data.ptr, data.len);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = in;
    z.avail_in = (unsigned)data.len;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct ll_str packed = {(const char *)out, room - z.avail_out};
    deflateEnd(&z);
    return packed;
}

static enum ll_status read_back(const char *root, const char *name, struct ll_buf *out)
{
    struct ll_error err;
    struct ll_origin_file file = {.path = ll_str_of(name)};
    return ll_origin_read(root, &file, out, &err);
}

static void test_read(void **state)
{
    const char *root = *state;
    struct ll_arena arena = {0};
    struct ll_error err;
    char *text = ll_arena_alloc(&arena, 700000);
    for (size_t i = 0; i < 700000; i++)
        text[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    struct ll_str data = {text, 700000}, packed = gzip(&arena, data);
    struct ll_buf zstd = {0};
    assert_status(LL_OK, ll_zstd_compress(data, 3, &zstd, &err), &err);
    put(root, "x.json", data);
    put(root, "x.json.gz", packed);
    put(root, "x.json.zst", ll_buf_str(&zstd));
    static const char *const names[] = {"x.json", "x.json.gz", "x.json.zst"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct ll_buf out = {.max_bytes = data.len + 1};
        assert_status(LL_OK, ll_buf_append(&out, LL_STR(">"), &err), &err);
        assert_int_equal(read_back(root, names[i], &out), LL_OK);
        assert_true(ll_str_equal(ll_str_sub(ll_buf_str(&out), 1, out.len), data));
        ll_buf_clear(&out);
        out.max_bytes = data.len - 1;
        assert_int_equal(read_back(root, names[i], &out), LL_LIMIT);
        ll_buf_clear(&out);
    }
    struct ll_buf out = {.max_bytes = 3 * data.len};
    assert_int_equal(read_back(root, "none.json", &out), LL_IO);

    char *twice = ll_arena_alloc(&arena, 2 * packed.len);
    memcpy(twice, packed.ptr, packed.len);
    memcpy(twice + packed.len, packed.ptr, packed.len);
    put(root, "twice.json.gz", (struct ll_str){twice, 2 * packed.len});
    assert_int_equal(read_back(root, "twice.json.gz", &out), LL_OK);
    assert_int_equal(out.len, 2 * data.len);
    ll_buf_clear(&out);
    ll_buf_clear(&zstd);
    ll_arena_clear(&arena);
}

static void test_read_damaged_gzip(void **state)
{
    const char *root = *state;
    struct ll_arena arena = {0};
    struct ll_str packed = gzip(&arena, LL_STR("some text that is long enough to be cut anywhere"));
    struct ll_buf out = {.max_bytes = 1000};
    for (size_t len = 0; len < packed.len; len++) {
        put(root, "cut.json.gz", ll_str_sub(packed, 0, len));
        assert_int_equal(read_back(root, "cut.json.gz", &out), LL_CORRUPT);
        ll_buf_reset(&out);
    }
    put(root, "cut.json.gz", packed);
    assert_int_equal(read_back(root, "cut.json.gz", &out), LL_OK);
    ll_buf_clear(&out);
    ll_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_order_and_links, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_root, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_damaged_gzip, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
