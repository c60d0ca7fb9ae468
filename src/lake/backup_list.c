/* The lists of backups, and what making and restoring share. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "codec/json.h"
#include "lake/backup_internal.h"

#define LIST_MAX ((size_t)1 << 30)
#define PIECE_BYTES ((size_t)256 * 1024)
#define PREFIX "backups/"
#define SUFFIX ".json"

struct ll_backup_file *ll_backup_add(struct ll_backup *backup, struct ll_str path)
{
    if (backup->count == backup->capacity) {
        backup->capacity = backup->capacity * 2 + 256;
        backup->files = ll_xrealloc(backup->files, backup->capacity, sizeof(*backup->files));
    }
    struct ll_backup_file *file = &backup->files[backup->count++];
    *file = (struct ll_backup_file){.path = ll_str_of(ll_arena_cstr(&backup->arena, path)),
                                    .size_bytes = -1};
    return file;
}

void ll_backup_clear(struct ll_backup *backup)
{
    free(backup->files);
    ll_arena_clear(&backup->arena);
    *backup = (struct ll_backup){0};
}

struct ll_key ll_backup_object_key(const struct ll_sha256_text *sha256)
{
    struct ll_key key;
    (void)snprintf(key.c, sizeof(key.c), "objects/%.2s/%s", sha256->c, sha256->c);
    return key;
}

struct ll_key ll_backup_list_key(const char *name)
{
    struct ll_key key;
    (void)snprintf(key.c, sizeof(key.c), PREFIX "%s" SUFFIX, name);
    return key;
}

/* --- reading */

static bool read_size(struct ll_json *r, int64_t *ret)
{
    struct ll_str literal;
    return ll_json_number(r, &literal) && ll_str_to_i64(literal, ret) && *ret >= 0;
}

static bool read_hash(struct ll_json *r, struct ll_sha256_text *ret)
{
    struct ll_str text;
    if (!ll_json_string(r, &text) || text.len != sizeof(ret->c) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (strchr("0123456789abcdef", text.ptr[i]) == NULL || text.ptr[i] == '\0')
            return false;
    memcpy(ret->c, text.ptr, text.len);
    ret->c[text.len] = '\0';
    return true;
}

static bool read_path(struct ll_json *r, struct ll_backup *backup, struct ll_str *ret)
{
    struct ll_str text;
    if (!ll_json_string(r, &text) || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    *ret = ll_str_of(ll_arena_cstr(&backup->arena, text));
    return ll_store_key_valid(ret->ptr) || ll_str_equal(*ret, LL_STR(LL_BACKUP_SECRET));
}

static bool read_file(struct ll_json *r, struct ll_backup *backup)
{
    struct ll_str key, path = {0};
    struct ll_sha256_text sha256 = {0};
    int64_t size_bytes = -1;
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("path")))
            ok = read_path(r, backup, &path);
        else if (ll_str_equal(key, LL_STR("size")))
            ok = read_size(r, &size_bytes);
        else if (ll_str_equal(key, LL_STR("sha256")))
            ok = read_hash(r, &sha256);
        else
            ok = ll_json_skip(r);
    }
    if (!ok || path.len == 0 || size_bytes < 0 || sha256.c[0] == '\0')
        return false;
    struct ll_backup_file *file = ll_backup_add(backup, path);
    file->size_bytes = size_bytes;
    file->sha256 = sha256;
    return true;
}

static bool read_list(struct ll_json *r, struct ll_backup *backup, int64_t *ret_schema)
{
    struct ll_str key;
    int64_t lake_schema = 0;
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("schema"))) {
            ok = read_size(r, ret_schema);
        } else if (ll_str_equal(key, LL_STR("lake_schema"))) {
            ok = read_size(r, &lake_schema) && lake_schema < INT32_MAX;
        } else if (ll_str_equal(key, LL_STR("files"))) {
            ok = ll_json_enter_array(r);
            while (ok && ll_json_next_item(r))
                ok = read_file(r, backup);
        } else if (ll_str_equal(key, LL_STR("damaged"))) {
            ok = ll_json_enter_array(r);
            for (; ok && ll_json_next_item(r); backup->damaged++)
                ok = ll_json_skip(r);
        } else {
            ok = ll_json_skip(r);
        }
    }
    backup->lake_schema = (int)lake_schema;
    return ok && ll_json_done(r) && *ret_schema > 0 && lake_schema > 0;
}

