/* The store in a folder: an object is a file, a key its path below the root.
 *
 * A put writes <root>/.tmp/<pid>-<counter>-<random>, then links it (IF_ABSENT: link(2) fails when
 * the name is taken, in every process) or renames it (REPLACE) into place. The changed paths are
 * remembered in a dirty set and sync() makes them durable together. Only the bytes of IF_ABSENT
 * puts are flushed at once: a commit record that a power cut left empty would block its name for
 * good.
 *
 * Folders are walked one part at a time without following links, so no key leads out of the root.
 * Functions that return int give 0 or an errno. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/rand.h"
#include "store/local_internal.h"
#include "store/store_internal.h"

enum { COPY_STEP_BYTES = 128 * 1024 };

struct local_store {
    struct ll_store base;
    char *root; /* absolute */
    int root_fd;
    pthread_mutex_t mutex; /* guards rand, counter and dirty */
    struct ll_rand rand;
    uint64_t counter;
    struct ll_dirty dirty;
    pthread_mutex_t
        sync_mutex; /* held through a sync: a second one must wait for the first's work */
    int lost_errno; /* by sync_mutex: the disk failed a sync, see ll_store_sync */
};

static struct local_store *local_of(struct ll_store *store)
{
    return (struct local_store *)store;
}

static const char *advice(int failed)
{
    switch (failed) {
    case ENOSPC:
    case EDQUOT:
        return "disk full: free space on the lake's file system and run the command again";
    case EROFS:
        return "read-only file system: mount it writable and run the command again";
    case EACCES:
    case EPERM:
        return "no permission: give this user write access to the lake's folder";
    case EMFILE:
    case ENFILE:
        return "too many open files: raise the limit and run the command again";
    default:
        return NULL;
    }
}

static enum ll_status fail_io(struct ll_error *err, int failed, const char *verb, const char *key)
{
    const char *hint = advice(failed);
    if (hint == NULL)
        return ll_fail_errno(err, failed, "%s %s", verb, key);
    return ll_fail_errno(err, failed, "%s %s: %s", verb, key, hint);
}

/* No such object: the file, or a folder on the way to it, is missing or something else. */
static bool means_absent(int failed)
{
    return failed == ENOENT || failed == ENOTDIR || failed == ELOOP;
}

static void mark_dirty(struct local_store *local, const char *key)
{
    pthread_mutex_lock(&local->mutex);
    ll_dirty_add_key(&local->dirty, key);
    pthread_mutex_unlock(&local->mutex);
}

/* A file being written in .tmp. */
struct temp {
    int folder;
    int fd;
    char name[64];
};

