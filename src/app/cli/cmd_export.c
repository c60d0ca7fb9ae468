#include "app/cli/command.h"

#include <string.h>

#include "app/exit.h"
#include "app/guard.h"
#include "duck/pieces.h"
#include "app/rows.h"

#define END_OF_TIME INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* What can be exported: sql/export/<sql>.sql. */
static const struct view {
    const char *name;
    const char *sql;
    bool timed; /* takes --from and --to */
} views[] = {
    {"observation", "export/observation", true},
    {"session", "export/session", true},
    {"track", "export/track", true},
    {"text-span", "export/text_span", true},
    {"run", "export/run", true},
    {"coverage", "export/coverage", true},
    {"broadcaster", "export/broadcaster", false},
    {"broadcaster-name", "export/broadcaster_name", false},
    {"category", "export/category", false},
    {"category-genre", "export/category_genre", false},
    {"category-game-mode", "export/category_game_mode", false},
    {"genre", "export/genre", false},
    {"game-mode", "export/game_mode", false},
    {"language", "export/language", false},
};
#define VIEW_NAMES                                                                                 \
    "observation, session, track, text-span, run, coverage, broadcaster, broadcaster-name, "       \
    "category, category-genre, category-game-mode, genre, game-mode, language"

struct job {
    const struct view *view;
    int64_t from_s, to_s;
    const char *path; /* "-" is standard output */
    struct ll_str format;
    struct ll_rows rows;     /* csv, ndjson */
    struct ll_pieces pieces; /* parquet */
    bool parquet;
    struct ll_progress progress;
};

static enum ll_status add_rows(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct job *job = context;
    enum ll_status status = job->parquet ? ll_pieces_add(&job->pieces, batch, err)
                                         : ll_rows_add(&job->rows, batch, err);
    ll_progress_update(&job->progress, job->parquet ? job->pieces.count : job->rows.count, 0);
    return status;
}

static void interrupt(void *warehouse)
{
    ll_warehouse_interrupt(warehouse);
}

/* Streams the view's rows to rows or pieces. */
static enum ll_status stream(struct ll_app *app, struct job *job, struct ll_error *err)
{
    struct ll_warehouse *warehouse;
    struct ll_guard guard = {.stop = app->stop, .interrupt = interrupt};
    const struct ll_param params[] = {ll_param_i64("from_s", job->from_s),
                                      ll_param_i64("to_s", job->to_s)};
    if (ll_wire_warehouse(&app->wire, &warehouse, err) != LL_OK)
        return err->status;
    guard.context = warehouse;
    if (ll_guard_start(&guard, err) != LL_OK)
        return err->status;
    ll_app_progress(app, &job->progress, "export", "rows", 0);
    enum ll_status status =
        ll_warehouse_stream(warehouse, job->view->sql, params,
                            job->view->timed ? LL_COUNT(params) : 0, add_rows, job, err);
    ll_progress_end(&job->progress);
    return ll_guard_stop(&guard, status, err);
}

static enum ll_status export_text(struct ll_app *app, struct job *job, struct ll_output *out,
                                  struct ll_error *err)
{
    job->rows = (struct ll_rows){.out = out};
    job->rows.render.format =
        ll_str_equal(job->format, LL_STR("csv")) ? LL_FORMAT_CSV : LL_FORMAT_NDJSON;
    if (stream(app, job, err) != LL_OK)
        return err->status;
    return ll_rows_end(&job->rows, err);
}

static enum ll_status export_parquet(struct ll_app *app, struct job *job, const char *path,
                                     struct ll_error *err)
{
    struct ll_lake *lake;
    if (ll_wire_lake(&app->wire, &lake, err) != LL_OK)
        return err->status;
    job->pieces = (struct ll_pieces){
        .scratch = lake->scratch, .folder = lake->tmp_dir, .piece_rows = LL_PIECE_ROWS};
    if (stream(app, job, err) != LL_OK)
        return err->status;
    return ll_pieces_finish(&job->pieces, path, err);
}

static enum ll_status export_file(struct ll_app *app, struct job *job, struct ll_error *err)
{
    LL_AUTO(ll_outfile_close) struct ll_outfile file = {0};
    /* The lake first: a file is not even begun where there is none. */
    if (ll_wire_open_lake(&app->wire, LL_LAKE_EXISTING, err) != LL_OK ||
        ll_outfile_open(&file, job->path, err) != LL_OK)
        return err->status;
    enum ll_status status = job->parquet ? export_parquet(app, job, file.temporary, err)
                                         : export_text(app, job, &file.out, err);
    return status == LL_OK ? ll_outfile_commit(&file, err) : status;
}

