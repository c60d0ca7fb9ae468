#include "lake/manifest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_MAX_BYTES (64 * 1024 * 1024)

void ll_manifest_clear(struct ll_manifest *manifest)
{
    ll_arena_clear(&manifest->arena);
    *manifest = (struct ll_manifest){0};
}

enum ll_status ll_manifest_write(const struct ll_manifest *manifest, struct ll_key *ret_key,
                                 struct ll_buf *out, struct ll_error *err)
{
    if (manifest->generation > LL_GENERATION_MAX)
        return ll_fail(err, LL_LIMIT, 0, "%s %s has been made anew %d times: no generation is left",
                       ll_layer_name(manifest->layer), manifest->id.c, LL_GENERATION_MAX);
    ll_manifest_serialize(manifest, out);
    *ret_key =
        ll_key_manifest(manifest->layer, manifest->day, manifest->id.c, manifest->generation);
    return LL_OK;
}

enum ll_status ll_manifest_put(struct ll_store *store, const struct ll_manifest *manifest,
                               struct ll_sha256_text *ret_sha256, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    struct ll_key key;
    if (ll_manifest_write(manifest, &key, &text, err) != LL_OK)
        return err->status;
    if (ll_store_put(store, key.c, ll_buf_str(&text), LL_PUT_IF_ABSENT, err) != LL_OK)
        return ll_context(err, "commit %s %s", ll_layer_name(manifest->layer), manifest->id.c);
    *ret_sha256 = ll_sha256_hex(ll_sha256_of(ll_buf_str(&text)));
    return LL_OK;
}

/* Says which manifest is wrong, and what can be done. Raw ones are the only witnesses of their
 * runs. */
static enum ll_status damaged(enum ll_layer layer, const char *key, struct ll_error *err)
{
    struct ll_error cause = *err;
    if (cause.status != LL_CORRUPT)
        return ll_context(err, "%s", key);
    return ll_fail(err, cause.status, cause.code, "%s: %s; restore it from a backup%s", key,
                   cause.message,
                   layer == LL_LAYER_RAW ? "" : ", or remove it and run `livelake reconcile`");
}

enum ll_status ll_manifest_get(struct ll_store *store, enum ll_layer layer,
                               const struct ll_manifest_entry *entry, struct ll_manifest *ret,
                               struct ll_sha256_text *ret_sha256, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = MANIFEST_MAX_BYTES};
    struct ll_key key = ll_key_manifest(layer, entry->day, entry->id.c, entry->generation);
    if (ll_store_get(store, key.c, &text, err) != LL_OK)
        return ll_context(err, "read manifest");
    if (ll_manifest_parse(ll_buf_str(&text), ret, err) != LL_OK)
        return damaged(layer, key.c, err);
    if (ret->layer != layer || ret->day != entry->day || ret->generation != entry->generation ||
        strcmp(ret->id.c, entry->id.c) != 0) {
        ll_manifest_clear(ret);
        ll_fail(err, LL_CORRUPT, 0, "the manifest of something else");
        return damaged(layer, key.c, err);
    }
    if (ret_sha256 != NULL)
        *ret_sha256 = ret->dropped.generation > 0 ? ret->dropped.sha256
                                                  : ll_sha256_hex(ll_sha256_of(ll_buf_str(&text)));
    return LL_OK;
}

static int compare_entries(const void *left, const void *right)
{
    const struct ll_manifest_entry *a = left, *b = right;
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    int by_id = strcmp(a->id.c, b->id.c);
    return by_id != 0 ? by_id : a->generation - b->generation;
}

struct collect {
    struct ll_manifest_list *list;
    size_t capacity;
    bool all_generations;
};

/* Keys come in ascending order, so the generations of one id are neighbours. */
static enum ll_status collect_key(void *context, const struct ll_object_info *info,
                                  struct ll_error *err)
{
    (void)err;
    struct collect *c = context;
    struct ll_manifest_list *list = c->list;
    struct ll_manifest_entry entry;
    if (!ll_key_manifest_parse(info->key, &entry.day, &entry.id, &entry.generation))
        return LL_OK;
    if (!c->all_generations && list->count > 0) {
        struct ll_manifest_entry *last = &list->entries[list->count - 1];
        if (last->day == entry.day && strcmp(last->id.c, entry.id.c) == 0) {
            if (entry.generation > last->generation)
                *last = entry;
            return LL_OK;
        }
    }
    if (list->count == c->capacity) {
        c->capacity = c->capacity ? c->capacity * 2 : 64;
        list->entries = ll_xrealloc(list->entries, c->capacity, sizeof(*list->entries));
    }
    list->entries[list->count++] = entry;
    return LL_OK;
}

