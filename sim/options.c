#include "sim/options.h"

#include <stddef.h>

#include "base/time.h"
#include "sim/limiter.h"
#include "sim/oauth.h"

#define YEAR_MS (366 * 86400000LL)

static const char help[] =
    "Usage: livelake-sim [OPTION]...\n"
    "\n"
    "A simulator of the parts of Twitch Helix, its OAuth and IGDB that livelake uses, on "
    "loopback.\n"
    "Prints {\"port\":N,\"pid\":N} when it is ready; ends on SIGTERM, SIGINT or POST /sim/quit.\n"
    "\n"
    "Server\n"
    "  --port N               0 = a free one (0)\n"
    "  --listen ADDRESS       of loopback (127.0.0.1)\n"
    "  --clock MODE           real, warp:FACTOR, or step: moved by POST /sim/clock (real)\n"
    "  --start TIME           where warp and step begin (2026-11-23T00:00:00Z)\n"
    "  --latency-ms N         of every answer of the API, in virtual time (75)\n"
    "  --latency-jitter-ms N  up to so much more, by the seed (0)\n"
    "  --no-gzip              bodies are not compressed\n"
    "  --bucket N             points a client id begins with: 0 .. 800 (800)\n"
    "  --client-id ID         the only one accepted (any)\n"
    "  --client-secret TEXT   (secret)\n"
    "  --token-ttl-s N        life of a token (5011271)\n"
    "\n"
    "World\n"
    "  --seed N               all that is random follows from it (1)\n"
    "  --streams N            live at a time, about: 1 .. 250000 (2000)\n"
    "  --lag-ms N             age at which the index of streams is renewed (45000)\n"
    "  --tombstone-ms N       how long an ended stream stays in the index (300000)\n"
    "  --volatility X         of viewers: 1 = as real ones seem to be (1)\n"
    "  --launches             two games come out, 3 and 8 days after --start\n"
    "  --replay FOLDER        serve the captures there instead; warp and step then begin with "
    "them\n"
    "  --slot TIME            only the captures of this slot (all)\n"
    "  --timezone NAME        of the captures' labels (America/Los_Angeles)\n"
    "\n"
    "Faults\n"
    "  --fault N:P            edge case N with probability P; may be repeated\n"
    "  --fault N@FROM[-TO]    edge case N at these requests\n"
    "\n"
    "  --help                 this text\n"
    "\n"
    "Exit codes: 0 ended as asked, 2 wrong usage, 3 the port cannot be had, 4 bad captures.\n";

const char *sim_options_help(void)
{
    return help;
}

static enum ll_status set_clock(struct sim_options *options, struct ll_str value,
                                struct ll_error *err)
{
    return sim_clock_parse(&options->clock, value, err);
}

static enum ll_status set_fault(struct sim_options *options, struct ll_str value,
                                struct ll_error *err)
{
    return sim_faults_add(&options->faults, value, err);
}

static enum ll_status set_start(struct sim_options *options, struct ll_str value,
                                struct ll_error *err)
{
    if (!ll_stamp_parse(value, &options->start_ms) || options->start_ms < 0)
        return ll_fail(err, LL_INVALID, 0, "--start: a time such as 2026-11-23T00:00:00Z");
    options->start_given = true;
    return LL_OK;
}

static enum ll_status set_slot(struct sim_options *options, struct ll_str value,
                               struct ll_error *err)
{
    if (!ll_stamp_parse(value, &options->slot_ms) || options->slot_ms <= 0)
        return ll_fail(err, LL_INVALID, 0, "--slot: a time such as 2026-01-21T15:45:00Z");
    return LL_OK;
}

static enum ll_status set_volatility(struct sim_options *options, struct ll_str value,
                                     struct ll_error *err)
{
    if (!ll_str_to_f64(value, &options->volatility) || options->volatility < 0 ||
        options->volatility > 100)
        return ll_fail(err, LL_INVALID, 0, "--volatility: a number from 0 to 100");
    return LL_OK;
}

struct option {
    const char *name;
    size_t offset; /* of a whole number from min to max; of a text when max is 0 */
    int64_t min, max;
    enum ll_status (*set)(struct sim_options *options, struct ll_str value, struct ll_error *err);
};

#define AT(field) offsetof(struct sim_options, field)

