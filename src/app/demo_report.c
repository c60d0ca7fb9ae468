#include "app/demo_report.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "report/report.h"

#define TOP 10

struct shown {
    const char *what, *grain, *title;
    int64_t limit;
};

static enum ll_status add_report(struct ll_warehouse *warehouse, const struct shown *shown,
                                 const struct ll_report_request *range, enum ll_format format,
                                 struct ll_buf *out, struct ll_error *err)
{
    struct ll_report_request request = *range;
    struct ll_report_answer answer = {0};
    request.what = ll_str_of(shown->what);
    request.grain = ll_str_of(shown->grain);
    request.limit = shown->limit;
    if (ll_report_run(warehouse, &request, &answer, err) != LL_OK)
        return ll_context(err, "report %s", shown->what);
    ll_report_render(&answer, format, out);
    ll_report_answer_clear(&answer);
    return LL_OK;
}

static enum ll_status add_text(struct ll_warehouse *warehouse, const struct shown *list,
                               size_t count, const struct ll_report_request *range,
                               struct ll_buf *out, struct ll_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ll_buf_printf(out, "\n%s\n", list[i].title);
        if (add_report(warehouse, &list[i], range, LL_FORMAT_TABLE, out, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

static enum ll_status add_json(struct ll_warehouse *warehouse, const struct shown *list,
                               size_t count, const struct ll_report_request *range,
                               struct ll_buf *out, struct ll_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ll_buf_printf(out, "%s\"%s\":", i > 0 ? "," : "", list[i].what);
        if (add_report(warehouse, &list[i], range, LL_FORMAT_JSON, out, err) != LL_OK)
            return err->status;
        while (out->len > 0 && out->ptr[out->len - 1] == '\n')
            out->len--;
    }
    return LL_OK;
}

enum ll_status ll_demo_report_early(struct ll_warehouse *warehouse,
                                    const struct ll_demo_world *world, int64_t to_s,
                                    struct ll_buf *out, struct ll_error *err)
{
    static const struct shown list[] = {
        {"platform", "", "The whole platform", 0},
        {"categories", "", "Top categories", TOP},
    };
    struct ll_stamp_text from = ll_stamp_format(world->start_s), to = ll_stamp_format(to_s);
    const struct ll_report_request range = {
        .from = ll_str_of(from.c), .to = ll_str_of(to.c), .now_s = to_s};
    ll_buf_printf(out, "A first look, at %s to %s; filling goes on\n", from.c, to.c);
    return add_text(warehouse, list, LL_COUNT(list), &range, out, err);
}

enum ll_status ll_demo_report(struct ll_warehouse *warehouse, const struct ll_demo_world *world,
                              int64_t to_s, bool json, struct ll_buf *out, struct ll_error *err)
{
    static const struct shown list[] = {
        {"platform", "day", "The whole platform, by day", 0},
        {"categories", "", "Categories", TOP},
        {"genres", "", "Genres (IGDB)", TOP},
        {"game-modes", "", "Game modes (IGDB)", TOP},
        {"languages", "", "Languages", TOP},
    };
    struct ll_stamp_text from = ll_stamp_format(world->start_s), to = ll_stamp_format(to_s);
    const struct ll_report_request range = {
        .from = ll_str_of(from.c), .to = ll_str_of(to.c), .now_s = to_s};
    if (json)
        return add_json(warehouse, list, LL_COUNT(list), &range, out, err);
    return add_text(warehouse, list, LL_COUNT(list), &range, out, err);
}

void ll_demo_report_fill(const struct ll_fill_result *fill, struct ll_buf *out)
{
    double seconds = (double)fill->elapsed_ms / 1000;
    if (fill->runs == 0)
        return;
    ll_buf_printf(out,
                  "%" PRId64 " runs with %" PRId64 " observations in %.1f s (%.0f observations/s); "
                  "sweeping took %.1f s, processing %.1f s, beside it curating %.1f s and closing "
                  "days %.1f s\n",
                  fill->runs, fill->observations, seconds,
                  seconds > 0 ? (double)fill->observations / seconds : 0,
                  (double)fill->sweeping_ms / 1000, (double)fill->processing_ms / 1000,
                  (double)fill->curating_ms / 1000, (double)fill->closing_ms / 1000);
}

/* --- what to try next */

/* Whether a folder is one of those in PATH. */
static bool is_in_path(const struct ll_app *app, struct ll_str folder)
{
    const char *value = app->env("PATH");
    struct ll_str rest = ll_str_of(value != NULL ? value : ""), part;
    while (ll_str_split(&rest, ':', &part))
        if (ll_str_equal(part, folder))
            return true;
    return false;
}

/* How this program can be called from here. */
static void add_program(const struct ll_app *app, struct ll_buf *out)
{
    char self[PATH_MAX], here[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
    struct ll_str path = {self, len > 0 && len < PATH_MAX ? (size_t)len : 0};
    size_t name = path.len;
    while (name > 0 && path.ptr[name - 1] != '/')
        name--;
    if (name < 2 || is_in_path(app, ll_str_sub(path, 0, name - 1))) {
        ll_buf_add(out, LL_STR("livelake"));
        return;
    }
    if (getcwd(here, sizeof(here)) != NULL) {
        struct ll_str folder = ll_str_of(here);
        if (ll_str_starts_with(path, folder) && path.len > folder.len + 1 &&
            path.ptr[folder.len] == '/') {
            path = ll_str_sub(path, folder.len + 1, path.len);
            if (memchr(path.ptr, '/', path.len) == NULL)
                ll_buf_add(out, LL_STR("./"));
        }
    }
    ll_buf_add(out, path);
}

void ll_demo_report_hints(struct ll_app *app, const struct ll_demo_world *world, int64_t to_s,
                          struct ll_buf *out)
{
    LL_AUTO(ll_buf_clear) struct ll_buf program = {0};
    const char *lake = app->wire.options.lake_dir;
    struct ll_date_text from = ll_date_format(ll_day_of(world->start_s));
    struct ll_date_text to = ll_date_format(ll_day_of(to_s - 1) + 1);
    static const char *const ranged[] = {
        "report platform --grain hour --tz Europe/Berlin",
        "report broadcasters --limit 20",
        "report categories --by language --format csv",
        "report sessions --sort peak_viewers",
    };
    static const char *const plain[] = {
        ("query \"SELECT name, count(*) AS tracks FROM track JOIN category USING (category_id) "
         "GROUP BY 1 ORDER BY 2 DESC LIMIT 10\""),
        "status", "verify"};
    add_program(app, &program);
    ll_buf_printf(out, "\nIts dashboard: %s serve --lake %s\n", program.ptr, lake);
    ll_buf_printf(out, "\nThe lake is %s: zstd and Parquet files, and a DuckDB warehouse. Try\n",
                  lake);
    for (size_t i = 0; i < LL_COUNT(ranged); i++)
        ll_buf_printf(out, "    %s %s --from %s --to %s --lake %s\n", program.ptr, ranged[i],
                      from.c, to.c, lake);
    for (size_t i = 0; i < LL_COUNT(plain); i++)
        ll_buf_printf(out, "    %s %s --lake %s\n", program.ptr, plain[i], lake);
    ll_buf_printf(out, "    %s help\n", program.ptr);
}
