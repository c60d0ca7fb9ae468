#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "warehouse/duckdb/duckdb_internal.h"
#include "warehouse/warehouse.h"

/* The engine's own control statements; all else is a file of sql/. */
#define SQL_BEGIN LL_STR("BEGIN TRANSACTION")
#define SQL_BEGIN_READ_ONLY LL_STR("BEGIN TRANSACTION READ ONLY")
#define SQL_COMMIT LL_STR("COMMIT")
#define SQL_ROLLBACK LL_STR("ROLLBACK")
#define SQL_KEEP_FILE LL_STR("PRAGMA disable_checkpoint_on_shutdown")

/* What all handles on one database share; it belongs to the first. */
struct database {
    atomic_bool lost; /* a commit failed: see lose() */
};

struct duckdb_warehouse {
    struct ll_warehouse base;
    struct ll_duck *duck;
    struct database *database;
    bool first; /* of the handles on the database */
    bool open;  /* checked, and given to its user */
    bool in_transaction;
    bool failed; /* something of the transaction did: it can only be rolled back */
};

static const struct ll_warehouse_ops duckdb_ops;

static struct duckdb_warehouse *self_of(struct ll_warehouse *w)
{
    assert(w->ops == &duckdb_ops);
    return (struct duckdb_warehouse *)w;
}

/* --- transactions --------------------------------------------------------------------------- */

static void roll_back(struct duckdb_warehouse *self)
{
    struct ll_error ignored; /* it has failed already, or the database has as a whole */
    if (ll_duck_clean_up(self->duck, SQL_ROLLBACK, &ignored) != LL_OK)
        return;
}

/* The engine takes a commit that failed back from its memory, but not always all of it: rows can be
 * gone whose keys stay. What is in the file and its log is right. So nothing more is asked of that
 * memory, and it is not written into the file when the database is closed. */
static void lose(struct duckdb_warehouse *self)
{
    struct ll_error ignored; /* then it is the engine that refuses all from here on */
    atomic_store(&self->database->lost, true);
    if (ll_duck_clean_up(self->duck, SQL_KEEP_FILE, &ignored) != LL_OK)
        return;
}

static enum ll_status refuse_lost(const struct duckdb_warehouse *self, struct ll_error *err)
{
    if (!atomic_load(&self->database->lost))
        return LL_OK;
    return ll_fail(err, LL_IO, 0, "a commit to the warehouse has failed: it must be opened anew");
}

/* An interrupt can hit after the engine has begun. */
static enum ll_status start(struct duckdb_warehouse *self, struct ll_str begin,
                            struct ll_error *err)
{
    enum ll_status status = refuse_lost(self, err);
    if (status == LL_OK)
        status = ll_duck_exec(self->duck, begin, NULL, 0, err);
    if (status == LL_CANCELLED)
        roll_back(self);
    return status;
}

static enum ll_status op_begin(struct ll_warehouse *w, struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    assert(!self->in_transaction);
    enum ll_status status = start(self, SQL_BEGIN, err);
    self->in_transaction = status == LL_OK;
    self->failed = false;
    return status;
}

/* The file has one writer, so a day needs no lock of its own. */
static enum ll_status op_lock_day(struct ll_warehouse *w, int32_t day, struct ll_error *err)
{
    assert(self_of(w)->in_transaction);
    (void)w;
    (void)day;
    (void)err;
    return LL_OK;
}

static enum ll_status op_commit(struct ll_warehouse *w, struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    assert(self->in_transaction);
    enum ll_status status =
        self->failed ? ll_fail(err, LL_INVALID, 0, "a part of the transaction has failed")
                     : ll_duck_exec(self->duck, SQL_COMMIT, NULL, 0, err);
    if (status != LL_OK)
        roll_back(self);
    if (status != LL_OK && !self->failed)
        lose(self);
    self->in_transaction = false;
    return status;
}

static void op_abort(struct ll_warehouse *w)
{
    struct duckdb_warehouse *self = self_of(w);
    if (!self->in_transaction)
        return;
    roll_back(self);
    self->in_transaction = false;
}

/* --- statements ------------------------------------------------------------------------------- */

