/* Rows of JSON and CSV; see redact.h. */
#include "source/redact.h"

#include <assert.h>

#include "source/decoder_internal.h"
#include "source/origin/csv.h"
#include "source/redact_internal.h"

#define CSV_COLUMNS_MAX 64

#define KEY(literal)                                                                               \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
static const struct ll_person_keys stream_keys = {
    .id = KEY("user_id"),
    .login = KEY("user_login"),
    .name = KEY("user_name"),
    .texts = {KEY("title"), KEY("tags"), KEY("description")},
};
static const struct ll_person_keys user_keys = {
    .id = KEY("id"),
    .login = KEY("login"),
    .name = KEY("display_name"),
    .texts = {KEY("description"), KEY("title"), KEY("tags")},
};

const struct ll_person_keys *ll_person_keys_of(enum ll_table table)
{
    return table == LL_TABLE_STREAM ? &stream_keys : table == LL_TABLE_USER ? &user_keys : NULL;
}

/* --- edits */

void ll_redact_edit(struct ll_redacting *r, const char *from, const char *to, struct ll_str with)
{
    size_t at = (size_t)(from - r->bytes.ptr), end = (size_t)(to - r->bytes.ptr);
    assert(at >= r->copied && end >= at && end <= r->bytes.len);
    ll_buf_add(r->out, ll_str_sub(r->bytes, r->copied, at));
    ll_buf_add(r->out, with);
    r->copied = end;
}

void ll_redact_rest(struct ll_redacting *r)
{
    ll_buf_add(r->out, ll_str_sub(r->bytes, r->copied, r->bytes.len));
    r->copied = r->bytes.len;
}

void ll_redact_token(struct ll_redacting *r, const char *from, const char *to, struct ll_str value)
{
    LL_AUTO(ll_buf_clear) struct ll_buf masked = {0}, token = {0};
    const struct ll_redaction *redaction = r->redaction;
    if (!ll_redact_text(redaction->names, redaction->name_count, value, &masked))
        return;
    ll_buf_add_json_string(&token, ll_buf_str(&masked));
    ll_redact_edit(r, from, to, ll_buf_str(&token));
    r->counts.texts++;
}

void ll_redact_unreadable(struct ll_redacting *r, struct ll_str damaged)
{
    LL_AUTO(ll_buf_clear) struct ll_buf masked = {0};
    const struct ll_redaction *redaction = r->redaction;
    const char *end = damaged.ptr + damaged.len;
    if (ll_redact_mentions(redaction, r->table, damaged)) {
        ll_redact_edit(r, damaged.ptr, end, LL_STR(""));
        r->counts.rows++;
    } else if (ll_redact_text(redaction->names, redaction->name_count, damaged, &masked)) {
        ll_redact_edit(r, damaged.ptr, end, ll_buf_str(&masked));
        r->counts.texts++;
    }
}

/* --- one row of JSON */

struct row {
    bool gone, known; /* its id could be read */
    bool named;       /* by a name that is to be masked */
    struct ll_str login, name;
};

static void note_name(struct ll_redacting *r, struct ll_json *reader, struct row *row,
                      struct ll_str *ret)
{
    if (ll_json_peek(reader) != LL_JSON_STRING) {
        ll_json_skip(reader);
        return;
    }
    if (ll_json_string(reader, ret))
        row->named = row->named || ll_redact_is_name(r->redaction, *ret);
}

static void note_id(struct ll_redacting *r, struct ll_json *reader, struct row *row)
{
    struct ll_str text = {0};
    enum ll_json_kind kind = ll_json_scalar(reader, &text);
    if (kind == LL_JSON_ARRAY || kind == LL_JSON_OBJECT) {
        ll_json_skip(reader);
    } else if (kind == LL_JSON_STRING || kind == LL_JSON_NUMBER) {
        int64_t id;
        row->known = row->known || ll_str_to_i64(text, &id);
        row->gone = row->gone || ll_redact_id(r->redaction, text);
    }
}

/* Whose row it is. The bytes are one JSON object. */
static struct row judge(struct ll_redacting *r, struct ll_str bytes)
{
    struct row row = {0};
    struct ll_json reader = ll_json_reader(bytes, &r->arena);
    struct ll_str key;
    if (!ll_json_enter_object(&reader))
        return row;
    while (ll_json_next_key(&reader, &key)) {
        if (ll_str_equal(key, r->keys->id))
            note_id(r, &reader, &row);
        else if (ll_str_equal(key, r->keys->login))
            note_name(r, &reader, &row, &row.login);
        else if (ll_str_equal(key, r->keys->name))
            note_name(r, &reader, &row, &row.name);
        else
            ll_json_skip(&reader);
    }
    row.gone = row.gone || (row.named && !row.known);
    return row;
}

