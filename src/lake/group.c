#include "lake/group.h"

#include <stdlib.h>

struct ll_manifest_held {
    struct ll_key key;
    struct ll_buf text;
};

enum ll_status ll_manifest_group_hold(struct ll_manifest_group *group,
                                      const struct ll_manifest *manifest, struct ll_error *err)
{
    struct ll_manifest_held held = {0};
    if (ll_manifest_write(manifest, &held.key, &held.text, err) != LL_OK)
        return err->status;
    if (group->count == group->capacity) {
        group->capacity = group->capacity > 0 ? group->capacity * 2 : 16;
        group->held = ll_xrealloc(group->held, group->capacity, sizeof(*group->held));
    }
    group->held[group->count++] = held;
    return LL_OK;
}

enum ll_status ll_manifest_group_commit(struct ll_manifest_group *group, struct ll_store *store,
                                        struct ll_error *err)
{
    if (group->count == 0)
        return LL_OK;
    enum ll_status status = ll_store_sync(store, err);
    for (size_t i = 0; i < group->count && status == LL_OK; i++) {
        const struct ll_manifest_held *held = &group->held[i];
        status = ll_store_put(store, held->key.c, ll_buf_str(&held->text), LL_PUT_IF_ABSENT, err);
        if (status != LL_OK)
            ll_context(err, "commit %s", held->key.c);
    }
    if (status == LL_OK)
        status = ll_store_sync(store, err);
    if (status == LL_OK)
        ll_manifest_group_clear(group);
    return status;
}

void ll_manifest_group_clear(struct ll_manifest_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        ll_buf_clear(&group->held[i].text);
    free(group->held);
    *group = (struct ll_manifest_group){0};
}
