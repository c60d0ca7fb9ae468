#include "serve/rows_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/serve.h"

static const struct {
    const char *name, *type;
} types[] = {{"json", "application/json"},
             {"csv", "text/csv; charset=utf-8"},
             {"ndjson", "application/x-ndjson"},
             {"parquet", "application/vnd.apache.parquet"}};

/* The format of a media range, NULL when we have none; JSON for those that leave it to us. */
static const char *format_of(struct ll_str range)
{
    for (size_t i = 0; i < LL_COUNT(types); i++) {
        struct ll_str type = ll_str_of(types[i].type);
        if (ll_str_equal(range, ll_str_sub(type, 0, ll_str_find(type, ';', 0))))
            return types[i].name;
    }
    bool any = ll_str_equal(range, LL_STR("*/*")) || ll_str_equal(range, LL_STR("application/*"));
    return any ? "json" : NULL;
}

/* How much an item of Accept is wanted, by its q. */
static double weight_of(struct ll_str item)
{
    struct ll_str part;
    double weight = 1;
    (void)ll_str_split(&item, ';', &part);
    while (ll_str_split(&item, ';', &part)) {
        part = ll_str_trim(part);
        if (ll_str_starts_with(part, LL_STR("q=")) &&
            !ll_str_to_f64(ll_str_sub(part, 2, part.len), &weight))
            return 0;
    }
    return weight;
}

/* What Accept wants most of what we have; JSON where it says nothing of ours. */
static const char *accepted(const char *accept)
{
    struct ll_str rest = ll_str_of(accept), item;
    const char *best = "json";
    double most = 0;
    while (ll_str_split(&rest, ',', &item)) {
        const char *format = format_of(ll_str_trim(ll_str_sub(item, 0, ll_str_find(item, ';', 0))));
        double weight = format != NULL ? weight_of(item) : 0;
        if (weight > most) {
            best = format;
            most = weight;
        }
    }
    return best;
}

static const char *format_name(const struct ll_web_call *call)
{
    const char *asked = ll_server_query(call->request, "format");
    if (asked != NULL)
        return asked;
    if (call->target.extension[0] != '\0')
        return call->target.extension;
    return accepted(ll_server_header(call->request, "Accept"));
}

enum ll_status ll_rows_out_begin(struct ll_rows_out *out, struct ll_web_call *call,
                                 struct ll_serve_lease *lease, struct ll_error *err)
{
    const struct ll_serve_lake *lake = &call->api->options->lake;
    const char *name = format_name(call);
    *out = (struct ll_rows_out){
        .call = call,
        .lease = lease,
        .parquet = strcmp(name, "parquet") == 0,
        .spool = {.tmp_dir = lake->tmp_dir, .min_free_bytes = lake->min_free_bytes, .fd = -1}};
    for (size_t i = 0; i < LL_COUNT(types); i++)
        if (strcmp(name, types[i].name) == 0)
            call->response->content_type = types[i].type;
    if (!out->parquet &&
        (!ll_format_parse(ll_str_of(name), &out->format) || out->format == LL_FORMAT_TABLE))
        return ll_fail(err, LL_INVALID, 0,
                       "format '%.100s' is not one of json, csv, ndjson, parquet", name);
    if (!out->parquet)
        return LL_OK;
    out->pieces = (struct ll_pieces){.folder = lake->tmp_dir, .piece_rows = LL_PIECE_ROWS};
    return lake->scratch(lake->context, lease, &out->pieces.scratch, err);
}

static enum ll_status add_text(struct ll_rows_out *out, const struct ll_batch *batch,
                               struct ll_error *err)
{
    if (!out->started) {
        out->render = (struct ll_render){.format = out->format};
        ll_render_begin(&out->render, batch, &out->spool.text);
        if (out->format == LL_FORMAT_JSON) /* its brace is that of the meta, known at the end */
            out->spool.text.ptr[0] = ' ';
    }
    out->started = true;
    if (batch->row_count > 0)
        ll_render_rows(&out->render, batch, &out->spool.text);
    return ll_spool_flow(&out->spool, err);
}

enum ll_status ll_rows_out_add(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct ll_rows_out *out = context;
    struct ll_batch part = *batch; /* a view of its first rows */
    bool more = out->max_rows > 0 && (int64_t)batch->row_count > out->max_rows - out->count;
    if (more)
        part.row_count = (size_t)(out->max_rows - out->count);
    out->count += (int64_t)part.row_count;
    if (out->parquet && ll_spool_room(&out->spool, err) != LL_OK)
        return err->status;
    enum ll_status status =
        out->parquet ? ll_pieces_add(&out->pieces, &part, err) : add_text(out, &part, err);
    if (status != LL_OK || !more)
        return status;
    out->truncated = true;
    return ll_fail(err, LL_LIMIT, 0, "there are more rows than %lld", (long long)out->max_rows);
}

static enum ll_status finish_parquet(struct ll_rows_out *out, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    struct stat info;
    ll_buf_printf(&path, "%s/answer-%p.parquet", out->spool.tmp_dir, (void *)out->call);
    enum ll_status status = ll_pieces_finish(&out->pieces, path.ptr, err);
    int fd = status == LL_OK ? open(path.ptr, O_RDWR | O_CLOEXEC) : -1;
    if (status == LL_OK && (fd < 0 || fstat(fd, &info) != 0))
        status = ll_fail_errno(err, errno, "open %s", path.ptr);
    (void)unlink(path.ptr);
    if (status == LL_OK)
        ll_spool_file(&out->spool, fd, (int64_t)info.st_size);
    else if (fd >= 0)
        close(fd);
    return status;
}

/* What is no JSON has its meta in a header, and is offered as a file. */
static void add_file_headers(struct ll_rows_out *out, struct ll_str meta)
{
    char name[128];
    struct ll_buf text = {0};
    ll_buf_add(&text, meta);
    ll_server_add_header(out->call->response, "Livelake-Meta", text.ptr);
    ll_buf_clear(&text);
    (void)snprintf(name, sizeof(name), "attachment; filename=\"livelake-%s.%s\"",
                   out->call->target.route->what, format_name(out->call));
    ll_server_add_header(out->call->response, "Content-Disposition", name);
}

enum ll_status ll_rows_out_finish(struct ll_rows_out *out, struct ll_str meta, struct ll_error *err)
{
    bool json = !out->parquet && out->format == LL_FORMAT_JSON;
    enum ll_status status = LL_OK;
    if (out->parquet)
        status = finish_parquet(out, err);
    else if (out->started)
        ll_render_end(&out->render, &out->spool.text);
    out->started = false;
    if (status != LL_OK)
        return status;
    if (json)
        ll_buf_printf(&out->spool.head, "{\"meta\":%.*s,", LL_FMT(meta));
    status = ll_spool_finish(&out->spool, out->call->response, err);
    if (status == LL_OK && !json)
        add_file_headers(out, meta);
    return status;
}

void ll_rows_out_clear(struct ll_rows_out *out)
{
    ll_render_clear(&out->render);
    ll_pieces_clear(&out->pieces);
    ll_spool_clear(&out->spool);
}
