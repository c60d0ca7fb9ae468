#include "support/temp_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"

char *temp_folder_new(void)
{
    const char *below = getenv("TMPDIR");
    char path[1024];
    int len = snprintf(path, sizeof(path), "%s/livelake-test-XXXXXX", below ? below : "/tmp");
    if (len < 0 || (size_t)len >= sizeof(path) || mkdtemp(path) == NULL) {
        perror("temp_folder_new");
        abort();
    }
    return ll_xstrdup(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

void temp_folder_free(char *path)
{
    if (path != NULL && nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        perror(path);
    free(path);
}

static char *group_folder;

int temp_folder_open(void **state)
{
    (void)state;
    group_folder = temp_folder_new();
    return 0;
}

int temp_folder_close(void **state)
{
    (void)state;
    temp_folder_free(group_folder);
    group_folder = NULL;
    return 0;
}

const char *temp_folder_path(const char *name)
{
    static char paths[4][4096];
    static size_t next;
    char *path = paths[next++ % (sizeof(paths) / sizeof(paths[0]))];
    snprintf(path, sizeof(paths[0]), "%s/%s", group_folder, name);
    return path;
}
