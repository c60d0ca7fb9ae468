#include "pipeline/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/resources.h"
#include "pipeline/rows.h"

/* What one slot adds up to, in processed and in the warehouse. */
struct slot_sum {
    int64_t slot_s, streams, viewers, checksum;
    bool counted; /* its rows are gone: the manifest's counts are all there is */
};

struct verifying {
    struct ll_pipeline *p;
    struct ll_verification *result;
    struct slot_sum *sums; /* of processed, ascending by slot */
    size_t sum_count, sum_capacity;
    struct ll_batch days; /* the warehouse's, by date */
    int32_t day;          /* of which history has lost so many rows that counts still tell of: */
    int64_t forgotten;
};

static void differ(struct verifying *v, struct ll_str where, const char *format, ...)
    LL_PRINTF(3, 4);
static void differ(struct verifying *v, struct ll_str where, const char *format, ...)
{
    struct ll_verification *r = v->result;
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (r->difference_count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 64;
        r->differences = ll_xrealloc(r->differences, r->capacity, sizeof(*r->differences));
    }
    r->differences[r->difference_count++] = (struct ll_difference){
        ll_arena_copy(&r->arena, where), ll_arena_copy(&r->arena, ll_str_of(what))};
}

/* Damage is a finding; anything else (disk, memory, cancelled) ends the verification. */
static enum ll_status as_finding(struct verifying *v, struct ll_str where, enum ll_status status,
                                 struct ll_error *err)
{
    if (!ll_task_is_to_blame(status))
        return status;
    differ(v, where, "%s", err->message);
    return LL_OK;
}

/* --- every manifest and object by itself */

static enum ll_status check_object(struct verifying *v, const struct ll_manifest_object *object,
                                   struct ll_error *err)
{
    struct ll_store_file file;
    v->result->objects++;
    enum ll_status status = ll_lake_fetch(v->p->lake, object, &file, err);
    if (status != LL_OK)
        return as_finding(v, object->key, status, err);
    v->result->bytes += object->size_bytes;
    ll_store_file_clear(&file);
    return LL_OK;
}

static enum ll_status check_layer(struct verifying *v, enum ll_layer layer, struct ll_error *err)
{
    struct ll_manifest_list list;
    struct ll_store *store = v->p->lake->store;
    /* Every attempt stays in raw; of the other layers only the latest generation has its objects.
     */
    enum ll_status status = layer == LL_LAYER_RAW
                                ? ll_manifest_list_generations(store, layer, &list, err)
                                : ll_manifest_list_all(store, layer, &list, err);
    if (status != LL_OK)
        return status;
    for (size_t i = 0; i < list.count && status == LL_OK; i++) {
        const struct ll_manifest_entry *entry = &list.entries[i];
        struct ll_key key = ll_key_manifest(layer, entry->day, entry->id.c, entry->generation);
        struct ll_manifest m = {0};
        v->result->manifests++;
        status = ll_pipeline_go_on(v->p, err);
        if (status == LL_OK)
            status = ll_manifest_get(store, layer, entry, &m, NULL, err);
        if (status != LL_OK)
            status = as_finding(v, ll_str_of(key.c), status, err);
        for (size_t o = 0; o < m.object_count && m.dropped.generation == 0 && status == LL_OK; o++)
            status = check_object(v, &m.objects[o], err);
        ll_manifest_clear(&m);
    }
    ll_manifest_list_clear(&list);
    return status;
}

/* --- raw against processed */

static void sum_rows(const struct ll_batch *rows, struct slot_sum *sum)
{
    for (size_t row = 0; row < rows->row_count; row++) {
        int64_t stream = ll_batch_get_i64(rows, LL_STREAM_STREAM_ID, row);
        int64_t broadcaster = ll_batch_get_i64(rows, LL_STREAM_BROADCASTER_ID, row);
        int64_t category = ll_batch_get_i64(rows, LL_STREAM_CATEGORY_ID, row);
        int64_t viewers = ll_batch_get_i64(rows, LL_STREAM_VIEWER_COUNT, row);
        sum->streams++;
        sum->viewers += viewers;
        sum->checksum += (stream % 1000003) * ((viewers + 1) % 1009) + broadcaster % 1000003 +
                         category % 1000003;
    }
}

static void keep_sum(struct verifying *v, const struct slot_sum *sum)
{
    if (v->sum_count == v->sum_capacity) {
        v->sum_capacity = v->sum_capacity ? v->sum_capacity * 2 : 128;
        v->sums = ll_xrealloc(v->sums, v->sum_capacity, sizeof(*v->sums));
    }
    v->sums[v->sum_count++] = *sum;
}

