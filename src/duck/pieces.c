#include "duck/pieces.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

static enum ll_status write_piece(struct ll_pieces *pieces, struct ll_error *err)
{
    static atomic_uint_least64_t number; /* many are at work in one folder */
    struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/piece-%ld-%" PRIuLEAST64 ".parquet", pieces->folder, (long)getpid(),
                  atomic_fetch_add(&number, 1));
    pieces->paths = ll_xrealloc(pieces->paths, pieces->path_count + 1, sizeof(*pieces->paths));
    pieces->paths[pieces->path_count++] =
        path.ptr; /* ours now: a buffer's memory comes from malloc */
    enum ll_status status = ll_parquet_write(pieces->scratch, &pieces->batch, path.ptr, err);
    ll_batch_reset(&pieces->batch);
    return status;
}

enum ll_status ll_pieces_add(struct ll_pieces *pieces, const struct ll_batch *batch,
                             struct ll_error *err)
{
    assert(pieces->piece_rows > 0 && batch->column_count > 0);
    if (pieces->batch.column_count == 0)
        for (size_t c = 0; c < batch->column_count; c++)
            ll_batch_add_column(&pieces->batch, ll_str_of(batch->columns[c].field.name),
                                batch->columns[c].field.type);
    assert(pieces->batch.column_count == batch->column_count);
    for (size_t c = 0; c < batch->column_count; c++)
        if (batch->columns[c].field.type == LL_TYPE_F64 &&
            pieces->batch.columns[c].field.type == LL_TYPE_I64)
            ll_batch_widen(&pieces->batch, c); /* see ll_duck_query */
    for (size_t row = 0; row < batch->row_count; row++) {
        for (size_t c = 0; c < batch->column_count; c++)
            ll_batch_copy(&pieces->batch, c, batch, c, row);
        ll_batch_end_row(&pieces->batch);
        pieces->count++;
        bool full = pieces->batch.row_count == pieces->piece_rows ||
                    pieces->batch.arena.used_bytes >= LL_PIECE_BYTES;
        if (full && write_piece(pieces, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

/* read_parquet takes patterns: '*', '?' and '[' stand for themselves in brackets. */
static struct ll_str pattern_of(const char *path, struct ll_arena *arena)
{
    LL_AUTO(ll_buf_clear) struct ll_buf pattern = {0};
    for (const char *c = path; *c != '\0'; c++)
        ll_buf_printf(&pattern, *c == '*' || *c == '?' || *c == '[' ? "[%c]" : "%c", *c);
    return ll_arena_copy(arena, ll_buf_str(&pattern));
}

enum ll_status ll_pieces_finish(struct ll_pieces *pieces, const char *path, struct ll_error *err)
{
    assert(pieces->batch.column_count > 0);
    if (pieces->path_count == 0)
        return ll_parquet_write(pieces->scratch, &pieces->batch, path, err);
    if (pieces->batch.row_count > 0 && write_piece(pieces, err) != LL_OK)
        return err->status;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_str *files = ll_arena_array(&arena, pieces->path_count, sizeof(*files));
    for (size_t i = 0; i < pieces->path_count; i++)
        files[i] = pattern_of(pieces->paths[i], &arena);
    struct ll_param param = ll_param_text_list("files", files, pieces->path_count);
    return ll_parquet_copy(pieces->scratch,
                           LL_STR("FROM read_parquet($files, union_by_name = true)"), &param, 1,
                           path, err);
}

void ll_pieces_clear(struct ll_pieces *pieces)
{
    for (size_t i = 0; i < pieces->path_count; i++) {
        unlink(pieces->paths[i]);
        free(pieces->paths[i]);
    }
    free(pieces->paths);
    ll_batch_clear(&pieces->batch);
    *pieces = (struct ll_pieces){0};
}
