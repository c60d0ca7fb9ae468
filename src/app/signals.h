/* SIGINT and SIGTERM ask the program to stop; a second one kills it. SIGPIPE becomes a write error.
 */
#ifndef LL_APP_SIGNALS_H
#define LL_APP_SIGNALS_H

#include <stdbool.h>

void ll_signals_install(void);
int ll_signals_caught(void); /* the signal, 0 while none came */
/* Readable from the first signal on; never read from it, so that every poll sees it. -1 before
 * ll_signals_install. */
int ll_signals_fd(void);
/* For callers that take a predicate; the context is not looked at. */
bool ll_signals_cancelled(void *context);

#endif
