#include "app/forgetting.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* --- the list */

static enum ll_status refuse_read_only(const struct ll_app *app, struct ll_error *err)
{
    if (!app->wire.read_only)
        return LL_OK;
    return ll_fail(err, LL_IO, EROFS, "the lake at %s may only be read",
                   app->wire.options.lake_dir);
}

static enum ll_status enlist_open(struct ll_app *app, struct ll_person *person,
                                  struct ll_error *err)
{
    struct ll_wire *wire = &app->wire;
    if (ll_wire_begin_collect(wire, LL_LAKE_EXISTING, err) != LL_OK ||
        refuse_read_only(app, err) != LL_OK || ll_wire_forgotten(wire, err) != LL_OK ||
        ll_forgotten_need_secret(wire->options.lake_dir, &wire->forgotten, err) != LL_OK ||
        ll_forget_intent_put(wire->lake.store, &wire->forgotten, person, err) != LL_OK)
        return err->status;
    return ll_forgotten_add(wire->lake.store, &wire->forgotten, person->id,
                            ll_day_of(ll_clock_now_s(app->clock)), err);
}

static enum ll_status enlist(struct ll_app *app, struct ll_person *person, struct ll_error *err)
{
    enum ll_status status = enlist_open(app, person, err);
    ll_wire_close(&app->wire);
    return status;
}

/* --- the layers */

struct bar {
    struct ll_app *app;
    struct ll_progress progress;
    bool shown;
};

static void show_raw(void *context, int64_t done, int64_t total)
{
    struct bar *bar = context;
    if (!bar->shown)
        ll_app_progress(bar->app, &bar->progress, "forget", "runs", total);
    bar->shown = true;
    ll_progress_update(&bar->progress, done, total);
    if (done == total) {
        ll_progress_end(&bar->progress);
        bar->shown = false;
    }
}

static void take_outcome(const struct ll_outcome *outcome, struct ll_forgetting_result *ret)
{
    ret->processed += outcome->done[LL_STAGE_PROCESS];
    ret->curated += outcome->done[LL_STAGE_CURATE];
    ret->closed += outcome->done[LL_STAGE_CLOSE];
    if (outcome->failure_count > 0 && ret->failures == 0)
        ret->failure = outcome->failures[0].error;
    ret->failures += (int64_t)outcome->failure_count;
}

static enum ll_status work_on_layers(struct ll_app *app, struct ll_person *person, bool preview,
                                     struct ll_forgetting_result *ret, struct ll_error *err)
{
    struct ll_work work;
    struct bar bar = {.app = app};
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, err);
    const struct ll_forget_options options = {.pipeline = &work.pipeline,
                                              .forgotten = &app->wire.forgotten,
                                              .person = person,
                                              .preview = preview,
                                              .progress = show_raw,
                                              .progress_context = &bar};
    if (status == LL_OK)
        status = ll_forget_work(&options, &work.outcome, &ret->counts, err);
    if (bar.shown)
        ll_progress_end(&bar.progress);
    take_outcome(&work.outcome, ret);
    ll_work_clear(&work);
    ll_wire_close(&app->wire);
    return status;
}

/* --- what is left */

/* Files of writers that are dead: of other processes, since the lake is ours; of our own only where
 * no other part of it can be writing. */
static void remove_leftovers(const struct ll_app *app)
{
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0}, own = {0};
    ll_buf_printf(&path, "%s/.tmp", app->wire.options.lake_dir);
    ll_buf_printf(&own, "%ld-", (long)getpid());
    DIR *stream = opendir(path.ptr);
    if (stream == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct ll_str name = ll_str_of(entry->d_name);
        if (name.ptr[0] == '.' || (app->lent && ll_str_starts_with(name, ll_buf_str(&own))))
            continue;
        if (unlinkat(dirfd(stream), entry->d_name, 0) != 0)
            ll_log(LL_LOG_WARN, "forget.leftover_stays", ll_kv_cstr("file", entry->d_name));
    }
    closedir(stream);
}

struct anew {
    struct ll_app *app;
    struct ll_duck *scratch;
    struct ll_forget_counts *counts;
};

static int64_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
}

static enum ll_status sync_path(const char *path, int flags, struct ll_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 || fsync(fd) != 0) {
        ll_fail_errno(err, errno, "sync %s", path);
        if (fd >= 0)
            close(fd);
        return err->status;
    }
    close(fd);
    return LL_OK;
}

/* A file that is closed in good order has no log beside it; the new one must not meet another's. */
static enum ll_status replace_file(const char *fresh, const char *path, const char *dir,
                                   struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf log = {0};
    ll_buf_printf(&log, "%s.wal", path);
    if (sync_path(fresh, 0, err) != LL_OK)
        return err->status;
    if (unlink(log.ptr) != 0 && errno != ENOENT)
        return ll_fail_errno(err, errno, "remove %s", log.ptr);
    if (rename(fresh, path) != 0)
        return ll_fail_errno(err, errno, "replace %s", path);
    return sync_path(dir, O_DIRECTORY, err);
}

