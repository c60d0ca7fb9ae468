#include "app/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Globals, because a handler gets no context. */
static volatile sig_atomic_t caught;
static volatile sig_atomic_t event_fd = -1;

static void on_signal(int number)
{
    int saved_errno = errno;
    caught = number;
    uint64_t one = 1;
    ssize_t ignored = write(event_fd, &one, sizeof(one));
    (void)ignored; /* the flag says it too */
    errno = saved_errno;
}

void ll_signals_install(void)
{
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* SA_RESETHAND: the second signal finds the default action. */
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    sigemptyset(&stop.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

int ll_signals_caught(void)
{
    return caught;
}

int ll_signals_fd(void)
{
    return event_fd;
}

bool ll_signals_cancelled(void *context)
{
    (void)context;
    return caught != 0;
}
