/* Manifests held back until the objects that they name are durable: one sync then serves many runs.
 * A kill before the commit leaves objects without a manifest, which is as if they had never been.
 */
#ifndef LL_LAKE_GROUP_H
#define LL_LAKE_GROUP_H

#include "lake/manifest.h"

struct ll_manifest_group {
    struct ll_manifest_held *held; /* in the order in which they become visible */
    size_t count, capacity;
};

/* Takes a copy of the manifest's bytes. LL_LIMIT as ll_manifest_put. */
enum ll_status ll_manifest_group_hold(struct ll_manifest_group *group,
                                      const struct ll_manifest *manifest,
                                      struct ll_error *err) LL_MUST_CHECK;
/* Syncs the store, puts the manifests, syncs again; the group is then empty. On failure some may be
 * there, and the group is as before. Nothing when none is held. */
enum ll_status ll_manifest_group_commit(struct ll_manifest_group *group, struct ll_store *store,
                                        struct ll_error *err) LL_MUST_CHECK;
void ll_manifest_group_clear(struct ll_manifest_group *group); /* drops what is held; takes {0} */

#endif
