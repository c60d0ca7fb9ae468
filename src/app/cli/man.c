#include "app/cli/man.h"

#include <ctype.h>

#include "app/cli/command.h"
#include "app/cli/help.h"
#include "app/cli/topics.h"
#include "app/exit.h"

/* --- text */

/* One character of UTF-8 that is not ASCII; the texts are ours. Returns its length. */
static size_t add_unicode(struct ll_buf *out, struct ll_str rest)
{
    unsigned char first = (unsigned char)rest.ptr[0];
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    unsigned code = first & (0x7fU >> len);
    for (size_t i = 1; i < len && i < rest.len; i++)
        code = code << 6 | ((unsigned char)rest.ptr[i] & 0x3fU);
    ll_buf_printf(out, "\\[u%04X]", code);
    return len;
}

/* Text as it is: nothing of it is taken for a request, an escape or a typographic quote. */
static void add_text(struct ll_buf *out, struct ll_str text)
{
    bool line_start = out->len == 0 || out->ptr[out->len - 1] == '\n';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (line_start && (c == '.' || c == '\''))
            ll_buf_add(out, LL_STR("\\&"));
        line_start = c == '\n';
        if (c == '\\')
            ll_buf_add(out, LL_STR("\\e"));
        else if (c == '-')
            ll_buf_add(out, LL_STR("\\-"));
        else if (c == '\'')
            ll_buf_add(out, LL_STR("\\(aq"));
        else if (c == '"')
            ll_buf_add(out, LL_STR("\\(dq"));
        else if (c == '`')
            ll_buf_add(out, LL_STR("\\(ga"));
        else if (c == '^')
            ll_buf_add(out, LL_STR("\\(ha"));
        else if (c == '~')
            ll_buf_add(out, LL_STR("\\(ti"));
        else if ((unsigned char)c >= 0x80)
            i += add_unicode(out, ll_str_sub(text, i, text.len)) - 1;
        else
            ll_buf_add_char(out, c);
    }
}

/* `code` becomes bold. */
static void add_prose(struct ll_buf *out, struct ll_str text)
{
    struct ll_str part;
    bool code = false;
    while (ll_str_split(&text, '`', &part)) {
        if (code)
            ll_buf_add(out, LL_STR("\\fB"));
        add_text(out, part);
        if (code)
            ll_buf_add(out, LL_STR("\\fR"));
        code = !code;
    }
    ll_buf_add_char(out, '\n');
}

static void add_paragraphs(struct ll_buf *out, struct ll_str text)
{
    struct ll_str paragraph;
    for (int i = 0; text.len != 0 && ll_str_split(&text, '\n', &paragraph); i++) {
        if (i > 0)
            ll_buf_add(out, LL_STR(".PP\n"));
        add_prose(out, paragraph);
    }
}

/* "run" is LIVELAKE-RUN(1). */
static void add_head(struct ll_buf *out, const char *name, int section, const char *summary)
{
    ll_buf_add(out, LL_STR(".TH "));
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '-')
            ll_buf_add_char(out, '\\');
        ll_buf_add_char(out, (char)toupper((unsigned char)*c));
    }
    ll_buf_printf(out,
                  " %d \"\" \"livelake " LL_VERSION "\" \"livelake\"\n"
                  ".nh\n.ad l\n.SH NAME\n",
                  section);
    add_text(out, ll_str_of(name));
    ll_buf_add(out, LL_STR(" \\- "));
    LL_AUTO(ll_buf_clear) struct ll_buf small = {0};
    ll_buf_printf(&small, "%s", summary);
    if (!isupper((unsigned char)summary[1]))
        small.ptr[0] = (char)tolower((unsigned char)small.ptr[0]);
    add_prose(out, ll_buf_str(&small));
}

static void add_options(struct ll_buf *out, struct ll_option_set set)
{
    for (size_t i = 0; i < set.count; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf name = {0}, doc = {0};
        ll_help_option_name(&name, &set.items[i]);
        ll_help_option_doc(&doc, &set.items[i]);
        ll_buf_add(out, LL_STR(".TP\n\\fB"));
        add_text(out, ll_buf_str(&name));
        ll_buf_add(out, LL_STR("\\fR\n"));
        add_prose(out, ll_buf_str(&doc));
    }
}

/* --- livelake-<command>(1) */

