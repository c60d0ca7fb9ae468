/* The loads of sql/load: the same rows whatever the order, the repeats and the state of the day. */
#include "report/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const views[] = {
    "observation",
    "track_all",
    "text_span_all",
    "broadcaster_day_all",
    "category_day_all",
    "session",
    "session_category",
    "broadcaster",
    "broadcaster_name",
    "category",
    "category_name",
    "language",
    "coverage",
    "streams",
    "users",
    "categories",
    "genre_bridge",
    "game_mode_bridge",
    "rollup_slot",
    "category_term",
    "run",
};

static char *snapshot(struct world *world, const char *view)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "SELECT CAST(v AS TEXT) AS line FROM %s v ORDER BY line", view);
    return world_text(world, sql);
}

static void assert_same(struct world *a, struct world *b)
{
    for (size_t i = 0; i < LL_COUNT(views); i++) {
        char *one = snapshot(a, views[i]), *other = snapshot(b, views[i]);
        if (strcmp(one, other) != 0)
            fail_msg("%s:\n%s\nis not\n%s", views[i], one, other);
        free(one);
        free(other);
    }
}

static const struct link links_a[] = {{1, "Chess", 11}, {2, "Duel", 12}, {4, "Late", 0}};
static const struct game games_a[] = {{11, "5,6", "1"}, {12, "5", NULL}};
static const struct link links_b[] = {{1, "Chess", 13}, {4, "Late", 12}};
static const struct game games_b[] = {{13, "7", "1,2"}, {12, "", "3"}, {11, NULL, "2"}};
static const struct link links_c[] = {{1, "Chess 2", 11}};
static const struct game games_c[] = {{12, "8,9", NULL}};
static const struct dump dumps[] = {
    {"a", MONDAY - 86400, links_a, LL_COUNT(links_a), games_a, LL_COUNT(games_a)},
    {"b", MONDAY + 3600, links_b, LL_COUNT(links_b), games_b, LL_COUNT(games_b)},
    {"c", MONDAY + 3600, links_c, LL_COUNT(links_c), games_c,
     LL_COUNT(games_c)}, /* same instant, larger ref */
};

static void any_order_and_repeats(void **state)
{
    static const size_t orders[][8] = {
        {0, 1, 2, 3, 4, 0, 0, 0}, {4, 2, 0, 1, 3, 2, 4, 0}, {3, 1, 1, 0, 2, 4, 4, 1}};
    static const size_t lengths[] = {5, 7, 8};
    struct world *reference = *state;
    for (size_t i = 0; i < LL_COUNT(orders); i++) {
        struct world *world = i == 0 ? reference : world_new();
        for (size_t j = 0; j < lengths[i]; j++) {
            world_run(world, &small_runs[orders[i][j]]);
            world_dump(world, &dumps[(i + j) % LL_COUNT(dumps)]);
        }
        world_override(world, 3, 0, true);
        if (world != reference) {
            assert_same(reference, world);
            world_free(world);
        }
    }
}

static void versions_by_date(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < LL_COUNT(dumps); i++)
        world_dump(world, &dumps[i]);
    /* Chess is game 11 throughout: b said 13, but c spoke last that day. Duel's genres change on
     * Monday; Late had no game in dump a, so the one of b holds for all time. The first mapping
     * holds before. */
    assert_sql(
        world,
        "SELECT category_id, term_id, k, CAST(valid_from AS TEXT), CAST(valid_to AS TEXT) FROM "
        "category_term "
        "WHERE kind = 'genre' ORDER BY ALL",
        "1,5,2,0001-01-01,9999-12-31\n1,6,2,0001-01-01,9999-12-31\n"
        "2,5,1,0001-01-01,2026-01-05\n2,8,2,2026-01-05,9999-12-31\n2,9,2,2026-01-05,9999-12-31\n"
        "4,5,1,0001-01-01,2026-01-05\n4,8,2,2026-01-05,9999-12-31\n4,9,2,2026-01-05,9999-12-31\n");
    assert_sql(world,
               "SELECT category_id, term_id, CAST(valid_from AS TEXT) FROM category_term WHERE "
               "kind = 'game_mode' ORDER BY ALL",
               "1,1,0001-01-01\n1,2,2026-01-05\n2,3,0001-01-01\n4,3,0001-01-01\n");
    /* The roll-up of a day takes the version of the day. */
    const struct sample duel = {1, 1, "a", 2, "Duel", "en", 10, NULL, false};
    world_run(world, &(struct run){MONDAY - 900, "complete", UNKNOWN, 0, &duel, 1});
    world_run(world, &(struct run){MONDAY, "complete", UNKNOWN, 0, &duel, 1});
    assert_sql(world,
               "SELECT slot, key, k, viewers FROM rollup_slot WHERE dim = 'genre' ORDER BY ALL",
               "1767570300,5,1,10\n1767571200,8,2,10\n1767571200,9,2,10\n");
}

