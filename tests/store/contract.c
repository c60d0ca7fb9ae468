#include "store/contract.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/rand.h"
#include "support/check.h"
#include "support/temp_folder.h"

static int open_fixture(void **state)
{
    struct store_fixture *fixture = ll_xcalloc(1, sizeof(*fixture));
    fixture->backend = *state;
    fixture->folder = temp_folder_new();
    fixture->backend->open(fixture);
    *state = fixture;
    return fixture->store == NULL;
}

static int close_fixture(void **state)
{
    struct store_fixture *fixture = *state;
    ll_store_free(fixture->store);
    ll_store_free(fixture->inner);
    temp_folder_free(fixture->folder);
    temp_folder_free(fixture->root);
    free(fixture);
    return 0;
}

static void put(struct ll_store *store, const char *key, const char *text)
{
    struct ll_error err;
    assert_status(LL_OK, ll_store_put(store, key, ll_str_of(text), LL_PUT_REPLACE, &err), &err);
}

static void assert_object(struct ll_store *store, const char *key, struct ll_str wanted)
{
    struct ll_error err;
    struct ll_buf got = {.max_bytes = 16 << 20};
    assert_status(LL_OK, ll_store_get(store, key, &got, &err), &err);
    assert_int_equal(got.len, wanted.len);
    if (wanted.len > 0)
        assert_memory_equal(got.ptr, wanted.ptr, wanted.len);
    ll_buf_clear(&got);
}

static void assert_absent(struct ll_store *store, const char *key)
{
    struct ll_error err;
    struct ll_buf got = {.max_bytes = 100};
    assert_status(LL_NOT_FOUND, ll_store_get(store, key, &got, &err), &err);
    ll_buf_clear(&got);
}

static enum ll_status add_key(void *context, const struct ll_object_info *info,
                              struct ll_error *err)
{
    (void)err;
    ll_buf_printf(context, "%.*s:%lld ", LL_FMT(info->key), (long long)info->size_bytes);
    return LL_OK;
}

/* "key:size key:size ", in the order of the listing. */
static void assert_listing(struct ll_store *store, const char *prefix, const char *wanted)
{
    struct ll_error err;
    struct ll_buf got = {0};
    ll_buf_add(&got, LL_STR(""));
    assert_status(LL_OK, ll_store_list(store, prefix, add_key, &got, &err), &err);
    assert_string_equal(got.ptr, wanted);
    ll_buf_clear(&got);
}

static void file_path(const struct store_fixture *fixture, const char *name, char path[static 1024])
{
    assert_true(snprintf(path, 1024, "%s/%s", fixture->folder, name) < 1024);
}

static void write_file(const char *path, struct ll_str data)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data.ptr, data.len), data.len);
    assert_int_equal(close(fd), 0);
}

static char *big_text(size_t len)
{
    char *text = ll_xcalloc(len + 1, 1);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    return text;
}

static void test_round_trip(void **state)
{
    struct store_fixture *fixture = *state;
    const size_t big_len = 3 * 1024 * 1024 + 17;
    char *big = big_text(big_len);
    const struct {
        const char *key;
        struct ll_str data;
    } cases[] = {
        {"plain", LL_STR("some bytes")},
        {"empty", {NULL, 0}},
        {"binary", LL_STR("\0\xff\n\0 tail\0")},
        {"raw/twitch/date=2026-11-23/run=20261123T154500Z/c-1.ndjson.zst", LL_STR("deep")},
        {"big", {big, big_len}},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        enum ll_put_mode mode = i % 2 == 0 ? LL_PUT_IF_ABSENT : LL_PUT_REPLACE;
        assert_status(LL_OK, ll_store_put(fixture->store, cases[i].key, cases[i].data, mode, &err),
                      &err);
        assert_object(fixture->store, cases[i].key, cases[i].data);
        struct ll_object_info info;
        assert_status(LL_OK, ll_store_head(fixture->store, cases[i].key, &info, &err), &err);
        assert_int_equal(info.size_bytes, cases[i].data.len);
        assert_true(ll_str_equal(info.key, ll_str_of(cases[i].key)));
    }
    free(big);
}

