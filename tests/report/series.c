/* Time buckets: local, DST right, Monday weeks; each bucket answers as if it were the range. */
#include "report/world.h"

#include <stdlib.h>

static const struct sample one = {1, 10, "a", 1, "Chess", "en", 6, NULL, false};

/* One viewer sample in each of `count` complete slots. */
static void fill(struct world *world, int64_t from, int32_t cadence_s, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        world_run(world,
                  &(struct run){from + i * cadence_s, "complete", UNKNOWN, cadence_s, &one, 1});
}

static struct ll_report_request ask(const char *from, const char *to, const char *tz,
                                    const char *grain)
{
    return (struct ll_report_request){.what = TEXT("platform"),
                                      .from = ll_str_of(from),
                                      .to = ll_str_of(to),
                                      .tz = ll_str_of(tz),
                                      .grain = ll_str_of(grain),
                                      .now_s = INT64_C(1800000000)};
}

static void buckets_of_the_small_lake(void **state)
{
    world_small(*state);
    const char *from = "2026-01-05T00:00:00Z", *to = "2026-01-05T01:30:00Z";
    assert_report(*state, ask(from, to, "UTC", "hour"),
                  "time,hours_watched,average_viewers,peak_viewers,unique_channels,partial",
                  "2026-01-05T00:00:00Z,509.25,368.5,620,4,false\n"
                  "2026-01-05T01:00:00Z,15.5,62,62,3,false\n");
    assert_report(*state, ask(from, to, "UTC", "slot"), "time,hours_watched,peak_viewers,partial",
                  "2026-01-05T00:00:00Z,29.25,117,false\n2026-01-05T00:15:00Z,155,620,false\n"
                  "2026-01-05T00:30:00Z,325,1300,true\n2026-01-05T01:15:00Z,15.5,62,false\n");
    /* A zone at :30: slots 0 and 1 lie in the local hour from 05:00, the others in that from 06:00.
     */
    assert_report(*state, ask(from, to, "asia/kolkata", "hour"),
                  "time,hours_watched,average_viewers",
                  "2026-01-05T05:00:00+05:30,184.25,368.5\n2026-01-05T06:00:00+05:30,340.5,62\n");
    assert_report(*state, ask(from, to, "Asia/Kathmandu", "hour"),
                  "time,hours_watched", /* +05:45 */
                  "2026-01-05T05:00:00+05:45,29.25\n2026-01-05T06:00:00+05:45,480\n"
                  "2026-01-05T07:00:00+05:45,15.5\n");
    struct ll_report_request request = ask(from, to, "UTC", "slot");
    struct ll_report_answer answer = world_report(*state, request);
    assert_true(answer.meta.partial); /* one bucket is */
    ll_report_answer_clear(&answer);
}

/* The limit counts keys, ranked over the whole range. */
static void top_keys_in_each_bucket(void **state)
{
    world_small(*state);
    struct ll_report_request request =
        ask("2026-01-05T00:00:00Z", "2026-01-05T01:30:00Z", "UTC", "hour");
    request.what = TEXT("categories");
    request.limit = 2;
    assert_report(*state, request, "id,name,time,hours_watched",
                  "1,Chess,2026-01-05T00:00:00Z,505\n3,Talk,2026-01-05T00:00:00Z,1.75\n"
                  "1,Chess,2026-01-05T01:00:00Z,12.5\n3,Talk,2026-01-05T01:00:00Z,2.25\n");
    request.what = TEXT("genres");
    request.limit = 1;
    request.attribution = TEXT("full");
    assert_report(*state, request, "id,time,peak_viewers",
                  "5,2026-01-05T00:00:00Z,620\n5,2026-01-05T01:00:00Z,50\n");
    request.what = TEXT("broadcasters");
    request.sort = TEXT("peak_viewers");
    assert_report(*state, request, "id,time,peak_viewers", "30,2026-01-05T00:00:00Z,400\n");
}

static void days_of_23_and_25_hours(void **state)
{
    /* Berlin: summer time begins 2026-03-29 01:00 UTC. Hours from 2026-03-28T22:00Z on. */
    fill(*state, INT64_C(1774735200), 3600, 50);
    assert_report(*state, ask("2026-03-29", "2026-03-31", "Europe/Berlin", "day"),
                  "time,airtime_hours,hours_watched,average_viewers",
                  "2026-03-29T00:00:00+01:00,23,138,6\n2026-03-30T00:00:00+02:00,24,144,6\n");
    struct ll_report_answer answer =
        world_report(*state, ask("2026-03-29", "2026-03-30", "Europe/Berlin", ""));
    assert_int_equal(answer.meta.expected, 23);
    assert_string_equal(answer.meta.from.c, "2026-03-29T00:00:00+01:00");
    assert_string_equal(answer.meta.to.c, "2026-03-30T00:00:00+02:00");
    ll_report_answer_clear(&answer);
}

