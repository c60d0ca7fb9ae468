#include "support/check.h"

#include <string.h>
#include <unistd.h>

#include "app/progress.h"
#include "base/log.h"

static void formats_lines(void **state LL_UNUSED)
{
    static const struct {
        struct ll_progress_view view;
        const char *line;
    } cases[] = {
        {{"import", "runs", NULL, 0, 24, 0}, "import  [------------------------]   0%  0/24 runs"},
        {{"import", "runs", NULL, 12, 24, 100},
         "import  [############------------]  50%  12/24 runs"},
        {{"import", "runs", NULL, 12, 24, 6000},
         "import  [############------------]  50%  12/24 runs  2.0/s  6 s left"},
        {{"import", "runs", NULL, 24, 24, 2000},
         "import  [########################] 100%  24/24 runs  12/s"},
        {{"import", "runs", NULL, 30, 24, 2000},
         "import  [########################] 100%  24/24 runs  12/s"},
        {{"x", "rows", NULL, 1, 601, 1000},
         "x  [------------------------]   0%  1/601 rows  1.0/s  10 min left"},
        {{"x", "rows", NULL, 1, 7201, 1000},
         "x  [------------------------]   0%  1/7201 rows  1.0/s  2.0 h left"},
        {{"export", "rows", NULL, 5000, 0, 1000}, "export  5000 rows  5000/s"},
        {{"export", "rows", NULL, 0, 0, 1000}, "export  0 rows"},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf out = {0};
        ll_progress_format(&cases[i].view, &out);
        assert_string_equal(out.ptr, cases[i].line);
    }
}

/* What has been drawn so far. */
static struct ll_str drawn(int fd, char *text, size_t size)
{
    ssize_t n = read(fd, text, size - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    return ll_str_of(text);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        count++;
    return count;
}

static void draws_ten_times_a_second(void **state LL_UNUSED)
{
    int fds[2];
    char text[8192];
    struct ll_clock_manual clock;
    struct ll_progress progress;
    assert_int_equal(pipe(fds), 0);
    ll_clock_manual_init(&clock, 0);
    const struct ll_progress_options options = {.label = "import",
                                                .unit = "runs",
                                                .total = 100,
                                                .fd = fds[1],
                                                .enabled = true,
                                                .log_above = true,
                                                .clock = &clock.base};
    ll_progress_begin(&progress, &options);
    for (int64_t i = 1; i <= 100; i++) {
        clock.base.sleep_ms(&clock.base, 10);
        ll_progress_update(&progress, i, 0);
    }
    ll_progress_update(&progress, 100, 200);
    (void)drawn(fds[0], text, sizeof(text));
    assert_int_equal(count_of(text, "import"), 11);
    assert_non_null(strstr(text, "100/100 runs"));

    /* A log line goes above the bar, which is drawn again. */
    ll_log_setup(LL_LOG_INFO, LL_LOG_TEXT, &clock.base);
    ll_log(LL_LOG_INFO, "run.loaded", ll_kv_i64("rows", 7));
    struct ll_str logged = drawn(fds[0], text, sizeof(text));
    assert_true(ll_str_starts_with(logged, LL_STR("\r\033[K")));
    assert_non_null(strstr(text, "run.loaded rows=7\n\r\033[Kimport"));

    ll_progress_end(&progress);
    assert_true(ll_str_equal(drawn(fds[0], text, sizeof(text)), LL_STR("\r\033[K")));
    close(fds[0]);
    close(fds[1]);
}

static void draws_nothing_unless_enabled(void **state LL_UNUSED)
{
    struct ll_clock_manual clock;
    struct ll_progress progress;
    ll_clock_manual_init(&clock, 0);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    const struct ll_progress_options options = {
        .label = "x", .unit = "y", .fd = fds[1], .clock = &clock.base};
    ll_progress_begin(&progress, &options);
    clock.base.sleep_ms(&clock.base, 1000);
    ll_progress_update(&progress, 1, 2);
    ll_progress_end(&progress);
    close(fds[1]);
    char text[16];
    assert_int_equal(read(fds[0], text, sizeof(text)), 0);
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_lines),
        cmocka_unit_test(draws_ten_times_a_second),
        cmocka_unit_test(draws_nothing_unless_enabled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
