/* A strict pull reader for JSON (RFC 8259) over one buffer, without copies or allocation.
 *
 * Values are visited in document order. Strings without escapes are views into the input; others
 * are unescaped into the caller's arena. Objects may have any key order, any legal white space,
 * unknown keys, nested values, duplicate keys (the caller sees both; "last wins" is the caller's).
 * Depth is capped at LL_JSON_DEPTH. Ill-formed UTF-8 and lone surrogates inside strings are not
 * errors: each is replaced by U+FFFD and counted in reader->repaired; bytes outside strings must be
 * ASCII. NUL and control characters written as \u escapes are kept (length-carrying strings); raw
 * control bytes inside strings are an error, as in the RFC.
 *
 *   struct ll_json r = ll_json_reader(text, &arena);
 *   if (ll_json_enter_object(&r))
 *       while (ll_json_next_key(&r, &key))
 *           if (ll_str_equal(key, LL_STR("id"))) ll_json_string(&r, &id);
 *           else ll_json_skip(&r);
 *   if (!ll_json_done(&r)) -> r.error, r.error_offset
 *
 * After ll_json_next_item or _next_key, read or skip exactly one value. Once an error is met every
 * call returns false and leaves its outputs alone, so a caller checks once, at the end of a record.
 * So that a bad record does not spoil its neighbours: copy the reader before the record (it is a
 * plain value) and, after an error, go back to the copy and ll_json_capture() or skip the record;
 * or capture first and decode with a reader of its own, which reads the bytes twice. What is
 * skipped is checked, but its repairs are not counted. */
#ifndef LL_CODEC_JSON_H
#define LL_CODEC_JSON_H

#include "base/arena.h"
#include "base/str.h"

#define LL_JSON_DEPTH 64

enum ll_json_kind {
    LL_JSON_NONE, /* end of input or error */
    LL_JSON_NULL,
    LL_JSON_FALSE,
    LL_JSON_TRUE,
    LL_JSON_NUMBER,
    LL_JSON_STRING,
    LL_JSON_ARRAY,
    LL_JSON_OBJECT,
};

struct ll_json {
    const char *at, *end, *start;
    struct ll_arena *arena;
    const char *error; /* static text, NULL while all is well */
    size_t error_offset;
    size_t repaired; /* ill-formed sequences replaced by U+FFFD */
    int depth;
    bool expect_comma[LL_JSON_DEPTH + 1];
};

/* `arena` may be NULL for a caller that only skips, captures and reads numbers and literals. */
struct ll_json ll_json_reader(struct ll_str text, struct ll_arena *arena);

/* Kind of the value that comes next; LL_JSON_NONE at the end of the input or, with an error, where
 * no value can begin. */
enum ll_json_kind ll_json_peek(struct ll_json *reader);
bool ll_json_enter_object(struct ll_json *reader); /* false (and error) if it is not an object */
bool ll_json_next_key(struct ll_json *reader,
                      struct ll_str *ret_key); /* false at '}', which is consumed */
/* Takes the next key if it is this one, written without escapes; else nothing has happened and
 * ll_json_next_key says what comes. For callers that can guess it: producers keep an order. */
bool ll_json_try_key(struct ll_json *reader, struct ll_str key);
bool ll_json_enter_array(struct ll_json *reader);
bool ll_json_next_item(struct ll_json *reader); /* false at ']', which is consumed */

/* Reads the next value whole, unless it is an array or an object, which stays to be entered or
 * skipped. Its kind; LL_JSON_NONE with an error. *ret_text is set for strings and numbers only. */
enum ll_json_kind ll_json_scalar(struct ll_json *reader, struct ll_str *ret_text);
bool ll_json_string(struct ll_json *reader, struct ll_str *ret_value);
/* The literal text of a number, checked against the grammar; convert with ll_str_to_i64 / _f64. */
bool ll_json_number(struct ll_json *reader, struct ll_str *ret_literal);
bool ll_json_bool(struct ll_json *reader, bool *ret_value);
bool ll_json_null(struct ll_json *reader);
bool ll_json_skip(struct ll_json *reader); /* the next value, fully checked */
/* As ll_json_skip, giving the value's bytes: from its first to its last byte. */
bool ll_json_capture(struct ll_json *reader, struct ll_str *ret_bytes);
/* True when one whole value was read, no error was met and only white space is left. */
bool ll_json_done(struct ll_json *reader);

#endif
