/* The chain against lists that misbehave: a small server of pages in memory, whose answers a test
 * bends, is followed to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "collect/chain.h"

#define ROWS 50 /* a page */

/* What a test does to the answer for page `at` (from 0), the nth time it is asked. */
enum bend {
    AS_IS,
    NO_PAGINATION, /* F 21: pagination missing, null or a text all read as no cursor */
    NO_DATA,       /* F 22: null data, cursor and all */
    EMPTY,         /* F 17: no rows, with a cursor */
    BROKEN_CURSOR, /* F 17: its cursor leads to an empty page without one */
    TO_TOP,        /* F 18: its cursor leads back to the top */
    SAME_CURSOR,   /* F 18: its cursor is the one that was asked for */
    REFUSED,       /* F 20 */
};

struct list {
    int pages;
    enum bend bend;
    int at;          /* which page is bent */
    int times;       /* how often */
    int asked[64];   /* how often each page was */
    int other_asked; /* the page behind a broken cursor */
    int generation;  /* of cursors: a fresh one differs */
    bool fresh;      /* cursors differ from one answer to the next */
};

static struct ll_page_row rows[ROWS];

static void fill(struct ll_page *page, int number)
{
    for (int i = 0; i < ROWS; i++)
        rows[i] = (struct ll_page_row){.key = (uint64_t)(1 + number * ROWS + i), .user_id = 1 + i};
    page->rows = rows;
    page->count = ROWS;
    page->has_data = true;
}

/* "" -> 0, "p7.3" -> 7, "x…" -> -1 */
static int page_of(struct ll_str cursor)
{
    int64_t number = 0;
    struct ll_str rest = ll_str_sub(cursor, 1, cursor.len), first;
    if (cursor.len == 0)
        return 0;
    if (cursor.ptr[0] == 'x' || !ll_str_split(&rest, '.', &first) || !ll_str_to_i64(first, &number))
        return -1;
    return (int)number;
}

/* Answers chain->cursor; false = 400. */
static bool answer(struct list *list, const struct ll_chain *chain, struct ll_arena *arena,
                   struct ll_page *page)
{
    int at = page_of(ll_buf_str(&chain->cursor));
    *page = (struct ll_page){.has_data = true, .cursor = LL_STR("")};
    if (at < 0) {
        list->other_asked++;
        return true;
    }
    fill(page, at);
    bool last = at == list->pages - 1;
    int generation = list->fresh ? ++list->generation : 0;
    if (!last)
        page->cursor = ll_arena_printf(arena, "p%d.%d", at + 1, generation);
    bool bent = at == list->at && list->asked[at]++ < list->times;
    switch (bent ? list->bend : AS_IS) {
    case AS_IS:
        return true;
    case NO_PAGINATION:
        page->cursor = LL_STR("");
        return true;
    case NO_DATA:
        page->has_data = false;
        page->count = 0;
        return true;
    case EMPTY:
        page->count = 0;
        return true;
    case BROKEN_CURSOR:
        page->cursor = LL_STR("x");
        return true;
    case TO_TOP:
        page->cursor = LL_STR("p0.0");
        return true;
    case SAME_CURSOR:
        page->cursor = ll_arena_copy(arena, ll_buf_str(&chain->cursor));
        return true;
    case REFUSED:
        return false;
    }
    return true;
}

struct followed {
    enum ll_chain_move move;
    int asks;
    size_t met; /* distinct streams */
    bool looped;
};

static struct followed follow(struct list *list)
{
    struct ll_chain chain = {0};
    struct ll_arena arena = {0};
    struct ll_map met = {0};
    struct followed f = {.move = LL_CHAIN_ASK};
    while (f.move == LL_CHAIN_ASK) {
        struct ll_page page;
        bool accepted = answer(list, &chain, &arena, &page);
        for (size_t i = 0; accepted && i < page.count; i++) {
            bool is_new;
            *ll_map_at(&met, page.rows[i].key, &is_new) = 1;
        }
        f.move = accepted ? ll_chain_page(&chain, &page) : ll_chain_refused(&chain);
        assert_true(++f.asks < 500);
    }
    f.met = met.count;
    f.looped = chain.looped;
    ll_map_clear(&met);
    ll_arena_clear(&arena);
    ll_chain_clear(&chain);
    return f;
}

