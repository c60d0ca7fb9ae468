#include "support/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "support/temp_folder.h"

static const char *no_environment(const char *name)
{
    (void)name;
    return NULL;
}

static char *write_file(const char *folder, const char *name, const char *text)
{
    struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/%s", folder, name);
    int fd = open(path.ptr, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path.ptr;
}

static void has_sound_defaults(void **state LL_UNUSED)
{
    struct ll_config config;
    ll_config_init(&config);
    assert_string_equal(ll_config_text(&config, LL_CONFIG_LAKE_DIR), "livelake-data");
    assert_string_equal(ll_config_text(&config, LL_CONFIG_LOG_LEVEL), "info");
    assert_int_equal(ll_config_number(&config, LL_CONFIG_DUCKDB_MEMORY), 1 << 30);
    assert_int_equal(ll_config_number(&config, LL_CONFIG_QUERY_TIMEOUT), 60);
    assert_false(ll_secret_is_set(ll_config_secret(&config, LL_CONFIG_TWITCH_CLIENT_SECRET)));
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        assert_int_equal(config.values[i].source, LL_SOURCE_DEFAULT);
        assert_string_equal(config.values[i].where, "default");
    }
    ll_config_clear(&config);
}

static const char *fake_environment(const char *name)
{
    if (strcmp(name, "LIVELAKE_LOG_LEVEL") == 0)
        return "warn";
    if (strcmp(name, "LIVELAKE_QUERY_TIMEOUT") == 0)
        return "5m";
    return strcmp(name, "LIVELAKE_DIR") == 0 ? "" : NULL; /* empty counts as unset */
}

static void stronger_sources_win_in_any_order(void **state LL_UNUSED)
{
    struct ll_error err;
    char *folder = temp_folder_new();
    char *path =
        write_file(folder, "livelake.conf",
                   "# a comment\n\n  log.level = error\r\nquery.timeout=9s\nquery.max_rows = 5\n");
    const struct ll_assignment flag = {.name = LL_STR("log.level"),
                                       .value = LL_STR("debug"),
                                       .source = LL_SOURCE_FLAG,
                                       .where = "--log-level"};
    for (int order = 0; order < 2; order++) {
        struct ll_config config;
        ll_config_init(&config);
        if (order == 0) {
            assert_status(LL_OK, ll_config_set(&config, &flag, &err), &err);
            assert_status(LL_OK, ll_config_load_env(&config, fake_environment, &err), &err);
        }
        assert_status(LL_OK, ll_config_load_file(&config, path, true, &err), &err);
        if (order == 1) {
            assert_status(LL_OK, ll_config_load_env(&config, fake_environment, &err), &err);
            assert_status(LL_OK, ll_config_set(&config, &flag, &err), &err);
        }
        assert_string_equal(ll_config_text(&config, LL_CONFIG_LOG_LEVEL), "debug");
        assert_int_equal(config.values[LL_CONFIG_LOG_LEVEL].source, LL_SOURCE_FLAG);
        assert_int_equal(ll_config_number(&config, LL_CONFIG_QUERY_TIMEOUT), 300);
        assert_string_equal(config.values[LL_CONFIG_QUERY_TIMEOUT].where, "LIVELAKE_QUERY_TIMEOUT");
        assert_int_equal(ll_config_number(&config, LL_CONFIG_QUERY_MAX_ROWS), 5);
        assert_int_equal(config.values[LL_CONFIG_QUERY_MAX_ROWS].source, LL_SOURCE_FILE);
        assert_non_null(strstr(config.values[LL_CONFIG_QUERY_MAX_ROWS].where, "livelake.conf:5"));
        assert_string_equal(ll_config_text(&config, LL_CONFIG_LAKE_DIR), "livelake-data");
        assert_string_equal(config.file, path);
        ll_config_clear(&config);
    }
    free(path);
    temp_folder_free(folder);
}

static void says_what_is_wrong_in_a_file(void **state LL_UNUSED)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"log.levle = info\n",
         "livelake.conf:1: unknown key \"log.levle\": did you mean \"log.level\"?"},
        {"\n\nabsolutely.nothing = 1\n", "livelake.conf:3: unknown key \"absolutely.nothing\""},
        {"just words\n", "livelake.conf:1: not a line of the form"},
        {"[log]\n", "not a line of the form"},
        {"log.level = loud\n",
         "livelake.conf:1: log.level: \"loud\" is not one of debug|info|warn|error|off"},
        {"log.level = info # comment\n", "is not one of"},
        {"query.timeout = 10 parsecs\n", "query.timeout: \"10 parsecs\" is not a duration"},
        {"query.timeout = 8w\n", "out of range"},
        {"query.max_rows = -1\n", "out of range"},
        {"query.max_rows = many\n", "is not a whole number"},
        {"duckdb.memory = 1KB\n", "out of range"},
        {"duckdb.memory = big\n", "is not a size"},
        {"log.level = info\nlog.level = info\n",
         "livelake.conf:2: log.level was already set on line 1"},
        {"lake.dir = elsewhere\n", "livelake.conf:1: lake.dir cannot stand in the lake's own file"},
        {"twitch.client_id = \xFF\n", "livelake.conf:1: not UTF-8"},
        {"twitch.client_secret_file = missing\n",
         "livelake.conf:1: twitch.client_secret_file: open "},
        {"twitch.client_secret_file =\n", "is not the path of a file"},
    };
    char *folder = temp_folder_new();
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct ll_error err;
        struct ll_config config;
        char *path = write_file(folder, "livelake.conf", cases[i].text);
        ll_config_init(&config);
        enum ll_status status = ll_config_load_file(&config, path, true, &err);
        assert_int_not_equal(status, LL_OK);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
        ll_config_clear(&config);
        free(path);
    }
    temp_folder_free(folder);
}

