/* A secret: bytes that no printf, log field or JSON writer accepts. The only way to them is
 * ll_secret_reveal, so that every use can be found by that name. */
#ifndef LL_BASE_SECRET_H
#define LL_BASE_SECRET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define LL_SECRET_MAX_BYTES (64 * 1024)
#define LL_SECRET_MASK "********" /* shown in its place; its length says nothing */

struct ll_secret {
    unsigned char *hidden; /* owned */
    size_t hidden_len;
};

void ll_secret_set(struct ll_secret *secret,
                   struct ll_str bytes); /* copies; the old one is wiped */
/* The file's content without one line break at its end. LL_INVALID when it is empty or too long. */
enum ll_status ll_secret_read(struct ll_secret *secret, const char *path,
                              struct ll_error *err) LL_MUST_CHECK;
bool ll_secret_is_set(const struct ll_secret *secret);
struct ll_str ll_secret_reveal(const struct ll_secret *secret); /* valid until set or cleared */
void ll_secret_clear(struct ll_secret *secret);                 /* wipes and frees; takes {0} */

/* Text around a secret (a form, a file's content): an empty buffer with room for so many bytes. It
 * must not outgrow them: a buffer that moves leaves its bytes behind in freed memory. */
struct ll_buf ll_secret_text(size_t room_bytes);
void ll_secret_text_clear(struct ll_buf *text); /* wipes and frees; takes {0} */

#endif
