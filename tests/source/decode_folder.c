/* decode_folder ROOT: decodes all below ROOT, in the original's layout, and prints for each sweep
 * "<local time> <streams> <viewers> <duplicates> <rows> <restarted> <quarantined>", for each file
 * of another table "<path> <rows out> <rows in> <quarantined>". For comparing with
 * tests/origin/independent.py. */
#include <stdio.h>
#include <string.h>

#include "source/decoder.h"
#include "source/origin/origin.h"

static void print_sweep(const struct ll_civil *label, const struct ll_decoded *d)
{
    int64_t viewers = 0;
    for (size_t i = 0; i < d->rows.row_count; i++)
        viewers += ll_batch_get_i64(&d->rows, LL_STREAM_VIEWER_COUNT, i);
    const struct ll_decode_counts *n = &d->counts;
    printf("%04d%02d%02dT%02d%02d00Z %lld %lld %lld %lld %lld %lld\n", label->year, label->month,
           label->day, label->hour, label->minute, (long long)n->rows_out, (long long)viewers,
           (long long)n->duplicates, (long long)n->rows_in, (long long)n->restarted,
           (long long)n->quarantined);
}

/* The files of one sweep, or one file of another table. */
static bool belongs(const struct ll_origin_file *first, const struct ll_origin_file *file)
{
    return first == file || (first->table == LL_TABLE_STREAM && file->table == LL_TABLE_STREAM &&
                             memcmp(&file->label, &first->label, sizeof(file->label)) == 0);
}

static enum ll_status decode_run(const char *root, const struct ll_origin_scan *scan, size_t first,
                                 size_t *ret_next, struct ll_error *err)
{
    const struct ll_origin_file *head = &scan->files[first];
    struct ll_decoder *decoder =
        ll_decoder_new(&(struct ll_decoder_options){.table = head->table, .kind = head->kind});
    enum ll_status status = LL_OK;
    size_t i = first;
    for (; status == LL_OK && i < scan->file_count; i++) {
        const struct ll_origin_file *file = &scan->files[i];
        if (!belongs(head, file))
            break;
        LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = (size_t)1 << 30};
        status = ll_origin_read(root, file, &text, err);
        struct ll_raw_part part = {file->path, file->format, ll_buf_str(&text)};
        if (status == LL_OK)
            status = ll_decoder_add(decoder, &part, err);
    }
    *ret_next = i;
    struct ll_decoded decoded = {0};
    if (status == LL_OK)
        status = ll_decoder_finish(decoder, &decoded, err);
    if (status == LL_OK && head->table == LL_TABLE_STREAM)
        print_sweep(&head->label, &decoded);
    else if (status == LL_OK)
        printf("%.*s %lld %lld %lld\n", LL_FMT(head->path), (long long)decoded.counts.rows_out,
               (long long)decoded.counts.rows_in, (long long)decoded.counts.quarantined);
    ll_decoded_clear(&decoded);
    ll_decoder_free(decoder);
    return status;
}

int main(int argc, char **argv)
{
    struct ll_origin_scan scan;
    struct ll_error err;
    enum ll_status status = argc == 2 ? ll_origin_scan(argv[1], &scan, &err) : LL_INVALID;
    if (argc != 2)
        return 2;
    for (size_t i = 0; status == LL_OK && i < scan.file_count;)
        status = decode_run(argv[1], &scan, i, &i, &err);
    if (status != LL_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    ll_origin_scan_clear(&scan);
    return 0;
}
