#include "collect/reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "collect/reference_internal.h"

static bool is_twitch(enum ll_reference resource)
{
    return resource == LL_REFERENCE_CATEGORIES;
}

static struct ll_api *api_of(const struct ll_refresh *refresh, enum ll_reference resource)
{
    return is_twitch(resource) ? refresh->options->twitch : refresh->options->igdb;
}

/* --- asking */

static enum ll_status check_answer(void *context, struct ll_str body, struct ll_error *err)
{
    struct ll_reference_job *job = context;
    return ll_reference_rows_read(&job->rows, job->resource, body, err);
}

static void send(struct ll_refresh *refresh, struct ll_reference_job *job)
{
    LL_AUTO(ll_buf_clear) struct ll_buf target = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf body = {0};
    bool twitch = is_twitch(job->resource);
    job->asks++;
    if (twitch)
        ll_categories_write(job, &target);
    else
        ll_igdb_write(job, refresh->dropped, &target, &body);
    const struct ll_api_request request = {
        .method = twitch ? LL_HTTP_GET : LL_HTTP_POST,
        .target = ll_buf_str(&target),
        .body = ll_buf_str(&body),
        .check = check_answer,
        .context = job,
    };
    ll_api_send(api_of(refresh, job->resource), &request);
}

enum ll_status ll_reference_ask(struct ll_refresh *refresh, const struct ll_reference_job *what,
                                struct ll_error *err)
{
    const struct ll_reference_options *options = refresh->options;
    struct ll_dump *dump = &refresh->dumps[what->resource];
    if (dump->recorder == NULL) {
        dump->started_ms = dump->finished_ms = options->clock->now_ms(options->clock);
        if (ll_recorder_open(options->tmp_dir, ll_reference_name(what->resource).ptr,
                             is_twitch(what->resource) ? "/helix" : "/v4", &dump->recorder,
                             err) != LL_OK)
            return err->status;
    }
    struct ll_reference_job *job = ll_xcalloc(1, sizeof(*job));
    job->resource = what->resource;
    job->since_s = what->since_s;
    job->id_count = what->id_count;
    if (what->id_count > 0) {
        job->ids = ll_xcalloc(what->id_count, sizeof(*job->ids));
        memcpy(job->ids, what->ids, what->id_count * sizeof(*job->ids));
    }
    job->next = refresh->jobs;
    refresh->jobs = job;
    send(refresh, job);
    return LL_OK;
}

/* --- answers */

static void note_problem(struct ll_refresh *refresh, enum ll_reference resource,
                         const struct ll_error *error)
{
    refresh->dumps[resource].failed = true;
    if (!is_twitch(resource) && error->status != LL_INVALID)
        refresh->igdb_down = true;
    if (refresh->report->error.status != LL_OK)
        return;
    refresh->report->error = *error;
    ll_context(&refresh->report->error, "%.*s", LL_FMT(ll_reference_name(resource)));
}

static void count_rows(struct ll_reference_report *report, const struct ll_reference_job *job)
{
    int64_t rows = (int64_t)job->rows.count;
    if (job->resource == LL_REFERENCE_CATEGORIES)
        report->categories += rows;
    else if (job->resource == LL_REFERENCE_EXTERNAL_GAMES)
        report->links += rows;
    else if (job->resource == LL_REFERENCE_GAMES && job->since_s > 0)
        report->changed += rows;
    else if (job->resource == LL_REFERENCE_GAMES)
        report->games += rows;
}

/* An answer as long as answers get: its ids in two questions. */
static enum ll_status ask_halves(struct ll_refresh *refresh, const struct ll_reference_job *job,
                                 struct ll_error *err)
{
    struct ll_reference_job half = {.resource = job->resource, .since_s = job->since_s};
    half.ids = job->ids;
    half.id_count = job->id_count / 2;
    if (ll_reference_ask(refresh, &half, err) != LL_OK)
        return err->status;
    half.ids += half.id_count;
    half.id_count = job->id_count - half.id_count;
    return ll_reference_ask(refresh, &half, err);
}

static enum ll_status use(struct ll_refresh *refresh, const struct ll_api_answer *answer,
                          struct ll_error *err)
{
    const struct ll_reference_job *job = answer->request.context;
    const struct ll_reference_exchange exchange = {
        .resource = job->resource,
        .at_s = refresh->options->slot_s,
        .target = answer->request.target,
        .body = answer->request.body,
        .rows = &job->rows,
    };
    if (ll_igdb_is_full(job))
        return ask_halves(refresh, job, err);
    ll_reference_memory_take(refresh->memory, &exchange);
    count_rows(refresh->report, job);
    return ll_recorder_add(refresh->dumps[job->resource].recorder, answer, err);
}

