/* What the files of the DuckDB warehouse share. */
#ifndef LL_WAREHOUSE_DUCKDB_DUCKDB_INTERNAL_H
#define LL_WAREHOUSE_DUCKDB_DUCKDB_INTERNAL_H

#include "duck/duck.h"
#include "warehouse/warehouse.h"

/* LL_INVALID unless the text is one statement that only reads and calls nothing but what a user may
 * (sql/duckdb/guard.sql). Runs and binds none of it. */
enum ll_status ll_duckdb_guard(struct ll_duck *duck, struct ll_str sql,
                               struct ll_error *err) LL_MUST_CHECK;

/* Opens a file of this schema or an older one. *ret_version: 0 = it is empty. */
enum ll_status ll_duckdb_open_any(const struct ll_warehouse_duckdb_options *options,
                                  struct ll_warehouse **ret, int64_t *ret_version,
                                  struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_duckdb_write_schema_version(struct ll_warehouse *w,
                                              struct ll_error *err) LL_MUST_CHECK;
/* Makes the names in the folder of `path` durable. */
enum ll_status ll_duckdb_sync_folder(const char *path, struct ll_error *err) LL_MUST_CHECK;

#endif
