/* Broadcasters. Nothing is stored of them: ids and logins are one-to-one functions of a number and
 * can be turned back. */
#include "sim/world_internal.h"

#include <assert.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

enum use {
    USE_PERSON = 101,
    USE_ID,
    USE_RENAME,
    USE_PAIR,
    USE_BAN,
    USE_LANGUAGE,
    USE_SUFFIX,
    USE_RANK
};

size_t sim_people_count(const struct sim_world *world)
{
    return world->seat_count * SIM_SEAT_MEMBERS;
}

uint64_t sim_people_hash(const struct sim_world *world, uint32_t broadcaster)
{
    return sim_mix(sim_mix(world->options.seed, USE_PERSON), broadcaster);
}

double sim_people_rank(const struct sim_world *world, uint32_t broadcaster)
{
    return sim_unit(sim_mix(sim_people_hash(world, broadcaster), USE_RANK));
}

/* User ids: shares of 8, 9 and 10 digits as in contract C.13. */
static const struct band {
    double to; /* share of the places up to its end */
    int64_t first, last;
} bands[] = {{0.17, 10000000, 99999999}, {0.85, 100000000, 999999999}, {1, 1000000000, 1420000000}};

struct stretch {
    uint64_t from, count; /* places */
    int64_t first, step;  /* ids: one in each `step` */
};

static struct stretch stretch_of(const struct sim_world *world, size_t band)
{
    double places = (double)(UINT64_C(1) << world->people_bits);
    uint64_t from = band == 0 ? 0 : (uint64_t)(places * bands[band - 1].to);
    uint64_t count = (uint64_t)(places * bands[band].to) - from;
    int64_t width = bands[band].last - bands[band].first;
    return (struct stretch){from, count, bands[band].first, width / (int64_t)(count + 1)};
}

/* Multiplication by an odd number permutes the places; the other one turns it back (mod 2^64). */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)
#define GATHER UINT64_C(0xf1de83e19937733d)
static_assert(SPREAD * GATHER == 1, "inverse");

static int64_t offset_in_step(const struct sim_world *world, uint64_t place, int64_t step)
{
    return (int64_t)(sim_mix(sim_mix(world->options.seed, USE_ID), place) % (uint64_t)step);
}

int64_t sim_people_user_id(const struct sim_world *world, uint32_t broadcaster)
{
    uint64_t mask = (UINT64_C(1) << world->people_bits) - 1;
    uint64_t place = (broadcaster * SPREAD) & mask;
    for (size_t i = 0;; i++) {
        struct stretch s = stretch_of(world, i);
        if (place < s.from + s.count)
            return s.first + (int64_t)(place - s.from) * s.step +
                   offset_in_step(world, place, s.step);
    }
}

bool sim_people_by_id(const struct sim_world *world, int64_t user_id, uint32_t *ret_broadcaster)
{
    uint64_t mask = (UINT64_C(1) << world->people_bits) - 1;
    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++) {
        struct stretch s = stretch_of(world, i);
        if (user_id < s.first || user_id > bands[i].last)
            continue;
        uint64_t place = s.from + (uint64_t)((user_id - s.first) / s.step);
        uint64_t broadcaster = (place * GATHER) & mask;
        if (broadcaster >= sim_people_count(world) ||
            sim_people_user_id(world, (uint32_t)broadcaster) != user_id)
            return false;
        *ret_broadcaster = (uint32_t)broadcaster;
        return true;
    }
    return false;
}

/* Logins. A name number becomes syllables, each a consonant or two and a vowel, and perhaps a
 * suffix that begins with no letter. The syllables alone say the number. */
#define NAME_BITS 30
#define NAME_MASK ((UINT64_C(1) << NAME_BITS) - 1)
static const char *const onsets[] = {"k", "m", "t",  "r",  "l", "n", "s",
                                     "v", "d", "sh", "tr", "b", "gr"};
static const char vowels[] = "aeiou";
static const char *const suffixes[] = {"",  "",  "",   "",      "",     "",   "",    "",
                                       "",  "",  "_",  "_tv",   "_tv",  "77", "_x",  "2k",
                                       "1", "7", "99", "_live", "_ttv", "42", "007", "_gg"};

static void add_text(struct sim_login *login, const char *text)
{
    size_t len = strlen(text);
    assert(login->len + len <= 25);
    memcpy(login->c + login->len, text, len);
    login->len += len;
}

static struct sim_login login_of(const struct sim_world *world, uint64_t name)
{
    struct sim_login login = {.len = 0};
    uint64_t code = (name * SPREAD) & NAME_MASK;
    for (int i = 0; i < NAME_BITS / 6; i++, code >>= 6) {
        add_text(&login, onsets[(code & 63) / 5]);
        login.c[login.len++] = vowels[(code & 63) % 5];
    }
    uint64_t hash = sim_mix(sim_mix(world->options.seed, USE_SUFFIX), name);
    add_text(&login, suffixes[hash % (sizeof(suffixes) / sizeof(suffixes[0]))]);
    login.c[login.len] = '\0';
    return login;
}

