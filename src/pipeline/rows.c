#include "pipeline/rows.h"

static const struct ll_field run_fields[] = {
    {"slot", LL_TYPE_I64},
    {"run_id", LL_TYPE_TEXT},
    {"day", LL_TYPE_DATE},
    {"cadence_s", LL_TYPE_I32},
    {"source", LL_TYPE_TEXT},
    {"status", LL_TYPE_TEXT},
    {"attempt", LL_TYPE_I32},
    {"started_at", LL_TYPE_TIMESTAMP},
    {"finished_at", LL_TYPE_TIMESTAMP},
    {"pages", LL_TYPE_I64},
    {"requests", LL_TYPE_I64},
    {"rows_in", LL_TYPE_I64},
    {"streams", LL_TYPE_I64},
    {"duplicates", LL_TYPE_I64},
    {"restarted", LL_TYPE_I64},
    {"quarantined", LL_TYPE_I64},
    {"vanished", LL_TYPE_I64},
    {"refound", LL_TYPE_I64},
    {"errors", LL_TYPE_I64},
    {"sweep_coverage", LL_TYPE_F64},
    {"why", LL_TYPE_TEXT},
};
const struct ll_schema ll_run_schema = {"run", run_fields, LL_COUNT(run_fields)};

static const struct ll_field ledger_fields[] = {
    {"run_id", LL_TYPE_TEXT},          {"generation", LL_TYPE_I32},
    {"manifest_sha256", LL_TYPE_TEXT}, {"schema_version", LL_TYPE_I32},
    {"loaded_at", LL_TYPE_TIMESTAMP},
};
const struct ll_schema ll_ledger_schema = {"load_ledger", ledger_fields, LL_COUNT(ledger_fields)};

static void add_instant(struct ll_batch *batch, size_t column, int64_t epoch_ms)
{
    if (epoch_ms == 0)
        ll_batch_null(batch, column);
    else
        ll_batch_i64(batch, column, epoch_ms * 1000);
}

void ll_rows_add_run(struct ll_batch *batch, const struct ll_manifest *m)
{
    const struct ll_run_counts *c = &m->counts;
    const int64_t counts[] = {c->pages,     c->requests,    c->rows_in,  c->rows_out, c->duplicates,
                              c->restarted, c->quarantined, c->vanished, c->refound,  c->errors};
    size_t column = 0;
    ll_batch_i64(batch, column++, m->slot_s);
    ll_batch_text(batch, column++, ll_str_of(m->id.c));
    ll_batch_i32(batch, column++, m->day);
    ll_batch_i32(batch, column++, m->cadence_s);
    ll_batch_text(batch, column++, m->source);
    ll_batch_text(batch, column++, ll_str_of(ll_run_status_name(m->status)));
    ll_batch_i32(batch, column++, m->attempt);
    add_instant(batch, column++, m->started_ms);
    add_instant(batch, column++, m->finished_ms);
    for (size_t i = 0; i < LL_COUNT(counts); i++)
        ll_batch_i64(batch, column++, counts[i]);
    if (m->sweep_coverage < 0)
        ll_batch_null(batch, column++);
    else
        ll_batch_f64(batch, column++, m->sweep_coverage);
    ll_batch_text(batch, column, m->why);
    ll_batch_end_row(batch);
}

void ll_rows_add_ledger(struct ll_batch *batch, const struct ll_manifest_input *loaded,
                        int64_t loaded_us)
{
    ll_batch_text(batch, 0, loaded->id);
    ll_batch_i32(batch, 1, loaded->generation);
    ll_batch_text(batch, 2, ll_str_of(loaded->sha256.c));
    ll_batch_i32(batch, 3, LL_MANIFEST_SCHEMA);
    ll_batch_i64(batch, 4, loaded_us);
    ll_batch_end_row(batch);
}

int64_t ll_rows_find(const struct ll_batch *rows, const char *text)
{
    size_t low = 0, high = rows->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ll_str_compare(ll_batch_get_text(rows, 0, middle), ll_str_of(text));
        if (order == 0)
            return (int64_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
