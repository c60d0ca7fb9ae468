/* A Parquet file from a stream of batches, in bounded memory: rows are written in pieces, and the
 * pieces joined, in order, at the end. */
#ifndef LL_DUCK_PIECES_H
#define LL_DUCK_PIECES_H

#include "base/batch.h"
#include "duck/duck.h"

#define LL_PIECE_ROWS 122880 /* DuckDB's row group */
#define LL_PIECE_BYTES (64 * 1024 * 1024)

struct ll_pieces {
    struct ll_duck *scratch;
    const char *folder; /* for the pieces */
    size_t piece_rows;  /* rows of a piece, at most */
    int64_t count;      /* rows so far */
    struct ll_batch batch;
    char **paths; /* of finished pieces */
    size_t path_count;
};

/* {.scratch = …, .folder = …, .piece_rows = LL_PIECE_ROWS} begins. The first batch gives the
 * columns; it may be empty. */
enum ll_status ll_pieces_add(struct ll_pieces *pieces, const struct ll_batch *batch,
                             struct ll_error *err) LL_MUST_CHECK;
/* Writes everything to path, which is replaced; not synced. */
enum ll_status ll_pieces_finish(struct ll_pieces *pieces, const char *path,
                                struct ll_error *err) LL_MUST_CHECK;
void ll_pieces_clear(struct ll_pieces *pieces); /* removes the pieces */

#endif
