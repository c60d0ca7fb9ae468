#include "report/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "source/tables.h"

#define S(i) (MONDAY + INT64_C(900) * (i))

/* Slots 0, 1 and 5 complete, 2 partial, 3 failed, 4 never tried. Viewers by slot:
 *   alpha (10)  Chess (1)  en   100  200  300   .   .   50
 *   beta  (20)  Duel  (2)  de    10   20*                     * in Chess
 *   gamma (30)  Chess (1)  en     .  400 1000
 *   delta (40)  Talk  (3)  de     7    .    .   .   .    9
 *   epsi  (50)  none  (0)  ""     .    .    .   .   .    3
 * Chess has the genres 5 and 6 and the mode 1, Duel the genre 5 and no known mode, Talk is no game.
 */
static const struct sample slot0[] = {
    {100, 10, "alpha", 1, "Chess", "en", 100, NULL, false},
    {200, 20, "beta", 2, "Duel", "de", 10, NULL, false},
    {400, 40, "delta", 3, "Talk", "de", 7, NULL, false},
};
static const struct sample slot1[] = {
    {100, 10, "alpha", 1, "Chess", "en", 200, NULL, false},
    {200, 20, "beta", 1, "Chess", "de", 20, NULL, false},
    {300, 30, "gamma", 1, "Chess", "en", 400, "new title", true},
};
static const struct sample slot2[] = {
    {100, 10, "alpha", 1, "Chess", "en", 300, "other", false},
    {300, 30, "gamma", 1, "Chess", "en", 1000, "new title", true},
};
static const struct sample slot5[] = {
    {100, 10, "alpha", 1, "Chess", "en", 50, "other", false},
    {400, 40, "delta", 3, "Talk", "de", 9, NULL, false},
    {500, 50, "epsi", 0, "", "", 3, NULL, false},
};
const struct run small_runs[] = {
    {S(0), "complete", 0.9, 0, slot0, LL_COUNT(slot0)},
    {S(1), "complete", UNKNOWN, 0, slot1, LL_COUNT(slot1)},
    {S(2), "partial", 0.5, 0, slot2, LL_COUNT(slot2)},
    {S(3), "failed", UNKNOWN, 0, NULL, 0},
    {S(5), "complete", 1.0, 0, slot5, LL_COUNT(slot5)},
};
const size_t small_run_count = LL_COUNT(small_runs);

static const struct link small_links[] = {{1, "Chess", 11}, {2, "Duel", 12}, {3, "Talk", 0}};
static const struct game small_games[] = {{11, "5,6", "1"}, {12, "5", NULL}};
static const struct dump small_dump = {
    "r1", MONDAY, small_links, LL_COUNT(small_links), small_games, LL_COUNT(small_games)};

struct world *world_new(void)
{
    struct ll_error err;
    struct world *world = ll_xcalloc(1, sizeof(*world));
    struct ll_warehouse_duckdb_options options = {.threads = 2};
    assert_status(LL_OK, ll_warehouse_duckdb_open(&options, &world->w, &err), &err);
    world_exec(world, "load/prepare", NULL, 0);
    return world;
}

void world_free(struct world *world)
{
    ll_warehouse_free(world->w);
    free(world);
}

int world_setup(void **state)
{
    *state = world_new();
    return 0;
}

int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}

void world_exec(struct world *world, const char *name, const struct ll_param *params, size_t count)
{
    struct ll_error err;
    assert_status(LL_OK, ll_warehouse_begin(world->w, &err), &err);
    assert_status(LL_OK, ll_warehouse_exec(world->w, name, params, count, &err), &err);
    assert_status(LL_OK, ll_warehouse_commit(world->w, &err), &err);
}

static void put(struct world *world, const char *table, const struct ll_batch *batch)
{
    struct ll_error err;
    assert_status(LL_OK, ll_warehouse_begin(world->w, &err), &err);
    assert_status(LL_OK, ll_warehouse_put(world->w, table, batch, &err), &err);
    assert_status(LL_OK, ll_warehouse_commit(world->w, &err), &err);
}

/* --- runs ----------------------------------------------------------------------------------- */

