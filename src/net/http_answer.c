/* What an answer is made of: header fields and body, collected within bounds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/net_internal.h"

#define FIELDS_MAX 100
#define FIELDS_MAX_BYTES (32 * 1024)
#define OFFSET_WARN_S 60

bool ll_http_fields_add(struct ll_http_fields *fields, struct ll_str line)
{
    if (ll_str_starts_with(line, LL_STR("HTTP/"))) {
        fields->count = 0;
        ll_arena_reset(&fields->text);
        return true;
    }
    line = ll_str_trim(line);
    if (line.len == 0)
        return true;
    if (fields->count == FIELDS_MAX || fields->text.used_bytes + line.len > FIELDS_MAX_BYTES)
        return false;
    if (fields->list == NULL)
        fields->list = ll_xcalloc(FIELDS_MAX, sizeof(*fields->list));
    size_t colon = ll_str_find(line, ':', 0);
    char *name = ll_arena_alloc(&fields->text, colon + 1);
    for (size_t i = 0; i < colon; i++) {
        char c = line.ptr[i];
        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    struct ll_str value = ll_str_trim(ll_str_sub(line, colon + 1, line.len));
    fields->list[fields->count++] = (struct ll_http_header){
        .name = {name, colon}, .value = ll_arena_copy(&fields->text, value)};
    return true;
}

void ll_http_fields_free(struct ll_http_fields *fields)
{
    if (fields == NULL)
        return;
    ll_arena_clear(&fields->text);
    free(fields->list);
    free(fields);
}

struct ll_str ll_http_response_header(const struct ll_http_response *response, const char *name)
{
    for (size_t i = response->fields->count; i > 0; i--)
        if (ll_str_equal(response->fields->list[i - 1].name, ll_str_of(name)))
            return response->fields->list[i - 1].value;
    return LL_STR("");
}

void ll_http_response_free(struct ll_http_response *response)
{
    if (response == NULL)
        return;
    /* It may have held a token. */
    if (response->body.ptr != NULL)
        explicit_bzero(response->body.ptr, response->body.len);
    ll_buf_clear(&response->body);
    ll_http_fields_free(response->fields);
    free(response);
}

static bool same_word(struct ll_str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static enum ll_status body_start(struct ll_http_body *body, const struct ll_http_response *response,
                                 struct ll_error *err)
{
    struct ll_str encoding = ll_http_response_header(response, "content-encoding");
    body->started = true;
    if (encoding.len == 0 || same_word(encoding, "identity"))
        return LL_OK;
    if (!same_word(encoding, "gzip") && !same_word(encoding, "x-gzip"))
        return ll_fail(err, LL_TRANSIENT, 0, "the body is encoded as \"%.*s\", not as gzip",
                       LL_FMT(ll_str_sub(encoding, 0, 40)));
    if (inflateInit2(&body->stream, 16 + MAX_WBITS) != Z_OK)
        return ll_fail(err, LL_LIMIT, 0, "no memory to decompress the body");
    body->gzip = true;
    return LL_OK;
}

enum ll_status ll_http_body_add(struct ll_http_body *body, const struct ll_http_response *response,
                                struct ll_str bytes, struct ll_error *err)
{
    if (!body->started && body_start(body, response, err) != LL_OK)
        return err->status;
    if (!body->gzip)
        return ll_buf_append(body->out, bytes, err);
    char chunk[16384];
    z_stream *stream = &body->stream;
    /* zlib declares its input without const; it does not write to it. */
    stream->next_in = (Bytef *)(uintptr_t)bytes.ptr;
    stream->avail_in = (uInt)bytes.len;
    for (;;) {
        stream->next_out = (Bytef *)chunk;
        stream->avail_out = sizeof(chunk);
        int result = inflate(stream, Z_NO_FLUSH);
        struct ll_str part = {chunk, sizeof(chunk) - stream->avail_out};
        if (ll_buf_append(body->out, part, err) != LL_OK)
            return err->status;
        if (result == Z_BUF_ERROR)
            return LL_OK; /* all that came is used */
        if (result != Z_OK && result != Z_STREAM_END)
            return ll_fail(err, LL_TRANSIENT, result, "the body's gzip stream is damaged");
        body->finished = result == Z_STREAM_END;
        if (body->finished && inflateReset(stream) != Z_OK) /* another member may follow */
            return ll_fail(err, LL_TRANSIENT, 0, "the body's gzip stream is damaged");
        if (body->finished && stream->avail_in == 0)
            return LL_OK;
    }
}

enum ll_status ll_http_body_end(const struct ll_http_body *body, struct ll_error *err)
{
    if (body->gzip && !body->finished)
        return ll_fail(err, LL_TRANSIENT, 0, "the body's gzip stream was cut short");
    return LL_OK;
}

void ll_http_body_clear(struct ll_http_body *body)
{
    if (body->gzip)
        inflateEnd(&body->stream);
    *body = (struct ll_http_body){0};
}

int64_t ll_http_response_date_s(const struct ll_http_response *response)
{
    struct ll_str date = ll_http_response_header(response, "date");
    char text[64];
    if (date.len == 0 || date.len >= sizeof(text))
        return -1;
    memcpy(text, date.ptr, date.len);
    text[date.len] = '\0';
    return (int64_t)curl_getdate(text, NULL);
}

void ll_net_check_clock(const struct ll_http_response *response, bool *warned)
{
    int64_t date_s = ll_http_response_date_s(response);
    if (*warned || date_s < 0)
        return;
    int64_t offset_s = response->received_ms / 1000 - date_s;
    if (offset_s <= OFFSET_WARN_S && offset_s >= -OFFSET_WARN_S)
        return;
    *warned = true;
    ll_log(LL_LOG_WARN, "clock.offset", ll_kv_i64("ahead_s", offset_s),
           ll_kv_cstr("hint", "this machine's clock and the server's differ: set the clock"));
}

void ll_net_add_excerpt(struct ll_buf *out, struct ll_str body)
{
    ll_buf_add_json_string(out, ll_str_sub(body, 0, LL_NET_EXCERPT_BYTES));
}
