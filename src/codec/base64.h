/* Base64 with padding (RFC 4648, section 4): bytes that are no text, inside JSON. */
#ifndef LL_CODEC_BASE64_H
#define LL_CODEC_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

void ll_base64_add(struct ll_buf *out, struct ll_str bytes);
/* Strict: whole groups of four, no white space, no other alphabet, unused bits zero. The bytes lie
 * in the arena. */
bool ll_base64_decode(struct ll_arena *arena, struct ll_str text,
                      struct ll_str *ret_bytes) LL_MUST_CHECK;

#endif
