#include "api_world.h"

#include <stdio.h>
#include <string.h>

static bool is_stopped(void *context)
{
    return *(bool *)context;
}

void api_world_client(struct world *world, const char *base_url, struct ll_bucket_options bucket)
{
    struct ll_api_options options = {.name = "Twitch",
                                     .http = world->net.http,
                                     .clock = &world->net.clock.base,
                                     .rand = &world->net.rand,
                                     .token = world->token,
                                     .client_id = LL_STR("client"),
                                     .base_url = ll_str_of(base_url),
                                     .bucket = bucket,
                                     .max_body_bytes = 4096,
                                     .cancelled = is_stopped,
                                     .cancel_context = &world->stop};
    world->api = ll_api_new(&options);
}

const struct ll_bucket_options api_world_plenty = {
    .capacity = 800, .per_second = 800.0 / 60, .initial = 800, .max_in_flight = 8};

void api_world_open(struct world *world)
{
    *world = (struct world){0};
    net_world_open(&world->net);
    world->auth = fake_server_new();
    world->token_http = net_world_client(&world->net);
    ll_secret_set(&world->secret, LL_STR("s3cret"));
    for (int i = 1; i <= 9; i++) {
        char body[100];
        snprintf(body, sizeof(body), "{\"access_token\":\"tok-%d\",\"expires_in\":5000000}", i);
        fake_server_reply(world->auth, 200, "", body);
    }
    struct ll_token_options options = {.http = world->token_http,
                                       .clock = &world->net.clock.base,
                                       .rand = &world->net.rand,
                                       .auth_url = ll_str_of(fake_server_url(world->auth)),
                                       .client_id = LL_STR("client"),
                                       .client_secret = &world->secret};
    world->token = ll_token_new(&options);
    api_world_client(world, fake_server_url(world->net.server), api_world_plenty);
}

void api_world_close(struct world *world)
{
    assert_null(strstr(net_log(), "s3cret"));
    assert_null(strstr(net_log(), "tok-"));
    ll_api_free(world->api);
    ll_token_free(world->token);
    ll_http_free(world->token_http);
    ll_secret_clear(&world->secret);
    fake_server_free(world->auth);
    net_world_close(&world->net);
}

static enum ll_status is_json(void *context LL_UNUSED, struct ll_str body, struct ll_error *err)
{
    if (ll_str_starts_with(body, LL_STR("{")))
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0, "no JSON");
}

void api_world_ask(struct world *world, const char *target, bool urgent)
{
    ll_api_send(world->api, &(struct ll_api_request){
                                .target = ll_str_of(target), .urgent = urgent, .check = is_json});
}

struct ll_api_answer *api_world_next(struct world *world)
{
    struct ll_api_answer *answer = NULL;
    struct ll_error err;
    assert_status(LL_OK, ll_api_next(world->api, &answer, &err), &err);
    return answer;
}

void api_world_expect(struct world *world, enum ll_status status, int tries, int code)
{
    struct ll_api_answer *answer = api_world_next(world);
    assert_status(status, answer->error.status, &answer->error);
    assert_int_equal(answer->tries, tries);
    assert_int_equal(answer->response != NULL ? answer->response->status_code : 0, code);
    ll_api_answer_free(answer);
}
