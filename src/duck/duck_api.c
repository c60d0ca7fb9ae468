#include "duck/duck_api.h"

#include <assert.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "duck/duck.h"

/* What a process loads once and keeps: code is never unloaded, since DuckDB's threads may outlive
 * the last handle. */
static struct {
    pthread_once_t once;
    char *chosen_path; /* ll_duck_set_library */
    bool loaded;
    struct ll_duck_api api;
    struct ll_error err;
} library = {.once = PTHREAD_ONCE_INIT};

void ll_duck_set_library(const char *path)
{
    free(library.chosen_path);
    library.chosen_path = path && *path ? ll_xstrdup(path) : NULL;
}

const char *ll_duck_library(void)
{
    return library.chosen_path != NULL ? library.chosen_path : "";
}

/* Resolves every function of the table, or says which is missing. */
static bool resolve(void *handle, struct ll_duck_api *ret_api, const char **ret_missing)
{
    struct ll_duck_api api;
    static const struct {
        const char *symbol;
        size_t offset;
    } functions[] = {
#define DUCK_ROW(name) {"duckdb_" #name, offsetof(struct ll_duck_api, name)},
        DUCK_FUNCTIONS(DUCK_ROW)
#undef DUCK_ROW
    };
    for (size_t i = 0; i < LL_COUNT(functions); i++) {
        void *symbol = dlsym(handle, functions[i].symbol);
        if (!symbol) {
            *ret_missing = functions[i].symbol;
            return false;
        }
        memcpy((char *)&api + functions[i].offset, &symbol, sizeof(symbol));
    }
    *ret_api = api;
    return true;
}

static bool try_library(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *reason = dlerror();
        ll_fail(&library.err, LL_UNSUPPORTED, 0,
                "DuckDB cannot be loaded (%s): install libduckdb.so 1.5 beside the program in "
                "../lib or in the system, or set LIVELAKE_DUCKDB to its path",
                reason ? reason : path);
        return false;
    }
    const char *missing = NULL;
    if (!resolve(handle, &library.api, &missing)) {
        ll_fail(&library.err, LL_UNSUPPORTED, 0,
                "%s has no function %s: install libduckdb.so 1.5, or set LIVELAKE_DUCKDB to its "
                "path",
                path, missing);
        dlclose(handle);
        return false;
    }
    return true;
}

/* libduckdb.so in ../lib/livelake or ../lib of the program's folder, if there is one. */
static bool beside_program(char *ret_path, size_t size)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length <= 0)
        return false;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash)
        return false;
    *slash = '\0';
    static const char *const folders[] = {"lib/livelake", "lib"}; /* the first by `make install` */
    for (size_t i = 0; i < LL_COUNT(folders); i++) {
        int written = snprintf(ret_path, size, "%s/../%s/libduckdb.so", program, folders[i]);
        if (written > 0 && (size_t)written < size && access(ret_path, R_OK) == 0)
            return true;
    }
    return false;
}

static void load(void)
{
    if (library.chosen_path) {
        library.loaded = try_library(library.chosen_path);
        return;
    }
    char beside[PATH_MAX];
    if (beside_program(beside, sizeof(beside)) && try_library(beside)) {
        library.loaded = true;
        return;
    }
    if (access(LL_DUCKDB_LIBRARY, R_OK) == 0 && try_library(LL_DUCKDB_LIBRARY)) {
        library.loaded = true;
        return;
    }
    library.loaded = try_library("libduckdb.so");
}

enum ll_status ll_duck_api_load(const struct ll_duck_api **ret_api, struct ll_error *err)
{
    int once = pthread_once(&library.once, load);
    assert(once == 0);
    (void)once;
    if (!library.loaded) {
        *err = library.err;
        return err->status;
    }
    *ret_api = &library.api;
    return LL_OK;
}

const char *ll_duck_version(void)
{
    const struct ll_duck_api *api = NULL;
    struct ll_error err;
    if (ll_duck_api_load(&api, &err) != LL_OK)
        return NULL;
    return api->library_version();
}
