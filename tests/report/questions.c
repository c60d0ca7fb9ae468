/* Comparing, excluding, pages, hours of the week, and the lists. Worked out by hand from the lake
 * of world.c: complete slots 0, 1 and 5, partial slot 2, of 15 minutes each. */
#include "report/world.h"

#include <string.h>

static struct ll_report_request about(const char *what)
{
    return (struct ll_report_request){.what = ll_str_of(what),
                                      .from = TEXT("2026-01-05T00:00:00Z"),
                                      .to = TEXT("2026-01-05T01:30:00Z"),
                                      .now_s = MONDAY + 86400};
}

static void all_but(void **state)
{
    world_small(*state);
    struct ll_report_request request = about("categories");
    struct ll_report_filter filters[] = {
        {.key = TEXT("category"), .value = TEXT("Chess"), .exclude = true},
        {.key = TEXT("language"), .value = TEXT(""), .exclude = true}};
    request.filters = filters;
    request.filter_count = 1;
    assert_report(*state, request, "id,hours_watched", "3,4\n2,2.5\n0,0.75\n");
    filters[0] =
        (struct ll_report_filter){.key = TEXT("genre"), .value = TEXT("5"), .exclude = true};
    assert_report(*state, request, "id,hours_watched", "3,4\n0,0.75\n");
    filters[0] =
        (struct ll_report_filter){.key = TEXT("genre"), .value = TEXT("0"), .exclude = true};
    assert_report(*state, request, "id", "1\n3\n2\n");
    filters[0] = (struct ll_report_filter){
        .key = TEXT("broadcaster"), .value = TEXT("gamma"), .exclude = true};
    request.what = TEXT("broadcasters");
    assert_report(*state, request, "id,hours_watched", "10,162.5\n20,7.5\n40,4\n50,0.75\n");
}

/* Slots 1 and 2 against slots -1 and 0: nobody was asked before midnight, slot 0 was. */
static void against_the_time_before(void **state)
{
    world_small(*state);
    struct ll_report_request request = about("categories");
    request.from = TEXT("2026-01-05T00:15:00Z");
    request.to = TEXT("2026-01-05T00:30:00Z");
    request.compare = TEXT("previous");
    request.metrics = TEXT("hours_watched,average_viewers_while_live,unique_channels");
    assert_report(*state, request,
                  "id,hours_watched,hours_watched_before,average_viewers_while_live_before,"
                  "unique_channels,unique_channels_before,change",
                  "1,155,25,100,3,1,130\n");
    request.sort = TEXT("change"); /* what is gone has moved, too */
    assert_report(*state, request, "id,hours_watched,hours_watched_before,change",
                  "1,155,25,130\n2,0,2.5,-2.5\n3,0,1.75,-1.75\n");
    request.limit = 2;
    assert_report(*state, request, "id", "1\n2\n");
    struct ll_report_answer answer = world_report(*state, request);
    assert_string_equal(answer.meta.before.from.c, "2026-01-05T00:00:00Z");
    assert_int_equal(answer.meta.before.runs, 1);
    assert_int_equal(answer.meta.before.expected, 1);
    ll_report_answer_clear(&answer);
    request.compare = TEXT("week"); /* nobody looked: unknown, not nothing */
    request.sort = TEXT("");
    assert_report(*state, request, "id,hours_watched,hours_watched_before,change", "1,155,-,-\n");
}

/* Every page in turn gives the rows of one long page. */
static void pages(void **state)
{
    static const char *const whats[] = {"categories", "broadcasters", "sessions", "samples",
                                        "runs"};
    world_small(*state);
    for (size_t i = 0; i < LL_COUNT(whats); i++) {
        struct ll_report_request request = about(whats[i]);
        struct ll_report_answer all = world_report(*state, request), page;
        char cursor[LL_REPORT_CURSOR_MAX] = "";
        size_t rows = 0;
        assert_string_equal(all.meta.next, "");
        request.limit = 1;
        do {
            request.cursor = ll_str_of(cursor);
            page = world_report(*state, request);
            assert_int_equal(page.rows.row_count, 1);
            for (size_t c = 0; c < page.rows.column_count; c++)
                if (page.rows.columns[c].field.type == LL_TYPE_TEXT &&
                    !ll_batch_is_null(&page.rows, c, 0))
                    assert_true(ll_str_equal(ll_batch_get_text(&page.rows, c, 0),
                                             ll_batch_get_text(&all.rows, c, rows)));
            memcpy(cursor, page.meta.next, sizeof(cursor));
            ll_report_answer_clear(&page);
            rows++;
        } while (cursor[0] != '\0');
        assert_int_equal(rows, all.rows.row_count);
        ll_report_answer_clear(&all);
    }
}

