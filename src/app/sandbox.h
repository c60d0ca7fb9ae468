/* A warehouse for the SQL of users, which alone it answers (ll_warehouse_query_text): each query
 * runs in a process of its own (process.h) on a copy of the warehouse (warehouse_copy.h). What a
 * query does to its engine ends that process and nothing else: there are functions that overflow
 * the stack or take memory beside every limit of DuckDB's, and errors after which it refuses all
 * further work. */
#ifndef LL_APP_SANDBOX_H
#define LL_APP_SANDBOX_H

#include "app/wire.h"

/* `wire` shares a lake, has a connection to its warehouse, and outlives this. */
struct ll_warehouse *ll_sandbox_new(const struct ll_wire *wire);

#endif
