#include "fixture.h"
#include "support/temp_folder.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "net/token.h"

#define TOKEN_BODY(name) "{\"access_token\":\"" name "\",\"expires_in\":5000000,\"x\":[]}"

struct world {
    struct net_world net;
    char *folder;
    char path[512];
    struct ll_secret secret;
    int asked,
        stop_at; /* whether to stop: how often that was asked, and when it is so; 0 = never */
};

static bool is_stopped(void *context)
{
    struct world *world = context;
    return ++world->asked >= world->stop_at && world->stop_at > 0;
}

static void open_world(struct world *world)
{
    net_world_open(&world->net);
    world->folder = temp_folder_new();
    snprintf(world->path, sizeof(world->path), "%s/token.json", world->folder);
    world->secret = (struct ll_secret){0};
    world->asked = world->stop_at = 0;
    ll_secret_set(&world->secret, LL_STR("s3cret&x"));
}

static void close_world(struct world *world)
{
    /* Whatever happened, the log holds no secret. */
    assert_null(strstr(net_log(), "s3cret"));
    assert_null(strstr(net_log(), "tok-"));
    ll_secret_clear(&world->secret);
    temp_folder_free(world->folder);
    net_world_close(&world->net);
}

static struct ll_token *make(struct world *world, bool kept)
{
    struct ll_buf url = {0};
    ll_buf_printf(&url, "%s/oauth2", fake_server_url(world->net.server));
    struct ll_token_options options = {.http = world->net.http,
                                       .clock = &world->net.clock.base,
                                       .rand = &world->net.rand,
                                       .auth_url = ll_buf_str(&url),
                                       .client_id = LL_STR("client"),
                                       .client_secret = &world->secret,
                                       .path = kept ? world->path : NULL,
                                       .cancelled = is_stopped,
                                       .cancel_context = world};
    struct ll_token *token = ll_token_new(&options);
    ll_buf_clear(&url);
    return token;
}

static void expect_token(struct ll_token *token, const char *wanted)
{
    const struct ll_secret *secret;
    struct ll_error err;
    assert_status(LL_OK, ll_token_get(token, &secret, &err), &err);
    assert_true(ll_str_equal(ll_secret_reveal(secret), ll_str_of(wanted)));
}

static void put_file(const struct world *world, const char *text, mode_t mode)
{
    FILE *file = fopen(world->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(world->path, mode), 0);
}

static void a_token_is_asked_for_in_the_body(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 200, NET_START_DATE, TOKEN_BODY("tok-1"));
    struct ll_token *token = make(&world, false);
    expect_token(token, "tok-1");
    expect_token(token, "tok-1"); /* from memory */
    assert_int_equal(fake_server_count(world.net.server), 1);
    assert_true(fake_server_saw(world.net.server, 0, "POST /oauth2/token HTTP/1.1\r\n"));
    assert_true(fake_server_saw(world.net.server, 0,
                                "\r\n\r\nclient_id=client&client_secret=s3cret%26x"
                                "&grant_type=client_credentials"));
    assert_null(strstr(net_log(), "clock.offset"));
    ll_token_free(token);
    close_world(&world);
}