static void count_dropped(struct verifying *v, const struct ll_manifest *m)
{
    const struct slot_sum sum = {.slot_s = m->slot_s,
                                 .streams = m->counts.rows_out,
                                 .viewers = m->counts.viewers,
                                 .counted = true};
    bool carries = m->status == LL_RUN_COMPLETE || m->status == LL_RUN_PARTIAL;
    if (ll_str_equal(m->resource, LL_STR("streams")) && carries)
        keep_sum(v, &sum);
}

static enum ll_status check_run(struct verifying *v, const struct ll_manifest_entry *entry,
                                struct ll_error *err)
{
    struct ll_manifest m = {0};
    struct ll_batch rows = {0};
    struct ll_str id = ll_str_of(entry->id.c);
    enum ll_status status =
        ll_manifest_get(v->p->lake->store, LL_LAYER_PROCESSED, entry, &m, NULL, err);
    if (status == LL_OK && m.dropped.generation > 0) {
        count_dropped(v, &m);
        ll_manifest_clear(&m);
        return LL_OK;
    }
    const struct ll_resource *resource = status == LL_OK ? ll_resource_find(m.resource) : NULL;
    if (status == LL_OK && m.object_count == 0)
        status = ll_fail(err, LL_CORRUPT, 0, "its processed manifest names no table");
    else if (status == LL_OK && resource == NULL)
        status = ll_fail(err, LL_UNSUPPORTED, 0, "unknown resource \"%.*s\"", LL_FMT(m.resource));
    if (status == LL_OK) {
        const struct ll_schema *schema = ll_table_schema(resource->table);
        ll_batch_init(&rows, schema);
        status = ll_lake_get_table(v->p->lake, &m.objects[0], schema, &rows, err);
    }
    if (status == LL_OK) {
        const struct ll_run_counts *c = &m.counts;
        struct slot_sum sum = {.slot_s = m.slot_s};
        v->result->runs++;
        if ((int64_t)rows.row_count != c->rows_out)
            differ(v, id, "processed has %zu rows, its manifest says %" PRId64, rows.row_count,
                   c->rows_out);
        if (c->rows_in != c->rows_out + c->duplicates + c->restarted + c->quarantined)
            differ(v, id, "%" PRId64 " rows came in, %" PRId64 " are accounted for", c->rows_in,
                   c->rows_out + c->duplicates + c->restarted + c->quarantined);
        if (resource->table == LL_TABLE_STREAM) {
            sum_rows(&rows, &sum);
            if (sum.viewers != c->viewers)
                differ(v, id, "processed has %" PRId64 " viewers, its manifest says %" PRId64,
                       sum.viewers, c->viewers);
            if (m.status == LL_RUN_COMPLETE || m.status == LL_RUN_PARTIAL)
                keep_sum(v, &sum);
        }
    } else {
        status = as_finding(v, id, status, err);
    }
    ll_batch_clear(&rows);
    ll_manifest_clear(&m);
    return status;
}

/* Every raw run decodes to exactly the bytes that processed holds. */
static enum ll_status check_decoding(struct verifying *v, const struct ll_manifest_entry *entry,
                                     struct ll_error *err)
{
    const struct ll_task task = {.stage = LL_STAGE_PROCESS, .day = entry->day, .id = entry->id};
    struct ll_str problem = {0};
    bool waits = false;
    enum ll_status status = ll_pipeline_go_on(v->p, err);
    if (status == LL_OK)
        status = ll_process_check(v->p, &task, &problem, &waits, err);
    if (status != LL_OK)
        return as_finding(v, ll_str_of(entry->id.c), status, err);
    v->result->waiting += waits;
    if (problem.len != 0)
        differ(v, ll_str_of(entry->id.c), "%.*s", LL_FMT(problem));
    return LL_OK;
}

static enum ll_status check_processed(struct verifying *v, struct ll_error *err)
{
    struct ll_manifest_list raw = {0}, processed = {0};
    struct ll_store *store = v->p->lake->store;
    enum ll_status status = ll_manifest_list_all(store, LL_LAYER_RAW, &raw, err);
    if (status == LL_OK)
        status = ll_manifest_list_all(store, LL_LAYER_PROCESSED, &processed, err);
    for (size_t i = 0; i < raw.count && status == LL_OK; i++)
        status = check_decoding(v, &raw.entries[i], err);
    for (size_t i = 0; i < processed.count && status == LL_OK; i++)
        status = check_run(v, &processed.entries[i], err);
    ll_manifest_list_clear(&raw);
    ll_manifest_list_clear(&processed);
    return status;
}

/* --- processed against the warehouse */

static int compare_sums(const void *a, const void *b)
{
    const struct slot_sum *x = a, *y = b;
    return x->slot_s < y->slot_s ? -1 : x->slot_s > y->slot_s;
}

