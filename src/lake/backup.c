#include "lake/backup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/time.h"
#include "lake/backup_internal.h"

struct making {
    const struct ll_backup_options *options;
    struct ll_backup_result *result;
    const char *copying;        /* path of what is on its way */
    struct ll_backup_name last; /* newest backup that is there; "" = none */
    struct ll_backup known;     /* its files: synced before its list was written */
    struct ll_map places;       /* in known, by a hash of the hash */
    struct ll_arena arena;
    struct ll_backup backup;
    struct ll_buf damaged; /* JSON strings */
};

static void note_damage(struct making *m, struct ll_str path, const struct ll_error *damage)
{
    if (m->result->damaged++ == 0)
        m->result->damage = *damage;
    else
        ll_buf_add_char(&m->damaged, ',');
    ll_buf_add_json_string(&m->damaged, path);
}

/* --- what is to be kept */

struct adding {
    struct making *m;
    enum ll_layer layer;
};

static enum ll_status add_manifest(void *context, const struct ll_manifest_entry *entry,
                                   bool counts, bool *ret_dropped, struct ll_error *err)
{
    const struct adding *a = context;
    struct making *m = a->m;
    struct ll_manifest manifest;
    struct ll_key key = ll_key_manifest(a->layer, entry->day, entry->id.c, entry->generation);
    if (!counts)
        return LL_OK;
    enum ll_status status =
        ll_manifest_get(m->options->lake, a->layer, entry, &manifest, NULL, err);
    if (status == LL_CORRUPT) {
        note_damage(m, ll_str_of(key.c), err);
        return LL_OK;
    }
    if (status != LL_OK)
        return status;
    ll_backup_add(&m->backup, ll_str_of(key.c));
    *ret_dropped = manifest.dropped.generation > 0;
    for (size_t i = 0; i < manifest.object_count && !*ret_dropped; i++) {
        struct ll_backup_file *file = ll_backup_add(&m->backup, manifest.objects[i].key);
        file->size_bytes = manifest.objects[i].size_bytes;
        file->sha256 = manifest.objects[i].sha256;
    }
    ll_manifest_clear(&manifest);
    return LL_OK;
}

/* Everything beside the layers that is no lock, socket, scratch file or snapshot. */
static enum ll_status add_other(void *context, const struct ll_object_info *info,
                                struct ll_error *err)
{
    static const char *const left_out[] = {
        "manifests/", "raw/",   "processed/", "quarantine/",   "history/",
        "warehouse.", "lake.v", "lake.lock",  "livelake.sock", LL_RESTORE_INTENT};
    (void)err;
    struct making *m = context;
    for (size_t i = 0; i < LL_COUNT(left_out); i++)
        if (ll_str_starts_with(info->key, ll_str_of(left_out[i])))
            return LL_OK;
    ll_backup_add(&m->backup, info->key);
    return LL_OK;
}

static const char *path_in_lake(struct making *m, const char *name)
{
    return ll_arena_printf(&m->arena, "%s/%s", m->options->lake_dir, name).ptr;
}

static int compare_paths(const void *a, const void *b)
{
    const struct ll_backup_file *one = a, *other = b;
    return strcmp(one->path.ptr, other->path.ptr);
}

/* Generations of a run may name the same object. */
static void name_once(struct ll_backup *backup)
{
    size_t kept = 0;
    if (backup->count > 0)
        qsort(backup->files, backup->count, sizeof(*backup->files), compare_paths);
    for (size_t i = 0; i < backup->count; i++)
        if (i == 0 || compare_paths(&backup->files[i], &backup->files[kept - 1]) != 0)
            backup->files[kept++] = backup->files[i];
    backup->count = kept;
}

/* Manifests come first: what they name is there already, and stays while nobody works. */
static enum ll_status list_all(struct making *m, struct ll_error *err)
{
    for (int layer = 0; layer < LL_LAYER_COUNT; layer++) {
        struct adding adding = {.m = m, .layer = (enum ll_layer)layer};
        if (ll_manifest_visit(m->options->lake, adding.layer, add_manifest, &adding, err) != LL_OK)
            return err->status;
    }
    if (ll_store_list(m->options->lake, "", add_other, m, err) != LL_OK)
        return err->status;
    if (access(path_in_lake(m, LL_BACKUP_SECRET), F_OK) == 0)
        ll_backup_add(&m->backup, LL_STR(LL_BACKUP_SECRET));
    name_once(&m->backup);
    return LL_OK;
}

/* --- copying */

static uint64_t place_of(const struct ll_sha256_text *sha256)
{
    return ll_str_hash(ll_str_of(sha256->c), 0);
}

