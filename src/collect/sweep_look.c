/* The second look: some pages of the list once more, by the cursors that led to them.
 *
 * A stream that rises past the cursor between two pages is met by neither. New streams do so most,
 * and nobody can ask for them by name. They now stand on pages the chain has been on, mostly a
 * little above the place where it was when the list moved. So every LOOK_STRIDE-th page is asked
 * again first, then pages near those that showed somebody missed, as long as that goes on and the
 * budget lasts. What was found tells how many may be hidden on the pages left. */
#include <stdlib.h>

#include "collect/sweep_internal.h"

#define LOOK_STRIDE 8
#define LOOK_SHARE 4 /* one page looked at for so many of the chains */
#define LOOK_REACH 4 /* pages on both sides that a find makes worth a look */
#define LOOK_MEAN 24 /* pages on both sides whose finds tell of one that was not asked */
#define LOOK_AT_ONCE 12

void ll_sweep_look_note(struct sweep *sweep, struct link *link)
{
    struct look *look = &sweep->look;
    struct ll_str cursor = ll_buf_str(&link->chain.cursor);
    size_t last = link->last_look_page;
    if (sweep->result->passes > 1 ||
        (last > 0 && ll_str_equal(look->pages[last - 1].cursor, cursor)))
        return;
    if (look->count == look->capacity) {
        look->capacity = look->capacity > 0 ? look->capacity * 2 : 1024;
        look->pages = ll_xrealloc(look->pages, look->capacity, sizeof(*look->pages));
    }
    look->pages[look->count++] = (struct look_page){
        .cursor = ll_arena_copy(&look->cursors, cursor),
        .link = link,
        .before = last,
        .missed = -1,
    };
    if (last > 0)
        look->pages[last - 1].after = look->count;
    link->last_look_page = look->count;
}

static void ask(struct sweep *sweep, size_t at)
{
    LL_AUTO(ll_buf_clear) struct ll_buf target = {0};
    struct look *look = &sweep->look;
    struct job *job = ll_job_new(sweep, JOB_LOOK);
    job->look_page = at;
    look->pages[at].asked = true;
    look->waiting++;
    look->left--;
    ll_sweep_page_target(look->pages[at].link, look->pages[at].cursor, &target);
    ll_sweep_send(sweep, job, ll_buf_str(&target), true);
}

/* Sum over the pages that were asked again, at most `reach` from `at` in its chain: of their finds,
 * each by its weight (1, or 1 / distance), and of the weights. */
struct nearby {
    double missed, weight;
};

static struct nearby look_around(const struct look *look, size_t at, int reach, bool by_distance)
{
    struct nearby sum = {0};
    for (int side = 0; side < 2; side++) {
        size_t next = at + 1;
        for (int distance = 1; distance <= reach; distance++) {
            const struct look_page *page = &look->pages[next - 1];
            next = side == 0 ? page->before : page->after;
            if (next == 0)
                break;
            int missed = look->pages[next - 1].missed;
            double weight = by_distance ? 1.0 / distance : 1;
            if (missed < 0)
                continue;
            sum.missed += missed * weight;
            sum.weight += weight;
        }
    }
    return sum;
}

/* Of pages of equal worth the first is the better one. */
static bool is_better(struct look_offer a, struct look_offer b)
{
    return a.worth > b.worth || (a.worth == b.worth && a.page < b.page);
}

static void offer(struct look *look, struct look_offer new)
{
    if (look->offer_count == look->offer_capacity) {
        look->offer_capacity = look->offer_capacity > 0 ? look->offer_capacity * 2 : 256;
        look->offers = ll_xrealloc(look->offers, look->offer_capacity, sizeof(*look->offers));
    }
    size_t at = look->offer_count++;
    for (; at > 0 && is_better(new, look->offers[(at - 1) / 2]); at = (at - 1) / 2)
        look->offers[at] = look->offers[(at - 1) / 2];
    look->offers[at] = new;
}

static struct look_offer take_offer(struct look *look)
{
    struct look_offer first = look->offers[0], last = look->offers[--look->offer_count];
    size_t at = 0;
    for (;;) {
        size_t next = 2 * at + 1;
        if (next + 1 < look->offer_count && is_better(look->offers[next + 1], look->offers[next]))
            next++;
        if (next >= look->offer_count || !is_better(look->offers[next], last))
            break;
        look->offers[at] = look->offers[next];
        at = next;
    }
    look->offers[at] = last;
    return first;
}

/* The page most worth a look; look->count when none is. A page is offered anew each time its worth
 * has grown. */
static size_t best(struct look *look)
{
    while (look->offer_count > 0) {
        struct look_offer first = take_offer(look);
        if (!look->pages[first.page].asked)
            return first.page;
    }
    return look->count;
}

/* A find makes the pages around it worth a look. */
static void offer_around(struct look *look, size_t found)
{
    for (int side = 0; side < 2; side++) {
        size_t at = found + 1;
        for (int distance = 1; distance <= LOOK_REACH; distance++) {
            at = side == 0 ? look->pages[at - 1].before : look->pages[at - 1].after;
            if (at == 0)
                break;
            double worth = look_around(look, at - 1, LOOK_REACH, true).missed;
            if (!look->pages[at - 1].asked)
                offer(look, (struct look_offer){worth, at - 1});
        }
    }
}

static void begin(struct sweep *sweep)
{
    struct look *look = &sweep->look;
    look->begun = true;
    look->left = look->count / LOOK_SHARE;
    for (size_t i = LOOK_STRIDE / 2; i < look->count && look->left > 0; i += LOOK_STRIDE)
        ask(sweep, i);
}

void ll_sweep_look_ask(struct sweep *sweep)
{
    struct look *look = &sweep->look;
    bool cross_check = sweep->result->plan == LL_PLAN_CROSS_CHECK;
    if (!look->begun && !cross_check)
        begin(sweep);
    while (look->begun && look->left > 0 && look->waiting < LOOK_AT_ONCE) {
        size_t at = best(look);
        if (at == look->count)
            return;
        ask(sweep, at);
    }
}

void ll_sweep_look_answer(struct sweep *sweep, const struct job *job, int fresh)
{
    sweep->look.pages[job->look_page].missed = fresh;
    sweep->look.waiting--;
    if (fresh > 0)
        offer_around(&sweep->look, job->look_page);
}

double ll_sweep_look_hidden(const struct sweep *sweep)
{
    double hidden = 0;
    for (size_t i = 0; i < sweep->look.count; i++) {
        if (sweep->look.pages[i].missed >= 0)
            continue;
        struct nearby near = look_around(&sweep->look, i, LOOK_MEAN, false);
        hidden += near.weight > 0 ? near.missed / near.weight : 0;
    }
    return hidden;
}

void ll_sweep_look_clear(struct sweep *sweep)
{
    free(sweep->look.pages);
    free(sweep->look.offers);
    ll_arena_clear(&sweep->look.cursors);
    sweep->look = (struct look){0};
}
