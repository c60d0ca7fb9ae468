#include "app/cli/cli.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/cli/command.h"
#include "app/cli/help.h"
#include "app/command_client.h"
#include "app/exit.h"
#include "app/parse.h"
#include "base/log.h"

/* A new command: its file cmd_<name>.c, its line in command.h, its line here. */
const struct ll_command *const ll_commands[] = {
    &ll_command_init,      &ll_command_demo,      &ll_command_run,     &ll_command_ingest,
    &ll_command_serve,     &ll_command_key,       &ll_command_import,  &ll_command_report,
    &ll_command_query,     &ll_command_export,    &ll_command_status,  &ll_command_verify,
    &ll_command_reconcile, &ll_command_process,   &ll_command_curate,  &ll_command_close_day,
    &ll_command_replay,    &ll_command_retention, &ll_command_migrate, &ll_command_config,
    &ll_command_doctor,    &ll_command_forget,    &ll_command_backup,  &ll_command_restore,
    &ll_command_help,
};
const size_t ll_command_count = LL_COUNT(ll_commands);
#define COMMAND_COUNT LL_COUNT(ll_commands)

static const struct ll_option global_options[] = {
    {.name = "lake",
     .kind = LL_OPTION_TEXT,
     .value = "DIR",
     .path = true,
     .initial = "$LIVELAKE_DIR, else livelake-data",
     .doc = "Folder of the lake."},
    {.name = "config",
     .kind = LL_OPTION_TEXT,
     .value = "FILE",
     .initial = "livelake.conf in the lake",
     .path = true,
     .doc = "Configuration file; it must exist."},
    {.name = "set",
     .kind = LL_OPTION_TEXT,
     .value = "KEY=VALUE",
     .repeat = true,
     .doc = "Set a key of the configuration."},
    {.name = "json", .doc = "Answers and errors as JSON."},
    {.name = "quiet", .letter = 'q', .doc = "No progress and no notes; only errors in the log."},
    {.name = "log-level",
     .kind = LL_OPTION_CHOICE,
     .value = "debug|info|warn|error|off",
     .initial = "info",
     .doc = "Least important events that are logged."},
    {.name = "help", .letter = 'h', .doc = "Show help."},
    {.name = "version", .doc = "Show the version."},
};
const struct ll_option_set ll_global_options = {global_options, LL_COUNT(global_options)};

const struct ll_command *ll_command_find(struct ll_str name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (ll_str_equal(ll_str_of(ll_commands[i]->name), name))
            return ll_commands[i];
    return NULL;
}

/* --- which command */

static int unknown_command(struct ll_app *app, struct ll_str name)
{
    struct ll_nearest nearest = {.typed = name};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        ll_nearest_offer(&nearest, ll_commands[i]->name);
    if (nearest.best != NULL)
        return ll_app_usage(app, "unknown command \"%.*s\": did you mean `livelake %s`?",
                            LL_FMT(ll_str_sub(name, 0, 100)), nearest.best);
    return ll_app_usage(app, "unknown command \"%.*s\"", LL_FMT(ll_str_sub(name, 0, 100)));
}

/* A first look with the options of all commands: an option may stand before its command, and
 * whether it takes a value must be known to find that. */
static void scan(const struct ll_cli *cli, bool structure_only, struct ll_args *ret,
                 enum ll_status *ret_status, struct ll_error *err)
{
    struct ll_option_set sets[COMMAND_COUNT + 1] = {ll_global_options};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        sets[i + 1] = (struct ll_option_set){ll_commands[i]->options, ll_commands[i]->option_count};
    const struct ll_args_input input = {.argc = cli->argc,
                                        .argv = cli->argv,
                                        .sets = sets,
                                        .set_count = COMMAND_COUNT + 1,
                                        .clock = cli->clock,
                                        .structure_only = structure_only};
    *ret_status = ll_args_parse(&input, ret, err);
}

static int show_help(struct ll_app *app, const struct ll_command *command)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (command == NULL)
        ll_help_program(&text);
    else
        ll_help_command(command, &text);
    return ll_app_print(app, ll_buf_str(&text));
}

/* --- configuration */

