/* Processes of this program that do one thing for it, and that may fail alone:
 *
 *   livelake @process copy FROM TO                            a warehouse's file and its log
 *   livelake @process query FILE LIBRARY MEMORY THREADS SPILL a user's SQL, from standard input
 *
 * They get no environment, no descriptor but the standard ones, and end with their parent. A query
 * writes frames to standard output: a byte that says what it is, the length of what follows, and
 * that; the last one is END. */
#ifndef LL_APP_PROCESS_H
#define LL_APP_PROCESS_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

#define LL_PROCESS_WORD "@process"

#define LL_PROCESS_ROWS 'r' /* base/batch_wire.h */
#define LL_PROCESS_END 'e'  /* struct ll_process_end, and its message */
#define LL_PROCESS_FRAME_MAX ((uint32_t)64 << 20)

struct ll_process_head {
    uint32_t len;
    char kind;
};

struct ll_process_end {
    int32_t status, code;
};

/* The process's own main(). */
int ll_process_main(int argc, char **argv);

/* Both files, whole; what is at `to` is replaced, and synced by nobody. LL_RATE_LIMITED when `from`
 * changes all the time. */
enum ll_status ll_process_copy(const char *from, const char *to,
                               struct ll_error *err) LL_MUST_CHECK;

struct ll_process_query {
    const char *path, *library; /* library: "" = where it is looked for */
    const char *spill_dir;
    int64_t memory_limit_bytes;
    int threads;
    struct ll_str sql;
};
/* Starts it; its frames come from *ret_fd, which is the caller's. Wait for *ret_pid. */
enum ll_status ll_process_start_query(const struct ll_process_query *query, pid_t *ret_pid,
                                      int *ret_fd, struct ll_error *err) LL_MUST_CHECK;
/* How it ended: as of waitpid(2). */
int ll_process_wait(pid_t pid);

#endif
