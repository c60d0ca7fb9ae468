#include "codec/json_oracle.h"

#include <string.h>

#include <jansson.h>

static void add_double(struct ll_buf *out, double value)
{
    ll_buf_add_f64(out, value);
    ll_buf_add_char(out, 'f'); /* 1 and 1.0 are two things to jansson */
}

static void add_number(struct ll_buf *out, struct ll_str literal)
{
    int64_t integer;
    double real;
    if (ll_str_to_i64(literal, &integer))
        ll_buf_printf(out, "%lld", (long long)integer);
    else if (ll_str_to_f64(literal, &real))
        add_double(out, real);
    else
        ll_buf_add(out, literal);
}

static void canon_value(struct ll_json *r, struct ll_buf *out);

static void canon_object(struct ll_json *r, struct ll_buf *out)
{
    struct ll_str key;
    const char *separator = "{";
    ll_json_enter_object(r);
    while (ll_json_next_key(r, &key)) {
        ll_buf_printf(out, "%s", separator);
        ll_buf_add_json_string(out, key);
        ll_buf_add_char(out, ':');
        canon_value(r, out);
        separator = ",";
    }
    ll_buf_printf(out, "%s", *separator == '{' ? "{}" : "}");
}

static void canon_array(struct ll_json *r, struct ll_buf *out)
{
    const char *separator = "[";
    ll_json_enter_array(r);
    while (ll_json_next_item(r)) {
        ll_buf_printf(out, "%s", separator);
        canon_value(r, out);
        separator = ",";
    }
    ll_buf_printf(out, "%s", *separator == '[' ? "[]" : "]");
}

static void canon_value(struct ll_json *r, struct ll_buf *out)
{
    struct ll_str text;
    bool value;
    switch (ll_json_peek(r)) {
    case LL_JSON_NONE:
        ll_json_skip(r);
        break;
    case LL_JSON_NULL:
        if (ll_json_null(r))
            ll_buf_add(out, LL_STR("null"));
        break;
    case LL_JSON_FALSE:
    case LL_JSON_TRUE:
        if (ll_json_bool(r, &value))
            ll_buf_add(out, value ? LL_STR("true") : LL_STR("false"));
        break;
    case LL_JSON_NUMBER:
        if (ll_json_number(r, &text))
            add_number(out, text);
        break;
    case LL_JSON_STRING:
        if (ll_json_string(r, &text))
            ll_buf_add_json_string(out, text);
        break;
    case LL_JSON_ARRAY:
        canon_array(r, out);
        break;
    case LL_JSON_OBJECT:
        canon_object(r, out);
        break;
    }
}

struct ll_json json_canon(struct ll_str text, struct ll_buf *out)
{
    struct ll_arena arena = {0};
    struct ll_json reader = ll_json_reader(text, &arena);
    canon_value(&reader, out);
    ll_json_done(&reader);
    ll_arena_clear(&arena);
    reader.arena = NULL;
    return reader;
}

static void canon_jansson(json_t *value, struct ll_buf *out)
{
    const char *separator;
    switch (json_typeof(value)) {
    case JSON_NULL:
        ll_buf_add(out, LL_STR("null"));
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        ll_buf_add(out, json_is_true(value) ? LL_STR("true") : LL_STR("false"));
        break;
    case JSON_INTEGER:
        ll_buf_printf(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        add_double(out, json_real_value(value));
        break;
    case JSON_STRING:
        ll_buf_add_json_string(
            out, (struct ll_str){json_string_value(value), json_string_length(value)});
        break;
    case JSON_ARRAY:
        ll_buf_add_char(out, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                ll_buf_add_char(out, ',');
            canon_jansson(json_array_get(value, i), out);
        }
        ll_buf_add_char(out, ']');
        break;
    case JSON_OBJECT:
        separator = "";
        ll_buf_add_char(out, '{');
        for (void *at = json_object_iter(value); at != NULL;
             at = json_object_iter_next(value, at)) {
            ll_buf_printf(out, "%s", separator);
            ll_buf_add_json_string(out, ll_str_of(json_object_iter_key(at)));
            ll_buf_add_char(out, ':');
            canon_jansson(json_object_iter_value(at), out);
            separator = ",";
        }
        ll_buf_add_char(out, '}');
        break;
    }
}

/* Whether jansson refused for a reason that is none to a reader: numbers are kept as literals here,
 * and both copies of a key are shown. */
static bool is_stricter(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
    case json_error_null_byte_in_key:
    case json_error_numeric_overflow:
        return true;
    default:
        return false;
    }
}

static const char *against_jansson(struct ll_str text, const struct ll_json *reader,
                                   const struct ll_buf *ours)
{
    bool too_deep = reader->error != NULL && strcmp(reader->error, "nested too deeply") == 0;
    /* jansson takes a NUL byte outside strings for the end of the text. */
    bool at_nul = reader->error != NULL && reader->error_offset < text.len &&
                  text.ptr[reader->error_offset] == '\0';
    json_error_t error;
    json_t *value = json_loadb(text.len > 0 ? text.ptr : "", text.len,
                               JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        bool mended = reader->repaired > 0; /* jansson refuses ill-formed UTF-8 */
        return reader->error == NULL && !mended && !is_stricter(&error)
                   ? "accepted what jansson refuses"
                   : NULL;
    }
    const char *found = NULL;
    struct ll_buf theirs = {0};
    canon_jansson(value, &theirs);
    if (too_deep || at_nul)
        found = NULL;
    else if (reader->error != NULL)
        found = "refused what jansson accepts";
    else if (reader->repaired > 0)
        found = "repaired what jansson accepts";
    else if (!ll_str_equal(ll_buf_str(ours), ll_buf_str(&theirs)))
        found = "read another value than jansson";
    ll_buf_clear(&theirs);
    json_decref(value);
    return found;
}

const char *json_disagreement(struct ll_str text)
{
    struct ll_buf ours = {0};
    struct ll_json read = json_canon(text, &ours);
    struct ll_json skipped = ll_json_reader(text, NULL);
    struct ll_str captured = {0};
    bool whole = ll_json_capture(&skipped, &captured) && ll_json_done(&skipped);
    const char *found = NULL;
    if (whole != (read.error == NULL))
        found = "skipping and reading disagree";
    else if (!whole && (skipped.error_offset != read.error_offset || skipped.error != read.error))
        found = "skipping and reading fail at different places";
    else if (whole && !ll_str_equal(ll_str_trim(text), captured))
        found = "captured other bytes than the value's";
    else if (!ll_str_is_utf8(ll_buf_str(&ours)))
        found = "gave ill-formed UTF-8";
    else
        found = against_jansson(text, &read, &ours);
    ll_buf_clear(&ours);
    return found;
}
