#include "sim/replay_internal.h"

#include <stdlib.h>

#include "codec/base64.h"

#define FILE_MAX_BYTES ((size_t)512 << 20)
#define FILTER_MAX 100 /* values of one parameter; rows of a page */
#define PAGE_DEFAULT 20

/* --- making */

static int compare_games(const void *a, const void *b)
{
    const struct sim_game *x = a, *y = b;
    return (x->igdb_id > y->igdb_id) - (x->igdb_id < y->igdb_id);
}

/* Sorts the games, and tells them the category that names them. */
static void link_games(struct sim_replay *replay)
{
    struct sim_catalog *catalog = &replay->catalog;
    if (catalog->game_count == 0)
        return;
    qsort(catalog->games, catalog->game_count, sizeof(*catalog->games), compare_games);
    for (size_t d = 0; d < replay->categories.count; d++)
        for (size_t i = 0; i < replay->categories.items[d].count; i++) {
            const struct replay_row *row = &replay->categories.items[d].rows[i];
            struct sim_game key = {0};
            int64_t id;
            if (!ll_str_to_i64(row->keys[REPLAY_IGDB_ID], &key.igdb_id) ||
                !ll_str_to_i64(row->keys[REPLAY_ID], &id))
                continue;
            struct sim_game *game =
                bsearch(&key, catalog->games, catalog->game_count, sizeof(key), compare_games);
            if (game && game->twitch_id == 0)
                game->twitch_id = id;
        }
}

static bool is_served(const struct ll_origin_file *file)
{
    return ll_str_equal(file->format, LL_STR("origin-json")) && file->table <= LL_TABLE_TERM;
}

static enum ll_status load_file(struct sim_replay *replay, const struct sim_replay_options *options,
                                const struct ll_origin_file *file, struct ll_error *err)
{
    const char *zone = options->timezone ? options->timezone : "America/Los_Angeles";
    int64_t at_s = 0;
    if (file->label.year != 0 && sim_zone_to_utc(zone, file->label, &at_s, err) != LL_OK) {
        if (err->status != LL_NOT_FOUND)
            return err->status;
        replay->left_out++;
        return LL_OK;
    }
    if (file->table == LL_TABLE_STREAM) {
        at_s = ll_slot_of(at_s, options->cadence_s == 0 ? 900 : options->cadence_s);
        if (options->slot_ms != 0 && at_s * 1000 != options->slot_ms)
            return LL_OK;
    }
    struct ll_buf text = {.max_bytes = FILE_MAX_BYTES};
    enum ll_status status = ll_origin_read(options->dir, file, &text, err);
    if (status == LL_OK)
        status = replay_load(replay, file, ll_buf_str(&text), at_s * 1000, err);
    ll_buf_clear(&text);
    return status;
}

enum ll_status sim_replay_new(const struct sim_replay_options *options, struct sim_replay **ret,
                              struct ll_error *err)
{
    struct ll_origin_scan scan = {0};
    enum ll_status status = ll_origin_scan(options->dir, &scan, err);
    if (status != LL_OK)
        return status;
    struct sim_replay *replay = ll_xcalloc(1, sizeof(*replay));
    replay->left_out = scan.skipped_count;
    for (size_t i = 0; i < scan.file_count && status == LL_OK; i++) {
        if (is_served(&scan.files[i]))
            status = load_file(replay, options, &scan.files[i], err);
        else
            replay->left_out++;
    }
    ll_origin_scan_clear(&scan);
    if (status == LL_OK && replay->streams.count == 0)
        status = ll_fail(err, LL_NOT_FOUND, 0,
                         options->slot_ms == 0 ? "%s: no captures of streams"
                                               : "%s: no captures of streams for this slot",
                         options->dir);
    if (status != LL_OK) {
        sim_replay_free(replay);
        return status;
    }
    link_games(replay);
    ll_map_clear(&replay->game_at);
    *ret = replay;
    return LL_OK;
}

static void dumps_clear(struct replay_dumps *dumps)
{
    for (size_t i = 0; i < dumps->count; i++)
        free(dumps->items[i].rows);
    free(dumps->items);
}

void sim_replay_free(struct sim_replay *replay)
{
    if (!replay)
        return;
    dumps_clear(&replay->streams);
    dumps_clear(&replay->users);
    dumps_clear(&replay->categories);
    ll_map_clear(&replay->game_at);
    free(replay->catalog.games);
    for (int kind = 0; kind < SIM_TERM_KINDS; kind++)
        free(replay->terms[kind]);
    ll_arena_clear(&replay->arena);
    free(replay);
}

size_t sim_replay_slot_count(const struct sim_replay *replay)
{
    return replay->streams.count;
}