/* What the newest backup has need not be copied. Other objects may be there, too; of a backup that
 * a power cut ended, they may be of the right size and hold nothing. */
static enum ll_status learn_known(struct making *m, struct ll_error *err)
{
    struct ll_backup_names names;
    struct ll_store *folder = m->options->folder.store;
    enum ll_status status = ll_backup_list(folder, &names, err);
    if (status == LL_OK && names.count > 0) {
        m->last = names.items[names.count - 1];
        status = ll_backup_read(folder, m->last.c, &m->known, err);
    }
    ll_backup_names_clear(&names);
    if (status == LL_CORRUPT || status == LL_UNSUPPORTED) { /* then all is copied */
        ll_backup_clear(&m->known);
        return LL_OK;
    }
    for (size_t i = 0; status == LL_OK && i < m->known.count; i++) {
        bool is_new;
        *ll_map_at(&m->places, place_of(&m->known.files[i].sha256), &is_new) = i;
    }
    return status;
}

static enum ll_status has_object(struct making *m, const struct ll_backup_file *file, bool *ret,
                                 struct ll_error *err)
{
    struct ll_object_info info;
    struct ll_key key = ll_backup_object_key(&file->sha256);
    const uint64_t *place = ll_map_find(&m->places, place_of(&file->sha256));
    *ret = false;
    if (place == NULL || strcmp(m->known.files[*place].sha256.c, file->sha256.c) != 0)
        return LL_OK;
    enum ll_status status = ll_store_head(m->options->folder.store, key.c, &info, err);
    *ret = status == LL_OK && info.size_bytes == file->size_bytes;
    return status == LL_NOT_FOUND ? LL_OK : status;
}

static enum ll_status put_copied(struct making *m, const struct ll_backup_file *file,
                                 struct ll_error *err)
{
    struct ll_key key = ll_backup_object_key(&file->sha256);
    enum ll_status status =
        ll_store_put_file(m->options->folder.store, key.c, m->copying, LL_PUT_REPLACE, err);
    if (status != LL_OK)
        return status;
    m->result->copied_files++;
    m->result->copied_bytes += file->size_bytes;
    return LL_OK;
}

/* A file whose manifest says what it is. */
static enum ll_status keep_object(struct making *m, struct ll_backup_file *file,
                                  struct ll_error *err)
{
    struct ll_backup_file copied;
    bool there;
    if (has_object(m, file, &there, err) != LL_OK)
        return err->status;
    if (there)
        return LL_OK;
    enum ll_status status =
        ll_backup_copy(path_in_lake(m, file->path.ptr), m->copying, 0600, &copied, err);
    if (status != LL_OK)
        return status;
    if (copied.size_bytes != file->size_bytes || strcmp(copied.sha256.c, file->sha256.c) != 0)
        return ll_fail(err, LL_CORRUPT, 0, "%s is not what its manifest says", file->path.ptr);
    return put_copied(m, file, err);
}

/* Any other file: small, but for the warehouse. */
static enum ll_status keep_other(struct making *m, struct ll_backup_file *file,
                                 struct ll_error *err)
{
    struct ll_sha256 hash;
    bool there;
    const char *path = path_in_lake(m, file->path.ptr);
    if (ll_sha256_file(path, &hash, &file->size_bytes, err) != LL_OK)
        return err->status;
    file->sha256 = ll_sha256_hex(hash);
    if (has_object(m, file, &there, err) != LL_OK)
        return err->status;
    if (there)
        return LL_OK;
    enum ll_status status = ll_backup_copy(path, m->copying, 0600, file, err);
    return status == LL_OK ? put_copied(m, file, err) : status;
}

/* *ret_kept: false for what is damaged, and for other files that are gone. */
static enum ll_status keep(struct making *m, struct ll_backup_file *file, bool *ret_kept,
                           struct ll_error *err)
{
    bool object = file->size_bytes >= 0;
    enum ll_status status = object ? keep_object(m, file, err) : keep_other(m, file, err);
    *ret_kept = status == LL_OK;
    if (status == LL_OK)
        m->result->bytes += file->size_bytes;
    bool damaged = status == LL_CORRUPT || (status == LL_NOT_FOUND && object);
    if (damaged)
        note_damage(m, file->path, err);
    return damaged || status == LL_NOT_FOUND ? LL_OK : status;
}

static enum ll_status keep_all(struct making *m, struct ll_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->backup.count; i++) {
        struct ll_backup_file file = m->backup.files[i];
        bool is_kept;
        if (ll_backup_go_on(&m->options->watch, (int64_t)i, (int64_t)m->backup.count, err) !=
                LL_OK ||
            keep(m, &file, &is_kept, err) != LL_OK)
            return err->status;
        if (is_kept)
            m->backup.files[kept++] = file;
        ll_arena_reset(&m->arena);
    }
    m->backup.count = kept;
    return LL_OK;
}