/* Of a sealed day the warehouse holds what history has; runs may have come late or been dropped. */
static bool is_sealed(const struct verifying *v, struct ll_str run_id)
{
    int64_t slot_s;
    if (!ll_run_id_parse(run_id, &slot_s))
        return false;
    int64_t row = ll_rows_find(&v->days, ll_date_format(ll_day_of(slot_s)).c);
    return row >= 0 && ll_batch_get_bool(&v->days, 3, (size_t)row);
}

/* What was dropped is known by its counts, which tell of people who were forgotten since: their
 * rows are gone from history, and its manifest says how many. */
static enum ll_status look_at_forgotten(struct verifying *v, int32_t day, struct ll_error *err)
{
    struct ll_manifest_entry entry;
    struct ll_manifest m = {0};
    struct ll_store *store = v->p->lake->store;
    if (v->day == day)
        return LL_OK;
    v->day = day;
    v->forgotten = 0;
    enum ll_status status =
        ll_manifest_latest(store, LL_LAYER_HISTORY, day, ll_id_day(day).c, &entry, err);
    if (status == LL_OK)
        status = ll_manifest_get(store, LL_LAYER_HISTORY, &entry, &m, NULL, err);
    if (status == LL_OK)
        v->forgotten = m.forgotten;
    ll_manifest_clear(&m);
    return ll_task_is_to_blame(status) ? LL_OK : status; /* check_layer has reported it */
}

/* Whether what the warehouse lacks of a slot that is only counted is what was forgotten. */
static bool is_forgotten(struct verifying *v, const struct slot_sum *lake,
                         const struct slot_sum *warehouse)
{
    int64_t streams = warehouse != NULL ? warehouse->streams : 0;
    int64_t viewers = warehouse != NULL ? warehouse->viewers : 0;
    int64_t lost = lake->streams - streams;
    if (!lake->counted || lost <= 0 || viewers > lake->viewers || lost > v->forgotten)
        return false;
    v->forgotten -= lost;
    return true;
}

static void compare_slot(struct verifying *v, const struct slot_sum *lake,
                         const struct slot_sum *warehouse)
{
    const struct slot_sum *one = lake != NULL ? lake : warehouse;
    struct ll_run_id id = ll_run_id_of(one->slot_s);
    if ((lake == NULL || warehouse == NULL) && is_sealed(v, ll_str_of(id.c)))
        return;
    if (lake != NULL && is_forgotten(v, lake, warehouse))
        return;
    if (lake == NULL)
        differ(v, ll_str_of(id.c), "the warehouse has %" PRId64 " rows, processed has no such run",
               warehouse->streams);
    else if (warehouse == NULL && lake->streams > 0)
        differ(v, ll_str_of(id.c), "not in the warehouse: run `livelake curate`");
    else if (warehouse != NULL &&
             (lake->streams != warehouse->streams || lake->viewers != warehouse->viewers ||
              (lake->checksum != warehouse->checksum && !lake->counted)))
        differ(v, ll_str_of(id.c),
               "processed has %" PRId64 " streams with %" PRId64 " viewers, the warehouse %" PRId64
               " with %" PRId64 " (or other rows)",
               lake->streams, lake->viewers, warehouse->streams, warehouse->viewers);
}

static enum ll_status check_slots(struct verifying *v, struct ll_error *err)
{
    struct ll_batch rows = {0};
    enum ll_status status =
        ll_warehouse_query(v->p->warehouse, "verify/slots", NULL, 0, &rows, err);
    if (v->sum_count > 0)
        qsort(v->sums, v->sum_count, sizeof(*v->sums), compare_sums);
    size_t i = 0, row = 0;
    while (status == LL_OK && (i < v->sum_count || row < rows.row_count)) {
        struct slot_sum w = {.slot_s = INT64_MAX};
        if (row < rows.row_count)
            w = (struct slot_sum){.slot_s = ll_batch_get_i64(&rows, 0, row),
                                  .streams = ll_batch_get_i64(&rows, 1, row),
                                  .viewers = ll_batch_get_i64(&rows, 2, row),
                                  .checksum = ll_batch_get_i64(&rows, 3, row)};
        bool has_lake = i < v->sum_count && v->sums[i].slot_s <= w.slot_s;
        bool has_warehouse =
            row < rows.row_count && (i == v->sum_count || w.slot_s <= v->sums[i].slot_s);
        int64_t slot_s = has_lake ? v->sums[i].slot_s : w.slot_s;
        status = look_at_forgotten(v, ll_day_of(slot_s), err);
        if (status != LL_OK)
            break;
        compare_slot(v, has_lake ? &v->sums[i] : NULL, has_warehouse ? &w : NULL);
        i += has_lake;
        row += has_warehouse;
    }
    ll_batch_clear(&rows);
    return status;
}

