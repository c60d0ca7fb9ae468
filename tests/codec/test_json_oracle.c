/* Generated documents, whole and damaged, read by our reader and by jansson. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "codec/json_oracle.h"

static const char *pick(struct ll_rand *rand, const char *const *from, size_t count)
{
    return from[ll_rand_below(rand, count)];
}

static void add_space(struct ll_buf *out, struct ll_rand *rand)
{
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t\r\n  "};
    ll_buf_printf(out, "%s", pick(rand, spaces, LL_COUNT(spaces)));
}

static void add_string(struct ll_buf *out, struct ll_rand *rand)
{
    static const char *const pieces[] = {
        "a",
        "Just Chatting",
        "0123456789abcdef",
        "é",
        "ñандú",
        "日本語",
        "😀",
        "\u200D",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u0041",
        "\\u00e9",
        "\\u3042",
        "\\u0000",
        "\\ud83d\\ude00",
        "\\uD83E\\uDD16",
        "\\t",
        "\x7F",
        "{",
        "]",
        ":,",
    };
    ll_buf_add_char(out, '"');
    for (uint64_t left = ll_rand_below(rand, 12); left > 0; left--)
        ll_buf_printf(out, "%s", pick(rand, pieces, LL_COUNT(pieces)));
    ll_buf_add_char(out, '"');
}

static void add_number(struct ll_buf *out, struct ll_rand *rand)
{
    static const char *const tails[] = {"", "", "", ".5", ".125", "e3", "E-7", ".25e+10", "e-300"};
    uint64_t bits = ll_rand_next(rand) >> ll_rand_below(rand, 63) >> 1;
    ll_buf_printf(out, "%s%llu%s", ll_rand_below(rand, 2) == 0 ? "-" : "", (unsigned long long)bits,
                  pick(rand, tails, LL_COUNT(tails)));
}

static void add_value(struct ll_buf *out, struct ll_rand *rand, int depth);

static void add_members(struct ll_buf *out, struct ll_rand *rand, int depth, bool keys)
{
    uint64_t count = ll_rand_below(rand, 6);
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        add_space(out, rand);
        if (keys) {
            ll_buf_printf(out, "\"%llu", (unsigned long long)i); /* distinct, mostly */
            if (ll_rand_below(rand, 20) != 0)
                ll_buf_add(out, LL_STR("\\u00e9 key"));
            ll_buf_add_char(out, '"');
            add_space(out, rand);
            ll_buf_add_char(out, ':');
        }
        add_value(out, rand, depth + 1);
    }
    add_space(out, rand);
}

static void add_value(struct ll_buf *out, struct ll_rand *rand, int depth)
{
    static const char *const words[] = {"null", "true", "false"};
    add_space(out, rand);
    uint64_t kind = ll_rand_below(rand, depth > 6 ? 3 : 6);
    if (kind == 0) {
        ll_buf_printf(out, "%s", pick(rand, words, LL_COUNT(words)));
    } else if (kind == 1) {
        add_number(out, rand);
    } else if (kind == 2) {
        add_string(out, rand);
    } else {
        bool object = kind > 3;
        ll_buf_add_char(out, object ? '{' : '[');
        add_members(out, rand, depth, object);
        ll_buf_add_char(out, object ? '}' : ']');
    }
    add_space(out, rand);
}

/* A copy that ends where its allocation ends. */
static void check(struct ll_str text)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    const char *found = json_disagreement((struct ll_str){copy, text.len});
    if (found != NULL)
        print_error("%s: %.*s\n", found, LL_FMT(text));
    assert_null(found);
    free(copy);
}

static void agrees_on_documents(void **state LL_UNUSED)
{
    struct ll_rand rand;
    ll_rand_seed(&rand, 2026);
    struct ll_buf text = {0}, out = {0};
    size_t accepted = 0;
    for (int i = 0; i < 6000; i++) {
        ll_buf_reset(&text);
        ll_buf_reset(&out);
        add_value(&text, &rand, 0);
        accepted += json_canon(ll_buf_str(&text), &out).error == NULL;
        check(ll_buf_str(&text));
    }
    assert_int_equal(accepted, 6000);
    ll_buf_clear(&text);
    ll_buf_clear(&out);
}

/* Bytes changed, removed or doubled: mostly no JSON any more, and both must say so. */
static void damage(struct ll_buf *text, struct ll_rand *rand)
{
    static const char bytes[] = "\"\\{}[]:,0-.eEtnu \n\x00\x1F\x80\xC3\xE3\xED\xF0\xFF"
                                "19aDd";
    for (uint64_t left = 1 + ll_rand_below(rand, 3); left > 0 && text->len > 1; left--) {
        size_t at = (size_t)ll_rand_below(rand, text->len);
        switch (ll_rand_below(rand, 3)) {
        case 0:
            text->ptr[at] = bytes[ll_rand_below(rand, sizeof(bytes) - 1)];
            break;
        case 1:
            memmove(text->ptr + at, text->ptr + at + 1, text->len - at);
            text->len--;
            break;
        default:
            text->len = at;
            text->ptr[at] = '\0';
        }
    }
}

static void agrees_on_damage(void **state LL_UNUSED)
{
    struct ll_rand rand;
    ll_rand_seed(&rand, 77);
    struct ll_buf text = {0}, out = {0};
    size_t refused = 0;
    for (int i = 0; i < 20000; i++) {
        ll_buf_reset(&text);
        ll_buf_reset(&out);
        add_value(&text, &rand, 3);
        damage(&text, &rand);
        refused += json_canon(ll_buf_str(&text), &out).error != NULL;
        check(ll_buf_str(&text));
    }
    assert_in_range(refused, 5000, 19500); /* the damage is neither nothing nor everything */
    ll_buf_clear(&text);
    ll_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_documents),
        cmocka_unit_test(agrees_on_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
