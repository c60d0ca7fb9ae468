/* The warehouse port: named SQL over the curated model, in transactions.
 *
 * SQL lives in sql/ and is embedded at build under its path without ".sql" ("load/runs",
 * "report/platform"); each backend has its dialect of the same files. Values are parameters only.
 * One writer: calls on one handle come from one thread at a time. */
#ifndef LL_WAREHOUSE_WAREHOUSE_H
#define LL_WAREHOUSE_WAREHOUSE_H

#include "base/batch.h"
#include "base/err.h"
#include "duck/duck.h"

#define LL_WAREHOUSE_SCHEMA 3 /* version of sql/schema.sql; sql/migrate leads up to it */

struct ll_warehouse;

struct ll_warehouse_ops {
    const char *name; /* "duckdb", "postgres" */
    enum ll_status (*begin)(struct ll_warehouse *, struct ll_error *);
    enum ll_status (*lock_day)(struct ll_warehouse *, int32_t day, struct ll_error *);
    enum ll_status (*put)(struct ll_warehouse *, const char *table, const struct ll_batch *,
                          struct ll_error *);
    /* NULL: it comes in batches, through put. */
    enum ll_status (*put_select)(struct ll_warehouse *, const char *table, struct ll_duck *from,
                                 struct ll_str sql, const struct ll_param *, size_t,
                                 struct ll_error *);
    enum ll_status (*exec)(struct ll_warehouse *, const char *name, const struct ll_param *, size_t,
                           struct ll_error *);
    enum ll_status (*query)(struct ll_warehouse *, const char *name, const struct ll_param *,
                            size_t, struct ll_batch *ret, struct ll_error *);
    enum ll_status (*stream)(struct ll_warehouse *, const char *name, const struct ll_param *,
                             size_t, ll_batch_fn *, void *, struct ll_error *);
    enum ll_status (*query_text)(struct ll_warehouse *, struct ll_str sql, ll_batch_fn *, void *,
                                 struct ll_error *);
    enum ll_status (*commit)(struct ll_warehouse *, struct ll_error *);
    void (*abort)(struct ll_warehouse *);
    void (*interrupt)(struct ll_warehouse *);
    void (*free)(struct ll_warehouse *);
};

struct ll_warehouse {
    const struct ll_warehouse_ops *ops;
};

/* A transaction; there is none yet. When a call inside it fails, nothing of it can be kept: abort.
 * (A commit then gives LL_INVALID and aborts.) Outside a transaction each call commits by itself.
 */
enum ll_status ll_warehouse_begin(struct ll_warehouse *w, struct ll_error *err) LL_MUST_CHECK;
/* Serialises loads of one day among processes; held until commit or abort. */
enum ll_status ll_warehouse_lock_day(struct ll_warehouse *w, int32_t day,
                                     struct ll_error *err) LL_MUST_CHECK;
/* Appends a batch to a table (columns by name). */
enum ll_status ll_warehouse_put(struct ll_warehouse *w, const char *table,
                                const struct ll_batch *batch, struct ll_error *err) LL_MUST_CHECK;
/* Appends the rows of a SELECT in a scratch database (columns by name).
 * Memory does not grow with the result. In a transaction only. */
enum ll_status ll_warehouse_put_select(struct ll_warehouse *w, const char *table,
                                       struct ll_duck *from, struct ll_str sql,
                                       const struct ll_param *params, size_t count,
                                       struct ll_error *err) LL_MUST_CHECK;
/* Runs the statements of a named SQL file. LL_NOT_FOUND for an unknown name. */
enum ll_status ll_warehouse_exec(struct ll_warehouse *w, const char *name,
                                 const struct ll_param *params, size_t count,
                                 struct ll_error *err) LL_MUST_CHECK;
