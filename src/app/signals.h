/* SIGINT and SIGTERM ask the program to stop; a second one kills it. SIGPIPE becomes a write error.
 */
#ifndef LL_APP_SIGNALS_H
#define LL_APP_SIGNALS_H

#include "app/stop.h"

void ll_signals_install(void);
struct ll_stop *ll_signals_stop(void); /* the program's */
/* From now on SIGHUP makes this descriptor (an eventfd) readable, and does nothing else; -1: it
 * cannot be had. */
int ll_signals_hangup_fd(void);

#endif
