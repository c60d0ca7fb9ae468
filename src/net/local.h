/* Talking to a process of this machine: HTTP over a unix socket, with libcurl. One request a call,
 * on the calling thread; the answer is given out as it comes, and may take hours. The program
 * ignores SIGPIPE. */
#ifndef LL_NET_LOCAL_H
#define LL_NET_LOCAL_H

#include <stdbool.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/str.h"

struct ll_local_options {
    const char *socket_path;
    const char *method;       /* "GET", "POST", … */
    const char *path;         /* with its query, percent-encoded: "/v1/run?verbose=1" */
    struct ll_str body;       /* {0}: none */
    const char *content_type; /* of the body; NULL: none */
    /* Takes a part of the answer's body, of any size; may block. Another status than LL_OK ends the
     * request with it. NULL: the body is dropped. */
    enum ll_status (*on_bytes)(void *context, int status_code, struct ll_str bytes,
                               struct ll_error *err);
    /* Asked at least five times a second, but for the time spent in on_bytes. NULL: never. */
    bool (*cancelled)(void *context);
    void *context;              /* of both */
    int64_t connect_timeout_ms; /* 0 = 5,000: the listener's queue may be full */
};

/* Asks, and waits for the end of the answer. There is no limit to the time of an answer.
 *   LL_OK         there is a whole answer: *ret_status_code says of which kind
 *   LL_NOT_FOUND  there is no socket file
 *   LL_TRANSIENT  there is one, but nobody listens: a process was killed, or is just starting;
 *                 nothing was sent
 *   LL_AUTH       the file may not be used, or belongs to a process of a user we do not trust
 *   LL_LIMIT      the listener has not taken the connection within connect_timeout_ms
 *   LL_CANCELLED  `cancelled` said so; the other side sees the connection close
 *   LL_IO         the other side died or hung up before the end; parts may have been given out
 *   LL_INVALID    method or path are no HTTP, or the socket's name is too long */
enum ll_status ll_local_request(const struct ll_local_options *options, int *ret_status_code,
                                struct ll_error *err) LL_MUST_CHECK;

/* A socket file's address for bind and connect, whatever the length of its path: a long one is
 * named through its folder, which stays open until the close. */
struct ll_local_name {
    struct sockaddr_un address;
    int folder_fd; /* -1: none was needed */
};
/* LL_NOT_FOUND when the folder is not there. */
enum ll_status ll_local_name_open(const char *path, struct ll_local_name *ret,
                                  struct ll_error *err) LL_MUST_CHECK;
void ll_local_name_close(struct ll_local_name *name);

/* Connects; uses socket_path, cancelled, context and connect_timeout_ms of the options. Errors are
 * those of ll_local_request. *ret_fd blocks, and is the caller's. */
enum ll_status ll_local_connect(const struct ll_local_options *options, int *ret_fd,
                                struct ll_error *err) LL_MUST_CHECK;

#endif
