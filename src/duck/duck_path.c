#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "duck/duck_internal.h"

/* Process-wide by nature: it guards against two handles that know nothing of each other. */
static struct {
    pthread_mutex_t mutex;
    char **paths;
    size_t count;
} open_files = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The real path of a file that may not exist yet: that of its folder, and its name. */
static enum ll_status resolve(const char *path, char **ret_real, struct ll_error *err)
{
    char *real = realpath(path, NULL);
    if (real) {
        *ret_real = real;
        return LL_OK;
    }
    if (errno != ENOENT)
        return ll_fail_errno(err, errno, "%s", path);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    assert(folder);
    char *real_folder = realpath(folder, NULL);
    int saved_errno = errno;
    free(folder);
    if (!real_folder)
        return ll_fail(err, saved_errno == ENOENT ? LL_NOT_FOUND : LL_IO, saved_errno,
                       "the folder of %s: %s", path, strerrordesc_np(saved_errno));
    size_t size = strlen(real_folder) + strlen(name) + 2;
    real = ll_xcalloc(size, 1);
    snprintf(real, size, "%s/%s", real_folder, name);
    free(real_folder);
    *ret_real = real;
    return LL_OK;
}

enum ll_status ll_duck_path_claim(const char *path, char **ret_claim, struct ll_error *err)
{
    char *real = NULL;
    enum ll_status status = resolve(path, &real, err);
    if (status != LL_OK)
        return status;
    pthread_mutex_lock(&open_files.mutex);
    for (size_t i = 0; i < open_files.count && status == LL_OK; i++)
        if (strcmp(open_files.paths[i], real) == 0)
            status = ll_fail(err, LL_CONFLICT, 0, "%s is already open in this process", path);
    if (status == LL_OK) {
        open_files.paths =
            ll_xrealloc(open_files.paths, open_files.count + 1, sizeof(*open_files.paths));
        open_files.paths[open_files.count++] = real;
    }
    pthread_mutex_unlock(&open_files.mutex);
    if (status != LL_OK) {
        free(real);
        return status;
    }
    *ret_claim = real;
    return LL_OK;
}

void ll_duck_path_release(char *claim)
{
    if (!claim)
        return;
    pthread_mutex_lock(&open_files.mutex);
    size_t i = 0;
    while (i < open_files.count && open_files.paths[i] != claim)
        i++;
    assert(i < open_files.count);
    open_files.paths[i] = open_files.paths[--open_files.count];
    if (open_files.count == 0) {
        free(open_files.paths);
        open_files.paths = NULL;
    }
    pthread_mutex_unlock(&open_files.mutex);
    free(claim);
}
