/* The invented world: the same for the same seed, shaped like the real one, and honest about what
 * was live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pass.h"
#include "sim/world_internal.h"

static void test_same_seed_same_world(void **state)
{
    (void)state;
    struct pass_world a, b, other;
    pass_open(&a, 5, 3000);
    pass_open(&b, 5, 3000);
    pass_open(&other, 6, 3000);
    /* One in a single step, the other in many. */
    for (int64_t t = 0; t <= 7200000; t += 1733)
        sim_world_advance(b.world, PASS_START_MS + t);
    a.now_ms = b.now_ms = other.now_ms = PASS_START_MS + 7200000;
    struct ll_str x = pass_get(&a, sim_helix_streams, "first=100");
    struct ll_str y = pass_get(&b, sim_helix_streams, "first=100");
    assert_true(ll_str_equal(x, y));
    assert_false(ll_str_equal(x, pass_get(&other, sim_helix_streams, "first=100")));
    assert_true(sim_world_live(a.world) == sim_world_live(b.world));
    pass_close(&a);
    pass_close(&b);
    pass_close(&other);
}

static const struct sim_stream *live_at(const struct sim_world *world, size_t seat)
{
    uint32_t at = world->seats[seat].stream;
    return at == SIM_NONE ? NULL : &world->streams[at];
}

struct share {
    const char *what;
    double least, most, count;
};

/* Contract C.13, with bounds so wide that any seed holds them. */
static void check_shapes(const struct sim_world *world, int64_t now_ms)
{
    struct share shares[] = {
        {"no viewers", 0.003, 0.03, 0},
        {"at most 1", 0.34, 0.46, 0},
        {"at most 5", 0.68, 0.80, 0},
        {"at most 10", 0.78, 0.88, 0},
        {"above 600", 0.005, 0.02, 0},
        {"younger than 0.92 h", 0.20, 0.30, 0},
        {"younger than 2.1 h", 0.44, 0.56, 0},
        {"younger than 6.9 h", 0.86, 0.93, 0},
        {"older than 24 h", 0.005, 0.025, 0},
        {"English", 0.42, 0.52, 0},
        {"Russian", 0.10, 0.16, 0},
        {"no category", 0.001, 0.01, 0},
        {"title not ASCII", 0.28, 0.42, 0},
        {"title empty", 0.0005, 0.006, 0},
    };
    double live = (double)sim_world_live(world);
    struct ll_buf title = {0};
    size_t count;
    const struct sim_language *languages = sim_languages(&count);
    for (size_t i = 0; i < world->seat_count; i++) {
        const struct sim_stream *stream = live_at(world, i);
        if (!stream)
            continue;
        int64_t viewers = sim_stream_viewers(world, stream, now_ms);
        double age_h = (double)(now_ms - stream->started_ms) / 3600000;
        assert_true(viewers >= 0 && age_h >= 0 && age_h <= 48);
        ll_buf_reset(&title);
        sim_names_title(&title, sim_stream_title_hash(stream, now_ms),
                        &languages[stream->language]);
        bool ascii = true;
        size_t points = 0;
        for (size_t j = 0; j < title.len; j++) {
            ascii = ascii && (unsigned char)title.ptr[j] < 128;
            points += ((unsigned char)title.ptr[j] & 0xc0) != 0x80;
        }
        assert_true(points <= 140 && ll_str_is_utf8(ll_buf_str(&title)));
        const bool is[] = {viewers == 0,
                           viewers <= 1,
                           viewers <= 5,
                           viewers <= 10,
                           viewers > 600,
                           age_h < 0.92,
                           age_h < 2.1,
                           age_h<6.9, age_h> 24,
                           stream->language == 0,
                           stream->language == 1,
                           sim_stream_category(stream, now_ms) ==
                               world->options.catalog->category_count,
                           !ascii,
                           title.len == 0};
        for (size_t j = 0; j < LL_COUNT(shares); j++)
            shares[j].count += is[j];
    }
    ll_buf_clear(&title);
    for (size_t i = 0; i < LL_COUNT(shares); i++) {
        double share = shares[i].count / live;
        if (share < shares[i].least || share > shares[i].most)
            fail_msg("%s: %.4f is not in %.4f .. %.4f", shares[i].what, share, shares[i].least,
                     shares[i].most);
    }
}

static void test_shapes_hold_at_the_start_and_a_day_later(void **state)
{
    (void)state;
    struct pass_world p;
    pass_open(&p, 11, 30000);
    check_shapes(p.world, PASS_START_MS);
    assert_in_range(sim_world_live(p.world), 29400, 30600);
    sim_world_advance(p.world, PASS_START_MS + INT64_C(86400000));
    check_shapes(p.world, PASS_START_MS + INT64_C(86400000));
    assert_in_range(sim_world_live(p.world), 29400, 30600);
    pass_close(&p);
}

