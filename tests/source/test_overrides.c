#include "decode.h"

#include "source/overrides.h"

#define HEADER "category_id,igdb_id,kind,name\n"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_parse(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch batch;
    struct ll_str csv = LL_STR(HEADER "30,,non_game,\"Pools, Hot Tubs\"\n4,9,game,Chess\n");
    assert_status(LL_OK, ll_overrides_parse(csv, &batch, &err), &err);
    assert_string_equal(batch.table, "stage_override");
    assert_int_equal(batch.row_count, 2);
    assert_cell(&batch, LL_OVERRIDE_CATEGORY_ID, 0, "4");
    assert_cell(&batch, LL_OVERRIDE_IGDB_ID, 0, "9");
    assert_cell(&batch, LL_OVERRIDE_NON_GAME, 0, "false");
    assert_cell(&batch, LL_OVERRIDE_IGDB_ID, 1, "NULL");
    assert_cell(&batch, LL_OVERRIDE_NON_GAME, 1, "true");
    assert_cell(&batch, LL_OVERRIDE_NAME, 1, "Pools, Hot Tubs");
    ll_batch_clear(&batch);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "category_id,igdb_id,name,kind\n",
        "category_id,igdb_id,kind\n",
        HEADER "x,9,game,Chess\n",
        HEADER "-4,9,game,Chess\n",
        HEADER "4,,game,Chess\n",
        HEADER "4,0,game,Chess\n",
        HEADER "4,9,non_game,Chess\n",
        HEADER "4,9,board,Chess\n",
        HEADER "4,9,game,\n",
        HEADER "4,9,game,Ch\xFF\n",
        HEADER "4,9,game\n",
        HEADER "4,9,game,Chess,more\n",
        HEADER "4,9,game,\"Chess\n",
        HEADER "4,9,game,Chess\n5,,non_game,Art\n4,9,game,Chess\n",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ll_error err;
        struct ll_batch batch;
        assert_status(LL_INVALID, ll_overrides_parse(ll_str_of(cases[i]), &batch, &err), &err);
    }
}

static void test_builtin(void **state)
{
    (void)state;
    struct ll_error err;
    struct ll_batch batch;
    assert_status(LL_OK, ll_overrides_parse(ll_overrides_builtin(), &batch, &err), &err);
    assert_true(batch.row_count > 20);
    static const struct {
        const char *category_id, *igdb_id, *name;
    } wanted[] = {{"509658", "NULL", "Just Chatting"},
                  {"29595", "2963", "Dota 2"},
                  {"26936", "NULL", "Music"}};
    for (size_t w = 0; w < COUNT(wanted); w++) {
        bool found = false;
        for (size_t i = 0; i < batch.row_count && !found; i++) {
            found = ll_str_equal(ll_str_of(cell(&batch, LL_OVERRIDE_CATEGORY_ID, i)),
                                 ll_str_of(wanted[w].category_id));
            if (found) {
                assert_cell(&batch, LL_OVERRIDE_IGDB_ID, i, wanted[w].igdb_id);
                assert_cell(&batch, LL_OVERRIDE_NAME, i, wanted[w].name);
            }
        }
        assert_true(found);
    }
    ll_batch_clear(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_builtin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
