#include "lake/keys.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const layer_names[LL_LAYER_COUNT] = {"raw", "processed", "history"};

static struct ll_key key_format(const char *format, ...) LL_PRINTF(1, 2);
static struct ll_key key_format(const char *format, ...)
{
    struct ll_key key;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(key.c, sizeof(key.c), format, args);
    va_end(args);
    assert(len > 0 && (size_t)len < sizeof(key.c));
    return key;
}

const char *ll_layer_name(enum ll_layer layer)
{
    assert(layer < LL_LAYER_COUNT);
    return layer_names[layer];
}

struct ll_id ll_id_run(int64_t slot_s)
{
    struct ll_id id;
    snprintf(id.c, sizeof(id.c), "%s", ll_run_id_of(slot_s).c);
    return id;
}

struct ll_id ll_id_reference(struct ll_str resource, int64_t at_s)
{
    struct ll_id id;
    int len = snprintf(id.c, sizeof(id.c), "%.*s-%s", LL_FMT(resource), ll_run_id_of(at_s).c);
    assert(len > 0 && (size_t)len < sizeof(id.c));
    return id;
}

struct ll_id ll_id_day(int32_t day)
{
    struct ll_id id;
    snprintf(id.c, sizeof(id.c), "%s", ll_date_format(day).c);
    return id;
}

bool ll_id_is_run(struct ll_str id)
{
    int64_t slot_s;
    return ll_run_id_parse(id, &slot_s);
}

struct ll_key ll_key_manifest(enum ll_layer layer, int32_t day, const char *id, int generation)
{
    assert(generation > 0 && generation <= LL_GENERATION_MAX);
    return key_format("manifests/%s/%s/%s.g%04d.json", ll_layer_name(layer), ll_date_format(day).c,
                      id, generation);
}

struct ll_key ll_key_manifest_prefix(enum ll_layer layer, int32_t day)
{
    if (day < 0)
        return key_format("manifests/%s/", ll_layer_name(layer));
    return key_format("manifests/%s/%s/", ll_layer_name(layer), ll_date_format(day).c);
}

bool ll_key_manifest_parse(struct ll_str key, int32_t *ret_day, struct ll_id *ret_id,
                           int *ret_generation)
{
    struct ll_str rest = key, top, layer, date;
    if (!ll_str_split(&rest, '/', &top) || !ll_str_split(&rest, '/', &layer) ||
        !ll_str_split(&rest, '/', &date))
        return false;
    int32_t day;
    if (!ll_str_equal(top, LL_STR("manifests")) || !ll_date_parse(date, &day) || day < 0)
        return false;
    const struct ll_str tail = LL_STR(".g0000.json");
    if (rest.len <= tail.len || rest.len - tail.len >= sizeof(ret_id->c) ||
        !ll_str_ends_with(rest, LL_STR(".json")))
        return false;
    size_t id_len = rest.len - tail.len;
    int64_t generation;
    if (rest.ptr[id_len] != '.' || rest.ptr[id_len + 1] != 'g' ||
        !ll_str_to_i64(ll_str_sub(rest, id_len + 2, id_len + 6), &generation) || generation < 1)
        return false;
    memcpy(ret_id->c, rest.ptr, id_len);
    ret_id->c[id_len] = '\0';
    *ret_day = day;
    *ret_generation = (int)generation;
    return true;
}

struct ll_key ll_key_raw(const char *source, struct ll_str resource, int32_t day, const char *id,
                         int attempt, struct ll_str file)
{
    return key_format("raw/%s/%.*s/date=%s/run=%s/attempt=%04d/%.*s.zst", source, LL_FMT(resource),
                      ll_date_format(day).c, id, attempt, LL_FMT(file));
}

struct ll_key ll_key_raw_anew(struct ll_str key, int generation)
{
    const struct ll_str tail = LL_STR(".g0000");
    if (ll_str_ends_with(key, LL_STR(".zst")))
        key.len -= 4;
    size_t dot = key.len > tail.len ? key.len - tail.len : 0;
    int64_t before;
    if (ll_str_starts_with(ll_str_sub(key, dot, key.len), LL_STR(".g")) &&
        ll_str_to_i64(ll_str_sub(key, dot + 2, key.len), &before))
        key.len = dot; /* it was written anew before */
    return key_format("%.*s.g%04d.zst", LL_FMT(key), generation);
}

struct ll_key ll_key_forget(const char *hmac)
{
    return key_format(LL_FORGET_PREFIX "%s.json", hmac);
}

struct ll_key ll_key_processed(const char *table, int32_t day, const char *id)
{
    return key_format("processed/%s/date=%s/run=%s.parquet", table, ll_date_format(day).c, id);
}

struct ll_key ll_key_quarantine(const char *table, int32_t day, const char *id)
{
    return key_format("quarantine/%s/date=%s/run=%s.parquet", table, ll_date_format(day).c, id);
}

struct ll_key ll_key_history(const char *table, int32_t day)
{
    return key_format("history/%s/date=%s/%s.parquet", table, ll_date_format(day).c, table);
}
