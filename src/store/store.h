/* The store port: a flat space of immutable-by-convention objects under keys.
 *
 * Keys are '/'-separated relative paths of [A-Za-z0-9._=-] parts of at most 255 bytes, none
 * beginning with a dot, together at most 512 bytes; anything else is LL_INVALID. So is a key that
 * is, or was, a folder of another ("a" beside "a/b"). Objects become visible whole or not at all.
 *
 * Durability is explicit: a put or remove is visible at once and survives a power cut only after
 * the next successful ll_store_sync(). So a stage puts its objects, syncs, puts its manifest,
 * syncs. Before that, any subset of the unsynced changes may be lost, in any order. An IF_ABSENT
 * put is lost or whole. An unsynced REPLACE put of the local store may come out of a power cut with
 * its last bytes, or all, missing: a name can reach the disk before the bytes do, and flushing each
 * object by itself costs twenty times as much as doing it together. So readers trust manifests (put
 * IF_ABSENT), which say sizes and hashes, and never bare names.
 *
 * Backends: ll_store_mem_new (tests, one-shot queries), ll_store_local_open (a folder), later S3.
 * One contract suite (tests/store) runs against all of them. Thread-safe. */
#ifndef LL_STORE_STORE_H
#define LL_STORE_STORE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define LL_STORE_KEY_MAX 512  /* bytes */
#define LL_STORE_PART_MAX 255 /* bytes between two '/' */

enum ll_put_mode {
    LL_PUT_IF_ABSENT, /* LL_CONFLICT when the key exists; exactly one of two racing puts wins */
    LL_PUT_REPLACE,   /* one atomic step from the old bytes to the new */
};

struct ll_object_info {
    struct ll_str key; /* valid during the callback, or for head: the key asked for */
    int64_t size_bytes;
    int64_t modified_ms; /* epoch; informational */
};

/* Called for every key in ascending bytewise order. A status other than LL_OK stops the listing and
 * is returned (with *err as the callback left it). The callback must not change the store. */
typedef enum ll_status ll_store_list_fn(void *context, const struct ll_object_info *info,
                                        struct ll_error *err);

/* A file that holds an object's bytes for reading. For a local store it is the object itself. */
struct ll_store_file {
    char *path;     /* NUL-terminated, owned */
    bool temporary; /* removed by ll_store_file_clear */
};

struct ll_store;

struct ll_store_ops {
    const char *name; /* "mem", "local", … */
    enum ll_status (*put)(struct ll_store *, const char *key, struct ll_str data, enum ll_put_mode,
                          struct ll_error *);
    enum ll_status (*put_file)(struct ll_store *, const char *key, const char *path,
                               enum ll_put_mode, struct ll_error *);
    enum ll_status (*get)(struct ll_store *, const char *key, struct ll_buf *out,
                          struct ll_error *);
    enum ll_status (*fetch)(struct ll_store *, const char *key, struct ll_store_file *ret_file,
                            struct ll_error *);
    enum ll_status (*head)(struct ll_store *, const char *key, struct ll_object_info *ret_info,
                           struct ll_error *);
    enum ll_status (*list)(struct ll_store *, const char *prefix, ll_store_list_fn *, void *context,
                           struct ll_error *);
    enum ll_status (*remove)(struct ll_store *, const char *key, struct ll_error *);
    enum ll_status (*sync)(struct ll_store *, struct ll_error *);
    void (*free)(struct ll_store *);
};

/* First member of every backend's struct. */
struct ll_store {
    const struct ll_store_ops *ops;
};

enum ll_status ll_store_put(struct ll_store *store, const char *key, struct ll_str data,
                            enum ll_put_mode mode, struct ll_error *err) LL_MUST_CHECK;
/* As put, from a finished file, which is moved or copied and gone afterwards (also on failure). */
enum ll_status ll_store_put_file(struct ll_store *store, const char *key, const char *path,
                                 enum ll_put_mode mode, struct ll_error *err) LL_MUST_CHECK;
/* Appends the object to *out. LL_NOT_FOUND if absent, LL_LIMIT beyond out->max_bytes (which must be
 * set); *out is then as before. */
enum ll_status ll_store_get(struct ll_store *store, const char *key, struct ll_buf *out,
                            struct ll_error *err) LL_MUST_CHECK;
/* The object as a readable file (for engines that want a path). Clear it when done, and before the
 * store is freed. */
enum ll_status ll_store_fetch(struct ll_store *store, const char *key,
                              struct ll_store_file *ret_file, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_store_head(struct ll_store *store, const char *key,
                             struct ll_object_info *ret_info, struct ll_error *err) LL_MUST_CHECK;
/* All keys that start with prefix ("" = all; a prefix need not end at a '/'). */
enum ll_status ll_store_list(struct ll_store *store, const char *prefix, ll_store_list_fn *each,
                             void *context, struct ll_error *err) LL_MUST_CHECK;
/* LL_OK also when the key is absent. */
enum ll_status ll_store_remove(struct ll_store *store, const char *key,
                               struct ll_error *err) LL_MUST_CHECK;
/* Makes every change of this store object so far durable (and the objects that its IF_ABSENT puts
 * lost to). When the disk itself fails here, nobody can tell which bytes are lost: every later sync
 * of this store object then fails too; open the store anew and repeat the work. */
enum ll_status ll_store_sync(struct ll_store *store, struct ll_error *err) LL_MUST_CHECK;
void ll_store_free(struct ll_store *store); /* takes NULL */
void ll_store_file_clear(struct ll_store_file *file);

bool ll_store_key_valid(const char *key);

struct ll_store *ll_store_mem_new(void);
/* `root` must exist (else LL_NOT_FOUND). Writes go to <root>/.tmp (made when missing) and are
 * linked or renamed into place. Leftovers of dead writers there, that is files untouched for a day
 * by the file system's own clock, are removed now. LL_IO with EROFS, ENOSPC, … kept in err->code. A
 * root that can't be written opens all the same, for reading. */
enum ll_status ll_store_local_open(const char *root, struct ll_store **ret_store,
                                   struct ll_error *err) LL_MUST_CHECK;

#endif
