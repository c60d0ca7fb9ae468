/* Backups of a lake, in a folder that may hold many: each file is kept once, under its hash, and a
 * list says which of them are a backup. So a backup is there whole or not at all, the next one
 * copies only what is new, and older ones stay as they were.
 *
 *   <folder>/objects/<2 digits>/<SHA-256>  a file's bytes; written once
 *   <folder>/backups/<name>.json           {"schema":1,"lake_schema":2,"files":[{"path":…,
 *                                          "size":…,"sha256":…},…],"damaged":[path,…]}
 *   <folder>/backup.lock                   flock(2) of whoever writes here
 *
 * A name is the time of its making: 20261124T122300123Z. In it is what cannot be made anew:
 * manifests (raw: of all attempts) and the objects they name, lake.json, configuration, overrides,
 * who is forgotten and the lake's secret, and the warehouse if wanted. No token, lock, socket,
 * scratch file or snapshot of a migration. What is kept is readable by its owner alone. */
#ifndef LL_LAKE_BACKUP_H
#define LL_LAKE_BACKUP_H

#include "codec/sha256.h"
#include "lake/lake.h"

#define LL_BACKUP_SCHEMA 1
#define LL_RESTORE_INTENT "restore.json" /* in a folder that is no whole lake yet */

struct ll_backup_name {
    char c[24]; /* "" = none */
};

struct ll_backup_watch {
    void (*progress)(void *context, int64_t done, int64_t total); /* files; NULL = none */
    bool (*cancelled)(void *context);                             /* NULL = never */
    void *progress_context, *cancel_context;
};

struct ll_backup_folder {
    const char *path;
    struct ll_store *store; /* on it */
};

typedef enum ll_status ll_backup_copy_fn(void *context, struct ll_error *err);

struct ll_backup_options {
    const char *lake_dir;
    struct ll_store *lake;
    struct ll_backup_folder folder;
    int64_t now_ms;
    /* Calls `copy` once, while nobody has the warehouse open; NULL: leave the warehouse out. Not to
     * be copied while this process has it open: closing the file would give away the engine's lock.
     */
    enum ll_status (*warehouse_closed)(void *context, ll_backup_copy_fn *copy, void *copy_context,
                                       struct ll_error *err);
    void *warehouse_context;
    struct ll_backup_watch watch;
};

struct ll_backup_result {
    struct ll_backup_name name;
    int64_t files, bytes;               /* of the backup */
    int64_t copied_files, copied_bytes; /* that were not there from earlier ones */
    int64_t damaged;                    /* files that are not what their manifest says, left out */
    struct ll_error damage;             /* the first */
};

/* Makes the folder if it is missing. LL_INVALID when it lies in the lake. */
enum ll_status ll_backup_make_folder(const char *folder, const char *lake_dir,
                                     struct ll_error *err) LL_MUST_CHECK;
/* While nobody works on the lake (the turn `work`); collecting may go on. LL_CONFLICT when somebody
 * else writes to the folder. */
enum ll_status ll_backup_make(const struct ll_backup_options *options, struct ll_backup_result *ret,
                              struct ll_error *err) LL_MUST_CHECK;

struct ll_backup_pruned {
    int64_t backups, objects, bytes;
};
/* Removes all backups but the newest `keep` (at least 1), and what no other names. */
enum ll_status ll_backup_prune(const struct ll_backup_folder *folder, int64_t keep,
                               struct ll_backup_pruned *ret, struct ll_error *err) LL_MUST_CHECK;

struct ll_backup_names {
    struct ll_backup_name *items; /* oldest first */
    size_t count;
};
enum ll_status ll_backup_list(struct ll_store *folder, struct ll_backup_names *ret,
                              struct ll_error *err) LL_MUST_CHECK;
void ll_backup_names_clear(struct ll_backup_names *names);

struct ll_restore_options {
    struct ll_backup_folder folder;
    const char *name;      /* NULL = the newest, or the one whose restore was begun */
    const char *lake_dir;  /* locked; empty, or half restored */
    struct ll_store *lake; /* on it */
    struct ll_backup_watch watch;
};

struct ll_restore_result {
    struct ll_backup_name name;
    int64_t files, bytes; /* of the backup */
    int64_t copied_files; /* the others were there from a restore that did not end */
    int64_t damaged;      /* that were damaged when the backup was made, and are not in it */
};

/* Every file is checked against its hash. LL_CORRUPT when the backup is damaged: before anything is
 * written if a file of it is missing or has another size. Killed, it goes on when called again;
 * lake.json comes last. LL_UNSUPPORTED: of a newer livelake. */
enum ll_status ll_backup_restore(const struct ll_restore_options *options,
                                 struct ll_restore_result *ret, struct ll_error *err) LL_MUST_CHECK;

#endif
