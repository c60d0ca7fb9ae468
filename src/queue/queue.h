/* The queue port: at-least-once delivery of small messages, modelled on SQS.
 *
 * A received message is hidden for the visibility time; unless it is deleted by then it is
 * delivered again. After max_receives deliveries it goes to the dead letters instead. Order is not
 * promised. Consumers must be idempotent. Bodies are UTF-8 text of 1 byte to 256 kB without control
 * characters but tab, CR and LF (as SQS has it). Thread-safe. */
#ifndef LL_QUEUE_QUEUE_H
#define LL_QUEUE_QUEUE_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#define LL_QUEUE_BODY_MAX (256 * 1024)
#define LL_QUEUE_DELAY_MAX_MS (15 * 60 * 1000)       /* as SQS */
#define LL_QUEUE_HIDDEN_MAX_MS (12 * 60 * 60 * 1000) /* as SQS */

struct ll_queue_message {
    char *body; /* owned, NUL-terminated; free with ll_queue_message_clear */
    size_t body_len;
    char receipt[64]; /* names this delivery */
    int receives;     /* 1 on the first delivery */
};

struct ll_queue;

struct ll_queue_ops {
    const char *name;
    enum ll_status (*send)(struct ll_queue *, struct ll_str body, int64_t delay_ms,
                           struct ll_error *);
    enum ll_status (*receive)(struct ll_queue *, int64_t wait_ms, struct ll_queue_message *ret,
                              struct ll_error *);
    enum ll_status (*delete_)(struct ll_queue *, const char *receipt, struct ll_error *);
    enum ll_status (*extend)(struct ll_queue *, const char *receipt, int64_t visible_after_ms,
                             struct ll_error *);
    void (*free)(struct ll_queue *);
};

struct ll_queue {
    const struct ll_queue_ops *ops;
};

/* Visible after delay_ms. LL_LIMIT: too long a body, or the queue is full. */
enum ll_status ll_queue_send(struct ll_queue *queue, struct ll_str body, int64_t delay_ms,
                             struct ll_error *err) LL_MUST_CHECK;
/* One message, or LL_NOT_FOUND when none became visible within wait_ms (by the queue's clock). */
enum ll_status ll_queue_receive(struct ll_queue *queue, int64_t wait_ms,
                                struct ll_queue_message *ret, struct ll_error *err) LL_MUST_CHECK;
/* Done with it. LL_NOT_FOUND when the receipt has expired and the message went elsewhere. */
enum ll_status ll_queue_delete(struct ll_queue *queue, const char *receipt,
                               struct ll_error *err) LL_MUST_CHECK;
/* Hidden for visible_after_ms from now (0: give it back at once). LL_NOT_FOUND as above. */
enum ll_status ll_queue_extend(struct ll_queue *queue, const char *receipt,
                               int64_t visible_after_ms, struct ll_error *err) LL_MUST_CHECK;
void ll_queue_message_clear(struct ll_queue_message *message);
void ll_queue_free(struct ll_queue *queue);

struct ll_queue_mem_options {
    struct ll_clock *clock;
    int64_t visibility_ms; /* > 0 */
    int max_receives;      /* > 0; beyond it the message is a dead letter */
};
/* Holds at most 100,000 messages. Of dead letters only the number is kept. */
struct ll_queue *ll_queue_mem_new(const struct ll_queue_mem_options *options);
size_t ll_queue_mem_depth(struct ll_queue *queue);        /* messages not yet deleted or dead */
size_t ll_queue_mem_dead_letters(struct ll_queue *queue); /* their number */

#endif
