#include "app/cli/command.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/exit.h"
#include "app/stop.h"
#include "lake/backup.h"

struct job {
    struct ll_app *app;
    struct ll_progress progress;
    struct ll_backup_result made;
    struct ll_backup_pruned pruned;
    struct ll_backup_folder folder;
    bool prunes;
    ll_backup_copy_fn *copy; /* of the warehouse, while it is closed */
    void *copy_context;
};

static void show(void *context, int64_t done, int64_t total)
{
    ll_progress_update(context, done, total);
}

static enum ll_status copy_closed(void *context, const char *path, struct ll_error *err)
{
    struct job *job = context;
    (void)path;
    return job->copy(job->copy_context, err);
}

static enum ll_status close_warehouse(void *context, ll_backup_copy_fn *copy, void *copy_context,
                                      struct ll_error *err)
{
    struct job *job = context;
    job->copy = copy;
    job->copy_context = copy_context;
    return ll_wire_replace_warehouse(&job->app->wire, copy_closed, job, err);
}

/* Nobody works meanwhile, so that the layers are of one moment; sweeps go on. */
static enum ll_status make(struct job *job, bool with_warehouse, struct ll_error *err)
{
    struct ll_app *app = job->app;
    struct ll_wire *wire = &app->wire;
    struct ll_store *lake;
    if (ll_wire_begin_work(wire, LL_LAKE_EXISTING, err) != LL_OK ||
        ll_wire_store(wire, &lake, err) != LL_OK ||
        ll_backup_make_folder(job->folder.path, wire->options.lake_dir, err) != LL_OK ||
        ll_wire_folder(job->folder.path, &job->folder.store, err) != LL_OK)
        return err->status;
    const struct ll_backup_options options = {
        .lake_dir = wire->options.lake_dir,
        .lake = lake,
        .folder = job->folder,
        .now_ms = app->clock->now_ms(app->clock),
        .warehouse_closed = with_warehouse ? close_warehouse : NULL,
        .warehouse_context = job,
        .watch = {.progress = show,
                  .progress_context = &job->progress,
                  .cancelled = ll_stop_asked,
                  .cancel_context = app->stop},
    };
    ll_app_progress(app, &job->progress, "backup", "files", 0);
    enum ll_status status = ll_backup_make(&options, &job->made, err);
    ll_progress_end(&job->progress);
    ll_wire_close(wire);
    return status;
}

static void print_json(const struct job *job, struct ll_buf *out)
{
    const struct ll_backup_result *made = &job->made;
    ll_buf_printf(out, "{\"backup\":\"%s\",\"folder\":", made->name.c);
    ll_buf_add_json_string(out, ll_str_of(job->folder.path));
    ll_buf_printf(out,
                  ",\"files\":%" PRId64 ",\"bytes\":%" PRId64 ",\"copied_files\":%" PRId64
                  ",\"copied_bytes\":%" PRId64 ",\"damaged\":%" PRId64
                  ",\"removed\":{\"backups\":%" PRId64 ",\"objects\":%" PRId64 ",\"bytes\":%" PRId64
                  "}}\n",
                  made->files, made->bytes, made->copied_files, made->copied_bytes, made->damaged,
                  job->pruned.backups, job->pruned.objects, job->pruned.bytes);
}

static void print_text(const struct job *job, struct ll_buf *out)
{
    const struct ll_backup_result *made = &job->made;
    ll_buf_printf(out,
                  "backup %s: %" PRId64 " files, %.1f MB, of which %" PRId64
                  " files, %.1f MB, are new\n",
                  made->name.c, made->files, (double)made->bytes / 1e6, made->copied_files,
                  (double)made->copied_bytes / 1e6);
    if (job->prunes)
        ll_buf_printf(out, "removed %" PRId64 " older backups: %" PRId64 " files, %.1f MB\n",
                      job->pruned.backups, job->pruned.objects, (double)job->pruned.bytes / 1e6);
}

static int answer(struct job *job)
{
    const struct ll_backup_result *made = &job->made;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    (job->app->json ? print_json : print_text)(job, &text);
    int code = ll_app_print(job->app, ll_buf_str(&text));
    if (code != LL_EXIT_OK || made->damaged == 0)
        return code;
    ll_app_note(job->app,
                "%" PRId64 " damaged file%s of the lake left out, the first: %s; `livelake verify` "
                "names them all",
                made->damaged, made->damaged == 1 ? "" : "s", made->damage.message);
    return LL_EXIT_CORRUPT;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct job job = {
        .app = app, .folder = {.path = args->operands[0]}, .prunes = ll_args_has(args, "keep")};
    enum ll_status status = make(&job, !ll_args_has(args, "without-warehouse"), &err);
    job.prunes &= job.made.damaged == 0; /* what it lacks may be in an older one */
    if (status == LL_OK && job.prunes)
        status = ll_backup_prune(&job.folder, ll_args_number(args, "keep", 1), &job.pruned, &err);
    ll_store_free(job.folder.store);
    if (status == LL_OK)
        return answer(&job);
    ll_context(&err, "backup");
    return ll_app_fail(app, &err);
}

static const struct ll_option options[] = {
    {.name = "keep",
     .kind = LL_OPTION_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "Afterwards remove all backups in the folder but the newest N. Default: remove none."},
    {.name = "without-warehouse",
     .doc = "Leave the warehouse out: restoring makes it anew from the layers."},
};

static const struct ll_example examples[] = {
    {"backup /mnt/backups/lake", "Back up, also while `livelake run` collects"},
    {"backup /mnt/backups/lake --keep 14", "Every night; two weeks of them"},
};

const struct ll_command ll_command_backup = {
    .name = "backup",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .operands = "FOLDER",
    .min_operands = 1,
    .max_operands = 1,
    .path_operands = 1,
    .summary = "Copy the lake, as it is at this moment, to a folder of backups",
    .doc =
        "The folder holds many backups: each file is kept once, so the next one copies only what "
        "is new. A backup is there whole or not at all; stopped or killed, it is gone on with "
        "when the command is run again. What is copied is checked against its manifest. Files "
        "that are damaged are left out; older backups are kept then, and the exit code is 6.\n"
        "In it is everything but the API's token: raw, processed, quarantine and history, "
        "lake.json, the configuration, who is forgotten with the lake's secret, and the "
        "warehouse. While the daemon runs, it makes the backup: sweeps go on, processing waits, "
        "and reports wait while the warehouse is copied.\n"
        "People who are forgotten later are still in older backups: remove these with --keep.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
