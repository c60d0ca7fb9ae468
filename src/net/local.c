#include "net/local.h"

#include <assert.h>
#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define ASK_MS 100 /* between two questions whether to go on */

struct exchange {
    const struct ll_local_options *options;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    struct ll_local_name name;
    struct ll_error ended; /* by on_bytes */
    char detail[CURL_ERROR_SIZE];
};

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    const struct ll_local_options *options = exchange->options;
    long status_code = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status_code);
    if (options->on_bytes == NULL ||
        options->on_bytes(options->context, (int)status_code, (struct ll_str){bytes, size * count},
                          &exchange->ended) == LL_OK)
        return size * count;
    assert(exchange->ended.status != LL_OK);
    return CURL_WRITEFUNC_ERROR;
}

static bool add_header(struct exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);
    if (longer != NULL)
        exchange->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct exchange *exchange)
{
    struct ll_buf type = {0};
    if (exchange->options->content_type == NULL)
        ll_buf_add(&type, LL_STR("Content-Type:")); /* none */
    else
        ll_buf_printf(&type, "Content-Type: %s", exchange->options->content_type);
    bool added = add_header(exchange, type.ptr) && add_header(exchange, "Expect:");
    ll_buf_clear(&type);
    return added;
}

static enum ll_status prepare(struct exchange *exchange, struct ll_error *err)
{
    const struct ll_local_options *options = exchange->options;
    exchange->multi = curl_multi_init();
    exchange->easy = curl_easy_init();
    if (exchange->multi == NULL || exchange->easy == NULL || !add_headers(exchange))
        return ll_fail(err, LL_LIMIT, 0, "no memory for a request");
    struct ll_buf url = {0};
    ll_buf_printf(&url, "http://localhost%s", options->path);
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_URL, url.ptr);
    ll_buf_clear(&url);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, exchange->name.address.sun_path);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->detail);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    if (options->body.len > 0 || strcmp(options->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, options->body.len > 0 ? options->body.ptr : "");
    } else if (strcmp(options->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, options->method);
    CURLMcode added = curl_multi_add_handle(exchange->multi, easy);
    assert(added == CURLM_OK);
    return LL_OK;
}

static enum ll_status conclude(struct exchange *exchange, CURLcode code, int *ret_status_code,
                               struct ll_error *err)
{
    if (exchange->ended.status != LL_OK) {
        *err = exchange->ended;
        return err->status;
    }
    if (code == CURLE_COULDNT_CONNECT) /* it went between our connecting and libcurl's */
        return ll_fail(err, LL_TRANSIENT, (int)code, "nobody listens on %s",
                       exchange->options->socket_path);
    if (code != CURLE_OK)
        return ll_fail(err, LL_IO, (int)code, "%s: the connection ended early: %s",
                       exchange->options->socket_path,
                       exchange->detail[0] != '\0' ? exchange->detail : curl_easy_strerror(code));
    long status_code = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status_code);
    *ret_status_code = (int)status_code;
    return LL_OK;
}

static enum ll_status run(struct exchange *exchange, int *ret_status_code, struct ll_error *err)
{
    const struct ll_local_options *options = exchange->options;
    for (;;) {
        int running, left;
        CURLMcode status = curl_multi_perform(exchange->multi, &running);
        assert(status == CURLM_OK);
        const CURLMsg *message = curl_multi_info_read(exchange->multi, &left);
        if (message != NULL)
            return conclude(exchange, message->data.result, ret_status_code, err);
        if (options->cancelled != NULL && options->cancelled(options->context))
            return ll_fail(err, LL_CANCELLED, 0, "asked to stop");
        status = curl_multi_poll(exchange->multi, NULL, 0, ASK_MS, NULL);
        assert(status == CURLM_OK);
    }
}

static void clear(struct exchange *exchange)
{
    if (exchange->multi != NULL && exchange->easy != NULL)
        curl_multi_remove_handle(exchange->multi, exchange->easy);
    curl_easy_cleanup(exchange->easy);
    curl_multi_cleanup(exchange->multi);
    curl_slist_free_all(exchange->headers);
    ll_local_name_close(&exchange->name);
}

static bool has_blank_or_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

enum ll_status ll_local_request(const struct ll_local_options *options, int *ret_status_code,
                                struct ll_error *err)
{
    if (options->path[0] != '/' || has_blank_or_control(options->path) ||
        options->method[0] == '\0' || has_blank_or_control(options->method))
        return ll_fail(err, LL_INVALID, 0, "not a method and path of HTTP");
    struct exchange exchange = {.options = options};
    int fd; /* connected once for itself, since libcurl does not say why it cannot */
    if (ll_local_connect(options, &fd, err) != LL_OK)
        return err->status;
    close(fd);
    if (ll_local_name_open(options->socket_path, &exchange.name, err) != LL_OK)
        return err->status;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        clear(&exchange);
        return ll_fail(err, LL_UNSUPPORTED, 0, "libcurl cannot be used here");
    }
    enum ll_status status = prepare(&exchange, err);
    if (status == LL_OK)
        status = run(&exchange, ret_status_code, err);
    clear(&exchange);
    curl_global_cleanup();
    return status;
}
