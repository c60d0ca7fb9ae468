/* The local store's parts: walking folders, listing, and the set of unsynced paths. */
#ifndef LL_STORE_LOCAL_INTERNAL_H
#define LL_STORE_LOCAL_INTERNAL_H

#include "store/store.h"

#define LL_LOCAL_TEMP ".tmp"
#define LL_LOCAL_LEFTOVER_MS (24 * 60 * 60 * 1000)

/* Descriptors without following links, or -1 with errno. `name` is one part of a path. */
int ll_local_open_folder(int parent, const char *name, bool create);
/* The folder that holds the last part of `key` (or of a prefix); *ret_leaf points at that part. */
int ll_local_open_parent(int root, const char *key, bool create, const char **ret_leaf);
/* A file or folder, for reading; "" is the root itself. */
int ll_local_open_path(int root, const char *path);
/* fsync, with its retries; 0 or an errno. */
int ll_local_sync_fd(int fd) LL_MUST_CHECK;

struct ll_local_listing {
    int root_fd;
    const char *prefix;
    ll_store_list_fn *each;
    void *context;
};
enum ll_status ll_local_list(const struct ll_local_listing *listing,
                             struct ll_error *err) LL_MUST_CHECK;

bool ll_local_folder_is_empty(int folder);
/* Removes the files of `folder` that were modified before `epoch_ms`, as far as it can. */
void ll_local_remove_older(int folder, int64_t epoch_ms);

#define LL_DIRTY_MAX 256

/* Paths changed since the last sync, with all their folders up to the root: another thread or
 * process may have made a folder and not have synced it. Beyond LL_DIRTY_MAX only the fact is kept,
 * and a sync is one of the whole file system. {0} is empty. */
struct ll_dirty {
    char *paths[LL_DIRTY_MAX];
    size_t count;
    bool everything;
};
void ll_dirty_add_key(struct ll_dirty *dirty, const char *key);
void ll_dirty_merge(struct ll_dirty *into, const struct ll_dirty *from);
/* 0 or an errno. *ret_lost: the disk refused, so that asking again proves nothing (the kernel
 * reports a failed write-back once and may drop the pages); else nothing was lost. */
int ll_dirty_sync(const struct ll_dirty *dirty, int root, bool *ret_lost) LL_MUST_CHECK;
void ll_dirty_clear(struct ll_dirty *dirty);

#endif
