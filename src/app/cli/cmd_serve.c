#include "app/cli/command.h"

#include <errno.h>
#include <poll.h>

#include "app/command_server.h"
#include "app/exit.h"
#include "app/notify.h"
#include "app/serving.h"

/* What runs while it serves; each is stopped in turn. */
struct parts {
    struct ll_owner owner;
    struct ll_command_server *commands;
    struct ll_serving *serving;
    struct ll_notify notify;
};

static enum ll_status say_where(struct ll_app *app, const struct parts *parts, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    const char *url = ll_serving_url(parts->serving);
    if (app->json)
        ll_buf_printf(&text, "{\"url\":\"%s\"}\n", url);
    else
        ll_buf_printf(&text, "%s\n", url);
    if (ll_output_write(&app->out, ll_buf_str(&text), err) != LL_OK ||
        ll_output_flush(&app->out, err) != LL_OK)
        return err->status;
    ll_app_note(app, "serving the lake at %s; Ctrl-C ends it", app->wire.options.lake_dir);
    ll_notify_ready(&parts->notify);
    return LL_OK;
}

static void wait_for_stop(const struct ll_app *app)
{
    struct pollfd asked = {.fd = app->stop->fd, .events = POLLIN};
    while (poll(&asked, 1, -1) < 0 && errno == EINTR)
        continue;
}

/* Other commands can work on the lake meanwhile: it is not collected. */
static enum ll_status serve(struct ll_app *app, struct parts *parts, struct ll_error *err)
{
    struct ll_warehouse *warehouse;
    const struct ll_command_server_options commands = {
        .owner = &parts->owner, .lake_dir = app->wire.options.lake_dir, .clock = app->clock};
    const struct ll_serving_options serving = {
        .app = app, .owner = &parts->owner, .clock = app->clock};
    if (ll_wire_warehouse(&app->wire, &warehouse, err) != LL_OK ||
        ll_notify_open(&parts->notify, app->env, err) != LL_OK ||
        ll_serving_start(&serving, &parts->serving, err) != LL_OK ||
        ll_command_server_start(&commands, &parts->commands, err) != LL_OK ||
        say_where(app, parts, err) != LL_OK)
        return err->status;
    wait_for_stop(app);
    ll_notify_send(&parts->notify, "STOPPING=1");
    return LL_OK;
}

static int run(struct ll_app *app, const struct ll_args *args LL_UNUSED)
{
    struct ll_error err;
    struct parts parts = {.notify = {.fd = -1}};
    ll_owner_init(&parts.owner, &app->wire);
    enum ll_status status = serve(app, &parts, &err);
    ll_serving_stop(parts.serving);
    ll_command_server_stop(parts.commands);
    ll_notify_close(&parts.notify);
    ll_owner_clear(&parts.owner);
    return status == LL_OK ? LL_EXIT_OK : ll_app_fail(app, &err);
}

static const struct ll_example examples[] = {
    {"serve", "The dashboard at http://127.0.0.1:4280/, until Ctrl-C"},
    {"serve --set serve.port=8080", "On another port"},
    {"serve --set serve.address=0.0.0.0 --set serve.hosts=lake.example",
     "For other machines: each needs an API key (`livelake key add`)"},
};

const struct ll_command ll_command_serve = {
    .name = "serve",
    .group = LL_GROUP_LOOK,
    .operands = "",
    .summary = "The dashboard and the HTTP API of a lake",
    .doc = "Serves until SIGTERM or Ctrl-C. `livelake run` and `livelake demo` serve by "
           "themselves; this is for a lake that nobody collects. Other commands can work on the "
           "lake meanwhile.\n"
           "On this machine everybody may ask; beyond it an API key is needed, and TLS, which a "
           "proxy in front gives: see docs/api.md. With systemd's socket activation it takes the "
           "socket that is passed to it.",
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
