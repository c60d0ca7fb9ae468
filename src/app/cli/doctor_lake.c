#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/cli/doctor.h"
#include "app/command_wire.h"
#include "app/exit.h"
#include "net/local.h"

/* True when the lake's owner answers: then it has the lake open, and we need not. */
static bool check_daemon(struct ll_app *app, struct ll_findings *findings)
{
    struct ll_error err;
    int fd;
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/" LL_COMMAND_SOCKET, app->wire.options.lake_dir);
    const struct ll_local_options options = {.socket_path = path.ptr};
    enum ll_status status = ll_local_connect(&options, &fd, &err);
    if (status == LL_OK) {
        close(fd);
        ll_doctor_say(findings, "daemon", LL_VERDICT_OK, NULL,
                      "the lake's owner answers: commands are run by it");
    } else if (status == LL_NOT_FOUND) {
        ll_doctor_say(findings, "daemon", LL_VERDICT_OK, NULL, "none runs on this lake");
    } else if (status == LL_TRANSIENT) {
        ll_doctor_say(findings, "daemon", LL_VERDICT_OK, NULL,
                      "none runs; %s was left by one that is gone", path.ptr);
    } else if (status == LL_AUTH) {
        ll_doctor_say(findings, "daemon", LL_VERDICT_WARN, "run livelake as the daemon's user",
                      "%s", err.message);
    } else {
        ll_doctor_say(findings, "daemon", LL_VERDICT_WARN, "look into its log; start it again",
                      "%s", err.message);
    }
    return status == LL_OK;
}

static void say_open(struct ll_app *app, struct ll_findings *findings)
{
    ll_doctor_say(findings, "lake", LL_VERDICT_OK, NULL, "%s, schema %d",
                  app->wire.options.lake_dir, app->wire.lake.settings.schema);
    ll_doctor_say(findings, "lock", LL_VERDICT_OK, NULL, "nobody else holds the lake");
    if (app->wire.read_only)
        ll_doctor_say(findings, "permissions", LL_VERDICT_WARN,
                      "mend them where data shall be added", "the lake may only be read");
    else
        ll_doctor_say(findings, "permissions", LL_VERDICT_OK, NULL,
                      "the lake may be read and written");
}

static const char *fix_of(const struct ll_error *unsupported)
{
    return unsupported->code == LL_OUTDATED ? "livelake migrate" : "upgrade livelake";
}

/* True when the lake is open: then the warehouse can be looked at. */
static bool check_lake(struct ll_app *app, bool answered, struct ll_findings *findings)
{
    struct ll_error err;
    enum ll_status status = ll_wire_open_lake(&app->wire, LL_LAKE_EXISTING, &err);
    if (status == LL_OK) {
        say_open(app, findings);
        return true;
    }
    if (status == LL_CONFLICT && answered)
        ll_doctor_say(findings, "lock", LL_VERDICT_OK, NULL, "%s", err.message);
    else if (status == LL_CONFLICT)
        ll_doctor_say(findings, "lock", LL_VERDICT_WARN, "wait for it, or stop it", "%s",
                      err.message);
    else if (status == LL_NOT_FOUND)
        ll_doctor_say(findings, "lake", LL_VERDICT_WARN, "livelake init", "%s", err.message);
    else if (status == LL_UNSUPPORTED)
        ll_doctor_say(findings, "lake", LL_VERDICT_FAIL, fix_of(&err), "%s", err.message);
    else if (ll_exit_of(&err, 0) == LL_EXIT_DENIED)
        ll_doctor_say(findings, "permissions", LL_VERDICT_FAIL,
                      "give this user the folder, or run as its owner", "%s", err.message);
    else
        ll_doctor_say(findings, "lake", LL_VERDICT_FAIL, "see docs/troubleshooting.md", "%s",
                      err.message);
    return false;
}

static void check_warehouse(struct ll_app *app, struct ll_findings *findings)
{
    struct ll_error err;
    struct stat info;
    struct ll_warehouse *warehouse;
    if (stat(app->wire.warehouse_path, &info) != 0)
        ll_doctor_say(findings, "warehouse", LL_VERDICT_OK, NULL, "not made yet");
    else if (ll_wire_warehouse(&app->wire, &warehouse, &err) != LL_OK)
        ll_doctor_say(findings, "warehouse", LL_VERDICT_FAIL,
                      err.status == LL_UNSUPPORTED
                          ? fix_of(&err)
                          : "it can be made anew: see docs/troubleshooting.md",
                      "%s", err.message);
    else
        ll_doctor_say(findings, "warehouse", LL_VERDICT_OK, NULL, "%.1f MB",
                      (double)info.st_size / 1e6);
}

static void check_token(struct ll_app *app, struct ll_findings *findings)
{
    struct stat info;
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/.token", app->wire.options.lake_dir);
    if (lstat(path.ptr, &info) != 0)
        ll_doctor_say(findings, "token", LL_VERDICT_OK, NULL, "none yet: one is fetched");
    else if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0)
        ll_doctor_say(findings, "token", LL_VERDICT_WARN, "delete it: a new one is fetched",
                      "%s is no file for this user alone, and is not used", path.ptr);
    else
        ll_doctor_say(findings, "token", LL_VERDICT_OK, NULL, "for this user alone");
}

static void check_disk(struct ll_app *app, struct ll_findings *findings)
{
    static const double fail_bytes = 256e6, warn_bytes = 4e9;
    struct statvfs info;
    if (statvfs(app->wire.options.lake_dir, &info) != 0) {
        if (errno != ENOENT) /* no lake: said already */
            ll_doctor_say(findings, "disk", LL_VERDICT_WARN, NULL, "free space is unknown: %s",
                          strerrordesc_np(errno));
        return;
    }
    double free_bytes = (double)info.f_bavail * (double)info.f_frsize;
    double wanted = (double)ll_config_number(&app->config, LL_CONFIG_RUN_MIN_FREE);
    bool paused = free_bytes < wanted;
    enum ll_verdict verdict = free_bytes < fail_bytes             ? LL_VERDICT_FAIL
                              : free_bytes < warn_bytes || paused ? LL_VERDICT_WARN
                                                                  : LL_VERDICT_OK;
    ll_doctor_say(findings, "disk", verdict, verdict == LL_VERDICT_OK ? NULL : "free some space",
                  "%.1f GB free%s", free_bytes / 1e9,
                  paused ? "; below run.min_free `livelake run` collects nothing" : "");
}

void ll_doctor_lake(struct ll_app *app, struct ll_findings *findings)
{
    bool answered = check_daemon(app, findings);
    if (check_lake(app, answered, findings))
        check_warehouse(app, findings);
    check_token(app, findings);
    check_disk(app, findings);
}