static void test_small_streams_move_little(void **state)
{
    (void)state;
    struct pass_world p;
    pass_open(&p, 3, 5000);
    int64_t later_ms = PASS_START_MS + 900000;
    size_t small = 0, calm = 0, moved = 0;
    for (size_t i = 0; i < p.world->seat_count; i++) {
        const struct sim_stream *stream = live_at(p.world, i);
        if (!stream || stream->ends_ms <= later_ms)
            continue;
        int64_t before = sim_stream_viewers(p.world, stream, PASS_START_MS);
        int64_t change = sim_stream_viewers(p.world, stream, later_ms) - before;
        small += before <= 5;
        calm += before <= 5 && change >= -1 && change <= 1;
        moved += before > 100 && change != 0;
    }
    assert_true(small > 2000 && calm * 100 > small * 85);
    assert_true(moved > 50);
    pass_close(&p);
}

static void test_people_are_one_to_one(void **state)
{
    (void)state;
    struct pass_world p;
    pass_open(&p, 9, 500);
    struct ll_map ids = {0};
    for (uint32_t b = 0; b < sim_people_count(p.world); b++) {
        bool is_new;
        uint32_t back = SIM_NONE;
        int64_t id = sim_people_user_id(p.world, b);
        ll_map_at(&ids, (uint64_t)id, &is_new);
        assert_true(is_new && id >= 10000000 && id <= 1420000000);
        assert_true(sim_people_by_id(p.world, id, &back) && back == b);
        struct sim_login login = sim_people_login(p.world, b, PASS_START_MS);
        assert_true(login.len >= 4 && login.len <= 25);
        assert_true(sim_people_by_login(p.world, (struct ll_str){login.c, login.len}, &back));
        assert_int_equal(back, b);
    }
    uint32_t none;
    assert_false(sim_people_by_id(p.world, 5, &none));
    assert_false(sim_people_by_login(p.world, LL_STR("nobody_at_all"), &none));
    ll_map_clear(&ids);
    pass_close(&p);
}

static bool same_login(struct sim_login a, struct sim_login b)
{
    return a.len == b.len && memcmp(a.c, b.c, a.len) == 0;
}

/* Edge case 40: the name that one gives up is another's some hours later. */
static void test_old_logins_are_taken(void **state)
{
    (void)state;
    struct pass_world p;
    pass_open(&p, 2, 50);
    size_t renames = 0, taken = 0;
    for (int64_t day = 0; day < 100; day++) {
        int64_t from_ms = PASS_START_MS + day * 86400000, to_ms = from_ms + 86400000;
        for (uint32_t b = 0; b < sim_people_count(p.world); b++) {
            struct sim_login old = sim_people_login(p.world, b, from_ms);
            if (same_login(old, sim_people_login(p.world, b, to_ms)))
                continue;
            renames++;
            taken += same_login(old, sim_people_login(p.world, b ^ 1, to_ms + 86400000));
        }
    }
    assert_true(renames > 100 && taken > 10 && taken < renames);
    pass_close(&p);
}

/* What a pass over a moving world does not find, the truth names; and it names nothing that was not
 * live all the time. */
static void test_truth_of_a_moving_pass(void **state)
{
    (void)state;
    struct pass_world p;
    pass_open(&p, 8, 20000);
    p.now_ms += 1800000;
    sim_world_advance(p.world, p.now_ms);
    int64_t from_ms = p.now_ms;
    struct ll_map ids = {0};
    struct ll_buf truth = {0};
    size_t pages = pass_chain(&p, "", 250, 1000, &ids);
    /* Newborn streams need an index to be found. */
    sim_world_truth(p.world, from_ms - 45000, p.now_ms, &truth);
    struct ll_str rest = ll_buf_str(&truth), line;
    size_t live = 0, missed = 0;
    int64_t last = 0;
    while (ll_str_split(&rest, '\n', &line) && line.len > 0) {
        int64_t id = 0;
        assert_true(ll_str_to_i64(line, &id) && id > last);
        last = id;
        live++;
        missed += ll_map_find(&ids, (uint64_t)id) == NULL;
    }
    assert_true(live > 19000 && live < ids.count + missed);
    assert_true(missed * 100 < live * 3);
    /* Mean 97.6 rows a page in reality. */
    assert_true(ids.count > pages * 95 && ids.count < pages * 100);
    ll_buf_reset(&truth);
    sim_world_truth(p.world, p.now_ms, p.now_ms, &truth);
    size_t lines = 0;
    for (size_t i = 0; i < truth.len; i++)
        lines += truth.ptr[i] == '\n';
    assert_int_equal(lines, sim_world_live(p.world));
    ll_buf_clear(&truth);
    ll_map_clear(&ids);
    pass_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_world),
        cmocka_unit_test(test_shapes_hold_at_the_start_and_a_day_later),
        cmocka_unit_test(test_small_streams_move_little),
        cmocka_unit_test(test_people_are_one_to_one),
        cmocka_unit_test(test_old_logins_are_taken),
        cmocka_unit_test(test_truth_of_a_moving_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
