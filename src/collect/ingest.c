#include "collect/ingest.h"

#include "base/log.h"

#define SOURCE "twitch"

struct ingest {
    const struct ll_ingest_options *options;
    struct ll_ingest_report *report;
    struct ll_live before;
    struct ll_recorder *streams, *users;
    struct ll_str why; /* the run is not complete; "" = it is */
    int last_generation, last_users_generation, last_attempt;
};

/* Goes through the generations of an id: the highest, the highest attempt of ours, and whether one
 * is complete. A manifest that cannot be read counts as there, and as no more. */
static enum ll_status look_up_id(struct ingest *in, const char *id, int *ret_generation,
                                 bool *ret_complete, struct ll_error *err)
{
    struct ll_store *store = in->options->store;
    struct ll_manifest_entry entry;
    enum ll_status status =
        ll_manifest_latest(store, LL_LAYER_RAW, ll_day_of(in->options->slot_s), id, &entry, err);
    if (status == LL_NOT_FOUND)
        return LL_OK;
    if (status != LL_OK)
        return status;
    *ret_generation = entry.generation;
    in->last_attempt = entry.generation > in->last_attempt ? entry.generation : in->last_attempt;
    for (; entry.generation > 0 && !*ret_complete; entry.generation--) {
        struct ll_manifest m = {0};
        status = ll_manifest_get(store, LL_LAYER_RAW, &entry, &m, NULL, err);
        if (ll_live_is_damage(status)) {
            ll_log_error(LL_LOG_WARN, "run.manifest_damaged", err);
            continue;
        }
        if (status != LL_OK)
            return status;
        if (ll_str_equal(m.source, LL_STR(SOURCE))) {
            *ret_complete = m.status == LL_RUN_COMPLETE;
            in->last_attempt = m.attempt > in->last_attempt ? m.attempt : in->last_attempt;
        }
        ll_manifest_clear(&m);
    }
    return LL_OK;
}

/* What there is of this slot: complete = nothing to do. A killed attempt may have left its users
 * without their sweep. */
static enum ll_status look_up(struct ingest *in, bool *ret_complete, struct ll_error *err)
{
    struct ll_id users = ll_id_reference(LL_STR("users"), in->options->slot_s);
    bool users_complete = false;
    if (look_up_id(in, in->report->run.c, &in->last_generation, ret_complete, err) != LL_OK)
        return err->status;
    return look_up_id(in, users.c, &in->last_users_generation, &users_complete, err);
}

static struct ll_manifest manifest_of(const struct ingest *in, const char *resource)
{
    const struct ll_ingest_report *report = in->report;
    bool streams = ll_str_equal(ll_str_of(resource), LL_STR("streams"));
    return (struct ll_manifest){
        .layer = LL_LAYER_RAW,
        .id = streams ? report->run : report->users,
        .day = ll_day_of(in->options->slot_s),
        .generation = streams ? report->generation : in->last_users_generation + 1,
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR(SOURCE),
        .resource = ll_str_of(resource),
        .slot_s = in->options->slot_s,
        .cadence_s = streams ? in->options->cadence_s : 0,
        .status = streams ? report->sweep.status : LL_RUN_COMPLETE,
        .attempt = report->attempt,
        .started_ms = report->sweep.started_ms,
        .finished_ms = report->sweep.finished_ms,
        .sweep_coverage = streams ? report->sweep.coverage : -1,
        .why = streams ? in->why : LL_STR(""),
    };
}

/* Puts the object of a recorder and describes it; nothing when it holds no line. */
static enum ll_status put_object(const struct ingest *in, struct ll_recorder *recorder,
                                 struct ll_manifest *m, struct ll_key *key,
                                 struct ll_manifest_object *object, struct ll_error *err)
{
    if (ll_recorder_lines(recorder) == 0)
        return LL_OK;
    *key = ll_key_raw(SOURCE, m->resource, m->day, m->id.c, m->attempt,
                      ll_str_equal(m->resource, LL_STR("streams")) ? LL_STR("streams.ndjson")
                                                                   : LL_STR("users.ndjson"));
    if (ll_recorder_put(recorder, in->options->store, key->c, object, err) != LL_OK)
        return err->status;
    object->name = m->resource;
    m->objects = object;
    m->object_count = 1;
    return LL_OK;
}

/* Objects first, then the manifests that name them. */
static enum ll_status commit(struct ingest *in, struct ll_error *err)
{
    struct ll_manifest streams = manifest_of(in, "streams"), users = manifest_of(in, "users");
    struct ll_manifest_object streams_object, users_object;
    struct ll_key streams_key, users_key;
    LL_AUTO(ll_manifest_group_clear) struct ll_manifest_group own = {0};
    struct ll_manifest_group *group = in->options->group != NULL ? in->options->group : &own;
    streams.counts = in->report->sweep.counts;
    streams.forgotten = ll_recorder_forgotten(in->streams);
    users.counts.pages = ll_recorder_lines(in->users);
    users.forgotten = ll_recorder_forgotten(in->users);
    if (put_object(in, in->streams, &streams, &streams_key, &streams_object, err) != LL_OK ||
        put_object(in, in->users, &users, &users_key, &users_object, err) != LL_OK)
        return err->status;
    if (users.object_count == 0)
        in->report->users.c[0] = '\0';
    else if (ll_manifest_group_hold(group, &users, err) != LL_OK)
        return err->status;
    if (ll_manifest_group_hold(group, &streams, err) != LL_OK)
        return err->status;
    return group == &own ? ll_manifest_group_commit(&own, in->options->store, err) : LL_OK;
}

