/* The plan's SQL and its parameters. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "report/report_internal.h"

/* See sql/report.m4: numbers of parts that every plausible number of genres (modes) divides. */
#define GENRE_UNIT INT64_C(5354228880)
#define GAME_MODE_UNIT 60

#define PARAM_COUNT 33

static bool has_key(const struct ll_report_plan *plan, enum ll_dimension dimension)
{
    return plan->what->key == dimension || plan->by == dimension;
}

bool ll_report_is_sessions(const struct ll_report_plan *plan)
{
    return strcmp(plan->what->name, "sessions") == 0;
}

static bool is_filtered(const struct ll_report_plan *plan, enum ll_dimension dimension)
{
    return plan->wanted[dimension].count > 0 || plan->unwanted[dimension].count > 0;
}

static bool is_unfiltered(const struct ll_report_plan *plan)
{
    for (enum ll_dimension i = LL_DIMENSION_NONE; i < LL_DIMENSION_COUNT_; i++)
        if (is_filtered(plan, i))
            return false;
    return true;
}

static bool uses(const struct ll_report_plan *plan, enum ll_dimension dimension)
{
    return has_key(plan, dimension) || is_filtered(plan, dimension);
}

static bool needs_observations(const struct ll_report_plan *plan)
{
    return plan->what->key == LL_DIMENSION_BROADCASTER ||
           is_filtered(plan, LL_DIMENSION_BROADCASTER) || is_filtered(plan, LL_DIMENSION_SESSION);
}

/* Whether only broadcasters are told apart: their day rows know no more. */
static bool is_whole(const struct ll_report_plan *plan)
{
    for (enum ll_dimension i = LL_DIMENSION_NONE; i < LL_DIMENSION_COUNT_; i++)
        if (i != LL_DIMENSION_BROADCASTER && is_filtered(plan, i))
            return false;
    return plan->by == LL_DIMENSION_NONE;
}

static const char *sql_of(const struct ll_report_plan *plan, enum ll_grain grain)
{
    if (ll_report_is_sessions(plan))
        return "report/session";
    if (plan->what->key == LL_DIMENSION_BROADCASTER && grain == LL_GRAIN_NONE && is_whole(plan))
        return "report/broadcaster";
    return needs_observations(plan) ? "report/observation" : "report/rollup";
}

static bool uses_categories(const struct ll_report_plan *plan)
{
    return uses(plan, LL_DIMENSION_CATEGORY) || uses(plan, LL_DIMENSION_GENRE) ||
           uses(plan, LL_DIMENSION_GAME_MODE);
}

/* The coarsest roll-up that knows the keys and the filters. */
static const char *rollup_of(const struct ll_report_plan *plan)
{
    bool languages = uses(plan, LL_DIMENSION_LANGUAGE);
    if (is_unfiltered(plan) && plan->by == LL_DIMENSION_NONE)
        return plan->what->key == LL_DIMENSION_NONE ? "platform"
                                                    : ll_dimension_names[plan->what->key];
    if (!uses_categories(plan))
        return "language";
    return languages ? "category_language" : "category";
}

static struct ll_param list_param(const char *name, const struct ll_report_ids *ids, bool texts)
{
    if (ids->count == 0)
        return ll_param_null(name);
    return texts ? ll_param_text_list(name, ids->texts, ids->count)
                 : ll_param_i64_list(name, ids->numbers, ids->count);
}

/* Returns how many. */
static size_t fill_filters(const struct ll_report_plan *plan, struct ll_param *params)
{
    static const struct {
        enum ll_dimension dimension;
        const char *wanted, *unwanted;
    } lists[] = {{LL_DIMENSION_CATEGORY, "category_ids", "not_category_ids"},
                 {LL_DIMENSION_BROADCASTER, "broadcaster_ids", "not_broadcaster_ids"},
                 {LL_DIMENSION_LANGUAGE, "languages", "not_languages"},
                 {LL_DIMENSION_GENRE, "genre_ids", "not_genre_ids"},
                 {LL_DIMENSION_GAME_MODE, "game_mode_ids", "not_game_mode_ids"},
                 {LL_DIMENSION_SESSION, "session_ids", "not_session_ids"}};
    size_t count = 0;
    for (size_t i = 0; i < LL_COUNT(lists); i++) {
        enum ll_dimension dimension = lists[i].dimension;
        bool texts = dimension == LL_DIMENSION_LANGUAGE;
        params[count++] = list_param(lists[i].wanted, &plan->wanted[dimension], texts);
        params[count++] = list_param(lists[i].unwanted, &plan->unwanted[dimension], texts);
    }
    return count;
}

static int64_t limit_of(const struct ll_report_query *query)
{
    const struct ll_report_plan *plan = query->plan;
    bool all = query->keys != NULL || plan->by_change || plan->limit > LL_REPORT_KEYS_MAX;
    /* One more tells whether there is another page, or too much. */
    return (all ? LL_REPORT_KEYS_MAX : plan->limit) + 1;
}

