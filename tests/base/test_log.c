#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/log.h"

#define S(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

struct capture {
    struct ll_buf text; /* all lines, each with a newline */
    size_t lines;
    enum ll_log_level level;
};

static struct ll_clock_manual manual;

static void keep(void *context, enum ll_log_level level, struct ll_str line)
{
    struct capture *capture = context;
    ll_buf_add(&capture->text, line);
    ll_buf_add_char(&capture->text, '\n');
    capture->lines++;
    capture->level = level;
}

static void start(struct capture *capture, enum ll_log_level threshold, enum ll_log_format format)
{
    ll_clock_manual_init(&manual, 1795448700123);
    ll_log_setup(threshold, format, &manual.base);
    ll_log_set_sink(keep, capture);
}

static void stop(struct capture *capture)
{
    ll_log_set_sink(NULL, NULL);
    ll_buf_clear(&capture->text);
    *capture = (struct capture){0};
}

static void text_lines(void **state LL_UNUSED)
{
    struct capture capture = {0};
    start(&capture, LL_LOG_INFO, LL_LOG_TEXT);
    ll_log(LL_LOG_INFO, "run.loaded", ll_kv_cstr("run_id", "20261123T154500Z"),
           ll_kv_i64("rows", -12), ll_kv_f64("share", 0.25), ll_kv_bool("cold", true));
    ll_log(LL_LOG_ERROR, "stopped");
    assert_int_equal(capture.level, LL_LOG_ERROR);
    assert_string_equal(
        capture.text.ptr,
        "15:45:00 info  run.loaded run_id=20261123T154500Z rows=-12 share=0.25 cold=true\n"
        "15:45:00 error stopped\n");
    stop(&capture);
}

/* What a value looks like in a text line: nothing that a terminal obeys. */
static void text_values_are_quoted(void **state LL_UNUSED)
{
    static const struct {
        struct ll_str value;
        const char *shown;
    } cases[] = {
        {S("plain/路径-1.2"), "plain/路径-1.2"},
        {S(""), "\"\""},
        {S("two words"), "\"two words\""},
        {S("a=b"), "\"a=b\""},
        {S("say \"hi\""), "\"say \\\"hi\\\"\""},
        {S("a\nb\0"), "\"a\\nb\\u0000\""},
        {S("\x1B[31mred"), "\"\\u001b[31mred\""},
        {S("\x7F"), "\"\\u007f\""},
        {S("\xC2\x9B"
           "2J"),
         "\"\\u009b2J\""},
        {S("\xFF\xFE"), "\"\uFFFD\uFFFD\""},
        {S("abc\xE2\x80\xAE"
           "fed"),
         "\"abc\\u202efed\""},
        {S("\xE2\x81\xA6x\xE2\x81\xA9"), "\"\\u2066x\\u2069\""},
        {S("it\xE2\x80\x99s"), "\"it\xE2\x80\x99s\""},
    };
    struct capture capture = {0};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        start(&capture, LL_LOG_DEBUG, LL_LOG_TEXT);
        ll_log(LL_LOG_WARN, "e", ll_kv_str("k", cases[i].value));
        struct ll_str line = ll_buf_str(&capture.text), head = LL_STR("15:45:00 warn  e k=");
        assert_true(ll_str_starts_with(line, head));
        struct ll_str shown = ll_str_sub(line, head.len, line.len - 1);
        assert_true(ll_str_equal(shown, ll_str_of(cases[i].shown)));
        stop(&capture);
    }
}

static void json_lines_are_json(void **state LL_UNUSED)
{
    struct capture capture = {0};
    start(&capture, LL_LOG_DEBUG, LL_LOG_JSON);
    ll_log(LL_LOG_DEBUG, "page.read", ll_kv_cstr("title", "a \"b\"\n\x1B é \xFF"),
           ll_kv_i64("id", INT64_MIN), ll_kv_f64("p", (double)NAN), ll_kv_bool("ok", false),
           ll_kv_cstr("none", NULL));
    assert_int_equal(ll_str_find(ll_buf_str(&capture.text), '\n', 0), capture.text.len - 1);
    json_t *line = json_loads(capture.text.ptr, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "ts")), "2026-11-23T15:45:00.123Z");
    assert_string_equal(json_string_value(json_object_get(line, "level")), "debug");
    assert_string_equal(json_string_value(json_object_get(line, "event")), "page.read");
    assert_string_equal(json_string_value(json_object_get(line, "title")),
                        "a \"b\"\n\x1B é \uFFFD");
    assert_true(json_integer_value(json_object_get(line, "id")) == INT64_MIN);
    assert_true(json_is_null(json_object_get(line, "p")));
    assert_true(json_is_false(json_object_get(line, "ok")));
    assert_string_equal(json_string_value(json_object_get(line, "none")), "");
    json_decref(line);
    stop(&capture);
}

