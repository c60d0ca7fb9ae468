/* Every metric against values worked out by hand from the small lake of world.c. */
#include "report/world.h"

#include <math.h>
#include <string.h>

struct expectation {
    const char *what, *by, *attribution, *sort;
    struct ll_report_filter filter;
    const char *columns, *wanted;
};

static void check(struct world *world, const struct expectation *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ll_report_request request = {.what = ll_str_of(cases[i].what),
                                            .by = ll_str_of(cases[i].by),
                                            .attribution = ll_str_of(cases[i].attribution),
                                            .sort = ll_str_of(cases[i].sort),
                                            .filters = &cases[i].filter,
                                            .filter_count = cases[i].filter.key.len > 0};
        assert_report(world, request, cases[i].columns, cases[i].wanted);
    }
}

#define TIME "hours_watched,airtime_hours"
#define AVERAGES "average_viewers,average_viewers_while_live,average_channels"
#define PEAKS "peak_viewers,peak_channels"
#define COUNTS "unique_channels,samples"

static void platform(void **state)
{
    world_small(*state);
    const struct expectation cases[] = {
        /* all good slots: (117 + 620 + 1300 + 62) / 4; 11 samples / 4 */
        {.what = "platform", .columns = TIME, .wanted = "524.75,2.75\n"},
        /* complete slots: 799 / 3, 799 / 9, 9 / 3 */
        {.what = "platform", .columns = AVERAGES, .wanted = "266.3333333,88.77777778,3\n"},
        {.what = "platform", .columns = PEAKS, .wanted = "620,3\n"},
        {.what = "platform", .columns = COUNTS, .wanted = "5,11\n"},
        {.what = "platform",
         .by = "language",
         .columns = "by_id,by_name,hours_watched,unique_channels",
         .wanted = "en,English,512.5,2\nde,German,11.5,2\n,Unknown,0.75,1\n"},
    };
    check(*state, cases, LL_COUNT(cases));
}

static void categories(void **state)
{
    world_small(*state);
    const struct expectation cases[] = {
        {.what = "categories",
         .columns = "id,name," TIME,
         .wanted = "1,Chess,517.5,1.75\n3,Talk,4,0.5\n2,Duel,2.5,0.25\n0,No category,0.75,0.25\n"},
        {.what = "categories",
         .columns = "id," AVERAGES,
         .wanted = "1,256.6666667,154,1.666666667\n3,5.333333333,8,0.6666666667\n"
                   "2,3.333333333,10,0.3333333333\n0,1,3,0.3333333333\n"},
        {.what = "categories", .columns = "id," PEAKS, .wanted = "1,620,3\n3,9,1\n2,10,1\n0,3,1\n"},
        {.what = "categories", .columns = "id," COUNTS, .wanted = "1,3,7\n3,1,2\n2,1,1\n0,1,1\n"},
        {.what = "categories",
         .columns = "id,share",
         .wanted = "1,0.9861838971\n3,0.007622677465\n2,0.004764173416\n0,0.001429252025\n"},
        {.what = "categories", .sort = "peak_viewers", .columns = "id", .wanted = "1\n2\n3\n0\n"},
        {.what = "categories",
         .by = "language",
         .columns = "id,by_id,hours_watched",
         .wanted = "1,en,512.5\n1,de,5\n3,de,4\n2,de,2.5\n0,,0.75\n"},
    };
    check(*state, cases, LL_COUNT(cases));
}

