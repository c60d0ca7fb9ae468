#include "app/cli/command.h"
#include "app/cli/completion.h"

/* Text within '…[…]': what zsh or _arguments would take for its own is escaped. */
static void add_doc(struct ll_buf *out, struct ll_str doc)
{
    for (size_t i = 0; i < doc.len; i++) {
        char c = doc.ptr[i];
        if (c == '\'')
            ll_buf_add(out, LL_STR("'\\''"));
        else if (c == '[' || c == ']' || c == ':' || c == '\\')
            ll_buf_printf(out, "\\%c", c);
        else
            ll_buf_add_char(out, c);
    }
}

static void add_action(struct ll_buf *out, enum ll_completed what, struct ll_str words)
{
    switch (what) {
    case LL_COMPLETED_WORDS:
        ll_buf_printf(out, "(%.*s)", LL_FMT(words));
        break;
    case LL_COMPLETED_FILE:
        ll_buf_add(out, LL_STR("_files"));
        break;
    case LL_COMPLETED_FOLDER:
        ll_buf_add(out, LL_STR("_files -/"));
        break;
    case LL_COMPLETED_KEY:
        ll_buf_add(out, LL_STR("_livelake_keys"));
        break;
    case LL_COMPLETED_NOTHING:
        ll_buf_add_char(out, ' ');
        break;
    }
}

/* '--name=[doc]:VALUE:action', '(-q --quiet)'{-q,--quiet}'[doc]' */
static void add_option(struct ll_buf *out, const struct ll_option *option, const char *indent)
{
    bool flag = option->kind == LL_OPTION_FLAG;
    ll_buf_printf(out, "%s", indent);
    if (option->letter != 0)
        ll_buf_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", option->letter, option->name,
                      option->letter, flag ? "" : "+", option->name, flag ? "" : "=");
    else
        ll_buf_printf(out, "'%s--%s%s[", option->repeat ? "*" : "", option->name, flag ? "" : "=");
    add_doc(out, ll_completed_sentence(option->doc));
    ll_buf_add_char(out, ']');
    if (!flag) {
        LL_AUTO(ll_buf_clear) struct ll_buf words = {0};
        enum ll_completed what = ll_completed_option(option);
        if (what == LL_COMPLETED_WORDS)
            ll_completed_add_choices(&words, option->value);
        ll_buf_printf(out, ":%s:", what == LL_COMPLETED_WORDS ? option->name : option->value);
        add_action(out, what, ll_buf_str(&words));
    }
    ll_buf_add(out, LL_STR("'\n"));
}

static void add_keys(struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("_livelake_keys() {\n"
                           "    if compset -P '*='; then\n"
                           "        case $IPREFIX in\n"));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        enum ll_completed what = ll_completed_key(key);
        if (what == LL_COMPLETED_NOTHING)
            continue;
        ll_buf_printf(out, "        *%s=) ", key->name);
        if (what == LL_COMPLETED_FILE) {
            ll_buf_add(out, LL_STR("_files ;;\n"));
            continue;
        }
        ll_buf_add(out, LL_STR("compadd -- "));
        ll_completed_add_choices(out, key->choices);
        ll_buf_add(out, LL_STR(" ;;\n"));
    }
    ll_buf_add(out, LL_STR("        esac\n    else\n        compadd -S '' -- "));
    ll_completed_add_keys(out);
    ll_buf_add(out, LL_STR("\n    fi\n}\n\n"));
}

static void add_commands(struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("_livelake_commands() {\n    local -a commands=(\n"));
    for (size_t i = 0; i < ll_command_count; i++) {
        ll_buf_printf(out, "        '%s:", ll_commands[i]->name);
        add_doc(out, ll_str_of(ll_commands[i]->summary));
        ll_buf_add(out, LL_STR("'\n"));
    }
    ll_buf_add(out, LL_STR("    )\n    _describe -t commands command commands\n}\n\n"));
}

static void add_command(struct ll_buf *out, const struct ll_command *command)
{
    ll_buf_printf(out, "    %s)\n        own=(\n", command->name);
    for (size_t i = 0; i < command->option_count; i++)
        add_option(out, &command->options[i], "            ");
    for (size_t i = 0; i < command->max_operands; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf words = {0};
        enum ll_completed what = ll_completed_operand(command, i);
        if (what == LL_COMPLETED_WORDS)
            ll_completed_add_operands(&words, command);
        ll_buf_printf(out, "            '%s:", i < command->min_operands ? "" : ":");
        ll_buf_printf(out, "operand:");
        add_action(out, what, ll_buf_str(&words));
        ll_buf_add(out, LL_STR("'\n"));
    }
    ll_buf_add(out, LL_STR("        )\n        ;;\n"));
}

void ll_completion_zsh(struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("#compdef livelake\n"
                           "# Completion of livelake for zsh: made by `livelake help --completion "
                           "zsh`.\n\n"));
    add_keys(out);
    add_commands(out);
    ll_buf_add(out, LL_STR("_livelake() {\n"
                           "    local curcontext=$curcontext state line ret=1\n"
                           "    local -a own every=(\n"));
    for (size_t i = 0; i < ll_global_options.count; i++)
        add_option(out, &ll_global_options.items[i], "        ");
    ll_buf_add(out, LL_STR("    )\n"
                           "    _arguments -C $every '(-): :->command' '(-)*:: :->rest' && ret=0\n"
                           "    if [[ $state == command ]]; then\n"
                           "        _livelake_commands && ret=0\n"
                           "        return ret\n"
                           "    fi\n"
                           "    [[ $state == rest ]] || return ret\n"
                           "    case $words[1] in\n"));
    for (size_t i = 0; i < ll_command_count; i++)
        add_command(out, ll_commands[i]);
    ll_buf_add(out, LL_STR("    *) return 1 ;;\n"
                           "    esac\n"
                           "    _arguments $every $own && ret=0\n"
                           "    return ret\n"
                           "}\n\n"
                           "if [[ $funcstack[1] == _livelake ]]; then\n"
                           "    _livelake \"$@\"\n"
                           "else\n"
                           "    compdef _livelake livelake\n"
                           "fi\n"));
}
