/* Rows on their way into an answer: JSON with its meta, CSV, NDJSON or Parquet. */
#ifndef LL_SERVE_ROWS_OUT_H
#define LL_SERVE_ROWS_OUT_H

#include "duck/pieces.h"
#include "report/render.h"
#include "serve/web.h"
#include "serve/spool.h"

struct ll_rows_out {
    struct ll_web_call *call;
    struct ll_serve_lease *lease;
    enum ll_format format;
    bool parquet;
    int64_t max_rows; /* 0 = no limit; more are dropped, and `truncated` says so */
    int64_t count;
    bool truncated, started;
    struct ll_render render;
    struct ll_spool spool;
    struct ll_pieces pieces;
};

/* The format that the call asks for. */
enum ll_status ll_rows_out_begin(struct ll_rows_out *out, struct ll_web_call *call,
                                 struct ll_serve_lease *lease, struct ll_error *err) LL_MUST_CHECK;
/* An ll_batch_fn; context is the struct. Ends with LL_LIMIT when max_rows are there. */
enum ll_status ll_rows_out_add(void *context, const struct ll_batch *batch,
                               struct ll_error *err) LL_MUST_CHECK;
/* meta: a JSON object. */
enum ll_status ll_rows_out_finish(struct ll_rows_out *out, struct ll_str meta,
                                  struct ll_error *err) LL_MUST_CHECK;
void ll_rows_out_clear(struct ll_rows_out *out);

#endif
