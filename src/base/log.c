#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

#define VALUE_MAX 2048       /* bytes of one value before "…" */
#define LINE_MAX_BYTES 16384 /* no field starts beyond it */

/* The one mutable global of the program. The threshold is read without the lock, on every call. */
static struct {
    _Atomic int threshold;
    pthread_mutex_t lock; /* for what follows */
    enum ll_log_format format;
    struct ll_clock *clock;
    ll_log_sink *sink;
    void *context;
} log_state = {.threshold = LL_LOG_INFO, .lock = PTHREAD_MUTEX_INITIALIZER};

struct ll_kv ll_kv_str(const char *key, struct ll_str value)
{
    return (struct ll_kv){.key = key, .kind = LL_KV_STR, .str = value};
}

struct ll_kv ll_kv_cstr(const char *key, const char *value)
{
    return ll_kv_str(key, ll_str_of(value));
}

struct ll_kv ll_kv_i64(const char *key, int64_t value)
{
    return (struct ll_kv){.key = key, .kind = LL_KV_I64, .i64 = value};
}

struct ll_kv ll_kv_f64(const char *key, double value)
{
    return (struct ll_kv){.key = key, .kind = LL_KV_F64, .f64 = value};
}

struct ll_kv ll_kv_bool(const char *key, bool value)
{
    return (struct ll_kv){.key = key, .kind = LL_KV_BOOL, .i64 = value};
}

void ll_log_setup(enum ll_log_level threshold, enum ll_log_format format, struct ll_clock *clock)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.format = format;
    log_state.clock = clock;
    atomic_store_explicit(&log_state.threshold, (int)threshold, memory_order_relaxed);
    pthread_mutex_unlock(&log_state.lock);
}

void ll_log_set_sink(ll_log_sink *sink, void *context)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.sink = sink;
    log_state.context = context;
    pthread_mutex_unlock(&log_state.lock);
}

bool ll_log_enabled(enum ll_log_level level)
{
    return (int)level >= atomic_load_explicit(&log_state.threshold, memory_order_relaxed) &&
           level < LL_LOG_OFF;
}

static const char *level_name(enum ll_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return (size_t)level < LL_COUNT(names) ? names[level] : "off";
}

/* A value cut to VALUE_MAX bytes between two characters. */
static struct ll_str bounded(struct ll_str value, bool *ret_cut)
{
    *ret_cut = value.len > VALUE_MAX;
    size_t len = *ret_cut ? VALUE_MAX : value.len;
    for (int i = 0; *ret_cut && i < 3 && ((unsigned char)value.ptr[len] & 0xC0) == 0x80; i++)
        len--;
    return ll_str_sub(value, 0, len);
}

/* Whether a value can stand in a text line as it is: no spaces, quotes or '=', and no byte but
 * printable ASCII and well-formed UTF-8 that cannot move or reorder what a terminal shows. */
static bool is_bare(struct ll_str value)
{
    for (size_t at = 0; at < value.len;) {
        unsigned char c = (unsigned char)value.ptr[at];
        int step = ll_str_utf8_step(value, at);
        if (step < 0 || c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7F)
            return false;
        unsigned char second = step > 1 ? (unsigned char)value.ptr[at + 1] : 0;
        bool c1_control = c == 0xC2 && second < 0xA0;
        bool general_punctuation = c == 0xE2 && (second == 0x80 || second == 0x81);
        if (c1_control || general_punctuation)
            return false;
        at += (size_t)step;
    }
    return value.len > 0;
}

/* U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069 turn or break the line: written as escapes,
 * in what JSON quoting has left. */
static void add_quoted(struct ll_buf *line, struct ll_str value)
{
    struct ll_buf quoted = {0};
    ll_buf_add_json_string(&quoted, value);
    struct ll_str rest = ll_buf_str(&quoted);
    for (size_t at = 0; at < rest.len;) {
        int step = ll_str_utf8_step(rest, at);
        assert(step > 0);
        unsigned code = 0;
        if (step == 3)
            code = ((unsigned char)rest.ptr[at] & 0x0Fu) << 12 |
                   ((unsigned char)rest.ptr[at + 1] & 0x3Fu) << 6 |
                   ((unsigned char)rest.ptr[at + 2] & 0x3Fu);
        if (code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
            (code >= 0x2066 && code <= 0x2069))
            ll_buf_printf(line, "\\u%04x", code);
        else
            ll_buf_add(line, ll_str_sub(rest, at, at + (size_t)step));
        at += (size_t)step;
    }
    ll_buf_clear(&quoted);
}

