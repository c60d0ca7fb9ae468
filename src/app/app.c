#include "app/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "app/exit.h"
#include "base/buf.h"

/* Whole lines to standard error; what cannot be written there cannot be said anywhere. */
static void say(const struct ll_app *app, struct ll_str line)
{
    struct ll_error ignored;
    struct ll_output out = {.fd = app->err_fd, .name = "standard error"};
    if (ll_output_write(&out, line, &ignored) == LL_OK)
        (void)!ll_output_flush(&out, &ignored);
    ll_output_clear(&out);
}

static void say_error(const struct ll_app *app, const char *status, const char *message, int code)
{
    LL_AUTO(ll_buf_clear) struct ll_buf line = {0};
    if (app->json) {
        ll_buf_add(&line, LL_STR("{\"error\":{\"status\":"));
        ll_buf_add_json_string(&line, ll_str_of(status));
        ll_buf_add(&line, LL_STR(",\"message\":"));
        ll_buf_add_json_string(&line, ll_str_of(message));
        ll_buf_printf(&line, ",\"exit_code\":%d}}\n", code);
    } else {
        ll_buf_printf(&line, "livelake: %s\n", message);
        if (code == LL_EXIT_USAGE)
            ll_buf_printf(&line, "try: livelake %s%s--help\n", app->command,
                          app->command[0] ? " " : "");
    }
    say(app, ll_buf_str(&line));
}

int ll_app_fail(struct ll_app *app, const struct ll_error *err)
{
    int code = (int)ll_exit_of(err, atomic_load(&app->stop->signal));
    if (code != LL_EXIT_SIGPIPE) /* whoever closed the pipe has what it wanted */
        say_error(app, ll_status_name(err->status), err->message, code);
    return code;
}

int ll_app_usage(struct ll_app *app, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    say_error(app, "usage", message, LL_EXIT_USAGE);
    return LL_EXIT_USAGE;
}

void ll_app_note(const struct ll_app *app, const char *format, ...)
{
    if (app->quiet)
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    LL_AUTO(ll_buf_clear) struct ll_buf line = {0};
    ll_buf_printf(&line, "livelake: %s\n", message);
    say(app, ll_buf_str(&line));
}

int ll_app_print(struct ll_app *app, struct ll_str text)
{
    struct ll_error err;
    if (ll_output_write(&app->out, text, &err) != LL_OK)
        return ll_app_fail(app, &err);
    return LL_EXIT_OK;
}

void ll_app_progress(const struct ll_app *app, struct ll_progress *progress, const char *label,
                     const char *unit, int64_t total)
{
    const struct ll_progress_options options = {.label = label,
                                                .unit = unit,
                                                .total = total,
                                                .fd = app->err_fd,
                                                .log_above = !app->lent,
                                                .enabled =
                                                    app->terminal && !app->quiet && !app->json,
                                                .clock = app->clock};
    ll_progress_begin(progress, &options);
}
