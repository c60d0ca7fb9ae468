#include "app/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "app/exit.h"
#include "base/log.h"

#define TOKEN_FILE ".token"
#define NOTICE_FILE ".terms-said"
#define HELIX_BODY_MAX ((size_t)4 << 20) /* contract F 3 */
#define IGDB_BODY_MAX ((size_t)16 << 20)

static const struct ll_bucket_options helix_bucket = {.capacity = 800,
                                                      .per_second = 800.0 / 60,
                                                      .initial = 0, /* the first answer tells */
                                                      .max_in_flight = 16,
                                                      .reserve = 1};
static const struct ll_bucket_options igdb_bucket = {
    .capacity = 1, .per_second = 4, .initial = 1, .max_in_flight = 8, .reserve = 0};

/* --- opening */

static enum ll_status check_credentials(const struct ll_config *config, struct ll_error *err)
{
    const char *id = ll_config_text(config, LL_CONFIG_TWITCH_CLIENT_ID);
    bool secret = ll_secret_is_set(ll_config_secret(config, LL_CONFIG_TWITCH_CLIENT_SECRET));
    if (id[0] != '\0' && secret)
        return LL_OK;
    return ll_fail(err, LL_AUTH, 0,
                   "no Twitch client %s: register an application in Twitch's developer console, "
                   "then set TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET (or TWITCH_CLIENT_ID_FILE "
                   "and TWITCH_CLIENT_SECRET_FILE), or twitch.client_id and "
                   "twitch.client_secret_file in livelake.conf",
                   id[0] == '\0' ? "id" : "secret");
}

/* Once a lake, and only for the real services. */
static void say_terms(struct ll_app *app, struct ll_str url)
{
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    if (ll_url_is_loopback(url))
        return;
    ll_buf_printf(&path, "%s/" NOTICE_FILE, app->wire.options.lake_dir);
    int fd = open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return; /* said before; or the lake cannot be written, which will be said elsewhere */
    close(fd);
    ll_app_note(app, "You collect data under the Twitch Developer Services Agreement and IGDB's "
                     "terms: read them. They limit how long data may be kept and forbid passing "
                     "it on; show \"" LL_ATTRIBUTION "\" where you show it. This is said once.");
}

static enum ll_status new_http(struct ll_collector *c, struct ll_http **ret, struct ll_error *err)
{
    const struct ll_config *config = &c->app->config;
    const char *proxy = ll_config_text(config, LL_CONFIG_NET_PROXY);
    const char *ca_file = ll_config_text(config, LL_CONFIG_NET_CA_FILE);
    const struct ll_http_options options = {
        .clock = c->clock,
        .pacer = c->sim_clock != NULL ? ll_sim_clock_pacer(c->sim_clock) : NULL,
        .user_agent = "livelake/" LL_VERSION,
        /* A simulator is on loopback, where no proxy leads. */
        .proxy = c->sim_clock != NULL ? ""
                 : proxy[0] != '\0'   ? proxy
                                      : NULL,
        .ca_file = ca_file[0] != '\0' ? ca_file : NULL,
        .max_connections = helix_bucket.max_in_flight,
    };
    return ll_http_new(&options, ret, err);
}

static enum ll_status normalise(const struct ll_config *config, enum ll_config_id id,
                                struct ll_buf *out, struct ll_error *err)
{
    if (ll_url_normalise(ll_str_of(ll_config_text(config, id)), out, err) != LL_OK)
        return ll_context(err, "%s", ll_config_key(id)->name);
    return LL_OK;
}

static struct ll_api *new_api(struct ll_collector *c, const char *name, struct ll_http *http,
                              struct ll_str url)
{
    bool igdb = http == c->igdb_http;
    const struct ll_api_options options = {
        .name = name,
        .http = http,
        .clock = c->clock,
        .rand = &c->rand,
        .token = c->token,
        .client_id = ll_str_of(ll_config_text(&c->app->config, LL_CONFIG_TWITCH_CLIENT_ID)),
        .base_url = url,
        .bucket = igdb ? igdb_bucket : helix_bucket,
        .max_body_bytes = igdb ? IGDB_BODY_MAX : HELIX_BODY_MAX,
        .cancelled = ll_stop_asked,
        .cancel_context = c->app->stop,
    };
    return ll_api_new(&options);
}

