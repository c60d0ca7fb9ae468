#include "app/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct ll_stop program = {.fd = -1}; /* global, because a handler gets no context */

static volatile sig_atomic_t hangup_fd = -1;

static void on_signal(int number)
{
    ll_stop_ask(&program, number);
}

void ll_signals_install(void)
{
    struct ll_error ignored; /* without an event the number says it, only later */
    (void)!ll_stop_init(&program, &ignored);
    /* SA_RESETHAND: the second signal finds the default action. */
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    sigemptyset(&stop.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

struct ll_stop *ll_signals_stop(void)
{
    return &program;
}

static void on_hangup(int number)
{
    int saved_errno = errno;
    uint64_t one = 1;
    (void)number;
    ssize_t ignored = write(hangup_fd, &one, sizeof(one));
    (void)ignored; /* full: it is readable already */
    errno = saved_errno;
}

int ll_signals_hangup_fd(void)
{
    if (hangup_fd >= 0)
        return hangup_fd;
    hangup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction hangup = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigemptyset(&hangup.sa_mask);
    if (hangup_fd >= 0)
        sigaction(SIGHUP, &hangup, NULL);
    return hangup_fd;
}