static const struct ll_field run_fields[] = {
    {"slot", LL_TYPE_I64},      {"run_id", LL_TYPE_TEXT},     {"day", LL_TYPE_DATE},
    {"cadence_s", LL_TYPE_I32}, {"source", LL_TYPE_TEXT},     {"status", LL_TYPE_TEXT},
    {"attempt", LL_TYPE_I32},   {"pages", LL_TYPE_I64},       {"requests", LL_TYPE_I64},
    {"rows_in", LL_TYPE_I64},   {"streams", LL_TYPE_I64},     {"duplicates", LL_TYPE_I64},
    {"restarted", LL_TYPE_I64}, {"quarantined", LL_TYPE_I64}, {"vanished", LL_TYPE_I64},
    {"refound", LL_TYPE_I64},   {"errors", LL_TYPE_I64},      {"sweep_coverage", LL_TYPE_F64},
};
static const struct ll_schema run_schema = {"run", run_fields, LL_COUNT(run_fields)};

static void add_run(struct ll_batch *batch, const struct run *run)
{
    ll_batch_i64(batch, 0, run->slot);
    ll_batch_text(batch, 1, ll_str_of(ll_run_id_of(run->slot).c));
    ll_batch_i32(batch, 2, ll_day_of(run->slot));
    ll_batch_i32(batch, 3, run->cadence_s == 0 ? 900 : run->cadence_s);
    ll_batch_text(batch, 4, LL_STR("test"));
    ll_batch_text(batch, 5, ll_str_of(run->status));
    ll_batch_i32(batch, 6, 1);
    for (size_t i = 7; i < 17; i++)
        ll_batch_i64(batch, i, 0);
    if (run->sweep_coverage < 0)
        ll_batch_null(batch, 17);
    else
        ll_batch_f64(batch, 17, run->sweep_coverage);
    ll_batch_end_row(batch);
}

static int64_t detail_of(const struct sample *s)
{
    uint64_t hash = ll_str_hash(ll_str_of(s->login), 1);
    hash = ll_str_hash(ll_str_of(s->category_name), hash);
    hash = ll_str_hash(ll_str_of(s->title == NULL ? "hello" : s->title), hash);
    return (int64_t)(hash >> 2) + s->mature_tag;
}

static void add_sample(struct ll_batch *batch, const struct run *run, const struct sample *s)
{
    struct ll_str tags[] = {LL_STR("English"), LL_STR("Mature")};
    ll_batch_i64(batch, LL_STREAM_SLOT, run->slot);
    ll_batch_i64(batch, LL_STREAM_STREAM_ID, s->stream);
    ll_batch_i64(batch, LL_STREAM_BROADCASTER_ID, s->broadcaster);
    ll_batch_text(batch, LL_STREAM_LOGIN, ll_str_of(s->login));
    ll_batch_text(batch, LL_STREAM_DISPLAY_NAME, ll_str_of(s->login));
    ll_batch_i64(batch, LL_STREAM_CATEGORY_ID, s->category);
    ll_batch_text(batch, LL_STREAM_CATEGORY_NAME, ll_str_of(s->category_name));
    ll_batch_text(batch, LL_STREAM_TYPE, LL_STR("live"));
    ll_batch_text(batch, LL_STREAM_TITLE, ll_str_of(s->title == NULL ? "hello" : s->title));
    ll_batch_text_list(batch, LL_STREAM_TAGS, tags, s->mature_tag ? 2 : 1);
    ll_batch_i64(batch, LL_STREAM_VIEWER_COUNT, s->viewers);
    ll_batch_i64(batch, LL_STREAM_STARTED_AT, (MONDAY - 600) * 1000000);
    ll_batch_text(batch, LL_STREAM_LANGUAGE, ll_str_of(s->language));
    ll_batch_null(batch, LL_STREAM_IS_MATURE);
    ll_batch_i64(batch, LL_STREAM_DETAIL_ID, detail_of(s));
    ll_batch_null(batch, LL_STREAM_RECEIVED_AT);
    ll_batch_end_row(batch);
}

static void make_batches(const struct run *runs, size_t count, const char *day,
                         struct ll_batch *ret_runs, struct ll_batch *ret_streams)
{
    ll_batch_init(ret_runs, &run_schema);
    ll_batch_init(ret_streams, ll_table_schema(LL_TABLE_STREAM));
    for (size_t i = 0; i < count; i++) {
        if (day != NULL && strcmp(ll_date_format(ll_day_of(runs[i].slot)).c, day) != 0)
            continue;
        add_run(ret_runs, &runs[i]);
        for (size_t j = 0; j < runs[i].count; j++)
            add_sample(ret_streams, &runs[i], &runs[i].samples[j]);
    }
}

static const struct ll_field stage_fields[] = {
    {"slot", LL_TYPE_I64},        {"stream_id", LL_TYPE_I64}, {"broadcaster_id", LL_TYPE_I64},
    {"category_id", LL_TYPE_I64}, {"language", LL_TYPE_TEXT}, {"viewer_count", LL_TYPE_I64},
    {"detail_id", LL_TYPE_I64},
};
static const struct ll_schema stage_schema = {"stage_stream", stage_fields, LL_COUNT(stage_fields)};

