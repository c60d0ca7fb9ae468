/* What the collecting commands share: clients of Twitch and IGDB by the configuration, and one slot
 * taken in: a sweep, then the reference data it asks for. */
#ifndef LL_APP_COLLECTOR_H
#define LL_APP_COLLECTOR_H

#include "app/app.h"
#include "app/cli/args.h"
#include "collect/ingest.h"
#include "collect/reference.h"
#include "net/sim_clock.h"
#include "pipeline/pipeline.h"

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
    void (*alive)(void *context); /* called after every answer of a sweep; NULL = none */
    void *alive_context;
    struct ll_backlog *backlog; /* many slots in a row are collected; NULL: each by itself */
};

/* What is kept from slot to slot while many are collected in a row (a simulator's), and their
 * manifests until they are committed together. Begins as {.memory = ll_reference_memory_new()}. */
struct ll_backlog {
    struct ll_manifest_group group;
    struct ll_reference_memory *memory;
    struct ll_live last; /* who was live at last_s, a complete run; last_s 0: as raw says */
    int64_t last_s;
};
void ll_backlog_clear(struct ll_backlog *backlog); /* what was not committed is dropped */

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

/* The same clients anew, by the configuration as it is now: after trouble that an old one takes for
 * final (a refused secret, an unknown host). On failure the old ones stay. */
enum ll_status ll_collector_renew(struct ll_collector *collector,
                                  struct ll_error *err) LL_MUST_CHECK;

struct ll_collected {
    struct ll_ingest_report run;
    struct ll_reference_report reference;
};
struct ll_slot_choice {
    int64_t slot_s;
    int32_t cadence_s;
    enum ll_sweep_plan plan;
};
/* By the options and the configuration; the slot is that of --slot, else the current one. args
 * NULL: there are none. */
enum ll_status ll_collector_choose(const struct ll_collector *collector, const struct ll_args *args,
                                   struct ll_slot_choice *ret, struct ll_error *err) LL_MUST_CHECK;
/* One slot. With a backlog, sweep.found of a complete run moves there. As ll_ingest; trouble with
 * reference data alone is in collected->reference. *ret must be cleared in any case. */
enum ll_status ll_collector_slot(struct ll_collector *collector,
                                 const struct ll_slot_choice *choice, struct ll_collected *ret,
                                 struct ll_error *err) LL_MUST_CHECK;
/* What is to be processed then: the run, its users, dumps. At most `size` are written; returns how
 * many there are. */
#define LL_COLLECTED_TASKS 16
size_t ll_collected_tasks(const struct ll_collected *collected, struct ll_task *ret, size_t size);
/* A failed run is data too (a gap that is known), but the caller must hear of it: says why, and
 * gives the exit code. */
int ll_collected_exit_code(struct ll_app *app, const struct ll_collected *collected);
void ll_collected_clear(struct ll_collected *collected);

/* "run":{…},"reference":{…} without braces; or text. */
void ll_collected_json(const struct ll_collected *collected, struct ll_buf *out);
void ll_collected_text(const struct ll_collected *collected, struct ll_buf *out);

#endif
