#include "serve/access.h"

#include <string.h>

#include "base/time.h"
#include "codec/json.h"
#include "codec/random.h"
#include "codec/sha256.h"

#define FILE_KEY "api-keys.json"
#define FILE_BYTES_MAX ((size_t)1 << 20)
#define SECRET_BYTES 24
#define PREFIX "ll_" /* so that a key is known for one where it should not be */

static const char *const scope_names[] = {[LL_ACCESS_READ] = "read", [LL_ACCESS_SQL] = "sql"};

const char *ll_access_scope_name(enum ll_access_scope scope)
{
    return scope_names[scope];
}

bool ll_access_scope_parse(struct ll_str name, enum ll_access_scope *ret)
{
    for (size_t i = 0; i < LL_COUNT(scope_names); i++)
        if (ll_str_equal(name, ll_str_of(scope_names[i]))) {
            *ret = (enum ll_access_scope)i;
            return true;
        }
    return false;
}

/* --- the file */

static bool read_key(struct ll_json *json, struct ll_arena *arena, struct ll_access_key *key)
{
    struct ll_str name, value;
    bool scoped = false;
    if (!ll_json_enter_object(json))
        return false;
    while (ll_json_next_key(json, &name)) {
        if (!ll_json_string(json, &value))
            return false;
        if (ll_str_equal(name, LL_STR("name")))
            key->name = ll_arena_copy(arena, value);
        else if (ll_str_equal(name, LL_STR("sha256")))
            key->sha256 = ll_arena_copy(arena, value);
        else if (ll_str_equal(name, LL_STR("created")))
            key->created = ll_arena_copy(arena, value);
        else if (ll_str_equal(name, LL_STR("scope")))
            scoped = ll_access_scope_parse(value, &key->scope);
    }
    return scoped && key->name.len > 0 && key->sha256.len == 64;
}

static bool read_keys(struct ll_str text, struct ll_access_keys *keys)
{
    struct ll_arena scratch = {0};
    struct ll_json json = ll_json_reader(text, &scratch);
    keys->items = ll_arena_array(&keys->arena, LL_ACCESS_KEYS_MAX, sizeof(*keys->items));
    bool good = ll_json_enter_array(&json);
    while (good && ll_json_next_item(&json))
        good = keys->count < LL_ACCESS_KEYS_MAX &&
               read_key(&json, &keys->arena, &keys->items[keys->count++]);
    good = good && ll_json_done(&json);
    ll_arena_clear(&scratch);
    return good;
}

enum ll_status ll_access_load(struct ll_store *store, struct ll_access_keys *ret,
                              struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = FILE_BYTES_MAX};
    struct ll_access_keys keys = {0};
    enum ll_status status = ll_store_get(store, FILE_KEY, &text, err);
    if (status != LL_OK && status != LL_NOT_FOUND)
        return status;
    if (status == LL_OK && !read_keys(ll_buf_str(&text), &keys)) {
        ll_access_clear(&keys);
        return ll_fail(err, LL_CORRUPT, 0,
                       "the lake's " FILE_KEY " is damaged: remove it, and make new keys");
    }
    *ret = keys;
    return LL_OK;
}

void ll_access_clear(struct ll_access_keys *keys)
{
    ll_arena_clear(&keys->arena);
    *keys = (struct ll_access_keys){0};
}

static void write_key(const struct ll_access_key *key, bool first, struct ll_buf *out)
{
    ll_buf_add(out, first ? LL_STR("\n") : LL_STR(",\n"));
    ll_buf_printf(out,
                  "{\"name\":\"%.*s\",\"scope\":\"%s\",\"sha256\":\"%.*s\",\"created\":\"%.*s\"}",
                  LL_FMT(key->name), ll_access_scope_name(key->scope), LL_FMT(key->sha256),
                  LL_FMT(key->created));
}

static enum ll_status save(struct ll_store *store, const struct ll_access_keys *keys,
                           struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_add_char(&text, '[');
    for (size_t i = 0; i < keys->count; i++)
        write_key(&keys->items[i], i == 0, &text);
    ll_buf_add(&text, LL_STR("\n]\n"));
    enum ll_status status = ll_store_put(store, FILE_KEY, ll_buf_str(&text), LL_PUT_REPLACE, err);
    return status == LL_OK ? ll_store_sync(store, err) : status;
}

