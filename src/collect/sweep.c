#include "collect/sweep.h"

#include <stdlib.h>

#include "base/log.h"
#include "collect/sweep_internal.h"

#define RECHECK_ASKS 3
#define PASSES_MAX 2
#define GIVEN_UP_MAX 2 /* a chain's page is asked again so often after all tries of the API */

double ll_sweep_coverage(int64_t found, int64_t fresh, int64_t still_live, int64_t unlisted)
{
    if (still_live == 0 || found == 0)
        return -1;
    if (unlisted >= still_live)
        return 0;
    double missed = (double)fresh * (double)unlisted / (double)(still_live - unlisted);
    return (double)found / ((double)found + missed);
}

static void note_new_user(struct sweep *sweep, int64_t user_id)
{
    bool is_new;
    if (user_id == 0 ||
        (!ll_sweep_is_cold(sweep) && ll_live_has_user(sweep->options->before, user_id)) ||
        ll_forgotten_has(sweep->options->forgotten, user_id))
        return;
    ll_map_at(&sweep->asked_users, (uint64_t)user_id, &is_new);
    if (!is_new)
        return;
    if (sweep->new_user_count == sweep->new_user_capacity) {
        sweep->new_user_capacity =
            sweep->new_user_capacity > 0 ? sweep->new_user_capacity * 2 : 1024;
        sweep->new_users =
            ll_xrealloc(sweep->new_users, sweep->new_user_capacity, sizeof(*sweep->new_users));
    }
    sweep->new_users[sweep->new_user_count++] = user_id;
}

/* Streams of a page that were not met before. */
struct merged {
    int known; /* live at the last sweep */
    int fresh; /* of broadcasters not met before; live when this sweep began */
};

static struct merged merge(struct sweep *sweep, const struct job *job)
{
    struct merged merged = {0};
    bool is_new;
    for (size_t i = 0; i < job->page.count; i++) {
        const struct ll_page_row *row = &job->page.rows[i];
        if (sweep->result->plan == LL_PLAN_CROSS_CHECK && job->kind == JOB_CHAIN)
            *ll_map_at(job->link->language[0] == '\0' ? &sweep->by_all : &sweep->by_language,
                       row->key, &is_new) = 1;
        bool user_met = ll_live_has_user(&sweep->result->found, row->user_id);
        if (!ll_live_add(&sweep->result->found, row, job->kind != JOB_RECHECK))
            continue;
        bool known =
            !ll_sweep_is_cold(sweep) && ll_live_find(sweep->options->before, row->key) != NULL;
        merged.known += known;
        merged.fresh += !known && !user_met && row->started_ms < sweep->result->started_ms;
        note_new_user(sweep, row->user_id);
    }
    return merged;
}

static void note_problem(struct sweep *sweep, const struct ll_error *error)
{
    if (sweep->result->error.status == LL_OK)
        sweep->result->error = *error;
}

/* Whoever gets the result says why: the log has it for those who look closer. */
static void give_up(struct sweep *sweep, struct link *link, const struct ll_error *why)
{
    struct ll_error error = *why;
    link->broken = true;
    if (link->pages > 0)
        ll_context(&error, "the list%s%s broke off after %lld pages",
                   link->language[0] != '\0' ? " of language " : "", link->language,
                   (long long)link->pages);
    note_problem(sweep, &error);
    ll_log_error(LL_LOG_DEBUG, "sweep.chain_broken", &error);
}

static void give_up_lost(struct sweep *sweep, struct link *link)
{
    struct ll_error error;
    ll_fail(&error, LL_TRANSIENT, 0, "its cursors lead nowhere");
    give_up(sweep, link, &error);
}

static enum ll_status record(struct sweep *sweep, const struct ll_api_answer *answer,
                             struct ll_error *err)
{
    const struct job *job = answer->request.context;
    struct ll_recorder *recorder =
        job->kind == JOB_USERS ? sweep->options->users : sweep->options->streams;
    if (ll_recorder_add(recorder, answer, err) != LL_OK)
        return err->status;
    sweep->result->counts.pages += job->kind != JOB_USERS;
    return LL_OK;
}

