/* What the files of the DuckDB warehouse share. */
#ifndef LL_WAREHOUSE_DUCKDB_DUCKDB_INTERNAL_H
#define LL_WAREHOUSE_DUCKDB_DUCKDB_INTERNAL_H

#include "duck/duck.h"

/* LL_INVALID unless the text is one statement that only reads and calls nothing but what a user may
 * (sql/duckdb/guard.sql). Runs and binds none of it. */
enum ll_status ll_duckdb_guard(struct ll_duck *duck, struct ll_str sql,
                               struct ll_error *err) LL_MUST_CHECK;

#endif
