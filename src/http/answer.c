#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/server_internal.h"

#define STREAM_BLOCK_BYTES 65536

void ll_server_stop_timeout(struct ll_server_exchange *exchange)
{
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
}

/* Its time begins anew. */
void ll_server_start_timeout(struct ll_server_exchange *exchange)
{
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT,
                              (unsigned)exchange->server->options.idle_timeout_s);
}

void ll_server_add_header(struct ll_server_response *response, const char *name, const char *value)
{
    ll_buf_add(&response->headers, (struct ll_str){name, strlen(name) + 1});
    ll_buf_add(&response->headers, (struct ll_str){value, strlen(value) + 1});
}

/* What libmicrohttpd calls while it sends a stream. */
struct stream {
    struct ll_server_exchange *exchange;
    struct ll_server_response response;
};

static ssize_t read_stream(void *context, uint64_t position LL_UNUSED, char *bytes, size_t max)
{
    struct stream *stream = context;
    ll_server_stop_timeout(stream->exchange);
    int64_t n = stream->response.read(stream->response.context, bytes, max);
    ll_server_start_timeout(stream->exchange);
    assert(n <= (int64_t)max);
    if (n < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_stream(void *context)
{
    struct stream *stream = context;
    if (stream->response.free != NULL)
        stream->response.free(stream->response.context);
    ll_server_exchange_release(stream->exchange);
    free(stream);
}

/* Takes over the body or stream of `from`, also when it fails. */
static struct MHD_Response *make(struct ll_server_exchange *exchange,
                                 struct ll_server_response *from)
{
    struct MHD_Response *made;
    if (from->read != NULL) {
        struct stream *stream = ll_xcalloc(1, sizeof(*stream));
        *stream = (struct stream){exchange, *from};
        exchange->holders++;
        ll_buf_clear(&from->body);
        made = MHD_create_response_from_callback(
            from->size > 0 ? (uint64_t)from->size : MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES,
            read_stream, stream, free_stream);
        if (made == NULL)
            free_stream(stream);
    } else if (from->body.len > 0) {
        made = MHD_create_response_from_buffer_with_free_callback(from->body.len, from->body.ptr,
                                                                  free);
        if (made == NULL)
            ll_buf_clear(&from->body);
    } else {
        ll_buf_clear(&from->body);
        made = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    return made;
}

static bool add_headers(struct MHD_Response *response, const struct ll_server_response *from)
{
    if (from->content_type != NULL &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, from->content_type) !=
            MHD_YES)
        return false;
    const char *next = from->headers.ptr, *end = next + from->headers.len;
    while (next < end) {
        const char *name = next, *value = name + strlen(name) + 1;
        if (MHD_add_response_header(response, name, value) != MHD_YES)
            return false;
        next = value + strlen(value) + 1;
    }
    return true;
}

enum MHD_Result ll_server_answer(struct ll_server_exchange *exchange,
                                 struct ll_server_response *from)
{
    assert(from->status >= 200 && from->status <= 599);
    enum MHD_Result result = MHD_NO;
    struct MHD_Response *response = make(exchange, from);
    unsigned status = (unsigned)from->status;
    if (response != NULL && !add_headers(response, from)) {
        MHD_destroy_response(response);
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (response != NULL) {
        result = MHD_queue_response(exchange->connection, status, response);
        MHD_destroy_response(response);
    }
    ll_buf_clear(&from->headers);
    return result;
}
