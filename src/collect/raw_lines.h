/* Reading back what was recorded: the envelope lines of a raw object, one at a time. */
#ifndef LL_COLLECT_RAW_LINES_H
#define LL_COLLECT_RAW_LINES_H

#include "codec/zstd_file.h"
#include "lake/manifest.h"

/* Calls `each` for every line of an object; for none of one that has another format. Errors of the
 * store and of ll_zstd_lines, with the object's key. */
enum ll_status ll_raw_lines(struct ll_store *store, const struct ll_manifest_object *object,
                            ll_line_fn *each, void *context, struct ll_error *err) LL_MUST_CHECK;

#endif
