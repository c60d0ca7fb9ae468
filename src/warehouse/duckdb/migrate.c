/* From a file of an older schema to the one of sql/schema.sql. It is a copy that is migrated, and
 * takes the file's place when it is whole: a write of the engine that is torn half-way must not
 * cost the warehouse. The file as it was is the snapshot. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "warehouse/duckdb/duckdb_internal.h"

#define EXTENSION ".duckdb"
#define COPY_BYTES ((size_t)8 << 20)

/* In order; each is sql/<name>.sql. */
static const struct {
    int to;
    const char *sql;
} steps[] = {
    {2, "migrate/002"},
    {3, "migrate/003"},
};

/* --- files beside the warehouse */

static void split_path(const char *path, struct ll_buf *ret_folder, struct ll_buf *ret_stem)
{
    struct ll_str whole = ll_str_of(path), name = whole;
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        name = ll_str_of(slash + 1);
    size_t folder = whole.len - name.len;
    if (folder == 0)
        ll_buf_printf(ret_folder, ".");
    else
        ll_buf_printf(ret_folder, "%.*s",
                      LL_FMT(ll_str_sub(whole, 0, folder == 1 ? 1 : folder - 1)));
    if (ll_str_ends_with(name, LL_STR(EXTENSION)))
        name = ll_str_sub(name, 0, name.len - strlen(EXTENSION));
    ll_buf_printf(ret_stem, "%.*s", LL_FMT(name));
}

/* Removes snapshots of `schema` (0 = of any) but for `kept`, and copies that were not finished. */
static enum ll_status remove_snapshots(const char *path, int64_t schema, const char *kept,
                                       struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf folder = {0}, begins = {0};
    split_path(path, &folder, &begins);
    ll_buf_add(&begins, LL_STR(".v"));
    if (schema > 0)
        ll_buf_printf(&begins, "%" PRId64 "-", schema);
    const char *slash = kept != NULL ? strrchr(kept, '/') : NULL;
    struct ll_str kept_name = ll_str_of(slash != NULL ? slash + 1 : kept);
    DIR *stream = opendir(folder.ptr);
    if (stream == NULL)
        return ll_fail_errno(err, errno, "open folder %s", folder.ptr);
    enum ll_status status = LL_OK;
    for (const struct dirent *entry; status == LL_OK && (entry = readdir(stream)) != NULL;) {
        struct ll_str name = ll_str_of(entry->d_name);
        bool unfinished = ll_str_ends_with(name, LL_STR(EXTENSION ".tmp")) ||
                          ll_str_ends_with(name, LL_STR(EXTENSION ".tmp.wal"));
        if (!ll_str_starts_with(name, ll_buf_str(&begins)) || ll_str_equal(name, kept_name) ||
            (!unfinished && !ll_str_ends_with(name, LL_STR(EXTENSION))))
            continue;
        if (unlinkat(dirfd(stream), entry->d_name, 0) != 0 && errno != ENOENT)
            status = ll_fail_errno(err, errno, "remove %s/%s", folder.ptr, entry->d_name);
    }
    closedir(stream);
    return status;
}

enum ll_status ll_warehouse_duckdb_remove_snapshots(const char *path, struct ll_error *err)
{
    return remove_snapshots(path, 0, NULL, err);
}

enum ll_status ll_duckdb_sync_folder(const char *path, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf folder = {0}, stem = {0};
    split_path(path, &folder, &stem);
    int fd = open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        ll_fail_errno(err, errno, "sync %s", folder.ptr);
        if (fd >= 0)
            close(fd);
        return err->status;
    }
    close(fd);
    return LL_OK;
}

static enum ll_status write_all(int fd, const char *bytes, size_t len, const char *path,
                                struct ll_error *err)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ll_fail_errno(err, errno, "write %s", path);
        bytes += n;
        len -= (size_t)n;
    }
    return LL_OK;
}

