/* Rows for the warehouse's stages, made from manifests; and finding rows that were read back. */
#ifndef LL_PIPELINE_ROWS_H
#define LL_PIPELINE_ROWS_H

#include "base/batch.h"
#include "lake/manifest.h"

/* Schemas as in sql/schema.sql. */
extern const struct ll_schema ll_run_schema;
extern const struct ll_schema ll_ledger_schema;

/* Appends the run of a processed manifest to a batch of ll_run_schema. */
void ll_rows_add_run(struct ll_batch *batch, const struct ll_manifest *processed);
/* Appends a ledger row; loaded_us is the instant of loading in microseconds. */
void ll_rows_add_ledger(struct ll_batch *batch, const struct ll_manifest_input *loaded,
                        int64_t loaded_us);

/* The row of a text in the first column, by which the rows are ordered bytewise (ledger/all,
 * day/all); -1 = not there. */
int64_t ll_rows_find(const struct ll_batch *rows, const char *text);

#endif
