/* Names of everything in a lake. One place, so that a layout can be read here.
 *
 *   lake.json
 *   manifests/<layer>/<YYYY-MM-DD>/<id>.g<NNNN>.json
 *   raw/<source>/<resource>/date=<YYYY-MM-DD>/run=<id>/attempt=<NNNN>/<file>.zst
 *   processed/<table>/date=<YYYY-MM-DD>/run=<id>.parquet
 *   quarantine/<table>/date=<YYYY-MM-DD>/run=<id>.parquet
 *   history/<table>/date=<YYYY-MM-DD>/<table>.parquet
 *   forgotten.json                    who must not be collected: see forgotten.h
 *   forget/<HMAC of a person>.json    while a person is being forgotten: see pipeline/forget.h
 *   lake.v<N>-<stamp>.json            lake.json before its last migration: see migrate.h
 *   migrate.json                      while the lake is being migrated
 *
 * A raw object that was written anew without a person has ".g<NNNN>" before ".zst", the generation
 * of the manifest that it was written for.
 * The id of a sweep is its run id (20261123T154500Z); of a reference dump "<resource>-<run id>"; of
 * a closed day its date. */
#ifndef LL_LAKE_KEYS_H
#define LL_LAKE_KEYS_H

#include "base/str.h"
#include "base/time.h"

enum ll_layer { LL_LAYER_RAW, LL_LAYER_PROCESSED, LL_LAYER_HISTORY };
#define LL_LAYER_COUNT 3

struct ll_key {
    char c[512];
}; /* NUL-terminated; the text is asserted to fit */
struct ll_id {
    char c[96];
}; /* a manifest's id */

const char *ll_layer_name(enum ll_layer layer); /* "raw", "processed", "history" */

struct ll_id ll_id_run(int64_t slot_s);
struct ll_id ll_id_reference(struct ll_str resource, int64_t at_s);
struct ll_id ll_id_day(int32_t day);
bool ll_id_is_run(struct ll_str id); /* a sweep, not a reference dump */

#define LL_GENERATION_MAX 9999
struct ll_key ll_key_manifest(enum ll_layer layer, int32_t day, const char *id, int generation);
/* manifests/<layer>/ or, with day >= 0, manifests/<layer>/<date>/ */
struct ll_key ll_key_manifest_prefix(enum ll_layer layer, int32_t day);
/* The parts of a manifest's key; false for anything that is not one. */
bool ll_key_manifest_parse(struct ll_str key, int32_t *ret_day, struct ll_id *ret_id,
                           int *ret_generation) LL_MUST_CHECK;

struct ll_key ll_key_raw(const char *source, struct ll_str resource, int32_t day, const char *id,
                         int attempt, struct ll_str file);
/* That of a raw object written anew for a generation of its manifest. */
struct ll_key ll_key_raw_anew(struct ll_str key, int generation);
struct ll_key ll_key_forget(const char *hmac);
#define LL_FORGET_PREFIX "forget/"
struct ll_key ll_key_processed(const char *table, int32_t day, const char *id);
struct ll_key ll_key_quarantine(const char *table, int32_t day, const char *id);
struct ll_key ll_key_history(const char *table, int32_t day);

#endif
