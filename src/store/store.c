#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '=' || c == '-';
}

/* `open_end`: the last part may be empty or cut short, as in a prefix. */
static bool parts_valid(const char *s, bool open_end)
{
    size_t part_len = 0;
    for (size_t i = 0; s[i] != '\0'; i++) {
        if (i == LL_STORE_KEY_MAX)
            return false;
        if (s[i] == '/') {
            if (part_len == 0)
                return false;
            part_len = 0;
            continue;
        }
        if (!key_char(s[i]) || (part_len == 0 && s[i] == '.') || ++part_len > LL_STORE_PART_MAX)
            return false;
    }
    return part_len > 0 || open_end;
}

bool ll_store_key_valid(const char *key)
{
    return key != NULL && parts_valid(key, false);
}

static enum ll_status check_key(const char *key, struct ll_error *err)
{
    if (ll_store_key_valid(key))
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0, "not a store key: \"%.80s\"", key == NULL ? "" : key);
}

static void check_mode(enum ll_put_mode mode)
{
    assert(mode == LL_PUT_IF_ABSENT || mode == LL_PUT_REPLACE);
    (void)mode;
}

enum ll_status ll_store_put(struct ll_store *store, const char *key, struct ll_str data,
                            enum ll_put_mode mode, struct ll_error *err)
{
    assert(store != NULL && (data.ptr != NULL || data.len == 0));
    check_mode(mode);
    enum ll_status status = check_key(key, err);
    return status == LL_OK ? store->ops->put(store, key, data, mode, err) : status;
}

enum ll_status ll_store_put_file(struct ll_store *store, const char *key, const char *path,
                                 enum ll_put_mode mode, struct ll_error *err)
{
    assert(store != NULL && path != NULL);
    check_mode(mode);
    enum ll_status status = check_key(key, err);
    if (status == LL_OK)
        status = store->ops->put_file(store, key, path, mode, err);
    /* Gone already where the backend moved it. A file that cannot be removed is the owner's to
     * find: what was asked for, the put, has its own result. */
    (void)unlink(path);
    return status;
}

enum ll_status ll_store_get(struct ll_store *store, const char *key, struct ll_buf *out,
                            struct ll_error *err)
{
    assert(store != NULL && out != NULL && out->max_bytes > 0);
    enum ll_status status = check_key(key, err);
    return status == LL_OK ? store->ops->get(store, key, out, err) : status;
}

enum ll_status ll_store_fetch(struct ll_store *store, const char *key,
                              struct ll_store_file *ret_file, struct ll_error *err)
{
    assert(store != NULL && ret_file != NULL);
    enum ll_status status = check_key(key, err);
    return status == LL_OK ? store->ops->fetch(store, key, ret_file, err) : status;
}

enum ll_status ll_store_head(struct ll_store *store, const char *key,
                             struct ll_object_info *ret_info, struct ll_error *err)
{
    assert(store != NULL && ret_info != NULL);
    struct ll_object_info info = {0};
    enum ll_status status = check_key(key, err);
    if (status == LL_OK)
        status = store->ops->head(store, key, &info, err);
    if (status != LL_OK)
        return status;
    info.key = ll_str_of(key);
    *ret_info = info;
    return LL_OK;
}

enum ll_status ll_store_list(struct ll_store *store, const char *prefix, ll_store_list_fn *each,
                             void *context, struct ll_error *err)
{
    assert(store != NULL && prefix != NULL && each != NULL);
    if (!parts_valid(prefix, true))
        return ll_fail(err, LL_INVALID, 0, "not a prefix of store keys: \"%.80s\"", prefix);
    return store->ops->list(store, prefix, each, context, err);
}

enum ll_status ll_store_remove(struct ll_store *store, const char *key, struct ll_error *err)
{
    assert(store != NULL);
    enum ll_status status = check_key(key, err);
    return status == LL_OK ? store->ops->remove(store, key, err) : status;
}

enum ll_status ll_store_sync(struct ll_store *store, struct ll_error *err)
{
    assert(store != NULL);
    return store->ops->sync(store, err);
}

void ll_store_free(struct ll_store *store)
{
    if (store != NULL)
        store->ops->free(store);
}

void ll_store_file_clear(struct ll_store_file *file)
{
    if (file->path != NULL && file->temporary)
        (void)unlink(file->path);
    free(file->path);
    *file = (struct ll_store_file){0};
}
