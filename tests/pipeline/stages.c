/* What each stage leaves behind, step by step. */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "pipeline/status.h"
#include "support/check.h"

static size_t count_manifests(struct world *w, enum ll_layer layer)
{
    struct ll_error err;
    struct ll_manifest_list list;
    assert_status(LL_OK, ll_manifest_list_generations(w->store, layer, &list, &err), &err);
    size_t count = list.count;
    ll_manifest_list_clear(&list);
    return count;
}

static void an_import_flows_to_the_warehouse(void **state)
{
    struct fixture *f = *state;
    fixture_import(f);
    /* 15 sweeps, and 3 reference dumps of two dates each. */
    assert_int_equal(count_manifests(&f->world, LL_LAYER_RAW), 21);
    assert_int_equal(count_manifests(&f->world, LL_LAYER_PROCESSED), 21);
    assert_int_equal(world_number(&f->world, "SELECT count(*)::BIGINT FROM run"), 15);
    assert_int_equal(world_number(&f->world, "SELECT sum(quarantined)::BIGINT FROM run"), 1);
    assert_true(world_number(&f->world, "SELECT sum(duplicates)::BIGINT FROM run") > 0);
    assert_int_equal(world_number(&f->world, "SELECT (SELECT sum(streams) FROM run)::BIGINT - "
                                             "(SELECT count(*) FROM observation)::BIGINT"),
                     0);
    assert_int_equal(world_number(&f->world, "SELECT count(*)::BIGINT FROM category_term"), 24);
    world_verify(&f->world);
}

static void importing_again_adds_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_import(f);
    char *before = world_describe(&f->world);
    size_t manifests = count_manifests(&f->world, LL_LAYER_RAW);
    fixture_import(f);
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    assert_int_equal(count_manifests(&f->world, LL_LAYER_RAW), manifests);
    free(before);
    free(after);
}

static void files_of_one_slot_are_one_run_whenever_they_come(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    for (size_t i = 0; i < f->capture.count; i++)
        assert_status(LL_OK, world_import(&f->world, f->capture.files[i], &err), &err);
    assert_int_equal(world_number(&f->world, "SELECT count(*)::BIGINT FROM run"), 15);
    char *piecemeal = world_describe(&f->world);

    struct world whole;
    world_open(&whole, NULL);
    assert_status(LL_OK, world_import(&whole, f->capture.folder, &err), &err);
    char *at_once = world_describe(&whole);
    assert_string_equal(piecemeal, at_once);
    world_close(&whole);
    free(piecemeal);
    free(at_once);
}

static void closing_changes_no_answer(void **state)
{
    static const char *const answers[] = {
        "SELECT sum(viewer_count * (stream_id % 97) + slot % 89)::BIGINT FROM observation",
        "SELECT count(*)::BIGINT FROM session",
        "SELECT sum(viewer_seconds + first_slot % 1009 + last_slot % 997)::BIGINT FROM session",
        "SELECT sum(samples * (broadcaster_id % 31) + peak)::BIGINT FROM broadcaster_day_all",
        ("SELECT sum((to_slot - from_slot) * (stream_id % 13) + length(title))::BIGINT FROM "
         "text_span_all"),
        "SELECT sum(viewers * (key % 17) + channels * k)::BIGINT FROM rollup_slot",
        "SELECT sum(first_slot % 1009 + length(login))::BIGINT FROM broadcaster_name",
    };
    struct fixture *f = *state;
    struct ll_error err;
    int64_t open[LL_COUNT(answers)];
    fixture_import(f);
    for (size_t i = 0; i < LL_COUNT(answers); i++)
        open[i] = world_number(&f->world, answers[i]);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    assert_int_equal(world_number(&f->world, "SELECT count(*)::BIGINT FROM day_state WHERE closed"),
                     3);
    assert_int_equal(world_number(&f->world, "SELECT count(*)::BIGINT FROM hot"), 0);
    for (size_t i = 0; i < LL_COUNT(answers); i++)
        assert_int_equal(world_number(&f->world, answers[i]), open[i]);
    world_verify(&f->world);
}

