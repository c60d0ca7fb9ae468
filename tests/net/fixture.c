#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/log.h"

static struct ll_buf log_text;

static void keep_line(void *context LL_UNUSED, enum ll_log_level level LL_UNUSED,
                      struct ll_str line)
{
    ll_buf_add(&log_text, line);
    ll_buf_add_char(&log_text, '\n');
}

const char *net_log(void)
{
    return log_text.ptr != NULL ? log_text.ptr : "";
}

static enum ll_status pacer_wait(struct ll_http_pacer *base, int64_t until_ms,
                                 struct ll_error *err LL_UNUSED)
{
    struct net_pacer *pacer = (struct net_pacer *)base;
    if (base->sent > base->received)
        return LL_OK;
    struct ll_clock *clock = &pacer->clock->base;
    clock->sleep_ms(clock, until_ms - clock->monotonic_ms(clock));
    return LL_OK;
}

struct ll_http *net_world_client(struct net_world *world)
{
    struct ll_http_options options = {.clock = &world->clock.base,
                                      .pacer = &world->pacer.base,
                                      .user_agent = "livelake-test",
                                      .proxy = ""};
    struct ll_http *http;
    struct ll_error err;
    assert_status(LL_OK, ll_http_new(&options, &http, &err), &err);
    return http;
}

void net_world_open(struct net_world *world)
{
    *world = (struct net_world){0};
    ll_clock_manual_init(&world->clock, NET_START_MS);
    world->pacer = (struct net_pacer){.base.wait = pacer_wait, .clock = &world->clock};
    ll_rand_seed(&world->rand, 1);
    world->server = fake_server_new();
    world->http = net_world_client(world);
    ll_log_setup(LL_LOG_DEBUG, LL_LOG_TEXT, &world->clock.base);
    ll_log_set_sink(keep_line, NULL);
}

void net_world_close(struct net_world *world)
{
    ll_http_free(world->http);
    fake_server_free(world->server);
    ll_log_setup(LL_LOG_INFO, LL_LOG_TEXT, NULL);
    ll_log_set_sink(NULL, NULL);
    ll_buf_clear(&log_text);
}

void net_gzip(struct ll_buf *out, struct ll_str bytes)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    size_t room = deflateBound(&stream, bytes.len) + 64;
    char *packed = ll_xcalloc(room, 1);
    stream.next_in = (Bytef *)(uintptr_t)bytes.ptr;
    stream.avail_in = (uInt)bytes.len;
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    ll_buf_add(out, (struct ll_str){packed, stream.total_out});
    deflateEnd(&stream);
    free(packed);
}

void net_gzip_head(struct ll_buf *out, size_t len)
{
    ll_buf_printf(out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                  len);
}
