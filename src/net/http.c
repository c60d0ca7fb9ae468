#include "net/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/net_internal.h"

#define MAX_CONNECTIONS 8
#define CONNECT_TIMEOUT_MS 5000
#define TOTAL_TIMEOUT_MS 20000
#define PACED_TIMEOUT_MS 60000 /* of real time, where the clock is a simulator's */
#define PACED_POLL_MS 5
#define POLL_MAX_MS 60000
#define HOSTS_MAX 8
#define HOST_BYTES 272

/* One request from send to its response; kept for reuse with its easy handle. */
struct transfer {
    struct ll_http *http;
    CURL *easy;
    struct transfer *next, *previous; /* in http->open or http->done or http->idle */
    struct ll_http_response *response;
    struct ll_http_body body;
    struct ll_error aborted; /* why a callback stopped it */
    struct ll_buf url, sent_body;
    struct curl_slist *headers;
    int64_t started_ms; /* monotonic */
    bool is_sent;
    char detail[CURL_ERROR_SIZE];
};

struct ll_http {
    struct ll_http_options options; /* strings copied */
    char *user_agent, *proxy, *ca_file;
    CURLM *multi;
    struct transfer *open, *idle;
    struct transfer *done, *done_last; /* oldest first, by `next` */
    size_t pending;
    int64_t paced_timeout_ms;          /* total_timeout_ms on the pacer's clock; 0 = no pacer */
    struct ll_error failed;            /* of the pacer */
    char hosts[HOSTS_MAX][HOST_BYTES]; /* which have answered */
    size_t host_count;
};

static char *copy_of(const char *text)
{
    return text != NULL ? ll_xstrdup(text) : NULL;
}

enum ll_status ll_http_new(const struct ll_http_options *options, struct ll_http **ret,
                           struct ll_error *err)
{
    assert(options->clock != NULL);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return ll_fail(err, LL_UNSUPPORTED, 0, "libcurl cannot be used here");
    CURLM *multi = curl_multi_init();
    if (multi == NULL) {
        curl_global_cleanup();
        return ll_fail(err, LL_LIMIT, 0, "no memory for an HTTP client");
    }
    struct ll_http *http = ll_xcalloc(1, sizeof(*http));
    http->options = *options;
    http->user_agent = copy_of(options->user_agent);
    http->proxy = copy_of(options->proxy);
    http->ca_file = copy_of(options->ca_file);
    http->multi = multi;
    struct ll_http_options *own = &http->options;
    if (own->max_connections <= 0)
        own->max_connections = MAX_CONNECTIONS;
    if (own->connect_timeout_ms <= 0)
        own->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (own->total_timeout_ms <= 0)
        own->total_timeout_ms = TOTAL_TIMEOUT_MS;
    if (own->pacer != NULL) {
        http->paced_timeout_ms = own->total_timeout_ms;
        own->total_timeout_ms = PACED_TIMEOUT_MS;
    }
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    /* A simulator holds every open request: none may wait here for a connection. */
    if (own->pacer == NULL)
        curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)own->max_connections);
    *ret = http;
    return LL_OK;
}

/* Takes a transfer off the list it heads or is in. */
static void unlink_transfer(struct transfer **list, struct transfer *transfer)
{
    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        *list = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    transfer->next = transfer->previous = NULL;
}

static void link_transfer(struct transfer **list, struct transfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = *list;
    if (*list != NULL)
        (*list)->previous = transfer;
    *list = transfer;
}

/* Forgets a request's data; headers and body may have held secrets. */
static void reset_transfer(struct transfer *transfer)
{
    for (struct curl_slist *item = transfer->headers; item != NULL; item = item->next)
        explicit_bzero(item->data, strlen(item->data));
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    if (transfer->sent_body.ptr != NULL)
        explicit_bzero(transfer->sent_body.ptr, transfer->sent_body.len);
    ll_buf_reset(&transfer->sent_body);
    ll_buf_reset(&transfer->url);
    ll_http_body_clear(&transfer->body);
    ll_http_response_free(transfer->response);
    transfer->response = NULL;
    transfer->aborted = (struct ll_error){0};
    transfer->is_sent = false;
}

static void free_transfer(struct transfer *transfer)
{
    reset_transfer(transfer);
    curl_easy_cleanup(transfer->easy);
    ll_buf_clear(&transfer->url);
    ll_buf_clear(&transfer->sent_body);
    free(transfer);
}

