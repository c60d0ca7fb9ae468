#include "serve/problem.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "serve/routes.h"

static const struct {
    int status;
    const char *title;
} titles[] = {
    {400, "Bad request"},         {401, "An API key is needed"},
    {403, "Not allowed"},         {404, "Not found"},
    {405, "Method not allowed"},  {413, "Too much"},
    {421, "Misdirected request"}, {422, "Wrong parameter"},
    {500, "Internal error"},      {503, "Not now"},
    {504, "Out of time"},
};

void ll_problem(struct ll_server_response *response, int status, const char *field,
                const char *detail)
{
    const char *title = "Error";
    for (size_t i = 0; i < LL_COUNT(titles); i++)
        if (titles[i].status == status)
            title = titles[i].title;
    struct ll_buf *out = &response->body;
    ll_buf_clear(out);
    response->status = status;
    response->content_type = "application/problem+json";
    ll_buf_printf(
        out, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":", title, status);
    ll_buf_add_json_string(out, ll_str_of(detail));
    if (field != NULL) {
        ll_buf_add(out, LL_STR(",\"errors\":[{\"field\":"));
        ll_buf_add_json_string(out, ll_str_of(field));
        ll_buf_add(out, LL_STR(",\"message\":"));
        ll_buf_add_json_string(out, ll_str_of(detail));
        ll_buf_add(out, LL_STR("}]"));
    }
    ll_buf_add(out, LL_STR("}\n"));
    ll_server_add_header(response, "Cache-Control", "no-store");
    if (status == 503)
        ll_server_add_header(response, "Retry-After", "1");
    if (status == 401)
        ll_server_add_header(response, "WWW-Authenticate", "Bearer realm=\"livelake\"");
}

/* Messages about a parameter begin with its name. */
static const char *field_of(const char *message)
{
    static const struct {
        const char *begin, *field;
    } others[] = {{"unknown time zone", "tz"},
                  {"the range", "from"},
                  {"no ", "filter"},
                  {"more than one ", "filter"},
                  {"a filter", "filter"}};
    for (size_t i = 0; i < LL_WEB_PARAM_COUNT; i++) {
        size_t len = strlen(ll_web_params[i].name);
        if (strncmp(message, ll_web_params[i].name, len) == 0 &&
            (message[len] == ' ' || message[len] == ':'))
            return ll_web_params[i].name;
    }
    for (size_t i = 0; i < LL_COUNT(others); i++)
        if (strncmp(message, others[i].begin, strlen(others[i].begin)) == 0)
            return others[i].field;
    return NULL;
}

void ll_problem_of(struct ll_server_response *response, const struct ll_error *err)
{
    /* "sql report/…: …": our SQL is wrong, not the request. */
    bool own = strncmp(err->message, "sql ", 4) == 0 && strchr(err->message, '/') != NULL;
    switch (err->status == LL_INVALID && own ? LL_CORRUPT : err->status) {
    case LL_INVALID:
        ll_problem(response, 422, field_of(err->message), err->message);
        return;
    case LL_NOT_FOUND:
        ll_problem(response, 404, NULL, err->message);
        return;
    case LL_LIMIT:
        ll_problem(response, err->code == ETIMEDOUT ? 504 : 413, NULL, err->message);
        return;
    case LL_RATE_LIMITED:
    case LL_CANCELLED:
    case LL_TRANSIENT:
    case LL_CONFLICT:
        ll_problem(response, 503, NULL, err->message);
        return;
    default:
        ll_log_error(LL_LOG_ERROR, "serve.failed", err);
        ll_problem(response, 500, NULL, "the lake could not answer; its log says why");
        return;
    }
}
