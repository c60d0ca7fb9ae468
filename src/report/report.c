#include "report/report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* See sql/report.m4: numbers of parts that every plausible number of genres (modes) divides. */
#define GENRE_UNIT INT64_C(5354228880)
#define GAME_MODE_UNIT 60

#define PARAM_COUNT 20

/* --- queries -------------------------------------------------------------------------------- */

static bool has_key(const struct ll_report_plan *plan, enum ll_dimension dimension)
{
    return plan->what->key == dimension || plan->by == dimension;
}

static bool uses(const struct ll_report_plan *plan, enum ll_dimension dimension)
{
    return has_key(plan, dimension) || plan->filters[dimension].ptr != NULL;
}

static bool is_sessions(const struct ll_report_plan *plan)
{
    return !plan->what->series;
}

static bool needs_observations(const struct ll_report_plan *plan)
{
    return plan->what->key == LL_DIMENSION_BROADCASTER ||
           plan->filters[LL_DIMENSION_BROADCASTER].ptr != NULL;
}

/* All of a broadcaster in the whole range: its day rows have it. */
static bool is_whole_broadcasters(const struct ll_report_plan *plan, bool series)
{
    return plan->what->key == LL_DIMENSION_BROADCASTER && plan->by == LL_DIMENSION_NONE &&
           !series && plan->filters[LL_DIMENSION_CATEGORY].ptr == NULL &&
           plan->filters[LL_DIMENSION_LANGUAGE].ptr == NULL &&
           plan->filters[LL_DIMENSION_GENRE].ptr == NULL &&
           plan->filters[LL_DIMENSION_GAME_MODE].ptr == NULL;
}

static const char *sql_of(const struct ll_report_plan *plan, bool series)
{
    if (is_sessions(plan))
        return "report/session";
    if (is_whole_broadcasters(plan, series))
        return "report/broadcaster";
    return needs_observations(plan) ? "report/observation" : "report/rollup";
}

/* The coarsest roll-up that knows the keys and the filters. */
static const char *rollup_of(const struct ll_report_plan *plan)
{
    bool filtered = plan->by != LL_DIMENSION_NONE;
    for (size_t i = 0; i < LL_DIMENSION_COUNT_; i++)
        filtered = filtered || plan->filters[i].ptr != NULL;
    if (filtered)
        return "category_language";
    return plan->what->key == LL_DIMENSION_NONE ? "platform" : ll_dimension_names[plan->what->key];
}

static struct ll_param id_param(const struct ll_report_plan *plan, const char *name,
                                enum ll_dimension dimension)
{
    int64_t id = 0;
    if (plan->filters[dimension].ptr == NULL)
        return ll_param_null(name);
    bool number = ll_str_to_i64(plan->filters[dimension], &id);
    assert(number); /* ll_report_find gives ids */
    return ll_param_i64(name, id);
}

/* All parameters of sql/report.m4; `keys` is NULL but for a series of ranked keys. */
static void fill_params(const struct ll_report_plan *plan, const char *grain,
                        const struct ll_str *keys, size_t key_count, struct ll_param *params)
{
    bool fractional = strcmp(plan->attribution, "fractional") == 0;
    bool genre = fractional && has_key(plan, LL_DIMENSION_GENRE);
    bool mode = fractional && has_key(plan, LL_DIMENSION_GAME_MODE);
    struct ll_str language = plan->filters[LL_DIMENSION_LANGUAGE];
    const char *by = plan->by == LL_DIMENSION_NONE ? "" : ll_dimension_names[plan->by];
    struct ll_param all[PARAM_COUNT] = {
        ll_param_i64("from_s", plan->from_s),
        ll_param_i64("to_s", plan->to_s),
        ll_param_i64("now_s", plan->now_s),
        ll_param_text("tz", plan->tz),
        ll_param_text("grain", ll_str_of(grain)),
        ll_param_text("what", ll_str_of(plan->what->name)),
        ll_param_text("by", ll_str_of(by)),
        ll_param_text("dim", ll_str_of(rollup_of(plan))),
        ll_param_text("sort", ll_str_of(ll_metric_names[plan->sort])),
        ll_param_i64("limit", keys == NULL ? plan->limit : INT64_MAX),
        keys == NULL ? ll_param_null("keys") : ll_param_text_list("keys", keys, key_count),
        ll_param_i64("genre_unit", genre ? GENRE_UNIT : 1),
        ll_param_i64("game_mode_unit", mode ? GAME_MODE_UNIT : 1),
        id_param(plan, "category_id", LL_DIMENSION_CATEGORY),
        id_param(plan, "broadcaster_id", LL_DIMENSION_BROADCASTER),
        id_param(plan, "genre_id", LL_DIMENSION_GENRE),
        id_param(plan, "game_mode_id", LL_DIMENSION_GAME_MODE),
        language.ptr == NULL ? ll_param_null("language") : ll_param_text("language", language),
        ll_param_bool("use_category", uses(plan, LL_DIMENSION_CATEGORY) ||
                                          uses(plan, LL_DIMENSION_GENRE) ||
                                          uses(plan, LL_DIMENSION_GAME_MODE)),
        ll_param_bool("use_language", uses(plan, LL_DIMENSION_LANGUAGE)),
    };
    memcpy(params, all, sizeof(all));
}

