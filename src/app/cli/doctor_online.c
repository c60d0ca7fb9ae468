#include "app/cli/doctor.h"
#include "app/stop.h"
#include "net/http.h"

#define WAIT_MS 30000
#define OFFSET_MAX_S 5

static enum ll_status new_http(struct ll_app *app, struct ll_http **ret, struct ll_error *err)
{
    const char *proxy = ll_config_text(&app->config, LL_CONFIG_NET_PROXY);
    const char *ca_file = ll_config_text(&app->config, LL_CONFIG_NET_CA_FILE);
    const struct ll_http_options options = {.clock = ll_clock_system(),
                                            .user_agent = "livelake/" LL_VERSION,
                                            .proxy = proxy[0] != '\0' ? proxy : NULL,
                                            .ca_file = ca_file[0] != '\0' ? ca_file : NULL};
    return ll_http_new(&options, ret, err);
}

/* One request and its answer; NULL when none came. */
static struct ll_http_response *ask(struct ll_app *app, struct ll_http *http, struct ll_str url,
                                    struct ll_error *err)
{
    struct ll_clock *clock = ll_clock_system();
    const struct ll_http_request request = {
        .method = LL_HTTP_GET, .url = url, .max_body_bytes = 1 << 20};
    int64_t until_ms = clock->monotonic_ms(clock) + WAIT_MS;
    struct ll_http_response *response = NULL;
    if (ll_http_send(http, &request, err) != LL_OK)
        return NULL;
    while (response == NULL && !ll_stop_asked(app->stop) && clock->monotonic_ms(clock) < until_ms)
        response = ll_http_next(http, until_ms);
    if (response == NULL)
        (void)ll_fail(err, LL_TRANSIENT, 0, "no answer within %d s", WAIT_MS / 1000);
    else if (response->error.status != LL_OK)
        *err = response->error;
    else
        *err = (struct ll_error){0};
    return response;
}

static void say_time(const struct ll_http_response *response, struct ll_findings *findings)
{
    int64_t date_s = ll_http_response_date_s(response);
    if (date_s < 0)
        return;
    long long ahead_s = (long long)(response->received_ms / 1000 - date_s);
    bool good = ahead_s <= OFFSET_MAX_S && ahead_s >= -OFFSET_MAX_S;
    ll_doctor_say(findings, "time", good ? LL_VERDICT_OK : LL_VERDICT_FAIL,
                  good ? NULL : "set the clock (NTP): slots would be wrong",
                  "this clock is %lld s %s the service's", ahead_s < 0 ? -ahead_s : ahead_s,
                  ahead_s < 0 ? "behind" : "ahead of");
}

static const char *advice_for(const struct ll_error *err)
{
    switch (err->status) {
    case LL_NOT_FOUND:
        return "check the address in the configuration, and the name server";
    case LL_AUTH:
        return "check the clock, and net.ca_file where a proxy opens TLS";
    case LL_INVALID:
        return "check the address and net.proxy";
    default:
        return "check the network, and net.proxy where one is needed";
    }
}

static void check_service(struct ll_app *app, struct ll_http *http, enum ll_config_id id,
                          struct ll_findings *findings)
{
    struct ll_error err;
    const char *key = ll_config_key(id)->name;
    LL_AUTO(ll_buf_clear) struct ll_buf url = {0};
    if (ll_url_normalise(ll_str_of(ll_config_text(&app->config, id)), &url, &err) != LL_OK) {
        ll_doctor_say(findings, key, LL_VERDICT_FAIL, "mend the address", "%s", err.message);
        return;
    }
    struct ll_http_response *response = ask(app, http, ll_buf_str(&url), &err);
    if (err.status != LL_OK)
        ll_doctor_say(findings, key, LL_VERDICT_FAIL, advice_for(&err), "%s", err.message);
    else
        ll_doctor_say(findings, key, LL_VERDICT_OK, NULL, "%s answers (HTTP %d, %lld ms)", url.ptr,
                      response->status_code, (long long)response->elapsed_ms);
    if (id == LL_CONFIG_TWITCH_URL && err.status == LL_OK)
        say_time(response, findings);
    ll_http_response_free(response);
}

void ll_doctor_online(struct ll_app *app, struct ll_findings *findings)
{
    struct ll_error err;
    struct ll_http *http;
    if (new_http(app, &http, &err) != LL_OK) {
        ll_doctor_say(findings, "network", LL_VERDICT_FAIL, "check net.proxy and net.ca_file", "%s",
                      err.message);
        return;
    }
    check_service(app, http, LL_CONFIG_TWITCH_URL, findings);
    check_service(app, http, LL_CONFIG_TWITCH_AUTH_URL, findings);
    if (ll_config_text(&app->config, LL_CONFIG_IGDB_URL)[0] != '\0')
        check_service(app, http, LL_CONFIG_IGDB_URL, findings);
    ll_http_free(http);
}
