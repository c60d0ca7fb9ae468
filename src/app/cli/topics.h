/* Help on what no single command owns. */
#ifndef LL_APP_CLI_TOPICS_H
#define LL_APP_CLI_TOPICS_H

#include "base/buf.h"

struct ll_topic {
    const char *name;
    const char *summary;
    void (*write)(struct ll_buf *out);
};

extern const struct ll_topic ll_topics[];
extern const size_t ll_topic_count;

#endif
