#include "codec/json.h"

#include <assert.h>
#include <string.h>

#include "codec/json_internal.h"

struct ll_json ll_json_reader(struct ll_str text, struct ll_arena *arena)
{
    /* A NULL pointer would make "end of the input" differences undefined. */
    const char *start = text.ptr != NULL ? text.ptr : "";
    return (struct ll_json){.at = start, .end = start + text.len, .start = start, .arena = arena};
}

bool ll_json_fail(struct ll_json *reader, const char *at, const char *error)
{
    if (reader->error == NULL) {
        reader->error = error;
        reader->error_offset = (size_t)(at - reader->start);
    }
    reader->at = reader->end;
    return false;
}

static bool fail_here(struct ll_json *reader, const char *error)
{
    return ll_json_fail(reader, reader->at, error);
}

static inline const char *skip_space_at(const char *p, const char *end)
{
    while (p < end && (unsigned char)*p <= ' ' &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Moves over white space; false at the end of the input. */
static inline bool skip_space(struct ll_json *reader)
{
    reader->at = skip_space_at(reader->at, reader->end);
    return reader->at < reader->end;
}

static inline bool need_byte(struct ll_json *reader)
{
    return skip_space(reader) || fail_here(reader, "unexpected end");
}

/* Every value begins here. At the top there is one; `expect_comma[0]` says that it was begun. */
static inline bool begin_value(struct ll_json *reader)
{
    if (!need_byte(reader))
        return false;
    if (reader->depth == 0) {
        if (reader->expect_comma[0])
            return fail_here(reader, "more than one value");
        reader->expect_comma[0] = true;
    }
    return true;
}

enum ll_json_kind ll_json_peek(struct ll_json *reader)
{
    if (!skip_space(reader))
        return LL_JSON_NONE;
    switch (*reader->at) {
    case 'n':
        return LL_JSON_NULL;
    case 'f':
        return LL_JSON_FALSE;
    case 't':
        return LL_JSON_TRUE;
    case '"':
        return LL_JSON_STRING;
    case '[':
        return LL_JSON_ARRAY;
    case '{':
        return LL_JSON_OBJECT;
    case '-':
    case '0' ... '9':
        return LL_JSON_NUMBER;
    default:
        fail_here(reader, "expected a value");
        return LL_JSON_NONE;
    }
}

static bool enter(struct ll_json *reader, char open, const char *expected)
{
    if (!begin_value(reader))
        return false;
    if (*reader->at != open)
        return fail_here(reader, expected);
    if (reader->depth == LL_JSON_DEPTH)
        return fail_here(reader, "nested too deeply");
    reader->at++;
    reader->expect_comma[++reader->depth] = false;
    return true;
}

bool ll_json_enter_object(struct ll_json *reader)
{
    return enter(reader, '{', "expected an object");
}

bool ll_json_enter_array(struct ll_json *reader)
{
    return enter(reader, '[', "expected an array");
}

/* Moves to the next member or item; false at the closing bracket, which is consumed, or on error.
 */
static inline bool next_member(struct ll_json *reader, char close, const char *expected)
{
    if (!need_byte(reader))
        return false;
    assert(reader->depth > 0);
    bool *expect_comma = &reader->expect_comma[reader->depth];
    if (*reader->at == close) {
        reader->at++;
        reader->depth--;
        return false;
    }
    if (*expect_comma) {
        if (*reader->at != ',')
            return fail_here(reader, expected);
        reader->at++;
    }
    *expect_comma = true;
    return true;
}

bool ll_json_next_item(struct ll_json *reader)
{
    return next_member(reader, ']', "expected ',' or ']'");
}

static inline bool next_key_text(struct ll_json *reader, struct ll_json_text *ret_key)
{
    if (!next_member(reader, '}', "expected ',' or '}'") || !need_byte(reader))
        return false;
    if (*reader->at != '"')
        return fail_here(reader, "expected a key");
    if (!ll_json_text_scan(reader, ret_key) || !need_byte(reader))
        return false;
    if (*reader->at != ':')
        return fail_here(reader, "expected ':'");
    reader->at++;
    return true;
}

bool ll_json_next_key(struct ll_json *reader, struct ll_str *ret_key)
{
    struct ll_json_text key;
    if (!next_key_text(reader, &key))
        return false;
    *ret_key = ll_json_text_value(reader, &key);
    return true;
}

/* Equality with a short text: two loads that overlap instead of a call. */
static inline bool same_bytes(const char *a, const char *b, size_t len)
{
    if (len >= 8 && len <= 16) {
        uint64_t x[2], y[2];
        memcpy(&x[0], a, 8);
        memcpy(&y[0], b, 8);
        memcpy(&x[1], a + len - 8, 8);
        memcpy(&y[1], b + len - 8, 8);
        return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
    }
    if (len >= 4 && len < 8) {
        uint32_t x[2], y[2];
        memcpy(&x[0], a, 4);
        memcpy(&y[0], b, 4);
        memcpy(&x[1], a + len - 4, 4);
        memcpy(&y[1], b + len - 4, 4);
        return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
    }
    return memcmp(a, b, len) == 0;
}

bool ll_json_try_key(struct ll_json *reader, struct ll_str key)
{
    assert(reader->depth > 0);
    bool *expect_comma = &reader->expect_comma[reader->depth];
    const char *p = skip_space_at(reader->at, reader->end), *end = reader->end;
    if (*expect_comma) {
        if (p == end || *p != ',')
            return false;
        p = skip_space_at(p + 1, end);
    }
    if ((size_t)(end - p) < key.len + 3 || p[0] != '"' || p[key.len + 1] != '"' ||
        !same_bytes(p + 1, key.ptr, key.len))
        return false;
    p = skip_space_at(p + key.len + 2, end);
    if (p == end || *p != ':')
        return false;
    reader->at = p + 1;
    *expect_comma = true;
    return true;
}

/* The string whose opening quote is at reader->at. */
static inline bool read_text(struct ll_json *reader, struct ll_str *ret_value)
{
    struct ll_json_text text;
    if (!ll_json_text_scan(reader, &text))
        return false;
    *ret_value =
        text.plain ? (struct ll_str){text.begin, text.len} : ll_json_text_value(reader, &text);
    return true;
}

bool ll_json_string(struct ll_json *reader, struct ll_str *ret_value)
{
    if (!begin_value(reader))
        return false;
    if (*reader->at != '"')
        return fail_here(reader, "expected a string");
    return read_text(reader, ret_value);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* One digit at least, or an error. */
static bool need_digits(struct ll_json *reader, const char **p)
{
    const char *end = skip_digits(*p, reader->end);
    if (end == *p)
        return ll_json_fail(reader, *p, "expected a digit");
    *p = end;
    return true;
}

static bool scan_number(struct ll_json *reader, struct ll_str *ret_literal)
{
    const char *begin = reader->at, *p = begin, *end = reader->end;
    if (*p == '-')
        p++;
    if (p < end && *p == '0')
        p++;
    else if (!need_digits(reader, &p))
        return false;
    if (p < end && *p == '.') {
        p++;
        if (!need_digits(reader, &p))
            return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (!need_digits(reader, &p))
            return false;
    }
    *ret_literal = (struct ll_str){begin, (size_t)(p - begin)};
    reader->at = p;
    return true;
}

bool ll_json_number(struct ll_json *reader, struct ll_str *ret_literal)
{
    if (!begin_value(reader))
        return false;
    if (*reader->at != '-' && (*reader->at < '0' || *reader->at > '9'))
        return fail_here(reader, "expected a number");
    return scan_number(reader, ret_literal);
}

static bool take_word(struct ll_json *reader, struct ll_str word, const char *expected)
{
    if ((size_t)(reader->end - reader->at) < word.len ||
        memcmp(reader->at, word.ptr, word.len) != 0)
        return fail_here(reader, expected);
    reader->at += word.len;
    return true;
}

bool ll_json_bool(struct ll_json *reader, bool *ret_value)
{
    if (!begin_value(reader))
        return false;
    bool value = *reader->at == 't';
    if (!take_word(reader, value ? LL_STR("true") : LL_STR("false"), "expected true or false"))
        return false;
    *ret_value = value;
    return true;
}

bool ll_json_null(struct ll_json *reader)
{
    return begin_value(reader) && take_word(reader, LL_STR("null"), "expected null");
}

enum ll_json_kind ll_json_scalar(struct ll_json *reader, struct ll_str *ret_text)
{
    /* Most values of a record are strings. */
    if (reader->depth > 0 && skip_space(reader) && *reader->at == '"')
        return read_text(reader, ret_text) ? LL_JSON_STRING : LL_JSON_NONE;
    enum ll_json_kind kind = ll_json_peek(reader);
    bool value, read = true;
    switch (kind) {
    case LL_JSON_NONE:
        fail_here(reader, "unexpected end");
        return LL_JSON_NONE;
    case LL_JSON_NULL:
        read = ll_json_null(reader);
        break;
    case LL_JSON_FALSE:
    case LL_JSON_TRUE:
        read = ll_json_bool(reader, &value);
        break;
    case LL_JSON_NUMBER:
        read = begin_value(reader) && scan_number(reader, ret_text);
        break;
    case LL_JSON_STRING:
        read = ll_json_string(reader, ret_text);
        break;
    case LL_JSON_ARRAY:
    case LL_JSON_OBJECT:
        break;
    }
    return read ? kind : LL_JSON_NONE;
}

/* Skips a scalar, or enters an array or object. *objects has one bit a depth: an object there. */
static bool skip_one(struct ll_json *reader, uint64_t *objects)
{
    struct ll_json_text text;
    struct ll_str literal;
    bool value;
    switch (ll_json_peek(reader)) {
    case LL_JSON_NONE:
        return fail_here(reader, "unexpected end");
    case LL_JSON_NULL:
        return ll_json_null(reader);
    case LL_JSON_FALSE:
    case LL_JSON_TRUE:
        return ll_json_bool(reader, &value);
    case LL_JSON_NUMBER:
        return ll_json_number(reader, &literal);
    case LL_JSON_STRING:
        return begin_value(reader) && ll_json_text_scan(reader, &text);
    case LL_JSON_ARRAY:
        if (!ll_json_enter_array(reader))
            return false;
        *objects &= ~(UINT64_C(1) << (reader->depth - 1));
        return true;
    case LL_JSON_OBJECT:
        if (!ll_json_enter_object(reader))
            return false;
        *objects |= UINT64_C(1) << (reader->depth - 1);
        return true;
    }
    return false;
}

bool ll_json_skip(struct ll_json *reader)
{
    _Static_assert(LL_JSON_DEPTH <= 64, "one bit a depth");
    int depth = reader->depth;
    assert(depth >= 0);
    uint64_t objects = 0;
    if (!skip_one(reader, &objects))
        return false;
    while (reader->depth > depth) {
        struct ll_json_text key;
        bool is_object = (objects >> (reader->depth - 1) & 1) != 0;
        bool more = is_object ? next_key_text(reader, &key) : ll_json_next_item(reader);
        if (more ? !skip_one(reader, &objects) : reader->error != NULL)
            return false;
    }
    return true;
}

bool ll_json_capture(struct ll_json *reader, struct ll_str *ret_bytes)
{
    skip_space(reader);
    const char *begin = reader->at;
    if (!ll_json_skip(reader))
        return false;
    *ret_bytes = (struct ll_str){begin, (size_t)(reader->at - begin)};
    return true;
}

bool ll_json_done(struct ll_json *reader)
{
    if (reader->error != NULL)
        return false;
    if (skip_space(reader))
        return fail_here(reader, "more than one value");
    if (reader->depth > 0 || !reader->expect_comma[0])
        return fail_here(reader, "unexpected end");
    return true;
}
