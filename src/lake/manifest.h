/* Manifests: what a stage has committed. A run (or day) exists in a layer when it has a manifest
 * there; readers trust manifests, never listings. They are put if absent, under the next
 * generation; the highest generation wins.
 *
 * The text is JSON with sorted, fixed keys, so equal content is equal bytes. It carries no time of
 * its own making: what it says follows from its inputs. */
#ifndef LL_LAKE_MANIFEST_H
#define LL_LAKE_MANIFEST_H

#include "base/arena.h"
#include "codec/sha256.h"
#include "lake/keys.h"
#include "store/store.h"

#define LL_MANIFEST_SCHEMA 1 /* of manifests; keys that may be absent do not raise it */
#define LL_RUN_WHY_MAX 240   /* bytes of ll_manifest.why that are written */

enum ll_run_status { LL_RUN_COMPLETE, LL_RUN_PARTIAL, LL_RUN_FAILED, LL_RUN_MISSED };

struct ll_manifest_object {
    struct ll_str key;
    int64_t size_bytes;
    struct ll_sha256_text sha256; /* of the stored bytes */
    int64_t rows;                 /* tables: rows; raw: -1 */
    /* Raw only. `name` is where it came from (an imported file's path); format as in decoder.h. */
    struct ll_str format;
    struct ll_str name;
    struct ll_sha256_text content_sha256; /* of the uncompressed bytes */
    /* Of an imported file's content before people were taken out of it; "" = as it came. */
    struct ll_sha256_text original_sha256;
    int64_t content_bytes;
};

struct ll_manifest_input {
    struct ll_str id;
    int generation;
    struct ll_sha256_text sha256; /* of the input manifest's bytes */
};

/* Counts of a run; 0 where a source has no such thing. See sql/schema.sql, table run. */
struct ll_run_counts {
    int64_t pages, requests, rows_in, rows_out, duplicates, restarted, quarantined;
    int64_t repaired, clamped, vanished, refound, errors, viewers;
};

/* What stands for a manifest whose objects were removed on purpose: its next generation, which says
 * all that it said, and this. Readers that compare inputs know it by what it stands for. */
struct ll_manifest_dropped {
    struct ll_str reason;         /* "retention" */
    int generation;               /* of the manifest it stands for; 0 = nothing was removed */
    struct ll_sha256_text sha256; /* of that manifest's bytes */
};

struct ll_manifest {
    struct ll_arena arena; /* owns all text and arrays of a manifest that was read */
    enum ll_layer layer;
    struct ll_id id;
    int32_t day;
    int generation;                     /* 0 before it is written */
    struct ll_manifest_dropped dropped; /* .generation > 0: its objects are gone */
    int schema;
    struct ll_str source;   /* "twitch", "igdb", "import-origin"; history: "" */
    struct ll_str resource; /* "streams", "users", … ; history: "day" */
    int64_t slot_s;         /* slot, or instant of the dump; history: start of the day */
    int32_t cadence_s;      /* streams: the slot's length; else 0 */
    enum ll_run_status status;
    int attempt;
    int64_t started_ms, finished_ms; /* epoch; 0 = unknown */
    double sweep_coverage;           /* 0..1; negative = unknown */
    struct ll_str why;               /* runs: why not complete, in words; "" = nothing to say */
    struct ll_run_counts counts;
    int64_t forgotten; /* rows of people who are forgotten, taken out of it; in no other count */
    int replaces;      /* raw: the generation that this one is, without them; 0 = none */
    struct ll_manifest_object *objects;
    size_t object_count;
    struct ll_manifest_input *inputs;
    size_t input_count;
};

/* One manifest of a listing: the highest generation of its id. */
struct ll_manifest_entry {
    struct ll_id id;
    int32_t day;
    int generation;
};

struct ll_manifest_list {
    struct ll_manifest_entry *entries; /* ordered by (day, id) */
    size_t count;
};

const char *ll_run_status_name(enum ll_run_status status);

/* The manifest's bytes. */
void ll_manifest_serialize(const struct ll_manifest *manifest, struct ll_buf *out);
/* LL_CORRUPT with what is wrong; LL_UNSUPPORTED for a newer schema. *ret must be cleared. */
enum ll_status ll_manifest_parse(struct ll_str text, struct ll_manifest *ret,
                                 struct ll_error *err) LL_MUST_CHECK;

/* Its key and bytes. LL_LIMIT beyond LL_GENERATION_MAX. */
enum ll_status ll_manifest_write(const struct ll_manifest *manifest, struct ll_key *ret_key,
                                 struct ll_buf *out, struct ll_error *err) LL_MUST_CHECK;
/* Puts it under its generation (> 0). LL_CONFLICT when that generation is taken, LL_LIMIT beyond
 * LL_GENERATION_MAX. Not synced. */
enum ll_status ll_manifest_put(struct ll_store *store, const struct ll_manifest *manifest,
                               struct ll_sha256_text *ret_sha256,
                               struct ll_error *err) LL_MUST_CHECK;
/* Reads one, checking that content and key agree. ret_sha256 (may be NULL) is what others know it
 * by: of its bytes, or of those it stands for when its objects were dropped. */
enum ll_status ll_manifest_get(struct ll_store *store, enum ll_layer layer,
                               const struct ll_manifest_entry *entry, struct ll_manifest *ret,
                               struct ll_sha256_text *ret_sha256,
                               struct ll_error *err) LL_MUST_CHECK;
/* The highest generation of an id: LL_NOT_FOUND when it has none. */
enum ll_status ll_manifest_latest(struct ll_store *store, enum ll_layer layer, int32_t day,
                                  const char *id, struct ll_manifest_entry *ret,
                                  struct ll_error *err) LL_MUST_CHECK;
/* The latest of every id in a layer, for days in [from_day, to_day]. */
enum ll_status ll_manifest_list_days(struct ll_store *store, enum ll_layer layer, int32_t from_day,
                                     int32_t to_day, struct ll_manifest_list *ret,
                                     struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_manifest_list_all(struct ll_store *store, enum ll_layer layer,
                                    struct ll_manifest_list *ret,
                                    struct ll_error *err) LL_MUST_CHECK;
/* Every generation, not only the latest. */
enum ll_status ll_manifest_list_generations(struct ll_store *store, enum ll_layer layer,
                                            struct ll_manifest_list *ret,
                                            struct ll_error *err) LL_MUST_CHECK;
/* Which manifests of a layer count: the latest of each run or day; in raw those before it, too,
 * back to one whose objects were dropped, which speaks for all before it. `each` gets every
 * manifest, of a run or day the latest first; of those that count it says whether their objects
 * were dropped. */
typedef enum ll_status ll_manifest_visit_fn(void *context, const struct ll_manifest_entry *entry,
                                            bool counts, bool *ret_dropped, struct ll_error *err);
enum ll_status ll_manifest_visit(struct ll_store *store, enum ll_layer layer,
                                 ll_manifest_visit_fn *each, void *context,
                                 struct ll_error *err) LL_MUST_CHECK;
const struct ll_manifest_entry *ll_manifest_list_find(const struct ll_manifest_list *list,
                                                      int32_t day, const char *id);
/* The generation that others know it by: its own, or of what it stands for. */
int ll_manifest_known_generation(const struct ll_manifest *manifest);
/* Whether both name the same bytes in the same order. */
bool ll_manifest_same_objects(const struct ll_manifest *a, const struct ll_manifest *b);
void ll_manifest_list_clear(struct ll_manifest_list *list);
void ll_manifest_clear(struct ll_manifest *manifest); /* takes {0} */

#endif