static void overrides_only_fill_gaps(void **state)
{
    struct world *world = *state;
    world_dump(world, &dumps[0]);
    world_override(world, 1, 12, false); /* asserted to be 11: stays */
    assert_sql(world,
               "SELECT category_id, term_id FROM category_term WHERE kind = 'genre' ORDER BY ALL",
               "1,5\n1,6\n2,5\n");
    world_override(world, 4, 11, false); /* nobody said */
    assert_sql(
        world,
        "SELECT term_id FROM category_term WHERE kind = 'genre' AND category_id = 4 ORDER BY ALL",
        "5\n6\n");
    world_override(world, 1, 0, true); /* no "no game" either, against an id */
    assert_sql(
        world,
        "SELECT term_id FROM category_term WHERE kind = 'genre' AND category_id = 1 ORDER BY ALL",
        "5\n6\n");
    assert_sql(world, "SELECT count(*) FROM category_term WHERE category_id = 4", "0\n");
}

static void a_run_is_replaced_whole(void **state)
{
    struct world *world = *state;
    world_small(world);
    const struct sample other = {900, 90, "new", 2, "Duel", "fr", 1, NULL, false};
    world_run(world, &(struct run){MONDAY, "partial", 0.1, 0, &other, 1});
    assert_sql(world,
               "SELECT status, count(*) FROM run JOIN hot USING (slot) WHERE slot = 1767571200 "
               "GROUP BY ALL",
               "partial,1\n");
    assert_sql(
        world,
        "SELECT dim, key, language, viewers FROM rollup_slot WHERE slot = 1767571200 ORDER BY ALL",
        "category,2,,1\ncategory_language,2,fr,1\ngame_mode,0,,1\ngenre,5,,1\nlanguage,0,fr,"
        "1\nplatform,0,,1\n");
    /* A failed run carries nothing, whatever was staged. */
    world_run(world, &(struct run){MONDAY, "failed", UNKNOWN, 0, &other, 1});
    assert_sql(world, "SELECT count(*) FROM hot WHERE slot = 1767571200", "0\n");
    assert_sql(world, "SELECT count(*) FROM rollup_slot WHERE slot = 1767571200", "0\n");
    assert_sql(world, "SELECT count(*) FROM stage_stream", "0\n");
}

