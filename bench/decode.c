/* How fast one file of stream rows is decoded, in JSON on one line:
 *
 *   bench_decode FILE.json [SECONDS]
 *
 *   livelake  bytes to typed, validated, de-duplicated, sorted rows (ll_decoder)
 *   jansson   a tree of the file, and each field of each row looked up in it
 *   memcpy    the file's bytes copied once: the bound that memory sets */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "source/decoder.h"

#define FILE_MAX ((size_t)1 << 30)

typedef int64_t work_fn(struct ll_str text); /* rows, or -1 */

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int64_t decode_livelake(struct ll_str text)
{
    const struct ll_decoder_options options = {.table = LL_TABLE_STREAM, .slot_s = 1778526000};
    const struct ll_raw_part part = {LL_STR("raw/bench"), LL_STR("origin-json"), text};
    struct ll_error err = {0};
    struct ll_decoded decoded = {0};
    struct ll_decoder *decoder = ll_decoder_new(&options);
    int64_t rows = -1;
    if (ll_decoder_add(decoder, &part, &err) == LL_OK &&
        ll_decoder_finish(decoder, &decoded, &err) == LL_OK) {
        rows = decoded.counts.rows_in;
        ll_decoded_clear(&decoded);
    }
    ll_decoder_free(decoder);
    return rows;
}

/* What was read, so that the compiler cannot leave it out. */
static size_t seen;

static int64_t decode_jansson(struct ll_str text)
{
    static const char *const texts[] = {
        "id",        "user_id", "user_login", "user_name",  "game_id",
        "game_name", "type",    "title",      "started_at", "language",
    };
    json_error_t error;
    json_t *root = json_loadb(text.ptr, text.len, 0, &error);
    json_t *row = NULL;
    size_t index = 0;
    if (root == NULL)
        return -1;
    json_array_foreach(json_object_get(root, "data"), index, row)
    {
        for (size_t i = 0; i < LL_COUNT(texts); i++)
            seen += json_string_length(json_object_get(row, texts[i]));
        seen += (size_t)json_integer_value(json_object_get(row, "viewer_count"));
        seen += json_array_size(json_object_get(row, "tags"));
        seen += json_is_true(json_object_get(row, "is_mature"));
    }
    json_decref(root);
    return (int64_t)index;
}

static char *copy_target;

static int64_t copy_bytes(struct ll_str text)
{
    memcpy(copy_target, text.ptr, text.len);
    seen += (unsigned char)copy_target[text.len / 2];
    return 0;
}

static bool measure(const char *name, work_fn *work, struct ll_str text, double least_s,
                    int64_t rows)
{
    int64_t got = work(text); /* once to warm up */
    if (got < 0)
        return false;
    int times = 0;
    double from = now_s(), spent = 0;
    do {
        got = work(text);
        times++;
        spent = now_s() - from;
    } while (spent < least_s);
    double one = spent / times;
    printf(",\"%s\":{\"rows_per_s\":%.0f,\"bytes_per_s\":%.0f}", name, (double)rows / one,
           (double)text.len / one);
    return true;
}

static bool read_file(const char *path, struct ll_buf *out)
{
    struct ll_error err = {0};
    static char piece[1 << 16];
    FILE *file = fopen(path, "rb");
    size_t got;
    bool ok = file != NULL;
    while (ok && (got = fread(piece, 1, sizeof piece, file)) > 0)
        ok = ll_buf_append(out, (struct ll_str){piece, got}, &err) == LL_OK;
    if (file != NULL)
        fclose(file);
    return ok && out->len > 0;
}

int main(int argc, char **argv)
{
    struct ll_buf text = {.max_bytes = FILE_MAX};
    double least_s = 1;
    ll_memory_keep(); /* as the program does */
    if (argc < 2 || argc > 3 || (argc == 3 && !ll_str_to_f64(ll_str_of(argv[2]), &least_s))) {
        fprintf(stderr, "Usage: bench_decode FILE.json [SECONDS]\n");
        return 2;
    }
    if (!read_file(argv[1], &text)) {
        fprintf(stderr, "bench_decode: %s cannot be read\n", argv[1]);
        return 1;
    }
    struct ll_str bytes = ll_buf_str(&text);
    int64_t rows = decode_livelake(bytes);
    copy_target = ll_xcalloc(bytes.len, 1);
    printf("{\"rows\":%lld,\"bytes\":%zu", (long long)rows, bytes.len);
    bool ok = rows > 0 && decode_jansson(bytes) == rows &&
              measure("livelake", decode_livelake, bytes, least_s, rows) &&
              measure("jansson", decode_jansson, bytes, least_s, rows) &&
              measure("memcpy", copy_bytes, bytes, least_s, rows);
    printf("}\n");
    free(copy_target);
    ll_buf_clear(&text);
    if (!ok)
        fprintf(stderr, "bench_decode: %s: the two decoders disagree\n", argv[1]);
    return ok && seen > 0 ? 0 : 1;
}
