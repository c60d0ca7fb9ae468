/* The queue in memory, for one process and for tests.
 *
 * Messages stand in the order of their sending. Nothing happens by itself: a message whose last
 * delivery has run out becomes a dead letter when somebody next looks at the queue. Hiding goes by
 * the monotonic clock, so that a jump of the wall clock neither loses nor repeats a delivery. */
#include "queue/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { WAIT_STEP_MS = 50, MESSAGES_MAX = 100000 };

struct message {
    uint64_t id;
    char *body;
    size_t len;
    int64_t visible_at_ms; /* monotonic */
    int receives;
};

struct mem_queue {
    struct ll_queue base;
    struct ll_queue_mem_options options;
    pthread_mutex_t mutex; /* guards everything below */
    struct message *messages;
    size_t count;
    size_t capacity;
    uint64_t last_id;
    size_t dead_letters;
};

static struct mem_queue *mem_of(struct ll_queue *queue)
{
    return (struct mem_queue *)queue;
}

static int64_t now_ms(struct mem_queue *mem)
{
    return mem->options.clock->monotonic_ms(mem->options.clock);
}

static void remove_at(struct mem_queue *mem, size_t at)
{
    free(mem->messages[at].body);
    mem->count--;
    memmove(&mem->messages[at], &mem->messages[at + 1], (mem->count - at) * sizeof(*mem->messages));
}

/* Makes dead letters of the messages whose last delivery has run out. */
static void bury(struct mem_queue *mem)
{
    int64_t now = now_ms(mem);
    size_t kept = 0;
    for (size_t i = 0; i < mem->count; i++) {
        struct message *message = &mem->messages[i];
        if (message->receives >= mem->options.max_receives && message->visible_at_ms <= now) {
            free(message->body);
            mem->dead_letters++;
        } else {
            mem->messages[kept++] = *message;
        }
    }
    mem->count = kept;
}

/* A receipt is "<id>-<delivery>", so that the next delivery makes it stale. */
static void receipt_of(const struct message *message, char receipt[static 64])
{
    (void)snprintf(receipt, 64, "%llu-%d", (unsigned long long)message->id, message->receives);
}

/* Index of the message that `receipt` still holds, or mem->count. */
static size_t find(struct mem_queue *mem, const char *receipt)
{
    bury(mem);
    size_t at = 0;
    for (; at < mem->count; at++) {
        char held[64];
        receipt_of(&mem->messages[at], held);
        if (strcmp(held, receipt) == 0)
            break;
    }
    return at;
}

static enum ll_status mem_send(struct ll_queue *queue, struct ll_str body, int64_t delay_ms,
                               struct ll_error *err)
{
    struct mem_queue *mem = mem_of(queue);
    pthread_mutex_lock(&mem->mutex);
    bool full = mem->count == MESSAGES_MAX;
    if (!full) {
        if (mem->count == mem->capacity) {
            mem->capacity = mem->capacity == 0 ? 16 : mem->capacity * 2;
            mem->messages = ll_xrealloc(mem->messages, mem->capacity, sizeof(*mem->messages));
        }
        char *copy = ll_xcalloc(body.len + 1, 1);
        memcpy(copy, body.ptr, body.len);
        mem->messages[mem->count++] = (struct message){.id = ++mem->last_id,
                                                       .body = copy,
                                                       .len = body.len,
                                                       .visible_at_ms = now_ms(mem) + delay_ms};
    }
    pthread_mutex_unlock(&mem->mutex);
    return full ? ll_fail(err, LL_LIMIT, 0, "the queue holds %d messages already", MESSAGES_MAX)
                : LL_OK;
}