/* What is long is asked for in pieces, and is the same. */
static void what_is_long_comes_in_pieces(void **state)
{
    static const char *const whats[] = {"categories", "broadcasters", "sessions", "languages"};
    world_small(*state);
    for (size_t i = 0; i < LL_COUNT(whats); i++)
        for (int64_t limit = 0; limit < 4; limit++) {
            struct ll_report_request request = about(whats[i]);
            request.compare = i == 2 ? TEXT("") : TEXT("previous");
            request.limit = limit;
            struct ll_report_answer whole = world_report(*state, request);
            request.page_rows = 1;
            struct ll_report_answer pieces = world_report(*state, request);
            LL_AUTO(ll_buf_clear) struct ll_buf a = {0}, b = {0};
            ll_report_render(&whole, LL_FORMAT_JSON, &a);
            ll_report_render(&pieces, LL_FORMAT_JSON, &b);
            assert_true(whole.rows.row_count >= 1);
            assert_string_equal(a.ptr, b.ptr);
            ll_report_answer_clear(&whole);
            ll_report_answer_clear(&pieces);
        }
}

/* Whole local days are moved as such, and any other range keeps its length. */
static void the_time_before_over_a_clock_change(void **state)
{
    static const struct {
        const char *compare, *from, *to, *before_from, *before_to;
    } cases[] = {
        {"previous", "2026-10-25", "2026-10-26", "2026-10-24T00:00:00+02:00",
         "2026-10-25T00:00:00+02:00"},
        {"previous", "2026-10-26", "2026-10-27", "2026-10-25T00:00:00+02:00",
         "2026-10-26T00:00:00+01:00"},
        {"previous", "2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00+02:00",
         "2026-10-25T02:30:00+02:00"},
        {"previous", "2026-10-25T12:00:00Z", "2026-10-26T12:00:00Z", "2026-10-24T14:00:00+02:00",
         "2026-10-25T13:00:00+01:00"},
        {"week", "2026-10-25", "2026-10-26", "2026-10-18T00:00:00+02:00",
         "2026-10-19T00:00:00+02:00"},
        {"week", "2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z", "2026-10-18T02:30:00+02:00",
         "2026-10-18T03:15:00+02:00"},
        {"year", "2026-03-01", "2026-04-01", "2025-03-01T00:00:00+01:00",
         "2025-04-01T00:00:00+02:00"},
    };
    world_small(*state);
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_report_request request = about("platform");
        request.tz = TEXT("Europe/Berlin");
        request.compare = ll_str_of(cases[i].compare);
        request.from = ll_str_of(cases[i].from);
        request.to = ll_str_of(cases[i].to);
        struct ll_report_answer answer = world_report(*state, request);
        assert_string_equal(answer.meta.before.from.c, cases[i].before_from);
        assert_string_equal(answer.meta.before.to.c, cases[i].before_to);
        ll_report_answer_clear(&answer);
    }
}

static void cursors_that_do_not_fit(void **state)
{
    struct ll_error err;
    struct ll_report_answer answer;
    world_small(*state);
    struct ll_report_request request = about("categories");
    request.limit = 1;
    answer = world_report(*state, request);
    char cursor[LL_REPORT_CURSOR_MAX];
    memcpy(cursor, answer.meta.next, sizeof(cursor));
    ll_report_answer_clear(&answer);
    const struct {
        struct ll_str cursor, sort, grain;
        const char *message;
    } cases[] = {
        {ll_str_of(cursor), TEXT("peak_viewers"), TEXT(""), "belongs to another request"},
        {ll_str_of(cursor), TEXT(""), TEXT("day"), "there is none with a grain"},
        {TEXT("AAAA"), TEXT(""), TEXT(""), "not one of ours"},
        {TEXT("not base64!"), TEXT(""), TEXT(""), "not one of ours"},
        {TEXT("MSAyIDMgNCA5OTkgYWI"), TEXT(""), TEXT(""), "not one of ours"}, /* a length of 999 */
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        request.cursor = cases[i].cursor;
        request.sort = cases[i].sort;
        request.grain = cases[i].grain;
        assert_status(LL_INVALID,
                      ll_report_run(((struct world *)*state)->w, &request, &answer, &err), &err);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: %s", i, err.message);
    }
}

