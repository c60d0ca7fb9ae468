/* The contract suite against every backend there is. */
#include "queue/contract.h"
#include "support/check.h"

static void open_mem(struct queue_fixture *fixture)
{
    fixture->queue =
        ll_queue_mem_new(&(struct ll_queue_mem_options){.clock = &fixture->clock.base,
                                                        .visibility_ms = CONTRACT_VISIBILITY_MS,
                                                        .max_receives = CONTRACT_MAX_RECEIVES});
}

int main(void)
{
    static const struct queue_backend backends[] = {
        {"mem", open_mem, ll_queue_mem_depth, ll_queue_mem_dead_letters},
    };
    return queue_contract_run(backends, LL_COUNT(backends));
}
