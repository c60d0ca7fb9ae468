#include "app/cli/command.h"

#include "app/exit.h"

static void add_json_or_null(struct ll_buf *out, const char *text)
{
    if (text == NULL)
        ll_buf_add(out, LL_STR("null"));
    else
        ll_buf_add_json_string(out, ll_str_of(text));
}

static void show_json(const struct ll_config *config, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("{\"file\":"));
    add_json_or_null(out, config->file);
    ll_buf_add(out, LL_STR(",\"values\":["));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        enum ll_config_id id = (enum ll_config_id)i;
        const struct ll_config_value *value = &config->values[i];
        ll_buf_printf(out, "%s\n{\"key\":\"%s\",\"value\":", i == 0 ? "" : ",",
                      ll_config_key(id)->name);
        add_json_or_null(out, ll_config_shown(config, id));
        ll_buf_printf(out, ",\"source\":\"%s\",\"where\":", ll_config_source_name(value->source));
        ll_buf_add_json_string(out, ll_str_of(value->where));
        ll_buf_add_char(out, '}');
    }
    ll_buf_add(out, LL_STR("\n]}\n"));
}

static void show_text(const struct ll_config *config, struct ll_buf *out)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        enum ll_config_id id = (enum ll_config_id)i;
        const char *shown = ll_config_shown(config, id);
        ll_buf_printf(out, "%-21s = %-20s (%s)\n", ll_config_key(id)->name,
                      shown == NULL ? "" : shown, config->values[i].where);
    }
}

static int check(struct ll_app *app)
{
    /* Whoever gets here has a good configuration: it is read before any command runs. */
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    const char *file = app->config.file;
    if (app->json) {
        ll_buf_add(&text, LL_STR("{\"ok\":true,\"file\":"));
        add_json_or_null(&text, file);
        ll_buf_add(&text, LL_STR("}\n"));
    } else if (file != NULL) {
        ll_buf_printf(&text, "ok: %s and the environment\n", file);
    } else {
        ll_buf_add(&text, LL_STR("ok: the environment; there is no configuration file\n"));
    }
    return ll_app_print(app, ll_buf_str(&text));
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_str what = ll_str_of(args->operands[0]);
    if (ll_str_equal(what, LL_STR("check")))
        return check(app);
    if (!ll_str_equal(what, LL_STR("show")))
        return ll_app_usage(app, "config %.*s: check or show", LL_FMT(ll_str_sub(what, 0, 100)));
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (app->json)
        show_json(&app->config, &text);
    else
        show_text(&app->config, &text);
    return ll_app_print(app, ll_buf_str(&text));
}

static const struct ll_example examples[] = {
    {"config show", "Every value, and where it comes from"},
    {"config check --config new.conf", "Is this file right?"},
};

const struct ll_command ll_command_config = {
    .name = "config",
    .group = LL_GROUP_BEGIN,
    .operands = "check|show",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Check the configuration, or show each value and its source",
    .doc = "Secrets are masked. The first mistake is named with its file and line, and the exit "
           "code is 3.",
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .add_help = ll_config_write_list,
    .run = run,
};
