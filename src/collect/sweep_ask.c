/* What a sweep asks for next. */
#include <inttypes.h>
#include <stdlib.h>

#include "codec/json.h"
#include "collect/sweep_internal.h"

#define USERS_SHARE 10 /* one look-up for so many requests of the sweep itself */

static enum ll_status check_page(void *context, struct ll_str body, struct ll_error *err)
{
    struct job *job = context;
    return ll_page_read(&job->page, body, err);
}

/* Users are decoded later: here it only has to be a whole JSON value. */
static enum ll_status check_json(void *context LL_UNUSED, struct ll_str body, struct ll_error *err)
{
    struct ll_json r = ll_json_reader(body, NULL);
    if (!ll_json_skip(&r) || !ll_json_done(&r))
        return ll_fail(err, LL_CORRUPT, 0, "not a whole JSON value");
    return LL_OK;
}

struct job *ll_job_new(struct sweep *sweep, enum job_kind kind)
{
    struct job *job = sweep->free_jobs;
    if (job != NULL)
        sweep->free_jobs = job->next_free;
    else
        job = ll_xcalloc(1, sizeof(*job));
    job->kind = kind;
    job->link = NULL;
    job->asks = 0;
    ll_buf_reset(&job->ids);
    return job;
}

void ll_job_free(struct sweep *sweep, struct job *job)
{
    job->next_free = sweep->free_jobs;
    sweep->free_jobs = job;
}

void ll_sweep_send(struct sweep *sweep, struct job *job, struct ll_str target, bool urgent)
{
    const struct ll_api_request request = {
        .method = LL_HTTP_GET,
        .target = target,
        .urgent = urgent,
        .check = job->kind == JOB_USERS ? check_json : check_page,
        .context = job,
    };
    if (job->kind == JOB_USERS)
        sweep->user_requests++;
    else
        sweep->own_requests++;
    ll_api_send(sweep->options->twitch, &request);
}

void ll_sweep_page_target(const struct link *link, struct ll_str cursor, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("/streams?first=100"));
    if (link->language[0] != '\0') {
        ll_buf_add(out, LL_STR("&language="));
        ll_url_add_escaped(out, ll_str_of(link->language));
    }
    if (cursor.len > 0) {
        ll_buf_add(out, LL_STR("&after="));
        ll_url_add_escaped(out, cursor);
    }
}

static void ask_page(struct sweep *sweep, struct link *link, bool urgent)
{
    LL_AUTO(ll_buf_clear) struct ll_buf target = {0};
    struct job *job = ll_job_new(sweep, JOB_CHAIN);
    job->link = link;
    link->waiting = true;
    ll_sweep_page_target(link, ll_buf_str(&link->chain.cursor), &target);
    ll_sweep_send(sweep, job, ll_buf_str(&target), urgent);
}

static int64_t pages_left(const struct link *link)
{
    return (int64_t)link->expected / SWEEP_PAGE_ROWS - link->pages;
}

/* The chain with most pages to go decides when the sweep ends: it goes first. */
static const struct link *longest(const struct sweep *sweep)
{
    const struct link *found = NULL;
    for (size_t i = 0; i < sweep->link_count; i++) {
        const struct link *link = &sweep->links[i];
        bool open = !link->ended && !link->broken && !link->abandoned;
        if (open && (found == NULL || pages_left(link) > pages_left(found)))
            found = link;
    }
    return found;
}

void ll_sweep_ask_chains(struct sweep *sweep)
{
    const struct link *first = longest(sweep);
    for (size_t i = 0; i < sweep->link_count; i++) {
        struct link *link = &sweep->links[i];
        if (!link->waiting && !link->ended && !link->broken && !link->abandoned)
            ask_page(sweep, link, link == first);
    }
}

void ll_sweep_ask_again(struct sweep *sweep, struct job *job)
{
    LL_AUTO(ll_buf_clear) struct ll_buf target = {0};
    job->asks++;
    ll_buf_add(&target, LL_STR("/streams?first=100"));
    ll_buf_add(&target, ll_buf_str(&job->ids));
    ll_sweep_send(sweep, job, ll_buf_str(&target), true);
}

void ll_sweep_ask_recheck(struct sweep *sweep)
{
    const struct ll_live *before = sweep->options->before;
    struct job *job = NULL;
    int ids = 0;
    for (size_t i = 0; i < before->count; i++) {
        const struct ll_live_stream *stream = &before->streams[i];
        if (ll_live_find(&sweep->result->found, stream->key) != NULL)
            continue;
        sweep->result->counts.vanished++;
        /* Met with another stream: the one of the last sweep has ended. */
        if (stream->user_id == 0 || ll_live_has_user(&sweep->result->found, stream->user_id))
            continue;
        if (job == NULL)
            job = ll_job_new(sweep, JOB_RECHECK);
        ll_buf_printf(&job->ids, "&user_id=%" PRId64, stream->user_id);
        if (++ids == LL_SWEEP_BATCH) {
            ll_sweep_ask_again(sweep, job);
            job = NULL;
            ids = 0;
        }
    }
    if (job != NULL)
        ll_sweep_ask_again(sweep, job);
}

void ll_sweep_ask_users(struct sweep *sweep)
{
    while (sweep->user_requests < sweep->own_requests / USERS_SHARE &&
           sweep->new_user_count - sweep->new_users_sent >= LL_SWEEP_BATCH) {
        LL_AUTO(ll_buf_clear) struct ll_buf target = {0};
        ll_buf_add(&target, LL_STR("/users"));
        for (int i = 0; i < LL_SWEEP_BATCH; i++)
            ll_buf_printf(&target, "%cid=%" PRId64, i == 0 ? '?' : '&',
                          sweep->new_users[sweep->new_users_sent++]);
        ll_sweep_send(sweep, ll_job_new(sweep, JOB_USERS), ll_buf_str(&target), false);
    }
}
