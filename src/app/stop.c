#include "app/stop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum ll_status ll_stop_init(struct ll_stop *stop, struct ll_error *err)
{
    atomic_init(&stop->signal, 0);
    stop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return stop->fd >= 0 ? LL_OK : ll_fail_errno(err, errno, "make an event");
}

void ll_stop_ask(struct ll_stop *stop, int signal)
{
    int saved_errno = errno;
    uint64_t one = 1;
    atomic_store(&stop->signal, signal);
    ssize_t ignored = write(stop->fd, &one, sizeof(one));
    (void)ignored; /* the number says it too */
    errno = saved_errno;
}

bool ll_stop_asked(void *stop)
{
    return atomic_load(&((struct ll_stop *)stop)->signal) != 0;
}

void ll_stop_clear(struct ll_stop *stop)
{
    close(stop->fd);
    stop->fd = -1;
}
