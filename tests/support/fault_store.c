#include "support/fault_store.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

struct fault_store {
    struct ll_store base;
    struct ll_store *inner;
    pthread_mutex_t mutex;
    struct fault_plan plan;
    size_t calls;
};

enum moment { PASS, FAIL_BEFORE, FAIL_AFTER };

static enum moment count_call(struct fault_store *fault)
{
    pthread_mutex_lock(&fault->mutex);
    const struct fault_plan *plan = &fault->plan;
    fault->calls++;
    bool fails = plan->nth != 0 &&
                 (fault->calls == plan->nth || (plan->forever && fault->calls > plan->nth));
    enum moment moment = !fails ? PASS : plan->after ? FAIL_AFTER : FAIL_BEFORE;
    pthread_mutex_unlock(&fault->mutex);
    return moment;
}

static enum ll_status injected(struct fault_store *fault, struct ll_error *err)
{
    return ll_fail(err, fault->plan.status, fault->plan.code, "injected fault");
}

/* The outcome of a call that was made. */
static enum ll_status outcome(struct fault_store *fault, enum moment moment, enum ll_status status,
                              struct ll_error *err)
{
    return status == LL_OK && moment == FAIL_AFTER ? injected(fault, err) : status;
}

static enum ll_status fault_put(struct ll_store *store, const char *key, struct ll_str data,
                                enum ll_put_mode mode, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    enum moment moment = count_call(fault);
    if (moment == FAIL_BEFORE)
        return injected(fault, err);
    return outcome(fault, moment, ll_store_put(fault->inner, key, data, mode, err), err);
}

static enum ll_status fault_put_file(struct ll_store *store, const char *key, const char *path,
                                     enum ll_put_mode mode, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    enum moment moment = count_call(fault);
    if (moment == FAIL_BEFORE)
        return injected(fault, err);
    return outcome(fault, moment, ll_store_put_file(fault->inner, key, path, mode, err), err);
}

static enum ll_status fault_get(struct ll_store *store, const char *key, struct ll_buf *out,
                                struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    enum moment moment = count_call(fault);
    if (moment != PASS) /* a read has no effect that could outlive the failure */
        return injected(fault, err);
    return ll_store_get(fault->inner, key, out, err);
}

static enum ll_status fault_fetch(struct ll_store *store, const char *key,
                                  struct ll_store_file *ret_file, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    if (count_call(fault) != PASS)
        return injected(fault, err);
    return ll_store_fetch(fault->inner, key, ret_file, err);
}

static enum ll_status fault_head(struct ll_store *store, const char *key,
                                 struct ll_object_info *ret_info, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    if (count_call(fault) != PASS)
        return injected(fault, err);
    return ll_store_head(fault->inner, key, ret_info, err);
}

static enum ll_status fault_list(struct ll_store *store, const char *prefix, ll_store_list_fn *each,
                                 void *context, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    enum moment moment = count_call(fault);
    if (moment == FAIL_BEFORE)
        return injected(fault, err);
    return outcome(fault, moment, ll_store_list(fault->inner, prefix, each, context, err), err);
}

static enum ll_status fault_remove(struct ll_store *store, const char *key, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    enum moment moment = count_call(fault);
    if (moment == FAIL_BEFORE)
        return injected(fault, err);
    return outcome(fault, moment, ll_store_remove(fault->inner, key, err), err);
}

static enum ll_status fault_sync(struct ll_store *store, struct ll_error *err)
{
    struct fault_store *fault = (struct fault_store *)store;
    enum moment moment = count_call(fault);
    if (moment == FAIL_BEFORE)
        return injected(fault, err);
    return outcome(fault, moment, ll_store_sync(fault->inner, err), err);
}

static void fault_free(struct ll_store *store)
{
    struct fault_store *fault = (struct fault_store *)store;
    pthread_mutex_destroy(&fault->mutex);
    free(fault);
}

static const struct ll_store_ops FAULT_OPS = {
    .name = "fault",
    .put = fault_put,
    .put_file = fault_put_file,
    .get = fault_get,
    .fetch = fault_fetch,
    .head = fault_head,
    .list = fault_list,
    .remove = fault_remove,
    .sync = fault_sync,
    .free = fault_free,
};

static struct fault_store *fault_of(struct ll_store *store)
{
    assert(store->ops == &FAULT_OPS);
    return (struct fault_store *)store;
}

struct ll_store *fault_store_new(struct ll_store *inner)
{
    struct fault_store *fault = ll_xcalloc(1, sizeof(*fault));
    fault->base.ops = &FAULT_OPS;
    fault->inner = inner;
    pthread_mutex_init(&fault->mutex, NULL);
    return &fault->base;
}

void fault_store_arm(struct ll_store *store, struct fault_plan plan)
{
    struct fault_store *fault = fault_of(store);
    assert(plan.nth == 0 || plan.status != LL_OK);
    pthread_mutex_lock(&fault->mutex);
    fault->plan = plan;
    fault->calls = 0;
    pthread_mutex_unlock(&fault->mutex);
}

size_t fault_store_calls(struct ll_store *store)
{
    struct fault_store *fault = fault_of(store);
    pthread_mutex_lock(&fault->mutex);
    size_t calls = fault->calls;
    pthread_mutex_unlock(&fault->mutex);
    return calls;
}
