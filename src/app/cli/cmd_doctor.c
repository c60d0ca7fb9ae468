#include "app/cli/command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/exit.h"
#include "base/time.h"

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };
static const char *const verdict_names[] = {"ok", "warn", "fail"};

struct finding {
    const char *check;
    enum verdict verdict;
    const char *advice; /* NULL where there is nothing to do */
    struct ll_str what; /* in the arena */
};

#define FINDINGS_MAX 16
struct findings {
    struct finding items[FINDINGS_MAX];
    size_t count;
    struct ll_arena arena;
};

static void say(struct findings *findings, const char *check, enum verdict verdict,
                const char *advice, const char *format, ...) LL_PRINTF(5, 6);
static void say(struct findings *findings, const char *check, enum verdict verdict,
                const char *advice, const char *format, ...)
{
    struct finding finding = {.check = check, .verdict = verdict, .advice = advice};
    char text[sizeof(((struct ll_error *)NULL)->message)];
    va_list args;
    assert(findings->count < FINDINGS_MAX);
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    finding.what = ll_arena_copy(&findings->arena, ll_str_of(text));
    findings->items[findings->count++] = finding;
}

static void check_duckdb(struct ll_app *app, struct findings *findings)
{
    struct ll_error err;
    struct ll_duck *scratch;
    if (ll_wire_scratch(&app->wire, &scratch, &err) != LL_OK) {
        say(findings, "duckdb", VERDICT_FAIL,
            "install DuckDB's library, or name it by LIVELAKE_DUCKDB", "%s", err.message);
        return;
    }
    const char *version = ll_duck_version();
    bool known = version != NULL && strncmp(version, "v1.5.", 5) == 0;
    say(findings, "duckdb", known ? VERDICT_OK : VERDICT_WARN,
        known ? NULL : "livelake is tested with 1.5", "DuckDB %s",
        version == NULL ? "without a version" : version);

    struct ll_batch result = {0};
    if (ll_duck_query(scratch, ll_sql_find("duckdb", "doctor/zones"), NULL, 0, 1, &result, &err) !=
        LL_OK)
        say(findings, "zones", VERDICT_FAIL, "use a DuckDB with the icu extension built in", "%s",
            err.message);
    else if (ll_batch_get_i64(&result, 0, 0) != 7200 || ll_batch_get_i64(&result, 1, 0) != 3600)
        say(findings, "zones", VERDICT_FAIL, "use another build of DuckDB",
            "wrong offsets of Europe/Berlin");
    else
        say(findings, "zones", VERDICT_OK, NULL, "time zones and summer time are known");
    ll_batch_clear(&result);
}

/* True when the lake is open: then the warehouse can be looked at. */
static bool check_lake(struct ll_app *app, struct findings *findings)
{
    struct ll_error err;
    enum ll_status status = ll_wire_open_lake(&app->wire, LL_LAKE_EXISTING, &err);
    if (status == LL_OK) {
        say(findings, "lake", VERDICT_OK, NULL, "%s, schema %d", app->wire.options.lake_dir,
            app->wire.lake.settings.schema);
        say(findings, "lock", VERDICT_OK, NULL, "nobody else holds the lake");
        if (app->wire.read_only)
            say(findings, "permissions", VERDICT_WARN, "mend them where data shall be added",
                "the lake may only be read");
        else
            say(findings, "permissions", VERDICT_OK, NULL, "the lake may be read and written");
        return true;
    }
    if (status == LL_CONFLICT)
        say(findings, "lock", VERDICT_WARN, "wait for it, or stop it", "%s", err.message);
    else if (status == LL_NOT_FOUND)
        say(findings, "lake", VERDICT_WARN, "livelake init", "%s", err.message);
    else if (status == LL_UNSUPPORTED)
        say(findings, "lake", VERDICT_FAIL, "upgrade livelake", "%s", err.message);
    else if (ll_exit_of(&err, 0) == LL_EXIT_DENIED)
        say(findings, "permissions", VERDICT_FAIL, "give this user the folder, or run as its owner",
            "%s", err.message);
    else
        say(findings, "lake", VERDICT_FAIL, "see the message", "%s", err.message);
    return false;
}

static void check_warehouse(struct ll_app *app, struct findings *findings)
{
    struct ll_error err;
    struct stat info;
    struct ll_warehouse *warehouse;
    if (stat(app->wire.warehouse_path, &info) != 0)
        say(findings, "warehouse", VERDICT_OK, NULL, "not made yet");
    else if (ll_wire_warehouse(&app->wire, &warehouse, &err) != LL_OK)
        say(findings, "warehouse", VERDICT_FAIL,
            ll_exit_of(&err, 0) == LL_EXIT_UNSUPPORTED ? "upgrade livelake" : "livelake verify",
            "%s", err.message);
    else
        say(findings, "warehouse", VERDICT_OK, NULL, "%.1f MB", (double)info.st_size / 1e6);
}

