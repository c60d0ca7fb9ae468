#include "pipeline/forget_filter.h"

#include <stdlib.h>

/* Keeps the rows whose id is not on the list; returns how many are gone. */
static int64_t filter_rows(const struct ll_forgotten *forgotten, struct ll_batch *rows,
                           size_t id_column)
{
    uint32_t *order = ll_xcalloc(rows->row_count + 1, sizeof(*order));
    size_t count = rows->row_count, kept = 0;
    for (size_t row = 0; row < count; row++)
        if (!ll_forgotten_has(forgotten, ll_batch_get_i64(rows, id_column, row)))
            order[kept++] = (uint32_t)row;
    if (kept < count)
        ll_batch_reorder(rows, order, kept);
    free(order);
    return (int64_t)(count - kept);
}

static int64_t filter_quarantine(const struct ll_forgotten *forgotten, enum ll_table table,
                                 struct ll_batch *rows)
{
    const struct ll_redaction redaction = ll_forgotten_redaction(forgotten);
    uint32_t *order = ll_xcalloc(rows->row_count + 1, sizeof(*order));
    size_t count = rows->row_count, kept = 0;
    for (size_t row = 0; row < count; row++)
        if (!ll_redact_mentions(&redaction, table,
                                ll_batch_get_text(rows, LL_QUARANTINE_RECORD, row)))
            order[kept++] = (uint32_t)row;
    if (kept < count)
        ll_batch_reorder(rows, order, kept);
    free(order);
    return (int64_t)(count - kept);
}

void ll_forget_filter(const struct ll_forgotten *forgotten, enum ll_table table,
                      struct ll_decoded *decoded)
{
    struct ll_decode_counts *counts = &decoded->counts;
    if (!ll_forgotten_any(forgotten) || (table != LL_TABLE_STREAM && table != LL_TABLE_USER))
        return;
    size_t column = table == LL_TABLE_STREAM ? LL_STREAM_BROADCASTER_ID : LL_USER_BROADCASTER_ID;
    int64_t rows = filter_rows(forgotten, &decoded->rows, column);
    int64_t records = filter_quarantine(forgotten, table, &decoded->quarantine);
    counts->rows_out -= rows;
    counts->quarantined -= records;
    counts->rows_in -= rows + records;
    counts->forgotten += rows + records;
}
