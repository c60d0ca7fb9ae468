/* Lakes and warehouses of older schemas, when a wire meets them. */
#ifndef LL_APP_MIGRATING_H
#define LL_APP_MIGRATING_H

#include "app/wire.h"

/* After lake.json was read, or was not (`loaded`): brings the lake to this program's schema, or
 * refuses it, as the wire's options say. The wire holds the lock. */
enum ll_status ll_migrating_lake(struct ll_wire *wire, enum ll_status loaded,
                                 struct ll_error *err) LL_MUST_CHECK;
/* Nobody has the warehouse open. */
enum ll_status ll_migrating_warehouse(struct ll_wire *wire,
                                      const struct ll_warehouse_duckdb_options *options,
                                      struct ll_error *err) LL_MUST_CHECK;

#endif
