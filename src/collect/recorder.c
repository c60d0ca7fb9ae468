#include "collect/recorder.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "codec/zstd_file.h"
#include "source/envelope.h"

#define ZSTD_LEVEL 3

struct ll_recorder {
    struct ll_arena arena;
    const char *path, *api_path;
    struct ll_zstd_file *file;
    struct ll_buf line;
    int64_t lines;
    bool on_disk;                         /* the finished file is still there */
    const struct ll_forgotten *forgotten; /* NULL = nobody */
    enum ll_table table;
    struct ll_buf body, target; /* without the forgotten */
    int64_t cut;
};

/* Headers worth keeping; none of them can hold a secret. */
static const char *const kept_headers[] = {"date", "content-type", "ratelimit-limit",
                                           "ratelimit-remaining", "ratelimit-reset"};

enum ll_status ll_recorder_open(const char *tmp_dir, const char *resource, const char *api_path,
                                struct ll_recorder **ret, struct ll_error *err)
{
    struct ll_recorder *recorder = ll_xcalloc(1, sizeof(*recorder));
    recorder->api_path = api_path;
    recorder->path =
        ll_arena_printf(&recorder->arena, "%s/%s-%ld.zst", tmp_dir, resource, (long)getpid()).ptr;
    if (ll_zstd_file_open(recorder->path, ZSTD_LEVEL, &recorder->file, err) != LL_OK) {
        ll_recorder_free(recorder);
        return err->status;
    }
    *ret = recorder;
    return LL_OK;
}

void ll_recorder_forget(struct ll_recorder *recorder, const struct ll_forgotten *forgotten,
                        enum ll_table table)
{
    recorder->forgotten = ll_forgotten_any(forgotten) ? forgotten : NULL;
    recorder->table = table;
}

int64_t ll_recorder_forgotten(const struct ll_recorder *recorder)
{
    return recorder->cut;
}

static enum ll_status forget(struct ll_recorder *recorder, struct ll_envelope *envelope,
                             struct ll_error *err)
{
    const struct ll_redaction redaction = ll_forgotten_redaction(recorder->forgotten);
    struct ll_redacted redacted;
    ll_buf_reset(&recorder->body);
    ll_buf_reset(&recorder->target);
    if (ll_redact_body(&redaction, recorder->table, envelope->body, &recorder->body, &redacted,
                       err) != LL_OK)
        return err->status;
    if (redacted.rows > 0)
        envelope->body = ll_buf_str(&recorder->body);
    recorder->cut += redacted.rows;
    if (ll_redact_target(&redaction, recorder->table, envelope->target, &recorder->target))
        envelope->target = ll_buf_str(&recorder->target);
    return LL_OK;
}

enum ll_status ll_recorder_add(struct ll_recorder *recorder, const struct ll_api_answer *answer,
                               struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf target = {0};
    struct ll_envelope_header headers[LL_COUNT(kept_headers)];
    size_t header_count = 0;
    for (size_t i = 0; i < LL_COUNT(kept_headers); i++) {
        struct ll_str value = ll_http_response_header(answer->response, kept_headers[i]);
        if (value.len > 0)
            headers[header_count++] =
                (struct ll_envelope_header){ll_str_of(kept_headers[i]), value};
    }
    ll_buf_add(&target, ll_str_of(recorder->api_path));
    ll_buf_add(&target, answer->request.target);
    struct ll_envelope envelope = {
        .method = answer->request.method == LL_HTTP_POST ? LL_STR("POST") : LL_STR("GET"),
        .target = ll_buf_str(&target),
        .request_body = answer->request.body,
        .status = answer->response->status_code,
        .received_ms = answer->response->received_ms,
        .headers = headers,
        .header_count = header_count,
        .body = ll_buf_str(&answer->response->body),
    };
    if (recorder->forgotten != NULL && forget(recorder, &envelope, err) != LL_OK)
        return err->status;
    ll_buf_reset(&recorder->line);
    ll_envelope_add(&recorder->line, &envelope);
    if (ll_zstd_file_add(recorder->file, ll_buf_str(&recorder->line), err) != LL_OK)
        return err->status;
    recorder->lines++;
    return LL_OK;
}

int64_t ll_recorder_lines(const struct ll_recorder *recorder)
{
    return recorder->lines;
}

enum ll_status ll_recorder_put(struct ll_recorder *recorder, struct ll_store *store,
                               const char *key, struct ll_manifest_object *ret,
                               struct ll_error *err)
{
    struct ll_zstd_file_result result;
    if (ll_zstd_file_finish(recorder->file, &result, err) != LL_OK)
        return err->status;
    recorder->on_disk = true;
    /* REPLACE: a key without a manifest can only be what a killed attempt left. */
    enum ll_status status = ll_store_put_file(store, key, recorder->path, LL_PUT_REPLACE, err);
    recorder->on_disk = false;
    if (status != LL_OK)
        return ll_context(err, "write raw");
    *ret = (struct ll_manifest_object){
        .key = ll_str_of(key),
        .size_bytes = result.stored_bytes,
        .sha256 = ll_sha256_hex(result.stored_sha256),
        .rows = -1,
        .format = LL_STR("envelope"),
        .content_sha256 = ll_sha256_hex(result.content_sha256),
        .content_bytes = result.content_bytes,
    };
    return LL_OK;
}

void ll_recorder_free(struct ll_recorder *recorder)
{
    if (recorder == NULL)
        return;
    ll_zstd_file_free(recorder->file);
    if (recorder->on_disk)
        unlink(recorder->path);
    ll_buf_clear(&recorder->line);
    ll_buf_clear(&recorder->body);
    ll_buf_clear(&recorder->target);
    ll_arena_clear(&recorder->arena);
    free(recorder);
}
