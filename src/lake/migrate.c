#include "lake/migrate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"

#define SETTINGS_KEY "lake.json"
#define FILE_MAX ((size_t)1 << 20)

static const struct ll_lake_step steps[] = {
    {2, "a run says why it is not complete, in history too (tables of a schema 1 lake lack it)",
     NULL},
};

const struct ll_lake_step *ll_lake_steps(size_t *ret_count)
{
    _Static_assert(LL_LAKE_SCHEMA == 1 + LL_COUNT(steps), "a step for each schema");
    *ret_count = LL_COUNT(steps);
    return steps;
}

/* --- the intent */

static enum ll_status put_intent(struct ll_store *store, const struct ll_migrated *m,
                                 struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text, "{\"from\":%d,\"to\":%d,\"snapshot\":", m->from, m->to);
    ll_buf_add_json_string(&text, ll_str_of(m->snapshot));
    ll_buf_add(&text, LL_STR("}\n"));
    if (ll_store_put(store, LL_LAKE_INTENT_KEY, ll_buf_str(&text), LL_PUT_REPLACE, err) != LL_OK)
        return err->status;
    return ll_store_sync(store, err);
}

static bool read_int(struct ll_json *r, int *ret)
{
    struct ll_str literal;
    int64_t value;
    if (!ll_json_number(r, &literal) || !ll_str_to_i64(literal, &value) || value < 1 ||
        value > INT32_MAX)
        return false;
    *ret = (int)value;
    return true;
}

static bool read_intent(struct ll_json *r, struct ll_migrated *m)
{
    struct ll_str key, text = {0};
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("from")))
            ok = read_int(r, &m->from);
        else if (ll_str_equal(key, LL_STR("to")))
            ok = read_int(r, &m->to);
        else if (ll_str_equal(key, LL_STR("snapshot"))) {
            ok = ll_json_string(r, &text) && text.len < sizeof(m->snapshot) &&
                 ll_str_starts_with(text, LL_STR(LL_LAKE_SNAPSHOT_PREFIX));
            if (ok)
                (void)snprintf(m->snapshot, sizeof(m->snapshot), "%.*s", LL_FMT(text));
        } else
            ok = ll_json_skip(r);
    }
    return ok && ll_json_done(r) && m->from > 0 && m->to > 0 && m->snapshot[0] != '\0' &&
           ll_store_key_valid(m->snapshot);
}

/* *ret_found: one is there and can be read. One that cannot was torn by a power cut, before any
 * step began: it says nothing. */
static enum ll_status get_intent(struct ll_store *store, struct ll_migrated *ret, bool *ret_found,
                                 struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = FILE_MAX};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_migrated m = {0};
    enum ll_status status = ll_store_get(store, LL_LAKE_INTENT_KEY, &text, err);
    if (status != LL_OK)
        return status == LL_NOT_FOUND ? LL_OK : status;
    struct ll_json reader = ll_json_reader(ll_buf_str(&text), &arena);
    if (read_intent(&reader, &m)) {
        *ret = m;
        *ret_found = true;
    }
    return LL_OK;
}

enum ll_status ll_lake_migrating(struct ll_store *store, bool *ret, struct ll_error *err)
{
    struct ll_object_info info;
    enum ll_status status = ll_store_head(store, LL_LAKE_INTENT_KEY, &info, err);
    if (status != LL_OK && status != LL_NOT_FOUND)
        return status;
    *ret = status == LL_OK;
    return LL_OK;
}

/* --- the snapshot */

static enum ll_status copy(struct ll_store *store, const char *from, const char *to,
                           struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = FILE_MAX};
    if (ll_store_get(store, from, &bytes, err) != LL_OK ||
        ll_store_put(store, to, ll_buf_str(&bytes), LL_PUT_REPLACE, err) != LL_OK)
        return err->status;
    return ll_store_sync(store, err);
}

struct others {
    const char *kept;
    struct ll_arena arena;
    struct ll_str keys[64];
    size_t count;
};

static enum ll_status note_other(void *context, const struct ll_object_info *info,
                                 struct ll_error *err)
{
    struct others *others = context;
    (void)err;
    bool ours = ll_str_ends_with(info->key, LL_STR(".json"));
    if (ours && !ll_str_equal(info->key, ll_str_of(others->kept)) &&
        others->count < LL_COUNT(others->keys))
        others->keys[others->count++] = ll_str_of(ll_arena_cstr(&others->arena, info->key));
    return LL_OK;
}

