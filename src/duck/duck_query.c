#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "duck/duck_internal.h"

static void add_quoted(struct ll_buf *buf, char quote, struct ll_str text)
{
    ll_buf_add_char(buf, quote);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == quote)
            ll_buf_add_char(buf, quote);
        ll_buf_add_char(buf, text.ptr[i]);
    }
    ll_buf_add_char(buf, quote);
}

void ll_duck_add_identifier(struct ll_buf *buf, const char *name)
{
    add_quoted(buf, '"', ll_str_of(name));
}

void ll_duck_add_literal(struct ll_buf *buf, struct ll_str text)
{
    add_quoted(buf, '\'', text);
}

/* A text of statements, and what to bind to them. */
struct script {
    struct ll_duck *duck;
    struct ll_str sql;
    const struct ll_param *params;
    size_t count;
    duckdb_extracted_statements statements;
    idx_t statement_count;
};

static enum ll_status script_init(struct script *script, struct ll_error *err)
{
    const struct ll_duck_api *api = script->duck->api;
    if (memchr(script->sql.len ? script->sql.ptr : "", '\0', script->sql.len))
        return ll_fail(err, LL_INVALID, 0, "the SQL holds a NUL character");
    struct ll_arena arena = {0};
    script->statement_count = api->extract_statements(
        script->duck->connection, ll_arena_cstr(&arena, script->sql), &script->statements);
    ll_arena_clear(&arena);
    const char *message =
        script->statements ? api->extract_statements_error(script->statements) : NULL;
    if (script->statement_count == 0 && message && *message)
        return ll_duck_fail(err, message);
    return LL_OK;
}

static void script_clear(struct script *script)
{
    if (script->statements)
        script->duck->api->destroy_extracted(&script->statements);
}

static enum ll_status prepare(struct script *script, idx_t index,
                              duckdb_prepared_statement *ret_statement, struct ll_error *err)
{
    const struct ll_duck_api *api = script->duck->api;
    duckdb_prepared_statement statement = NULL;
    enum ll_status status = LL_OK;
    if (api->prepare_extracted_statement(script->duck->connection, script->statements, index,
                                         &statement) != DuckDBSuccess)
        status = ll_duck_fail(err, statement ? api->prepare_error(statement) : NULL);
    else
        status = ll_duck_bind(api, statement, script->params, script->count, err);
    if (status != LL_OK)
        api->destroy_prepare(&statement);
    else
        *ret_statement = statement;
    return status;
}

/* Runs one statement whose rows nobody wants. */
static enum ll_status run(struct script *script, idx_t index, struct ll_error *err)
{
    const struct ll_duck_api *api = script->duck->api;
    duckdb_prepared_statement statement = NULL;
    enum ll_status status = prepare(script, index, &statement, err);
    if (status != LL_OK)
        return status;
    duckdb_result result = {0};
    if (api->execute_prepared(statement, &result) != DuckDBSuccess)
        status = ll_duck_fail(err, api->result_error(&result));
    api->destroy_result(&result);
    api->destroy_prepare(&statement);
    return status;
}

static enum ll_status run_range(struct script *script, idx_t end, struct ll_error *err)
{
    for (idx_t i = 0; i < end; i++) {
        enum ll_status status = run(script, i, err);
        if (status != LL_OK)
            return end > 1 ? ll_context(err, "statement %" PRIu64, i + 1) : status;
    }
    return LL_OK;
}

enum ll_status ll_duck_exec(struct ll_duck *duck, struct ll_str sql, const struct ll_param *params,
                            size_t count, struct ll_error *err)
{
    struct script script = {.duck = duck, .sql = sql, .params = params, .count = count};
    enum ll_status status = script_init(&script, err);
    if (status == LL_OK)
        status = run_range(&script, script.statement_count, err);
    script_clear(&script);
    return status;
}

enum ll_status ll_duck_clean_up(struct ll_duck *duck, struct ll_str sql, struct ll_error *err)
{
    enum ll_status status;
    do
        status = ll_duck_exec(duck, sql, NULL, 0, err);
    while (status == LL_CANCELLED);
    return status;
}