/* Takes an ended or dropped transfer from curl. */
static void detach(struct transfer *transfer)
{
    struct ll_http *http = transfer->http;
    curl_multi_remove_handle(http->multi, transfer->easy);
    unlink_transfer(&http->open, transfer);
    if (http->options.pacer != NULL)
        http->options.pacer->received++;
}

void ll_http_drop(struct ll_http *http)
{
    while (http->open != NULL) {
        struct transfer *transfer = http->open;
        detach(transfer);
        reset_transfer(transfer);
        link_transfer(&http->idle, transfer);
    }
    while (http->done != NULL) {
        struct transfer *transfer = http->done;
        http->done = transfer->next;
        reset_transfer(transfer);
        link_transfer(&http->idle, transfer);
    }
    http->done_last = NULL;
    http->pending = 0;
}

void ll_http_free(struct ll_http *http)
{
    if (http == NULL)
        return;
    ll_http_drop(http);
    while (http->idle != NULL) {
        struct transfer *transfer = http->idle;
        unlink_transfer(&http->idle, transfer);
        free_transfer(transfer);
    }
    curl_multi_cleanup(http->multi);
    curl_global_cleanup();
    free(http->user_agent);
    free(http->proxy);
    free(http->ca_file);
    free(http);
}

size_t ll_http_pending(const struct ll_http *http)
{
    return http->pending;
}

bool ll_http_is_paced(const struct ll_http *http)
{
    return http->options.pacer != NULL;
}

enum ll_status ll_http_failed(const struct ll_http *http, struct ll_error *err)
{
    if (http->failed.status != LL_OK)
        *err = http->failed;
    return http->failed.status;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    if (ll_http_fields_add(transfer->response->fields, (struct ll_str){data, size * count}))
        return size * count;
    ll_fail(&transfer->aborted, LL_LIMIT, 0, "the answer's header is too large");
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct ll_str bytes = {data, size * count};
    enum ll_status status =
        ll_http_body_add(&transfer->body, transfer->response, bytes, &transfer->aborted);
    return status == LL_OK ? bytes.len : 0;
}

static int on_connected(void *context, char *peer LL_UNUSED, char *own LL_UNUSED,
                        int peer_port LL_UNUSED, int own_port LL_UNUSED)
{
    struct transfer *transfer = context;
    transfer->is_sent = true;
    return CURL_PREREQFUNC_OK;
}

static bool has_control(struct ll_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' && s.ptr[i] != '\t')
            return true;
    return false;
}

static enum ll_status add_header(struct transfer *transfer, struct ll_str name, struct ll_str value,
                                 struct ll_error *err)
{
    if (name.len == 0 || has_control(name) || has_control(value))
        return ll_fail(err, LL_INVALID, 0,
                       "a request header (\"%.*s\") holds a line break or control character",
                       LL_FMT(name));
    struct ll_buf line = {0};
    ll_buf_add(&line, name);
    ll_buf_add(&line, value.len > 0 ? LL_STR(": ") : LL_STR(";"));
    ll_buf_add(&line, value);
    struct curl_slist *longer = curl_slist_append(transfer->headers, line.ptr);
    explicit_bzero(line.ptr, line.len);
    ll_buf_clear(&line);
    if (longer == NULL)
        return ll_fail(err, LL_LIMIT, 0, "no memory for a request");
    transfer->headers = longer;
    return LL_OK;
}

static enum ll_status fill(struct transfer *transfer, const struct ll_http_request *request,
                           struct ll_error *err)
{
    if (has_control(request->url) || ll_url_authority(request->url).len == 0)
        return ll_fail(err, LL_INVALID, 0, "not an http or https URL");
    ll_buf_add(&transfer->url, request->url);
    ll_buf_add(&transfer->sent_body, request->body);
    for (size_t i = 0; i < request->header_count; i++)
        if (add_header(transfer, request->headers[i].name, request->headers[i].value, err) != LL_OK)
            return err->status;
    if (add_header(transfer, LL_STR("Accept-Encoding"), LL_STR("gzip"), err) != LL_OK)
        return err->status;
    /* No waiting for "100 Continue". */
    struct curl_slist *longer = curl_slist_append(transfer->headers, "Expect:");
    if (longer == NULL)
        return ll_fail(err, LL_LIMIT, 0, "no memory for a request");
    transfer->headers = longer;
    transfer->response = ll_xcalloc(1, sizeof(*transfer->response));
    transfer->response->context = request->context;
    transfer->response->body.max_bytes = request->max_body_bytes;
    transfer->response->fields = ll_xcalloc(1, sizeof(*transfer->response->fields));
    transfer->body.out = &transfer->response->body;
    return LL_OK;
}