static void test_get_appends(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_error err;
    put(fixture->store, "a", "one");
    put(fixture->store, "b", "two");
    struct ll_buf out = {.max_bytes = 100};
    assert_status(LL_OK, ll_store_get(fixture->store, "a", &out, &err), &err);
    assert_status(LL_OK, ll_store_get(fixture->store, "b", &out, &err), &err);
    assert_status(LL_NOT_FOUND, ll_store_get(fixture->store, "c", &out, &err), &err);
    assert_string_equal(out.ptr, "onetwo");
    assert_int_equal(out.len, 6);
    ll_buf_clear(&out);
}

static void test_absent(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    put(store, "folder/there", "x");
    static const char *const keys[] = {"nothing", "folder/nothing", "no/folder", "folder",
                                       "folder/there/below"};
    for (size_t i = 0; i < LL_COUNT(keys); i++) {
        struct ll_object_info info = {.size_bytes = -7};
        struct ll_store_file file = {.path = NULL, .temporary = true};
        assert_absent(store, keys[i]);
        assert_status(LL_NOT_FOUND, ll_store_head(store, keys[i], &info, &err), &err);
        assert_int_equal(info.size_bytes, -7);
        assert_status(LL_NOT_FOUND, ll_store_fetch(store, keys[i], &file, &err), &err);
        assert_null(file.path);
        assert_true(file.temporary);
        assert_status(LL_OK, ll_store_remove(store, keys[i], &err), &err);
    }
    assert_listing(store, "", "folder/there:1 ");
}

static void test_put_modes(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    assert_status(LL_OK, ll_store_put(store, "d/k", LL_STR("first"), LL_PUT_IF_ABSENT, &err), &err);
    assert_status(LL_CONFLICT, ll_store_put(store, "d/k", LL_STR("second"), LL_PUT_IF_ABSENT, &err),
                  &err);
    assert_object(store, "d/k", LL_STR("first"));
    assert_status(LL_OK, ll_store_put(store, "d/k", LL_STR("third"), LL_PUT_REPLACE, &err), &err);
    assert_object(store, "d/k", LL_STR("third"));
    assert_status(LL_OK, ll_store_put(store, "d/k", LL_STR(""), LL_PUT_REPLACE, &err), &err);
    assert_object(store, "d/k", LL_STR(""));
    assert_status(LL_CONFLICT, ll_store_put(store, "d/k", LL_STR("fourth"), LL_PUT_IF_ABSENT, &err),
                  &err);
    assert_status(LL_OK, ll_store_remove(store, "d/k", &err), &err);
    assert_absent(store, "d/k");
    assert_status(LL_OK, ll_store_put(store, "d/k", LL_STR("fifth"), LL_PUT_IF_ABSENT, &err), &err);
    assert_object(store, "d/k", LL_STR("fifth"));
    assert_listing(store, "", "d/k:5 ");
}

static void test_list_order_and_prefix(void **state)
{
    struct store_fixture *fixture = *state;
    static const char *const keys[] = {"b",  "a/c", "a-b",  "a/b/z", "a.b", "a0",    "A", "a/b-c",
                                       "_x", "a=1", "a/b.", "aa",    "a/B", "Z/a/b", "0", "a/b/a"};
    for (size_t i = 0; i < LL_COUNT(keys); i++)
        put(fixture->store, keys[i], "1");
    static const struct {
        const char *prefix;
        const char *wanted;
    } cases[] = {
        {"", "0:1 A:1 Z/a/b:1 _x:1 a-b:1 a.b:1 a/B:1 a/b-c:1 a/b.:1 a/b/a:1 a/b/z:1 a/c:1 a0:1 "
             "a=1:1 aa:1 b:1 "},
        {"a", "a-b:1 a.b:1 a/B:1 a/b-c:1 a/b.:1 a/b/a:1 a/b/z:1 a/c:1 a0:1 a=1:1 aa:1 "},
        {"a/", "a/B:1 a/b-c:1 a/b.:1 a/b/a:1 a/b/z:1 a/c:1 "},
        {"a/b", "a/b-c:1 a/b.:1 a/b/a:1 a/b/z:1 "},
        {"a/b/", "a/b/a:1 a/b/z:1 "},
        {"a/b/z", "a/b/z:1 "},
        {"a/b/zz", ""},
        {"a/b/z/", ""},
        {"b/", ""},
        {"Z", "Z/a/b:1 "},
        {"nowhere/at/all", ""},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++)
        assert_listing(fixture->store, cases[i].prefix, cases[i].wanted);
}

