/* Manual pages, made from the tables: livelake.1, livelake-<command>.1, livelake.conf.5. */
#ifndef LL_APP_CLI_MAN_H
#define LL_APP_CLI_MAN_H

#include "base/buf.h"

void ll_man_list(struct ll_buf *out); /* file names, one a line */
/* Source in man(7). The page is named by its file ("livelake-run.1") or without what is clear:
 * "run", "livelake-run", "livelake", "livelake.conf". False when there is none. */
bool ll_man_write(struct ll_str page, struct ll_buf *out) LL_MUST_CHECK;

#endif
