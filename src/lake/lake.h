/* A lake: the store with its settings, and reading and writing the objects of its layers.
 *
 * Objects are checked against their manifest's size and SHA-256 whenever they are read, so damage
 * is found where it is met and named with its key. */
#ifndef LL_LAKE_LAKE_H
#define LL_LAKE_LAKE_H

#include "duck/duck.h"
#include "lake/forgotten.h"
#include "lake/manifest.h"
#include "source/decoder.h"
#include "store/store.h"

#define LL_RAW_OBJECT_MAX (1024LL * 1024 * 1024) /* uncompressed bytes of one raw object */

#define LL_LAKE_SCHEMA 2 /* of a lake as a whole: what migrate.c leads up to */

/* lake.json. What must survive the loss of the warehouse stands here. */
struct ll_lake_settings {
    int schema;
    int64_t created_ms;
    bool overrides;           /* use data/category_overrides.csv */
    char origin_timezone[64]; /* IANA zone of imported local times; "" until an import */
};

struct ll_lake {
    struct ll_store *store;
    struct ll_duck *scratch; /* Parquet codec; in memory */
    const char *tmp_dir;     /* for files on their way into the store; best on its file system */
    struct ll_lake_settings settings;
    const struct ll_forgotten *forgotten; /* NULL = nobody */
};

/* LL_NOT_FOUND when there is no lake.json, LL_UNSUPPORTED when it is newer than this program. One
 * that is older is read: ret->schema tells. */
enum ll_status ll_lake_settings_load(struct ll_store *store, struct ll_lake_settings *ret,
                                     struct ll_error *err) LL_MUST_CHECK;
/* As above, by somebody who knows the schemas up to `newest`. */
enum ll_status ll_lake_settings_load_to(struct ll_store *store, int newest,
                                        struct ll_lake_settings *ret,
                                        struct ll_error *err) LL_MUST_CHECK;
/* Replaces lake.json, durably. */
enum ll_status ll_lake_settings_save(struct ll_store *store,
                                     const struct ll_lake_settings *settings,
                                     struct ll_error *err) LL_MUST_CHECK;

/* Compresses `content` and puts it as a raw object; ret gets everything but name and format. */
enum ll_status ll_lake_put_raw(struct ll_lake *lake, const char *key, struct ll_str content,
                               struct ll_manifest_object *ret, struct ll_error *err) LL_MUST_CHECK;
/* The content of a raw object, appended to *out. LL_CORRUPT when it is not what was written,
 * LL_NOT_FOUND when it is gone. */
enum ll_status ll_lake_get_raw(struct ll_lake *lake, const struct ll_manifest_object *object,
                               struct ll_buf *out, struct ll_error *err) LL_MUST_CHECK;

/* Writes a batch as one Parquet object at `key`, replacing it. ret->key is `key` itself, which must
 * outlive *ret. Not synced. */
enum ll_status ll_lake_put_table(struct ll_lake *lake, const char *key,
                                 const struct ll_batch *batch, struct ll_manifest_object *ret,
                                 struct ll_error *err) LL_MUST_CHECK;
/* SHA-256 of the object that ll_lake_put_table would make; nothing is kept. */
enum ll_status ll_lake_hash_table(struct ll_lake *lake, const struct ll_batch *batch,
                                  struct ll_sha256_text *ret, struct ll_error *err) LL_MUST_CHECK;
/* As ll_lake_put_table, for the rows of a SELECT in the scratch database. */
enum ll_status ll_lake_put_select(struct ll_lake *lake, const char *key, struct ll_str select,
                                  const struct ll_param *params, size_t count,
                                  struct ll_manifest_object *ret,
                                  struct ll_error *err) LL_MUST_CHECK;
/* Fetches an object as a file, checked against its manifest. */
enum ll_status ll_lake_fetch(struct ll_lake *lake, const struct ll_manifest_object *object,
                             struct ll_store_file *ret, struct ll_error *err) LL_MUST_CHECK;
/* Reads a table object into *ret (initialised with schema). */
enum ll_status ll_lake_get_table(struct ll_lake *lake, const struct ll_manifest_object *object,
                                 const struct ll_schema *schema, struct ll_batch *ret,
                                 struct ll_error *err) LL_MUST_CHECK;

/* Object of a manifest whose key starts with prefix ("processed/stream/"), or NULL. */
const struct ll_manifest_object *ll_manifest_object_find(const struct ll_manifest *manifest,
                                                         const char *prefix);

#endif
