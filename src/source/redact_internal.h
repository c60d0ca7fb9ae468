/* What the parts of redact.h share: one object (or body) on its way. */
#ifndef LL_SOURCE_REDACT_INTERNAL_H
#define LL_SOURCE_REDACT_INTERNAL_H

#include "codec/json.h"
#include "source/redact.h"

/* The keys by which a table's rows name people. */
struct ll_person_keys {
    struct ll_str id, login, name, texts[3];
};

struct ll_redacting {
    const struct ll_redaction *redaction;
    const struct ll_person_keys *keys;
    enum ll_table table;
    struct ll_str bytes;
    size_t copied; /* of bytes: everything before is in `out` or gone */
    struct ll_buf *out;
    struct ll_redacted counts;
    struct ll_arena arena; /* of one record or line */
};

const struct ll_person_keys *ll_person_keys_of(enum ll_table table); /* NULL: none */

/* Edits, in ascending order: [from, to) of the bytes becomes `with`. */
void ll_redact_edit(struct ll_redacting *r, const char *from, const char *to, struct ll_str with);
/* Copies what is left; for the end. */
void ll_redact_rest(struct ll_redacting *r);
/* The string token [from, to): masked, if it holds a name. */
void ll_redact_token(struct ll_redacting *r, const char *from, const char *to, struct ll_str value);
/* What cannot be read. */
void ll_redact_unreadable(struct ll_redacting *r, struct ll_str damaged);
/* The records of the JSON value at `at`, which ends before `end`; returns past it, or `end`. */
const char *ll_redact_records(struct ll_redacting *r, const char *at, const char *end);
void ll_redact_envelope(struct ll_redacting *r);
void ll_redact_csv(struct ll_redacting *r);
bool ll_redact_id(const struct ll_redaction *redaction, struct ll_str digits);
/* Whether it is the login or name of somebody to be masked, as a whole. */
bool ll_redact_is_name(const struct ll_redaction *redaction, struct ll_str text);

#endif
