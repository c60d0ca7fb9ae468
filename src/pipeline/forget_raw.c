/* Raw without a person: objects and manifests written anew. See forget.h, step 3. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/forget_internal.h"
#include "pipeline/resources.h"

/* One object of a run, shared by those of its manifests that name it. */
struct object {
    struct ll_manifest_object before, after; /* after: only with changed */
    struct ll_redacted redacted;
    bool changed;
};

/* One generation of a run's manifests. */
struct generation {
    struct ll_manifest manifest;
    int place; /* in the order of the attempts; see order_generations */
    bool superseded, anew;
    int number; /* what it is to be */
};

struct group {
    struct ll_arena arena; /* keys of new objects */
    struct generation *generations;
    size_t count;
    struct object *objects;
    size_t object_count, object_capacity;
    enum ll_table table;
    int last; /* the highest generation there is */
};

struct pass {
    struct ll_forgetting *f;
    struct ll_arena arena;
    struct ll_redaction redaction;
    struct ll_needles needles;
    struct ll_buf content, out;
};

/* --- what to look for */

static bool is_gone(void *context, int64_t id)
{
    const struct pass *pass = context;
    return id == pass->f->person->id;
}

static void learn(void *context, struct ll_str name)
{
    struct pass *pass = context;
    if (ll_person_add_name(pass->f->person, name))
        pass->f->learned = true;
}

static void pass_init(struct pass *pass, struct ll_forgetting *f)
{
    *pass = (struct pass){.f = f, .content = {.max_bytes = (size_t)LL_RAW_OBJECT_MAX}};
    size_t count;
    struct ll_str *words = ll_person_words(f->person, &pass->arena, &count);
    pass->redaction = (struct ll_redaction){
        .is_gone = is_gone, .met = learn, .context = pass, .names = words, .name_count = count};
    ll_needles_add(&pass->needles, ll_arena_printf(&pass->arena, "%" PRId64, f->person->id));
    for (size_t i = 0; i < count; i++)
        ll_needles_add(&pass->needles, words[i]);
}

static void pass_clear(struct pass *pass)
{
    ll_needles_clear(&pass->needles);
    ll_buf_clear(&pass->content);
    ll_buf_clear(&pass->out);
    ll_arena_clear(&pass->arena);
}

/* --- the generations of one run */

static void group_clear(struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        ll_manifest_clear(&group->generations[i].manifest);
    free(group->generations);
    free(group->objects);
    ll_arena_clear(&group->arena);
    *group = (struct group){0};
}

static struct generation *find_generation(struct group *group, int number)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->generations[i].manifest.generation == number)
            return &group->generations[i];
    return NULL;
}

static int compare_places(const void *a, const void *b)
{
    const struct generation *x = a, *y = b;
    return x->place != y->place ? x->place - y->place
                                : x->manifest.generation - y->manifest.generation;
}

/* Of attempts that are equally good the later one holds, so their order must stay. A generation
 * stands where the one it replaces stood, as long as that is there: a kill came in between. */
static void order_generations(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) { /* ascending, so that chains resolve */
        struct generation *g = &group->generations[i];
        struct generation *old =
            g->manifest.replaces > 0 ? find_generation(group, g->manifest.replaces) : NULL;
        g->place = old != NULL ? old->place : g->manifest.generation;
        if (old != NULL)
            old->superseded = true;
        group->last = g->manifest.generation > group->last ? g->manifest.generation : group->last;
    }
    qsort(group->generations, group->count, sizeof(*group->generations), compare_places);
}

static struct object *find_object(struct group *group, const struct ll_manifest_object *wanted)
{
    for (size_t i = 0; i < group->object_count; i++)
        if (ll_str_equal(group->objects[i].before.key, wanted->key))
            return &group->objects[i];
    return NULL;
}

static void add_objects(struct group *group, const struct ll_manifest *m)
{
    for (size_t i = 0; i < m->object_count; i++) {
        if (find_object(group, &m->objects[i]) != NULL)
            continue;
        if (group->object_count == group->object_capacity) {
            group->object_capacity = group->object_capacity > 0 ? group->object_capacity * 2 : 4;
            group->objects =
                ll_xrealloc(group->objects, group->object_capacity, sizeof(*group->objects));
        }
        group->objects[group->object_count++] = (struct object){.before = m->objects[i]};
    }
}

/* Reads the manifests of entries[0..count), which are of one id. Damaged ones are noted as
 * failures: nobody can tell what they hold. */
