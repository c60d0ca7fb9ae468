/* Text forms of base: what parses is printed and parses back to the same value; a JSON string that
 * we write reads back as the same text, repaired to UTF-8. */
#include "fuzz.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/time.h"
#include "codec/json.h"

static void check_times(struct ll_str s)
{
    int64_t value, again;
    int32_t day, same_day;
    if (ll_run_id_parse(s, &value)) {
        struct ll_run_id id = ll_run_id_of(value);
        assert(ll_str_equal(ll_str_of(id.c), s));
    }
    if (ll_date_parse(s, &day)) {
        struct ll_date_text date = ll_date_format(day);
        assert(ll_date_parse(ll_str_of(date.c), &same_day) && same_day == day);
    }
    if (ll_stamp_parse(s, &value)) {
        struct ll_stamp_text stamp = ll_stamp_format_ms(value);
        assert(ll_stamp_parse(ll_str_of(stamp.c), &again) && again == value);
    }
    if (ll_duration_parse(s, &value))
        assert(value > 0);
}

static void check_numbers(struct ll_str s)
{
    int64_t i;
    uint64_t u;
    double f;
    char text[32];
    if (ll_str_to_i64(s, &i)) {
        int64_t again;
        snprintf(text, sizeof text, "%" PRId64, i);
        assert(ll_str_to_i64(ll_str_of(text), &again) && again == i);
    }
    if (ll_str_to_u64(s, &u)) {
        uint64_t again;
        snprintf(text, sizeof text, "%" PRIu64, u);
        assert(ll_str_to_u64(ll_str_of(text), &again) && again == u);
    }
    if (ll_str_to_f64(s, &f) && isfinite(f)) {
        struct ll_buf printed = {0};
        double again;
        ll_buf_add_f64(&printed, f);
        assert(ll_str_to_f64(ll_buf_str(&printed), &again) && again == f);
        ll_buf_clear(&printed);
    }
}

static void check_json_string(struct ll_str s)
{
    struct ll_buf quoted = {0};
    ll_buf_add_json_string(&quoted, s);
    assert(ll_str_is_utf8(ll_buf_str(&quoted)));
    struct ll_arena arena = {0};
    struct ll_json reader = ll_json_reader(ll_buf_str(&quoted), &arena);
    struct ll_str read;
    assert(ll_json_string(&reader, &read) && ll_json_done(&reader));
    assert(reader.repaired == 0);
    assert(ll_str_is_utf8(read));
    assert(ll_str_is_utf8(s) == ll_str_equal(s, read));
    ll_arena_clear(&arena);
    ll_buf_clear(&quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ll_str s = {(const char *)data, size};
    check_times(s);
    check_numbers(s);
    check_json_string(s);
    return 0;
}
