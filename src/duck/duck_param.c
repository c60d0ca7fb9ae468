#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "duck/duck_internal.h"

struct ll_param ll_param_null(const char *name)
{
    return (struct ll_param){.name = name, .kind = LL_PARAM_NULL};
}

struct ll_param ll_param_bool(const char *name, bool value)
{
    return (struct ll_param){.name = name, .kind = LL_PARAM_BOOL, .i64 = value};
}

struct ll_param ll_param_i64(const char *name, int64_t value)
{
    return (struct ll_param){.name = name, .kind = LL_PARAM_I64, .i64 = value};
}

struct ll_param ll_param_f64(const char *name, double value)
{
    return (struct ll_param){.name = name, .kind = LL_PARAM_F64, .f64 = value};
}

struct ll_param ll_param_text(const char *name, struct ll_str value)
{
    return (struct ll_param){.name = name, .kind = LL_PARAM_TEXT, .text = value};
}

struct ll_param ll_param_text_list(const char *name, const struct ll_str *values, size_t count)
{
    return (struct ll_param){
        .name = name, .kind = LL_PARAM_TEXT_LIST, .texts = values, .count = count};
}

struct ll_param ll_param_i64_list(const char *name, const int64_t *values, size_t count)
{
    return (struct ll_param){
        .name = name, .kind = LL_PARAM_I64_LIST, .i64s = values, .count = count};
}

static duckdb_state bind_list(const struct ll_duck_api *api, duckdb_prepared_statement statement,
                              idx_t index, const struct ll_param *param)
{
    bool text = param->kind == LL_PARAM_TEXT_LIST;
    duckdb_value *values = ll_xcalloc(param->count + 1, sizeof(*values));
    for (size_t i = 0; i < param->count; i++)
        values[i] = text ? api->create_varchar_length(
                               param->texts[i].len ? param->texts[i].ptr : "", param->texts[i].len)
                         : api->create_int64(param->i64s[i]);
    duckdb_logical_type type =
        api->create_logical_type(text ? DUCKDB_TYPE_VARCHAR : DUCKDB_TYPE_BIGINT);
    duckdb_value list = api->create_list_value(type, values, param->count);
    duckdb_state state = list ? api->bind_value(statement, index, list) : DuckDBError;
    if (list)
        api->destroy_value(&list);
    api->destroy_logical_type(&type);
    for (size_t i = 0; i < param->count; i++)
        if (values[i])
            api->destroy_value(&values[i]);
    free(values);
    return state;
}

static duckdb_state bind_one(const struct ll_duck_api *api, duckdb_prepared_statement statement,
                             idx_t index, const struct ll_param *param)
{
    switch (param->kind) {
    case LL_PARAM_NULL:
        return api->bind_null(statement, index);
    case LL_PARAM_BOOL:
        return api->bind_boolean(statement, index, param->i64 != 0);
    case LL_PARAM_I64:
        return api->bind_int64(statement, index, param->i64);
    case LL_PARAM_F64:
        return api->bind_double(statement, index, param->f64);
    case LL_PARAM_TEXT:
        return api->bind_varchar_length(statement, index, param->text.len ? param->text.ptr : "",
                                        param->text.len);
    case LL_PARAM_TEXT_LIST:
    case LL_PARAM_I64_LIST:
        return bind_list(api, statement, index, param);
    }
    assert(!"a kind of parameter");
    return DuckDBError;
}

static const struct ll_param *find(const char *name, const struct ll_param *params, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(params[i].name, name) == 0)
            return &params[i];
    return NULL;
}

enum ll_status ll_duck_bind(const struct ll_duck_api *api, duckdb_prepared_statement statement,
                            const struct ll_param *params, size_t count, struct ll_error *err)
{
    enum ll_status status = LL_OK;
    idx_t named = api->nparams(statement);
    for (idx_t i = 1; i <= named && status == LL_OK; i++) {
        const char *name = api->parameter_name(statement, i);
        const struct ll_param *param = name ? find(name, params, count) : NULL;
        if (!param)
            status = ll_fail(err, LL_INVALID, 0, "no value was given for the parameter $%s",
                             name ? name : "?");
        else if (bind_one(api, statement, i, param) != DuckDBSuccess)
            status =
                ll_fail(err, LL_INVALID, 0,
                        "the value of the parameter $%s is refused (text must be UTF-8)", name);
        union {
            const char *text;
            void *memory;
        } owned = {.text = name}; /* ours to free, though declared const */
        api->free(owned.memory);
    }
    return status;
}
