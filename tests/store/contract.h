/* The contract of the store port, as one suite that runs against each backend. */
#ifndef LL_TESTS_STORE_CONTRACT_H
#define LL_TESTS_STORE_CONTRACT_H

#include "store/store.h"

struct store_fixture {
    const struct store_backend *backend;
    struct ll_store *store; /* open() sets it, empty */
    struct ll_store *inner; /* the backend's own use; freed after store */
    char *folder;           /* for files of the test */
    char *root;             /* the backend's own use; removed at the end */
};

struct store_backend {
    const char *name;
    void (*open)(struct store_fixture *fixture);
};

/* Number of failed tests. */
int store_contract_run(const struct store_backend *backends, size_t count);

#endif
