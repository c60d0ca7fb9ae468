/* Help texts, made from the tables. */
#ifndef LL_APP_CLI_HELP_H
#define LL_APP_CLI_HELP_H

#include "app/cli/command.h"
#include "base/buf.h"

void ll_help_program(struct ll_buf *out); /* `livelake help` */
void ll_help_command(const struct ll_command *command,
                     struct ll_buf *out);  /* `livelake X --help` */
void ll_help_markdown(struct ll_buf *out); /* docs/cli.md */

#endif
