#include "sim/oauth.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

#define TOKEN_LEN 30
#define TOKENS_MAX 2048 /* of all clients; the oldest makes room */
#define CLIENT_MAX 64

struct token {
    char text[TOKEN_LEN + 1];
    char client_id[CLIENT_MAX + 1];
    int64_t expires_ms;
};

struct sim_oauth {
    char *client_id, *client_secret;
    int64_t ttl_s;
    struct token tokens[TOKENS_MAX]; /* oldest first */
    size_t count;
};

static char *copy_of(struct ll_str s)
{
    char *copy = ll_xcalloc(s.len + 1, 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

struct sim_oauth *sim_oauth_new(const struct sim_oauth_options *options)
{
    struct sim_oauth *oauth = ll_xcalloc(1, sizeof(*oauth));
    oauth->client_id = copy_of(options->client_id);
    oauth->client_secret = copy_of(options->client_secret);
    oauth->ttl_s = options->ttl_s;
    return oauth;
}

void sim_oauth_free(struct sim_oauth *oauth)
{
    if (!oauth)
        return;
    free(oauth->client_id);
    free(oauth->client_secret);
    free(oauth);
}

size_t sim_oauth_revoke_all(struct sim_oauth *oauth)
{
    size_t count = oauth->count;
    oauth->count = 0;
    return count;
}

static void remove_token(struct sim_oauth *oauth, size_t at)
{
    memmove(&oauth->tokens[at], &oauth->tokens[at + 1],
            (oauth->count - at - 1) * sizeof(oauth->tokens[0]));
    oauth->count--;
}

static struct token *find_token(struct sim_oauth *oauth, struct ll_str text, int64_t now_ms)
{
    for (size_t i = 0; i < oauth->count; i++)
        if (ll_str_equal(ll_str_of(oauth->tokens[i].text), text))
            return oauth->tokens[i].expires_ms > now_ms ? &oauth->tokens[i] : NULL;
    return NULL;
}

static void make_room(struct sim_oauth *oauth, struct ll_str client_id)
{
    size_t own = 0, oldest = 0;
    for (size_t i = oauth->count; i-- > 0;) {
        if (ll_str_equal(ll_str_of(oauth->tokens[i].client_id), client_id)) {
            own++;
            oldest = i;
        }
    }
    if (own >= SIM_TOKENS_PER_CLIENT)
        remove_token(oauth, oldest);
    if (oauth->count == TOKENS_MAX)
        remove_token(oauth, 0);
}

static const struct token *issue(struct sim_parts *parts, struct ll_str client_id, int64_t now_ms)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    struct sim_oauth *oauth = parts->oauth;
    make_room(oauth, client_id);
    struct token *token = &oauth->tokens[oauth->count++];
    *token = (struct token){.expires_ms = now_ms + oauth->ttl_s * 1000};
    memcpy(token->client_id, client_id.ptr, client_id.len);
    for (size_t i = 0; i < TOKEN_LEN; i++)
        token->text[i] = letters[ll_rand_below(parts->rand, sizeof(letters) - 1)];
    return token;
}

void sim_oauth_error(struct sim_answer *answer, int status, const char *message)
{
    ll_buf_reset(&answer->body);
    answer->status = status;
    answer->content_type = NULL;
    ll_buf_printf(&answer->body, "{\"status\":%d,\"message\":", status);
    ll_buf_add_json_string(&answer->body, ll_str_of(message));
    ll_buf_add_char(&answer->body, '}');
}

static bool client_known(const struct sim_oauth *oauth, struct ll_str client_id)
{
    if (client_id.len == 0 || client_id.len > CLIENT_MAX || memchr(client_id.ptr, 0, client_id.len))
        return false;
    return !*oauth->client_id || ll_str_equal(ll_str_of(oauth->client_id), client_id);
}

/* Scopes are words like "user:read:email", parted by spaces. */
static bool scopes_good(struct ll_str scope)
{
    for (size_t i = 0; i < scope.len; i++)
        if (!(scope.ptr[i] >= 'a' && scope.ptr[i] <= 'z') && !strchr(":_ ", scope.ptr[i]))
            return false;
    return true;
}

void sim_oauth_token(struct sim_parts *parts, const struct sim_request *request,
                     struct sim_answer *answer)
{
    struct ll_str id = sim_param_get(request, "client_id");
    struct ll_str secret = sim_param_get(request, "client_secret");
    struct ll_str grant = sim_param_get(request, "grant_type");
    if (id.len == 0) {
        sim_oauth_error(answer, 400, "missing client id");
    } else if (secret.len == 0) {
        sim_oauth_error(answer, 400, "missing client secret");
    } else if (grant.len == 0) {
        sim_oauth_error(answer, 400, "missing grant type");
    } else if (!ll_str_equal(grant, LL_STR("client_credentials"))) {
        sim_oauth_error(answer, 400, "invalid grant type");
    } else if (!client_known(parts->oauth, id)) {
        sim_oauth_error(answer, 400, "invalid client");
    } else if (!ll_str_equal(secret, ll_str_of(parts->oauth->client_secret))) {
        sim_oauth_error(answer, 403, "invalid client secret");
    } else if (!scopes_good(sim_param_get(request, "scope"))) {
        struct ll_buf text = {0};
        ll_buf_printf(&text, "invalid scope requested: '%.*s'",
                      LL_FMT(sim_param_get(request, "scope")));
        sim_oauth_error(answer, 400, text.ptr);
        ll_buf_clear(&text);
    } else {
        const struct token *token = issue(parts, id, request->now_ms);
        answer->status = 200;
        ll_buf_printf(&answer->body,
                      "{\"access_token\":\"%s\",\"expires_in\":%lld,\"token_type\":\"bearer\"}",
                      token->text, (long long)parts->oauth->ttl_s);
    }
}

/* The token behind "Bearer " (or the other scheme, when there is one) in whatever case. */
static struct ll_str token_of(struct ll_str header, const char *other_scheme)
{
    const char *const schemes[] = {"Bearer ", other_scheme};
    for (size_t i = 0; i < LL_COUNT(schemes); i++) {
        size_t len = schemes[i] ? strlen(schemes[i]) : 0;
        if (len && header.len > len && strncasecmp(header.ptr, schemes[i], len) == 0)
            return ll_str_sub(header, len, header.len);
    }
    return (struct ll_str){0};
}

void sim_oauth_validate(struct sim_parts *parts, const struct sim_request *request,
                        struct sim_answer *answer)
{
    struct ll_str header = sim_header_get(request, "authorization");
    if (!header.ptr) {
        sim_oauth_error(answer, 401, "missing authorization token");
        return;
    }
    const struct token *token =
        find_token(parts->oauth, token_of(header, "OAuth "), request->now_ms);
    if (!token) {
        sim_oauth_error(answer, 401, "invalid access token");
        return;
    }
    answer->status = 200;
    ll_buf_printf(&answer->body, "{\"client_id\":");
    ll_buf_add_json_string(&answer->body, ll_str_of(token->client_id));
    ll_buf_printf(&answer->body, ",\"scopes\":[],\"expires_in\":%lld}",
                  (long long)((token->expires_ms - request->now_ms) / 1000));
}

void sim_oauth_revoke(struct sim_parts *parts, const struct sim_request *request,
                      struct sim_answer *answer)
{
    struct ll_str id = sim_param_get(request, "client_id");
    struct ll_str text = sim_param_get(request, "token");
    if (!client_known(parts->oauth, id)) {
        struct ll_buf message = {0};
        ll_buf_printf(&message, "Invalid client_id: %.*s", LL_FMT(id));
        sim_oauth_error(answer, 400, message.ptr);
        ll_buf_clear(&message);
        return;
    }
    if (text.len == 0) {
        sim_oauth_error(answer, 400, "missing oauth token");
        return;
    }
    struct token *token = find_token(parts->oauth, text, request->now_ms);
    if (!token || !ll_str_equal(ll_str_of(token->client_id), id)) {
        sim_oauth_error(answer, 400, "Invalid token");
        return;
    }
    remove_token(parts->oauth, (size_t)(token - parts->oauth->tokens));
    answer->status = 200;
}

void sim_oauth_igdb_refuse(struct sim_answer *answer)
{
    ll_buf_reset(&answer->body);
    answer->status = 401;
    answer->content_type = NULL;
    ll_buf_add(&answer->body,
               LL_STR("{\"message\":\"Authorization Failure. Have you tried:\","
                      "\"Tip 1\":\"Sending the headers Client-ID and Authorization\","
                      "\"Tip 2\":\"Putting Bearer and a space before the token\","
                      "\"Tip 3\":\"Asking for a new token\","
                      "\"Docs\":\"https://api-docs.igdb.com/#authentication\","
                      "\"Discord\":\"\"}"));
}

static bool igdb_good(struct sim_parts *parts, const struct sim_request *request)
{
    struct ll_str header = sim_header_get(request, "authorization");
    struct ll_str client_id = sim_header_get(request, "client-id");
    if (!ll_str_starts_with(header, LL_STR("Bearer ")))
        return false;
    const struct token *token = find_token(parts->oauth, token_of(header, NULL), request->now_ms);
    return token && ll_str_equal(ll_str_of(token->client_id), client_id);
}

static const char *helix_fault(struct sim_parts *parts, const struct sim_request *request)
{
    struct ll_str header = sim_header_get(request, "authorization");
    struct ll_str client_id = sim_header_get(request, "client-id");
    if (!header.ptr && !client_id.ptr)
        return "Must provide a valid Client-ID or OAuth token";
    if (!header.ptr)
        return "OAuth token is missing";
    const struct token *token = find_token(parts->oauth, token_of(header, NULL), request->now_ms);
    if (!token)
        return "Invalid OAuth token";
    if (!ll_str_equal(ll_str_of(token->client_id), client_id))
        return "Client ID and OAuth token do not match";
    return NULL;
}

bool sim_oauth_check(struct sim_parts *parts, const struct sim_request *request, bool igdb,
                     struct sim_answer *answer)
{
    if (igdb) {
        if (igdb_good(parts, request))
            return true;
        sim_oauth_igdb_refuse(answer);
        return false;
    }
    const char *fault = helix_fault(parts, request);
    if (fault)
        sim_helix_error(answer, 401, fault);
    return !fault;
}

void sim_oauth_revoke_of(struct sim_parts *parts, const struct sim_request *request)
{
    struct ll_str header = sim_header_get(request, "authorization");
    struct token *token = find_token(parts->oauth, token_of(header, NULL), request->now_ms);
    if (token)
        remove_token(parts->oauth, (size_t)(token - parts->oauth->tokens));
}