static void rollups_are_sums_of_observations(void **state)
{
    static const char sql[] =
        "WITH wanted AS ("
        " SELECT slot, 'platform' AS dim, 0 AS key, '' AS language, sum(viewer_count) AS viewers, "
        "count(*) AS channels FROM observation GROUP BY slot"
        " UNION ALL SELECT slot, 'category', category_id, '', sum(viewer_count), count(*) FROM "
        "observation GROUP BY slot, category_id"
        " UNION ALL SELECT slot, 'language', 0, language, sum(viewer_count), count(*) FROM "
        "observation GROUP BY slot, language"
        " UNION ALL SELECT slot, 'category_language', category_id, language, sum(viewer_count), "
        "count(*) FROM observation GROUP BY slot, category_id, language"
        " UNION ALL SELECT o.slot, b.kind, coalesce(t.term_id, 0), '', sum(viewer_count), count(*) "
        "FROM observation o"
        "  CROSS JOIN (VALUES ('genre'), ('game_mode')) b(kind) LEFT JOIN category_term t ON "
        "t.kind = b.kind"
        "  AND t.category_id = o.category_id AND t.valid_from <= o.day AND o.day < t.valid_to "
        "GROUP BY o.slot, b.kind, coalesce(t.term_id, 0)),"
        " got AS (SELECT slot, dim, key, language, sum(viewers) AS viewers, sum(channels) AS "
        "channels FROM rollup_slot GROUP BY ALL)"
        " SELECT count(*) FROM ((FROM wanted EXCEPT FROM got) UNION ALL (FROM got EXCEPT FROM "
        "wanted))";
    struct world *world = *state;
    world_small(world);
    assert_sql(world, sql, "0\n");
    assert_sql(world, "SELECT count(*) > 20 FROM rollup_slot", "true\n");
    world_close_day(world, "2026-01-05", small_runs, small_run_count);
    assert_sql(world, sql, "0\n");
    world_dump(world, &dumps[1]);
    assert_sql(world, sql, "0\n");
}

static void closing_changes_no_view(void **state)
{
    struct world *open = *state, *closed = world_new();
    world_small(open);
    world_small(closed);
    for (int again = 0; again < 2; again++) {
        world_close_day(closed, "2026-01-05", small_runs, small_run_count);
        assert_same(open, closed);
    }
    assert_sql(closed, "SELECT count(*) FROM hot", "0\n");
    assert_sql(closed, "SELECT count(*) FROM hot_detail", "0\n");
    assert_sql(closed, "SELECT closed, dirty, generation, manifest_sha256 FROM day_state",
               "true,false,1,abc\n");
    world_free(closed);
}

static void tracks_by_stint(void **state)
{
    struct world *world = *state;
    world_small(world);
    world_close_day(world, "2026-01-05", small_runs, small_run_count);
    /* A gap is a NULL in the list; a new category is a new track. */
    assert_sql(
        world,
        "SELECT stream_id, category_id, first_slot - 1767571200, samples, peak, viewers FROM track "
        "ORDER BY 1, 3",
        "100,1,0,4,300,\"[100,200,300,null,null,50]\"\n200,2,0,1,10,[10]\n200,1,900,1,20,[20]\n"
        "300,1,900,2,1000,\"[400,1000]\"\n400,3,0,2,9,\"[7,null,null,null,null,9]\"\n500,0,4500,1,"
        "3,[3]\n");
    assert_sql(
        world,
        "SELECT stream_id, from_slot - 1767571200, to_slot - 1767571200, title, tags FROM "
        "text_span ORDER BY 1, 2",
        "100,0,900,hello,\"[\"\"English\"\"]\"\n100,1800,4500,other,\"[\"\"English\"\"]\"\n"
        "200,0,900,hello,\"[\"\"English\"\"]\"\n300,900,1800,new "
        "title,\"[\"\"English\"\",\"\"Mature\"\"]\"\n"
        "400,0,4500,hello,\"[\"\"English\"\"]\"\n500,4500,4500,hello,\"[\"\"English\"\"]\"\n");
    assert_sql(world, "SELECT * EXCLUDE (day) FROM broadcaster_day WHERE broadcaster_id = 10",
               "10,alpha,alpha,1767571200,1767575700,4,650,585000,3600,300,3,315000,2700,200\n");
    assert_sql(world,
               "SELECT stream_id, category_id, samples FROM session_category ORDER BY 1, "
               "first_slot LIMIT 3",
               "100,1,4\n200,2,1\n200,1,1\n");
}

static void observations_prune_and_agree(void **state)
{
    struct world *world = *state;
    world_small(world);
    static const char sql[] =
        "SELECT count(*), sum(viewer_count) FROM observations(1767572100, 1767575700)";
    assert_sql(world, sql, "5,1920\n");
    world_close_day(world, "2026-01-05", small_runs, small_run_count);
    assert_sql(world, sql, "5,1920\n");
}

