/* What the collecting commands share: clients of Twitch and IGDB by the configuration, and one slot
 * taken in: a sweep, then the reference data it asks for. */
#ifndef LL_APP_COLLECTOR_H
#define LL_APP_COLLECTOR_H

#include "app/app.h"
#include "app/cli/args.h"
#include "collect/ingest.h"
#include "collect/reference.h"
#include "net/sim_clock.h"

struct ll_collector {
    struct ll_app *app;
    struct ll_sim_clock *sim_clock; /* NULL: the system's time */
    struct ll_clock *clock;
    struct ll_rand rand;
    struct ll_http *auth_http, *twitch_http, *igdb_http;
    struct ll_token *token;
    struct ll_api *twitch, *igdb; /* igdb NULL: not asked */
    struct ll_igdb_dropped dropped;
    struct ll_progress progress;
    bool progress_shown;
};

/* Items of a command's table of options. */
/* clang-format off */
#define LL_COLLECTOR_OPTIONS                                                                       \
    {.name = "plan",                                                                               \
     .kind = LL_OPTION_CHOICE,                                                                     \
     .value = "auto|chain|languages|cross-check",                                                  \
     .initial = "collect.plan",                                                                    \
     .doc = "How the sweep goes through the list of streams."},                                    \
    {.name = "cadence",                                                                            \
     .kind = LL_OPTION_DURATION,                                                                   \
     .value = "TIME",                                                                              \
     .initial = "collect.cadence",                                                                 \
     .doc = "Length of a slot; it must divide a day."},                                            \
    {.name = "slot",                                                                               \
     .kind = LL_OPTION_TIME,                                                                       \
     .value = "TIME",                                                                              \
     .initial = "now",                                                                             \
     .doc = "The slot, by its start or any time in it. Only the current one can be collected: "    \
            "what is live now says nothing of another time."},                                     \
    {.name = "sim-clock",                                                                          \
     .kind = LL_OPTION_TEXT,                                                                       \
     .value = "URL",                                                                               \
     .doc = "Follow the clock of a livelake-sim on loopback."}
/* clang-format on */

/* Opens the lake (made when missing) and the clients. LL_AUTH says which credential is missing,
 * LL_INVALID which URL is wrong. Says once what Twitch's and IGDB's terms ask for. */
enum ll_status ll_collector_open(struct ll_collector *collector, struct ll_app *app,
                                 const struct ll_args *args, struct ll_error *err) LL_MUST_CHECK;
void ll_collector_close(struct ll_collector *collector);

struct ll_collected {
    struct ll_ingest_report run;
    struct ll_reference_report reference;
};
/* One slot: that of --slot, else the current one. As ll_ingest; trouble with reference data alone
 * is in collected->reference. *ret must be cleared in any case. */
enum ll_status ll_collector_slot(struct ll_collector *collector, const struct ll_args *args,
                                 struct ll_collected *ret, struct ll_error *err) LL_MUST_CHECK;
void ll_collected_clear(struct ll_collected *collected);

/* "run":{…},"reference":{…} without braces; or text. */
void ll_collected_json(const struct ll_collected *collected, struct ll_buf *out);
void ll_collected_text(const struct ll_collected *collected, struct ll_buf *out);

#endif
