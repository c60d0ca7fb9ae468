/* From a backup to a lake. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/json.h"
#include "lake/backup_internal.h"

#define LAKE_KEY "lake.json"
#define INTENT_MAX ((size_t)1 << 16)

struct restoring {
    const struct ll_restore_options *options;
    struct ll_restore_result *result;
    struct ll_backup backup;
    struct ll_arena arena;
};

/* --- which one */

static enum ll_status read_intent(struct restoring *r, struct ll_backup_name *ret,
                                  struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = INTENT_MAX};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_str key, name = {0};
    enum ll_status status = ll_store_get(r->options->lake, LL_RESTORE_INTENT, &text, err);
    if (status != LL_OK)
        return status == LL_NOT_FOUND ? LL_OK : status;
    struct ll_json reader = ll_json_reader(ll_buf_str(&text), &arena);
    bool ok = ll_json_enter_object(&reader);
    while (ok && ll_json_next_key(&reader, &key))
        ok = ll_str_equal(key, LL_STR("backup")) ? ll_json_string(&reader, &name)
                                                 : ll_json_skip(&reader);
    /* One that cannot be read was torn before anything followed. */
    if (ok && ll_json_done(&reader) && name.len < sizeof(ret->c))
        memcpy(ret->c, name.ptr, name.len);
    return LL_OK;
}

static enum ll_status choose(struct restoring *r, struct ll_error *err)
{
    struct ll_backup_names names;
    struct ll_backup_name begun = {0}, *name = &r->result->name;
    if (read_intent(r, &begun, err) != LL_OK ||
        ll_backup_list(r->options->folder.store, &names, err) != LL_OK)
        return err->status;
    const char *wanted = r->options->name;
    if (wanted == NULL && begun.c[0] != '\0')
        wanted = begun.c;
    if (wanted == NULL && names.count > 0)
        wanted = names.items[names.count - 1].c;
    enum ll_status status = LL_OK;
    if (wanted == NULL)
        status = ll_fail(err, LL_NOT_FOUND, 0, "there is no backup in %s", r->options->folder.path);
    else if (begun.c[0] != '\0' && strcmp(begun.c, wanted) != 0)
        status =
            ll_fail(err, LL_CONFLICT, 0,
                    "%s is half restored from the backup %s: go on with that one, or empty the "
                    "folder",
                    r->options->lake_dir, begun.c);
    else if (strlen(wanted) >= sizeof(name->c) || !ll_store_key_valid(wanted))
        status = ll_fail(err, LL_NOT_FOUND, 0, "there is no backup %s", wanted);
    else
        (void)snprintf(name->c, sizeof(name->c), "%s", wanted);
    ll_backup_names_clear(&names);
    return status;
}

/* --- files */

static enum ll_status check_objects(struct restoring *r, struct ll_error *err)
{
    bool lake = false;
    for (size_t i = 0; i < r->backup.count; i++) {
        const struct ll_backup_file *file = &r->backup.files[i];
        struct ll_object_info info;
        struct ll_key key = ll_backup_object_key(&file->sha256);
        enum ll_status status = ll_store_head(r->options->folder.store, key.c, &info, err);
        if (status != LL_OK && status != LL_NOT_FOUND)
            return status;
        if (status == LL_NOT_FOUND || info.size_bytes != file->size_bytes)
            return ll_fail(err, LL_CORRUPT, 0,
                           "the backup is damaged: %s, which is %s, %s: restore another one "
                           "(--at)",
                           key.c, file->path.ptr,
                           status == LL_NOT_FOUND ? "is gone" : "has another size");
        lake |= ll_str_equal(file->path, LL_STR(LAKE_KEY));
        r->result->bytes += file->size_bytes;
    }
    r->result->files = (int64_t)r->backup.count;
    r->result->damaged = r->backup.damaged;
    return lake ? LL_OK
                : ll_fail(err, LL_CORRUPT, 0,
                          "the backup is damaged: it has no " LAKE_KEY
                          ": restore another one (--at)");
}

static bool is_there(struct restoring *r, const struct ll_backup_file *file)
{
    struct ll_sha256 hash;
    struct ll_error ignored;
    struct stat info;
    int64_t size_bytes;
    const char *path =
        ll_arena_printf(&r->arena, "%s/%s", r->options->lake_dir, file->path.ptr).ptr;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == file->size_bytes &&
           ll_sha256_file(path, &hash, &size_bytes, &ignored) == LL_OK &&
           strcmp(ll_sha256_hex(hash).c, file->sha256.c) == 0;
}