static enum ll_status open_clients(struct ll_collector *c, struct ll_error *err)
{
    const struct ll_config *config = &c->app->config;
    LL_AUTO(ll_buf_clear) struct ll_buf twitch = {0}, auth = {0}, igdb = {0}, token_path = {0};
    bool ask_igdb = ll_config_text(config, LL_CONFIG_IGDB_URL)[0] != '\0';
    if (normalise(config, LL_CONFIG_TWITCH_URL, &twitch, err) != LL_OK ||
        normalise(config, LL_CONFIG_TWITCH_AUTH_URL, &auth, err) != LL_OK ||
        (ask_igdb && normalise(config, LL_CONFIG_IGDB_URL, &igdb, err) != LL_OK) ||
        new_http(c, &c->auth_http, err) != LL_OK || new_http(c, &c->twitch_http, err) != LL_OK ||
        (ask_igdb && new_http(c, &c->igdb_http, err) != LL_OK))
        return err->status;
    say_terms(c->app, ll_buf_str(&twitch));
    ll_buf_printf(&token_path, "%s/" TOKEN_FILE, c->app->wire.options.lake_dir);
    const struct ll_token_options token = {
        .http = c->auth_http,
        .clock = c->clock,
        .rand = &c->rand,
        .auth_url = ll_buf_str(&auth),
        .client_id = ll_str_of(ll_config_text(config, LL_CONFIG_TWITCH_CLIENT_ID)),
        .client_secret = ll_config_secret(config, LL_CONFIG_TWITCH_CLIENT_SECRET),
        .path = token_path.ptr,
        .cancelled = ll_stop_asked,
        .cancel_context = c->app->stop,
    };
    c->token = ll_token_new(&token);
    c->twitch = new_api(c, "Twitch", c->twitch_http, ll_buf_str(&twitch));
    c->igdb = ask_igdb ? new_api(c, "IGDB", c->igdb_http, ll_buf_str(&igdb)) : NULL;
    return LL_OK;
}

enum ll_status ll_collector_open(struct ll_collector *c, struct ll_app *app,
                                 const struct ll_args *args, struct ll_error *err)
{
    *c = (struct ll_collector){.app = app, .clock = app->clock};
    const struct ll_arg *sim = ll_args_find(args, "sim-clock");
    if (check_credentials(&app->config, err) != LL_OK)
        return err->status;
    if (sim != NULL) {
        if (ll_sim_clock_new(sim->value, &c->sim_clock, err) != LL_OK)
            return ll_context(err, "--sim-clock");
        c->clock = app->clock = app->wire.options.clock = ll_sim_clock_port(c->sim_clock);
    }
    ll_rand_seed_system(&c->rand);
    if (ll_wire_begin_collect(&app->wire, LL_LAKE_CREATE, err) != LL_OK)
        return err->status;
    if (app->wire.read_only)
        return ll_fail(err, LL_IO, EROFS, "the lake at %s may only be read",
                       app->wire.options.lake_dir);
    /* Only now: whoever has the lake may be at work with the same simulator. */
    if (sim != NULL && ll_sim_clock_begin(c->sim_clock, err) != LL_OK)
        return ll_context(err, "--sim-clock");
    return open_clients(c, err);
}

static void close_clients(struct ll_collector *c)
{
    ll_api_free(c->twitch);
    ll_api_free(c->igdb);
    ll_token_free(c->token);
    ll_http_free(c->auth_http);
    ll_http_free(c->twitch_http);
    ll_http_free(c->igdb_http);
    c->twitch = c->igdb = NULL;
    c->token = NULL;
    c->auth_http = c->twitch_http = c->igdb_http = NULL;
}

