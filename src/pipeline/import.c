#include "pipeline/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "pipeline/resources.h"

#define SOURCE "import-origin"
#define FILE_MAX_BYTES ((size_t)LL_RAW_OBJECT_MAX)
#define UNUSABLE INT64_MIN /* instant of a file that is not to be imported */

/* Files of one slot (or of one reference dump): one run. */
struct group {
    struct ll_str resource;
    int64_t at_s;
    size_t first, count; /* of scan->files, which are sorted so that groups are runs of files */
};

struct importing {
    struct ll_pipeline *p;
    const struct ll_import_options *options;
    struct ll_origin_scan scan;
    int64_t *instants; /* [scan.file_count] */
    struct ll_outcome *outcome;
    struct ll_import_report report;
    size_t report_capacity;
};

/* A raw manifest on its way, and what it holds on to. */
struct pending {
    struct ll_manifest manifest;
    struct ll_key *keys;
    bool dropped; /* its raw objects are gone: nothing can be added to them */
};

const char *ll_import_verdict_name(enum ll_import_verdict verdict)
{
    static const char *const names[] = {"new", "known", "damaged", "skipped", "failed"};
    return names[verdict];
}

void ll_import_report_clear(struct ll_import_report *report)
{
    free(report->files);
    ll_arena_clear(&report->arena);
    *report = (struct ll_import_report){0};
}

static void note(struct importing *im, struct ll_str path, enum ll_import_verdict verdict,
                 struct ll_str why)
{
    struct ll_import_report *r = &im->report;
    if (r->file_count == im->report_capacity) {
        im->report_capacity = im->report_capacity ? im->report_capacity * 2 : 64;
        r->files = ll_xrealloc(r->files, im->report_capacity, sizeof(*r->files));
    }
    r->files[r->file_count++] = (struct ll_import_file){.path = ll_arena_copy(&r->arena, path),
                                                        .verdict = verdict,
                                                        .note = ll_arena_copy(&r->arena, why)};
}

static void note_error(struct importing *im, struct ll_str path, const struct ll_error *err)
{
    note(im, path, LL_IMPORT_FAILED, ll_str_of(err->message));
}

/* --- local labels to instants */

/* The first of two instants where clocks went back; UNUSABLE where they went forward. */
static enum ll_status to_utc(struct importing *im, const struct ll_origin_file *file,
                             int64_t *ret_s, struct ll_error *err)
{
    const struct ll_civil *c = &file->label;
    char local[32];
    snprintf(local, sizeof(local), "%04d-%02d-%02d %02d:%02d:00", c->year, c->month, c->day,
             c->hour, c->minute);
    const struct ll_param params[] = {ll_param_text("local", ll_str_of(local)),
                                      ll_param_text("zone", ll_str_of(im->options->timezone))};
    struct ll_batch rows = {0};
    if (ll_warehouse_query(im->p->warehouse, "zone/to_utc", params, LL_COUNT(params), &rows, err) !=
        LL_OK)
        return ll_context(err, "time zone \"%s\" (use an IANA name such as America/Los_Angeles)",
                          im->options->timezone);
    bool exists = ll_batch_get_bool(&rows, 1, 0);
    *ret_s = exists ? ll_batch_get_i64(&rows, 0, 0) : UNUSABLE;
    ll_batch_clear(&rows);
    return LL_OK;
}