struct stop {
    struct ll_store *store;
    size_t left;
};

static enum ll_status stop_later(void *context, const struct ll_object_info *info,
                                 struct ll_error *err)
{
    struct stop *stop = context;
    struct ll_buf got = {.max_bytes = 100};
    char key[LL_STORE_KEY_MAX + 1];
    (void)snprintf(key, sizeof(key), "%.*s", LL_FMT(info->key));
    enum ll_status status = ll_store_get(stop->store, key, &got, err);
    ll_buf_clear(&got);
    if (status != LL_OK)
        return status;
    return stop->left-- > 1 ? LL_OK : ll_fail(err, LL_CANCELLED, 42, "enough");
}

static void test_list_stops(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_error err = {0};
    static const char *const keys[] = {"a", "b/c", "b/d", "e"};
    for (size_t i = 0; i < LL_COUNT(keys); i++)
        put(fixture->store, keys[i], "1");
    for (size_t n = 1; n <= LL_COUNT(keys); n++) {
        struct stop stop = {fixture->store, n};
        assert_status(LL_CANCELLED, ll_store_list(fixture->store, "", stop_later, &stop, &err),
                      &err);
        assert_int_equal(stop.left, 0);
        assert_int_equal(err.code, 42);
        assert_string_equal(err.message, "enough");
    }
    struct stop never = {fixture->store, LL_COUNT(keys) + 1};
    assert_status(LL_OK, ll_store_list(fixture->store, "", stop_later, &never, &err), &err);
    assert_int_equal(never.left, 1);
}

static void test_invalid_keys(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    static const char *const keys[] = {"",       "/",      "/a",    "a/",   "a//b",   ".",
                                       "..",     "a/.",    "a/..",  "../a", "a/../b", ".hidden",
                                       "a/.tmp", ".tmp/x", "a b",   "a\\b", "a\nb",   "caf\xc3\xa9",
                                       "a:b",    "a*",     "a%20b", "~",    "a\x7f",  "\xff"};
    for (size_t i = 0; i < LL_COUNT(keys); i++) {
        char path[1024];
        struct ll_buf got = {.max_bytes = 100};
        struct ll_object_info info;
        struct ll_store_file file = {0};
        assert_false(ll_store_key_valid(keys[i]));
        assert_status(LL_INVALID, ll_store_put(store, keys[i], LL_STR("x"), LL_PUT_REPLACE, &err),
                      &err);
        assert_status(LL_INVALID, ll_store_get(store, keys[i], &got, &err), &err);
        assert_status(LL_INVALID, ll_store_head(store, keys[i], &info, &err), &err);
        assert_status(LL_INVALID, ll_store_fetch(store, keys[i], &file, &err), &err);
        assert_status(LL_INVALID, ll_store_remove(store, keys[i], &err), &err);
        file_path(fixture, "source", path);
        write_file(path, LL_STR("x"));
        assert_status(LL_INVALID, ll_store_put_file(store, keys[i], path, LL_PUT_REPLACE, &err),
                      &err);
        assert_int_equal(access(path, F_OK), -1);
    }
    static const char *const prefixes[] = {"/", "/a", "a//", ".", "a/.", "a/..", "a b", "\xff"};
    for (size_t i = 0; i < LL_COUNT(prefixes); i++)
        assert_status(LL_INVALID, ll_store_list(store, prefixes[i], add_key, NULL, &err), &err);
    assert_false(ll_store_key_valid(NULL));
    assert_listing(store, "", "");
}