static enum ll_status copy_bytes(const struct ll_warehouse_migrate_options *o, int from, int to,
                                 const char *to_path, struct ll_error *err)
{
    enum ll_status status = LL_OK;
    char *bytes = ll_xcalloc(1, COPY_BYTES);
    ssize_t n = 1;
    while (status == LL_OK && n != 0) {
        n = read(from, bytes, COPY_BYTES);
        if (o->cancelled != NULL && o->cancelled(o->cancel_context))
            status = ll_fail(err, LL_CANCELLED, 0, "stopped while copying the warehouse");
        else if (n < 0 && errno != EINTR)
            status = ll_fail_errno(err, errno, "read %s", o->open.path);
        else if (n > 0)
            status = write_all(to, bytes, (size_t)n, to_path, err);
    }
    free(bytes);
    if (status == LL_OK && fsync(to) != 0)
        status = ll_fail_errno(err, errno, "sync %s", to_path);
    return status;
}

static enum ll_status copy_file(const struct ll_warehouse_migrate_options *o, const char *to_path,
                                struct ll_error *err)
{
    struct stat info;
    int from = open(o->open.path, O_RDONLY | O_CLOEXEC);
    if (from < 0 || fstat(from, &info) != 0) {
        ll_fail_errno(err, errno, "open %s", o->open.path);
        if (from >= 0)
            close(from);
        return err->status;
    }
    int to =
        open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, info.st_mode & 0777);
    enum ll_status status = to < 0 ? ll_fail_errno(err, errno, "make %s", to_path)
                                   : copy_bytes(o, from, to, to_path, err);
    close(from);
    if (to >= 0 && close(to) != 0 && status == LL_OK)
        status = ll_fail_errno(err, errno, "close %s", to_path);
    if (status == LL_OK)
        return LL_OK;
    double bytes = (double)info.st_size;
    return ll_context(err,
                      "no copy of the warehouse (%.1f MB) can be made, so it is not migrated and "
                      "stays as it is",
                      bytes / 1e6);
}

static bool has_log(const char *path)
{
    LL_AUTO(ll_buf_clear) struct ll_buf log = {0};
    ll_buf_printf(&log, "%s.wal", path);
    return access(log.ptr, F_OK) == 0;
}

/* Everything must be in the file itself when it gets another name. */
static enum ll_status refuse_log(const char *path, struct ll_error *err)
{
    return has_log(path)
               ? ll_fail(err, LL_IO, EIO, "%s.wal stays: its rows are not in the file", path)
               : LL_OK;
}

/* --- the steps */

static enum ll_status take_steps(struct ll_warehouse *w, int64_t version, struct ll_error *err)
{
    enum ll_status status = ll_warehouse_begin(w, err);
    for (size_t i = 0; i < LL_COUNT(steps) && status == LL_OK; i++)
        if (steps[i].to > version)
            status = ll_warehouse_exec(w, steps[i].sql, NULL, 0, err);
    if (status == LL_OK)
        status = ll_duckdb_write_schema_version(w, err);
    if (status == LL_OK)
        status = ll_warehouse_exec(w, "views", NULL, 0, err);
    if (status == LL_OK)
        status = ll_warehouse_commit(w, err);
    if (status == LL_OK)
        status = ll_warehouse_exec(w, "duckdb/checkpoint", NULL, 0, err);
    ll_warehouse_abort(w);
    return status;
}

/* In the copy, which nobody reads yet. */
static enum ll_status migrate_copy(const struct ll_warehouse_migrate_options *o, const char *copy,
                                   struct ll_error *err)
{
    struct ll_warehouse *w;
    struct ll_warehouse_duckdb_options options = o->open;
    int64_t version = 0;
    options.path = copy;
    if (ll_duckdb_open_any(&options, &w, &version, err) != LL_OK)
        return err->status;
    enum ll_status status = take_steps(w, version, err);
    ll_warehouse_free(w);
    return status == LL_OK ? refuse_log(copy, err) : status;
}

/* The file as it was gets a second name, then the copy takes its first one: in one step, so that a
 * kill leaves the one or the other. */
static enum ll_status swap(const char *path, const char *copy, const char *snapshot,
                           struct ll_error *err)
{
    if (link(path, snapshot) != 0)
        return ll_fail_errno(err, errno, "name %s", snapshot);
    if (ll_duckdb_sync_folder(path, err) != LL_OK)
        return err->status;
    if (rename(copy, path) != 0)
        return ll_fail_errno(err, errno, "replace %s", path);
    return ll_duckdb_sync_folder(path, err);
}