static enum ll_status list_prefix(struct ll_store *store, const char *prefix, bool all_generations,
                                  struct ll_manifest_list *ret, struct ll_error *err)
{
    struct ll_manifest_list list = {0};
    struct collect c = {.list = &list, .all_generations = all_generations};
    enum ll_status status = ll_store_list(store, prefix, collect_key, &c, err);
    if (status != LL_OK) {
        ll_manifest_list_clear(&list);
        return ll_context(err, "list %s", prefix);
    }
    if (list.count > 0)
        qsort(list.entries, list.count, sizeof(*list.entries), compare_entries);
    *ret = list;
    return LL_OK;
}

enum ll_status ll_manifest_list_all(struct ll_store *store, enum ll_layer layer,
                                    struct ll_manifest_list *ret, struct ll_error *err)
{
    return list_prefix(store, ll_key_manifest_prefix(layer, -1).c, false, ret, err);
}

enum ll_status ll_manifest_list_generations(struct ll_store *store, enum ll_layer layer,
                                            struct ll_manifest_list *ret, struct ll_error *err)
{
    return list_prefix(store, ll_key_manifest_prefix(layer, -1).c, true, ret, err);
}

enum ll_status ll_manifest_visit(struct ll_store *store, enum ll_layer layer,
                                 ll_manifest_visit_fn *each, void *context, struct ll_error *err)
{
    struct ll_manifest_list all;
    if (ll_manifest_list_generations(store, layer, &all, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    bool dropped = false;
    for (size_t i = all.count; i > 0 && status == LL_OK; i--) {
        const struct ll_manifest_entry *entry = &all.entries[i - 1];
        bool earlier = i < all.count && all.entries[i].day == entry->day &&
                       strcmp(all.entries[i].id.c, entry->id.c) == 0;
        dropped &= earlier;
        status =
            each(context, entry, !earlier || (layer == LL_LAYER_RAW && !dropped), &dropped, err);
    }
    ll_manifest_list_clear(&all);
    return status;
}

enum ll_status ll_manifest_list_days(struct ll_store *store, enum ll_layer layer, int32_t from_day,
                                     int32_t to_day, struct ll_manifest_list *ret,
                                     struct ll_error *err)
{
    struct ll_manifest_list list = {0};
    for (int32_t day = from_day; day <= to_day; day++) {
        struct ll_manifest_list part;
        if (list_prefix(store, ll_key_manifest_prefix(layer, day).c, false, &part, err) != LL_OK) {
            ll_manifest_list_clear(&list);
            return err->status;
        }
        if (part.count > 0) {
            list.entries =
                ll_xrealloc(list.entries, list.count + part.count, sizeof(*list.entries));
            memcpy(list.entries + list.count, part.entries, part.count * sizeof(*part.entries));
            list.count += part.count;
        }
        ll_manifest_list_clear(&part);
    }
    *ret = list;
    return LL_OK;
}

enum ll_status ll_manifest_latest(struct ll_store *store, enum ll_layer layer, int32_t day,
                                  const char *id, struct ll_manifest_entry *ret,
                                  struct ll_error *err)
{
    struct ll_manifest_list list;
    struct ll_key prefix = ll_key_manifest_prefix(layer, day);
    size_t len = strlen(prefix.c);
    assert(len + strlen(id) + 3 < sizeof(prefix.c));
    memcpy(prefix.c + len, id, strlen(id));
    memcpy(prefix.c + len + strlen(id), ".g", 3);
    if (list_prefix(store, prefix.c, false, &list, err) != LL_OK)
        return err->status;
    if (list.count == 0)
        return ll_fail(err, LL_NOT_FOUND, 0, "no %s manifest of %s", ll_layer_name(layer), id);
    *ret = list.entries[list.count - 1];
    ll_manifest_list_clear(&list);
    return LL_OK;
}

const struct ll_manifest_entry *ll_manifest_list_find(const struct ll_manifest_list *list,
                                                      int32_t day, const char *id)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ll_manifest_entry *entry = &list->entries[middle];
        int order = entry->day != day ? (entry->day < day ? -1 : 1) : strcmp(entry->id.c, id);
        if (order == 0)
            return entry;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int ll_manifest_known_generation(const struct ll_manifest *manifest)
{
    return manifest->dropped.generation > 0 ? manifest->dropped.generation : manifest->generation;
}

bool ll_manifest_same_objects(const struct ll_manifest *a, const struct ll_manifest *b)
{
    if (a->object_count != b->object_count)
        return false;
    for (size_t i = 0; i < a->object_count; i++)
        if (strcmp(a->objects[i].sha256.c, b->objects[i].sha256.c) != 0)
            return false;
    return true;
}

void ll_manifest_list_clear(struct ll_manifest_list *list)
{
    free(list->entries);
    *list = (struct ll_manifest_list){0};
}
