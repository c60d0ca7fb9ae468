/* What the files of backups share. */
#ifndef LL_LAKE_BACKUP_INTERNAL_H
#define LL_LAKE_BACKUP_INTERNAL_H

#include "lake/backup.h"

#define LL_BACKUP_SECRET ".secret" /* the one path that is no key of a store */

struct ll_backup_file {
    struct ll_str path; /* in the lake */
    int64_t size_bytes; /* -1 = not known yet */
    struct ll_sha256_text sha256;
};

/* The list of one backup. */
struct ll_backup {
    struct ll_arena arena; /* owns the paths */
    int lake_schema;
    struct ll_backup_file *files;
    size_t count, capacity;
    int64_t damaged;
};

struct ll_backup_file *ll_backup_add(struct ll_backup *backup, struct ll_str path);
void ll_backup_clear(struct ll_backup *backup);

struct ll_key ll_backup_object_key(const struct ll_sha256_text *sha256);
struct ll_key ll_backup_list_key(const char *name);
/* LL_CORRUPT with what is wrong. Takes {0}. */
enum ll_status ll_backup_read(struct ll_store *folder, const char *name, struct ll_backup *ret,
                              struct ll_error *err) LL_MUST_CHECK;
/* LL_CONFLICT when it is taken. */
enum ll_status ll_backup_lock(const char *folder, int *ret_fd, struct ll_error *err) LL_MUST_CHECK;
/* Copies a file to `to`, which is made anew with `mode`, and tells what was copied. LL_NOT_FOUND
 * when there is none. Not synced. */
enum ll_status ll_backup_copy(const char *from, const char *to, unsigned mode,
                              struct ll_backup_file *ret, struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_backup_go_on(const struct ll_backup_watch *watch, int64_t done, int64_t total,
                               struct ll_error *err) LL_MUST_CHECK;

#endif
