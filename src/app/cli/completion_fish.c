#include "app/cli/command.h"
#include "app/cli/completion.h"

static const char head[] =
    "# Completion of livelake for fish: made by `livelake help --completion fish`.\n"
    "\n"
    "# The command and its operands so far: no options, and no values of options.\n"
    "function __livelake_words\n"
    "    set -l words (commandline -opc)\n"
    "    set -e words[1]\n"
    "    set -l value 0\n"
    "    set -l ended 0\n"
    "    for word in $words\n"
    "        if test $value = 1\n"
    "            set value 0\n"
    "        else if test $ended = 1\n"
    "            echo -- $word\n"
    "        else\n"
    "            switch $word\n"
    "                case --\n"
    "                    set ended 1\n"
    "                case ";

static const char middle[] =
    "\n"
    "                    set value 1\n"
    "                case '-?*'\n"
    "                case '*'\n"
    "                    echo -- $word\n"
    "            end\n"
    "        end\n"
    "    end\n"
    "end\n"
    "\n"
    "function __livelake_in -a command\n"
    "    set -l words (__livelake_words)\n"
    "    test \"$words[1]\" = $command\n"
    "end\n"
    "\n"
    "# At operand number `count` of a command.\n"
    "function __livelake_at -a command count\n"
    "    set -l words (__livelake_words)\n"
    "    test \"$words[1]\" = $command; and test (count $words) -eq $count\n"
    "end\n"
    "\n"
    "complete -c livelake -f\n";

static void add_quoted(struct ll_buf *out, struct ll_str text)
{
    ll_buf_add_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            ll_buf_add_char(out, '\\');
        ll_buf_add_char(out, text.ptr[i]);
    }
    ll_buf_add_char(out, '\'');
}

static void add_what(struct ll_buf *out, enum ll_completed what, struct ll_str words)
{
    if (what == LL_COMPLETED_FILE)
        ll_buf_add(out, LL_STR(" -F"));
    else if (what == LL_COMPLETED_FOLDER)
        ll_buf_add(out, LL_STR(" -a '(__fish_complete_directories)'"));
    else if (words.len > 0)
        ll_buf_printf(out, " -a '%.*s'", LL_FMT(words));
}

/* Each key is "key=", and where its values are known also "key=value". */
static void add_keys(struct ll_buf *out)
{
    bool any = false;
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        struct ll_str rest = ll_str_of(key->choices), word;
        if (key->kind == LL_CONFIG_SECRET)
            continue; /* refused there */
        ll_buf_printf(out, "%s%s=", any ? " " : "", key->name);
        any = true;
        while (rest.len != 0 && ll_str_split(&rest, '|', &word))
            ll_buf_printf(out, " %s=%.*s", key->name, LL_FMT(word));
    }
}

static void add_options(struct ll_buf *out, const char *command, struct ll_option_set set)
{
    for (size_t i = 0; i < set.count; i++) {
        const struct ll_option *option = &set.items[i];
        ll_buf_add(out, LL_STR("complete -c livelake"));
        if (command != NULL)
            ll_buf_printf(out, " -n '__livelake_in %s'", command);
        if (option->letter != 0)
            ll_buf_printf(out, " -s %c", option->letter);
        ll_buf_printf(out, " -l %s", option->name);
        if (option->kind != LL_OPTION_FLAG) {
            LL_AUTO(ll_buf_clear) struct ll_buf words = {0};
            enum ll_completed what = ll_completed_option(option);
            if (what == LL_COMPLETED_WORDS)
                ll_completed_add_choices(&words, option->value);
            else if (what == LL_COMPLETED_KEY)
                add_keys(&words);
            ll_buf_add(out, what == LL_COMPLETED_FILE ? LL_STR(" -r") : LL_STR(" -x"));
            add_what(out, what, ll_buf_str(&words));
        }
        ll_buf_add(out, LL_STR(" -d "));
        add_quoted(out, ll_completed_sentence(option->doc));
        ll_buf_add_char(out, '\n');
    }
}

static void add_command(struct ll_buf *out, const struct ll_command *command)
{
    ll_buf_printf(out, "\ncomplete -c livelake -n 'test -z \"$(__livelake_words)\"' -a %s -d ",
                  command->name);
    add_quoted(out, ll_str_of(command->summary));
    ll_buf_add_char(out, '\n');
    for (size_t i = 0; i < command->max_operands; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf words = {0};
        enum ll_completed what = ll_completed_operand(command, i);
        if (what == LL_COMPLETED_NOTHING)
            continue;
        if (what == LL_COMPLETED_WORDS)
            ll_completed_add_operands(&words, command);
        ll_buf_printf(out, "complete -c livelake -n '__livelake_at %s %zu'", command->name, i + 1);
        add_what(out, what, ll_buf_str(&words));
        ll_buf_add_char(out, '\n');
    }
    add_options(out, command->name,
                (struct ll_option_set){command->options, command->option_count});
}

void ll_completion_fish(struct ll_buf *out)
{
    ll_buf_add(out, ll_str_of(head));
    ll_completed_add_value_options(out, " ");
    ll_buf_add(out, ll_str_of(middle));
    add_options(out, NULL, ll_global_options);
    for (size_t i = 0; i < ll_command_count; i++)
        add_command(out, ll_commands[i]);
}
