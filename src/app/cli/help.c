#include "app/cli/help.h"

#include <ctype.h>
#include <stdio.h>

#include "app/cli/topics.h"
#include "app/exit.h"

#define TEXT_COLUMNS 96

/* Adds words behind `indent` blanks on every line but the first, which starts at `column`. */
static void add_wrapped(struct ll_buf *out, struct ll_str text, int indent, int column)
{
    struct ll_str word;
    bool first = true;
    while (ll_str_split(&text, ' ', &word)) {
        if (!first && column + 1 + (int)word.len > TEXT_COLUMNS) {
            ll_buf_printf(out, "\n%*s", indent, "");
            column = indent;
            first = true;
        }
        ll_buf_printf(out, "%s%.*s", first ? "" : " ", LL_FMT(word));
        column += (int)word.len + !first;
        first = false;
    }
    ll_buf_add_char(out, '\n');
}

/* "-q, --quiet", "--format table|json" */
void ll_help_option_name(struct ll_buf *out, const struct ll_option *option)
{
    if (option->letter != 0)
        ll_buf_printf(out, "-%c, ", option->letter);
    ll_buf_printf(out, "--%s", option->name);
    if (option->kind != LL_OPTION_FLAG)
        ll_buf_printf(out, " %s", option->value);
}

void ll_help_option_doc(struct ll_buf *out, const struct ll_option *option)
{
    ll_buf_printf(out, "%s", option->doc);
    if (option->repeat)
        ll_buf_add(out, LL_STR(" May be repeated."));
    if (option->initial != NULL)
        ll_buf_printf(out, " Default: %s.", option->initial);
}

static void add_options(struct ll_buf *out, struct ll_option_set set)
{
    enum { NAME_COLUMNS = 28 };
    for (size_t i = 0; i < set.count; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf name = {0};
        LL_AUTO(ll_buf_clear) struct ll_buf doc = {0};
        ll_help_option_name(&name, &set.items[i]);
        ll_help_option_doc(&doc, &set.items[i]);
        if (name.len <= NAME_COLUMNS - 2)
            ll_buf_printf(out, "  %-*s", NAME_COLUMNS, name.ptr);
        else
            ll_buf_printf(out, "  %s\n%*s", name.ptr, NAME_COLUMNS + 2, "");
        add_wrapped(out, ll_buf_str(&doc), NAME_COLUMNS + 2, NAME_COLUMNS + 2);
    }
}

static struct ll_option_set options_of(const struct ll_command *command)
{
    return (struct ll_option_set){command->options, command->option_count};
}

const char *ll_help_group(enum ll_command_group group)
{
    static const char *const names[] = {
        [LL_GROUP_BEGIN] = "Begin",  [LL_GROUP_COLLECT] = "Collect", [LL_GROUP_LOOK] = "Look",
        [LL_GROUP_KEEP] = "Keep up", [LL_GROUP_REPAIR] = "Repair",
    };
    return names[group];
}

bool ll_help_next_word(struct ll_str *rest, struct ll_str *ret_word)
{
    while (ll_str_split(rest, '|', ret_word)) {
        bool small = ret_word->len > 0;
        for (size_t i = 0; i < ret_word->len; i++)
            small = small && (islower((unsigned char)ret_word->ptr[i]) || ret_word->ptr[i] == '-');
        if (small)
            return true;
    }
    return false;
}

struct ll_str ll_help_words(const struct ll_command *command)
{
    if (command->words != NULL)
        return ll_str_of(command->words);
    struct ll_str first = ll_str_of(command->operands);
    first = ll_str_sub(first, 0, ll_str_find(first, ' ', 0));
    if (ll_str_starts_with(first, LL_STR("[")) && ll_str_ends_with(first, LL_STR("]")))
        first = ll_str_sub(first, 1, first.len - 1);
    return first;
}

void ll_help_program(struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("livelake keeps the history of live streaming on Twitch.\n\n"
                           "Usage: livelake COMMAND [OPTION]...\n"));
    for (int group = 0; group < LL_GROUP_COUNT; group++) {
        ll_buf_printf(out, "\n%s:\n", ll_help_group((enum ll_command_group)group));
        for (size_t i = 0; i < ll_command_count; i++)
            if ((int)ll_commands[i]->group == group)
                ll_buf_printf(out, "  %-12s%s\n", ll_commands[i]->name, ll_commands[i]->summary);
    }
    ll_buf_add(out, LL_STR("\nOptions of every command:\n"));
    add_options(out, ll_global_options);
    ll_buf_add(out, LL_STR("\nHelp on:\n  COMMAND     Its options, and examples: livelake help "
                           "report\n  config      Every setting\n"));
    for (size_t i = 0; i < ll_topic_count; i++)
        ll_buf_printf(out, "  %-12s%s\n", ll_topics[i].name, ll_topics[i].summary);
}