static void genres_and_modes(void **state)
{
    world_small(*state);
    const struct expectation cases[] = {
        /* half of Chess and all of Duel; half of Chess; no game; no category */
        {.what = "genres",
         .columns = "id,name," TIME,
         .wanted = "5,5,261.25,1.125\n6,6,258.75,0.875\n-1,Non-game,4,0.5\n0,Unmapped,0.75,0.25\n"},
        {.what = "genres",
         .columns = "id," PEAKS "," COUNTS,
         .wanted = "5,310,1.5,3,8\n6,310,1.5,3,7\n-1,9,1,1,2\n0,3,1,1,1\n"},
        {.what = "genres",
         .columns = "id,average_viewers,average_viewers_while_live",
         .wanted = "5,131.6666667,112.8571429\n6,128.3333333,154\n-1,5.333333333,8\n0,1,3\n"},
        {.what = "genres",
         .attribution = "full",
         .columns = "id," TIME "," PEAKS,
         .wanted = "5,520,2,620,3\n6,517.5,1.75,620,3\n-1,4,0.5,9,1\n0,0.75,0.25,3,1\n"},
        {.what = "game-modes",
         .columns = "id,name,hours_watched,unique_channels",
         .wanted = "1,1,517.5,3\n-1,Non-game,4,1\n0,Unmapped,3.25,2\n"},
        {.what = "genres",
         .by = "game_mode",
         .columns = "id,by_id,hours_watched",
         .wanted = "5,1,258.75\n6,1,258.75\n-1,-1,4\n5,0,2.5\n0,0,0.75\n"},
        {.what = "categories",
         .filter = {TEXT("genre"), TEXT("5")},
         .columns = "id,hours_watched,share",
         .wanted = "1,517.5,0.9951923077\n2,2.5,0.004807692308\n"},
        {.what = "categories",
         .filter = {TEXT("genre"), TEXT("unmapped")},
         .columns = "id,hours_watched",
         .wanted = "0,0.75\n"},
        {.what = "categories",
         .filter = {TEXT("game_mode"), TEXT("Non-game")},
         .columns = "id",
         .wanted = "3\n"},
    };
    check(*state, cases, LL_COUNT(cases));
}

static void shares_sum_to_one(void **state)
{
    world_small(*state);
    static const char *const whats[] = {"categories", "genres",       "game-modes",
                                        "languages",  "broadcasters", "sessions"};
    for (size_t i = 0; i < LL_COUNT(whats); i++) {
        struct ll_report_answer answer =
            world_report(*state, (struct ll_report_request){.what = ll_str_of(whats[i])});
        size_t share = (size_t)ll_batch_column(&answer.rows, "share");
        double sum = 0;
        for (size_t row = 0; row < answer.rows.row_count; row++)
            sum += ll_batch_get_f64(&answer.rows, share, row);
        assert_true(fabs(sum - 1) < 1e-12);
        ll_report_answer_clear(&answer);
    }
}

static void languages(void **state)
{
    world_small(*state);
    const struct expectation cases[] = {
        {.what = "languages",
         .columns = "id,name," TIME "," PEAKS "," COUNTS,
         .wanted = "en,English,512.5,1.5,600,2,2,6\nde,German,11.5,1,20,2,2,4\n,Unknown,0.75,0.25,"
                   "3,1,1,1\n"},
        {.what = "languages",
         .filter = {TEXT("language"), TEXT("unknown")},
         .columns = "id",
         .wanted = "\n"},
    };
    check(*state, cases, LL_COUNT(cases));
}

static void broadcasters(void **state)
{
    world_small(*state);
    const struct expectation cases[] = {
        {.what = "broadcasters",
         .columns = "id,name,login," TIME ",samples",
         .wanted = "30,gamma,gamma,350,0.5,2\n10,alpha,alpha,162.5,1,4\n20,beta,beta,7.5,0.5,2\n"
                   "40,delta,delta,4,0.5,2\n50,epsi,epsi,0.75,0.25,1\n"},
        /* the partial slot counts in hours, not in averages and peaks */
        {.what = "broadcasters",
         .columns = "id,average_viewers_while_live,peak_viewers",
         .wanted = "30,400,400\n10,116.6666667,200\n20,15,20\n40,8,9\n50,3,3\n"},
        {.what = "broadcasters",
         .sort = "peak_viewers",
         .columns = "id",
         .wanted = "30\n10\n20\n40\n50\n"},
        {.what = "broadcasters",
         .by = "category",
         .filter = {TEXT("broadcaster"), TEXT("BETA")},
         .columns = "id,by_id,by_name,hours_watched,share",
         .wanted = "20,1,Chess,5,0.6666666667\n20,2,Duel,2.5,0.3333333333\n"},
        {.what = "broadcasters",
         .by = "genre",
         .filter = {TEXT("broadcaster"), TEXT("20")},
         .columns = "by_id,hours_watched,airtime_hours,peak_viewers",
         .wanted = "5,5,0.375,10\n6,2.5,0.125,10\n"},
        {.what = "platform",
         .filter = {TEXT("broadcaster"), TEXT("alpha")},
         .columns = "hours_watched,average_viewers,peak_viewers,unique_channels",
         .wanted = "162.5,116.6666667,200,1\n"},
        {.what = "platform",
         .filter = {TEXT("category"), TEXT("chess")},
         .columns = "hours_watched,average_viewers,unique_channels",
         .wanted = "517.5,256.6666667,3\n"},
    };
    check(*state, cases, LL_COUNT(cases));
}