static enum ll_status on_chain(struct sweep *sweep, const struct ll_api_answer *answer,
                               struct ll_error *err)
{
    struct job *job = answer->request.context;
    struct link *link = job->link;
    enum ll_chain_move move;
    link->waiting = false;
    if (answer->error.status == LL_INVALID && answer->error.code == 400 &&
        link->chain.cursor.len > 0) {
        move = ll_chain_refused(&link->chain);
    } else if (answer->error.status != LL_OK) {
        /* Where no page has come yet, the address is at fault, not the moment. */
        bool hopeless = answer->error.status == LL_INVALID || sweep->result->counts.pages == 0 ||
                        sweep->is_over;
        if (!link->abandoned && (hopeless || link->given_up++ == GIVEN_UP_MAX))
            give_up(sweep, link, &answer->error);
        return LL_OK;
    } else {
        if (record(sweep, answer, err) != LL_OK)
            return err->status;
        sweep->pages_ms += answer->response->elapsed_ms;
        link->pages++;
        ll_sweep_look_note(sweep, link);
        merge(sweep, job);
        move = ll_chain_page(&link->chain, &job->page);
    }
    link->ended = move == LL_CHAIN_ENDED;
    link->looped = link->chain.looped;
    if (move == LL_CHAIN_BROKEN)
        give_up_lost(sweep, link);
    if (link->ended)
        ll_log(LL_LOG_DEBUG, "sweep.chain_ended", ll_kv_cstr("language", link->language),
               ll_kv_i64("pages", link->pages), ll_kv_bool("looped", link->looped),
               ll_kv_i64("doubt", (int64_t)link->chain.doubt),
               ll_kv_i64("last_rows", (int64_t)job->page.count));
    if (link->ended || link->broken)
        ll_chain_clear(&link->chain);
    return LL_OK;
}

static enum ll_status on_recheck(struct sweep *sweep, const struct ll_api_answer *answer,
                                 bool *ret_again, struct ll_error *err)
{
    struct job *job = answer->request.context;
    if (answer->error.status != LL_OK) {
        sweep->recheck_lost = true;
        note_problem(sweep, &answer->error);
        return LL_OK;
    }
    if (record(sweep, answer, err) != LL_OK)
        return err->status;
    sweep->result->counts.refound += merge(sweep, job).known;
    /* Nobody there is the usual answer; an odd one is asked again. */
    bool odd = !job->page.has_data || (job->page.count == 0 && job->page.cursor.len > 0);
    *ret_again = odd && job->asks < RECHECK_ASKS;
    return LL_OK;
}

static enum ll_status on_look(struct sweep *sweep, const struct ll_api_answer *answer,
                              struct ll_error *err)
{
    const struct job *job = answer->request.context;
    if (answer->error.status != LL_OK) {
        ll_sweep_look_answer(sweep, job, -1);
        return LL_OK;
    }
    if (record(sweep, answer, err) != LL_OK)
        return err->status;
    ll_sweep_look_answer(sweep, job, merge(sweep, job).fresh);
    return LL_OK;
}

/* Statuses that meet every request alike. */
static bool is_fatal(enum ll_status status)
{
    return status == LL_AUTH || status == LL_NOT_FOUND;
}

static enum ll_status take(struct sweep *sweep, const struct ll_api_answer *answer,
                           struct ll_error *err)
{
    struct job *job = answer->request.context;
    bool again = false;
    enum ll_status status = LL_OK;
    if (is_fatal(answer->error.status)) {
        *err = answer->error;
        status = err->status;
    } else if (job->kind == JOB_CHAIN) {
        status = on_chain(sweep, answer, err);
    } else if (job->kind == JOB_RECHECK) {
        status = on_recheck(sweep, answer, &again, err);
    } else if (job->kind == JOB_LOOK) {
        status = on_look(sweep, answer, err);
    } else if (answer->error.status == LL_OK) {
        status = record(sweep, answer, err);
    }
    if (again)
        ll_sweep_ask_again(sweep, job);
    else
        ll_job_free(sweep, job);
    if (status == LL_OK && sweep->options->progress != NULL)
        sweep->options->progress(sweep->options->progress_context,
                                 (int64_t)sweep->result->found.count,
                                 ll_sweep_is_cold(sweep) ? 0 : sweep->expected);
    return status;
}

static bool chains_done(const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->link_count; i++) {
        const struct link *link = &sweep->links[i];
        if (link->waiting || (!link->ended && !link->broken && !link->abandoned))
            return false;
    }
    return true;
}

/* The pass is over: what it says of the chains' ends. */
static void close_pass(struct sweep *sweep)
{
    bool whole = true, looped = false;
    for (size_t i = 0; i < sweep->link_count; i++) {
        whole &= sweep->links[i].ended || sweep->links[i].abandoned;
        looped |= sweep->links[i].looped;
    }
    if (whole && sweep->result->passes > 1 && looped)
        return; /* that tells nothing of the end */
    if (whole && sweep->whole_passes++ == 0)
        sweep->looped = looped;
    if (sweep->whole_passes > 1)
        sweep->recheck_lost = false; /* two passes tell enough without it */
}