static void threshold_holds_back(void **state LL_UNUSED)
{
    struct capture capture = {0};
    start(&capture, LL_LOG_WARN, LL_LOG_TEXT);
    int evaluated = 0;
    ll_log(LL_LOG_INFO, "quiet", ll_kv_i64("n", ++evaluated));
    ll_log_event(LL_LOG_DEBUG, "quiet", NULL, 0);
    assert_int_equal(capture.lines, 0);
    assert_int_equal(evaluated, 0);
    ll_log(LL_LOG_WARN, "heard", ll_kv_i64("n", ++evaluated));
    assert_int_equal(capture.lines, 1);
    assert_int_equal(evaluated, 1);
    ll_log_setup(LL_LOG_OFF, LL_LOG_TEXT, &manual.base);
    assert_false(ll_log_enabled(LL_LOG_ERROR));
    assert_false(ll_log_enabled(LL_LOG_OFF));
    ll_log(LL_LOG_ERROR, "off");
    assert_int_equal(capture.lines, 1);
    stop(&capture);
}

static void long_lines_are_bounded(void **state LL_UNUSED)
{
    enum { SIZE = 100000 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    for (size_t i = 0; i + 3 <= SIZE; i += 3)
        memcpy(text + i, "あ", 3);
    struct ll_kv fields[64];
    for (size_t i = 0; i < LL_COUNT(fields); i++)
        fields[i] = ll_kv_str("k", (struct ll_str){text, SIZE - SIZE % 3});
    static const enum ll_log_format formats[] = {LL_LOG_TEXT, LL_LOG_JSON};
    for (size_t f = 0; f < LL_COUNT(formats); f++) {
        struct capture capture = {0};
        start(&capture, LL_LOG_INFO, formats[f]);
        ll_log_event(LL_LOG_INFO, "long", fields, LL_COUNT(fields));
        assert_true(capture.text.len < 20000);
        assert_true(ll_str_is_utf8(ll_buf_str(&capture.text)));
        assert_non_null(strstr(capture.text.ptr, "…"));
        assert_non_null(strstr(capture.text.ptr, "truncated"));
        if (formats[f] == LL_LOG_JSON) {
            json_t *line = json_loads(capture.text.ptr, 0, NULL);
            assert_true(json_is_true(json_object_get(line, "truncated")));
            json_decref(line);
        }
        stop(&capture);
    }
    free(text);
}

static void errors_are_logged(void **state LL_UNUSED)
{
    struct capture capture = {0};
    struct ll_error err;
    ll_fail(&err, LL_NOT_FOUND, 404, "no such run");
    start(&capture, LL_LOG_INFO, LL_LOG_TEXT);
    ll_log_error(LL_LOG_ERROR, "load.failed", &err);
    assert_string_equal(capture.text.ptr,
                        "15:45:00 error load.failed status=\"not found\" code=404 "
                        "message=\"no such run\"\n");
    stop(&capture);
}

/* The default sink: whole lines on standard error, which is a pipe here. */
static void default_sink_is_stderr(void **state LL_UNUSED)
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    ll_clock_manual_init(&manual, 0);
    ll_log_setup(LL_LOG_INFO, LL_LOG_TEXT, &manual.base);
    ll_log_set_sink(NULL, NULL);
    ll_log(LL_LOG_INFO, "out", ll_kv_i64("n", 1));
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    char text[64] = {0};
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "00:00:00 info  out n=1\n");
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

static void *log_many(void *context)
{
    for (int i = 0; i < 500; i++)
        ll_log(LL_LOG_INFO, "thread.line", ll_kv_cstr("who", context), ll_kv_i64("i", i));
    return NULL;
}

static void threads_do_not_mix_lines(void **state LL_UNUSED)
{
    struct capture capture = {0};
    start(&capture, LL_LOG_INFO, LL_LOG_JSON);
    char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[LL_COUNT(names)];
    for (size_t i = 0; i < LL_COUNT(names); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (size_t i = 0; i < LL_COUNT(names); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(capture.lines, 500 * LL_COUNT(names));
    struct ll_str rest = ll_buf_str(&capture.text), line;
    size_t whole = 0;
    while (ll_str_split(&rest, '\n', &line) && line.len > 0) {
        json_t *parsed = json_loadb(line.ptr, line.len, 0, NULL);
        whole += parsed != NULL;
        json_decref(parsed);
    }
    assert_int_equal(whole, capture.lines);
    stop(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines),
        cmocka_unit_test(text_values_are_quoted),
        cmocka_unit_test(json_lines_are_json),
        cmocka_unit_test(threshold_holds_back),
        cmocka_unit_test(long_lines_are_bounded),
        cmocka_unit_test(errors_are_logged),
        cmocka_unit_test(default_sink_is_stderr),
        cmocka_unit_test(threads_do_not_mix_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
