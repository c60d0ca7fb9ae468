/* Manifests as text, and names of things in a lake. */
#include <string.h>

#include "lake/manifest.h"
#include "support/check.h"

static struct ll_manifest sample(struct ll_manifest_object *object, struct ll_manifest_input *input)
{
    *object = (struct ll_manifest_object){
        .key = LL_STR(
            "raw/import-origin/streams/date=2025-12-30/run=20251230T014500Z/attempt=0001/a.zst"),
        .size_bytes = 12,
        .sha256 = ll_sha256_hex(ll_sha256_of(LL_STR("packed"))),
        .rows = -1,
        .format = LL_STR("origin-json"),
        .name = LL_STR("a \"quoted\" name\n.json"),
        .content_sha256 = ll_sha256_hex(ll_sha256_of(LL_STR("content"))),
        .content_bytes = 34,
    };
    *input = (struct ll_manifest_input){.id = LL_STR("20251230T014500Z"),
                                        .generation = 3,
                                        .sha256 = ll_sha256_hex(ll_sha256_of(LL_STR("input")))};
    return (struct ll_manifest){
        .layer = LL_LAYER_RAW,
        .id = ll_id_run(1767059100),
        .day = ll_day_of(1767059100),
        .generation = 2,
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR("import-origin"),
        .resource = LL_STR("streams"),
        .slot_s = 1767059100,
        .cadence_s = 900,
        .status = LL_RUN_PARTIAL,
        .attempt = 1,
        .started_ms = 1,
        .finished_ms = 2,
        .sweep_coverage = 0.5,
        .counts = {.pages = 1, .rows_in = 9, .rows_out = 8, .duplicates = 1, .viewers = 77},
        .objects = object,
        .object_count = 1,
        .inputs = input,
        .input_count = 1,
    };
}

static void text_round_trips(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_manifest_input input;
    struct ll_manifest m = sample(&object, &input), back = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0}, again = {0};
    ll_manifest_serialize(&m, &text);
    assert_status(LL_OK, ll_manifest_parse(ll_buf_str(&text), &back, &err), &err);
    ll_manifest_serialize(&back, &again);
    assert_int_equal(text.len, again.len);
    assert_memory_equal(text.ptr, again.ptr, text.len);
    assert_true(ll_str_equal(back.objects[0].name, object.name));
    assert_int_equal(back.counts.viewers, 77);
    assert_int_equal(back.inputs[0].generation, 3);
    ll_manifest_clear(&back);
}

/* Absent when there is nothing to say, so that older manifests are the same bytes; cut between two
 * characters when it is long. */
static void a_run_says_why(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_manifest_input input;
    struct ll_manifest m = sample(&object, &input), back;
    char many[LL_RUN_WHY_MAX + 10];
    for (size_t i = 0; i + 2 < sizeof(many); i += 2)
        memcpy(&many[i + 1], "\xC3\xA4", 2);
    many[0] = 'x';
    const struct ll_str long_one = {many, sizeof(many) - 1};
    const struct {
        struct ll_str why;
        size_t len;
    } cases[] = {{LL_STR(""), 0},
                 {LL_STR("\"no\" route\n"), 11},
                 {ll_str_sub(long_one, 0, LL_RUN_WHY_MAX - 1), LL_RUN_WHY_MAX - 1},
                 {long_one, LL_RUN_WHY_MAX - 1}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
        m.why = cases[i].why;
        ll_manifest_serialize(&m, &text);
        assert_status(LL_OK, ll_manifest_parse(ll_buf_str(&text), &back, &err), &err);
        assert_true(ll_str_equal(back.why, ll_str_sub(cases[i].why, 0, cases[i].len)));
        ll_buf_add_char(&text, '\0');
        assert_true((strstr(text.ptr, "\"why\"") != NULL) == (cases[i].len > 0));
        ll_manifest_clear(&back);
    }
}

