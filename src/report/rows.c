/* The rows of rankings, series and sessions. */
#include <assert.h>

#include "report/report_internal.h"

struct column_copy {
    size_t from;
    size_t to;
};

static size_t add_column(struct ll_batch *rows, const char *name, enum ll_type type)
{
    ll_batch_add_column(rows, ll_str_of(name), type);
    return rows->column_count - 1;
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
        ll_batch_copy(rows, copies[i].to, found, copies[i].from, row);
}

void ll_report_build_rows(const struct ll_report_plan *plan, const struct ll_batch *found,
                          const struct ll_report_pair *names, struct ll_batch *rows)
{
    bool keyed = plan->what->key != LL_DIMENSION_NONE, split = plan->by != LL_DIMENSION_NONE;
    bool channel = plan->what->key == LL_DIMENSION_BROADCASTER;
    bool series = plan->grain != LL_GRAIN_NONE, week = plan->grain == LL_GRAIN_HOUR_OF_WEEK;
    struct column_copy copies[LL_METRIC_COUNT_ + 1];
    size_t id = keyed ? add_column(rows, "id", LL_TYPE_TEXT) : 0;
    size_t name = keyed ? add_column(rows, "name", LL_TYPE_TEXT) : 0;
    size_t login = channel ? add_column(rows, "login", LL_TYPE_TEXT) : 0;
    size_t time = series && !week ? add_column(rows, "time", LL_TYPE_TEXT) : 0;
    size_t weekday = week ? add_column(rows, "weekday", LL_TYPE_I64) : 0;
    size_t hour = week ? add_column(rows, "hour", LL_TYPE_I64) : 0;
    size_t bucket = ll_report_column(found, "bucket", LL_TYPE_I64);
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
            ll_batch_text(rows, name, ll_report_name_of(names->key, key, &account));
        }
        if (channel)
            ll_batch_text(rows, login, account);
        if (week) {
            ll_batch_i64(rows, weekday, ll_batch_get_i64(found, bucket, row) / 24 + 1);
            ll_batch_i64(rows, hour, ll_batch_get_i64(found, bucket, row) % 24);
        } else if (series)
            copy_stamp(rows, time, found, "bucket", "offset_s", row);
        if (split) {
            struct ll_str key = ll_batch_get_text(found, found_by, row);
            ll_batch_text(rows, by_id, key);
            ll_batch_text(rows, by_name, ll_report_name_of(names->by, key, &ignored));
        }
        copy_metrics(copies, count, found, row, rows);
        ll_batch_end_row(rows);
    }
}

void ll_report_build_sessions(const struct ll_report_plan *plan, const struct ll_batch *found,
                              const struct ll_report_names *names, struct ll_batch *rows)
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
        ll_batch_text(rows, name, ll_report_name_of(names, key, &account));
        ll_batch_text(rows, login, account);
        ll_batch_text(rows, broadcaster, key);
        for (size_t i = 0; i < LL_COUNT(stamps); i++)
            copy_stamp(rows, first_stamp + i, found, stamps[i].instant, stamps[i].offset, row);
        copy_metrics(copies, count, found, row, rows);
        ll_batch_end_row(rows);
    }
}
