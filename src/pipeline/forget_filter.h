/* Keeping the forgotten out of what is processed and imported: raw of an old backup, or files of
 * another pipeline, may bring them back. */
#ifndef LL_PIPELINE_FORGET_FILTER_H
#define LL_PIPELINE_FORGET_FILTER_H

#include "lake/forgotten.h"
#include "source/decoder.h"

/* Drops their rows, and quarantined records that name them, and counts them as forgotten. */
void ll_forget_filter(const struct ll_forgotten *forgotten, enum ll_table table,
                      struct ll_decoded *decoded);

#endif