static enum ll_status remove_others(struct ll_store *store, const char *kept, struct ll_error *err)
{
    struct others others = {.kept = kept};
    enum ll_status status = ll_store_list(store, LL_LAKE_SNAPSHOT_PREFIX, note_other, &others, err);
    for (size_t i = 0; i < others.count && status == LL_OK; i++)
        status = ll_store_remove(store, others.keys[i].ptr, err);
    ll_arena_clear(&others.arena);
    return status;
}

/* --- the steps */

static enum ll_status begin(const struct ll_lake_migrate_options *o, struct ll_migrated *m,
                            struct ll_error *err)
{
    (void)snprintf(m->snapshot, sizeof(m->snapshot), LL_LAKE_SNAPSHOT_PREFIX "%d-%s.json", m->from,
                   ll_id_run(o->now_s).c);
    if (copy(o->store, SETTINGS_KEY, m->snapshot, err) != LL_OK ||
        put_intent(o->store, m, err) != LL_OK)
        return err->status;
    return LL_OK;
}

static enum ll_status take_steps(const struct ll_lake_migrate_options *o,
                                 struct ll_lake_settings *settings, struct ll_error *err)
{
    for (size_t i = 0; i < o->step_count; i++) {
        const struct ll_lake_step *step = &o->steps[i];
        if (step->to <= settings->schema)
            continue;
        assert(step->to == settings->schema + 1);
        if (step->apply != NULL &&
            (step->apply(o->store, err) != LL_OK || ll_store_sync(o->store, err) != LL_OK))
            return ll_context(err, "lake schema %d (%s)", step->to, step->what);
        settings->schema = step->to;
        if (ll_lake_settings_save(o->store, settings, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

static enum ll_status finish(struct ll_store *store, const struct ll_migrated *m,
                             struct ll_error *err)
{
    if (ll_store_remove(store, LL_LAKE_INTENT_KEY, err) != LL_OK ||
        remove_others(store, m->snapshot, err) != LL_OK)
        return err->status;
    return ll_store_sync(store, err);
}

/* What it was stays what it is. Where not even that can be written the intent stays, too: the next
 * call goes on from there. */
static enum ll_status put_back(struct ll_store *store, const struct ll_migrated *m,
                               struct ll_error *err)
{
    struct ll_error cause = *err, again;
    if (copy(store, m->snapshot, SETTINGS_KEY, &again) != LL_OK ||
        ll_store_remove(store, LL_LAKE_INTENT_KEY, &again) != LL_OK ||
        ll_store_sync(store, &again) != LL_OK)
        return ll_fail(err, cause.status, cause.code,
                       "the lake could not be migrated: %s; run `livelake migrate` again when that "
                       "is mended",
                       cause.message);
    return ll_fail(
        err, cause.status, cause.code,
        "the lake could not be migrated and is of schema %d as before: %s; mend that and "
        "run `livelake migrate` again, or go on with the older livelake",
        m->from, cause.message);
}

enum ll_status ll_lake_migrate(const struct ll_lake_migrate_options *o, struct ll_migrated *ret,
                               struct ll_error *err)
{
    struct ll_lake_settings settings;
    struct ll_migrated m = {0};
    bool resumes = false;
    assert(o->step_count > 0);
    if (get_intent(o->store, &m, &resumes, err) != LL_OK)
        return err->status;
    int to = o->steps[o->step_count - 1].to;
    enum ll_status status = ll_lake_settings_load_to(o->store, to, &settings, err);
    /* A power cut may have torn it while it was replaced. */
    if (status == LL_CORRUPT && resumes && copy(o->store, m.snapshot, SETTINGS_KEY, err) == LL_OK)
        status = ll_lake_settings_load_to(o->store, to, &settings, err);
    if (status != LL_OK)
        return status;
    if (!resumes) {
        m.from = settings.schema;
        m.to = to > m.from ? to : m.from;
    }
    if (!resumes && m.from == m.to) {
        *ret = m;
        return ll_store_remove(o->store, LL_LAKE_INTENT_KEY, err); /* a torn one */
    }
    if (!resumes && begin(o, &m, err) != LL_OK)
        return ll_context(err, "take a snapshot of lake.json before migrating the lake");
    if (take_steps(o, &settings, err) != LL_OK)
        return put_back(o->store, &m, err);
    if (finish(o->store, &m, err) != LL_OK)
        return ll_context(err, "end the migration of the lake");
    m.to = settings.schema;
    *ret = m;
    return LL_OK;
}