/* With its log, which is there when the engine could not end in order. */
static enum ll_status keep_warehouse(void *context, struct ll_error *err)
{
    struct making *m = context;
    static const char *const names[] = {"warehouse.duckdb", "warehouse.duckdb.wal"};
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        struct ll_backup_file file = {.path = ll_str_of(names[i]), .size_bytes = -1};
        bool is_kept;
        if (keep(m, &file, &is_kept, err) != LL_OK)
            return err->status;
        if (is_kept)
            *ll_backup_add(&m->backup, file.path) = file;
    }
    return LL_OK;
}

/* --- the list */

/* After the newest one's, whatever the clock says: names are in the order of their making. */
static struct ll_backup_name name_of(const struct ll_backup_name *last, int64_t now_ms)
{
    struct ll_backup_name name;
    struct ll_run_id stamp = {0};
    int64_t last_s;
    (void)snprintf(stamp.c, sizeof(stamp.c), "%.15sZ", last->c);
    if (strlen(last->c) == 19 && ll_run_id_parse(ll_str_of(stamp.c), &last_s)) {
        int64_t last_ms = 0;
        if (ll_str_to_i64((struct ll_str){last->c + 15, 3}, &last_ms))
            last_ms += last_s * 1000;
        now_ms = now_ms > last_ms ? now_ms : last_ms + 1;
    }
    struct ll_id run = ll_id_run(now_ms / 1000);
    (void)snprintf(name.c, sizeof(name.c), "%.15s%03dZ", run.c, (int)(now_ms % 1000));
    return name;
}

static enum ll_status write_list(struct making *m, struct ll_error *err)
{
    struct ll_lake_settings settings;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (ll_lake_settings_load(m->options->lake, &settings, err) != LL_OK)
        return err->status;
    ll_buf_printf(&text, "{\"schema\":%d,\"lake_schema\":%d,\"files\":[", LL_BACKUP_SCHEMA,
                  settings.schema);
    for (size_t i = 0; i < m->backup.count; i++) {
        const struct ll_backup_file *file = &m->backup.files[i];
        ll_buf_add(&text, i ? LL_STR(",\n{\"path\":") : LL_STR("\n{\"path\":"));
        ll_buf_add_json_string(&text, file->path);
        ll_buf_printf(&text, ",\"size\":%lld,\"sha256\":\"%s\"}", (long long)file->size_bytes,
                      file->sha256.c);
    }
    ll_buf_printf(&text, "],\"damaged\":[%.*s]}\n", LL_FMT(ll_buf_str(&m->damaged)));
    m->result->name = name_of(&m->last, m->options->now_ms);
    struct ll_key key = ll_backup_list_key(m->result->name.c);
    if (ll_store_sync(m->options->folder.store, err) != LL_OK ||
        ll_store_put(m->options->folder.store, key.c, ll_buf_str(&text), LL_PUT_IF_ABSENT, err) !=
            LL_OK)
        return err->status;
    return ll_store_sync(m->options->folder.store, err);
}

static enum ll_status refuse_inside(const char *folder_path, const char *lake_dir,
                                    struct ll_error *err)
{
    char *lake = realpath(lake_dir, NULL), *folder = realpath(folder_path, NULL);
    size_t len = lake != NULL ? strlen(lake) : 0;
    bool inside = lake != NULL && folder != NULL && strncmp(folder, lake, len) == 0 &&
                  (folder[len] == '/' || folder[len] == '\0');
    free(lake);
    free(folder);
    if (!inside)
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0, "%s lies in the lake: choose a folder elsewhere",
                   folder_path);
}

enum ll_status ll_backup_make_folder(const char *folder, const char *lake_dir, struct ll_error *err)
{
    bool fresh = mkdir(folder, 0700) == 0;
    if (!fresh && errno != EEXIST)
        return ll_fail_errno(err, errno, "make folder %s", folder);
    if (refuse_inside(folder, lake_dir, err) == LL_OK)
        return LL_OK;
    if (fresh)
        (void)rmdir(folder);
    return err->status;
}

