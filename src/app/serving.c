#include "app/serving.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/lake_json.h"
#include "app/sandbox.h"
#include "base/log.h"
#include "http/listen_owner.h"
#include "http/server.h"
#include "pipeline/status.h"
#include "serve/serve.h"

#define FREE_PORTS_TRIED 100
#define FIRST_PASSED_FD 3 /* sd_listen_fds(3) */
#define DESCRIPTORS 4096  /* four for each connection that there may be */
#define ROOM_FACTOR 2     /* so much of run.min_free is left by long answers */

struct share {
    struct ll_wire wire;
    struct ll_warehouse *sandbox; /* during a user's SQL */
    struct share *next;           /* of those that are free */
};

struct ll_serving {
    struct ll_serving_options options;
    struct ll_serve *serve;
    struct ll_store *store; /* its own: the owner's can fail, and is then opened anew */
    pthread_mutex_t mutex;
    struct share *shares;
    char address[INET6_ADDRSTRLEN]; /* that it listens on */
    char url[160];
    char *hosts;
};

/* --- what serve.h asks of a lake */

static struct share *take_share(struct ll_serving *s)
{
    pthread_mutex_lock(&s->mutex);
    struct share *share = s->shares;
    if (share != NULL)
        s->shares = share->next;
    pthread_mutex_unlock(&s->mutex);
    if (share != NULL)
        return share;
    share = ll_xcalloc(1, sizeof(*share));
    struct ll_wire_options options = s->options.app->wire.options;
    options.owner = s->options.owner;
    options.patience = (struct ll_patience){.stop = s->options.app->stop};
    options.clock = s->options.clock;
    ll_wire_init(&share->wire, &options);
    return share;
}

static void give_share(struct ll_serving *s, struct share *share)
{
    pthread_mutex_lock(&s->mutex);
    share->next = s->shares;
    s->shares = share;
    pthread_mutex_unlock(&s->mutex);
}

static enum ll_status lease(void *context, enum ll_serve_use use, struct ll_serve_lease *ret,
                            struct ll_error *err)
{
    struct ll_serving *s = context;
    struct share *share = take_share(s);
    if (ll_wire_warehouse(&share->wire, &ret->warehouse, err) != LL_OK) {
        give_share(s, share);
        return err->status;
    }
    if (use == LL_SERVE_SQL)
        ret->warehouse = share->sandbox = ll_sandbox_new(&share->wire);
    ret->share = share;
    return LL_OK;
}

static void release(void *context, struct ll_serve_lease *lease)
{
    struct share *share = lease->share;
    ll_warehouse_free(share->sandbox);
    share->sandbox = NULL;
    ll_wire_leave_warehouse(&share->wire);
    give_share(context, share);
}

static enum ll_status scratch(void *context LL_UNUSED, struct ll_serve_lease *lease,
                              struct ll_duck **ret, struct ll_error *err)
{
    struct share *share = lease->share;
    return ll_wire_scratch(&share->wire, ret, err);
}

/* Whoever has changed the layers gives its turn back. */
static uint64_t version(void *context)
{
    struct ll_serving *s = context;
    return atomic_load(&s->options.owner->work.given);
}

static void collecting(void *context, struct ll_buf *out)
{
    struct ll_serving *s = context;
    const struct ll_owner *owner = s->options.owner;
    ll_buf_printf(out, ",\"lake\":");
    ll_buf_add_json_string(out, ll_str_of(s->options.app->wire.options.lake_dir));
    ll_buf_add(out, LL_STR(",\"collector\":"));
    if (owner->describe != NULL)
        owner->describe(owner->describe_context, true, out);
    else
        ll_buf_add(out, LL_STR("null"));
}

static enum ll_status layers(void *context, struct ll_serve_lease *lease, struct ll_buf *out,
                             struct ll_error *err)
{
    struct ll_serving *s = context;
    struct share *share = lease->share;
    struct ll_lake_status status;
    struct ll_pipeline pipeline = {.warehouse = lease->warehouse, .clock = s->options.clock};
    if (ll_wire_lake(&share->wire, &pipeline.lake, err) != LL_OK ||
        ll_status_lake(&pipeline, &status, err) != LL_OK)
        return err->status;
    ll_buf_add(out, LL_STR("\"status\":{"));
    ll_lake_json(&share->wire, &status, out);
    ll_buf_add_char(out, '}');
    return LL_OK;
}

/* --- the socket */

/* Of systemd's, when it passed one to this process. */
static bool is_passed(const struct ll_app *app)
{
    const char *pid = app->env("LISTEN_PID"), *count = app->env("LISTEN_FDS");
    int64_t number = 0;
    return pid != NULL && count != NULL && ll_str_to_i64(ll_str_of(pid), &number) &&
           number == (int64_t)getpid() && ll_str_to_i64(ll_str_of(count), &number) && number == 1;
}

static void set_url(struct ll_serving *s, unsigned port)
{
    bool v6 = strchr(s->address, ':') != NULL;
    (void)snprintf(s->url, sizeof(s->url), v6 ? "http://[%s]:%u/" : "http://%s:%u/", s->address,
                   port);
}

/* What it is bound to decides who may ask, not the configuration. */
static enum ll_status take_passed(struct ll_serving *s, int *ret_fd, struct ll_error *err)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&bound;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&bound;
    if (getsockname(FIRST_PASSED_FD, (struct sockaddr *)&bound, &len) != 0)
        return ll_fail_errno(err, errno, "look at the socket that was passed");
    if (bound.ss_family != AF_INET && bound.ss_family != AF_INET6)
        return ll_fail(err, LL_INVALID, 0, "the socket that was passed is not one of TCP");
    bool is_v4 = bound.ss_family == AF_INET;
    const void *raw = is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr;
    if (inet_ntop(bound.ss_family, raw, s->address, sizeof(s->address)) == NULL)
        return ll_fail_errno(err, errno, "name the address of the socket that was passed");
    set_url(s, ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
    *ret_fd = FIRST_PASSED_FD;
    return LL_OK;
}

