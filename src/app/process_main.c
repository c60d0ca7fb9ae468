/* What runs in the processes of process.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/process.h"
#include "app/wire.h"
#include "base/arena.h"
#include "base/batch_wire.h"

#define COPY_BYTES ((size_t)1 << 26)
#define COPY_ATTEMPTS 20
#define HEADER_BYTES 12288 /* of a DuckDB file: three of 4 KiB, of which two count checkpoints */
#define FRAME_BYTES ((size_t)256 * 1024) /* sent when there is so much */
#define ROOM_BYTES (INT64_C(512) << 20)  /* of a query, beside the engine's own limit */
#define SPILL_BYTES_MAX (INT64_C(4) << 30)
#define SQL_BYTES_MAX ((size_t)4 << 20)

/* --- copying a file that is in use */

static bool copy_bytes(int from, int to)
{
    if (ioctl(to, FICLONE, from) == 0)
        return true;
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, COPY_BYTES, 0);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

/* 0 or an errno. */
static int copy_file(const char *from_path, const char *to_path)
{
    int from = open(from_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0)
        return errno;
    int to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = to >= 0 && copy_bytes(from, to) && close(to) == 0;
    int failed = errno;
    close(from);
    return good ? 0 : failed;
}

/* An engine that has written everything into its file has no log. */
static int copy_both(const char *from, const char *to)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *log = ll_arena_printf(&arena, "%s.wal", to).ptr;
    int failed = copy_file(from, to);
    if (failed != 0)
        return failed;
    failed = copy_file(ll_arena_printf(&arena, "%s.wal", from).ptr, log);
    if (failed != ENOENT)
        return failed;
    return unlink(log) == 0 || errno == ENOENT ? 0 : errno; /* of an attempt before */
}

static int read_headers(const char *path, char *headers)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno;
    ssize_t n = pread(fd, headers, HEADER_BYTES, 0);
    close(fd);
    return n == HEADER_BYTES ? 0 : EIO;
}

/* What is written meanwhile goes to the log and to free blocks, until a checkpoint makes blocks
 * free that the copy needs; it writes a new header last. So a copy between two equal headers is
 * good. */
static int copy(const char *from, const char *to)
{
    char before[HEADER_BYTES], after[HEADER_BYTES];
    for (int i = 0; i < COPY_ATTEMPTS; i++) {
        int failed = read_headers(from, before);
        if (failed == 0)
            failed = copy_both(from, to);
        if (failed == 0)
            failed = read_headers(from, after);
        if (failed != 0 || memcmp(before, after, HEADER_BYTES) == 0)
            return failed;
    }
    return EBUSY;
}

/* --- a query */

static bool write_all(const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, at, len);
        if (n < 0 && errno != EINTR)
            return false;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static enum ll_status send_frame(char kind, struct ll_str bytes, struct ll_error *err)
{
    const struct ll_process_head head = {.len = (uint32_t)bytes.len, .kind = kind};
    if (bytes.len > LL_PROCESS_FRAME_MAX)
        return ll_fail(err, LL_LIMIT, 0, "a row is larger than %u MB",
                       (unsigned)(LL_PROCESS_FRAME_MAX >> 20));
    if (!write_all(&head, sizeof(head)) || !write_all(bytes.ptr, bytes.len))
        return ll_fail_errno(err, errno, "answer");
    return LL_OK;
}

static enum ll_status send_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct ll_buf *bytes = context;
    size_t row = 0;
    do {
        ll_buf_reset(bytes);
        ll_batch_wire_columns(batch, bytes);
        while (row < batch->row_count && bytes->len < FRAME_BYTES)
            ll_batch_wire_row(batch, row++, bytes);
        if (send_frame(LL_PROCESS_ROWS, ll_buf_str(bytes), err) != LL_OK)
            return err->status;
    } while (row < batch->row_count);
    return LL_OK;
}

/* The engine's limit leaves out much of what functions take. Sanitizers take terabytes. */
static enum ll_status limit_memory(int64_t bytes, struct ll_error *err)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const struct rlimit limit = {(rlim_t)(bytes + ROOM_BYTES), (rlim_t)(bytes + ROOM_BYTES)};
    if (setrlimit(RLIMIT_DATA, &limit) != 0)
        return ll_fail_errno(err, errno, "limit the memory of the query");
#else
    (void)bytes;
    (void)err;
#endif
    return LL_OK;
}

static enum ll_status read_sql(struct ll_buf *sql, struct ll_error *err)
{
    char bytes[4096];
    for (;;) {
        ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (n == 0)
            return LL_OK;
        if (n < 0 && errno != EINTR)
            return ll_fail_errno(err, errno, "read the query");
        if (n > 0 && ll_buf_append(sql, (struct ll_str){bytes, (size_t)n}, err) != LL_OK)
            return err->status;
    }
}

static enum ll_status query(char **words, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf sql = {.max_bytes = SQL_BYTES_MAX};
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {0};
    struct ll_warehouse_duckdb_options options = {.path = words[0],
                                                  .read_only = true,
                                                  .spill_dir = words[4],
                                                  .spill_limit_bytes = SPILL_BYTES_MAX};
    struct ll_warehouse *warehouse;
    int64_t threads = 0;
    if (!ll_str_to_i64(ll_str_of(words[2]), &options.memory_limit_bytes) ||
        !ll_str_to_i64(ll_str_of(words[3]), &threads))
        return ll_fail(err, LL_INVALID, 0, "not a number");
    options.threads = (int)threads;
    ll_duck_set_library(words[1]);
    if (limit_memory(options.memory_limit_bytes, err) != LL_OK || read_sql(&sql, err) != LL_OK ||
        ll_wire_copy(&options, &warehouse, err) != LL_OK)
        return err->status;
    return ll_warehouse_query_text(warehouse, ll_buf_str(&sql), send_rows, &bytes, err);
}

static int run_query(char **words)
{
    struct ll_error err = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    enum ll_status status = query(words, &err);
    const struct ll_process_end end = {.status = (int32_t)status, .code = err.code};
    ll_buf_add(&text, (struct ll_str){(const char *)&end, sizeof(end)});
    if (status != LL_OK)
        ll_buf_add(&text, ll_str_of(err.message));
    return send_frame(LL_PROCESS_END, ll_buf_str(&text), &err) == LL_OK ? 0 : 1;
}

/* --- */

/* When the machine is out of memory: what collects is worth more. */
static void be_first_to_go(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1000", 4); /* without it we are as good as others */
        close(fd);
    }
}

int ll_process_main(int argc, char **argv)
{
    int64_t parent = 0;
    if (argc < 4 || !ll_str_to_i64(ll_str_of(argv[2]), &parent))
        return EINVAL;
    be_first_to_go(); /* and nobody wants the answer of an orphan */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != (pid_t)parent ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return EPERM;
    int code = EINVAL;
    if (argc == 6 && strcmp(argv[3], "copy") == 0)
        code = copy(argv[4], argv[5]);
    else if (argc == 9 && strcmp(argv[3], "query") == 0)
        code = run_query(argv + 4);
    _exit(code); /* what is open is read-only, and nothing of ours is buffered */
}
