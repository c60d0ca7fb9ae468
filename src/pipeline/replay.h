/* Replay: make processed, warehouse and history of some days anew from raw. */
#ifndef LL_PIPELINE_REPLAY_H
#define LL_PIPELINE_REPLAY_H

#include "pipeline/pipeline.h"

/* Decodes the range's raw again and rebuilds its closed days. Where nothing was damaged and the
 * program is the same, every byte comes out as it was and no generation is added. */
enum ll_status ll_replay(struct ll_pipeline *p, struct ll_reconcile_range range,
                         struct ll_outcome *outcome, struct ll_error *err) LL_MUST_CHECK;

#endif
