/* A command of the command line: what it takes, says of itself, and does. */
#ifndef LL_APP_CLI_COMMAND_H
#define LL_APP_CLI_COMMAND_H

#include "app/app.h"
#include "app/cli/args.h"

struct ll_example {
    const char *line; /* without "livelake " */
    const char *what;
};

/* What a command is for: help lists them so. */
enum ll_command_group {
    LL_GROUP_BEGIN, /* to set up, and to find one's way */
    LL_GROUP_COLLECT,
    LL_GROUP_LOOK,
    LL_GROUP_KEEP,
    LL_GROUP_REPAIR,
    LL_GROUP_COUNT,
};

struct ll_command {
    const char *name;
    enum ll_command_group group;
    const char *operands; /* as help shows them: "SQL", "check|show"; "" for none */
    const char *words;    /* what the first operand can be: "a|b"; NULL: the words of `operands` in
                           * small letters */
    size_t min_operands, max_operands;
    unsigned path_operands; /* bit i: operand i names a file or folder */
    bool shares;            /* works on a lake: its owner runs it, where there is one */
    bool writes;            /* adds to a lake: one of an older schema is migrated first */
    const char *summary;    /* one line, without a full stop */
    const char *doc;        /* paragraphs, '\n' between them */
    const struct ll_option *options;
    size_t option_count;
    const struct ll_example *examples;
    size_t example_count;
    void (*add_help)(struct ll_buf *out); /* what help says besides; NULL: nothing */
    /* Returns the exit code; errors have been said (ll_app_fail, ll_app_usage). args are checked
     * against the tables, and the number of operands is. */
    int (*run)(struct ll_app *app, const struct ll_args *args);
};

/* All commands, in the order of help; and the options that every command takes. */
extern const struct ll_command *const ll_commands[];
extern const size_t ll_command_count;
extern const struct ll_option_set ll_global_options;

const struct ll_command *ll_command_find(struct ll_str name); /* NULL if there is none */

extern const struct ll_command ll_command_backup;
extern const struct ll_command ll_command_close_day;
extern const struct ll_command ll_command_config;
extern const struct ll_command ll_command_curate;
extern const struct ll_command ll_command_demo;
extern const struct ll_command ll_command_doctor;
extern const struct ll_command ll_command_export;
extern const struct ll_command ll_command_forget;
extern const struct ll_command ll_command_help;
extern const struct ll_command ll_command_import;
extern const struct ll_command ll_command_ingest;
extern const struct ll_command ll_command_init;
extern const struct ll_command ll_command_key;
extern const struct ll_command ll_command_migrate;
extern const struct ll_command ll_command_process;
extern const struct ll_command ll_command_query;
extern const struct ll_command ll_command_reconcile;
extern const struct ll_command ll_command_replay;
extern const struct ll_command ll_command_report;
extern const struct ll_command ll_command_restore;
extern const struct ll_command ll_command_retention;
extern const struct ll_command ll_command_run;
extern const struct ll_command ll_command_serve;
extern const struct ll_command ll_command_status;
extern const struct ll_command ll_command_verify;

#endif
