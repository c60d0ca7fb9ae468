/* Reading one line of the raw layer key by key: private to envelope.c and envelope_records.c. */
#ifndef LL_SOURCE_ENVELOPE_INTERNAL_H
#define LL_SOURCE_ENVELOPE_INTERNAL_H

#include "codec/json.h"
#include "source/envelope.h"

enum ll_envelope_body {
    LL_ENVELOPE_NO_BODY,
    LL_ENVELOPE_JSON, /* checked */
    LL_ENVELOPE_TEXT,
    LL_ENVELOPE_BYTES,
};

struct ll_envelope_line {
    bool status_known;
    enum ll_envelope_body kind;
    struct ll_envelope_answer answer;
};

/* Takes the value of `key`, which comes next. False when it is not what the key stands for; then
 * reader->error may still be NULL. */
bool ll_envelope_take(struct ll_json *reader, struct ll_str key, struct ll_envelope_line *line);

#endif