static enum ll_status take(struct ll_refresh *refresh, const struct ll_api_answer *answer,
                           struct ll_error *err)
{
    struct ll_reference_job *job = answer->request.context;
    struct ll_dump *dump = &refresh->dumps[job->resource];
    struct ll_clock *clock = refresh->options->clock;
    dump->finished_ms = clock->now_ms(clock);
    dump->requests += answer->tries;
    refresh->report->requests += answer->tries;
    if (answer->error.status == LL_OK)
        return use(refresh, answer, err);
    dump->errors++;
    bool refused = answer->error.status == LL_INVALID && answer->error.code == 400 &&
                   answer->response != NULL && !is_twitch(job->resource);
    if (refused && ll_igdb_drop_field(refresh->dropped, job, ll_buf_str(&answer->response->body)))
        send(refresh, job);
    else
        note_problem(refresh, job->resource, &answer->error);
    return LL_OK;
}

static void drop_pending(struct ll_refresh *refresh, struct ll_api *api)
{
    struct ll_api_answer *answer;
    while ((answer = ll_api_drop(api)) != NULL) {
        const struct ll_reference_job *job = answer->request.context;
        note_problem(refresh, job->resource, &answer->error);
        ll_api_answer_free(answer);
    }
}

/* Takes every answer that is due. Only what meets the lake is a failure, and being stopped. */
static enum ll_status collect(struct ll_refresh *refresh, struct ll_api *api, struct ll_error *err)
{
    enum ll_status status = LL_OK;
    while (status == LL_OK && ll_api_pending(api) > 0) {
        struct ll_api_answer *answer = NULL;
        struct ll_error cause = {0};
        if (ll_api_next(api, &answer, &cause) == LL_OK) {
            status = take(refresh, answer, err);
            ll_api_answer_free(answer);
            continue;
        }
        if (refresh->report->error.status == LL_OK)
            refresh->report->error = cause;
        if (cause.status == LL_CANCELLED) {
            *err = cause;
            status = cause.status;
        }
        break;
    }
    drop_pending(refresh, api);
    return status;
}

/* --- dumps */

static enum ll_status put_object(const struct ll_refresh *refresh, enum ll_reference resource,
                                 struct ll_key *ret_key, struct ll_manifest_object *ret,
                                 struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf file = {0};
    struct ll_str name = ll_reference_name(resource);
    int64_t slot_s = refresh->options->slot_s;
    ll_buf_printf(&file, "%.*s.ndjson", LL_FMT(name));
    *ret_key = ll_key_raw(is_twitch(resource) ? "twitch" : "igdb", name, ll_day_of(slot_s),
                          ll_id_reference(name, slot_s).c, 1, ll_buf_str(&file));
    if (ll_recorder_put(refresh->dumps[resource].recorder, refresh->options->store, ret_key->c, ret,
                        err) != LL_OK)
        return err->status;
    ret->name = name;
    return LL_OK;
}

/* What is committed is remembered. */
static enum ll_status hold_manifest(const struct ll_refresh *refresh, enum ll_reference resource,
                                    struct ll_manifest_object *object,
                                    struct ll_manifest_group *group, struct ll_error *err)
{
    const struct ll_dump *dump = &refresh->dumps[resource];
    int64_t slot_s = refresh->options->slot_s;
    struct ll_str name = ll_reference_name(resource);
    struct ll_reference_report *report = refresh->report;
    const struct ll_manifest m = {
        .layer = LL_LAYER_RAW,
        .id = ll_id_reference(name, slot_s),
        .day = ll_day_of(slot_s),
        .generation = 1,
        .schema = LL_MANIFEST_SCHEMA,
        .source = is_twitch(resource) ? LL_STR("twitch") : LL_STR("igdb"),
        .resource = name,
        .slot_s = slot_s,
        .status = dump->failed ? LL_RUN_PARTIAL : LL_RUN_COMPLETE,
        .attempt = 1,
        .started_ms = dump->started_ms,
        .finished_ms = dump->finished_ms,
        .sweep_coverage = -1,
        .counts = {.pages = ll_recorder_lines(dump->recorder),
                   .requests = dump->requests,
                   .errors = dump->errors},
        .objects = object,
        .object_count = 1,
    };
    if (ll_manifest_group_hold(group, &m, err) != LL_OK)
        return err->status;
    report->written[report->written_count++] = m.id;
    refresh->memory->in_slot[resource] = true;
    if (!dump->failed)
        refresh->memory->complete_s[resource] = slot_s;
    return LL_OK;
}

/* Objects first, then the manifests that name them. Dumps without a line leave nothing. */
static enum ll_status commit(struct ll_refresh *refresh, int from, int to, struct ll_error *err)
{
    LL_AUTO(ll_manifest_group_clear) struct ll_manifest_group own = {0};
    struct ll_manifest_group *group =
        refresh->options->group != NULL ? refresh->options->group : &own;
    struct ll_manifest_object objects[LL_REFERENCE_RESOURCES];
    struct ll_key keys[LL_REFERENCE_RESOURCES];
    bool put[LL_REFERENCE_RESOURCES] = {false};
    for (int i = from; i <= to; i++) {
        const struct ll_recorder *recorder = refresh->dumps[i].recorder;
        put[i] = recorder != NULL && ll_recorder_lines(recorder) > 0;
        if (put[i] &&
            put_object(refresh, (enum ll_reference)i, &keys[i], &objects[i], err) != LL_OK)
            return err->status;
    }
    for (int i = from; i <= to; i++)
        if (put[i] &&
            hold_manifest(refresh, (enum ll_reference)i, &objects[i], group, err) != LL_OK)
            return err->status;
    return group == &own ? ll_manifest_group_commit(&own, refresh->options->store, err) : LL_OK;
}

