#include "app/cli/command.h"

#include <errno.h>
#include <unistd.h>

#include "app/exit.h"

/* Writes livelake.conf unless there is one; *ret_written tells. */
static enum ll_status write_config(const char *path, bool *ret_written, struct ll_error *err)
{
    if (access(path, F_OK) == 0) {
        *ret_written = false;
        return LL_OK;
    }
    if (errno != ENOENT)
        return ll_fail_errno(err, errno, "%s", path);
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    LL_AUTO(ll_outfile_close) struct ll_outfile file = {0};
    ll_config_write_template(&text);
    if (ll_outfile_open(&file, path, err) != LL_OK ||
        ll_output_write(&file.out, ll_buf_str(&text), err) != LL_OK ||
        ll_outfile_commit(&file, err) != LL_OK)
        return err->status;
    *ret_written = true;
    return LL_OK;
}

static int answer(struct ll_app *app, const char *config_path, bool config_written)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    const char *dir = app->wire.options.lake_dir;
    if (!app->json) {
        ll_buf_printf(&text, "%s the lake at %s\n%s %s\n", app->wire.created ? "made" : "found",
                      dir, config_written ? "wrote" : "kept", config_path);
        return ll_app_print(app, ll_buf_str(&text));
    }
    ll_buf_add(&text, LL_STR("{\"lake\":"));
    ll_buf_add_json_string(&text, ll_str_of(dir));
    ll_buf_add(&text, LL_STR(",\"config\":"));
    ll_buf_add_json_string(&text, ll_str_of(config_path));
    ll_buf_printf(&text, ",\"lake_made\":%s,\"config_written\":%s}\n",
                  app->wire.created ? "true" : "false", config_written ? "true" : "false");
    return ll_app_print(app, ll_buf_str(&text));
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    (void)args;
    struct ll_error err;
    bool written;
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/" LL_CONFIG_FILE_NAME, app->wire.options.lake_dir);
    if (ll_wire_open_lake(&app->wire, LL_LAKE_CREATE, &err) != LL_OK ||
        write_config(path.ptr, &written, &err) != LL_OK)
        return ll_app_fail(app, &err);
    if (!written && !app->wire.created) {
        (void)ll_fail(&err, LL_INVALID, EEXIST,
                      "%s is a lake already, and has its " LL_CONFIG_FILE_NAME
                      ": nothing was changed",
                      app->wire.options.lake_dir);
        return ll_app_fail(app, &err);
    }
    return answer(app, path.ptr, written);
}

static const struct ll_example examples[] = {
    {"init --lake /srv/lake", "Make a lake, and look at its settings: /srv/lake/livelake.conf"},
};

const struct ll_command ll_command_init = {
    .name = "init",
    .group = LL_GROUP_BEGIN,
    .writes = true,
    .operands = "",
    .summary = "Make an empty lake with a commented configuration file",
    .doc = "Makes the folder, lake.json and livelake.conf, which holds every key, its default and "
           "its unit. "
           "What exists is never overwritten; where all of it exists, nothing is changed and it "
           "fails.",
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
