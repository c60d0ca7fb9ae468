#include "app/cli/command.h"
#include "app/cli/completion.h"

/* bash splits words at '=', too: they are put together again, and what is completed is what stands
 * behind the last '='. */
static const char head[] =
    "# Completion of livelake for bash: made by `livelake help --completion bash`.\n"
    "_livelake()\n"
    "{\n"
    "    local words=() word option= command= count=0 ended= current value kind= list= prefix i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if ((i > 1)) && [[ $word == =* || ${COMP_WORDS[i - 1]} == *= ]]; then\n"
    "            words[${#words[@]} - 1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "    current=${words[${#words[@]} - 1]}\n"
    "    unset \"words[${#words[@]} - 1]\"\n"
    "    for word in \"${words[@]}\"; do\n"
    "        if [[ $option ]]; then\n"
    "            option=\n"
    "        elif [[ $word == -- && -z $ended ]]; then\n"
    "            ended=1\n"
    "        elif [[ $word == -?* && -z $ended ]]; then\n"
    "            case $word in\n"
    "            ";

static const char middle[] = ") option=$word ;;\n"
                             "            esac\n"
                             "        elif [[ -z $command ]]; then\n"
                             "            command=$word\n"
                             "        else\n"
                             "            ((count++))\n"
                             "        fi\n"
                             "    done\n"
                             "    value=$current\n"
                             "    if [[ -z $option && -z $ended && $current == --*=* ]]; then\n"
                             "        option=${current%%=*}\n"
                             "        value=${current#*=}\n"
                             "    fi\n"
                             "    if [[ $option == --set && $value == *=* ]]; then\n"
                             "        option=--set:${value%%=*}\n"
                             "        value=${value#*=}\n"
                             "    fi\n"
                             "    if [[ -z $option && -z $ended && $current == -* ]]; then\n"
                             "        option=--\n"
                             "    fi\n"
                             "    case $command:${option:-$count} in\n";

static const char tail[] =
    "    esac\n"
    "    # What stands before the last '=' is not replaced, where bash splits there.\n"
    "    prefix=${current%\"$value\"}\n"
    "    [[ $COMP_WORDBREAKS == *=* ]] && prefix=\n"
    "    case $kind in\n"
    "    files) mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -f -- \"$value\") ;;\n"
    "    folders) mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -d -- \"$value\") ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W \"$list\" -- \"$value\") ;;\n"
    "    esac\n"
    "    [[ $kind == files || $kind == folders ]] && compopt -o filenames 2>/dev/null\n"
    "    [[ $kind == keys ]] && compopt -o nospace 2>/dev/null\n"
    "    return 0\n"
    "}\n"
    "complete -F _livelake livelake\n";

static void add_what(struct ll_buf *out, enum ll_completed what, struct ll_str list)
{
    if (what == LL_COMPLETED_FILE)
        ll_buf_add(out, LL_STR("kind=files ;;\n"));
    else if (what == LL_COMPLETED_FOLDER)
        ll_buf_add(out, LL_STR("kind=folders ;;\n"));
    else
        ll_buf_printf(out, "%slist=\"%.*s\" ;;\n", what == LL_COMPLETED_KEY ? "kind=keys " : "",
                      LL_FMT(list));
}

static void add_values(struct ll_buf *out, const char *command, struct ll_option_set set)
{
    for (size_t i = 0; i < set.count; i++) {
        const struct ll_option *option = &set.items[i];
        LL_AUTO(ll_buf_clear) struct ll_buf list = {0};
        enum ll_completed what = ll_completed_option(option);
        if (what == LL_COMPLETED_NOTHING)
            continue;
        if (what == LL_COMPLETED_WORDS)
            ll_completed_add_choices(&list, option->value);
        else if (what == LL_COMPLETED_KEY)
            ll_completed_add_keys(&list);
        ll_buf_printf(out, "    %s:--%s) ", command, option->name);
        add_what(out, what, ll_buf_str(&list));
    }
}

static void add_keys(struct ll_buf *out)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        LL_AUTO(ll_buf_clear) struct ll_buf list = {0};
        enum ll_completed what = ll_completed_key(key);
        if (what == LL_COMPLETED_NOTHING)
            continue;
        if (what == LL_COMPLETED_WORDS)
            ll_completed_add_choices(&list, key->choices);
        ll_buf_printf(out, "    *:--set:%s) ", key->name);
        add_what(out, what, ll_buf_str(&list));
    }
}

static void add_names(struct ll_buf *out, struct ll_option_set set)
{
    for (size_t i = 0; i < set.count; i++) {
        if (set.items[i].letter != 0)
            ll_buf_printf(out, "-%c ", set.items[i].letter);
        ll_buf_printf(out, "--%s ", set.items[i].name);
    }
}

static void add_command(struct ll_buf *out, const struct ll_command *command)
{
    const struct ll_option_set set = {command->options, command->option_count};
    LL_AUTO(ll_buf_clear) struct ll_buf words = {0};
    add_values(out, command->name, set);
    ll_buf_printf(out, "    %s:--) list=\"", command->name);
    add_names(out, set);
    add_names(out, ll_global_options);
    out->len--; /* the last blank */
    ll_buf_add(out, LL_STR("\" ;;\n"));
    for (size_t i = 0; i < command->max_operands; i++) {
        enum ll_completed what = ll_completed_operand(command, i);
        if (what == LL_COMPLETED_NOTHING)
            continue;
        if (what == LL_COMPLETED_WORDS)
            ll_completed_add_operands(&words, command);
        ll_buf_printf(out, "    %s:%zu) ", command->name, i);
        add_what(out, what, ll_buf_str(&words));
    }
}

void ll_completion_bash(struct ll_buf *out)
{
    ll_buf_add(out, ll_str_of(head));
    ll_completed_add_value_options(out, " | ");
    ll_buf_add(out, ll_str_of(middle));
    ll_buf_add(out, LL_STR("    :0) list=\""));
    for (size_t i = 0; i < ll_command_count; i++)
        ll_buf_printf(out, "%s%s", i > 0 ? " " : "", ll_commands[i]->name);
    ll_buf_add(out, LL_STR("\" ;;\n    :--) list=\""));
    add_names(out, ll_global_options);
    out->len--; /* the last blank */
    ll_buf_add(out, LL_STR("\" ;;\n"));
    for (size_t i = 0; i < ll_command_count; i++)
        add_command(out, ll_commands[i]);
    add_values(out, "*", ll_global_options);
    add_keys(out);
    ll_buf_add(out, ll_str_of(tail));
}
