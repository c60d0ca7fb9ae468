#include "queue/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "support/check.h"

static int open_fixture(void **state)
{
    struct queue_fixture *fixture = ll_xcalloc(1, sizeof(*fixture));
    fixture->backend = *state;
    ll_clock_manual_init(&fixture->clock, 1795448700000);
    fixture->backend->open(fixture);
    *state = fixture;
    return fixture->queue == NULL;
}

static int close_fixture(void **state)
{
    struct queue_fixture *fixture = *state;
    ll_queue_free(fixture->queue);
    free(fixture);
    return 0;
}

static void send(struct queue_fixture *fixture, const char *body, int64_t delay_ms)
{
    struct ll_error err;
    assert_status(LL_OK, ll_queue_send(fixture->queue, ll_str_of(body), delay_ms, &err), &err);
}

static struct ll_queue_message receive(struct queue_fixture *fixture, int receives)
{
    struct ll_error err;
    struct ll_queue_message message = {0};
    assert_status(LL_OK, ll_queue_receive(fixture->queue, 0, &message, &err), &err);
    assert_int_equal(message.receives, receives);
    assert_int_equal(message.body[message.body_len], '\0');
    assert_true(strlen(message.receipt) > 0);
    return message;
}

static void assert_none(struct queue_fixture *fixture)
{
    struct ll_error err;
    struct ll_queue_message message = {.receives = -1};
    assert_status(LL_NOT_FOUND, ll_queue_receive(fixture->queue, 0, &message, &err), &err);
    assert_int_equal(message.receives, -1);
    assert_null(message.body);
}

static void done_with(struct queue_fixture *fixture, const char *receipt, enum ll_status wanted)
{
    struct ll_error err;
    assert_status(wanted, ll_queue_delete(fixture->queue, receipt, &err), &err);
}

static void extend(struct queue_fixture *fixture, const char *receipt, int64_t after_ms,
                   enum ll_status wanted)
{
    struct ll_error err;
    assert_status(wanted, ll_queue_extend(fixture->queue, receipt, after_ms, &err), &err);
}

static void pass(struct queue_fixture *fixture, int64_t duration_ms)
{
    fixture->clock.base.sleep_ms(&fixture->clock.base, duration_ms);
}

static void assert_counts(struct queue_fixture *fixture, size_t depth, size_t dead_letters)
{
    assert_int_equal(fixture->backend->depth(fixture->queue), depth);
    assert_int_equal(fixture->backend->dead_letters(fixture->queue), dead_letters);
}

static void test_delivery(void **state)
{
    struct queue_fixture *fixture = *state;
    static const char *const bodies[] = {"one", "{\"run\":\"20261123T154500Z\"}",
                                         "caf\xc3\xa9\n\t\r"};
    bool seen[LL_COUNT(bodies)] = {false};
    assert_none(fixture);
    for (size_t i = 0; i < LL_COUNT(bodies); i++)
        send(fixture, bodies[i], 0);
    assert_counts(fixture, LL_COUNT(bodies), 0);
    for (size_t n = 0; n < LL_COUNT(bodies); n++) {
        struct ll_queue_message message = receive(fixture, 1);
        for (size_t i = 0; i < LL_COUNT(bodies); i++) {
            if (strcmp(message.body, bodies[i]) == 0) {
                assert_int_equal(message.body_len, strlen(bodies[i]));
                assert_false(seen[i]);
                seen[i] = true;
            }
        }
        done_with(fixture, message.receipt, LL_OK);
        ll_queue_message_clear(&message);
        assert_null(message.body);
        ll_queue_message_clear(&message);
    }
    for (size_t i = 0; i < LL_COUNT(bodies); i++)
        assert_true(seen[i]);
    assert_none(fixture);
    assert_counts(fixture, 0, 0);
    pass(fixture, 2 * CONTRACT_VISIBILITY_MS);
    assert_none(fixture);
}

