/* The lines of our own raw layer: one answer of a source, with what was asked, as NDJSON.
 *
 *   {"request":{"method":"GET","path":"/helix/streams?first=100"},"status":200,
 *    "received_at":"2026-11-23T15:45:03.123Z","headers":{"date":"…"},"body":{"data":[…]}}
 *
 * (without the break). The answer's bytes stand under one of three keys: `body`, verbatim, when
 * they are one JSON value in UTF-8 without a line break and without white space around it;
 * `body_text`, a JSON string, when they are UTF-8; else `body_b64`. So any tool for JSON can read a
 * line, and every body comes back byte for byte. Keys are written in this order; readers take any.
 */
#ifndef LL_SOURCE_ENVELOPE_H
#define LL_SOURCE_ENVELOPE_H

#include "base/arena.h"
#include "base/buf.h"

struct ll_envelope_header {
    struct ll_str name, value;
};

/* All text but the body is UTF-8. Nothing of it may be a secret: the line is kept. */
struct ll_envelope {
    struct ll_str method;       /* "GET" */
    struct ll_str target;       /* path and query */
    struct ll_str request_body; /* what was sent, as text; empty = left out */
    int status;
    int64_t received_ms;
    const struct ll_envelope_header *headers; /* those on the caller's list of allowed ones */
    size_t header_count;
    struct ll_str body; /* any bytes */
};

/* Appends the line with its line break. */
void ll_envelope_add(struct ll_buf *out, const struct ll_envelope *envelope);

/* What came, from a line. */
struct ll_envelope_answer {
    int64_t status;
    bool received_known;
    int64_t received_ms;
    struct ll_str body; /* as received; in the line or in the arena */
};

/* LL_CORRUPT when the line is no JSON object with a status and a body; the last of duplicate keys
 * wins. */
enum ll_status ll_envelope_read(struct ll_str line, struct ll_arena *arena,
                                struct ll_envelope_answer *ret, struct ll_error *err) LL_MUST_CHECK;

#endif