enum ll_status ll_backup_make(const struct ll_backup_options *options, struct ll_backup_result *ret,
                              struct ll_error *err)
{
    struct making m = {.options = options, .result = ret};
    int lock = -1;
    *ret = (struct ll_backup_result){0};
    if (ll_backup_lock(options->folder.path, &lock, err) != LL_OK)
        return err->status;
    struct ll_arena names = {0};
    m.copying = ll_arena_printf(&names, "%s/.copying", options->folder.path).ptr;
    enum ll_status status = learn_known(&m, err);
    if (status == LL_OK)
        status = list_all(&m, err);
    if (status == LL_OK)
        status = keep_all(&m, err);
    if (status == LL_OK && options->warehouse_closed != NULL)
        status = options->warehouse_closed(options->warehouse_context, keep_warehouse, &m, err);
    m.result->files = (int64_t)m.backup.count;
    (void)unlink(m.copying);
    if (status == LL_OK)
        status = write_list(&m, err);
    ll_backup_clear(&m.backup);
    ll_backup_clear(&m.known);
    ll_map_clear(&m.places);
    ll_buf_clear(&m.damaged);
    ll_arena_clear(&m.arena);
    ll_arena_clear(&names);
    close(lock);
    return status;
}

/* --- pruning */

struct named {
    struct ll_sha256_text *items; /* in order, once all are there */
    size_t count, capacity;
    struct ll_str *dead; /* keys */
    size_t dead_count;
    struct ll_arena arena;
    struct ll_backup_pruned *result;
};

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ll_sha256_text));
}

static enum ll_status add_named(struct named *named, struct ll_store *folder, const char *name,
                                struct ll_error *err)
{
    struct ll_backup backup = {0};
    enum ll_status status = ll_backup_read(folder, name, &backup, err);
    size_t wanted = named->count + backup.count;
    if (status == LL_OK && wanted > named->capacity) {
        named->capacity = wanted * 2;
        named->items = ll_xrealloc(named->items, named->capacity, sizeof(*named->items));
    }
    for (size_t i = 0; status == LL_OK && i < backup.count; i++)
        named->items[named->count++] = backup.files[i].sha256;
    ll_backup_clear(&backup);
    return status;
}

static enum ll_status note_dead(void *context, const struct ll_object_info *info,
                                struct ll_error *err)
{
    (void)err;
    struct named *named = context;
    struct ll_sha256_text hash = {0};
    size_t last = info->key.len;
    while (last > 0 && info->key.ptr[last - 1] != '/')
        last--;
    if (info->key.len - last == sizeof(hash.c) - 1)
        memcpy(hash.c, info->key.ptr + last, sizeof(hash.c) - 1);
    if (named->count > 0 &&
        bsearch(&hash, named->items, named->count, sizeof(hash), compare_hashes) != NULL)
        return LL_OK;
    named->dead = ll_xrealloc(named->dead, named->dead_count + 1, sizeof(*named->dead));
    named->dead[named->dead_count++] = ll_str_of(ll_arena_cstr(&named->arena, info->key));
    named->result->objects++;
    named->result->bytes += info->size_bytes;
    return LL_OK;
}

static enum ll_status prune(struct ll_store *folder, int64_t keep, struct named *named,
                            struct ll_error *err)
{
    struct ll_backup_names names;
    enum ll_status status = ll_backup_list(folder, &names, err);
    size_t gone = names.count > (size_t)keep ? names.count - (size_t)keep : 0;
    /* Those that stay are read first: a damaged list stops it all. */
    for (size_t i = gone; status == LL_OK && i < names.count; i++)
        status = add_named(named, folder, names.items[i].c, err);
    for (size_t i = 0; status == LL_OK && i < gone; i++)
        status = ll_store_remove(folder, ll_backup_list_key(names.items[i].c).c, err);
    if (status == LL_OK)
        status = ll_store_sync(folder, err);
    if (status == LL_OK && named->count > 0)
        qsort(named->items, named->count, sizeof(*named->items), compare_hashes);
    if (status == LL_OK)
        status = ll_store_list(folder, "objects/", note_dead, named, err);
    for (size_t i = 0; status == LL_OK && i < named->dead_count; i++)
        status = ll_store_remove(folder, named->dead[i].ptr, err);
    named->result->backups = (int64_t)gone;
    ll_backup_names_clear(&names);
    return status == LL_OK ? ll_store_sync(folder, err) : status;
}

enum ll_status ll_backup_prune(const struct ll_backup_folder *folder, int64_t keep,
                               struct ll_backup_pruned *ret, struct ll_error *err)
{
    struct named named = {.result = ret};
    int lock = -1;
    *ret = (struct ll_backup_pruned){0};
    if (ll_backup_lock(folder->path, &lock, err) != LL_OK)
        return err->status;
    enum ll_status status = prune(folder->store, keep, &named, err);
    free(named.items);
    free(named.dead);
    ll_arena_clear(&named.arena);
    close(lock);
    return status;
}
