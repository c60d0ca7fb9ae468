#include "source/envelope.h"

#include "base/time.h"
#include "codec/base64.h"
#include "source/envelope_internal.h"

/* True when the bytes can stand in a line as they are. */
static bool is_one_line_json(struct ll_str body)
{
    struct ll_str value;
    struct ll_json reader = ll_json_reader(body, NULL);
    reader.depth = 1; /* as it will stand in the line */
    return ll_str_find(body, '\n', 0) == body.len && ll_str_find(body, '\r', 0) == body.len &&
           ll_str_is_utf8(body) && ll_json_capture(&reader, &value) && value.len == body.len;
}

static void add_body(struct ll_buf *out, struct ll_str body)
{
    if (is_one_line_json(body)) {
        ll_buf_add(out, LL_STR(",\"body\":"));
        ll_buf_add(out, body);
    } else if (ll_str_is_utf8(body)) {
        ll_buf_add(out, LL_STR(",\"body_text\":"));
        ll_buf_add_json_string(out, body);
    } else {
        ll_buf_add(out, LL_STR(",\"body_b64\":\""));
        ll_base64_add(out, body);
        ll_buf_add_char(out, '"');
    }
}

void ll_envelope_add(struct ll_buf *out, const struct ll_envelope *e)
{
    ll_buf_add(out, LL_STR("{\"request\":{\"method\":"));
    ll_buf_add_json_string(out, e->method);
    ll_buf_add(out, LL_STR(",\"path\":"));
    ll_buf_add_json_string(out, e->target);
    if (e->request_body.len > 0) {
        ll_buf_add(out, LL_STR(",\"body\":"));
        ll_buf_add_json_string(out, e->request_body);
    }
    ll_buf_printf(out, "},\"status\":%d,\"received_at\":\"%s\",\"headers\":{", e->status,
                  ll_stamp_format_ms(e->received_ms).c);
    for (size_t i = 0; i < e->header_count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        ll_buf_add_json_string(out, e->headers[i].name);
        ll_buf_add_char(out, ':');
        ll_buf_add_json_string(out, e->headers[i].value);
    }
    ll_buf_add_char(out, '}');
    add_body(out, e->body);
    ll_buf_add(out, LL_STR("}\n"));
}

static bool take_status(struct ll_json *reader, struct ll_envelope_line *line)
{
    struct ll_str literal;
    line->status_known =
        ll_json_number(reader, &literal) && ll_str_to_i64(literal, &line->answer.status);
    return line->status_known;
}

/* A time that cannot be read is not known; the answer is one all the same. */
static bool take_received(struct ll_json *reader, struct ll_envelope_line *line)
{
    struct ll_str text;
    if (ll_json_peek(reader) != LL_JSON_STRING)
        return ll_json_skip(reader);
    line->answer.received_known =
        ll_json_string(reader, &text) && ll_stamp_parse(text, &line->answer.received_ms);
    return reader->error == NULL;
}

static bool take_bytes(struct ll_json *reader, struct ll_envelope_line *line)
{
    struct ll_str text;
    line->kind = LL_ENVELOPE_BYTES;
    return ll_json_string(reader, &text) &&
           ll_base64_decode(reader->arena, text, &line->answer.body);
}

bool ll_envelope_take(struct ll_json *reader, struct ll_str key, struct ll_envelope_line *line)
{
    if (ll_str_equal(key, LL_STR("status")))
        return take_status(reader, line);
    if (ll_str_equal(key, LL_STR("received_at")))
        return take_received(reader, line);
    if (ll_str_equal(key, LL_STR("body"))) {
        line->kind = LL_ENVELOPE_JSON;
        return ll_json_capture(reader, &line->answer.body);
    }
    if (ll_str_equal(key, LL_STR("body_text"))) {
        line->kind = LL_ENVELOPE_TEXT;
        return ll_json_string(reader, &line->answer.body);
    }
    if (ll_str_equal(key, LL_STR("body_b64")))
        return take_bytes(reader, line);
    return ll_json_skip(reader);
}

enum ll_status ll_envelope_read(struct ll_str text, struct ll_arena *arena,
                                struct ll_envelope_answer *ret, struct ll_error *err)
{
    struct ll_envelope_line line = {0};
    struct ll_json reader = ll_json_reader(text, arena);
    struct ll_str key;
    bool good = ll_json_enter_object(&reader);
    while (good && ll_json_next_key(&reader, &key))
        good = ll_envelope_take(&reader, key, &line);
    if (!good || !ll_json_done(&reader))
        return ll_fail(err, LL_CORRUPT, 0, "not an answer: %s at byte %zu",
                       reader.error != NULL ? reader.error : "unexpected value",
                       reader.error != NULL ? reader.error_offset
                                            : (size_t)(reader.at - reader.start));
    if (!line.status_known || line.kind == LL_ENVELOPE_NO_BODY)
        return ll_fail(err, LL_CORRUPT, 0, "not an answer: without status or body");
    *ret = line.answer;
    return LL_OK;
}
