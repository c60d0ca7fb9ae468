/* The raw layer of the original AWS pipeline as a folder on disk: which files there are, what each
 * holds, and the local time in its name. Nothing is decoded here.
 *
 *   raw_streams_data/20251229_1745/raw_streams_data_X157149X_20251229_1745.json
 *   raw_users_data/20251229/raw_users_data_20251229_1745.json
 *   raw_genre_bridge_data/20251231/raw_genre_bridge_data_20251231_945.json      (no zero padding)
 *   raw_genres_data/raw_genres_data_20251228.json, raw_languages_data/raw_languages_data.csv
 *
 * Depth and padding vary; the resource is known by the file's name (raw_<resource>_data…), the time
 * by the last date and time in its name, else in its folder's, else (JSON) by day_date_id and
 * time_of_day_id inside. .json, .csv and their .gz and .zst forms are accepted. */
#ifndef LL_SOURCE_ORIGIN_H
#define LL_SOURCE_ORIGIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "source/tables.h"

struct ll_origin_file {
    struct ll_str path; /* relative to the root, '/'-separated; in the arena */
    enum ll_table table;
    struct ll_str kind;     /* as in ll_decoder_options; "" where it has none */
    struct ll_str resource; /* "streams", "users", "categories", "genre_bridge", "genres", … */
    struct ll_str format;   /* "origin-json" or "origin-csv" */
    bool has_time;          /* false: only a date (civil hour 0), or nothing (year 0: languages) */
    struct ll_civil label;  /* local time; minute as written */
};

/* What could not be used, and why ("not a capture of the original pipeline", "no date in its name
 * or content", "derived: made anew by our views" for day_dates and time_of_day, …). */
struct ll_origin_skipped {
    struct ll_str path;
    struct ll_str reason;
    bool is_error; /* false for derived tables and files that are plainly something else */
};

struct ll_origin_scan {
    struct ll_arena arena;
    struct ll_origin_file *files; /* sorted by (resource, label, path) */
    size_t file_count;
    struct ll_origin_skipped *skipped;
    size_t skipped_count;
};

/* Walks `root` (a folder, or one file), depth at most 8, never following symbolic links out of it.
 * LL_NOT_FOUND / LL_IO for the root itself; everything below is reported in `skipped`. */
enum ll_status ll_origin_scan(const char *root, struct ll_origin_scan *ret,
                              struct ll_error *err) LL_MUST_CHECK;
void ll_origin_scan_clear(struct ll_origin_scan *scan);

/* The file's bytes as they are, appended to *out; a .gz or .zst is given decompressed. */
enum ll_status ll_origin_read(const char *root, const struct ll_origin_file *file,
                              struct ll_buf *out, struct ll_error *err) LL_MUST_CHECK;

#endif
