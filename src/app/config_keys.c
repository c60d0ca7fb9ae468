/* The table of settings. */
#include "app/config.h"

#include <assert.h>

#include "base/time.h"
#include "serve/serve.h"

#define MIB (INT64_C(1) << 20)
#define TIB (INT64_C(1) << 40)

static const struct ll_config_key keys[LL_CONFIG_COUNT] = {
    [LL_CONFIG_LAKE_DIR] = {.name = "lake.dir",
                            .effect = LL_EFFECT_RESTART,
                            .path = true,
                            .kind = LL_CONFIG_TEXT,
                            .initial = "livelake-data",
                            .unit = "",
                            .env = "LIVELAKE_DIR",
                            .not_in_lake = true,
                            .doc = "Folder of the lake. The option --lake sets it too."},
    [LL_CONFIG_LOG_LEVEL] = {.name = "log.level",
                             .kind = LL_CONFIG_CHOICE,
                             .initial = "info",
                             .unit = "",
                             .env = "LIVELAKE_LOG_LEVEL",
                             .choices = "debug|info|warn|error|off",
                             .doc =
                                 "Least important events that are logged, on standard error. The "
                                 "option --log-level sets it too."},
    [LL_CONFIG_LOG_FORMAT] = {.name = "log.format",
                              .kind = LL_CONFIG_CHOICE,
                              .initial = "auto",
                              .unit = "",
                              .env = "LIVELAKE_LOG_FORMAT",
                              .choices = "auto|text|json",
                              .doc = "Log lines as text or as JSON; auto: text on a terminal, JSON "
                                     "elsewhere."},
    [LL_CONFIG_DUCKDB_LIBRARY] = {.name = "duckdb.library",
                                  .effect = LL_EFFECT_RESTART,
                                  .path = true,
                                  .kind = LL_CONFIG_TEXT,
                                  .initial = "",
                                  .unit = "",
                                  .env = "LIVELAKE_DUCKDB",
                                  .doc =
                                      "Path of DuckDB's library; empty: beside the program, then "
                                      "where it was built, then in the system."},
    [LL_CONFIG_DUCKDB_MEMORY] = {.name = "duckdb.memory",
                                 .effect = LL_EFFECT_RESTART,
                                 .kind = LL_CONFIG_SIZE,
                                 .initial = "1GiB",
                                 .unit = "bytes",
                                 .env = "LIVELAKE_DUCKDB_MEMORY",
                                 .min = 32 * MIB,
                                 .max = 16 * TIB,
                                 .doc = "Memory that each DuckDB database may take. What does not "
                                        "fit is spilled to <lake>/.spill."},
    [LL_CONFIG_DUCKDB_THREADS] = {.name = "duckdb.threads",
                                  .effect = LL_EFFECT_RESTART,
                                  .kind = LL_CONFIG_INT,
                                  .initial = "0",
                                  .unit = "threads",
                                  .env = "LIVELAKE_DUCKDB_THREADS",
                                  .max = 1024,
                                  .doc = "Threads of DuckDB; 0: as many as there are cores "
                                         "for questions, one for loading."},
    [LL_CONFIG_QUERY_TIMEOUT] = {.name = "query.timeout",
                                 .effect = LL_EFFECT_COMMAND,
                                 .kind = LL_CONFIG_DURATION,
                                 .initial = "60s",
                                 .unit = "s, m, h, d or w",
                                 .env = "LIVELAKE_QUERY_TIMEOUT",
                                 .min = 1,
                                 .max = 7 * LL_DAY_S,
                                 .doc = "Longest that `livelake query` may run, and a question to "
                                        "the HTTP API."},
    [LL_CONFIG_QUERY_MAX_ROWS] = {.name = "query.max_rows",
                                  .effect = LL_EFFECT_COMMAND,
                                  .kind = LL_CONFIG_INT,
                                  .initial = "100000",
                                  .unit = "rows",
                                  .env = "LIVELAKE_QUERY_MAX_ROWS",
                                  .max = INT64_C(1000000000),
                                  .doc =
                                      "Most rows that `livelake query` prints, and that SQL over "
                                      "HTTP gives; 0: no limit."},
    [LL_CONFIG_TWITCH_CLIENT_ID] = {.name = "twitch.client_id",
                                    .kind = LL_CONFIG_TEXT,
                                    .initial = "",
                                    .unit = "",
                                    .env = "TWITCH_CLIENT_ID",
                                    .by_file = true,
                                    .doc = "Client id of the Twitch application that data is "
                                           "collected with."},
    [LL_CONFIG_TWITCH_CLIENT_SECRET] = {.name = "twitch.client_secret",
                                        .kind = LL_CONFIG_SECRET,
                                        .initial = "",
                                        .unit = "",
                                        .env = "TWITCH_CLIENT_SECRET",
                                        .by_file = true,
                                        .doc = "Its secret. Never shown."},
    [LL_CONFIG_TWITCH_URL] = {.name = "twitch.url",
                              .kind = LL_CONFIG_TEXT,
                              .initial = "https://api.twitch.tv/helix",
                              .unit = "",
                              .env = "LIVELAKE_TWITCH_URL",
                              .doc = "Base URL of the Helix API."},
    [LL_CONFIG_TWITCH_AUTH_URL] = {.name = "twitch.auth_url",
                                   .kind = LL_CONFIG_TEXT,
                                   .initial = "https://id.twitch.tv/oauth2",
                                   .unit = "",
                                   .env = "LIVELAKE_TWITCH_AUTH_URL",
                                   .doc = "Base URL of Twitch's OAuth."},
    [LL_CONFIG_IGDB_URL] = {.name = "igdb.url",
                            .kind = LL_CONFIG_TEXT,
                            .initial = "https://api.igdb.com/v4",
                            .unit = "",
                            .env = "LIVELAKE_IGDB_URL",
                            .doc = "Base URL of the IGDB API; empty (in the file or by --set: "
                                   "an empty variable counts as unset): do not ask IGDB."},
    [LL_CONFIG_COLLECT_CADENCE] = {.name = "collect.cadence",
                                   .kind = LL_CONFIG_DURATION,
                                   .initial = "15m",
                                   .unit = "s, m, h, d or w",
                                   .env = "LIVELAKE_CADENCE",
                                   .min = 60,
                                   .max = LL_DAY_S,
                                   .doc = "Length of a slot: one sweep is made in each. It must "
                                          "divide a day."},
    [LL_CONFIG_COLLECT_PLAN] = {.name = "collect.plan",
                                .kind = LL_CONFIG_CHOICE,
                                .initial = "auto",
                                .unit = "",
                                .env = "LIVELAKE_PLAN",
                                .choices = "auto|chain|languages|cross-check",
                                .doc = "How a sweep goes through the list: one chain of pages, a "
                                       "chain a language, or both to measure what each misses; "
                                       "auto chooses by the time it takes, and crosschecks once a "
                                       "day at 15 minutes."},
    [LL_CONFIG_COLLECT_REFERENCE_INTERVAL] = {.name = "collect.reference_interval",
                                              .kind = LL_CONFIG_DURATION,
                                              .initial = "1h",
                                              .unit = "s, m, h, d or w",
                                              .env = "LIVELAKE_REFERENCE_INTERVAL",
                                              .min = 60,
                                              .max = 7 * LL_DAY_S,
                                              .doc = "How often new categories are looked up at "
                                                     "Twitch and IGDB, at most."},
    [LL_CONFIG_RUN_OFFSET] = {.name = "run.offset",
                              .kind = LL_CONFIG_INT,
                              .initial = "0",
                              .unit = "seconds",
                              .env = "LIVELAKE_RUN_OFFSET",
                              .max = 3600,
                              .doc = "So long after its start `livelake run` begins a slot; at "
                                     "most half of the slot."},
    [LL_CONFIG_RUN_MIN_FREE] = {.name = "run.min_free",
                                .kind = LL_CONFIG_SIZE,
                                .initial = "1GB",
                                .unit = "bytes",
                                .env = "LIVELAKE_RUN_MIN_FREE",
                                .max = 16 * TIB,
                                .doc = "With less free disk than this `livelake run` stops "
                                       "collecting; it goes on when there is a tenth more."},
    [LL_CONFIG_SERVE_ADDRESS] = {.name = "serve.address",
                                 .effect = LL_EFFECT_RESTART,
                                 .kind = LL_CONFIG_TEXT,
                                 .initial = "127.0.0.1",
                                 .unit = "",
                                 .env = "LIVELAKE_SERVE_ADDRESS",
                                 .doc = "IP address of the dashboard and the API. Beyond this "
                                        "machine an API key is required (`livelake key`)."},
    [LL_CONFIG_SERVE_PORT] = {.name = "serve.port",
                              .effect = LL_EFFECT_RESTART,
                              .kind = LL_CONFIG_INT,
                              .initial = "4280",
                              .unit = "",
                              .env = "LIVELAKE_SERVE_PORT",
                              .max = 65535,
                              .doc = "Its TCP port; 0: any that is free."},
    [LL_CONFIG_SERVE_HOSTS] = {.name = "serve.hosts",
                               .effect = LL_EFFECT_RESTART,
                               .kind = LL_CONFIG_TEXT,
                               .initial = "",
                               .unit = "",
                               .env = "LIVELAKE_SERVE_HOSTS",
                               .doc = "Names that it is asked by besides localhost and its "
                                      "address, such as a proxy's: lake.example,lake.internal"},
    [LL_CONFIG_SERVE_KEYS] = {.name = "serve.keys",
                              .effect = LL_EFFECT_RESTART,
                              .kind = LL_CONFIG_CHOICE,
                              .initial = "beyond-loopback",
                              .unit = "",
                              .env = "LIVELAKE_SERVE_KEYS",
                              .choices = "beyond-loopback|always",
                              .doc = "When an API key is required. Behind a proxy on this machine: "
                                     "always."},
    [LL_CONFIG_SERVE_QUESTIONS] = {.name = "serve.questions",
                                   .effect = LL_EFFECT_RESTART,
                                   .kind = LL_CONFIG_INT,
                                   .initial = "0",
                                   .unit = "questions",
                                   .env = "LIVELAKE_SERVE_QUESTIONS",
                                   .max = LL_SERVE_QUESTIONS_MAX,
                                   .doc = "So many are put to the warehouse at a time; 0: as many "
                                          "as there are cores. query.timeout holds for each."},
    [LL_CONFIG_SERVE_WITH_RUN] = {.name = "serve.with_run",
                                  .effect = LL_EFFECT_RESTART,
                                  .kind = LL_CONFIG_CHOICE,
                                  .initial = "yes",
                                  .unit = "",
                                  .env = "LIVELAKE_SERVE_WITH_RUN",
                                  .choices = "yes|no",
                                  .doc = "Whether `livelake run` serves the dashboard, too."},
    [LL_CONFIG_RETENTION_RAW] =
        {.name = "retention.raw",
         .kind = LL_CONFIG_INT,
         .initial = "0",
         .unit = "hours",
         .env = "LIVELAKE_RETENTION_RAW",
         .max = 876600,
         .doc =
             "How long raw answers are kept, once processed or history holds them; 0: for ever."},
    [LL_CONFIG_RETENTION_PROCESSED] =
        {.name = "retention.processed",
         .kind = LL_CONFIG_INT,
         .initial = "0",
         .unit = "hours",
         .env = "LIVELAKE_RETENTION_PROCESSED",
         .max = 876600,
         .doc = "How long processed tables of closed days are kept; 0: for ever."},
    [LL_CONFIG_RETENTION_HISTORY] = {.name = "retention.history",
                                     .kind = LL_CONFIG_INT,
                                     .initial = "0",
                                     .unit = "hours",
                                     .env = "LIVELAKE_RETENTION_HISTORY",
                                     .max = 876600,
                                     .doc = "How long closed days are kept at all; 0: for ever."},
    [LL_CONFIG_NET_PROXY] = {.name = "net.proxy",
                             .kind = LL_CONFIG_TEXT,
                             .initial = "",
                             .unit = "",
                             .env = "LIVELAKE_PROXY",
                             .doc = "Proxy for all requests, such as http://proxy:3128; empty: as "
                                    "https_proxy and no_proxy say."},
    [LL_CONFIG_NET_CA_FILE] = {.name = "net.ca_file",
                               .path = true,
                               .kind = LL_CONFIG_TEXT,
                               .initial = "",
                               .unit = "",
                               .env = "LIVELAKE_CA_FILE",
                               .doc = "File of certificates (PEM) to trust instead of the "
                                      "system's."},
};

const struct ll_config_key *ll_config_key(enum ll_config_id id)
{
    assert(id < LL_CONFIG_COUNT);
    return &keys[id];
}

const char *ll_config_kind_name(enum ll_config_kind kind)
{
    static const char *const names[] = {
        [LL_CONFIG_TEXT] = "text",         [LL_CONFIG_CHOICE] = "choice",
        [LL_CONFIG_INT] = "whole number",  [LL_CONFIG_SIZE] = "size",
        [LL_CONFIG_DURATION] = "duration", [LL_CONFIG_SECRET] = "secret",
    };
    return names[kind];
}

const char *ll_config_source_name(enum ll_config_source source)
{
    static const char *const names[] = {
        [LL_SOURCE_DEFAULT] = "default",
        [LL_SOURCE_FILE] = "file",
        [LL_SOURCE_ENVIRONMENT] = "environment",
        [LL_SOURCE_FLAG] = "flag",
    };
    return names[source];
}
