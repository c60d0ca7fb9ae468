#include "app/cli/command.h"
#include "app/cli/help.h"
#include "app/exit.h"
#include "app/parse.h"

static void add_exit_codes(struct ll_buf *out)
{
    size_t count;
    const struct ll_exit_info *codes = ll_exit_table(&count);
    for (size_t i = 0; i < count; i++)
        ll_buf_printf(out, "%4d  %-14s%s\n", codes[i].code, codes[i].name, codes[i].meaning);
}

static int help_markdown(struct ll_app *app, struct ll_str page)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (ll_str_equal(page, LL_STR("config")))
        ll_config_write_markdown(&text);
    else if (ll_str_equal(page, LL_STR("cli")))
        ll_help_markdown(&text);
    else
        return ll_app_usage(app, "no page \"%.*s\": cli or config", LL_FMT(page));
    return ll_app_print(app, ll_buf_str(&text));
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    struct ll_str topic =
        args->operand_count == 0 ? (struct ll_str){0} : ll_str_of(args->operands[0]);
    if (ll_args_has(args, "markdown"))
        return help_markdown(app, topic.len == 0 ? LL_STR("cli") : topic);
    const struct ll_command *command = ll_command_find(topic);
    if (topic.len == 0)
        ll_help_program(&text);
    else if (ll_str_equal(topic, LL_STR("exit-codes")))
        add_exit_codes(&text);
    else if (command != NULL)
        ll_help_command(command, &text);
    else
        return ll_app_usage(app, "no help on \"%.*s\"", LL_FMT(ll_str_sub(topic, 0, 100)));
    return ll_app_print(app, ll_buf_str(&text));
}

static const struct ll_option options[] = {
    {.name = "markdown",
     .doc = "Print the page docs/cli.md (help --markdown cli) or docs/config.md (help --markdown "
            "config)."},
};

static const struct ll_example examples[] = {
    {"help report", "Everything about one command"},
    {"help exit-codes", "What the exit codes mean"},
};

const struct ll_command ll_command_help = {
    .name = "help",
    .operands = "[COMMAND|exit-codes]",
    .max_operands = 1,
    .summary = "Show the commands, or the help of one",
    .doc = "",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
