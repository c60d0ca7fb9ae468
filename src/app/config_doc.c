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

static void add_type(struct ll_buf *out, const struct ll_config_key *key)
{
    if (key->kind == LL_CONFIG_CHOICE)
        add_choices(out, key->choices, ", ");
    else
        ll_buf_printf(out, "%s%s%s%s", ll_config_kind_name(key->kind), key->unit[0] ? " (" : "",
                      key->unit, key->unit[0] ? ")" : "");
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
        add_type(out, key);
        ll_buf_printf(out, "; environment: %s\n", key->env);
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
            "| Key | Type | Default | Environment | Meaning |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        ll_buf_printf(out, "| `%s` | ", key->name);
        add_type(out, key);
        ll_buf_printf(out, " | %s%s%s | `%s` | %s |\n", key->initial[0] ? "`" : "", key->initial,
                      key->initial[0] ? "`" : "", key->env, key->doc);
    }
}
