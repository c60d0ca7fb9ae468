#include "sim/server_internal.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

#include "base/time.h"

#define BOMB_BYTES (64u << 20)
#define HUGE_BYTES (32u << 20)
#define PIECE_BYTES 65536
#define MISSING_BYTES 1000 /* that Content-Length promises in vain */
#define GZIP_WINDOW 31     /* zlib: largest window, gzip's frame */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {{400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {410, "Gone"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"}};
    for (size_t i = 0; i < LL_COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Error";
}

void sim_helix_error(struct sim_answer *answer, int status, const char *message)
{
    ll_buf_reset(&answer->body);
    answer->status = status;
    answer->content_type = NULL;
    ll_buf_printf(&answer->body, "{\"error\":\"%s\",\"status\":%d,\"message\":", reason_of(status),
                  status);
    ll_buf_add_json_string(&answer->body, ll_str_of(message));
    ll_buf_add_char(&answer->body, '}');
}

/* Deflates `data`, or `repeat` times that, in a body of its own. */
static void gzip_add(struct ll_buf *out, struct ll_str data, size_t repeat)
{
    z_stream z = {0};
    struct ll_error err;
    Bytef piece[PIECE_BYTES];
    int status = deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
    assert(status == Z_OK);
    for (size_t i = 0; i < repeat; i++) {
        /* zlib's type lacks the const, though it only reads. */
        z.next_in = (Bytef *)(uintptr_t)data.ptr;
        z.avail_in = (uInt)data.len;
        do {
            z.next_out = piece;
            z.avail_out = sizeof(piece);
            status = deflate(&z, i + 1 == repeat ? Z_FINISH : Z_NO_FLUSH);
            assert(status != Z_STREAM_ERROR);
            size_t made = sizeof(piece) - z.avail_out;
            if (ll_buf_append(out, (struct ll_str){(const char *)piece, made}, &err) != LL_OK)
                assert(!"the buffer has no maximum");
        } while (z.avail_out == 0);
    }
    deflateEnd(&z);
}

static bool accepts_gzip(const struct sim_request *request)
{
    struct ll_str rest = sim_header_get(request, "accept-encoding"), part, name;
    while (ll_str_split(&rest, ',', &part)) {
        double weight = 1;
        struct ll_str quality = ll_str_trim(part);
        if (!ll_str_split(&quality, ';', &name) || !ll_str_equal(ll_str_trim(name), LL_STR("gzip")))
            continue;
        quality = ll_str_trim(quality);
        if (ll_str_starts_with(quality, LL_STR("q=")) &&
            !ll_str_to_f64(ll_str_sub(quality, 2, quality.len), &weight))
            weight = 0;
        return weight > 0;
    }
    return false;
}

/* A body that ends too early, or never seems to. */
struct stream {
    struct ll_buf body; /* empty: 'a' for ever */
    size_t stop_bytes;
};

static ssize_t stream_read(void *context, uint64_t at, char *out, size_t max)
{
    const struct stream *stream = context;
    if (at >= stream->stop_bytes)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = stream->stop_bytes - (size_t)at;
    size_t len = left < max ? left : max;
    if (stream->body.len)
        memcpy(out, stream->body.ptr + at, len);
    else
        memset(out, 'a', len);
    return (ssize_t)len;
}

static void stream_free(void *context)
{
    struct stream *stream = context;
    ll_buf_clear(&stream->body);
    free(stream);
}

static struct MHD_Response *stream_new(struct ll_buf *body, size_t stop_bytes, size_t said_bytes)
{
    struct stream *stream = ll_xcalloc(1, sizeof(*stream));
    stream->body = *body;
    stream->stop_bytes = stop_bytes;
    *body = (struct ll_buf){0};
    return MHD_create_response_from_callback(said_bytes, PIECE_BYTES, stream_read, stream,
                                             stream_free);
}

static void http_date(char out[static 40], int64_t at_ms)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t at_s = at_ms / 1000;
    struct ll_civil t = ll_civil_of(at_s);
    int day = (ll_day_of(at_s) % 7 + 11) % 7; /* 1970-01-01 was a Thursday */
    snprintf(out, 40, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + (size_t)(3 * day), t.day,
             months + (size_t)(3 * (t.month - 1)), t.year, t.hour, t.minute, t.second);
}

