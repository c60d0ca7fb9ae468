/* Garbage: what killed attempts and newer generations left behind. Runs under the lake's lock, so
 * nobody is between writing an object and its manifest. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline.h"

/* Names in order, for bsearch. */
struct names {
    char **items;
    size_t count, capacity;
};

static void names_add(struct names *names, struct ll_str name)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? names->capacity * 2 : 256;
        names->items = ll_xrealloc(names->items, names->capacity, sizeof(*names->items));
    }
    char *copy = ll_xcalloc(name.len + 1, 1);
    memcpy(copy, name.ptr, name.len);
    names->items[names->count++] = copy;
}

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Objects that some manifest names (raw: of any generation), and manifests that are superseded. */
struct survey {
    struct ll_store *store;
    enum ll_layer layer;
    struct names *live, *dead;
};

static enum ll_status survey(void *context, const struct ll_manifest_entry *entry, bool counts,
                             bool *ret_dropped, struct ll_error *err)
{
    struct survey *s = context;
    struct ll_manifest m;
    if (!counts) {
        struct ll_key key = ll_key_manifest(s->layer, entry->day, entry->id.c, entry->generation);
        names_add(s->dead, ll_str_of(key.c));
        return LL_OK;
    }
    if (ll_manifest_get(s->store, s->layer, entry, &m, NULL, err) != LL_OK)
        return err->status;
    *ret_dropped = m.dropped.generation > 0;
    for (size_t i = 0; i < m.object_count && !*ret_dropped; i++)
        names_add(s->live, m.objects[i].key);
    ll_manifest_clear(&m);
    return LL_OK;
}

struct sweep {
    const struct names *live;
    struct names *dead;
};

static enum ll_status sweep_object(void *context, const struct ll_object_info *info,
                                   struct ll_error *err)
{
    (void)err;
    struct sweep *sweep = context;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *key = ll_arena_cstr(&arena, info->key);
    if (bsearch(&key, sweep->live->items, sweep->live->count, sizeof(char *), compare_names) ==
        NULL)
        names_add(sweep->dead, info->key);
    return LL_OK;
}

static enum ll_status remove_dead(struct ll_store *store, const struct names *dead,
                                  struct ll_garbage *garbage, struct ll_error *err)
{
    for (size_t i = 0; i < dead->count; i++) {
        struct ll_object_info info;
        if (ll_store_head(store, dead->items[i], &info, err) == LL_OK)
            garbage->bytes += info.size_bytes;
        if (ll_store_remove(store, dead->items[i], err) != LL_OK)
            return err->status;
        garbage->objects++;
    }
    return dead->count > 0 ? ll_store_sync(store, err) : LL_OK;
}

enum ll_status ll_collect_garbage(struct ll_store *store, struct ll_garbage *ret,
                                  struct ll_error *err)
{
    static const char *const prefixes[] = {"raw/", "processed/", "quarantine/", "history/"};
    struct names live = {0}, dead = {0};
    struct ll_garbage garbage = {0};
    struct sweep sweep = {&live, &dead};
    enum ll_status status = LL_OK;
    for (int layer = 0; layer < LL_LAYER_COUNT && status == LL_OK; layer++) {
        struct survey names = {store, (enum ll_layer)layer, &live, &dead};
        status = ll_manifest_visit(store, names.layer, survey, &names, err);
    }
    if (status == LL_OK && live.count > 0)
        qsort(live.items, live.count, sizeof(*live.items), compare_names);
    for (size_t i = 0; i < LL_COUNT(prefixes) && status == LL_OK; i++)
        status = ll_store_list(store, prefixes[i], sweep_object, &sweep, err);
    if (status == LL_OK)
        status = remove_dead(store, &dead, &garbage, err);
    names_clear(&live);
    names_clear(&dead);
    if (status != LL_OK)
        return ll_context(err, "collect garbage");
    *ret = garbage;
    return LL_OK;
}
