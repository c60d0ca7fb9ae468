#include "source/origin/csv.h"

struct ll_csv ll_csv_reader(struct ll_str text, struct ll_arena *arena)
{
    struct ll_csv csv = {.text = text, .arena = arena};
    if (ll_str_starts_with(text, LL_STR("\xEF\xBB\xBF")))
        csv.at = 3;
    return csv;
}

static bool at_end(const struct ll_csv *csv)
{
    return csv->at >= csv->text.len;
}

/* The length of the line break at `at`: 0, 1 or 2. */
static size_t break_length(const struct ll_csv *csv, size_t at)
{
    struct ll_str rest = ll_str_sub(csv->text, at, csv->text.len);
    if (ll_str_starts_with(rest, LL_STR("\r\n")))
        return 2;
    return ll_str_starts_with(rest, LL_STR("\n")) ? 1 : 0;
}

/* Moves to the end of the field: a comma, a line break or the end of the text. */
static struct ll_str plain_field(struct ll_csv *csv)
{
    size_t from = csv->at;
    while (!at_end(csv) && csv->text.ptr[csv->at] != ',' && break_length(csv, csv->at) == 0)
        csv->at++;
    return ll_str_sub(csv->text, from, csv->at);
}

/* Each pair of quotes as one. */
static struct ll_str unescape(struct ll_arena *arena, struct ll_str s)
{
    char *copy = ll_arena_alloc(arena, s.len);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        copy[len++] = s.ptr[i];
        if (s.ptr[i] == '"')
            i++;
    }
    return (struct ll_str){copy, len};
}

static struct ll_str quoted_field(struct ll_csv *csv, bool *bad_quotes)
{
    size_t from = ++csv->at;
    bool doubled = false;
    for (;;) {
        csv->at = ll_str_find(csv->text, '"', csv->at);
        if (at_end(csv)) {
            *bad_quotes = true;
            return ll_str_sub(csv->text, from, csv->text.len);
        }
        if (csv->at + 1 >= csv->text.len || csv->text.ptr[csv->at + 1] != '"')
            break;
        doubled = true;
        csv->at += 2;
    }
    struct ll_str field = ll_str_sub(csv->text, from, csv->at++);
    if (plain_field(csv).len > 0)
        *bad_quotes = true;
    return doubled ? unescape(csv->arena, field) : field;
}

bool ll_csv_next(struct ll_csv *csv, struct ll_str *ret_fields, size_t capacity,
                 struct ll_csv_line *ret_line)
{
    while (break_length(csv, csv->at) > 0)
        csv->at += break_length(csv, csv->at);
    if (at_end(csv))
        return false;
    struct ll_csv_line line = {0};
    size_t from = csv->at;
    for (bool more = true; more;) {
        bool is_quoted = !at_end(csv) && csv->text.ptr[csv->at] == '"';
        struct ll_str field = is_quoted ? quoted_field(csv, &line.bad_quotes) : plain_field(csv);
        if (line.field_count < capacity)
            ret_fields[line.field_count] = field;
        line.field_count++;
        more = !at_end(csv) && csv->text.ptr[csv->at] == ',';
        if (more)
            csv->at++;
    }
    line.record = ll_str_sub(csv->text, from, csv->at);
    csv->at += break_length(csv, csv->at);
    *ret_line = line;
    return true;
}
