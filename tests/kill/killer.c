/* Preloaded into the program: sends it a signal at one chosen call, so that kills hit the places
 * where order matters and not only where time is spent.
 *
 *   KILL_CALL  write | fsync | rename | link | unlink | truncate | mkdir
 *   KILL_AT    the call of that kind, from 1
 *   KILL_HOW   before | after | torn (half of a write, then the signal)
 *   KILL_BY    the signal's number; 9 when it is not set
 *   KILL_LOG   file that gets "<kind> <calls>" lines when the program ends by itself */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call { WRITE, FSYNC, RENAME, LINK, UNLINK, TRUNCATE, MKDIR, CALLS };

static const char *const names[CALLS] = {"write",  "fsync",    "rename", "link",
                                         "unlink", "truncate", "mkdir"};
static atomic_long counts[CALLS];
static enum call chosen = CALLS;
static long chosen_at;
static char how; /* 'b', 'a', 't' */
static int signal_number = SIGKILL;

__attribute__((constructor)) static void read_plan(void)
{
    const char *call = getenv("KILL_CALL"), *at = getenv("KILL_AT"), *when = getenv("KILL_HOW");
    const char *by = getenv("KILL_BY");
    if (call == NULL || at == NULL || when == NULL)
        return;
    for (int i = 0; i < CALLS; i++)
        if (strcmp(call, names[i]) == 0)
            chosen = (enum call)i;
    chosen_at = strtol(at, NULL, 10);
    how = when[0];
    if (by != NULL)
        signal_number = (int)strtol(by, NULL, 10);
}

__attribute__((destructor)) static void write_log(void)
{
    const char *path = getenv("KILL_LOG");
    FILE *log = path != NULL ? fopen(path, "w") : NULL;
    if (log == NULL)
        return;
    for (int i = 0; i < CALLS; i++)
        fprintf(log, "%s %ld\n", names[i], atomic_load(&counts[i]));
    fclose(log);
}

static void strike(void)
{
    syscall(SYS_kill, syscall(SYS_getpid), signal_number);
}

/* Whether this is the chosen call; strikes before it where that is wanted. */
static bool enter(enum call call)
{
    long nth = atomic_fetch_add(&counts[call], 1) + 1;
    bool mine = call == chosen && nth == chosen_at;
    if (mine && how == 'b')
        strike();
    return mine;
}

static long leave(bool mine, long result)
{
    if (mine && how != 'b')
        strike();
    return result;
}

static size_t torn(bool mine, size_t size)
{
    return mine && how == 't' ? size / 2 : size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    bool mine = enter(WRITE);
    return leave(mine, syscall(SYS_write, fd, bytes, torn(mine, size)));
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    bool mine = enter(WRITE);
    return leave(mine, syscall(SYS_pwrite64, fd, bytes, torn(mine, size), at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return pwrite(fd, bytes, size, at);
}

int fsync(int fd)
{
    bool mine = enter(FSYNC);
    return (int)leave(mine, syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    bool mine = enter(FSYNC);
    return (int)leave(mine, syscall(SYS_fdatasync, fd));
}

int syncfs(int fd)
{
    bool mine = enter(FSYNC);
    return (int)leave(mine, syscall(SYS_syncfs, fd));
}

int renameat2(int from_folder, const char *from, int folder, const char *to, unsigned flags)
{
    bool mine = enter(RENAME);
    return (int)leave(mine, syscall(SYS_renameat2, from_folder, from, folder, to, flags));
}

int renameat(int from_folder, const char *from, int folder, const char *to)
{
    return renameat2(from_folder, from, folder, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_folder, const char *from, int folder, const char *to, int flags)
{
    bool mine = enter(LINK);
    return (int)leave(mine, syscall(SYS_linkat, from_folder, from, folder, to, flags));
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
    bool mine = enter(UNLINK);
    return (int)leave(mine, syscall(SYS_unlinkat, folder, name, flags));
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int ftruncate(int fd, off_t size)
{
    bool mine = enter(TRUNCATE);
    return (int)leave(mine, syscall(SYS_ftruncate, fd, size));
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
    bool mine = enter(MKDIR);
    return (int)leave(mine, syscall(SYS_mkdirat, folder, name, mode));
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}