static void a_chain_ends_where_the_list_does(void **state LL_UNUSED)
{
    for (int pages = 1; pages < 40; pages++) {
        struct list list = {.pages = pages};
        struct followed f = follow(&list);
        assert_int_equal(f.move, LL_CHAIN_ENDED);
        assert_int_equal(f.met, pages * ROWS);
        assert_int_equal(f.asks, pages + LL_CHAIN_ASKS - 1);
    }
}

/* Once or twice is passed over: everything is met, whatever page it hits. */
static void odd_answers_are_not_believed_at_once(enum bend bend)
{
    for (int times = 1; times < LL_CHAIN_ASKS; times++) {
        for (int at = 0; at < 10; at++) {
            struct list list = {.pages = 10, .bend = bend, .at = at, .times = times};
            struct followed f = follow(&list);
            assert_int_equal(f.move, LL_CHAIN_ENDED);
            assert_int_equal(f.met, 10 * ROWS);
            assert_false(f.looped);
        }
    }
}

static void edge_17_empty_page_with_cursor(void **state LL_UNUSED)
{
    odd_answers_are_not_believed_at_once(EMPTY);
    /* Repeated, it is believed, and followed. */
    struct list list = {.pages = 10, .bend = EMPTY, .at = 4, .times = 1000};
    struct followed f = follow(&list);
    assert_int_equal(f.move, LL_CHAIN_ENDED);
    assert_int_equal(f.met, 9 * ROWS);
}

static void edge_17_empty_pages_without_end_break_it(void **state LL_UNUSED)
{
    struct ll_chain chain = {0};
    struct ll_arena arena = {0};
    enum ll_chain_move move = LL_CHAIN_ASK;
    int asks = 0;
    for (; move == LL_CHAIN_ASK && asks < 100; asks++) {
        struct ll_page page = {.has_data = true,
                               .cursor = ll_arena_printf(&arena, "p%d.0", asks / 3 + 1)};
        move = ll_chain_page(&chain, &page);
    }
    assert_int_equal(move, LL_CHAIN_BROKEN);
    assert_true(asks <= 4 * LL_CHAIN_ASKS);
    ll_chain_clear(&chain);
    ll_arena_clear(&arena);
}

static void edge_17_broken_cursor_is_asked_for_anew(void **state LL_UNUSED)
{
    for (int at = 0; at < 9; at++) {
        struct list list = {.pages = 10, .bend = BROKEN_CURSOR, .at = at, .times = 1};
        struct followed f = follow(&list);
        assert_int_equal(f.move, LL_CHAIN_ENDED);
        assert_int_equal(f.met, 10 * ROWS);
        assert_int_equal(list.other_asked, LL_CHAIN_ASKS);
    }
    struct list list = {.pages = 10, .bend = BROKEN_CURSOR, .at = 4, .times = 1000};
    assert_int_equal(follow(&list).move, LL_CHAIN_ENDED); /* that is then the end */
}

static void edge_18_loops(void **state LL_UNUSED)
{
    odd_answers_are_not_believed_at_once(SAME_CURSOR);
    odd_answers_are_not_believed_at_once(TO_TOP);
    struct list same = {.pages = 10, .bend = SAME_CURSOR, .at = 6, .times = 1000};
    struct followed f = follow(&same);
    assert_int_equal(f.move, LL_CHAIN_ENDED);
    assert_true(f.looped);
    assert_int_equal(f.met, 7 * ROWS);
    struct list top = {.pages = 10, .bend = TO_TOP, .at = 9, .times = 1000};
    f = follow(&top);
    assert_int_equal(f.move, LL_CHAIN_ENDED);
    assert_true(f.looped);
    assert_int_equal(f.met, 10 * ROWS);
}

/* Every cursor is new, but the rows are those of page 1: found out by the rows. */
static void edge_18_a_list_that_begins_again(void **state LL_UNUSED)
{
    struct ll_chain chain = {0};
    struct ll_arena arena = {0};
    enum ll_chain_move move = LL_CHAIN_ASK;
    int asks = 0;
    for (; move == LL_CHAIN_ASK && asks < 200; asks++) {
        struct ll_page page = {.cursor = ll_arena_printf(&arena, "n%d", asks)};
        fill(&page, (int)chain.pages % 5);
        move = ll_chain_page(&chain, &page);
    }
    assert_int_equal(move, LL_CHAIN_ENDED);
    assert_true(chain.looped);
    assert_true(chain.pages < 5 + 8);
    ll_chain_clear(&chain);
    ll_arena_clear(&arena);
}