/* A key of `len` bytes in parts of at most `part` bytes. */
static void long_key(char *key, size_t len, size_t part)
{
    for (size_t i = 0; i < len; i++)
        key[i] = i % (part + 1) == part ? '/' : 'k';
    key[len] = '\0';
}

static void test_long_keys(void **state)
{
    struct store_fixture *fixture = *state;
    static const struct {
        size_t len, part;
        bool valid;
    } cases[] = {{255, 255, true},  {256, 256, false}, {511, 255, true}, {512, 200, true},
                 {513, 200, false}, {512, 1, false},   {511, 1, true},   {2000, 100, false}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        char key[2048];
        struct ll_error err;
        long_key(key, cases[i].len, cases[i].part);
        assert_int_equal(ll_store_key_valid(key), cases[i].valid);
        enum ll_status wanted = cases[i].valid ? LL_OK : LL_INVALID;
        assert_status(wanted,
                      ll_store_put(fixture->store, key, LL_STR("x"), LL_PUT_IF_ABSENT, &err), &err);
        if (!cases[i].valid)
            continue;
        struct ll_buf listing = {0};
        ll_buf_printf(&listing, "%s:1 ", key);
        assert_object(fixture->store, key, LL_STR("x"));
        assert_listing(fixture->store, key, listing.ptr);
        ll_buf_clear(&listing);
        assert_status(LL_OK, ll_store_remove(fixture->store, key, &err), &err);
    }
    assert_listing(fixture->store, "", "");
}

static void test_key_is_no_folder(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    put(store, "object", "1");
    put(store, "folder/deep/object", "2");
    static const char *const keys[] = {"object/below", "object/far/below", "folder", "folder/deep"};
    for (size_t i = 0; i < LL_COUNT(keys); i++) {
        char path[1024];
        file_path(fixture, "source", path);
        write_file(path, LL_STR("x"));
        assert_status(LL_INVALID, ll_store_put(store, keys[i], LL_STR("x"), LL_PUT_IF_ABSENT, &err),
                      &err);
        assert_status(LL_INVALID, ll_store_put(store, keys[i], LL_STR("x"), LL_PUT_REPLACE, &err),
                      &err);
        assert_status(LL_INVALID, ll_store_put_file(store, keys[i], path, LL_PUT_IF_ABSENT, &err),
                      &err);
        assert_absent(store, keys[i]);
    }
    put(store, "object-2", "a neighbour with the same beginning");
    assert_listing(store, "", "folder/deep/object:1 object:1 object-2:35 ");
}

static void test_limits(void **state)
{
    struct store_fixture *fixture = *state;
    const size_t big_len = 2 * 1024 * 1024;
    char *big = big_text(big_len);
    const struct {
        struct ll_str data;
        size_t before; /* bytes in the buffer already */
        size_t max_bytes;
        enum ll_status wanted;
    } cases[] = {
        {LL_STR("12345"), 0, 5, LL_OK},
        {LL_STR("12345"), 0, 4, LL_LIMIT},
        {LL_STR("12345"), 3, 8, LL_OK},
        {LL_STR("12345"), 3, 7, LL_LIMIT},
        {{NULL, 0}, 3, 3, LL_OK},
        {{big, big_len}, 0, big_len, LL_OK},
        {{big, big_len}, 0, big_len - 1, LL_LIMIT},
        {{big, big_len}, 1, big_len, LL_LIMIT},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        struct ll_buf out = {.max_bytes = cases[i].max_bytes};
        assert_status(LL_OK, ll_store_put(fixture->store, "k", cases[i].data, LL_PUT_REPLACE, &err),
                      &err);
        assert_status(LL_OK, ll_buf_append(&out, (struct ll_str){"abc", cases[i].before}, &err),
                      &err);
        assert_status(cases[i].wanted, ll_store_get(fixture->store, "k", &out, &err), &err);
        assert_int_equal(out.len,
                         cases[i].before + (cases[i].wanted == LL_OK ? cases[i].data.len : 0));
        assert_memory_equal(out.ptr, "abc", cases[i].before);
        assert_int_equal(out.ptr[out.len], '\0');
        ll_buf_clear(&out);
    }
    free(big);
}