static enum ll_status read_group(struct ll_forgetting *f, const struct ll_manifest_entry *entries,
                                 size_t count, struct group *group, struct ll_error *err)
{
    group->generations = ll_xcalloc(count, sizeof(*group->generations));
    for (size_t i = 0; i < count; i++) {
        struct ll_manifest *m = &group->generations[group->count].manifest;
        enum ll_status status =
            ll_manifest_get(f->p->lake->store, LL_LAYER_RAW, &entries[i], m, NULL, err);
        if (status != LL_OK && !ll_task_is_to_blame(status))
            return status;
        if (status != LL_OK) {
            const struct ll_task task = {LL_STAGE_PROCESS, entries[i].day, entries[i].id};
            ll_outcome_fail(f->outcome, &task, err);
            group->last = entries[i].generation > group->last ? entries[i].generation : group->last;
            continue;
        }
        group->count++;
    }
    order_generations(group);
    for (size_t i = 0; i < group->count; i++) {
        const struct generation *g = &group->generations[i];
        const struct ll_resource *resource = ll_resource_find(g->manifest.resource);
        group->table = resource != NULL ? resource->table : LL_TABLE_COUNT_;
        if (!g->superseded && g->manifest.dropped.generation == 0)
            add_objects(group, &g->manifest);
    }
    return LL_OK;
}

/* --- objects */

/* False in *ret when the object holds no trace, or is gone. */
static enum ll_status redact_object(struct pass *pass, struct group *group, struct object *object,
                                    bool *ret_changed, struct ll_error *err)
{
    struct ll_forgetting *f = pass->f;
    ll_buf_reset(&pass->content);
    ll_buf_reset(&pass->out);
    enum ll_status status = ll_lake_get_raw(f->p->lake, &object->before, &pass->content, err);
    if (status == LL_NOT_FOUND)
        return LL_OK; /* retention took it, or is about to say so */
    if (status != LL_OK)
        return status;
    f->counts->raw_read++;
    struct ll_str bytes = ll_buf_str(&pass->content);
    if (!ll_needles_any(&pass->needles, bytes))
        return LL_OK;
    struct ll_redacted *redacted = &object->redacted;
    status = ll_redact(&pass->redaction, group->table, object->before.format, bytes, &pass->out,
                       redacted, err);
    *ret_changed = status == LL_OK && redacted->rows + redacted->texts + redacted->requests > 0;
    return status;
}

static enum ll_status rewrite_object(struct pass *pass, struct group *group, struct object *object,
                                     struct ll_error *err)
{
    struct ll_key key = ll_key_raw_anew(object->before.key, group->last + 1);
    struct ll_str kept_key = ll_arena_copy(&group->arena, ll_str_of(key.c));
    if (ll_lake_put_raw(pass->f->p->lake, ll_arena_cstr(&group->arena, kept_key),
                        ll_buf_str(&pass->out), &object->after, err) != LL_OK)
        return err->status;
    object->after.key = kept_key;
    object->after.format = object->before.format;
    object->after.name = object->before.name;
    /* So that the file is known when it is imported again. */
    if (!ll_str_equal(object->before.format, LL_STR("envelope")))
        object->after.original_sha256 = object->before.original_sha256.c[0] != '\0'
                                            ? object->before.original_sha256
                                            : object->before.content_sha256;
    return LL_OK;
}

static enum ll_status look_at_objects(struct pass *pass, struct group *group, bool *ret_any,
                                      struct ll_error *err)
{
    struct ll_forget_counts *counts = pass->f->counts;
    for (size_t i = 0; i < group->object_count; i++) {
        struct object *object = &group->objects[i];
        enum ll_status status = ll_pipeline_go_on(pass->f->p, err);
        if (status == LL_OK)
            status = redact_object(pass, group, object, &object->changed, err);
        if (status == LL_OK && object->changed && !pass->f->options->preview)
            status = rewrite_object(pass, group, object, err);
        if (status != LL_OK)
            return status;
        *ret_any |= object->changed;
        counts->raw_objects += object->changed;
        counts->raw_rows += object->redacted.rows;
        counts->raw_texts += object->redacted.texts;
        counts->raw_requests += object->redacted.requests;
    }
    return LL_OK;
}

/* --- manifests */

/* Numbers the generations that are made anew: those that name a changed object, and those that
 * would else come before one they came after. */
static void number_generations(struct group *group)
{
    int highest = 0, next = group->last + 1;
    for (size_t i = 0; i < group->count; i++) {
        struct generation *g = &group->generations[i];
        if (g->superseded)
            continue;
        for (size_t o = 0; o < g->manifest.object_count; o++) {
            const struct object *object = find_object(group, &g->manifest.objects[o]);
            g->anew |= object != NULL && object->changed;
        }
        g->anew |= g->manifest.generation < highest;
        g->number = g->anew ? next++ : g->manifest.generation;
        highest = g->number;
    }
}