static void test_visibility(void **state)
{
    struct queue_fixture *fixture = *state;
    send(fixture, "job", 0);
    struct ll_queue_message first = receive(fixture, 1);
    assert_none(fixture);
    pass(fixture, CONTRACT_VISIBILITY_MS - 1);
    assert_none(fixture);
    assert_counts(fixture, 1, 0);
    pass(fixture, 1);
    struct ll_queue_message second = receive(fixture, 2);
    assert_string_equal(second.body, "job");
    assert_string_not_equal(first.receipt, second.receipt);

    /* The first delivery has no say any more. */
    done_with(fixture, first.receipt, LL_NOT_FOUND);
    extend(fixture, first.receipt, 0, LL_NOT_FOUND);
    assert_none(fixture);
    assert_counts(fixture, 1, 0);
    done_with(fixture, second.receipt, LL_OK);
    done_with(fixture, second.receipt, LL_NOT_FOUND);
    extend(fixture, second.receipt, 1000, LL_NOT_FOUND);
    done_with(fixture, "never given out", LL_NOT_FOUND);
    assert_counts(fixture, 0, 0);
    ll_queue_message_clear(&first);
    ll_queue_message_clear(&second);
}

static void test_extend(void **state)
{
    struct queue_fixture *fixture = *state;
    send(fixture, "long job", 0);
    struct ll_queue_message message = receive(fixture, 1);
    for (int i = 0; i < 5; i++) { /* kept hidden far beyond the visibility time */
        pass(fixture, CONTRACT_VISIBILITY_MS - 1);
        assert_none(fixture);
        extend(fixture, message.receipt, CONTRACT_VISIBILITY_MS, LL_OK);
    }
    extend(fixture, message.receipt, 5000, LL_OK); /* counted from now, so it shortens too */
    pass(fixture, 4999);
    assert_none(fixture);
    pass(fixture, 1);
    struct ll_queue_message again = receive(fixture, 2);
    extend(fixture, again.receipt, 0, LL_OK); /* given back */
    struct ll_queue_message last = receive(fixture, 3);
    done_with(fixture, last.receipt, LL_OK);
    assert_counts(fixture, 0, 0);
    ll_queue_message_clear(&message);
    ll_queue_message_clear(&again);
    ll_queue_message_clear(&last);
}

static void test_dead_letters(void **state)
{
    struct queue_fixture *fixture = *state;
    send(fixture, "poison", 0);
    char receipt[64] = "";
    for (int i = 1; i <= CONTRACT_MAX_RECEIVES; i++) {
        struct ll_queue_message message = receive(fixture, i);
        memcpy(receipt, message.receipt, sizeof(receipt));
        assert_counts(fixture, 1, 0);
        pass(fixture, CONTRACT_VISIBILITY_MS);
        ll_queue_message_clear(&message);
    }
    assert_none(fixture);
    assert_counts(fixture, 0, 1);
    done_with(fixture, receipt, LL_NOT_FOUND);
    assert_counts(fixture, 0, 1);

    /* Others are not in its way, and the last delivery can still succeed. */
    send(fixture, "good", 0);
    for (int i = 1; i <= CONTRACT_MAX_RECEIVES; i++) {
        struct ll_queue_message message = receive(fixture, i);
        assert_string_equal(message.body, "good");
        if (i < CONTRACT_MAX_RECEIVES)
            extend(fixture, message.receipt, 0, LL_OK);
        else
            done_with(fixture, message.receipt, LL_OK);
        ll_queue_message_clear(&message);
    }
    assert_none(fixture);
    assert_counts(fixture, 0, 1);
}

static void test_delay(void **state)
{
    struct queue_fixture *fixture = *state;
    send(fixture, "later", 10000);
    send(fixture, "now", 0);
    struct ll_queue_message now = receive(fixture, 1);
    assert_string_equal(now.body, "now");
    done_with(fixture, now.receipt, LL_OK);
    pass(fixture, 9999);
    assert_none(fixture);
    pass(fixture, 1);
    struct ll_queue_message later = receive(fixture, 1);
    assert_string_equal(later.body, "later");
    done_with(fixture, later.receipt, LL_OK);
    ll_queue_message_clear(&now);
    ll_queue_message_clear(&later);
}

