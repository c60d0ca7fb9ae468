/* UTC time as integers. Slots and instants are epoch seconds or milliseconds; days are counted from
 * 1970-01-01. Local zones exist only in queries (the warehouse knows the IANA zones). */
#ifndef LL_BASE_TIME_H
#define LL_BASE_TIME_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define LL_DAY_S 86400

struct ll_civil {
    int year, month, day;     /* proleptic Gregorian; month 1..12 */
    int hour, minute, second; /* 0..23, 0..59, 0..59 */
};

struct ll_civil ll_civil_of(int64_t epoch_s);
int64_t ll_civil_to_epoch_s(struct ll_civil civil); /* fields must be in range */
int32_t ll_day_of(int64_t epoch_s); /* floor(epoch_s / 86400), right for negatives */

/* Fixed-size texts, all NUL-terminated. */
struct ll_date_text {
    char c[16];
}; /* 2026-11-23 */
struct ll_stamp_text {
    char c[32];
}; /* 2026-11-23T15:45:00Z, or with .123 when ms != 0 */
struct ll_run_id {
    char c[20];
}; /* 20261123T154500Z: the run of one slot */

struct ll_date_text ll_date_format(int32_t day);
struct ll_stamp_text ll_stamp_format(int64_t epoch_s);
struct ll_stamp_text ll_stamp_format_ms(int64_t epoch_ms);
struct ll_run_id ll_run_id_of(int64_t slot_s);

bool ll_run_id_parse(struct ll_str s, int64_t *ret_slot_s) LL_MUST_CHECK; /* strict */
bool ll_date_parse(struct ll_str s, int32_t *ret_day) LL_MUST_CHECK; /* YYYY-MM-DD, a real date */
/* RFC 3339, tolerant as the contract's case 34 asks: 'T', 't' or ' ', any fraction, 'Z', 'z' or an
 * offset; a leap second counts as :59. Years 0001..9999. Milliseconds, rounded down. */
bool ll_stamp_parse(struct ll_str s, int64_t *ret_epoch_ms) LL_MUST_CHECK;
/* "15m", "7d", "36h", "90s", "2w": a positive whole number and one unit s m h d w. */
bool ll_duration_parse(struct ll_str s, int64_t *ret_seconds) LL_MUST_CHECK;

int64_t ll_slot_of(int64_t epoch_s, int32_t cadence_s); /* start of the slot that holds epoch_s */

#endif
