#include "base/time.h"

#include <assert.h>

/* Instants are clamped to the years -99,999 to 99,999, so that every text fits its array. */
#define EPOCH_S_MIN (-INT64_C(3217830796800))
#define EPOCH_S_MAX INT64_C(3093527980799)
/* What ll_stamp_parse takes: 0001-01-01T00:00:00 to 9999-12-31T23:59:59. */
#define STAMP_S_MIN (-INT64_C(62135596800))
#define STAMP_S_MAX INT64_C(253402300799)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* days_from_civil and civil_from_days: Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", 2013. Years start in March, so that the leap day is the last; an era is 400 years.
 */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct ll_civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t shifted_month = (5 * doy + 2) / 153;
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (struct ll_civil){.year = (int)(yoe + era * 400 + (month <= 2)),
                             .month = month,
                             .day = (int)(doy - (153 * shifted_month + 2) / 5 + 1)};
}

struct ll_civil ll_civil_of(int64_t epoch_s)
{
    if (epoch_s < EPOCH_S_MIN)
        epoch_s = EPOCH_S_MIN;
    if (epoch_s > EPOCH_S_MAX)
        epoch_s = EPOCH_S_MAX;
    int64_t day = floor_div(epoch_s, LL_DAY_S);
    int second_of_day = (int)(epoch_s - day * LL_DAY_S);
    struct ll_civil civil = civil_from_days(day);
    civil.hour = second_of_day / 3600;
    civil.minute = second_of_day / 60 % 60;
    civil.second = second_of_day % 60;
    return civil;
}

int64_t ll_civil_to_epoch_s(struct ll_civil civil)
{
    assert(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= 31);
    return days_from_civil(civil.year, civil.month, civil.day) * LL_DAY_S + civil.hour * 3600 +
           civil.minute * 60 + civil.second;
}

int32_t ll_day_of(int64_t epoch_s)
{
    int64_t day = floor_div(epoch_s, LL_DAY_S);
    assert(day >= INT32_MIN && day <= INT32_MAX);
    return (int32_t)day;
}

/* Exactly `width` decimal digits of value (>= 0) at *at, and moves it on. */
static void put_digits(char **at, int value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        (*at)[i] = (char)('0' + value % 10);
        value /= 10;
    }
    *at += width;
}

static void put_year(char **at, int year)
{
    if (year < 0) {
        *(*at)++ = '-';
        year = -year;
    }
    put_digits(at, year, year > 9999 ? 5 : 4);
}

static void put_date(char **at, struct ll_civil civil)
{
    put_year(at, civil.year);
    *(*at)++ = '-';
    put_digits(at, civil.month, 2);
    *(*at)++ = '-';
    put_digits(at, civil.day, 2);
}

struct ll_date_text ll_date_format(int32_t day)
{
    struct ll_date_text text = {{0}};
    char *at = text.c;
    put_date(&at, ll_civil_of((int64_t)day * LL_DAY_S));
    return text;
}

struct ll_stamp_text ll_stamp_format_ms(int64_t epoch_ms)
{
    int64_t epoch_s = floor_div(epoch_ms, 1000);
    int ms = (int)((epoch_ms % 1000 + 1000) % 1000);
    struct ll_civil civil = ll_civil_of(epoch_s);
    struct ll_stamp_text text = {{0}};
    char *at = text.c;
    put_date(&at, civil);
    *at++ = 'T';
    put_digits(&at, civil.hour, 2);
    *at++ = ':';
    put_digits(&at, civil.minute, 2);
    *at++ = ':';
    put_digits(&at, civil.second, 2);
    if (ms != 0) {
        *at++ = '.';
        put_digits(&at, ms, 3);
    }
    *at = 'Z';
    return text;
}

struct ll_stamp_text ll_stamp_format(int64_t epoch_s)
{
    if (epoch_s < EPOCH_S_MIN)
        epoch_s = EPOCH_S_MIN;
    if (epoch_s > EPOCH_S_MAX)
        epoch_s = EPOCH_S_MAX;
    return ll_stamp_format_ms(epoch_s * 1000);
}

struct ll_run_id ll_run_id_of(int64_t slot_s)
{
    assert(slot_s >= STAMP_S_MIN && slot_s <= STAMP_S_MAX);
    struct ll_civil civil = ll_civil_of(slot_s);
    struct ll_run_id id = {{0}};
    char *at = id.c;
    put_digits(&at, civil.year, 4);
    put_digits(&at, civil.month, 2);
    put_digits(&at, civil.day, 2);
    *at++ = 'T';
    put_digits(&at, civil.hour, 2);
    put_digits(&at, civil.minute, 2);
    put_digits(&at, civil.second, 2);
    *at = 'Z';
    return id;
}

