#include "source/origin/label.h"

#include "codec/json.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool parse_date(struct ll_str s, struct ll_civil *ret_civil)
{
    uint64_t number;
    if (s.len != 8 || !ll_str_to_u64(s, &number))
        return false;
    const char iso[10] = {s.ptr[0], s.ptr[1], s.ptr[2], s.ptr[3], '-',
                          s.ptr[4], s.ptr[5], '-',      s.ptr[6], s.ptr[7]};
    int32_t day;
    if (!ll_date_parse((struct ll_str){iso, sizeof(iso)}, &day))
        return false;
    *ret_civil = ll_civil_of((int64_t)day * LL_DAY_S);
    return true;
}

/* "0945", "945", "45", "5": the leading zeros may be lost. */
static bool parse_time(struct ll_str s, struct ll_civil *civil)
{
    uint64_t number;
    if (s.len == 0 || s.len > 4 || !ll_str_to_u64(s, &number) || number / 100 > 23 ||
        number % 100 > 59)
        return false;
    civil->hour = (int)(number / 100);
    civil->minute = (int)(number % 100);
    return true;
}

/* The run of digits at or after *at, which moves behind it; empty at the end. */
static struct ll_str next_digits(struct ll_str text, size_t *at)
{
    while (*at < text.len && !is_digit(text.ptr[*at]))
        (*at)++;
    size_t from = *at;
    while (*at < text.len && is_digit(text.ptr[*at]))
        (*at)++;
    return ll_str_sub(text, from, *at);
}

struct ll_label ll_label_of_text(struct ll_str text)
{
    struct ll_label label = {0};
    size_t at = 0;
    for (struct ll_str run; (run = next_digits(text, &at)).len > 0;) {
        struct ll_label found = {0};
        if (run.len == 12 && parse_date(ll_str_sub(run, 0, 8), &found.civil)) {
            found.has_time = parse_time(ll_str_sub(run, 8, 12), &found.civil);
        } else if (parse_date(run, &found.civil)) {
            size_t next = at + 1; /* behind one separator */
            if (next < text.len && is_digit(text.ptr[next]))
                found.has_time = parse_time(next_digits(text, &next), &found.civil);
        }
        if (found.civil.year > 0 && (found.has_time || !label.has_time))
            label = found;
    }
    return label;
}

/* A string or a number. */
static bool read_id(struct ll_json *reader, struct ll_str *ret_text)
{
    switch (ll_json_peek(reader)) {
    case LL_JSON_STRING:
        return ll_json_string(reader, ret_text);
    case LL_JSON_NUMBER:
        return ll_json_number(reader, ret_text);
    default:
        ll_json_skip(reader);
        return false;
    }
}

struct ll_label ll_label_of_json(struct ll_str bytes)
{
    struct ll_arena arena = {0};
    struct ll_json reader = ll_json_reader(bytes, &arena);
    struct ll_str key, date = {0}, time = {0};
    bool open = ll_json_enter_object(&reader);
    while (open && ll_json_next_key(&reader, &key)) {
        if (ll_str_equal(key, LL_STR("day_date_id")))
            read_id(&reader, &date);
        else if (ll_str_equal(key, LL_STR("time_of_day_id")))
            read_id(&reader, &time);
        else
            ll_json_skip(&reader);
    }
    struct ll_label label = {0};
    if (parse_date(date, &label.civil))
        label.has_time = parse_time(time, &label.civil);
    ll_arena_clear(&arena);
    return label;
}