static enum ll_status check_rollups(struct verifying *v, struct ll_error *err)
{
    struct ll_batch rows = {0};
    enum ll_status status =
        ll_warehouse_query(v->p->warehouse, "verify/rollups", NULL, 0, &rows, err);
    for (size_t row = 0; row < rows.row_count && status == LL_OK; row++) {
        struct ll_run_id id = ll_run_id_of(ll_batch_get_i64(&rows, 0, row));
        struct ll_str dim = ll_batch_get_text(&rows, 1, row);
        struct ll_str language = ll_batch_get_text(&rows, 3, row);
        differ(v, ll_str_of(id.c), "roll-up %.*s %" PRId64 " %.*s does not follow from its rows",
               LL_FMT(dim), ll_batch_get_i64(&rows, 2, row), LL_FMT(language));
    }
    ll_batch_clear(&rows);
    if (status != LL_OK)
        return status;
    status = ll_warehouse_query(v->p->warehouse, "verify/days", NULL, 0, &rows, err);
    for (size_t row = 0; row < rows.row_count && status == LL_OK; row++)
        differ(v, ll_batch_get_text(&rows, 0, row),
               "its tracks, names and texts disagree: run `livelake close-day DAY --rebuild`");
    ll_batch_clear(&rows);
    return status;
}

/* One processed manifest against the ledger; *ret_row = its row there, or -1. */
static enum ll_status check_ledger_entry(struct verifying *v, const struct ll_batch *ledger,
                                         const struct ll_manifest_entry *entry, int64_t *ret_row,
                                         struct ll_error *err)
{
    struct ll_manifest m = {0};
    struct ll_sha256_text sha256;
    struct ll_str id = ll_str_of(entry->id.c);
    *ret_row = ll_rows_find(ledger, entry->id.c);
    enum ll_status status =
        ll_manifest_get(v->p->lake->store, LL_LAYER_PROCESSED, entry, &m, &sha256, err);
    if (status == LL_CORRUPT || status == LL_UNSUPPORTED)
        return LL_OK; /* check_layer has reported it */
    if (status != LL_OK)
        return status;
    if (*ret_row < 0 && !is_sealed(v, id))
        differ(v, id, "not in the warehouse's ledger: run `livelake curate`");
    else if (*ret_row >= 0 &&
             !ll_str_equal(ll_batch_get_text(ledger, 2, (size_t)*ret_row), ll_str_of(sha256.c)))
        differ(v, id, "the ledger names another manifest than the latest: run `livelake curate`");
    ll_manifest_clear(&m);
    return LL_OK;
}

/* Ledger rows must name manifests that exist, and every manifest must be in the ledger. */
static enum ll_status check_ledger(struct verifying *v, struct ll_error *err)
{
    struct ll_batch ledger = {0};
    struct ll_manifest_list processed = {0};
    enum ll_status status =
        ll_manifest_list_all(v->p->lake->store, LL_LAYER_PROCESSED, &processed, err);
    if (status == LL_OK)
        status = ll_warehouse_query(v->p->warehouse, "ledger/all", NULL, 0, &ledger, err);
    bool *named = ll_xcalloc(ledger.row_count + 1, sizeof(*named));
    for (size_t i = 0; i < processed.count && status == LL_OK; i++) {
        int64_t row;
        status = check_ledger_entry(v, &ledger, &processed.entries[i], &row, err);
        if (row >= 0)
            named[row] = true;
    }
    for (size_t row = 0; row < ledger.row_count && status == LL_OK; row++)
        if (!named[row] && !is_sealed(v, ll_batch_get_text(&ledger, 0, row)))
            differ(v, ll_batch_get_text(&ledger, 0, row),
                   "in the ledger, but processed has no manifest of it");
    free(named);
    ll_batch_clear(&ledger);
    ll_manifest_list_clear(&processed);
    return status;
}

enum ll_status ll_verify(struct ll_pipeline *p, struct ll_verification *ret, struct ll_error *err)
{
    struct verifying v = {.p = p, .result = ret, .day = INT32_MIN};
    enum ll_status status = LL_OK;
    for (int layer = 0; layer < LL_LAYER_COUNT && status == LL_OK; layer++)
        status = check_layer(&v, (enum ll_layer)layer, err);
    if (status == LL_OK)
        status = check_processed(&v, err);
    if (status == LL_OK && p->warehouse != NULL) {
        status = ll_warehouse_query(p->warehouse, "day/all", NULL, 0, &v.days, err);
        if (status == LL_OK)
            status = check_slots(&v, err);
        if (status == LL_OK)
            status = check_rollups(&v, err);
        if (status == LL_OK)
            status = check_ledger(&v, err);
    }
    ll_batch_clear(&v.days);
    free(v.sums);
    return status;
}

void ll_verification_clear(struct ll_verification *verification)
{
    free(verification->differences);
    ll_arena_clear(&verification->arena);
    *verification = (struct ll_verification){0};
}