static void name_owner(uint16_t port, struct ll_error *err)
{
    struct ll_listen_owner owner;
    struct ll_error first = *err;
    if (ll_listen_owner_find(port, &owner))
        ll_fail(err, LL_CONFLICT, (int)owner.pid,
                "port %u is taken by %s, pid %ld: stop it, or take another port with --port",
                (unsigned)port, owner.name, (long)owner.pid);
    else
        ll_fail(err, LL_CONFLICT, first.code, "%s: take another port with --port", first.message);
}

static enum ll_status listen_on(struct ll_serving *s, int *ret_fd, struct ll_error *err)
{
    const struct ll_config *config = &s->options.app->config;
    const char *address = ll_config_text(config, LL_CONFIG_SERVE_ADDRESS);
    uint16_t wanted = (uint16_t)ll_config_number(config, LL_CONFIG_SERVE_PORT), port = 0;
    enum ll_status status = ll_server_listen_tcp(address, wanted, ret_fd, &port, err);
    for (int i = 1; status == LL_CONFLICT && s->options.next_free && i < FREE_PORTS_TRIED; i++)
        status = ll_server_listen_tcp(address, (uint16_t)(wanted + i), ret_fd, &port, err);
    if (status == LL_CONFLICT) {
        name_owner(wanted, err);
        return err->status;
    }
    if (status != LL_OK)
        return status;
    (void)snprintf(s->address, sizeof(s->address), "%s", address);
    set_url(s, port);
    return LL_OK;
}

static bool is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* The names that a Host header may have, besides this machine's own. */
static char *own_hosts(const struct ll_serving *s)
{
    struct ll_buf hosts = {0};
    ll_buf_printf(&hosts, strchr(s->address, ':') != NULL ? "[%s],%s" : "%s,%s", s->address,
                  ll_config_text(&s->options.app->config, LL_CONFIG_SERVE_HOSTS));
    return hosts.ptr;
}

/* --- together */

static int questions_at_a_time(const struct ll_config *config)
{
    int64_t wanted = ll_config_number(config, LL_CONFIG_SERVE_QUESTIONS);
    if (wanted == 0)
        wanted = sysconf(_SC_NPROCESSORS_ONLN);
    return (int)(wanted < 1                        ? 1
                 : wanted > LL_SERVE_QUESTIONS_MAX ? LL_SERVE_QUESTIONS_MAX
                                                   : wanted);
}

/* A connection takes one, and collecting must not run out of them. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        ll_log(LL_LOG_WARN, "serve.descriptors", ll_kv_i64("limit", (int64_t)limit.rlim_cur));
}

static enum ll_status start(struct ll_serving *s, struct ll_error *err)
{
    const struct ll_app *app = s->options.app;
    const struct ll_config *config = &app->config;
    bool always = strcmp(ll_config_text(config, LL_CONFIG_SERVE_KEYS), "always") == 0;
    struct ll_serve_options options = {
        .lake = {.context = s,
                 .tmp_dir = app->wire.work_dir,
                 .min_free_bytes = ROOM_FACTOR * ll_config_number(config, LL_CONFIG_RUN_MIN_FREE),
                 .lease = lease,
                 .release = release,
                 .scratch = scratch,
                 .version = version,
                 .collecting = collecting,
                 .layers = layers},
        .clock = s->options.clock,
        .questions = questions_at_a_time(config),
        .timeout_ms = ll_config_number(config, LL_CONFIG_QUERY_TIMEOUT) * 1000,
        .max_rows = ll_config_number(config, LL_CONFIG_QUERY_MAX_ROWS),
    };
    if (ll_wire_folder(app->wire.options.lake_dir, &s->store, err) != LL_OK)
        return err->status;
    raise_descriptors();
    options.lake.store = s->store;
    enum ll_status status = is_passed(app) ? take_passed(s, &options.listen_fd, err)
                                           : listen_on(s, &options.listen_fd, err);
    if (status != LL_OK)
        return status;
    options.hosts = s->hosts = own_hosts(s);
    options.require_key = always || !is_loopback(s->address);
    return ll_serve_start(&options, &s->serve, err);
}

enum ll_status ll_serving_start(const struct ll_serving_options *options, struct ll_serving **ret,
                                struct ll_error *err)
{
    struct ll_serving *s = ll_xcalloc(1, sizeof(*s));
    s->options = *options;
    pthread_mutex_init(&s->mutex, NULL);
    if (start(s, err) != LL_OK) {
        ll_serving_stop(s);
        return ll_context(err, "serve");
    }
    ll_log(LL_LOG_INFO, "serve.started", ll_kv_cstr("url", s->url));
    *ret = s;
    return LL_OK;
}

void ll_serving_stop(struct ll_serving *s)
{
    if (s == NULL)
        return;
    ll_serve_stop(s->serve);
    ll_store_free(s->store);
    while (s->shares != NULL) {
        struct share *share = s->shares;
        s->shares = share->next;
        ll_wire_close(&share->wire);
        free(share);
    }
    pthread_mutex_destroy(&s->mutex);
    free(s->hosts);
    free(s);
}

const char *ll_serving_url(const struct ll_serving *s)
{
    return s->url;
}
