#include "app/migrating.h"

#include "app/stop.h"
#include "base/log.h"

static enum ll_status migrate_lake(struct ll_wire *wire, struct ll_error *err)
{
    struct ll_migrated done;
    struct ll_clock *clock = wire->options.clock;
    struct ll_lake_migrate_options options = {.store = wire->lake.store,
                                              .now_s = ll_clock_now_s(clock)};
    options.steps = ll_lake_steps(&options.step_count);
    if (ll_lake_migrate(&options, &done, err) != LL_OK)
        return err->status;
    if (done.from != done.to)
        ll_log(LL_LOG_INFO, "lake.migrated", ll_kv_i64("from", done.from), ll_kv_i64("to", done.to),
               ll_kv_cstr("snapshot", done.snapshot));
    if (wire->options.migrated != NULL)
        wire->options.migrated->lake = done;
    return ll_lake_settings_load(wire->lake.store, &wire->lake.settings, err);
}

static enum ll_status refuse(const struct ll_wire *wire, struct ll_error *err)
{
    return ll_fail(err, LL_UNSUPPORTED, LL_OUTDATED,
                   "the lake at %s is at schema %d, this program writes %d: run `livelake migrate`",
                   wire->options.lake_dir, wire->lake.settings.schema, LL_LAKE_SCHEMA);
}

enum ll_status ll_migrating_lake(struct ll_wire *wire, enum ll_status loaded, struct ll_error *err)
{
    bool begun = false;
    struct ll_error ignored;
    bool may = wire->options.older == LL_OLDER_MIGRATE && !wire->read_only;
    if (loaded != LL_OK && (loaded != LL_CORRUPT || !may))
        return loaded;
    /* What hinders looking for it hinders a migration, too, which then says so. */
    if (ll_lake_migrating(wire->lake.store, &begun, &ignored) != LL_OK)
        begun = false;
    if (loaded != LL_OK)
        return begun ? migrate_lake(wire, err) : loaded;
    bool older = wire->lake.settings.schema < LL_LAKE_SCHEMA;
    if (may && (older || begun))
        return migrate_lake(wire, err);
    return older && wire->options.older != LL_OLDER_OPEN ? refuse(wire, err) : LL_OK;
}

enum ll_status ll_migrating_warehouse(struct ll_wire *wire,
                                      const struct ll_warehouse_duckdb_options *options,
                                      struct ll_error *err)
{
    struct ll_warehouse_migrated done;
    const struct ll_warehouse_migrate_options migrate = {
        .open = *options,
        .now_s = ll_clock_now_s(wire->options.clock),
        .cancelled = wire->options.patience.stop != NULL ? ll_stop_asked : NULL,
        .cancel_context = wire->options.patience.stop,
    };
    if (ll_warehouse_duckdb_migrate(&migrate, &done, err) != LL_OK)
        return err->status;
    if (done.from != done.to)
        ll_log(LL_LOG_INFO, "warehouse.migrated", ll_kv_i64("from", done.from),
               ll_kv_i64("to", done.to), ll_kv_cstr("snapshot", done.snapshot));
    if (wire->options.migrated != NULL)
        wire->options.migrated->warehouse = done;
    return LL_OK;
}
