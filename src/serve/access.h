/* API keys: who may ask from beyond this machine. A key is 24 random bytes; the lake keeps its
 * SHA-256, in api-keys.json, and shows the key itself once. */
#ifndef LL_SERVE_ACCESS_H
#define LL_SERVE_ACCESS_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/store.h"

#define LL_ACCESS_KEYS_MAX 1000
#define LL_ACCESS_TEXT_MAX 64 /* with its NUL */
#define LL_ACCESS_NAME_MAX 64

enum ll_access_scope {
    LL_ACCESS_READ, /* all but SQL */
    LL_ACCESS_SQL,  /* all */
};

struct ll_access_key {
    struct ll_str name, sha256; /* lower-case hex */
    enum ll_access_scope scope;
    struct ll_str created; /* RFC 3339 */
};
/* Texts are in the arena. */
struct ll_access_keys {
    struct ll_arena arena;
    struct ll_access_key *items; /* in the order of making */
    size_t count;
};

const char *ll_access_scope_name(enum ll_access_scope scope); /* "read", "sql" */
bool ll_access_scope_parse(struct ll_str name, enum ll_access_scope *ret) LL_MUST_CHECK;

/* No file: no keys. LL_CORRUPT when the file is none of ours. */
enum ll_status ll_access_load(struct ll_store *store, struct ll_access_keys *ret,
                              struct ll_error *err) LL_MUST_CHECK;
void ll_access_clear(struct ll_access_keys *keys); /* takes {0} */

/* Makes a key and keeps its hash; ret_text is the key. Names are unique: LL_CONFLICT; letters,
 * digits and "._-" only: LL_INVALID. Not by two at a time. */
struct ll_access_new {
    struct ll_str name;
    enum ll_access_scope scope;
    int64_t now_s;
};
enum ll_status ll_access_add(struct ll_store *store, const struct ll_access_new *fresh,
                             char ret_text[LL_ACCESS_TEXT_MAX], struct ll_error *err) LL_MUST_CHECK;
/* LL_NOT_FOUND when there is no key of that name. */
enum ll_status ll_access_revoke(struct ll_store *store, struct ll_str name,
                                struct ll_error *err) LL_MUST_CHECK;

/* The key that `text` is, NULL when it is none; in time that does not tell how nearly it was. */
const struct ll_access_key *ll_access_find(const struct ll_access_keys *keys, struct ll_str text);

#endif
