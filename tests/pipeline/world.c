#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/temp_folder.h"

#define NOW_MS 1780272000000LL /* 2026-06-01T00:00:00Z */

static void open_warehouse(struct world *w)
{
    struct ll_error err;
    const struct ll_warehouse_duckdb_options options = {.threads = 1};
    const struct ll_queue_mem_options queue = {
        .clock = &w->clock.base, .visibility_ms = 3600 * 1000, .max_receives = 3};
    assert_status(LL_OK, ll_warehouse_duckdb_open(&options, &w->warehouse, &err), &err);
    assert_status(LL_OK, ll_warehouse_exec(w->warehouse, "load/prepare", NULL, 0, &err), &err);
    w->queue = ll_queue_mem_new(&queue);
    w->pipeline = (struct ll_pipeline){
        .lake = &w->lake, .warehouse = w->warehouse, .clock = &w->clock.base, .queue = w->queue};
    assert_status(LL_OK, ll_curate_settings(&w->pipeline, &err), &err);
}

void world_open(struct world *w, struct ll_store *store)
{
    struct ll_error err;
    const struct ll_duck_options scratch = {.external_access = true, .threads = 1};
    *w = (struct world){.folder = temp_folder_new(),
                        .store = store != NULL ? store : ll_store_mem_new()};
    ll_clock_manual_init(&w->clock, NOW_MS);
    w->lake = (struct ll_lake){.store = w->store, .tmp_dir = w->folder};
    w->lake.settings = (struct ll_lake_settings){.schema = LL_LAKE_SCHEMA, .overrides = false};
    assert_status(LL_OK, ll_duck_open(&scratch, &w->lake.scratch, &err), &err);
    open_warehouse(w);
}

static void close_warehouse(struct world *w)
{
    ll_queue_free(w->queue);
    ll_warehouse_free(w->warehouse);
}

void world_forget_warehouse(struct world *w)
{
    close_warehouse(w);
    open_warehouse(w);
}

void world_close(struct world *w)
{
    close_warehouse(w);
    ll_duck_close(w->lake.scratch);
    ll_store_free(w->store);
    temp_folder_free(w->folder);
}

/* Drains when `status` is LL_OK; the first failure of a task is then the status. */
static enum ll_status finish(struct world *w, struct ll_outcome *outcome, enum ll_status status,
                             struct ll_error *err)
{
    if (status == LL_OK)
        status = ll_runner_drain(&w->pipeline, outcome, err);
    if (status == LL_OK && outcome->failure_count > 0) {
        *err = outcome->failures[0].error;
        status = err->status;
    }
    ll_outcome_clear(outcome);
    return status;
}

enum ll_status world_drain(struct world *w, struct ll_error *err)
{
    struct ll_outcome outcome = {0};
    return finish(w, &outcome, LL_OK, err);
}

enum ll_status world_import(struct world *w, const char *path, struct ll_error *err)
{
    const struct ll_import_options options = {
        .root = path, .timezone = "America/Los_Angeles", .cadence_s = 900};
    struct ll_import_report report = {0};
    struct ll_outcome outcome = {0};
    enum ll_status status = ll_import_origin(&w->pipeline, &options, &outcome, &report, err);
    ll_import_report_clear(&report);
    return finish(w, &outcome, status, err);
}

enum ll_status world_settle(struct world *w, bool close, struct ll_error *err)
{
    enum ll_status (*const finds[])(struct ll_pipeline *, struct ll_reconcile_range,
                                    struct ll_outcome *, struct ll_error *) = {
        ll_reconcile_process, ll_reconcile_publish, ll_reconcile_curate, ll_reconcile_close};
    enum ll_status status = LL_OK;
    for (size_t i = 0; i < (close ? 4 : 3) && status == LL_OK; i++) {
        struct ll_outcome outcome = {0};
        status = finds[i](&w->pipeline, LL_RECONCILE_ALL, &outcome, err);
        status = finish(w, &outcome, status, err);
    }
    return status;
}

/* --- describing */

static enum ll_status describe_object(void *context, const struct ll_object_info *info,
                                      struct ll_error *err)
{
    struct ll_buf *names = context;
    (void)err;
    ll_buf_add(names, info->key);
    ll_buf_add_char(names, '\n');
    return LL_OK;
}

static void describe_history(struct world *w, struct ll_buf *out)
{
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf names = {0};
    assert_status(LL_OK, ll_store_list(w->store, "history/", describe_object, &names, &err), &err);
    struct ll_str rest = ll_buf_str(&names), name;
    while (ll_str_split(&rest, '\n', &name) && name.len > 0) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1 << 24};
        assert_status(LL_OK, ll_store_get(w->store, ll_arena_cstr(&arena, name), &bytes, &err),
                      &err);
        ll_buf_printf(out, "%.*s %s\n", LL_FMT(name),
                      ll_sha256_hex(ll_sha256_of(ll_buf_str(&bytes))).c);
    }
}

char *world_describe(struct world *w)
{
    struct ll_error err;
    struct ll_buf out = {0};
    struct ll_batch rows = {0};
    describe_history(w, &out);
    assert_status(LL_OK, ll_warehouse_query(w->warehouse, "test/describe", NULL, 0, &rows, &err),
                  &err);
    for (size_t row = 0; row < rows.row_count; row++)
        ll_buf_printf(&out, "%.*s %.*s\n", LL_FMT(ll_batch_get_text(&rows, 0, row)),
                      LL_FMT(ll_batch_get_text(&rows, 1, row)));
    ll_batch_clear(&rows);
    return out.ptr;
}

void world_verify(struct world *w)
{
    struct ll_error err;
    struct ll_verification v = {0};
    assert_status(LL_OK, ll_verify(&w->pipeline, &v, &err), &err);
    for (size_t i = 0; i < v.difference_count; i++)
        print_error("%.*s: %.*s\n", LL_FMT(v.differences[i].where), LL_FMT(v.differences[i].what));
    assert_int_equal(v.difference_count, 0);
    ll_verification_clear(&v);
}

static enum ll_status take_number(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    (void)err;
    if (batch->row_count > 0)
        *(int64_t *)context = ll_batch_get_i64(batch, 0, 0);
    return LL_OK;
}

int64_t world_number(struct world *w, const char *sql)
{
    struct ll_error err;
    int64_t number = INT64_MIN;
    assert_status(LL_OK,
                  ll_warehouse_query_text(w->warehouse, ll_str_of(sql), take_number, &number, &err),
                  &err);
    return number;
}