int64_t sim_replay_slot(const struct sim_replay *replay, size_t at)
{
    return replay->streams.items[at].at_ms;
}

size_t sim_replay_row_count(const struct sim_replay *replay, size_t at)
{
    return replay->streams.items[at].count;
}

size_t sim_replay_left_out(const struct sim_replay *replay)
{
    return replay->left_out;
}

const struct sim_catalog *sim_replay_catalog(const struct sim_replay *replay)
{
    return &replay->catalog;
}

const struct sim_term *sim_replay_terms(const struct sim_replay *replay, enum sim_term_kind kind,
                                        size_t *ret_count)
{
    *ret_count = replay->term_count[kind];
    return replay->terms[kind];
}

/* --- lists of Helix */

/* Dumps that are not after now_ms; they are the first ones. */
static size_t dumps_until(const struct replay_dumps *dumps, int64_t now_ms)
{
    size_t count = 0;
    while (count < dumps->count && dumps->items[count].at_ms <= now_ms)
        count++;
    return count;
}

static bool is_asked(const struct sim_request *request, enum replay_key key)
{
    return sim_param_get(request, replay_key_names[key].ptr).ptr != NULL;
}

static bool passes(const struct sim_request *request, const struct replay_row *row,
                   enum replay_key key)
{
    for (size_t i = 0; i < request->param_count; i++)
        if (ll_str_equal(request->params[i].name, replay_key_names[key]) &&
            ll_str_equal(request->params[i].value, row->keys[key]))
            return true;
    return !is_asked(request, key);
}

static bool stream_passes(const struct sim_request *request, const struct replay_row *row)
{
    return passes(request, row, REPLAY_USER_ID) && passes(request, row, REPLAY_USER_LOGIN) &&
           passes(request, row, REPLAY_GAME_ID) && passes(request, row, REPLAY_LANGUAGE);
}

static bool any_passes(const struct sim_request *request, const struct replay_row *row)
{
    (void)request;
    (void)row;
    return true;
}

/* A place in a chain: the instant of its dump and the next row. */
struct place {
    int64_t at_ms, row;
};

static void add_cursor(struct ll_buf *out, struct place place)
{
    struct ll_buf text = {0};
    ll_buf_printf(&text, "%lld.%lld", (long long)place.at_ms, (long long)place.row);
    ll_buf_add(out, LL_STR("],\"pagination\":{\"cursor\":\""));
    ll_base64_add(out, ll_buf_str(&text));
    ll_buf_add(out, LL_STR("\"}}"));
    ll_buf_clear(&text);
}

static bool read_cursor(struct ll_str cursor, struct place *ret)
{
    struct ll_arena arena = {0};
    struct ll_str rest, at;
    bool good = ll_base64_decode(&arena, cursor, &rest) && ll_str_split(&rest, '.', &at) &&
                ll_str_to_i64(at, &ret->at_ms) && ll_str_to_i64(rest, &ret->row) && ret->row >= 0;
    ll_arena_clear(&arena);
    return good;
}

/* False with the answer filled when first, or the number of values of a filter, is not allowed. */
static bool read_first(const struct sim_request *request, struct sim_answer *answer,
                       int64_t *ret_first)
{
    struct ll_str text = sim_param_get(request, "first");
    *ret_first = PAGE_DEFAULT;
    if (!text.ptr)
        return true;
    const char *fault = NULL;
    if (!ll_str_to_i64(text, ret_first) || *ret_first < 1)
        fault =
            "The parameter \"first\" was malformed: the value must be greater than or equal to 1";
    else if (*ret_first > FILTER_MAX)
        fault =
            "The parameter \"first\" was malformed: the value must be less than or equal to 100";
    if (fault)
        sim_helix_error(answer, 400, fault);
    return fault == NULL;
}

static bool few_enough(const struct sim_request *request, struct sim_answer *answer)
{
    size_t counts[REPLAY_KEYS] = {0};
    for (size_t i = 0; i < request->param_count; i++)
        for (int key = 0; key < REPLAY_KEYS; key++)
            if (ll_str_equal(request->params[i].name, replay_key_names[key]) &&
                ++counts[key] > FILTER_MAX) {
                sim_helix_error(answer, 400, "The number of values must be at most 100");
                return false;
            }
    return true;
}

typedef bool row_passes(const struct sim_request *request, const struct replay_row *row);

