/* The override table: what Twitch leaves open about a category. Some large categories have no
 * igdb_id although they are games, others are no games at all. It never replaces an igdb_id that
 * Twitch gives.
 *
 * The table that ships is data/category_overrides.csv (category_id,igdb_id,kind,name), embedded at
 * build: kind "game" has an igdb_id, kind "non_game" has none. The name is for people. How each row
 * was checked: docs/internals/source.md. */
#ifndef LL_SOURCE_OVERRIDES_H
#define LL_SOURCE_OVERRIDES_H

#include "base/batch.h"
#include "base/err.h"

enum ll_override_column {
    LL_OVERRIDE_CATEGORY_ID, /* I64 */
    LL_OVERRIDE_IGDB_ID,     /* I64 or NULL */
    LL_OVERRIDE_NON_GAME,    /* BOOL */
    LL_OVERRIDE_NAME,        /* TEXT */
};

/* Its table name is "stage_override". */
const struct ll_schema *ll_overrides_schema(void);

/* The table that ships. */
struct ll_str ll_overrides_builtin(void);

/* Parses the CSV into *ret (not initialised before), ascending by category_id. LL_INVALID, with the
 * line, for anything that is not as above, and for a category named twice. */
enum ll_status ll_overrides_parse(struct ll_str csv, struct ll_batch *ret,
                                  struct ll_error *err) LL_MUST_CHECK;

#endif
