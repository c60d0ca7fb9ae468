/* Which table and decoder a raw resource flows into. */
#ifndef LL_PIPELINE_RESOURCES_H
#define LL_PIPELINE_RESOURCES_H

#include "source/tables.h"

struct ll_resource {
    struct ll_str name; /* as in raw manifests */
    enum ll_table table;
    struct ll_str kind; /* as in ll_decoder_options */
};
const struct ll_resource *ll_resource_find(struct ll_str name); /* NULL when unknown */

#endif
