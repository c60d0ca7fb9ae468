#include "support/unsynced_store.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum kind { REMOVED, CREATED /* put IF_ABSENT */, REPLACED };

struct change {
    char *key;
    enum kind kind;
    struct ll_buf data;
};

struct unsynced_store {
    struct ll_store base;
    pthread_mutex_t mutex;    /* makes a change and its record one step */
    struct ll_store *visible; /* what running programs see */
    struct ll_store *durable; /* what the last sync left */
    struct change *changes;
    size_t count;
    size_t capacity;
};

static struct unsynced_store *unsynced_of(struct ll_store *store);

static void record(struct unsynced_store *unsynced, const char *key, enum kind kind)
{
    if (unsynced->count == unsynced->capacity) {
        unsynced->capacity = unsynced->capacity == 0 ? 16 : unsynced->capacity * 2;
        unsynced->changes =
            ll_xrealloc(unsynced->changes, unsynced->capacity, sizeof(*unsynced->changes));
    }
    struct change change = {
        .key = ll_xstrdup(key), .kind = kind, .data = {.max_bytes = SIZE_MAX / 2}};
    struct ll_error err;
    if (kind != REMOVED && ll_store_get(unsynced->visible, key, &change.data, &err) != LL_OK)
        abort();
    unsynced->changes[unsynced->count++] = change;
}

static void change_clear(struct change *change)
{
    free(change->key);
    ll_buf_clear(&change->data);
}

static void forget_changes(struct unsynced_store *unsynced)
{
    for (size_t i = 0; i < unsynced->count; i++)
        change_clear(&unsynced->changes[i]);
    unsynced->count = 0;
}

/* A change can be impossible once another is lost ("a/b" put after "a" was removed): lost as well.
 */
static void apply(struct unsynced_store *unsynced, const struct change *change, size_t len)
{
    struct ll_error err;
    const struct ll_str data = {change->data.ptr, len};
    enum ll_status status =
        change->kind == REMOVED
            ? ll_store_remove(unsynced->durable, change->key, &err)
            : ll_store_put(unsynced->durable, change->key, data, LL_PUT_REPLACE, &err);
    assert(status == LL_OK || status == LL_INVALID);
    (void)status;
}

static enum ll_status unsynced_put(struct ll_store *store, const char *key, struct ll_str data,
                                   enum ll_put_mode mode, struct ll_error *err)
{
    struct unsynced_store *unsynced = unsynced_of(store);
    pthread_mutex_lock(&unsynced->mutex);
    enum ll_status status = ll_store_put(unsynced->visible, key, data, mode, err);
    if (status == LL_OK)
        record(unsynced, key, mode == LL_PUT_IF_ABSENT ? CREATED : REPLACED);
    pthread_mutex_unlock(&unsynced->mutex);
    return status;
}

static enum ll_status unsynced_put_file(struct ll_store *store, const char *key, const char *path,
                                        enum ll_put_mode mode, struct ll_error *err)
{
    struct unsynced_store *unsynced = unsynced_of(store);
    pthread_mutex_lock(&unsynced->mutex);
    enum ll_status status = ll_store_put_file(unsynced->visible, key, path, mode, err);
    if (status == LL_OK)
        record(unsynced, key, mode == LL_PUT_IF_ABSENT ? CREATED : REPLACED);
    pthread_mutex_unlock(&unsynced->mutex);
    return status;
}

static enum ll_status unsynced_remove(struct ll_store *store, const char *key, struct ll_error *err)
{
    struct unsynced_store *unsynced = unsynced_of(store);
    pthread_mutex_lock(&unsynced->mutex);
    struct ll_object_info info;
    enum ll_status status = ll_store_head(unsynced->visible, key, &info, err);
    if (status == LL_OK) {
        status = ll_store_remove(unsynced->visible, key, err);
        record(unsynced, key, REMOVED);
    } else if (status == LL_NOT_FOUND) {
        status = LL_OK;
    }
    pthread_mutex_unlock(&unsynced->mutex);
    return status;
}

static enum ll_status unsynced_get(struct ll_store *store, const char *key, struct ll_buf *out,
                                   struct ll_error *err)
{
    return ll_store_get(unsynced_of(store)->visible, key, out, err);
}

static enum ll_status unsynced_fetch(struct ll_store *store, const char *key,
                                     struct ll_store_file *ret_file, struct ll_error *err)
{
    return ll_store_fetch(unsynced_of(store)->visible, key, ret_file, err);
}

