/* What retention drops, what it leaves, and that nothing of it is taken for damage or made again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "pipeline/retention.h"
#include "support/check.h"
#include "support/fault_store.h"

#define DAY 20518 /* 2026-03-06, the capture's first; the clock stands at 2026-06-01 */
#define DAYS 3
#define FREE_SLOT_S 1772812800LL /* 2026-03-06 16:00: the capture has none */
#define RUNS 15
#define DUMPS 6
#define SOON LL_DAY_S
#define NEVER 0

static void settle(struct world *w)
{
    struct ll_error err;
    assert_status(LL_OK, world_settle(w, true, &err), &err);
}

static enum ll_status retain(struct world *w, int64_t raw_s, int64_t processed_s, int64_t history_s,
                             struct ll_retention_report *ret, struct ll_error *err)
{
    const struct ll_retention_options options = {.keep_s = {raw_s, processed_s, history_s}};
    return ll_retention_apply(&w->pipeline, &options, ret, err);
}

/* Applies the limits and checks how many were dropped, layer by layer, and how many wait. */
static void must_retain(struct world *w, const int64_t keep_s[3], const int64_t dropped[3],
                        size_t waiting)
{
    struct ll_error err;
    struct ll_retention_report report = {0};
    assert_status(LL_OK, retain(w, keep_s[0], keep_s[1], keep_s[2], &report, &err), &err);
    for (int i = 0; i < LL_LAYER_COUNT; i++)
        assert_int_equal(report.layers[i].dropped, dropped[i]);
    if (report.waiting_count != waiting)
        for (size_t i = 0; i < report.waiting_count; i++)
            print_error("%s: %.*s\n", report.waiting[i].id.c, LL_FMT(report.waiting[i].why));
    assert_int_equal(report.waiting_count, waiting);
    ll_retention_report_clear(&report);
}

#define KEEP(...) ((const int64_t[3]){__VA_ARGS__})
#define DROPPED(...) ((const int64_t[3]){__VA_ARGS__})

static enum ll_status add_key(void *context, const struct ll_object_info *info,
                              struct ll_error *err)
{
    (void)err;
    ll_buf_add(context, info->key);
    ll_buf_add_char(context, '\n');
    return LL_OK;
}

/* The keys below a prefix, each with a line break. */
static struct ll_buf keys(struct world *w, const char *prefix)
{
    struct ll_error err;
    struct ll_buf found = {0};
    assert_status(LL_OK, ll_store_list(w->store, prefix, add_key, &found, &err), &err);
    return found;
}

static size_t count_keys(struct world *w, const char *prefix)
{
    LL_AUTO(ll_buf_clear) struct ll_buf found = keys(w, prefix);
    size_t count = 0;
    for (size_t i = 0; i < found.len; i++)
        count += found.ptr[i] == '\n';
    return count;
}

/* With LIVELAKE_TEST_KILLS=all, which takes minutes. */
static bool is_thorough(void)
{
    const char *wanted = getenv("LIVELAKE_TEST_KILLS");
    return wanted != NULL && strcmp(wanted, "all") == 0;
}

/* Verify is clean and reconcile changes nothing, neither now nor after the warehouse was lost. */
static void assert_stable(struct world *w)
{
    struct ll_error err;
    struct ll_garbage garbage;
    world_verify(w);
    assert_status(LL_OK, ll_collect_garbage(w->store, &garbage, &err), &err);
    world_verify(w);
    char *before = world_describe(w);
    size_t manifests = count_keys(w, "manifests/"), objects = count_keys(w, "");
    for (int i = 0; i < 2; i++) {
        settle(w);
        char *after = world_describe(w);
        assert_string_equal(after, before);
        free(after);
        world_verify(w);
        assert_int_equal(count_keys(w, "manifests/"), manifests);
        assert_int_equal(count_keys(w, ""), objects);
        world_forget_warehouse(w);
    }
    settle(w);
    assert_status(LL_OK, ll_collect_garbage(w->store, &garbage, &err), &err);
    assert_int_equal(garbage.objects, 0);
    free(before);
}

