#include "app/cli/completion.h"

#include <string.h>

#include "app/cli/command.h"
#include "app/cli/help.h"
#include "app/cli/topics.h"

enum ll_completed ll_completed_option(const struct ll_option *option)
{
    if (option->path)
        return strcmp(option->value, "DIR") == 0 ? LL_COMPLETED_FOLDER : LL_COMPLETED_FILE;
    if (option->kind == LL_OPTION_CHOICE)
        return LL_COMPLETED_WORDS;
    return strcmp(option->name, "set") == 0 ? LL_COMPLETED_KEY : LL_COMPLETED_NOTHING;
}

static bool takes_commands(const struct ll_command *command)
{
    return command == &ll_command_help;
}

enum ll_completed ll_completed_operand(const struct ll_command *command, size_t index)
{
    struct ll_str rest = ll_help_words(command), word;
    if (index >= command->max_operands)
        return LL_COMPLETED_NOTHING;
    if ((command->path_operands >> index & 1U) != 0)
        return LL_COMPLETED_FILE;
    return index == 0 && (takes_commands(command) || ll_help_next_word(&rest, &word))
               ? LL_COMPLETED_WORDS
               : LL_COMPLETED_NOTHING;
}

enum ll_completed ll_completed_key(const struct ll_config_key *key)
{
    if (key->path)
        return LL_COMPLETED_FILE;
    return key->kind == LL_CONFIG_CHOICE ? LL_COMPLETED_WORDS : LL_COMPLETED_NOTHING;
}

static void add_word(struct ll_buf *out, bool *any, struct ll_str word)
{
    ll_buf_printf(out, "%s%.*s", *any ? " " : "", LL_FMT(word));
    *any = true;
}

void ll_completed_add_choices(struct ll_buf *out, const char *choices)
{
    struct ll_str rest = ll_str_of(choices), word;
    bool any = false;
    while (ll_str_split(&rest, '|', &word))
        add_word(out, &any, word);
}

void ll_completed_add_operands(struct ll_buf *out, const struct ll_command *command)
{
    struct ll_str rest = ll_help_words(command), word;
    bool any = false;
    if (takes_commands(command)) {
        for (size_t i = 0; i < ll_command_count; i++)
            add_word(out, &any, ll_str_of(ll_commands[i]->name));
        for (size_t i = 0; i < ll_topic_count; i++)
            add_word(out, &any, ll_str_of(ll_topics[i].name));
        return;
    }
    while (ll_help_next_word(&rest, &word))
        add_word(out, &any, word);
}

void ll_completed_add_keys(struct ll_buf *out)
{
    bool any = false;
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        if (key->kind == LL_CONFIG_SECRET)
            continue; /* refused there */
        ll_buf_printf(out, "%s%s=", any ? " " : "", key->name);
        any = true;
    }
}

static bool is_in(struct ll_option_set set, const char *name)
{
    for (size_t i = 0; i < set.count; i++)
        if (strcmp(set.items[i].name, name) == 0)
            return true;
    return false;
}

static struct ll_option_set set_of(size_t at) /* 0: the global options */
{
    if (at == 0)
        return ll_global_options;
    const struct ll_command *command = ll_commands[at - 1];
    return (struct ll_option_set){command->options, command->option_count};
}

void ll_completed_add_value_options(struct ll_buf *out, const char *separator)
{
    bool any = false;
    for (size_t s = 0; s <= ll_command_count; s++) {
        struct ll_option_set set = set_of(s);
        for (size_t i = 0; i < set.count; i++) {
            bool known = set.items[i].kind == LL_OPTION_FLAG;
            for (size_t before = 0; before < s && !known; before++)
                known = is_in(set_of(before), set.items[i].name);
            if (!known)
                ll_buf_printf(out, "%s--%s", any ? separator : "", set.items[i].name);
            any = any || !known;
        }
    }
}

struct ll_str ll_completed_sentence(const char *doc)
{
    struct ll_str text = ll_str_of(doc);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '.' && (i + 1 == text.len || text.ptr[i + 1] == ' '))
            return ll_str_sub(text, 0, i);
    return text;
}
