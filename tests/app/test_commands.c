/* The tables of commands and options agree with each other. */
#include "support/check.h"

#include <string.h>

#include "app/cli/command.h"
#include "app/cli/help.h"
#include "app/parse.h"

/* Calls check for every option of every command, the global ones with command NULL. */
static void each_option(void (*check)(const struct ll_command *, const struct ll_option *))
{
    for (size_t i = 0; i < ll_global_options.count; i++)
        check(NULL, &ll_global_options.items[i]);
    for (size_t c = 0; c < ll_command_count; c++)
        for (size_t i = 0; i < ll_commands[c]->option_count; i++)
            check(ll_commands[c], &ll_commands[c]->options[i]);
}

static const struct ll_option *reference;
static const struct ll_command *reference_command;

/* The command is looked for among all options: so a name takes a value everywhere or nowhere. */
static void agrees(const struct ll_command *command, const struct ll_option *option)
{
    if (strcmp(option->name, reference->name) == 0) {
        assert_int_equal(option->kind == LL_OPTION_FLAG, reference->kind == LL_OPTION_FLAG);
        assert_int_equal(option->letter, reference->letter);
        if (option != reference && (command == reference_command || command == NULL))
            fail_msg("--%s stands in the tables twice", option->name);
    } else if (option->letter != 0 && option->letter == reference->letter) {
        fail_msg("-%c is --%s and --%s", option->letter, option->name, reference->name);
    }
}

static void agrees_with_all(const struct ll_command *command, const struct ll_option *option)
{
    reference = option;
    reference_command = command;
    each_option(agrees);
}

static void options_agree(void **state LL_UNUSED)
{
    each_option(agrees_with_all);
}

static void is_documented(const struct ll_command *command, const struct ll_option *option)
{
    (void)command;
    size_t len = strlen(option->doc);
    assert_true(len > 0 && option->doc[len - 1] == '.');
    assert_true((option->kind == LL_OPTION_FLAG) == (option->value == NULL));
    if (option->kind == LL_OPTION_CHOICE)
        assert_false(ll_parse_choice(LL_STR(""), option->value));
}

static void everything_is_documented(void **state LL_UNUSED)
{
    each_option(is_documented);
    for (size_t c = 0; c < ll_command_count; c++) {
        const struct ll_command *command = ll_commands[c];
        size_t len = strlen(command->summary);
        assert_true(len > 0 && command->summary[len - 1] != '.');
        assert_true((command->max_operands == 0) == (command->operands[0] == '\0'));
        assert_true(command->min_operands <= command->max_operands);
        assert_ptr_equal(ll_command_find(ll_str_of(command->name)), command);
        for (size_t i = 0; i < command->example_count; i++)
            assert_true(
                ll_str_starts_with(ll_str_of(command->examples[i].line), ll_str_of(command->name)));
    }
}

static void help_names_every_option(void **state LL_UNUSED)
{
    LL_AUTO(ll_buf_clear) struct ll_buf markdown = {0};
    ll_help_markdown(&markdown);
    for (size_t c = 0; c < ll_command_count; c++) {
        LL_AUTO(ll_buf_clear) struct ll_buf help = {0};
        ll_help_command(ll_commands[c], &help);
        assert_non_null(strstr(markdown.ptr, ll_commands[c]->summary));
        for (size_t i = 0; i < ll_commands[c]->option_count; i++) {
            LL_AUTO(ll_buf_clear) struct ll_buf name = {0};
            ll_buf_printf(&name, "--%s", ll_commands[c]->options[i].name);
            assert_non_null(strstr(help.ptr, name.ptr));
            assert_non_null(strstr(markdown.ptr, name.ptr));
        }
        assert_null(strstr(help.ptr, " \n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_agree),
        cmocka_unit_test(everything_is_documented),
        cmocka_unit_test(help_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
