/* The records of our own raw layer: see envelope.h. */
#include <assert.h>

#include "source/decoder_internal.h"
#include "source/envelope_internal.h"

static void not_an_answer(struct ll_decoder *d, struct ll_str line)
{
    ll_quarantine(d, ll_position_outside(d), LL_REASON_NOT_ANSWER, line);
}

static void damaged_from(struct ll_decoder *d, struct ll_str line, const char *at)
{
    struct ll_str rest = {at, (size_t)(line.ptr + line.len - at)};
    ll_quarantine_damaged(d, ll_position_outside(d), (size_t)(at - d->part->bytes.ptr), rest);
}

static bool has_records(const struct ll_envelope_line *line)
{
    return line->answer.status >= 200 && line->answer.status <= 299;
}

static void note_received(struct ll_decoder *d, const struct ll_envelope_answer *answer)
{
    d->received_known = answer->received_known;
    d->received_us = answer->received_ms * 1000;
}

/* A body that was kept aside: it came before the status, or was no JSON on one line. */
static void decode_body(struct ll_decoder *d, const struct ll_record_format *format,
                        const struct ll_envelope_line *line)
{
    struct ll_str body = line->answer.body;
    struct ll_json check = ll_json_reader(body, NULL);
    if (line->kind != LL_ENVELOPE_JSON && !(ll_json_skip(&check) && ll_json_done(&check))) {
        ll_quarantine(d, ll_position_outside(d), LL_REASON_BODY_NOT_JSON, body);
        return;
    }
    struct ll_cursor c = {body.ptr, body.ptr, body.ptr + body.len};
    note_received(d, &line->answer);
    bool whole = ll_json_records(d, format, &c);
    assert(whole); /* it has been checked */
}

/* The body whose value comes next, read only once: the usual order. */
static bool decode_in_place(struct ll_decoder *d, const struct ll_record_format *format,
                            struct ll_json *reader, const struct ll_envelope_answer *answer)
{
    struct ll_cursor c = {d->part->bytes.ptr, reader->at, reader->end};
    note_received(d, answer);
    if (!ll_json_records(d, format, &c))
        return false;
    reader->at = c.at;
    return true;
}

static void decode_line(struct ll_decoder *d, const struct ll_record_format *format,
                        struct ll_str text)
{
    struct ll_envelope_line line = {0};
    struct ll_json reader = ll_json_reader(text, &d->part_arena);
    struct ll_str key;
    bool decoded = false;
    bool good = ll_json_enter_object(&reader);
    while (good && ll_json_next_key(&reader, &key)) {
        bool here = line.status_known && line.answer.received_known && has_records(&line) &&
                    ll_str_equal(key, LL_STR("body"));
        if (!here)
            good = ll_envelope_take(&reader, key, &line);
        else if (decode_in_place(d, format, &reader, &line.answer))
            decoded = true;
        else
            return;
    }
    if (reader.error != NULL || (good && !ll_json_done(&reader)))
        damaged_from(d, text, reader.start + reader.error_offset);
    else if (!good || !line.status_known)
        not_an_answer(d, text);
    else if (has_records(&line) && line.kind != LL_ENVELOPE_NO_BODY)
        decode_body(d, format, &line);
    else if (has_records(&line) && !decoded)
        not_an_answer(d, text);
}

void ll_envelope_decode(struct ll_decoder *d, const struct ll_record_format *format)
{
    struct ll_str rest = d->part->bytes, line;
    while (ll_str_split(&rest, '\n', &line))
        if (ll_str_trim(line).len > 0)
            decode_line(d, format, line);
    d->received_known = false;
}