static enum ll_status unsynced_head(struct ll_store *store, const char *key,
                                    struct ll_object_info *ret_info, struct ll_error *err)
{
    return ll_store_head(unsynced_of(store)->visible, key, ret_info, err);
}

static enum ll_status unsynced_list(struct ll_store *store, const char *prefix,
                                    ll_store_list_fn *each, void *context, struct ll_error *err)
{
    return ll_store_list(unsynced_of(store)->visible, prefix, each, context, err);
}

static enum ll_status unsynced_sync(struct ll_store *store, struct ll_error *err)
{
    (void)err;
    struct unsynced_store *unsynced = unsynced_of(store);
    pthread_mutex_lock(&unsynced->mutex);
    for (size_t i = 0; i < unsynced->count; i++)
        apply(unsynced, &unsynced->changes[i], unsynced->changes[i].data.len);
    forget_changes(unsynced);
    pthread_mutex_unlock(&unsynced->mutex);
    return LL_OK;
}

static void unsynced_free(struct ll_store *store)
{
    struct unsynced_store *unsynced = unsynced_of(store);
    forget_changes(unsynced);
    free(unsynced->changes);
    ll_store_free(unsynced->visible);
    ll_store_free(unsynced->durable);
    pthread_mutex_destroy(&unsynced->mutex);
    free(unsynced);
}

static const struct ll_store_ops UNSYNCED_OPS = {
    .name = "unsynced",
    .put = unsynced_put,
    .put_file = unsynced_put_file,
    .get = unsynced_get,
    .fetch = unsynced_fetch,
    .head = unsynced_head,
    .list = unsynced_list,
    .remove = unsynced_remove,
    .sync = unsynced_sync,
    .free = unsynced_free,
};

static struct unsynced_store *unsynced_of(struct ll_store *store)
{
    assert(store->ops == &UNSYNCED_OPS);
    return (struct unsynced_store *)store;
}

struct ll_store *unsynced_store_new(void)
{
    struct unsynced_store *unsynced = ll_xcalloc(1, sizeof(*unsynced));
    unsynced->base.ops = &UNSYNCED_OPS;
    unsynced->visible = ll_store_mem_new();
    unsynced->durable = ll_store_mem_new();
    pthread_mutex_init(&unsynced->mutex, NULL);
    return &unsynced->base;
}

static enum ll_status make_visible(void *context, const struct ll_object_info *info,
                                   struct ll_error *err)
{
    struct unsynced_store *unsynced = context;
    struct ll_buf data = {.max_bytes = SIZE_MAX / 2};
    enum ll_status status = ll_store_get(unsynced->durable, info->key.ptr, &data, err);
    if (status == LL_OK)
        status =
            ll_store_put(unsynced->visible, info->key.ptr, ll_buf_str(&data), LL_PUT_REPLACE, err);
    ll_buf_clear(&data);
    return status;
}

static void crash(struct ll_store *store, struct ll_rand *rand, bool torn)
{
    struct unsynced_store *unsynced = unsynced_of(store);
    pthread_mutex_lock(&unsynced->mutex);
    for (size_t i = unsynced->count; i > 1; i--) {
        size_t j = (size_t)ll_rand_below(rand, i);
        struct change swapped = unsynced->changes[i - 1];
        unsynced->changes[i - 1] = unsynced->changes[j];
        unsynced->changes[j] = swapped;
    }
    for (size_t i = 0; i < unsynced->count; i++) {
        const struct change *change = &unsynced->changes[i];
        size_t len = change->data.len;
        if (ll_rand_below(rand, 2) == 0)
            continue;
        if (torn && change->kind == REPLACED && len > 0 && ll_rand_below(rand, 2) == 0)
            len = (size_t)ll_rand_below(rand, len);
        apply(unsynced, change, len);
    }
    forget_changes(unsynced);

    ll_store_free(unsynced->visible);
    unsynced->visible = ll_store_mem_new();
    struct ll_error err;
    if (ll_store_list(unsynced->durable, "", make_visible, unsynced, &err) != LL_OK)
        abort();
    pthread_mutex_unlock(&unsynced->mutex);
}

void unsynced_store_crash(struct ll_store *store, struct ll_rand *rand)
{
    crash(store, rand, false);
}

void unsynced_store_crash_torn(struct ll_store *store, struct ll_rand *rand)
{
    crash(store, rand, true);
}

size_t unsynced_store_pending(struct ll_store *store)
{
    struct unsynced_store *unsynced = unsynced_of(store);
    pthread_mutex_lock(&unsynced->mutex);
    size_t count = unsynced->count;
    pthread_mutex_unlock(&unsynced->mutex);
    return count;
}
