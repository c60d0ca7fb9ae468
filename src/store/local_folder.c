#include "store/local_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

int ll_local_open_folder(int parent, const char *name, bool create)
{
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    if (mkdirat(parent, name, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, flags);
}

static void close_keeping_errno(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

int ll_local_open_parent(int root, const char *key, bool create, const char **ret_leaf)
{
    int folder = ll_local_open_folder(root, ".", false);
    const char *part = key;
    for (const char *slash = strchr(part, '/'); folder >= 0 && slash != NULL;
         slash = strchr(part, '/')) {
        char name[LL_STORE_PART_MAX + 1];
        size_t len = (size_t)(slash - part);
        memcpy(name, part, len);
        name[len] = '\0';
        int next = ll_local_open_folder(folder, name, create);
        close_keeping_errno(folder);
        folder = next;
        part = slash + 1;
    }
    *ret_leaf = part;
    return folder;
}

int ll_local_open_path(int root, const char *path)
{
    const char *leaf = NULL;
    int folder = ll_local_open_parent(root, path, false, &leaf);
    if (folder < 0)
        return -1;
    /* O_NONBLOCK: somebody may have put a FIFO there. */
    int fd =
        openat(folder, *leaf == '\0' ? "." : leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close_keeping_errno(folder);
    return fd;
}

/* The names of one folder; those of folders end in '/', so that plain comparison puts "a-b" before
 * "a/c", as whole keys compare. */
struct names {
    struct ll_arena arena;
    const char **items;
    size_t count;
    size_t capacity;
};

static void names_clear(struct names *names)
{
    ll_arena_clear(&names->arena);
    free(names->items);
}

static void names_add(struct names *names, const char *name, bool folder)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity == 0 ? 64 : names->capacity * 2;
        names->items = ll_xrealloc(names->items, names->capacity, sizeof(*names->items));
    }
    names->items[names->count++] =
        ll_arena_printf(&names->arena, "%s%s", name, folder ? "/" : "").ptr;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One folder on the way down: the key so far, "" or with a '/' at its end. */
struct level {
    const struct ll_local_listing *listing;
    const char *key;
    size_t key_len;
};

static unsigned char type_of(int folder, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
}

/* Files that no put could have made (".tmp", "my notes.txt", …) are no objects. */
static bool names_read(struct names *names, DIR *dir, const struct level *level)
{
    const char *prefix = level->listing->prefix;
    const char *wanted = strlen(prefix) > level->key_len ? prefix + level->key_len : "";
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            break;
        if (strncmp(entry->d_name, wanted, strlen(wanted)) != 0 ||
            !ll_store_key_valid(entry->d_name) ||
            level->key_len + strlen(entry->d_name) > LL_STORE_KEY_MAX)
            continue;
        unsigned char type = type_of(dirfd(dir), entry);
        if (type == DT_DIR || type == DT_REG)
            names_add(names, entry->d_name, type == DT_DIR);
    }
    if (errno != 0)
        return false;
    if (names->count > 0)
        qsort(names->items, names->count, sizeof(*names->items), compare_names);
    return true;
}

static enum ll_status list_file(const struct level *level, int folder, const char *name,
                                const char *key, struct ll_error *err)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? LL_OK : ll_fail_errno(err, errno, "look at %s", key);
    if (!S_ISREG(st.st_mode)) /* replaced since it was read */
        return LL_OK;
    const struct ll_object_info info = {.key = ll_str_of(key),
                                        .size_bytes = (int64_t)st.st_size,
                                        .modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 +
                                                       st.st_mtim.tv_nsec / 1000000};
    return level->listing->each(level->listing->context, &info, err);
}

static enum ll_status list_folder(const struct level *level, int fd, struct ll_error *err);

/* `name` as in names: a folder's ends in '/'. Depth is bounded by the length of a key. */
static enum ll_status list_name(const struct level *level, int folder, const char *name,
                                struct ll_error *err)
{
    char key[LL_STORE_KEY_MAX + 2];
    size_t len = strlen(name);
    memcpy(key, level->key, level->key_len);
    memcpy(key + level->key_len, name, len + 1);
    if (name[len - 1] != '/')
        return list_file(level, folder, name, key, err);

    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? LL_OK
                                                   : ll_fail_errno(err, errno, "list %s", key);
    const struct level below = {level->listing, key, level->key_len + len};
    return list_folder(&below, fd, err);
}

/* Closes fd. */
static enum ll_status list_folder(const struct level *level, int fd, struct ll_error *err)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int failed = errno;
        close(fd);
        return ll_fail_errno(err, failed, "list %.*s", (int)level->key_len, level->key);
    }
    struct names names = {0};
    enum ll_status status = LL_OK;
    if (!names_read(&names, dir, level))
        status = ll_fail_errno(err, errno, "list %.*s", (int)level->key_len, level->key);
    for (size_t i = 0; i < names.count && status == LL_OK; i++)
        status = list_name(level, dirfd(dir), names.items[i], err);
    names_clear(&names);
    closedir(dir);
    return status;
}

enum ll_status ll_local_list(const struct ll_local_listing *listing, struct ll_error *err)
{
    const char *leaf = NULL;
    int folder = ll_local_open_parent(listing->root_fd, listing->prefix, false, &leaf);
    int fd = -1;
    if (folder >= 0) {
        fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close_keeping_errno(folder);
    }
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? LL_OK
                   : ll_fail_errno(err, errno, "list %s", listing->prefix);
    const struct level top = {listing, listing->prefix, (size_t)(leaf - listing->prefix)};
    return list_folder(&top, fd, err);
}

bool ll_local_folder_is_empty(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return true;
    }
    size_t entries = 0;
    while (entries <= 2 && readdir(dir) != NULL)
        entries++;
    closedir(dir);
    return entries <= 2; /* "." and ".." */
}

void ll_local_remove_older(int folder, int64_t epoch_ms)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct stat st;
        if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            (int64_t)st.st_mtim.tv_sec * 1000 < epoch_ms)
            (void)unlinkat(folder, entry->d_name, 0);
    }
    closedir(dir);
}