static void sessions(void **state)
{
    world_small(*state);
    const struct expectation cases[] = {
        /* the partial slot 2 ends nothing: beta, last seen in slot 1, ended at slot 5 */
        {.what = "sessions",
         .columns = "id,broadcaster_id,name,first_seen_at,last_seen_at,ended_at",
         .wanted = "300,30,gamma,2026-01-05T00:15:00Z,2026-01-05T00:30:00Z,2026-01-05T01:15:00Z\n"
                   "100,10,alpha,2026-01-05T00:00:00Z,2026-01-05T01:15:00Z,-\n"
                   "200,20,beta,2026-01-05T00:00:00Z,2026-01-05T00:15:00Z,2026-01-05T01:15:00Z\n"
                   "400,40,delta,2026-01-05T00:00:00Z,2026-01-05T01:15:00Z,-\n"
                   "500,50,epsi,2026-01-05T01:15:00Z,2026-01-05T01:15:00Z,-\n"},
        {.what = "sessions",
         .columns = "id,started_at," TIME ",average_viewers_while_live,peak_viewers,samples",
         .filter = {TEXT("language"), TEXT("de")},
         .wanted =
             "200,2026-01-04T23:50:00Z,7.5,0.5,15,20,2\n400,2026-01-04T23:50:00Z,4,0.5,8,9,2\n"},
    };
    check(*state, cases, LL_COUNT(cases));
    /* Measures are those of the range, the span that of the stream. */
    assert_report(*state,
                  (struct ll_report_request){.what = TEXT("sessions"),
                                             .from = TEXT("2026-01-05T00:15:00Z"),
                                             .to = TEXT("2026-01-05T00:30:00Z"),
                                             .sort = TEXT("peak_viewers"),
                                             .limit = 2},
                  "id,first_seen_at,last_seen_at,samples,peak_viewers",
                  "300,2026-01-05T00:15:00Z,2026-01-05T00:30:00Z,1,400\n"
                  "100,2026-01-05T00:00:00Z,2026-01-05T01:15:00Z,1,200\n");
}

static void coverage(void **state)
{
    world_small(*state);
    struct ll_report_answer answer =
        world_report(*state, (struct ll_report_request){.what = TEXT("platform")});
    assert_int_equal(answer.meta.runs, 4);
    assert_int_equal(answer.meta.expected, 6);
    assert_true(fabs(answer.meta.slot_coverage - 4.0 / 6) < 1e-12);
    assert_true(fabs(answer.meta.sweep_coverage - 0.8) < 1e-12); /* 0.9, 0.5, 1.0; one unknown */
    assert_false(answer.meta.partial);
    assert_string_equal(answer.meta.as_of.c, "2026-01-05T01:15:00Z");
    ll_report_answer_clear(&answer);

    /* Clipped at now; a slot is expected from its start on. */
    static const struct {
        int64_t now_s, expected;
    } clips[] = {
        {MONDAY - 1, 0}, {MONDAY, 0}, {MONDAY + 1, 1}, {MONDAY + 900, 1}, {MONDAY + 901, 2}};
    for (size_t i = 0; i < LL_COUNT(clips); i++) {
        answer = world_report(
            *state, (struct ll_report_request){.what = TEXT("platform"), .now_s = clips[i].now_s});
        assert_int_equal(answer.meta.expected, clips[i].expected);
        ll_report_answer_clear(&answer);
    }
}

static void only_partial(void **state)
{
    world_small(*state);
    struct ll_report_request request = {.what = TEXT("platform"),
                                        .from = TEXT("2026-01-05T00:30:00Z"),
                                        .to = TEXT("2026-01-05T01:15:00Z")};
    assert_report(*state, request, TIME "," AVERAGES "," PEAKS, "325,0.5,1300,650,2,1300,2\n");
    struct ll_report_answer answer = world_report(*state, request);
    assert_true(answer.meta.partial);
    assert_true(fabs(answer.meta.slot_coverage - 1.0 / 3) < 1e-12);
    ll_report_answer_clear(&answer);
    request.what = TEXT("broadcasters");
    assert_report(*state, request, "id,peak_viewers", "30,1000\n10,300\n");
    /* Live in the partial slot alone, though the range has a complete one. */
    request.to = TEXT("2026-01-05T01:30:00Z");
    assert_report(*state, request, "id,hours_watched,average_viewers_while_live,peak_viewers",
                  "30,250,-,-\n10,87.5,50,50\n40,2.25,9,9\n50,0.75,3,3\n");
}