/* Starts a statement so that its rows come chunk by chunk. */
static enum ll_status start(const struct ll_duck_api *api, duckdb_prepared_statement statement,
                            duckdb_result *result, struct ll_error *err)
{
    duckdb_pending_result pending = NULL;
    enum ll_status status = LL_OK;
    if (api->pending_prepared_streaming(statement, &pending) != DuckDBSuccess)
        status = ll_duck_fail(err, pending ? api->pending_error(pending) : NULL);
    else if (api->execute_pending(pending, result) != DuckDBSuccess)
        status = ll_duck_fail(err, api->result_error(result));
    if (pending)
        api->destroy_pending(&pending);
    return status;
}

static enum ll_status drain(const struct ll_duck_api *api, duckdb_result *result,
                            struct ll_duck_reader *reader, const struct ll_duck_sink *sink,
                            struct ll_error *err)
{
    enum ll_status status = sink->begin(sink->context, reader, err);
    while (status == LL_OK) {
        duckdb_data_chunk chunk = api->fetch_chunk(*result);
        if (!chunk) {
            const char *message = api->result_error(result);
            return message && *message ? ll_duck_fail(err, message) : LL_OK;
        }
        status = sink->chunk(sink->context, reader, chunk, err);
        api->destroy_data_chunk(&chunk);
    }
    return status;
}

/* The text of a SELECT with its columns of other types (STRUCT, INTERVAL, …) cast to VARCHAR, since
 * only the engine knows how to write those. The statement becomes a subquery: by query(), which
 * takes comments and a closing semicolon but no parameters; else in parentheses. */
static void add_cast_select(struct ll_buf *buf, const struct script *script,
                            const struct ll_duck_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        ll_buf_printf(buf, "%s c%zu%s AS ", i > 0 ? "," : "SELECT", i,
                      ll_duck_reader_knows(reader, i) ? "" : "::VARCHAR");
        ll_duck_add_identifier(buf, ll_duck_reader_name(reader, i));
    }
    struct ll_str sql = ll_str_trim(script->sql);
    while (ll_str_ends_with(sql, LL_STR(";")))
        sql = ll_str_trim(ll_str_sub(sql, 0, sql.len - 1));
    if (script->count == 0) {
        ll_buf_add(buf, LL_STR(" FROM query("));
        ll_duck_add_literal(buf, sql);
        ll_buf_add(buf, LL_STR(") AS t("));
    } else {
        ll_buf_printf(buf, " FROM (\n%.*s\n) AS t(", LL_FMT(sql));
    }
    for (size_t i = 0; i < reader->count; i++)
        ll_buf_printf(buf, "%sc%zu", i > 0 ? ", " : "", i);
    ll_buf_add_char(buf, ')');
}

static enum ll_status run_last(struct script *script, const struct ll_duck_sink *sink,
                               bool may_cast, struct ll_error *err);

/* Runs the statement again, cast. Nothing has been read of the first run. */
static enum ll_status run_cast(struct script *script, const struct ll_duck_reader *reader,
                               const struct ll_duck_sink *sink, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    add_cast_select(&text, script, reader);
    struct script cast = {.duck = script->duck,
                          .sql = ll_buf_str(&text),
                          .params = script->params,
                          .count = script->count};
    enum ll_status status = script_init(&cast, err);
    if (status == LL_OK)
        status = run_last(&cast, sink, false, err);
    script_clear(&cast);
    return status;
}

/* The result of a statement that has run or begun to run. Counts of changed rows are no rows. */
static enum ll_status take_result(struct script *script, duckdb_result *result, bool may_cast,
                                  const struct ll_duck_sink *sink, struct ll_error *err)
{
    const struct ll_duck_api *api = script->duck->api;
    if (api->result_return_type(*result) != DUCKDB_RESULT_TYPE_QUERY_RESULT)
        return LL_OK;
    struct ll_duck_reader reader;
    enum ll_status status;
    size_t unknown = ll_duck_reader_init(&reader, api, result);
    if (unknown == reader.count) {
        status = drain(api, result, &reader, sink, err);
    } else if (may_cast) {
        api->destroy_result(result);
        *result = (duckdb_result){0};
        status = run_cast(script, &reader, sink, err);
    } else {
        status = ll_fail(err, LL_INVALID, 0,
                         "column %s is of a type that cannot be shown: cast it to VARCHAR",
                         ll_duck_reader_name(&reader, unknown));
    }
    ll_duck_reader_clear(&reader);
    return status;
}