enum ll_status ll_collector_renew(struct ll_collector *c, struct ll_error *err)
{
    struct ll_collector old = *c;
    if (check_credentials(&c->app->config, err) != LL_OK)
        return err->status;
    c->twitch = c->igdb = NULL;
    c->token = NULL;
    c->auth_http = c->twitch_http = c->igdb_http = NULL;
    if (open_clients(c, err) == LL_OK) {
        close_clients(&old);
        return LL_OK;
    }
    close_clients(c);
    *c = old;
    return err->status;
}

void ll_collector_close(struct ll_collector *c)
{
    if (c->progress_shown)
        ll_progress_end(&c->progress);
    close_clients(c);
    if (c->sim_clock != NULL)
        c->app->clock = c->app->wire.options.clock = ll_clock_system();
    ll_sim_clock_free(c->sim_clock);
}

/* --- one slot */

static void show_progress(void *context, int64_t streams, int64_t expected)
{
    struct ll_collector *c = context;
    if (c->alive != NULL)
        c->alive(c->alive_context);
    if (!c->progress_shown)
        ll_app_progress(c->app, &c->progress, "ingest", "streams", expected);
    c->progress_shown = true;
    ll_progress_update(&c->progress, streams, expected);
}

static enum ll_status refresh(struct ll_collector *c, int64_t slot_s, struct ll_collected *ret,
                              struct ll_error *err)
{
    const struct ll_live *found = &ret->run.sweep.found;
    const struct ll_reference_options options = {
        .store = c->app->wire.lake.store,
        .tmp_dir = c->app->wire.lake.tmp_dir,
        .twitch = c->twitch,
        .igdb = c->igdb,
        .clock = c->clock,
        .slot_s = slot_s,
        .category_ids = found->category_ids,
        .category_count = found->category_count,
        .interval_s =
            (int32_t)ll_config_number(&c->app->config, LL_CONFIG_COLLECT_REFERENCE_INTERVAL),
        .dropped = &c->dropped,
        .memory = c->backlog != NULL ? c->backlog->memory : NULL,
        .group = c->backlog != NULL ? &c->backlog->group : NULL,
    };
    enum ll_status status = ll_reference_refresh(&options, &ret->reference, err);
    if (status == LL_OK || status == LL_CANCELLED)
        return status;
    ret->reference.error = *err; /* the run stands, and is to be processed */
    return LL_OK;
}

enum ll_status ll_collector_choose(const struct ll_collector *c, const struct ll_args *args,
                                   struct ll_slot_choice *ret, struct ll_error *err)
{
    static const struct ll_args none = {0};
    const struct ll_config *config = &c->app->config;
    struct ll_slot_choice choice;
    if (args == NULL)
        args = &none;
    choice.cadence_s = (int32_t)ll_args_number(args, "cadence",
                                               ll_config_number(config, LL_CONFIG_COLLECT_CADENCE));
    struct ll_str plan =
        ll_args_text(args, "plan", ll_str_of(ll_config_text(config, LL_CONFIG_COLLECT_PLAN)));
    if (choice.cadence_s < 60 || LL_DAY_S % choice.cadence_s != 0)
        return ll_fail(err, LL_INVALID, 0,
                       "a cadence must divide a day and be at least 60s: 15m, 5m, 1h, …");
    if (!ll_sweep_plan_parse(plan, &choice.plan))
        return ll_fail(err, LL_INVALID, 0, "unknown plan \"%.*s\"", LL_FMT(plan));
    choice.slot_s =
        ll_slot_of(ll_args_number(args, "slot", ll_clock_now_s(c->clock)), choice.cadence_s);
    *ret = choice;
    return LL_OK;
}

void ll_backlog_clear(struct ll_backlog *backlog)
{
    ll_manifest_group_clear(&backlog->group);
    ll_reference_memory_free(backlog->memory);
    ll_live_clear(&backlog->last);
    *backlog = (struct ll_backlog){0};
}