static void a_gap_is_a_gap(void **state)
{
    world_small(*state);
    struct ll_report_request request = {.what = TEXT("platform"),
                                        .from = TEXT("2026-01-05T00:45:00Z"),
                                        .to = TEXT("2026-01-05T01:15:00Z")};
    struct ll_report_answer answer = world_report(*state, request);
    assert_int_equal(answer.rows.row_count, 0);
    assert_int_equal(answer.meta.runs, 0);
    assert_int_equal(answer.meta.expected, 2);
    ll_report_answer_clear(&answer);
}

static void nobody_live_is_no_gap(void **state)
{
    world_run(*state,
              &(struct run){.slot = MONDAY, .status = "complete", .sweep_coverage = UNKNOWN});
    assert_report(*state, (struct ll_report_request){.what = TEXT("platform")},
                  TIME "," AVERAGES "," PEAKS, "0,0,0,-,0,0,0\n");
}

static void an_empty_lake(void **state)
{
    static const char *const whats[] = {"platform",  "categories",   "genres",  "game-modes",
                                        "languages", "broadcasters", "sessions"};
    for (size_t i = 0; i < LL_COUNT(whats); i++) {
        struct ll_report_answer answer =
            world_report(*state, (struct ll_report_request){.what = ll_str_of(whats[i])});
        assert_int_equal(answer.rows.row_count, 0);
        assert_true(answer.rows.column_count > 5);
        assert_int_equal(answer.meta.expected, 6);
        assert_true(isnan(answer.meta.sweep_coverage));
        assert_string_equal(answer.meta.as_of.c, "");
        ll_report_answer_clear(&answer);
    }
}

static void ties_go_by_id_bytewise(void **state)
{
    const struct sample samples[] = {
        {1, 9, "a", 9, "Nine", "en", 5, NULL, false},
        {2, 10, "b", 10, "Ten", "en", 5, NULL, false},
        {3, 100, "c", 100, "Hundred", "en", 5, NULL, false},
    };
    world_run(*state, &(struct run){MONDAY, "complete", UNKNOWN, 0, samples, LL_COUNT(samples)});
    assert_report(*state, (struct ll_report_request){.what = TEXT("categories")}, "id",
                  "10\n100\n9\n");
    assert_report(*state, (struct ll_report_request){.what = TEXT("broadcasters"), .limit = 2},
                  "id", "10\n100\n");
    assert_report(*state, (struct ll_report_request){.what = TEXT("sessions")}, "id", "1\n2\n3\n");
}

static void edge_40_edge_42_renames_keep_their_history(void **state)
{
    const struct sample before = {1, 10, "alpha", 1, "Old Game", "en", 8, NULL, false};
    const struct sample after = {2, 10, "omega", 1, "New Game", "en", 4, NULL, false};
    world_run(*state, &(struct run){MONDAY, "complete", UNKNOWN, 0, &before, 1});
    world_run(*state, &(struct run){MONDAY + 900, "complete", UNKNOWN, 0, &after, 1});
    const struct expectation cases[] = {
        {.what = "broadcasters", .columns = "id,name,hours_watched", .wanted = "10,omega,3\n"},
        {.what = "categories", .columns = "id,name,unique_channels", .wanted = "1,New Game,1\n"},
        {.what = "platform",
         .filter = {TEXT("broadcaster"), TEXT("alpha")},
         .columns = "samples",
         .wanted = "2\n"},
        /* restarted under a new stream id: two sessions of one broadcaster */
        {.what = "sessions",
         .columns = "id,login,ended_at",
         .wanted = "1,omega,2026-01-05T00:15:00Z\n2,omega,-\n"},
    };
    check(*state, cases, LL_COUNT(cases));
    assert_sql(*state,
               "SELECT login, first_slot, last_slot FROM broadcaster_name ORDER BY first_slot",
               "alpha,1767571200,1767571200\nomega,1767572100,1767572100\n");
    assert_sql(*state, "SELECT name FROM category_name ORDER BY first_slot",
               "Old Game\nNew Game\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(platform),
        TEST(categories),
        TEST(genres_and_modes),
        TEST(shares_sum_to_one),
        TEST(languages),
        TEST(broadcasters),
        TEST(sessions),
        TEST(coverage),
        TEST(only_partial),
        TEST(a_gap_is_a_gap),
        TEST(nobody_live_is_no_gap),
        TEST(an_empty_lake),
        TEST(ties_go_by_id_bytewise),
        TEST(edge_40_edge_42_renames_keep_their_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
