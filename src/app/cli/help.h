/* Help texts, made from the tables. */
#ifndef LL_APP_CLI_HELP_H
#define LL_APP_CLI_HELP_H

#include "app/cli/command.h"
#include "base/buf.h"

void ll_help_program(struct ll_buf *out); /* `livelake help` */
void ll_help_command(const struct ll_command *command,
                     struct ll_buf *out);  /* `livelake X --help` */
void ll_help_markdown(struct ll_buf *out); /* docs/cli.md */
/* What `livelake` alone says: where to begin, or where to go on when there is a lake. */
void ll_help_next_step(bool has_lake, struct ll_buf *out);

/* Parts, for other renderings of the tables. */
const char *ll_help_group(enum ll_command_group group);
void ll_help_option_name(struct ll_buf *out, const struct ll_option *option); /* "-q, --quiet" */
void ll_help_option_doc(struct ll_buf *out, const struct ll_option *option);
/* The words that the first operand can be, one by one:
 *   struct ll_str rest = ll_help_words(command), word;
 *   while (ll_help_next_word(&rest, &word)) … */
struct ll_str ll_help_words(const struct ll_command *command);
bool ll_help_next_word(struct ll_str *rest, struct ll_str *ret_word);

#endif
