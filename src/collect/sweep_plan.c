/* Which chains a sweep follows. */
#include <string.h>

#include "collect/sweep_internal.h"

#define HEAD_PAGES 5         /* by which the time of a page is judged */
#define EXPECTED_COLD 120000 /* streams, where nothing is known */

/* Seen in Get Streams (contract C.1); those of the last sweep come on top. */
static const char *const known_languages[] = {
    "en", "es", "pt", "ru", "de", "fr", "ja", "pl", "zh", "zh-hk", "it",   "uk",
    "tr", "cs", "el", "sv", "ar", "da", "hu", "bg", "fi", "no",    "ko",   "nl",
    "ro", "th", "vi", "id", "tl", "hi", "ms", "ca", "sk", "asl",   "other"};
#define LINKS_MAX (1 + LL_COUNT(known_languages) + LL_LANGUAGES_MAX)

const char *ll_sweep_plan_name(enum ll_sweep_plan plan)
{
    static const char *const names[] = {"auto", "chain", "languages", "cross-check"};
    return names[plan];
}

bool ll_sweep_plan_parse(struct ll_str name, enum ll_sweep_plan *ret)
{
    for (int i = LL_PLAN_AUTO; i <= LL_PLAN_CROSS_CHECK; i++) {
        if (ll_str_equal(name, ll_str_of(ll_sweep_plan_name((enum ll_sweep_plan)i)))) {
            *ret = (enum ll_sweep_plan)i;
            return true;
        }
    }
    return false;
}

bool ll_sweep_is_cold(const struct sweep *sweep)
{
    return sweep->options->before == NULL || sweep->options->before->count == 0;
}

static void add_link(struct sweep *sweep, const char *language, size_t expected)
{
    struct link *link = &sweep->links[sweep->link_count++];
    *link = (struct link){.expected = expected};
    /* Where little can be lost: a small language, or one beside the unfiltered chain. */
    bool small = expected * 100 < (size_t)sweep->expected;
    if (language[0] != '\0' && (small || sweep->result->plan == LL_PLAN_CROSS_CHECK))
        link->chain.believe = LL_CHAIN_ASKS - 1;
    memcpy(link->language, language, strlen(language) + 1);
}

static size_t expected_of(const struct ll_live *live, const char *language)
{
    for (size_t i = 0; live != NULL && i < live->language_count; i++)
        if (strcmp(live->languages[i].code, language) == 0)
            return live->languages[i].streams;
    return 0;
}

static void add_languages(struct sweep *sweep, const struct ll_live *live)
{
    for (size_t i = 0; i < LL_COUNT(known_languages); i++)
        add_link(sweep, known_languages[i], expected_of(live, known_languages[i]));
    for (size_t i = 0; live != NULL && i < live->language_count; i++) {
        bool known = false;
        for (size_t k = 0; k < LL_COUNT(known_languages) && !known; k++)
            known = strcmp(known_languages[k], live->languages[i].code) == 0;
        if (!known)
            add_link(sweep, live->languages[i].code, live->languages[i].streams);
    }
}

static void add_links(struct sweep *sweep)
{
    enum ll_sweep_plan plan = sweep->result->plan;
    if (plan != LL_PLAN_LANGUAGES)
        add_link(sweep, "", (size_t)sweep->expected);
    if (plan == LL_PLAN_LANGUAGES || plan == LL_PLAN_CROSS_CHECK)
        add_languages(sweep,
                      ll_sweep_is_cold(sweep) ? &sweep->result->found : sweep->options->before);
    sweep->result->passes++;
}

void ll_sweep_plan_begin(struct sweep *sweep)
{
    const struct ll_sweep_options *options = sweep->options;
    enum ll_sweep_plan *plan = &sweep->result->plan;
    *plan = options->plan;
    if (*plan == LL_PLAN_AUTO && !ll_sweep_is_cold(sweep) &&
        options->slot_s / options->cadence_s % LL_SWEEP_CROSS_CHECK == 0)
        *plan = LL_PLAN_CROSS_CHECK;
    sweep->expected = ll_sweep_is_cold(sweep) ? EXPECTED_COLD : (int64_t)options->before->count;
    sweep->links = ll_xcalloc(LINKS_MAX, sizeof(*sweep->links));
    add_links(sweep);
}

void ll_sweep_plan_again(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->link_count; i++)
        ll_chain_clear(&sweep->links[i].chain);
    sweep->link_count = 0;
    if (sweep->result->plan == LL_PLAN_AUTO)
        sweep->result->plan = LL_PLAN_CHAIN; /* it was too short to be reviewed */
    add_links(sweep);
}

void ll_sweep_plan_review(struct sweep *sweep)
{
    enum ll_sweep_plan *plan = &sweep->result->plan;
    if (*plan != LL_PLAN_AUTO || sweep->links[0].pages < HEAD_PAGES)
        return;
    double chain_ms =
        (double)sweep->pages_ms / HEAD_PAGES * ((double)sweep->expected / SWEEP_PAGE_ROWS + 1);
    if (chain_ms <= LL_SWEEP_SHARE * sweep->options->cadence_s * 1000) {
        *plan = LL_PLAN_CHAIN;
        return;
    }
    *plan = LL_PLAN_LANGUAGES;
    sweep->links[0].abandoned = true;
    add_languages(sweep, ll_sweep_is_cold(sweep) ? &sweep->result->found : sweep->options->before);
}
