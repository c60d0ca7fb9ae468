#include "app/wire.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/migrating.h"
#include "base/arena.h"
#include "base/buf.h"
#include "lake/backup.h"

static char *path_in(const char *folder, const char *name)
{
    struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/%s", folder, name);
    return path.ptr; /* ours now: a buffer's memory comes from malloc */
}

void ll_wire_init(struct ll_wire *wire, const struct ll_wire_options *options)
{
    assert(options->lake_dir != NULL && options->clock != NULL);
    *wire = (struct ll_wire){.options = *options, .lock_fd = -1};
}

/* What stays only takes space. */
static void empty_folder(const char *path, int depth)
{
    DIR *stream = opendir(path);
    if (stream == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        if (unlinkat(dirfd(stream), entry->d_name, 0) == 0 || depth == 0)
            continue;
        char *folder = path_in(path, entry->d_name);
        empty_folder(folder, depth - 1);
        (void)rmdir(folder);
        free(folder);
    }
    closedir(stream);
}

static void close_warehouse(struct ll_wire *wire)
{
    if (wire->warehouse != NULL && wire->options.owner != NULL) {
        ll_warehouse_free(wire->warehouse);
        ll_owner_leave_warehouse(wire->options.owner);
    } else {
        ll_warehouse_free(wire->warehouse);
    }
    wire->warehouse = NULL;
}

void ll_wire_leave_warehouse(struct ll_wire *wire)
{
    assert(wire->options.owner != NULL);
    close_warehouse(wire);
}

void ll_wire_close(struct ll_wire *wire)
{
    ll_forgotten_clear(&wire->forgotten);
    struct ll_owner *owner = wire->options.owner;
    ll_queue_free(wire->queue);
    close_warehouse(wire);
    ll_duck_close(wire->lake.scratch);
    ll_store_free(wire->lake.store);
    if ((wire->read_only || owner != NULL) && wire->work_dir != NULL) {
        empty_folder(wire->work_dir, 0);
        (void)rmdir(wire->work_dir);
    }
    if (wire->lock_fd >= 0) {
        if (!wire->read_only && ftruncate(wire->lock_fd, 0) != 0)
            (void)errno; /* the words in it are only for people; closing is what frees the lock */
        close(wire->lock_fd);
    }
    if (wire->works)
        ll_turn_give(&owner->work);
    if (wire->collects)
        ll_turn_give(&owner->collect);
    free(wire->work_dir);
    free(wire->warehouse_path);
    ll_wire_init(wire, &wire->options);
}

/* --- finding and making the lake's folder */

static enum ll_status no_lake(const char *dir, struct ll_error *err)
{
    return ll_fail(err, LL_NOT_FOUND, ENOENT,
                   "no lake at %s: run `livelake init` or `livelake import`", dir);
}

/* Makes the folder and those above it. */
static enum ll_status make_folders(const char *dir, struct ll_error *err)
{
    char *path = ll_xstrdup(dir);
    enum ll_status status = LL_OK;
    for (char *slash = strchr(path + 1, '/'); status == LL_OK; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            status = ll_fail_errno(err, errno, "make folder %s", path);
        if (slash == NULL)
            break;
        *slash = '/';
    }
    free(path);
    return status;
}

/* Whether a folder without lake.json may become a lake: it holds nothing of anybody. */
static bool may_become_lake(const char *name)
{
    return name[0] == '.' || strcmp(name, "livelake.conf") == 0 || strcmp(name, "lake.lock") == 0 ||
           strcmp(name, "lost+found") == 0;
}

static enum ll_status check_vacant(const char *dir, struct ll_error *err)
{
    DIR *stream = opendir(dir);
    if (stream == NULL)
        return ll_fail_errno(err, errno, "open folder %s", dir);
    enum ll_status status = LL_OK;
    for (const struct dirent *entry; status == LL_OK && (entry = readdir(stream)) != NULL;)
        if (!may_become_lake(entry->d_name))
            status = ll_fail(err, LL_INVALID, ENOTEMPTY,
                             "%s is no lake, and not empty (%s): choose an empty folder", dir,
                             entry->d_name);
    closedir(stream);
    return status;
}