static bool same_label(const struct ll_civil *a, const struct ll_civil *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static enum ll_status resolve_instants(struct importing *im, struct ll_error *err)
{
    struct ll_origin_scan *scan = &im->scan;
    im->instants = ll_xcalloc(scan->file_count + 1, sizeof(*im->instants));
    int64_t at_s = 0;
    for (size_t i = 0; i < scan->file_count; i++) {
        const struct ll_origin_file *file = &scan->files[i];
        bool asked = i > 0 && same_label(&file->label, &scan->files[i - 1].label);
        if (file->label.year == 0)
            continue; /* a table without a date: instant 0 */
        if (!asked && to_utc(im, file, &at_s, err) != LL_OK)
            return err->status;
        if (at_s == UNUSABLE)
            note(im, file->path, LL_IMPORT_FAILED,
                 LL_STR("its local time does not exist (clocks went forward)"));
        else if (at_s < 0)
            note(im, file->path, LL_IMPORT_FAILED, LL_STR("its time is before 1970"));
        if (at_s < 0)
            im->instants[i] = UNUSABLE;
        else if (ll_str_equal(file->resource, LL_STR("streams")))
            im->instants[i] = ll_slot_of(at_s, im->options->cadence_s);
        else
            im->instants[i] = at_s;
    }
    return LL_OK;
}

/* --- one file */

/* LL_IMPORT_NEW, or _DAMAGED, or _FAILED when nothing can be read of it. */
static enum ll_import_verdict examine(const struct ll_origin_file *file, struct ll_str text)
{
    if (!ll_str_equal(file->format, LL_STR("origin-json")))
        return text.len == 0 ? LL_IMPORT_FAILED : LL_IMPORT_NEW;
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(text, &arena);
    struct ll_str key;
    bool has_records = false;
    if (!ll_json_enter_object(&r))
        return LL_IMPORT_FAILED;
    while (ll_json_next_key(&r, &key)) {
        if (!ll_str_equal(key, LL_STR("data"))) {
            ll_json_skip(&r);
        } else if (ll_json_enter_array(&r)) {
            has_records = true;
            while (ll_json_next_item(&r))
                ll_json_skip(&r);
        }
    }
    if (!has_records)
        return LL_IMPORT_FAILED;
    return ll_json_done(&r) ? LL_IMPORT_NEW : LL_IMPORT_DAMAGED;
}

static bool holds(const struct ll_manifest *m, const struct ll_sha256_text *content)
{
    for (size_t i = 0; i < m->object_count; i++)
        if (strcmp(m->objects[i].content_sha256.c, content->c) == 0 ||
            strcmp(m->objects[i].original_sha256.c, content->c) == 0)
            return true;
    return false;
}

static struct ll_key raw_key(const struct ll_manifest *m, struct ll_str path,
                             const struct ll_sha256_text *content)
{
    char file[160];
    size_t from = path.len, len = 9;
    while (from > 0 && path.ptr[from - 1] != '/')
        from--;
    snprintf(file, sizeof(file), "%.8s-", content->c);
    for (size_t i = from; i < path.len && len < sizeof(file) - 1; i++) {
        char c = path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '_' || c == '-';
        file[len++] = plain ? c : '_';
    }
    return ll_key_raw(SOURCE, m->resource, m->day, m->id.c, m->attempt, (struct ll_str){file, len});
}

/* Puts a file as a raw object, without those who are forgotten. */
static enum ll_status put_file(struct importing *im, const struct ll_origin_file *file,
                               struct pending *pending, struct ll_str text, struct ll_error *err)
{
    struct ll_manifest *m = &pending->manifest;
    struct ll_manifest_object *object = &m->objects[m->object_count];
    struct ll_key *key = &pending->keys[m->object_count];
    const struct ll_forgotten *forgotten = im->p->lake->forgotten;
    const struct ll_redaction redaction = ll_forgotten_redaction(forgotten);
    const struct ll_resource *resource = ll_resource_find(file->resource);
    struct ll_sha256_text content = ll_sha256_hex(ll_sha256_of(text));
    LL_AUTO(ll_buf_clear) struct ll_buf without = {0};
    struct ll_redacted redacted = {0};
    if (ll_forgotten_any(forgotten) && resource != NULL &&
        ll_redact(&redaction, resource->table, file->format, text, &without, &redacted, err) !=
            LL_OK)
        return ll_context(err, "%.*s", LL_FMT(file->path));
    *key = raw_key(m, file->path, &content);
    if (ll_lake_put_raw(im->p->lake, key->c, redacted.rows > 0 ? ll_buf_str(&without) : text,
                        object, err) != LL_OK)
        return ll_context(err, "%.*s", LL_FMT(file->path));
    if (redacted.rows > 0)
        object->original_sha256 = content;
    m->forgotten += redacted.rows;
    object->format = file->format;
    object->name = file->path;
    m->object_count++;
    return LL_OK;
}

static enum ll_status import_file(struct importing *im, const struct ll_origin_file *file,
                                  struct pending *pending, struct ll_error *err)
{
    struct ll_manifest *m = &pending->manifest;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = FILE_MAX_BYTES};
    if (ll_origin_read(im->options->root, file, &text, err) != LL_OK) {
        note_error(im, file->path, err);
        return LL_OK;
    }
    struct ll_sha256_text content = ll_sha256_hex(ll_sha256_of(ll_buf_str(&text)));
    if (holds(m, &content)) {
        note(im, file->path, LL_IMPORT_KNOWN, LL_STR(""));
        return LL_OK;
    }
    if (pending->dropped) {
        note(im, file->path, LL_IMPORT_SKIPPED,
             LL_STR("retention took the raw objects of its run: nothing can be added to it"));
        return LL_OK;
    }
    enum ll_import_verdict verdict = examine(file, ll_buf_str(&text));
    if (verdict == LL_IMPORT_FAILED) {
        note(im, file->path, verdict, LL_STR("holds no list of records"));
        return LL_OK;
    }
    if (!im->options->dry_run && put_file(im, file, pending, ll_buf_str(&text), err) != LL_OK)
        return err->status;
    note(im, file->path, verdict,
         verdict == LL_IMPORT_DAMAGED ? LL_STR("not well-formed: what can be read of it is used")
                                      : LL_STR(""));
    return LL_OK;
}