static void test_put_file(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    const size_t big_len = 700 * 1024 + 1;
    char *big = big_text(big_len);
    const struct {
        const char *key;
        struct ll_str data;
        enum ll_put_mode mode;
        enum ll_status wanted;
    } cases[] = {
        {"f/new", LL_STR("file bytes"), LL_PUT_IF_ABSENT, LL_OK},
        {"f/new", LL_STR("again"), LL_PUT_IF_ABSENT, LL_CONFLICT},
        {"f/new", LL_STR("replaced"), LL_PUT_REPLACE, LL_OK},
        {"f/other", LL_STR(""), LL_PUT_REPLACE, LL_OK},
        {"f/big", {big, big_len}, LL_PUT_IF_ABSENT, LL_OK},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        char path[1024];
        struct ll_error err;
        file_path(fixture, "source", path);
        write_file(path, cases[i].data);
        assert_status(cases[i].wanted,
                      ll_store_put_file(store, cases[i].key, path, cases[i].mode, &err), &err);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(errno, ENOENT);
        if (cases[i].wanted == LL_OK)
            assert_object(store, cases[i].key, cases[i].data);
    }
    assert_object(store, "f/new", LL_STR("replaced"));
    assert_listing(store, "", "f/big:716801 f/new:8 f/other:0 ");
    free(big);
}

static void test_put_file_refuses(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    char missing[1024], target[1024], link_name[1024], fifo[1024];
    file_path(fixture, "missing", missing);
    file_path(fixture, "target", target);
    file_path(fixture, "link", link_name);
    file_path(fixture, "fifo", fifo);
    write_file(target, LL_STR("kept"));
    assert_int_equal(symlink(target, link_name), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);

    assert_status(LL_IO, ll_store_put_file(store, "k", missing, LL_PUT_REPLACE, &err), &err);
    assert_int_equal(err.code, ENOENT);
    assert_status(LL_IO, ll_store_put_file(store, "k", link_name, LL_PUT_REPLACE, &err), &err);
    assert_int_equal(err.code, ELOOP);
    assert_status(LL_INVALID, ll_store_put_file(store, "k", fifo, LL_PUT_REPLACE, &err), &err);
    assert_status(LL_INVALID, ll_store_put_file(store, "k", fixture->folder, LL_PUT_REPLACE, &err),
                  &err);
    assert_int_equal(access(target, F_OK), 0);
    assert_listing(store, "", "");
}

static void assert_file(const char *path, const char *wanted)
{
    char got[100] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(wanted));
    close(fd);
    assert_string_equal(got, wanted);
}

static void test_fetch(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    put(store, "a/one", "first object");
    put(store, "a/none", "");
    struct ll_store_file one = {0}, again = {0}, none = {0};
    assert_status(LL_OK, ll_store_fetch(store, "a/one", &one, &err), &err);
    assert_status(LL_OK, ll_store_fetch(store, "a/one", &again, &err), &err);
    assert_status(LL_OK, ll_store_fetch(store, "a/none", &none, &err), &err);
    assert_file(one.path, "first object");
    assert_file(none.path, "");
    bool temporary = one.temporary;
    char *path = ll_xstrdup(one.path);
    ll_store_file_clear(&one);
    assert_null(one.path);
    ll_store_file_clear(&one);
    assert_int_equal(access(path, F_OK), temporary ? -1 : 0);
    free(path);
    assert_file(again.path, "first object");
    ll_store_file_clear(&again);
    ll_store_file_clear(&none);
    assert_object(store, "a/one", LL_STR("first object"));
    assert_object(store, "a/none", LL_STR(""));
}

