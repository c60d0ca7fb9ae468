#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "app/cli/doctor.h"
#include "base/time.h"

static void check_clock(struct ll_app *app, struct ll_findings *findings)
{
    int64_t now_s = ll_clock_now_s(app->clock);
    int year = ll_civil_of(now_s).year;
    bool sane = year >= 2025 && year < 2100;
    ll_doctor_say(findings, "clock", sane ? LL_VERDICT_OK : LL_VERDICT_FAIL,
                  sane ? NULL : "set the clock (NTP)", "%s", ll_stamp_format(now_s).c);
}

static void check_limits(struct ll_findings *findings)
{
    struct rlimit files, size;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        enum ll_verdict verdict = files.rlim_cur < 128    ? LL_VERDICT_FAIL
                                  : files.rlim_cur < 1024 ? LL_VERDICT_WARN
                                                          : LL_VERDICT_OK;
        ll_doctor_say(findings, "files", verdict,
                      verdict == LL_VERDICT_OK ? NULL : "ulimit -n 1024", "%llu open files allowed",
                      (unsigned long long)files.rlim_cur);
    }
    if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur != RLIM_INFINITY)
        ll_doctor_say(findings, "file size", LL_VERDICT_WARN, "ulimit -f unlimited",
                      "files may grow to %.1f MB only, and the warehouse is one file",
                      (double)size.rlim_cur / 1e6);
}

static const char *locale_of(struct ll_app *app)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        const char *value = app->env(names[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "C";
}

static void check_terminal(struct ll_app *app, struct ll_findings *findings)
{
    const char *locale = locale_of(app), *kind = app->env("TERM");
    bool utf8 = strcasestr(locale, "utf-8") != NULL || strcasestr(locale, "utf8") != NULL;
    if (!app->terminal)
        ll_doctor_say(findings, "terminal", LL_VERDICT_OK, NULL,
                      "standard error is none: no progress is shown");
    else
        ll_doctor_say(findings, "terminal", LL_VERDICT_OK, NULL, "%s",
                      kind != NULL && kind[0] != '\0' ? kind : "of unknown kind");
    ll_doctor_say(findings, "locale", utf8 || !app->terminal ? LL_VERDICT_OK : LL_VERDICT_WARN,
                  utf8 || !app->terminal ? NULL : "export LC_ALL=C.UTF-8, if names look garbled",
                  "%s; answers are UTF-8 always", locale);
}

void ll_doctor_machine(struct ll_app *app, struct ll_findings *findings)
{
    check_clock(app, findings);
    check_limits(findings);
    check_terminal(app, findings);
}

void ll_doctor_config(struct ll_app *app, struct ll_findings *findings)
{
    struct stat info;
    const struct ll_config *config = &app->config;
    const struct ll_config_value *id = &config->values[LL_CONFIG_TWITCH_CLIENT_ID],
                                 *secret = &config->values[LL_CONFIG_TWITCH_CLIENT_SECRET];
    if (secret->source == LL_SOURCE_FILE && config->file != NULL &&
        stat(config->file, &info) == 0 && (info.st_mode & 077) != 0)
        ll_doctor_say(findings, "config", LL_VERDICT_WARN, "chmod 600",
                      "%s holds or names a secret, and others may read it", config->file);
    else
        ll_doctor_say(findings, "config", LL_VERDICT_OK, NULL, "%s",
                      config->file == NULL ? "no configuration file: defaults" : config->file);

    bool has_id = ll_config_text(config, LL_CONFIG_TWITCH_CLIENT_ID)[0] != '\0';
    bool has_secret = ll_secret_is_set(ll_config_secret(config, LL_CONFIG_TWITCH_CLIENT_SECRET));
    if (has_id && has_secret)
        ll_doctor_say(findings, "credentials", LL_VERDICT_OK, NULL,
                      "client id (%s) and secret (%s) are set; they were not tried", id->where,
                      secret->where);
    else
        ll_doctor_say(findings, "credentials", LL_VERDICT_WARN,
                      "to collect, set TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET, or name files "
                      "that hold them: twitch.client_id_file, twitch.client_secret_file",
                      "no Twitch client %s", has_id ? "secret" : "id");
}

void ll_doctor_duckdb(struct ll_app *app, struct ll_findings *findings)
{
    struct ll_error err;
    struct ll_duck *scratch;
    if (ll_wire_scratch(&app->wire, &scratch, &err) != LL_OK) {
        ll_doctor_say(findings, "duckdb", LL_VERDICT_FAIL,
                      "install DuckDB's library, or name it by LIVELAKE_DUCKDB", "%s", err.message);
        return;
    }
    const char *version = ll_duck_version();
    bool known = version != NULL && strncmp(version, "v1.5.", 5) == 0;
    ll_doctor_say(findings, "duckdb", known ? LL_VERDICT_OK : LL_VERDICT_WARN,
                  known ? NULL : "livelake is tested with 1.5", "DuckDB %s",
                  version == NULL ? "without a version" : version);

    struct ll_batch result = {0};
    if (ll_duck_query(scratch, ll_sql_find("duckdb", "doctor/zones"), NULL, 0, 1, &result, &err) !=
        LL_OK)
        ll_doctor_say(findings, "zones", LL_VERDICT_FAIL,
                      "use a DuckDB with the icu extension built in", "%s", err.message);
    else if (ll_batch_get_i64(&result, 0, 0) != 7200 || ll_batch_get_i64(&result, 1, 0) != 3600)
        ll_doctor_say(findings, "zones", LL_VERDICT_FAIL, "use another build of DuckDB",
                      "wrong offsets of Europe/Berlin");
    else
        ll_doctor_say(findings, "zones", LL_VERDICT_OK, NULL,
                      "time zones and summer time are known");
    ll_batch_clear(&result);
}