static void add_string(struct ll_buf *line, enum ll_log_format format, struct ll_str value)
{
    bool cut;
    struct ll_str head = bounded(value, &cut);
    struct ll_buf text = {0};
    if (cut) {
        ll_buf_add(&text, head);
        ll_buf_add(&text, LL_STR("…"));
        head = ll_buf_str(&text);
    }
    if (format == LL_LOG_JSON)
        ll_buf_add_json_string(line, head);
    else if (is_bare(head))
        ll_buf_add(line, head);
    else
        add_quoted(line, head);
    ll_buf_clear(&text);
}

static void add_value(struct ll_buf *line, enum ll_log_format format, const struct ll_kv *field)
{
    switch (field->kind) {
    case LL_KV_STR:
        add_string(line, format, field->str);
        break;
    case LL_KV_I64:
        ll_buf_printf(line, "%lld", (long long)field->i64);
        break;
    case LL_KV_F64:
        ll_buf_add_f64(line, field->f64);
        break;
    case LL_KV_BOOL:
        ll_buf_add(line, field->i64 != 0 ? LL_STR("true") : LL_STR("false"));
        break;
    }
}

static void add_head(struct ll_buf *line, enum ll_log_format format, enum ll_log_level level,
                     int64_t now_ms)
{
    if (format == LL_LOG_JSON) {
        ll_buf_printf(line,
                      "{\"ts\":\"%s\",\"level\":\"%s\",\"event\":", ll_stamp_format_ms(now_ms).c,
                      level_name(level));
        return;
    }
    int64_t seconds = now_ms / 1000 - (now_ms % 1000 < 0);
    struct ll_civil civil = ll_civil_of(seconds);
    ll_buf_printf(line, "%02d:%02d:%02d %-5s ", civil.hour, civil.minute, civil.second,
                  level_name(level));
}

static void format_line(struct ll_buf *line, enum ll_log_format format, const char *event,
                        const struct ll_kv *fields, size_t count)
{
    bool json = format == LL_LOG_JSON;
    add_string(line, format, ll_str_of(event));
    for (size_t i = 0; i < count; i++) {
        if (line->len > LINE_MAX_BYTES) {
            ll_buf_add(line, json ? LL_STR(",\"truncated\":true") : LL_STR(" truncated=true"));
            break;
        }
        ll_buf_add_char(line, json ? ',' : ' ');
        add_string(line, format, ll_str_of(fields[i].key));
        ll_buf_add_char(line, json ? ':' : '=');
        add_value(line, format, &fields[i]);
    }
    if (json)
        ll_buf_add_char(line, '}');
}

/* One write(2), so that lines of several processes on one pipe do not mix; a log that cannot be
 * written has nobody left to tell. */
static void write_stderr(struct ll_buf *line)
{
    ll_buf_add_char(line, '\n');
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line->ptr, line->len);
    } while (written < 0 && errno == EINTR);
}

void ll_log_event(enum ll_log_level level, const char *event, const struct ll_kv *fields,
                  size_t count)
{
    if (!ll_log_enabled(level))
        return;
    int saved_errno = errno;
    pthread_mutex_lock(&log_state.lock);
    struct ll_clock *clock = log_state.clock != NULL ? log_state.clock : ll_clock_system();
    struct ll_buf line = {0};
    add_head(&line, log_state.format, level, clock->now_ms(clock));
    format_line(&line, log_state.format, event, fields, count);
    if (log_state.sink != NULL)
        log_state.sink(log_state.context, level, ll_buf_str(&line));
    else
        write_stderr(&line);
    pthread_mutex_unlock(&log_state.lock);
    ll_buf_clear(&line);
    errno = saved_errno;
}

void ll_log_error(enum ll_log_level level, const char *event, const struct ll_error *err)
{
    const struct ll_kv fields[] = {ll_kv_cstr("status", ll_status_name(err->status)),
                                   ll_kv_i64("code", err->code),
                                   ll_kv_cstr("message", err->message)};
    ll_log_event(level, event, fields, LL_COUNT(fields));
}
