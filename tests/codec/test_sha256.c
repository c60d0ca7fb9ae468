#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/sha256.h"

/* FIPS 180-4 examples, and one million times "a". */
static const struct {
    const char *text;
    size_t times;
    const char *hex;
} cases[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static char folder[64];
static char path[96];

static int make_folder(void **state LL_UNUSED)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/ll-sha256-XXXXXX",
             base != NULL && strlen(base) < 32 ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/file", folder);
    return 0;
}

static int remove_folder(void **state LL_UNUSED)
{
    unlink(path);
    return rmdir(folder);
}

static void known_digests(void **state LL_UNUSED)
{
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        size_t len = strlen(cases[i].text) * cases[i].times;
        char *text = malloc(len + 1);
        assert_non_null(text);
        for (size_t k = 0; k < cases[i].times; k++)
            memcpy(text + k * strlen(cases[i].text), cases[i].text, strlen(cases[i].text));
        struct ll_sha256 hash = ll_sha256_of((struct ll_str){text, len});
        assert_string_equal(ll_sha256_hex(hash).c, cases[i].hex);

        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, len, file), len);
        assert_int_equal(fclose(file), 0);
        struct ll_sha256 file_hash;
        struct ll_error err;
        int64_t size_bytes = -1;
        assert_int_equal(ll_sha256_file(path, &file_hash, &size_bytes, &err), LL_OK);
        assert_int_equal(size_bytes, len);
        assert_memory_equal(file_hash.bytes, hash.bytes, sizeof(hash.bytes));
        free(text);
    }
    assert_string_equal(ll_sha256_hex(ll_sha256_of(ll_str_of(NULL))).c, cases[0].hex);
}

static void missing_files_and_folders(void **state LL_UNUSED)
{
    struct ll_sha256 hash = {{7}}, before = hash;
    struct ll_error err;
    int64_t size_bytes = -1;
    char missing[128];
    snprintf(missing, sizeof(missing), "%s/missing", folder);
    assert_int_equal(ll_sha256_file(missing, &hash, &size_bytes, &err), LL_NOT_FOUND);
    assert_non_null(strstr(err.message, "missing"));
    assert_int_equal(ll_sha256_file(folder, &hash, &size_bytes, &err), LL_IO);
    assert_int_equal(err.code, EISDIR);
    assert_non_null(strstr(err.message, folder));
    assert_int_equal(size_bytes, -1);
    assert_memory_equal(&hash, &before, sizeof(hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(missing_files_and_folders),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
