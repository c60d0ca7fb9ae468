/* What must not go wrong when things come twice, late, again or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "support/check.h"
#include "support/temp_folder.h"

#define DAY 20518                /* 2026-03-06, the capture's first */
#define SLOT_S 1772784000LL      /* its first slot, 08:00 */
#define FREE_SLOT_S 1772812800LL /* 16:00: the capture has none */

static void settle(struct fixture *f)
{
    struct ll_error err;
    assert_status(LL_OK, world_settle(&f->world, true, &err), &err);
}

/* As settle, where some manifests name what is gone. */
static void settle_despite_failures(struct fixture *f)
{
    struct ll_pipeline *p = &f->world.pipeline;
    struct ll_error err;
    struct ll_outcome outcome = {0};
    assert_status(LL_OK, ll_reconcile_process(p, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_status(LL_OK, ll_runner_drain(p, &outcome, &err), &err);
    assert_status(LL_OK, ll_reconcile_publish(p, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_status(LL_OK, ll_runner_drain(p, &outcome, &err), &err);
    assert_status(LL_OK, ll_reconcile_curate(p, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_status(LL_OK, ll_runner_drain(p, &outcome, &err), &err);
    ll_outcome_clear(&outcome);
}

static void import_and_close(struct fixture *f)
{
    fixture_import(f);
    settle(f);
}

static void replay(struct fixture *f)
{
    struct ll_error err;
    struct ll_outcome outcome = {0};
    assert_status(LL_OK, ll_replay(&f->world.pipeline, LL_RECONCILE_ALL, &outcome, &err), &err);
    assert_int_equal(outcome.failure_count, 0);
    ll_outcome_clear(&outcome);
}

static void close_again(struct fixture *f, struct ll_outcome *outcome)
{
    struct ll_error err;
    const struct ll_task task = ll_task_close(DAY);
    f->world.pipeline.force = true;
    assert_status(LL_OK, ll_stage_close(&f->world.pipeline, &task, outcome, &err), &err);
    f->world.pipeline.force = false;
}

static enum ll_status add_key(void *context, const struct ll_object_info *info,
                              struct ll_error *err)
{
    (void)err;
    ll_buf_add(context, info->key);
    ll_buf_add_char(context, '\n');
    return LL_OK;
}

/* Removes what lies below the prefix and has `part` in its key. */
static void remove_objects(struct fixture *f, const char *prefix, struct ll_str part)
{
    struct ll_error err;
    LL_AUTO(ll_buf_clear) struct ll_buf keys = {0};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    assert_status(LL_OK, ll_store_list(f->world.store, prefix, add_key, &keys, &err), &err);
    struct ll_str rest = ll_buf_str(&keys), key;
    size_t removed = 0;
    while (ll_str_split(&rest, '\n', &key) && key.len > 0) {
        if (memmem(key.ptr, key.len, part.ptr, part.len) == NULL)
            continue;
        assert_status(LL_OK, ll_store_remove(f->world.store, ll_arena_cstr(&arena, key), &err),
                      &err);
        removed++;
    }
    assert_true(removed > 0);
}

static size_t count_manifests(struct fixture *f, enum ll_layer layer)
{
    struct ll_error err;
    struct ll_manifest_list list;
    assert_status(LL_OK, ll_manifest_list_generations(f->world.store, layer, &list, &err), &err);
    size_t count = list.count;
    ll_manifest_list_clear(&list);
    return count;
}

static int64_t number(struct fixture *f, const char *sql)
{
    return world_number(&f->world, sql);
}

/* Puts a raw attempt with `streams` streams (or, with -1, a manifest whose object is missing). */
static void add_attempt(struct fixture *f, int64_t slot_s, enum ll_run_status status, int streams)
{
    struct ll_error err;
    struct ll_store *store = f->world.store;
    struct ll_manifest_entry latest = {.generation = 0};
    struct ll_manifest_object object;
    struct ll_sha256_text sha256;
    struct ll_id id = ll_id_run(slot_s);
    int32_t day = ll_day_of(slot_s);
    if (ll_manifest_latest(store, LL_LAYER_RAW, day, id.c, &latest, &err) != LL_OK)
        assert_int_equal(err.status, LL_NOT_FOUND);
    int attempt = latest.generation + 1;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_add(&text, LL_STR("{\"data\":["));
    for (int i = 0; i < streams; i++)
        ll_buf_printf(
            &text,
            "%s{\"id\":\"%d\",\"user_id\":\"%d\",\"user_login\":\"a%d\",\"user_name\":\"A%d\","
            "\"game_id\":\"100\",\"game_name\":\"Game 100\",\"title\":\"t\","
            "\"viewer_count\":10,\"language\":\"en\",\"tags\":[]}",
            i ? "," : "", 9000 + i, 800 + i, i, i);
    ll_buf_add(&text, LL_STR("]}"));
    struct ll_key key =
        ll_key_raw("twitch", LL_STR("streams"), day, id.c, attempt, LL_STR("a.json"));
    assert_status(LL_OK, ll_lake_put_raw(&f->world.lake, key.c, ll_buf_str(&text), &object, &err),
                  &err);
    object.format = LL_STR("origin-json");
    if (streams < 0)
        assert_status(LL_OK, ll_store_remove(store, key.c, &err), &err);
    const struct ll_manifest m = {
        .layer = LL_LAYER_RAW,
        .id = id,
        .day = day,
        .generation = attempt,
        .schema = LL_MANIFEST_SCHEMA,
        .source = LL_STR("twitch"),
        .resource = LL_STR("streams"),
        .slot_s = slot_s,
        .cadence_s = 900,
        .status = status,
        .attempt = attempt,
        .sweep_coverage = -1,
        .objects = &object,
        .object_count = streams == 0 ? 0 : 1,
    };
    assert_status(LL_OK, ll_manifest_put(store, &m, &sha256, &err), &err);
}

static void a_task_that_comes_twice_is_done_once(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    add_attempt(f, SLOT_S, LL_RUN_COMPLETE, 2);
    const struct ll_task task = {.stage = LL_STAGE_PROCESS, .day = DAY, .id = ll_id_run(SLOT_S)};
    for (int force = 0; force < 2; force++) {
        f->world.pipeline.force = force;
        for (int i = 0; i < 3; i++)
            assert_status(LL_OK, ll_runner_enqueue(&f->world.pipeline, &task, &err), &err);
        assert_status(LL_OK, world_drain(&f->world, &err), &err);
    }
    assert_int_equal(count_manifests(f, LL_LAYER_PROCESSED), 1);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM observation"), 2);
}

static void the_queue_stays_small(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_outcome outcome = {0};
    for (int i = 0; i < 8; i++)
        add_attempt(f, SLOT_S + i * 900, LL_RUN_COMPLETE, 1);
    f->world.pipeline.queued = LL_QUEUED_MAX - 3;
    assert_status(LL_OK, ll_reconcile_process(&f->world.pipeline, LL_RECONCILE_ALL, &outcome, &err),
                  &err);
    assert_int_equal(outcome.done[LL_STAGE_PROCESS], 3);
    assert_int_equal(outcome.done[LL_STAGE_CURATE], 3);
    assert_int_equal(ll_queue_mem_depth(f->world.queue), 5);
    ll_outcome_clear(&outcome);
    assert_status(LL_OK, world_drain(&f->world, &err), &err);
    assert_int_equal(f->world.pipeline.queued, 0);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM run"), 8);
}

static void a_killed_import_goes_on_when_repeated(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    const struct ll_import_options options = {
        .root = f->capture.folder, .timezone = "America/Los_Angeles", .cadence_s = 900};
    struct ll_import_report report;
    struct ll_outcome outcome = {0};
    assert_status(LL_OK, ll_import_origin(&f->world.pipeline, &options, &outcome, &report, &err),
                  &err);
    ll_import_report_clear(&report);
    world_forget_warehouse(&f->world); /* and the queue */
    fixture_import(f);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM run"), 15);
    assert_int_equal(count_manifests(f, LL_LAYER_RAW), 21);
}

static void save(const char *folder, const char *name, const char *text)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    FILE *file = fopen(ll_arena_printf(&arena, "%s/%s", folder, name).ptr, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void every_file_of_a_time_that_does_not_exist_is_refused(void **state)
{
    static const char *const names[] = {"raw_streams_data_X1X_20260308_0215.json",
                                        "raw_streams_data_X2X_20260308_0215.json",
                                        "raw_streams_data_X3X_20260308_0215.json"};
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_outcome outcome = {0};
    struct ll_import_report report = {0};
    char *folder = temp_folder_new();
    for (size_t i = 0; i < LL_COUNT(names); i++)
        save(folder, names[i], "{\"data\":[]}");
    const struct ll_import_options options = {
        .root = folder, .timezone = "America/Los_Angeles", .cadence_s = 900};
    assert_status(LL_OK, ll_import_origin(&f->world.pipeline, &options, &outcome, &report, &err),
                  &err);
    assert_int_equal(report.runs, 0);
    assert_int_equal(report.file_count, 3);
    for (size_t i = 0; i < report.file_count; i++)
        assert_int_equal(report.files[i].verdict, LL_IMPORT_FAILED);
    ll_import_report_clear(&report);
    temp_folder_free(folder);
}

/* The users of 12:07 belong to 12:07, whatever sweep of that time is imported with them. */
static void a_dump_keeps_its_instant_beside_a_sweep_of_the_same_time(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    char *folder = temp_folder_new();
    save(folder, "raw_streams_data_X1X_20260301_1207.json", "{\"data\":[]}");
    save(folder, "raw_users_data_20260301_1207.json",
         "{\"data\":[{\"id\":\"7\",\"login\":\"a\",\"display_name\":\"A\"}]}");
    assert_status(LL_OK, world_import(&f->world, folder, &err), &err);
    assert_int_equal(number(f, "SELECT max(slot)::BIGINT FROM run"), 1772395200); /* 20:00 UTC */
    assert_int_equal(number(f, "SELECT max(asserted_at)::BIGINT FROM ref_user"), 1772395620);
    temp_folder_free(folder);
}

static void complete_beats_partial_whenever_it_comes(void **state)
{
    static const char status_code[] = "SELECT CASE status WHEN 'complete' THEN 0 WHEN 'partial' "
                                      "THEN 1 ELSE 2 END::BIGINT FROM run "
                                      "WHERE slot = 1772812800";
    static const struct {
        enum ll_run_status status;
        int streams, wanted_streams;
        enum ll_run_status wanted;
    } attempts[] = {
        {LL_RUN_MISSED, 0, 0, LL_RUN_FAILED},     {LL_RUN_FAILED, 2, 0, LL_RUN_FAILED},
        {LL_RUN_PARTIAL, 3, 3, LL_RUN_PARTIAL},   {LL_RUN_FAILED, 5, 3, LL_RUN_PARTIAL},
        {LL_RUN_COMPLETE, 4, 4, LL_RUN_COMPLETE}, {LL_RUN_PARTIAL, 6, 4, LL_RUN_COMPLETE},
        {LL_RUN_COMPLETE, 7, 7, LL_RUN_COMPLETE},
    };
    struct fixture *f = *state;
    fixture_import(f);
    for (size_t i = 0; i < LL_COUNT(attempts); i++) {
        add_attempt(f, FREE_SLOT_S, attempts[i].status, attempts[i].streams);
        settle(f); /* closes the day first, then rebuilds it */
        assert_int_equal(number(f, status_code), attempts[i].wanted);
        assert_int_equal(
            number(f, "SELECT count(*)::BIGINT FROM observation WHERE slot = 1772812800"),
            attempts[i].wanted_streams);
        world_verify(&f->world);
    }
}

static void late_runs_of_a_day_cost_one_rebuild(void **state)
{
    struct fixture *f = *state;
    import_and_close(f);
    size_t before = count_manifests(f, LL_LAYER_HISTORY);
    for (int i = 0; i < 30; i++)
        add_attempt(f, FREE_SLOT_S + i * 900, LL_RUN_COMPLETE, 1);
    settle(f);
    /* The last slots are of the next day. */
    assert_int_equal(count_manifests(f, LL_LAYER_HISTORY), before + 1);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM run WHERE day = DATE '2026-03-06'"),
                     35);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM day_state WHERE dirty"), 0);
    world_verify(&f->world);
}

static void replay_adds_no_generation_of_history(void **state)
{
    struct fixture *f = *state;
    import_and_close(f);
    char *before = world_describe(&f->world);
    size_t manifests = count_manifests(f, LL_LAYER_HISTORY);
    replay(f);
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    assert_int_equal(count_manifests(f, LL_LAYER_HISTORY), manifests);
    free(before);
    free(after);
}

static void replay_mends_the_warehouse(void **state)
{
    /* tests/sql/damage_*.sql; "hot" of an open day, the others of a closed one. */
    static const char *const damages[] = {"test/damage_hot", "test/damage_viewers",
                                          "test/damage_rollup", "test/damage_lost_track"};
    struct fixture *f = *state;
    struct ll_error err;
    fixture_import(f);
    for (size_t i = 0; i < LL_COUNT(damages); i++) {
        if (i == 1)
            settle(f);
        char *before = world_describe(&f->world);
        assert_status(LL_OK, ll_warehouse_exec(f->world.warehouse, damages[i], NULL, 0, &err),
                      &err);
        char *damaged = world_describe(&f->world);
        assert_string_not_equal(damaged, before);
        replay(f);
        char *after = world_describe(&f->world);
        assert_string_equal(after, before);
        free(before);
        free(damaged);
        free(after);
    }
    world_verify(&f->world);
}

static void what_is_processed_needs_no_raw(void **state)
{
    struct fixture *f = *state;
    struct ll_outcome outcome = {0};
    import_and_close(f);
    char *before = world_describe(&f->world);
    remove_objects(f, "raw/import-origin/streams/", LL_STR("2026-03-06"));
    close_again(f, &outcome);
    assert_int_equal(outcome.failure_count, 0);
    assert_int_equal(outcome.waiting, 0);
    ll_outcome_clear(&outcome);
    char *after = world_describe(&f->world);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

/* Retention: of a closed day, raw and processed are dropped, in part or whole, with their
 * manifests. */
static void drop_inputs(struct fixture *f, size_t how)
{
    static const struct {
        const char *prefix;
        struct ll_str part;
    } drops[][4] = {
        {{"raw/import-origin/streams/", LL_STR("=2026-03-06")},
         {"manifests/raw/2026-03-06/", LL_STR("/20260306T")},
         {"processed/stream/", LL_STR("=2026-03-06")},
         {"manifests/processed/2026-03-06/", LL_STR("/20260306T")}},
        {{"raw/import-origin/streams/", LL_STR("20260306T080000Z")},
         {"manifests/raw/2026-03-06/", LL_STR("20260306T080000Z")},
         {"processed/stream/", LL_STR("20260306T080000Z")},
         {"manifests/processed/2026-03-06/", LL_STR("20260306T080000Z")}},
        {{"raw/import-origin/streams/", LL_STR("20260306T080000Z")},
         {"processed/stream/", LL_STR("20260306T080000Z")}},
        {{"raw/import-origin/streams/", LL_STR("20260306T080000Z")},
         {"manifests/raw/2026-03-06/", LL_STR("20260306T080000Z")},
         {"processed/stream/", LL_STR("20260306T080000Z")}},
    };
    for (size_t i = 0; i < LL_COUNT(drops[how]) && drops[how][i].prefix != NULL; i++)
        remove_objects(f, drops[how][i].prefix, drops[how][i].part);
}

static void history_outlives_its_inputs(void **state)
{
    (void)state;
    for (size_t how = 0; how < 4; how++) {
        struct fixture *f;
        struct ll_outcome outcome = {0};
        fixture_open((void **)&f);
        import_and_close(f);
        int64_t seen = number(f, "SELECT count(*)::BIGINT FROM observation");
        size_t generations = count_manifests(f, LL_LAYER_HISTORY);
        drop_inputs(f, how);
        close_again(f, &outcome);
        assert_int_equal(outcome.failure_count, 0);
        ll_outcome_clear(&outcome);
        assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM observation"), seen);

        /* A late run stays outside, also after the warehouse was lost. */
        add_attempt(f, FREE_SLOT_S, LL_RUN_COMPLETE, 4);
        for (int i = 0; i < 2; i++) {
            settle_despite_failures(f);
            assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM observation"), seen);
            assert_int_equal(count_manifests(f, LL_LAYER_HISTORY), generations);
            assert_int_equal(
                number(f, "SELECT count(*)::BIGINT FROM day_state WHERE sealed AND NOT dirty"), 1);
            if (how < 2) /* else there are manifests whose objects are gone */
                world_verify(&f->world);
            world_forget_warehouse(&f->world);
        }
        fixture_close((void **)&f);
    }
}

static void a_day_is_unsealed_when_its_inputs_are_back(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_outcome outcome = {0};
    import_and_close(f);
    remove_objects(f, "raw/import-origin/streams/", LL_STR("20260306T080000Z"));
    remove_objects(f, "manifests/raw/2026-03-06/", LL_STR("20260306T080000Z"));
    remove_objects(f, "processed/stream/", LL_STR("20260306T080000Z"));
    remove_objects(f, "manifests/processed/2026-03-06/", LL_STR("20260306T080000Z"));
    close_again(f, &outcome);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM day_state WHERE sealed"), 1);
    fixture_import(f);
    const struct ll_task task = ll_task_close(DAY);
    assert_status(LL_OK, ll_stage_close(&f->world.pipeline, &task, &outcome, &err), &err);
    assert_int_equal(outcome.failure_count, 0);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM day_state WHERE sealed"), 0);
    ll_outcome_clear(&outcome);
}

/* A late run that cannot be read is reported; it does not seal a day that never held it. */
static void a_broken_late_run_seals_nothing(void **state)
{
    struct fixture *f = *state;
    struct ll_outcome outcome = {0};
    import_and_close(f);
    add_attempt(f, FREE_SLOT_S, LL_RUN_COMPLETE, -1);
    close_again(f, &outcome);
    assert_int_equal(outcome.failure_count, 1);
    assert_int_equal(outcome.failures[0].error.status, LL_NOT_FOUND);
    ll_outcome_clear(&outcome);
    assert_int_equal(number(f, "SELECT count(*)::BIGINT FROM day_state WHERE sealed"), 0);
}

static void a_manifest_without_its_table_is_a_finding(void **state)
{
    struct fixture *f = *state;
    struct ll_error err;
    struct ll_verification v = {0};
    struct ll_manifest_entry entry;
    struct ll_manifest m;
    fixture_import(f);
    struct ll_id id = ll_id_run(SLOT_S);
    assert_status(LL_OK,
                  ll_manifest_latest(f->world.store, LL_LAYER_PROCESSED, DAY, id.c, &entry, &err),
                  &err);
    assert_status(
        LL_OK, ll_manifest_get(f->world.store, LL_LAYER_PROCESSED, &entry, &m, NULL, &err), &err);
    m.object_count = 0;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_manifest_serialize(&m, &text);
    ll_manifest_clear(&m);
    struct ll_key key = ll_key_manifest(LL_LAYER_PROCESSED, DAY, id.c, entry.generation);
    assert_status(
        LL_OK, ll_store_put(f->world.store, key.c, ll_buf_str(&text), LL_PUT_REPLACE, &err), &err);
    assert_status(LL_OK, ll_verify(&f->world.pipeline, &v, &err), &err);
    assert_true(v.difference_count > 0);
    ll_verification_clear(&v);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_task_that_comes_twice_is_done_once),
        CASE(the_queue_stays_small),
        CASE(a_killed_import_goes_on_when_repeated),
        CASE(every_file_of_a_time_that_does_not_exist_is_refused),
        CASE(a_dump_keeps_its_instant_beside_a_sweep_of_the_same_time),
        CASE(complete_beats_partial_whenever_it_comes),
        CASE(late_runs_of_a_day_cost_one_rebuild),
        CASE(replay_adds_no_generation_of_history),
        CASE(replay_mends_the_warehouse),
        CASE(what_is_processed_needs_no_raw),
        cmocka_unit_test(history_outlives_its_inputs),
        CASE(a_day_is_unsealed_when_its_inputs_are_back),
        CASE(a_broken_late_run_seals_nothing),
        CASE(a_manifest_without_its_table_is_a_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
