/* A store in memory that models a power cut: changes are seen at once, but until the next sync each
 * may be lost. Sync makes all of them durable. */
#ifndef LL_TESTS_SUPPORT_UNSYNCED_STORE_H
#define LL_TESTS_SUPPORT_UNSYNCED_STORE_H

#include "base/rand.h"
#include "store/store.h"

struct ll_store *unsynced_store_new(void);

/* The power cut: each put, replace and remove since the last sync is lost or not by the toss of a
 * coin, and what is left takes effect in any order. What a lost replace or remove covered is there
 * again. The store goes on being used, as after the restart; no other thread may use it meanwhile.
 */
void unsynced_store_crash(struct ll_store *store, struct ll_rand *rand);
/* As above, and half of the surviving REPLACE puts have lost their ends too: names that reached the
 * disk before the bytes did (see store.h on the local store). */
void unsynced_store_crash_torn(struct ll_store *store, struct ll_rand *rand);

size_t unsynced_store_pending(struct ll_store *store); /* changes since the last sync */

#endif