static void the_hour_that_comes_twice(void **state)
{
    /* Berlin: summer time ends 2026-10-25 01:00 UTC. Half-hours from 2026-10-24T22:00Z, 25 hours.
     */
    fill(*state, INT64_C(1792879200), 1800, 52);
    assert_report(*state, ask("2026-10-25", "2026-10-26", "Europe/Berlin", "day"),
                  "time,airtime_hours", "2026-10-25T00:00:00+02:00,25\n");
    assert_report(
        *state, ask("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "Europe/Berlin", "hour"),
        "time,samples",
        "2026-10-25T02:00:00+02:00,2\n2026-10-25T02:00:00+01:00,2\n2026-10-25T03:00:00+01:00,2\n");
}

static void midnights_that_come_twice_or_never(void **state)
{
    /* Havana goes back at 01:00 on 2026-11-01: the day begins at the first midnight, 04:00 UTC. */
    fill(*state, INT64_C(1793502000), 3600, 3); /* 03:00, 04:00, 05:00 */
    assert_report(*state, ask("2026-10-31", "2026-11-02", "America/Havana", "day"), "time,samples",
                  "2026-10-31T00:00:00-04:00,1\n2026-11-01T00:00:00-04:00,2\n");
    /* And forward at 00:00 on 2026-03-08: the day begins at 01:00. */
    fill(*state, INT64_C(1772942400), 3600, 3); /* 04:00, 05:00, 06:00 */
    assert_report(*state, ask("2026-03-07", "2026-03-09", "America/Havana", "day"), "time,samples",
                  "2026-03-07T00:00:00-05:00,1\n2026-03-08T01:00:00-04:00,2\n");
}

static void weeks_and_months(void **state)
{
    fill(*state, MONDAY - 900, 900, 2);        /* Sunday, Monday */
    fill(*state, INT64_C(1769903100), 900, 2); /* 2026-01-31T23:45Z, 2026-02-01T00:00Z */
    assert_report(*state, ask("2026-01-01", "2026-03-01", "UTC", "week"), "time,samples",
                  "2025-12-29T00:00:00Z,1\n2026-01-05T00:00:00Z,1\n2026-01-26T00:00:00Z,2\n");
    assert_report(*state, ask("2026-01-01", "2026-03-01", "UTC", "month"),
                  "time,samples,unique_channels",
                  "2026-01-01T00:00:00Z,3,1\n2026-02-01T00:00:00Z,1,1\n");
    assert_report(*state, ask("2026-01-01", "2026-03-01", "America/New_York", "month"),
                  "time,samples", "2026-01-01T00:00:00-05:00,4\n");
}

/* Closed days answer as open ones do, tracks over buckets and ranges included. */
static void closed_days_answer_alike(void **state)
{
    static const char *const whats[] = {"platform",  "categories",   "genres",  "game-modes",
                                        "languages", "broadcasters", "sessions"};
    static const char *const grains[] = {"none", "hour", "slot"};
    static const struct {
        const char *from, *to;
    } ranges[] = {{"2026-01-05T00:00:00Z", "2026-01-05T01:30:00Z"},
                  {"2026-01-05T00:15:00Z", "2026-01-05T01:20:00Z"},
                  {"2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"},
                  {"2026-01-03T12:00:00Z", "2026-01-07T01:00:00Z"},
                  {"2026-01-05T00:30:00Z", "2026-01-05T00:45:00Z"}};
    char *before[LL_COUNT(whats) * LL_COUNT(grains) * LL_COUNT(ranges)] = {0};
    world_small(*state);
    for (int closed = 0; closed < 2; closed++) {
        size_t at = 0;
        for (size_t i = 0; i < LL_COUNT(whats); i++)
            for (size_t j = 0; j < LL_COUNT(grains); j++)
                for (size_t k = 0; k < LL_COUNT(ranges); k++, at++) {
                    struct ll_buf out = {0};
                    bool session = i + 1 == LL_COUNT(whats);
                    struct ll_report_request request = {.what = ll_str_of(whats[i]),
                                                        .grain =
                                                            ll_str_of(session ? "" : grains[j]),
                                                        .tz = TEXT("Asia/Kolkata"),
                                                        .from = ll_str_of(ranges[k].from),
                                                        .to = ll_str_of(ranges[k].to)};
                    struct ll_report_answer answer = world_report(*state, request);
                    ll_report_render(&answer, LL_FORMAT_JSON, &out);
                    ll_report_answer_clear(&answer);
                    if (!closed)
                        before[at] = ll_xstrdup(out.ptr);
                    else {
                        assert_string_equal(out.ptr, before[at]);
                        free(before[at]);
                    }
                    ll_buf_clear(&out);
                }
        if (!closed)
            world_close_day(*state, "2026-01-05", small_runs, small_run_count);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(buckets_of_the_small_lake),
        TEST(top_keys_in_each_bucket),
        TEST(days_of_23_and_25_hours),
        TEST(the_hour_that_comes_twice),
        TEST(midnights_that_come_twice_or_never),
        TEST(weeks_and_months),
        TEST(closed_days_answer_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