/* Slot 5, 01:15 UTC, is in the second hour; of the first the partial slot 2 does not count. */
static void hours_of_the_week(void **state)
{
    world_small(*state);
    struct ll_report_request request = about("platform");
    request.grain = TEXT("hour_of_week");
    assert_report(*state, request, "weekday,hour,average_viewers,samples",
                  "1,0,368.5,8\n1,1,62,3\n");
    request.tz = TEXT("America/New_York"); /* Sunday evening there */
    assert_report(*state, request, "weekday,hour,average_viewers", "7,19,368.5\n7,20,62\n");
}

static void lists(void **state)
{
    world_small(*state);
    struct ll_report_request request = about("coverage");
    request.grain = TEXT("hour");
    request.to = TEXT("2026-01-05T03:00:00Z");
    assert_report(*state, request, "time,expected,good,complete,partial,failed,missed",
                  "2026-01-05T00:00:00Z,4,3,2,1,1,0\n2026-01-05T01:00:00Z,4,1,1,0,0,3\n"
                  "2026-01-05T02:00:00Z,4,0,0,0,0,4\n");
    request = about("runs");
    assert_report(*state, request, "slot,status",
                  "2026-01-05T01:15:00Z,complete\n2026-01-05T00:45:00Z,failed\n"
                  "2026-01-05T00:30:00Z,partial\n2026-01-05T00:15:00Z,complete\n"
                  "2026-01-05T00:00:00Z,complete\n");
    struct ll_report_filter filter = {.key = TEXT("session"), .value = TEXT("300")};
    request = about("samples");
    request.filters = &filter;
    request.filter_count = 1;
    assert_report(*state, request, "time,session_id,broadcaster_id,category_name,viewers,complete",
                  "2026-01-05T00:15:00Z,300,30,Chess,400,true\n"
                  "2026-01-05T00:30:00Z,300,30,Chess,1000,false\n");
}

/* Chess: alpha 650 and gamma 1400 and beta 20 viewer slots, 2070 in all. */
static void concentration(void **state)
{
    world_small(*state);
    struct ll_report_request request = about("concentration");
    struct ll_report_filter filter = {.key = TEXT("category"), .value = TEXT("Chess")};
    request.filters = &filter;
    request.filter_count = 1;
    struct ll_report_answer answer = world_report(*state, request);
    const double shares[] = {1400.0 / 2070, 650.0 / 2070, 20.0 / 2070};
    double hhi = shares[0] * shares[0] + shares[1] * shares[1] + shares[2] * shares[2];
    const struct {
        const char *column;
        double value;
    } wanted[] = {{"hours_watched", 2070.0 / 4},
                  {"hhi", hhi},
                  {"effective_channels", 1 / hhi},
                  {"top_1", shares[0]},
                  {"top_10", 1},
                  {"gini", (2 * shares[0] - 2 * shares[2]) / 3}};
    for (size_t i = 0; i < LL_COUNT(wanted); i++) {
        int column = ll_batch_column(&answer.rows, wanted[i].column);
        assert_true(column >= 0);
        double got = ll_batch_get_f64(&answer.rows, (size_t)column, 0);
        if (got < wanted[i].value - 1e-12 || got > wanted[i].value + 1e-12)
            fail_msg("%s is %.17g, not %.17g", wanted[i].column, got, wanted[i].value);
    }
    ll_report_answer_clear(&answer);
    request.filter_count = 0; /* all channels, from their day rows */
    assert_report(*state, request, "channels,hours_watched", "5,524.75\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_but, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(against_the_time_before, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(pages, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_long_comes_in_pieces, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_time_before_over_a_clock_change, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(cursors_that_do_not_fit, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(hours_of_the_week, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(lists, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(concentration, world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("report_questions", tests, NULL, NULL);
}
