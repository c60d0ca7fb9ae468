/* The contract suite against every backend there is, the test doubles included. */
#include "store/contract.h"
#include "support/check.h"
#include "support/fault_store.h"
#include "support/temp_folder.h"
#include "support/unsynced_store.h"

static void open_mem(struct store_fixture *fixture)
{
    fixture->store = ll_store_mem_new();
}

static void open_local(struct store_fixture *fixture)
{
    struct ll_error err;
    fixture->root = temp_folder_new();
    if (ll_store_local_open(fixture->root, &fixture->store, &err) != LL_OK)
        print_error("%s\n", err.message);
}

static void open_unsynced(struct store_fixture *fixture)
{
    fixture->store = unsynced_store_new();
}

static void open_fault(struct store_fixture *fixture)
{
    fixture->inner = ll_store_mem_new();
    fixture->store = fault_store_new(fixture->inner);
}

int main(void)
{
    static const struct store_backend backends[] = {
        {"mem", open_mem},
        {"local", open_local},
        {"unsynced", open_unsynced},
        {"fault", open_fault},
    };
    return store_contract_run(backends, LL_COUNT(backends));
}
