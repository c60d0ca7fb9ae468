#include "codec/json_internal.h"

#include <assert.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define REPLACEMENT 0xFFFDu
#define LONE_SURROGATE UINT32_MAX /* no code point */

static bool is_special(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

/* The first byte of [p, end) that is a quote, a backslash, a control character or not ASCII; `end`
 * when there is none. Most strings of a record are ASCII and shorter than one step. */
#ifdef __SSE2__
static inline const char *find_special(const char *p, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    for (; end - p >= 16; p += 16) {
        __m128i bytes;
        memcpy(&bytes, p, sizeof(bytes));
        /* Compared as signed numbers, bytes that are not ASCII are below the space too. */
        __m128i hits = _mm_or_si128(
            _mm_cmplt_epi8(bytes, space),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        int mask = _mm_movemask_epi8(hits);
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
    while (p < end && !is_special((unsigned char)*p))
        p++;
    return p;
}
#else
/* Nonzero when a byte of `word` is zero (Mycroft 1987). */
static uint64_t zero_byte(uint64_t word)
{
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

static inline const char *find_special(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        uint64_t below_space = (word - 0x2020202020202020u) & ~word;
        if (((below_space | word) & 0x8080808080808080u) != 0 ||
            zero_byte(word ^ 0x2222222222222222u) != 0 ||
            zero_byte(word ^ 0x5C5C5C5C5C5C5C5Cu) != 0)
            break;
    }
    while (p < end && !is_special((unsigned char)*p))
        p++;
    return p;
}
#endif

/* As find_special, for where another escape or letter that is not ASCII is likely. */
static inline const char *next_special(const char *p, const char *end)
{
    return p < end && is_special((unsigned char)*p) ? p : find_special(p, end);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* As ll_str_utf8_step; the forms of two and three bytes that need no further check come first. */
static int utf8_step(const char *p, const char *end)
{
    unsigned char first = (unsigned char)p[0];
    if (end - p >= 3) {
        if (first >= 0xC2 && first <= 0xDF && is_continuation(p[1]))
            return 2;
        if (first > 0xE0 && first <= 0xEF && first != 0xED && is_continuation(p[1]) &&
            is_continuation(p[2]))
            return 3;
    }
    return ll_str_utf8_step((struct ll_str){p, (size_t)(end - p)}, 0);
}

/* Four hexadecimal digits; false when they are not. */
static bool hex4(const char *p, const char *end, uint32_t *ret_value)
{
    if (end - p < 4)
        return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    *ret_value = value;
    return true;
}

/* The escape of the form \uXXXX, or a pair of them, at p. Returns its length, 0 when ill-formed. */
static size_t unicode_escape(const char *p, const char *end, uint32_t *ret_code)
{
    uint32_t high, low;
    if (!hex4(p + 2, end, &high))
        return 0;
    *ret_code = high;
    if (high < 0xD800 || high > 0xDFFF)
        return 6;
    if (high < 0xDC00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u' && hex4(p + 8, end, &low) &&
        low >= 0xDC00 && low <= 0xDFFF) {
        *ret_code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        return 12;
    }
    *ret_code = LONE_SURROGATE;
    return 6;
}

/* The escape whose backslash is at p: its length in the input, 0 when ill-formed. */
static size_t escape_at(const char *p, const char *end, uint32_t *ret_code)
{
    if (end - p < 2)
        return 0;
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
        *ret_code = (uint32_t)p[1];
        return 2;
    case 'b':
        *ret_code = '\b';
        return 2;
    case 'f':
        *ret_code = '\f';
        return 2;
    case 'n':
        *ret_code = '\n';
        return 2;
    case 'r':
        *ret_code = '\r';
        return 2;
    case 't':
        *ret_code = '\t';
        return 2;
    case 'u':
        return unicode_escape(p, end, ret_code);
    default:
        return 0;
    }
}

/* Writes a code point as UTF-8 and returns the bytes written. */
static size_t encode(uint32_t code, char out[4])
{
    if (code == LONE_SURROGATE)
        code = REPLACEMENT;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* The piece at p that find_special stopped at, neither a quote nor a control character: its length
 * in the input, 0 when it is an ill-formed escape. Its value goes to out, which holds 4 bytes. */
static size_t decode_piece(const char *p, const char *end, char *out, size_t *ret_len,
                           bool *ret_repaired)
{
    if (*p == '\\') {
        uint32_t code;
        size_t used = escape_at(p, end, &code);
        if (used == 0)
            return 0;
        *ret_len = encode(code, out);
        *ret_repaired = code == LONE_SURROGATE;
        return used;
    }
    int step = utf8_step(p, end);
    *ret_repaired = step < 0;
    if (step < 0) {
        *ret_len = encode(REPLACEMENT, out);
        return (size_t)-step;
    }
    *ret_len = (size_t)step;
    memcpy(out, p, (size_t)step);
    return (size_t)step;
}

/* Goes on from the first byte that is not plain, at p, to the closing quote. */
static bool scan_decoded(struct ll_json *reader, struct ll_json_text *text, const char *p)
{
    const char *end = reader->end;
    for (;;) {
        const char *special = next_special(p, end);
        text->len += (size_t)(special - p);
        p = special;
        if (p == end)
            return ll_json_fail(reader, p, "unterminated string");
        if (*p == '"')
            break;
        if ((unsigned char)*p < 0x20)
            return ll_json_fail(reader, p, "control character in a string");
        char out[4];
        size_t len;
        bool repaired;
        size_t used = decode_piece(p, end, out, &len, &repaired);
        if (used == 0)
            return ll_json_fail(reader, p, "ill-formed escape");
        text->len += len;
        text->repaired += repaired;
        p += used;
    }
    text->end = p;
    reader->at = p + 1;
    return true;
}

bool ll_json_text_scan(struct ll_json *reader, struct ll_json_text *ret_text)
{
    const char *end = reader->end, *begin = reader->at + 1;
    const char *p = find_special(begin, end);
    while (p < end && (unsigned char)*p >= 0x80) {
        int step = utf8_step(p, end);
        if (step < 0)
            break;
        p += step;
        if (p == end || !((unsigned char)*p >= 0x80))
            p = find_special(p, end);
    }
    size_t len = (size_t)(p - begin);
    if (p < end && *p == '"') {
        *ret_text = (struct ll_json_text){.begin = begin, .end = p, .len = len, .plain = true};
        reader->at = p + 1;
        return true;
    }
    struct ll_json_text text = {.begin = begin, .len = len};
    if (!scan_decoded(reader, &text, p))
        return false;
    *ret_text = text;
    return true;
}

struct ll_str ll_json_text_value(struct ll_json *reader, const struct ll_json_text *text)
{
    if (text->plain)
        return (struct ll_str){text->begin, text->len};
    assert(reader->arena != NULL);
    char *out = ll_arena_bytes(reader->arena, text->len);
    size_t len = 0;
    for (const char *p = text->begin; p < text->end;) {
        const char *special = next_special(p, text->end);
        memcpy(out + len, p, (size_t)(special - p));
        len += (size_t)(special - p);
        p = special;
        if (p == text->end)
            break;
        char piece[4];
        size_t piece_len;
        bool repaired;
        size_t used = decode_piece(p, text->end, piece, &piece_len, &repaired);
        assert(used > 0); /* the scan took it */
        p += used;
        memcpy(out + len, piece, piece_len);
        len += piece_len;
    }
    assert(len == text->len);
    reader->repaired += text->repaired;
    return (struct ll_str){out, len};
}