/* A server for one chain: pages "p0" to "p5" of 100 rows, "" = p0. The cursor of p3 leads, the
 * first time, to the top of the list: it comes back short and with a cursor of its own, and whole
 * after that. */
static void answer_with_short_top(const struct ll_chain *chain, int *asks_of_bent,
                                  struct ll_arena *arena, struct ll_page *page)
{
    static struct ll_page_row hundred[100];
    enum { LAST = 5, BENT = 3 };
    struct ll_str cursor = ll_buf_str(&chain->cursor);
    bool top = cursor.len > 0 && cursor.ptr[0] == 't', again = top || cursor.len == 0;
    int number = again ? 0 : cursor.ptr[1] - '0';
    *page = (struct ll_page){.rows = hundred, .count = 100, .has_data = true};
    for (int i = 0; i < 100; i++)
        hundred[i] = (struct ll_page_row){.key = (uint64_t)(1 + number * 100 + i)};
    page->cursor = number < LAST ? ll_arena_printf(arena, "p%d", number + 1) : LL_STR("");
    if (top) { /* "t0", then a whole page under "t1" and whatever follows */
        page->count = cursor.ptr[1] == '0' ? 10 : 100;
        page->cursor = ll_arena_printf(arena, "t1-%lld", (long long)arena->used_bytes);
    }
    if (number == BENT && (*asks_of_bent)++ == 0)
        page->cursor = LL_STR("t0");
}

static void edge_18_a_top_that_comes_back_short(void **state LL_UNUSED)
{
    struct ll_chain chain = {0};
    struct ll_arena arena = {0};
    enum ll_chain_move move = LL_CHAIN_ASK;
    int asks = 0, asks_of_bent = 0;
    bool last_met = false;
    for (; move == LL_CHAIN_ASK && asks < 100; asks++) {
        struct ll_page page;
        answer_with_short_top(&chain, &asks_of_bent, &arena, &page);
        last_met |= page.rows[0].key == 501;
        move = ll_chain_page(&chain, &page);
    }
    assert_int_equal(move, LL_CHAIN_ENDED);
    assert_false(chain.looped);
    assert_true(last_met);
    assert_int_equal(chain.pages, 8);  /* six, the short one, and the bent one again */
    assert_int_equal(asks_of_bent, 2); /* once more, after what followed */
    assert_true(asks <= 6 + 1 + 1 + 2 * LL_CHAIN_ASKS);
    ll_chain_clear(&chain);
    ll_arena_clear(&arena);
}

/* After five pages nothing but short ones whose streams are known, each under a fresh cursor. */
static void edge_18_short_known_pages_without_end(void **state LL_UNUSED)
{
    struct ll_chain chain = {0};
    struct ll_arena arena = {0};
    enum ll_chain_move move = LL_CHAIN_ASK;
    int asks = 0;
    for (; move == LL_CHAIN_ASK && asks < 1000; asks++) {
        struct ll_page page = {.cursor = ll_arena_printf(&arena, "n%d", asks)};
        fill(&page, asks < 5 ? asks : 0);
        page.count = asks < 5 ? ROWS : 10;
        move = ll_chain_page(&chain, &page);
    }
    assert_int_equal(move, LL_CHAIN_ENDED);
    assert_true(chain.looped);
    assert_true(asks < 80);
    ll_chain_clear(&chain);
    ll_arena_clear(&arena);
}

static void edge_19_cursor_of_a_single_item(void **state LL_UNUSED)
{
    struct ll_chain chain = {0};
    struct ll_page_row row = {.key = 7, .user_id = 7};
    struct ll_page page = {.rows = &row, .count = 1, .has_data = true, .cursor = LL_STR("IA")};
    enum ll_chain_move move = LL_CHAIN_ASK;
    int asks = 0;
    while (move == LL_CHAIN_ASK && asks++ < 50)
        move = ll_chain_page(&chain, &page);
    assert_int_equal(move, LL_CHAIN_ENDED);
    ll_chain_clear(&chain);
}

