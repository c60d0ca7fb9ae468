#include "reference_world.h"

#include <string.h>

#include "store/store.h"
#include "support/temp_folder.h"

static bool is_stopped(void *context)
{
    struct reference_world *w = context;
    return w->stop_after > 0 && fake_server_count(w->igdb) >= w->stop_after;
}

static struct ll_api *open_api(struct reference_world *w, const char *name, struct ll_http *http,
                               const char *url)
{
    const struct ll_api_options options = {
        .name = name,
        .http = http,
        .clock = &w->net.clock.base,
        .rand = &w->net.rand,
        .token = w->token,
        .client_id = LL_STR("client"),
        .base_url = ll_str_of(url),
        .bucket = {.capacity = 800, .per_second = 100, .initial = 800, .max_in_flight = 1},
        .max_body_bytes = 1 << 24,
        .cancelled = is_stopped,
        .cancel_context = w,
    };
    return ll_api_new(&options);
}

void reference_world_open(struct reference_world *w, struct ll_store *store)
{
    *w = (struct reference_world){.store = store};
    net_world_open(&w->net);
    fake_server_reply(w->net.server, 200, "", "{\"access_token\":\"tok\",\"expires_in\":5000000}");
    ll_secret_set(&w->secret, LL_STR("s3cret"));
    const struct ll_token_options token = {
        .http = w->net.http,
        .clock = &w->net.clock.base,
        .rand = &w->net.rand,
        .auth_url = ll_str_of(fake_server_url(w->net.server)),
        .client_id = LL_STR("client"),
        .client_secret = &w->secret,
    };
    w->token = ll_token_new(&token);
    w->twitch = fake_server_new();
    w->igdb = fake_server_new();
    for (int i = 0; i < 2; i++)
        w->https[i] = net_world_client(&w->net);
    w->apis[0] = open_api(w, "Twitch", w->https[0], fake_server_url(w->twitch));
    w->apis[1] = open_api(w, "IGDB", w->https[1], fake_server_url(w->igdb));
    w->folder = temp_folder_new();
    if (store == NULL)
        w->store = ll_store_mem_new();
}

void reference_world_close(struct reference_world *w)
{
    for (int i = 0; i < 2; i++) {
        ll_api_free(w->apis[i]);
        ll_http_free(w->https[i]);
    }
    ll_token_free(w->token);
    ll_secret_clear(&w->secret);
    fake_server_free(w->twitch);
    fake_server_free(w->igdb);
    temp_folder_free(w->folder);
    net_world_close(&w->net);
}

void twitch_says(struct reference_world *w, const char *body)
{
    fake_server_reply(w->twitch, 200, "", body);
}

void igdb_says(struct reference_world *w, const char *body)
{
    fake_server_reply(w->igdb, 200, "", body);
}

void igdb_says_terms(struct reference_world *w)
{
    for (int i = 0; i < 4; i++)
        igdb_says(w, "[{\"id\":5,\"name\":\"Shooter\",\"slug\":\"shooter\"}]");
}

enum ll_status refresh(struct reference_world *w, int64_t slot_s, const int64_t *category_ids)
{
    struct ll_error err;
    struct ll_reference_options options = {
        .store = w->store,
        .tmp_dir = w->folder,
        .twitch = w->apis[0],
        .igdb = w->apis[1],
        .clock = &w->net.clock.base,
        .slot_s = slot_s,
        .category_ids = category_ids,
        .dropped = &w->dropped,
    };
    while (category_ids[options.category_count] != 0)
        options.category_count++;
    w->twitch_seen = fake_server_count(w->twitch);
    w->igdb_seen = fake_server_count(w->igdb);
    return ll_reference_refresh(&options, &w->report, &err);
}

void expect_asked(struct reference_world *w, int twitch, int igdb)
{
    assert_int_equal(fake_server_count(w->twitch) - w->twitch_seen, twitch);
    assert_int_equal(fake_server_count(w->igdb) - w->igdb_seen, igdb);
}

static void expect(struct fake_server *server, int n, const char *text)
{
    if (!fake_server_saw(server, n, text))
        print_error("\"%s\" is not in:\n%.*s\n", text, LL_FMT(fake_server_request(server, n)));
    assert_true(fake_server_saw(server, n, text));
}

void expect_twitch(struct reference_world *w, int n, const char *text)
{
    expect(w->twitch, w->twitch_seen + n, text);
}

void expect_igdb(struct reference_world *w, int n, const char *text)
{
    expect(w->igdb, w->igdb_seen + n, text);
}

bool igdb_saw(struct reference_world *w, int n, const char *text)
{
    return fake_server_saw(w->igdb, w->igdb_seen + n, text);
}
