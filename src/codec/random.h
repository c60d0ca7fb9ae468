/* Random bytes that secrets can be made of, by OpenSSL. */
#ifndef LL_CODEC_RANDOM_H
#define LL_CODEC_RANDOM_H

#include <stddef.h>

#include "base/err.h"

/* LL_IO when the system has none to give. */
enum ll_status ll_random_bytes(unsigned char *ret_bytes, size_t count,
                               struct ll_error *err) LL_MUST_CHECK;

#endif