/* After trouble all is committed at once: raw is then asked what there was. */
static enum ll_status remember(struct ll_collector *c, struct ll_collected *collected,
                               struct ll_error *err)
{
    struct ll_backlog *backlog = c->backlog;
    struct ll_sweep_result *sweep = &collected->run.sweep;
    ll_live_clear(&backlog->last);
    backlog->last_s = 0;
    if (collected->run.skipped || sweep->status != LL_RUN_COMPLETE || sweep->found.count == 0 ||
        collected->reference.error.status != LL_OK)
        return ll_manifest_group_commit(&backlog->group, c->app->wire.lake.store, err);
    backlog->last = sweep->found;
    backlog->last_s = collected->run.slot_s;
    sweep->found = (struct ll_live){0};
    return LL_OK;
}

enum ll_status ll_collector_slot(struct ll_collector *c, const struct ll_slot_choice *choice,
                                 struct ll_collected *ret, struct ll_error *err)
{
    struct ll_ingest_options options = {
        .store = c->app->wire.lake.store,
        .forgotten = &c->app->wire.forgotten,
        .tmp_dir = c->app->wire.lake.tmp_dir,
        .twitch = c->twitch,
        .clock = c->clock,
        .plan = choice->plan,
        .slot_s = choice->slot_s,
        .cadence_s = choice->cadence_s,
        .progress = c->backlog == NULL ? show_progress : NULL,
        .progress_context = c,
    };
    *ret = (struct ll_collected){0};
    if (c->backlog != NULL) {
        options.group = &c->backlog->group;
        if (c->backlog->last_s > 0 && choice->slot_s - c->backlog->last_s <= LL_LAST_SWEEP_MAX_S)
            options.last = &c->backlog->last;
    }
    if (ll_wire_forgotten(&c->app->wire, err) != LL_OK)
        return err->status;
    enum ll_status status = ll_ingest(&options, &ret->run, err);
    if (status == LL_OK && !ret->run.skipped && ret->run.sweep.status != LL_RUN_FAILED)
        status = refresh(c, choice->slot_s, ret, err);
    if (status == LL_OK && c->backlog != NULL)
        status = remember(c, ret, err);
    if (c->progress_shown)
        ll_progress_end(&c->progress);
    c->progress_shown = false;
    return status;
}

static void add_task(struct ll_task *tasks, size_t size, size_t *count, const struct ll_id *id,
                     int64_t slot_s)
{
    if (*count < size)
        tasks[*count] =
            (struct ll_task){.stage = LL_STAGE_PROCESS, .day = ll_day_of(slot_s), .id = *id};
    ++*count;
}

size_t ll_collected_tasks(const struct ll_collected *collected, struct ll_task *ret, size_t size)
{
    const struct ll_ingest_report *run = &collected->run;
    size_t count = 0;
    add_task(ret, size, &count, &run->run, run->slot_s);
    if (run->users.c[0] != '\0')
        add_task(ret, size, &count, &run->users, run->slot_s);
    for (size_t i = 0; i < collected->reference.written_count; i++)
        add_task(ret, size, &count, &collected->reference.written[i], run->slot_s);
    return count;
}

int ll_collected_exit_code(struct ll_app *app, const struct ll_collected *collected)
{
    const struct ll_sweep_result *sweep = &collected->run.sweep;
    if (!collected->run.skipped && sweep->status == LL_RUN_FAILED)
        return ll_app_fail(app, &sweep->error);
    return LL_EXIT_OK;
}

void ll_collected_clear(struct ll_collected *collected)
{
    ll_ingest_report_clear(&collected->run);
}

/* --- saying what came of it */

