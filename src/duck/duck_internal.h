/* What the files of duck share. */
#ifndef LL_DUCK_DUCK_INTERNAL_H
#define LL_DUCK_DUCK_INTERNAL_H

#include "base/buf.h"
#include "duck/duck.h"
#include "duck/duck_api.h"

struct ll_duck {
    const struct ll_duck_api *api;
    duckdb_database database;
    duckdb_connection connection;
    char *claimed_path; /* registered with ll_duck_path_claim; NULL in memory */
    int threads;        /* as asked for; 0 = DuckDB's default */
};

/* Lets statements use one thread, and after that, whatever became of them, again all that the
 * database was opened with: gives `status`, or the failure of its own. */
enum ll_status ll_duck_one_thread(struct ll_duck *duck, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_duck_all_threads(struct ll_duck *duck, enum ll_status status,
                                   struct ll_error *err) LL_MUST_CHECK;

/* Fills *err from the text of a DuckDB error, which begins with its class ("Binder Error: "). The
 * class decides the status; takes NULL. */
enum ll_status ll_duck_fail(struct ll_error *err, const char *message) LL_NONNULL(1);
/* The same for an appender's error, whose text lacks the class. */
enum ll_status ll_duck_fail_data(struct ll_error *err, const struct ll_duck_api *api,
                                 duckdb_error_data data) LL_NONNULL(1, 2);

/* Two instances on one database file in one process lose writes, and the file lock, which belongs
 * to the process, cannot see it. So each open file is claimed here. LL_CONFLICT when it is taken.
 */
enum ll_status ll_duck_path_claim(const char *path, char **ret_claim,
                                  struct ll_error *err) LL_MUST_CHECK;
void ll_duck_path_release(char *claim); /* takes NULL; frees it */

/* Binds what the statement names. */
enum ll_status ll_duck_bind(const struct ll_duck_api *api, duckdb_prepared_statement statement,
                            const struct ll_param *params, size_t count,
                            struct ll_error *err) LL_MUST_CHECK;

/* Turns the chunks of one result into rows of batches. */
struct ll_duck_column;
struct ll_duck_reader {
    const struct ll_duck_api *api;
    struct ll_arena arena;
    struct ll_duck_column *columns;
    size_t count;
};
/* Returns the index of the first column that has no ll_type, or the count of columns. */
size_t ll_duck_reader_init(struct ll_duck_reader *reader, const struct ll_duck_api *api,
                           duckdb_result *result);
bool ll_duck_reader_knows(const struct ll_duck_reader *reader, size_t column);
const char *ll_duck_reader_name(const struct ll_duck_reader *reader, size_t column);
void ll_duck_reader_clear(struct ll_duck_reader *reader);
/* Adds the columns of the result to an empty batch, or checks that those it has are of its types.
 */
enum ll_status ll_duck_reader_columns(const struct ll_duck_reader *reader, struct ll_batch *batch,
                                      struct ll_error *err) LL_MUST_CHECK;
void ll_duck_reader_append(struct ll_duck_reader *reader, duckdb_data_chunk chunk,
                           struct ll_batch *batch);

/* Gets one chunk of a result at a time; of a result without rows nothing but begin. */
struct ll_duck_sink {
    enum ll_status (*begin)(void *context, struct ll_duck_reader *reader, struct ll_error *err);
    enum ll_status (*chunk)(void *context, struct ll_duck_reader *reader, duckdb_data_chunk chunk,
                            struct ll_error *err);
    void *context;
};
/* As ll_duck_stream, chunk by chunk. */
enum ll_status ll_duck_drain(struct ll_duck *duck, struct ll_str sql, const struct ll_param *params,
                             size_t count, const struct ll_duck_sink *sink,
                             struct ll_error *err) LL_MUST_CHECK;

/* As ll_duck_query, onto a batch that may have columns already. */
enum ll_status ll_duck_query_into(struct ll_duck *duck, struct ll_str sql,
                                  const struct ll_param *params, size_t count, size_t max_rows,
                                  struct ll_batch *batch, struct ll_error *err) LL_MUST_CHECK;

/* SQL text we have to build: names and literals that cannot be parameters. */
void ll_duck_add_identifier(struct ll_buf *buf, const char *name); /* "name" */
void ll_duck_add_literal(struct ll_buf *buf, struct ll_str text);  /* 'text' */

#endif
