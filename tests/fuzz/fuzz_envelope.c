/* Envelopes. Any bytes as a body come back byte for byte from a line that is one line and JSON; any
 * bytes as a line are read or refused, and what a line's body holds is what the decoder sees: a
 * record comes out of it or goes to quarantine, never an error. */
#include "fuzz.h"

#include <assert.h>

#include "codec/json.h"
#include "source/decoder.h"
#include "source/envelope.h"

static int64_t decode(struct ll_str line)
{
    struct ll_error err;
    struct ll_decoded decoded;
    struct ll_decoder *decoder =
        ll_decoder_new(&(struct ll_decoder_options){.table = LL_TABLE_TERM});
    struct ll_raw_part part = {LL_STR("raw/fuzz"), LL_STR("envelope"), line};
    assert(ll_decoder_add(decoder, &part, &err) == LL_OK);
    assert(ll_decoder_finish(decoder, &decoded, &err) == LL_OK);
    int64_t rows_in = decoded.counts.rows_in;
    ll_decoder_free(decoder);
    ll_decoded_clear(&decoded);
    return rows_in;
}

static void check_round_trip(struct ll_str body)
{
    struct ll_error err;
    struct ll_arena arena = {0};
    struct ll_buf line = {0};
    struct ll_envelope_answer answer;
    const struct ll_envelope_header header = {LL_STR("date"), LL_STR("\"\n\xC2\x80")};
    ll_envelope_add(&line, &(struct ll_envelope){.method = LL_STR("POST"),
                                                 .target = LL_STR("/v4/genres"),
                                                 .request_body = LL_STR("f name;"),
                                                 .status = 200,
                                                 .received_ms = 1700000000123,
                                                 .headers = &header,
                                                 .header_count = 1,
                                                 .body = body});
    assert(ll_str_find(ll_buf_str(&line), '\n', 0) == line.len - 1);
    assert(ll_str_is_utf8(ll_buf_str(&line)));
    struct ll_json reader = ll_json_reader(ll_buf_str(&line), NULL);
    assert(ll_json_skip(&reader) && ll_json_done(&reader));
    assert(ll_envelope_read(ll_buf_str(&line), &arena, &answer, &err) == LL_OK);
    assert(answer.status == 200 && answer.received_known && answer.received_ms == 1700000000123);
    assert(ll_str_equal(answer.body, body));
    (void)decode(ll_buf_str(&line));
    ll_arena_clear(&arena);
    ll_buf_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ll_str bytes = {(const char *)data, size};
    struct ll_error err;
    struct ll_arena arena = {0};
    struct ll_envelope_answer answer;
    check_round_trip(bytes);
    if (ll_envelope_read(bytes, &arena, &answer, &err) == LL_OK &&
        ll_str_find(bytes, '\n', 0) == size && (answer.status < 200 || answer.status > 299))
        assert(decode(bytes) == 0);
    assert(decode(bytes) >= 0);
    ll_arena_clear(&arena);
    return 0;
}
