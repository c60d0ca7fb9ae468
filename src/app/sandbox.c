#include "app/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/process.h"
#include "base/arena.h"
#include "base/batch_wire.h"

struct sandbox {
    struct ll_warehouse base;
    const struct ll_wire *wire;
    pthread_mutex_t mutex;
    pid_t pid; /* of the process that runs and has not been waited for; 0 = none */
    atomic_bool interrupted;
};

static const struct ll_warehouse_ops sandbox_ops;

static struct sandbox *self_of(struct ll_warehouse *w)
{
    assert(w->ops == &sandbox_ops);
    return (struct sandbox *)w;
}

/* --- what comes from the process, which is not trusted */

struct answer {
    int fd;
    bool broken_off; /* before its last frame */
    struct ll_buf bytes;
    ll_batch_fn *each;
    void *context;
};

static enum ll_status read_exactly(struct answer *answer, void *bytes, size_t len,
                                   struct ll_error *err)
{
    char *at = bytes;
    while (len > 0) {
        ssize_t n = read(answer->fd, at, len);
        if (n < 0 && errno != EINTR)
            return ll_fail_errno(err, errno, "read from the process of the query");
        answer->broken_off = n == 0;
        if (n == 0)
            return ll_fail(err, LL_IO, 0, "the process of the query has ended");
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return LL_OK;
}

static enum ll_status read_frame(struct answer *answer, char *ret_kind, struct ll_error *err)
{
    struct ll_process_head head;
    if (read_exactly(answer, &head, sizeof(head), err) != LL_OK)
        return err->status;
    if (head.len > LL_PROCESS_FRAME_MAX)
        return ll_fail(err, LL_CORRUPT, 0, "the process of the query sends too much at a time");
    ll_buf_reset(&answer->bytes);
    if (ll_buf_reserve(&answer->bytes, head.len, err) != LL_OK ||
        read_exactly(answer, answer->bytes.ptr, head.len, err) != LL_OK)
        return err->status;
    answer->bytes.len = head.len;
    *ret_kind = head.kind;
    return LL_OK;
}

static enum ll_status take_rows(struct answer *answer, struct ll_error *err)
{
    LL_AUTO(ll_batch_clear) struct ll_batch batch = {0};
    if (ll_batch_wire_read(ll_buf_str(&answer->bytes), &batch, err) != LL_OK)
        return err->status;
    return answer->each(answer->context, &batch, err);
}

static enum ll_status take_end(const struct answer *answer, struct ll_error *err)
{
    struct ll_process_end end = {.status = LL_CORRUPT};
    struct ll_str text = ll_buf_str(&answer->bytes);
    if (text.len >= sizeof(end))
        memcpy(&end, text.ptr, sizeof(end));
    if (end.status == LL_OK)
        return LL_OK;
    if (end.status < LL_OK || end.status > LL_UNSUPPORTED)
        end.status = LL_CORRUPT;
    text = ll_str_sub(text, sizeof(end), text.len);
    return ll_fail(err, (enum ll_status)end.status, end.code, "%.*s", LL_FMT(text));
}

static enum ll_status take_answer(struct answer *answer, struct ll_error *err)
{
    char kind = 0;
    enum ll_status status = LL_OK;
    while (status == LL_OK && kind != LL_PROCESS_END) {
        status = read_frame(answer, &kind, err);
        if (status == LL_OK && kind == LL_PROCESS_ROWS)
            status = take_rows(answer, err);
    }
    return status == LL_OK ? take_end(answer, err) : status;
}

/* --- the process */

static enum ll_status start(struct sandbox *self, const struct ll_warehouse_copy *copy,
                            struct ll_str sql, int *ret_fd, struct ll_error *err)
{
    const struct ll_process_query query = {.path = copy->path,
                                           .library = ll_duck_library(),
                                           .spill_dir = copy->folder,
                                           .memory_limit_bytes =
                                               self->wire->options.memory_limit_bytes,
                                           .threads = self->wire->options.threads,
                                           .sql = sql};
    pthread_mutex_lock(&self->mutex);
    enum ll_status status = atomic_load(&self->interrupted)
                                ? ll_fail(err, LL_CANCELLED, 0, "stopped")
                                : ll_process_start_query(&query, &self->pid, ret_fd, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

/* Whatever it still does, nobody wants it. */
static int end(struct sandbox *self)
{
    pthread_mutex_lock(&self->mutex);
    pid_t pid = self->pid;
    (void)kill(pid, SIGKILL);
    int how = ll_process_wait(pid);
    self->pid = 0;
    pthread_mutex_unlock(&self->mutex);
    return how;
}

/* It has ended without a last word. */
static enum ll_status explain(const struct sandbox *self, int how, struct ll_error *err)
{
    if (atomic_load(&self->interrupted))
        return ll_fail(err, LL_CANCELLED, 0, "stopped");
    /* By the kernel, or by itself where what it asked for could not be had. */
    if (WIFSIGNALED(how) && (WTERMSIG(how) == SIGKILL || WTERMSIG(how) == SIGABRT))
        return ll_fail(err, LL_LIMIT, 0, "the query took more memory than it may have");
    return ll_fail(err, LL_INVALID, 0,
                   "the query brought its engine down (%s %d): ask in another way",
                   WIFSIGNALED(how) ? "signal" : "exit code",
                   WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
}

static enum ll_status ask(struct sandbox *self, const struct ll_warehouse_copy *copy,
                          struct ll_str sql, struct answer *answer, struct ll_error *err)
{
    if (start(self, copy, sql, &answer->fd, err) != LL_OK)
        return err->status;
    enum ll_status status = take_answer(answer, err);
    close(answer->fd);
    int how = end(self);
    return answer->broken_off ? explain(self, how, err) : status;
}

/* --- the warehouse */

static enum ll_status op_query_text(struct ll_warehouse *w, struct ll_str sql, ll_batch_fn *each,
                                    void *context, struct ll_error *err)
{
    struct sandbox *self = self_of(w);
    struct ll_warehouse_copy *copy;
    struct answer answer = {.each = each, .context = context};
    struct ll_owner *owner = self->wire->options.owner;
    if (ll_warehouse_copy_use(owner, &copy, err) != LL_OK)
        return err->status;
    enum ll_status status = ask(self, copy, sql, &answer, err);
    ll_warehouse_copy_leave(owner, copy);
    ll_buf_clear(&answer.bytes);
    return status;
}

static void op_interrupt(struct ll_warehouse *w)
{
    struct sandbox *self = self_of(w);
    atomic_store(&self->interrupted, true);
    pthread_mutex_lock(&self->mutex);
    if (self->pid != 0)
        (void)kill(self->pid, SIGKILL);
    pthread_mutex_unlock(&self->mutex);
}

static void op_free(struct ll_warehouse *w)
{
    struct sandbox *self = self_of(w);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static const struct ll_warehouse_ops sandbox_ops = {
    .name = "sandbox",
    .query_text = op_query_text,
    .interrupt = op_interrupt,
    .free = op_free,
};

struct ll_warehouse *ll_sandbox_new(const struct ll_wire *wire)
{
    assert(wire->options.owner != NULL);
    struct sandbox *self = ll_xcalloc(1, sizeof(*self));
    self->base.ops = &sandbox_ops;
    self->wire = wire;
    pthread_mutex_init(&self->mutex, NULL);
    atomic_init(&self->interrupted, false);
    return &self->base;
}