enum ll_status ll_backup_read(struct ll_store *folder, const char *name, struct ll_backup *ret,
                              struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = LIST_MAX};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_key key = ll_backup_list_key(name);
    int64_t schema = 0;
    enum ll_status status = ll_store_get(folder, key.c, &text, err);
    if (status == LL_NOT_FOUND)
        return ll_fail(err, LL_NOT_FOUND, 0, "there is no backup %s", name);
    if (status != LL_OK)
        return status;
    struct ll_json r = ll_json_reader(ll_buf_str(&text), &arena);
    if (!read_list(&r, ret, &schema))
        return ll_fail(err, LL_CORRUPT, 0,
                       "the list of the backup, %s, is damaged: use another one", key.c);
    if (schema > LL_BACKUP_SCHEMA || ret->lake_schema > LL_LAKE_SCHEMA)
        return ll_fail(err, LL_UNSUPPORTED, 0,
                       "the backup %s was made by a newer livelake: upgrade livelake", name);
    return LL_OK;
}

static enum ll_status note_name(void *context, const struct ll_object_info *info,
                                struct ll_error *err)
{
    (void)err;
    struct ll_backup_names *names = context;
    size_t around = strlen(PREFIX) + strlen(SUFFIX);
    if (!ll_str_ends_with(info->key, LL_STR(SUFFIX)) || info->key.len <= around ||
        info->key.len - around >= sizeof(names->items->c))
        return LL_OK;
    names->items = ll_xrealloc(names->items, names->count + 1, sizeof(*names->items));
    struct ll_backup_name *name = &names->items[names->count++];
    *name = (struct ll_backup_name){0};
    memcpy(name->c, info->key.ptr + strlen(PREFIX), info->key.len - around);
    return LL_OK;
}

enum ll_status ll_backup_list(struct ll_store *folder, struct ll_backup_names *ret,
                              struct ll_error *err)
{
    *ret = (struct ll_backup_names){0};
    return ll_store_list(folder, PREFIX, note_name, ret, err);
}

void ll_backup_names_clear(struct ll_backup_names *names)
{
    free(names->items);
    *names = (struct ll_backup_names){0};
}

/* --- files */

enum ll_status ll_backup_lock(const char *folder, int *ret_fd, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *path = ll_arena_printf(&arena, "%s/backup.lock", folder).ptr;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ll_fail_errno(err, errno, "lock %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum ll_status status =
            errno == EWOULDBLOCK
                ? ll_fail(err, LL_CONFLICT, 0, "another backup is being made in %s", folder)
                : ll_fail_errno(err, errno, "lock %s", path);
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return LL_OK;
}

static enum ll_status copy_bytes(int from, int to, const char *to_path, struct ll_error *err)
{
    char *piece = ll_xcalloc(PIECE_BYTES, 1);
    enum ll_status status = LL_OK;
    ssize_t got = 1;
    while (status == LL_OK && got != 0) {
        got = read(from, piece, PIECE_BYTES);
        if (got < 0 && errno != EINTR)
            status = ll_fail_errno(err, errno, "read");
        for (ssize_t at = 0; status == LL_OK && at < got;) {
            ssize_t put = write(to, piece + at, (size_t)(got - at));
            if (put < 0 && errno != EINTR)
                status = ll_fail_errno(err, errno, "write %s", to_path);
            at += put > 0 ? put : 0;
        }
    }
    free(piece);
    return status;
}

enum ll_status ll_backup_copy(const char *from, const char *to, unsigned mode,
                              struct ll_backup_file *ret, struct ll_error *err)
{
    struct ll_sha256 hash;
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (in < 0)
        return errno == ENOENT ? ll_fail(err, LL_NOT_FOUND, ENOENT, "%s is gone", from)
                               : ll_fail_errno(err, errno, "open %s", from);
    (void)unlink(to);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    enum ll_status status =
        out < 0 ? ll_fail_errno(err, errno, "make %s", to) : copy_bytes(in, out, to, err);
    if (out >= 0)
        close(out);
    close(in);
    /* What was written is what counts. */
    if (status == LL_OK)
        status = ll_sha256_file(to, &hash, &ret->size_bytes, err);
    if (status == LL_OK)
        ret->sha256 = ll_sha256_hex(hash);
    else
        (void)unlink(to);
    return status;
}

enum ll_status ll_backup_go_on(const struct ll_backup_watch *watch, int64_t done, int64_t total,
                               struct ll_error *err)
{
    if (watch->progress != NULL)
        watch->progress(watch->progress_context, done, total);
    if (watch->cancelled != NULL && watch->cancelled(watch->cancel_context))
        return ll_fail(err, LL_CANCELLED, 0, "stopped; run the command again to go on");
    return LL_OK;
}