static void estimate(struct sweep *sweep)
{
    struct ll_sweep_result *result = sweep->result;
    const struct ll_live *before = sweep->options->before;
    int64_t still_live = 0, unlisted = 0, fresh = 0;
    for (size_t i = 0; i < before->count; i++) {
        const struct ll_live_stream *met = ll_live_find(&result->found, before->streams[i].key);
        still_live += met != NULL;
        unlisted += met != NULL && !met->listed;
    }
    for (size_t i = 0; i < result->found.count; i++)
        fresh += !ll_live_has_user(before, result->found.streams[i].user_id);
    result->coverage = ll_sweep_coverage((int64_t)result->found.count, fresh, still_live, unlisted);
    double found = (double)result->found.count;
    double by_look = found / (found + ll_sweep_look_hidden(sweep));
    if (sweep->whole_passes < 2 && by_look < result->coverage)
        result->coverage = by_look;
}

/* There is no last sweep, or it lies so far back that nobody in it is live any more: then it tells
 * as little. */
static bool is_blind(const struct sweep *sweep)
{
    const struct ll_sweep_result *result = sweep->result;
    return ll_sweep_is_cold(sweep) || (result->coverage < 0 && result->found.count > 0);
}

static int64_t monotonic_ms(const struct sweep *sweep)
{
    return sweep->options->clock->monotonic_ms(sweep->options->clock);
}

/* Whether a second pass is needed, and would end before the slot does. It takes less than the first
 * one: nobody is looked up again. */
static bool once_more(const struct sweep *sweep)
{
    const struct ll_sweep_result *result = sweep->result;
    int64_t now_ms = monotonic_ms(sweep);
    bool good = sweep->whole_passes > 0 && !sweep->looped && !sweep->recheck_lost &&
                (is_blind(sweep) || result->coverage >= LL_SWEEP_COMPLETE);
    int64_t margin_ms = (int64_t)sweep->options->cadence_s * 1000 / 20;
    return !good && result->passes < PASSES_MAX && result->found.count > 0 &&
           now_ms + (now_ms - sweep->started_ms) * 3 / 4 + margin_ms < sweep->slot_end_ms;
}

/* The slot is over: whoever waits for an answer has none. What had come is taken. */
static enum ll_status end_with_slot(struct sweep *sweep, struct ll_error *err)
{
    const struct ll_sweep_options *options = sweep->options;
    struct ll_api_answer *answer;
    enum ll_status status = LL_OK;
    sweep->is_over = true;
    sweep->recheck_lost |= !sweep->recheck_begun;
    while (status == LL_OK && (answer = ll_api_drop(options->twitch)) != NULL) {
        if (answer->error.status == LL_CANCELLED) {
            answer->error.status = LL_TRANSIENT;
            ll_context(&answer->error, "the slot ended at %s, before the sweep did",
                       ll_stamp_format(options->slot_s + options->cadence_s).c);
        }
        status = take(sweep, answer, err);
        ll_api_answer_free(answer);
    }
    return status;
}

/* The next answer, or the end of the slot. A sweep that began after it takes what time it needs. */
static enum ll_status next(struct sweep *sweep, struct ll_error *err)
{
    struct ll_api_answer *answer = NULL;
    int64_t until_ms = sweep->started_ms < sweep->slot_end_ms ? sweep->slot_end_ms : INT64_MAX;
    if (ll_api_next_until(sweep->options->twitch, until_ms, &answer, err) != LL_OK)
        return err->status;
    if (answer == NULL)
        return end_with_slot(sweep, err);
    enum ll_status status = take(sweep, answer, err);
    ll_api_answer_free(answer);
    return status;
}

static void ask(struct sweep *sweep)
{
    ll_sweep_plan_review(sweep);
    ll_sweep_ask_chains(sweep);
    if (!sweep->recheck_begun && chains_done(sweep)) {
        sweep->recheck_begun = true;
        if (!ll_sweep_is_cold(sweep))
            ll_sweep_ask_recheck(sweep);
    }
    if (sweep->recheck_begun && !ll_sweep_is_cold(sweep))
        ll_sweep_look_ask(sweep);
    ll_sweep_ask_users(sweep);
}

static enum ll_status work(struct sweep *sweep, struct ll_error *err)
{
    for (;;) {
        if (!sweep->is_over)
            ask(sweep);
        if (ll_api_pending(sweep->options->twitch) == 0) {
            close_pass(sweep);
            if (!ll_sweep_is_cold(sweep))
                estimate(sweep);
            if (!once_more(sweep))
                return LL_OK;
            ll_sweep_plan_again(sweep);
            continue;
        }
        if (next(sweep, err) != LL_OK)
            return err->status;
    }
}