static void import_and_close(struct fixture *f)
{
    fixture_import(f);
    settle(&f->world);
}

static int64_t observations(struct world *w)
{
    return world_number(w, "SELECT count(*)::BIGINT FROM observation");
}

static void raw_goes_when_processed_holds_it(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    fixture_import(f);
    char *before = world_describe(w);
    must_retain(w, KEEP(SOON, NEVER, NEVER), DROPPED(RUNS + DUMPS, 0, 0), 0);
    assert_int_equal(count_keys(w, "raw/"), 0);
    assert_int_equal(count_keys(w, "retention.json"), 0);
    char *after = world_describe(w);
    assert_string_equal(after, before);
    free(before);
    free(after);
    settle(w); /* closes the days from processed */
    assert_stable(w);
    must_retain(w, KEEP(SOON, NEVER, NEVER), DROPPED(0, 0, 0), 0);
    fixture_import(f); /* the same files are known, and bring nothing back */
    assert_int_equal(count_keys(w, "raw/"), 0);
    world_verify(w);
}

static void each_run_of_raw_has_its_own_age(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    fixture_import(f);
    const int64_t now_s = 1780272000, noon_s = (int64_t)(DAY + 1) * LL_DAY_S + 12 * 3600;
    size_t objects = count_keys(w, "raw/");
    must_retain(w, KEEP(now_s - (int64_t)DAY * LL_DAY_S + 1, NEVER, NEVER), DROPPED(0, 0, 0), 0);
    assert_int_equal(count_keys(w, "raw/"), objects);
    struct ll_error err;
    struct ll_retention_report report = {0};
    assert_status(LL_OK, retain(w, now_s - noon_s, NEVER, NEVER, &report, &err), &err);
    assert_true(report.layers[LL_LAYER_RAW].dropped >= 10);
    assert_true(report.layers[LL_LAYER_RAW].dropped < RUNS + DUMPS);
    assert_true(report.layers[LL_LAYER_RAW].bytes > 0);
    assert_int_equal(objects - count_keys(w, "raw/"), report.layers[LL_LAYER_RAW].objects);
    ll_retention_report_clear(&report);
    settle(w);
    assert_stable(w);
}

static void nothing_goes_without_a_successor(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    struct ll_error err;
    fixture_import(f);
    size_t processed = count_keys(w, "processed/");
    must_retain(w, KEEP(NEVER, SOON, SOON), DROPPED(0, 0, 0), RUNS + DAYS);
    assert_int_equal(count_keys(w, "processed/"), processed);
    settle(w);

    /* A history object is damaged: its day stays. */
    struct ll_key key = ll_key_history("track", DAY);
    LL_AUTO(ll_buf_clear) struct ll_buf bytes = {.max_bytes = 1 << 24};
    assert_status(LL_OK, ll_store_get(w->store, key.c, &bytes, &err), &err);
    assert_status(LL_OK, ll_store_put(w->store, key.c, LL_STR("damaged"), LL_PUT_REPLACE, &err),
                  &err);
    must_retain(w, KEEP(NEVER, SOON, NEVER), DROPPED(0, RUNS - 5, 0), 5);
    assert_status(LL_OK, ll_store_put(w->store, key.c, ll_buf_str(&bytes), LL_PUT_REPLACE, &err),
                  &err);

    /* A processed object is gone: its raw run stays. */
    struct ll_id id = ll_id_run((int64_t)DAY * LL_DAY_S + 8 * 3600);
    key = ll_key_processed("stream", DAY, id.c);
    LL_AUTO(ll_buf_clear) struct ll_buf table = {.max_bytes = 1 << 24};
    assert_status(LL_OK, ll_store_get(w->store, key.c, &table, &err), &err);
    assert_status(LL_OK, ll_store_remove(w->store, key.c, &err), &err);
    must_retain(w, KEEP(SOON, NEVER, NEVER), DROPPED(RUNS + DUMPS - 1, 0, 0), 1);
    settle(w); /* makes it again */
    must_retain(w, KEEP(SOON, SOON, NEVER), DROPPED(1, 5, 0), 0);
    assert_stable(w);
}