/* Takes exactly `width` digits off the front of *s. */
static bool take_digits(struct ll_str *s, size_t width, int *ret_value)
{
    if (s->len < width)
        return false;
    int value = 0;
    for (size_t i = 0; i < width; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *ret_value = value;
    *s = (struct ll_str){s->ptr + width, s->len - width};
    return true;
}

static bool take_char(struct ll_str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = (struct ll_str){s->ptr + 1, s->len - 1};
    return true;
}

static bool is_real_date(struct ll_civil civil)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (civil.year < 1 || civil.year > 9999 || civil.month < 1 || civil.month > 12)
        return false;
    bool leap = (civil.year % 4 == 0 && civil.year % 100 != 0) || civil.year % 400 == 0;
    return civil.day >= 1 && civil.day <= days[civil.month - 1] + (leap && civil.month == 2);
}

static bool take_date(struct ll_str *s, struct ll_civil *ret)
{
    return take_digits(s, 4, &ret->year) && take_char(s, '-') && take_digits(s, 2, &ret->month) &&
           take_char(s, '-') && take_digits(s, 2, &ret->day) && is_real_date(*ret);
}

bool ll_run_id_parse(struct ll_str s, int64_t *ret_slot_s)
{
    struct ll_civil civil = {0};
    bool ok = take_digits(&s, 4, &civil.year) && take_digits(&s, 2, &civil.month) &&
              take_digits(&s, 2, &civil.day) && take_char(&s, 'T') &&
              take_digits(&s, 2, &civil.hour) && take_digits(&s, 2, &civil.minute) &&
              take_digits(&s, 2, &civil.second) && take_char(&s, 'Z') && s.len == 0;
    if (!ok || !is_real_date(civil) || civil.hour > 23 || civil.minute > 59 || civil.second > 59)
        return false;
    *ret_slot_s = ll_civil_to_epoch_s(civil);
    return true;
}

bool ll_date_parse(struct ll_str s, int32_t *ret_day)
{
    struct ll_civil civil = {0};
    if (!take_date(&s, &civil) || s.len != 0)
        return false;
    *ret_day = (int32_t)days_from_civil(civil.year, civil.month, civil.day);
    return true;
}

static bool take_clock(struct ll_str *s, struct ll_civil *civil)
{
    if (!take_digits(s, 2, &civil->hour) || !take_char(s, ':') ||
        !take_digits(s, 2, &civil->minute) || !take_char(s, ':') ||
        !take_digits(s, 2, &civil->second))
        return false;
    if (civil->hour > 23 || civil->minute > 59 || civil->second > 60)
        return false;
    if (civil->second == 60)
        civil->second = 59;
    return true;
}

/* A fraction of any length, of which three digits count. */
static bool take_fraction(struct ll_str *s, int *ret_ms)
{
    *ret_ms = 0;
    if (!take_char(s, '.'))
        return true;
    int digit, unit = 100;
    bool any = false;
    while (take_digits(s, 1, &digit)) {
        *ret_ms += digit * unit;
        unit /= 10;
        any = true;
    }
    return any;
}

static bool take_offset(struct ll_str *s, int *ret_offset_s)
{
    if (take_char(s, 'Z') || take_char(s, 'z')) {
        *ret_offset_s = 0;
        return true;
    }
    int sign = take_char(s, '-') ? -1 : take_char(s, '+') ? 1 : 0;
    int hours, minutes;
    if (sign == 0 || !take_digits(s, 2, &hours) || !take_char(s, ':') ||
        !take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool ll_stamp_parse(struct ll_str s, int64_t *ret_epoch_ms)
{
    struct ll_civil civil = {0};
    int ms, offset_s;
    if (!take_date(&s, &civil))
        return false;
    if (!take_char(&s, 'T') && !take_char(&s, 't') && !take_char(&s, ' '))
        return false;
    if (!take_clock(&s, &civil) || !take_fraction(&s, &ms) || !take_offset(&s, &offset_s))
        return false;
    int64_t epoch_s = ll_civil_to_epoch_s(civil) - offset_s;
    if (s.len != 0 || epoch_s < STAMP_S_MIN || epoch_s > STAMP_S_MAX)
        return false;
    *ret_epoch_ms = epoch_s * 1000 + ms;
    return true;
}

bool ll_duration_parse(struct ll_str s, int64_t *ret_seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', LL_DAY_S}, {'w', 7 * LL_DAY_S}};
    if (s.len < 2 || s.ptr[0] == '-')
        return false;
    int64_t number, seconds;
    if (!ll_str_to_i64(ll_str_sub(s, 0, s.len - 1), &number) || number == 0)
        return false;
    for (size_t i = 0; i < LL_COUNT(units); i++) {
        if (units[i].letter != s.ptr[s.len - 1])
            continue;
        if (__builtin_mul_overflow(number, units[i].seconds, &seconds))
            return false;
        *ret_seconds = seconds;
        return true;
    }
    return false;
}

int64_t ll_slot_of(int64_t epoch_s, int32_t cadence_s)
{
    assert(cadence_s > 0);
    return floor_div(epoch_s, cadence_s) * cadence_s;
}