/* --- the result */

static void judge_cross_check(struct sweep *sweep)
{
    struct ll_sweep_result *result = sweep->result;
    result->chain_miss = result->languages_miss = -1;
    if (result->plan != LL_PLAN_CROSS_CHECK || result->found.count == 0)
        return;
    double all = (double)result->found.count;
    result->chain_miss = 1 - (double)sweep->by_all.count / all;
    result->languages_miss = 1 - (double)sweep->by_language.count / all;
}

/* Nothing went wrong that could be named, and still it is not whole. */
static void explain(const struct sweep *sweep, struct ll_sweep_result *result)
{
    if (result->error.status != LL_OK)
        return;
    if (sweep->recheck_lost)
        ll_fail(&result->error, LL_TRANSIENT, 0, "what was missed could not be looked for");
    else if (result->coverage >= 0 && result->coverage < LL_SWEEP_COMPLETE)
        ll_fail(&result->error, LL_TRANSIENT, 0, "about %.2f %% of the streams were found",
                result->coverage * 100);
    else
        ll_fail(&result->error, LL_TRANSIENT, 0, "the lists did not come to an end");
}

static void judge(struct sweep *sweep, enum ll_status ended)
{
    struct ll_sweep_result *result = sweep->result;
    bool whole = ended == LL_OK && sweep->whole_passes > 0 && !sweep->recheck_lost;
    bool blind = is_blind(sweep);
    if (ended != LL_OK || sweep->recheck_lost)
        result->coverage = -1;
    if (blind)
        whole &= !sweep->looped; /* nothing else tells whether that was the end */
    else
        whole &= result->coverage >= LL_SWEEP_COMPLETE;
    if (result->plan == LL_PLAN_AUTO)
        result->plan = LL_PLAN_CHAIN; /* too short a list to be reviewed */
    bool failed = result->found.count == 0 && !whole;
    result->status = failed ? LL_RUN_FAILED : whole ? LL_RUN_COMPLETE : LL_RUN_PARTIAL;
    if (whole)
        result->error = (struct ll_error){0}; /* it was mended */
    else if (ended == LL_OK)
        explain(sweep, result);
    judge_cross_check(sweep);
}

static void clear(struct sweep *sweep)
{
    while (sweep->free_jobs != NULL) {
        struct job *job = sweep->free_jobs;
        sweep->free_jobs = job->next_free;
        ll_page_clear(&job->page);
        ll_buf_clear(&job->ids);
        free(job);
    }
    for (size_t i = 0; i < sweep->link_count; i++)
        ll_chain_clear(&sweep->links[i].chain);
    ll_sweep_look_clear(sweep);
    free(sweep->links);
    free(sweep->new_users);
    ll_map_clear(&sweep->by_all);
    ll_map_clear(&sweep->by_language);
    ll_map_clear(&sweep->asked_users);
}

/* Takes back what is still on its way after an error. */
static void drop_pending(struct sweep *sweep)
{
    struct ll_api_answer *answer;
    while ((answer = ll_api_drop(sweep->options->twitch)) != NULL) {
        ll_job_free(sweep, answer->request.context);
        ll_api_answer_free(answer);
    }
}

enum ll_status ll_sweep(const struct ll_sweep_options *options, struct ll_sweep_result *ret,
                        struct ll_error *err)
{
    struct sweep sweep = {.options = options, .result = ret};
    struct ll_api_counts before = ll_api_counts(options->twitch);
    *ret = (struct ll_sweep_result){.started_ms = options->clock->now_ms(options->clock),
                                    .coverage = -1};
    sweep.started_ms = monotonic_ms(&sweep);
    sweep.slot_end_ms =
        sweep.started_ms + (options->slot_s + options->cadence_s) * 1000 - ret->started_ms;
    ll_sweep_plan_begin(&sweep);
    enum ll_status status = work(&sweep, err);
    if (status != LL_OK) {
        note_problem(&sweep, err);
        drop_pending(&sweep);
    }
    struct ll_api_counts after = ll_api_counts(options->twitch);
    ret->counts.requests = after.requests - before.requests;
    ret->counts.errors = after.errors - before.errors;
    ret->finished_ms = options->clock->now_ms(options->clock);
    judge(&sweep, status);
    clear(&sweep);
    return status;
}

void ll_sweep_result_clear(struct ll_sweep_result *result)
{
    ll_live_clear(&result->found);
    *result = (struct ll_sweep_result){0};
}