/* Every order of the layers ends the same. */
static void the_order_of_the_layers_does_not_matter(void **state)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)state;
    for (size_t i = 0; i < LL_COUNT(orders); i += is_thorough() ? 1 : LL_COUNT(orders) - 1) {
        struct fixture *f;
        fixture_open((void **)&f);
        struct world *w = &f->world;
        import_and_close(f);
        const int64_t all[3] = {RUNS + DUMPS, RUNS, DAYS};
        for (size_t n = 0; n < 3; n++) {
            int64_t keep[3] = {0}, dropped[3] = {0};
            int layer = orders[i][n];
            keep[layer] = SOON;
            dropped[layer] = all[layer];
            int64_t seen = observations(w);
            must_retain(w, keep, dropped, 0);
            assert_int_equal(observations(w), layer == LL_LAYER_HISTORY ? 0 : seen);
            if (n == 2 || is_thorough())
                assert_stable(w);
        }
        assert_int_equal(count_keys(w, "raw/"), 0);
        assert_int_equal(count_keys(w, "history/"), 0);
        assert_int_equal(count_keys(w, "quarantine/"), 0);
        assert_int_equal(count_keys(w, "processed/"), DUMPS);
        fixture_close((void **)&f);
    }
}

static void a_day_without_history_is_a_gap(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    import_and_close(f);
    const int64_t now_s = 1780272000;
    int64_t seen = observations(w);
    must_retain(w, KEEP(NEVER, NEVER, now_s - (int64_t)(DAY + 1) * LL_DAY_S), DROPPED(0, 0, 1), 0);
    assert_stable(w);
    static const char *const empty[] = {"run", "track", "text_span", "broadcaster_day",
                                        "category_day"};
    for (size_t i = 0; i < LL_COUNT(empty); i++) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        struct ll_str sql = ll_arena_printf(
            &arena, "SELECT count(*)::BIGINT FROM %s WHERE day = DATE '2026-03-06'", empty[i]);
        assert_int_equal(world_number(w, sql.ptr), 0);
    }
    assert_int_equal(world_number(w, "SELECT count(*)::BIGINT FROM rollup_slot "
                                     "WHERE slot < epoch(TIMESTAMP '2026-03-07')"),
                     0);
    assert_true(observations(w) > 0 && observations(w) < seen);

    /* Neither a replay nor a rebuild brings it back, though raw and processed are there. */
    struct ll_error err;
    struct ll_outcome outcome = {0};
    assert_status(LL_OK, ll_replay(&w->pipeline, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_int_equal(outcome.failure_count, 0);
    ll_outcome_clear(&outcome);
    assert_stable(w);
    /* Without a publish before: a new warehouse is not fed from processed either. */
    world_forget_warehouse(w);
    assert_status(LL_OK, ll_reconcile_curate(&w->pipeline, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_status(LL_OK, world_drain(w, &err), &err);
    assert_int_equal(
        world_number(w, "SELECT count(*)::BIGINT FROM run WHERE day = DATE '2026-03-06'"), 0);
    settle(w);
    assert_stable(w);
}

static void put_late_run(struct world *w)
{
    struct ll_error err;
    struct ll_manifest_object object;
    struct ll_sha256_text sha256;
    struct ll_id id = ll_id_run(FREE_SLOT_S);
    struct ll_key key = ll_key_raw("twitch", LL_STR("streams"), DAY, id.c, 1, LL_STR("a.json"));
    struct ll_str text = LL_STR(
        "{\"data\":[{\"id\":\"9000\",\"user_id\":\"800\",\"user_login\":\"a\",\"user_name\":\"A\","
        "\"game_id\":\"100\",\"game_name\":\"Game 100\",\"title\":\"t\",\"viewer_count\":10,"
        "\"language\":\"en\",\"tags\":[]}]}");
    assert_status(LL_OK, ll_lake_put_raw(&w->lake, key.c, text, &object, &err), &err);
    object.format = LL_STR("origin-json");
    const struct ll_manifest m = {
        .layer = LL_LAYER_RAW,
        .id = id,
        .day = DAY,
        .generation = 1,
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR("twitch"),
        .resource = LL_STR("streams"),
        .slot_s = FREE_SLOT_S,
        .cadence_s = 900,
        .status = LL_RUN_COMPLETE,
        .attempt = 1,
        .sweep_coverage = -1,
        .objects = &object,
        .object_count = 1,
    };
    assert_status(LL_OK, ll_manifest_put(w->store, &m, &sha256, &err), &err);
}

static void a_late_run_of_a_sealed_day_stays(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    import_and_close(f);
    int64_t seen = observations(w);
    must_retain(w, KEEP(SOON, SOON, NEVER), DROPPED(RUNS + DUMPS, RUNS, 0), 0);
    put_late_run(w);
    settle(w);
    assert_int_equal(observations(w), seen);
    assert_int_equal(world_number(w, "SELECT count(*)::BIGINT FROM day_state WHERE sealed"), 1);
    assert_stable(w);
    /* Its raw goes, since processed holds it; processed waits, since history does not. */
    must_retain(w, KEEP(SOON, SOON, NEVER), DROPPED(1, 0, 0), 1);
    assert_stable(w);
    must_retain(w, KEEP(NEVER, NEVER, SOON), DROPPED(0, 0, DAYS), 0);
    must_retain(w, KEEP(SOON, SOON, SOON), DROPPED(0, 1, 0), 0);
    assert_int_equal(observations(w), 0);
    assert_stable(w);
}

/* Processed is gone, raw is not: the day is made again of raw. */
static void a_late_run_is_merged_while_raw_is_there(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    import_and_close(f);
    int64_t seen = observations(w);
    must_retain(w, KEEP(NEVER, SOON, NEVER), DROPPED(0, RUNS, 0), 0);
    put_late_run(w);
    settle(w);
    assert_int_equal(observations(w), seen + 1);
    assert_int_equal(world_number(w, "SELECT count(*)::BIGINT FROM day_state WHERE sealed"), 0);
    assert_stable(w);
    must_retain(w, KEEP(NEVER, SOON, NEVER), DROPPED(0, 6, 0), 0);
    assert_stable(w);
}

/* All attempts at a run go together; what comes later than their end is an attempt of its own. */
static void a_better_attempt_after_the_end_counts(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    struct ll_error err;
    import_and_close(f);
    put_late_run(w);
    settle(w);
    must_retain(w, KEEP(SOON, NEVER, NEVER), DROPPED(RUNS + DUMPS + 1, 0, 0), 0);
    struct ll_manifest_entry entry;
    struct ll_id id = ll_id_run(FREE_SLOT_S);
    assert_status(LL_OK, ll_manifest_latest(w->store, LL_LAYER_RAW, DAY, id.c, &entry, &err), &err);
    assert_int_equal(entry.generation, 2);
    struct ll_manifest m;
    assert_status(LL_OK, ll_manifest_get(w->store, LL_LAYER_RAW, &entry, &m, NULL, &err), &err);
    assert_int_equal(m.dropped.generation, 1);
    assert_true(ll_str_equal(m.dropped.reason, LL_STR("retention")));
    assert_int_equal(m.object_count, 1);
    assert_int_equal(ll_manifest_known_generation(&m), 1);
    ll_manifest_clear(&m);
    assert_stable(w);
}

static void a_dry_run_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct world *w = &f->world;
    struct ll_error err;
    struct ll_retention_report report = {0};
    import_and_close(f);
    LL_AUTO(ll_buf_clear) struct ll_buf before = keys(w, "");
    const struct ll_retention_options options = {.keep_s = {SOON, SOON, SOON}, .dry_run = true};
    assert_status(LL_OK, ll_retention_apply(&w->pipeline, &options, &report, &err), &err);
    assert_int_equal(report.layers[LL_LAYER_RAW].dropped, RUNS + DUMPS);
    assert_int_equal(report.layers[LL_LAYER_PROCESSED].dropped, RUNS);
    assert_int_equal(report.layers[LL_LAYER_HISTORY].dropped, DAYS);
    ll_retention_report_clear(&report);
    LL_AUTO(ll_buf_clear) struct ll_buf after = keys(w, "");
    assert_true(ll_str_equal(ll_buf_str(&before), ll_buf_str(&after)));
    world_verify(w);
}

/* --- kills */

/* The first call after the nth that is tried: twelve and 40 others, or five. */
static size_t next_kill(size_t nth, size_t calls)
{
    if (is_thorough())
        return nth + (nth < 12 ? 1 : calls / 40 + 1);
    return nth + (nth < 2 ? 1 : calls / 4 | 1); /* odd and even ones in turn */
}

/* What a killed retention leaves is clean; when it is run again, the end is the same. */
static void a_kill_at_any_call_is_made_up_for(void **state)
{
    (void)state;
    char *expected = NULL;
    size_t calls = 1;
    for (size_t nth = 0; nth < calls; nth = next_kill(nth, calls)) {
        struct ll_error err;
        struct ll_retention_report report = {0};
        struct capture capture;
        struct world w;
        struct ll_store *disk = ll_store_mem_new(), *faulty = fault_store_new(disk);
        capture_make(&capture, 4);
        world_open(&w, faulty);
        assert_status(LL_OK, world_import(&w, capture.folder, &err), &err);
        settle(&w);
        fault_store_arm(
            faulty,
            (struct fault_plan){
                .nth = nth, .forever = true, .after = nth % 2 == 1, .status = LL_IO, .code = EIO});
        enum ll_status status = retain(&w, SOON, SOON, SOON, &report, &err);
        if (nth == 0) {
            assert_status(LL_OK, status, &err);
            calls = fault_store_calls(faulty);
            assert_true(calls > 200);
        } else {
            assert_int_equal(status, LL_IO);
        }
        ll_retention_report_clear(&report);
        fault_store_arm(faulty, (struct fault_plan){0});
        world_verify(&w);
        if (nth % 2 == 0) {
            assert_status(LL_OK, ll_retention_resume(&w.pipeline, &err), &err);
            world_verify(&w);
        }
        must_retain(&w, KEEP(NEVER, NEVER, NEVER), DROPPED(0, 0, 0), 0);
        assert_int_equal(count_keys(&w, "retention.json"), 0);
        assert_status(LL_OK, retain(&w, SOON, SOON, SOON, &report, &err), &err);
        assert_int_equal(report.waiting_count, 0);
        ll_retention_report_clear(&report);
        assert_int_equal(count_keys(&w, "raw/") + count_keys(&w, "history/"), 0);
        assert_int_equal(count_keys(&w, "processed/"), DUMPS);
        assert_int_equal(count_keys(&w, "manifests/"), 2 * (RUNS + DUMPS) + DAYS);
        if (nth == 0 || is_thorough())
            assert_stable(&w);
        char *got = world_describe(&w);
        if (expected == NULL)
            expected = ll_xstrdup(got);
        assert_string_equal(got, expected);
        free(got);
        world_close(&w);
        ll_store_free(disk);
        capture_clear(&capture);
    }
    free(expected);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(raw_goes_when_processed_holds_it),
        CASE(each_run_of_raw_has_its_own_age),
        CASE(nothing_goes_without_a_successor),
        cmocka_unit_test(the_order_of_the_layers_does_not_matter),
        CASE(a_day_without_history_is_a_gap),
        CASE(a_late_run_of_a_sealed_day_stays),
        CASE(a_late_run_is_merged_while_raw_is_there),
        CASE(a_better_attempt_after_the_end_counts),
        CASE(a_dry_run_changes_nothing),
        cmocka_unit_test(a_kill_at_any_call_is_made_up_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
