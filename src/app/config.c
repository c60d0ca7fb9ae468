#include "app/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/parse.h"
#include "base/arena.h"
#include "serve/serve.h"
#include "base/time.h"

#define FILE_MAX_BYTES (1 << 20)
#define FILE_SUFFIX LL_STR("_file")

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

static enum ll_status bad_value(const struct ll_assignment *a, const char *what,
                                struct ll_error *err)
{
    return ll_fail(err, LL_INVALID, 0, "%s: %.*s: \"%.*s\" is not %s", a->where, LL_FMT(a->name),
                   LL_FMT(ll_str_sub(a->value, 0, 200)), what);
}

static enum ll_status check_range(const struct ll_config_key *key, const struct ll_assignment *a,
                                  int64_t number, struct ll_error *err)
{
    if (number >= key->min && number <= key->max)
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0, "%s: %s: %.*s is out of range: %lld to %lld%s", a->where,
                   key->name, LL_FMT(ll_str_sub(a->value, 0, 200)), (long long)key->min,
                   (long long)key->max,
                   key->kind == LL_CONFIG_SIZE       ? " bytes"
                   : key->kind == LL_CONFIG_DURATION ? " seconds"
                                                     : "");
}

/* Checks the value against its key; the number it stands for, if it is one. */
static enum ll_status check_value(const struct ll_config_key *key, const struct ll_assignment *a,
                                  int64_t *ret_number, struct ll_error *err)
{
    int64_t number = 0;
    switch (key->kind) {
    case LL_CONFIG_TEXT:
    case LL_CONFIG_SECRET:
        if (memchr(a->value.ptr == NULL ? "" : a->value.ptr, '\0', a->value.len) != NULL)
            return ll_fail(err, LL_INVALID, 0, "%s: %s: holds a NUL byte", a->where, key->name);
        return LL_OK;
    case LL_CONFIG_CHOICE:
        if (ll_parse_choice(a->value, key->choices))
            return LL_OK;
        return ll_fail(err, LL_INVALID, 0, "%s: %s: \"%.*s\" is not one of %s", a->where, key->name,
                       LL_FMT(ll_str_sub(a->value, 0, 200)), key->choices);
    case LL_CONFIG_INT:
        if (!ll_str_to_i64(a->value, &number))
            return bad_value(a, "a whole number", err);
        break;
    case LL_CONFIG_SIZE:
        if (!ll_parse_size(a->value, &number))
            return bad_value(a, "a size such as 512MB or 2GiB", err);
        break;
    case LL_CONFIG_DURATION:
        if (!ll_duration_parse(a->value, &number))
            return bad_value(a, "a duration such as 90s, 15m, 36h, 7d or 2w", err);
        break;
    }
    enum ll_status status = check_range(key, a, number, err);
    if (status == LL_OK)
        *ret_number = number;
    return status;
}

static char *duplicate(struct ll_str s)
{
    char *copy = ll_xcalloc(s.len + 1, 1);
    if (s.len != 0)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

/* Takes the checked value over, unless a stronger source has spoken. */
static void store_value(struct ll_config_value *value, const struct ll_config_key *key,
                        const struct ll_assignment *a, int64_t number)
{
    if (value->where != NULL && value->source > a->source)
        return;
    free(value->text);
    free(value->where);
    value->text = NULL;
    if (key->kind == LL_CONFIG_SECRET)
        ll_secret_set(&value->secret, a->value);
    else
        value->text = duplicate(a->value);
    value->number = number;
    value->source = a->source;
    value->where = ll_xstrdup(a->where);
}

static enum ll_status set_value(struct ll_config *config, enum ll_config_id id,
                                const struct ll_assignment *a, struct ll_error *err)
{
    int64_t number = 0;
    enum ll_status status = check_value(&keys[id], a, &number, err);
    if (status != LL_OK)
        return status;
    if (keys[id].kind == LL_CONFIG_SECRET && a->value.len > LL_SECRET_MAX_BYTES)
        return ll_fail(err, LL_INVALID, 0, "%s: %s: longer than %d bytes", a->where, keys[id].name,
                       LL_SECRET_MAX_BYTES);
    store_value(&config->values[id], &keys[id], a, number);
    return LL_OK;
}

static enum ll_status set_from_file(struct ll_config *config, enum ll_config_id id,
                                    const struct ll_assignment *a, struct ll_error *err)
{
    LL_AUTO(ll_secret_clear) struct ll_secret secret = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    if (a->value.len == 0)
        return bad_value(a, "the path of a file", err);
    if (a->folder != NULL && a->value.ptr[0] != '/')
        ll_buf_printf(&path, "%s/", a->folder);
    ll_buf_add(&path, a->value);
    enum ll_status status = ll_secret_read(&secret, path.ptr, err);
    if (status != LL_OK)
        return ll_context(err, "%s: %.*s", a->where, LL_FMT(a->name));
    struct ll_assignment revealed = *a;
    revealed.value = ll_secret_reveal(&secret);
    return set_value(config, id, &revealed, err);
}

static enum ll_status unknown_key(const struct ll_assignment *a, struct ll_error *err)
{
    struct ll_nearest nearest = {.typed = a->name};
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++)
        ll_nearest_offer(&nearest, keys[i].name);
    if (nearest.best != NULL)
        return ll_fail(err, LL_INVALID, 0, "%s: unknown key \"%.*s\": did you mean \"%s\"?",
                       a->where, LL_FMT(ll_str_sub(a->name, 0, 100)), nearest.best);
    return ll_fail(err, LL_INVALID, 0, "%s: unknown key \"%.*s\"", a->where,
                   LL_FMT(ll_str_sub(a->name, 0, 100)));
}