static enum ll_status put_generation(struct ll_forgetting *f, struct group *group,
                                     const struct generation *g, struct ll_error *err)
{
    struct ll_manifest anew = g->manifest;
    struct ll_sha256_text sha256;
    anew.generation = g->number;
    anew.replaces = g->manifest.generation;
    anew.objects = ll_arena_array(&group->arena, anew.object_count, sizeof(*anew.objects));
    for (size_t i = 0; i < anew.object_count; i++) {
        const struct object *object = find_object(group, &g->manifest.objects[i]);
        anew.objects[i] = g->manifest.objects[i];
        if (object == NULL || !object->changed)
            continue;
        anew.objects[i] = object->after;
        anew.forgotten += object->redacted.rows;
    }
    return ll_manifest_put(f->p->lake->store, &anew, &sha256, err);
}

/* From the last to the first, so that what a kill leaves still tells the order. */
static enum ll_status remove_generations(struct ll_forgetting *f, struct group *group,
                                         struct ll_error *err)
{
    struct ll_store *store = f->p->lake->store;
    for (size_t i = group->count; i > 0; i--) {
        const struct generation *g = &group->generations[i - 1];
        const struct ll_manifest *m = &g->manifest;
        if (!g->superseded && !g->anew)
            continue;
        struct ll_key key = ll_key_manifest(LL_LAYER_RAW, m->day, m->id.c, m->generation);
        if (ll_store_remove(store, key.c, err) != LL_OK ||
            (group->count > 1 && ll_store_sync(store, err) != LL_OK))
            return err->status;
    }
    for (size_t i = 0; i < group->object_count; i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        if (group->objects[i].changed &&
            ll_store_remove(store, ll_arena_cstr(&arena, group->objects[i].before.key), err) !=
                LL_OK)
            return err->status;
    }
    return ll_store_sync(store, err);
}

static enum ll_status commit_group(struct ll_forgetting *f, struct group *group,
                                   struct ll_error *err)
{
    struct ll_store *store = f->p->lake->store;
    number_generations(group);
    if (ll_store_sync(store, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < group->count; i++)
        if (group->generations[i].anew &&
            put_generation(f, group, &group->generations[i], err) != LL_OK)
            return err->status;
    if (ll_store_sync(store, err) != LL_OK)
        return err->status;
    return remove_generations(f, group, err);
}

/* --- all of raw */

static bool holds_people(const struct ll_manifest_entry *entry)
{
    struct ll_str id = ll_str_of(entry->id.c);
    return ll_id_is_run(id) || ll_str_starts_with(id, LL_STR("users-"));
}

static enum ll_status forget_group(struct pass *pass, const struct ll_manifest_entry *entries,
                                   size_t count, struct ll_error *err)
{
    struct ll_forgetting *f = pass->f;
    struct group group = {0};
    bool any = false, superseded = false;
    enum ll_status status = read_group(f, entries, count, &group, err);
    for (size_t i = 0; i < group.count; i++)
        superseded |= group.generations[i].superseded;
    if (status == LL_OK)
        status = look_at_objects(pass, &group, &any, err);
    if (status == LL_OK && (any || superseded) && !f->options->preview)
        status = commit_group(f, &group, err);
    f->counts->raw_runs += any;
    group_clear(&group);
    if (status == LL_OK || !ll_task_is_to_blame(status))
        return status;
    const struct ll_task task = {LL_STAGE_PROCESS, entries[0].day, entries[0].id};
    ll_context(err, "forget in %s", entries[0].id.c);
    ll_outcome_fail(f->outcome, &task, err);
    return LL_OK;
}

static enum ll_status forget_entries(struct pass *pass, const struct ll_manifest_list *list,
                                     struct ll_error *err)
{
    const struct ll_forget_options *options = pass->f->options;
    for (size_t from = 0, end; from < list->count; from = end) {
        const struct ll_manifest_entry *first = &list->entries[from];
        for (end = from + 1; end < list->count && list->entries[end].day == first->day &&
                             strcmp(list->entries[end].id.c, first->id.c) == 0;)
            end++;
        if (holds_people(first) && forget_group(pass, first, end - from, err) != LL_OK)
            return err->status;
        if (options->progress != NULL)
            options->progress(options->progress_context, (int64_t)end, (int64_t)list->count);
    }
    return LL_OK;
}

enum ll_status ll_forget_raw(struct ll_forgetting *f, struct ll_error *err)
{
    struct ll_manifest_list list;
    struct pass pass;
    f->learned = false;
    if (ll_manifest_list_generations(f->p->lake->store, LL_LAYER_RAW, &list, err) != LL_OK)
        return err->status;
    pass_init(&pass, f);
    enum ll_status status = forget_entries(&pass, &list, err);
    pass_clear(&pass);
    ll_manifest_list_clear(&list);
    return status;
}