static enum ll_status query(struct ll_warehouse *warehouse, const char *name,
                            const struct ll_param *params, struct ll_batch *ret,
                            struct ll_error *err)
{
    return ll_warehouse_query(warehouse, name, params, PARAM_COUNT, ret, err);
}

/* The rows in buckets of the keys that `ranked` has, which is made empty. */
static enum ll_status query_series(struct ll_warehouse *warehouse,
                                   const struct ll_report_plan *plan, struct ll_batch *ranked,
                                   struct ll_error *err)
{
    struct ll_param params[PARAM_COUNT];
    size_t id = ll_report_column(ranked, "id", LL_TYPE_TEXT);
    size_t by = ll_report_column(ranked, "by_id", LL_TYPE_TEXT);
    struct ll_str *keys = ll_xcalloc(ranked->row_count + 1, sizeof(*keys));
    for (size_t i = 0; i < ranked->row_count; i++)
        keys[i] =
            ll_arena_printf(plan->arena, "%.*s/%.*s", LL_FMT(ll_batch_get_text(ranked, id, i)),
                            LL_FMT(ll_batch_get_text(ranked, by, i)));
    fill_params(plan, plan->grain, keys, ranked->row_count, params);
    ll_batch_clear(ranked);
    enum ll_status status = query(warehouse, sql_of(plan, true), params, ranked, err);
    free(keys);
    return status;
}

static enum ll_status query_rows(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                                 struct ll_batch *ret, struct ll_error *err)
{
    struct ll_param params[PARAM_COUNT];
    bool series = strcmp(plan->grain, "none") != 0, ranked = series && plan->limit != INT64_MAX;
    fill_params(plan, ranked ? "none" : plan->grain, NULL, 0, params);
    enum ll_status status = query(warehouse, sql_of(plan, series && !ranked), params, ret, err);
    if (status == LL_OK && ranked && ret->row_count > 0)
        status = query_series(warehouse, plan, ret, err);
    return status;
}

static enum ll_status query_coverage(struct ll_warehouse *warehouse,
                                     const struct ll_report_plan *plan, struct ll_report_meta *meta,
                                     struct ll_error *err)
{
    struct ll_param params[PARAM_COUNT];
    struct ll_batch rows = {0};
    fill_params(plan, plan->grain, NULL, 0, params);
    enum ll_status status = query(warehouse, "report/coverage", params, &rows, err);
    if (status == LL_OK) {
        assert(rows.row_count == 1);
        size_t sweep = ll_report_column(&rows, "sweep_coverage", LL_TYPE_F64);
        meta->runs = ll_batch_get_i64(&rows, ll_report_column(&rows, "runs", LL_TYPE_I64), 0);
        meta->expected =
            ll_batch_get_i64(&rows, ll_report_column(&rows, "expected", LL_TYPE_I64), 0);
        meta->slot_coverage =
            meta->expected > 0 ? (double)meta->runs / (double)meta->expected : (double)NAN;
        meta->sweep_coverage =
            ll_batch_is_null(&rows, sweep, 0) ? (double)NAN : ll_batch_get_f64(&rows, sweep, 0);
        meta->partial =
            ll_batch_get_bool(&rows, ll_report_column(&rows, "partial", LL_TYPE_BOOL), 0);
    }
    ll_batch_clear(&rows);
    return status;
}

/* --- the answer ----------------------------------------------------------------------------- */

struct names_pair {
    struct ll_report_names key, by;
};

struct column_copy {
    size_t from;
    size_t to;
};

static size_t add_column(struct ll_batch *rows, const char *name, enum ll_type type)
{
    ll_batch_add_column(rows, ll_str_of(name), type);
    return rows->column_count - 1;
}