static int answer(struct ll_app *app, const struct job *job)
{
    long long count = job->parquet ? job->pieces.count : job->rows.count;
    ll_app_note(app, "%lld row%s. " LL_ATTRIBUTION, count, count == 1 ? "" : "s");
    if (!app->json || strcmp(job->path, "-") == 0)
        return LL_EXIT_OK;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text,
                  "{\"view\":\"%s\",\"format\":\"%.*s\",\"rows\":%lld,\"path\":", job->view->name,
                  LL_FMT(job->format), count);
    ll_buf_add_json_string(&text, ll_str_of(job->path));
    ll_buf_add(&text, LL_STR(",\"attribution\":\"" LL_ATTRIBUTION "\"}\n"));
    return ll_app_print(app, ll_buf_str(&text));
}

static int run_export(struct ll_app *app, struct job *job)
{
    struct ll_error err;
    enum ll_status status = strcmp(job->path, "-") == 0 ? export_text(app, job, &app->out, &err)
                                                        : export_file(app, job, &err);
    int code = status == LL_OK ? answer(app, job) : ll_app_fail(app, &err);
    ll_rows_clear(&job->rows);
    ll_pieces_clear(&job->pieces);
    return code;
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct job job = {.from_s = ll_args_number(args, "from", 0),
                      .to_s = ll_args_number(args, "to", END_OF_TIME)};
    for (size_t i = 0; i < LL_COUNT(views); i++)
        if (strcmp(args->operands[0], views[i].name) == 0)
            job.view = &views[i];
    if (job.view == NULL)
        return ll_app_usage(app, "export: no view \"%.100s\": one of " VIEW_NAMES,
                            args->operands[0]);
    if (!ll_args_has(args, "format") || !ll_args_has(args, "out"))
        return ll_app_usage(app, "export needs --format and --out");
    if (!job.view->timed && (ll_args_has(args, "from") || ll_args_has(args, "to")))
        return ll_app_usage(app, "export: %s has no time: leave --from and --to out",
                            job.view->name);
    if (job.from_s >= job.to_s)
        return ll_app_usage(app, "export: --from must be before --to");
    job.format = ll_args_text(args, "format", (struct ll_str){0});
    job.path = ll_args_text(args, "out", (struct ll_str){0}).ptr; /* an argument: ends in NUL */
    job.parquet = ll_str_equal(job.format, LL_STR("parquet"));
    if (job.parquet && strcmp(job.path, "-") == 0)
        return ll_app_usage(app, "export: Parquet goes to a file only");
    return run_export(app, &job);
}

static const struct ll_option options[] = {
    {.name = "format",
     .kind = LL_OPTION_CHOICE,
     .value = "parquet|csv|ndjson",
     .doc = "Format of the file. Required."},
    {.name = "out",
     .kind = LL_OPTION_TEXT,
     .value = "PATH",
     .path = true,
     .doc = "The file, which is replaced when all is written; - is standard output (not for "
            "Parquet). Required."},
    {.name = "from",
     .kind = LL_OPTION_TIME,
     .value = "TIME",
     .initial = "the beginning",
     .doc = "First instant (2026-11-23, 2026-11-23T15:45:00Z, now-7d)."},
    {.name = "to",
     .kind = LL_OPTION_TIME,
     .value = "TIME",
     .initial = "the end",
     .doc = "The instant after the last."},
};

static const struct ll_example examples[] = {
    {"export observation --format parquet --out day.parquet --from 2026-11-22 --to 2026-11-23",
     "A day, every sample"},
    {"export session --format csv --out - --from now-7d | head", "Sessions of the last week"},
};

const struct ll_command ll_command_export = {
    .name = "export",
    .group = LL_GROUP_LOOK,
    .shares = true,
    .operands = "VIEW",
    .words = "observation|session|track|text-span|run|coverage|broadcaster|broadcaster-name|"
             "category|category-genre|category-game-mode|genre|game-mode|language",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Write a view of the lake to a file",
    .doc =
        "VIEW is one of " VIEW_NAMES ".\n"
        "All rows, in a fixed order, in bounded memory. A file is there whole or not at all. Who "
        "passes data on names its sources, which are printed on standard error: see terms.md.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