/* A configuration that somebody put into the empty folder is for the restored lake. */
static bool has_own_config(struct restoring *r, const struct ll_backup_file *file)
{
    const char *path =
        ll_arena_printf(&r->arena, "%s/%s", r->options->lake_dir, file->path.ptr).ptr;
    return ll_str_equal(file->path, LL_STR("livelake.conf")) && access(path, F_OK) == 0;
}

static enum ll_status put(struct restoring *r, const struct ll_backup_file *file, const char *path,
                          struct ll_error *err)
{
    if (!ll_str_equal(file->path, LL_STR(LL_BACKUP_SECRET)))
        return ll_store_put_file(r->options->lake, file->path.ptr, path, LL_PUT_REPLACE, err);
    const char *secret =
        ll_arena_printf(&r->arena, "%s/" LL_BACKUP_SECRET, r->options->lake_dir).ptr;
    if (rename(path, secret) != 0)
        return ll_fail_errno(err, errno, "make %s", secret);
    return LL_OK;
}

static enum ll_status restore_file(struct restoring *r, const struct ll_backup_file *file,
                                   struct ll_error *err)
{
    struct ll_backup_file copied;
    struct ll_key key = ll_backup_object_key(&file->sha256);
    ll_arena_reset(&r->arena);
    if (is_there(r, file) || has_own_config(r, file))
        return LL_OK;
    bool secret = ll_str_equal(file->path, LL_STR(LL_BACKUP_SECRET)) ||
                  ll_str_ends_with(file->path, LL_STR(".conf"));
    const char *from = ll_arena_printf(&r->arena, "%s/%s", r->options->folder.path, key.c).ptr;
    const char *to = ll_arena_printf(&r->arena, "%s/.restoring", r->options->lake_dir).ptr;
    if (ll_backup_copy(from, to, secret ? 0600 : 0666, &copied, err) != LL_OK)
        return err->status;
    if (copied.size_bytes != file->size_bytes || strcmp(copied.sha256.c, file->sha256.c) != 0) {
        (void)unlink(to);
        return ll_fail(err, LL_CORRUPT, 0,
                       "the backup is damaged: %s, which is %s, is not what was written: empty the "
                       "folder and restore another one (--at)",
                       key.c, file->path.ptr);
    }
    r->result->copied_files++;
    return put(r, file, to, err);
}

/* lake.json makes it a lake, so it comes last. */
static enum ll_status restore_files(struct restoring *r, struct ll_error *err)
{
    const struct ll_backup_file *lake = NULL;
    for (size_t i = 0; i < r->backup.count; i++) {
        const struct ll_backup_file *file = &r->backup.files[i];
        if (ll_backup_go_on(&r->options->watch, (int64_t)i, (int64_t)r->backup.count, err) != LL_OK)
            return err->status;
        if (ll_str_equal(file->path, LL_STR(LAKE_KEY)))
            lake = file;
        else if (restore_file(r, file, err) != LL_OK)
            return err->status;
    }
    if (ll_store_sync(r->options->lake, err) != LL_OK || restore_file(r, lake, err) != LL_OK)
        return err->status;
    return ll_store_sync(r->options->lake, err);
}

static enum ll_status put_intent(struct restoring *r, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text, "{\"backup\":\"%s\"}\n", r->result->name.c);
    if (ll_store_put(r->options->lake, LL_RESTORE_INTENT, ll_buf_str(&text), LL_PUT_REPLACE, err) !=
        LL_OK)
        return err->status;
    return ll_store_sync(r->options->lake, err);
}

static enum ll_status restore(struct restoring *r, struct ll_error *err)
{
    if (choose(r, err) != LL_OK ||
        ll_backup_read(r->options->folder.store, r->result->name.c, &r->backup, err) != LL_OK ||
        check_objects(r, err) != LL_OK || put_intent(r, err) != LL_OK ||
        restore_files(r, err) != LL_OK ||
        ll_store_remove(r->options->lake, LL_RESTORE_INTENT, err) != LL_OK)
        return err->status;
    return ll_store_sync(r->options->lake, err);
}

enum ll_status ll_backup_restore(const struct ll_restore_options *options,
                                 struct ll_restore_result *ret, struct ll_error *err)
{
    struct restoring r = {.options = options, .result = ret};
    *ret = (struct ll_restore_result){0};
    enum ll_status status = restore(&r, err);
    ll_backup_clear(&r.backup);
    ll_arena_clear(&r.arena);
    return status;
}