/* --- one run */

/* The latest generation that came from here, so that its files stay part of the run. */
static enum ll_status read_known(struct ll_store *store, struct ll_manifest *m,
                                 struct ll_manifest *ret_known, struct ll_error *err)
{
    struct ll_manifest_entry entry;
    enum ll_status status = ll_manifest_latest(store, LL_LAYER_RAW, m->day, m->id.c, &entry, err);
    if (status == LL_NOT_FOUND)
        return LL_OK;
    if (status != LL_OK)
        return status;
    m->generation = entry.generation;
    for (; entry.generation > 0; entry.generation--) {
        status = ll_manifest_get(store, LL_LAYER_RAW, &entry, ret_known, NULL, err);
        if (status == LL_NOT_FOUND)
            continue;
        if (status != LL_OK)
            return status;
        if (ll_str_equal(ret_known->source, LL_STR(SOURCE)))
            return LL_OK;
        ll_manifest_clear(ret_known);
    }
    return LL_OK;
}

static int compare_objects(const void *a, const void *b)
{
    const struct ll_manifest_object *x = a, *y = b;
    int by_name = ll_str_compare(x->name, y->name);
    return by_name != 0 ? by_name : strcmp(x->content_sha256.c, y->content_sha256.c);
}

static enum ll_status import_group(struct importing *im, const struct group *group,
                                   struct pending *pending, bool *ret_changed, struct ll_error *err)
{
    struct ll_manifest *m = &pending->manifest, known = {0};
    bool sweep = ll_str_equal(group->resource, LL_STR("streams"));
    *m = (struct ll_manifest){
        .layer = LL_LAYER_RAW,
        .id = sweep ? ll_id_run(group->at_s) : ll_id_reference(group->resource, group->at_s),
        .day = ll_day_of(group->at_s),
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR(SOURCE),
        .resource = group->resource,
        .slot_s = group->at_s,
        .cadence_s = sweep ? im->options->cadence_s : 0,
        .status = sweep ? LL_RUN_PARTIAL : LL_RUN_COMPLETE,
        .sweep_coverage = -1,
    };
    if (read_known(im->p->lake->store, m, &known, err) != LL_OK)
        return err->status;
    m->generation++;
    pending->dropped = known.dropped.generation > 0;
    m->attempt = 1; /* files that come later belong to the same attempt: order must not matter */
    m->objects = ll_xcalloc(known.object_count + group->count, sizeof(*m->objects));
    pending->keys = ll_xcalloc(known.object_count + group->count, sizeof(*pending->keys));
    if (known.object_count > 0)
        memcpy(m->objects, known.objects, known.object_count * sizeof(*m->objects));
    m->object_count = known.object_count;
    m->forgotten = known.forgotten;
    m->arena = known.arena; /* the known objects' text lives on in it */
    enum ll_status status = LL_OK;
    for (size_t i = group->first; i < group->first + group->count && status == LL_OK; i++)
        if (im->instants[i] == group->at_s)
            status = import_file(im, &im->scan.files[i], pending, err);
    *ret_changed = m->object_count > known.object_count;
    if (m->object_count > 0)
        qsort(m->objects, m->object_count, sizeof(*m->objects), compare_objects);
    m->counts.pages = (int64_t)m->object_count;
    return status;
}