static enum ll_status set_from_flags(struct ll_config *config, const struct ll_args *args,
                                     struct ll_error *err)
{
    for (size_t i = 0; i < args->option_count; i++) {
        const struct ll_arg *arg = &args->options[i];
        const char *name = arg->option->name;
        struct ll_assignment a = {.value = arg->value, .source = LL_SOURCE_FLAG};
        if (strcmp(name, "lake") == 0) {
            a.name = LL_STR("lake.dir");
            a.where = "--lake";
        } else if (strcmp(name, "log-level") == 0) {
            a.name = LL_STR("log.level");
            a.where = "--log-level";
        } else if (strcmp(name, "set") == 0) {
            size_t equals = ll_str_find(arg->value, '=', 0);
            if (equals == arg->value.len)
                return ll_fail(err, LL_INVALID, 0, "--set %.*s: not KEY=VALUE",
                               LL_FMT(ll_str_sub(arg->value, 0, 100)));
            a.name = ll_str_trim(ll_str_sub(arg->value, 0, equals));
            a.value = ll_str_trim(ll_str_sub(arg->value, equals + 1, arg->value.len));
            a.where = "--set";
        } else {
            continue;
        }
        if (ll_config_set(config, &a, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

/* Flags first, since they and the environment say where the file is. */
enum ll_status ll_cli_load_config(ll_env_lookup *env, const struct ll_args *args,
                                  struct ll_config *config, struct ll_error *err)
{
    if (set_from_flags(config, args, err) != LL_OK || ll_config_load_env(config, env, err) != LL_OK)
        return err->status;
    const char *from_env = env(LL_CONFIG_FILE_ENV);
    struct ll_str named = ll_args_text(args, "config", ll_str_of(from_env));
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    if (named.len != 0)
        ll_buf_add(&path, named);
    else
        ll_buf_printf(&path, "%s/" LL_CONFIG_FILE_NAME, ll_config_text(config, LL_CONFIG_LAKE_DIR));
    enum ll_status status = ll_config_load_file(config, path.ptr, named.len == 0, err);
    return status == LL_NOT_FOUND && named.len == 0 ? LL_OK : status;
}

void ll_cli_setup_log(const struct ll_app *app)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", "off"};
    const char *level = ll_config_text(&app->config, LL_CONFIG_LOG_LEVEL);
    const char *format = ll_config_text(&app->config, LL_CONFIG_LOG_FORMAT);
    size_t threshold = 0;
    while (strcmp(levels[threshold], level) != 0)
        threshold++;
    if (app->quiet && threshold < LL_LOG_ERROR)
        threshold = LL_LOG_ERROR;
    bool text = strcmp(format, "text") == 0 || (strcmp(format, "auto") == 0 && app->terminal);
    ll_log_setup((enum ll_log_level)threshold, text ? LL_LOG_TEXT : LL_LOG_JSON, app->clock);
}

/* --- running */

static int check_operands(struct ll_app *app, const struct ll_command *command,
                          const struct ll_args *args)
{
    if (args->operand_count < command->min_operands)
        return ll_app_usage(app, "%s needs %s", command->name, command->operands);
    if (args->operand_count > command->max_operands)
        return ll_app_usage(app, "%s: unexpected \"%.100s\"", command->name,
                            args->operands[command->max_operands]);
    return LL_EXIT_OK;
}

static int run_configured(const struct ll_cli *cli, struct ll_app *app,
                          const struct ll_command *command, const struct ll_args *args)
{
    const struct ll_wire_options wire = {
        .lake_dir = app->lent ? cli->owner->wire->options.lake_dir
                              : ll_config_text(&app->config, LL_CONFIG_LAKE_DIR),
        .command = command->name,
        .clock = app->clock,
        .memory_limit_bytes = ll_config_number(&app->config, LL_CONFIG_DUCKDB_MEMORY),
        .threads = (int)ll_config_number(&app->config, LL_CONFIG_DUCKDB_THREADS),
        .owner = cli->owner,
        .patience = {.stop = cli->stop},
        .older = command->writes ? LL_OLDER_MIGRATE : LL_OLDER_REFUSE,
    };
    if (!app->lent) { /* else they are the owner's */
        ll_cli_setup_log(app);
        ll_duck_set_library(ll_config_text(&app->config, LL_CONFIG_DUCKDB_LIBRARY));
    }
    ll_wire_init(&app->wire, &wire);
    int code = command->run(app, args);
    ll_wire_close(&app->wire);
    return code;
}

/* The second look, with the options of this command alone. */
static int run_command(const struct ll_cli *cli, struct ll_app *app,
                       const struct ll_command *command)
{
    const struct ll_option_set sets[] = {ll_global_options,
                                         {command->options, command->option_count}};
    const struct ll_args_input input = {.argc = cli->argc,
                                        .argv = cli->argv,
                                        .sets = sets,
                                        .set_count = LL_COUNT(sets),
                                        .clock = cli->clock};
    struct ll_error err;
    LL_AUTO(ll_args_clear) struct ll_args args = {0};
    if (ll_args_parse(&input, &args, &err) != LL_OK)
        return ll_app_usage(app, "%s: %s", command->name, err.message);
    assert(args.operand_count > 0);
    struct ll_args own = args; /* the first operand is the command's name */
    own.operands++;
    own.operand_count--;
    int code = check_operands(app, command, &own);
    if (code != LL_EXIT_OK)
        return code;
    ll_config_init(&app->config);
    if (ll_cli_load_config(cli->env, &args, &app->config, &err) != LL_OK)
        code = ll_app_fail(app, &err);
    else if (!command->shares || app->lent ||
             !ll_command_client_run(cli, app, command, &args, &code))
        code = run_configured(cli, app, command, &own);
    ll_config_clear(&app->config);
    return code;
}

/* Nothing to do: says what could be done next. */
static int no_command(const struct ll_cli *cli, struct ll_app *app)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0}, lake = {0};
    const char *dir = cli->env("LIVELAKE_DIR");
    ll_buf_printf(&lake, "%s/lake.json", dir != NULL && dir[0] != '\0' ? dir : "livelake-data");
    if (app->json)
        return ll_app_usage(app, "which command?");
    ll_buf_add(&text, LL_STR("which command? For example:\n"));
    ll_help_next_step(access(lake.ptr, F_OK) == 0, &text);
    text.len--; /* its last line end */
    return ll_app_usage(app, "%.*s", LL_FMT(ll_buf_str(&text)));
}

static int dispatch(const struct ll_cli *cli, struct ll_app *app)
{
    struct ll_error err;
    enum ll_status status;
    LL_AUTO(ll_args_clear) struct ll_args args = {0};
    scan(cli, true, &args, &status, &err);
    assert(status == LL_OK); /* only the structure is looked at */
    app->json = ll_args_has(&args, "json");
    app->quiet = ll_args_has(&args, "quiet");
    if (ll_args_has(&args, "version"))
        return ll_app_print(app, LL_STR("livelake " LL_VERSION "\n"));
    bool help = ll_args_has(&args, "help");
    if (args.operand_count != 0) {
        struct ll_str name = ll_str_of(args.operands[0]);
        const struct ll_command *command = ll_command_find(name);
        if (command == NULL)
            return unknown_command(app, name);
        app->command = command->name;
        return help ? show_help(app, command) : run_command(cli, app, command);
    }
    if (help)
        return show_help(app, NULL);
    ll_args_clear(&args);
    scan(cli, false, &args, &status, &err); /* say what is wrong with the options, if anything is */
    return status == LL_OK ? no_command(cli, app) : ll_app_usage(app, "%s", err.message);
}

int ll_cli_run(const struct ll_cli *cli)
{
    struct ll_error err;
    struct ll_app app = {.clock = cli->clock,
                         .out = {.fd = cli->out_fd, .name = "standard output"},
                         .err_fd = cli->err_fd,
                         .env = cli->env,
                         .stop = cli->stop,
                         .lent = cli->owner != NULL,
                         .command = "",
                         .terminal = cli->terminal};
    int code = dispatch(cli, &app);
    if (ll_output_flush(&app.out, &err) != LL_OK) {
        int flush_code = ll_app_fail(&app, &err);
        code = code == LL_EXIT_OK || code == LL_EXIT_DIFFERENT ? flush_code : code;
    }
    ll_output_clear(&app.out);
    return code;
}
