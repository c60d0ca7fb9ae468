/* A pull reader for CSV (RFC 4180) over one buffer: LF or CRLF, quoted fields with "" inside and
 * line breaks, a byte order mark skipped, blank lines skipped. Fields without "" are views of the
 * text. */
#ifndef LL_SOURCE_ORIGIN_CSV_H
#define LL_SOURCE_ORIGIN_CSV_H

#include "base/arena.h"
#include "base/str.h"

struct ll_csv {
    struct ll_str text;
    size_t at;
    struct ll_arena *arena; /* for fields with "" inside */
};

struct ll_csv_line {
    struct ll_str record; /* as it stands, without its line break */
    size_t field_count;   /* of the line; only the first `capacity` are stored */
    bool bad_quotes;      /* a quote was not closed, or something follows a closing one */
};

struct ll_csv ll_csv_reader(struct ll_str text, struct ll_arena *arena);
/* The next line that is not blank. False at the end of the text. */
bool ll_csv_next(struct ll_csv *csv, struct ll_str *ret_fields, size_t capacity,
                 struct ll_csv_line *ret_line);

#endif