static enum ll_status run_last(struct script *script, const struct ll_duck_sink *sink,
                               bool may_cast, struct ll_error *err)
{
    const struct ll_duck_api *api = script->duck->api;
    if (script->statement_count == 0)
        return ll_fail(err, LL_INVALID, 0, "there is no statement in the SQL");
    enum ll_status status = run_range(script, script->statement_count - 1, err);
    duckdb_prepared_statement statement = NULL;
    if (status == LL_OK)
        status = prepare(script, script->statement_count - 1, &statement, err);
    if (status != LL_OK)
        return status;
    may_cast = may_cast && script->statement_count == 1 &&
               api->prepared_statement_type(statement) == DUCKDB_STATEMENT_TYPE_SELECT;
    duckdb_result result = {0};
    status = start(api, statement, &result, err);
    if (status == LL_OK)
        status = take_result(script, &result, may_cast, sink, err);
    api->destroy_result(&result);
    api->destroy_prepare(&statement);
    return status;
}

enum ll_status ll_duck_drain(struct ll_duck *duck, struct ll_str sql, const struct ll_param *params,
                             size_t count, const struct ll_duck_sink *sink, struct ll_error *err)
{
    struct script script = {.duck = duck, .sql = sql, .params = params, .count = count};
    enum ll_status status = script_init(&script, err);
    if (status == LL_OK)
        status = run_last(&script, sink, true, err);
    script_clear(&script);
    return status;
}

/* --- results ---------------------------------------------------------------------------------- */

struct collect {
    struct ll_batch *batch;
    size_t max_rows;
};

static enum ll_status collect_begin(void *context, struct ll_duck_reader *reader,
                                    struct ll_error *err)
{
    struct collect *collect = context;
    return ll_duck_reader_columns(reader, collect->batch, err);
}

static enum ll_status collect_chunk(void *context, struct ll_duck_reader *reader,
                                    duckdb_data_chunk chunk, struct ll_error *err)
{
    struct collect *collect = context;
    ll_duck_reader_append(reader, chunk, collect->batch);
    if (collect->max_rows > 0 && collect->batch->row_count > collect->max_rows)
        return ll_fail(err, LL_LIMIT, 0, "the result has more than %zu rows", collect->max_rows);
    return LL_OK;
}

enum ll_status ll_duck_query_into(struct ll_duck *duck, struct ll_str sql,
                                  const struct ll_param *params, size_t count, size_t max_rows,
                                  struct ll_batch *batch, struct ll_error *err)
{
    struct collect collect = {.batch = batch, .max_rows = max_rows};
    const struct ll_duck_sink sink = {
        .begin = collect_begin, .chunk = collect_chunk, .context = &collect};
    return ll_duck_drain(duck, sql, params, count, &sink, err);
}

enum ll_status ll_duck_query(struct ll_duck *duck, struct ll_str sql, const struct ll_param *params,
                             size_t count, size_t max_rows, struct ll_batch *ret,
                             struct ll_error *err)
{
    struct ll_batch batch = {0};
    enum ll_status status = ll_duck_query_into(duck, sql, params, count, max_rows, &batch, err);
    if (status != LL_OK) {
        ll_batch_clear(&batch);
        return status;
    }
    ll_batch_clear(ret);
    *ret = batch;
    return LL_OK;
}

struct stream {
    struct ll_batch batch;
    ll_batch_fn *each;
    void *context;
};

static enum ll_status stream_begin(void *context, struct ll_duck_reader *reader,
                                   struct ll_error *err)
{
    struct stream *stream = context;
    enum ll_status status = ll_duck_reader_columns(reader, &stream->batch, err);
    return status == LL_OK ? stream->each(stream->context, &stream->batch, err) : status;
}

static enum ll_status stream_chunk(void *context, struct ll_duck_reader *reader,
                                   duckdb_data_chunk chunk, struct ll_error *err)
{
    struct stream *stream = context;
    ll_batch_reset(&stream->batch);
    ll_duck_reader_append(reader, chunk, &stream->batch);
    return stream->each(stream->context, &stream->batch, err);
}

enum ll_status ll_duck_stream(struct ll_duck *duck, struct ll_str sql,
                              const struct ll_param *params, size_t count, ll_batch_fn *each,
                              void *context, struct ll_error *err)
{
    struct stream stream = {.each = each, .context = context};
    const struct ll_duck_sink sink = {
        .begin = stream_begin, .chunk = stream_chunk, .context = &stream};
    enum ll_status status = ll_duck_drain(duck, sql, params, count, &sink, err);
    ll_batch_clear(&stream.batch);
    return status;
}
