#include "app/cli/command.h"

#include <inttypes.h>

#include "app/exit.h"
#include "app/stop.h"
#include "app/work.h"
#include "lake/backup.h"

static void show(void *context, int64_t done, int64_t total)
{
    ll_progress_update(context, done, total);
}

static enum ll_status copy_back(struct ll_app *app, struct ll_restore_options *options,
                                struct ll_restore_result *ret, struct ll_error *err)
{
    struct ll_progress progress;
    options->lake_dir = app->wire.options.lake_dir;
    options->watch = (struct ll_backup_watch){.progress = show,
                                              .progress_context = &progress,
                                              .cancelled = ll_stop_asked,
                                              .cancel_context = app->stop};
    if (ll_wire_lock_vacant(&app->wire, err) != LL_OK ||
        ll_wire_folder(options->lake_dir, &options->lake, err) != LL_OK)
        return err->status;
    ll_app_progress(app, &progress, "restore", "files", 0);
    enum ll_status status = ll_backup_restore(options, ret, err);
    ll_progress_end(&progress);
    ll_store_free(options->lake);
    ll_wire_close(&app->wire);
    return status;
}

static void print_json(const struct ll_restore_result *result, const struct ll_outcome *outcome,
                       struct ll_buf *out)
{
    ll_buf_printf(out,
                  "{\"backup\":\"%s\",\"files\":%" PRId64 ",\"bytes\":%" PRId64
                  ",\"copied_files\":%" PRId64 ",\"damaged\":%" PRId64 ",",
                  result->name.c, result->files, result->bytes, result->copied_files,
                  result->damaged);
    ll_work_outcome_json(outcome, out);
    ll_buf_add(out, LL_STR("}\n"));
}

static void print_text(const char *lake_dir, const struct ll_restore_result *result,
                       const struct ll_outcome *outcome, struct ll_buf *out)
{
    ll_buf_printf(out, "restored %s to %s: %" PRId64 " files, %.1f MB\n", result->name.c, lake_dir,
                  result->files, (double)result->bytes / 1e6);
    ll_work_outcome_text(outcome, out);
}

/* The layers above what was restored: a warehouse that is not in the backup, and what was not yet
 * processed when it was made. */
static int complete(struct ll_app *app, const struct ll_restore_result *result)
{
    struct ll_error err;
    struct ll_work work;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = ll_work_reconcile(&work, LL_RECONCILE_ALL, &err);
    if (status == LL_OK && app->json)
        print_json(result, &work.outcome, &text);
    else if (status == LL_OK)
        print_text(app->wire.options.lake_dir, result, &work.outcome, &text);
    int code = status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK)
        code = ll_work_exit_code(app, &work.outcome);
    ll_work_clear(&work);
    if (code != LL_EXIT_OK || result->damaged == 0)
        return code;
    ll_app_note(app,
                "%" PRId64 " file%s not in the backup: damaged when it was made; `livelake verify` "
                "names what lacks",
                result->damaged, result->damaged == 1 ? " is" : "s are");
    return LL_EXIT_CORRUPT;
}

static int list(struct ll_app *app, struct ll_store *folder)
{
    struct ll_error err;
    struct ll_backup_names names;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    enum ll_status status = ll_backup_list(folder, &names, &err);
    if (app->json)
        ll_buf_add(&text, LL_STR("{\"backups\":["));
    for (size_t i = 0; i < names.count; i++)
        ll_buf_printf(&text, app->json ? "%s\"%s\"" : "%s%s\n", app->json && i > 0 ? "," : "",
                      names.items[i].c);
    if (app->json)
        ll_buf_add(&text, LL_STR("]}\n"));
    ll_backup_names_clear(&names);
    return status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_restore_result result;
    const struct ll_arg *at = ll_args_find(args, "at");
    struct ll_restore_options options = {.folder = {.path = args->operands[0]},
                                         .name = at != NULL ? at->value.ptr : NULL};
    if (ll_wire_folder(options.folder.path, &options.folder.store, &err) != LL_OK) {
        ll_context(&err, "backups in %s", options.folder.path);
        return ll_app_fail(app, &err);
    }
    int code;
    if (ll_args_has(args, "list"))
        code = list(app, options.folder.store);
    else if (copy_back(app, &options, &result, &err) == LL_OK)
        code = complete(app, &result);
    else
        code = ll_app_fail(app, &err);
    ll_store_free(options.folder.store);
    return code;
}

static const struct ll_option options[] = {
    {.name = "at",
     .kind = LL_OPTION_TEXT,
     .value = "NAME",
     .doc = "The backup to restore, as --list names it. Default: the newest one."},
    {.name = "list", .doc = "List the backups of the folder, oldest first; restore none."},
};

static const struct ll_example examples[] = {
    {"restore /mnt/backups/lake --lake restored", "The newest backup, to a new folder"},
    {"restore /mnt/backups/lake --list", "Which ones are there?"},
    {"restore /mnt/backups/lake --at 20261124T020000000Z --lake restored", "An older one"},
};

const struct ll_command ll_command_restore = {
    .name = "restore",
    .group = LL_GROUP_KEEP,
    .writes = true,
    .operands = "FOLDER",
    .min_operands = 1,
    .max_operands = 1,
    .path_operands = 1,
    .summary = "Make a lake of a backup",
    .doc =
        "The folder of the lake (--lake) must be new or empty. Each file is checked against its "
        "hash; stopped or killed, restoring goes on when the command is run again, and until it "
        "is done no other command takes the folder for a lake. Then it does what `livelake "
        "reconcile` does: it makes the warehouse, if the backup has none, and processes what was "
        "not.\n"
        "The API's token is not in a backup: a new one is fetched. Run the daemon on the old lake "
        "or "
        "on the restored one, not on both.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