static void mask_string(struct ll_redacting *r, struct ll_json *reader)
{
    struct ll_str raw, value;
    struct ll_json copy = *reader;
    if (ll_json_peek(reader) != LL_JSON_STRING) {
        ll_json_skip(reader);
        return;
    }
    if (ll_json_capture(&copy, &raw) && ll_json_string(reader, &value))
        ll_redact_token(r, raw.ptr, raw.ptr + raw.len, value);
}

static void mask_value(struct ll_redacting *r, struct ll_json *reader)
{
    if (ll_json_peek(reader) != LL_JSON_ARRAY) {
        mask_string(r, reader);
        return;
    }
    ll_json_enter_array(reader);
    while (ll_json_next_item(reader))
        mask_string(r, reader);
}

static void mask_row(struct ll_redacting *r, struct ll_str bytes)
{
    struct ll_json reader = ll_json_reader(bytes, &r->arena);
    struct ll_str key;
    if (!ll_json_enter_object(&reader))
        return;
    while (ll_json_next_key(&reader, &key)) {
        bool is_text = false;
        for (size_t i = 0; i < LL_COUNT(r->keys->texts); i++)
            is_text = is_text || ll_str_equal(key, r->keys->texts[i]);
        if (is_text)
            mask_value(r, &reader);
        else
            ll_json_skip(&reader);
    }
}

static void tell(struct ll_redacting *r, struct ll_str name)
{
    if (r->redaction->met != NULL && name.len > 0)
        r->redaction->met(r->redaction->context, name);
}

/* --- lists of rows */

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* Where cuts stand in a list: so that what stays is a list again. */
struct list {
    const char *last_end;  /* of the row before; NULL at the first */
    const char *open_from; /* rows from here on are cut, and none before them stays */
    bool kept;             /* a row stays */
};

static void cut(struct ll_redacting *r, struct list *list, const char *from, const char *to)
{
    if (list->kept)
        ll_redact_edit(r, list->last_end, to, LL_STR(""));
    else if (list->open_from == NULL)
        list->open_from = from;
    r->counts.rows++;
}

/* What was cut at the start of the list ends here. */
static void close_cut(struct ll_redacting *r, struct list *list, const char *to)
{
    if (list->open_from != NULL)
        ll_redact_edit(r, list->open_from, to, LL_STR(""));
    list->open_from = NULL;
}

static void keep(struct ll_redacting *r, struct list *list, const char *from)
{
    close_cut(r, list, from);
    list->kept = true;
}

static void row_of_json(struct ll_redacting *r, struct list *list, struct ll_str bytes)
{
    ll_arena_reset(&r->arena);
    struct row row = judge(r, bytes);
    if (row.gone) {
        tell(r, row.login);
        tell(r, row.name);
        cut(r, list, bytes.ptr, bytes.ptr + bytes.len);
    } else {
        keep(r, list, bytes.ptr);
        if (r->redaction->name_count > 0)
            mask_row(r, bytes);
    }
}

/* The list whose '[' is at `at`. Returns past its ']', or `end` after damage. */
static const char *redact_list(struct ll_redacting *r, const char *at, const char *end)
{
    struct list list = {0};
    at = skip_space(at + 1, end);
    while (at < end && *at != ']') {
        struct ll_str bytes;
        struct ll_json reader = ll_json_reader((struct ll_str){at, (size_t)(end - at)}, &r->arena);
        const char *row_end = NULL;
        if (ll_json_capture(&reader, &bytes)) {
            row_end = at + bytes.len;
            row_of_json(r, &list, bytes);
        } else if ((row_end = ll_json_broken_end(at, end)) != NULL) {
            bytes = (struct ll_str){at, (size_t)(row_end - at)};
            if (ll_redact_mentions(r->redaction, r->table, bytes)) {
                cut(r, &list, at, row_end);
            } else {
                keep(r, &list, at);
                ll_redact_unreadable(r, bytes);
            }
        } else {
            close_cut(r, &list, at);
            ll_redact_unreadable(r, (struct ll_str){at, (size_t)(end - at)});
            return end;
        }
        list.last_end = row_end;
        at = skip_space(row_end, end);
        if (at < end && *at == ',')
            at = skip_space(at + 1, end);
        else
            break;
    }
    close_cut(r, &list, list.last_end);
    if (at < end && *at == ']')
        return at + 1;
    if (at < end)
        ll_redact_unreadable(r, (struct ll_str){at, (size_t)(end - at)});
    return end;
}