static void test_wait(void **state)
{
    struct queue_fixture *fixture = *state;
    struct ll_error err;
    struct ll_queue_message message = {0};
    int64_t start_ms = fixture->clock.mono_ms;
    assert_status(LL_NOT_FOUND, ll_queue_receive(fixture->queue, 20000, &message, &err), &err);
    assert_int_equal(fixture->clock.mono_ms - start_ms, 20000);

    /* A message that becomes visible meanwhile ends the wait. */
    start_ms = fixture->clock.mono_ms;
    send(fixture, "soon", 3000);
    assert_status(LL_OK, ll_queue_receive(fixture->queue, 20000, &message, &err), &err);
    assert_true(fixture->clock.mono_ms - start_ms >= 3000);
    assert_true(fixture->clock.mono_ms - start_ms < 20000);
    ll_queue_message_clear(&message);

    /* So does a redelivery. */
    start_ms = fixture->clock.mono_ms;
    assert_status(
        LL_OK, ll_queue_receive(fixture->queue, 2 * CONTRACT_VISIBILITY_MS, &message, &err), &err);
    assert_int_equal(message.receives, 2);
    done_with(fixture, message.receipt, LL_OK);
    ll_queue_message_clear(&message);
}

static void test_refusals(void **state)
{
    struct queue_fixture *fixture = *state;
    struct ll_error err;
    char *big = ll_xcalloc(LL_QUEUE_BODY_MAX + 2, 1);
    memset(big, 'b', LL_QUEUE_BODY_MAX + 1);
    const struct {
        struct ll_str body;
        int64_t delay_ms;
        enum ll_status wanted;
    } cases[] = {
        {{NULL, 0}, 0, LL_INVALID},
        {LL_STR("a\0b"), 0, LL_INVALID},
        {LL_STR("\x01"), 0, LL_INVALID},
        {LL_STR("\xff\xfe"), 0, LL_INVALID},
        {LL_STR("\xed\xa0\x80"), 0, LL_INVALID},
        {LL_STR("x"), -1, LL_INVALID},
        {LL_STR("x"), LL_QUEUE_DELAY_MAX_MS + 1, LL_INVALID},
        {{big, LL_QUEUE_BODY_MAX + 1}, 0, LL_LIMIT},
        {LL_STR("x"), LL_QUEUE_DELAY_MAX_MS, LL_OK},
        {{big, LL_QUEUE_BODY_MAX}, 0, LL_OK},
    };
    size_t sent = 0;
    for (size_t i = 0; i < LL_COUNT(cases); i++) {
        assert_status(cases[i].wanted,
                      ll_queue_send(fixture->queue, cases[i].body, cases[i].delay_ms, &err), &err);
        sent += cases[i].wanted == LL_OK;
        assert_counts(fixture, sent, 0);
    }
    struct ll_queue_message message = receive(fixture, 1);
    assert_int_equal(message.body_len, LL_QUEUE_BODY_MAX);
    assert_memory_equal(message.body, big, LL_QUEUE_BODY_MAX);
    extend(fixture, message.receipt, -1, LL_INVALID);
    extend(fixture, message.receipt, LL_QUEUE_HIDDEN_MAX_MS + 1, LL_INVALID);
    extend(fixture, message.receipt, LL_QUEUE_HIDDEN_MAX_MS, LL_OK);
    struct ll_queue_message none = {0};
    assert_status(LL_INVALID, ll_queue_receive(fixture->queue, -1, &none, &err), &err);
    ll_queue_message_clear(&message);
    free(big);
}

static const struct {
    const char *name;
    CMUnitTestFunction run;
} TESTS[] = {
    {"delivery", test_delivery},         {"visibility", test_visibility}, {"extend", test_extend},
    {"dead letters", test_dead_letters}, {"delay", test_delay},           {"wait", test_wait},
    {"refusals", test_refusals},
};

int queue_contract_run(const struct queue_backend *backends, size_t count)
{
    int failed = 0;
    for (size_t b = 0; b < count; b++) {
        struct CMUnitTest tests[LL_COUNT(TESTS)];
        char names[LL_COUNT(TESTS)][80];
        struct queue_backend backend = backends[b];
        for (size_t i = 0; i < LL_COUNT(TESTS); i++) {
            (void)snprintf(names[i], sizeof(names[i]), "%s: %s", backend.name, TESTS[i].name);
            tests[i] =
                (struct CMUnitTest){names[i], TESTS[i].run, open_fixture, close_fixture, &backend};
        }
        failed += _cmocka_run_group_tests(backend.name, tests, LL_COUNT(tests), NULL, NULL);
    }
    return failed;
}
