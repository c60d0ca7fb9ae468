/* Completion scripts for shells, made from the tables of commands, options and settings. */
#ifndef LL_APP_CLI_COMPLETION_H
#define LL_APP_CLI_COMPLETION_H

#include "app/cli/args.h"
#include "app/config.h"
#include "base/buf.h"

struct ll_command;

void ll_completion_bash(struct ll_buf *out);
void ll_completion_zsh(struct ll_buf *out);
void ll_completion_fish(struct ll_buf *out);

/* --- parts of all three (completion.c) */

/* What follows a word of the command line. */
enum ll_completed {
    LL_COMPLETED_NOTHING, /* words of one's own */
    LL_COMPLETED_WORDS,
    LL_COMPLETED_FILE,
    LL_COMPLETED_FOLDER,
    LL_COMPLETED_KEY, /* KEY=VALUE of the configuration */
};

enum ll_completed ll_completed_option(const struct ll_option *option);
/* Of operand `index` of a command. */
enum ll_completed ll_completed_operand(const struct ll_command *command, size_t index);
enum ll_completed ll_completed_key(const struct ll_config_key *key);

/* "a b c" of "a|b|c"; the words that the first operand can be; all commands and topics (those that
 * `help` takes); all keys, each with "=". */
void ll_completed_add_choices(struct ll_buf *out, const char *choices);
void ll_completed_add_operands(struct ll_buf *out, const struct ll_command *command);
void ll_completed_add_keys(struct ll_buf *out);

/* The names of all options that take a value, each once, as "--name", with a separator between. */
void ll_completed_add_value_options(struct ll_buf *out, const char *separator);

/* The first sentence of a text, without its full stop. */
struct ll_str ll_completed_sentence(const char *doc);

#endif
