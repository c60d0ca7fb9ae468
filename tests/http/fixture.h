/* A server with a few routes on a socket in a folder of its own, and raw clients of it.
 *
 *   /echo      the body
 *   /request   method, path, parameters, "x-a" and uid as lines
 *   /stream    ?bytes=N: so many bytes, as a stream
 *   /broken    a stream of three bytes that is then broken off
 *   /headers   an answer with the header x-b; ?bad=1: with one that HTTP does not allow
 *   /wait      begins to run (fixture_await_running); answers "released" when it is let go, and
 *              "gone" into `gone` when the peer or server leaves before
 *   /drip      a stream: "one", then waits as /wait does, then "two" */
#ifndef LL_TESTS_HTTP_FIXTURE_H
#define LL_TESTS_HTTP_FIXTURE_H

#include "support/check.h"
#include "support/temp_folder.h"

#include <pthread.h>

#include "base/buf.h"
#include "http/server.h"

#define FIXTURE_BODY_MAX 1000
#define FIXTURE_REQUESTS_MAX 4

struct fixture {
    char *folder;
    struct ll_buf path; /* of the socket */
    struct ll_server_options options;
    struct ll_server *server;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int running, gone, freed; /* handlers that wait; that saw their peer go; streams freed */
    int released;             /* how many may go on */
    int64_t streamed;         /* bytes that /stream gave out */
};

void fixture_open(struct fixture *fixture); /* options may be changed between the two */
void fixture_start(struct fixture *fixture);
void fixture_start_on(struct fixture *fixture, int listen_fd);
void fixture_close(struct fixture *fixture);

/* Wait until a counter of the fixture has come to `wanted`. */
void fixture_await(struct fixture *fixture, const int *counter, int wanted);
void fixture_release(struct fixture *fixture);

/* --- raw clients */
int fixture_connect(const char *path);
void fixture_send(int fd, const char *text); /* a peer that has closed is no fault */
/* All until the other side closes; frees with ll_buf_clear. */
struct ll_buf fixture_read_all(int fd);
/* Sends and reads all: fails unless the answer has the status (0: there is none) and holds the
 * text.
 */
void fixture_expect(const char *path, const char *request, int status, const char *holds);

#endif
