#include "app/guard.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* An interrupt that comes between two statements is lost, so it is repeated until the end. */
#define REPEAT_MS 50

static int poll_without_eintr(struct pollfd *fds, nfds_t count, int wait_ms)
{
    int ready;
    do
        ready = poll(fds, count, wait_ms);
    while (ready < 0 && errno == EINTR);
    return ready;
}

static void *watch(void *argument)
{
    struct ll_guard *guard = argument;
    struct pollfd fds[] = {{.fd = guard->end_fd, .events = POLLIN},
                           {.fd = guard->stop->fd, .events = POLLIN}};
    int64_t limit_ms = guard->timeout_ms < INT_MAX ? guard->timeout_ms : INT_MAX;
    int wait_ms = limit_ms > 0 ? (int)limit_ms : -1;
    int ready = poll_without_eintr(fds, 2, wait_ms);
    if (ready == 0)
        atomic_store(&guard->expired, true);
    else if (fds[0].revents == 0)
        atomic_store(&guard->signalled, true);
    while (fds[0].revents == 0) {
        guard->interrupt(guard->context);
        (void)poll_without_eintr(fds, 1, REPEAT_MS);
    }
    return NULL;
}

enum ll_status ll_guard_start(struct ll_guard *guard, struct ll_error *err)
{
    assert(guard->interrupt != NULL && guard->stop != NULL && guard->timeout_ms >= 0);
    atomic_init(&guard->expired, false);
    atomic_init(&guard->signalled, false);
    guard->end_fd = eventfd(0, EFD_CLOEXEC);
    if (guard->end_fd < 0)
        return ll_fail_errno(err, errno, "make an event");
    /* Signals go to the main thread, whose system calls they shall end. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&guard->thread, NULL, watch, guard);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        close(guard->end_fd);
        return ll_fail_errno(err, failed, "start a thread");
    }
    return LL_OK;
}

enum ll_status ll_guard_stop(struct ll_guard *guard, enum ll_status status, struct ll_error *err)
{
    uint64_t one = 1;
    ssize_t written = write(guard->end_fd, &one, sizeof(one));
    assert(written == (ssize_t)sizeof(one));
    (void)written;
    pthread_join(guard->thread, NULL);
    close(guard->end_fd);
    if (status != LL_CANCELLED)
        return status;
    if (atomic_load(&guard->expired))
        return ll_fail(err, LL_LIMIT, 0, "stopped at the time limit of %lld s",
                       (long long)(guard->timeout_ms / 1000));
    if (atomic_load(&guard->signalled))
        return ll_fail(err, LL_CANCELLED, 0, "stopped by a signal");
    return status;
}