static void stage_samples(struct world *world, const struct run *run)
{
    struct ll_batch batch;
    ll_batch_init(&batch, &stage_schema);
    for (size_t i = 0; i < run->count; i++) {
        const struct sample *s = &run->samples[i];
        ll_batch_i64(&batch, 0, run->slot);
        ll_batch_i64(&batch, 1, s->stream);
        ll_batch_i64(&batch, 2, s->broadcaster);
        ll_batch_i64(&batch, 3, s->category);
        ll_batch_text(&batch, 4, ll_str_of(s->language));
        ll_batch_i64(&batch, 5, s->viewers);
        ll_batch_i64(&batch, 6, detail_of(s));
        ll_batch_end_row(&batch);
    }
    put(world, "stage_stream", &batch);
    ll_batch_clear(&batch);
}

static const struct ll_field detail_fields[] = {
    {"day", LL_TYPE_DATE},           {"stream_id", LL_TYPE_I64},
    {"detail_id", LL_TYPE_I64},      {"started_at", LL_TYPE_TIMESTAMP},
    {"login", LL_TYPE_TEXT},         {"display_name", LL_TYPE_TEXT},
    {"category_name", LL_TYPE_TEXT}, {"type", LL_TYPE_TEXT},
    {"title", LL_TYPE_TEXT},         {"tags", LL_TYPE_TEXT_LIST},
};
static const struct ll_schema detail_schema = {"stage_detail", detail_fields,
                                               LL_COUNT(detail_fields)};

static void add_detail(struct ll_batch *batch, int32_t day, const struct sample *s)
{
    struct ll_str tags[] = {LL_STR("English"), LL_STR("Mature")};
    ll_batch_i32(batch, 0, day);
    ll_batch_i64(batch, 1, s->stream);
    ll_batch_i64(batch, 2, detail_of(s));
    ll_batch_i64(batch, 3, (MONDAY - 600) * 1000000);
    ll_batch_text(batch, 4, ll_str_of(s->login));
    ll_batch_text(batch, 5, ll_str_of(s->login));
    ll_batch_text(batch, 6, ll_str_of(s->category_name));
    ll_batch_text(batch, 7, LL_STR("live"));
    ll_batch_text(batch, 8, ll_str_of(s->title == NULL ? "hello" : s->title));
    ll_batch_text_list(batch, 9, tags, s->mature_tag ? 2 : 1);
    ll_batch_end_row(batch);
}

/* Only what load/new_details asks for. */
static void stage_details(struct world *world, const struct run *run)
{
    struct ll_error err;
    struct ll_batch batch, wanted = {0};
    assert_status(LL_OK, ll_warehouse_query(world->w, "load/new_details", NULL, 0, &wanted, &err),
                  &err);
    ll_batch_init(&batch, &detail_schema);
    for (size_t i = 0; i < wanted.row_count; i++)
        for (size_t j = 0; j < run->count; j++)
            if (run->samples[j].stream == ll_batch_get_i64(&wanted, 1, i))
                add_detail(&batch, ll_day_of(run->slot), &run->samples[j]);
    assert_int_equal(batch.row_count, wanted.row_count);
    put(world, "stage_detail", &batch);
    ll_batch_clear(&batch);
    ll_batch_clear(&wanted);
}

void world_run(struct world *world, const struct run *run)
{
    struct ll_batch runs;
    ll_batch_init(&runs, &run_schema);
    add_run(&runs, run);
    put(world, "stage_run", &runs);
    ll_batch_clear(&runs);
    stage_samples(world, run);
    stage_details(world, run);
    world_exec(world, "load/runs", NULL, 0);
}

