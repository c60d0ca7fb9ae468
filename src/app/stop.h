/* A wish to stop, as work sees it: of the whole program (signals.h), or of one command that the
 * owner of a lake runs for somebody else. */
#ifndef LL_APP_STOP_H
#define LL_APP_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

struct ll_stop {
    int fd; /* readable from the wish on; never read from it, so that every poll sees it */
    atomic_int signal; /* whose wish it is: a signal's number; 0 while there is none */
};

enum ll_status ll_stop_init(struct ll_stop *stop, struct ll_error *err) LL_MUST_CHECK;
void ll_stop_ask(struct ll_stop *stop, int signal); /* also within a signal handler */
/* For callers that take a predicate: the context is a struct ll_stop. */
bool ll_stop_asked(void *stop);
void ll_stop_clear(struct ll_stop *stop);

#endif
