#include "store/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNCED_MAX = 1000 };

static struct {
    struct syscall_plan plans[2];
    size_t fired;
    size_t counts[CALL_COUNT];
    ino_t synced[SYNCED_MAX];
    size_t synced_count;
} calls;

void syscalls_arm(struct syscall_plan plan)
{
    calls.plans[0] = plan;
    calls.plans[1] = (struct syscall_plan){0};
    calls.fired = 0;
    calls.synced_count = 0;
    for (size_t i = 0; i < CALL_COUNT; i++)
        calls.counts[i] = 0;
}

void syscalls_arm_second(struct syscall_plan plan)
{
    calls.plans[1] = plan;
}

bool syscalls_fired(void)
{
    return calls.fired == (calls.plans[1].name == CALL_NONE ? 1 : 2);
}

size_t syscalls_count(enum syscall_name name)
{
    return calls.counts[name];
}

bool syscalls_synced(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    for (size_t i = 0; i < calls.synced_count; i++)
        if (calls.synced[i] == st.st_ino)
            return true;
    return false;
}

static bool strikes(enum syscall_name name)
{
    calls.counts[name]++;
    for (size_t i = 0; i < 2; i++) {
        if (calls.plans[i].name == name && calls.plans[i].nth == calls.counts[name]) {
            calls.fired++;
            errno = calls.plans[i].code;
            return true;
        }
    }
    return false;
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return strikes(CALL_OPENAT) ? -1 : __real_openat(folder, path, flags, mode);
}

int __real_mkdirat(int folder, const char *path, mode_t mode);
int __wrap_mkdirat(int folder, const char *path, mode_t mode);
int __wrap_mkdirat(int folder, const char *path, mode_t mode)
{
    return strikes(CALL_MKDIRAT) ? -1 : __real_mkdirat(folder, path, mode);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (!strikes(CALL_WRITE))
        return __real_write(fd, bytes, len);
    return errno != 0 ? -1 : __real_write(fd, bytes, len > 0);
}

ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len)
{
    if (!strikes(CALL_READ))
        return __real_read(fd, bytes, len);
    return errno != 0 ? -1 : __real_read(fd, bytes, len > 0);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd) /* frees the descriptor even when it fails, as Linux does */
{
    int result = __real_close(fd);
    return strikes(CALL_CLOSE) ? -1 : result;
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
    return strikes(CALL_FSTAT) ? -1 : __real_fstat(fd, st);
}

int __real_fstatat(int folder, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *st, int flags)
{
    return strikes(CALL_FSTATAT) ? -1 : __real_fstatat(folder, path, st, flags);
}

int __real_linkat(int from_folder, const char *from, int folder, const char *name, int flags);
int __wrap_linkat(int from_folder, const char *from, int folder, const char *name, int flags);
int __wrap_linkat(int from_folder, const char *from, int folder, const char *name, int flags)
{
    return strikes(CALL_LINKAT) ? -1 : __real_linkat(from_folder, from, folder, name, flags);
}

int __real_renameat(int from_folder, const char *from, int folder, const char *name);
int __wrap_renameat(int from_folder, const char *from, int folder, const char *name);
int __wrap_renameat(int from_folder, const char *from, int folder, const char *name)
{
    return strikes(CALL_RENAMEAT) ? -1 : __real_renameat(from_folder, from, folder, name);
}

int __real_renameat2(int from_folder, const char *from, int folder, const char *name,
                     unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int folder, const char *name,
                     unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int folder, const char *name,
                     unsigned flags)
{
    return strikes(CALL_RENAMEAT2) ? -1 : __real_renameat2(from_folder, from, folder, name, flags);
}

int __real_unlinkat(int folder, const char *path, int flags);
int __wrap_unlinkat(int folder, const char *path, int flags);
int __wrap_unlinkat(int folder, const char *path, int flags)
{
    return strikes(CALL_UNLINKAT) ? -1 : __real_unlinkat(folder, path, flags);
}

/* Power cuts are not tried here, so the disk is spared. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    if (strikes(CALL_FSYNC))
        return -1;
    struct stat st;
    if (__real_fstat(fd, &st) == 0 && calls.synced_count < SYNCED_MAX)
        calls.synced[calls.synced_count++] = st.st_ino;
    return 0;
}

int __wrap_syncfs(int fd);
int __wrap_syncfs(int fd)
{
    (void)fd;
    return strikes(CALL_SYNCFS) ? -1 : 0;
}