void world_close_day(struct world *world, const char *day, const struct run *runs, size_t count)
{
    static const char *const tables[] = {"run", "track", "text_span", "broadcaster_day",
                                         "category_day"};
    struct ll_error err;
    struct ll_duck *scratch = NULL;
    struct ll_batch day_runs, streams;
    struct ll_param params[] = {ll_param_text("day", ll_str_of(day)), ll_param_i64("generation", 1),
                                ll_param_text("manifest_sha256", LL_STR("abc"))};
    assert_status(LL_OK, ll_duck_open(&(struct ll_duck_options){.threads = 1}, &scratch, &err),
                  &err);
    assert_status(LL_OK,
                  ll_duck_exec(scratch, ll_sql_find("duckdb", "history/prepare"), NULL, 0, &err),
                  &err);
    make_batches(runs, count, day, &day_runs, &streams);
    assert_status(LL_OK, ll_duck_append(scratch, "day_run", &day_runs, &err), &err);
    assert_status(LL_OK, ll_duck_append(scratch, "day_stream", &streams, &err), &err);
    ll_batch_clear(&day_runs);
    ll_batch_clear(&streams);
    for (size_t i = 0; i < LL_COUNT(tables); i++) {
        char name[64], stage[64];
        struct ll_batch rows = {0};
        snprintf(name, sizeof(name), "history/%s", tables[i]);
        snprintf(stage, sizeof(stage), "stage_%s", tables[i]);
        assert_status(LL_OK, ll_duck_exec(scratch, ll_sql_find("duckdb", name), params, 1, &err),
                      &err);
        assert_status(LL_OK,
                      ll_duck_query(scratch, LL_STR("FROM history_row"), NULL, 0, 0, &rows, &err),
                      &err);
        put(world, stage, &rows);
        ll_batch_clear(&rows);
    }
    ll_duck_close(scratch);
    world_exec(world, "load/day", params, LL_COUNT(params));
}

/* --- reference data -------------------------------------------------------------------------- */

static void add_ids(struct ll_batch *batch, size_t column, const char *list)
{
    int64_t ids[8];
    size_t count = 0;
    struct ll_str rest = ll_str_of(list), part;
    if (list == NULL) {
        ll_batch_null(batch, column);
        return;
    }
    while (rest.len > 0 && ll_str_split(&rest, ',', &part))
        assert_true(ll_str_to_i64(part, &ids[count++]));
    ll_batch_i64_list(batch, column, ids, count);
}

static void put_links(struct world *world, const struct dump *dump)
{
    struct ll_batch batch;
    ll_batch_init(&batch, ll_table_schema(LL_TABLE_CATEGORY));
    for (size_t i = 0; i < dump->link_count; i++) {
        ll_batch_i64(&batch, LL_CATEGORY_AT, dump->at);
        ll_batch_i64(&batch, LL_CATEGORY_CATEGORY_ID, dump->links[i].category);
        ll_batch_text(&batch, LL_CATEGORY_NAME, ll_str_of(dump->links[i].name));
        if (dump->links[i].igdb_id == 0)
            ll_batch_null(&batch, LL_CATEGORY_IGDB_ID);
        else
            ll_batch_i64(&batch, LL_CATEGORY_IGDB_ID, dump->links[i].igdb_id);
        ll_batch_text(&batch, LL_CATEGORY_BOX_ART_URL, LL_STR(""));
        ll_batch_end_row(&batch);
    }
    put(world, "stage_category", &batch);
    ll_batch_clear(&batch);
}

static void put_games(struct world *world, const struct dump *dump)
{
    struct ll_batch batch;
    ll_batch_init(&batch, ll_table_schema(LL_TABLE_GAME));
    for (size_t i = 0; i < dump->game_count; i++) {
        ll_batch_i64(&batch, LL_GAME_AT, dump->at);
        ll_batch_i64(&batch, LL_GAME_IGDB_ID, dump->games[i].id);
        ll_batch_text(&batch, LL_GAME_NAME, LL_STR("game"));
        add_ids(&batch, LL_GAME_GENRES, dump->games[i].genres);
        add_ids(&batch, LL_GAME_GAME_MODES, dump->games[i].modes);
        ll_batch_null(&batch, LL_GAME_THEMES);
        ll_batch_null(&batch, LL_GAME_PLAYER_PERSPECTIVES);
        ll_batch_end_row(&batch);
    }
    put(world, "stage_game", &batch);
    ll_batch_clear(&batch);
}

void world_dump(struct world *world, const struct dump *dump)
{
    struct ll_param ref = ll_param_text("ref", ll_str_of(dump->ref));
    put_links(world, dump);
    put_games(world, dump);
    world_exec(world, "load/reference/category", &ref, 1);
    world_exec(world, "load/reference/game", &ref, 1);
    world_exec(world, "load/bridges", NULL, 0);
}

void world_override(struct world *world, int64_t category, int64_t igdb_id, bool non_game)
{
    static const struct ll_field fields[] = {{"category_id", LL_TYPE_I64},
                                             {"igdb_id", LL_TYPE_I64},
                                             {"non_game", LL_TYPE_BOOL},
                                             {"name", LL_TYPE_TEXT}};
    static const struct ll_schema schema = {"category_override", fields, LL_COUNT(fields)};
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    ll_batch_i64(&batch, 0, category);
    if (igdb_id == 0)
        ll_batch_null(&batch, 1);
    else
        ll_batch_i64(&batch, 1, igdb_id);
    ll_batch_bool(&batch, 2, non_game);
    ll_batch_text(&batch, 3, LL_STR("overridden"));
    ll_batch_end_row(&batch);
    put(world, "stage_override", &batch);
    ll_batch_clear(&batch);
    world_exec(world, "load/override", NULL, 0);
    world_exec(world, "load/bridges", NULL, 0);
}

