/* What the files of this module share. */
#ifndef LL_NET_NET_INTERNAL_H
#define LL_NET_NET_INTERNAL_H

#include <curl/curl.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "net/http.h"
#include "net/token.h"

#define LL_NET_EXCERPT_BYTES 200 /* of a body, in logs and messages */
#define LL_NET_MAX_WAIT_MS 60000 /* whatever a server asks for */

/* Header fields of an answer, names in lower case. */
struct ll_http_fields {
    struct ll_http_header *list; /* views of text */
    size_t count;
    struct ll_arena text;
};
/* Takes a line as curl gives it; a status line drops what came before (100, CONNECT). False when
 * there are too many or too long ones. */
bool ll_http_fields_add(struct ll_http_fields *fields, struct ll_str line);
void ll_http_fields_free(struct ll_http_fields *fields);

/* The body of an answer, decompressed as it comes: libcurl's own decoder takes a gzip stream that
 * was cut for a whole one. */
struct ll_http_body {
    struct ll_buf *out;
    bool started, gzip, finished; /* finished: the gzip stream came to its end */
    z_stream stream;
};
enum ll_status ll_http_body_add(struct ll_http_body *body, const struct ll_http_response *response,
                                struct ll_str bytes, struct ll_error *err) LL_MUST_CHECK;
/* At the end of the answer: whether the body is whole. */
enum ll_status ll_http_body_end(const struct ll_http_body *body,
                                struct ll_error *err) LL_MUST_CHECK;
void ll_http_body_clear(struct ll_http_body *body);

/* What is known about a request that failed. */
struct ll_http_failure {
    CURLcode code;
    long proxy_status;    /* of CONNECT; 0 if none */
    struct ll_str host;   /* "name:port" of the URL */
    struct ll_str detail; /* curl's own words */
    const char *proxy;    /* of the options */
    const char *ca_file;  /* of the options */
    bool answered;        /* this host has answered before */
};
void ll_http_explain(const struct ll_http_failure *failure, struct ll_error *err);

struct ll_str ll_url_authority(struct ll_str url); /* "name:port"; "" when there is none */

/* LL_OK, or why the pacer could not wait: nothing will come any more. */
enum ll_status ll_http_failed(const struct ll_http *http, struct ll_error *err) LL_MUST_CHECK;
bool ll_http_is_paced(const struct ll_http *http);
void ll_http_drop(struct ll_http *http); /* all that is pending */

/* Warns once ("clock.offset") when the server's Date and the local clock are far apart. */
void ll_net_check_clock(const struct ll_http_response *response, bool *warned);
/* Overwrites bytes that held a secret, and that nobody reads any more. */
static inline void ll_net_wipe(struct ll_str bytes)
{
    if (bytes.len > 0)
        explicit_bzero((char *)(uintptr_t)bytes.ptr, bytes.len);
}
/* The first bytes of a body, quoted and escaped. */
void ll_net_add_excerpt(struct ll_buf *out, struct ll_str body);

/* Counts the tokens that were given out: equal numbers, equal tokens. */
int64_t ll_token_generation(const struct ll_token *token);
/* Whether a wrong clock was told of: once for all clients that share the token. */
bool *ll_token_clock_warned(struct ll_token *token);
/* Whether ll_token_get returns at once. */
bool ll_token_is_ready(const struct ll_token *token);

/* token_file.c: the token as a file, and the lock of those who share it. */
struct ll_token_record {
    struct ll_secret token;
    int64_t expires_at_s;
};
/* False when there is no file that can be used: absent, damaged, of another client, readable by
 * others. The token may have expired. */
bool ll_token_file_read(const char *path, struct ll_str client_id, struct ll_token_record *ret);
/* Replaces the file; a failure is logged, since the token can be used all the same. */
void ll_token_file_write(const char *path, struct ll_str client_id,
                         const struct ll_token_record *record);
/* The lock's descriptor; -1 with LL_CONFLICT while somebody else has it. */
int ll_token_lock(const char *path, struct ll_error *err) LL_MUST_CHECK;
/* The lock file holds the time of the last request; 0 when there was none. */
int64_t ll_token_lock_last_ms(int fd);
void ll_token_lock_set_last_ms(int fd, int64_t now_ms);

#endif