static void the_original_tables(void **state)
{
    struct world *world = *state;
    world_small(world);
    /* Slot 0 is 16:00 of the day before in Los Angeles. */
    assert_sql(world,
               "SELECT * FROM streams WHERE stream_id = '100' ORDER BY day_date_id, time_of_day_id "
               "LIMIT 2",
               "100,20260104,1600,10,1,en,100,25\n100,20260104,1615,10,1,en,200,50\n");
    struct ll_param params[] = {ll_param_text("key", LL_STR("origin_timezone")),
                                ll_param_text("value", LL_STR("Asia/Kolkata"))};
    world_exec(world, "meta/put", params, LL_COUNT(params));
    assert_sql(world, "SELECT min(day_date_id || time_of_day_id) FROM streams", "202601050530\n");
    assert_sql(world, "SELECT * FROM categories WHERE category_id IN ('0', '1') ORDER BY 1",
               "0,,No category\n1,11,Chess\n");
    assert_sql(world, "SELECT * FROM genre_bridge ORDER BY ALL", "1,5\n1,6\n2,5\n");
    assert_sql(world, "SELECT count(*), count(*) FILTER (part_of_day = 'night') FROM time_of_day",
               "96,32\n");
    assert_sql(world, "SELECT * FROM day_dates WHERE day_date_id = '20260105'",
               "20260105,2026-01-05,01/05/2026,Monday,01,05,2026,January,JAN,26\n");
}

static void load_ledger(struct world *world, const char *id, int32_t generation)
{
    static const struct ll_field fields[] = {
        {"run_id", LL_TYPE_TEXT},          {"generation", LL_TYPE_I32},
        {"manifest_sha256", LL_TYPE_TEXT}, {"schema_version", LL_TYPE_I32},
        {"loaded_at", LL_TYPE_TIMESTAMP},
    };
    static const struct ll_schema schema = {"stage_ledger", fields, LL_COUNT(fields)};
    struct ll_error err;
    struct ll_batch rows;
    ll_batch_init(&rows, &schema);
    ll_batch_text(&rows, 0, ll_str_of(id));
    ll_batch_i32(&rows, 1, generation);
    ll_batch_text(&rows, 2, LL_STR("a"));
    ll_batch_i32(&rows, 3, 1);
    ll_batch_i64(&rows, 4, MONDAY * 1000000);
    ll_batch_end_row(&rows);
    assert_status(LL_OK, ll_warehouse_put(world->w, "stage_ledger", &rows, &err), &err);
    ll_batch_clear(&rows);
    world_exec(world, "ledger/put", NULL, 0);
}

static void ledger_and_days(void **state)
{
    struct world *world = *state;
    load_ledger(world, "r", 1);
    load_ledger(world, "r", 2);
    assert_sql(world, "SELECT run_id, generation, loaded_at FROM load_ledger",
               "r,2,2026-01-05T00:00:00Z\n");
    world_small(world);
    struct ll_param day = ll_param_text("day", LL_STR("2026-01-05"));
    world_close_day(world, "2026-01-05", small_runs, small_run_count);
    world_exec(world, "load/day_dirty", &day, 1);
    world_exec(world, "load/day_sealed", &day, 1);
    struct ll_error err;
    struct ll_batch rows = {0};
    assert_status(LL_OK, ll_warehouse_query(world->w, "day/get", &day, 1, &rows, &err), &err);
    assert_int_equal(rows.row_count, 1);
    assert_true(ll_batch_get_bool(&rows, (size_t)ll_batch_column(&rows, "dirty"), 0));
    assert_true(ll_batch_get_bool(&rows, (size_t)ll_batch_column(&rows, "sealed"), 0));
    ll_batch_clear(&rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(any_order_and_repeats),
        TEST(versions_by_date),
        TEST(overrides_only_fill_gaps),
        TEST(a_run_is_replaced_whole),
        TEST(rollups_are_sums_of_observations),
        TEST(closing_changes_no_view),
        TEST(tracks_by_stint),
        TEST(observations_prune_and_agree),
        TEST(the_original_tables),
        TEST(ledger_and_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
