/* A table as CSV: the header names the fields, all values are text. */
#include "source/decoder_internal.h"
#include "source/origin/csv.h"

#define COLUMNS_MAX 64

/* Where each field of the format stands in a line; -1 = no such column. */
struct header {
    int columns[LL_RECORD_FIELDS_MAX];
    size_t count;
};

/* A header must have the table's key, which is the first field of every format. */
static bool read_header(struct ll_csv *csv, const struct ll_record_format *format,
                        struct header *ret_header)
{
    struct ll_str names[COLUMNS_MAX];
    struct ll_csv_line line;
    if (!ll_csv_next(csv, names, COLUMNS_MAX, &line) || line.bad_quotes ||
        line.field_count > COLUMNS_MAX)
        return false;
    struct header header = {.count = line.field_count};
    for (size_t i = 0; i < format->count; i++) {
        header.columns[i] = -1;
        for (size_t c = 0; c < line.field_count; c++)
            if (ll_str_equal(names[c], format->names[i]))
                header.columns[i] = (int)c;
    }
    *ret_header = header;
    return header.columns[0] >= 0;
}

static enum ll_reason decode_line(struct ll_decoder *d, const struct ll_record_format *format,
                                  const struct header *header, const struct ll_str *fields)
{
    struct ll_value values[LL_RECORD_FIELDS_MAX] = {0};
    ll_arena_reset(&d->record_arena);
    for (size_t i = 0; i < format->count; i++)
        if (header->columns[i] >= 0)
            values[i] = (struct ll_value){
                .kind = LL_JSON_STRING,
                .text =
                    ll_utf8_repair(&d->part_arena, fields[header->columns[i]], &d->counts.repaired),
            };
    return format->decode(d, values);
}

void ll_csv_decode(struct ll_decoder *d, const struct ll_record_format *format)
{
    struct ll_csv csv = ll_csv_reader(d->part->bytes, &d->part_arena);
    struct header header;
    if (!read_header(&csv, format, &header)) {
        ll_quarantine(d, -1, LL_REASON_CSV_HEADER, d->part->bytes);
        return;
    }
    struct ll_str fields[COLUMNS_MAX];
    struct ll_csv_line line;
    for (int64_t position = 0; ll_csv_next(&csv, fields, COLUMNS_MAX, &line); position++) {
        enum ll_reason reason = line.bad_quotes                    ? LL_REASON_CSV_QUOTES
                                : line.field_count != header.count ? LL_REASON_CSV_FIELDS
                                                                   : LL_REASON_NONE;
        if (reason == LL_REASON_NONE)
            reason = decode_line(d, format, &header, fields);
        if (reason == LL_REASON_NONE)
            d->counts.rows_in++;
        else
            ll_quarantine(d, position, reason, line.record);
    }
}
