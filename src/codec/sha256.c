#include "codec/sha256.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The calls below the EVP layer take no lock and no memory: a fifth of the time of decoding. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/arena.h"

#define PIECE_BYTES ((size_t)256 * 1024)

struct ll_sha256 ll_sha256_of(struct ll_str data)
{
    struct ll_sha256 hash;
    SHA256_CTX context;
    int done = SHA256_Init(&context) && SHA256_Update(&context, data.ptr, data.len) &&
               SHA256_Final(hash.bytes, &context);
    assert(done); /* these fail only for a wrong context */
    return hash;
}

/* By hand: OpenSSL's one-call HMAC fetches its digest anew each time, ten times the hashing. */
struct ll_sha256 ll_hmac_sha256(struct ll_str key, struct ll_str data)
{
    enum { BLOCK = 64 };
    unsigned char pad[BLOCK] = {0};
    struct ll_sha256 hash = {0};
    if (key.len > BLOCK) {
        hash = ll_sha256_of(key);
        memcpy(pad, hash.bytes, sizeof(hash.bytes));
    } else if (key.len > 0) {
        memcpy(pad, key.ptr, key.len);
    }
    struct ll_str parts[] = {data, {(const char *)hash.bytes, sizeof(hash.bytes)}};
    const unsigned char masks[] = {0x36, 0x36 ^ 0x5c}; /* the second undoes the first */
    for (size_t i = 0; i < LL_COUNT(parts); i++) {
        SHA256_CTX context;
        for (size_t at = 0; at < BLOCK; at++)
            pad[at] ^= masks[i];
        int done = SHA256_Init(&context) && SHA256_Update(&context, pad, BLOCK) &&
                   SHA256_Update(&context, parts[i].ptr, parts[i].len) &&
                   SHA256_Final(hash.bytes, &context);
        assert(done);
    }
    explicit_bzero(pad, sizeof(pad));
    return hash;
}

static enum ll_status hash_fd(int fd, EVP_MD_CTX *digest, char *piece, int64_t *ret_size_bytes,
                              struct ll_error *err)
{
    int64_t size_bytes = 0;
    for (;;) {
        ssize_t got = read(fd, piece, PIECE_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ll_fail_errno(err, errno, "read");
        if (got == 0)
            break;
        int updated = EVP_DigestUpdate(digest, piece, (size_t)got);
        assert(updated == 1);
        size_bytes += got;
    }
    *ret_size_bytes = size_bytes;
    return LL_OK;
}

enum ll_status ll_sha256_file(const char *path, struct ll_sha256 *ret_hash, int64_t *ret_size_bytes,
                              struct ll_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return ll_fail(err, LL_NOT_FOUND, ENOENT, "%s: no such file", path);
    if (fd < 0)
        return ll_fail_errno(err, errno, "open %s", path);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    int ready = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    assert(ready == 1);
    char *piece = ll_xcalloc(PIECE_BYTES, 1);
    int64_t size_bytes = 0;
    enum ll_status status = hash_fd(fd, digest, piece, &size_bytes, err);
    free(piece);
    close(fd);
    if (status == LL_OK) {
        ready = EVP_DigestFinal_ex(digest, ret_hash->bytes, NULL);
        assert(ready == 1);
        *ret_size_bytes = size_bytes;
    } else {
        ll_context(err, "%s", path);
    }
    EVP_MD_CTX_free(digest);
    return status;
}

struct ll_sha256_text ll_sha256_hex(struct ll_sha256 hash)
{
    static const char digits[] = "0123456789abcdef";
    struct ll_sha256_text text;
    for (size_t i = 0; i < sizeof(hash.bytes); i++) {
        text.c[2 * i] = digits[hash.bytes[i] >> 4];
        text.c[2 * i + 1] = digits[hash.bytes[i] & 0xF];
    }
    text.c[sizeof(text.c) - 1] = '\0';
    return text;
}
