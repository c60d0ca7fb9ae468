/* From libcurl's codes to the statuses of http.h, with words that say what to do. */
#include <string.h>

#include "net/net_internal.h"

/* Whether the connection that failed was one to a proxy: curl names the host it tried. */
static bool at_proxy(const struct ll_http_failure *failure)
{
    struct ll_str host = failure->host;
    host = ll_str_sub(host, 0, ll_str_find(host, ':', 0));
    return (failure->proxy != NULL && failure->proxy[0] != '\0') ||
           (failure->detail.len > 0 && host.len > 0 &&
            memmem(failure->detail.ptr, failure->detail.len, host.ptr, host.len) == NULL);
}

static void explain_proxy(const struct ll_http_failure *failure, struct ll_error *err)
{
    int code = (int)failure->code;
    if (failure->code == CURLE_COULDNT_RESOLVE_PROXY)
        ll_fail(err, LL_INVALID, code,
                "the proxy's name cannot be resolved (%.*s): check net.proxy, or http_proxy "
                "and https_proxy",
                LL_FMT(failure->detail));
    else if (failure->code == CURLE_COULDNT_CONNECT)
        ll_fail(err, LL_TRANSIENT, code,
                "could not reach %.*s: no connection to the proxy (%.*s): check that it runs, "
                "and its address in net.proxy, or http_proxy and https_proxy",
                LL_FMT(failure->host), LL_FMT(failure->detail));
    else if (failure->proxy_status >= 400 && failure->proxy_status < 500)
        ll_fail(err, LL_INVALID, (int)failure->proxy_status,
                "the proxy refused a connection to %.*s with HTTP %ld: check its user name and "
                "password, and what it allows",
                LL_FMT(failure->host), failure->proxy_status);
    else
        ll_fail(err, LL_TRANSIENT, code, "the proxy could not connect to %.*s (%.*s)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
}

static void explain_host(const struct ll_http_failure *failure, struct ll_error *err)
{
    if (failure->answered)
        ll_fail(err, LL_TRANSIENT, (int)failure->code, "%.*s cannot be resolved just now (%.*s)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
    else
        ll_fail(err, LL_NOT_FOUND, (int)failure->code,
                "no such host: %.*s (%.*s): check the address and this machine's DNS",
                LL_FMT(failure->host), LL_FMT(failure->detail));
}

void ll_http_explain(const struct ll_http_failure *failure, struct ll_error *err)
{
    int code = (int)failure->code;
    switch (failure->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        explain_host(failure, err);
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
        ll_fail(err, LL_AUTH, code,
                "the certificate of %.*s cannot be trusted (%.*s): check the address, this "
                "machine's clock, and the CA certificates (net.ca_file)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
        return;
    case CURLE_SSL_CACERT_BADFILE:
        ll_fail(err, LL_INVALID, code, "the CA certificates in %s cannot be read (%.*s)",
                failure->ca_file != NULL ? failure->ca_file : "the system's file",
                LL_FMT(failure->detail));
        return;
    case CURLE_OPERATION_TIMEDOUT:
        ll_fail(err, LL_TRANSIENT, code, "no answer from %.*s in time (%.*s)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
        return;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
        ll_fail(err, LL_INVALID, code, "the URL at %.*s cannot be used (%.*s)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
        return;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
        explain_proxy(failure, err);
        return;
    case CURLE_COULDNT_CONNECT:
        if (at_proxy(failure)) {
            explain_proxy(failure, err);
            return;
        }
        ll_fail(err, LL_TRANSIENT, code,
                "could not connect to %.*s (%.*s): check the address, this machine's network, and "
                "whether it needs a proxy (net.proxy)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
        return;
    default:
        if (failure->proxy_status >= 400) {
            explain_proxy(failure, err);
            return;
        }
        ll_fail(err, LL_TRANSIENT, code, "the answer of %.*s broke off (%.*s)",
                LL_FMT(failure->host), LL_FMT(failure->detail));
    }
}