/* Strings of a value that holds no rows (an error's message, …), at any depth. */
static const char *redact_strings(struct ll_redacting *r, const char *at, const char *end)
{
    struct ll_str whole;
    struct ll_json reader = ll_json_reader((struct ll_str){at, (size_t)(end - at)}, &r->arena);
    if (!ll_json_capture(&reader, &whole)) {
        ll_redact_unreadable(r, (struct ll_str){at, (size_t)(end - at)});
        return end;
    }
    const char *stop = at + whole.len;
    while (r->redaction->name_count > 0 && at < stop) {
        struct ll_str token, value;
        if (*at != '"') {
            at++;
            continue;
        }
        struct ll_json string = ll_json_reader((struct ll_str){at, (size_t)(stop - at)}, &r->arena);
        struct ll_json copy = string;
        bool read = ll_json_capture(&copy, &token) && ll_json_string(&string, &value);
        assert(read); /* the whole has been checked */
        ll_redact_token(r, at, at + token.len, value);
        at += token.len;
    }
    return stop;
}

const char *ll_redact_records(struct ll_redacting *r, const char *at, const char *end)
{
    at = skip_space(at, end);
    if (at < end && *at == '[')
        return redact_list(r, at, end);
    if (at == end || *at != '{')
        return at < end ? redact_strings(r, at, end) : at;
    at = skip_space(at + 1, end);
    while (at < end && *at == '"') {
        struct ll_str key, raw;
        struct ll_json reader = ll_json_reader((struct ll_str){at, (size_t)(end - at)}, &r->arena);
        struct ll_json copy = reader;
        if (!ll_json_capture(&copy, &raw) || !ll_json_string(&reader, &key))
            break;
        bool is_data = ll_str_equal(key, LL_STR("data"));
        const char *colon = skip_space(at + raw.len, end);
        if (colon == end || *colon != ':')
            break;
        at = skip_space(colon + 1, end);
        at = is_data && at < end && *at == '[' ? redact_list(r, at, end)
                                               : redact_strings(r, at, end);
        at = skip_space(at, end);
        if (at < end && *at == ',')
            at = skip_space(at + 1, end);
        else if (at < end && *at == '}')
            return at + 1;
    }
    if (at < end && *at == '}')
        return at + 1;
    if (at < end)
        ll_redact_unreadable(r, (struct ll_str){at, (size_t)(end - at)});
    return end;
}

/* --- CSV */

struct csv_header {
    size_t count;
    int id, login, name;
    bool texts[CSV_COLUMNS_MAX];
};

static bool read_header(struct ll_redacting *r, struct ll_csv *csv, struct csv_header *ret)
{
    struct ll_str names[CSV_COLUMNS_MAX];
    struct ll_csv_line line;
    if (!ll_csv_next(csv, names, CSV_COLUMNS_MAX, &line) || line.field_count > CSV_COLUMNS_MAX)
        return false;
    *ret = (struct csv_header){.count = line.field_count, .id = -1, .login = -1, .name = -1};
    for (size_t c = 0; c < line.field_count; c++) {
        if (ll_str_equal(names[c], r->keys->id))
            ret->id = (int)c;
        else if (ll_str_equal(names[c], r->keys->login))
            ret->login = (int)c;
        else if (ll_str_equal(names[c], r->keys->name))
            ret->name = (int)c;
        for (size_t i = 0; i < LL_COUNT(r->keys->texts); i++)
            ret->texts[c] = ret->texts[c] || ll_str_equal(names[c], r->keys->texts[i]);
    }
    return ret->id >= 0;
}

/* The raw bytes of the next field of a well-formed record, quotes included. */
static struct ll_str next_raw_field(struct ll_str *rest)
{
    size_t at = 0;
    bool quoted = false;
    for (; at < rest->len && (quoted || rest->ptr[at] != ','); at++)
        quoted ^= rest->ptr[at] == '"';
    struct ll_str field = ll_str_sub(*rest, 0, at);
    *rest = ll_str_sub(*rest, at + 1, rest->len);
    return field;
}