static void check_disk(struct ll_app *app, struct findings *findings)
{
    static const double fail_bytes = 256e6, warn_bytes = 4e9;
    struct statvfs info;
    if (statvfs(app->wire.options.lake_dir, &info) != 0) {
        if (errno != ENOENT) /* no lake: said already */
            say(findings, "disk", VERDICT_WARN, NULL, "free space is unknown: %s",
                strerrordesc_np(errno));
        return;
    }
    double free_bytes = (double)info.f_bavail * (double)info.f_frsize;
    enum verdict verdict = free_bytes < fail_bytes   ? VERDICT_FAIL
                           : free_bytes < warn_bytes ? VERDICT_WARN
                                                     : VERDICT_OK;
    say(findings, "disk", verdict, verdict == VERDICT_OK ? NULL : "free some space", "%.1f GB free",
        free_bytes / 1e9);
}

static void check_machine(struct ll_app *app, struct findings *findings)
{
    int64_t now_s = ll_clock_now_s(app->clock);
    int year = ll_civil_of(now_s).year;
    bool sane = year >= 2025 && year < 2100;
    say(findings, "clock", sane ? VERDICT_OK : VERDICT_FAIL, sane ? NULL : "set the clock (NTP)",
        "%s", ll_stamp_format(now_s).c);

    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    enum verdict verdict = files.rlim_cur < 128    ? VERDICT_FAIL
                           : files.rlim_cur < 1024 ? VERDICT_WARN
                                                   : VERDICT_OK;
    say(findings, "files", verdict, verdict == VERDICT_OK ? NULL : "ulimit -n 1024",
        "%llu open files allowed", (unsigned long long)files.rlim_cur);
}

/* Secrets in a file that others may read. */
static void check_config(struct ll_app *app, struct findings *findings)
{
    struct stat info;
    const struct ll_config *config = &app->config;
    bool in_file = config->values[LL_CONFIG_TWITCH_CLIENT_SECRET].source == LL_SOURCE_FILE;
    if (in_file && config->file != NULL && stat(config->file, &info) == 0 &&
        (info.st_mode & 077) != 0)
        say(findings, "config", VERDICT_WARN, "chmod 600",
            "%s holds or names a secret, and others may read it", config->file);
    else
        say(findings, "config", VERDICT_OK, NULL, "%s",
            config->file == NULL ? "no configuration file: defaults" : config->file);
}

static void render_text(const struct findings *findings, struct ll_buf *out)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        ll_buf_printf(out, "%-5s %-12s %.*s\n", verdict_names[f->verdict], f->check,
                      LL_FMT(f->what));
        if (f->advice != NULL)
            ll_buf_printf(out, "%-18s to do: %s\n", "", f->advice);
    }
}

static void render_json(const struct findings *findings, bool ok, struct ll_buf *out)
{
    ll_buf_printf(out, "{\"ok\":%s,\"checks\":[", ok ? "true" : "false");
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        ll_buf_printf(out,
                      "%s\n{\"check\":\"%s\",\"result\":\"%s\",\"message\":", i == 0 ? "" : ",",
                      f->check, verdict_names[f->verdict]);
        ll_buf_add_json_string(out, f->what);
        ll_buf_add(out, LL_STR(",\"advice\":"));
        ll_buf_add_json_string(out, ll_str_of(f->advice));
        ll_buf_add_char(out, '}');
    }
    ll_buf_add(out, LL_STR("\n]}\n"));
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    (void)args;
    struct findings findings = {0};
    check_machine(app, &findings);
    check_config(app, &findings);
    check_duckdb(app, &findings);
    if (check_lake(app, &findings))
        check_warehouse(app, &findings);
    check_disk(app, &findings);

    bool ok = true;
    for (size_t i = 0; i < findings.count; i++)
        ok = ok && findings.items[i].verdict != VERDICT_FAIL;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (app->json)
        render_json(&findings, ok, &text);
    else
        render_text(&findings, &text);
    ll_arena_clear(&findings.arena);
    int code = ll_app_print(app, ll_buf_str(&text));
    return code == LL_EXIT_OK && !ok ? LL_EXIT_DIFFERENT : code;
}

static const struct ll_example examples[] = {
    {"doctor", "Is everything in place?"},
};

const struct ll_command ll_command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "Check the machine, DuckDB and the lake, and say what to do",
    .doc = "Looks at the clock, the limit of open files, the configuration, DuckDB and its time "
           "zones, the lake, "
           "who holds it, its warehouse, and free disk space. Each check is ok, warn or fail; the "
           "exit code is 1 "
           "when one fails.",
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
