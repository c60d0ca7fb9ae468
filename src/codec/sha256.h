/* SHA-256 (FIPS 180-4) by OpenSSL: identity of stored objects. */
#ifndef LL_CODEC_SHA256_H
#define LL_CODEC_SHA256_H

#include "base/err.h"
#include "base/str.h"

struct ll_sha256 {
    uint8_t bytes[32];
};
struct ll_sha256_text {
    char c[65];
}; /* lower-case hex, NUL-terminated */

struct ll_sha256 ll_sha256_of(struct ll_str data);
struct ll_sha256 ll_hmac_sha256(struct ll_str key, struct ll_str data); /* RFC 2104 */
/* Hash and size of a whole file, read in bounded pieces. LL_NOT_FOUND when there is none. */
enum ll_status ll_sha256_file(const char *path, struct ll_sha256 *ret_hash, int64_t *ret_size_bytes,
                              struct ll_error *err) LL_MUST_CHECK;
struct ll_sha256_text ll_sha256_hex(struct ll_sha256 hash);

#endif
