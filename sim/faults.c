#include "sim/faults.h"

#include <assert.h>

static const char *const names[SIM_FAULT_MAX + 1] = {
    [1] = "HTML or text instead of JSON",
    [2] = "truncated body",
    [3] = "gzip bomb or huge body",
    [4] = "500 with empty message, in bursts",
    [5] = "503",
    [6] = "false 429 with points left",
    [7] = "true 429",
    [8] = "rate headers missing or garbage",
    [9] = "401 in mid-pass",
    [10] = "400 or 403 at the token endpoint",
    [11] = "reset or no answer",
    [12] = "Date off by up to an hour",
    [13] = "duplicate stream ids across pages",
    [14] = "same user with two streams",
    [15] = "row missing for one round",
    [16] = "short page with cursor",
    [17] = "empty page with cursor",
    [18] = "cursor repeats or list restarts",
    [19] = "cursor IA",
    [20] = "400 invalid cursor",
    [21] = "pagination missing, null or a string",
    [22] = "data null or missing",
    [23] = "tags null",
    [24] = "user_name empty",
    [25] = "game_id and game_name empty",
    [26] = "unknown game_id",
    [27] = "title empty or a space",
    [28] = "title with hard Unicode",
    [29] = "title with NUL, controls, lone surrogates",
    [30] = "title or tag too long",
    [31] = "too many or duplicate tags",
    [32] = "odd viewer_count",
    [33] = "odd ids",
    [34] = "odd started_at",
    [35] = "odd type",
    [36] = "odd language",
    [37] = "is_mature changed",
    [38] = "unknown keys and nested values",
    [39] = "duplicate keys",
    [40] = "login renamed or taken over",
    [41] = "user banned, stream still listed",
    [42] = "category renamed, merged or deleted",
    [43] = "igdb_id empty for a large game",
    [44] = "duplicates in Top Games",
    [46] = "unknown user_login fails the whole call",
    [47] = "stray path: 503 text",
    [48] = "IGDB field absent",
    [49] = "IGDB error as object, array or text",
    [50] = "IGDB field removed",
    [51] = "IGDB id merged or deleted",
    [52] = "IGDB answer too large",
    [53] = "IGDB dates negative or absurd",
};

const char *sim_fault_name(int n)
{
    return n >= 1 && n <= SIM_FAULT_MAX ? names[n] : NULL;
}

static enum ll_status add_script(struct sim_faults *faults, int64_t n, struct ll_str range,
                                 struct ll_error *err)
{
    size_t dash = ll_str_find(range, '-', 0);
    int64_t from, to;
    if (!ll_str_to_i64(ll_str_sub(range, 0, dash), &from) || from < 1)
        return ll_fail(err, LL_INVALID, 0, "fault %lld: no request number in \"%.*s\"",
                       (long long)n, LL_FMT(range));
    to = from;
    if (dash < range.len &&
        (!ll_str_to_i64(ll_str_sub(range, dash + 1, range.len), &to) || to < from))
        return ll_fail(err, LL_INVALID, 0, "fault %lld: bad last request in \"%.*s\"", (long long)n,
                       LL_FMT(range));
    faults->from[n] = from;
    faults->to[n] = to;
    return LL_OK;
}

enum ll_status sim_faults_add(struct sim_faults *faults, struct ll_str text, struct ll_error *err)
{
    size_t end = 0;
    int64_t n;
    double probability;
    while (end < text.len && text.ptr[end] != ':' && text.ptr[end] != '@')
        end++;
    struct ll_str rest = ll_str_sub(text, end + 1, text.len);
    if (end == text.len || !ll_str_to_i64(ll_str_sub(text, 0, end), &n))
        return ll_fail(err, LL_INVALID, 0,
                       "fault: NUMBER:PROBABILITY or NUMBER@FROM[-TO], not "
                       "\"%.*s\"",
                       LL_FMT(text));
    if (n < 1 || n > SIM_FAULT_MAX)
        return ll_fail(err, LL_INVALID, 0, "fault: there is no edge case %lld", (long long)n);
    if (!names[n])
        return ll_fail(err, LL_INVALID, 0, "fault %lld: a server cannot cause it", (long long)n);
    if (text.ptr[end] == '@')
        return add_script(faults, n, rest, err);
    if (!ll_str_to_f64(rest, &probability) || probability < 0 || probability > 1)
        return ll_fail(err, LL_INVALID, 0, "fault %lld: a probability is 0 to 1, not \"%.*s\"",
                       (long long)n, LL_FMT(rest));
    faults->probability[n] = probability;
    if (probability == 0)
        faults->from[n] = faults->to[n] = 0;
    return LL_OK;
}

static void clear_plan(struct sim_faults *faults)
{
    for (int n = 1; n <= SIM_FAULT_MAX; n++) {
        faults->probability[n] = 0;
        faults->from[n] = faults->to[n] = 0;
    }
}

enum ll_status sim_faults_add_lines(struct sim_faults *faults, struct ll_str text,
                                    struct ll_error *err)
{
    struct sim_faults plan = *faults;
    struct ll_str line;
    while (ll_str_split(&text, '\n', &line)) {
        line = ll_str_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (ll_str_equal(line, LL_STR("clear"))) {
            clear_plan(&plan);
            continue;
        }
        enum ll_status status = sim_faults_add(&plan, line, err);
        if (status != LL_OK)
            return status;
    }
    *faults = plan;
    return LL_OK;
}

/* A generator of its own for each question, so that the answer depends on nothing asked before. */
static struct ll_rand rand_of(const struct sim_faults *faults, int n, int64_t number, int64_t salt)
{
    struct ll_rand rand;
    uint64_t mixed = faults->seed;
    mixed = mixed * 0x9e3779b97f4a7c15u + (uint64_t)n;
    mixed = mixed * 0x9e3779b97f4a7c15u + (uint64_t)number;
    mixed = mixed * 0x9e3779b97f4a7c15u + (uint64_t)salt;
    ll_rand_seed(&rand, mixed);
    return rand;
}

bool sim_fault(struct sim_faults *faults, int n, int64_t number, int64_t salt)
{
    assert(sim_fault_name(n));
    double probability = faults->probability[n];
    if (faults->from[n]) {
        if (number < faults->from[n] || number > faults->to[n])
            return false;
        if (probability == 0)
            probability = 1;
    }
    if (probability == 0)
        return false;
    struct ll_rand rand = rand_of(faults, n, number, salt);
    if (ll_rand_unit(&rand) >= probability)
        return false;
    faults->seen[n]++;
    return true;
}

uint64_t sim_fault_form(const struct sim_faults *faults, int n, int64_t number, uint64_t bound)
{
    struct ll_rand rand = rand_of(faults, n, number, INT64_MIN);
    return ll_rand_below(&rand, bound);
}
