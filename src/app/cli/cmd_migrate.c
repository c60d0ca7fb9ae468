#include <unistd.h>

#include "app/cli/command.h"
#include "app/exit.h"

static void part_json(const char *name, int from, int to, const char *snapshot, struct ll_buf *out)
{
    ll_buf_printf(out, "\"%s\":", name);
    if (from == 0) {
        ll_buf_add(out, LL_STR("null"));
        return;
    }
    ll_buf_printf(out, "{\"from\":%d,\"to\":%d,\"snapshot\":", from, to);
    if (snapshot[0] != '\0')
        ll_buf_add_json_string(out, ll_str_of(snapshot));
    else
        ll_buf_add(out, LL_STR("null"));
    ll_buf_add_char(out, '}');
}

static void part_text(const char *name, int from, int to, const char *snapshot, struct ll_buf *out)
{
    if (from == 0)
        ll_buf_printf(out, "%s: there is none yet\n", name);
    else if (from == to)
        ll_buf_printf(out, "%s: schema %d, as it should be\n", name, to);
    else if (snapshot[0] == '\0')
        ll_buf_printf(out, "%s: schema %d, would be migrated to %d\n", name, from, to);
    else
        ll_buf_printf(out, "%s: migrated from schema %d to %d; as it was it is %s\n", name, from,
                      to, snapshot);
}

static void print(bool json, bool dry_run, const struct ll_wire_migrated *m, struct ll_buf *out)
{
    if (json) {
        ll_buf_printf(out, "{\"dry_run\":%s,", dry_run ? "true" : "false");
        part_json("lake", m->lake.from, m->lake.to, m->lake.snapshot, out);
        ll_buf_add_char(out, ',');
        part_json("warehouse", m->warehouse.from, m->warehouse.to, m->warehouse.snapshot, out);
        ll_buf_add(out, LL_STR("}\n"));
        return;
    }
    part_text("lake", m->lake.from, m->lake.to, m->lake.snapshot, out);
    part_text("warehouse", m->warehouse.from, m->warehouse.to, m->warehouse.snapshot, out);
}

/* Opening the lake migrates it, where it is ours; what a daemon owns it has migrated already. */
static enum ll_status migrate(struct ll_app *app, struct ll_wire_migrated *ret,
                              struct ll_error *err)
{
    struct ll_wire *wire = &app->wire;
    ret->lake.from = ret->lake.to = LL_LAKE_SCHEMA;
    wire->options.migrated = ret;
    if (ll_wire_begin_work(wire, LL_LAKE_EXISTING, err) != LL_OK)
        return err->status;
    if (access(wire->warehouse_path, F_OK) != 0)
        return LL_OK;
    ret->warehouse.from = ret->warehouse.to = LL_WAREHOUSE_SCHEMA;
    return wire->options.owner != NULL ? LL_OK : ll_wire_migrate_warehouse(wire, err);
}

static enum ll_status look(struct ll_app *app, struct ll_wire_migrated *ret, struct ll_error *err)
{
    struct ll_wire *wire = &app->wire;
    if (wire->options.owner != NULL)
        return migrate(app, ret, err);
    wire->options.older = LL_OLDER_OPEN;
    ret->lake.to = LL_LAKE_SCHEMA;
    ret->warehouse.to = LL_WAREHOUSE_SCHEMA;
    if (ll_wire_open_lake(wire, LL_LAKE_EXISTING, err) != LL_OK)
        return err->status;
    ret->lake.from = wire->lake.settings.schema;
    return ll_wire_warehouse_schema(wire, &ret->warehouse.from, err);
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_wire_migrated migrated = {0};
    bool dry_run = ll_args_has(args, "dry-run");
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    enum ll_status status = (dry_run ? look : migrate)(app, &migrated, &err);
    app->wire.options.migrated = NULL;
    if (status != LL_OK)
        return ll_app_fail(app, &err);
    print(app->json, dry_run, &migrated, &text);
    return ll_app_print(app, ll_buf_str(&text));
}

static const struct ll_option options[] = {
    {.name = "dry-run", .doc = "Say what would be done; change nothing."},
};

static const struct ll_example examples[] = {
    {"migrate --dry-run", "Of which schema are lake and warehouse?"},
    {"migrate", "Bring them to this program's"},
};

const struct ll_command ll_command_migrate = {
    .name = "migrate",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .writes = true,
    .operands = "",
    .summary = "Bring a lake of an older livelake to this one's schema",
    .doc =
        "What lake.json and the warehouse were is kept beside them (lake.v1-….json, "
        "warehouse.v1-….duckdb): it is the way back, until the next migration. For that the "
        "warehouse is copied, which needs as much free disk as it takes. When a step fails, both "
        "stay as they were and the error says so; killed anywhere, it is begun again next time.\n"
        "Every command that adds to a lake, `livelake run` first of all, does the same by itself, "
        "with a line in the log. Commands that only read do not: they end with exit code 14 and "
        "name this one. An older livelake refuses what this one has migrated (exit code 9).",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
