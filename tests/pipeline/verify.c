/* Verify finds every kind of damage that is done to a lake, each where it was done. */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "support/check.h"
#include "world.h"

static struct capture capture;

static void fresh(struct world *w)
{
    struct ll_error err;
    world_open(w, NULL);
    assert_status(LL_OK, world_import(w, capture.folder, &err), &err);
    assert_status(LL_OK, world_settle(w, true, &err), &err);
    world_verify(w);
}

static enum ll_status take_first(void *context, const struct ll_object_info *info,
                                 struct ll_error *err)
{
    struct ll_key *key = context;
    memcpy(key->c, info->key.ptr, info->key.len);
    key->c[info->key.len] = '\0';
    return ll_fail(err, LL_CANCELLED, 0, "one is enough");
}

static struct ll_key first_key(struct world *w, const char *prefix)
{
    struct ll_error err;
    struct ll_key key;
    assert_status(LL_CANCELLED, ll_store_list(w->store, prefix, take_first, &key, &err), &err);
    return key;
}

static void flip_a_byte(struct world *w, const char *key)
{
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1 << 24};
    assert_status(LL_OK, ll_store_get(w->store, key, &bytes, &err), &err);
    bytes.ptr[bytes.len / 2] ^= 0x20;
    assert_status(LL_OK, ll_store_put(w->store, key, ll_buf_str(&bytes), LL_PUT_REPLACE, &err),
                  &err);
}

static void finds(struct world *w, const char *where)
{
    struct ll_error err;
    struct ll_verification v = {0};
    bool found = false;
    assert_status(LL_OK, ll_verify(&w->pipeline, &v, &err), &err);
    for (size_t i = 0; i < v.difference_count; i++)
        found |= ll_str_equal(v.differences[i].where, ll_str_of(where));
    if (!found)
        for (size_t i = 0; i < v.difference_count; i++)
            print_error("%.*s: %.*s\n", LL_FMT(v.differences[i].where),
                        LL_FMT(v.differences[i].what));
    assert_true(v.difference_count > 0);
    assert_true(found);
    ll_verification_clear(&v);
}

static void damage_in_an_object_is_found(void **state)
{
    static const char *const prefixes[] = {"raw/", "processed/", "quarantine/", "history/"};
    (void)state;
    for (size_t i = 0; i < LL_COUNT(prefixes); i++) {
        struct world w;
        fresh(&w);
        struct ll_key key = first_key(&w, prefixes[i]);
        flip_a_byte(&w, key.c);
        finds(&w, key.c);
        world_close(&w);
    }
}

static void a_missing_object_is_found(void **state)
{
    static const char *const prefixes[] = {"raw/", "processed/", "history/"};
    (void)state;
    for (size_t i = 0; i < LL_COUNT(prefixes); i++) {
        struct world w;
        struct ll_error err;
        fresh(&w);
        struct ll_key key = first_key(&w, prefixes[i]);
        assert_status(LL_OK, ll_store_remove(w.store, key.c, &err), &err);
        finds(&w, key.c);
        world_close(&w);
    }
}

static void a_damaged_manifest_is_found(void **state)
{
    (void)state;
    struct world w;
    struct ll_error err;
    fresh(&w);
    struct ll_key key = first_key(&w, "manifests/processed/");
    assert_status(LL_OK, ll_store_put(w.store, key.c, LL_STR("{\"half\":"), LL_PUT_REPLACE, &err),
                  &err);
    finds(&w, key.c);
    world_close(&w);
}

static void change_warehouse(struct world *w, const char *name)
{
    struct ll_error err;
    assert_status(LL_OK, ll_warehouse_begin(w->warehouse, &err), &err);
    assert_status(LL_OK, ll_warehouse_exec(w->warehouse, name, NULL, 0, &err), &err);
    assert_status(LL_OK, ll_warehouse_commit(w->warehouse, &err), &err);
}

static void a_warehouse_that_differs_is_found(void **state)
{
    /* tests/sql/damage_*.sql: each changes one thing of the run 20260306T080000Z. */
    static const char *const damages[] = {"test/damage_viewers", "test/damage_rollup",
                                          "test/damage_genre", "test/damage_lost_track"};
    (void)state;
    for (size_t i = 0; i < LL_COUNT(damages); i++) {
        struct world w;
        fresh(&w);
        change_warehouse(&w, damages[i]);
        finds(&w, "20260306T080000Z");
        world_close(&w);
    }
}

static void a_run_that_was_not_loaded_is_found(void **state)
{
    (void)state;
    struct world w;
    fresh(&w);
    world_forget_warehouse(&w);
    finds(&w, "20260306T080000Z");
    world_close(&w);
}

static int make_capture(void **state)
{
    (void)state;
    capture_make(&capture, 2);
    return 0;
}

static int drop_capture(void **state)
{
    (void)state;
    capture_clear(&capture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_in_an_object_is_found),
        cmocka_unit_test(a_missing_object_is_found),
        cmocka_unit_test(a_damaged_manifest_is_found),
        cmocka_unit_test(a_warehouse_that_differs_is_found),
        cmocka_unit_test(a_run_that_was_not_loaded_is_found),
    };
    return cmocka_run_group_tests(tests, make_capture, drop_capture);
}
