/* The lake behind the HTTP API: wires for serve/serve.h, and the socket that the configuration
 * names. Of a lake that this process owns. */
#ifndef LL_APP_SERVING_H
#define LL_APP_SERVING_H

#include "app/app.h"
#include "app/owner.h"

struct ll_serving;

struct ll_serving_options {
    const struct ll_app *app; /* its configuration and stop */
    struct ll_owner *owner;
    struct ll_clock *clock; /* one that many threads may read */
    bool next_free;         /* when the port is taken, the next one that is not */
};

/* Serves at once. LL_CONFLICT names who has the port. */
enum ll_status ll_serving_start(const struct ll_serving_options *options, struct ll_serving **ret,
                                struct ll_error *err) LL_MUST_CHECK;
void ll_serving_stop(struct ll_serving *serving);             /* takes NULL */
const char *ll_serving_url(const struct ll_serving *serving); /* "http://127.0.0.1:4280/" */

#endif