static void set_connection(const struct ll_http *http, CURL *easy)
{
    const struct ll_http_options *options = &http->options;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, options->pacer == NULL ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->total_timeout_ms);
    if (http->user_agent != NULL)
        curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
    if (http->proxy != NULL)
        curl_easy_setopt(easy, CURLOPT_PROXY, http->proxy);
    if (http->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
}

static void set_request(struct transfer *transfer, const struct ll_http_request *request)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail);
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url.ptr);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (request->method == LL_HTTP_POST) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->sent_body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         transfer->sent_body.len > 0 ? transfer->sent_body.ptr : "");
    }
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}

static struct transfer *take_idle(struct ll_http *http)
{
    struct transfer *transfer = http->idle;
    if (transfer != NULL) {
        unlink_transfer(&http->idle, transfer);
        curl_easy_reset(transfer->easy);
        return transfer;
    }
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    transfer = ll_xcalloc(1, sizeof(*transfer));
    transfer->http = http;
    transfer->easy = easy;
    return transfer;
}

enum ll_status ll_http_send(struct ll_http *http, const struct ll_http_request *request,
                            struct ll_error *err)
{
    assert(request->max_body_bytes > 0);
    struct transfer *transfer = take_idle(http);
    if (transfer == NULL)
        return ll_fail(err, LL_LIMIT, 0, "no memory for a request");
    if (fill(transfer, request, err) != LL_OK) {
        reset_transfer(transfer);
        link_transfer(&http->idle, transfer);
        return err->status;
    }
    set_connection(http, transfer->easy);
    set_request(transfer, request);
    transfer->detail[0] = '\0';
    transfer->started_ms = http->options.clock->monotonic_ms(http->options.clock);
    transfer->response->sent_ms = http->options.clock->now_ms(http->options.clock);
    CURLMcode added = curl_multi_add_handle(http->multi, transfer->easy);
    assert(added == CURLM_OK);
    link_transfer(&http->open, transfer);
    http->pending++;
    if (http->options.pacer != NULL)
        http->options.pacer->sent++;
    return LL_OK;
}

static bool host_answered(const struct ll_http *http, struct ll_str host)
{
    for (size_t i = 0; i < http->host_count; i++)
        if (ll_str_equal(host, ll_str_of(http->hosts[i])))
            return true;
    return false;
}

static void remember_host(struct ll_http *http, struct ll_str host)
{
    if (http->host_count == HOSTS_MAX || host.len >= HOST_BYTES || host_answered(http, host))
        return;
    memcpy(http->hosts[http->host_count++], host.ptr, host.len);
}

static void explain(struct transfer *transfer, CURLcode code)
{
    struct ll_http *http = transfer->http;
    struct ll_str host = ll_url_authority(ll_buf_str(&transfer->url));
    long proxy_status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    struct ll_http_failure failure = {
        .code = code,
        .proxy_status = proxy_status,
        .host = host,
        .detail =
            ll_str_of(transfer->detail[0] != '\0' ? transfer->detail : curl_easy_strerror(code)),
        .proxy = http->proxy,
        .ca_file = http->ca_file,
        .answered = host_answered(http, host),
    };
    ll_http_explain(&failure, &transfer->response->error);
}

/* Completes the response of a transfer that curl has ended. */
static void finish(struct transfer *transfer, CURLcode code)
{
    struct ll_http *http = transfer->http;
    struct ll_clock *clock = http->options.clock;
    struct ll_http_response *response = transfer->response;
    struct ll_str host = ll_url_authority(ll_buf_str(&transfer->url));
    response->received_ms = clock->now_ms(clock);
    response->elapsed_ms = clock->monotonic_ms(clock) - transfer->started_ms;
    bool stopped = transfer->aborted.status != LL_OK; /* by a callback */
    if (stopped ||
        (code == CURLE_OK && ll_http_body_end(&transfer->body, &transfer->aborted) != LL_OK)) {
        response->error = transfer->aborted;
        ll_context(&response->error, "%.*s", LL_FMT(host));
    } else if (code != CURLE_OK) {
        explain(transfer, code);
    } else {
        long status_code = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status_code);
        response->status_code = (int)status_code;
        remember_host(http, host);
    }
    detach(transfer);
    if (http->done_last != NULL)
        http->done_last->next = transfer;
    else
        http->done = transfer;
    http->done_last = transfer;
}

