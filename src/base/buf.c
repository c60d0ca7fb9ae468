#include "base/buf.h"

#include <assert.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define CAP_MIN ((size_t)64)

void ll_buf_clear(struct ll_buf *buf)
{
    free(buf->ptr);
    *buf = (struct ll_buf){.max_bytes = buf->max_bytes};
}

void ll_buf_reset(struct ll_buf *buf)
{
    buf->len = 0;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

struct ll_str ll_buf_str(const struct ll_buf *buf)
{
    return (struct ll_str){buf->ptr, buf->len};
}

/* Room for `wanted` bytes and the NUL; the maximum has been checked. */
static void grow(struct ll_buf *buf, size_t wanted)
{
    if (buf->ptr != NULL && wanted < buf->cap)
        return;
    if (wanted >= SIZE_MAX / 2)
        abort();
    size_t cap = buf->cap > CAP_MIN ? buf->cap : CAP_MIN;
    while (cap <= wanted)
        cap *= 2;
    if (buf->max_bytes > 0 && cap - 1 > buf->max_bytes)
        cap = buf->max_bytes + 1;
    buf->ptr = ll_xrealloc(buf->ptr, cap, 1);
    buf->cap = cap;
    buf->ptr[buf->len] = '\0';
}

enum ll_status ll_buf_reserve(struct ll_buf *buf, size_t more_bytes, struct ll_error *err)
{
    assert(buf->max_bytes == 0 || buf->len <= buf->max_bytes);
    if (buf->max_bytes > 0 && more_bytes > buf->max_bytes - buf->len)
        return ll_fail(err, LL_LIMIT, 0, "more than %zu bytes", buf->max_bytes);
    if (more_bytes > SIZE_MAX - buf->len)
        abort();
    grow(buf, buf->len + more_bytes);
    return LL_OK;
}

static void put(struct ll_buf *buf, struct ll_str s)
{
    if (s.len > 0)
        memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

enum ll_status ll_buf_append(struct ll_buf *buf, struct ll_str s, struct ll_error *err)
{
    enum ll_status status = ll_buf_reserve(buf, s.len, err);
    if (status == LL_OK)
        put(buf, s);
    return status;
}

static void grow_unbounded(struct ll_buf *buf, size_t more_bytes)
{
    assert(buf->max_bytes == 0);
    if (more_bytes > SIZE_MAX - buf->len)
        abort();
    grow(buf, buf->len + more_bytes);
}

void ll_buf_add(struct ll_buf *buf, struct ll_str s)
{
    grow_unbounded(buf, s.len);
    put(buf, s);
}

void ll_buf_add_char(struct ll_buf *buf, char c)
{
    ll_buf_add(buf, (struct ll_str){&c, 1});
}

void ll_buf_printf(struct ll_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort();
    grow_unbounded(buf, (size_t)len);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (size_t)len;
}

void ll_buf_add_f64(struct ll_buf *buf, double value)
{
    if (!isfinite(value)) {
        ll_buf_add(buf, LL_STR("null"));
        return;
    }
    char text[32];
    int len = 0;
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    assert(c_locale != (locale_t)0);
    locale_t before = uselocale(c_locale);
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    uselocale(before);
    freelocale(c_locale);
    ll_buf_add(buf, (struct ll_str){text, (size_t)len});
}

/* Length of the run at s[at] that JSON and a terminal take as it is. */
static size_t plain_run(struct ll_str s, size_t at)
{
    size_t end = at;
    while (end < s.len) {
        unsigned char c = (unsigned char)s.ptr[end];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
            break;
        int step = ll_str_utf8_step(s, end);
        if (step < 0 || (c == 0xC2 && (unsigned char)s.ptr[end + 1] < 0xA0))
            break;
        end += (size_t)step;
    }
    return end - at;
}

static void add_escape(struct ll_buf *buf, unsigned char c)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    ll_buf_add_char(buf, '\\');
    if (c < sizeof(letters) && letters[c] != '\0')
        ll_buf_add_char(buf, letters[c]);
    else
        ll_buf_printf(buf, "u%04x", c);
}

void ll_buf_add_json_string(struct ll_buf *buf, struct ll_str s)
{
    ll_buf_add_char(buf, '"');
    for (size_t at = 0; at < s.len;) {
        size_t run = plain_run(s, at);
        ll_buf_add(buf, ll_str_sub(s, at, at + run));
        at += run;
        if (at == s.len)
            break;
        int step = ll_str_utf8_step(s, at);
        if (step < 0) {
            ll_buf_add(buf, LL_STR("\xEF\xBF\xBD"));
            at += (size_t)-step;
        } else { /* of two bytes: U+0080 to U+009F, whose second byte is the code point */
            at += (size_t)step;
            add_escape(buf, (unsigned char)s.ptr[at - 1]);
        }
    }
    ll_buf_add_char(buf, '"');
}