static enum ll_status find_sql(const struct duckdb_warehouse *self, const char *name,
                               struct ll_str *ret_sql, struct ll_error *err)
{
    struct ll_str sql = ll_sql_find("duckdb", name);
    if (refuse_lost(self, err) != LL_OK)
        return err->status;
    if (!sql.ptr)
        return ll_fail(err, LL_NOT_FOUND, 0, "there is no SQL named %s", name);
    *ret_sql = sql;
    return LL_OK;
}

/* The warehouse is damaged: nothing in it is lost for good. */
static enum ll_status advise(enum ll_status status, struct ll_error *err)
{
    if (status != LL_CORRUPT)
        return status;
    struct ll_error cause = *err;
    return ll_fail(err, LL_CORRUPT, cause.code,
                   "%s; move the warehouse away, with its .wal if there is one, and run `livelake "
                   "curate`: it is rebuilt from processed and history",
                   cause.message);
}

/* The engine lets a transaction go on after some errors, and half of it be committed. Not so here.
 */
static enum ll_status note(struct duckdb_warehouse *self, enum ll_status status,
                           struct ll_error *err)
{
    if (status != LL_OK)
        self->failed = true;
    if (status != LL_OK && !self->in_transaction && strstr(err->message, "Failed to commit"))
        lose(self);
    return self->open ? advise(status, err) : status;
}

static enum ll_status op_put(struct ll_warehouse *w, const char *table,
                             const struct ll_batch *batch, struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    enum ll_status status = refuse_lost(self, err);
    if (status == LL_OK)
        status = ll_duck_append(self->duck, table, batch, err);
    return note(self, status, err);
}

static enum ll_status op_put_select(struct ll_warehouse *w, const char *table, struct ll_duck *from,
                                    struct ll_str sql, const struct ll_param *params, size_t count,
                                    struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    assert(self->in_transaction);
    enum ll_status status = ll_duck_append_select(self->duck, table, from, sql, params, count, err);
    self->failed |= status != LL_OK;
    return status; /* without advice: what is damaged may well be what is read */
}

static enum ll_status op_exec(struct ll_warehouse *w, const char *name,
                              const struct ll_param *params, size_t count, struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    struct ll_str sql = {0};
    enum ll_status status = find_sql(self, name, &sql, err);
    if (status == LL_OK && ll_duck_exec(self->duck, sql, params, count, err) != LL_OK)
        status = ll_context(err, "sql %s", name);
    return note(self, status, err);
}

static enum ll_status op_query(struct ll_warehouse *w, const char *name,
                               const struct ll_param *params, size_t count, struct ll_batch *ret,
                               struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    struct ll_str sql = {0};
    enum ll_status status = find_sql(self, name, &sql, err);
    if (status == LL_OK && ll_duck_query(self->duck, sql, params, count, 0, ret, err) != LL_OK)
        status = ll_context(err, "sql %s", name);
    return note(self, status, err);
}

static enum ll_status op_stream(struct ll_warehouse *w, const char *name,
                                const struct ll_param *params, size_t count, ll_batch_fn *each,
                                void *context, struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    struct ll_str sql = {0};
    enum ll_status status = find_sql(self, name, &sql, err);
    if (status == LL_OK &&
        ll_duck_stream(self->duck, sql, params, count, each, context, err) != LL_OK)
        status = ll_context(err, "sql %s", name);
    return note(self, status, err);
}

static enum ll_status op_query_text(struct ll_warehouse *w, struct ll_str sql, ll_batch_fn *each,
                                    void *context, struct ll_error *err)
{
    struct duckdb_warehouse *self = self_of(w);
    assert(!self->in_transaction);
    enum ll_status status = start(self, SQL_BEGIN_READ_ONLY, err);
    if (status != LL_OK)
        return status;
    status = ll_duckdb_guard(self->duck, sql, err);
    if (status == LL_OK)
        status = ll_duck_stream(self->duck, sql, NULL, 0, each, context, err);
    roll_back(self);
    return advise(status, err);
}

static void op_interrupt(struct ll_warehouse *w)
{
    ll_duck_interrupt(self_of(w)->duck);
}

static void op_free(struct ll_warehouse *w)
{
    struct duckdb_warehouse *self = self_of(w);
    op_abort(w);
    ll_duck_close(self->duck);
    if (self->first)
        free(self->database);
    free(self);
}

