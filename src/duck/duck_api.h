/* The DuckDB functions we use, resolved once from the loaded library (private to duck). */
#ifndef LL_DUCK_DUCK_API_H
#define LL_DUCK_DUCK_API_H

#include <duckdb.h>

#include "base/err.h"

/* X(name): duckdb_<name> becomes the member <name> of struct ll_duck_api. */
#define DUCK_FUNCTIONS(X)                                                                          \
    /* database */                                                                                 \
    X(library_version)                                                                             \
    X(create_config)                                                                               \
    X(set_config)                                                                                  \
    X(destroy_config)                                                                              \
    X(open_ext)                                                                                    \
    X(close)                                                                                       \
    X(connect)                                                                                     \
    X(disconnect)                                                                                  \
    X(interrupt)                                                                                   \
    X(free)                                                                                        \
    /* statements */                                                                               \
    X(extract_statements)                                                                          \
    X(extract_statements_error)                                                                    \
    X(destroy_extracted)                                                                           \
    X(prepare_extracted_statement)                                                                 \
    X(prepare_error)                                                                               \
    X(prepared_statement_type)                                                                     \
    X(destroy_prepare)                                                                             \
    X(execute_prepared)                                                                            \
    X(pending_prepared_streaming)                                                                  \
    X(pending_error)                                                                               \
    X(execute_pending)                                                                             \
    X(destroy_pending)                                                                             \
    /* parameters */                                                                               \
    X(nparams)                                                                                     \
    X(parameter_name)                                                                              \
    X(bind_null)                                                                                   \
    X(bind_boolean)                                                                                \
    X(bind_int64)                                                                                  \
    X(bind_double)                                                                                 \
    X(bind_varchar_length)                                                                         \
    X(bind_value)                                                                                  \
    X(create_int64)                                                                                \
    X(create_varchar_length)                                                                       \
    X(create_list_value)                                                                           \
    X(destroy_value)                                                                               \
    /* results */                                                                                  \
    X(result_error)                                                                                \
    X(result_return_type)                                                                          \
    X(destroy_result)                                                                              \
    X(column_count)                                                                                \
    X(column_name)                                                                                 \
    X(column_logical_type)                                                                         \
    X(fetch_chunk)                                                                                 \
    /* types, chunks and vectors */                                                                \
    X(create_logical_type)                                                                         \
    X(create_list_type)                                                                            \
    X(destroy_logical_type)                                                                        \
    X(get_type_id)                                                                                 \
    X(list_type_child_type)                                                                        \
    X(decimal_scale)                                                                               \
    X(decimal_internal_type)                                                                       \
    X(vector_size)                                                                                 \
    X(create_data_chunk)                                                                           \
    X(destroy_data_chunk)                                                                          \
    X(data_chunk_reset)                                                                            \
    X(data_chunk_get_vector)                                                                       \
    X(data_chunk_get_size)                                                                         \
    X(data_chunk_set_size)                                                                         \
    X(vector_get_data)                                                                             \
    X(vector_get_validity)                                                                         \
    X(vector_ensure_validity_writable)                                                             \
    X(vector_assign_string_element_len)                                                            \
    X(list_vector_get_child)                                                                       \
    X(list_vector_set_size)                                                                        \
    X(list_vector_reserve)                                                                         \
    /* appender */                                                                                 \
    X(appender_create)                                                                             \
    X(appender_add_column)                                                                         \
    X(append_data_chunk)                                                                           \
    X(appender_close)                                                                              \
    X(appender_destroy)                                                                            \
    X(appender_error_data)                                                                         \
    X(error_data_message)                                                                          \
    X(error_data_error_type)                                                                       \
    X(destroy_error_data)

struct ll_duck_api {
#define DUCK_MEMBER(name) __typeof__(duckdb_##name) *name;
    DUCK_FUNCTIONS(DUCK_MEMBER)
#undef DUCK_MEMBER
};

/* Loads the library on the first call. LL_UNSUPPORTED, the same on each call, when it cannot. */
enum ll_status ll_duck_api_load(const struct ll_duck_api **ret_api,
                                struct ll_error *err) LL_MUST_CHECK;

#endif
