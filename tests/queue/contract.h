/* The contract of the queue port, as one suite that runs against each backend. */
#ifndef LL_TESTS_QUEUE_CONTRACT_H
#define LL_TESTS_QUEUE_CONTRACT_H

#include "base/clock.h"
#include "queue/queue.h"

enum { CONTRACT_VISIBILITY_MS = 30000, CONTRACT_MAX_RECEIVES = 3 };

struct queue_fixture {
    const struct queue_backend *backend;
    struct ll_clock_manual clock;
    struct ll_queue *queue; /* open() sets it: empty, with the constants above, by this clock */
};

struct queue_backend {
    const char *name;
    void (*open)(struct queue_fixture *fixture);
    size_t (*depth)(struct ll_queue *queue);        /* messages not yet deleted or dead */
    size_t (*dead_letters)(struct ll_queue *queue); /* their number */
};

/* Number of failed tests. */
int queue_contract_run(const struct queue_backend *backends, size_t count);

#endif
