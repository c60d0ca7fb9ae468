#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/process.h"
#include "app/signals.h"
#include "base/arena.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

/* A standard descriptor that came closed is taken by something that fails to read or write, lest
 * the next file that is opened becomes it. */
static void occupy_standard_descriptors(void)
{
    for (int fd = open("/dev/null", O_PATH); fd >= 0; fd = open("/dev/null", O_PATH)) {
        if (fd <= STDERR_FILENO)
            continue;
        close(fd);
        return;
    }
}

/* No copy of keys and people's data on a disk that nobody thinks of. */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return; /* it is 0 where setting it is not allowed: deploy/systemd */
}

int main(int argc, char **argv)
{
    leave_no_core();
    if (argc > 1 && strcmp(argv[1], LL_PROCESS_WORD) == 0)
        return ll_process_main(argc, argv);
    occupy_standard_descriptors();
    ll_memory_keep();
    ll_signals_install();
    const struct ll_cli cli = {.argc = argc,
                               .argv = argv,
                               .env = environment,
                               .clock = ll_clock_system(),
                               .out_fd = STDOUT_FILENO,
                               .err_fd = STDERR_FILENO,
                               .stop = ll_signals_stop(),
                               .terminal = isatty(STDERR_FILENO) == 1};
    return ll_cli_run(&cli);
}
