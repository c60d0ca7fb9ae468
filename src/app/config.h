/* The configuration: one table of keys, and one value a key that knows where it came from.
 *
 * Sources, strongest first: command line, environment, file, default. Every value is checked, also
 * one that a stronger source overrides. The file is <lake>/livelake.conf unless another is named:
 * lines "section.key = value", empty lines, and lines that begin with '#'. Unknown and repeated
 * keys are errors. Credentials can be given by "<key>_file = PATH" (environment: <NAME>_FILE);
 * secrets never on the command line, where every user of the machine could read them. */
#ifndef LL_APP_CONFIG_H
#define LL_APP_CONFIG_H

#include "base/secret.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define LL_CONFIG_FILE_NAME "livelake.conf"
#define LL_CONFIG_FILE_ENV "LIVELAKE_CONFIG"

enum ll_config_id {
    LL_CONFIG_LAKE_DIR,
    LL_CONFIG_LOG_LEVEL,
    LL_CONFIG_LOG_FORMAT,
    LL_CONFIG_DUCKDB_LIBRARY,
    LL_CONFIG_DUCKDB_MEMORY,
    LL_CONFIG_DUCKDB_THREADS,
    LL_CONFIG_QUERY_TIMEOUT,
    LL_CONFIG_QUERY_MAX_ROWS,
    LL_CONFIG_TWITCH_CLIENT_ID,
    LL_CONFIG_TWITCH_CLIENT_SECRET,
    LL_CONFIG_TWITCH_URL,
    LL_CONFIG_TWITCH_AUTH_URL,
    LL_CONFIG_IGDB_URL,
    LL_CONFIG_COLLECT_CADENCE,
    LL_CONFIG_COLLECT_PLAN,
    LL_CONFIG_COLLECT_REFERENCE_INTERVAL,
    LL_CONFIG_RUN_OFFSET,
    LL_CONFIG_RUN_MIN_FREE,
    LL_CONFIG_SERVE_ADDRESS,
    LL_CONFIG_SERVE_PORT,
    LL_CONFIG_SERVE_HOSTS,
    LL_CONFIG_SERVE_KEYS,
    LL_CONFIG_SERVE_QUESTIONS,
    LL_CONFIG_SERVE_WITH_RUN,
    LL_CONFIG_RETENTION_RAW,
    LL_CONFIG_RETENTION_PROCESSED,
    LL_CONFIG_RETENTION_HISTORY,
    LL_CONFIG_NET_PROXY,
    LL_CONFIG_NET_CA_FILE,
    LL_CONFIG_COUNT,
};

enum ll_config_kind {
    LL_CONFIG_TEXT,
    LL_CONFIG_CHOICE,
    LL_CONFIG_INT,
    LL_CONFIG_SIZE,     /* bytes */
    LL_CONFIG_DURATION, /* seconds */
    LL_CONFIG_SECRET,
};

enum ll_config_source {
    LL_SOURCE_DEFAULT,
    LL_SOURCE_FILE,
    LL_SOURCE_ENVIRONMENT,
    LL_SOURCE_FLAG,
};

/* When a changed value of the file holds. A command reads it when it starts, of course. */
enum ll_config_effect {
    LL_EFFECT_RELOAD,  /* for `livelake run`: after SIGHUP */
    LL_EFFECT_RESTART, /* for `livelake run`: when it is started again */
    LL_EFFECT_COMMAND, /* with the next command; `livelake run` does not use it */
};

struct ll_config_key {
    const char *name; /* "section.key" */
    enum ll_config_kind kind;
    const char *initial; /* the default, as it would be written */
    const char *unit;    /* "" if it has none */
    const char *env;
    const char *choices; /* CHOICE: "a|b|c" */
    int64_t min, max;    /* INT, SIZE, DURATION */
    bool by_file;        /* "<key>_file" names a file that holds the value; so of every secret */
    bool path;           /* names a file or folder */
    enum ll_config_effect effect;
    bool not_in_lake; /* refused in the lake's own file, which is found by it */
    const char *doc;
};

struct ll_config_value {
    char *text;     /* as written; NULL for a secret */
    int64_t number; /* INT, SIZE, DURATION */
    struct ll_secret secret;
    enum ll_config_source source;
    char *where; /* "livelake.conf:12", "LIVELAKE_DIR", "--set", "default" */
};

struct ll_config {
    struct ll_config_value values[LL_CONFIG_COUNT];
    char *file; /* the file that was read; NULL if none was */
};

const struct ll_config_key *ll_config_key(enum ll_config_id id);
const char *ll_config_kind_name(enum ll_config_kind kind);
const char *ll_config_source_name(enum ll_config_source source);

void ll_config_init(struct ll_config *config); /* all defaults */
void ll_config_clear(struct ll_config *config);

/* One assignment as it stands in a source. `where` names its place in messages. LL_INVALID. */
struct ll_assignment {
    struct ll_str name, value;
    enum ll_config_source source;
    const char *where;
    const char *folder; /* relative *_file paths start here; NULL: the current folder */
};
enum ll_status ll_config_set(struct ll_config *config, const struct ll_assignment *assignment,
                             struct ll_error *err) LL_MUST_CHECK;

typedef const char *ll_env_lookup(const char *name); /* NULL if unset */
enum ll_status ll_config_load_env(struct ll_config *config, ll_env_lookup *lookup,
                                  struct ll_error *err) LL_MUST_CHECK;
/* LL_NOT_FOUND when the file is absent, LL_INVALID with "file:line: …" when it is wrong. */
enum ll_status ll_config_load_file(struct ll_config *config, const char *path, bool in_lake,
                                   struct ll_error *err) LL_MUST_CHECK;

/* Readers; the key's kind must match (assert). */
const char *ll_config_text(const struct ll_config *config, enum ll_config_id id); /* TEXT, CHOICE */
int64_t ll_config_number(const struct ll_config *config, enum ll_config_id id);
const struct ll_secret *ll_config_secret(const struct ll_config *config, enum ll_config_id id);

/* What may be shown: the text, the mask for a secret that is set, NULL for one that is not. */
const char *ll_config_shown(const struct ll_config *config, enum ll_config_id id);

/* Renderings of the table (config_doc.c): the commented file that `init` writes, and
 * docs/config.md. */
void ll_config_write_template(struct ll_buf *out);
void ll_config_write_markdown(struct ll_buf *out);
void ll_config_add_type(struct ll_buf *out, const struct ll_config_key *key); /* "size (bytes)" */
void ll_config_write_list(struct ll_buf *out);                    /* for `livelake help config` */
const char *ll_config_effect_words(enum ll_config_effect effect); /* "after SIGHUP" */

#endif
