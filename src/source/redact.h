/* Taking people out of raw objects: their rows are cut, their names in others' texts are masked,
 * and all other bytes stay as they were.
 *
 *   rows      the object of a person's row is cut out of its list, with one comma; of CSV its line
 *   texts     titles, tags and descriptions of others: a name becomes as many '*' as it has
 *             characters, as a whole word ("livelake" not in "livelakes"; ASCII letters, digits and
 * '_' make words), whatever the case of ASCII letters. A name of fewer than LL_REDACT_SHORT
 * characters, which may be a common word, only behind an '@' requests  in query parameters that
 * name people (streams: user_id, user_login; users: id, login) the value is masked in the same way
 *   damage    what cannot be read as a row or a line is cut whole when it names a person by id,
 *             else names in it are masked
 *
 * A text that changes is written anew as a JSON string; so is a body kept as body_text or body_b64
 * of an envelope. */
#ifndef LL_SOURCE_REDACT_H
#define LL_SOURCE_REDACT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "source/tables.h"

#define LL_REDACT_SHORT 4

struct ll_redaction {
    bool (*is_gone)(void *context, int64_t id);
    /* Names of a row that is cut, as they stand there; NULL = not wanted. */
    void (*met)(void *context, struct ll_str name);
    void *context;
    const struct ll_str *names; /* to be masked; none of them empty */
    size_t name_count;
};

struct ll_redacted {
    int64_t rows, texts, requests; /* cut, changed, changed */
};

/* What `bytes` (of a raw object: format as in decoder.h) become, appended to *out; nothing is
 * appended when all counts are 0. Tables other than stream and user hold no people. */
enum ll_status ll_redact(const struct ll_redaction *redaction, enum ll_table table,
                         struct ll_str format, struct ll_str bytes, struct ll_buf *out,
                         struct ll_redacted *ret, struct ll_error *err) LL_MUST_CHECK;
/* One body of an API, as ll_redact. */
enum ll_status ll_redact_body(const struct ll_redaction *redaction, enum ll_table table,
                              struct ll_str body, struct ll_buf *out, struct ll_redacted *ret,
                              struct ll_error *err) LL_MUST_CHECK;
/* The path and query of a request; false when it stays (and nothing is appended). */
bool ll_redact_target(const struct ll_redaction *redaction, enum ll_table table,
                      struct ll_str target, struct ll_buf *out);

/* A text with the names masked, appended to *out; false when it has none of them (nothing is
 * appended then). */
bool ll_redact_text(const struct ll_str *names, size_t count, struct ll_str text,
                    struct ll_buf *out);
/* Whether a record in quarantine names somebody who is gone, by id. */
bool ll_redact_mentions(const struct ll_redaction *redaction, enum ll_table table,
                        struct ll_str text);

/* A quick look at bytes in which a word may stand: as it is, or with characters beyond ASCII as
 * \uXXXX; whatever the case of ASCII letters. */
struct ll_needles {
    struct ll_needle {
        struct ll_str bytes; /* lower case */
        uint8_t shifts[256];
    } * items;
    size_t count;
    struct ll_arena arena;
};
void ll_needles_add(struct ll_needles *needles, struct ll_str word);
bool ll_needles_any(const struct ll_needles *needles, struct ll_str bytes);
void ll_needles_clear(struct ll_needles *needles); /* takes {0} */

#endif
