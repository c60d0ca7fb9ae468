/* The JSON text of manifests. */
#include <string.h>

#include "codec/json.h"
#include "lake/manifest.h"

static const char *const status_names[] = {"complete", "partial", "failed", "missed"};

#define COUNT_FIELD(field)                                                                         \
    {                                                                                              \
#field, offsetof(struct ll_run_counts, field)                                              \
    }
static const struct {
    const char *name;
    size_t offset;
} count_fields[] = {
    COUNT_FIELD(clamped),     COUNT_FIELD(duplicates), COUNT_FIELD(errors),   COUNT_FIELD(pages),
    COUNT_FIELD(quarantined), COUNT_FIELD(refound),    COUNT_FIELD(repaired), COUNT_FIELD(requests),
    COUNT_FIELD(restarted),   COUNT_FIELD(rows_in),    COUNT_FIELD(rows_out), COUNT_FIELD(vanished),
    COUNT_FIELD(viewers),
};

const char *ll_run_status_name(enum ll_run_status status)
{
    return status_names[status];
}

static void add_text(struct ll_buf *out, const char *key, struct ll_str value)
{
    ll_buf_printf(out, "\"%s\":", key);
    ll_buf_add_json_string(out, value);
}

static void add_object(struct ll_buf *out, const struct ll_manifest_object *object)
{
    ll_buf_add_char(out, '{');
    if (object->format.len != 0) {
        ll_buf_printf(out, "\"content_bytes\":%lld,\"content_sha256\":\"%s\",",
                      (long long)object->content_bytes, object->content_sha256.c);
        add_text(out, "format", object->format);
        ll_buf_add_char(out, ',');
    }
    add_text(out, "key", object->key);
    if (object->name.len != 0) {
        ll_buf_add_char(out, ',');
        add_text(out, "name", object->name);
    }
    if (object->original_sha256.c[0] != '\0')
        ll_buf_printf(out, ",\"original_sha256\":\"%s\"", object->original_sha256.c);
    if (object->rows >= 0)
        ll_buf_printf(out, ",\"rows\":%lld", (long long)object->rows);
    ll_buf_printf(out, ",\"sha256\":\"%s\",\"size\":%lld}", object->sha256.c,
                  (long long)object->size_bytes);
}

/* Ends between two characters. */
static struct ll_str shorten(struct ll_str text)
{
    size_t len = LL_RUN_WHY_MAX;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    return ll_str_sub(text, 0, len);
}

void ll_manifest_serialize(const struct ll_manifest *m, struct ll_buf *out)
{
    ll_buf_printf(out, "{\"attempt\":%d,\"cadence_s\":%d,\"counts\":{", m->attempt, m->cadence_s);
    for (size_t i = 0; i < LL_COUNT(count_fields); i++) {
        int64_t value;
        memcpy(&value, (const char *)&m->counts + count_fields[i].offset, sizeof(value));
        ll_buf_printf(out, "%s\"%s\":%lld", i ? "," : "", count_fields[i].name, (long long)value);
    }
    ll_buf_printf(out, "},\"day\":\"%s\",", ll_date_format(m->day).c);
    if (m->dropped.generation > 0) {
        ll_buf_printf(out, "\"dropped\":{\"generation\":%d,", m->dropped.generation);
        add_text(out, "reason", m->dropped.reason);
        ll_buf_printf(out, ",\"sha256\":\"%s\"},", m->dropped.sha256.c);
    }
    ll_buf_printf(out, "\"finished_ms\":%lld,", (long long)m->finished_ms);
    if (m->forgotten > 0)
        ll_buf_printf(out, "\"forgotten\":%lld,", (long long)m->forgotten);
    ll_buf_printf(out, "\"generation\":%d,\"id\":\"%s\",", m->generation, m->id.c);
    ll_buf_add(out, LL_STR("\"inputs\":["));
    for (size_t i = 0; i < m->input_count; i++) {
        ll_buf_printf(out, "%s{\"generation\":%d,", i ? "," : "", m->inputs[i].generation);
        add_text(out, "id", m->inputs[i].id);
        ll_buf_printf(out, ",\"sha256\":\"%s\"}", m->inputs[i].sha256.c);
    }
    ll_buf_printf(out, "],\"layer\":\"%s\",\"objects\":[", ll_layer_name(m->layer));
    for (size_t i = 0; i < m->object_count; i++) {
        if (i)
            ll_buf_add_char(out, ',');
        add_object(out, &m->objects[i]);
    }
    ll_buf_add(out, LL_STR("],"));
    if (m->replaces > 0)
        ll_buf_printf(out, "\"replaces\":%d,", m->replaces);
    add_text(out, "resource", m->resource);
    ll_buf_printf(out, ",\"schema\":%d,\"slot\":%lld,", m->schema, (long long)m->slot_s);
    add_text(out, "source", m->source);
    ll_buf_printf(out, ",\"started_ms\":%lld,\"status\":\"%s\"", (long long)m->started_ms,
                  status_names[m->status]);
    if (m->sweep_coverage >= 0)
        ll_buf_printf(out, ",\"sweep_coverage\":%.6f", m->sweep_coverage);
    if (m->why.len > 0) {
        ll_buf_add_char(out, ',');
        add_text(out, "why", m->why.len > LL_RUN_WHY_MAX ? shorten(m->why) : m->why);
    }
    ll_buf_add(out, LL_STR("}\n"));
}