static const struct ll_warehouse_ops duckdb_ops = {
    .name = "duckdb",
    .begin = op_begin,
    .lock_day = op_lock_day,
    .put = op_put,
    .put_select = op_put_select,
    .exec = op_exec,
    .query = op_query,
    .stream = op_stream,
    .query_text = op_query_text,
    .commit = op_commit,
    .abort = op_abort,
    .interrupt = op_interrupt,
    .free = op_free,
};

/* --- opening ---------------------------------------------------------------------------------- */

/* The number under meta's key schema_version; a file without any table has 0. */
static enum ll_status read_schema_version(struct ll_warehouse *w, int64_t *ret_version,
                                          struct ll_error *err)
{
    LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
    enum ll_status status = op_query(w, "duckdb/tables", NULL, 0, &rows, err);
    if (status != LL_OK)
        return status;
    int64_t tables = ll_batch_get_i64(&rows, 0, 0);
    int64_t metas = ll_batch_get_i64(&rows, 1, 0);
    if (tables == 0) {
        *ret_version = 0;
        return LL_OK;
    }
    if (metas > 0) {
        struct ll_param key = ll_param_text("key", LL_STR("schema_version"));
        status = op_query(w, "meta/get", &key, 1, &rows, err);
        if (status != LL_OK)
            return status;
        int64_t version = 0;
        if (rows.row_count == 1 && rows.columns[0].field.type == LL_TYPE_TEXT &&
            ll_str_to_i64(ll_batch_get_text(&rows, 0, 0), &version) && version > 0) {
            *ret_version = version;
            return LL_OK;
        }
    }
    return ll_fail(err, LL_INVALID, 0, "it is a DuckDB file, but no livelake warehouse");
}

enum ll_status ll_duckdb_write_schema_version(struct ll_warehouse *w, struct ll_error *err)
{
    char text[16];
    int length = snprintf(text, sizeof(text), "%d", LL_WAREHOUSE_SCHEMA);
    const struct ll_param params[] = {
        ll_param_text("key", LL_STR("schema_version")),
        ll_param_text("value", (struct ll_str){text, (size_t)length}),
    };
    return op_exec(w, "meta/put", params, LL_COUNT(params), err);
}

static enum ll_status refuse_newer(int64_t version, struct ll_error *err)
{
    if (version <= LL_WAREHOUSE_SCHEMA)
        return LL_OK;
    return ll_fail(err, LL_UNSUPPORTED, 0,
                   "made by a newer livelake (schema %" PRId64
                   ", this program knows %d): upgrade livelake",
                   version, LL_WAREHOUSE_SCHEMA);
}

/* Makes the schema in an empty file, and the views as this program has them. */
static enum ll_status prepare(struct ll_warehouse *w, int64_t version, bool read_only,
                              struct ll_error *err)
{
    if (version > 0 && version < LL_WAREHOUSE_SCHEMA)
        return ll_fail(err, LL_UNSUPPORTED, LL_OUTDATED,
                       "made by an older livelake (schema %" PRId64
                       ", this program writes %d): run `livelake migrate`",
                       version, LL_WAREHOUSE_SCHEMA);
    if (read_only)
        return version > 0 ? LL_OK : ll_fail(err, LL_NOT_FOUND, 0, "the warehouse is empty");
    enum ll_status status = op_begin(w, err);
    if (status == LL_OK && version == 0)
        status = op_exec(w, "schema", NULL, 0, err);
    if (status == LL_OK && version == 0)
        status = ll_duckdb_write_schema_version(w, err);
    if (status == LL_OK)
        status = op_exec(w, "views", NULL, 0, err);
    if (status == LL_OK)
        status = op_commit(w, err);
    op_abort(w);
    return status;
}

static enum ll_status name_file(const struct ll_warehouse_duckdb_options *options,
                                struct ll_error *err)
{
    ll_context(err, "warehouse %s", options->path ? options->path : "in memory");
    return advise(err->status, err);
}

