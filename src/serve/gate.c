#include "serve/gate.h"

#include <stdio.h>

#include <string.h>
#include <strings.h>

#include "base/log.h"

#define COOKIE "livelake_key"

/* --- Host and Origin */

/* "name:port" without its port. */
static struct ll_str name_of(struct ll_str authority)
{
    if (ll_str_starts_with(authority, LL_STR("["))) {
        size_t end = ll_str_find(authority, ']', 0);
        return ll_str_sub(authority, 0, end + 1);
    }
    return ll_str_sub(authority, 0, ll_str_find(authority, ':', 0));
}

static bool same_name(struct ll_str a, struct ll_str b)
{
    return a.len == b.len && a.len > 0 && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static bool is_own(const struct ll_gate *gate, struct ll_str name)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    struct ll_str rest = ll_str_of(gate->hosts), host;
    for (size_t i = 0; i < LL_COUNT(own); i++)
        if (same_name(name, ll_str_of(own[i])))
            return true;
    while (ll_str_split(&rest, ',', &host))
        if (same_name(name, ll_str_trim(host)))
            return true;
    return false;
}

enum ll_gate_verdict ll_gate_check_site(const struct ll_gate *gate,
                                        const struct ll_server_request *request)
{
    struct ll_str host = ll_str_of(ll_server_header(request, "Host"));
    struct ll_str origin = ll_str_of(ll_server_header(request, "Origin"));
    struct ll_str site = ll_str_of(ll_server_header(request, "Sec-Fetch-Site"));
    struct ll_str mode = ll_str_of(ll_server_header(request, "Sec-Fetch-Mode"));
    if (!is_own(gate, name_of(host)))
        return LL_GATE_MISDIRECTED;
    if (origin.len > 0) {
        size_t scheme = ll_str_starts_with(origin, LL_STR("https://"))  ? 8
                        : ll_str_starts_with(origin, LL_STR("http://")) ? 7
                                                                        : 0;
        if (scheme == 0 || !same_name(ll_str_sub(origin, scheme, origin.len), host))
            return LL_GATE_FOREIGN;
    }
    /* A link on another site may lead here; its scripts, images and frames may not. */
    bool foreign =
        ll_str_equal(site, LL_STR("cross-site")) || ll_str_equal(site, LL_STR("same-site"));
    if (foreign && !ll_str_equal(mode, LL_STR("navigate")))
        return LL_GATE_FOREIGN;
    return LL_GATE_OPEN;
}

/* --- keys */

static struct ll_str cookie_of(const struct ll_server_request *request)
{
    struct ll_str rest = ll_str_of(ll_server_header(request, "Cookie")), item;
    while (ll_str_split(&rest, ';', &item)) {
        item = ll_str_trim(item);
        if (ll_str_starts_with(item, LL_STR(COOKIE "=")))
            return ll_str_sub(item, strlen(COOKIE "="), item.len);
    }
    return (struct ll_str){0};
}

static struct ll_str key_of(const struct ll_server_request *request)
{
    struct ll_str header = ll_str_of(ll_server_header(request, "Authorization"));
    if (header.len > 7 && strncasecmp(header.ptr, "Bearer ", 7) == 0)
        return ll_str_trim(ll_str_sub(header, 7, header.len));
    return cookie_of(request);
}

static enum ll_gate_verdict check(const struct ll_gate *gate, struct ll_str text,
                                  enum ll_access_scope scope)
{
    struct ll_error err;
    struct ll_access_keys keys;
    if (text.len == 0 || text.len >= LL_ACCESS_TEXT_MAX)
        return LL_GATE_NO_KEY;
    if (ll_access_load(gate->store, &keys, &err) != LL_OK) {
        ll_log_error(LL_LOG_ERROR, "serve.keys", &err);
        return LL_GATE_BROKEN;
    }
    const struct ll_access_key *key = ll_access_find(&keys, text);
    enum ll_gate_verdict verdict = key == NULL           ? LL_GATE_NO_KEY
                                   : key->scope >= scope ? LL_GATE_OPEN
                                                         : LL_GATE_SCOPE;
    ll_access_clear(&keys);
    return verdict;
}

enum ll_gate_verdict ll_gate_check_key(const struct ll_gate *gate,
                                       const struct ll_server_request *request,
                                       enum ll_access_scope scope)
{
    return gate->require_key ? check(gate, key_of(request), scope) : LL_GATE_OPEN;
}

/* --- /login */

static void add_form(struct ll_server_response *response, const char *said)
{
    response->content_type = "text/html; charset=utf-8";
    ll_buf_printf(&response->body,
                  "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>livelake: "
                  "sign in</title><meta name=\"viewport\" content=\"width=device-width\"></head>"
                  "<body><main><h1>livelake</h1><p>%s</p><form method=\"post\" action=\"/login\">"
                  "<label>API key <input name=\"key\" type=\"password\" required autofocus "
                  "autocomplete=\"current-password\"></label> <button>Sign in</button></form>"
                  "<p>Keys are made by <code>livelake key add NAME</code>.</p></main></body>"
                  "</html>\n",
                  said);
}

void ll_gate_login(const struct ll_gate *gate, const struct ll_server_request *request,
                   struct ll_server_response *response)
{
    char cookie[LL_ACCESS_TEXT_MAX + 128];
    struct ll_str key = request->body;
    if (strcmp(request->method, "POST") != 0) {
        add_form(response,
                 gate->require_key ? "An API key is needed here." : "No API key is needed here.");
        return;
    }
    if (ll_str_starts_with(key, LL_STR("key=")))
        key = ll_str_trim(ll_str_sub(key, 4, key.len));
    if (check(gate, key, LL_ACCESS_READ) != LL_GATE_OPEN) { /* a key has no byte to be escaped */
        response->status = 401;
        add_form(response, "That is no API key of this lake.");
        return;
    }
    (void)snprintf(cookie, sizeof(cookie),
                   COOKIE "=%.*s; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Strict",
                   LL_FMT(key));
    response->status = 303;
    ll_server_add_header(response, "Cache-Control", "no-store");
    ll_server_add_header(response, "Set-Cookie", cookie);
    ll_server_add_header(response, "Location", "/");
}