static void a_lost_warehouse_is_rebuilt(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    fixture_import(f);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    char *before = world_describe(&f->world);
    world_forget_warehouse(&f->world);
    assert_int_equal(world_number(&f->world, "SELECT count(*)::BIGINT FROM run"), 0);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static enum ll_status remove_one(void *context, const struct ll_object_info *info,
                                 struct ll_error *err)
{
    (void)err;
    struct ll_buf *keys = context;
    ll_buf_add(keys, info->key);
    ll_buf_add_char(keys, '\n');
    return LL_OK;
}

static void remove_all(struct ll_store *store, const char *prefix)
{
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf keys = {0};
    assert_status(LL_OK, ll_store_list(store, prefix, remove_one, &keys, &err), &err);
    struct ll_str rest = ll_buf_str(&keys), key;
    while (ll_str_split(&rest, '\n', &key) && key.len > 0) {
        LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
        assert_status(LL_OK, ll_store_remove(store, ll_arena_cstr(&arena, key), &err), &err);
    }
}

static void all_layers_above_raw_are_rebuilt(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    fixture_import(f);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    char *before = world_describe(&f->world);
    remove_all(f->world.store, "processed/");
    remove_all(f->world.store, "quarantine/");
    remove_all(f->world.store, "history/");
    remove_all(f->world.store, "manifests/processed/");
    remove_all(f->world.store, "manifests/history/");
    world_forget_warehouse(&f->world);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    world_verify(&f->world);
    free(before);
    free(after);
}

static void replay_changes_no_byte_and_adds_no_generation(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_outcome outcome = {0};
    fixture_import(f);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    char *before = world_describe(&f->world);
    size_t processed = count_manifests(&f->world, LL_LAYER_PROCESSED);
    assert_status(LL_OK, ll_replay(&f->world.pipeline, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_int_equal(outcome.failure_count, 0);
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    assert_int_equal(count_manifests(&f->world, LL_LAYER_PROCESSED), processed);
    ll_outcome_clear(&outcome);
    free(before);
    free(after);
}

static void garbage_is_collected_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_garbage garbage;
    fixture_import(f);
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
    char *before = world_describe(&f->world);
    assert_status(LL_OK, ll_collect_garbage(f->world.store, &garbage, &err), &err);
    assert_int_equal(garbage.objects, 0);
    assert_status(LL_OK,
                  ll_store_put(f->world.store, "processed/stream/date=2026-03-06/run=lost.parquet",
                               LL_STR("left by a killed attempt"), LL_PUT_IF_ABSENT, &err),
                  &err);
    assert_status(LL_OK, ll_collect_garbage(f->world.store, &garbage, &err), &err);
    assert_int_equal(garbage.objects, 1);
    assert_int_equal(garbage.bytes, strlen("left by a killed attempt"));
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    world_verify(&f->world);
    free(before);
    free(after);
}

static void a_day_cannot_be_closed_before_its_time(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_outcome outcome = {0};
    fixture_import(f);
    int32_t day = ll_day_of(1772870400);
    const struct ll_task task = {.stage = LL_STAGE_CLOSE, .day = day, .id = ll_id_day(day)};
    ll_clock_manual_set(&f->world.clock, ((int64_t)day * LL_DAY_S + 26 * 3600) * 1000);
    assert_status(LL_OK, ll_stage_close(&f->world.pipeline, &task, &outcome, &err), &err);
    assert_int_equal(outcome.failure_count, 1);
    assert_int_equal(outcome.failures[0].error.status, LL_INVALID);
    assert_non_null(strstr(outcome.failures[0].error.message, "2026-03-08T02:00:00Z"));
    ll_outcome_clear(&outcome);
    ll_clock_manual_set(&f->world.clock, ((int64_t)day * LL_DAY_S + 26 * 3600 + 1) * 1000);
    assert_status(LL_OK, ll_stage_close(&f->world.pipeline, &task, &outcome, &err), &err);
    assert_int_equal(outcome.done[LL_STAGE_CLOSE], 1);
    ll_outcome_clear(&outcome);
}

static void a_run_can_be_traced(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_run_trace trace;
    fixture_import(f);
    assert_status(
        LL_OK, ll_status_run(&f->world.pipeline, LL_STR("20260306T091500Z"), &trace, &err), &err);
    assert_int_equal(trace.raw.generation, 1);
    assert_int_equal(trace.processed.counts.quarantined, 1);
    assert_int_equal(trace.reason_count, 1);
    assert_int_equal(trace.waiting, LL_STAGE_COUNT);
    ll_run_trace_clear(&trace);
    assert_status(LL_INVALID, ll_status_run(&f->world.pipeline, LL_STR("yesterday"), &trace, &err),
                  &err);
    assert_status(LL_NOT_FOUND,
                  ll_status_run(&f->world.pipeline, LL_STR("20200101T000000Z"), &trace, &err),
                  &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_import_flows_to_the_warehouse, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(importing_again_adds_nothing, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(files_of_one_slot_are_one_run_whenever_they_come,
                                        fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(closing_changes_no_answer, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_lost_warehouse_is_rebuilt, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(all_layers_above_raw_are_rebuilt, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(replay_changes_no_byte_and_adds_no_generation, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(garbage_is_collected_and_nothing_else, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_day_cannot_be_closed_before_its_time, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_run_can_be_traced, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
