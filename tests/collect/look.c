/* The second look: which pages it asks for, against the plain rule, and how long it takes. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/rand.h"
#include "collect/sweep_internal.h"
#include "support/check.h"

#define REACH 4 /* pages on both sides that a find makes worth a look */

struct world {
    struct ll_clock_manual clock;
    struct ll_rand rand;
    struct ll_http *http;
    struct ll_secret secret;
    struct ll_token *token;
    struct ll_api *api;
    struct ll_sweep_result result;
    struct ll_sweep_options options;
    struct link *links;
    struct sweep sweep;
};

/* A client that only ever queues. */
static void open_client(struct world *world)
{
    struct ll_error err;
    struct ll_http_options http = {.clock = &world->clock.base, .user_agent = "test", .proxy = ""};
    assert_status(LL_OK, ll_http_new(&http, &world->http, &err), &err);
    ll_secret_set(&world->secret, LL_STR("x"));
    struct ll_token_options token = {.http = world->http,
                                     .clock = &world->clock.base,
                                     .rand = &world->rand,
                                     .client_secret = &world->secret};
    world->token = ll_token_new(&token);
    struct ll_api_options api = {.name = "Twitch",
                                 .http = world->http,
                                 .clock = &world->clock.base,
                                 .rand = &world->rand,
                                 .token = world->token,
                                 .bucket = {.capacity = 1, .per_second = 1, .max_in_flight = 1},
                                 .max_body_bytes = 1};
    world->api = ll_api_new(&api);
}

/* Notes the pages of some chains, in turns. */
static void open_world(struct world *world, size_t pages, size_t links)
{
    *world = (struct world){.result.passes = 1};
    ll_clock_manual_init(&world->clock, 0);
    ll_rand_seed(&world->rand, pages);
    open_client(world);
    world->options.twitch = world->api;
    world->sweep = (struct sweep){.options = &world->options, .result = &world->result};
    world->links = ll_xcalloc(links, sizeof(*world->links));
    for (size_t i = 0; i < pages; i++) {
        struct link *link = &world->links[i % links];
        ll_buf_reset(&link->chain.cursor);
        ll_buf_printf(&link->chain.cursor, "c%zu", i);
        ll_sweep_look_note(&world->sweep, link);
    }
    assert_int_equal(world->sweep.look.count, pages);
}

static void close_world(struct world *world, size_t links)
{
    while (world->sweep.free_jobs != NULL) {
        struct job *job = world->sweep.free_jobs;
        world->sweep.free_jobs = job->next_free;
        free(job);
    }
    for (size_t i = 0; i < links; i++)
        ll_chain_clear(&world->links[i].chain);
    free(world->links);
    ll_sweep_look_clear(&world->sweep);
    ll_api_free(world->api);
    ll_token_free(world->token);
    ll_secret_clear(&world->secret);
    ll_http_free(world->http);
}

/* The rule in its plainest form: finds of the chain's pages around, each by its nearness. */
static double worth_of(const struct look *look, size_t page)
{
    double worth = 0;
    for (int side = 0; side < 2; side++) {
        size_t at = page + 1;
        for (int distance = 1; distance <= REACH; distance++) {
            at = side == 0 ? look->pages[at - 1].before : look->pages[at - 1].after;
            if (at == 0)
                break;
            if (look->pages[at - 1].missed > 0)
                worth += look->pages[at - 1].missed * (1.0 / distance);
        }
    }
    return worth;
}

static size_t plain_best(const struct look *look)
{
    size_t found = look->count;
    double most = 0;
    for (size_t i = 0; i < look->count; i++) {
        if (!look->pages[i].asked && worth_of(look, i) > most) {
            most = worth_of(look, i);
            found = i;
        }
    }
    return found;
}

/* Takes the next request; false when there is none. */
static bool answer_one(struct world *world, int fresh)
{
    struct ll_api_answer *answer = ll_api_drop(world->api);
    if (answer == NULL)
        return false;
    struct job *job = answer->request.context;
    ll_sweep_look_answer(&world->sweep, job, fresh);
    ll_job_free(&world->sweep, job);
    ll_api_answer_free(answer);
    return true;
}

/* Finds of all sizes, and none; -1: no answer. */
static int any_finds(struct world *world)
{
    uint64_t kind = ll_rand_below(&world->rand, 8);
    return kind == 0 ? -1 : kind < 4 ? 0 : (int)ll_rand_below(&world->rand, 5);
}

static void the_page_most_worth_a_look_is_asked(void **state LL_UNUSED)
{
    for (size_t links = 1; links <= 7; links += 3) {
        for (size_t pages = 1; pages < 700; pages = pages * 3 / 2 + 1) {
            struct world world;
            open_world(&world, pages, links);
            const struct look *look = &world.sweep.look;
            ll_sweep_look_ask(&world.sweep);
            size_t asked = look->waiting;
            while (answer_one(&world, any_finds(&world))) {
                size_t wanted = plain_best(look), waiting = look->waiting;
                bool room = look->left > 0 && waiting < 12;
                ll_sweep_look_ask(&world.sweep);
                assert_int_equal(look->waiting > waiting, room && wanted < look->count);
                if (look->waiting > waiting) /* the first of those that were asked */
                    assert_true(look->pages[wanted].asked);
                asked += look->waiting - waiting;
            }
            assert_int_equal(asked + look->left, pages / 4);
            close_world(&world, links);
        }
    }
}

/* Far more pages than any list has: by the rule above each would be looked at for each. */
static void many_pages_take_no_time(void **state LL_UNUSED)
{
    enum { PAGES = 400000 };
    struct world world;
    open_world(&world, PAGES, 1);
    struct ll_clock *clock = ll_clock_system();
    int64_t begun_ms = clock->monotonic_ms(clock);
    do
        ll_sweep_look_ask(&world.sweep);
    while (answer_one(&world, 1) && clock->monotonic_ms(clock) - begun_ms < 60000);
    assert_int_equal(world.sweep.look.left, 0);
    assert_int_equal(world.sweep.look.waiting, 0);
    close_world(&world, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_most_worth_a_look_is_asked),
        cmocka_unit_test(many_pages_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
