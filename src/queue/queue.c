#include "queue/queue.h"

#include <assert.h>
#include <stdlib.h>

/* What a queue may carry everywhere: SQS takes tabs and line breaks, but no other control byte. */
static bool body_is_text(struct ll_str body)
{
    for (size_t i = 0; i < body.len; i++) {
        unsigned char c = (unsigned char)body.ptr[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return ll_str_is_utf8(body);
}

enum ll_status ll_queue_send(struct ll_queue *queue, struct ll_str body, int64_t delay_ms,
                             struct ll_error *err)
{
    assert(queue != NULL && (body.ptr != NULL || body.len == 0));
    if (body.len == 0)
        return ll_fail(err, LL_INVALID, 0, "queue message without a body");
    if (body.len > LL_QUEUE_BODY_MAX)
        return ll_fail(err, LL_LIMIT, 0, "queue message of %zu bytes; at most %d are carried",
                       body.len, LL_QUEUE_BODY_MAX);
    if (!body_is_text(body))
        return ll_fail(err, LL_INVALID, 0, "queue message is not UTF-8 text");
    if (delay_ms < 0 || delay_ms > LL_QUEUE_DELAY_MAX_MS)
        return ll_fail(err, LL_INVALID, 0, "queue delay of %lld ms; it may be 0 to %d",
                       (long long)delay_ms, LL_QUEUE_DELAY_MAX_MS);
    return queue->ops->send(queue, body, delay_ms, err);
}

enum ll_status ll_queue_receive(struct ll_queue *queue, int64_t wait_ms,
                                struct ll_queue_message *ret, struct ll_error *err)
{
    assert(queue != NULL && ret != NULL);
    if (wait_ms < 0)
        return ll_fail(err, LL_INVALID, 0, "queue wait of %lld ms", (long long)wait_ms);
    return queue->ops->receive(queue, wait_ms, ret, err);
}

enum ll_status ll_queue_delete(struct ll_queue *queue, const char *receipt, struct ll_error *err)
{
    assert(queue != NULL && receipt != NULL);
    return queue->ops->delete_(queue, receipt, err);
}

enum ll_status ll_queue_extend(struct ll_queue *queue, const char *receipt,
                               int64_t visible_after_ms, struct ll_error *err)
{
    assert(queue != NULL && receipt != NULL);
    if (visible_after_ms < 0 || visible_after_ms > LL_QUEUE_HIDDEN_MAX_MS)
        return ll_fail(err, LL_INVALID, 0, "queue message hidden for %lld ms; it may be 0 to %d",
                       (long long)visible_after_ms, LL_QUEUE_HIDDEN_MAX_MS);
    return queue->ops->extend(queue, receipt, visible_after_ms, err);
}

void ll_queue_message_clear(struct ll_queue_message *message)
{
    free(message->body);
    *message = (struct ll_queue_message){0};
}

void ll_queue_free(struct ll_queue *queue)
{
    if (queue != NULL)
        queue->ops->free(queue);
}
