/* Names in texts. */
#include <stdlib.h>
#include <string.h>

#include "source/redact_internal.h"

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool same_folded(struct ll_str a, struct ll_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (fold(a.ptr[i]) != fold(b.ptr[i]))
            return false;
    return true;
}

bool ll_redact_is_name(const struct ll_redaction *redaction, struct ll_str text)
{
    for (size_t i = 0; i < redaction->name_count; i++)
        if (same_folded(redaction->names[i], text))
            return true;
    return false;
}

static size_t characters(struct ll_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

/* Whether `name` stands at `at` as a word of its own. */
static bool stands_at(struct ll_str name, struct ll_str text, size_t at)
{
    size_t end = at + name.len;
    if (end > text.len || !same_folded(name, ll_str_sub(text, at, end)))
        return false;
    if (at > 0 && is_word(name.ptr[0]) && is_word(text.ptr[at - 1]))
        return false;
    if (end < text.len && is_word(name.ptr[name.len - 1]) && is_word(text.ptr[end]))
        return false;
    return characters(name) >= LL_REDACT_SHORT || (at > 0 && text.ptr[at - 1] == '@');
}

/* Of names that begin alike the longest. */
static struct ll_str name_at(const struct ll_str *names, size_t count, struct ll_str text,
                             size_t at)
{
    struct ll_str found = {0};
    for (size_t i = 0; i < count; i++)
        if (names[i].len > found.len && stands_at(names[i], text, at))
            found = names[i];
    return found;
}

bool ll_redact_text(const struct ll_str *names, size_t count, struct ll_str text,
                    struct ll_buf *out)
{
    size_t copied = 0;
    bool changed = false;
    for (size_t at = 0; at < text.len; at++) {
        struct ll_str name = name_at(names, count, text, at);
        if (name.len == 0)
            continue;
        ll_buf_add(out, ll_str_sub(text, copied, at));
        for (size_t i = characters(name); i > 0; i--)
            ll_buf_add_char(out, '*');
        copied = at + name.len;
        at = copied - 1;
        changed = true;
    }
    if (changed)
        ll_buf_add(out, ll_str_sub(text, copied, text.len));
    return changed;
}

bool ll_redact_id(const struct ll_redaction *redaction, struct ll_str digits)
{
    int64_t id;
    return digits.len > 0 && digits.ptr[0] != '-' && ll_str_to_i64(digits, &id) &&
           redaction->is_gone(redaction->context, id);
}

static struct ll_str digits_at(struct ll_str text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return ll_str_sub(text, at, end);
}

/* Behind the key, whose closing quote is before `at`: ':' and digits, perhaps quoted. */
static struct ll_str digits_of_key(struct ll_str text, size_t at)
{
    bool colon = false;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == ':' && !colon)
            colon = true;
        else if (c == '"' || c == '\\' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        else
            break;
    }
    return colon ? digits_at(text, at) : LL_STR("");
}

bool ll_redact_mentions(const struct ll_redaction *redaction, enum ll_table table,
                        struct ll_str text)
{
    const struct ll_person_keys *keys = ll_person_keys_of(table);
    if (keys == NULL)
        return false;
    bool is_json = ll_str_find(text, '{', 0) < text.len || ll_str_find(text, ':', 0) < text.len;
    for (size_t at = 0; at < text.len; at++) {
        struct ll_str digits = {0};
        if (is_json) {
            size_t end = at + keys->id.len;
            bool is_key = end < text.len && at > 0 && text.ptr[at - 1] == '"' &&
                          ll_str_equal(ll_str_sub(text, at, end), keys->id);
            digits = is_key ? digits_of_key(text, end) : digits;
        } else if (at == 0 || !is_word(text.ptr[at - 1])) { /* a line of CSV */
            digits = digits_at(text, at);
        }
        if (ll_redact_id(redaction, digits))
            return true;
    }
    return false;
}

/* --- needles */

static void add_needle(struct ll_needles *needles, struct ll_str bytes)
{
    needles->items = ll_xrealloc(needles->items, needles->count + 1, sizeof(*needles->items));
    struct ll_needle *needle = &needles->items[needles->count++];
    char *lower = ll_arena_bytes(&needles->arena, bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        lower[i] = (char)fold(bytes.ptr[i]);
    needle->bytes = (struct ll_str){lower, bytes.len};
    uint8_t most = bytes.len > 255 ? 255 : (uint8_t)bytes.len;
    memset(needle->shifts, most, sizeof(needle->shifts));
    for (size_t i = bytes.len - most; i + 1 < bytes.len; i++)
        needle->shifts[(unsigned char)lower[i]] = (uint8_t)(bytes.len - 1 - i);
}

static uint32_t code_point(struct ll_str s, size_t at, int length)
{
    static const unsigned char lead_masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = (unsigned char)s.ptr[at] & lead_masks[length];
    for (int i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)s.ptr[at + (size_t)i] & 0x3F);
    return code;
}

static void escape(struct ll_str word, struct ll_buf *out)
{
    for (size_t at = 0; at < word.len;) {
        int length = ll_str_utf8_step(word, at);
        uint32_t code = length > 0 ? code_point(word, at, length) : 0xFFFD;
        if (code < 0x80)
            ll_buf_add_char(out, (char)code);
        else if (code < 0x10000)
            ll_buf_printf(out, "\\u%04x", code);
        else
            ll_buf_printf(out, "\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
                          0xDC00 + ((code - 0x10000) & 0x3FF));
        at += (size_t)(length > 0 ? length : -length);
    }
}

void ll_needles_add(struct ll_needles *needles, struct ll_str word)
{
    LL_AUTO(ll_buf_clear) struct ll_buf escaped = {0};
    escape(word, &escaped);
    add_needle(needles, word);
    if (!ll_str_equal(ll_buf_str(&escaped), word))
        add_needle(needles, ll_buf_str(&escaped));
}

/* Horspool 1980. */
static bool holds(const struct ll_needle *needle, struct ll_str bytes)
{
    size_t last = needle->bytes.len - 1;
    for (size_t at = 0; at + last < bytes.len;) {
        unsigned char c = fold(bytes.ptr[at + last]);
        if (c == (unsigned char)needle->bytes.ptr[last] &&
            same_folded(needle->bytes, ll_str_sub(bytes, at, at + last + 1)))
            return true;
        at += needle->shifts[c];
    }
    return false;
}

bool ll_needles_any(const struct ll_needles *needles, struct ll_str bytes)
{
    for (size_t i = 0; i < needles->count; i++)
        if (holds(&needles->items[i], bytes))
            return true;
    return false;
}

void ll_needles_clear(struct ll_needles *needles)
{
    free(needles->items);
    ll_arena_clear(&needles->arena);
    *needles = (struct ll_needles){0};
}
