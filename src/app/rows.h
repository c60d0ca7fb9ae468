/* Rows on their way out: rendered (report/render.h) and written as they come, up to a limit. */
#ifndef LL_APP_ROWS_H
#define LL_APP_ROWS_H

#include "app/output.h"
#include "base/batch.h"
#include "report/render.h"

struct ll_rows {
    struct ll_output *out;
    struct ll_render render; /* .format is the caller's */
    int64_t max_rows; /* 0 = no limit; where there are more, those before are written: LL_LIMIT */
    int64_t count;    /* rows written */
    bool started;
    struct ll_buf text;
};

/* {.out = …, .render.format = …} begins. The first batch gives the columns; it may be empty. */
enum ll_status ll_rows_add(struct ll_rows *rows, const struct ll_batch *batch,
                           struct ll_error *err) LL_MUST_CHECK;
/* After the last batch. The output is not flushed. */
enum ll_status ll_rows_end(struct ll_rows *rows, struct ll_error *err) LL_MUST_CHECK;
void ll_rows_clear(struct ll_rows *rows);

#endif
