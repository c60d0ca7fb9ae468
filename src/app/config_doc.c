/* Renderings of the table of keys. */
#include "app/config.h"

#include "base/str.h"

/* Puts text behind `prefix` on each line, broken at blanks before `width` columns. */
static void add_wrapped(struct ll_buf *out, const char *prefix, const char *text, size_t width)
{
    struct ll_str rest = ll_str_of(text), word;
    size_t column = 0;
    while (ll_str_split(&rest, ' ', &word)) {
        if (column != 0 && column + 1 + word.len > width) {
            ll_buf_add_char(out, '\n');
            column = 0;
        }
        ll_buf_printf(out, "%s%.*s", column == 0 ? prefix : " ", LL_FMT(word));
        column += word.len + 1;
    }
    ll_buf_add_char(out, '\n');
}

static void add_choices(struct ll_buf *out, const char *choices, const char *separator)
{
    struct ll_str rest = ll_str_of(choices), choice;
    for (int i = 0; ll_str_split(&rest, '|', &choice); i++)
        ll_buf_printf(out, "%s%.*s", i == 0 ? "" : separator, LL_FMT(choice));
}

void ll_config_add_type(struct ll_buf *out, const struct ll_config_key *key)
{
    if (key->kind == LL_CONFIG_CHOICE)
        add_choices(out, key->choices, ", ");
    else
        ll_buf_printf(out, "%s%s%s%s", ll_config_kind_name(key->kind), key->unit[0] ? " (" : "",
                      key->unit, key->unit[0] ? ")" : "");
}

const char *ll_config_effect_words(enum ll_config_effect effect)
{
    static const char *const words[] = {
        [LL_EFFECT_RELOAD] = "after SIGHUP",
        [LL_EFFECT_RESTART] = "after a restart",
        [LL_EFFECT_COMMAND] = "with the next command",
    };
    return words[effect];
}

void ll_config_write_list(struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("Keys, strongest source first: --set KEY=VALUE, the environment, the "
                           "file, the default.\n"));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        ll_buf_printf(out, "\n  %s%s%s   (", key->name, key->initial[0] ? " = " : "", key->initial);
        ll_config_add_type(out, key);
        ll_buf_printf(out, "; $%s; `livelake run`: %s)\n", key->env,
                      ll_config_effect_words(key->effect));
        add_wrapped(out, "      ", key->doc, 90);
    }
}

void ll_config_write_template(struct ll_buf *out)
{
    ll_buf_add(
        out,
        LL_STR("# Configuration of this lake. Remove the '#' before a key to change it.\n"
               "# The environment and the command line override this file.\n"
               "# `livelake config check` checks it, `livelake config show` shows what holds.\n"));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        if (key->not_in_lake)
            continue;
        ll_buf_add_char(out, '\n');
        add_wrapped(out, "# ", key->doc, 90);
        ll_buf_add(out, LL_STR("# "));
        ll_config_add_type(out, key);
        ll_buf_printf(out, "; environment: %s; takes effect %s\n", key->env,
                      ll_config_effect_words(key->effect));
        if (key->kind == LL_CONFIG_SECRET)
            ll_buf_printf(out, "#%s_file = \n", key->name);
        else
            ll_buf_printf(out, "#%s = %s\n", key->name, key->initial);
    }
}

void ll_config_write_markdown(struct ll_buf *out)
{
    ll_buf_add(
        out,
        LL_STR(
            "# Configuration\n\n"
            "Made from the program's table of keys by `livelake help --markdown config`.\n\n"
            "A value comes from the strongest source that gives one: the command line "
            "(`--set KEY=VALUE`, or an option of its own), the environment, the file, the default. "
            "Every value is checked, also one that is overridden. `livelake config show` shows "
            "each value and its source; `livelake config check` says what is wrong.\n\n"
            "The file is `livelake.conf` in the lake's folder, or the one that `--config FILE` or "
            "`" LL_CONFIG_FILE_ENV
            "` names. Its lines are `section.key = value`; empty lines and lines "
            "that begin with `#` are skipped. Unknown keys and keys given twice are errors. "
            "`livelake init` writes one with every key.\n\n"
            "Sizes are whole numbers with a unit: `512MB` (1000s), `2GiB` (1024s). Durations are a "
            "whole number and one of `s m h d w`: `90s`, `15m`, `7d`. The client id and its secret "
            "can be put into files of their own, named by the key with `_file` or the variable "
            "with `_FILE`; a secret is never taken from the command line and never shown.\n\n"
            "A command reads its configuration when it starts. A running `livelake run` takes a "
            "changed file up after SIGHUP (`systemctl reload livelake`) or after a restart, as the "
            "column \"Takes effect\" says; what it logs then names keys that wait for a "
            "restart.\n\n"
            "| Key | Type (unit) | Default | Environment | Takes effect | Meaning |\n"
            "|---|---|---|---|---|---|\n"));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        ll_buf_printf(out, "| `%s` | ", key->name);
        ll_config_add_type(out, key);
        ll_buf_printf(out, " | %s%s%s | `%s` | %s | %s |\n", key->initial[0] ? "`" : "",
                      key->initial[0] ? key->initial : "none", key->initial[0] ? "`" : "", key->env,
                      ll_config_effect_words(key->effect), key->doc);
    }
}
