/* The store in memory: objects in an array sorted by key. Every change is durable at once, as far
 * as memory can be. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/store_internal.h"

struct object {
    char *key;
    char *data;
    size_t len;
    int64_t modified_ms;
};

struct mem_store {
    struct ll_store base;
    pthread_mutex_t mutex; /* guards everything below */
    struct object *objects;
    size_t count;
    size_t capacity;
    char *folder; /* of fetched files; NULL until the first fetch */
    uint64_t fetched;
};

static struct mem_store *mem_of(struct ll_store *store)
{
    return (struct mem_store *)store;
}

/* The first object whose key is not below `key`; *ret_found when it is the same. */
static size_t lower_bound(const struct mem_store *mem, const char *key, bool *ret_found)
{
    size_t low = 0;
    size_t high = mem->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(mem->objects[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < mem->count && strcmp(mem->objects[low].key, key) == 0;
    return low;
}

/* True when `key` lies below an object or is the folder of one: a file system has no such pair. */
static bool collides_with_folder(const struct mem_store *mem, const char *key)
{
    char path[LL_STORE_KEY_MAX + 2];
    bool found = false;
    for (const char *slash = strchr(key, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - key);
        memcpy(path, key, len);
        path[len] = '\0';
        (void)lower_bound(mem, path, &found);
        if (found)
            return true;
    }
    int len = snprintf(path, sizeof(path), "%s/", key);
    size_t at = lower_bound(mem, path, &found);
    return at < mem->count && strncmp(mem->objects[at].key, path, (size_t)len) == 0;
}

static void insert_at(struct mem_store *mem, size_t at, const char *key)
{
    if (mem->count == mem->capacity) {
        mem->capacity = mem->capacity == 0 ? 16 : mem->capacity * 2;
        mem->objects = ll_xrealloc(mem->objects, mem->capacity, sizeof(*mem->objects));
    }
    memmove(&mem->objects[at + 1], &mem->objects[at], (mem->count - at) * sizeof(*mem->objects));
    mem->objects[at] = (struct object){.key = ll_xstrdup(key)};
    mem->count++;
}

static enum ll_status mem_put(struct ll_store *store, const char *key, struct ll_str data,
                              enum ll_put_mode mode, struct ll_error *err)
{
    struct mem_store *mem = mem_of(store);
    pthread_mutex_lock(&mem->mutex);
    enum ll_status status = LL_OK;
    bool found = false;
    size_t at = lower_bound(mem, key, &found);
    if (found && mode == LL_PUT_IF_ABSENT) {
        status = ll_store_fail_exists(err, key);
    } else if (!found && collides_with_folder(mem, key)) {
        status = ll_store_fail_folder(err, key);
    } else {
        if (!found)
            insert_at(mem, at, key);
        struct object *object = &mem->objects[at];
        free(object->data);
        object->data = ll_xcalloc(data.len + 1, 1);
        if (data.len > 0)
            memcpy(object->data, data.ptr, data.len);
        object->len = data.len;
        struct ll_clock *clock = ll_clock_system();
        object->modified_ms = clock->now_ms(clock);
    }
    pthread_mutex_unlock(&mem->mutex);
    return status;
}

static enum ll_status mem_put_file(struct ll_store *store, const char *key, const char *path,
                                   enum ll_put_mode mode, struct ll_error *err)
{
    int64_t size_bytes = 0;
    int fd = -1;
    enum ll_status status = ll_store_open_source(path, &fd, &size_bytes, err);
    if (status != LL_OK)
        return status;
    /* The caller's own finished file: its size is no surprise, so no bound but its own. */
    struct ll_buf bytes = {.max_bytes = (size_t)size_bytes + 1};
    status = ll_store_read_all(fd, size_bytes, &bytes, path, err);
    close(fd);
    if (status == LL_OK)
        status = mem_put(store, key, ll_buf_str(&bytes), mode, err);
    ll_buf_clear(&bytes);
    return status;
}

static enum ll_status mem_get(struct ll_store *store, const char *key, struct ll_buf *out,
                              struct ll_error *err)
{
    struct mem_store *mem = mem_of(store);
    pthread_mutex_lock(&mem->mutex);
    bool found = false;
    size_t at = lower_bound(mem, key, &found);
    enum ll_status status = LL_OK;
    if (!found)
        status = ll_store_fail_absent(err, key);
    else if (mem->objects[at].len > 0)
        status =
            ll_buf_append(out, (struct ll_str){mem->objects[at].data, mem->objects[at].len}, err);
    pthread_mutex_unlock(&mem->mutex);
    return status;
}

static enum ll_status mem_head(struct ll_store *store, const char *key,
                               struct ll_object_info *ret_info, struct ll_error *err)
{
    struct mem_store *mem = mem_of(store);
    pthread_mutex_lock(&mem->mutex);
    bool found = false;
    size_t at = lower_bound(mem, key, &found);
    if (found) {
        ret_info->size_bytes = (int64_t)mem->objects[at].len;
        ret_info->modified_ms = mem->objects[at].modified_ms;
    }
    pthread_mutex_unlock(&mem->mutex);
    return found ? LL_OK : ll_store_fail_absent(err, key);
}

/* A new empty file for a fetched object, in a folder of this store's own. */
static int fetched_file_open(struct mem_store *mem, char **ret_path)
{
    char folder[] = P_tmpdir "/livelake-mem-XXXXXX";
    char path[sizeof(folder) + 32];

    pthread_mutex_lock(&mem->mutex);
    if (mem->folder == NULL && mkdtemp(folder) != NULL)
        mem->folder = ll_xstrdup(folder);
    bool ready = mem->folder != NULL;
    if (ready)
        (void)snprintf(path, sizeof(path), "%s/%llu", mem->folder,
                       (unsigned long long)++mem->fetched);
    pthread_mutex_unlock(&mem->mutex);
    if (!ready)
        return -1;

    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        *ret_path = ll_xstrdup(path);
    return fd;
}

static enum ll_status mem_fetch(struct ll_store *store, const char *key,
                                struct ll_store_file *ret_file, struct ll_error *err)
{
    struct ll_buf bytes = {.max_bytes = SIZE_MAX / 2};
    struct ll_store_file file = {.temporary = true};
    enum ll_status status = mem_get(store, key, &bytes, err);
    if (status != LL_OK)
        goto done;
    int fd = fetched_file_open(mem_of(store), &file.path);
    if (fd < 0) {
        status = ll_fail_errno(err, errno, "make a file for %s", key);
        goto done;
    }
    int failed = ll_store_write_all(fd, ll_buf_str(&bytes));
    if (close(fd) != 0 && failed == 0)
        failed = errno;
    if (failed != 0) {
        status = ll_fail_errno(err, failed, "write %s for %s", file.path, key);
        ll_store_file_clear(&file);
        goto done;
    }
    *ret_file = file;
done:
    ll_buf_clear(&bytes);
    return status;
}

/* Copies the first key at or behind `from` (behind only, unless `inclusive`) to `key`. */
static bool next_object(struct mem_store *mem, char key[static LL_STORE_KEY_MAX + 1],
                        bool inclusive, struct ll_object_info *ret_info)
{
    pthread_mutex_lock(&mem->mutex);
    bool found = false;
    size_t at = lower_bound(mem, key, &found);
    if (found && !inclusive)
        at++;
    bool any = at < mem->count;
    if (any) {
        const struct object *object = &mem->objects[at];
        memcpy(key, object->key, strlen(object->key) + 1);
        *ret_info = (struct ll_object_info){.key = ll_str_of(key),
                                            .size_bytes = (int64_t)object->len,
                                            .modified_ms = object->modified_ms};
    }
    pthread_mutex_unlock(&mem->mutex);
    return any;
}

/* One step of the cursor at a time, so that the callback runs unlocked and may read the store. */
static enum ll_status mem_list(struct ll_store *store, const char *prefix, ll_store_list_fn *each,
                               void *context, struct ll_error *err)
{
    char key[LL_STORE_KEY_MAX + 1];
    memcpy(key, prefix, strlen(prefix) + 1);
    struct ll_object_info info = {0};
    for (bool first = true; next_object(mem_of(store), key, first, &info); first = false) {
        if (!ll_str_starts_with(info.key, ll_str_of(prefix)))
            break;
        enum ll_status status = each(context, &info, err);
        if (status != LL_OK)
            return status;
    }
    return LL_OK;
}

static void object_clear(struct object *object)
{
    free(object->key);
    free(object->data);
}

static enum ll_status mem_remove(struct ll_store *store, const char *key, struct ll_error *err)
{
    (void)err;
    struct mem_store *mem = mem_of(store);
    pthread_mutex_lock(&mem->mutex);
    bool found = false;
    size_t at = lower_bound(mem, key, &found);
    if (found) {
        object_clear(&mem->objects[at]);
        mem->count--;
        memmove(&mem->objects[at], &mem->objects[at + 1],
                (mem->count - at) * sizeof(*mem->objects));
    }
    pthread_mutex_unlock(&mem->mutex);
    return LL_OK;
}

static enum ll_status mem_sync(struct ll_store *store, struct ll_error *err)
{
    (void)store;
    (void)err;
    return LL_OK;
}

static void mem_free(struct ll_store *store)
{
    struct mem_store *mem = mem_of(store);
    for (size_t i = 0; i < mem->count; i++)
        object_clear(&mem->objects[i]);
    free(mem->objects);
    if (mem->folder != NULL)
        (void)rmdir(mem->folder);
    free(mem->folder);
    pthread_mutex_destroy(&mem->mutex);
    free(mem);
}

static const struct ll_store_ops MEM_OPS = {
    .name = "mem",
    .put = mem_put,
    .put_file = mem_put_file,
    .get = mem_get,
    .fetch = mem_fetch,
    .head = mem_head,
    .list = mem_list,
    .remove = mem_remove,
    .sync = mem_sync,
    .free = mem_free,
};

struct ll_store *ll_store_mem_new(void)
{
    struct mem_store *mem = ll_xcalloc(1, sizeof(*mem));
    mem->base.ops = &MEM_OPS;
    pthread_mutex_init(&mem->mutex, NULL);
    return &mem->base;
}