static void add_examples(struct ll_buf *out, const struct ll_command *command)
{
    if (command->example_count > 0)
        ll_buf_add(out, LL_STR(".SH EXAMPLES\n"));
    for (size_t i = 0; i < command->example_count; i++) {
        ll_buf_add(out, LL_STR(".TP\n"));
        add_prose(out, ll_str_of(command->examples[i].what));
        ll_buf_add(out, LL_STR("\\fBlivelake "));
        add_text(out, ll_str_of(command->examples[i].line));
        ll_buf_add(out, LL_STR("\\fR\n"));
    }
}

static void write_command(const struct ll_command *command, struct ll_buf *out)
{
    LL_AUTO(ll_buf_clear) struct ll_buf name = {0};
    ll_buf_printf(&name, "livelake-%s", command->name);
    add_head(out, name.ptr, 1, command->summary);
    ll_buf_add(out, LL_STR(".SH SYNOPSIS\n\\fBlivelake "));
    add_text(out, ll_str_of(command->name));
    ll_buf_add(out, LL_STR("\\fR"));
    if (command->operands[0] != '\0')
        ll_buf_add_char(out, ' ');
    add_text(out, ll_str_of(command->operands));
    ll_buf_add(out, LL_STR(" [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"));
    add_prose(out, ll_str_of(command->summary));
    out->len--; /* the line's end: a full stop is to follow */
    ll_buf_add(out, LL_STR(".\n"));
    if (command->doc[0] != '\0')
        ll_buf_add(out, LL_STR(".PP\n"));
    add_paragraphs(out, ll_str_of(command->doc));
    ll_buf_add(out, LL_STR(".SH OPTIONS\n"));
    add_options(out, (struct ll_option_set){command->options, command->option_count});
    ll_buf_add(out, LL_STR(".SS Options of every command\n"));
    add_options(out, ll_global_options);
    ll_buf_add(out, LL_STR(".SH EXIT STATUS\n0 when all went well; else see\n.BR livelake (1).\n"));
    add_examples(out, command);
    ll_buf_add(out, LL_STR(".SH SEE ALSO\n.BR livelake (1),\n.BR livelake.conf (5)\n"));
}

/* --- livelake(1) */

static void add_commands(struct ll_buf *out)
{
    for (int group = 0; group < LL_GROUP_COUNT; group++) {
        ll_buf_printf(out, ".SS %s\n", ll_help_group((enum ll_command_group)group));
        for (size_t i = 0; i < ll_command_count; i++) {
            if ((int)ll_commands[i]->group != group)
                continue;
            ll_buf_add(out, LL_STR(".TP\n.BR livelake\\-"));
            add_text(out, ll_str_of(ll_commands[i]->name));
            ll_buf_add(out, LL_STR(" (1)\n"));
            add_prose(out, ll_str_of(ll_commands[i]->summary));
        }
    }
}

static void add_exit_codes(struct ll_buf *out)
{
    size_t count;
    const struct ll_exit_info *codes = ll_exit_table(&count);
    ll_buf_add(out, LL_STR(".SH EXIT STATUS\n"));
    for (size_t i = 0; i < count; i++) {
        ll_buf_printf(out, ".TP\n\\fB%d\\fR %s\n", codes[i].code, codes[i].name);
        add_prose(out, ll_str_of(codes[i].meaning));
    }
}