/* As exec; rows of the last statement go to *ret ({0} or cleared by the caller before). */
enum ll_status ll_warehouse_query(struct ll_warehouse *w, const char *name,
                                  const struct ll_param *params, size_t count, struct ll_batch *ret,
                                  struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_warehouse_stream(struct ll_warehouse *w, const char *name,
                                   const struct ll_param *params, size_t count, ll_batch_fn *each,
                                   void *context, struct ll_error *err) LL_MUST_CHECK;
/* A user's SQL: one statement, which must be a SELECT (or WITH, VALUES, DESCRIBE, SHOW, EXPLAIN of
 * one), run read-only; it can reach no file and no network, and of the engine's functions that give
 * rows only those named in sql/<dialect>/guard.sql. LL_INVALID with the reason. Not in a
 * transaction. `each` is first called with the columns and no rows; it must not use the warehouse.
 */
enum ll_status ll_warehouse_query_text(struct ll_warehouse *w, struct ll_str sql, ll_batch_fn *each,
                                       void *context, struct ll_error *err) LL_MUST_CHECK;
/* After a failure (of a full disk, say) nothing of the transaction is kept, and all handles on the
 * warehouse give LL_IO: free them and open it anew. */
enum ll_status ll_warehouse_commit(struct ll_warehouse *w, struct ll_error *err) LL_MUST_CHECK;
void ll_warehouse_abort(struct ll_warehouse *w); /* no-op outside a transaction */
void ll_warehouse_interrupt(struct ll_warehouse *w);
void ll_warehouse_free(struct ll_warehouse *w); /* takes NULL; an open transaction is rolled back */

struct ll_warehouse_duckdb_options {
    const char *path; /* file, made with the schema when missing; NULL = in memory (tests) */
    bool read_only;   /* the file must exist: else LL_NOT_FOUND */
    int threads;      /* 0 = cores */
    int64_t memory_limit_bytes;
    const char *spill_dir;
    int64_t spill_limit_bytes; /* 0 = the engine's */
};
/* LL_UNSUPPORTED when the file's schema is newer than this program's, or older: then err->code is
 * LL_OUTDATED, and ll_warehouse_duckdb_migrate is what it needs; LL_CORRUPT when it is no readable
 * DuckDB file; LL_CONFLICT when another process has it. */
enum ll_status ll_warehouse_duckdb_open(const struct ll_warehouse_duckdb_options *options,
                                        struct ll_warehouse **ret,
                                        struct ll_error *err) LL_MUST_CHECK;

struct ll_warehouse_migrate_options {
    struct ll_warehouse_duckdb_options open; /* the file must exist, and nobody may have it open */
    int64_t now_s;                           /* names what is kept of it */
    bool (*cancelled)(void *context);        /* asked while copying; NULL = never */
    void *cancel_context;
};
struct ll_warehouse_migrated {
    int from, to;        /* equal: nothing was to be done */
    char snapshot[4096]; /* path of what it was; "" = nothing was done */
};
/* Brings a file to LL_WAREHOUSE_SCHEMA: all steps in one transaction on a copy, which then takes
 * its place. As it was it stays beside it, "<name>.v<N>-<stamp>.duckdb"; the newest of these is
 * kept. Killed anywhere, the file is of the old schema or of the new one; after a failure it is
 * untouched.
 */
enum ll_status ll_warehouse_duckdb_migrate(const struct ll_warehouse_migrate_options *options,
                                           struct ll_warehouse_migrated *ret,
                                           struct ll_error *err) LL_MUST_CHECK;
/* Removes what migrations of this file have left of it: people are to be forgotten there, too.
 */
enum ll_status ll_warehouse_duckdb_remove_snapshots(const char *path,
                                                    struct ll_error *err) LL_MUST_CHECK;
/* The schema of a file, of this program's or older; 0 = it is empty. */
enum ll_status ll_warehouse_duckdb_version(const struct ll_warehouse_duckdb_options *options,
                                           int *ret, struct ll_error *err) LL_MUST_CHECK;

/* Another handle on an open warehouse, for another thread. `open` must be freed after it. */
enum ll_status ll_warehouse_duckdb_connect(struct ll_warehouse *open, struct ll_warehouse **ret,
                                           struct ll_error *err) LL_MUST_CHECK;

/* The embedded SQL of a dialect ("duckdb"): NULL ptr when there is no such name. */
struct ll_str ll_sql_find(const char *dialect, const char *name);

#endif
