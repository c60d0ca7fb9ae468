#include "sim/server_internal.h"

#include <string.h>

struct ll_str sim_param_get(const struct sim_request *request, const char *name)
{
    for (size_t i = 0; i < request->param_count; i++)
        if (ll_str_equal(request->params[i].name, ll_str_of(name)))
            return request->params[i].value;
    return (struct ll_str){0};
}

struct ll_str sim_header_get(const struct sim_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (ll_str_equal(request->headers[i].name, ll_str_of(name)))
            return request->headers[i].value;
    return (struct ll_str){0};
}

struct collected {
    struct ll_arena *arena;
    struct sim_param *params;
    size_t count, max;
    bool lower;
};

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *key,
                               size_t key_size, const char *value, size_t value_size)
{
    struct collected *all = context;
    (void)kind;
    if (all->count == all->max)
        return MHD_NO;
    char *name = ll_arena_alloc(all->arena, key_size + 1);
    for (size_t i = 0; i < key_size; i++)
        name[i] = all->lower && key[i] >= 'A' && key[i] <= 'Z' ? (char)(key[i] + 32) : key[i];
    struct ll_str text = {value ? value : "", value ? value_size : 0};
    text = text.len ? ll_arena_copy(all->arena, text) : LL_STR("");
    all->params[all->count++] = (struct sim_param){{name, key_size}, text};
    return MHD_YES;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct ll_str form_decode(struct ll_arena *arena, struct ll_str text)
{
    char *out = ll_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        if (c == '%' && i + 2 < text.len && hex_of(text.ptr[i + 1]) >= 0 &&
            hex_of(text.ptr[i + 2]) >= 0) {
            c = (char)(hex_of(text.ptr[i + 1]) * 16 + hex_of(text.ptr[i + 2]));
            i += 2;
        }
        out[len++] = c;
    }
    return (struct ll_str){out, len};
}

static void collect_form(struct collected *all, struct ll_str body)
{
    struct ll_str pair;
    while (all->count < all->max && ll_str_split(&body, '&', &pair)) {
        size_t equals = ll_str_find(pair, '=', 0);
        if (pair.len)
            all->params[all->count++] =
                (struct sim_param){form_decode(all->arena, ll_str_sub(pair, 0, equals)),
                                   form_decode(all->arena, ll_str_sub(pair, equals + 1, pair.len))};
    }
}

static struct collected collected_new(struct ll_arena *arena, size_t max, bool lower)
{
    return (struct collected){arena, ll_arena_array(arena, max + 1, sizeof(struct sim_param)), 0,
                              max, lower};
}

void sim_request_fill(struct sim_exchange *exchange, const char *method, const char *url)
{
    struct ll_arena *arena = &exchange->arena;
    struct MHD_Connection *connection = exchange->connection;
    struct sim_request *request = &exchange->request;
    request->method = ll_arena_copy(arena, ll_str_of(method));
    request->path = ll_arena_copy(arena, ll_str_of(url));
    request->body = ll_buf_str(&exchange->body);

    int count = MHD_get_connection_values(connection, MHD_HEADER_KIND, NULL, NULL);
    struct collected headers = collected_new(arena, count > 0 ? (size_t)count : 0, true);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect, &headers);
    request->headers = headers.params;
    request->header_count = headers.count;

    bool form = ll_str_starts_with(sim_header_get(request, "content-type"),
                                   LL_STR("application/x-www-form-urlencoded")) &&
                ll_str_starts_with(request->path, LL_STR("/oauth2/"));
    size_t pairs = form ? 1 : 0;
    for (size_t i = 0; form && i < request->body.len; i++)
        pairs += request->body.ptr[i] == '&';
    count = MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
    struct collected params = collected_new(arena, pairs + (count > 0 ? (size_t)count : 0), false);
    if (form)
        collect_form(&params, request->body);
    MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, collect, &params);
    request->params = params.params;
    request->param_count = params.count;
}
