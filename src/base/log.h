/* The log port: events with a stable name and typed fields, to one sink a process.
 *
 *   ll_log(LL_LOG_INFO, "run.loaded", ll_kv_str("run_id", id), ll_kv_i64("rows", n));
 *
 * Text on a terminal ("15:45:00 info  run.loaded run_id=… rows=…"), JSON lines otherwise. Secrets
 * have a type of their own (config) for which no ll_kv exists. Thread-safe, one write(2) a line. */
#ifndef LL_BASE_LOG_H
#define LL_BASE_LOG_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum ll_log_level { LL_LOG_DEBUG, LL_LOG_INFO, LL_LOG_WARN, LL_LOG_ERROR, LL_LOG_OFF };
enum ll_log_format { LL_LOG_TEXT, LL_LOG_JSON };

struct ll_kv {
    const char *key;
    enum { LL_KV_STR, LL_KV_I64, LL_KV_F64, LL_KV_BOOL } kind;
    struct ll_str str;
    int64_t i64;
    double f64;
};

struct ll_kv ll_kv_str(const char *key, struct ll_str value);
struct ll_kv ll_kv_cstr(const char *key, const char *value);
struct ll_kv ll_kv_i64(const char *key, int64_t value);
struct ll_kv ll_kv_f64(const char *key, double value);
struct ll_kv ll_kv_bool(const char *key, bool value);

/* A sink gets one finished line without its newline; it is called under the log's lock and must not
 * log. The default sink writes to stderr. Values are cut at 2,048 bytes, with "…". */
typedef void ll_log_sink(void *context, enum ll_log_level level, struct ll_str line);

/* Before it: LL_LOG_INFO, text, the system's clock. */
void ll_log_setup(enum ll_log_level threshold, enum ll_log_format format, struct ll_clock *clock);
void ll_log_set_sink(ll_log_sink *sink, void *context); /* NULL: back to stderr */
bool ll_log_enabled(enum ll_log_level level);
void ll_log_event(enum ll_log_level level, const char *event, const struct ll_kv *fields,
                  size_t count);

#define ll_log(level, event, ...)                                                                  \
    do {                                                                                           \
        if (ll_log_enabled(level)) {                                                               \
            const struct ll_kv ll_fields_[] = {__VA_ARGS__};                                       \
            ll_log_event(level, event, ll_fields_, sizeof(ll_fields_) / sizeof(ll_fields_[0]));    \
        }                                                                                          \
    } while (0)

/* Logs err's status, code and message under `event`. */
void ll_log_error(enum ll_log_level level, const char *event, const struct ll_error *err);

#endif
