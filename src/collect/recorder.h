/* Writing down what the APIs answered: one raw object, an envelope line an answer, compressed on
 * its way to a file, so that memory does not grow with the sweep. */
#ifndef LL_COLLECT_RECORDER_H
#define LL_COLLECT_RECORDER_H

#include "lake/forgotten.h"
#include "lake/manifest.h"
#include "net/api.h"

struct ll_recorder;

/* The file grows in `tmp_dir` under a name with `resource` in it: one recorder a resource at a
 * time. `api_path` stands before the targets: "/helix", "/v4"; it must outlive the recorder. */
enum ll_status ll_recorder_open(const char *tmp_dir, const char *resource, const char *api_path,
                                struct ll_recorder **ret, struct ll_error *err) LL_MUST_CHECK;
/* From now on whoever is on the list is cut out of what is added; the rows are those of `table`.
 * The list must outlive the recorder. */
void ll_recorder_forget(struct ll_recorder *recorder, const struct ll_forgotten *forgotten,
                        enum ll_table table);
/* Rows that were cut. */
int64_t ll_recorder_forgotten(const struct ll_recorder *recorder);
/* An answer with a response. */
enum ll_status ll_recorder_add(struct ll_recorder *recorder, const struct ll_api_answer *answer,
                               struct ll_error *err) LL_MUST_CHECK;
int64_t ll_recorder_lines(const struct ll_recorder *recorder);
/* Puts the object; *ret gets all but `name`, and its key is `key` itself, which must outlive it.
 * Not synced. */
enum ll_status ll_recorder_put(struct ll_recorder *recorder, struct ll_store *store,
                               const char *key, struct ll_manifest_object *ret,
                               struct ll_error *err) LL_MUST_CHECK;
void ll_recorder_free(struct ll_recorder *recorder); /* takes NULL; drops what was not put */

#endif
