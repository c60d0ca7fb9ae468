/* The list of the forgotten, its secret, and the HMAC that it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lake/forgotten.h"
#include "lake/keys.h"

/* RFC 4231, cases 1, 2 and 6. */
static void hmac(void **state)
{
    (void)state;
    char key[131];
    memset(key, 0x0b, 20);
    assert_string_equal(
        ll_sha256_hex(ll_hmac_sha256((struct ll_str){key, 20}, LL_STR("Hi There"))).c,
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_string_equal(
        ll_sha256_hex(ll_hmac_sha256(LL_STR("Jefe"), LL_STR("what do ya want for nothing?"))).c,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    assert_string_equal(
        ll_sha256_hex(
            ll_hmac_sha256((struct ll_str){key, sizeof(key)},
                           LL_STR("Test Using Larger Than Block-Size Key - Hash Key First")))
            .c,
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

struct lake {
    char dir[64], secret[96];
    struct ll_store *store;
};

static int open_lake(void **state)
{
    struct lake *lake = ll_xcalloc(1, sizeof(*lake));
    snprintf(lake->dir, sizeof(lake->dir), "/tmp/ll-forgotten-XXXXXX");
    if (mkdtemp(lake->dir) == NULL)
        return -1;
    snprintf(lake->secret, sizeof(lake->secret), "%s/.secret", lake->dir);
    lake->store = ll_store_mem_new();
    *state = lake;
    return 0;
}

static int close_lake(void **state)
{
    struct lake *lake = *state;
    unlink(lake->secret);
    rmdir(lake->dir);
    ll_store_free(lake->store);
    free(lake);
    return 0;
}

static void load(const struct lake *lake, struct ll_forgotten *ret)
{
    struct ll_error err;
    assert_int_equal(ll_forgotten_load(lake->dir, lake->store, ret, &err), LL_OK);
}

static void forget(const struct lake *lake, int64_t id, int32_t day)
{
    struct ll_forgotten list = {0};
    struct ll_error err;
    load(lake, &list);
    assert_int_equal(ll_forgotten_need_secret(lake->dir, &list, &err), LL_OK);
    assert_int_equal(ll_forgotten_add(lake->store, &list, id, day, &err), LL_OK);
    ll_forgotten_clear(&list);
}

static void nobody_at_first(void **state)
{
    struct ll_forgotten list = {0};
    load(*state, &list);
    assert_false(ll_forgotten_any(&list) || ll_forgotten_has(&list, 1) ||
                 ll_forgotten_has(NULL, 1));
    assert_int_equal(access(((struct lake *)*state)->secret, F_OK), -1);
    ll_forgotten_clear(&list);
}

static void who_is_on_it(void **state)
{
    const struct lake *lake = *state;
    struct ll_forgotten list = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = 4096};
    struct ll_error err;
    struct stat info;
    for (int64_t id = 1000; id < 1050; id++)
        forget(lake, id * 7, 20000);
    forget(lake, 7000, 20001); /* again: the first date stays */
    load(lake, &list);
    load(lake, &list); /* replaces what it held */
    assert_int_equal(list.count, 50);
    for (int64_t id = 6999; id < 7400; id++)
        assert_int_equal(ll_forgotten_has(&list, id), id % 7 == 0 && id < 7350);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(list.people[i].day, 20000);
    assert_int_equal(stat(lake->secret, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, LL_LAKE_SECRET_BYTES);
    text.max_bytes = 1 << 20;
    assert_int_equal(ll_store_get(lake->store, LL_FORGOTTEN_KEY, &text, &err), LL_OK);
    assert_null(strstr(text.ptr, "7007"));
    ll_forgotten_clear(&list);
}

static void without_its_secret_it_is_refused(void **state)
{
    const struct lake *lake = *state;
    struct ll_forgotten list = {0};
    struct ll_error err;
    forget(lake, 5, 20000);
    assert_int_equal(truncate(lake->secret, 31), 0);
    assert_int_equal(ll_forgotten_load(lake->dir, lake->store, &list, &err), LL_CORRUPT);
    unlink(lake->secret);
    assert_int_equal(ll_forgotten_load(lake->dir, lake->store, &list, &err), LL_CORRUPT);
    assert_non_null(strstr(err.message, "backup"));
}

static void a_damaged_list_is_refused(void **state)
{
    const struct lake *lake = *state;
    static const struct {
        const char *text;
        enum ll_status status;
    } cases[] = {
        {"", LL_CORRUPT},
        {"{}", LL_CORRUPT},
        {"{\"schema\":1,\"people\":[{\"date\":\"2026-11-24\"}]}", LL_CORRUPT},
        {"{\"schema\":1,\"people\":[{\"hmac\":\"xyz\",\"date\":\"2026-11-24\"}]}", LL_CORRUPT},
        {"{\"schema\":2,\"people\":[]}", LL_UNSUPPORTED},
        {"{\"schema\":1,\"people\":[]}", LL_OK},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_forgotten list = {0};
        struct ll_error err;
        assert_int_equal(ll_store_put(lake->store, LL_FORGOTTEN_KEY, ll_str_of(cases[i].text),
                                      LL_PUT_REPLACE, &err),
                         LL_OK);
        assert_int_equal(ll_forgotten_load(lake->dir, lake->store, &list, &err), cases[i].status);
        ll_forgotten_clear(&list);
    }
}

static void keys_of_objects_written_anew(void **state)
{
    (void)state;
    struct ll_key key = ll_key_raw_anew(LL_STR("raw/a/attempt=0001/streams.ndjson.zst"), 2);
    assert_string_equal(key.c, "raw/a/attempt=0001/streams.ndjson.g0002.zst");
    key = ll_key_raw_anew(ll_str_of(key.c), 13);
    assert_string_equal(key.c, "raw/a/attempt=0001/streams.ndjson.g0013.zst");
}

#define WITH_LAKE(test) cmocka_unit_test_setup_teardown(test, open_lake, close_lake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac),
        cmocka_unit_test(keys_of_objects_written_anew),
        WITH_LAKE(nobody_at_first),
        WITH_LAKE(who_is_on_it),
        WITH_LAKE(without_its_secret_it_is_refused),
        WITH_LAKE(a_damaged_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
