#include "app/cli/command.h"
#include "app/cli/completion.h"
#include "app/cli/help.h"
#include "app/cli/man.h"
#include "app/cli/topics.h"

static int help_markdown(struct ll_app *app, struct ll_str page)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (ll_str_equal(page, LL_STR("config")))
        ll_config_write_markdown(&text);
    else if (page.len == 0 || ll_str_equal(page, LL_STR("cli")))
        ll_help_markdown(&text);
    else
        return ll_app_usage(app, "no page \"%.*s\": cli or config", LL_FMT(page));
    return ll_app_print(app, ll_buf_str(&text));
}

static int help_man(struct ll_app *app, struct ll_str page)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (page.len == 0)
        ll_man_list(&text);
    else if (!ll_man_write(page, &text))
        return ll_app_usage(app, "no manual page \"%.*s\": `livelake help --man` lists them",
                            LL_FMT(ll_str_sub(page, 0, 100)));
    return ll_app_print(app, ll_buf_str(&text));
}

static int help_completion(struct ll_app *app, struct ll_str shell)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (ll_str_equal(shell, LL_STR("bash")))
        ll_completion_bash(&text);
    else if (ll_str_equal(shell, LL_STR("zsh")))
        ll_completion_zsh(&text);
    else
        ll_completion_fish(&text);
    return ll_app_print(app, ll_buf_str(&text));
}

static bool write_topic(struct ll_str name, struct ll_buf *out)
{
    const struct ll_command *command = ll_command_find(name);
    for (size_t i = 0; i < ll_topic_count; i++)
        if (ll_str_equal(name, ll_str_of(ll_topics[i].name))) {
            ll_topics[i].write(out);
            return true;
        }
    if (command != NULL)
        ll_help_command(command, out);
    return command != NULL;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    struct ll_str topic =
        args->operand_count == 0 ? (struct ll_str){0} : ll_str_of(args->operands[0]);
    if (ll_args_has(args, "markdown"))
        return help_markdown(app, topic);
    if (ll_args_has(args, "man"))
        return help_man(app, topic);
    if (ll_args_has(args, "completion"))
        return help_completion(app, ll_args_text(args, "completion", (struct ll_str){0}));
    if (topic.len == 0)
        ll_help_program(&text);
    else if (!write_topic(topic, &text))
        return ll_app_usage(app, "no help on \"%.*s\"", LL_FMT(ll_str_sub(topic, 0, 100)));
    return ll_app_print(app, ll_buf_str(&text));
}

static const struct ll_option options[] = {
    {.name = "man",
     .doc = "Print a manual page as man(7) source: help --man run is livelake-run.1, help --man "
            "livelake and help --man livelake.conf are the overview and the settings; without a "
            "name, list all."},
    {.name = "completion",
     .kind = LL_OPTION_CHOICE,
     .value = "bash|zsh|fish",
     .doc = "Print a script that lets this shell complete commands, options and values. `make "
            "install` puts all three where the shells look."},
    {.name = "markdown",
     .doc = "Print the page docs/cli.md (help --markdown cli) or docs/config.md (help --markdown "
            "config)."},
};

static const struct ll_example examples[] = {
    {"help report", "Everything about one command"},
    {"help config", "Every setting: default, environment, meaning"},
    {"help exit-codes", "What the exit codes mean"},
    {"help --man run | man -l -", "A manual page, without installing it"},
    {"help --completion bash >~/.local/share/bash-completion/completions/livelake",
     "Complete in bash, without installing it"},
};

const struct ll_command ll_command_help = {
    .name = "help",
    .group = LL_GROUP_BEGIN,
    .operands = "[COMMAND|exit-codes|formats]",
    .max_operands = 1,
    .summary = "Show the commands, or the help of one",
    .doc = "`livelake help config` has every setting besides, `exit-codes` and `formats` what all "
           "commands share.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
