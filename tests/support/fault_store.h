/* A store around any other that counts calls and fails the n-th one (or all from the n-th on, as a
 * killed process would see it), before the call is made or after it was carried out. */
#ifndef LL_TESTS_SUPPORT_FAULT_STORE_H
#define LL_TESTS_SUPPORT_FAULT_STORE_H

#include "store/store.h"

struct fault_plan {
    size_t nth;   /* 1 = the next call; 0 = none */
    bool forever; /* so do all calls behind it */
    bool after;   /* the inner store does it and the answer is lost */
    enum ll_status status;
    int code;
};

struct ll_store *fault_store_new(struct ll_store *inner); /* borrows inner */
/* Sets the plan and counts from 0 again. */
void fault_store_arm(struct ll_store *store, struct fault_plan plan);
size_t fault_store_calls(struct ll_store *store);

#endif
