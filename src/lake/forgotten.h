/* Who is forgotten: kept as HMAC-SHA256 under the lake's own secret, so that the list says who must
 * not be collected to nobody who does not know the id already.
 *
 *   <lake>/.secret      32 random bytes, 0600, made when first needed; no object of the store
 *   forgotten.json      {"schema":1,"people":[{"date":"2026-11-24","hmac":"<64 hex digits>"},…]}
 *
 * What is hashed is "user:<id>", the id in decimal. Without the secret the list is worthless, so a
 * lake that has one and lost the other is refused. */
#ifndef LL_LAKE_FORGOTTEN_H
#define LL_LAKE_FORGOTTEN_H

#include "base/secret.h"
#include "codec/sha256.h"
#include "source/redact.h"
#include "store/store.h"

#define LL_FORGOTTEN_KEY "forgotten.json"
#define LL_LAKE_SECRET_NAME ".secret"
#define LL_LAKE_SECRET_BYTES 32

struct ll_forgotten_person {
    struct ll_sha256_text hmac;
    int32_t day; /* forgotten on */
};

struct ll_forgotten {
    struct ll_secret secret;            /* not set while nobody is forgotten */
    struct ll_forgotten_person *people; /* ascending by hmac */
    size_t count;
};

/* Reads list and secret of the lake in the folder `dir`, replacing what *ret held ({0} at first).
 * LL_CORRUPT when one of the two is damaged, or there is a list without a secret. */
enum ll_status ll_forgotten_load(const char *dir, struct ll_store *store, struct ll_forgotten *ret,
                                 struct ll_error *err) LL_MUST_CHECK;
/* Makes the secret of the lake where there is none yet, durably. *forgotten is a loaded list. */
enum ll_status ll_forgotten_need_secret(const char *dir, struct ll_forgotten *forgotten,
                                        struct ll_error *err) LL_MUST_CHECK;
/* Adds an id to a loaded list that has its secret, and puts the list, durably. Nothing when it is
 * on it already. */
enum ll_status ll_forgotten_add(struct ll_store *store, struct ll_forgotten *forgotten, int64_t id,
                                int32_t day, struct ll_error *err) LL_MUST_CHECK;
/* With a secret only. */
struct ll_sha256_text ll_forgotten_hmac(const struct ll_forgotten *forgotten, int64_t id);
/* Whether an id is on the list. `forgotten` may be NULL: nobody is. */
bool ll_forgotten_has(const struct ll_forgotten *forgotten, int64_t id);
/* Takes them out of raw objects: rows and requests by id; no names are known. */
struct ll_redaction ll_forgotten_redaction(const struct ll_forgotten *forgotten);
static inline bool ll_forgotten_any(const struct ll_forgotten *forgotten)
{
    return forgotten != NULL && forgotten->count > 0;
}
void ll_forgotten_clear(struct ll_forgotten *forgotten); /* takes {0} */

#endif
