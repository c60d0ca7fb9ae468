#include "sim/replay_internal.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

const struct ll_str replay_key_names[REPLAY_KEYS] = {
    [REPLAY_ID] = {"id", 2},
    [REPLAY_USER_ID] = {"user_id", 7},
    [REPLAY_USER_LOGIN] = {"user_login", 10},
    [REPLAY_GAME_ID] = {"game_id", 7},
    [REPLAY_LANGUAGE] = {"language", 8},
    [REPLAY_LOGIN] = {"login", 5},
    [REPLAY_NAME] = {"name", 4},
    [REPLAY_IGDB_ID] = {"igdb_id", 7},
};

struct loading {
    struct sim_replay *replay;
    const struct ll_origin_file *file;
    int64_t at_ms;
    struct replay_dump *dump; /* Helix rows go here */
};

static int key_of(struct ll_str name)
{
    for (int i = 0; i < REPLAY_KEYS; i++)
        if (ll_str_equal(replay_key_names[i], name))
            return i;
    return -1;
}

/* A string or a number as text; "" for anything else. */
static struct ll_str read_text(struct ll_json *reader)
{
    struct ll_str text = {0};
    switch (ll_json_peek(reader)) {
    case LL_JSON_STRING:
        (void)ll_json_string(reader, &text);
        break;
    case LL_JSON_NUMBER:
        (void)ll_json_number(reader, &text);
        break;
    default:
        (void)ll_json_skip(reader);
    }
    return text;
}

static bool is_id(int key)
{
    return key == REPLAY_ID || key == REPLAY_USER_ID || key == REPLAY_GAME_ID ||
           key == REPLAY_IGDB_ID;
}

/* --- rows of Helix */

static void append_row(struct replay_dump *dump, const struct replay_row *row)
{
    if (dump->count == dump->capacity) {
        dump->capacity = dump->capacity == 0 ? 256 : dump->capacity * 2;
        dump->rows = ll_xrealloc(dump->rows, dump->capacity, sizeof(*dump->rows));
    }
    dump->rows[dump->count++] = *row;
}

/* Reads the keys of a row, and copies its bytes with quotes put around ids that are numbers. */
static bool load_row(struct loading *l, struct ll_json *reader)
{
    struct replay_row row = {0};
    struct ll_str name, value;
    struct ll_buf bytes = {0};
    (void)ll_json_peek(reader); /* steps over white space */
    const char *copied = reader->at;
    bool good = ll_json_enter_object(reader);
    while (good && ll_json_next_key(reader, &name)) {
        int key = key_of(name);
        if (key < 0) {
            (void)ll_json_skip(reader);
            continue;
        }
        bool quote = is_id(key) && ll_json_peek(reader) == LL_JSON_NUMBER;
        if (!quote) {
            row.keys[key] = read_text(reader);
        } else if (ll_json_number(reader, &value)) {
            ll_buf_add(&bytes, (struct ll_str){copied, (size_t)(value.ptr - copied)});
            ll_buf_printf(&bytes, "\"%.*s\"", LL_FMT(value));
            copied = value.ptr + value.len;
            row.keys[key] = value;
        }
    }
    good = good && !reader->error;
    if (good && bytes.len == 0) {
        row.bytes = (struct ll_str){copied, (size_t)(reader->at - copied)};
    } else if (good) {
        ll_buf_add(&bytes, (struct ll_str){copied, (size_t)(reader->at - copied)});
        row.bytes = ll_arena_copy(&l->replay->arena, ll_buf_str(&bytes));
    }
    ll_buf_clear(&bytes);
    if (good)
        append_row(l->dump, &row);
    return good;
}

static struct replay_dump *dump_at(struct replay_dumps *dumps, int64_t at_ms)
{
    size_t at = dumps->count;
    while (at > 0 && dumps->items[at - 1].at_ms > at_ms)
        at--;
    if (at > 0 && dumps->items[at - 1].at_ms == at_ms)
        return &dumps->items[at - 1];
    dumps->items = ll_xrealloc(dumps->items, dumps->count + 1, sizeof(*dumps->items));
    memmove(dumps->items + at + 1, dumps->items + at, (dumps->count - at) * sizeof(*dumps->items));
    dumps->items[at] = (struct replay_dump){.at_ms = at_ms};
    dumps->count++;
    return &dumps->items[at];
}

/* --- IGDB */

static int term_kind_of(struct ll_str field)
{
    static const struct ll_str fields[SIM_TERM_KINDS] = {
        [SIM_GENRE] = {"genres", 6},
        [SIM_GAME_MODE] = {"game_modes", 10},
        [SIM_THEME] = {"themes", 6},
        [SIM_PERSPECTIVE] = {"player_perspectives", 19}};
    for (int kind = 0; kind < SIM_TERM_KINDS; kind++)
        if (ll_str_equal(fields[kind], field))
            return kind;
    return -1;
}

static bool read_ids(struct ll_json *reader, struct sim_game *game, int kind)
{
    if (ll_json_peek(reader) != LL_JSON_ARRAY)
        return ll_json_skip(reader);
    if (!ll_json_enter_array(reader))
        return false;
    while (ll_json_next_item(reader)) {
        int64_t id;
        size_t *count = &game->term_count[kind];
        if (!ll_str_to_i64(read_text(reader), &id) ||
            *count == sizeof(game->terms[kind]) / sizeof(int64_t))
            return false;
        game->terms[kind][(*count)++] = id;
    }
    return !reader->error;
}