void world_small(struct world *world)
{
    for (size_t i = 0; i < small_run_count; i++)
        world_run(world, &small_runs[i]);
    world_dump(world, &small_dump);
    world_override(world, 3, 0, true);
}

/* --- asking ---------------------------------------------------------------------------------- */

struct text {
    struct ll_render render;
    struct ll_buf out;
};

static enum ll_status add_text(void *context, const struct ll_batch *batch, struct ll_error *err)
{
    struct text *text = context;
    (void)err;
    if (text->render.column_count == 0) {
        struct ll_buf header = {0}; /* compared by value, not by name */
        ll_render_begin(&text->render, batch, &header);
        ll_buf_clear(&header);
    }
    ll_render_rows(&text->render, batch, &text->out);
    return LL_OK;
}

/* CSV with plain line feeds, ended by a NUL. */
static char *finish(struct ll_buf *out)
{
    char *text = ll_xcalloc(out->len + 1, 1);
    size_t length = 0;
    for (size_t i = 0; i < out->len; i++)
        if (out->ptr[i] != '\r')
            text[length++] = out->ptr[i];
    ll_buf_clear(out);
    return text;
}

char *world_text(struct world *world, const char *sql)
{
    struct ll_error err;
    struct text text = {.render = {.format = LL_FORMAT_CSV}};
    assert_status(LL_OK, ll_warehouse_query_text(world->w, ll_str_of(sql), add_text, &text, &err),
                  &err);
    ll_render_clear(&text.render);
    return finish(&text.out);
}

void assert_sql(struct world *world, const char *sql, const char *wanted_csv)
{
    char *got = world_text(world, sql);
    assert_string_equal(got, wanted_csv);
    free(got);
}

struct ll_report_answer world_report(struct world *world, struct ll_report_request request)
{
    struct ll_error err;
    struct ll_report_answer answer;
    if (request.now_s == 0)
        request.now_s = MONDAY + 30 * 86400;
    if (request.from.len == 0)
        request.from = LL_STR("2026-01-05T00:00:00Z");
    if (request.to.len == 0)
        request.to = LL_STR("2026-01-05T01:30:00Z");
    assert_status(LL_OK, ll_report_run(world->w, &request, &answer, &err), &err);
    return answer;
}

/* The columns of a batch that `columns` names, as values. */
static char *pick(const struct ll_batch *rows, const char *columns)
{
    struct ll_buf out = {0};
    for (size_t row = 0; row < rows->row_count; row++) {
        struct ll_str rest = ll_str_of(columns), name;
        for (bool first = true; ll_str_split(&rest, ',', &name); first = false) {
            char text[64];
            snprintf(text, sizeof(text), "%.*s", LL_FMT(name));
            int column = ll_batch_column(rows, text);
            if (column < 0)
                fail_msg("no column %s", text);
            struct ll_str value = LL_STR("-");
            char number[64];
            if (!ll_batch_is_null(rows, (size_t)column, row)) {
                switch (rows->columns[column].field.type) {
                case LL_TYPE_F64:
                    snprintf(number, sizeof(number), "%.10g",
                             ll_batch_get_f64(rows, (size_t)column, row));
                    value = ll_str_of(number);
                    break;
                case LL_TYPE_I64:
                    snprintf(number, sizeof(number), "%lld",
                             (long long)ll_batch_get_i64(rows, (size_t)column, row));
                    value = ll_str_of(number);
                    break;
                case LL_TYPE_BOOL:
                    value = ll_batch_get_bool(rows, (size_t)column, row) ? LL_STR("true")
                                                                         : LL_STR("false");
                    break;
                default:
                    value = ll_batch_get_text(rows, (size_t)column, row);
                }
            }
            ll_buf_printf(&out, "%s%.*s", first ? "" : ",", LL_FMT(value));
        }
        ll_buf_add_char(&out, '\n');
    }
    return finish(&out);
}

void assert_report(struct world *world, struct ll_report_request request, const char *columns,
                   const char *wanted)
{
    struct ll_report_answer answer = world_report(world, request);
    char *got = pick(&answer.rows, columns);
    assert_string_equal(got, wanted);
    free(got);
    ll_report_answer_clear(&answer);
}