static enum ll_status explain(const struct ll_warehouse_migrated *m, struct ll_error *err)
{
    struct ll_error cause = *err;
    return ll_fail(
        err, cause.status, cause.code,
        "the warehouse could not be migrated and is of schema %d as before: %s; mend that "
        "and run `livelake migrate` again, or move the warehouse away and run `livelake "
        "curate`: it is rebuilt from processed and history",
        m->from, cause.message);
}

static enum ll_status migrate(const struct ll_warehouse_migrate_options *o,
                              const struct ll_warehouse_migrated *m, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf copy = {0};
    struct ll_error ignored;
    ll_buf_printf(&copy, "%s.tmp", m->snapshot);
    enum ll_status status = remove_snapshots(o->open.path, m->from, NULL, err);
    if (status == LL_OK)
        status = copy_file(o, copy.ptr, err);
    if (status == LL_OK && (migrate_copy(o, copy.ptr, err) != LL_OK ||
                            swap(o->open.path, copy.ptr, m->snapshot, err) != LL_OK))
        status = explain(m, err);
    if (status == LL_OK)
        return remove_snapshots(o->open.path, 0, m->snapshot, err);
    /* What stays of the attempt goes with the next one. */
    if (remove_snapshots(o->open.path, m->from, NULL, &ignored) != LL_OK)
        return status;
    return status;
}

/* The file's schema. A log beside it goes into it, as whenever it is opened to be written. */
static enum ll_status settle(const struct ll_warehouse_migrate_options *o, int64_t *ret_version,
                             struct ll_error *err)
{
    struct ll_warehouse *w;
    struct ll_warehouse_duckdb_options options = o->open;
    options.read_only = !has_log(o->open.path);
    if (ll_duckdb_open_any(&options, &w, ret_version, err) != LL_OK)
        return err->status;
    enum ll_status status = LL_OK;
    if (!options.read_only && *ret_version > 0 && *ret_version < LL_WAREHOUSE_SCHEMA)
        status = ll_warehouse_exec(w, "duckdb/checkpoint", NULL, 0, err);
    ll_warehouse_free(w);
    return status;
}

static enum ll_status name_snapshot(const struct ll_warehouse_migrate_options *o,
                                    struct ll_warehouse_migrated *m, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf folder = {0}, stem = {0};
    split_path(o->open.path, &folder, &stem);
    int length = snprintf(m->snapshot, sizeof(m->snapshot), "%s/%s.v%d-%s" EXTENSION, folder.ptr,
                          stem.ptr, m->from, ll_run_id_of(o->now_s).c);
    if (length < 0 || (size_t)length >= sizeof(m->snapshot))
        return ll_fail(err, LL_LIMIT, 0, "the path of the warehouse is too long");
    return LL_OK;
}

enum ll_status ll_warehouse_duckdb_migrate(const struct ll_warehouse_migrate_options *o,
                                           struct ll_warehouse_migrated *ret, struct ll_error *err)
{
    _Static_assert(LL_WAREHOUSE_SCHEMA == 1 + LL_COUNT(steps), "a step for each schema");
    struct ll_warehouse_migrated m = {.to = LL_WAREHOUSE_SCHEMA};
    int64_t version = 0;
    assert(o->open.path != NULL && !o->open.read_only);
    if (settle(o, &version, err) != LL_OK)
        return err->status;
    m.from = version == 0 ? LL_WAREHOUSE_SCHEMA : (int)version;
    if (m.from < LL_WAREHOUSE_SCHEMA &&
        (refuse_log(o->open.path, err) != LL_OK || name_snapshot(o, &m, err) != LL_OK ||
         migrate(o, &m, err) != LL_OK))
        return err->status;
    *ret = m;
    return LL_OK;
}

enum ll_status ll_warehouse_duckdb_version(const struct ll_warehouse_duckdb_options *options,
                                           int *ret, struct ll_error *err)
{
    struct ll_warehouse *w;
    int64_t version = 0;
    if (ll_duckdb_open_any(options, &w, &version, err) != LL_OK)
        return err->status;
    ll_warehouse_free(w);
    *ret = (int)version;
    return LL_OK;
}