/* --- the refresh */

/* What had come is committed, also when the refresh was stopped. */
static enum ll_status end_part(struct ll_refresh *refresh, enum ll_status status, int from, int to,
                               struct ll_error *err)
{
    struct ll_error failure = {0};
    if (status != LL_OK && status != LL_CANCELLED)
        return status;
    if (commit(refresh, from, to, &failure) == LL_OK)
        return status;
    *err = failure;
    return failure.status;
}

static enum ll_status refresh_twitch(struct ll_refresh *refresh, struct ll_error *err)
{
    enum ll_status status = ll_categories_ask(refresh, err);
    if (status == LL_OK)
        status = collect(refresh, refresh->options->twitch, err);
    return end_part(refresh, status, LL_REFERENCE_CATEGORIES, LL_REFERENCE_CATEGORIES, err);
}

/* Games that were asked for in full and had come before, but did not come now (F 51). */
static void count_vanished(struct ll_refresh *refresh)
{
    int64_t slot_s = refresh->options->slot_s;
    const struct ll_known_set *games = &refresh->memory->games;
    for (size_t i = 0; i < games->count; i++) {
        const struct ll_known *game = &games->list[i];
        refresh->report->vanished +=
            game->full_s == slot_s && game->came_s > 0 && game->came_s < slot_s;
    }
    if (refresh->report->vanished > 0)
        ll_log(LL_LOG_WARN, "igdb.vanished", ll_kv_i64("games", refresh->report->vanished));
}

static enum ll_status refresh_igdb(struct ll_refresh *refresh, struct ll_error *err)
{
    struct ll_api *igdb = refresh->options->igdb;
    enum ll_status status = ll_igdb_ask_links(refresh, err);
    if (status == LL_OK)
        status = ll_igdb_ask_terms(refresh, err);
    if (status == LL_OK)
        status = collect(refresh, igdb, err);
    if (status == LL_OK && !refresh->igdb_down) {
        status = ll_igdb_ask_games(refresh, err);
        if (status == LL_OK)
            status = collect(refresh, igdb, err);
        count_vanished(refresh);
    }
    return end_part(refresh, status, LL_REFERENCE_EXTERNAL_GAMES, LL_REFERENCE_PLAYER_PERSPECTIVES,
                    err);
}

static void log_report(const struct ll_reference_report *report)
{
    if (report->requests > 0)
        ll_log(LL_LOG_INFO, "reference.refreshed", ll_kv_i64("requests", report->requests),
               ll_kv_i64("dumps", (int64_t)report->written_count),
               ll_kv_i64("categories", report->categories), ll_kv_i64("links", report->links),
               ll_kv_i64("games", report->games), ll_kv_i64("changed", report->changed),
               ll_kv_i64("vanished", report->vanished));
    if (report->error.status != LL_OK)
        ll_log_error(LL_LOG_WARN, "reference.failed", &report->error);
}

static void clear(struct ll_refresh *refresh)
{
    struct ll_reference_job *job;
    drop_pending(refresh, refresh->options->twitch); /* their context goes */
    if (refresh->options->igdb != NULL)
        drop_pending(refresh, refresh->options->igdb);
    while ((job = refresh->jobs) != NULL) {
        refresh->jobs = job->next;
        ll_reference_rows_clear(&job->rows);
        free(job->ids);
        free(job);
    }
    for (size_t i = 0; i < LL_REFERENCE_RESOURCES; i++)
        ll_recorder_free(refresh->dumps[i].recorder);
}

enum ll_status ll_reference_refresh(const struct ll_reference_options *options,
                                    struct ll_reference_report *ret, struct ll_error *err)
{
    struct ll_igdb_dropped own = {0};
    struct ll_reference_memory once = {0};
    struct ll_refresh refresh = {
        .options = options,
        .report = ret,
        .memory = options->memory != NULL ? options->memory : &once,
        .dropped = options->dropped != NULL ? options->dropped : &own,
    };
    *ret = (struct ll_reference_report){0};
    enum ll_status status =
        ll_reference_memory_at(options->store, options->slot_s, refresh.memory, err);
    if (status == LL_OK)
        status = refresh_twitch(&refresh, err);
    if (status == LL_OK && options->igdb != NULL)
        status = refresh_igdb(&refresh, err);
    clear(&refresh);
    if (refresh.memory == &once || status != LL_OK)
        ll_reference_memory_clear(refresh.memory);
    log_report(ret);
    return status == LL_OK ? status : ll_context(err, "refresh reference data");
}
