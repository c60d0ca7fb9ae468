/* The JSON reader: visiting every value by hand and skipping the document as a whole agree on
 * whether it is JSON; a captured value is JSON by itself; every string read is UTF-8; what jansson
 * accepts is read as the same document, and what it refuses is refused. */
#include "fuzz.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "codec/json.h"
#include "codec/json_oracle.h"

#define NUMBER_MAX 1000 /* bytes that ll_str_to_f64 reads */

/* What the grammar takes for a number, the parser of numbers takes too, unless it is out of range.
 */
static void check_number(struct ll_str literal, struct ll_arena *arena)
{
    double value;
    if (literal.len <= NUMBER_MAX && isfinite(strtod(ll_arena_cstr(arena, literal), NULL)))
        assert(ll_str_to_f64(literal, &value));
}

static void visit(struct ll_json *reader)
{
    struct ll_str text;
    bool truth;
    switch (ll_json_peek(reader)) {
    case LL_JSON_OBJECT:
        if (ll_json_enter_object(reader))
            while (ll_json_next_key(reader, &text)) {
                assert(ll_str_is_utf8(text));
                visit(reader);
            }
        break;
    case LL_JSON_ARRAY:
        if (ll_json_enter_array(reader))
            while (ll_json_next_item(reader))
                visit(reader);
        break;
    case LL_JSON_STRING:
        if (ll_json_string(reader, &text))
            assert(ll_str_is_utf8(text));
        break;
    case LL_JSON_NUMBER:
        if (ll_json_number(reader, &text))
            check_number(text, reader->arena);
        break;
    case LL_JSON_TRUE:
    case LL_JSON_FALSE:
        if (ll_json_bool(reader, &truth))
            assert(truth == true || truth == false);
        break;
    default:
        (void)ll_json_null(reader);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ll_str text = {(const char *)data, size};
    struct ll_arena arena = {0};
    struct ll_json by_hand = ll_json_reader(text, &arena);
    visit(&by_hand);
    bool good = ll_json_done(&by_hand);
    assert(good == (by_hand.error == NULL));
    assert(by_hand.error_offset <= size);

    struct ll_json whole = ll_json_reader(text, &arena);
    struct ll_str value;
    bool captured = ll_json_capture(&whole, &value);
    assert((captured && ll_json_done(&whole)) == good);
    if (captured) {
        struct ll_json again = ll_json_reader(value, &arena);
        assert(ll_json_skip(&again) && ll_json_done(&again));
    }
    ll_arena_clear(&arena);

    const char *disagreement = json_disagreement(text);
    assert(disagreement == NULL);
    return 0;
}