static void perform(struct ll_http *http)
{
    int running;
    CURLMcode status = curl_multi_perform(http->multi, &running);
    assert(status == CURLM_OK);
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        assert(message->msg == CURLMSG_DONE);
        CURLcode code = message->data.result;
        char *private;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finish((struct transfer *)private, code);
    }
}

static struct ll_http_response *take_done(struct ll_http *http)
{
    struct transfer *transfer = http->done;
    if (transfer == NULL)
        return NULL;
    http->done = transfer->next;
    if (http->done == NULL)
        http->done_last = NULL;
    struct ll_http_response *response = transfer->response;
    transfer->response = NULL;
    reset_transfer(transfer);
    link_transfer(&http->idle, transfer);
    http->pending--;
    return response;
}

/* Whether anything came to a socket within wait_ms. */
static bool poll_sockets(struct ll_http *http, int64_t wait_ms)
{
    int events = 0;
    CURLMcode status = curl_multi_poll(http->multi, NULL, 0, (int)wait_ms, &events);
    assert(status == CURLM_OK);
    return events > 0;
}

/* False when the wait ended early with nothing to do: a signal came. */
static bool wait_real(struct ll_http *http, int64_t now_ms, int64_t until_ms)
{
    int64_t wait_ms = until_ms - now_ms < POLL_MAX_MS ? until_ms - now_ms : POLL_MAX_MS;
    long timer_ms = -1;
    curl_multi_timeout(http->multi, &timer_ms);
    if (timer_ms >= 0 && timer_ms < wait_ms)
        wait_ms = timer_ms;
    if (poll_sockets(http, wait_ms))
        return true;
    struct ll_clock *clock = http->options.clock;
    return clock->monotonic_ms(clock) - now_ms + 1 >= wait_ms;
}

static bool all_sent(const struct ll_http *http)
{
    for (const struct transfer *transfer = http->open; transfer != NULL; transfer = transfer->next)
        if (!transfer->is_sent)
            return false;
    return true;
}

/* False when the pacer cannot wait. It is asked only when the other side has every request and
 * nothing of an answer lies in a socket: else it could wait for what only this side can do. */
static bool wait_paced(struct ll_http *http, int64_t until_ms)
{
    if (!all_sent(http)) {
        poll_sockets(http, PACED_POLL_MS);
        return true;
    }
    struct ll_http_pacer *pacer = http->options.pacer;
    if (http->open != NULL && poll_sockets(http, pacer->patience_ms))
        return true;
    if (pacer->wait(pacer, until_ms, &http->failed) != LL_OK)
        return false;
    if (http->open != NULL)
        poll_sockets(http, PACED_POLL_MS);
    return true;
}

/* Ends what has had no answer for too long by the pacer's clock, which libcurl does not see.
 * Returns when the next one will have: until_ms, if none before. */
static int64_t expire(struct ll_http *http, int64_t now_ms, int64_t until_ms)
{
    struct transfer *next;
    for (struct transfer *transfer = http->open; transfer != NULL; transfer = next) {
        int64_t due_ms = transfer->started_ms + http->paced_timeout_ms;
        next = transfer->next;
        if (due_ms <= now_ms)
            finish(transfer, CURLE_OPERATION_TIMEDOUT);
        else if (due_ms < until_ms)
            until_ms = due_ms;
    }
    return until_ms;
}

struct ll_http_response *ll_http_next(struct ll_http *http, int64_t until_ms)
{
    struct ll_clock *clock = http->options.clock;
    for (;;) {
        int64_t stop_ms = until_ms;
        perform(http);
        if (http->options.pacer != NULL)
            stop_ms = expire(http, clock->monotonic_ms(clock), until_ms);
        struct ll_http_response *response = take_done(http);
        if (response != NULL)
            return response;
        int64_t now_ms = clock->monotonic_ms(clock);
        if (now_ms >= until_ms || http->failed.status != LL_OK)
            return NULL;
        bool go_on = http->options.pacer != NULL ? wait_paced(http, stop_ms)
                                                 : wait_real(http, now_ms, until_ms);
        if (!go_on)
            return NULL;
    }
}