static void write_program(struct ll_buf *out)
{
    add_head(out, "livelake", 1, "The history of live streaming on Twitch");
    ll_buf_add(
        out,
        LL_STR(
            ".SH SYNOPSIS\n\\fBlivelake\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n"
            ".SH DESCRIPTION\n"
            "Sweeps all live streams of Twitch every quarter of an hour, keeps what was answered, "
            "and makes a warehouse of it that answers who watched what, when.\n.PP\n"
            "All of it is in one folder, the lake. One process at a time owns it; while "
            "\\fBlivelake run\\fR does, other commands are run by it.\n.PP\n"
            "Data goes to standard output and nothing else does; messages, logs and progress "
            "go to standard error. Options stand before or after the command and its operands; "
            "\\fB\\-\\-\\fR ends them.\n"
            ".SH COMMANDS\n"));
    add_commands(out);
    ll_buf_add(out, LL_STR(".SH OPTIONS\n"));
    add_options(out, ll_global_options);
    add_exit_codes(out);
    ll_buf_add(out, LL_STR(".SH ENVIRONMENT\n"
                           "\\fBLIVELAKE_CONFIG\\fR names the configuration file; each setting has "
                           "a variable of its own, see\n.BR livelake.conf (5).\n"
                           ".SH FILES\n"));
    static const char *const files[][2] = {
        {"livelake.conf", "In the lake: its configuration."},
        {"lake.json", "In the lake: its schema and settings."},
        {"raw, processed, curated, quarantine", "In the lake: the layers."},
        {"warehouse.duckdb", "In the lake: the warehouse, which can be made anew."},
        {"warehouse.v*.duckdb, lake.v*.json",
         "In the lake: both as they were before the last migration."},
    };
    for (size_t i = 0; i < LL_COUNT(files); i++) {
        ll_buf_printf(out, ".TP\n\\fI%s\\fR\n", files[i][0]);
        add_prose(out, ll_str_of(files[i][1]));
    }
    ll_buf_add(out, LL_STR(".SH SEE ALSO\n.BR livelake.conf (5),\n.BR livelake\\-help (1)\n"));
}

/* --- livelake.conf(5) */

static void add_key(struct ll_buf *out, const struct ll_config_key *key)
{
    LL_AUTO(ll_buf_clear) struct ll_buf facts = {0};
    ll_buf_add(out, LL_STR(".TP\n\\fB"));
    add_text(out, ll_str_of(key->name));
    ll_buf_add(out, LL_STR("\\fR\n"));
    add_prose(out, ll_str_of(key->doc));
    ll_buf_add(out, LL_STR(".br\n"));
    ll_config_add_type(&facts, key);
    ll_buf_printf(&facts, ". Default: %s. Environment: `%s`. Takes effect %s.",
                  key->initial[0] != '\0' ? key->initial : "none", key->env,
                  ll_config_effect_words(key->effect));
    add_prose(out, ll_buf_str(&facts));
}

static void write_config(struct ll_buf *out)
{
    add_head(out, "livelake.conf", 5, "Settings of livelake");
    ll_buf_add(out, LL_STR(".SH DESCRIPTION\n"));
    add_paragraphs(
        out,
        LL_STR(
            "The file is `livelake.conf` in the lake's folder, or the one that `--config` or "
            "`LIVELAKE_CONFIG` names. `livelake init` writes one with every key.\n"
            "Its lines are `section.key = value`; empty lines and lines that begin with # are "
            "skipped. Unknown keys and keys given twice are errors. What the command line "
            "(`--set KEY=VALUE`) says is stronger than the environment, and that is stronger than "
            "the file.\n"
            "Sizes are whole numbers with a unit: 512MB (of 1000), 2GiB (of 1024). Durations are a "
            "whole number and one of s m h d w: 90s, 15m, 7d.\n"
            "The client id and its secret can stand in files of their own: "
            "`twitch.client_id_file`, "
            "`twitch.client_secret_file`. A secret is never taken from the command line."));
    ll_buf_add(out, LL_STR(".SH KEYS\n"));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++)
        add_key(out, ll_config_key((enum ll_config_id)i));
    ll_buf_add(out, LL_STR(".SH SEE ALSO\n.BR livelake (1),\n.BR livelake\\-config (1)\n"));
}

/* --- */

void ll_man_list(struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("livelake.1\nlivelake.conf.5\n"));
    for (size_t i = 0; i < ll_command_count; i++)
        ll_buf_printf(out, "livelake-%s.1\n", ll_commands[i]->name);
}

bool ll_man_write(struct ll_str page, struct ll_buf *out)
{
    if (ll_str_equal(page, LL_STR("livelake.conf")) ||
        ll_str_equal(page, LL_STR("livelake.conf.5"))) {
        write_config(out);
        return true;
    }
    if (ll_str_ends_with(page, LL_STR(".1")))
        page = ll_str_sub(page, 0, page.len - 2);
    if (ll_str_equal(page, LL_STR("livelake"))) {
        write_program(out);
        return true;
    }
    if (ll_str_starts_with(page, LL_STR("livelake-")))
        page = ll_str_sub(page, sizeof("livelake-") - 1, page.len);
    const struct ll_command *command = ll_command_find(page);
    if (command != NULL)
        write_command(command, out);
    return command != NULL;
}