/* --- what is done with it */

static bool is_name(struct ll_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return name.len > 0 && name.len < LL_ACCESS_NAME_MAX;
}

static struct ll_access_key *find_name(const struct ll_access_keys *keys, struct ll_str name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (ll_str_equal(keys->items[i].name, name))
            return &keys->items[i];
    return NULL;
}

static enum ll_status make_text(char text[LL_ACCESS_TEXT_MAX], struct ll_error *err)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[SECRET_BYTES];
    if (ll_random_bytes(bytes, sizeof(bytes), err) != LL_OK)
        return err->status;
    size_t at = strlen(PREFIX);
    memcpy(text, PREFIX, at);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        text[at++] = hex[bytes[i] >> 4];
        text[at++] = hex[bytes[i] & 15];
    }
    text[at] = '\0';
    explicit_bzero(bytes, sizeof(bytes));
    return LL_OK;
}

static enum ll_status add(struct ll_store *store, struct ll_access_keys *keys,
                          const struct ll_access_new *fresh, char text[LL_ACCESS_TEXT_MAX],
                          struct ll_error *err)
{
    if (find_name(keys, fresh->name) != NULL)
        return ll_fail(err, LL_CONFLICT, 0,
                       "there is a key called %.*s: revoke it first, or take another name",
                       LL_FMT(fresh->name));
    if (keys->count == LL_ACCESS_KEYS_MAX)
        return ll_fail(err, LL_LIMIT, 0, "there are %d keys: revoke some", LL_ACCESS_KEYS_MAX);
    if (make_text(text, err) != LL_OK)
        return err->status;
    struct ll_sha256_text hash = ll_sha256_hex(ll_sha256_of(ll_str_of(text)));
    if (keys->items == NULL)
        keys->items = ll_arena_array(&keys->arena, 1, sizeof(*keys->items));
    keys->items[keys->count++] = (struct ll_access_key){
        .name = fresh->name,
        .scope = fresh->scope,
        .sha256 = ll_arena_copy(&keys->arena, ll_str_of(hash.c)),
        .created = ll_arena_copy(&keys->arena, ll_str_of(ll_stamp_format(fresh->now_s).c))};
    return save(store, keys, err);
}

enum ll_status ll_access_add(struct ll_store *store, const struct ll_access_new *fresh,
                             char ret_text[LL_ACCESS_TEXT_MAX], struct ll_error *err)
{
    struct ll_access_keys keys;
    if (!is_name(fresh->name))
        return ll_fail(err, LL_INVALID, 0,
                       "\"%.*s\" is no name for a key: letters, digits, '.', '_' and '-', at most "
                       "%d",
                       LL_FMT(ll_str_sub(fresh->name, 0, 100)), LL_ACCESS_NAME_MAX - 1);
    if (ll_access_load(store, &keys, err) != LL_OK)
        return err->status;
    enum ll_status status = add(store, &keys, fresh, ret_text, err);
    ll_access_clear(&keys);
    return status;
}

enum ll_status ll_access_revoke(struct ll_store *store, struct ll_str name, struct ll_error *err)
{
    struct ll_access_keys keys;
    if (ll_access_load(store, &keys, err) != LL_OK)
        return err->status;
    struct ll_access_key *key = find_name(&keys, name);
    enum ll_status status = LL_OK;
    if (key == NULL) {
        status =
            ll_fail(err, LL_NOT_FOUND, 0, "there is no key called %.*s: see `livelake key list`",
                    LL_FMT(ll_str_sub(name, 0, 100)));
    } else {
        size_t after = (size_t)(keys.items + keys.count - key) - 1;
        memmove(key, key + 1, after * sizeof(*key));
        keys.count--;
        status = save(store, &keys, err);
    }
    ll_access_clear(&keys);
    return status;
}

const struct ll_access_key *ll_access_find(const struct ll_access_keys *keys, struct ll_str text)
{
    /* What is compared is a hash: how far two agree says nothing of the key. */
    struct ll_sha256_text hash = ll_sha256_hex(ll_sha256_of(text));
    for (size_t i = 0; i < keys->count; i++)
        if (ll_str_equal(keys->items[i].sha256, ll_str_of(hash.c)))
            return &keys->items[i];
    return NULL;
}
