/* Reference data after a sweep: Twitch's categories, IGDB's games and terms, and IGDB's links to
 * categories that Twitch leaves without an igdb_id. Each resource becomes a dump of the raw layer,
 * whose instant is the sweep's slot.
 *
 *   categories       Get Games: ids nobody has asked for in a day, at most once an interval
 *   external_games   IGDB's games of live categories without an igdb_id, once a day
 *   games            all fields of ids not asked for in a week; of the others, once a day, what has
 *                    changed. An id that no longer comes back has vanished: logged
 *                    ("igdb.vanished"), and what was known of it stays
 *   genres, game_modes, themes, player_perspectives   once a day
 *
 * There is no memory but the raw layer: a dump's lines say what was asked, so ids that nobody knows
 * are not asked for again, and a dump that broke off is continued after the next sweep. A slot has
 * at most one dump of a resource. */
#ifndef LL_COLLECT_REFERENCE_H
#define LL_COLLECT_REFERENCE_H

#include "base/clock.h"
#include "lake/group.h"
#include "lake/keys.h"
#include "net/api.h"
#include "store/store.h"

#define LL_REFERENCE_INTERVAL_S 3600
#define LL_REFERENCE_RESOURCES 7
#define LL_IGDB_FIELDS_MAX 9 /* of one endpoint */

/* Fields that IGDB no longer knows ("Invalid Field"): left out from then on. The caller keeps it
 * from call to call; {0} at first. */
struct ll_igdb_dropped {
    bool fields[LL_REFERENCE_RESOURCES][LL_IGDB_FIELDS_MAX];
};

struct ll_reference_options {
    struct ll_store *store;
    const char *tmp_dir; /* on the store's file system, best */
    struct ll_api *twitch;
    struct ll_api *igdb; /* NULL: no IGDB */
    struct ll_clock *clock;
    int64_t slot_s;
    const int64_t *category_ids; /* of the sweep; 0 is passed over */
    size_t category_count;
    int32_t interval_s;              /* 0 = LL_REFERENCE_INTERVAL_S */
    struct ll_igdb_dropped *dropped; /* NULL: what is dropped is forgotten after this call */
    /* Of a caller who refreshes slot after slot. */
    struct ll_reference_memory *memory; /* spares reading raw again and again; NULL: read it */
    struct ll_manifest_group *group;    /* takes the manifests, to be committed later; NULL: now */
};

/* What raw says, kept from call to call. It must be the only one who refreshes this lake; after a
 * call that failed it is read from raw again, so that what a group held must be committed first. */
struct ll_reference_memory *ll_reference_memory_new(void);
void ll_reference_memory_free(struct ll_reference_memory *memory); /* takes NULL */

struct ll_reference_report {
    struct ll_id written[LL_REFERENCE_RESOURCES]; /* manifests */
    size_t written_count;
    int64_t requests;                          /* retries and all */
    int64_t categories, links, games, changed; /* rows received; changed: of the daily questions */
    int64_t vanished;                          /* games */
    struct ll_error error;                     /* the first thing that failed; LL_OK if nothing */
};

/* LL_OK also when an API failed: the report says so, and what had come is committed. Other statuses
 * meet the lake (LL_IO, LL_CONFLICT, LL_CORRUPT). LL_CANCELLED: what had come is committed. The
 * APIs must have no requests pending. *ret is set in any case. */
enum ll_status ll_reference_refresh(const struct ll_reference_options *options,
                                    struct ll_reference_report *ret,
                                    struct ll_error *err) LL_MUST_CHECK;

#endif
