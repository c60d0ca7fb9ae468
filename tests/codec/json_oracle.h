/* What the JSON reader must agree on with jansson, and a canonical form to compare by. */
#ifndef TESTS_CODEC_JSON_ORACLE_H
#define TESTS_CODEC_JSON_ORACLE_H

#include "base/buf.h"
#include "codec/json.h"

/* Reads `text` whole with our reader and appends it to *out: compact, members in document order,
 * integers and doubles in one spelling each. The reader's final state; see its error. */
struct ll_json json_canon(struct ll_str text, struct ll_buf *out);

/* NULL when reading and skipping `text` agree with each other and with jansson, else what differs.
 */
const char *json_disagreement(struct ll_str text);

#endif
