/* HTTP requests, many at a time, over libcurl's multi interface: keep-alive, HTTP/2 where it is
 * offered, gzip, TLS always verified, proxies by option or environment. Redirects are answers, not
 * followed. One thread at a time uses a client; the program ignores SIGPIPE.
 *
 *   ll_http_send(http, &request, &err);          any number of times
 *   while (ll_http_pending(http) > 0) {
 *       response = ll_http_next(http, until_ms); whichever is done first; NULL at until_ms
 *       …
 *       ll_http_response_free(response);
 *   }
 *
 * Secrets go into headers and bodies, never into URLs; nothing of either is logged here. */
#ifndef LL_NET_HTTP_H
#define LL_NET_HTTP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

struct ll_http;

/* Waiting when time is not the system's: how a simulator's clock is driven. `wait` is called when
 * nothing can be done before until_ms (of the clock's monotonic time) but wait for answers. It
 * returns when time has moved or an answer is on its way. sent and received count the requests of
 * all clients that share the pacer (each client adds to them), so that the simulator knows when it
 * holds every open one. */
struct ll_http_pacer {
    int64_t sent, received;
    int64_t
        patience_ms; /* real time in which an answer may come by itself, before `wait` is called */
    enum ll_status (*wait)(struct ll_http_pacer *pacer, int64_t until_ms, struct ll_error *err);
};

struct ll_http_options {
    struct ll_clock *clock;
    struct ll_http_pacer *pacer; /* NULL: the system's time */
    const char *user_agent;
    const char *proxy;          /* NULL: as http_proxy, https_proxy, no_proxy say; "": none */
    const char *ca_file;        /* NULL: the system's certificates */
    int max_connections;        /* to one host; 0 = 8; with a pacer there is no limit */
    int64_t connect_timeout_ms; /* 0 = 5,000 */
    int64_t total_timeout_ms;   /* 0 = 20,000; of one request; with a pacer 60,000 real ones */
};

struct ll_http_header {
    struct ll_str name, value;
};

enum ll_http_method { LL_HTTP_GET, LL_HTTP_POST };

struct ll_http_request {
    enum ll_http_method method;
    struct ll_str url;
    const struct ll_http_header *headers;
    size_t header_count;
    struct ll_str body;
    size_t max_body_bytes; /* of the answer, decompressed: more is LL_LIMIT; > 0 */
    void *context;         /* comes back with the response */
};

struct ll_http_response {
    void *context;
    /* Transport. LL_OK: there is an answer, whatever its status code. Else status_code is 0 and:
     *   LL_TRANSIENT  time-out, reset, cut short, refused, DNS that may work later
     *   LL_NOT_FOUND  no such host (when it has answered before: LL_TRANSIENT)
     *   LL_AUTH       the server's certificate cannot be trusted
     *   LL_LIMIT      the body is larger than allowed
     *   LL_INVALID    URL, proxy or protocol cannot be used */
    struct ll_error error;
    int status_code;
    struct ll_buf body;
    int64_t sent_ms, received_ms; /* wall clock, epoch */
    int64_t elapsed_ms;           /* monotonic, from send to the last byte */
    struct ll_http_fields *fields;
};

enum ll_status ll_http_new(const struct ll_http_options *options, struct ll_http **ret,
                           struct ll_error *err) LL_MUST_CHECK;
void ll_http_free(struct ll_http *http); /* takes NULL; drops what is pending */

/* Starts a request; all of it is copied. */
enum ll_status ll_http_send(struct ll_http *http, const struct ll_http_request *request,
                            struct ll_error *err) LL_MUST_CHECK;
size_t ll_http_pending(const struct ll_http *http);
/* The next response that is done, waiting at most until the monotonic time until_ms, even when none
 * is pending. NULL at that time, and when a signal came or the pacer failed: look whether to go on.
 */
struct ll_http_response *ll_http_next(struct ll_http *http, int64_t until_ms);
/* A header's value, by its lower-case name, without white space around it; "" when absent. The last
 * one wins. */
struct ll_str ll_http_response_header(const struct ll_http_response *response, const char *name);
/* The server's Date in epoch seconds; -1 when it has none. */
int64_t ll_http_response_date_s(const struct ll_http_response *response);
void ll_http_response_free(struct ll_http_response *response); /* takes NULL */

/* Appends s, percent-encoded as a query's value (unreserved characters stay: RFC 3986). */
void ll_url_add_escaped(struct ll_buf *url, struct ll_str s);
/* Appends an absolute http or https URL without user, query, fragment; trailing and doubled slashes
 * of its path taken away (edge case 47). LL_INVALID says what is wrong. */
enum ll_status ll_url_normalise(struct ll_str url, struct ll_buf *out,
                                struct ll_error *err) LL_MUST_CHECK;
bool ll_url_is_loopback(struct ll_str url); /* of a normalised URL: 127.0.0.0/8, ::1, localhost */

#endif