static bool has_file(const char *dir, const char *name)
{
    char *path = path_in(dir, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static enum ll_status find_lake(const char *dir, enum ll_lake_use use, struct ll_error *err)
{
    struct stat info;
    bool there = stat(dir, &info) == 0;
    if (!there && errno != ENOENT)
        return ll_fail_errno(err, errno, "%s", dir);
    if (there && !S_ISDIR(info.st_mode))
        return ll_fail(err, LL_INVALID, ENOTDIR, "%s is no folder", dir);
    if (!there && use == LL_LAKE_EXISTING)
        return no_lake(dir, err);
    if (!there)
        return make_folders(dir, err);
    if (has_file(dir, LL_RESTORE_INTENT))
        return ll_fail(err, LL_NOT_FOUND, ENOENT,
                       "the lake at %s is only half restored: run `livelake restore` again", dir);
    char *settings = path_in(dir, "lake.json");
    there = stat(settings, &info) == 0;
    int saved_errno = errno;
    free(settings);
    if (there)
        return LL_OK;
    if (saved_errno != ENOENT)
        return ll_fail_errno(err, saved_errno, "%s/lake.json", dir);
    return use == LL_LAKE_EXISTING ? no_lake(dir, err) : check_vacant(dir, err);
}

/* --- the lock */

static enum ll_status busy(int fd, const char *dir, struct ll_error *err)
{
    char words[128] = {0};
    int64_t pid = 0;
    ssize_t n = pread(fd, words, sizeof(words) - 1, 0);
    struct ll_str rest = ll_str_trim((struct ll_str){words, n > 0 ? (size_t)n : 0}), first;
    if (!ll_str_split(&rest, ' ', &first) || !ll_str_to_i64(first, &pid))
        return ll_fail(err, LL_CONFLICT, 0, "the lake at %s is in use by another process", dir);
    return ll_fail(err, LL_CONFLICT, (int)pid,
                   "the lake at %s is in use by `livelake %.*s`, pid %lld", dir, LL_FMT(rest),
                   (long long)pid);
}

static void write_holder(int fd, const char *command)
{
    LL_AUTO(ll_buf_clear) struct ll_buf words = {0};
    ll_buf_printf(&words, "%ld %s\n", (long)getpid(), command);
    /* Only for people: without it the lock holds all the same. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, words.ptr, words.len, 0) < 0)
        (void)errno;
}

static enum ll_status take_lock(struct ll_wire *wire, struct ll_error *err)
{
    const char *dir = wire->options.lake_dir;
    char *path = path_in(dir, "lake.lock");
    bool read_only = false;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    int saved_errno = errno;
    if (fd < 0 && (errno == EROFS || errno == EACCES)) {
        /* A lake that may only be read: its owners have left a lock file to lock. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        read_only = fd >= 0;
    }
    free(path);
    if (fd < 0)
        return ll_fail_errno(err, saved_errno, "lock the lake at %s", dir);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum ll_status status = errno == EWOULDBLOCK
                                    ? busy(fd, dir, err)
                                    : ll_fail_errno(err, errno, "lock the lake at %s", dir);
        close(fd);
        return status;
    }
    if (!read_only)
        write_holder(fd, wire->options.command);
    wire->lock_fd = fd;
    wire->read_only = read_only;
    return LL_OK;
}

enum ll_status ll_wire_lock_vacant(struct ll_wire *wire, struct ll_error *err)
{
    const char *dir = wire->options.lake_dir;
    assert(wire->options.owner == NULL && wire->lake.store == NULL);
    if (!has_file(dir, LL_RESTORE_INTENT)) {
        if (has_file(dir, "lake.json"))
            return ll_fail(err, LL_INVALID, EEXIST,
                           "there is a lake at %s: name a new folder with --lake", dir);
        if (find_lake(dir, LL_LAKE_CREATE, err) != LL_OK)
            return err->status;
    }
    return take_lock(wire, err);
}

/* --- the lake */

/* Makes the work folder, or empties it: whoever left something there is gone, since we hold the
 * lock. A lake that may only be read gets one elsewhere, which goes when the lake is closed. */
static enum ll_status prepare_work_dir(struct ll_wire *wire, struct ll_error *err)
{
    if (wire->read_only) {
        char *path = ll_xstrdup(P_tmpdir "/livelake-XXXXXX");
        if (mkdtemp(path) == NULL) {
            int saved_errno = errno;
            free(path);
            return ll_fail_errno(err, saved_errno, "make a folder in " P_tmpdir);
        }
        wire->work_dir = path;
        return LL_OK;
    }
    wire->work_dir = path_in(wire->options.lake_dir, ".spill");
    if (mkdir(wire->work_dir, 0777) != 0 && errno != EEXIST)
        return ll_fail_errno(err, errno, "make folder %s", wire->work_dir);
    empty_folder(wire->work_dir, 1);
    return LL_OK;
}

static enum ll_status load_settings(struct ll_wire *wire, enum ll_lake_use use,
                                    struct ll_error *err)
{
    struct ll_clock *clock = wire->options.clock;
    enum ll_status status = ll_lake_settings_load(wire->lake.store, &wire->lake.settings, err);
    if (status != LL_NOT_FOUND)
        return wire->options.owner != NULL ? status : ll_migrating_lake(wire, status, err);
    if (use == LL_LAKE_EXISTING)
        return no_lake(wire->options.lake_dir, err);
    struct ll_lake_settings fresh = {
        .schema = LL_LAKE_SCHEMA, .created_ms = clock->now_ms(clock), .overrides = true};
    status = ll_lake_settings_save(wire->lake.store, &fresh, err);
    if (status != LL_OK)
        return status;
    wire->lake.settings = fresh;
    wire->created = true;
    return LL_OK;
}

/* A share of a lake that is open: its lock is the owner's. */
static enum ll_status join_owner(struct ll_wire *wire, struct ll_error *err)
{
    const struct ll_wire *owner = wire->options.owner->wire;
    wire->read_only = owner->read_only;
    wire->work_dir = path_in(owner->work_dir, "share-XXXXXX");
    if (mkdtemp(wire->work_dir) != NULL)
        return LL_OK;
    int saved_errno = errno;
    free(wire->work_dir);
    wire->work_dir = NULL;
    return ll_fail_errno(err, saved_errno, "make a folder in %s", owner->work_dir);
}

static enum ll_status open_lake(struct ll_wire *wire, enum ll_lake_use use, struct ll_error *err)
{
    const char *dir = wire->options.lake_dir;
    wire->warehouse_path = path_in(dir, "warehouse.duckdb");
    if (wire->options.owner != NULL) {
        if (join_owner(wire, err) != LL_OK)
            return err->status;
    } else if (find_lake(dir, use, err) != LL_OK || take_lock(wire, err) != LL_OK ||
               prepare_work_dir(wire, err) != LL_OK) {
        return err->status;
    }
    wire->lake.tmp_dir = wire->work_dir;
    if (ll_store_local_open(dir, &wire->lake.store, err) != LL_OK)
        return ll_context(err, "open the lake at %s", dir);
    return load_settings(wire, use, err);
}

enum ll_status ll_wire_open_lake(struct ll_wire *wire, enum ll_lake_use use, struct ll_error *err)
{
    if (wire->lake.store != NULL)
        return LL_OK;
    enum ll_status status = open_lake(wire, use, err);
    if (status != LL_OK)
        ll_wire_close(wire);
    return status;
}

enum ll_status ll_wire_begin_collect(struct ll_wire *wire, enum ll_lake_use use,
                                     struct ll_error *err)
{
    struct ll_owner *owner = wire->options.owner;
    assert(!wire->works || wire->collects);
    if (owner != NULL && !wire->collects) {
        if (ll_turn_take(&owner->collect, &wire->options.patience, err) != LL_OK)
            return err->status;
        wire->collects = true;
    }
    return ll_wire_open_lake(wire, use, err);
}

enum ll_status ll_wire_begin_work(struct ll_wire *wire, enum ll_lake_use use, struct ll_error *err)
{
    struct ll_owner *owner = wire->options.owner;
    assert(wire->works || !wire->collects);
    assert(owner == NULL || wire->works || wire->warehouse == NULL);
    if (owner != NULL && !wire->works) {
        if (ll_turn_take(&owner->work, &wire->options.patience, err) != LL_OK)
            return err->status;
        wire->works = true;
    }
    return ll_wire_open_lake(wire, use, err);
}

enum ll_status ll_wire_begin_still(struct ll_wire *wire, enum ll_lake_use use, struct ll_error *err)
{
    struct ll_owner *owner = wire->options.owner;
    assert(!wire->works && !wire->collects && wire->warehouse == NULL);
    if (owner != NULL) {
        if (ll_turn_take_both(&owner->collect, &owner->work, &wire->options.patience, err) != LL_OK)
            return err->status;
        wire->works = wire->collects = true;
    }
    return ll_wire_open_lake(wire, use, err);
}

void ll_wire_end_collect(struct ll_wire *wire)
{
    if (wire->collects)
        ll_turn_give(&wire->options.owner->collect);
    wire->collects = false;
}

/* --- parts */

enum ll_status ll_wire_store(struct ll_wire *wire, struct ll_store **ret, struct ll_error *err)
{
    enum ll_status status = ll_wire_open_lake(wire, LL_LAKE_EXISTING, err);
    if (status == LL_OK)
        *ret = wire->lake.store;
    return status;
}

enum ll_status ll_wire_folder(const char *path, struct ll_store **ret, struct ll_error *err)
{
    return ll_store_local_open(path, ret, err);
}

enum ll_status ll_wire_scratch(struct ll_wire *wire, struct ll_duck **ret, struct ll_error *err)
{
    if (wire->lake.scratch == NULL) {
        const struct ll_duck_options options = {.external_access = true,
                                                .threads = wire->options.threads,
                                                .memory_limit_bytes =
                                                    wire->options.memory_limit_bytes,
                                                .spill_dir = wire->work_dir};
        if (ll_duck_open(&options, &wire->lake.scratch, err) != LL_OK)
            return ll_context(err, "open a scratch database");
    }
    *ret = wire->lake.scratch;
    return LL_OK;
}

enum ll_status ll_wire_lake(struct ll_wire *wire, struct ll_lake **ret, struct ll_error *err)
{
    struct ll_duck *scratch;
    if (ll_wire_open_lake(wire, LL_LAKE_EXISTING, err) != LL_OK ||
        ll_wire_scratch(wire, &scratch, err) != LL_OK)
        return err->status;
    *ret = &wire->lake;
    return LL_OK;
}

static struct ll_warehouse_duckdb_options warehouse_options(const struct ll_wire *wire)
{
    /* Loads are short statements, between which DuckDB's threads spin: one thread is done earlier
     * than two, for half of the CPU time. */
    int threads = wire->options.threads == 0 && wire->loads ? 1 : wire->options.threads;
    return (struct ll_warehouse_duckdb_options){.path = wire->warehouse_path,
                                                .read_only = wire->read_only,
                                                .threads = threads,
                                                .memory_limit_bytes =
                                                    wire->options.memory_limit_bytes,
                                                .spill_dir = wire->work_dir};
}

static enum ll_status open_warehouse(struct ll_wire *wire, struct ll_error *err)
{
    const struct ll_warehouse_duckdb_options options = warehouse_options(wire);
    enum ll_status status = ll_warehouse_duckdb_open(&options, &wire->warehouse, err);
    if (status == LL_UNSUPPORTED && err->code == LL_OUTDATED && !wire->read_only &&
        wire->options.older == LL_OLDER_MIGRATE) {
        if (ll_migrating_warehouse(wire, &options, err) != LL_OK)
            return err->status;
        status = ll_warehouse_duckdb_open(&options, &wire->warehouse, err);
    }
    if (status != LL_OK)
        return ll_context(err, "open the warehouse");
    return LL_OK;
}

enum ll_status ll_wire_migrate_warehouse(struct ll_wire *wire, struct ll_error *err)
{
    assert(wire->options.owner == NULL && wire->warehouse == NULL);
    if (ll_wire_open_lake(wire, LL_LAKE_EXISTING, err) != LL_OK)
        return err->status;
    if (wire->read_only)
        return ll_fail(err, LL_IO, EROFS, "the lake at %s may only be read",
                       wire->options.lake_dir);
    const struct ll_warehouse_duckdb_options options = warehouse_options(wire);
    return ll_migrating_warehouse(wire, &options, err);
}

enum ll_status ll_wire_warehouse_schema(struct ll_wire *wire, int *ret, struct ll_error *err)
{
    struct ll_warehouse_duckdb_options options;
    assert(wire->options.owner == NULL && wire->warehouse == NULL);
    if (ll_wire_open_lake(wire, LL_LAKE_EXISTING, err) != LL_OK)
        return err->status;
    options = warehouse_options(wire);
    options.read_only = true;
    if (access(wire->warehouse_path, F_OK) != 0) {
        *ret = 0;
        return LL_OK;
    }
    if (ll_warehouse_duckdb_version(&options, ret, err) != LL_OK)
        return ll_context(err, "look at the warehouse");
    return LL_OK;
}

/* A connection to the owner's warehouse, which is opened when it is not. */
static enum ll_status connect_warehouse(struct ll_wire *wire, struct ll_error *err)
{
    struct ll_owner *owner = wire->options.owner;
    if (ll_owner_use_warehouse(owner, &wire->options.patience, err) != LL_OK)
        return err->status;
    pthread_mutex_lock(&owner->opening);
    struct ll_warehouse *open = NULL;
    enum ll_status status = ll_wire_warehouse(owner->wire, &open, err);
    if (status == LL_OK)
        status = ll_warehouse_duckdb_connect(open, &wire->warehouse, err);
    pthread_mutex_unlock(&owner->opening);
    if (status != LL_OK)
        ll_owner_leave_warehouse(owner);
    return status;
}

enum ll_status ll_wire_warehouse(struct ll_wire *wire, struct ll_warehouse **ret,
                                 struct ll_error *err)
{
    if (wire->warehouse == NULL &&
        (ll_wire_open_lake(wire, LL_LAKE_EXISTING, err) != LL_OK ||
         (wire->options.owner != NULL ? connect_warehouse(wire, err) : open_warehouse(wire, err)) !=
             LL_OK))
        return err->status;
    *ret = wire->warehouse;
    return LL_OK;
}

enum ll_status ll_wire_copy(const struct ll_warehouse_duckdb_options *options,
                            struct ll_warehouse **ret, struct ll_error *err)
{
    return ll_warehouse_duckdb_open(options, ret, err);
}

enum ll_status ll_wire_replace_warehouse(struct ll_wire *wire, ll_wire_replace_fn *replace,
                                         void *context, struct ll_error *err)
{
    struct ll_owner *owner = wire->options.owner;
    if (ll_wire_begin_work(wire, LL_LAKE_EXISTING, err) != LL_OK)
        return err->status;
    close_warehouse(wire);
    if (owner == NULL)
        return replace(context, wire->warehouse_path, err);
    if (ll_owner_begin_replace(owner, &wire->options.patience, err) != LL_OK)
        return err->status;
    close_warehouse(owner->wire);
    enum ll_status status = replace(context, wire->warehouse_path, err);
    ll_owner_end_replace(owner);
    return status;
}

enum ll_status ll_wire_forgotten(struct ll_wire *wire, struct ll_error *err)
{
    if (ll_wire_open_lake(wire, LL_LAKE_EXISTING, err) != LL_OK ||
        ll_forgotten_load(wire->options.lake_dir, wire->lake.store, &wire->forgotten, err) != LL_OK)
        return err->status;
    wire->lake.forgotten = &wire->forgotten;
    return LL_OK;
}

enum ll_status ll_wire_reopen_store(struct ll_wire *wire, struct ll_error *err)
{
    struct ll_store *fresh;
    assert(wire->lake.store != NULL);
    if (ll_store_local_open(wire->options.lake_dir, &fresh, err) != LL_OK)
        return ll_context(err, "open the lake at %s", wire->options.lake_dir);
    ll_store_free(wire->lake.store);
    wire->lake.store = fresh;
    return LL_OK;
}

enum ll_status ll_wire_queue(struct ll_wire *wire, struct ll_queue **ret, struct ll_error *err)
{
    /* Long enough for the largest batch: nobody else takes from a queue in memory. */
    const struct ll_queue_mem_options options = {
        .clock = wire->options.clock, .visibility_ms = 24 * 3600 * 1000, .max_receives = 3};
    (void)err;
    if (wire->queue == NULL)
        wire->queue = ll_queue_mem_new(&options);
    *ret = wire->queue;
    return LL_OK;
}
