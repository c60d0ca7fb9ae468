/* The demo: a lake of an invented Twitch, filled in a minute the way it would be over two weeks,
 * and then, at a terminal, collected live. Stopped or killed at any time, it goes on when started
 * again. */
#ifndef LL_APP_DEMO_H
#define LL_APP_DEMO_H

#include "app/app.h"

struct ll_demo_options {
    int64_t seed, streams, days, cadence_s; /* < 0: as the lake has it, or else the default */
    const char *sim_path;                   /* NULL: beside this program */
    double warp;                            /* of live time; 0 = 1 */
    bool live;                              /* go on after filling */
};

#define LL_DEMO_SEED 1
#define LL_DEMO_STREAMS 3000
#define LL_DEMO_DAYS 14
#define LL_DEMO_CADENCE_S 900

/* Says on standard error what is going on, prints reports, and returns the exit code. */
int ll_demo(struct ll_app *app, const struct ll_demo_options *options);

#endif