static void log_run(const struct ingest *in)
{
    const struct ll_sweep_result *sweep = &in->report->sweep;
    ll_log(sweep->status == LL_RUN_COMPLETE ? LL_LOG_INFO : LL_LOG_WARN, "run.ingested",
           ll_kv_cstr("run_id", in->report->run.c), ll_kv_i64("attempt", in->report->attempt),
           ll_kv_cstr("plan", ll_sweep_plan_name(sweep->plan)),
           ll_kv_cstr("status", ll_run_status_name(sweep->status)),
           ll_kv_i64("streams", (int64_t)sweep->found.count),
           ll_kv_i64("pages", sweep->counts.pages), ll_kv_i64("requests", sweep->counts.requests),
           ll_kv_i64("vanished", sweep->counts.vanished),
           ll_kv_i64("refound", sweep->counts.refound), ll_kv_f64("coverage", sweep->coverage),
           ll_kv_i64("elapsed_ms", sweep->finished_ms - sweep->started_ms));
    if (sweep->plan == LL_PLAN_CROSS_CHECK)
        ll_log(LL_LOG_INFO, "sweep.cross_check", ll_kv_cstr("run_id", in->report->run.c),
               ll_kv_f64("chain_miss", sweep->chain_miss),
               ll_kv_f64("languages_miss", sweep->languages_miss));
}

static enum ll_status sweep_and_commit(struct ingest *in, struct ll_error *err)
{
    const struct ll_ingest_options *options = in->options;
    struct ll_error cause = {0};
    if ((options->last == NULL &&
         ll_live_at_last_run(options->store, options->slot_s, &in->before, err) != LL_OK) ||
        ll_recorder_open(options->tmp_dir, "streams", "/helix", &in->streams, err) != LL_OK ||
        ll_recorder_open(options->tmp_dir, "users", "/helix", &in->users, err) != LL_OK)
        return err->status;
    ll_recorder_forget(in->streams, options->forgotten, LL_TABLE_STREAM);
    ll_recorder_forget(in->users, options->forgotten, LL_TABLE_USER);
    const struct ll_sweep_options sweep = {
        .forgotten = options->forgotten,
        .plan = options->plan,
        .slot_s = options->slot_s,
        .cadence_s = options->cadence_s,
        .twitch = options->twitch,
        .clock = options->clock,
        .before = options->last != NULL ? options->last : &in->before,
        .streams = in->streams,
        .users = in->users,
        .progress = options->progress,
        .progress_context = options->progress_context,
    };
    enum ll_status ended = ll_sweep(&sweep, &in->report->sweep, &cause);
    if (in->report->sweep.status != LL_RUN_COMPLETE)
        in->why =
            ll_str_of(in->report->sweep.error.status != LL_OK ? in->report->sweep.error.message
                                                              : cause.message);
    if (ended != LL_IO && (ended == LL_OK || ll_recorder_lines(in->streams) > 0)) {
        if (commit(in, err) != LL_OK)
            return ll_context(err, "commit run %s", in->report->run.c);
        log_run(in);
    }
    if (ended != LL_OK)
        *err = cause;
    return ended;
}

enum ll_status ll_ingest(const struct ll_ingest_options *options, struct ll_ingest_report *ret,
                         struct ll_error *err)
{
    int64_t now_s = ll_clock_now_s(options->clock);
    struct ingest in = {.options = options, .report = ret};
    *ret = (struct ll_ingest_report){.slot_s = options->slot_s, .run = ll_id_run(options->slot_s)};
    if (ll_slot_of(now_s, options->cadence_s) != options->slot_s)
        return ll_fail(err, LL_INVALID, 0,
                       "slot %s is not the current one (%s): what is live now says nothing of "
                       "another time",
                       ll_stamp_format(options->slot_s).c,
                       ll_stamp_format(ll_slot_of(now_s, options->cadence_s)).c);
    enum ll_status status = look_up(&in, &ret->skipped, err);
    if (status != LL_OK || ret->skipped)
        return status;
    ret->users = ll_id_reference(LL_STR("users"), options->slot_s);
    ret->attempt = in.last_attempt + 1;
    ret->generation = in.last_generation + 1;
    if (ret->attempt > LL_INGEST_ATTEMPTS_MAX)
        return ll_fail(err, LL_LIMIT, 0, "%d attempts at slot %s were made already",
                       LL_INGEST_ATTEMPTS_MAX, ll_stamp_format(options->slot_s).c);
    status = sweep_and_commit(&in, err);
    ll_recorder_free(in.streams);
    ll_recorder_free(in.users);
    ll_live_clear(&in.before);
    return status;
}

void ll_ingest_report_clear(struct ll_ingest_report *report)
{
    ll_sweep_result_clear(&report->sweep);
}
