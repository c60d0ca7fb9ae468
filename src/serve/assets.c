#include "serve/assets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec/sha256.h"

/* First parts of paths that are pages: the page's own router reads the rest. */
static const char *const pages[] = {
    "categories", "category",  "broadcasters", "broadcaster", "genres",  "genre",   "game-modes",
    "game-mode",  "languages", "language",     "session",     "compare", "pipeline"};

static bool is_page(struct ll_str path)
{
    struct ll_str first = ll_str_sub(path, 1, ll_str_find(path, '/', 1));
    if (path.len == 1)
        return true;
    for (size_t i = 0; i < LL_COUNT(pages); i++)
        if (ll_str_equal(first, ll_str_of(pages[i])))
            return true;
    return false;
}

static const struct ll_asset *find(const char *path)
{
    for (const struct ll_asset *asset = ll_assets; asset->path != NULL; asset++)
        if (strcmp(asset->path, path) == 0)
            return asset;
    return NULL;
}

static const char *type_of(const char *path)
{
    static const struct {
        const char *end, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".png", "image/png"},
                 {".json", "application/json"}};
    for (size_t i = 0; i < LL_COUNT(types); i++)
        if (ll_str_ends_with(ll_str_of(path), ll_str_of(types[i].end)))
            return types[i].type;
    return "application/octet-stream";
}

/* Whether gzip is among the encodings, and not refused by q=0. */
static bool takes_gzip(const struct ll_server_request *request)
{
    struct ll_str rest = ll_str_of(ll_server_header(request, "Accept-Encoding")), item;
    while (ll_str_split(&rest, ',', &item)) {
        item = ll_str_trim(item);
        if (ll_str_starts_with(item, LL_STR("gzip")))
            return !ll_str_ends_with(item, LL_STR("q=0"));
    }
    return false;
}

/* For the few who do not take gzip. */
static bool unzip(const struct ll_asset *asset, struct ll_buf *out)
{
    struct ll_error err;
    z_stream stream = {.avail_in = (uInt)asset->gzip_len};
    stream.next_in = (Bytef *)(uintptr_t)asset->gzip; /* zlib does not write there */
    if (ll_buf_reserve(out, asset->plain_len, &err) != LL_OK ||
        inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return false;
    stream.next_out = (Bytef *)out->ptr;
    stream.avail_out = (uInt)asset->plain_len;
    int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    out->len = asset->plain_len - stream.avail_out;
    return result == Z_STREAM_END && stream.avail_out == 0;
}

bool ll_assets_answer(const struct ll_server_request *request, struct ll_server_response *response)
{
    char tag[40];
    const struct ll_asset *asset = find(request->path);
    if (asset == NULL && is_page(ll_str_of(request->path)))
        asset = find("/index.html");
    if (asset == NULL)
        return false;
    struct ll_str bytes = {(const char *)asset->gzip, asset->gzip_len};
    bool gzip = takes_gzip(request);
    (void)snprintf(tag, sizeof(tag), gzip ? "\"%.32s\"" : "\"%.30s-p\"",
                   ll_sha256_hex(ll_sha256_of(bytes)).c); /* each encoding has its own */
    bool hashed = ll_str_starts_with(ll_str_of(asset->path), LL_STR("/assets/"));
    response->content_type = type_of(asset->path);
    ll_server_add_header(response, "Cache-Control",
                         hashed ? "public, max-age=31536000, immutable" : "no-cache");
    ll_server_add_header(response, "ETag", tag);
    ll_server_add_header(response, "Vary", "Accept-Encoding");
    if (ll_str_equal(ll_str_of(ll_server_header(request, "If-None-Match")), ll_str_of(tag))) {
        response->status = 304;
    } else if (gzip) {
        ll_server_add_header(response, "Content-Encoding", "gzip");
        ll_buf_add(&response->body, bytes);
    } else if (!unzip(asset, &response->body)) {
        response->status = 500;
    }
    return true;
}
