/* What may be asked, and how it is refused. */
#include "report/world.h"

#include <string.h>

static void wrong_requests(void **state)
{
    world_small(*state);
    static const struct {
        struct ll_report_request request;
        struct ll_report_filter filter;
        const char *message; /* a part of it */
    } cases[] = {
        {{.what = TEXT("streamers")},
         {.exclude = false},
         "report 'streamers' is not one of platform, categories, broadcasters, genres, game-modes, "
         "languages, sessions, samples, runs, coverage, concentration"},
        {{.tz = TEXT("Mars/Olympus")},
         {.exclude = false},
         "unknown time zone 'Mars/Olympus': use an IANA name such as Europe/Berlin"},
        {{.tz = TEXT("\xff")}, {.exclude = false}, "unknown time zone"},
        {{.from = TEXT("2026-02-30")}, {.exclude = false}, "from '2026-02-30' is no time: write"},
        {{.to = TEXT("yesterday")}, {.exclude = false}, "to 'yesterday' is no time"},
        {{.from = TEXT("now-7x")}, {.exclude = false}, "from 'now-7x'"},
        {{.from = TEXT("now-")}, {.exclude = false}, "from 'now-'"},
        {{.from = TEXT("now-999999999w")}, {.exclude = false}, "from 'now-999999999w'"},
        {{.from = TEXT("2026-01-06"), .to = TEXT("2026-01-06")},
         {.exclude = false},
         "the range is empty: from 2026-01-06T00:00:00Z is not before"},
        {{.from = TEXT("0001-01-01"), .to = TEXT("9999-01-01")},
         {.exclude = false},
         "longer than 100 years"},
        {{.grain = TEXT("year")},
         {.exclude = false},
         "grain 'year' is not one of none, slot, hour, day, week, month, hour_of_week"},
        {{.what = TEXT("sessions"), .grain = TEXT("day")},
         {.exclude = false},
         "grain 'day' is not one of none"},
        {{.what = TEXT("genres"), .by = TEXT("genre")},
         {.exclude = false},
         "by 'genre' is not one of none, category, language, game_mode"},
        {{.what = TEXT("sessions"), .by = TEXT("genre")},
         {.exclude = false},
         "by 'genre' is not one of none"},
        {{.sort = TEXT("viewers")},
         {.exclude = false},
         "sort 'viewers' is not one of hours_watched, airtime_hours, average_viewers"},
        {{.what = TEXT("broadcasters"), .sort = TEXT("unique_channels")},
         {.exclude = false},
         "sort 'unique_channels'"},
        {{.attribution = TEXT("half")},
         {.exclude = false},
         "attribution 'half' is not one of fractional, full"},
        {{.limit = -1}, {.exclude = false}, "limit -1 is negative"},
        {{0},
         {.key = TEXT("game"), .value = TEXT("Chess")},
         "filter 'game' is not one of category, broadcaster, language, genre, game_mode, session"},
        {{0}, {.key = TEXT("none"), .value = TEXT("Chess")}, "filter 'none'"},
        {{0}, {.key = TEXT("category"), .value = TEXT("Ches")}, "no category is called 'Ches'"},
        {{0}, {.key = TEXT("category"), .value = TEXT("x' OR '1'='1")}, "no category is called"},
        {{0},
         {.key = TEXT("broadcaster"), .value = TEXT("nobody")},
         "no broadcaster is called 'nobody'"},
        {{0}, {.key = TEXT("language"), .value = TEXT("99")}, "no language is called '99'"},
        {{0}, {.key = TEXT("genre"), .value = TEXT("Shooter")}, "no genre is called 'Shooter'"},
        {{0}, {.key = TEXT("category"), .value = TEXT("\xff\xfe")}, "filter category is not UTF-8"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        struct ll_report_answer answer;
        struct ll_report_request request = cases[i].request;
        request.now_s = MONDAY + 86400;
        if (request.what.len == 0)
            request.what = TEXT("platform");
        request.filters = &cases[i].filter;
        request.filter_count = cases[i].filter.key.len > 0;
        assert_status(LL_INVALID,
                      ll_report_run(((struct world *)*state)->w, &request, &answer, &err), &err);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: %s", i, err.message);
    }
}

/* world_small: see world.c. */
static void filters_add_up(void **state)
{
    world_small(*state);
    struct ll_report_filter either[] = {{.key = TEXT("category"), .value = TEXT("1")},
                                        {.key = TEXT("category"), .value = TEXT("2")}};
    struct ll_report_filter both[] = {{.key = TEXT("category"), .value = TEXT("Chess")},
                                      {.key = TEXT("language"), .value = TEXT("de")}};
    struct ll_report_request request = {
        .what = TEXT("categories"), .filters = either, .filter_count = 2};
    assert_report(*state, request, "id", "1\n2\n");
    request.filters = both;
    request.what = TEXT("platform");
    assert_report(*state, request, "hours_watched,unique_channels", "5,1\n");
}

static void names_that_several_bear(void **state)
{
    struct ll_error err;
    struct ll_report_answer answer;
    const struct sample samples[] = {{1, 1, "a", 7, "Twin", "en", 1, NULL, false},
                                     {2, 2, "b", 8, "twin", "en", 2, NULL, false},
                                     {3, 3, "c", 9, "7", "en", 4, NULL, false}};
    world_run(*state, &(struct run){MONDAY, "complete", UNKNOWN, 0, samples, LL_COUNT(samples)});
    struct ll_report_filter filter = {.key = TEXT("category"), .value = TEXT("TWIN")};
    struct ll_report_request request = {
        .what = TEXT("categories"), .filters = &filter, .filter_count = 1};
    request.now_s = MONDAY + 86400;
    assert_status(LL_INVALID, ll_report_run(((struct world *)*state)->w, &request, &answer, &err),
                  &err);
    assert_non_null(
        strstr(err.message, "more than one category is called 'TWIN': give its id (7, 8"));
    filter.value = TEXT("7"); /* an id goes before a name */
    assert_report(*state, request, "id", "7\n");
    filter.value = TEXT("12345"); /* an id never met */
    assert_report(*state, request, "id", "");
}

static void times(void **state)
{
    world_small(*state);
    static const struct {
        const char *from, *to, *tz, *wanted_from, *wanted_to;
    } cases[] = {
        {"now-1h", "now", "", "2026-01-05T23:00:00Z", "2026-01-06T00:00:00Z"},
        {"now-7d", "now+1w", "", "2025-12-30T00:00:00Z", "2026-01-13T00:00:00Z"},
        {"2026-01-05T01:00:00+02:00", "2026-01-05T00:00:00.999Z", "", "2026-01-04T23:00:00Z",
         "2026-01-05T00:00:00Z"},
        {"2026-01-05", "2026-01-06", "America/New_York", "2026-01-05T00:00:00-05:00",
         "2026-01-06T00:00:00-05:00"},
        {"2026-07-01", "2026-07-02", "europe/berlin", "2026-07-01T00:00:00+02:00",
         "2026-07-02T00:00:00+02:00"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_report_answer answer =
            world_report(*state, (struct ll_report_request){.what = TEXT("platform"),
                                                            .from = ll_str_of(cases[i].from),
                                                            .to = ll_str_of(cases[i].to),
                                                            .tz = ll_str_of(cases[i].tz),
                                                            .now_s = MONDAY + 86400});
        assert_string_equal(answer.meta.from.c, cases[i].wanted_from);
        assert_string_equal(answer.meta.to.c, cases[i].wanted_to);
        ll_report_answer_clear(&answer);
    }
}

/* Half-open: a slot that starts at `to` is out, one that starts at `from` is in. */
static void ranges_are_half_open(void **state)
{
    world_small(*state);
    struct ll_report_request request = {.what = TEXT("platform"),
                                        .from = TEXT("2026-01-05T00:15:00Z"),
                                        .to = TEXT("2026-01-05T00:30:00Z")};
    assert_report(*state, request, "samples", "3\n");
    request.from = TEXT("2026-01-05T00:15:01Z");
    request.to = TEXT("2026-01-05T00:30:01Z");
    assert_report(*state, request, "samples", "2\n");
}

static void answers_in_every_format(void **state)
{
    world_small(*state);
    struct ll_report_request request = {.what = TEXT("genres"), .limit = 1};
    static const struct {
        enum ll_format format;
        const char *parts[3];
    } cases[] = {
        {LL_FORMAT_JSON,
         {"{\"meta\":{\"from\":\"2026-01-05T00:00:00Z\",\"to\":\"2026-01-05T01:30:00Z\",\"tz\":"
          "\"UTC\",\"attribution\":\"fractional\",\"runs\":4,\"expected\":6,\"slot_coverage\":0."
          "66666666666666",
          "\"as_of\":\"2026-01-05T01:15:00Z\",\"partial\":false",
          "\"data\":[\n{\"id\":\"5\",\"name\":\"5\",\"hours_watched\":261.25,"}},
        {LL_FORMAT_CSV,
         {"id,name,hours_watched,airtime_hours,average_viewers,", "\r\n5,5,261.25,1.125,",
          "0.497"}},
        {LL_FORMAT_NDJSON, {"{\"id\":\"5\",", "\"unique_channels\":3,", "}\n"}},
        {LL_FORMAT_TABLE,
         {"id  name  hours_watched  ", "5   5            261.25",
          "Slots: 4 of 6, 66.7 %; sweep coverage 80.0 %; as of 2026-01-05T01:15:00Z.\nData from "
          "Twitch; game data from IGDB.com\n"}},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_report_answer answer = world_report(*state, request);
        struct ll_buf out = {0};
        ll_report_render(&answer, cases[i].format, &out);
        for (size_t j = 0; j < LL_COUNT(cases[i].parts); j++)
            if (strstr(out.ptr, cases[i].parts[j]) == NULL)
                fail_msg("'%s' is not in:\n%s", cases[i].parts[j], out.ptr);
        ll_buf_clear(&out);
        ll_report_answer_clear(&answer);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(wrong_requests), TEST(filters_add_up),       TEST(names_that_several_bear),
        TEST(times),          TEST(ranges_are_half_open), TEST(answers_in_every_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
