#include "app/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process group of its own: Ctrl-C is for us, who end it. */
static int spawn(char *const *words, int in_fd, int out_fd, pid_t *ret_pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char *no_environment[] = {NULL};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    int failed = posix_spawn_file_actions_adddup2(&files, in_fd, STDIN_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    if (failed == 0)
        failed = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    if (failed == 0)
        failed = posix_spawn(ret_pid, "/proc/self/exe", &files, &how, words, no_environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

int ll_process_wait(pid_t pid)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        ;
    return how;
}

/* posix_spawn takes words that it does not change as ones that it may. */
#define WORD(text) ((char *)(uintptr_t)(text))

enum ll_status ll_process_copy(const char *from, const char *to, struct ll_error *err)
{
    char parent[24];
    (void)snprintf(parent, sizeof(parent), "%ld", (long)getpid());
    char *words[] = {
        WORD("livelake"), WORD(LL_PROCESS_WORD), parent, WORD("copy"), WORD(from), WORD(to), NULL};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_t pid;
    if (null_fd < 0)
        return ll_fail_errno(err, errno, "open /dev/null");
    int failed = spawn(words, null_fd, null_fd, &pid);
    close(null_fd);
    if (failed != 0)
        return ll_fail_errno(err, failed, "start a process");
    int how = ll_process_wait(pid);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return LL_OK;
    if (WIFEXITED(how) && WEXITSTATUS(how) == EBUSY) {
        err->status = ll_fail(err, LL_RATE_LIMITED, EBUSY, "it is written too fast: ask again");
        err->retry_after_ms = 1000;
        return err->status;
    }
    if (WIFEXITED(how)) /* its errno */
        return ll_fail_errno(err, WEXITSTATUS(how), "%s", to);
    return ll_fail(err, LL_IO, 0, "the process that copies was ended by signal %d", WTERMSIG(how));
}

static int sql_file(struct ll_str sql, struct ll_error *err)
{
    int fd = memfd_create("sql", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < sql.len) {
        ssize_t n = write(fd, sql.ptr + done, sql.len - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0 && done == sql.len && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    ll_fail_errno(err, errno, "hand the query over");
    if (fd >= 0)
        close(fd);
    return -1;
}

enum ll_status ll_process_start_query(const struct ll_process_query *query, pid_t *ret_pid,
                                      int *ret_fd, struct ll_error *err)
{
    char parent[24], memory[24], threads[24];
    int pipe_fds[2];
    (void)snprintf(parent, sizeof(parent), "%ld", (long)getpid());
    (void)snprintf(memory, sizeof(memory), "%" PRId64, query->memory_limit_bytes);
    (void)snprintf(threads, sizeof(threads), "%d", query->threads);
    char *words[] = {WORD("livelake"),
                     WORD(LL_PROCESS_WORD),
                     parent,
                     WORD("query"),
                     WORD(query->path),
                     WORD(query->library),
                     memory,
                     threads,
                     WORD(query->spill_dir),
                     NULL};
    int sql_fd = sql_file(query->sql, err);
    if (sql_fd < 0)
        return err->status;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        ll_fail_errno(err, errno, "make a pipe");
        close(sql_fd);
        return err->status;
    }
    int failed = spawn(words, sql_fd, pipe_fds[1], ret_pid);
    close(sql_fd);
    close(pipe_fds[1]);
    if (failed != 0) {
        close(pipe_fds[0]);
        return ll_fail_errno(err, failed, "start a process");
    }
    *ret_fd = pipe_fds[0];
    return LL_OK;
}
