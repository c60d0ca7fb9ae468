/* The lines of our own raw layer; see redact.h. */
#include "codec/base64.h"
#include "source/redact_internal.h"

/* --- requests */

static bool names_people(const struct ll_person_keys *keys, struct ll_str name, bool *ret_is_id)
{
    *ret_is_id = ll_str_equal(name, keys->id);
    return *ret_is_id || ll_str_equal(name, keys->login);
}

bool ll_redact_target(const struct ll_redaction *redaction, enum ll_table table,
                      struct ll_str target, struct ll_buf *out)
{
    const struct ll_person_keys *keys = ll_person_keys_of(table);
    size_t query = ll_str_find(target, '?', 0), start = out->len;
    bool changed = false;
    if (keys == NULL || query == target.len)
        return false;
    struct ll_str rest = ll_str_sub(target, query + 1, target.len), part;
    ll_buf_add(out, ll_str_sub(target, 0, query));
    for (char before = '?'; ll_str_split(&rest, '&', &part); before = '&') {
        size_t equals = ll_str_find(part, '=', 0);
        struct ll_str value = ll_str_sub(part, equals + 1, part.len);
        bool is_id, named = names_people(keys, ll_str_sub(part, 0, equals), &is_id);
        bool gone =
            named && (is_id ? ll_redact_id(redaction, value) : ll_redact_is_name(redaction, value));
        ll_buf_add_char(out, before);
        ll_buf_add(out, gone ? ll_str_sub(part, 0, equals + 1) : part);
        for (size_t i = 0; gone && i < value.len; i++)
            ll_buf_add_char(out, '*');
        changed |= gone;
    }
    if (!changed)
        out->len = start;
    return changed;
}

/* The request's object comes next; its path is masked where it stands. */
static void redact_request(struct ll_redacting *r, struct ll_json *reader)
{
    struct ll_str key, raw, path;
    if (ll_json_peek(reader) != LL_JSON_OBJECT) {
        ll_json_skip(reader);
        return;
    }
    ll_json_enter_object(reader);
    while (ll_json_next_key(reader, &key)) {
        struct ll_json copy = *reader;
        if (!ll_str_equal(key, LL_STR("path")) || ll_json_peek(reader) != LL_JSON_STRING) {
            ll_json_skip(reader);
            continue;
        }
        LL_AUTO(ll_buf_clear) struct ll_buf target = {0}, token = {0};
        if (!ll_json_capture(&copy, &raw) || !ll_json_string(reader, &path) ||
            !ll_redact_target(r->redaction, r->table, path, &target))
            continue;
        ll_buf_add_json_string(&token, ll_buf_str(&target));
        ll_redact_edit(r, raw.ptr, raw.ptr + raw.len, ll_buf_str(&token));
        r->counts.requests++;
    }
}

/* --- bodies that were kept aside */

static void redact_aside(struct ll_redacting *r, struct ll_json *reader, bool is_text)
{
    struct ll_str raw, value, body;
    struct ll_json copy = *reader;
    LL_AUTO(ll_buf_clear) struct ll_buf out = {0}, token = {0};
    if (ll_json_peek(reader) != LL_JSON_STRING) {
        ll_json_skip(reader);
        return;
    }
    if (!ll_json_capture(&copy, &raw) || !ll_json_string(reader, &value))
        return;
    if (is_text)
        body = value;
    else if (!ll_base64_decode(&r->arena, value, &body))
        return;
    struct ll_error ignored; /* the format is known */
    struct ll_redacted counts;
    if (ll_redact_body(r->redaction, r->table, body, &out, &counts, &ignored) != LL_OK ||
        counts.rows + counts.texts == 0)
        return;
    if (is_text) {
        ll_buf_add_json_string(&token, ll_buf_str(&out));
    } else {
        ll_buf_add_char(&token, '"');
        ll_base64_add(&token, ll_buf_str(&out));
        ll_buf_add_char(&token, '"');
    }
    ll_redact_edit(r, raw.ptr, raw.ptr + raw.len, ll_buf_str(&token));
    r->counts.rows += counts.rows;
    r->counts.texts += counts.texts;
}

/* --- lines */

static bool is_line(struct ll_str line)
{
    struct ll_json check = ll_json_reader(line, NULL);
    return ll_json_peek(&check) == LL_JSON_OBJECT && ll_json_skip(&check) && ll_json_done(&check);
}

/* What is kept of a line lives until its end: body and key in the arena of a reader of their own.
 */
static void redact_line(struct ll_redacting *r, struct ll_str line)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_json reader = ll_json_reader(line, &arena);
    struct ll_str key, value;
    ll_json_enter_object(&reader);
    while (ll_json_next_key(&reader, &key)) {
        if (ll_str_equal(key, LL_STR("request"))) {
            redact_request(r, &reader);
        } else if (ll_str_equal(key, LL_STR("body"))) {
            if (ll_json_capture(&reader, &value))
                ll_redact_records(r, value.ptr, value.ptr + value.len);
        } else if (ll_str_equal(key, LL_STR("body_text"))) {
            redact_aside(r, &reader, true);
        } else if (ll_str_equal(key, LL_STR("body_b64"))) {
            redact_aside(r, &reader, false);
        } else {
            ll_json_skip(&reader);
        }
    }
}

void ll_redact_envelope(struct ll_redacting *r)
{
    struct ll_str rest = r->bytes, line;
    while (ll_str_split(&rest, '\n', &line)) {
        ll_arena_reset(&r->arena);
        if (line.len > 0 && is_line(line))
            redact_line(r, line);
        else if (line.len > 0)
            ll_redact_unreadable(r, line);
    }
}
