#include "store/local_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

static void add_path(struct ll_dirty *dirty, const char *path, size_t len)
{
    if (dirty->everything)
        return;
    for (size_t i = 0; i < dirty->count; i++)
        if (strncmp(dirty->paths[i], path, len) == 0 && dirty->paths[i][len] == '\0')
            return;
    if (dirty->count == LL_DIRTY_MAX) {
        ll_dirty_clear(dirty);
        dirty->everything = true;
        return;
    }
    char *copy = ll_xcalloc(len + 1, 1);
    memcpy(copy, path, len);
    dirty->paths[dirty->count++] = copy;
}

void ll_dirty_add_key(struct ll_dirty *dirty, const char *key)
{
    /* Files before their folders: less of a window for names without bytes. */
    add_path(dirty, key, strlen(key));
    for (size_t len = strlen(key); len > 0; len--)
        if (key[len] == '/')
            add_path(dirty, key, len);
    add_path(dirty, "", 0);
}

void ll_dirty_merge(struct ll_dirty *into, const struct ll_dirty *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_path(into, from->paths[i], strlen(from->paths[i]));
    if (from->everything) {
        ll_dirty_clear(into);
        into->everything = true;
    }
}

int ll_local_sync_fd(int fd)
{
    int result;
    do {
        result = fsync(fd);
    } while (result != 0 && errno == EINTR);
    /* EINVAL: this file system cannot sync a folder by itself. */
    if (result != 0 && errno == EINVAL)
        result = syncfs(fd);
    return result == 0 ? 0 : errno;
}

static int sync_path(const char *path, int root, bool *ret_lost)
{
    int fd = ll_local_open_path(root, path);
    if (fd < 0) /* removed since, or replaced by something that is not ours */
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : errno;
    int failed = ll_local_sync_fd(fd);
    *ret_lost = failed != 0;
    close(fd);
    return failed;
}

int ll_dirty_sync(const struct ll_dirty *dirty, int root, bool *ret_lost)
{
    *ret_lost = false;
    if (dirty->everything) {
        int failed = syncfs(root) == 0 ? 0 : errno;
        *ret_lost = failed != 0;
        return failed;
    }
    int failed = 0;
    for (size_t i = 0; i < dirty->count && failed == 0; i++)
        failed = sync_path(dirty->paths[i], root, ret_lost);
    return failed;
}

void ll_dirty_clear(struct ll_dirty *dirty)
{
    for (size_t i = 0; i < dirty->count; i++)
        free(dirty->paths[i]);
    *dirty = (struct ll_dirty){0};
}
