/* Migrations of a lake: from the schema that lake.json names to the one this program writes.
 *
 * A step leads from one schema to the next. It only adds: what the older schema knows stays
 * readable until lake.json names the newer one, and a step that was begun can be done again. Around
 * them:
 *
 *   lake.v<N>-<stamp>.json   lake.json as it was, the snapshot; the newest one is kept
 *   migrate.json             the intent: there from before the first step until after the last
 *
 * Killed anywhere, the lake is of the old schema or of the new one, and the next call goes on. When
 * a step fails, the snapshot is put back. The caller owns the lake. */
#ifndef LL_LAKE_MIGRATE_H
#define LL_LAKE_MIGRATE_H

#include "lake/lake.h"

#define LL_LAKE_INTENT_KEY "migrate.json"
#define LL_LAKE_SNAPSHOT_PREFIX "lake.v"

struct ll_lake_step {
    int to;           /* the schema it leads to, from to - 1 */
    const char *what; /* what is different there */
    /* NULL: only the number changes, so that older programs refuse what newer ones write. */
    enum ll_status (*apply)(struct ll_store *store, struct ll_error *err);
};
/* In order; the last leads to LL_LAKE_SCHEMA. */
const struct ll_lake_step *ll_lake_steps(size_t *ret_count);

struct ll_lake_migrate_options {
    struct ll_store *store;
    const struct ll_lake_step *steps; /* ll_lake_steps */
    size_t step_count;
    int64_t now_s; /* names the snapshot */
};

struct ll_migrated {
    int from, to;       /* equal: nothing was to be done */
    char snapshot[128]; /* its key or path; "" = none was made */
};

/* Does what is to be done, goes on where a killed process left off; nothing otherwise. LL_NOT_FOUND
 * without a lake.json. After another error lake.json is as it was before, as err->message says. */
enum ll_status ll_lake_migrate(const struct ll_lake_migrate_options *options,
                               struct ll_migrated *ret, struct ll_error *err) LL_MUST_CHECK;
/* Whether a migration was begun and has not come to its end. */
enum ll_status ll_lake_migrating(struct ll_store *store, bool *ret,
                                 struct ll_error *err) LL_MUST_CHECK;

#endif