static bool read_i64(struct ll_json *r, int64_t *ret)
{
    struct ll_str literal;
    return ll_json_number(r, &literal) && ll_str_to_i64(literal, ret);
}

static bool read_int(struct ll_json *r, int *ret)
{
    int64_t value;
    if (!read_i64(r, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *ret = (int)value;
    return true;
}

/* Numbers that nothing is added up or multiplied beyond: those that JSON readers agree on. */
static bool read_count(struct ll_json *r, int64_t *ret)
{
    return read_i64(r, ret) && *ret >= 0 && *ret <= (int64_t)1 << 53;
}

/* Epoch seconds or milliseconds of 1970 to 9999. */
static bool read_instant(struct ll_json *r, int64_t units_per_s, int64_t *ret)
{
    const int64_t end_s = 253402300800; /* 10000-01-01 */
    return read_i64(r, ret) && *ret >= 0 && *ret < end_s * units_per_s;
}

static bool read_text(struct ll_json *r, struct ll_arena *arena, struct ll_str *ret)
{
    struct ll_str value;
    if (!ll_json_string(r, &value))
        return false;
    *ret = ll_arena_copy(arena, value);
    return true;
}

static bool read_sha256(struct ll_json *r, struct ll_sha256_text *ret)
{
    struct ll_str value;
    if (!ll_json_string(r, &value) || value.len != sizeof(ret->c) - 1)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (!strchr("0123456789abcdef", value.ptr[i]) || value.ptr[i] == '\0')
            return false;
    memcpy(ret->c, value.ptr, value.len);
    ret->c[value.len] = '\0';
    return true;
}

static bool read_counts(struct ll_json *r, struct ll_run_counts *counts)
{
    struct ll_str key;
    if (!ll_json_enter_object(r))
        return false;
    while (ll_json_next_key(r, &key)) {
        int64_t value;
        if (!read_count(r, &value))
            return false;
        for (size_t i = 0; i < LL_COUNT(count_fields); i++)
            if (ll_str_equal(key, ll_str_of(count_fields[i].name)))
                memcpy((char *)counts + count_fields[i].offset, &value, sizeof(value));
    }
    return true;
}

static bool read_object(struct ll_json *r, struct ll_arena *arena, struct ll_manifest_object *o)
{
    struct ll_str key;
    *o = (struct ll_manifest_object){.rows = -1, .size_bytes = -1};
    if (!ll_json_enter_object(r))
        return false;
    while (ll_json_next_key(r, &key)) {
        bool ok;
        if (ll_str_equal(key, LL_STR("key")))
            ok = read_text(r, arena, &o->key);
        else if (ll_str_equal(key, LL_STR("size")))
            ok = read_count(r, &o->size_bytes);
        else if (ll_str_equal(key, LL_STR("sha256")))
            ok = read_sha256(r, &o->sha256);
        else if (ll_str_equal(key, LL_STR("rows")))
            ok = read_i64(r, &o->rows);
        else if (ll_str_equal(key, LL_STR("format")))
            ok = read_text(r, arena, &o->format);
        else if (ll_str_equal(key, LL_STR("name")))
            ok = read_text(r, arena, &o->name);
        else if (ll_str_equal(key, LL_STR("content_sha256")))
            ok = read_sha256(r, &o->content_sha256);
        else if (ll_str_equal(key, LL_STR("original_sha256")))
            ok = read_sha256(r, &o->original_sha256);
        else if (ll_str_equal(key, LL_STR("content_bytes")))
            ok = read_i64(r, &o->content_bytes);
        else
            ok = ll_json_skip(r);
        if (!ok)
            return false;
    }
    bool content_known = o->content_sha256.c[0] != '\0' && o->content_bytes >= 0;
    return o->key.len != 0 && o->size_bytes >= 0 && o->sha256.c[0] != '\0' &&
           (o->format.len == 0 || content_known);
}

static bool read_objects(struct ll_json *r, struct ll_manifest *m)
{
    size_t capacity = 0;
    if (m->objects || !ll_json_enter_array(r))
        return false;
    while (ll_json_next_item(r)) {
        if (m->object_count == capacity) {
            size_t grown = capacity ? capacity * 2 : 8;
            struct ll_manifest_object *objects = ll_arena_array(&m->arena, grown, sizeof(*objects));
            if (capacity)
                memcpy(objects, m->objects, capacity * sizeof(*objects));
            m->objects = objects;
            capacity = grown;
        }
        if (!read_object(r, &m->arena, &m->objects[m->object_count]))
            return false;
        m->object_count++;
    }
    return true;
}

static bool read_input(struct ll_json *r, struct ll_arena *arena, struct ll_manifest_input *input)
{
    struct ll_str key;
    *input = (struct ll_manifest_input){0};
    if (!ll_json_enter_object(r))
        return false;
    while (ll_json_next_key(r, &key)) {
        bool ok;
        if (ll_str_equal(key, LL_STR("id")))
            ok = read_text(r, arena, &input->id);
        else if (ll_str_equal(key, LL_STR("generation")))
            ok = read_int(r, &input->generation);
        else if (ll_str_equal(key, LL_STR("sha256")))
            ok = read_sha256(r, &input->sha256);
        else
            ok = ll_json_skip(r);
        if (!ok)
            return false;
    }
    return input->id.len != 0 && input->generation > 0 && input->sha256.c[0] != '\0';
}

static bool read_dropped(struct ll_json *r, struct ll_manifest *m)
{
    struct ll_str key;
    struct ll_manifest_dropped *dropped = &m->dropped;
    if (!ll_json_enter_object(r))
        return false;
    while (ll_json_next_key(r, &key)) {
        bool ok;
        if (ll_str_equal(key, LL_STR("reason")))
            ok = read_text(r, &m->arena, &dropped->reason);
        else if (ll_str_equal(key, LL_STR("generation")))
            ok = read_int(r, &dropped->generation);
        else if (ll_str_equal(key, LL_STR("sha256")))
            ok = read_sha256(r, &dropped->sha256);
        else
            ok = ll_json_skip(r);
        if (!ok)
            return false;
    }
    return dropped->reason.len != 0 && dropped->generation > 0 && dropped->sha256.c[0] != '\0';
}

static bool read_inputs(struct ll_json *r, struct ll_manifest *m)
{
    size_t capacity = 0;
    if (m->inputs || !ll_json_enter_array(r))
        return false;
    while (ll_json_next_item(r)) {
        if (m->input_count == capacity) {
            size_t grown = capacity ? capacity * 2 : 8;
            struct ll_manifest_input *inputs = ll_arena_array(&m->arena, grown, sizeof(*inputs));
            if (capacity)
                memcpy(inputs, m->inputs, capacity * sizeof(*inputs));
            m->inputs = inputs;
            capacity = grown;
        }
        if (!read_input(r, &m->arena, &m->inputs[m->input_count]))
            return false;
        m->input_count++;
    }
    return true;
}

static bool read_status(struct ll_json *r, enum ll_run_status *ret)
{
    struct ll_str value;
    if (!ll_json_string(r, &value))
        return false;
    for (size_t i = 0; i < LL_COUNT(status_names); i++)
        if (ll_str_equal(value, ll_str_of(status_names[i]))) {
            *ret = (enum ll_run_status)i;
            return true;
        }
    return false;
}

static bool read_layer(struct ll_json *r, enum ll_layer *ret)
{
    struct ll_str value;
    if (!ll_json_string(r, &value))
        return false;
    for (int i = 0; i < LL_LAYER_COUNT; i++)
        if (ll_str_equal(value, ll_str_of(ll_layer_name((enum ll_layer)i)))) {
            *ret = (enum ll_layer)i;
            return true;
        }
    return false;
}

static bool read_id(struct ll_json *r, struct ll_id *ret)
{
    struct ll_str value;
    if (!ll_json_string(r, &value) || value.len == 0 || value.len >= sizeof(ret->c))
        return false;
    memcpy(ret->c, value.ptr, value.len);
    ret->c[value.len] = '\0';
    /* Part of keys, and written without escapes. */
    return strlen(ret->c) == value.len && ll_store_key_valid(ret->c) && !strchr(ret->c, '/');
}

static bool read_day(struct ll_json *r, int32_t *ret)
{
    struct ll_str value;
    return ll_json_string(r, &value) && ll_date_parse(value, ret);
}

static bool read_coverage(struct ll_json *r, double *ret)
{
    struct ll_str literal;
    return ll_json_number(r, &literal) && ll_str_to_f64(literal, ret);
}

static bool read_field(struct ll_json *r, struct ll_str key, struct ll_manifest *m)
{
    if (ll_str_equal(key, LL_STR("attempt")))
        return read_int(r, &m->attempt);
    if (ll_str_equal(key, LL_STR("cadence_s")))
        return read_int(r, &m->cadence_s) && m->cadence_s >= 0 && m->cadence_s <= LL_DAY_S;
    if (ll_str_equal(key, LL_STR("counts")))
        return read_counts(r, &m->counts);
    if (ll_str_equal(key, LL_STR("day")))
        return read_day(r, &m->day);
    if (ll_str_equal(key, LL_STR("dropped")))
        return read_dropped(r, m);
    if (ll_str_equal(key, LL_STR("finished_ms")))
        return read_instant(r, 1000, &m->finished_ms);
    if (ll_str_equal(key, LL_STR("forgotten")))
        return read_count(r, &m->forgotten);
    if (ll_str_equal(key, LL_STR("generation")))
        return read_int(r, &m->generation);
    if (ll_str_equal(key, LL_STR("id")))
        return read_id(r, &m->id);
    if (ll_str_equal(key, LL_STR("inputs")))
        return read_inputs(r, m);
    if (ll_str_equal(key, LL_STR("layer")))
        return read_layer(r, &m->layer);
    if (ll_str_equal(key, LL_STR("objects")))
        return read_objects(r, m);
    if (ll_str_equal(key, LL_STR("replaces")))
        return read_int(r, &m->replaces);
    if (ll_str_equal(key, LL_STR("resource")))
        return read_text(r, &m->arena, &m->resource);
    if (ll_str_equal(key, LL_STR("schema")))
        return read_int(r, &m->schema);
    if (ll_str_equal(key, LL_STR("slot")))
        return read_instant(r, 1, &m->slot_s);
    if (ll_str_equal(key, LL_STR("source")))
        return read_text(r, &m->arena, &m->source);
    if (ll_str_equal(key, LL_STR("started_ms")))
        return read_instant(r, 1000, &m->started_ms);
    if (ll_str_equal(key, LL_STR("status")))
        return read_status(r, &m->status);
    if (ll_str_equal(key, LL_STR("sweep_coverage")))
        return read_coverage(r, &m->sweep_coverage);
    if (ll_str_equal(key, LL_STR("why")))
        return read_text(r, &m->arena, &m->why);
    return ll_json_skip(r);
}

static bool read_manifest(struct ll_json *r, struct ll_manifest *m)
{
    struct ll_str key;
    if (!ll_json_enter_object(r))
        return false;
    while (ll_json_next_key(r, &key))
        if (!read_field(r, key, m))
            return false;
    return ll_json_done(r) && m->generation > 0 && m->id.c[0] != '\0';
}

enum ll_status ll_manifest_parse(struct ll_str text, struct ll_manifest *ret, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena scratch = {0};
    struct ll_manifest m = {.sweep_coverage = -1};
    struct ll_json reader = ll_json_reader(text, &scratch);
    if (!read_manifest(&reader, &m)) {
        ll_manifest_clear(&m);
        return ll_fail(err, LL_CORRUPT, 0, "not a manifest: %s at byte %zu",
                       reader.error ? reader.error : "a field is missing or wrong",
                       reader.error ? reader.error_offset : (size_t)(reader.at - reader.start));
    }
    if (m.schema > LL_MANIFEST_SCHEMA) {
        int schema = m.schema;
        ll_manifest_clear(&m);
        return ll_fail(err, LL_UNSUPPORTED, schema,
                       "written by a newer livelake (schema %d, this program knows %d): upgrade "
                       "livelake",
                       schema, LL_MANIFEST_SCHEMA);
    }
    *ret = m;
    return LL_OK;
}