/* Copies what the warehouse holds into a new file: pages that were freed keep their bytes. */
static enum ll_status write_anew(void *context, const char *path, struct ll_error *err)
{
    struct anew *anew = context;
    LL_AUTO(ll_buf_clear) struct ll_buf fresh = {0};
    if (access(path, F_OK) != 0)
        return ll_warehouse_duckdb_remove_snapshots(path, err);
    ll_buf_printf(&fresh, "%s/warehouse-anew.duckdb", anew->app->wire.work_dir);
    (void)unlink(fresh.ptr);
    anew->counts->warehouse_before = size_of(path);
    enum ll_status status = ll_duck_copy_database(anew->scratch, path, fresh.ptr, err);
    if (status == LL_OK)
        status = replace_file(fresh.ptr, path, anew->app->wire.options.lake_dir, err);
    if (status == LL_OK) /* what migrations left has everybody in it */
        status = ll_warehouse_duckdb_remove_snapshots(path, err);
    if (status != LL_OK)
        (void)unlink(fresh.ptr);
    anew->counts->warehouse_after = size_of(path);
    return status;
}

static enum ll_status clean_up_open(struct ll_app *app, struct ll_work *work,
                                    struct ll_person *person, struct ll_forgetting_result *ret,
                                    struct ll_error *err)
{
    struct ll_wire *wire = &app->wire;
    struct ll_garbage garbage;
    struct anew anew = {.app = app, .counts = &ret->counts};
    if (ll_work_garbage(app, &garbage, err) != LL_OK)
        return err->status;
    ret->counts.garbage_objects += garbage.objects;
    /* Reports may be read for long: collecting goes on while the file waits for them. */
    ll_wire_close(wire);
    if (ll_work_open(work, app, LL_LAKE_EXISTING, err) != LL_OK ||
        ll_wire_scratch(wire, &anew.scratch, err) != LL_OK ||
        ll_wire_replace_warehouse(wire, write_anew, &anew, err) != LL_OK)
        return err->status;
    if (wire->options.owner != NULL)
        ll_warehouse_copies_drop(wire->options.owner);
    enum ll_status status =
        ll_forget_intent_remove(wire->lake.store, &wire->forgotten, person, err);
    remove_leftovers(app);
    return status;
}

static enum ll_status clean_up(struct ll_app *app, struct ll_person *person,
                               struct ll_forgetting_result *ret, struct ll_error *err)
{
    struct ll_work work = {.app = app, .shown = LL_STAGE_COUNT};
    enum ll_status status = clean_up_open(app, &work, person, ret, err);
    ll_work_clear(&work);
    ll_wire_close(&app->wire);
    return status == LL_OK ? LL_OK : ll_context(err, "forget");
}

/* --- all of it */

enum ll_status ll_forgetting_run(struct ll_app *app, struct ll_person *person,
                                 struct ll_forgetting_result *ret, struct ll_error *err)
{
    *ret = (struct ll_forgetting_result){0};
    ll_wire_close(&app->wire);
    if (enlist(app, person, err) != LL_OK || work_on_layers(app, person, false, ret, err) != LL_OK)
        return err->status;
    return ret->failures > 0 ? LL_OK : clean_up(app, person, ret, err);
}

enum ll_status ll_forgetting_preview(struct ll_app *app, struct ll_person *person,
                                     struct ll_forgetting_result *ret, struct ll_error *err)
{
    *ret = (struct ll_forgetting_result){0};
    ll_wire_close(&app->wire);
    return work_on_layers(app, person, true, ret, err);
}

/* LL_NOT_FOUND when nothing is noted, or not for us to do. */
static enum ll_status find_noted(struct ll_app *app, struct ll_person *ret, struct ll_error *err)
{
    struct ll_store *store;
    enum ll_status status = ll_wire_store(&app->wire, &store, err);
    if (status == LL_OK)
        status = ll_forget_intent_find(store, LL_STR(""), ret, err);
    if (status == LL_OK && app->wire.read_only)
        status = ll_fail(err, LL_NOT_FOUND, 0, "for whoever may write");
    ll_wire_close(&app->wire);
    return status;
}

enum ll_status ll_forgetting_resume(struct ll_app *app, struct ll_error *err)
{
    enum ll_status found, status = LL_OK;
    do {
        struct ll_person person = {0};
        struct ll_forgetting_result result;
        found = find_noted(app, &person, err);
        if (found == LL_OK)
            status = ll_forgetting_run(app, &person, &result, err);
        if (found == LL_OK && status == LL_OK && result.failures > 0) {
            *err = result.failure;
            status = err->status;
        }
        ll_person_clear(&person);
    } while (found == LL_OK && status == LL_OK);
    if (status == LL_OK && found == LL_NOT_FOUND)
        return LL_OK;
    return ll_context(err, "go on with forgetting");
}
