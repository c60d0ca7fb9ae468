/* Answers that say what went wrong: RFC 9457. */
#ifndef LL_SERVE_PROBLEM_H
#define LL_SERVE_PROBLEM_H

#include "base/err.h"
#include "http/server.h"

/* status 400 … 599; field: the parameter that is wrong, or NULL. */
void ll_problem(struct ll_server_response *response, int status, const char *field,
                const char *detail);
/* Of a failed call: 422 with the parameter its message begins with, 404, 413, 503, 504; others are
 * a 500 whose cause is in the log alone. */
void ll_problem_of(struct ll_server_response *response, const struct ll_error *err);

#endif