enum ll_status ll_duckdb_open_any(const struct ll_warehouse_duckdb_options *options,
                                  struct ll_warehouse **ret, int64_t *ret_version,
                                  struct ll_error *err)
{
    const struct ll_duck_options duck_options = {
        .path = options->path,
        .read_only = options->read_only,
        .external_access = false,
        .threads = options->threads,
        .memory_limit_bytes = options->memory_limit_bytes,
        .spill_dir = options->spill_dir,
        .spill_limit_bytes = options->spill_limit_bytes,
    };
    struct ll_duck *duck = NULL;
    int64_t version = 0;
    if (ll_duck_open(&duck_options, &duck, err) != LL_OK)
        return advise(err->status, err);
    struct duckdb_warehouse *self = ll_xcalloc(1, sizeof(*self));
    *self = (struct duckdb_warehouse){.base = {.ops = &duckdb_ops},
                                      .duck = duck,
                                      .database = ll_xcalloc(1, sizeof(*self->database)),
                                      .first = true};
    if (read_schema_version(&self->base, &version, err) != LL_OK ||
        refuse_newer(version, err) != LL_OK) {
        op_free(&self->base);
        return name_file(options, err);
    }
    *ret = &self->base;
    *ret_version = version;
    return LL_OK;
}

static enum ll_status fill_new(const struct ll_warehouse_duckdb_options *options,
                               struct ll_error *err)
{
    struct ll_warehouse *w;
    int64_t version;
    if (ll_duckdb_open_any(options, &w, &version, err) != LL_OK)
        return err->status;
    enum ll_status status = prepare(w, version, false, err);
    if (status == LL_OK)
        status = op_exec(w, "duckdb/checkpoint", NULL, 0, err);
    op_free(w);
    return status;
}

/* A new file takes its name when it is whole: the engine cannot open one whose first writes were
 * torn. */
static enum ll_status create(const struct ll_warehouse_duckdb_options *options,
                             struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    const char *fresh = ll_arena_printf(&arena, "%s.tmp", options->path).ptr;
    const char *logs[] = {ll_arena_printf(&arena, "%s.wal", fresh).ptr,
                          ll_arena_printf(&arena, "%s.wal", options->path).ptr};
    struct ll_warehouse_duckdb_options as_fresh = *options;
    as_fresh.path = fresh;
    (void)unlink(fresh);
    for (size_t i = 0; i < LL_COUNT(logs); i++) /* of files that are gone */
        (void)unlink(logs[i]);
    if (fill_new(&as_fresh, err) != LL_OK)
        return name_file(options, err);
    int fd = open(fresh, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int failed = errno;
    if (fd >= 0)
        close(fd);
    if (!synced)
        return ll_fail_errno(err, failed, "sync %s", fresh);
    if (rename(fresh, options->path) != 0)
        return ll_fail_errno(err, errno, "rename %s to %s", fresh, options->path);
    return ll_duckdb_sync_folder(options->path, err);
}

enum ll_status ll_warehouse_duckdb_open(const struct ll_warehouse_duckdb_options *options,
                                        struct ll_warehouse **ret, struct ll_error *err)
{
    struct ll_warehouse *w;
    int64_t version = 0;
    if (options->read_only && (!options->path || access(options->path, F_OK) != 0))
        return ll_fail(err, LL_NOT_FOUND, ENOENT, "there is no warehouse %s",
                       options->path ? options->path : "in memory");
    if (options->path != NULL && access(options->path, F_OK) != 0 && errno == ENOENT &&
        create(options, err) != LL_OK)
        return err->status;
    if (ll_duckdb_open_any(options, &w, &version, err) != LL_OK)
        return err->status;
    if (prepare(w, version, options->read_only, err) != LL_OK) {
        op_free(w);
        return name_file(options, err);
    }
    self_of(w)->open = true;
    *ret = w;
    return LL_OK;
}

enum ll_status ll_warehouse_duckdb_connect(struct ll_warehouse *open, struct ll_warehouse **ret,
                                           struct ll_error *err)
{
    struct ll_duck *duck;
    if (ll_duck_connect(self_of(open)->duck, &duck, err) != LL_OK)
        return err->status;
    struct duckdb_warehouse *self = ll_xcalloc(1, sizeof(*self));
    *self = (struct duckdb_warehouse){.base = {.ops = &duckdb_ops},
                                      .duck = duck,
                                      .database = self_of(open)->database,
                                      .open = true};
    *ret = &self->base;
    return LL_OK;
}