static void test_sync(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *store = fixture->store;
    struct ll_error err;
    assert_status(LL_OK, ll_store_sync(store, &err), &err);
    put(store, "a/b/c", "x");
    put(store, "a/d", "y");
    assert_status(LL_OK, ll_store_remove(store, "a/d", &err), &err);
    assert_status(LL_OK, ll_store_sync(store, &err), &err);
    for (int i = 0; i < 300; i++) { /* more than a backend may care to remember one by one */
        char key[32];
        (void)snprintf(key, sizeof(key), "many/%03d", i);
        put(store, key, "z");
    }
    assert_status(LL_OK, ll_store_sync(store, &err), &err);
    assert_status(LL_OK, ll_store_sync(store, &err), &err);
    assert_object(store, "a/b/c", LL_STR("x"));
    assert_listing(store, "many/29",
                   "many/290:1 many/291:1 many/292:1 many/293:1 many/294:1 many/295:1 many/296:1 "
                   "many/297:1 many/298:1 many/299:1 ");
}

/* The same random calls on the backend and on a mem store must end alike. */
static void test_random_calls(void **state)
{
    struct store_fixture *fixture = *state;
    struct ll_store *model = ll_store_mem_new();
    struct ll_rand rand;
    ll_rand_seed(&rand, 20261123);
    static const char *const keys[] = {"a", "b/1", "b/2", "b/c/1", "b-c", "d/e/f/g"};
    for (int i = 0; i < 400; i++) {
        struct ll_store *both[] = {model, fixture->store};
        enum ll_status got[2];
        const char *key = keys[ll_rand_below(&rand, LL_COUNT(keys))];
        uint64_t action = ll_rand_below(&rand, 10);
        char text[32];
        int len = snprintf(text, sizeof(text), "%0*d", (int)ll_rand_below(&rand, 12), i);
        const struct ll_str data = {text, (size_t)len};
        for (size_t s = 0; s < 2; s++) {
            struct ll_error err;
            if (action < 4)
                got[s] = ll_store_put(both[s], key, data, LL_PUT_IF_ABSENT, &err);
            else if (action < 6)
                got[s] = ll_store_put(both[s], key, data, LL_PUT_REPLACE, &err);
            else if (action < 9)
                got[s] = ll_store_remove(both[s], key, &err);
            else
                got[s] = ll_store_sync(both[s], &err);
        }
        assert_int_equal(got[0], got[1]);
        struct ll_error err;
        struct ll_buf wanted = {0};
        ll_buf_add(&wanted, LL_STR(""));
        assert_status(LL_OK, ll_store_list(model, "", add_key, &wanted, &err), &err);
        assert_listing(fixture->store, "", wanted.ptr);
        ll_buf_clear(&wanted);
    }
    for (size_t k = 0; k < LL_COUNT(keys); k++) {
        struct ll_error err;
        struct ll_buf wanted = {.max_bytes = 100};
        if (ll_store_get(model, keys[k], &wanted, &err) == LL_OK)
            assert_object(fixture->store, keys[k], ll_buf_str(&wanted));
        else
            assert_absent(fixture->store, keys[k]);
        ll_buf_clear(&wanted);
    }
    ll_store_free(model);
}

enum { RACERS = 6, ROUNDS = 25 };

struct racer {
    struct ll_store *store;
    pthread_barrier_t *barrier;
    int number;
    enum ll_status results[ROUNDS];
};

static void *race_put(void *argument)
{
    struct racer *racer = argument;
    for (int round = 0; round < ROUNDS; round++) {
        struct ll_error err;
        char key[32], text[32];
        (void)snprintf(key, sizeof(key), "race/%d/winner", round);
        (void)snprintf(text, sizeof(text), "racer %d", racer->number);
        pthread_barrier_wait(racer->barrier);
        racer->results[round] =
            ll_store_put(racer->store, key, ll_str_of(text), LL_PUT_IF_ABSENT, &err);
    }
    return NULL;
}