/* All parameters of sql/report.m4. */
static void fill_params(const struct ll_report_query *query, struct ll_param *params)
{
    const struct ll_report_plan *plan = query->plan;
    const struct ll_report_keys *keys = query->keys;
    bool fractional = strcmp(plan->attribution, "fractional") == 0;
    bool genre = fractional && has_key(plan, LL_DIMENSION_GENRE);
    bool mode = fractional && has_key(plan, LL_DIMENSION_GAME_MODE);
    const char *by = plan->by == LL_DIMENSION_NONE ? "" : ll_dimension_names[plan->by];
    bool unique = (plan->metrics & LL_METRIC_BIT(LL_METRIC_UNIQUE_CHANNELS)) != 0 ||
                  plan->sort == LL_METRIC_UNIQUE_CHANNELS;
    const struct ll_report_place *after = &plan->after;
    const struct ll_param all[] = {
        ll_param_i64("from_s", query->from_s),
        ll_param_i64("to_s", query->to_s),
        ll_param_i64("now_s", plan->now_s),
        ll_param_text("tz", plan->tz),
        ll_param_text("grain", ll_str_of(ll_grain_names[query->grain])),
        ll_param_text("what", ll_str_of(plan->what->name)),
        ll_param_text("by", ll_str_of(by)),
        ll_param_text("dim", ll_str_of(rollup_of(plan))),
        ll_param_text("sort", ll_str_of(ll_metric_names[plan->sort])),
        ll_param_i64("limit", limit_of(query)),
        keys == NULL ? ll_param_null("keys") : ll_param_text_list("keys", keys->texts, keys->count),
        ll_param_i64("genre_unit", genre ? GENRE_UNIT : 1),
        ll_param_i64("game_mode_unit", mode ? GAME_MODE_UNIT : 1),
        ll_param_bool("use_category", uses_categories(plan)),
        ll_param_bool("use_language", uses(plan, LL_DIMENSION_LANGUAGE)),
        ll_param_bool("want_unique", unique),
        ll_param_bool("paged", after->given && keys == NULL),
        ll_param_bool("unfiltered", is_unfiltered(plan)),
        isfinite(after->value) && after->given ? ll_param_f64("after_value", after->value)
                                               : ll_param_null("after_value"),
        ll_param_text("after_id", after->id),
        ll_param_text("after_by", after->by),
    };
    memcpy(params, all, sizeof(all));
    size_t filters = fill_filters(plan, params + LL_COUNT(all));
    assert(LL_COUNT(all) + filters == PARAM_COUNT);
    (void)filters;
}

enum ll_status ll_report_query_rows(struct ll_warehouse *warehouse,
                                    const struct ll_report_query *query, struct ll_batch *ret,
                                    struct ll_error *err)
{
    struct ll_param params[PARAM_COUNT];
    fill_params(query, params);
    return ll_warehouse_query(warehouse, sql_of(query->plan, query->grain), params, PARAM_COUNT,
                              ret, err);
}

enum ll_status ll_report_query_list(struct ll_warehouse *warehouse,
                                    const struct ll_report_query *query, ll_batch_fn *each,
                                    void *context, struct ll_error *err)
{
    struct ll_param params[PARAM_COUNT];
    const char *sql = query->plan->what->list;
    if (strcmp(sql, "report/concentration") == 0 && is_whole(query->plan))
        sql = "report/concentration_whole";
    fill_params(query, params);
    return ll_warehouse_stream(warehouse, sql, params, PARAM_COUNT, each, context, err);
}

enum ll_status ll_report_query_coverage(struct ll_warehouse *warehouse,
                                        const struct ll_report_query *query, struct ll_batch *ret,
                                        struct ll_error *err)
{
    struct ll_param params[PARAM_COUNT];
    fill_params(query, params);
    return ll_warehouse_query(warehouse, "report/coverage", params, PARAM_COUNT, ret, err);
}

struct ll_report_keys ll_report_keys_of(const struct ll_report_plan *plan,
                                        const struct ll_batch *rows)
{
    size_t id = ll_report_column(rows, "id", LL_TYPE_TEXT);
    size_t by = ll_report_column(rows, "by_id", LL_TYPE_TEXT);
    struct ll_report_keys keys = {
        .texts = ll_arena_array(plan->arena, rows->row_count + 1, sizeof(*keys.texts)),
        .count = rows->row_count,
    };
    for (size_t i = 0; i < rows->row_count; i++)
        keys.texts[i] =
            ll_arena_printf(plan->arena, "%.*s/%.*s", LL_FMT(ll_batch_get_text(rows, id, i)),
                            LL_FMT(ll_batch_get_text(rows, by, i)));
    return keys;
}
