#include "duck/duck.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "duck/duck_internal.h"

struct setting {
    const char *name;
    const char *value;
};

/* Everything a caller may choose, in the order DuckDB wants: no folder can be named once external
 * access is off. NULL values are left at DuckDB's default. */
static enum ll_status make_config(const struct ll_duck_api *api,
                                  const struct ll_duck_options *options, duckdb_config *ret_config,
                                  struct ll_error *err)
{
    char threads[32], memory[32], spill[32];
    snprintf(threads, sizeof(threads), "%d", options->threads);
    snprintf(memory, sizeof(memory), "%" PRId64 "B", options->memory_limit_bytes);
    snprintf(spill, sizeof(spill), "%" PRId64 "B", options->spill_limit_bytes);
    const struct setting settings[] = {
        {"access_mode", options->path && options->read_only ? "READ_ONLY" : NULL},
        {"threads", options->threads > 0 ? threads : NULL},
        {"memory_limit", options->memory_limit_bytes > 0 ? memory : NULL},
        {"temp_directory", options->spill_dir ? options->spill_dir : ""},
        {"max_temp_directory_size", options->spill_limit_bytes > 0 ? spill : NULL},
        {"preserve_insertion_order", "true"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"enable_external_access", options->external_access ? "true" : "false"},
    };
    duckdb_config config = NULL;
    if (api->create_config(&config) != DuckDBSuccess)
        return ll_fail(err, LL_LIMIT, 0, "DuckDB cannot make a configuration");
    for (size_t i = 0; i < LL_COUNT(settings); i++)
        if (settings[i].value &&
            api->set_config(config, settings[i].name, settings[i].value) != DuckDBSuccess) {
            api->destroy_config(&config);
            return ll_fail(err, LL_INVALID, 0, "DuckDB refuses %s = '%s'", settings[i].name,
                           settings[i].value);
        }
    *ret_config = config;
    return LL_OK;
}

static enum ll_status open_database(struct ll_duck *duck, const struct ll_duck_options *options,
                                    struct ll_error *err)
{
    const struct ll_duck_api *api = duck->api;
    duckdb_config config = NULL;
    enum ll_status status = make_config(api, options, &config, err);
    if (status != LL_OK)
        return status;
    char *message = NULL;
    /* By its real path: without external access the engine refuses the log beside a symbolic link.
     */
    if (api->open_ext(duck->claimed_path, &duck->database, config, &message) != DuckDBSuccess)
        status = ll_duck_fail(err, message);
    api->free(message);
    api->destroy_config(&config);
    if (status == LL_OK && api->connect(duck->database, &duck->connection) != DuckDBSuccess)
        status = ll_fail(err, LL_INVALID, 0, "DuckDB refuses a connection");
    return status;
}

/* What can be set only on a connection. Zones exist in queries alone, so casts are in UTC; with
 * external access off the configuration is closed to the SQL of users as well. */
static enum ll_status finish_config(struct ll_duck *duck, const struct ll_duck_options *options,
                                    struct ll_error *err)
{
    /* Of the database: ll_duck_connect makes more connections, which find it closed. */
    enum ll_status status = ll_duck_exec(duck, LL_STR("SET GLOBAL TimeZone = 'UTC'"), NULL, 0, err);
    if (status == LL_OK && !options->external_access)
        status = ll_duck_exec(duck, LL_STR("SET lock_configuration = true"), NULL, 0, err);
    return status;
}

enum ll_status ll_duck_open(const struct ll_duck_options *options, struct ll_duck **ret_duck,
                            struct ll_error *err)
{
    const struct ll_duck_api *api = NULL;
    enum ll_status status = ll_duck_api_load(&api, err);
    if (status != LL_OK)
        return status;
    struct ll_duck *duck = ll_xcalloc(1, sizeof(*duck));
    duck->api = api;
    duck->threads = options->threads;
    if (options->path)
        status = ll_duck_path_claim(options->path, &duck->claimed_path, err);
    if (status == LL_OK)
        status = open_database(duck, options, err);
    if (status == LL_OK)
        status = finish_config(duck, options, err);
    if (status != LL_OK) {
        ll_duck_close(duck);
        return options->path ? ll_context(err, "open %s", options->path) : status;
    }
    *ret_duck = duck;
    return LL_OK;
}

enum ll_status ll_duck_connect(const struct ll_duck *open, struct ll_duck **ret_duck,
                               struct ll_error *err)
{
    duckdb_connection connection = NULL;
    if (open->api->connect(open->database, &connection) != DuckDBSuccess)
        return ll_fail(err, LL_INVALID, 0, "DuckDB refuses a connection");
    struct ll_duck *duck = ll_xcalloc(1, sizeof(*duck));
    *duck = (struct ll_duck){.api = open->api, .connection = connection, .threads = open->threads};
    *ret_duck = duck;
    return LL_OK;
}

void ll_duck_close(struct ll_duck *duck)
{
    if (!duck)
        return;
    if (duck->connection)
        duck->api->disconnect(&duck->connection);
    if (duck->database)
        duck->api->close(&duck->database);
    ll_duck_path_release(duck->claimed_path);
    free(duck);
}

void ll_duck_interrupt(struct ll_duck *duck)
{
    duck->api->interrupt(duck->connection);
}

static enum ll_status set_threads(struct ll_duck *duck, int threads, struct ll_error *err)
{
    char sql[40];
    int length = threads > 0 ? snprintf(sql, sizeof(sql), "SET threads = %d", threads)
                             : snprintf(sql, sizeof(sql), "RESET threads");
    return ll_duck_clean_up(duck, (struct ll_str){sql, (size_t)length}, err);
}

enum ll_status ll_duck_one_thread(struct ll_duck *duck, struct ll_error *err)
{
    return duck->threads == 1 ? LL_OK : set_threads(duck, 1, err);
}

enum ll_status ll_duck_all_threads(struct ll_duck *duck, enum ll_status status,
                                   struct ll_error *err)
{
    struct ll_error own; /* of a database that just failed as a whole */
    if (duck->threads == 1 || set_threads(duck, duck->threads, &own) == LL_OK || status != LL_OK)
        return status;
    *err = own;
    return own.status;
}
