/* What the daemon tells systemd, and what SIGHUP tells it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/daemon_internal.h"
#include "base/log.h"

/* So long may a sweep take for one answer, or a stage for one batch, before it counts as stuck. */
#define SILENCE_MAX_MS (30 * 60 * 1000)

static int64_t real_ms(void)
{
    struct ll_clock *clock = ll_clock_system();
    return clock->monotonic_ms(clock);
}

void ll_daemon_alive(atomic_int_least64_t *sign)
{
    atomic_store(sign, real_ms());
}

static bool is_alive(struct ll_daemon *d)
{
    pthread_mutex_lock(&d->mutex);
    bool working = d->state.working;
    pthread_mutex_unlock(&d->mutex);
    int64_t now_ms = real_ms();
    return now_ms - atomic_load(&d->main_alive_ms) < SILENCE_MAX_MS &&
           (!working || now_ms - atomic_load(&d->work_alive_ms) < SILENCE_MAX_MS);
}

static void *tick(void *daemon)
{
    struct ll_daemon *d = daemon;
    struct pollfd end = {.fd = d->ticker_fd, .events = POLLIN};
    int interval_ms = (int)(d->notify.watchdog_ms / 2);
    for (;;) {
        if (is_alive(d))
            ll_notify_send(&d->notify, "WATCHDOG=1");
        int ready = poll(&end, 1, interval_ms);
        if (ready > 0)
            return NULL;
    }
}

enum ll_status ll_daemon_watch_start(struct ll_daemon *d, struct ll_error *err)
{
    d->ticker_fd = -1;
    ll_daemon_alive(&d->main_alive_ms);
    ll_daemon_alive(&d->work_alive_ms);
    if (ll_notify_open(&d->notify, d->app->env, err) != LL_OK)
        return err->status;
    if (d->notify.watchdog_ms == 0)
        return LL_OK;
    d->ticker_fd = eventfd(0, EFD_CLOEXEC);
    if (d->ticker_fd < 0)
        return ll_fail_errno(err, errno, "make an event");
    sigset_t all, before; /* signals go to the main thread, whose waiting they shall end */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&d->ticker, NULL, tick, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    d->ticking = failed == 0;
    return failed == 0 ? LL_OK : ll_fail_errno(err, failed, "start a thread");
}

void ll_daemon_watch_stop(struct ll_daemon *d)
{
    uint64_t one = 1;
    if (d->ticking) {
        (void)!write(d->ticker_fd, &one, sizeof(one));
        pthread_join(d->ticker, NULL);
    }
    if (d->ticker_fd >= 0)
        close(d->ticker_fd);
    ll_notify_close(&d->notify);
}

/* --- the configuration */

/* Other parts point to these texts, and what they say cannot change under way. */
static void keep_fixed(struct ll_config *old, struct ll_config *fresh)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
        struct ll_config_value *now = &old->values[i], *then = &fresh->values[i];
        if (key->effect != LL_EFFECT_RESTART)
            continue;
        if (strcmp(now->text, then->text) != 0)
            ll_log(LL_LOG_WARN, "config.needs_restart", ll_kv_cstr("key", key->name));
        struct ll_config_value kept = *now;
        *now = *then;
        *then = kept;
    }
}

static enum ll_status replace_config(struct ll_daemon *d, struct ll_error *err)
{
    struct ll_app *app = d->app;
    struct ll_config fresh, old = app->config;
    struct ll_slot_choice choice;
    ll_config_init(&fresh);
    enum ll_status status = d->options->reload(d->options->reload_context, &fresh, err);
    if (status != LL_OK) {
        ll_config_clear(&fresh);
        return status;
    }
    keep_fixed(&old, &fresh);
    app->config = fresh;
    status = ll_collector_choose(d->collector, d->options->args, &choice, err);
    if (status == LL_OK)
        status = ll_collector_renew(d->collector, err);
    if (status == LL_OK) {
        struct ll_clock *clock = app->clock;
        ll_config_clear(&old);
        app->clock = ll_clock_system(); /* the log's, as at the start; a simulated one goes away */
        ll_cli_setup_log(app);
        app->clock = clock;
        ll_daemon_set_retention(d, &app->config);
        return LL_OK;
    }
    keep_fixed(&fresh, &old);
    app->config = old;
    ll_config_clear(&fresh);
    return status;
}

void ll_daemon_reload(struct ll_daemon *d)
{
    struct ll_error err;
    uint64_t count;
    if (d->hangup_fd < 0 || read(d->hangup_fd, &count, sizeof(count)) < 0 ||
        d->options->reload == NULL)
        return;
    ll_notify_reloading(&d->notify);
    if (replace_config(d, &err) == LL_OK) {
        ll_log(LL_LOG_INFO, "config.reloaded",
               ll_kv_cstr("file", d->app->config.file != NULL ? d->app->config.file : ""));
        d->not_before_s = 0; /* what was wrong may be mended */
        ll_daemon_state_begin(d)->reloads++;
        ll_daemon_state_end(d);
    } else {
        ll_log_error(LL_LOG_ERROR, "config.refused", &err);
    }
    ll_notify_ready(&d->notify);
}