/* The key that a name in a source stands for; *ret_by_file for "<key>_file". */
static bool find_key(struct ll_str name, enum ll_config_id *ret_id, bool *ret_by_file)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        struct ll_str own = ll_str_of(keys[i].name);
        bool by_file = keys[i].by_file && ll_str_starts_with(name, own) &&
                       ll_str_equal(ll_str_sub(name, own.len, name.len), FILE_SUFFIX);
        if (!by_file && !ll_str_equal(name, own))
            continue;
        *ret_id = (enum ll_config_id)i;
        *ret_by_file = by_file;
        return true;
    }
    return false;
}

enum ll_status ll_config_set(struct ll_config *config, const struct ll_assignment *assignment,
                             struct ll_error *err)
{
    enum ll_config_id id;
    bool by_file;
    if (!find_key(assignment->name, &id, &by_file))
        return unknown_key(assignment, err);
    if (by_file)
        return set_from_file(config, id, assignment, err);
    if (keys[id].kind == LL_CONFIG_SECRET && assignment->source == LL_SOURCE_FLAG)
        return ll_fail(
            err, LL_INVALID, 0,
            "%s: %s: a secret on the command line is seen by every user of the machine: use "
            "%s_file, or %s in the environment",
            assignment->where, keys[id].name, keys[id].name, keys[id].env);
    return set_value(config, id, assignment, err);
}

void ll_config_init(struct ll_config *config)
{
    *config = (struct ll_config){0};
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        struct ll_error err;
        struct ll_assignment a = {.name = ll_str_of(keys[i].name),
                                  .value = ll_str_of(keys[i].initial),
                                  .source = LL_SOURCE_DEFAULT,
                                  .where = "default"};
        if (keys[i].kind == LL_CONFIG_SECRET) {
            config->values[i].where = ll_xstrdup("default");
            continue;
        }
        enum ll_status status = set_value(config, (enum ll_config_id)i, &a, &err);
        assert(status == LL_OK); /* the table's own defaults */
        (void)status;
    }
}

void ll_config_clear(struct ll_config *config)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        free(config->values[i].text);
        free(config->values[i].where);
        ll_secret_clear(&config->values[i].secret);
    }
    free(config->file);
    *config = (struct ll_config){0};
}

static enum ll_status load_one_env(struct ll_config *config, enum ll_config_id id,
                                   const char *suffix, ll_env_lookup *lookup, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf variable = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf name = {0};
    ll_buf_printf(&variable, "%s%s", keys[id].env, suffix[0] == '\0' ? "" : "_FILE");
    ll_buf_printf(&name, "%s%s", keys[id].name, suffix);
    const char *value = lookup(variable.ptr);
    if (value == NULL || value[0] == '\0') /* set to nothing counts as unset */
        return LL_OK;
    struct ll_assignment a = {.name = ll_buf_str(&name),
                              .value = ll_str_of(value),
                              .source = LL_SOURCE_ENVIRONMENT,
                              .where = variable.ptr};
    return ll_config_set(config, &a, err);
}

enum ll_status ll_config_load_env(struct ll_config *config, ll_env_lookup *lookup,
                                  struct ll_error *err)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        enum ll_status status = load_one_env(config, (enum ll_config_id)i, "", lookup, err);
        if (status == LL_OK && keys[i].by_file)
            status = load_one_env(config, (enum ll_config_id)i, "_file", lookup, err);
        if (status != LL_OK)
            return status;
    }
    return LL_OK;
}