void ll_help_next_step(bool has_lake, struct ll_buf *out)
{
    static const char *const first[] = {"demo", "init", "doctor", "help"};
    static const char *const later[] = {"status", "report", "run", "help"};
    const char *const *names = has_lake ? later : first;
    for (size_t i = 0; i < LL_COUNT(first); i++) {
        const struct ll_command *command = ll_command_find(ll_str_of(names[i]));
        if (command != NULL)
            ll_buf_printf(out, "  livelake %-10s%s\n", command->name, command->summary);
    }
}

static void add_usage(struct ll_buf *out, const struct ll_command *command)
{
    ll_buf_printf(out, "livelake %s%s%s%s", command->name, command->operands[0] ? " " : "",
                  command->operands, command->option_count == 0 ? "" : " [OPTION]...");
}

void ll_help_command(const struct ll_command *command, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("Usage: "));
    add_usage(out, command);
    ll_buf_printf(out, "\n\n%s.\n", command->summary);
    struct ll_str doc = ll_str_of(command->doc), paragraph;
    while (doc.len != 0 && ll_str_split(&doc, '\n', &paragraph)) {
        ll_buf_add_char(out, '\n');
        add_wrapped(out, paragraph, 0, 0);
    }
    if (command->option_count != 0) {
        ll_buf_add(out, LL_STR("\nOptions:\n"));
        add_options(out, options_of(command));
    }
    ll_buf_add(out, LL_STR("\nOptions of every command:\n"));
    add_options(out, ll_global_options);
    if (command->example_count != 0)
        ll_buf_add(out, LL_STR("\nExamples:\n"));
    for (size_t i = 0; i < command->example_count; i++)
        ll_buf_printf(out, "  # %s\n  livelake %s\n", command->examples[i].what,
                      command->examples[i].line);
    if (command->add_help != NULL) {
        ll_buf_add_char(out, '\n');
        command->add_help(out);
    }
}

/* --- Markdown */

/* A '|' would end the table's cell. */
static void add_cell(struct ll_buf *out, struct ll_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '|')
            ll_buf_add_char(out, '\\');
        ll_buf_add_char(out, text.ptr[i]);
    }
}

static void add_option_table(struct ll_buf *out, struct ll_option_set set)
{
    ll_buf_add(out, LL_STR("\n| Option | Meaning |\n|---|---|\n"));
    for (size_t i = 0; i < set.count; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf name = {0};
        LL_AUTO(ll_buf_clear) struct ll_buf doc = {0};
        ll_help_option_name(&name, &set.items[i]);
        ll_help_option_doc(&doc, &set.items[i]);
        ll_buf_add(out, LL_STR("| `"));
        add_cell(out, ll_buf_str(&name));
        ll_buf_add(out, LL_STR("` | "));
        add_cell(out, ll_buf_str(&doc));
        ll_buf_add(out, LL_STR(" |\n"));
    }
}

static void add_command_markdown(struct ll_buf *out, const struct ll_command *command)
{
    ll_buf_printf(out, "\n### %s\n\n%s.\n\n    ", command->name, command->summary);
    add_usage(out, command);
    ll_buf_add_char(out, '\n');
    struct ll_str doc = ll_str_of(command->doc), paragraph;
    while (doc.len != 0 && ll_str_split(&doc, '\n', &paragraph))
        ll_buf_printf(out, "\n%.*s\n", LL_FMT(paragraph));
    if (command->option_count != 0)
        add_option_table(out, options_of(command));
    if (command->example_count != 0)
        ll_buf_add_char(out, '\n');
    for (size_t i = 0; i < command->example_count; i++)
        ll_buf_printf(out, "    # %s\n    livelake %s\n", command->examples[i].what,
                      command->examples[i].line);
}

void ll_help_markdown(struct ll_buf *out)
{
    ll_buf_add(
        out,
        LL_STR(
            "# Command line\n\n"
            "Made from the program's tables by `livelake help --markdown cli`.\n\n"
            "Data goes to standard output and nothing else does; messages, logs and progress go to "
            "standard error. Options stand before or after the command and its operands; names are "
            "never abbreviated; `--` ends the options. Configuration: [config.md](config.md).\n\n"
            "A command owns the lake while it runs: a second one ends with `busy` and the pid of "
            "the first.\n\n## Options of every command\n"));
    add_option_table(out, ll_global_options);
    ll_buf_add(out, LL_STR("\n## Commands\n"));
    for (size_t i = 0; i < ll_command_count; i++)
        add_command_markdown(out, ll_commands[i]);
    ll_buf_add(
        out,
        LL_STR("\n## Exit codes\n\nOn an error, standard error says `livelake: <message>`; with "
               "`--json` it is one line `{\"error\":{\"status\",\"message\",\"exit_code\"}}`.\n\n"
               "| Code | Name | Meaning |\n|---|---|---|\n"));
    size_t count;
    const struct ll_exit_info *codes = ll_exit_table(&count);
    for (size_t i = 0; i < count; i++) {
        ll_buf_printf(out, "| %d | %s | ", codes[i].code, codes[i].name);
        add_cell(out, ll_str_of(codes[i].meaning));
        ll_buf_add(out, LL_STR(" |\n"));
    }
}
