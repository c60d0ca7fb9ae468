#include "app/progress.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define BAR_CELLS 24
#define REDRAW_MS 100
#define RATE_AFTER_MS 500 /* before that a rate is noise */
#define WIPE LL_STR("\r\033[K")

static void add_time_left(struct ll_buf *out, int64_t seconds)
{
    if (seconds < 90)
        ll_buf_printf(out, "  %lld s left", (long long)seconds);
    else if (seconds < 90 * 60)
        ll_buf_printf(out, "  %lld min left", (long long)((seconds + 30) / 60));
    else
        ll_buf_printf(out, "  %.1f h left", (double)seconds / 3600);
}

static void add_rate(const struct ll_progress_view *view, int64_t done, struct ll_buf *out)
{
    if (view->elapsed_ms < RATE_AFTER_MS || done == 0)
        return;
    double per_s = (double)done * 1000 / (double)view->elapsed_ms;
    ll_buf_printf(out, per_s < 10 ? "  %.1f/s" : "  %.0f/s", per_s);
    if (view->total > done)
        add_time_left(out, (int64_t)((double)(view->total - done) / per_s + 0.5));
}

void ll_progress_format(const struct ll_progress_view *view, struct ll_buf *out)
{
    assert(view->done >= 0 && view->total >= 0);
    int64_t done = view->total > 0 && view->done > view->total ? view->total : view->done;
    ll_buf_printf(out, "%s", view->label);
    if (view->total > 0) {
        double share = (double)done / (double)view->total;
        int filled = (int)(share * BAR_CELLS);
        ll_buf_add(out, LL_STR("  ["));
        for (int i = 0; i < BAR_CELLS; i++)
            ll_buf_add_char(out, i < filled ? '#' : '-');
        ll_buf_printf(out, "] %3d%%  %lld/%lld %s", (int)(share * 100), (long long)done,
                      (long long)view->total, view->unit);
    } else {
        ll_buf_printf(out, "  %lld %s", (long long)done, view->unit);
    }
    add_rate(view, done, out);
    if (view->detail != NULL && view->detail[0] != '\0')
        ll_buf_printf(out, "  %s", view->detail);
}

static void write_terminal(int fd, struct ll_str bytes)
{
    while (bytes.len != 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* a bar that cannot be drawn is no reason to stop the work */
        bytes = ll_str_sub(bytes, (size_t)n, bytes.len);
    }
}

static void draw(struct ll_progress *progress)
{
    LL_AUTO(ll_buf_clear) struct ll_buf line = {0};
    ll_buf_add(&line, WIPE);
    struct ll_progress_view view = {.label = progress->options.label,
                                    .unit = progress->options.unit,
                                    .detail = progress->detail,
                                    .done = progress->done,
                                    .total = progress->options.total,
                                    .elapsed_ms = progress->drawn_ms - progress->started_ms};
    ll_progress_format(&view, &line);
    write_terminal(progress->options.fd, ll_buf_str(&line));
}

static void log_above(void *context, enum ll_log_level level, struct ll_str text)
{
    (void)level;
    struct ll_progress *progress = context;
    LL_AUTO(ll_buf_clear) struct ll_buf line = {0};
    ll_buf_add(&line, WIPE);
    ll_buf_add(&line, text);
    ll_buf_add_char(&line, '\n');
    pthread_mutex_lock(&progress->mutex);
    write_terminal(progress->options.fd, ll_buf_str(&line));
    draw(progress);
    pthread_mutex_unlock(&progress->mutex);
}

void ll_progress_begin(struct ll_progress *progress, const struct ll_progress_options *options)
{
    *progress = (struct ll_progress){.options = *options};
    pthread_mutex_init(&progress->mutex, NULL);
    if (!options->enabled)
        return;
    progress->started_ms = options->clock->monotonic_ms(options->clock);
    progress->drawn_ms = progress->started_ms;
    draw(progress);
    if (options->log_above)
        ll_log_set_sink(log_above, progress);
}

void ll_progress_update(struct ll_progress *progress, int64_t done, int64_t total)
{
    if (!progress->options.enabled)
        return;
    int64_t now_ms = progress->options.clock->monotonic_ms(progress->options.clock);
    pthread_mutex_lock(&progress->mutex);
    progress->done = done;
    if (total > 0)
        progress->options.total = total;
    if (now_ms - progress->drawn_ms >= REDRAW_MS) {
        progress->drawn_ms = now_ms;
        draw(progress);
    }
    pthread_mutex_unlock(&progress->mutex);
}

void ll_progress_detail(struct ll_progress *progress, const char *detail)
{
    pthread_mutex_lock(&progress->mutex);
    (void)snprintf(progress->detail, sizeof(progress->detail), "%s", detail);
    pthread_mutex_unlock(&progress->mutex);
}

void ll_progress_wipe(struct ll_progress *progress)
{
    if (!progress->options.enabled)
        return;
    pthread_mutex_lock(&progress->mutex);
    write_terminal(progress->options.fd, WIPE);
    pthread_mutex_unlock(&progress->mutex);
}

void ll_progress_end(struct ll_progress *progress)
{
    if (progress->options.enabled) {
        if (progress->options.log_above)
            ll_log_set_sink(NULL, NULL);
        write_terminal(progress->options.fd, WIPE);
    }
    pthread_mutex_destroy(&progress->mutex);
}