static void a_token_is_kept_for_its_owner_alone(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-1"));
    struct ll_token *first = make(&world, true);
    expect_token(first, "tok-1");
    ll_token_free(first);
    struct stat info;
    assert_int_equal(stat(world.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    struct ll_token *second = make(&world, true); /* another process */
    expect_token(second, "tok-1");
    assert_int_equal(fake_server_count(world.net.server), 1);
    ll_token_free(second);
    close_world(&world);
}

static void files_that_cannot_be_used_count_as_none(void **state LL_UNUSED)
{
    static const struct {
        const char *text;
        mode_t mode;
    } cases[] = {
        {"{\"client_id\":\"client\",\"token\":\"tok-old\",\"expires_at\":1763899999}", 0600},
        {"{\"client_id\":\"another\",\"token\":\"tok-old\",\"expires_at\":2000000000}", 0600},
        {"{\"client_id\":\"client\",\"token\":\"tok-old\",\"expires_at\":2000000000}", 0644},
        {"{\"client_id\":\"client\",\"token\":\"tok-old\",\"expires_at\":20000", 0600},
        {"{\"client_id\":\"client\",\"token\":\"\",\"expires_at\":2000000000}", 0600},
        {"{\"client_id\":\"client\",\"token\":\"tok\\n\",\"expires_at\":2000000000}", 0600},
        {"{\"client_id\":\"client\",\"token\":\"tok-old\",\"expires_at\":\"x\"}", 0600},
        {"", 0600},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct world world;
        open_world(&world);
        put_file(&world, cases[i].text, cases[i].mode);
        fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-new"));
        struct ll_token *token = make(&world, true);
        expect_token(token, "tok-new");
        ll_token_free(token);
        struct stat info;
        assert_int_equal(stat(world.path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
        close_world(&world);
    }
}

static void a_link_is_not_followed(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    char target[600];
    snprintf(target, sizeof(target), "%s/target", world.folder);
    put_file(&world, "{\"client_id\":\"client\",\"token\":\"tok-x\",\"expires_at\":2000000000}",
             0600);
    assert_int_equal(rename(world.path, target), 0);
    assert_int_equal(symlink(target, world.path), 0);
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-new"));
    struct ll_token *token = make(&world, true);
    expect_token(token, "tok-new");
    struct stat info;
    assert_int_equal(lstat(world.path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    ll_token_free(token);
    close_world(&world);
}

static void a_refused_token_is_replaced_once_in_ten_seconds(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-1"));
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-2"));
    struct ll_token *token = make(&world, true);
    struct ll_token *other = make(&world, true);
    expect_token(token, "tok-1");
    expect_token(other, "tok-1");
    ll_token_refused(token);
    expect_token(token, "tok-2");
    assert_int_equal(world.net.clock.mono_ms, 3000);
    ll_token_refused(other);
    expect_token(other, "tok-2"); /* from the file: somebody has been there */
    assert_int_equal(fake_server_count(world.net.server), 2);
    assert_int_equal(world.net.clock.mono_ms, 3000);
    ll_token_free(token);
    ll_token_free(other);
    close_world(&world);
}

static void an_expired_token_is_replaced(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 200, "", "{\"access_token\":\"tok-1\",\"expires_in\":100}");
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-2"));
    struct ll_token *token = make(&world, true);
    expect_token(token, "tok-1");
    world.net.clock.base.sleep_ms(&world.net.clock.base, 99000);
    expect_token(token, "tok-1");
    world.net.clock.base.sleep_ms(&world.net.clock.base, 1000);
    expect_token(token, "tok-2");
    ll_token_free(token);
    close_world(&world);
}

static void edge_10_wrong_credentials_are_final(void **state LL_UNUSED)
{
    static const struct {
        int status;
        const char *body;
    } cases[] = {{400, "{\"status\":400,\"message\":\"invalid client\"}"},
                 {403, "{\"status\":403,\"message\":\"invalid client secret\"}"},
                 {403, "you sent s3cret&x"}};
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct world world;
        open_world(&world);
        fake_server_reply(world.net.server, cases[i].status, "", cases[i].body);
        struct ll_token *token = make(&world, true);
        const struct ll_secret *secret;
        struct ll_error err;
        for (int n = 0; n < 3; n++) {
            assert_status(LL_AUTH, ll_token_get(token, &secret, &err), &err);
            assert_int_equal(err.code, cases[i].status);
            assert_non_null(strstr(err.message, "TWITCH_CLIENT_SECRET"));
            assert_non_null(strstr(err.message, "twitch.client_secret_file"));
            assert_null(strstr(err.message, "s3cret"));
        }
        assert_int_equal(fake_server_count(world.net.server), 1);
        ll_token_free(token);
        close_world(&world);
    }
}

static void faults_are_retried_with_back_off(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 500, "", "<html>");
    fake_server_reply(world.net.server, 200, "", "<html>not a token</html>");
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-1"));
    struct ll_token *token = make(&world, true);
    expect_token(token, "tok-1");
    assert_in_range(world.net.clock.mono_ms, 3000, 3750); /* 1 s and 2 s, with jitter */
    ll_token_free(token);
    close_world(&world);
}

static void three_faults_are_enough(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 503, "", "");
    struct ll_token *token = make(&world, true);
    const struct ll_secret *secret;
    struct ll_error err;
    assert_status(LL_TRANSIENT, ll_token_get(token, &secret, &err), &err);
    assert_int_equal(fake_server_count(world.net.server), 3);
    assert_int_equal(access(world.path, F_OK), -1);
    ll_token_free(token);
    close_world(&world);
}

static void a_wrong_address_is_told(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 404, "", "nothing here");
    struct ll_token *token = make(&world, true);
    const struct ll_secret *secret;
    struct ll_error err;
    assert_status(LL_INVALID, ll_token_get(token, &secret, &err), &err);
    assert_non_null(strstr(err.message, "/oauth2/token"));
    assert_int_equal(fake_server_count(world.net.server), 1);
    ll_token_free(token);
    close_world(&world);
}

static void a_lock_that_is_never_given_back_is_no_trap(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    char lock[600];
    snprintf(lock, sizeof(lock), "%s.lock", world.path);
    int fd = open(lock, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    struct ll_token *token = make(&world, true);
    const struct ll_secret *secret;
    struct ll_error err;
    assert_status(LL_TRANSIENT, ll_token_get(token, &secret, &err), &err);
    assert_non_null(strstr(err.message, "token.json.lock"));
    close(fd);
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-1"));
    expect_token(token, "tok-1");
    ll_token_free(token);
    close_world(&world);
}

static void expect_stop(struct ll_token *token)
{
    const struct ll_secret *secret;
    struct ll_error err;
    assert_status(LL_CANCELLED, ll_token_get(token, &secret, &err), &err);
}

static void a_stop_is_heard_before_the_lock_is_free(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    char lock[600];
    snprintf(lock, sizeof(lock), "%s.lock", world.path);
    int fd = open(lock, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    struct ll_token *token = make(&world, true);
    world.stop_at = 3;
    expect_stop(token);
    assert_true(world.net.clock.mono_ms < 500);
    assert_int_equal(fake_server_count(world.net.server), 0);
    close(fd);
    ll_token_free(token);
    close_world(&world);
}

static void a_stop_is_heard_between_tries(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_reply(world.net.server, 503, "", "");
    struct ll_token *token = make(&world, false);
    while (fake_server_count(world.net.server) == 0) {
        world.asked = 0;
        world.stop_at++;
        expect_stop(token);
    }
    assert_int_equal(fake_server_count(world.net.server), 1);
    world.stop_at = 0; /* it can be asked again */
    fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-1"));
    expect_token(token, "tok-1");
    ll_token_free(token);
    close_world(&world);
}

/* On the system's clock: how long the stop goes unseen is what matters. */
static void a_stop_is_heard_before_the_answer(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    fake_server_add(world.net.server, (struct fake_answer){.silent = true});
    struct ll_clock *clock = ll_clock_system();
    struct ll_http_options options = {.clock = clock, .user_agent = "livelake-test", .proxy = ""};
    struct ll_http *http;
    struct ll_error err;
    assert_status(LL_OK, ll_http_new(&options, &http, &err), &err);
    struct ll_token_options token_options = {
        .http = http,
        .clock = clock,
        .rand = &world.net.rand,
        .auth_url = ll_str_of(fake_server_url(world.net.server)),
        .client_id = LL_STR("client"),
        .client_secret = &world.secret,
        .cancelled = is_stopped,
        .cancel_context = &world,
    };
    struct ll_token *token = ll_token_new(&token_options);
    world.stop_at = 3;
    int64_t before_ms = clock->monotonic_ms(clock);
    expect_stop(token);
    assert_true(clock->monotonic_ms(clock) - before_ms < 5000); /* not 20,000 */
    assert_true(ll_http_pending(http) == 0);
    ll_token_free(token);
    ll_http_free(http);
    close_world(&world);
}

static void edge_12_a_wrong_clock_is_told_once(void **state LL_UNUSED)
{
    static const struct {
        const char *date;
        bool wanted;
    } cases[] = {
        {"Date: Sun, 23 Nov 2025 12:13:20 GMT\r\n", false},
        {"Date: Sun, 23 Nov 2025 12:14:20 GMT\r\n", false},
        {"Date: Sun, 23 Nov 2025 12:14:25 GMT\r\n", true},
        {"Date: Sat, 22 Nov 2025 12:13:20 GMT\r\n", true},
        {"Date: yesterday\r\n", false},
    };
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        struct world world;
        open_world(&world);
        fake_server_reply(world.net.server, 500, cases[i].date, "");
        fake_server_reply(world.net.server, 500, cases[i].date, "");
        fake_server_reply(world.net.server, 200, "", TOKEN_BODY("tok-1"));
        struct ll_token *token = make(&world, false);
        expect_token(token, "tok-1");
        const char *told = strstr(net_log(), "clock.offset");
        assert_int_equal(told != NULL, cases[i].wanted);
        if (told != NULL)
            assert_null(strstr(told + 1, "clock.offset"));
        ll_token_free(token);
        close_world(&world);
    }
}

/* Calls of malloc, free and realloc of our own code come here first (see CMakeLists.txt): while the
 * watch is on, memory that goes must not hold a secret. It comes zeroed, since what libraries left
 * behind in it is not ours. */
static _Thread_local bool watching;
static int left_behind;

void __real_free(void *memory);
void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void __wrap_free(void *memory);
void *__wrap_realloc(void *memory, size_t size);

static void look_for_secrets(void *memory)
{
    static const char *const secrets[] = {"s3cret", "tok-"};
    if (!watching || memory == NULL)
        return;
    size_t size = malloc_usable_size(memory);
    for (size_t i = 0; i < LL_COUNT(secrets); i++)
        left_behind += memmem(memory, size, secrets[i], strlen(secrets[i])) != NULL;
}

void *__wrap_malloc(size_t size)
{
    void *memory = __real_malloc(size);
    if (watching && memory != NULL)
        memset(memory, 0, malloc_usable_size(memory));
    return memory;
}

void __wrap_free(void *memory)
{
    look_for_secrets(memory);
    __real_free(memory);
}

void *__wrap_realloc(void *memory, size_t size)
{
    look_for_secrets(memory);
    return __real_realloc(memory, size);
}

static void freed_memory_holds_no_secret(void **state LL_UNUSED)
{
    struct world world;
    open_world(&world);
    /* As long as a real one, so that a buffer that grows would have to move. */
    ll_secret_set(&world.secret, LL_STR("s3cret-0123456789-&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&"));
    fake_server_reply(world.net.server, 200, "",
                      TOKEN_BODY("tok-\\u0030-0123456789-0123456789-0123456789-0123456789"));
    watching = true;
    free(ll_xstrdup("s3cret"));
    assert_int_equal(left_behind, 1); /* the watch works */
    left_behind = 0;
    struct ll_token *token = make(&world, true);
    const struct ll_secret *secret;
    struct ll_error err;
    assert_status(LL_OK, ll_token_get(token, &secret, &err), &err);
    ll_token_free(token);
    token = make(&world, true); /* from the file */
    assert_status(LL_OK, ll_token_get(token, &secret, &err), &err);
    ll_token_refused(token);
    ll_token_free(token);
    ll_secret_clear(&world.secret);
    watching = false;
    assert_int_equal(fake_server_count(world.net.server), 1);
    assert_int_equal(left_behind, 0);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_asked_for_in_the_body),
        cmocka_unit_test(a_token_is_kept_for_its_owner_alone),
        cmocka_unit_test(files_that_cannot_be_used_count_as_none),
        cmocka_unit_test(a_link_is_not_followed),
        cmocka_unit_test(a_refused_token_is_replaced_once_in_ten_seconds),
        cmocka_unit_test(an_expired_token_is_replaced),
        cmocka_unit_test(edge_10_wrong_credentials_are_final),
        cmocka_unit_test(faults_are_retried_with_back_off),
        cmocka_unit_test(three_faults_are_enough),
        cmocka_unit_test(a_wrong_address_is_told),
        cmocka_unit_test(a_lock_that_is_never_given_back_is_no_trap),
        cmocka_unit_test(a_stop_is_heard_before_the_lock_is_free),
        cmocka_unit_test(a_stop_is_heard_between_tries),
        cmocka_unit_test(a_stop_is_heard_before_the_answer),
        cmocka_unit_test(edge_12_a_wrong_clock_is_told_once),
        cmocka_unit_test(freed_memory_holds_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
