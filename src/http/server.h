/* A small HTTP/1.1 server over libmicrohttpd: a thread for each connection, a handler for each
 * request. It knows nothing of what it serves. Its threads take no signals.
 *
 * The handler is called on the connection's thread when the whole body has come, and may take its
 * time. An answer is a buffer, or a stream that is sent as its parts come. What cannot be a request
 * never gets to it: the server answers 400, 403, 405, 413, 414, 431 and 503, and OPTIONS, by
 * itself. */
#ifndef LL_HTTP_SERVER_H
#define LL_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct ll_server;

struct ll_server_param {
    const char *name, *value; /* decoded: UTF-8 without NUL; '+' is a blank */
};

/* Valid until the handler has returned and, where it answers with a stream, until `free` has. */
struct ll_server_request {
    const char *method; /* "GET", also for HEAD: the server leaves the body out */
    const char *path;   /* "/command", as sent: percent-encoded, without the query; decoded it would
                         * be UTF-8 without NUL */
    const struct ll_server_param *params; /* of the query, in its order */
    size_t param_count;
    struct ll_str body;
    int64_t peer_uid; /* of a Unix socket's other side; -1 over TCP */
};

/* The value of a query parameter (the first one of that name) or header (in any case), NULL when it
 * is not there. A header's value may hold any bytes. */
const char *ll_server_query(const struct ll_server_request *request, const char *name);
const char *ll_server_header(const struct ll_server_request *request, const char *name);
/* Whether nobody waits for the answer any more: the peer has closed, or shut its sending side, or
 * the server is closing. For any thread. */
bool ll_server_request_gone(const struct ll_server_request *request);
/* A descriptor that poll(2) reports POLLRDHUP for when the peer has gone. */
int ll_server_peer_fd(const struct ll_server_request *request);

struct ll_server_response {
    int status; /* 200, … */
    const char *content_type;
    struct ll_buf headers; /* by ll_server_add_header */
    struct ll_buf body;    /* taken over */
    /* Instead of a body: fills at most `max` bytes and returns how many, waiting for the first; 0
     * is the end, negative breaks the connection off. free is called once, whatever happened. Both
     * are called on the connection's thread. */
    int64_t (*read)(void *context, char *bytes, size_t max);
    void (*free)(void *context);
    void *context;
    int64_t size; /* of what is read, where it is known before; else 0 */
};

/* Both are copied. What HTTP does not allow in a header makes the answer a 500. */
void ll_server_add_header(struct ll_server_response *response, const char *name, const char *value);

/* `response` comes as 200 without a body. */
typedef void ll_server_handler(void *context, const struct ll_server_request *request,
                               struct ll_server_response *response);

struct ll_server_options {
    int listen_fd;           /* taken over, also when it cannot start */
    int max_requests;        /* handled at a time, their streams included; more are a 503; of
                              * connections there may be twice as many and some */
    size_t max_body_bytes;   /* more is a 413 */
    size_t max_header_bytes; /* with the request line; more is a 431 or 414; 0 = 16 KiB */
    int idle_timeout_s;      /* of a peer that neither sends nor takes; 0 = 60 */
    int64_t stop_ms;         /* how long ll_server_stop waits before it hangs up */
    const char *methods;     /* NULL = "GET, HEAD, POST, OPTIONS"; others are a 405 */
    bool pass_options;       /* OPTIONS goes to the handler */
    bool same_user; /* a Unix socket: who is neither of our user nor root is refused (403) */
    ll_server_handler *handler;
    void *context;
};

enum ll_status ll_server_start(const struct ll_server_options *options, struct ll_server **ret,
                               struct ll_error *err) LL_MUST_CHECK;
/* Accepts nobody any more, waits stop_ms for the handlers that run and their streams, then shuts
 * all connections, waits until the handlers have seen that and returned, and frees it. A socket's
 * file stays. Takes NULL. */
void ll_server_stop(struct ll_server *server);

/* A Unix socket at `path`, mode 0600 from its first moment. A socket file that nobody listens on is
 * replaced: two may not try at once, the caller holds a lock. LL_CONFLICT where somebody listens,
 * or where there is another kind of file; LL_NOT_FOUND when there is no such folder. */
enum ll_status ll_server_listen_unix(const char *path, int *ret_fd,
                                     struct ll_error *err) LL_MUST_CHECK;
/* A TCP socket at an IP address, "127.0.0.1" or "::1"; port 0 takes a free one. LL_INVALID when it
 * is no address of this machine, LL_CONFLICT when the port is taken, LL_AUTH when it is not for
 * us. */
enum ll_status ll_server_listen_tcp(const char *address, uint16_t port, int *ret_fd,
                                    uint16_t *ret_port, struct ll_error *err) LL_MUST_CHECK;

#endif
