/* What the files of the decoder share: one record's values, the reasons for quarantine, and the
 * state of a run that is being decoded. */
#ifndef LL_SOURCE_DECODER_INTERNAL_H
#define LL_SOURCE_DECODER_INTERNAL_H

#include "base/buf.h"
#include "codec/json.h"
#include "source/decoder.h"

#define LL_TEXT_MAX 4096 /* bytes of one text value; longer ones are cut and counted */
#define LL_QUARANTINE_RECORD_MAX 65536 /* bytes of a record kept in quarantine */
#define LL_RECORD_FIELDS_MAX 16
#define LL_KEYS_GUESSED 32

/* Why something was quarantined; the words are in quarantine.c. Each id has three in this order:
 * missing, not a number, out of range. */
enum ll_reason {
    LL_REASON_NONE,
    LL_REASON_NOT_OBJECT,
    LL_REASON_ERROR_ANSWER,
    LL_REASON_DATA_NOT_LIST,
    LL_REASON_DAMAGED, /* followed by " from byte N" */
    LL_REASON_RECORD_NOT_JSON,
    LL_REASON_RECORD_NOT_OBJECT,
    LL_REASON_STREAM_ID,
    LL_REASON_BROADCASTER_ID = LL_REASON_STREAM_ID + 3,
    LL_REASON_CATEGORY_ID = LL_REASON_BROADCASTER_ID + 3,
    LL_REASON_IGDB_ID = LL_REASON_CATEGORY_ID + 3,
    LL_REASON_TERM_ID = LL_REASON_IGDB_ID + 3,
    LL_REASON_VIEWERS_MISSING = LL_REASON_TERM_ID + 3,
    LL_REASON_VIEWERS_NOT_NUMBER,
    LL_REASON_VIEWERS_NOT_WHOLE,
    LL_REASON_VIEWERS_TOO_LARGE,
    LL_REASON_NOT_TEXT,
    LL_REASON_TAGS_NOT_LIST,
    LL_REASON_IDS_NOT_LIST,
    LL_REASON_LANGUAGE_MISSING,
    LL_REASON_CSV_HEADER,
    LL_REASON_CSV_FIELDS,
    LL_REASON_CSV_QUOTES,
    LL_REASON_NOT_ANSWER,
    LL_REASON_BODY_NOT_JSON,
    LL_REASON_BODY_SHAPE,
    LL_REASON_COUNT_,
};

/* An element of a list in a record. */
struct ll_item {
    enum ll_json_kind kind;
    struct ll_str text; /* of strings and numbers */
};

/* One field of a record as it came; kind NONE = the key is absent. */
struct ll_value {
    enum ll_json_kind kind;
    struct ll_str text;  /* of strings and numbers */
    size_t first, count; /* of arrays: a range of decoder->items */
};

/* A key of the record before, as it stands in the part, and its index in the format's names. */
struct ll_key_guess {
    struct ll_str key;
    size_t at;
};

struct ll_decoder {
    struct ll_decoder_options options;
    struct ll_arena arena;        /* copies of the options' text */
    struct ll_arena part_arena;   /* what one part needs for itself: bodies that were escaped */
    struct ll_arena record_arena; /* what one record needs: text that was escaped or changed */
    struct ll_batch rows;         /* in the order met */
    struct ll_batch quarantine;
    struct ll_decode_counts counts;
    const struct ll_raw_part *part; /* the one being decoded */
    int64_t position;               /* in the part, of the next record */
    bool by_line;                   /* the part's lines can be damaged each by itself */
    bool received_known;            /* of the answer being decoded */
    int64_t received_us;
    struct ll_item *items; /* list elements of the record being decoded */
    size_t item_count, item_capacity;
    struct ll_key_guess guesses[LL_KEYS_GUESSED];
};

/* Turns one record's values into one row, or gives the reason why not and adds nothing. */
typedef enum ll_reason ll_record_fn(struct ll_decoder *decoder, const struct ll_value *values);

/* A table's records: the keys that matter, in the order they usually come. The first is the key. */
struct ll_record_format {
    const struct ll_str *names;
    size_t count;
    ll_record_fn *decode;
};

extern const struct ll_record_format ll_stream_format, ll_user_format, ll_category_format,
    ll_game_format, ll_term_format, ll_language_format, ll_external_game_format;

/* json_records.c, csv_records.c, envelope_records.c: all records of decoder->part. */
void ll_origin_json_decode(struct ll_decoder *decoder, const struct ll_record_format *format);
void ll_csv_decode(struct ll_decoder *decoder, const struct ll_record_format *format);
void ll_envelope_decode(struct ll_decoder *decoder, const struct ll_record_format *format);

/* A walk over JSON, damaged perhaps; offsets count from `start`. */
struct ll_cursor {
    const char *start, *at, *end;
};

/* json_records.c. The records of the value at c->at, which moves past it: of {"data": [records]} or
 * of [records]. False after damage, which is in quarantine then, with all that was left. */
bool ll_json_records(struct ll_decoder *decoder, const struct ll_record_format *format,
                     struct ll_cursor *c);
/* Where a record that is no JSON ends: its closing bracket, if another record or the list's end
 * follows; else NULL. Strings end at a line break, so that a lost quote does not swallow the next
 * record of a pretty-printed file. */
const char *ll_json_broken_end(const char *from, const char *end);
/* The position of what is no record: -1, or where lines stand for themselves one of their own. */
int64_t ll_position_outside(struct ll_decoder *decoder);

/* record.c. A reader for one record, whose values live until the next one's. */
struct ll_json ll_record_reader(struct ll_decoder *decoder, struct ll_str bytes);
/* Reads the object that comes next; on false reader->error is set. */
bool ll_record_read(struct ll_decoder *decoder, struct ll_json *reader,
                    const struct ll_record_format *format, struct ll_value *values);
/* A decimal string or a number; `missing` is the first of the id's three reasons. */
enum ll_reason ll_value_id(const struct ll_value *value, enum ll_reason missing, int64_t *ret_id);
/* "" for an absent or null value; false for what is no text or number. */
bool ll_value_text(const struct ll_value *value, struct ll_str *ret_text);
/* Microseconds; false when absent or unreadable. */
bool ll_value_instant(const struct ll_value *value, int64_t *ret_us);
/* Texts of several fields at once; LL_REASON_NOT_TEXT when one is none. */
enum ll_reason ll_values_text(const struct ll_value *values, const int *fields, size_t count,
                              struct ll_str *ret_texts);
struct ll_str ll_text_cut(struct ll_decoder *decoder, struct ll_str s);   /* to LL_TEXT_MAX */
struct ll_str ll_text_lower(struct ll_decoder *decoder, struct ll_str s); /* ASCII letters */
void ll_row_instant(struct ll_decoder *decoder, size_t column, bool known, int64_t us);

/* quarantine.c. Position -1 = the part itself; `record` is copied. */
void ll_quarantine(struct ll_decoder *decoder, int64_t position, enum ll_reason reason,
                   struct ll_str record);
void ll_quarantine_damaged(struct ll_decoder *decoder, int64_t position, size_t offset,
                           struct ll_str rest);
const char *ll_reason_text(enum ll_reason reason);
/* s up to a border between characters at or before max_bytes. */
struct ll_str ll_utf8_cut(struct ll_str s, size_t max_bytes);
/* s itself, or a copy with each ill-formed sequence replaced by U+FFFD, counted in *repaired. */
struct ll_str ll_utf8_repair(struct ll_arena *arena, struct ll_str s, int64_t *repaired);

#endif