static void every_cut_text_is_corrupt(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_manifest_input input;
    struct ll_manifest m = sample(&object, &input), back;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_manifest_serialize(&m, &text);
    for (size_t len = 0; len + 2 < text.len; len++)
        assert_status(LL_CORRUPT, ll_manifest_parse((struct ll_str){text.ptr, len}, &back, &err),
                      &err);
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_manifest_input input;
    struct ll_manifest m = sample(&object, &input), back;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    m.schema = LL_MANIFEST_SCHEMA + 1;
    ll_manifest_serialize(&m, &text);
    assert_status(LL_UNSUPPORTED, ll_manifest_parse(ll_buf_str(&text), &back, &err), &err);
    assert_non_null(strstr(err.message, "upgrade livelake"));
}

static void numbers_out_of_bounds_are_corrupt(void **state)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"\"rows_in\":9,", "\"rows_in\":-9,"},
        {"\"rows_in\":9,", "\"rows_in\":9223372036854775807,"},
        {"\"slot\":1767059100,", "\"slot\":9223372036854775807,"},
        {"\"slot\":1767059100,", "\"slot\":-1,"},
        {"\"started_ms\":1,", "\"started_ms\":9223372036854775807,"},
        {"\"finished_ms\":2,", "\"finished_ms\":-1,"},
        {"\"cadence_s\":900,", "\"cadence_s\":86401,"},
        {"\"size\":12}", "\"size\":-12}"},
    };
    (void)state;
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_manifest_input input;
    struct ll_manifest m = sample(&object, &input), back;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_manifest_serialize(&m, &text);
    for (size_t i = 0; i < LL_COUNT(changes); i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf changed = {0};
        struct ll_str whole = ll_buf_str(&text), from = ll_str_of(changes[i].from);
        const char *at = memmem(whole.ptr, whole.len, from.ptr, from.len);
        assert_non_null(at);
        size_t offset = (size_t)(at - whole.ptr);
        ll_buf_add(&changed, ll_str_sub(whole, 0, offset));
        ll_buf_add(&changed, ll_str_of(changes[i].to));
        ll_buf_add(&changed, ll_str_sub(whole, offset + from.len, whole.len));
        assert_status(LL_CORRUPT, ll_manifest_parse(ll_buf_str(&changed), &back, &err), &err);
    }
}

static void generations_are_limited(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_manifest_input input;
    struct ll_manifest m = sample(&object, &input);
    struct ll_sha256_text sha256;
    struct ll_store *store = ll_store_mem_new();
    m.generation = LL_GENERATION_MAX;
    assert_status(LL_OK, ll_manifest_put(store, &m, &sha256, &err), &err);
    m.generation++;
    assert_status(LL_LIMIT, ll_manifest_put(store, &m, &sha256, &err), &err);
    ll_store_free(store);
}

static void keys_parse_back(void **state)
{
    static const char *const strangers[] = {
        "",
        "manifests/raw/2025-12-30/",
        "manifests/raw/2025-12-30/x.json",
        "manifests/raw/1969-12-31/x.g0001.json",
        "manifests/raw/2025-13-30/x.g0001.json",
        "manifests/raw/2025-12-30/x.g0000.json",
        "manifests/raw/2025-12-30/x.g001.json",
        "manifests/raw/2025-12-30/.g0001.json",
        "other/raw/2025-12-30/x.g0001.json",
    };
    (void)state;
    int32_t day;
    int generation;
    struct ll_id id;
    struct ll_key key = ll_key_manifest(LL_LAYER_HISTORY, 20452, "2025-12-30", 12);
    assert_string_equal(key.c, "manifests/history/2025-12-30/2025-12-30.g0012.json");
    assert_true(ll_key_manifest_parse(ll_str_of(key.c), &day, &id, &generation));
    assert_int_equal(day, 20452);
    assert_string_equal(id.c, "2025-12-30");
    assert_int_equal(generation, 12);
    for (size_t i = 0; i < LL_COUNT(strangers); i++)
        assert_false(ll_key_manifest_parse(ll_str_of(strangers[i]), &day, &id, &generation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trips),
        cmocka_unit_test(a_run_says_why),
        cmocka_unit_test(every_cut_text_is_corrupt),
        cmocka_unit_test(a_newer_schema_is_refused),
        cmocka_unit_test(numbers_out_of_bounds_are_corrupt),
        cmocka_unit_test(generations_are_limited),
        cmocka_unit_test(keys_parse_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