static int temp_open(struct local_store *local, struct temp *ret_temp)
{
    struct temp temp = {.folder = -1, .fd = -1};
    pthread_mutex_lock(&local->mutex);
    uint64_t counter = ++local->counter;
    uint64_t random = ll_rand_next(&local->rand);
    pthread_mutex_unlock(&local->mutex);
    (void)snprintf(temp.name, sizeof(temp.name), "%ld-%llu-%016llx", (long)getpid(),
                   (unsigned long long)counter, (unsigned long long)random);

    temp.folder = ll_local_open_folder(local->root_fd, LL_LOCAL_TEMP, true);
    if (temp.folder < 0)
        return errno;
    temp.fd =
        openat(temp.folder, temp.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (temp.fd < 0) {
        int failed = errno;
        close(temp.folder);
        return failed;
    }
    *ret_temp = temp;
    return 0;
}

/* A failed close is a failed write. */
static int temp_finish(struct temp *temp)
{
    int failed = close(temp->fd) == 0 ? 0 : errno;
    temp->fd = -1;
    return failed;
}

/* Removes what is left in .tmp: nothing after a rename, the second name after a link. */
static void temp_clear(struct temp *temp)
{
    if (temp->fd >= 0)
        close(temp->fd);
    (void)unlinkat(temp->folder, temp->name, 0);
    close(temp->folder);
}

static bool is_folder(int parent, const char *name)
{
    struct stat st;
    return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int link_or_rename(int from_folder, const char *from, int folder, const char *leaf)
{
    if (linkat(from_folder, from, folder, leaf, 0) == 0)
        return 0;
    /* Some file systems have no hard links, and some systems forbid them for files of others. */
    if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK)
        return errno;
    return renameat2(from_folder, from, folder, leaf, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

/* Gives the finished file `from` the key's name; EEXIST, or EISDIR and ENOTDIR for a key that is
 * part folder. The old name may be left over. */
static int place(struct local_store *local, int from_folder, const char *from, const char *key,
                 enum ll_put_mode mode)
{
    const char *leaf = NULL;
    int folder = ll_local_open_parent(local->root_fd, key, true, &leaf);
    if (folder < 0)
        return errno;
    int failed = 0;
    if (mode == LL_PUT_IF_ABSENT)
        failed = link_or_rename(from_folder, from, folder, leaf);
    else if (renameat(from_folder, from, folder, leaf) != 0)
        failed = errno;
    if (failed == EEXIST && is_folder(folder, leaf))
        failed = EISDIR;
    close(folder);
    return failed;
}

static enum ll_status put_result(struct local_store *local, const char *key, int failed,
                                 struct ll_error *err)
{
    switch (failed) {
    case 0:
        mark_dirty(local, key);
        return LL_OK;
    case EEXIST:
        /* Whoever loses goes on from the winner's object, so it must be as durable as its own. */
        mark_dirty(local, key);
        return ll_store_fail_exists(err, key);
    case EISDIR:
    case ENOTDIR:
        return ll_store_fail_folder(err, key);
    default:
        return fail_io(err, failed, "put", key);
    }
}

static int copy_bytes(int from, int to)
{
    char *step = ll_xcalloc(COPY_STEP_BYTES, 1);
    int failed = 0;
    while (failed == 0) {
        ssize_t n = read(from, step, COPY_STEP_BYTES);
        if (n == 0)
            break;
        if (n > 0)
            failed = ll_store_write_all(to, (struct ll_str){step, (size_t)n});
        else if (errno != EINTR)
            failed = errno;
    }
    free(step);
    return failed;
}

/* What a new object is made of: bytes, or a file's when fd >= 0. */
struct source {
    struct ll_str data;
    int fd;
};

static enum ll_status put_new(struct local_store *local, const char *key,
                              const struct source *source, enum ll_put_mode mode,
                              struct ll_error *err)
{
    struct temp temp = {.folder = -1, .fd = -1};
    int failed = temp_open(local, &temp);
    if (failed != 0)
        return fail_io(err, failed, "put", key);
    failed = source->fd >= 0 ? copy_bytes(source->fd, temp.fd)
                             : ll_store_write_all(temp.fd, source->data);
    if (failed == 0 && mode == LL_PUT_IF_ABSENT)
        failed = ll_local_sync_fd(temp.fd);
    if (failed == 0)
        failed = temp_finish(&temp);
    enum ll_status status =
        failed == 0 ? put_result(local, key, place(local, temp.folder, temp.name, key, mode), err)
                    : fail_io(err, failed, "put", key);
    temp_clear(&temp);
    return status;
}

static enum ll_status local_put(struct ll_store *store, const char *key, struct ll_str data,
                                enum ll_put_mode mode, struct ll_error *err)
{
    return put_new(local_of(store), key, &(struct source){.data = data, .fd = -1}, mode, err);
}

static enum ll_status local_put_file(struct ll_store *store, const char *key, const char *path,
                                     enum ll_put_mode mode, struct ll_error *err)
{
    struct local_store *local = local_of(store);
    int source = -1;
    int64_t size_bytes = 0;
    enum ll_status status = ll_store_open_source(path, &source, &size_bytes, err);
    if (status != LL_OK)
        return status;
    int failed = mode == LL_PUT_IF_ABSENT ? ll_local_sync_fd(source) : 0;
    if (failed == 0)
        failed = place(local, AT_FDCWD, path, key, mode);
    if (failed == EXDEV) /* another file system */
        status = put_new(local, key, &(struct source){.fd = source}, mode, err);
    else
        status = put_result(local, key, failed, err);
    close(source);
    return status;
}

static int64_t modified_ms_of(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}

static enum ll_status local_head(struct ll_store *store, const char *key,
                                 struct ll_object_info *ret_info, struct ll_error *err)
{
    const char *leaf = NULL;
    int folder = ll_local_open_parent(local_of(store)->root_fd, key, false, &leaf);
    if (folder < 0)
        return means_absent(errno) ? ll_store_fail_absent(err, key)
                                   : fail_io(err, errno, "look at", key);
    struct stat st;
    int failed = fstatat(folder, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
    close(folder);
    if (means_absent(failed) || (failed == 0 && !S_ISREG(st.st_mode)))
        return ll_store_fail_absent(err, key);
    if (failed != 0)
        return fail_io(err, failed, "look at", key);
    ret_info->size_bytes = (int64_t)st.st_size;
    ret_info->modified_ms = modified_ms_of(&st);
    return LL_OK;
}

static enum ll_status local_get(struct ll_store *store, const char *key, struct ll_buf *out,
                                struct ll_error *err)
{
    int fd = ll_local_open_path(local_of(store)->root_fd, key);
    if (fd < 0)
        return means_absent(errno) ? ll_store_fail_absent(err, key)
                                   : fail_io(err, errno, "open", key);
    struct stat st;
    enum ll_status status;
    if (fstat(fd, &st) != 0)
        status = fail_io(err, errno, "look at", key);
    else if (!S_ISREG(st.st_mode))
        status = ll_store_fail_absent(err, key);
    else
        status = ll_store_read_all(fd, (int64_t)st.st_size, out, key, err);
    close(fd);
    return status;
}

static enum ll_status local_fetch(struct ll_store *store, const char *key,
                                  struct ll_store_file *ret_file, struct ll_error *err)
{
    struct ll_object_info info;
    enum ll_status status = local_head(store, key, &info, err);
    if (status != LL_OK)
        return status;
    const char *root = local_of(store)->root;
    size_t size_bytes = strlen(root) + 1 + strlen(key) + 1;
    char *path = ll_xcalloc(size_bytes, 1);
    (void)snprintf(path, size_bytes, "%s/%s", root, key);
    *ret_file = (struct ll_store_file){.path = path};
    return LL_OK;
}

static enum ll_status local_list(struct ll_store *store, const char *prefix, ll_store_list_fn *each,
                                 void *context, struct ll_error *err)
{
    const struct ll_local_listing listing = {
        .root_fd = local_of(store)->root_fd, .prefix = prefix, .each = each, .context = context};
    return ll_local_list(&listing, err);
}

static enum ll_status local_remove(struct ll_store *store, const char *key, struct ll_error *err)
{
    struct local_store *local = local_of(store);
    const char *leaf = NULL;
    int folder = ll_local_open_parent(local->root_fd, key, false, &leaf);
    if (folder < 0)
        return means_absent(errno) ? LL_OK : fail_io(err, errno, "remove", key);
    int failed = unlinkat(folder, leaf, 0) == 0 ? 0 : errno;
    close(folder);
    if (means_absent(failed) || failed == EISDIR)
        return LL_OK;
    if (failed != 0)
        return fail_io(err, failed, "remove", key);
    mark_dirty(local, key);
    return LL_OK;
}

static enum ll_status local_sync(struct ll_store *store, struct ll_error *err)
{
    struct local_store *local = local_of(store);
    pthread_mutex_lock(&local->sync_mutex);
    pthread_mutex_lock(&local->mutex);
    struct ll_dirty dirty = local->dirty;
    local->dirty = (struct ll_dirty){0};
    pthread_mutex_unlock(&local->mutex);

    enum ll_status status = LL_OK;
    bool lost = false;
    int failed = local->lost_errno;
    if (failed != 0) {
        status =
            fail_io(err, failed, "an earlier sync failed; open the store anew: sync", local->root);
    } else if ((failed = ll_dirty_sync(&dirty, local->root_fd, &lost)) != 0) {
        status = fail_io(err, failed, "sync", local->root);
        if (lost)
            local->lost_errno = failed;
        /* Not tried yet, some of them: they stay to be synced. */
        pthread_mutex_lock(&local->mutex);
        ll_dirty_merge(&local->dirty, &dirty);
        pthread_mutex_unlock(&local->mutex);
    }
    ll_dirty_clear(&dirty);
    pthread_mutex_unlock(&local->sync_mutex);
    return status;
}

static void local_free(struct ll_store *store)
{
    struct local_store *local = local_of(store);
    if (local->root_fd >= 0)
        close(local->root_fd);
    free(local->root);
    ll_dirty_clear(&local->dirty);
    pthread_mutex_destroy(&local->mutex);
    pthread_mutex_destroy(&local->sync_mutex);
    free(local);
}

static const struct ll_store_ops LOCAL_OPS = {
    .name = "local",
    .put = local_put,
    .put_file = local_put_file,
    .get = local_get,
    .fetch = local_fetch,
    .head = local_head,
    .list = local_list,
    .remove = local_remove,
    .sync = local_sync,
    .free = local_free,
};

/* Best effort: what stays costs only space. `Now` is the time that the file system gives a new
 * file, so a skewed clock here, or a writer on another machine, does no harm. */
static void remove_leftovers(struct local_store *local)
{
    int folder = ll_local_open_folder(local->root_fd, LL_LOCAL_TEMP, true);
    if (folder < 0)
        return;
    struct temp probe = {.folder = -1, .fd = -1};
    struct stat st;
    if (!ll_local_folder_is_empty(folder) && temp_open(local, &probe) == 0) {
        if (fstat(probe.fd, &st) == 0)
            ll_local_remove_older(folder, modified_ms_of(&st) - LL_LOCAL_LEFTOVER_MS);
        temp_clear(&probe);
    }
    close(folder);
}

enum ll_status ll_store_local_open(const char *root, struct ll_store **ret_store,
                                   struct ll_error *err)
{
    char *absolute = realpath(root, NULL);
    int fd = absolute == NULL ? -1 : open(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int failed = errno;
        free(absolute);
        if (failed == ENOENT || failed == ENOTDIR)
            return ll_fail(err, LL_NOT_FOUND, failed, "no folder %s to keep objects in", root);
        return fail_io(err, failed, "open the folder", root);
    }
    struct local_store *local = ll_xcalloc(1, sizeof(*local));
    local->base.ops = &LOCAL_OPS;
    local->root = absolute;
    local->root_fd = fd;
    ll_rand_seed_system(&local->rand);
    pthread_mutex_init(&local->mutex, NULL);
    pthread_mutex_init(&local->sync_mutex, NULL);
    remove_leftovers(local);
    *ret_store = &local->base;
    return LL_OK;
}
