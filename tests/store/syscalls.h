/* System calls that fail on purpose. The linker sends the store's calls here (--wrap, see
 * CMakeLists.txt). */
#ifndef LL_TESTS_STORE_SYSCALLS_H
#define LL_TESTS_STORE_SYSCALLS_H

#include <stddef.h>
#include <stdbool.h>

enum syscall_name {
    CALL_NONE,
    CALL_OPENAT,
    CALL_MKDIRAT,
    CALL_WRITE,
    CALL_READ,
    CALL_CLOSE,
    CALL_FSTAT,
    CALL_FSTATAT,
    CALL_LINKAT,
    CALL_RENAMEAT,
    CALL_RENAMEAT2,
    CALL_UNLINKAT,
    CALL_FSYNC,
    CALL_SYNCFS,
    CALL_COUNT,
};

struct syscall_plan {
    enum syscall_name name;
    size_t nth; /* 1 = the next one */
    int code;   /* errno; with 0 a read or write is cut to one byte instead */
};

void syscalls_arm(struct syscall_plan plan);        /* {0}: none fails; counts start at 0 */
void syscalls_arm_second(struct syscall_plan plan); /* beside the first; of another name */
bool syscalls_fired(void);                          /* the first, and the second if there is one */
size_t syscalls_count(enum syscall_name name);

/* Inodes of the files and folders given to fsync since syscalls_arm. */
bool syscalls_synced(const char *path);

#endif