static bool read_syllable(struct ll_str *rest, uint64_t *ret_value)
{
    size_t len = 0;
    while (len < rest->len && (rest->ptr[len] == '\0' || !strchr(vowels, rest->ptr[len])))
        len++;
    if (len == rest->len)
        return false;
    for (size_t i = 0; i < sizeof(onsets) / sizeof(onsets[0]); i++) {
        if (strlen(onsets[i]) == len && memcmp(onsets[i], rest->ptr, len) == 0) {
            *ret_value = i * 5 + (uint64_t)(strchr(vowels, rest->ptr[len]) - vowels);
            *rest = ll_str_sub(*rest, len + 1, rest->len);
            return *ret_value < 64;
        }
    }
    return false;
}

/* Renames: now and then one takes a new name. Some broadcasters are in pairs where the second
 * takes, some hours later, the name that the first gave up: of the names of a pair the first has
 * number g + 1 and the second g. Name numbers: pair, whose, generation. */
#define GENERATIONS 16
#define HANDOVER_MS (6 * INT64_C(3600000))

static bool hands_over(const struct sim_world *world, uint32_t pair)
{
    return sim_mix(sim_mix(world->options.seed, USE_PAIR), pair) % 4 == 0;
}

static uint64_t generation(const struct sim_world *world, uint32_t who, int64_t now_ms)
{
    uint64_t hash = sim_mix(sim_mix(world->options.seed, USE_RENAME), who);
    int64_t period_ms = (60 + (int64_t)(hash % 340)) * DAY_MS;
    int64_t phase_ms = (int64_t)(sim_mix(hash, 0) % (uint64_t)period_ms);
    return (uint64_t)((now_ms + phase_ms) / period_ms);
}

struct sim_login sim_people_login(const struct sim_world *world, uint32_t broadcaster,
                                  int64_t now_ms)
{
    uint64_t whose = broadcaster, g;
    if (hands_over(world, broadcaster / 2)) {
        whose = broadcaster & ~UINT32_C(1);
        g = broadcaster & 1 ? generation(world, (uint32_t)whose, now_ms - HANDOVER_MS)
                            : generation(world, (uint32_t)whose, now_ms) + 1;
    } else {
        g = generation(world, broadcaster, now_ms);
    }
    return login_of(world, whose * GENERATIONS + g % GENERATIONS);
}

bool sim_people_by_login(const struct sim_world *world, struct ll_str login,
                         uint32_t *ret_broadcaster)
{
    struct ll_str rest = login;
    uint64_t code = 0, value = 0;
    for (int i = 0; i < NAME_BITS / 6; i++) {
        if (!read_syllable(&rest, &value))
            return false;
        code |= value << (6 * i);
    }
    uint64_t whose = ((code * GATHER) & NAME_MASK) / GENERATIONS;
    for (uint64_t b = whose & ~UINT64_C(1); b <= (whose | 1) && b < sim_people_count(world); b++) {
        struct sim_login now = sim_people_login(world, (uint32_t)b, world->now_ms);
        if (ll_str_equal((struct ll_str){now.c, now.len}, login)) {
            *ret_broadcaster = (uint32_t)b;
            return true;
        }
    }
    return false;
}

bool sim_people_banned(const struct sim_world *world, uint32_t broadcaster, int64_t now_ms)
{
    /* For a month, one in 700. */
    uint64_t hash = sim_mix(sim_mix(world->options.seed, USE_BAN), broadcaster);
    int64_t month = (now_ms + (int64_t)(hash % (uint64_t)(30 * DAY_MS))) / (30 * DAY_MS);
    return sim_mix(hash, (uint64_t)month) % 700 == 0;
}

uint8_t sim_people_language(const struct sim_world *world, uint32_t broadcaster)
{
    size_t count;
    const struct sim_language *languages = sim_languages(&count);
    double unit = sim_unit(sim_mix(sim_people_hash(world, broadcaster), USE_LANGUAGE));
    for (size_t i = 0; i < count; i++) {
        if (unit < languages[i].share)
            return (uint8_t)i;
        unit -= languages[i].share;
    }
    return 0;
}

const struct sim_stream *sim_people_stream(const struct sim_world *world, uint32_t broadcaster)
{
    const struct sim_seat *seat = &world->seats[broadcaster / SIM_SEAT_MEMBERS];
    if (seat->stream == SIM_NONE || seat->broadcaster != broadcaster)
        return NULL;
    return &world->streams[seat->stream];
}
