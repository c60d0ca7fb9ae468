/* For static analysis only (scripts/lint): tells analyzers that a call which reports a failure does
 * not return LL_OK, so that they do not follow paths on which an output was never written. */
#include "base/err.h"

static inline enum ll_status ll_analyzer_second(enum ll_status first, enum ll_status second)
{
    (void)first;
    return second;
}

#define ll_fail(err, status, ...) ll_analyzer_second(ll_fail((err), (status), __VA_ARGS__), (status))
#define ll_fail_errno(...) ll_analyzer_second(ll_fail_errno(__VA_ARGS__), LL_IO)
#define ll_context(...) ll_analyzer_second(ll_context(__VA_ARGS__), LL_IO)
