#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define ELLIPSIS "\xE2\x80\xA6"

/* Makes the message well-formed UTF-8 without changing its length: what failed may be quoted in it.
 */
static void mend_utf8(char *text, size_t len)
{
    struct ll_str s = {text, len};
    for (size_t at = 0; at < len;) {
        int step = ll_str_utf8_step(s, at);
        if (step > 0) {
            at += (size_t)step;
            continue;
        }
        for (; step < 0; step++)
            text[at++] = '?';
    }
}

static void set_message(struct ll_error *err, struct ll_str text)
{
    size_t len = text.len;
    bool cut = len > sizeof(err->message) - 1;
    if (cut) {
        len = sizeof(err->message) - 1 - (sizeof(ELLIPSIS) - 1);
        for (int i = 0; i < 3 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80; i++)
            len--;
    }
    memcpy(err->message, text.ptr, len);
    mend_utf8(err->message, len);
    if (cut) {
        memcpy(err->message + len, ELLIPSIS, sizeof(ELLIPSIS) - 1);
        len += sizeof(ELLIPSIS) - 1;
    }
    err->message[len] = '\0';
}

/* The text that vsnprintf left in `text`, or as much of it as fitted. */
static struct ll_str formatted(const char *text, size_t size, int wanted)
{
    if (wanted < 0)
        return LL_STR("(message could not be formatted)");
    return (struct ll_str){text, (size_t)wanted < size ? (size_t)wanted : size - 1};
}

enum ll_status ll_fail(struct ll_error *err, enum ll_status status, int code, const char *format,
                       ...)
{
    char text[2 * sizeof(err->message)]; /* apart: the arguments may point into *err */
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err->status = status;
    err->code = code;
    err->retry_after_ms = 0;
    set_message(err, formatted(text, sizeof(text), wanted));
    return status;
}

enum ll_status ll_fail_errno(struct ll_error *err, int saved_errno, const char *format, ...)
{
    char text[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct ll_str what = formatted(text, sizeof(text), wanted);
    char reason[128];
    return ll_fail(err, LL_IO, saved_errno, "%.*s: %s", LL_FMT(what),
                   strerror_r(saved_errno, reason, sizeof(reason)));
}

enum ll_status ll_context(struct ll_error *err, const char *format, ...)
{
    char text[2 * sizeof(err->message) + 2];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof(err->message), format, args);
    va_end(args);
    size_t len = formatted(text, sizeof(err->message), wanted).len;
    if (wanted < 0)
        len = 0;
    size_t message_len = strlen(err->message);
    memcpy(text + len, ": ", 2);
    memcpy(text + len + 2, err->message, message_len);
    set_message(err, (struct ll_str){text, len + 2 + message_len});
    return err->status;
}

const char *ll_status_name(enum ll_status status)
{
    switch (status) {
    case LL_OK:
        return "ok";
    case LL_INVALID:
        return "invalid";
    case LL_NOT_FOUND:
        return "not found";
    case LL_CONFLICT:
        return "conflict";
    case LL_AUTH:
        return "auth";
    case LL_RATE_LIMITED:
        return "rate limited";
    case LL_TRANSIENT:
        return "transient";
    case LL_LIMIT:
        return "limit";
    case LL_CORRUPT:
        return "corrupt";
    case LL_CANCELLED:
        return "cancelled";
    case LL_IO:
        return "io";
    case LL_UNSUPPORTED:
        return "unsupported";
    }
    return "unknown";
}