static void serve_page(const struct replay_dumps *dumps, const struct sim_request *request,
                       row_passes *is_wanted, struct sim_answer *answer)
{
    int64_t first;
    struct place place = {0};
    struct ll_str after = sim_param_get(request, "after");
    if (!few_enough(request, answer) || !read_first(request, answer, &first))
        return;
    if (after.len > 0 && !read_cursor(after, &place)) {
        sim_helix_error(answer, 400, "Invalid cursor.");
        return;
    }
    size_t until = dumps_until(dumps, after.len > 0 ? place.at_ms : request->now_ms);
    answer->status = 200;
    ll_buf_add(&answer->body, LL_STR("{\"data\":["));
    int64_t served = 0;
    const struct replay_dump *dump = until > 0 ? &dumps->items[until - 1] : NULL;
    for (size_t i = (size_t)place.row; dump && i < dump->count; i++) {
        if (!is_wanted(request, &dump->rows[i]))
            continue;
        if (served == first) {
            add_cursor(&answer->body, (struct place){dump->at_ms, (int64_t)i});
            return;
        }
        if (served++ > 0)
            ll_buf_add_char(&answer->body, ',');
        ll_buf_add(&answer->body, dump->rows[i].bytes);
    }
    ll_buf_add(&answer->body, LL_STR("],\"pagination\":{}}"));
}

void sim_replay_streams(struct sim_parts *parts, const struct sim_request *request,
                        struct sim_answer *answer)
{
    serve_page(&parts->replay->streams, request, stream_passes, answer);
}

/* Before the first dump, that one is served: the list of categories is there at any time. */
void sim_replay_top_games(struct sim_parts *parts, const struct sim_request *request,
                          struct sim_answer *answer)
{
    const struct replay_dumps *dumps = &parts->replay->categories;
    struct sim_request moved = *request;
    if (dumps->count > 0 && dumps->items[0].at_ms > moved.now_ms)
        moved.now_ms = dumps->items[0].at_ms;
    serve_page(dumps, &moved, any_passes, answer);
}

/* --- look-ups of Helix */

/* Adds the rows of a dump whose key is `value` and whose id was not added before; of several with
 * one id the last. */
static bool add_matches(const struct replay_dump *dump, enum replay_key key, struct ll_str value,
                        struct ll_map *added, struct ll_buf *out)
{
    bool found = false;
    for (size_t i = dump->count; i-- > 0;) {
        const struct replay_row *row = &dump->rows[i];
        if (!ll_str_equal(row->keys[key], value))
            continue;
        found = true;
        bool is_new;
        (void)ll_map_at(added, ll_str_hash(row->keys[REPLAY_ID], 0), &is_new);
        if (!is_new)
            continue;
        if (added->count > 1)
            ll_buf_add_char(out, ',');
        ll_buf_add(out, row->bytes);
    }
    return found;
}

/* The last dump not after now that has the value, else the first one after it. */
static void look_up(const struct replay_dumps *dumps, int64_t now_ms, enum replay_key key,
                    struct ll_str value, struct ll_map *added, struct ll_buf *out)
{
    size_t until = dumps_until(dumps, now_ms);
    for (size_t i = until; i-- > 0;)
        if (add_matches(&dumps->items[i], key, value, added, out))
            return;
    for (size_t i = until; i < dumps->count; i++)
        if (add_matches(&dumps->items[i], key, value, added, out))
            return;
}

static void serve_look_ups(const struct replay_dumps *dumps, const struct sim_request *request,
                           const enum replay_key *keys, size_t key_count, struct sim_answer *answer)
{
    struct ll_map added = {0};
    size_t asked = 0;
    ll_buf_add(&answer->body, LL_STR("{\"data\":["));
    for (size_t i = 0; i < request->param_count && asked <= FILTER_MAX; i++)
        for (size_t k = 0; k < key_count; k++) {
            const struct sim_param *param = &request->params[i];
            if (!ll_str_equal(param->name, replay_key_names[keys[k]]))
                continue;
            asked++;
            if (param->value.len > 0) /* "" is what rows without the key have */
                look_up(dumps, request->now_ms, keys[k], param->value, &added, &answer->body);
        }
    ll_buf_add(&answer->body, LL_STR("]}"));
    ll_map_clear(&added);
    answer->status = 200;
    if (asked >= 1 && asked <= FILTER_MAX)
        return;
    ll_buf_reset(&answer->body);
    sim_helix_error(answer, 400,
                    asked == 0 ? "Must provide an ID, name or login"
                               : "The number of values must be at most 100");
}

void sim_replay_users(struct sim_parts *parts, const struct sim_request *request,
                      struct sim_answer *answer)
{
    static const enum replay_key keys[] = {REPLAY_ID, REPLAY_LOGIN};
    serve_look_ups(&parts->replay->users, request, keys, 2, answer);
}

void sim_replay_games(struct sim_parts *parts, const struct sim_request *request,
                      struct sim_answer *answer)
{
    static const enum replay_key keys[] = {REPLAY_ID, REPLAY_NAME, REPLAY_IGDB_ID};
    serve_look_ups(&parts->replay->categories, request, keys, 3, answer);
}
