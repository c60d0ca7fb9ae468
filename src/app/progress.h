/* Progress of long work, drawn on a terminal's last line: bar, share, rate, time left.
 *
 * Without a terminal, or when told to be quiet, nothing is drawn. While a bar with .log_above is
 * shown, log lines are put above it: one such bar at a time in a process. */
#ifndef LL_APP_PROGRESS_H
#define LL_APP_PROGRESS_H

#include <pthread.h>

#include "base/buf.h"
#include "base/clock.h"

struct ll_progress_options {
    const char *label; /* "import"; must outlive the bar */
    const char *unit;  /* "runs" */
    int64_t total;     /* 0 = unknown: no bar, no time left */
    int fd;            /* where to draw: standard error */
    bool enabled;      /* of a terminal, and not quiet */
    bool log_above;    /* fd is where the log goes, too */
    struct ll_clock *clock;
};

struct ll_progress {
    struct ll_progress_options options;
    int64_t done, started_ms, drawn_ms;
    char detail[80];
    pthread_mutex_t mutex;
};

void ll_progress_begin(struct ll_progress *progress, const struct ll_progress_options *options);
/* done: so far, in all; total may have grown (0: leave it). Draws at most ten times a second. */
void ll_progress_update(struct ll_progress *progress, int64_t done, int64_t total);
/* Text behind the bar, from the next drawing on. */
void ll_progress_detail(struct ll_progress *progress, const char *detail);
/* Clears the line until the next update, so that something else can be written. */
void ll_progress_wipe(struct ll_progress *progress);
void ll_progress_end(struct ll_progress *progress); /* wipes the line */

/* The line itself: "import  [#####-----]  50%  12/24 runs  1.5/s  8 s left". */
struct ll_progress_view {
    const char *label, *unit;
    const char *detail; /* NULL = none */
    int64_t done, total, elapsed_ms;
};
void ll_progress_format(const struct ll_progress_view *view, struct ll_buf *out);

#endif