static void header(struct MHD_Response *response, const char *name, const char *value)
{
    enum MHD_Result result = MHD_add_response_header(response, name, value);
    assert(result == MHD_YES);
    (void)result;
}

static void rate_headers(struct MHD_Response *response, const struct sim_reply *reply)
{
    static const char *const garbage[][3] = {{"-1", "-800", "0"},
                                             {"many", "some", "soon"},
                                             {"", "", ""},
                                             {"99999999999999999999", "1e309", "2026-11-23"}};
    const int64_t values[] = {reply->rate.limit, reply->rate.remaining, reply->rate.reset_s};
    static const char *const names[] = {"Ratelimit-Limit", "Ratelimit-Remaining",
                                        "Ratelimit-Reset"};
    if (!reply->rated || reply->rate_form == 1)
        return;
    for (size_t i = 0; i < LL_COUNT(names); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%lld", (long long)values[i]);
        size_t form = reply->rate_form ? (size_t)(reply->rate_form - 2) % LL_COUNT(garbage) : 0;
        /* An empty value is not allowed here; a blank one is sent as such. */
        const char *bad = *garbage[form][i] ? garbage[form][i] : "-";
        header(response, names[i], reply->rate_form ? bad : text);
    }
}

static struct MHD_Response *body_of(struct sim *sim, struct sim_reply *reply, bool gzip)
{
    struct ll_buf body = reply->answer.body;
    reply->answer.body = (struct ll_buf){0};
    if (reply->damage == SIM_BOMB) {
        static const char blank[PIECE_BYTES];
        if (!sim->bomb.len)
            gzip_add(&sim->bomb, (struct ll_str){blank, sizeof(blank)}, BOMB_BYTES / PIECE_BYTES);
        ll_buf_clear(&body);
        return MHD_create_response_from_buffer(sim->bomb.len, sim->bomb.ptr,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (reply->damage == SIM_HUGE) {
        ll_buf_clear(&body);
        return stream_new(&body, HUGE_BYTES, HUGE_BYTES);
    }
    if (gzip && body.len) {
        struct ll_buf packed = {0};
        gzip_add(&packed, ll_buf_str(&body), 1);
        ll_buf_clear(&body);
        body = packed;
    }
    size_t len = body.len;
    if (len && reply->damage == SIM_LONG_LENGTH)
        return stream_new(&body, len, len + MISSING_BYTES);
    if (len && reply->damage == SIM_RESET_MIDDLE)
        return stream_new(&body, len / 2, len);
    if (reply->damage == SIM_CUT_BODY || reply->damage == SIM_CUT_GZIP)
        len /= 2;
    if (!body.ptr)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer_with_free_callback(len, body.ptr, free);
}

void sim_reply_send(struct sim_exchange *exchange, struct sim_reply *reply)
{
    struct sim *sim = exchange->sim;
    exchange->status = (unsigned)reply->answer.status;
    if (reply->damage == SIM_RESET || reply->damage == SIM_SILENCE) {
        ll_buf_clear(&reply->answer.body);
        exchange->reset = reply->damage == SIM_RESET;
        exchange->status = 0;
        return;
    }
    exchange->reset = reply->damage == SIM_RESET_MIDDLE;
    bool gzip = reply->api && sim->options.gzip && accepts_gzip(&exchange->request) &&
                reply->damage != SIM_HUGE && reply->damage != SIM_CUT_BODY;
    gzip = gzip && (reply->answer.body.len || reply->damage == SIM_BOMB);
    struct MHD_Response *response = body_of(sim, reply, gzip);
    assert(response);
    char date[40];
    http_date(date, reply->date_ms);
    header(response, "Date", date);
    header(response, "Content-Type",
           reply->answer.content_type ? reply->answer.content_type
                                      : "application/json; charset=utf-8");
    if (gzip || reply->damage == SIM_BOMB)
        header(response, "Content-Encoding", "gzip");
    if (reply->api) {
        header(response, "Vary", "Accept-Encoding");
        header(response, "Cache-Control", "no-cache, no-store, must-revalidate, private");
    }
    rate_headers(response, reply);
    exchange->response = response;
}