static void copy_value(struct ll_batch *to, size_t to_column, const struct ll_batch *from,
                       size_t column, size_t row)
{
    if (ll_batch_is_null(from, column, row))
        ll_batch_null(to, to_column);
    else if (from->columns[column].field.type == LL_TYPE_I64)
        ll_batch_i64(to, to_column, ll_batch_get_i64(from, column, row));
    else if (from->columns[column].field.type == LL_TYPE_BOOL)
        ll_batch_bool(to, to_column, ll_batch_get_bool(from, column, row));
    else if (from->columns[column].field.type == LL_TYPE_F64)
        ll_batch_f64(to, to_column, ll_batch_get_f64(from, column, row));
    else
        ll_batch_text(to, to_column, ll_batch_get_text(from, column, row));
}

/* An instant in a column and the zone's offset in another. */
static void copy_stamp(struct ll_batch *to, size_t to_column, const struct ll_batch *from,
                       const char *column, const char *offset, size_t row)
{
    size_t instant = ll_report_column(from, column, LL_TYPE_I64);
    size_t ahead = ll_report_column(from, offset, LL_TYPE_I64);
    if (ll_batch_is_null(from, instant, row)) {
        ll_batch_null(to, to_column);
        return;
    }
    struct ll_stamp_zone stamp =
        ll_report_stamp(ll_batch_get_i64(from, instant, row), ll_batch_get_i64(from, ahead, row));
    ll_batch_text(to, to_column, ll_str_of(stamp.c));
}

static size_t add_metrics(const struct ll_report_plan *plan, const struct ll_batch *found,
                          struct ll_batch *rows, struct column_copy *copies)
{
    size_t count = 0;
    for (unsigned metric = 0; metric < LL_METRIC_COUNT_; metric++) {
        if ((plan->metrics & LL_METRIC_BIT(metric)) == 0)
            continue;
        int from = ll_batch_column(found, ll_metric_names[metric]);
        assert(from >= 0);
        copies[count].from = (size_t)from;
        copies[count++].to =
            add_column(rows, ll_metric_names[metric], found->columns[from].field.type);
    }
    return count;
}

static void copy_metrics(const struct column_copy *copies, size_t count,
                         const struct ll_batch *found, size_t row, struct ll_batch *rows)
{
    for (size_t i = 0; i < count; i++)
        copy_value(rows, copies[i].to, found, copies[i].from, row);
}

static void build_rows(const struct ll_report_plan *plan, const struct ll_batch *found,
                       const struct names_pair *names, struct ll_batch *rows)
{
    bool keyed = plan->what->key != LL_DIMENSION_NONE, split = plan->by != LL_DIMENSION_NONE;
    bool channel = plan->what->key == LL_DIMENSION_BROADCASTER;
    bool series = strcmp(plan->grain, "none") != 0;
    struct column_copy copies[LL_METRIC_COUNT_ + 1];
    size_t id = keyed ? add_column(rows, "id", LL_TYPE_TEXT) : 0;
    size_t name = keyed ? add_column(rows, "name", LL_TYPE_TEXT) : 0;
    size_t login = channel ? add_column(rows, "login", LL_TYPE_TEXT) : 0;
    size_t time = series ? add_column(rows, "time", LL_TYPE_TEXT) : 0;
    size_t by_id = split ? add_column(rows, "by_id", LL_TYPE_TEXT) : 0;
    size_t by_name = split ? add_column(rows, "by_name", LL_TYPE_TEXT) : 0;
    size_t count = add_metrics(plan, found, rows, copies);
    if (series) {
        copies[count].from = ll_report_column(found, "partial", LL_TYPE_BOOL);
        copies[count++].to = add_column(rows, "partial", LL_TYPE_BOOL);
    }
    size_t found_id = ll_report_column(found, "id", LL_TYPE_TEXT);
    size_t found_by = ll_report_column(found, "by_id", LL_TYPE_TEXT);
    for (size_t row = 0; row < found->row_count; row++) {
        struct ll_str account = {0}, ignored;
        if (keyed) {
            struct ll_str key = ll_batch_get_text(found, found_id, row);
            ll_batch_text(rows, id, key);
            ll_batch_text(rows, name, ll_report_name_of(&names->key, key, &account));
        }
        if (channel)
            ll_batch_text(rows, login, account);
        if (series)
            copy_stamp(rows, time, found, "bucket", "offset_s", row);
        if (split) {
            struct ll_str key = ll_batch_get_text(found, found_by, row);
            ll_batch_text(rows, by_id, key);
            ll_batch_text(rows, by_name, ll_report_name_of(&names->by, key, &ignored));
        }
        copy_metrics(copies, count, found, row, rows);
        ll_batch_end_row(rows);
    }
}

