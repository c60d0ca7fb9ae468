/* What raw knows of slots: the newest run, and slots that were missed. */
#include "collect/known.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#define NOON INT64_C(1795521600) /* 2026-11-24T12:00:00Z */
#define QUARTER 900

struct world {
    struct ll_store *store;
    struct ll_error err;
};

static int set_up(void **state)
{
    struct world *w = ll_xcalloc(1, sizeof(*w));
    w->store = ll_store_mem_new();
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    ll_store_free(w->store);
    free(w);
    return 0;
}

static void put(struct world *w, int64_t slot_s, const char *source, enum ll_run_status status)
{
    struct ll_sha256_text sha256;
    const struct ll_manifest m = {.layer = LL_LAYER_RAW,
                                  .id = ll_id_run(slot_s),
                                  .day = ll_day_of(slot_s),
                                  .generation = 1,
                                  .schema = LL_MANIFEST_SCHEMA,
                                  .source = ll_str_of(source),
                                  .resource = LL_STR("streams"),
                                  .slot_s = slot_s,
                                  .cadence_s = 300,
                                  .status = status,
                                  .attempt = 1,
                                  .sweep_coverage = -1};
    assert_status(LL_OK, ll_manifest_put(w->store, &m, &sha256, &w->err), &w->err);
}

static struct ll_known_run newest_at(struct world *w, int64_t now_s, int64_t until_s)
{
    struct ll_known_run run;
    const struct ll_known_view view = {now_s, until_s, QUARTER};
    assert_status(LL_OK, ll_known_newest(w->store, &view, &run, &w->err), &w->err);
    return run;
}

static struct ll_known_run newest(struct world *w, int64_t until_s)
{
    return newest_at(w, INT64_C(4102444800), until_s); /* all is over by then */
}

static void what_a_wrong_clock_wrote_does_not(void **state)
{
    struct world *w = *state;
    const int64_t day_s = 86400;
    put(w, NOON - 300, "twitch", LL_RUN_COMPLETE);
    put(w, NOON + 600, "twitch", LL_RUN_COMPLETE);
    assert_int_equal(newest_at(w, NOON, NOON + day_s).slot_s, NOON + 600); /* it went back */
    put(w, NOON, "twitch", LL_RUN_MISSED); /* not over: it was not yet missed */
    assert_int_equal(newest_at(w, NOON + 299, NOON + day_s).slot_s, NOON - 300);
    assert_int_equal(newest_at(w, NOON + 300, NOON + day_s).slot_s, NOON + 600);
    put(w, NOON + 300, "twitch", LL_RUN_MISSED);
    put(w, NOON + 900, "twitch", LL_RUN_PARTIAL);
    assert_int_equal(newest_at(w, NOON + 300, NOON + day_s).slot_s, NOON);
    assert_int_equal(newest_at(w, NOON + 600, NOON + day_s).slot_s, NOON + 900);
}

static void an_empty_lake_knows_none(void **state)
{
    assert_false(newest(*state, NOON).known);
}

static void the_newest_of_ours_counts(void **state)
{
    struct world *w = *state;
    put(w, NOON - 86400, "twitch", LL_RUN_PARTIAL);
    put(w, NOON - 3600, "import-origin", LL_RUN_COMPLETE);
    struct ll_known_run run = newest(w, NOON);
    assert_true(run.known && run.slot_s == NOON - 86400 && run.status == LL_RUN_PARTIAL);
    assert_int_equal(run.cadence_s, 300);
    put(w, NOON + 3600, "twitch", LL_RUN_MISSED);
    assert_true(newest(w, NOON).slot_s == NOON - 86400);
    run = newest(w, NOON + 7200);
    assert_true(run.slot_s == NOON + 3600 && run.status == LL_RUN_MISSED);
}

static void imports_alone_do_not(void **state)
{
    struct world *w = *state;
    put(w, NOON - 3600, "import-origin", LL_RUN_COMPLETE);
    assert_false(newest(w, NOON).known);
}

static void the_newest_may_be_old(void **state)
{
    struct world *w = *state;
    put(w, NOON - 400 * INT64_C(86400), "twitch", LL_RUN_COMPLETE);
    assert_true(newest(w, NOON).slot_s == NOON - 400 * INT64_C(86400));
    put(w, NOON - 100 * INT64_C(86400), "import-origin", LL_RUN_COMPLETE);
    assert_false(newest(w, NOON).known);
}

static void a_damaged_one_counts(void **state)
{
    struct world *w = *state;
    struct ll_id id = ll_id_run(NOON);
    put(w, NOON - QUARTER, "twitch", LL_RUN_COMPLETE);
    struct ll_key key = ll_key_manifest(LL_LAYER_RAW, ll_day_of(NOON), id.c, 1);
    assert_status(LL_OK, ll_store_put(w->store, key.c, LL_STR("{"), LL_PUT_IF_ABSENT, &w->err),
                  &w->err);
    struct ll_known_run run = newest(w, NOON + 60);
    assert_true(run.known && run.slot_s == NOON && run.cadence_s == QUARTER);
}

static void missed_is_put_where_nothing_is(void **state)
{
    struct world *w = *state;
    bool was_put = false;
    const struct ll_missed taken = {NOON, 300, LL_STR("the disk was full")};
    const struct ll_missed vacant = {NOON + 300, 300, LL_STR("the disk was full")};
    put(w, NOON, "twitch", LL_RUN_COMPLETE);
    assert_status(LL_OK, ll_known_put_missed(w->store, &taken, &was_put, &w->err), &w->err);
    assert_false(was_put);
    for (int i = 0; i < 2; i++) {
        assert_status(LL_OK, ll_known_put_missed(w->store, &vacant, &was_put, &w->err), &w->err);
        assert_int_equal(was_put, i == 0);
    }
    struct ll_known_run run = newest(w, NOON + 3600);
    assert_true(run.slot_s == NOON + 300 && run.status == LL_RUN_MISSED && run.cadence_s == 300);
    struct ll_manifest m;
    const struct ll_manifest_entry entry = {run.id, ll_day_of(run.slot_s), 1};
    assert_status(LL_OK, ll_manifest_get(w->store, LL_LAYER_RAW, &entry, &m, NULL, &w->err),
                  &w->err);
    assert_true(ll_str_equal(m.why, vacant.why));
    ll_manifest_clear(&m);
    assert_true(newest(w, NOON).status == LL_RUN_COMPLETE);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_empty_lake_knows_none),
        CASE(the_newest_of_ours_counts),
        CASE(what_a_wrong_clock_wrote_does_not),
        CASE(imports_alone_do_not),
        CASE(the_newest_may_be_old),
        CASE(a_damaged_one_counts),
        CASE(missed_is_put_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