static bool receive_now(struct mem_queue *mem, struct ll_queue_message *ret)
{
    pthread_mutex_lock(&mem->mutex);
    bury(mem);
    int64_t now = now_ms(mem);
    size_t at = 0;
    while (at < mem->count && mem->messages[at].visible_at_ms > now)
        at++;
    bool any = at < mem->count;
    if (any) {
        struct message *message = &mem->messages[at];
        message->receives++;
        message->visible_at_ms = now + mem->options.visibility_ms;
        *ret = (struct ll_queue_message){.body = ll_xcalloc(message->len + 1, 1),
                                         .body_len = message->len,
                                         .receives = message->receives};
        memcpy(ret->body, message->body, message->len);
        receipt_of(message, ret->receipt);
    }
    pthread_mutex_unlock(&mem->mutex);
    return any;
}

static enum ll_status mem_receive(struct ll_queue *queue, int64_t wait_ms,
                                  struct ll_queue_message *ret, struct ll_error *err)
{
    struct mem_queue *mem = mem_of(queue);
    int64_t started_ms = now_ms(mem);
    while (!receive_now(mem, ret)) {
        int64_t left_ms = wait_ms - (now_ms(mem) - started_ms);
        if (left_ms <= 0)
            return ll_fail(err, LL_NOT_FOUND, 0, "no message in the queue");
        mem->options.clock->sleep_ms(mem->options.clock,
                                     left_ms < WAIT_STEP_MS ? left_ms : WAIT_STEP_MS);
    }
    return LL_OK;
}

static enum ll_status fail_stale(struct ll_error *err, const char *receipt)
{
    return ll_fail(err, LL_NOT_FOUND, 0, "receipt %.63s has expired", receipt);
}

static enum ll_status mem_delete(struct ll_queue *queue, const char *receipt, struct ll_error *err)
{
    struct mem_queue *mem = mem_of(queue);
    pthread_mutex_lock(&mem->mutex);
    size_t at = find(mem, receipt);
    bool held = at < mem->count;
    if (held)
        remove_at(mem, at);
    pthread_mutex_unlock(&mem->mutex);
    return held ? LL_OK : fail_stale(err, receipt);
}

static enum ll_status mem_extend(struct ll_queue *queue, const char *receipt,
                                 int64_t visible_after_ms, struct ll_error *err)
{
    struct mem_queue *mem = mem_of(queue);
    pthread_mutex_lock(&mem->mutex);
    size_t at = find(mem, receipt);
    bool held = at < mem->count;
    if (held)
        mem->messages[at].visible_at_ms = now_ms(mem) + visible_after_ms;
    pthread_mutex_unlock(&mem->mutex);
    return held ? LL_OK : fail_stale(err, receipt);
}

static void mem_free(struct ll_queue *queue)
{
    struct mem_queue *mem = mem_of(queue);
    for (size_t i = 0; i < mem->count; i++)
        free(mem->messages[i].body);
    free(mem->messages);
    pthread_mutex_destroy(&mem->mutex);
    free(mem);
}

static const struct ll_queue_ops MEM_OPS = {
    .name = "mem",
    .send = mem_send,
    .receive = mem_receive,
    .delete_ = mem_delete,
    .extend = mem_extend,
    .free = mem_free,
};

struct ll_queue *ll_queue_mem_new(const struct ll_queue_mem_options *options)
{
    assert(options->clock != NULL && options->visibility_ms > 0 && options->max_receives > 0);
    struct mem_queue *mem = ll_xcalloc(1, sizeof(*mem));
    mem->base.ops = &MEM_OPS;
    mem->options = *options;
    pthread_mutex_init(&mem->mutex, NULL);
    return &mem->base;
}

size_t ll_queue_mem_depth(struct ll_queue *queue)
{
    assert(queue->ops == &MEM_OPS);
    struct mem_queue *mem = mem_of(queue);
    pthread_mutex_lock(&mem->mutex);
    bury(mem);
    size_t depth = mem->count;
    pthread_mutex_unlock(&mem->mutex);
    return depth;
}

size_t ll_queue_mem_dead_letters(struct ll_queue *queue)
{
    assert(queue->ops == &MEM_OPS);
    struct mem_queue *mem = mem_of(queue);
    pthread_mutex_lock(&mem->mutex);
    bury(mem);
    size_t dead_letters = mem->dead_letters;
    pthread_mutex_unlock(&mem->mutex);
    return dead_letters;
}