static void build_sessions(const struct ll_report_plan *plan, const struct ll_batch *found,
                           const struct names_pair *names, struct ll_batch *rows)
{
    static const struct {
        const char *name, *instant, *offset;
    } stamps[] = {{"started_at", "started_s", "started_offset_s"},
                  {"first_seen_at", "first_slot", "first_offset_s"},
                  {"last_seen_at", "last_slot", "last_offset_s"},
                  {"ended_at", "ended_s", "ended_offset_s"}};
    struct column_copy copies[LL_METRIC_COUNT_];
    size_t id = add_column(rows, "id", LL_TYPE_TEXT);
    size_t name = add_column(rows, "name", LL_TYPE_TEXT);
    size_t login = add_column(rows, "login", LL_TYPE_TEXT);
    size_t broadcaster = add_column(rows, "broadcaster_id", LL_TYPE_TEXT);
    size_t first_stamp = rows->column_count;
    for (size_t i = 0; i < LL_COUNT(stamps); i++)
        add_column(rows, stamps[i].name, LL_TYPE_TEXT);
    size_t count = add_metrics(plan, found, rows, copies);

    size_t found_id = ll_report_column(found, "id", LL_TYPE_TEXT);
    size_t found_broadcaster = ll_report_column(found, "broadcaster_id", LL_TYPE_TEXT);
    for (size_t row = 0; row < found->row_count; row++) {
        struct ll_str account, key = ll_batch_get_text(found, found_broadcaster, row);
        ll_batch_text(rows, id, ll_batch_get_text(found, found_id, row));
        ll_batch_text(rows, name, ll_report_name_of(&names->key, key, &account));
        ll_batch_text(rows, login, account);
        ll_batch_text(rows, broadcaster, key);
        for (size_t i = 0; i < LL_COUNT(stamps); i++)
            copy_stamp(rows, first_stamp + i, found, stamps[i].instant, stamps[i].offset, row);
        copy_metrics(copies, count, found, row, rows);
        ll_batch_end_row(rows);
    }
}

static enum ll_status find_names(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                                 const struct ll_batch *found, struct names_pair *names,
                                 struct ll_error *err)
{
    enum ll_status status = LL_OK;
    if (is_sessions(plan))
        status = ll_report_names(warehouse, LL_DIMENSION_BROADCASTER, found, "broadcaster_id",
                                 &names->key, err);
    else if (plan->what->key != LL_DIMENSION_NONE)
        status = ll_report_names(warehouse, plan->what->key, found, "id", &names->key, err);
    if (status == LL_OK && plan->by != LL_DIMENSION_NONE)
        status = ll_report_names(warehouse, plan->by, found, "by_id", &names->by, err);
    return status;
}

static enum ll_status run_plan(struct ll_warehouse *warehouse, const struct ll_report_plan *plan,
                               struct ll_report_answer *answer, struct ll_error *err)
{
    struct ll_batch found = {0};
    struct names_pair names = {0};
    enum ll_status status = query_coverage(warehouse, plan, &answer->meta, err);
    if (status == LL_OK)
        status = query_rows(warehouse, plan, &found, err);
    if (status == LL_OK)
        status = find_names(warehouse, plan, &found, &names, err);
    if (status == LL_OK && is_sessions(plan))
        build_sessions(plan, &found, &names, &answer->rows);
    else if (status == LL_OK)
        build_rows(plan, &found, &names, &answer->rows);
    ll_report_names_clear(&names.key);
    ll_report_names_clear(&names.by);
    ll_batch_clear(&found);
    return status;
}

enum ll_status ll_report_run(struct ll_warehouse *warehouse,
                             const struct ll_report_request *request, struct ll_report_answer *ret,
                             struct ll_error *err)
{
    struct ll_arena arena = {0};
    struct ll_report_plan plan;
    struct ll_report_answer answer = {0};
    enum ll_status status = ll_report_plan(warehouse, request, &arena, &plan, &answer.meta, err);
    if (status == LL_OK)
        status = run_plan(warehouse, &plan, &answer, err);
    ll_arena_clear(&arena);
    if (status != LL_OK) {
        ll_report_answer_clear(&answer);
        return status;
    }
    *ret = answer;
    return LL_OK;
}

void ll_report_answer_clear(struct ll_report_answer *answer)
{
    ll_batch_clear(&answer->rows);
}