/* Names hold no quotes and no commas, so that a field can be masked as it stands. */
static void mask_csv(struct ll_redacting *r, const struct csv_header *header, struct ll_str record)
{
    const struct ll_redaction *redaction = r->redaction;
    for (size_t c = 0; c < header->count; c++) {
        LL_AUTO(ll_buf_clear) struct ll_buf masked = {0};
        struct ll_str field = next_raw_field(&record);
        if (!header->texts[c] ||
            !ll_redact_text(redaction->names, redaction->name_count, field, &masked))
            continue;
        ll_redact_edit(r, field.ptr, field.ptr + field.len, ll_buf_str(&masked));
        r->counts.texts++;
    }
}

static bool is_gone_in_csv(struct ll_redacting *r, const struct csv_header *header,
                           const struct ll_str *fields)
{
    struct ll_str login = header->login >= 0 ? fields[header->login] : LL_STR("");
    struct ll_str name = header->name >= 0 ? fields[header->name] : LL_STR("");
    int64_t id;
    bool known = ll_str_to_i64(fields[header->id], &id);
    bool gone = ll_redact_id(r->redaction, fields[header->id]) ||
                (!known &&
                 (ll_redact_is_name(r->redaction, login) || ll_redact_is_name(r->redaction, name)));
    if (gone) {
        tell(r, login);
        tell(r, name);
    }
    return gone;
}

void ll_redact_csv(struct ll_redacting *r)
{
    struct ll_csv csv = ll_csv_reader(r->bytes, &r->arena);
    struct ll_str fields[CSV_COLUMNS_MAX];
    struct ll_csv_line line;
    struct csv_header header;
    if (!read_header(r, &csv, &header)) {
        ll_redact_unreadable(r, r->bytes);
        return;
    }
    while (ll_csv_next(&csv, fields, CSV_COLUMNS_MAX, &line)) {
        if (line.bad_quotes || line.field_count != header.count) {
            ll_redact_unreadable(r, line.record);
        } else if (is_gone_in_csv(r, &header, fields)) {
            ll_redact_edit(r, line.record.ptr, r->bytes.ptr + csv.at, LL_STR(""));
            r->counts.rows++;
        } else if (r->redaction->name_count > 0) {
            mask_csv(r, &header, line.record);
        }
    }
}

/* --- whole objects */

static void redact_json(struct ll_redacting *r)
{
    const char *at = r->bytes.ptr, *end = at + r->bytes.len;
    if (ll_str_starts_with(r->bytes, LL_STR("\xEF\xBB\xBF")))
        at += 3;
    at = skip_space(ll_redact_records(r, at, end), end);
    if (at < end)
        ll_redact_unreadable(r, (struct ll_str){at, (size_t)(end - at)});
}

static enum ll_status redact(struct ll_redacting *r, void (*walk)(struct ll_redacting *),
                             struct ll_redacted *ret)
{
    size_t len = r->out->len;
    *ret = (struct ll_redacted){0};
    if (r->keys == NULL || r->bytes.len == 0)
        return LL_OK;
    walk(r);
    *ret = r->counts;
    if (ret->rows + ret->texts + ret->requests > 0)
        ll_redact_rest(r);
    assert(ret->rows + ret->texts + ret->requests > 0 || r->out->len == len);
    (void)len;
    ll_arena_clear(&r->arena);
    return LL_OK;
}

enum ll_status ll_redact(const struct ll_redaction *redaction, enum ll_table table,
                         struct ll_str format, struct ll_str bytes, struct ll_buf *out,
                         struct ll_redacted *ret, struct ll_error *err)
{
    struct ll_redacting r = {.redaction = redaction,
                             .keys = ll_person_keys_of(table),
                             .table = table,
                             .bytes = bytes,
                             .out = out};
    if (ll_str_equal(format, LL_STR("envelope")))
        return redact(&r, ll_redact_envelope, ret);
    if (ll_str_equal(format, LL_STR("origin-json")))
        return redact(&r, redact_json, ret);
    if (ll_str_equal(format, LL_STR("origin-csv")))
        return redact(&r, ll_redact_csv, ret);
    return ll_fail(err, LL_INVALID, 0, "people cannot be taken out of the format \"%.*s\"",
                   LL_FMT(format));
}

enum ll_status ll_redact_body(const struct ll_redaction *redaction, enum ll_table table,
                              struct ll_str body, struct ll_buf *out, struct ll_redacted *ret,
                              struct ll_error *err)
{
    return ll_redact(redaction, table, LL_STR("origin-json"), body, out, ret, err);
}