static void bounds_the_file(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_config config;
    struct ll_buf text = {0};
    char *folder = temp_folder_new();
    for (int i = 0; i < 20000; i++)
        ll_buf_add(&text, LL_STR("# 0123456789 0123456789 0123456789 0123456789 0123456789\n"));
    char *path = write_file(folder, "livelake.conf", text.ptr);
    ll_config_init(&config);
    assert_status(LL_LIMIT, ll_config_load_file(&config, path, true, &err), &err);
    assert_status(LL_NOT_FOUND, ll_config_load_file(&config, "/no/such/file", true, &err), &err);
    ll_config_clear(&config);
    ll_buf_clear(&text);
    free(path);
    temp_folder_free(folder);
}

static const char *secret_environment(const char *name)
{
    return strcmp(name, "TWITCH_CLIENT_SECRET") == 0 ? "open sesame" : NULL;
}

static void masks_secrets(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_config config;
    ll_config_init(&config);
    assert_null(ll_config_shown(&config, LL_CONFIG_TWITCH_CLIENT_SECRET));
    assert_status(LL_OK, ll_config_load_env(&config, secret_environment, &err), &err);
    assert_string_equal(ll_config_shown(&config, LL_CONFIG_TWITCH_CLIENT_SECRET), LL_SECRET_MASK);
    assert_null(config.values[LL_CONFIG_TWITCH_CLIENT_SECRET].text);
    struct ll_str revealed =
        ll_secret_reveal(ll_config_secret(&config, LL_CONFIG_TWITCH_CLIENT_SECRET));
    assert_true(ll_str_equal(revealed, LL_STR("open sesame")));

    const struct ll_assignment flag = {.name = LL_STR("twitch.client_secret"),
                                       .value = LL_STR("hunter2"),
                                       .source = LL_SOURCE_FLAG,
                                       .where = "--set"};
    assert_status(LL_INVALID, ll_config_set(&config, &flag, &err), &err);
    assert_null(strstr(err.message, "hunter2"));
    ll_config_clear(&config);
}

static void reads_secrets_from_files(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_config config;
    char *folder = temp_folder_new();
    char *secret = write_file(folder, "secret", "line one\nline two\r\n");
    char *empty = write_file(folder, "empty", "\n");
    char *path = write_file(folder, "livelake.conf", "twitch.client_secret_file = secret\n");
    ll_config_init(&config);
    /* Relative to the configuration's folder, wherever the program runs. */
    assert_status(LL_OK, ll_config_load_file(&config, path, true, &err), &err);
    struct ll_str revealed =
        ll_secret_reveal(ll_config_secret(&config, LL_CONFIG_TWITCH_CLIENT_SECRET));
    assert_true(ll_str_equal(revealed, LL_STR("line one\nline two")));
    assert_status(LL_OK, ll_config_load_env(&config, no_environment, &err), &err);

    struct ll_secret other = {0};
    assert_status(LL_INVALID, ll_secret_read(&other, empty, &err), &err);
    assert_false(ll_secret_is_set(&other));
    ll_config_clear(&config);
    free(secret);
    free(empty);
    free(path);
    temp_folder_free(folder);
}

/* The file of `init` is right as it is, and when every key in it is uncommented. */
static void writes_a_template_it_reads(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_buf template = {0}, active = {0};
    ll_config_write_template(&template);
    struct ll_str rest = ll_buf_str(&template), line;
    while (ll_str_split(&rest, '\n', &line)) {
        bool key = line.len > 1 && line.ptr[0] == '#' && line.ptr[1] != ' ';
        if (key && !ll_str_ends_with(line, LL_STR("_file = ")))
            line = ll_str_sub(line, 1, line.len);
        ll_buf_printf(&active, "%.*s\n", LL_FMT(line));
    }
    char *folder = temp_folder_new();
    const char *texts[] = {template.ptr, active.ptr};
    for (size_t i = 0; i < LL_COUNT(texts); i++) {
        struct ll_config config;
        char *path = write_file(folder, "livelake.conf", texts[i]);
        ll_config_init(&config);
        assert_status(LL_OK, ll_config_load_file(&config, path, true, &err), &err);
        assert_int_equal(config.values[LL_CONFIG_LOG_LEVEL].source,
                         i == 0 ? LL_SOURCE_DEFAULT : LL_SOURCE_FILE);
        ll_config_clear(&config);
        free(path);
    }
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++)
        if (!ll_config_key((enum ll_config_id)i)->not_in_lake)
            assert_non_null(strstr(template.ptr, ll_config_key((enum ll_config_id)i)->name));
    temp_folder_free(folder);
    ll_buf_clear(&template);
    ll_buf_clear(&active);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_sound_defaults),
        cmocka_unit_test(stronger_sources_win_in_any_order),
        cmocka_unit_test(says_what_is_wrong_in_a_file),
        cmocka_unit_test(bounds_the_file),
        cmocka_unit_test(masks_secrets),
        cmocka_unit_test(reads_secrets_from_files),
        cmocka_unit_test(writes_a_template_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