static void pending_clear(struct pending *pending)
{
    free(pending->keys);
    free(pending->manifest.objects);
    ll_manifest_clear(&pending->manifest);
    *pending = (struct pending){0};
}

static enum ll_status submit(struct importing *im, const struct ll_manifest *m,
                             struct ll_error *err)
{
    const struct ll_task task = {.stage = LL_STAGE_PROCESS, .day = m->day, .id = m->id};
    return ll_runner_submit(im->p, &task, im->outcome, err);
}

/* Commits a batch: objects first, then the manifests that name them, then their tasks. */
static enum ll_status commit(struct importing *im, struct pending *pending, size_t count,
                             struct ll_error *err)
{
    struct ll_store *store = im->p->lake->store;
    if (count == 0)
        return LL_OK;
    if (ll_store_sync(store, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < count; i++) {
        struct ll_sha256_text sha256;
        if (ll_manifest_put(store, &pending[i].manifest, &sha256, err) != LL_OK)
            return err->status;
    }
    if (ll_store_sync(store, err) != LL_OK)
        return err->status;
    im->report.runs += (int64_t)count;
    for (size_t i = 0; i < count; i++)
        if (submit(im, &pending[i].manifest, err) != LL_OK)
            return err->status;
    return LL_OK;
}

static bool next_group(const struct importing *im, size_t from, struct group *ret)
{
    const struct ll_origin_scan *scan = &im->scan;
    while (from < scan->file_count && im->instants[from] == UNUSABLE)
        from++;
    if (from == scan->file_count)
        return false;
    *ret = (struct group){
        .resource = scan->files[from].resource, .at_s = im->instants[from], .first = from};
    size_t end = from;
    while (end < scan->file_count && ll_str_equal(scan->files[end].resource, ret->resource) &&
           (im->instants[end] == ret->at_s || im->instants[end] == UNUSABLE))
        end++;
    ret->count = end - from;
    return true;
}

static enum ll_status import_all(struct importing *im, struct ll_error *err)
{
    struct pending *pending = ll_xcalloc(LL_BATCH_TASKS, sizeof(*pending));
    struct group group = {0};
    enum ll_status status = LL_OK;
    size_t ready = 0;
    while (status == LL_OK && next_group(im, group.first + group.count, &group)) {
        bool changed = false;
        status = ll_pipeline_go_on(im->p, err);
        if (status != LL_OK)
            break;
        status = import_group(im, &group, &pending[ready], &changed, err);
        if (status == LL_OK && changed) {
            ready++;
        } else {
            /* A killed import may have left it unprocessed. */
            if (status == LL_OK && !im->options->dry_run &&
                pending[ready].manifest.object_count > 0)
                status = submit(im, &pending[ready].manifest, err);
            pending_clear(&pending[ready]);
        }
        if (status == LL_OK && ready == LL_BATCH_TASKS) {
            status = commit(im, pending, ready, err);
            for (; ready > 0; ready--)
                pending_clear(&pending[ready - 1]);
        }
    }
    if (status == LL_OK)
        status = commit(im, pending, ready, err);
    for (size_t i = 0; i < LL_BATCH_TASKS; i++)
        pending_clear(&pending[i]);
    free(pending);
    return status;
}

enum ll_status ll_import_origin(struct ll_pipeline *p, const struct ll_import_options *options,
                                struct ll_outcome *outcome, struct ll_import_report *ret,
                                struct ll_error *err)
{
    struct importing im = {.p = p, .options = options, .outcome = outcome};
    if (ll_origin_scan(options->root, &im.scan, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < im.scan.skipped_count; i++)
        note(&im, im.scan.skipped[i].path,
             im.scan.skipped[i].is_error ? LL_IMPORT_FAILED : LL_IMPORT_SKIPPED,
             im.scan.skipped[i].reason);
    enum ll_status status = resolve_instants(&im, err);
    if (status == LL_OK)
        status = import_all(&im, err);
    ll_origin_scan_clear(&im.scan);
    free(im.instants);
    if (status == LL_OK)
        *ret = im.report;
    else
        ll_import_report_clear(&im.report);
    return status;
}
