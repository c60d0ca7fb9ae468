#include "codec/random.h"

#include <assert.h>
#include <limits.h>

#include <openssl/rand.h>

enum ll_status ll_random_bytes(unsigned char *ret_bytes, size_t count, struct ll_error *err)
{
    assert(count <= INT_MAX);
    if (RAND_priv_bytes(ret_bytes, (int)count) != 1)
        return ll_fail(err, LL_IO, 0, "the system gives no random bytes");
    return LL_OK;
}
