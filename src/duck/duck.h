/* DuckDB, loaded on first use (dlopen), behind the few calls we need: open, run SQL with bound
 * parameters, fetch a result as a batch, append a batch, read and write Parquet.
 *
 * Two kinds of database are opened by the program:
 *   - the warehouse file: one handle a process, external access off, configuration locked;
 *   - a scratch database in memory: the Parquet codec and the builder of history objects, with
 *     external access to files we name, a memory limit and a spill folder.
 *
 * The library is the one of ll_duck_set_library; without it, it is looked for beside the program
 * (../lib), then where the build found it, then in the system. One handle is used by one thread at
 * a time (but for ll_duck_interrupt); several handles may be used at once.
 *
 * Text is kept byte for byte, NUL characters included (in tables, Parquet and parameters);
 * ill-formed UTF-8 is LL_INVALID. Errors: LL_CONFLICT for a file that another process or handle has
 * open, for a duplicate key and for a lost race of transactions; LL_LIMIT for memory; LL_CANCELLED
 * for an interrupt; LL_CORRUPT for a damaged file or a database that gave up on itself;
 * LL_NOT_FOUND and LL_IO (with errno where DuckDB tells) for files; LL_INVALID for what SQL may
 * have wrong. */
#ifndef LL_DUCK_DUCK_H
#define LL_DUCK_DUCK_H

#include "base/batch.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Names the library file; NULL = look for it. Before the first database is opened, in main(). */
void ll_duck_set_library(const char *path);
const char *ll_duck_library(void); /* "" = none was named */

struct ll_duck; /* a connection, with its database or to that of another */

struct ll_duck_options {
    const char *path;           /* database file; NULL = in memory */
    bool read_only;             /* of a file */
    bool external_access;       /* read_parquet, COPY, … ; warehouse: false */
    int threads;                /* 0 = as many as cores */
    int64_t memory_limit_bytes; /* 0 = DuckDB's default */
    const char *spill_dir;      /* NULL = none: over the memory limit is LL_LIMIT */
    int64_t spill_limit_bytes;  /* 0 = DuckDB's: nine tenths of the disk */
};

/* A bound parameter. Named parameters ($from) are bound by name. */
struct ll_param {
    const char *name;
    enum {
        LL_PARAM_NULL,
        LL_PARAM_BOOL,
        LL_PARAM_I64,
        LL_PARAM_F64,
        LL_PARAM_TEXT,
        LL_PARAM_TEXT_LIST,
        LL_PARAM_I64_LIST
    } kind;
    int64_t i64;
    double f64;
    struct ll_str text;
    const struct ll_str *texts; /* TEXT_LIST */
    const int64_t *i64s;        /* I64_LIST */
    size_t count;               /* of the lists */
};

struct ll_param ll_param_null(const char *name);
struct ll_param ll_param_bool(const char *name, bool value);
struct ll_param ll_param_i64(const char *name, int64_t value);
struct ll_param ll_param_f64(const char *name, double value);
struct ll_param ll_param_text(const char *name, struct ll_str value);
struct ll_param ll_param_text_list(const char *name, const struct ll_str *values, size_t count);
struct ll_param ll_param_i64_list(const char *name, const int64_t *values, size_t count);

/* The time zone is UTC. Without external access the configuration is locked as well: SQL can
 * neither touch files nor change settings, though spilling works. LL_UNSUPPORTED when the library
 * is missing or the file comes from a newer DuckDB. */
enum ll_status ll_duck_open(const struct ll_duck_options *options, struct ll_duck **ret_duck,
                            struct ll_error *err) LL_MUST_CHECK;
/* Another connection to an open database, for another thread: transactions see each other as SQL
 * says. `open` must be closed after it, and must not be in use by another thread meanwhile. */
enum ll_status ll_duck_connect(const struct ll_duck *open, struct ll_duck **ret_duck,
                               struct ll_error *err) LL_MUST_CHECK;
void ll_duck_close(struct ll_duck *duck); /* takes NULL; an open transaction is rolled back */

/* Runs all statements of `sql` in order. Parameters a statement does not name are not bound to it;
 * a parameter that a statement names and the caller does not give is LL_INVALID. */
enum ll_status ll_duck_exec(struct ll_duck *duck, struct ll_str sql, const struct ll_param *params,
                            size_t count, struct ll_error *err) LL_MUST_CHECK;

/* Runs what has to be run whatever happens (ROLLBACK, …): again when an interrupt hits it. */
enum ll_status ll_duck_clean_up(struct ll_duck *duck, struct ll_str sql,
                                struct ll_error *err) LL_MUST_CHECK;