static const struct option known[] = {
    {"--port", AT(port), 0, 65535, NULL},
    {"--listen", AT(listen), 0, 0, NULL},
    {"--replay", AT(replay), 0, 0, NULL},
    {"--timezone", AT(timezone), 0, 0, NULL},
    {"--slot", 0, 0, 0, set_slot},
    {"--client-id", AT(client_id), 0, 0, NULL},
    {"--client-secret", AT(client_secret), 0, 0, NULL},
    {"--latency-ms", AT(latency_ms), 0, 600000, NULL},
    {"--latency-jitter-ms", AT(latency_jitter_ms), 0, 600000, NULL},
    {"--bucket", AT(bucket), 0, SIM_HELIX_POINTS, NULL},
    {"--seed", AT(seed), 0, INT64_MAX, NULL},
    {"--token-ttl-s", AT(token_ttl_s), 1, 1000000000, NULL},
    {"--streams", AT(streams), 1, 250000, NULL},
    {"--lag-ms", AT(lag_ms), 1, YEAR_MS, NULL},
    {"--tombstone-ms", AT(tombstone_ms), 0, YEAR_MS, NULL},
    {"--volatility", 0, 0, 0, set_volatility},
    {"--clock", 0, 0, 0, set_clock},
    {"--start", 0, 0, 0, set_start},
    {"--fault", 0, 0, 0, set_fault},
};

static enum ll_status set(struct sim_options *options, const struct option *option,
                          const char *value, struct ll_error *err)
{
    char *at = (char *)options + option->offset;
    int64_t number;
    if (option->set)
        return option->set(options, ll_str_of(value), err);
    if (!option->max) {
        *(const char **)(void *)at = value;
        return LL_OK;
    }
    if (!ll_str_to_i64(ll_str_of(value), &number) || number < option->min || number > option->max)
        return ll_fail(err, LL_INVALID, 0, "%s: a whole number from %lld to %lld, not \"%s\"",
                       option->name, (long long)option->min, (long long)option->max, value);
    *(int64_t *)(void *)at = number;
    return LL_OK;
}

/* One option at arguments[*at], which moves to the last word it took. */
static enum ll_status parse_one(struct sim_options *options, int count, char *const *arguments,
                                int *at, struct ll_error *err)
{
    const char *word = arguments[*at];
    struct ll_str text = ll_str_of(word);
    size_t equals = ll_str_find(text, '=', 0);
    if (ll_str_equal(text, LL_STR("--no-gzip"))) {
        options->no_gzip = true;
        return LL_OK;
    }
    if (ll_str_equal(text, LL_STR("--launches"))) {
        options->launches = true;
        return LL_OK;
    }
    for (size_t i = 0; i < LL_COUNT(known); i++) {
        if (!ll_str_equal(ll_str_sub(text, 0, equals), ll_str_of(known[i].name)))
            continue;
        if (equals < text.len)
            return set(options, &known[i], word + equals + 1, err);
        if (++*at == count)
            return ll_fail(err, LL_INVALID, 0, "%s takes a value", known[i].name);
        return set(options, &known[i], arguments[*at], err);
    }
    return ll_fail(err, LL_INVALID, 0, "there is no option %s", word);
}

enum ll_status sim_options_parse(struct sim_options *options, int count, char *const *arguments,
                                 struct ll_error *err)
{
    *options = (struct sim_options){.client_id = "",
                                    .client_secret = "secret",
                                    .latency_ms = 75,
                                    .bucket = SIM_HELIX_POINTS,
                                    .seed = 1,
                                    .token_ttl_s = SIM_TOKEN_TTL_S,
                                    .streams = 2000,
                                    .lag_ms = 45000,
                                    .start_ms = 1795392000000,
                                    .tombstone_ms = 300000,
                                    .volatility = 1,
                                    .clock.factor = 1};
    for (int i = 1; i < count; i++) {
        struct ll_str word = ll_str_of(arguments[i]);
        if (ll_str_equal(word, LL_STR("--help")) || ll_str_equal(word, LL_STR("-h"))) {
            options->help = true;
            return LL_OK;
        }
        enum ll_status status = parse_one(options, count, arguments, &i, err);
        if (status != LL_OK)
            return status;
    }
    if (options->start_given && options->clock.mode == SIM_CLOCK_REAL)
        return ll_fail(err, LL_INVALID, 0, "--start goes with --clock warp:FACTOR or step");
    options->faults.seed = (uint64_t)options->seed;
    return LL_OK;
}