static void edge_20_refused_cursor(void **state LL_UNUSED)
{
    odd_answers_are_not_believed_at_once(REFUSED);
    /* For ever: asked again, the page before, the top; then it is given up. */
    struct list list = {.pages = 10, .bend = REFUSED, .at = 5, .times = 1000};
    struct followed f = follow(&list);
    assert_int_equal(f.move, LL_CHAIN_BROKEN);
    assert_int_equal(f.met, 5 * ROWS);
    assert_true(list.asked[5] <= 40);
    /* A cursor that has become stale: the page before gives a good one. */
    struct list stale = {.pages = 10, .bend = REFUSED, .at = 5, .times = 2, .fresh = true};
    f = follow(&stale);
    assert_int_equal(f.move, LL_CHAIN_ENDED);
    assert_int_equal(f.met, 10 * ROWS);
}

static void edge_21_pagination_missing(void **state LL_UNUSED)
{
    odd_answers_are_not_believed_at_once(NO_PAGINATION);
    static const char *const bodies[] = {
        "{\"data\":[{\"id\":\"1\"}]}", "{\"data\":[{\"id\":\"1\"}],\"pagination\":null}",
        "{\"data\":[{\"id\":\"1\"}],\"pagination\":\"eyJ\"}",
        "{\"data\":[{\"id\":\"1\"}],\"pagination\":{\"cursor\":null}}"};
    for (size_t i = 0; i < LL_COUNT(bodies); i++) {
        struct ll_page page = {0};
        struct ll_error err;
        assert_int_equal(ll_page_read(&page, ll_str_of(bodies[i]), &err), LL_OK);
        assert_int_equal(page.count, 1);
        assert_int_equal(page.cursor.len, 0);
        ll_page_clear(&page);
    }
}

static void edge_22_data_missing(void **state LL_UNUSED)
{
    odd_answers_are_not_believed_at_once(NO_DATA);
    static const char *const bodies[] = {"{\"data\":null,\"pagination\":{\"cursor\":\"c\"}}",
                                         "{\"pagination\":{\"cursor\":\"c\"}}"};
    for (size_t i = 0; i < LL_COUNT(bodies); i++) {
        struct ll_page page = {0};
        struct ll_error err;
        assert_int_equal(ll_page_read(&page, ll_str_of(bodies[i]), &err), LL_OK);
        assert_false(page.has_data);
        assert_int_equal(page.count, 0);
        assert_string_equal(page.cursor.ptr, "c\"}}");
        ll_page_clear(&page);
    }
}

static void edge_13_16_duplicates_and_short_pages_go_on(void **state LL_UNUSED)
{
    struct ll_chain chain = {0};
    struct ll_arena arena = {0};
    for (int n = 0; n < 30; n++) {
        struct ll_page page = {.cursor = ll_arena_printf(&arena, "c%d", n)};
        fill(&page, n);
        rows[0].key = rows[1].key = (uint64_t)(n > 0 ? n * ROWS : 1); /* of the page before */
        page.count = n % 2 == 0 ? ROWS : 3;
        assert_int_equal(ll_chain_page(&chain, &page), LL_CHAIN_ASK);
    }
    assert_int_equal(chain.pages, 30);
    ll_chain_clear(&chain);
    ll_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_ends_where_the_list_does),
        cmocka_unit_test(edge_13_16_duplicates_and_short_pages_go_on),
        cmocka_unit_test(edge_17_empty_page_with_cursor),
        cmocka_unit_test(edge_17_empty_pages_without_end_break_it),
        cmocka_unit_test(edge_17_broken_cursor_is_asked_for_anew),
        cmocka_unit_test(edge_18_loops),
        cmocka_unit_test(edge_18_a_list_that_begins_again),
        cmocka_unit_test(edge_18_a_top_that_comes_back_short),
        cmocka_unit_test(edge_18_short_known_pages_without_end),
        cmocka_unit_test(edge_19_cursor_of_a_single_item),
        cmocka_unit_test(edge_20_refused_cursor),
        cmocka_unit_test(edge_21_pagination_missing),
        cmocka_unit_test(edge_22_data_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
