#include "app/cli/command.h"

#include <string.h>

#include "app/exit.h"
#include "serve/access.h"

static void list_text(const struct ll_access_keys *keys, struct ll_buf *out)
{
    if (keys->count == 0)
        ll_buf_add(out, LL_STR("no keys: livelake key add NAME\n"));
    for (size_t i = 0; i < keys->count; i++)
        ll_buf_printf(out, "%-24.*s %-5s since %.*s\n", LL_FMT(keys->items[i].name),
                      ll_access_scope_name(keys->items[i].scope), LL_FMT(keys->items[i].created));
}

static void list_json(const struct ll_access_keys *keys, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("{\"keys\":["));
    for (size_t i = 0; i < keys->count; i++)
        ll_buf_printf(out, "%s{\"name\":\"%.*s\",\"scope\":\"%s\",\"created\":\"%.*s\"}",
                      i > 0 ? "," : "", LL_FMT(keys->items[i].name),
                      ll_access_scope_name(keys->items[i].scope), LL_FMT(keys->items[i].created));
    ll_buf_add(out, LL_STR("]}\n"));
}

static enum ll_status list(struct ll_app *app, struct ll_store *store, struct ll_buf *out,
                           struct ll_error *err)
{
    struct ll_access_keys keys;
    if (ll_access_load(store, &keys, err) != LL_OK)
        return err->status;
    (app->json ? list_json : list_text)(&keys, out);
    ll_access_clear(&keys);
    return LL_OK;
}

static enum ll_status add(struct ll_app *app, const struct ll_args *args, struct ll_buf *out,
                          struct ll_error *err)
{
    char text[LL_ACCESS_TEXT_MAX];
    struct ll_access_new fresh = {.name = ll_str_of(args->operands[1]),
                                  .now_s = ll_clock_now_s(app->clock)};
    bool known = ll_access_scope_parse(ll_args_text(args, "scope", LL_STR("read")), &fresh.scope);
    if (!known) /* the options' table knows no other words */
        return ll_fail(err, LL_INVALID, 0, "no such scope");
    if (ll_access_add(app->wire.lake.store, &fresh, text, err) != LL_OK)
        return err->status;
    if (app->json)
        ll_buf_printf(out, "{\"name\":\"%s\",\"key\":\"%s\"}\n", args->operands[1], text);
    else
        ll_buf_printf(out, "%s\n", text);
    explicit_bzero(text, sizeof(text));
    ll_app_note(app, "this is shown once: the lake keeps its hash alone");
    return LL_OK;
}

static enum ll_status revoke(struct ll_app *app, const struct ll_args *args, struct ll_buf *out,
                             struct ll_error *err)
{
    if (ll_access_revoke(app->wire.lake.store, ll_str_of(args->operands[1]), err) != LL_OK)
        return err->status;
    if (app->json)
        ll_buf_printf(out, "{\"revoked\":\"%s\"}\n", args->operands[1]);
    else
        ll_buf_printf(out, "revoked %s\n", args->operands[1]);
    return LL_OK;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_store *store;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    const char *what = args->operands[0];
    bool lists = strcmp(what, "list") == 0, adds = strcmp(what, "add") == 0;
    if (!lists && !adds && strcmp(what, "revoke") != 0)
        return ll_app_usage(app, "key: \"%.100s\" is not add, list or revoke", what);
    if (args->operand_count != (lists ? 1U : 2U))
        return ll_app_usage(app, lists ? "key list takes no name" : "key %s needs a name", what);
    /* Changes of the keys take turns with other work. */
    enum ll_status status = lists ? ll_wire_store(&app->wire, &store, &err)
                                  : ll_wire_begin_work(&app->wire, LL_LAKE_EXISTING, &err);
    if (status == LL_OK)
        status = lists  ? list(app, store, &text, &err)
                 : adds ? add(app, args, &text, &err)
                        : revoke(app, args, &text, &err);
    if (status == LL_INVALID)
        return ll_app_usage(app, "key: %s", err.message);
    return status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
}

static const struct ll_option options[] = {
    {.name = "scope",
     .kind = LL_OPTION_CHOICE,
     .value = "read|sql",
     .initial = "read",
     .doc = "What a new key may ask: read is all but SQL, sql is all."},
};

static const struct ll_example examples[] = {
    {"key add bi", "A key for a program on another machine; it is printed once"},
    {"key list", "Names, scopes and ages"},
    {"key revoke bi", "From now on it is refused"},
};

const struct ll_command ll_command_key = {
    .name = "key",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .operands = "add|list|revoke [NAME]",
    .words = "add|list|revoke",
    .min_operands = 1,
    .max_operands = 2,
    .summary = "API keys, for who asks from beyond this machine",
    .doc = "Keys are sent as \"Authorization: Bearer KEY\", or put in at /login. The lake keeps "
           "their hashes, in api-keys.json; backups do not have them.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
