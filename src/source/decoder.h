/* Decoding one run: from the bytes of its raw objects to typed, validated, de-duplicated rows.
 *
 * A decoder takes the objects of one manifest in order, then finishes once. A record that cannot be
 * used becomes a quarantine row with its reason; nothing is dropped silently: rows_in = rows_out +
 * duplicates + restarted + quarantined. A whole object that cannot be read (not JSON, wrong shape)
 * is one quarantine row with position -1.
 *
 * Formats: "origin-json" {"day_date_id","time_of_day_id","data":[…]} with ids as strings or
 * numbers, "origin-csv" (header line with the same field names, RFC 4180), "envelope" (our own raw
 * layer: a line an answer, see envelope.h). A record that is no JSON costs only itself where its
 * end can be found; else the rest of the object is one quarantine row, "damaged from byte N", at
 * the position of the first record lost. The reasons are stable words; all of them stand in
 * quarantine.c.
 *
 * Envelopes: answers with a status other than 2xx have no records. The records of the others are
 * those of {"data": [records]} or of [records]; no data, or null, is none. Damage costs the rest of
 * its line; a body that is not JSON, or a line that is no answer, is one quarantine row. Positions
 * go on from line to line, and each such row has a position of its own, not -1; N counts in the
 * object. received_at of the line becomes that of its rows. */
#ifndef LL_SOURCE_DECODER_H
#define LL_SOURCE_DECODER_H

#include "base/batch.h"
#include "base/err.h"
#include "source/tables.h"

struct ll_decoder;

struct ll_decoder_options {
    enum ll_table table; /* LL_TABLE_STREAM … LL_TABLE_CATEGORY_LINK */
    struct ll_str kind;  /* LL_TABLE_TERM: its kind; LL_TABLE_GAME: "game" (all lists) |
                            "genre_bridge" | "game_mode_bridge" */
    int64_t slot_s;      /* streams: the slot; others: instant of the dump */
};

struct ll_raw_part {
    struct ll_str key;    /* of the raw object, for quarantine rows */
    struct ll_str format; /* see above */
    struct ll_str bytes;  /* decompressed */
};

struct ll_decode_counts {
    int64_t rows_in; /* records met */
    int64_t rows_out;
    int64_t duplicates;  /* same key again: the last row wins */
    int64_t restarted;   /* same broadcaster, two stream ids: the later started_at (then id) wins */
    int64_t quarantined; /* records and objects */
    int64_t repaired;    /* ill-formed UTF-8 sequences replaced */
    int64_t clamped;     /* values cut: negative viewers to 0, over-long titles and tags */
    int64_t forgotten; /* rows taken out afterwards (pipeline/forget_filter.h): in no other count */
};

struct ll_decoded {
    struct ll_batch
        rows; /* schema of the table, sorted by its key (stream_id, broadcaster_id, …) */
    struct ll_batch quarantine;
    struct ll_decode_counts counts;
};

struct ll_decoder *ll_decoder_new(const struct ll_decoder_options *options);
/* LL_INVALID for an unknown format; bad content is quarantine, not an error. A part's rows are
 * copied: its bytes may go after the call. */
enum ll_status ll_decoder_add(struct ll_decoder *decoder, const struct ll_raw_part *part,
                              struct ll_error *err) LL_MUST_CHECK;
/* De-duplicates and sorts. detail_id = the first 8 bytes, as a signed big-endian number, of the
 * SHA-256 over started_at (microseconds since the epoch in decimal; empty when NULL), login,
 * display_name, category_name, type, title and tags, each as "<length in bytes, decimal>:<bytes>";
 * before the tags stands "<their number>:". Equal ids mean equal details. To be called once.
 * *ret owns all of its memory: decoder and parts may go. */
enum ll_status ll_decoder_finish(struct ll_decoder *decoder, struct ll_decoded *ret,
                                 struct ll_error *err) LL_MUST_CHECK;
void ll_decoder_free(struct ll_decoder *decoder); /* takes NULL */
void ll_decoded_clear(struct ll_decoded *decoded);

#endif