/* As exec; the rows of the last statement replace what *ret held ({0} is fine). A statement that
 * only changes rows gives none. LL_LIMIT when there are more than max_rows (0 = no limit). Types
 * without an ll_type: HUGEINT, UBIGINT -> I64, or F64 when a value does not fit; DECIMAL -> F64, or
 * I64 without a scale; FLOAT -> F64; others are cast to text (in a text of several statements that
 * is LL_INVALID: cast in the SQL). */
enum ll_status ll_duck_query(struct ll_duck *duck, struct ll_str sql, const struct ll_param *params,
                             size_t count, size_t max_rows, struct ll_batch *ret,
                             struct ll_error *err) LL_MUST_CHECK;

/* Streams a result: `each` is called once with the columns and no rows, then for at most about
 * 2,048 rows at a time (one batch, reused; copy what you keep). Memory does not grow with the
 * result. `each` must not use this database; what it returns other than LL_OK ends the stream. A
 * column that began as I64 can turn F64 between two calls (see ll_duck_query). */
typedef enum ll_status ll_batch_fn(void *context, const struct ll_batch *batch,
                                   struct ll_error *err);
enum ll_status ll_duck_stream(struct ll_duck *duck, struct ll_str sql,
                              const struct ll_param *params, size_t count, ll_batch_fn *each,
                              void *context, struct ll_error *err) LL_MUST_CHECK;

/* Appends the batch to an existing table; columns are matched by name and cast when of another
 * type, all others get NULL or their default. Outside a transaction, some 200,000 rows at a time
 * commit. */
enum ll_status ll_duck_append(struct ll_duck *duck, const char *table, const struct ll_batch *batch,
                              struct ll_error *err) LL_MUST_CHECK;
/* Appends the rows of a SELECT in a scratch database, as ll_duck_append does those of a batch. They
 * go from engine to engine, some 2,048 at a time: memory does not grow with the result. After an
 * error some may be in: within a transaction only. */
enum ll_status ll_duck_append_select(struct ll_duck *duck, const char *table, struct ll_duck *from,
                                     struct ll_str sql, const struct ll_param *params, size_t count,
                                     struct ll_error *err) LL_MUST_CHECK;

/* Writes all of the database file `from`, which nobody has open, into a new file `to`: tables with
 * their keys, views and macros, and no page that was freed. In a scratch database with external
 * access. */
enum ll_status ll_duck_copy_database(struct ll_duck *scratch, const char *from, const char *to,
                                     struct ll_error *err) LL_MUST_CHECK;

/* From any thread: stops the statement that is running, which ends with LL_CANCELLED. Does nothing
 * when none is. */
void ll_duck_interrupt(struct ll_duck *duck);
const char *ll_duck_version(void); /* "v1.5.6", or NULL when the library cannot be loaded */

/* Parquet. Files have v1 encodings, zstd, signed integers, timestamps in UTC without a zone (INT64
 * microseconds), row groups of 122,880 rows, no Bloom filters. The same rows and library version
 * give the same bytes, whatever the scratch database. The scratch database needs external access
 * and must not be in a transaction that has failed. `path` is created or truncated, not synced;
 * after an error it may exist in part.
 *
 * Writes the batch, rows in their order. */
enum ll_status ll_parquet_write(struct ll_duck *scratch, const struct ll_batch *batch,
                                const char *path, struct ll_error *err) LL_MUST_CHECK;
/* Reads the columns of `schema` in file order, appending to *ret (initialised with schema). A file
 * that is no Parquet, is cut short, lacks a column or has one that does not convert is LL_CORRUPT
 * (damage inside values goes unseen: compare hashes); *ret is then unspecified. */
enum ll_status ll_parquet_read(struct ll_duck *scratch, const char *path,
                               const struct ll_schema *schema, struct ll_batch *ret,
                               struct ll_error *err) LL_MUST_CHECK;
/* How many rows a Parquet file has, by its footer. */
enum ll_status ll_parquet_count(struct ll_duck *scratch, const char *path, int64_t *ret_rows,
                                struct ll_error *err) LL_MUST_CHECK;
/* Appends a path as read_parquet() of a statement wants it: '*', '?' and '[' are no pattern then.
 */
void ll_parquet_add_path(struct ll_buf *out, const char *path);
/* The result of a SELECT, in its order. Encoding and the SELECT use one thread: put a heavy SELECT
 * into a temporary table first (ll_duck_exec, CREATE TEMP TABLE … AS … ORDER BY …) and copy that.
 */
enum ll_status ll_parquet_copy(struct ll_duck *scratch, struct ll_str select,
                               const struct ll_param *params, size_t count, const char *path,
                               struct ll_error *err) LL_MUST_CHECK;

#endif
