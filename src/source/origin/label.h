/* The local time that a capture's file bears in its name, its folders or its content. */
#ifndef LL_SOURCE_ORIGIN_LABEL_H
#define LL_SOURCE_ORIGIN_LABEL_H

#include "base/str.h"
#include "base/time.h"

struct ll_label {
    struct ll_civil civil; /* year 0 = no date */
    bool has_time;
};

/* The last date and time in the text ("…_20251231_945"), else its last date, else none. */
struct ll_label ll_label_of_text(struct ll_str text);
/* day_date_id and time_of_day_id of an envelope, as far as they can be read. */
struct ll_label ll_label_of_json(struct ll_str bytes);

#endif