static void test_racing_puts(void **state)
{
    struct store_fixture *fixture = *state;
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){fixture->store, &barrier, i, {LL_OK}};
        assert_int_equal(pthread_create(&threads[i], NULL, race_put, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    for (int round = 0; round < ROUNDS; round++) {
        char key[32], text[32] = "nobody";
        int winners = 0;
        for (int i = 0; i < RACERS; i++) {
            if (racers[i].results[round] == LL_OK) {
                winners++;
                (void)snprintf(text, sizeof(text), "racer %d", i);
            } else {
                assert_int_equal(racers[i].results[round], LL_CONFLICT);
            }
        }
        assert_int_equal(winners, 1);
        (void)snprintf(key, sizeof(key), "race/%d/winner", round);
        assert_object(fixture->store, key, ll_str_of(text));
    }
}

struct writer {
    struct ll_store *store;
    char letter;
    atomic_int *failures;
};

/* Whole or not at all: a reader never sees two writers' bytes, or too few. */
static void *write_letters(void *argument)
{
    const struct writer *writer = argument;
    char text[20000];
    memset(text, writer->letter, sizeof(text));
    for (int i = 0; i < 40; i++) {
        struct ll_error err;
        struct ll_buf got = {.max_bytes = sizeof(text)};
        bool good = ll_store_put(writer->store, "shared", (struct ll_str){text, sizeof(text)},
                                 LL_PUT_REPLACE, &err) == LL_OK &&
                    ll_store_get(writer->store, "shared", &got, &err) == LL_OK &&
                    got.len == sizeof(text) && memcmp(got.ptr, got.ptr + 1, got.len - 1) == 0 &&
                    (i % 10 != 0 || ll_store_sync(writer->store, &err) == LL_OK);
        if (!good)
            atomic_fetch_add(writer->failures, 1);
        ll_buf_clear(&got);
    }
    return NULL;
}

static void test_racing_replaces(void **state)
{
    struct store_fixture *fixture = *state;
    struct writer writers[RACERS];
    pthread_t threads[RACERS];
    atomic_int failures = 0;
    for (int i = 0; i < RACERS; i++) {
        writers[i] = (struct writer){fixture->store, (char)('a' + i), &failures};
        assert_int_equal(pthread_create(&threads[i], NULL, write_letters, &writers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    assert_listing(fixture->store, "", "shared:20000 ");
}

static const struct {
    const char *name;
    CMUnitTestFunction run;
} TESTS[] = {
    {"round trip", test_round_trip},
    {"get appends", test_get_appends},
    {"absent", test_absent},
    {"put modes", test_put_modes},
    {"list order and prefix", test_list_order_and_prefix},
    {"list stops", test_list_stops},
    {"invalid keys", test_invalid_keys},
    {"long keys", test_long_keys},
    {"key is no folder", test_key_is_no_folder},
    {"limits", test_limits},
    {"put file", test_put_file},
    {"put file refuses", test_put_file_refuses},
    {"fetch", test_fetch},
    {"sync", test_sync},
    {"random calls", test_random_calls},
    {"racing puts", test_racing_puts},
    {"racing replaces", test_racing_replaces},
};

int store_contract_run(const struct store_backend *backends, size_t count)
{
    int failed = 0;
    for (size_t b = 0; b < count; b++) {
        struct CMUnitTest tests[LL_COUNT(TESTS)];
        char names[LL_COUNT(TESTS)][80];
        struct store_backend backend = backends[b];
        for (size_t i = 0; i < LL_COUNT(TESTS); i++) {
            (void)snprintf(names[i], sizeof(names[i]), "%s: %s", backend.name, TESTS[i].name);
            tests[i] =
                (struct CMUnitTest){names[i], TESTS[i].run, open_fixture, close_fixture, &backend};
        }
        failed += _cmocka_run_group_tests(backend.name, tests, LL_COUNT(tests), NULL, NULL);
    }
    return failed;
}