static enum ll_status read_file(const char *path, struct ll_buf *out, struct ll_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ll_fail(err, LL_NOT_FOUND, errno, "%s: no such file", path);
    if (fd < 0)
        return ll_fail_errno(err, errno, "open %s", path);
    enum ll_status status = LL_OK;
    char chunk[4096];
    while (status == LL_OK) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = ll_fail_errno(err, errno, "read %s", path);
        else
            status = ll_buf_append(out, (struct ll_str){chunk, (size_t)n}, err);
    }
    explicit_bzero(chunk, sizeof(chunk));
    close(fd);
    return status == LL_LIMIT ? ll_context(err, "%s", path) : status;
}

/* State of one file while its lines are read. */
struct reading {
    struct ll_config *config;
    const char *path;
    const char *folder;
    bool in_lake;
    int line;
    int seen_line[2 * LL_CONFIG_COUNT]; /* by key, then by key's _file form; 0 = not yet */
};

static enum ll_status read_line(struct reading *r, struct ll_str line, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf where = {0};
    ll_buf_printf(&where, "%s:%d", r->path, r->line);
    line = ll_str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return LL_OK;
    if (!ll_str_is_utf8(line))
        return ll_fail(err, LL_INVALID, 0, "%s: not UTF-8", where.ptr);
    size_t equals = ll_str_find(line, '=', 0);
    if (equals == line.len)
        return ll_fail(err, LL_INVALID, 0, "%s: not a line of the form `section.key = value`",
                       where.ptr);
    struct ll_assignment a = {.name = ll_str_trim(ll_str_sub(line, 0, equals)),
                              .value = ll_str_trim(ll_str_sub(line, equals + 1, line.len)),
                              .source = LL_SOURCE_FILE,
                              .where = where.ptr,
                              .folder = r->folder};
    enum ll_config_id id;
    bool by_file;
    if (find_key(a.name, &id, &by_file)) {
        int *seen = &r->seen_line[by_file ? LL_CONFIG_COUNT + id : id];
        if (*seen != 0)
            return ll_fail(err, LL_INVALID, 0, "%s: %.*s was already set on line %d", where.ptr,
                           LL_FMT(a.name), *seen);
        *seen = r->line;
        if (keys[id].not_in_lake && r->in_lake)
            return ll_fail(err, LL_INVALID, 0,
                           "%s: %s cannot stand in the lake's own file: use --lake, --config or %s",
                           where.ptr, keys[id].name, keys[id].env);
    }
    return ll_config_set(r->config, &a, err);
}

enum ll_status ll_config_load_file(struct ll_config *config, const char *path, bool in_lake,
                                   struct ll_error *err)
{
    LL_AUTO(ll_secret_text_clear) struct ll_buf content = ll_secret_text(FILE_MAX_BYTES);
    content.max_bytes = FILE_MAX_BYTES;
    LL_AUTO(ll_buf_clear) struct ll_buf folder = {0};
    enum ll_status status = read_file(path, &content, err);
    if (status != LL_OK)
        return status;
    const char *slash = strrchr(path, '/');
    ll_buf_add(&folder, slash == NULL ? LL_STR(".")
                                      : ll_str_sub(ll_str_of(path), 0, (size_t)(slash - path)));
    struct reading reading = {
        .config = config, .path = path, .folder = folder.ptr, .in_lake = in_lake};
    struct ll_str rest = ll_buf_str(&content), line;
    while (ll_str_split(&rest, '\n', &line)) {
        reading.line++;
        status = read_line(&reading, line, err);
        if (status != LL_OK)
            return status;
    }
    free(config->file);
    config->file = ll_xstrdup(path);
    return LL_OK;
}

const char *ll_config_text(const struct ll_config *config, enum ll_config_id id)
{
    assert(keys[id].kind == LL_CONFIG_TEXT || keys[id].kind == LL_CONFIG_CHOICE);
    return config->values[id].text;
}

int64_t ll_config_number(const struct ll_config *config, enum ll_config_id id)
{
    assert(keys[id].kind == LL_CONFIG_INT || keys[id].kind == LL_CONFIG_SIZE ||
           keys[id].kind == LL_CONFIG_DURATION);
    return config->values[id].number;
}

const struct ll_secret *ll_config_secret(const struct ll_config *config, enum ll_config_id id)
{
    assert(keys[id].kind == LL_CONFIG_SECRET);
    return &config->values[id].secret;
}

const char *ll_config_shown(const struct ll_config *config, enum ll_config_id id)
{
    if (keys[id].kind != LL_CONFIG_SECRET)
        return config->values[id].text;
    return ll_secret_is_set(&config->values[id].secret) ? LL_SECRET_MASK : NULL;
}