static struct sim_game *game_of(struct sim_replay *replay, int64_t igdb_id)
{
    bool added;
    uint64_t *at = ll_map_at(&replay->game_at, (uint64_t)igdb_id, &added);
    struct sim_catalog *catalog = &replay->catalog;
    if (added) {
        *at = catalog->game_count;
        if (catalog->game_count == replay->game_capacity) {
            replay->game_capacity = replay->game_capacity == 0 ? 1024 : replay->game_capacity * 2;
            catalog->games =
                ll_xrealloc(catalog->games, replay->game_capacity, sizeof(*catalog->games));
        }
        catalog->games[catalog->game_count++] = (struct sim_game){.igdb_id = igdb_id};
    }
    return &catalog->games[*at];
}

/* Later dumps win, list by list: a bridge knows one list of a game and says nothing of the others.
 */
static bool load_game(struct loading *l, struct ll_json *reader)
{
    struct sim_game read = {0};
    struct ll_str name;
    bool good = ll_json_enter_object(reader);
    while (good && ll_json_next_key(reader, &name)) {
        int kind = term_kind_of(name);
        if (kind >= 0)
            good = read_ids(reader, &read, kind);
        else if (ll_str_equal(name, LL_STR("id")))
            good = ll_str_to_i64(read_text(reader), &read.igdb_id);
        else if (ll_str_equal(name, LL_STR("name")))
            read.name = read_text(reader);
        else
            (void)ll_json_skip(reader);
    }
    if (!good || reader->error || read.igdb_id <= 0)
        return false;
    struct sim_game *game = game_of(l->replay, read.igdb_id);
    game->name = read.name;
    game->updated_s = l->at_ms / 1000;
    struct ll_str resource = l->file->resource;
    for (int kind = 0; kind < SIM_TERM_KINDS; kind++) {
        if ((ll_str_equal(resource, LL_STR("genre_bridge")) && kind != SIM_GENRE) ||
            (ll_str_equal(resource, LL_STR("game_mode_bridge")) && kind != SIM_GAME_MODE))
            continue;
        memcpy(game->terms[kind], read.terms[kind], sizeof(read.terms[kind]));
        game->term_count[kind] = read.term_count[kind];
    }
    return true;
}

static bool load_term(struct loading *l, struct ll_json *reader)
{
    int kind = term_kind_of(l->file->resource);
    struct sim_term read = {0};
    struct ll_arena *arena = &l->replay->arena;
    struct ll_str name;
    bool good = ll_json_enter_object(reader);
    while (good && ll_json_next_key(reader, &name)) {
        if (ll_str_equal(name, LL_STR("id")))
            good = ll_str_to_i64(read_text(reader), &read.id);
        else if (ll_str_equal(name, LL_STR("name")))
            read.name = ll_arena_cstr(arena, read_text(reader));
        else if (ll_str_equal(name, LL_STR("slug")))
            read.slug = ll_arena_cstr(arena, read_text(reader));
        else
            (void)ll_json_skip(reader);
    }
    if (!good || reader->error || kind < 0 || read.id <= 0 || !read.name || !read.slug)
        return false;
    struct sim_term *terms = l->replay->terms[kind];
    size_t *count = &l->replay->term_count[kind], at = *count;
    while (at > 0 && terms[at - 1].id > read.id)
        at--;
    if (at > 0 && terms[at - 1].id == read.id) {
        terms[at - 1] = read;
        return true;
    }
    terms = ll_xrealloc(terms, *count + 1, sizeof(*terms));
    memmove(terms + at + 1, terms + at, ((*count)++ - at) * sizeof(*terms));
    terms[at] = read;
    l->replay->terms[kind] = terms;
    return true;
}

/* --- files */

enum ll_status replay_load(struct sim_replay *replay, const struct ll_origin_file *file,
                           struct ll_str text, int64_t at_ms, struct ll_error *err)
{
    struct loading l = {.replay = replay, .file = file, .at_ms = at_ms};
    bool (*load)(struct loading *, struct ll_json *) = load_row;
    switch (file->table) {
    case LL_TABLE_STREAM:
        l.dump = dump_at(&replay->streams, at_ms);
        break;
    case LL_TABLE_USER:
        l.dump = dump_at(&replay->users, at_ms);
        break;
    case LL_TABLE_CATEGORY:
        l.dump = dump_at(&replay->categories, at_ms);
        break;
    case LL_TABLE_GAME:
        load = load_game;
        break;
    default:
        load = load_term;
    }
    struct ll_str bytes = ll_arena_copy(&replay->arena, text), name;
    struct ll_json reader = ll_json_reader(bytes, &replay->arena);
    bool good = ll_json_enter_object(&reader);
    while (good && ll_json_next_key(&reader, &name)) {
        if (!ll_str_equal(name, LL_STR("data"))) {
            (void)ll_json_skip(&reader);
            continue;
        }
        good = ll_json_enter_array(&reader);
        while (good && ll_json_next_item(&reader))
            good = load(&l, &reader);
    }
    if (good && ll_json_done(&reader))
        return LL_OK;
    return ll_fail(err, LL_CORRUPT, 0, "%.*s: %s at byte %zu", LL_FMT(file->path),
                   reader.error ? reader.error : "not a record of its kind, or more than 12 terms",
                   reader.error ? reader.error_offset : (size_t)(reader.at - reader.start));
}