static void reference_json(const struct ll_reference_report *reference, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR(",\"reference\":{\"dumps\":["));
    for (size_t i = 0; i < reference->written_count; i++)
        ll_buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", reference->written[i].c);
    ll_buf_printf(out,
                  "],\"requests\":%" PRId64 ",\"categories\":%" PRId64 ",\"games\":%" PRId64
                  ",\"links\":%" PRId64 ",\"vanished\":%" PRId64,
                  reference->requests, reference->categories, reference->games, reference->links,
                  reference->vanished);
    if (reference->error.status != LL_OK) {
        ll_buf_add(out, LL_STR(",\"why\":"));
        ll_buf_add_json_string(out, ll_str_of(reference->error.message));
    }
    ll_buf_add_char(out, '}');
}

static void reference_text(const struct ll_reference_report *reference, struct ll_buf *out)
{
    if (reference->written_count > 0)
        ll_buf_printf(out, "reference data: %" PRId64 " categories, %" PRId64 " games\n",
                      reference->categories, reference->games);
    if (reference->error.status != LL_OK)
        ll_buf_printf(out, "reference data not complete: %s\n", reference->error.message);
}

static const char *status_word(const struct ll_ingest_report *run)
{
    return run->skipped ? "skipped" : ll_run_status_name(run->sweep.status);
}

void ll_collected_json(const struct ll_collected *collected, struct ll_buf *out)
{
    const struct ll_ingest_report *run = &collected->run;
    const struct ll_sweep_result *sweep = &run->sweep;
    ll_buf_printf(out, "\"run\":{\"id\":\"%s\",\"status\":\"%s\"", run->run.c, status_word(run));
    if (!run->skipped) {
        ll_buf_printf(
            out,
            ",\"attempt\":%d,\"plan\":\"%s\",\"passes\":%d,\"started_at\":\"%s\",\"finished_at\":"
            "\"%s\""
            ",\"streams\":%zu,\"pages\":%" PRId64 ",\"requests\":%" PRId64 ",\"errors\":%" PRId64
            ",\"vanished\":%" PRId64 ",\"refound\":%" PRId64 ",\"sweep_coverage\":",
            run->attempt, ll_sweep_plan_name(sweep->plan), sweep->passes,
            ll_stamp_format_ms(sweep->started_ms).c, ll_stamp_format_ms(sweep->finished_ms).c,
            sweep->found.count, sweep->counts.pages, sweep->counts.requests, sweep->counts.errors,
            sweep->counts.vanished, sweep->counts.refound);
        if (sweep->coverage < 0)
            ll_buf_add(out, LL_STR("null"));
        else
            ll_buf_add_f64(out, sweep->coverage);
        if (sweep->error.status != LL_OK) {
            ll_buf_add(out, LL_STR(",\"why\":"));
            ll_buf_add_json_string(out, ll_str_of(sweep->error.message));
        }
    }
    ll_buf_add_char(out, '}');
    reference_json(&collected->reference, out);
}

void ll_collected_text(const struct ll_collected *collected, struct ll_buf *out)
{
    const struct ll_ingest_report *run = &collected->run;
    const struct ll_sweep_result *sweep = &run->sweep;
    if (run->skipped) {
        ll_buf_printf(out, "run %s is complete already: nothing was asked\n", run->run.c);
        return;
    }
    ll_buf_printf(out, "run %s: %s, %zu streams in %" PRId64 " pages, %" PRId64 " requests, %.1f s",
                  run->run.c, ll_run_status_name(sweep->status), sweep->found.count,
                  sweep->counts.pages, sweep->counts.requests,
                  (double)(sweep->finished_ms - sweep->started_ms) / 1000);
    if (sweep->coverage >= 0)
        ll_buf_printf(out, "; sweep coverage %.2f %%", sweep->coverage * 100);
    else
        ll_buf_add(out, LL_STR("; sweep coverage not known"));
    ll_buf_add_char(out, '\n');
    /* Of a failed run it is the command's error. */
    if (sweep->error.status != LL_OK && sweep->status != LL_RUN_FAILED)
        ll_buf_printf(out, "not complete: %s\n", sweep->error.message);
    reference_text(&collected->reference, out);
}
